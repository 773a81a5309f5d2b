// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event logs of confidential guests: sound ones, cut ones, and malformed ones.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto.h"
#include "efi/eventlog.h"
#include "shared/macro.h"

#define SPEC	32		/* the header's data */
#define COUNT	(SPEC + 24)
#define ALGORITHM	(SPEC + 28)
#define HEADER	(ALGORITHM + 8 + 1)
/* Offsets in an event. */
#define TYPE	4
#define DIGESTS	8
#define SHA256	12
#define SHA384	(SHA256 + 2 + 32)
#define SIZE	(SHA384 + 2 + 48)
#define DATA	(SIZE + 4)
#define LONGEST	1024

static uint8_t bytes[LONGEST];
static size_t used;

static void put32(size_t at, uint32_t value)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		bytes[at + i] = value >> 8 * i;
}

/*
 * Append an event. Its SHA-384 digest is @digest. If @digest is NULL, it is
 * that of the data.
 */
static size_t add_event(uint32_t index, uint32_t type, const void *data,
			size_t len, const uint8_t *digest)
{
	size_t at = used;

	assert_true(at + DATA + len <= sizeof(bytes));
	put32(at, index);
	put32(at + TYPE, type);
	put32(at + DIGESTS, 2);
	bytes[at + SHA256] = 0x0b;
	memset(bytes + at + SHA256 + 2, 0x22, 32);
	bytes[at + SHA384] = 0x0c;
	if (digest)
		memcpy(bytes + at + SHA384 + 2, digest, EVENTLOG_DIGEST);
	else
		assert_int_equal(eventlog_hash(bytes + at + SHA384 + 2, data,
					       len), 0);
	put32(at + SIZE, len);
	if (len)
		memcpy(bytes + at + DATA, data, len);
	used = at + DATA + len;
	return at;
}

/* A header for SHA-256 and SHA-384, and one event. */
static int set_up(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = 1;
	bytes[4] = 3;
	put32(28, HEADER - SPEC);
	memcpy(bytes + SPEC, "Spec ID Event03", 16);
	put32(COUNT, 2);
	memcpy(bytes + ALGORITHM, "\13\0\40\0\14\0\60\0", 8);
	used = HEADER;
	add_event(1, 4, "\0\0\0\0", 4, NULL);
	return 0;
}

/* Read a log from memory that ends with the log, so that sanitizers see overruns. */
static int read_log(size_t len, unsigned int *nr, struct eventlog_fault *fault)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct eventlog_event event = { 0 };
	struct eventlog log;
	int err;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	memset(&log, 0x55, sizeof(log));
	*nr = 0;
	err = eventlog_open(&log, copy, len, fault);
	while (!err && (err = eventlog_next(&log, &event, fault)) == 1) {
		assert_int_equal(event.number, ++*nr);
		err = 0;
	}
	free(copy);
	return err;
}

static void expect_fault(size_t len, const char *text, size_t offset,
			 uint64_t value)
{
	struct eventlog_fault fault = { 0 };
	unsigned int nr;

	assert_int_equal(read_log(len, &nr, &fault), -EINVAL);
	assert_string_equal(fault.text, text);
	assert_int_equal(fault.offset, offset);
	assert_int_equal(fault.value, value);
}

