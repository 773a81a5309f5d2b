// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of results that several verbs print: each value appears in its own
 * place.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "capture.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "flow/flow.h"
#include "shared/macro.h"
#include "source/container.h"

/* A digest with the same byte everywhere, as text. */
#define BYTES8(x)	x x x x x x x x
#define SHA256(x)	BYTES8(x) BYTES8(x) BYTES8(x) BYTES8(x)
#define SHA384(x)	SHA256(x) BYTES8(x) BYTES8(x)

static struct output out;
static struct messages messages;

/* The parts of each composed image. */
static const struct vmfw_igvm_part composed[] = {
	{ .type = VMFW_IGVM_PART_KERNEL, .gpa = 0x100000, .size = 4096 },
	{ .type = VMFW_IGVM_PART_PK, .gpa = 0x200000, .size = 8192 },
};

const struct vmfw_igvm_part *
__wrap_vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr);
const struct vmfw_igvm_part *
__wrap_vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr)
{
	(void)draft;
	*nr = ARRAY_SIZE(composed);
	return composed;
}

uint64_t __wrap_composition_least_memory(const struct composition *composition);
uint64_t __wrap_composition_least_memory(const struct composition *composition)
{
	(void)composition;
	return 129 << 20;
}

static void begin_print(bool json)
{
	capture_begin(stdout);
	output_begin(&out, "test", json, &messages);
	messages.program = NULL;
}

/* In JSON, one more member shows that the code has closed its objects. */
static const char *end_print(void)
{
	output_bool(&out, "after", NULL, true);
	output_finish(&out, VMFW_EXIT_OK);
	return capture_end();
}

/* Compare a JSON object, without the members that each object has. */
static void expect_json(const char *text, const char *body)
{
	char expected[4096];

	snprintf(expected, sizeof(expected),
		 "{\n  \"schema\": 1,\n%s  \"after\": true,\n  \"messages\": [],\n  \"exit_code\": 0\n}\n",
		 body);
	assert_string_equal(text, expected);
}

static const struct firmware provider = {
	.known = true,
	.vendor = "Provider",
	.version = "1.0",
	.date = "01/02/2024",
};
static const struct firmware tenant = {
	.known = true,
	.uefi = true,
	.vendor = "Tenant",
	.version = "2.0",
};
static const struct firmware nameless;

static const char *show_firmware(const struct firmware *firmware, bool json)
{
	begin_print(json);
	print_firmware(&out, "firmware", "Firmware", firmware);
	return end_print();
}

static void test_firmware(void **state)
{
	(void)state;
	assert_string_equal(show_firmware(&provider, false),
		"Firmware           Provider 1.0, 01/02/2024 (BIOS, by SMBIOS)\n");
	assert_string_equal(show_firmware(&tenant, false),
		"Firmware           Tenant 2.0 (UEFI, by SMBIOS)\n");
	assert_string_equal(show_firmware(&nameless, false),
		"Firmware           unknown\n");
	expect_json(show_firmware(&tenant, true),
		"  \"firmware\": {\n"
		"    \"known\": true,\n"
		"    \"vendor\": \"Tenant\",\n"
		"    \"version\": \"2.0\",\n"
		"    \"date\": \"\",\n"
		"    \"uefi\": true,\n"
		"    \"claimed_by\": \"smbios\"\n"
		"  },\n");
	expect_json(show_firmware(&nameless, true),
		"  \"firmware\": {\n"
		"    \"known\": false\n"
		"  },\n");
}

/* An attempt whose outcome a later boot has recorded. */
static struct attempt make_attempt(void)
{
	struct attempt attempt = {
		.outcome = OUTCOME_RUNNING,
		.rung = RUNG_CLAIMED,
		.number = 7,
		.begun = 1000000000,
		.ended = 1000000061,
		.before = provider,
		.after = tenant,
	};

	memset(attempt.image, 0x11, sizeof(attempt.image));
	memset(attempt.boot, 0x22, sizeof(attempt.boot));
	memset(attempt.end_boot, 0x33, sizeof(attempt.end_boot));
	return attempt;
}

