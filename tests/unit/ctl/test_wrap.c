// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of wrap on files that a test chooses, and when memory is short.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/infile.h"
#include "shared/macro.h"
#include "source/flat.h"
#include "source/smm.h"
#include "source/source.h"
#include "verb.h"
#include "written.h"

#define PAGE		VMFW_IGVM_PAGE_SIZE
#define CODE_SIZE	(3 * PAGE)
#define STORE_SIZE	(2 * PAGE)
#define IMAGE_SIZE	77
#define DEFAULT_POLICY	0x30000

/* Each byte of the code, and of the file that wrap makes */
#define CODE_BYTE	'c'

#define NATIVE	(1u << VMFW_IGVM_NATIVE)
#define SNP	(1u << VMFW_IGVM_SEV_SNP)
#define SEV_ES	(1u << VMFW_IGVM_SEV_ES)
#define TDX	(1u << VMFW_IGVM_TDX)

/* The start of a firmware volume with variables. */
static uint8_t store_head[FLAT_VOLUME] = {
	[16] = 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
	       0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
	[33] = STORE_SIZE >> 8,
	[40] = '_', 'F', 'V', 'H',
};

/**
 * struct script - the results of the replaced functions, and their arguments
 * @no_memory: the memory for the firmware is short
 * @read_code: result of source_read_all()
 * @store_size: bytes of the variable store
 * @no_store: the file of --vars begins with other bytes
 * @open_code: result of infile_open()
 * @opens: number of its calls
 * @bad_read: number of the read of --vars that fails, from 1; 0: none
 * @reads: number of reads
 * @bad_platform: the platform that the firmware is not made for, or 0
 * @wrap_err: result of vmfw_igvm_wrap_for()
 * @wraps: number of its calls
 * @wrap: its options
 * @wrap_roms: bits of the platforms with the metadata of the firmware
 * @first, @last, @size: bytes of its firmware
 * @smm: the firmware is built for SMM
 * @smm_err: result of smm_find_rom()
 */
static struct script {
	bool no_memory;
	enum vmfw_exit read_code;
	uint64_t store_size;
	bool no_store;
	enum vmfw_exit open_code;
	unsigned int opens;
	unsigned int bad_read;
	unsigned int reads;
	unsigned int bad_platform;
	int wrap_err;
	unsigned int wraps;
	struct vmfw_igvm_wrap_options wrap;
	unsigned int wrap_roms;
	uint8_t first, last;
	size_t size;
	bool smm;
	int smm_err;
} script;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return script.no_memory && size == CODE_SIZE ?
	       NULL : __real_malloc(size);
}

enum vmfw_exit __wrap_source_read_all(struct source *source,
				      struct messages *messages, void *buf);
enum vmfw_exit __wrap_source_read_all(struct source *source,
				      struct messages *messages, void *buf)
{
	(void)messages;
	memset(buf, CODE_BYTE, source->size);
	return script.read_code;
}

enum vmfw_exit __wrap_infile_open(struct infile *file,
				  struct messages *messages, const char *path);
enum vmfw_exit __wrap_infile_open(struct infile *file,
				  struct messages *messages, const char *path)
{
	(void)messages;
	script.opens++;
	*file = (struct infile) {
		.path = path,
		.fd = open("/", O_RDONLY),
		.size = script.store_size,
	};
	return script.open_code;
}

int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	memset(buf, 0, len);
	if (!offset && len >= FLAT_VOLUME && !script.no_store)
		memcpy(buf, store_head, FLAT_VOLUME);
	return ++script.reads == script.bad_read ? -EIO : 0;
}

int __wrap_rom_open(struct vmfw_igvm_rom *rom, struct output *out,
		    const struct rom_bytes *firmware, unsigned int platform);
int __wrap_rom_open(struct vmfw_igvm_rom *rom, struct output *out,
		    const struct rom_bytes *firmware, unsigned int platform)
{
	(void)out;
	*rom = (struct vmfw_igvm_rom) {
		.bytes = firmware->bytes,
		.size = firmware->size,
		.platform = platform,
	};
	return platform == script.bad_platform ?
	       VMFW_EXIT_IMAGE : VMFW_EXIT_OK;
}

bool __wrap_vmfw_igvm_rom_section(const struct vmfw_igvm_rom *rom, uint32_t i,
				  struct vmfw_igvm_rom_section *section);
bool __wrap_vmfw_igvm_rom_section(const struct vmfw_igvm_rom *rom, uint32_t i,
				  struct vmfw_igvm_rom_section *section)
{
	static const struct vmfw_igvm_rom_section sections[] = {
		{ .size = 0x1000, .kind = VMFW_IGVM_STEP_ZERO },
		{ .size = 0x2000, .kind = VMFW_IGVM_STEP_NORMAL },
		{ .size = 0x3000, .kind = VMFW_IGVM_STEP_ZERO },
		{ .size = 0x5000, .kind = VMFW_IGVM_STEP_UNMEASURED },
	};