static void a_sound_log(void **state)
{
	struct eventlog_event event = { 0 };
	struct eventlog_fault fault;
	struct eventlog log;
	uint8_t zeroes[EVENTLOG_DIGEST];
	size_t second;

	(void)state;
	second = add_event(4, 0x80000007, "Exit", 4, NULL);
	assert_int_equal(eventlog_open(&log, bytes, used, &fault), 0);
	assert_int_equal(log.first, HEADER);
	assert_int_equal(log.nr_algorithms, 2);
	assert_int_equal(eventlog_next(&log, &event, &fault), 1);
	assert_int_equal(event.offset, HEADER);
	assert_int_equal(event.number, 1);
	assert_int_equal(event.register_index, 1);
	assert_int_equal(event.type, 4);
	assert_int_equal(event.len, 4);
	assert_int_equal(eventlog_hash(zeroes, "\0\0\0\0", 4), 0);
	assert_memory_equal(event.digest, zeroes, sizeof(zeroes));
	assert_int_equal(eventlog_next(&log, &event, &fault), 1);
	assert_int_equal(event.offset, second);
	assert_int_equal(event.number, 2);
	assert_int_equal(event.register_index, 4);
	assert_memory_equal(event.data, "Exit", 4);
	assert_int_equal(eventlog_next(&log, &event, &fault), 0);
	/* The last event has no data. */
	second = add_event(4, 4, NULL, 0, zeroes);
	assert_int_equal(eventlog_open(&log, bytes, used, &fault), 0);
	assert_int_equal(eventlog_next(&log, &event, &fault), 1);
	assert_int_equal(event.offset, second);
	assert_int_equal(event.len, 0);
	assert_int_equal(eventlog_next(&log, &event, &fault), 0);
	/* Nothing but a header. */
	assert_int_equal(eventlog_open(&log, bytes, HEADER, &fault), 0);
	memset(&event, 0, sizeof(event));
	assert_int_equal(eventlog_next(&log, &event, &fault), 0);
}

/* The area of a log may be larger than the log. */
static void padding(void **state)
{
	static const uint8_t fills[] = { 0, 0xff };
	struct eventlog_fault fault;
	unsigned int i, len, nr;

	(void)state;
	for (i = 0; i < sizeof(fills); i++) {
		memset(bytes + used, fills[i], sizeof(bytes) - used);
		for (len = 0; len < 40; len++) {
			assert_int_equal(read_log(used + len, &nr, &fault), 0);
			assert_int_equal(nr, 1);
		}
	}
	/* A different byte within the padding, then padding of other bytes. */
	bytes[used + 30] = 0xfe;
	expect_fault(used + 40, "an event has more digests than the header has algorithms",
		     used + DIGESTS, UINT32_MAX);
	memset(bytes + used, 1, 40);
	expect_fault(used + 40, "an event has more digests than the header has algorithms",
		     used + DIGESTS, 0x01010101);
}

/* A log that is cut anywhere but between events is malformed. */
static void cuts(void **state)
{
	struct eventlog_fault fault;
	unsigned int nr;
	size_t len;

	(void)state;
	for (len = 0; len < used; len++) {
		fault.text = NULL;
		if (len == HEADER) {
			assert_int_equal(read_log(len, &nr, &fault), 0);
			assert_int_equal(nr, 0);
			continue;
		}
		assert_int_equal(read_log(len, &nr, &fault), -EINVAL);
		assert_non_null(fault.text);
	}
	expect_fault(10, "the log ends within its header", 0, 10);
	expect_fault(59, "the log ends within its header", 0, 59);
	expect_fault(60, "the header cannot have this size", 28, HEADER - SPEC);
	expect_fault(HEADER + 11, "the log ends within an event", HEADER,
		     HEADER + 11);
	expect_fault(HEADER + SHA256, "the log ends within a digest",
		     HEADER + SHA256, HEADER + SHA256);
	expect_fault(HEADER + SHA256 + 1, "the log ends within a digest",
		     HEADER + SHA256, HEADER + SHA256 + 1);
	expect_fault(HEADER + SHA384, "the log ends within a digest",
		     HEADER + SHA384, HEADER + SHA384);
	expect_fault(HEADER + SHA384 + 49, "the log ends within a digest",
		     HEADER + SHA384, HEADER + SHA384 + 49);
	expect_fault(HEADER + SIZE, "the log ends within an event", HEADER,
		     HEADER + SIZE);
	expect_fault(HEADER + SIZE + 3, "the log ends within an event", HEADER,
		     HEADER + SIZE + 3);
	expect_fault(HEADER + DATA, "an event has more bytes than the rest of the log",
		     HEADER + SIZE, 4);
	expect_fault(used - 1, "an event has more bytes than the rest of the log",
		     HEADER + SIZE, 4);
	/* The log ends with an algorithm that the header lacks. */
	put32(HEADER + SHA256, 0x2222000d);
	expect_fault(HEADER + SHA256 + 2,
		     "a digest has an algorithm that the header lacks",
		     HEADER + SHA256, 13);
}

