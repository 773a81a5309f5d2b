/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second thread, which works on one job at a time.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_WORKER_H
#define VMFW_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef void worker_job(void *arg);

/**
 * struct worker - a second thread, or none
 * @has_thread: there is a thread; else jobs run in the thread of the caller
 * @thread: the thread
 * @lock: held to change @busy
 * @changed: signalled after a change
 * @job: the job that waits or runs; NULL: the thread is to end
 * @arg: for @job
 * @busy: @job waits or runs
 */
struct worker {
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	worker_job *job;
	void *arg;
	atomic_bool busy;
};

void worker_begin(struct worker *worker, bool useful);
void worker_give(struct worker *worker, worker_job *job, void *arg);
void worker_wait(struct worker *worker);
void worker_end(struct worker *worker);

#endif /* VMFW_WORKER_H */