static const char *show_attempt(const struct attempt *attempt, bool json)
{
	begin_print(json);
	output_array(&out, "attempts");
	print_attempt(&out, attempt);
	output_end(&out);
	return end_print();
}

static void test_attempt_text(void **state)
{
	struct attempt attempt = make_attempt();

	(void)state;
	assert_string_equal(show_attempt(&attempt, false),
		"#7  2001-09-09T01:46:40Z  running (claimed)\n"
		"    SHA-256 " SHA256("11") "\n"
		"    on Provider 1.0, 01/02/2024 (BIOS), then Tenant 2.0 (UEFI)\n");
	/* The clock was wrong: no calendar has this year. */
	attempt.outcome = OUTCOME_OPEN;
	attempt.rung = RUNG_NONE;
	attempt.begun = INT64_MAX;
	assert_string_equal(show_attempt(&attempt, false),
		"#7  ?  open\n"
		"    SHA-256 " SHA256("11") "\n"
		"    on Provider 1.0, 01/02/2024 (BIOS)\n");
}

#define BEFORE								\
		"      \"boot_id\": \"22222222-2222-2222-2222-222222222222\",\n" \
		"      \"before\": {\n"					\
		"        \"known\": true,\n"				\
		"        \"vendor\": \"Provider\",\n"			\
		"        \"version\": \"1.0\",\n"			\
		"        \"date\": \"01/02/2024\",\n"			\
		"        \"uefi\": false,\n"				\
		"        \"claimed_by\": \"smbios\"\n"

static void test_attempt_json(void **state)
{
	struct attempt attempt = make_attempt();

	(void)state;
	attempt.after = nameless;
	expect_json(show_attempt(&attempt, true),
		"  \"attempts\": [\n"
		"    {\n"
		"      \"number\": 7,\n"
		"      \"sha256\": \"" SHA256("11") "\",\n"
		"      \"outcome\": \"running\",\n"
		"      \"rung\": \"claimed\",\n"
		"      \"time\": \"2001-09-09T01:46:40Z\",\n"
		BEFORE
		"      },\n"
		"      \"outcome_time\": \"2001-09-09T01:47:41Z\",\n"
		"      \"outcome_boot_id\": \"33333333-3333-3333-3333-333333333333\",\n"
		"      \"after\": {\n"
		"        \"known\": false\n"
		"      }\n"
		"    }\n"
		"  ],\n");
	attempt.outcome = OUTCOME_OPEN;
	attempt.rung = RUNG_NONE;
	attempt.begun = 0;
	expect_json(show_attempt(&attempt, true),
		"  \"attempts\": [\n"
		"    {\n"
		"      \"number\": 7,\n"
		"      \"sha256\": \"" SHA256("11") "\",\n"
		"      \"outcome\": \"open\",\n"
		"      \"rung\": \"none\",\n"
		"      \"time\": \"1970-01-01T00:00:00Z\",\n"
		BEFORE
		"      }\n"
		"    }\n"
		"  ],\n");
}

static const char *show_evidence(const struct evidence *evidence, bool json)
{
	begin_print(json);
	print_evidence(&out, "Wanted firmware", evidence);
	return end_print();
}

static void test_evidence(void **state)
{
	struct evidence evidence = {
		.verdict = VERDICT_NOT_RUNNING,
		.rung = RUNG_SIGNED,
		.why = "the reason",
		.attest = { .source = "a report", .platform = VMFW_IGVM_TDX },
		.nr_expected = 2,
	};

	(void)state;
	memset(evidence.attest.digest, 0xaa, sizeof(evidence.attest.digest));
	memset(evidence.expected[0], 0xbb, sizeof(evidence.expected[0]));
	memset(evidence.expected[1], 0xcc, sizeof(evidence.expected[1]));
	assert_string_equal(show_evidence(&evidence, false),
		"Wanted firmware    not running (signed): the reason\n");
	expect_json(show_evidence(&evidence, true),
		"  \"evidence\": {\n"
		"    \"verdict\": \"not running\",\n"
		"    \"rung\": \"signed\",\n"
		"    \"why\": \"the reason\"\n"
		"  },\n");
	evidence.attested = true;
	expect_json(show_evidence(&evidence, true),
		"  \"evidence\": {\n"
		"    \"verdict\": \"not running\",\n"
		"    \"rung\": \"signed\",\n"
		"    \"why\": \"the reason\",\n"
		"    \"attestation\": {\n"
		"      \"source\": \"a report\",\n"
		"      \"platform\": \"tdx\",\n"
		"      \"digest\": \"" SHA384("aa") "\",\n"
		"      \"expected\": [\n"
		"        \"" SHA384("bb") "\",\n"
		"        \"" SHA384("cc") "\"\n"
		"      ]\n"
		"    }\n"
		"  },\n");
}

