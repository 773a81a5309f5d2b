// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A measurement with a thread that hashes pages. The steps and the digest are those of a
 * measurement without a thread. After each error, the work of the thread ends, too.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "samples.h"
#include "vmfw-igvm.h"

#define PAGE		VMFW_IGVM_PAGE_SIZE
#define DIGEST		48
#define NEVER		1000000u

/* The address of a page of 2 MiB. Its 512 pages of 4 KiB fill several batches. */
#define LARGE_PAGE_AT	0x400000u

/**
 * struct hasher - hash functions, and a thread that hashes only in finish()
 * @state: the current hash
 * @pages: pages that start() received
 * @nr: number of these pages
 * @digests: receives their digests
 * @running: the next call must be finish(), not start()
 * @starts: calls of start() so far
 * @finishes: calls of finish() so far
 * @fail_start: the call of start() that fails, from 1
 * @fail_finish: the call of finish() that fails, from 1
 */
struct hasher {
	uint64_t state;
	const uint8_t *pages;
	size_t nr;
	uint8_t *digests;
	bool running;
	unsigned int starts;
	unsigned int finishes;
	unsigned int fail_start;
	unsigned int fail_finish;
};

/**
 * struct steps - the steps of a measurement
 * @nr: number of steps so far
 * @last: the step that ends the measurement, from 1
 * @sum: sum of all that the steps contain
 */
struct steps {
	unsigned int nr;
	unsigned int last;
	uint64_t sum;
};

static struct file file;
static struct vmfw_igvm igvm;
/* Number of reads of data that succeed. */
static unsigned int reads_left;

static uint64_t mix(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3u;
	return sum;
}

static void write_digest(uint8_t *digest, uint64_t sum)
{
	memset(digest, 0x11, DIGEST);
	memcpy(digest, &sum, sizeof(sum));
}

static int begin(void *arg, enum vmfw_igvm_hash_algorithm algorithm)
{
	struct hasher *hasher = arg;

	assert_int_equal(algorithm, VMFW_IGVM_SHA384);
	hasher->state = 1;
	return 0;
}

static int add(void *arg, const void *bytes, size_t len)
{
	struct hasher *hasher = arg;

	hasher->state = mix(hasher->state, bytes, len);
	return 0;
}

static int end(void *arg, uint8_t *digest)
{
	struct hasher *hasher = arg;

	write_digest(digest, hasher->state);
	return 0;
}

static int start(void *arg, enum vmfw_igvm_hash_algorithm algorithm,
		 const uint8_t *pages, size_t nr, uint8_t *digests)
{
	struct hasher *hasher = arg;

	assert_int_equal(algorithm, VMFW_IGVM_SHA384);
	assert_false(hasher->running);
	assert_true(nr > 0);
	if (++hasher->starts == hasher->fail_start)
		return -EIO;
	hasher->pages = pages;
	hasher->nr = nr;
	hasher->digests = digests;
	hasher->running = true;
	return 0;
}

static int finish(void *arg)
{
	struct hasher *hasher = arg;
	size_t i;

	assert_true(hasher->running);
	hasher->running = false;
	if (++hasher->finishes == hasher->fail_finish)
		return -EINTR;
	for (i = 0; i < hasher->nr; i++)
		write_digest(hasher->digests + i * DIGEST,
			     mix(1, hasher->pages + i * PAGE, PAGE));
	return 0;
}

static bool trace(void *arg, const struct vmfw_igvm_step *step)
{
	struct steps *steps = arg;

	steps->sum = mix(steps->sum, &step->header, sizeof(step->header));
	steps->sum = mix(steps->sum, &step->kind, sizeof(step->kind));
	steps->sum = mix(steps->sum, &step->gpa, sizeof(step->gpa));
	if (step->contents)
		steps->sum = mix(steps->sum, step->contents, DIGEST);
	steps->sum = mix(steps->sum, step->digest, DIGEST);
	return ++steps->nr != steps->last;
}

static int measure(struct hasher *hasher, bool ahead, struct steps *steps,
		   uint8_t *digest)
{
	const struct vmfw_igvm_hash hash = {
		.begin = begin,
		.add = add,
		.end = end,
		.start = ahead ? start : NULL,
		.finish = ahead ? finish : NULL,
		.arg = hasher,
	};
	const struct vmfw_igvm_measure_options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vmm = VMFW_IGVM_VMM_QEMU,
		.vcpus = 2,
		.hash = &hash,
		.trace = trace,
		.arg = steps,
	};
	int err;

	memset(digest, 0, DIGEST);
	err = vmfw_igvm_measure(&igvm, &options, digest);
	assert_false(hasher->running);
	return err;
}