	if (i >= ARRAY_SIZE(sections) || rom->platform != VMFW_IGVM_SEV_SNP)
		return false;
	*section = sections[i];
	return true;
}

static unsigned int platform_bit(const struct vmfw_igvm_rom *rom)
{
	return rom ? 1u << rom->platform : 0;
}

int __wrap_vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
			      const struct vmfw_igvm_wrap_options *options,
			      void **file, size_t *size);
int __wrap_vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
			      const struct vmfw_igvm_wrap_options *options,
			      void **file, size_t *size)
{
	script.wraps++;
	script.wrap = *options;
	script.wrap_roms = platform_bit(options->snp) |
			   platform_bit(options->sev_es) |
			   platform_bit(options->tdx);
	script.first = ((const uint8_t *)rom)[40];
	script.last = ((const uint8_t *)rom)[rom_len - 1];
	script.size = rom_len;
	if (script.wrap_err)
		return script.wrap_err;
	*size = IMAGE_SIZE;
	*file = calloc(1, *size);
	return 0;
}

int __wrap_smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found);
int __wrap_smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found)
{
	(void)rom;
	(void)size;
	*ret_found = script.smm;
	return script.smm_err;
}

static int set_up(void **state)
{
	static uint8_t head[FLAT_VOLUME];

	(void)state;
	memset(&script, 0, sizeof(script));
	memset(&written, 0, sizeof(written));
	script.store_size = STORE_SIZE;
	verb_source = (struct source) {
		.fd = -1,
		.kind = SOURCE_FLAT,
		.size = CODE_SIZE,
		.head = head,
		.head_len = sizeof(head),
	};
	return 0;
}

/*
 * Expect this exit code, and these messages. In any case, wrap closes all files and
 * frees its memory, which AddressSanitizer checks.
 */
static void expect_text(const struct options *options, int code,
			const char *text)
{
	unsigned int open = tree_count_descriptors();

	verb_expect_text(&verb_wrap, options, code, text);
	assert_int_equal(tree_count_descriptors(), open);
}

/* Return the options of a command line with --for and a processor. */
static struct options all_platforms(void)
{
	struct options options = {
		.output = "image.igvm",
		.platforms = NATIVE | SNP | SEV_ES | TDX,
		.vcpus = 2,
		.cpu_signature = 0xa00f11,
		.policy = 0xb0000,
	};

	options.given[OPTION_FOR_LIST] = true;
	options.given[OPTION_CPU_SIGNATURE] = true;
	return options;
}

static void the_image_is_for_plain_guests_by_default(void **state)
{
	struct options options = { .output = "image.igvm", .platforms = TDX };

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_true(script.wrap.native);
	assert_int_equal(script.wrap_roms, 0);
	assert_false(script.wrap.native_registers);
	assert_int_equal(script.size, CODE_SIZE);
	assert_int_equal(script.last, CODE_BYTE);
	assert_int_equal(written.size, IMAGE_SIZE);
	options.given[OPTION_REGISTERS] = true;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_true(script.wrap.native_registers);
	options.given[OPTION_REGISTERS] = false;
	options.given[OPTION_FOR_LIST] = true;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_false(script.wrap.native);
	assert_int_equal(script.wrap_roms, TDX);
}

static void each_platform_gets_its_metadata(void **state)
{
	static const char note[] =
		"note: image.igvm: on SEV-SNP, QEMU measures 0x4000 bytes of zeroes differently than in flat firmware, so the launch digest differs; see \"measure --vmm\"\n";
	struct options options = all_platforms();

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, note);
	assert_true(script.wrap.native);
	assert_int_equal(script.wrap_roms, SNP | SEV_ES | TDX);
	assert_int_equal(script.wrap.vcpus, 2);
	assert_int_equal(script.wrap.cpu_signature, 0xa00f11);
	assert_int_equal(script.wrap.policy, DEFAULT_POLICY);
	options.given[OPTION_POLICY] = true;
	options.platforms = SNP;
	expect_text(&options, VMFW_EXIT_OK, note);
	assert_int_equal(script.wrap.policy, 0xb0000);
	assert_int_equal(script.wrap_roms, SNP);
	options.given[OPTION_POLICY] = false;
	options.platforms = SEV_ES;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_int_equal(script.wrap_roms, SEV_ES);
}

static void firmware_that_is_not_made_for_a_platform(void **state)
{
	static const unsigned int platforms[] = {
		VMFW_IGVM_SEV_SNP, VMFW_IGVM_SEV_ES, VMFW_IGVM_TDX
	};
	struct options options = all_platforms();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(platforms); i++) {
		script.bad_platform = platforms[i];
		expect_text(&options, VMFW_EXIT_IMAGE, "");
	}
	assert_int_equal(script.wraps, 0);
}

