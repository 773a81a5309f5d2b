// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <sched.h>
#include <signal.h>
#include <stddef.h>

#include "base/worker.h"

/*
 * The number of looks at a state before a thread sleeps until the state changes.
 * A change often comes sooner than the system could wake the thread.
 */
#define LOOKS		20000

/*
 * A number of cpu_set_t, which together have room for 65536 processors, 1024 in
 * each. The kernel refuses a set (EINVAL) that has no room for all processors
 * that the machine could have.
 */
#define SETS		64

/* Wait until worker->busy has the value @busy: look for some time, then sleep. */
static void wait_until(struct worker *worker, bool busy)
{
	unsigned int looks = 0;

	while (worker->busy != busy && ++looks < LOOKS)
		;
	pthread_mutex_lock(&worker->lock);
	while (worker->busy != busy)
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
}

static void set_busy(struct worker *worker, bool busy)
{
	pthread_mutex_lock(&worker->lock);
	worker->busy = busy;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

/* Run jobs until worker_end() gives one without a function. */
static void *work(void *arg)
{
	struct worker *worker = arg;

	for (;;) {
		wait_until(worker, true);
		if (!worker->job)
			return NULL;
		worker->job(worker->arg);
		set_busy(worker, false);
	}
}

/* May this process run on two processors or more? */
static bool has_two_processors(void)
{
	cpu_set_t sets[SETS];

	return !sched_getaffinity(0, sizeof(sets), sets) &&
	       CPU_COUNT_S(sizeof(sets), sets) > 1;
}

/**
 * worker_begin() - start a second thread, if it helps
 * @worker: to be filled in; worker_end() ends it
 * @useful: there is enough work for a second thread
 *
 * Without @useful, on one processor, or if the system refuses a thread, the
 * worker has none. Then worker_give() runs each job before it returns. The thread
 * blocks all signals, so that system calls of the first thread return EINTR.
 */
void worker_begin(struct worker *worker, bool useful)
{
	sigset_t all, before;

	*worker = (struct worker) {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	if (!useful || !has_two_processors())
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	worker->has_thread = !pthread_create(&worker->thread, NULL, work,
					     worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/**
 * worker_give() - give the thread a job
 * @worker: from worker_begin(); it must not have a job
 * @job: the function to call
 * @arg: for @job; valid until worker_wait() returns
 */
void worker_give(struct worker *worker, worker_job *job, void *arg)
{
	if (!worker->has_thread) {
		job(arg);
		return;
	}
	worker->job = job;
	worker->arg = arg;
	set_busy(worker, true);
}

/**
 * worker_wait() - wait for the end of the job
 * @worker: from worker_begin(); if it has no job, the function returns at once
 */
void worker_wait(struct worker *worker)
{
	if (!worker->has_thread)
		return;
	wait_until(worker, false);
}

/**
 * worker_end() - wait for the job, and end the thread
 * @worker: from worker_begin()
 */
void worker_end(struct worker *worker)
{
	if (!worker->has_thread)
		return;
	worker_wait(worker);
	worker_give(worker, NULL, NULL);
	pthread_join(worker->thread, NULL);
}