static int open_sample(void **state)
{
	struct vmfw_igvm_input input = { .head = file.bytes };
	uint8_t *page;

	(void)state;
	sample_x64(&file);
	page = file_content(&file, H_PAGE_ZERO);
	file_put(page, 8, LARGE_PAGE_AT);
	file_put(page + 8, 4, NATIVE | SNP);
	file_put(page + 16, 4, VMFW_IGVM_PAGE_2MB);
	file_seal(&file);
	input.size = file.size;
	input.head_len = file.size;
	return vmfw_igvm_check(&igvm, &input, NULL, NULL);
}

static void test_same_steps(void **state)
{
	struct hasher plain = { 0 }, thread = { 0 };
	struct steps plain_steps = { 0 }, thread_steps = { 0 };
	uint8_t digest[DIGEST], other[DIGEST];

	(void)state;
	assert_int_equal(measure(&plain, false, &plain_steps, digest), 0);
	assert_int_equal(measure(&thread, true, &thread_steps, other), 0);
	assert_memory_equal(digest, other, DIGEST);
	assert_true(plain_steps.nr > 512);
	assert_int_equal(thread_steps.nr, plain_steps.nr);
	assert_true(thread_steps.sum == plain_steps.sum);
	assert_int_equal(plain.starts, 0);
	assert_true(thread.starts > 4);
	assert_int_equal(thread.finishes, thread.starts);
}

/* In each turn, let one call of start() fail, or one call of finish(). */
static void fail_each_call(bool at_start, int expected)
{
	struct steps steps = { 0 };
	uint8_t digest[DIGEST];
	unsigned int i;

	for (i = 1; i < NEVER; i++) {
		struct hasher hasher = {
			.fail_start = at_start ? i : 0,
			.fail_finish = at_start ? 0 : i,
		};
		int err = measure(&hasher, true, &steps, digest);

		if (!err)
			break;
		assert_int_equal(err, expected);
		assert_int_equal(hasher.starts, i);
		assert_int_equal(hasher.finishes, at_start ? i - 1 : i);
	}
	assert_true(i > 4);
}

static void test_thread_refuses(void **state)
{
	(void)state;
	fail_each_call(true, -EIO);
}

static void test_thread_fails(void **state)
{
	(void)state;
	fail_each_call(false, -EINTR);
}

static void test_trace_ends_it(void **state)
{
	struct hasher plain = { 0 };
	struct steps all = { 0 };
	uint8_t digest[DIGEST];
	unsigned int i;

	(void)state;
	assert_int_equal(measure(&plain, false, &all, digest), 0);
	for (i = 1; i <= all.nr; i++) {
		struct hasher hasher = { 0 };
		struct steps steps = { .last = i };

		assert_int_equal(measure(&hasher, true, &steps, digest),
				 -ECANCELED);
		assert_int_equal(steps.nr, i);
		assert_int_equal(hasher.finishes, hasher.starts);
	}
}

static int read_some(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	if (!reads_left--)
		return -ENODATA;
	memcpy(buf, file.bytes + offset, len);
	return 0;
}

/* With a thread, too, the trace ends right before the data that cannot be read. */
static void test_read_fails(void **state)
{
	const struct vmfw_igvm_input whole = igvm.input;
	uint8_t digest[DIGEST];
	unsigned int i, failed = 0;
	int err = -ENODATA;

	(void)state;
	igvm.input.head_len = igvm.headers_end;
	igvm.input.read = read_some;
	for (i = 0; err; i++) {
		struct hasher plain = { 0 }, thread = { 0 };
		struct steps plain_steps = { 0 }, thread_steps = { 0 };

		reads_left = i;
		err = measure(&plain, false, &plain_steps, digest);
		reads_left = i;
		assert_int_equal(measure(&thread, true, &thread_steps, digest), err);
		assert_int_equal(thread_steps.nr, plain_steps.nr);
		assert_true(thread_steps.sum == plain_steps.sum);
		failed += err == -ENODATA;
	}
	igvm.input = whole;
	assert_true(failed > 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_steps),
		cmocka_unit_test(test_thread_refuses),
		cmocka_unit_test(test_thread_fails),
		cmocka_unit_test(test_trace_ends_it),
		cmocka_unit_test(test_read_fails),
	};

	return cmocka_run_group_tests(tests, open_sample, NULL);
}
