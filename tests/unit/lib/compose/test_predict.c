// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Differences between two boots of a TD: the digests of two UKIs, the variables of an
 * image, and errors.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "compose/predict.h"
#include "efi/authenticode.h"
#include "efi/siglist.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "../efi/image.h"
#include "errors.h"

#define NAME	32

static struct image image;
static struct prediction prediction;
static struct messages messages;
static char paths[2][NAME];
static int files[2];
/* Size of an allocation that fails once; 0: none fails. */
static size_t fail_allocation;
static int interrupted;
/* Number of reads so far, and the number of the read that fails; 0: none. */
static unsigned int reads, failing_read;
/* A signal comes during the read that fails. */
static bool signal_with_failure;
/* Number of calls of libcrypto so far, and the number of the call that fails; 0: none. */
static unsigned int calls, failing_call;

/**
 * struct fake - an image for TDX
 * @parts: its parts
 * @nr: number of parts
 * @err: result of vmfw_igvm_parts()
 * @read_err: result of vmfw_igvm_read()
 * @bytes: the content of each part, except for its last byte
 */
static struct fake {
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	size_t nr;
	int err;
	int read_err;
	uint8_t bytes[SIGLIST_UNSIGNED + SIGLIST_SHA256];
} fake;

static const struct vmfw_igvm_platform tdx = { .mask = 4 };
static const struct vmfw_igvm igvm;

int __real_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
int __wrap_interrupt_seen(void);
enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state);
int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *file,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why);
const struct vmfw_igvm_platform *
__wrap_vmfw_igvm_platform(const struct vmfw_igvm *file, unsigned int type);
int __wrap_vmfw_igvm_read(const struct vmfw_igvm *file, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len);

int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	if (++reads != failing_read)
		return __real_infile_read(arg, offset, buf, len);
	interrupted = signal_with_failure;
	return -EINVAL;
}

static bool call_fails(void)
{
	return ++calls == failing_call;
}

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	return call_fails() ? NULL : __real_EVP_MD_CTX_new();
}

int __real_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
	return call_fails() ? 0 : __real_EVP_DigestUpdate(ctx, bytes, len);
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *digest,
			      unsigned int *size);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *digest,
			      unsigned int *size);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *digest,
			      unsigned int *size)
{
	return call_fails() ? 0 : __real_EVP_DigestFinal_ex(ctx, digest, size);
}

static bool has_no_memory(size_t size)
{
	if (!fail_allocation || size != fail_allocation)
		return false;
	fail_allocation = 0;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return has_no_memory(size) ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return has_no_memory(size) ? NULL : __real_realloc(p, size);
}

int __wrap_interrupt_seen(void)
{
	return interrupted;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state)
{
	assert_ptr_equal(all, &messages);
	assert_string_equal(state, "nothing was changed");
	return 130;
}

int __wrap_vmfw_igvm_parts(const struct vmfw_igvm *file,
			   struct vmfw_igvm_part *parts, size_t *nr,
			   struct vmfw_igvm_obstacle *why)
{
	assert_ptr_equal(file, &igvm);
	memcpy(parts, fake.parts, sizeof(fake.parts));
	*nr = fake.nr;
	*why = (struct vmfw_igvm_obstacle) { .text = "an obstacle" };
	return fake.err;
}

const struct vmfw_igvm_platform *
__wrap_vmfw_igvm_platform(const struct vmfw_igvm *file, unsigned int type)
{
	assert_ptr_equal(file, &igvm);
	assert_int_equal(type, VMFW_IGVM_TDX);
	return &tdx;
}

int __wrap_vmfw_igvm_read(const struct vmfw_igvm *file, uint32_t mask,
			  uint64_t gpa, void *buf, size_t len)
{
	assert_ptr_equal(file, &igvm);
	assert_int_equal(mask, tdx.mask);
	memset(buf, 0, len);
	memcpy(buf, fake.bytes, len < sizeof(fake.bytes) ? len :
						       sizeof(fake.bytes));
	/* The contents of two parts differ in their last byte. */
	if (len)
		((uint8_t *)buf)[len - 1] = gpa;
	return fake.read_err;
}

