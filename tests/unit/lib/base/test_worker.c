// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The second thread: where jobs run, and their order.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/worker.h"

#define JOBS		5000
/* A pause in microseconds, after which a worker without a job sleeps. */
#define LONG_PAUSE	20000
/* Microseconds in which a thread uses much processor time, unless it sleeps. */
#define LONG_WAIT	300000

static struct worker worker;
static bool refuse_thread;
/* The number of threads whose end nobody has seen. */
static int threads;
static int processors;
/* The number of processors that the machine could have. */
static size_t possible;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *arg)
{
	if (refuse_thread)
		return EAGAIN;
	threads++;
	return __real_pthread_create(thread, attributes, run, arg);
}

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result)
{
	threads--;
	return __real_pthread_join(thread, result);
}

/* A thread has released the lock of the worker without holding it. */
static atomic_bool lacked_lock;

int __real_pthread_mutex_unlock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
	if (lock == &worker.lock && !pthread_mutex_trylock(lock))
		lacked_lock = true;
	return __real_pthread_mutex_unlock(lock);
}

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	int i;

	(void)pid;
	if (8 * size < possible) {
		errno = EINVAL;
		return -1;
	}
	CPU_ZERO_S(size, set);
	/* The process may use the processors with the highest numbers. */
	for (i = 1; i <= processors; i++)
		CPU_SET_S(possible - i, size, set);
	return 0;
}

/* The facts that a job found out about the thread that ran it. */
struct place {
	pthread_t thread;
	sigset_t blocked;
	unsigned int runs;
};

static void note_place(void *arg)
{
	struct place *place = arg;

	place->thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &place->blocked);
	place->runs++;
}

static struct place run_one(bool useful)
{
	struct place place = { 0 };
	sigset_t before, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	worker_begin(&worker, useful);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&after, SIGINT),
			 sigismember(&before, SIGINT));
	worker_give(&worker, note_place, &place);
	worker_wait(&worker);
	assert_int_equal(place.runs, 1);
	worker_end(&worker);
	assert_int_equal(place.runs, 1);
	assert_int_equal(threads, 0);
	return place;
}

static void expect_here(bool useful)
{
	struct place place = run_one(useful);

	assert_true(pthread_equal(place.thread, pthread_self()));
	assert_false(sigismember(&place.blocked, SIGINT));
}

static void test_second_thread(void **state)
{
	struct place place = run_one(true);

	(void)state;
	assert_false(pthread_equal(place.thread, pthread_self()));
	/* A signal must end the system calls of the first thread. */
	assert_true(sigismember(&place.blocked, SIGINT));
	assert_true(sigismember(&place.blocked, SIGTERM));
	assert_true(sigismember(&place.blocked, SIGALRM));
}

static void test_no_thread(void **state)
{
	(void)state;
	expect_here(false);
	processors = 1;
	expect_here(true);
	processors = 2;
	refuse_thread = true;
	expect_here(true);
}

static void add_one(void *arg)
{
	unsigned int *sum = arg;

	/* Without order between the threads, additions would overwrite each other. */
	*sum += 1;
}

static void test_many_jobs(void **state)
{
	unsigned int i, sum = 0;

	(void)state;
	worker_begin(&worker, true);
	assert_true(worker.has_thread);
	for (i = 0; i < JOBS; i++) {
		worker_give(&worker, add_one, &sum);
		worker_wait(&worker);
		assert_int_equal(sum, i + 1);
	}
	worker_end(&worker);
	assert_false(lacked_lock);
}

static void pause_and_add(void *arg)
{
	usleep(LONG_PAUSE);
	add_one(arg);
}

/* Both threads sleep in turn. */
static void test_long_jobs(void **state)
{
	unsigned int sum = 0;

	(void)state;
	worker_begin(&worker, true);
	usleep(LONG_PAUSE);
	worker_give(&worker, pause_and_add, &sum);
	worker_wait(&worker);
	assert_int_equal(sum, 1);
	usleep(LONG_PAUSE);
	worker_give(&worker, pause_and_add, &sum);
	/* worker_end() waits for the job. */
	worker_end(&worker);
	assert_int_equal(sum, 2);
}

/* The processor time of both threads, in microseconds. */
static uint64_t processor_time(void)
{
	struct timespec used;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
	return used.tv_sec * 1000000ull + used.tv_nsec / 1000;
}

static void sleep_long(void *arg)
{
	(void)arg;
	usleep(LONG_WAIT);
}

/* Neither an idle worker nor a caller that waits keeps a processor busy. */
static void test_waits_sleep(void **state)
{
	uint64_t begun;

	(void)state;
	worker_begin(&worker, true);
	assert_true(worker.has_thread);
	begun = processor_time();
	usleep(LONG_WAIT);
	assert_in_range(processor_time() - begun, 0, LONG_WAIT / 10);
	begun = processor_time();
	worker_give(&worker, sleep_long, NULL);
	worker_wait(&worker);
	assert_in_range(processor_time() - begun, 0, LONG_WAIT / 10);
	worker_end(&worker);
}

/* Linux for x86 can have up to 8192 processors. */
static void test_large_machine(void **state)
{
	(void)state;
	possible = 8192;
	worker_begin(&worker, true);
	assert_true(worker.has_thread);
	worker_end(&worker);
	processors = 1;
	worker_begin(&worker, true);
	assert_false(worker.has_thread);
	worker_end(&worker);
}

static int reset(void **state)
{
	(void)state;
	refuse_thread = false;
	processors = 2;
	possible = 8;
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_second_thread, reset),
		cmocka_unit_test_setup(test_no_thread, reset),
		cmocka_unit_test_setup(test_many_jobs, reset),
		cmocka_unit_test_setup(test_long_jobs, reset),
		cmocka_unit_test_setup(test_waits_sleep, reset),
		cmocka_unit_test_setup(test_large_machine, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
