// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The hashes of a kernel, its initial RAM disk and its arguments, and errors.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "attest/kernel-hashes.h"
#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "errors.h"
#include "shared/macro.h"
#include "tree.h"

#define KERNEL		"/kernel"
#define INITRD		"/initrd"
#define PIECE		(64u << 10)
/* Three pieces: two full ones, and one of a single byte. */
#define KERNEL_SIZE	(2 * PIECE + 1)
#define HASH		32u

static char top[] = "/tmp/hashes.XXXXXX";
static char kernel[64], initrd[64], bytes[KERNEL_SIZE + 1];
static struct messages messages;

/**
 * struct faults - what fails. Counts begin at 1; 0: nothing fails
 * @read: number of the read that fails
 * @err: its error
 * @digest: number of the digest for which there is no memory
 * @add: number of the addition to a digest that fails
 * @finish: number of the digest whose end fails
 * @signal_at: number of the look for a signal that sees one
 * @reads: number of reads so far
 * @signal: a signal came
 */
static struct faults {
	unsigned int read;
	int err;
	unsigned int digest;
	unsigned int add;
	unsigned int finish;
	unsigned int signal_at;
	unsigned int reads;
	bool signal;
} faults;

static bool is_now(unsigned int *count)
{
	return *count && !--*count;
}

int __real_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	faults.reads++;
	return is_now(&faults.read) ? faults.err :
				      __real_infile_read(arg, offset, buf, len);
}

struct digest *__real_digest_begin(void);
struct digest *__wrap_digest_begin(void);
struct digest *__wrap_digest_begin(void)
{
	return is_now(&faults.digest) ? NULL : __real_digest_begin();
}

int __real_digest_add(struct digest *digest, const void *buf, size_t len);
int __wrap_digest_add(struct digest *digest, const void *buf, size_t len);
int __wrap_digest_add(struct digest *digest, const void *buf, size_t len)
{
	return is_now(&faults.add) ? -EIO : __real_digest_add(digest, buf, len);
}

int __real_digest_finish(struct digest *digest, uint8_t *hash);
int __wrap_digest_finish(struct digest *digest, uint8_t *hash);
int __wrap_digest_finish(struct digest *digest, uint8_t *hash)
{
	return is_now(&faults.finish) ? -EIO :
					__real_digest_finish(digest, hash);
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	faults.signal |= is_now(&faults.signal_at);
	return faults.signal ? 2 : 0;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *all, const char *state)
{
	message_error(all, "stopped: %s", state);
	return 130;
}

static int set_up(void **state)
{
	size_t i;

	(void)state;
	faults = (struct faults) { 0 };
	messages_keep(&messages);
	strcpy(top, "/tmp/hashes.XXXXXX");
	assert_non_null(mkdtemp(top));
	for (i = 0; i < KERNEL_SIZE; i++)
		bytes[i] = 1 + i % 251;
	tree_write(top, KERNEL, bytes);
	tree_write(top, INITRD, "the initial RAM disk");
	snprintf(kernel, sizeof(kernel), "%s" KERNEL, top);
	snprintf(initrd, sizeof(initrd), "%s" INITRD, top);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return tree_remove(top);
}

/* Hash, and expect this exit code. In any case, all files are closed. */
static void expect_code(struct vmfw_igvm_kernel_hashes *hashes,
			const struct kernel_files *files, int code)
{
	unsigned int open = tree_count_descriptors();

	memset(hashes, 0, sizeof(*hashes));
	assert_int_equal(kernel_hashes_read(hashes, &messages, files), code);
	assert_int_equal(messages.nr, !!code);
	assert_int_equal(tree_count_descriptors(), open);
}

static void expect_hash(const uint8_t *hash, const void *of, size_t len)
{
	uint8_t expected[HASH];

	assert_true(EVP_Digest(of, len, expected, NULL, EVP_sha256(), NULL));
	assert_memory_equal(hash, expected, HASH);
}