static void a_malformed_header(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *text;
		size_t offset;
		uint64_t told;
	} changes[] = {
		{ 4, 1, "this is not an event log with several algorithms", 4, 1 },
		{ SPEC, 0, "this is not an event log with several algorithms", 4, 3 },
		{ SPEC + 12, 0x00323074, "this is not an event log with several algorithms", 4, 3 },
		{ 28, 27, "the header cannot have this size", 28, 27 },
		{ 28, UINT32_MAX, "the header cannot have this size", 28, UINT32_MAX },
		{ 28, 28, "the header cannot have this number of algorithms", COUNT, 2 },
		{ 28, 28 + 7, "the header cannot have this number of algorithms", COUNT, 2 },
		{ COUNT, 0, "the header cannot have this number of algorithms", COUNT, 0 },
		{ COUNT, 3, "the header cannot have this number of algorithms", COUNT, 3 },
		{ COUNT, 17, "the header cannot have this number of algorithms", COUNT, 17 },
		{ COUNT, 0x40000001, "the header cannot have this number of algorithms", COUNT, 0x40000001 },
		{ COUNT, 1, "the log has no digests of SHA-384", COUNT, 1 },
		{ ALGORITHM + 4, 0x0020000c, "the log has no digests of SHA-384", COUNT, 2 },
		{ ALGORITHM + 4, 0x002f000c, "the log has no digests of SHA-384", COUNT, 2 },
		{ ALGORITHM + 4, 0x0031000c, "the log has no digests of SHA-384", COUNT, 2 },
		{ ALGORITHM, 0x0030000c, "the header names an algorithm twice, or one with empty digests", ALGORITHM + 4, 12 },
		{ ALGORITHM, 0x0000000b, "the header names an algorithm twice, or one with empty digests", ALGORITHM, 11 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		set_up(state);
		put32(changes[i].at, changes[i].value);
		expect_fault(used, changes[i].text, changes[i].offset,
			     changes[i].told);
	}
	/* The header would end one byte after the log. */
	set_up(state);
	put32(28, used - SPEC);
	put32(COUNT, 2);
	expect_fault(used - 1, "the header cannot have this size", 28,
		     used - SPEC);
}

/* A header may name 16 algorithms, but not 17. */
static void many_algorithms(void **state)
{
	struct eventlog_fault fault;
	struct eventlog log;
	uint32_t i;

	(void)state;
	memset(bytes + ALGORITHM, 0, sizeof(bytes) - ALGORITHM);
	for (i = 0; i < 17; i++)
		put32(ALGORITHM + 4 * i, (i ? 0x200000 : 0x300000) + 12 + i);
	used = ALGORITHM + 17 * 4 + 1;
	put32(28, used - SPEC);
	put32(COUNT, 17);
	expect_fault(used, "the header cannot have this number of algorithms",
		     COUNT, 17);
	put32(COUNT, 16);
	assert_int_equal(eventlog_open(&log, bytes, used, &fault), 0);
	assert_int_equal(log.nr_algorithms, 16);
	assert_int_equal(log.algorithms[15].id, 12 + 15);
	assert_int_equal(log.algorithms[15].size, 32);
	/* The header may end with its last algorithm. */
	used = ALGORITHM + 16 * 4;
	put32(28, used - SPEC);
	assert_int_equal(eventlog_open(&log, bytes, used, &fault), 0);
	assert_int_equal(log.first, used);
}