static int set_up(void **state)
{
	uint8_t digest[SIGLIST_DIGEST];
	size_t i;

	(void)state;
	messages_keep(&messages);
	memset(&prediction, 0, sizeof(prediction));
	fail_allocation = 0;
	failing_read = 0;
	failing_call = 0;
	interrupted = 0;
	memset(digest, 0x44, sizeof(digest));
	fake = (struct fake) { .nr = 1 };
	siglist_put_unsigned(fake.bytes);
	siglist_put_sha256(fake.bytes + SIGLIST_UNSIGNED, digest);
	for (i = 0; i < VMFW_IGVM_MAX_PARTS; i++)
		fake.parts[i] = (struct vmfw_igvm_part) {
			.type = i < DATABASES ? VMFW_IGVM_PART_PK + i :
						VMFW_IGVM_PART_SHIM + i - DATABASES,
			.gpa = i + 1,
			.size = sizeof(fake.bytes),
		};
	for (i = 0; i < 2; i++) {
		files[i] = memfd_create("uki", 0);
		snprintf(paths[i], NAME, "/proc/self/fd/%d", files[i]);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	predict_free(&prediction);
	assert_null(prediction.changes.digests);
	assert_int_equal(prediction.nr_parts, 0);
	messages_free(&messages);
	close(files[0]);
	close(files[1]);
	return 0;
}

/* Begin a UKI whose other sections the caller adds. */
static void begin_uki(const char *options, size_t len)
{
	image_begin(&image, true);
	image_add(&image, ".text", "stub", 4);
	if (options)
		image_add(&image, ".cmdline", options, len);
}

static void write_uki(unsigned int nr)
{
	assert_int_equal(ftruncate(files[nr], 0), 0);
	assert_int_equal(pwrite(files[nr], image.bytes, image.size, 0),
			 image.size);
}

static void write_ukis(const char *from, const char *to)
{
	begin_uki(from, strlen(from));
	write_uki(0);
	begin_uki(to, strlen(to));
	write_uki(1);
}

static enum vmfw_exit predict(void)
{
	return predict_uki(&prediction, &messages, paths[0], paths[1]);
}

/* Check that the changes replace the digest of @from with the digest of @to. */
static void expect_pair(const void *from, size_t from_len, const void *to,
			size_t to_len)
{
	uint8_t before[RTMR_SIZE], after[RTMR_SIZE];
	size_t i;

	assert_int_equal(eventlog_hash(before, from, from_len), 0);
	assert_int_equal(eventlog_hash(after, to, to_len), 0);
	for (i = 0; i < prediction.changes.nr_digests; i++) {
		const struct rtmr_digest *digest = &prediction.changes.digests[i];

		if (memcmp(digest->from, before, RTMR_SIZE))
			continue;
		assert_memory_equal(digest->to, after, RTMR_SIZE);
		assert_false(digest->found);
		return;
	}
	fail_msg("no such pair");
}

/* Compute the digest that firmware measures for a program. */
static void measure_program(struct image *program, uint8_t *digest)
{
	struct pe_fault fault;
	struct pe pe;

	assert_int_equal(image_parse(program, &pe, &fault), 0);
	assert_int_equal(authenticode_sha384(&pe, digest, &fault), 0);
	pe_close(&pe);
}

/* Check the name and both digests of a program. */
static void expect_program(size_t index, const char *what,
			   uint8_t digests[2][RTMR_SIZE])
{
	const struct rtmr_digest *digest = &prediction.changes.digests[index];

	assert_true(index < prediction.changes.nr_digests);
	assert_string_equal(digest->what, what);
	assert_memory_equal(digest->from, digests[0], RTMR_SIZE);
	assert_memory_equal(digest->to, digests[1], RTMR_SIZE);
}

static void two_ukis(void **state)
{
	uint8_t digests[2][RTMR_SIZE];

	(void)state;
	begin_uki("quiet", 5);
	measure_program(&image, digests[0]);
	write_uki(0);
	begin_uki("debug all", 9);
	measure_program(&image, digests[1]);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_OK);
	assert_null(messages_first_error(&messages));
	/* Digests of the UKI, a section's name, its content and the options. */
	assert_int_equal(prediction.changes.nr_digests, 4);
	expect_program(0, "the UKI", digests);
	expect_pair(".cmdline", 9, ".cmdline", 9);
	expect_pair("quiet", 5, "debug all", 9);
	expect_pair("q\0u\0i\0e\0t\0\0", 12, "d\0e\0b\0u\0g\0 \0a\0l\0l\0\0", 20);
}

/* systemd-stub turns control characters into blanks, and cuts off blanks at both ends. */
static void options_with_blanks(void **state)
{
	(void)state;
	write_ukis(" \tquiet\1splash \x7f\n", "\n");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	expect_pair("q\0u\0i\0e\0t\0 \0s\0p\0l\0a\0s\0h\0\0", 26, "\0", 2);
	predict_free(&prediction);
	/* The options end at a zero byte. */
	begin_uki("a\0b", 3);
	write_uki(0);
	assert_int_equal(predict(), VMFW_EXIT_OK);
	expect_pair("a\0\0", 4, "\0", 2);
	predict_free(&prediction);
	/* The tool compares options only if both are in ASCII. */
	write_ukis("\xc3\xa4", "b");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	assert_int_equal(prediction.changes.nr_digests, 3);
	predict_free(&prediction);
	write_ukis("b", "\x80");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	assert_int_equal(prediction.changes.nr_digests, 3);
}