static const char *show_record(const struct flow *flow, bool all, bool json)
{
	begin_print(json);
	print_record(&out, flow, all);
	return end_print();
}

static void test_record(void **state)
{
	static struct flow flow = {
		.store = { .top = "top", .path = "ESP:/record" },
		.slots.state = SLOTS_TORN,
	};
	struct record *record = &flow.slots.record;

	(void)state;
	assert_string_equal(show_record(&flow, false, false), "");
	assert_string_equal(show_record(&flow, true, false),
		"Record             ESP:/record\n"
		"State of record    torn\n");
	record->nr = 1;
	record->attempts[0] = make_attempt();
	assert_string_equal(show_record(&flow, false, false),
		"Last attempt       #7, running (claimed)\n");
	record->attempts[0].outcome = OUTCOME_REFUSED;
	record->attempts[0].rung = RUNG_NONE;
	assert_string_equal(show_record(&flow, false, false),
		"Last attempt       #7, refused: the VMM did not take the image\n");
	/* The VMM keeps the record. */
	flow.store.top = NULL;
	flow.slots.state = SLOTS_SOUND;
	expect_json(show_record(&flow, false, true),
		"  \"record\": {\n"
		"    \"place\": \"page of the VMM\",\n"
		"    \"state\": \"sound\",\n"
		"    \"last_number\": 7,\n"
		"    \"last_outcome\": \"refused\",\n"
		"    \"last_rung\": \"none\",\n"
		"    \"last_why\": \"the VMM did not take the image\"\n"
		"  },\n");
	flow.slots.state = SLOTS_FRESH;
	record->nr = 0;
	expect_json(show_record(&flow, true, true),
		"  \"record\": {\n"
		"    \"place\": \"page of the VMM\",\n"
		"    \"state\": \"new\"\n"
		"  },\n");
}

static const char *show_wanted(const struct flow *flow, bool all, bool json)
{
	begin_print(json);
	print_wanted(&out, flow, all);
	return end_print();
}

/* Only a search for the image finds its path, its part and its digest. */
static void test_wanted(void **state)
{
	static struct flow flow = {
		.source.extent.words = "partition 2",
	};

	(void)state;
	memset(flow.payload.digest, 0x44, sizeof(flow.payload.digest));
	config_default(&flow.config);
	assert_true(location_parse(&flow.config.image, "ESP:/fw"));
	flow.source.container = &disk_container;
	assert_string_equal(show_wanted(&flow, true, false),
		"Wanted image       ESP:/fw\n");
	flow.source.container = NULL;
	strcpy(flow.image_path, "/efi/fw");
	expect_json(show_wanted(&flow, false, true),
		"  \"wanted\": {\n"
		"    \"location\": \"ESP:/fw\",\n"
		"    \"path\": \"/efi/fw\"\n"
		"  },\n");
	flow.source.container = &disk_container;
	flow.has_image = true;
	assert_string_equal(show_wanted(&flow, false, false),
		"Wanted image       ESP:/fw\n");
	assert_string_equal(show_wanted(&flow, true, false),
		"Wanted image       ESP:/fw\n"
		"Found at           /efi/fw\n"
		"Part of it         partition 2\n"
		"Its SHA-256     " SHA256("44") "\n");
	expect_json(show_wanted(&flow, false, true),
		"  \"wanted\": {\n"
		"    \"location\": \"ESP:/fw\",\n"
		"    \"path\": \"/efi/fw\",\n"
		"    \"part\": \"partition 2\",\n"
		"    \"sha256\": \"" SHA256("44") "\"\n"
		"  },\n");
}