/* Only on plain guests, the firmware runs although it is built for SMM. */
static void wrap_warns_of_firmware_for_smm(void **state)
{
	static const char no_liblzma[] =
		"note: image.igvm: cannot check whether the firmware is built for SMM: cannot load liblzma.so.5; is it installed?\n";
	static const char failed[] =
		"note: image.igvm: cannot check whether the firmware is built for SMM: Cannot allocate memory\n";
	struct options options = { .output = "image.igvm" };
	const char *text;
	int code;

	(void)state;
	script.smm = true;
	code = verb_tell(&verb_wrap, &options, &text);
	assert_non_null(strstr(text, "warning: image.igvm: this firmware is built for SMM"));
	assert_int_equal(code, VMFW_EXIT_OK);
	script.smm_err = -ELIBACC;
	expect_text(&options, VMFW_EXIT_OK, no_liblzma);
	script.smm_err = -ENOMEM;
	expect_text(&options, VMFW_EXIT_OK, failed);
	/* No message about a file that wrap could not write */
	written.code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM, "");
	options = all_platforms();
	expect_text(&options, VMFW_EXIT_SYSTEM, "");
	written.code = VMFW_EXIT_OK;
	options.platforms = SEV_ES;
	expect_text(&options, VMFW_EXIT_OK, "");
}

static void wrap_ends_with_the_first_error(void **state)
{
	const struct options options = { .output = "image.igvm" };

	(void)state;
	script.wrap_err = -ENOMEM;
	expect_text(&options, VMFW_EXIT_SYSTEM,
		    "error: image.igvm: cannot wrap this firmware: Cannot allocate memory\n");
	assert_int_equal(script.wraps, 1);
	script.read_code = VMFW_EXIT_SYSTEM;
	expect_text(&options, VMFW_EXIT_SYSTEM, "");
	script.no_memory = true;
	expect_text(&options, VMFW_EXIT_SYSTEM,
		    "error: image.igvm: cannot wrap this firmware: Cannot allocate memory\n");
	verb_source.starts_nowhere = true;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "error: image.igvm: there is no code at the reset vector, 16 bytes before the end; is it a variable store?\n");
	verb_source.kind = SOURCE_UNKNOWN;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "error: image.igvm: this is not flat PC firmware; expected whole 4 KiB pages, at most 16 MiB, with a firmware volume first or a reset vector\n");
	verb_source.kind = SOURCE_IGVM;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "error: image.igvm: this is an IGVM image already\n");
	assert_int_equal(script.wraps, 1);
	assert_int_equal(written.nr, 0);
}

static void the_variable_store_comes_before_the_code(void **state)
{
	const struct options options = {
		.output = "image.igvm", .vars = "vars.fd"
	};

	(void)state;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_int_equal(script.size, STORE_SIZE + CODE_SIZE);
	assert_int_equal(script.first, '_');
	assert_int_equal(script.last, CODE_BYTE);
	/* A start that is too short shows no variable store. */
	verb_source.head = store_head;
	verb_source.head_len = FLAT_VOLUME - 1;
	expect_text(&options, VMFW_EXIT_OK, "");
	script.store_size = FLAT_MAX - CODE_SIZE;
	expect_text(&options, VMFW_EXIT_OK, "");
	assert_int_equal(script.size, FLAT_MAX);
}

static void a_file_that_cannot_be_the_variable_store(void **state)
{
	static const char other[] =
		"error: vars.fd: this is not a variable store; expected whole pages of 4 KiB that begin with a firmware volume of variables, such as OVMF_VARS_4M.fd\n";
	static const char unreadable[] =
		"error: vars.fd: cannot use this file: Input/output error\n";
	static const struct {
		uint64_t size;
		bool no_store;
		enum vmfw_exit open_code;
		unsigned int bad_read;
		int code;
		const char *text;
	} table[] = {
		{ STORE_SIZE, false, VMFW_EXIT_SYSTEM, 0, VMFW_EXIT_SYSTEM, "" },
		{ STORE_SIZE, false, VMFW_EXIT_OK, 1, VMFW_EXIT_SYSTEM,
		  unreadable },
		/* The second read is that of the whole file. */
		{ STORE_SIZE, false, VMFW_EXIT_OK, 2, VMFW_EXIT_SYSTEM,
		  unreadable },
		{ FLAT_VOLUME, false, VMFW_EXIT_OK, 1, VMFW_EXIT_SYSTEM,
		  unreadable },
		{ STORE_SIZE, true, VMFW_EXIT_OK, 0, VMFW_EXIT_IMAGE, other },
		{ STORE_SIZE + 1, false, VMFW_EXIT_OK, 0, VMFW_EXIT_IMAGE,
		  other },
		/* The store has fewer bytes than its volume. */
		{ PAGE, false, VMFW_EXIT_OK, 0, VMFW_EXIT_IMAGE, other },
		{ FLAT_VOLUME - 1, false, VMFW_EXIT_OK, 1, VMFW_EXIT_IMAGE,
		  other },
		{ 0, false, VMFW_EXIT_OK, 1, VMFW_EXIT_IMAGE, other },
		{ FLAT_MAX - CODE_SIZE + PAGE, false, VMFW_EXIT_OK, 0,
		  VMFW_EXIT_IMAGE,
		  "error: vars.fd: cannot join this variable store with the firmware: together they have more than the 16 MiB that a PC has for firmware\n" },
	};
	const struct options options = {
		.output = "image.igvm", .vars = "vars.fd"
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.store_size = table[i].size,
			.no_store = table[i].no_store,
			.open_code = table[i].open_code,
			.bad_read = table[i].bad_read,
		};
		expect_text(&options, table[i].code, table[i].text);
		assert_int_equal(script.wraps, 0);
	}
}