/* Let .cmdline have @size bytes. Those after the image are zeroes. */
static void write_with_size(unsigned int nr, uint32_t size)
{
	uint8_t *header = image.bytes + image.table + 40;
	uint32_t raw = get_le32(header + 16);
	uint32_t more = size > raw ? size - raw : 0;

	put_le32(header + 8, size);
	put_le32(header + 16, raw + more);
	write_uki(nr);
	assert_int_equal(ftruncate(files[nr], image.size + more), 0);
}

/* The tool compares options only if both UKIs have some, of 64 KiB at most. */
static void options_of_any_length(void **state)
{
	static const struct {
		uint32_t size;
		bool paired;
	} table[] = {
		{ 0, false }, { 5, true }, { 64 * KIB, true },
		{ 64 * KIB + 1, false },
	};
	unsigned int nr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		for (nr = 0; nr < 2; nr++) {
			write_ukis("quiet", "quiet");
			write_with_size(nr, table[i].size);
			assert_int_equal(predict(), VMFW_EXIT_OK);
			assert_int_equal(prediction.changes.nr_digests,
					 3 + table[i].paired);
			if (table[i].paired)
				expect_pair("q\0u\0i\0e\0t\0\0", 12,
					    "q\0u\0i\0e\0t\0\0", 12);
			predict_free(&prediction);
		}
	}
}

/* If both UKIs are the same, the tool still knows the digests. */
static void the_same_uki(void **state)
{
	size_t i;

	(void)state;
	write_ukis("quiet", "quiet");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	assert_int_equal(prediction.changes.nr_digests, 4);
	for (i = 0; i < 4; i++)
		assert_memory_equal(prediction.changes.digests[i].from,
				    prediction.changes.digests[i].to, RTMR_SIZE);
}

static void other_sections(void **state)
{
	(void)state;
	write_ukis("quiet", "quiet");
	image_add(&image, ".initrd", "initrd", 6);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, " differ from those of /proc/self/fd/");
	predict_free(&prediction);
	write_uki(0);
	begin_uki("quiet", 5);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": the names or the order of its measured sections differ from those of ");
	predict_free(&prediction);
	image_add(&image, ".osrel", "initrd", 6);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": the names or the order of its measured sections ");
	/* Sections that systemd-stub does not measure do not matter. */
	predict_free(&prediction);
	begin_uki("quiet", 5);
	image_add(&image, ".reloc", "initrd", 6);
	image_add(&image, ".pcrsig", "signed", 6);
	write_uki(0);
	begin_uki("debug", 5);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_OK);
}

static void sections_with_one_content(void **state)
{
	(void)state;
	begin_uki("same", 4);
	image_add(&image, ".osrel", "same", 4);
	write_uki(0);
	begin_uki("other", 5);
	image_add(&image, ".osrel", "another", 7);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": cannot predict RTMR 2: two of its sections differ, but are the same in /proc/self/fd/");
	predict_free(&prediction);
	/* The order of the two sections does not matter. */
	predict_free(&prediction);
	begin_uki(NULL, 0);
	image_add(&image, ".osrel", "same", 4);
	image_add(&image, ".cmdline", "same", 4);
	write_uki(0);
	begin_uki(NULL, 0);
	image_add(&image, ".osrel", "another", 7);
	image_add(&image, ".cmdline", "other", 5);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": cannot predict RTMR 2: two of its sections differ, but are the same in /proc/self/fd/");
	predict_free(&prediction);
	/*
	 * If .cmdline equals .osrel within each of the UKIs, the tool can
	 * predict RTMR 2.
	 */
	begin_uki("same", 4);
	image_add(&image, ".osrel", "same", 4);
	write_uki(0);
	begin_uki("other", 5);
	image_add(&image, ".osrel", "other", 5);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_OK);
	expect_pair("same", 4, "other", 5);
}