static void test_parts(void **state)
{
	static const struct vmfw_igvm_part parts[] = {
		{ .type = VMFW_IGVM_PART_PK, .gpa = 0x100000, .size = 2048 },
		{ .type = VMFW_IGVM_PART_DB, .gpa = 0x200000, .size = 7 },
	};

	(void)state;
	begin_print(false);
	print_parts(&out, parts, 2);
	assert_string_equal(end_print(),
		"PK: 2.0 KiB (2048 bytes) at 0x100000\n"
		"db: 7 bytes at 0x200000\n");
	begin_print(true);
	print_parts(&out, parts, 2);
	expect_json(end_print(),
		"  \"parts\": [\n"
		"    {\n"
		"      \"name\": \"PK\",\n"
		"      \"gpa\": \"0x100000\",\n"
		"      \"size\": 2048\n"
		"    },\n"
		"    {\n"
		"      \"name\": \"db\",\n"
		"      \"gpa\": \"0x200000\",\n"
		"      \"size\": 7\n"
		"    }\n"
		"  ],\n");
}

static const char *show_composition(bool json)
{
	static const struct composition composition;

	begin_print(json);
	print_composition(&out, &composition);
	return end_print();
}

static void test_composition(void **state)
{
	(void)state;
	assert_string_equal(show_composition(false),
		"kernel: 4.0 KiB (4096 bytes) at 0x100000\n"
		"PK: 8.0 KiB (8192 bytes) at 0x200000\n"
		"the machine needs at least 129.0 MiB (135266304 bytes) of memory\n");
	expect_json(show_composition(true),
		"  \"parts\": [\n"
		"    {\n"
		"      \"name\": \"kernel\",\n"
		"      \"gpa\": \"0x100000\",\n"
		"      \"size\": 4096\n"
		"    },\n"
		"    {\n"
		"      \"name\": \"PK\",\n"
		"      \"gpa\": \"0x200000\",\n"
		"      \"size\": 8192\n"
		"    }\n"
		"  ],\n"
		"  \"memory_least\": 135266304,\n");
}

static const char *show_staged(const struct payload *payload,
			       const struct staged *staged, bool json)
{
	begin_print(json);
	print_staged(&out, payload, staged);
	return end_print();
}

/* Staging has several steps. The output shows those that succeeded. */
static void test_staged(void **state)
{
	struct source source = { .path = "image", .size = 2048 };
	struct payload payload = {
		.source = &source,
		.way = PAYLOAD_WRAPPED,
		.size = 4096,
		.platform = "native",
	};
	struct staged staged = {
		.info = {
			.state = VMFWUPDATE_STATE_STAGED,
			.held = VMFWUPDATE_HELD_HOST,
			.image_addr = 0x1000,
		},
		.once = true,
		.outlook = "an outlook",
	};

	(void)state;
	memset(payload.digest, 0x55, sizeof(payload.digest));
	expect_json(show_staged(&payload, &staged, true), "");
	staged.opened = true;
	expect_json(show_staged(&payload, &staged, true),
		"  \"vmm\": \"unknown\",\n");
	staged.planned = true;
	assert_string_equal(show_staged(&payload, &staged, false),
		"image: for this VMM wrapped into an IGVM image, 4.0 KiB (4096 bytes)\n");
	staged.done = true;
	assert_string_equal(show_staged(&payload, &staged, false),
		"image: for this VMM wrapped into an IGVM image, 4.0 KiB (4096 bytes)\n"
		"image: staged, 2.0 KiB (2048 bytes), SHA-256 " SHA256("55") "\n"
		"an outlook\n");
	expect_json(show_staged(&payload, &staged, true),
		"  \"vmm\": \"unknown\",\n"
		"  \"conversion\": \"wrapped\",\n"
		"  \"image_size\": 4096,\n"
		"  \"platform\": \"native\",\n"
		"  \"already\": false,\n"
		"  \"state\": \"staged\",\n"
		"  \"address\": \"0x1000\",\n"
		"  \"sha256\": \"" SHA256("55") "\",\n"
		"  \"once\": true,\n"
		"  \"any_reset\": \"host\",\n"
		"  \"orderly_reboot\": \"image\",\n"
		"  \"outlook\": \"an outlook\",\n");
	payload.way = PAYLOAD_AS_IT_IS;
	payload.platform = NULL;
	staged.already = true;
	staged.done = false;
	expect_json(show_staged(&payload, &staged, true),
		"  \"vmm\": \"unknown\",\n"
		"  \"conversion\": \"none\",\n"
		"  \"image_size\": 4096,\n");
	staged.done = true;
	assert_string_equal(show_staged(&payload, &staged, false),
		"image: already staged, 2.0 KiB (2048 bytes), SHA-256 " SHA256("55") "\n"
		"an outlook\n");
}