static void firmware_has_at_most_one_variable_store(void **state)
{
	const struct options options = {
		.output = "image.igvm", .vars = "vars.fd"
	};

	(void)state;
	verb_source.head = store_head;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "error: image.igvm: this firmware begins with a variable store already; leave out --vars\n");
	/* Flat firmware that is not plausible is an error before --vars. */
	script.opens = 0;
	verb_source.starts_nowhere = true;
	expect_text(&options, VMFW_EXIT_IMAGE,
		    "error: image.igvm: there is no code at the reset vector, 16 bytes before the end; is it a variable store?\n");
	assert_int_equal(script.opens, 0);
	assert_int_equal(script.wraps, 0);
}

/* Platforms need options, or ignore them. */
static void options_and_platforms(void **state)
{
	static const char cpu[] =
		"error: cannot make registers for snp and sev-es: they contain the CPU's signature; give --cpu-signature or --vcpu-type\n";
	static const char no_cpu[] =
		"error: --vcpus, --cpu-signature and --vcpu-type are only for the platforms snp and sev-es; see --for\n";
	static const struct {
		unsigned int platforms;
		enum option_id given[2];
		uint64_t policy;
		const char *text;
	} table[] = {
		{ SNP, { OPTION_NONE }, 0, cpu },
		{ SEV_ES, { OPTION_NONE }, 0, cpu },
		{ SNP, { OPTION_VCPUS }, 0, cpu },
		{ NATIVE, { OPTION_VCPUS }, 0, no_cpu },
		{ TDX, { OPTION_CPU_SIGNATURE }, 0, no_cpu },
		{ NATIVE | TDX, { OPTION_VCPU_TYPE }, 0, no_cpu },
		{ TDX, { OPTION_REGISTERS }, 0,
		  "error: --registers is only for the platform native; see --for\n" },
		{ NATIVE, { OPTION_POLICY }, DEFAULT_POLICY,
		  "error: --policy is only for the platform snp; see --for\n" },
		{ SEV_ES, { OPTION_POLICY, OPTION_VCPU_TYPE }, DEFAULT_POLICY,
		  "error: --policy is only for the platform snp; see --for\n" },
		{ SNP, { OPTION_POLICY, OPTION_VCPU_TYPE }, 0x10001,
		  "error: --policy=0x10001: bit 17 of an SEV-SNP policy must be set for SNP firmware\n" },
	};
	struct options options;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		options = (struct options) {
			.output = "image.igvm",
			.platforms = table[i].platforms,
			.policy = table[i].policy,
		};
		options.given[OPTION_FOR_LIST] = true;
		options.given[table[i].given[0]] = true;
		options.given[table[i].given[1]] = true;
		expect_text(&options, VMFW_EXIT_USAGE, table[i].text);
	}
	options = (struct options) { .output = NULL };
	options.given[OPTION_VCPUS] = true;
	expect_text(&options, VMFW_EXIT_USAGE,
		    "error: wrap needs --output=FILE\n");
	assert_int_equal(script.wraps, 0);
}

/* The help lists the exit codes. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verb_wrap.codes,
			 CODES_COMMON | CODE(IMAGE) | CODE(SOURCE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(the_image_is_for_plain_guests_by_default),
		TEST(each_platform_gets_its_metadata),
		TEST(firmware_that_is_not_made_for_a_platform),
		TEST(wrap_warns_of_firmware_for_smm),
		TEST(wrap_ends_with_the_first_error),
		TEST(the_variable_store_comes_before_the_code),
		TEST(a_file_that_cannot_be_the_variable_store),
		TEST(firmware_has_at_most_one_variable_store),
		TEST(options_and_platforms),
		TEST(exit_codes),
	};

	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
