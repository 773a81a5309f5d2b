// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Launch digests with libcrypto: the threads that hash pages, signals, and
 * errors of libcrypto in each thread.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "attest/launch-digest.h"
#include "base/interrupt.h"
#include "file.h"

#define PAGE		VMFW_IGVM_PAGE_SIZE
#define PAGES		60u
#define DIGEST		48
/* From this size on, a file deserves a second thread. */
#define LARGE		(1u << 20)
/* The most milliseconds that the threads wait for each other, in all tests. */
#define PATIENCE	10000
/* Numbers of the two threads. */
#define FIRST		0u
#define SECOND		1u

/* Functions of libcrypto that hash a page. */
enum step { STEP_NONE, STEP_INIT, STEP_UPDATE, STEP_FINAL };

/**
 * struct system - the system that the test imitates, and the work so far
 * @processors: number of processors
 * @together: each thread that has taken a page waits for the other thread
 * @step: the function that fails, or STEP_NONE
 * @signal: a signal asks to stop
 * @culprit: the only thread in which the function fails or that sees the signal
 * @failed: the function has failed
 * @makes: the call that makes no object of libcrypto, counted from 1; 0: none
 * @came: each thread has looked for a signal, as before each page
 * @pages: the number of pages that each thread hashed
 */
static struct {
	int processors;
	bool together;
	enum step step;
	bool signal;
	unsigned int culprit;
	atomic_bool failed;
	unsigned int makes;
	atomic_bool came[2];
	atomic_uint pages[2];
} machine;

static atomic_int patience = PATIENCE;

/* This thread hashes a page, not one of the shorter records in between. */
static _Thread_local bool hashes_page;

static pthread_t first;
static struct file file;
static struct vmfw_igvm igvm;
static uint8_t digest[DIGEST];

static unsigned int this_thread(void)
{
	return pthread_equal(pthread_self(), first) ? FIRST : SECOND;
}

/* After a function has failed, the thread that called it hashes nothing more. */
static bool fails(enum step step)
{
	if (machine.culprit != this_thread())
		return false;
	assert_false(machine.failed);
	machine.failed = machine.step == step;
	return machine.failed;
}

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	int i;

	(void)pid;
	CPU_ZERO_S(size, set);
	for (i = 0; i < machine.processors; i++)
		CPU_SET_S(i, size, set);
	return 0;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	const unsigned int thread = this_thread();

	machine.came[thread] = true;
	while (machine.together && !machine.came[!thread] &&
	       patience-- > 0)
		usleep(1000);
	return machine.signal && machine.culprit == thread ? 15 : 0;
}

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	if (machine.makes && !--machine.makes)
		return NULL;
	return __real_EVP_MD_CTX_new();
}

EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name,
			    const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name,
			    const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name,
			    const char *properties)
{
	if (machine.makes && !--machine.makes)
		return NULL;
	return __real_EVP_MD_fetch(library, name, properties);
}

int __real_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *type,
			     ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *type,
			     ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *type,
			     ENGINE *engine)
{
	return fails(STEP_INIT) ? 0 :
	       __real_EVP_DigestInit_ex(ctx, type, engine);
}

int __real_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
	hashes_page = len == PAGE;
	machine.pages[this_thread()] += hashes_page;
	return hashes_page && fails(STEP_UPDATE) ? 0 :
	       __real_EVP_DigestUpdate(ctx, bytes, len);
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *bytes,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *bytes,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *bytes,
			      unsigned int *len)
{
	return hashes_page && fails(STEP_FINAL) ? 0 :
	       __real_EVP_DigestFinal_ex(ctx, bytes, len);
}

/* Each page has bytes of another value. */
static int read_data(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	memset(buf, offset / PAGE, len);
	return 0;
}

/* Make a file of this size, with the same pages each time. */
static void make_file(uint32_t size)
{
	struct vmfw_igvm_input input = {
		.head = file.bytes, .size = size, .read = read_data,
	};
	unsigned int i;

	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, 1 },);
	for (i = 1; i <= PAGES; i++)
		HEADER(&file, 0x302, 24, { 0, 8, i * PAGE }, { 8, 4, 1 },
		       { 12, 4, i * PAGE },);
	file_seal(&file);
	file_put(file.bytes + 16, 4, size);
	file_seal_checksum(&file);
	input.head_len = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.processors = 2;
	first = pthread_self();
	make_file(LARGE);
	return 0;
}

static int measure(void)
{
	struct vmfw_igvm_measure_options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vmm = VMFW_IGVM_VMM_GENERIC,
	};
	int err;

	machine.came[FIRST] = machine.came[SECOND] = false;
	machine.failed = false;
	machine.pages[FIRST] = machine.pages[SECOND] = 0;
	memset(digest, 0, sizeof(digest));
	err = launch_digest(&igvm, &options, digest);
	assert_null(options.hash);
	return err;
}

/* Measure without a second thread. */
static void measure_alone(void)
{
	assert_int_equal(measure(), 0);
	assert_int_equal(machine.pages[FIRST], PAGES);
	assert_int_equal(machine.pages[SECOND], 0);
}

static void two_threads_share_a_large_file(void **state)
{
	uint8_t alone[DIGEST];

	(void)state;
	make_file(LARGE - 1);
	measure_alone();
	memcpy(alone, digest, DIGEST);
	make_file(LARGE);
	machine.processors = 1;
	measure_alone();
	assert_memory_equal(digest, alone, DIGEST);
	machine.processors = 2;
	machine.together = true;
	assert_int_equal(measure(), 0);
	assert_true(machine.pages[FIRST] > 0);
	assert_true(machine.pages[SECOND] > 0);
	assert_int_equal(machine.pages[FIRST] + machine.pages[SECOND], PAGES);
	assert_memory_equal(digest, alone, DIGEST);
}

/* Expect an error of a thread, then of the only thread. */
static void fails_in_each_thread(int err)
{
	machine.processors = 2;
	machine.together = true;
	for (machine.culprit = FIRST; machine.culprit <= SECOND;
	     machine.culprit++)
		assert_int_equal(measure(), err);
	machine.culprit = FIRST;
	machine.together = false;
	machine.processors = 1;
	assert_int_equal(measure(), err);
}

static void an_error_in_either_thread_ends_the_measurement(void **state)
{
	(void)state;
	for (machine.step = STEP_INIT; machine.step <= STEP_FINAL;
	     machine.step++)
		fails_in_each_thread(-EIO);
	machine.step = STEP_NONE;
	measure_alone();
}

static void a_signal_in_either_thread_ends_the_measurement(void **state)
{
	(void)state;
	machine.signal = true;
	fails_in_each_thread(-EINTR);
	assert_int_equal(machine.pages[FIRST], 0);
}

static void without_memory_there_is_no_digest(void **state)
{
	unsigned int nth;

	(void)state;
	/* Two contexts and two algorithms. */
	for (nth = 1; nth <= 4; nth++) {
		machine.makes = nth;
		assert_int_equal(measure(), -EIO);
		assert_int_equal(machine.makes, 0);
	}
	machine.makes = 5;
	assert_int_equal(measure(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup(name, set_up)
		TEST(two_threads_share_a_large_file),
		TEST(an_error_in_either_thread_ends_the_measurement),
		TEST(a_signal_in_either_thread_ends_the_measurement),
		TEST(without_memory_there_is_no_digest),
	};

	return cmocka_run_group_tests_name("launch digest", tests, NULL, NULL);
}