static void test_decision(void **state)
{
	static const struct decision decision = {
		.reason = REASON_RUNNING,
		.consume = true,
		.code = VMFW_EXIT_UNKNOWN,
	};

	(void)state;
	begin_print(true);
	print_decision(&out, &decision);
	expect_json(end_print(),
		"  \"decision\": {\n"
		"    \"attempt\": false,\n"
		"    \"consume\": true,\n"
		"    \"disable\": false,\n"
		"    \"reason\": \"running\",\n"
		"    \"why\": \"the wanted firmware is running\",\n"
		"    \"exit_code\": 10\n"
		"  },\n");
}

static void test_container(void **state)
{
	struct source source = {
		.path = "disk",
		.extent = { .start = 4096, .size = 100, .words = "in partition 2" },
	};

	(void)state;
	begin_print(true);
	print_container(&out, &source);
	expect_json(end_print(), "");
	source.container = &disk_container;
	begin_print(true);
	print_container(&out, &source);
	assert_string_equal(end_print(),
		"{\n"
		"  \"schema\": 1,\n"
		"  \"container\": {\n"
		"    \"kind\": \"disk\",\n"
		"    \"part\": \"in partition 2\",\n"
		"    \"offset\": 4096,\n"
		"    \"size\": 100\n"
		"  },\n"
		"  \"after\": true,\n"
		"  \"messages\": [\n"
		"    {\n"
		"      \"level\": \"note\",\n"
		"      \"text\": \"disk: the image is in partition 2\"\n"
		"    }\n"
		"  ],\n"
		"  \"exit_code\": 0\n"
		"}\n");
}

/* An image has a number of platforms. A flat firmware is for plain guests. */
static void test_platforms(void **state)
{
	static const struct {
		uint32_t nr;
		const char *words, *json;
	} table[] = {
		{ 0, "", "  \"platforms\": [],\n" },
		{ 1, "tdx",
		  "  \"platforms\": [\n"
		  "    \"tdx\"\n"
		  "  ],\n" },
		{ 3, "tdx, snp, native",
		  "  \"platforms\": [\n"
		  "    \"tdx\",\n"
		  "    \"snp\",\n"
		  "    \"native\"\n"
		  "  ],\n" },
	};
	static struct vmfw_igvm igvm = {
		.platforms = {
			{ .type = VMFW_IGVM_TDX },
			{ .type = VMFW_IGVM_SEV_SNP },
			{ .type = VMFW_IGVM_NATIVE },
			{ .type = VMFW_IGVM_SEV },
		},
	};
	char words[PLATFORM_WORDS];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		igvm.nr_platforms = table[i].nr;
		assert_ptr_equal(platform_words(words, &igvm), words);
		assert_string_equal(words, table[i].words);
		begin_print(true);
		print_platforms(&out, &igvm);
		expect_json(end_print(), table[i].json);
	}
	begin_print(true);
	print_platforms(&out, NULL);
	expect_json(end_print(),
		"  \"platforms\": [\n"
		"    \"native\"\n"
		"  ],\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_attempt_text),
		cmocka_unit_test(test_attempt_json),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_composition),
		cmocka_unit_test(test_staged),
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_platforms),
	};

	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