static void a_malformed_event(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *text;
		size_t offset;
		uint64_t told;
	} changes[] = {
		{ DIGESTS, 3, "an event has more digests than the header has algorithms", DIGESTS, 3 },
		{ SIZE, 5, "an event has more bytes than the rest of the log", SIZE, 5 },
		{ SIZE, UINT32_MAX, "an event has more bytes than the rest of the log", SIZE, UINT32_MAX },
		{ SHA256, 0x2222000d, "a digest has an algorithm that the header lacks", SHA256, 13 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		set_up(state);
		put32(HEADER + changes[i].at, changes[i].value);
		expect_fault(used, changes[i].text, HEADER + changes[i].offset,
			     changes[i].told);
	}
	/* An event that extends a register, without a SHA-384 digest. */
	set_up(state);
	put32(HEADER + DIGESTS, 1);
	expect_fault(used, "an event has no digest of SHA-384",
		     HEADER + DIGESTS, 1);
	put32(HEADER + DIGESTS, 0);
	expect_fault(used, "an event has no digest of SHA-384",
		     HEADER + DIGESTS, 0);
	/* An event with two SHA-384 digests. */
	set_up(state);
	put32(HEADER + DIGESTS, 2);
	memset(bytes + HEADER + SHA256, 0, used - HEADER - SHA256);
	bytes[HEADER + SHA256] = 0x0c;
	bytes[HEADER + SHA256 + 50] = 0x0c;
	expect_fault(HEADER + SHA256 + 100 + 4,
		     "an event has two digests of SHA-384",
		     HEADER + SHA256 + 50, 12);
}

/* An event that extends no register needs no digest. */
static void no_action(void **state)
{
	struct eventlog_fault fault;
	unsigned int nr;

	(void)state;
	memset(bytes + used, 0, 20);
	bytes[used + TYPE] = 3;
	bytes[used + 12] = 4;
	assert_int_equal(read_log(used + 20, &nr, &fault), 0);
	assert_int_equal(nr, 2);
	bytes[used + TYPE] = 4;
	expect_fault(used + 20, "an event has no digest of SHA-384",
		     used + DIGESTS, 0);
}

/* A variable: its GUID, two lengths, a name of two characters, the content. */
static const uint8_t variable[] =
	"0123456789abcdef\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0d\0b\0yes";
#define VARIABLE	(sizeof(variable) - 1)

static void variables(void **state)
{
	static const uint32_t types[] = {
		0x80000001, 0x80000002, 0x8000000c, 0x800000e0
	};
	struct eventlog_event event = { .data = variable, .len = VARIABLE };
	struct eventlog_variable read;
	uint8_t other[VARIABLE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		event.type = types[i];
		assert_true(eventlog_variable(&event, &read));
		assert_memory_equal(read.vendor, "0123456789abcdef", 16);
		assert_string_equal(read.name, "db");
		assert_int_equal(read.len, 3);
		assert_memory_equal(read.data, "yes", 3);
	}
	/* Data that is cut short. */
	for (i = 0; i < VARIABLE; i++) {
		event.len = i;
		assert_false(eventlog_variable(&event, &read));
	}
	event.len = VARIABLE;
	event.type = 0x80000007;
	assert_false(eventlog_variable(&event, &read));
	event.type = 0x80000001;
	event.data = other;
	/* Other lengths of the name or the content, also some that make a sum wrap. */
	for (i = 16; i < 32; i++) {
		memcpy(other, variable, VARIABLE);
		other[i] |= 0x80;
		assert_false(eventlog_variable(&event, &read));
	}
	/*
	 * A name that ends after the data, with a content length that makes the
	 * sum wrap.
	 */
	memcpy(other, variable, VARIABLE);
	other[16] = 4;
	memset(other + 24, 0xff, 8);
	assert_int_equal(VARIABLE, 32 + 7);
	assert_false(eventlog_variable(&event, &read));
	/* eventlog_variable() replaces characters that are not printable ASCII. */
	memcpy(other, variable, VARIABLE);
	other[32] = 0x7f;
	other[34] = '\n';
	assert_true(eventlog_variable(&event, &read));
	assert_string_equal(read.name, "\?\?");
	other[32] = '~';
	other[33] = 1;
	other[34] = ' ';
	assert_true(eventlog_variable(&event, &read));
	assert_string_equal(read.name, "\?\?");
}