static void each_part_has_a_hash(void **state)
{
	struct kernel_files files = { .kernel = kernel };
	struct vmfw_igvm_kernel_hashes hashes;

	(void)state;
	expect_code(&hashes, &files, VMFW_EXIT_OK);
	assert_int_equal(faults.reads, 3);
	expect_hash(hashes.kernel, bytes, KERNEL_SIZE);
	expect_hash(hashes.initrd, "", 0);
	expect_hash(hashes.command_line, "", 1);
	files.initrd = initrd;
	files.append = "quiet";
	expect_code(&hashes, &files, VMFW_EXIT_OK);
	expect_hash(hashes.kernel, bytes, KERNEL_SIZE);
	expect_hash(hashes.initrd, "the initial RAM disk", 20);
	expect_hash(hashes.command_line, "quiet", 6);
}

static void files_that_are_missing(void **state)
{
	struct vmfw_igvm_kernel_hashes hashes;

	(void)state;
	expect_code(&hashes, &(struct kernel_files) { .kernel = "/absent" },
		    VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/absent: ");
	expect_code(&hashes,
		    &(struct kernel_files) {
			.kernel = kernel, .initrd = "/absent",
		    }, VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/absent: ");
}

/* The kernel has three pieces, and the RAM disk one. */
static void reads_that_fail(void **state)
{
	const struct kernel_files files = { .kernel = kernel, .initrd = initrd };
	struct vmfw_igvm_kernel_hashes hashes;
	unsigned int i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		faults = (struct faults) { .read = i, .err = -EIO };
		expect_code(&hashes, &files, VMFW_EXIT_SYSTEM);
		expect_error(&messages, i < 4 ? "/kernel: cannot use this file: Input/output error" :
						"/initrd: cannot use this file: Input/output error");
		assert_int_equal(faults.reads, i);
	}
	/* Without a signal, the error stays what it is. */
	faults = (struct faults) { .read = 2, .err = -EINTR };
	expect_code(&hashes, &files, VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/kernel: cannot use this file: Interrupted system call");
}

/* The code looks for a signal before each piece. */
static void a_signal(void **state)
{
	const struct kernel_files files = { .kernel = kernel, .initrd = initrd };
	struct vmfw_igvm_kernel_hashes hashes;
	unsigned int i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		faults = (struct faults) { .signal_at = i };
		expect_code(&hashes, &files, 130);
		expect_error(&messages, "stopped: nothing was changed");
		assert_int_equal(faults.reads, i - 1);
	}
	/* An error that is not the work of the signal counts. */
	faults = (struct faults) { .read = 1, .err = -EIO, .signal_at = 2 };
	expect_code(&hashes, &files, VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/kernel: cannot use this file: Input/output error");
}

/* Of three digests, the first is that of the kernel, in three additions. */
static void a_libcrypto_that_fails(void **state)
{
	static const struct {
		struct faults faults;
		const char *error;
	} cases[] = {
		{ { .digest = 1 }, "/kernel: cannot use this file: Cannot allocate memory" },
		{ { .digest = 2 }, "/kernel: cannot compute the hashes of this kernel: Cannot allocate memory" },
		{ { .digest = 3 }, "/kernel: cannot compute the hashes of this kernel: Cannot allocate memory" },
		{ { .add = 1 }, "/kernel: cannot use this file: Input/output error" },
		{ { .add = 3 }, "/kernel: cannot use this file: Input/output error" },
		{ { .add = 4 }, "/kernel: cannot compute the hashes of this kernel: Input/output error" },
		{ { .finish = 1 }, "/kernel: cannot use this file: Input/output error" },
		{ { .finish = 2 }, "/kernel: cannot compute the hashes of this kernel: Input/output error" },
		{ { .finish = 3 }, "/kernel: cannot compute the hashes of this kernel: Input/output error" },
	};
	const struct kernel_files files = { .kernel = kernel };
	struct vmfw_igvm_kernel_hashes hashes;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		faults = cases[i].faults;
		expect_code(&hashes, &files, VMFW_EXIT_SYSTEM);
		expect_error(&messages, cases[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(each_part_has_a_hash),
		TEST(files_that_are_missing),
		TEST(reads_that_fail),
		TEST(a_signal),
		TEST(a_libcrypto_that_fails),
	};

	return cmocka_run_group_tests_name("kernel hashes", tests, NULL, NULL);
}