static void no_ukis(void **state)
{
	(void)state;
	write_ukis("quiet", "debug");
	assert_int_equal(predict_uki(&prediction, &messages, "/nonexistent",
				     paths[1]), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/nonexistent: cannot use this file: No such file or directory");
	assert_int_equal(predict_uki(&prediction, &messages, paths[0],
				     "/nonexistent"), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/nonexistent: cannot use this file: No such file or directory");
	image.bytes[0] = 0;
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": this is not a UEFI program");
	write_uki(0);
	assert_int_equal(predict(), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": this is not a UEFI program");
	assert_int_equal(prediction.changes.nr_digests, 0);
}

/* Digests of the programs in the two UKIs. */
static uint8_t programs[2][RTMR_SIZE];

/* Write a UKI with a program in this section. */
static void write_program(unsigned int nr, const char *section,
			  const char *version)
{
	static struct image kernel;

	image_begin(&kernel, true);
	image_add(&kernel, ".text", version, strlen(version));
	measure_program(&kernel, programs[nr]);
	begin_uki(NULL, 0);
	image_add(&image, section, kernel.bytes, kernel.size);
	write_uki(nr);
}

static void write_linux(unsigned int nr, const char *version)
{
	write_program(nr, ".linux", version);
}

/* The firmware starts no other section, and the kernel gets no other text. */
static void special_sections(void **state)
{
	(void)state;
	write_program(0, ".initrd", "5.1");
	write_program(1, ".initrd", "5.2");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	/* Digests of the UKI, the section's name and its content. */
	assert_int_equal(prediction.changes.nr_digests, 3);
	predict_free(&prediction);
	begin_uki(NULL, 0);
	image_add(&image, ".osrel", "quiet", 5);
	write_uki(0);
	write_uki(1);
	assert_int_equal(predict(), VMFW_EXIT_OK);
	assert_int_equal(prediction.changes.nr_digests, 3);
}

static void write_raw_linux(unsigned int nr, const char *text)
{
	begin_uki(NULL, 0);
	image_add(&image, ".linux", text, strlen(text));
	write_uki(nr);
}

/* The firmware measures no program if the kernel of either UKI is none. */
static void kernels_that_are_no_programs(void **state)
{
	unsigned int raw;

	(void)state;
	for (raw = 1; raw < 4; raw++) {
		write_linux(0, "5.1");
		write_linux(1, "5.2");
		if (raw & 1)
			write_raw_linux(0, "a raw kernel");
		if (raw & 2)
			write_raw_linux(1, "another raw kernel");
		assert_int_equal(predict(), VMFW_EXIT_OK);
		assert_null(messages_first_error(&messages));
		assert_int_equal(prediction.changes.nr_digests, 3);
		predict_free(&prediction);
	}
}

/*
 * Each read fails in turn, with the error that also means a malformed file. A signal
 * that comes with every second error changes nothing.
 */
static void fail_each_read(void)
{
	unsigned int nr, i;

	failing_read = 0;
	interrupted = 0;
	reads = 0;
	assert_int_equal(predict(), VMFW_EXIT_OK);
	nr = reads;
	for (i = 0; i < 2 * nr; i++) {
		failing_read = 1 + i / 2;
		signal_with_failure = i % 2;
		interrupted = 0;
		predict_free(&prediction);
		reads = 0;
		assert_int_equal(predict(), VMFW_EXIT_SYSTEM);
		expect_error(&messages, ": Invalid argument");
	}
}

static void a_read_that_fails(void **state)
{
	(void)state;
	write_linux(0, "5.1");
	write_linux(1, "5.2");
	assert_int_equal(predict(), VMFW_EXIT_OK);
	/* Digests of the UKI, the section's name, its content and the program in it. */
	assert_int_equal(prediction.changes.nr_digests, 4);
	expect_program(3, "the program in .linux", programs);
	predict_free(&prediction);
	fail_each_read();
	/* The section after the unreadable one changes nothing. */
	predict_free(&prediction);
	begin_uki("quiet", 5);
	image_add(&image, ".osrel", "system", 6);
	write_uki(0);
	write_uki(1);
	fail_each_read();
	/* The tool reads .cmdline in two pieces. */
	predict_free(&prediction);
	write_ukis("quiet", "quiet");
	write_with_size(0, 64 * KIB + 1);
	fail_each_read();
}

static void a_libcrypto_that_fails(void **state)
{
	unsigned int nr;

	(void)state;
	write_linux(0, "5.1");
	write_linux(1, "5.2");
	calls = 0;
	assert_int_equal(predict(), VMFW_EXIT_OK);
	nr = calls;
	assert_true(nr > 0);
	for (failing_call = 1; failing_call <= nr; failing_call++) {
		predict_free(&prediction);
		calls = 0;
		assert_int_equal(predict(), VMFW_EXIT_SYSTEM);
		expect_error(&messages, ": cannot use this file: ");
	}
}

static void no_memory(void **state)
{
	/* Sizes of the text, of its UTF-16 form, and of the growing list of digests. */
	const size_t sizes[] = {
		17, 36, sizeof(struct rtmr_digest), 2 * sizeof(struct rtmr_digest),
		3 * sizeof(struct rtmr_digest), 4 * sizeof(struct rtmr_digest),
	};
	size_t i;

	(void)state;
	write_ukis("options of this U", "debug");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fail_allocation = sizes[i];
		assert_int_equal(predict(), VMFW_EXIT_SYSTEM);
		assert_int_equal(fail_allocation, 0);
		expect_error(&messages, ": Cannot allocate memory");
		predict_free(&prediction);
	}
	assert_int_equal(predict(), VMFW_EXIT_OK);
}