/* Variables without content. Memory ends with them, so that sanitizers see overruns. */
static void an_empty_variable(void **state)
{
	struct eventlog_event event = { .type = 0x80000001 };
	struct eventlog_variable read;
	uint8_t name, *data;

	(void)state;
	for (name = 0; name < 3; name++) {
		event.len = 32 + 2 * name;
		data = calloc(1, event.len);
		assert_non_null(data);
		data[16] = name;
		memset(data + 32, 'a', 2 * name);
		event.data = data;
		assert_true(eventlog_variable(&event, &read));
		assert_int_equal(strlen(read.name), name);
		assert_int_equal(read.len, 0);
		free(data);
	}
}

/* The longest name that eventlog_variable() accepts, and a longer one. */
static void a_long_name(void **state)
{
	uint8_t data[32 + 2 * EVENTLOG_NAME] = { 0 };
	struct eventlog_event event = {
		.type = 0x80000001, .data = data,
		.len = 32 + 2 * (EVENTLOG_NAME - 1),
	};
	struct eventlog_variable read;

	(void)state;
	memset(data + 32, 'a', 2 * EVENTLOG_NAME);
	data[16] = EVENTLOG_NAME - 1;
	assert_true(eventlog_variable(&event, &read));
	assert_int_equal(strlen(read.name), EVENTLOG_NAME - 1);
	data[16] = EVENTLOG_NAME;
	event.len = sizeof(data);
	assert_false(eventlog_variable(&event, &read));
}

static enum eventlog_match match(uint32_t type, const void *hashed, size_t len)
{
	struct eventlog_event event = {
		.type = type, .data = variable, .len = VARIABLE,
	};
	uint8_t digest[EVENTLOG_DIGEST];
	enum eventlog_match result;

	assert_int_equal(eventlog_hash(digest, hashed, len), 0);
	event.digest = digest;
	assert_int_equal(eventlog_match(&event, &result), 0);
	return result;
}

static void digests_and_data(void **state)
{
	static const uint32_t hashed[] = {
		0x00000004, 0x00000008, 0x80000001, 0x80000002, 0x80000006,
		0x80000007, 0x8000000c, 0x800000e0,
	};
	static const uint32_t described[] = {
		0x00000001, 0x00000006, 0x0000000a, 0x0000000d, 0x80000003,
		0x8000000a, 0x8000000b, 0x12345678,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hashed); i++) {
		assert_int_equal(match(hashed[i], variable, VARIABLE),
				 EVENTLOG_MATCHES);
		assert_int_equal(match(hashed[i], variable, VARIABLE - 1),
				 EVENTLOG_DIFFERS);
		/* edk2 hashes only the content of a boot option. */
		assert_int_equal(match(hashed[i], "yes", 3),
				 hashed[i] == 0x80000002 ? EVENTLOG_MATCHES :
							   EVENTLOG_DIFFERS);
	}
	for (i = 0; i < ARRAY_SIZE(described); i++)
		assert_int_equal(match(described[i], variable, VARIABLE),
				 EVENTLOG_UNKNOWN);
}

/* A boot option whose data is no variable. */
static void a_malformed_variable(void **state)
{
	uint8_t digest[EVENTLOG_DIGEST] = { 0 };
	struct eventlog_event event = {
		.type = 0x80000002, .data = variable, .len = 31,
		.digest = digest,
	};
	enum eventlog_match result;

	(void)state;
	assert_int_equal(eventlog_match(&event, &result), 0);
	assert_int_equal(result, EVENTLOG_DIFFERS);
}

static void expect_word(uint32_t type, const char *start, const char *rest)
{
	const char *word = eventlog_type_word(type);

	if (!rest) {
		assert_null(word);
		return;
	}
	assert_non_null(word);
	assert_memory_equal(word, start, strlen(start));
	assert_string_equal(word + strlen(start), rest);
}