static void a_signal(void **state)
{
	(void)state;
	write_ukis("quiet", "debug");
	interrupted = 1;
	assert_int_equal(predict(), 130);
	assert_null(messages_first_error(&messages));
}

static enum vmfw_exit find_variables(void)
{
	return predict_variables(&prediction, &messages, "image", &igvm);
}

static void variables(void **state)
{
	static const struct {
		const char *name;
		uint8_t vendor;
	} expected[DATABASES] = {
		{ "PK", 0x61 }, { "KEK", 0x61 }, { "db", 0xcb }, { "dbx", 0xcb },
	};
	size_t i;

	(void)state;
	fake.nr = VMFW_IGVM_MAX_PARTS;
	assert_int_equal(find_variables(), VMFW_EXIT_OK);
	assert_true(prediction.has_kernel);
	assert_int_equal(prediction.changes.nr_variables, DATABASES);
	for (i = 0; i < DATABASES; i++) {
		const struct rtmr_variable *variable =
			&prediction.changes.variables[i];

		assert_string_equal(variable->name, expected[i].name);
		assert_int_equal(variable->vendor[0], expected[i].vendor);
		/* The list has no head of an authenticated variable. */
		assert_int_equal(variable->len, SIGLIST_SHA256);
		assert_memory_equal(variable->bytes,
				    fake.bytes + SIGLIST_UNSIGNED,
				    SIGLIST_SHA256 - 1);
		assert_int_equal(variable->bytes[SIGLIST_SHA256 - 1], i + 1);
	}
}

static void no_variables(void **state)
{
	(void)state;
	fake.nr = 0;
	assert_int_equal(find_variables(), VMFW_EXIT_OK);
	assert_int_equal(prediction.changes.nr_variables, 0);
	assert_false(prediction.has_kernel);
	fake.err = -EINVAL;
	assert_int_equal(find_variables(), VMFW_EXIT_IMAGE);
	expect_error(&messages, "image: an obstacle");
	fake.err = -ENOMEM;
	assert_int_equal(find_variables(), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "image: cannot use this file: Cannot allocate memory");
}

static void variables_that_cannot_be_read(void **state)
{
	(void)state;
	fake.read_err = -EIO;
	assert_int_equal(find_variables(), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "image: cannot use this file: Input/output error");
	fake.read_err = 0;
	fake.bytes[SIGLIST_UNSIGNED + 16] = 1;
	assert_int_equal(find_variables(), VMFW_EXIT_IMAGE);
	expect_error(&messages, "image: cannot predict RTMR 0: firmware would refuse PK of this image: a list of signatures cannot have this size (0x1 at offset 0x38)");
	fail_allocation = sizeof(fake.bytes) + 1;
	assert_int_equal(find_variables(), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "image: cannot use this file: Cannot allocate memory");
	fake.parts[0].size = 1u << 20;
	assert_int_equal(find_variables(), VMFW_EXIT_IMAGE);
	expect_error(&messages, "image: cannot predict RTMR 0: firmware would refuse PK of this image: ");
	fake.parts[0].size++;
	assert_int_equal(find_variables(), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "image: cannot use this file: File too large");
	/* A sound part after the malformed one changes nothing. */
	fake.nr = 2;
	fake.bytes[SIGLIST_UNSIGNED + 16] = SIGLIST_SHA256;
	assert_int_equal(find_variables(), VMFW_EXIT_SYSTEM);
	expect_error(&messages, "image: cannot use this file: File too large");
	assert_int_equal(prediction.changes.nr_variables, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_ukis, set_up, tear_down),
		cmocka_unit_test_setup_teardown(options_with_blanks, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(options_of_any_length, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_same_uki, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_sections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sections_with_one_content, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(no_ukis, set_up, tear_down),
		cmocka_unit_test_setup_teardown(special_sections, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(kernels_that_are_no_programs,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_read_that_fails, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_libcrypto_that_fails, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(variables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_variables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(variables_that_cannot_be_read,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