static void words(void **state)
{
	/* The TCG's names without "EV_" or "EV_EFI_", by number. */
	static const char *const first[] = {
		"PREBOOT_CERT", "POST_CODE", "UNUSED", "NO_ACTION", "SEPARATOR",
		"ACTION", "EVENT_TAG", "S_CRTM_CONTENTS", "S_CRTM_VERSION",
		"CPU_MICROCODE", "PLATFORM_CONFIG_FLAGS", "TABLE_OF_DEVICES",
		"COMPACT_HASH", "IPL", "IPL_PARTITION_DATA", "NONHOST_CODE",
		"NONHOST_CONFIG", "NONHOST_INFO", "OMIT_BOOT_DEVICE_EVENTS",
		NULL,
	};
	static const char *const efi[] = {
		NULL, "VARIABLE_DRIVER_CONFIG", "VARIABLE_BOOT",
		"BOOT_SERVICES_APPLICATION", "BOOT_SERVICES_DRIVER",
		"RUNTIME_SERVICES_DRIVER", "GPT_EVENT", "ACTION",
		"PLATFORM_FIRMWARE_BLOB", "HANDOFF_TABLES",
		"PLATFORM_FIRMWARE_BLOB2", "HANDOFF_TABLES2", "VARIABLE_BOOT2",
		NULL, NULL, NULL, "HCRTM_EVENT", NULL,
	};
	uint32_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(first); i++)
		expect_word(i, "EV_", first[i]);
	for (i = 0; i < ARRAY_SIZE(efi); i++)
		expect_word(0x80000000 + i, "EV_EFI_", efi[i]);
	expect_word(0x800000df, "EV_EFI_", NULL);
	expect_word(0x800000e0, "EV_EFI_", "VARIABLE_AUTHORITY");
	expect_word(0x800000e1, "EV_EFI_", NULL);
}

/* The example "abc" of FIPS 180-4, for SHA-384. */
static void known_digests(void **state)
{
	static const uint8_t abc[] = { 0xcb, 0x00, 0x75, 0x3f };
	uint8_t digest[EVENTLOG_DIGEST];

	(void)state;
	assert_int_equal(eventlog_hash(digest, "abc", 3), 0);
	assert_memory_equal(digest, abc, sizeof(abc));
}

/* No event matches if libcrypto fails, at its first or second call for the event. */
static void a_failed_digest(void **state)
{
	static const struct {
		uint32_t type;
		long calls;
	} all[] = {
		{ 0x80000001, 0 }, { 0x80000002, 0 }, { 0x80000002, 1 },
	};
	struct eventlog_event event = {
		.data = variable, .len = VARIABLE,
		.digest = (const uint8_t *)
			  "another digest, of 48 bytes that nobody computed",
	};
	enum eventlog_match result;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		event.type = all[i].type;
		crypto_calls_left = all[i].calls;
		err = eventlog_match(&event, &result);
		assert_int_equal(crypto_calls_left, -1);
		crypto_calls_left = CRYPTO_NEVER_FAILS;
		assert_int_equal(err, -EIO);
		assert_int_equal(eventlog_match(&event, &result), 0);
		assert_int_equal(result, EVENTLOG_DIFFERS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sound_log, set_up),
		cmocka_unit_test_setup(padding, set_up),
		cmocka_unit_test_setup(cuts, set_up),
		cmocka_unit_test(a_malformed_header),
		cmocka_unit_test_setup(many_algorithms, set_up),
		cmocka_unit_test(a_malformed_event),
		cmocka_unit_test_setup(no_action, set_up),
		cmocka_unit_test(variables),
		cmocka_unit_test(an_empty_variable),
		cmocka_unit_test(a_long_name),
		cmocka_unit_test(digests_and_data),
		cmocka_unit_test(a_malformed_variable),
		cmocka_unit_test(a_failed_digest),
		cmocka_unit_test(words),
		cmocka_unit_test(known_digests),
	};

	return cmocka_run_group_tests_name("eventlog", tests, NULL, NULL);
}
