// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pages whose contents another thread hashes, ahead of the chain of digests.
 * Nearly all the work of SEV-SNP's measurement is in the contents, which do not
 * depend on each other.
 *
 * While the thread hashes one batch, the walk fills the other one.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "measure/measure.h"

/* At 64 pages, a batch takes about 100 times as long as waking a thread. */
#define BATCH		64

/**
 * struct batch - steps in the order of the measurement
 * @nr: number of steps
 * @nr_pages: number of pages with bytes
 * @steps: the steps
 * @page_of: for each step, the index of its page, or BATCH: it has no bytes
 * @pages: the bytes
 * @digests: digests of the bytes, one for each page
 */
struct batch {
	size_t nr;
	size_t nr_pages;
	struct vmfw_igvm_step steps[BATCH];
	size_t page_of[BATCH];
	uint8_t pages[BATCH][VMFW_IGVM_PAGE_SIZE];
	uint8_t digests[BATCH][SHA384_SIZE];
};

/**
 * struct ahead - two batches
 * @filling: index of the batch that receives the next step
 * @started: the caller's thread hashes the pages of the other batch
 * @batches: the batches
 */
struct ahead {
	unsigned int filling;
	bool started;
	struct batch batches[2];
};

/**
 * ahead_begin() - prepare to hash pages in another thread
 * @measure: receives the batches, if the caller has a thread and the platform
 *	is SEV-SNP; ahead_end() frees them
 *
 * Return: 0 or -ENOMEM.
 */
int ahead_begin(struct measure *measure)
{
	if (!measure->options->hash->start || measure->ops != &measure_snp)
		return 0;
	measure->ahead = calloc(1, sizeof(*measure->ahead));
	return measure->ahead ? 0 : -ENOMEM;
}

static int finish_pages(struct measure *measure)
{
	const struct vmfw_igvm_hash *hash = measure->options->hash;

	if (!measure->ahead->started)
		return 0;
	measure->ahead->started = false;
	return hash->finish(hash->arg);
}

static int start_pages(struct measure *measure, struct batch *batch)
{
	const struct vmfw_igvm_hash *hash = measure->options->hash;
	int err;

	if (!batch->nr_pages)
		return 0;
	err = hash->start(hash->arg, measure->ops->algorithm, batch->pages[0],
			  batch->nr_pages, batch->digests[0]);
	measure->ahead->started = !err;
	return err;
}

/* Extend the chain by all steps of a batch, and empty the batch. */
static int extend_by_batch(struct measure *measure, struct batch *batch)
{
	const struct vmfw_igvm_step current = measure->step;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < batch->nr; i++) {
		measure->step = batch->steps[i];
		err = snp_extend(measure, batch->page_of[i] == BATCH ? NULL :
				 batch->digests[batch->page_of[i]]);
	}
	measure->step = current;
	batch->nr = 0;
	batch->nr_pages = 0;
	return err;
}

static struct batch *batch_to_fill(const struct measure *measure)
{
	return &measure->ahead->batches[measure->ahead->filling];
}

/*
 * Let the thread hash the batch that the walk has filled. Meanwhile extend the chain
 * by the other batch, which then receives the next steps.
 */
static int turn_batches(struct measure *measure)
{
	int err;

	err = finish_pages(measure);
	if (!err)
		err = start_pages(measure, batch_to_fill(measure));
	measure->ahead->filling ^= 1;
	return err ? err : extend_by_batch(measure, batch_to_fill(measure));
}

/**
 * ahead_space() - memory for the bytes of the next page
 * @measure: the measurement, after ahead_begin()
 *
 * Return: a page, which the caller may fill and hand to ahead_add().
 */
uint8_t *ahead_space(struct measure *measure)
{
	struct batch *batch = batch_to_fill(measure);

	return batch->pages[batch->nr_pages];
}

/**
 * ahead_add() - measure the page of struct measure.step later, in its turn
 * @measure: the measurement, after ahead_begin()
 * @bytes: the page, from ahead_space() or elsewhere; NULL: measure the page without
 *	its bytes
 *
 * Return: 0, or the error of this or of an earlier page, as of snp_extend().
 */
int ahead_add(struct measure *measure, const uint8_t *bytes)
{
	struct batch *batch = batch_to_fill(measure);
	uint8_t *space = ahead_space(measure);

	if (bytes && bytes != space)
		memcpy(space, bytes, VMFW_IGVM_PAGE_SIZE);
	batch->steps[batch->nr] = measure->step;
	batch->page_of[batch->nr] = bytes ? batch->nr_pages++ : BATCH;
	batch->nr++;
	return batch->nr < BATCH ? 0 : turn_batches(measure);
}

/**
 * ahead_drain() - measure all pages that still wait
 * @measure: the measurement
 *
 * Return: 0, or as ahead_add().
 */
int ahead_drain(struct measure *measure)
{
	int err;

	if (!measure->ahead)
		return 0;
	/* The first call hashes the last batch, the second one extends the chain by it. */
	err = turn_batches(measure);
	return err ? err : turn_batches(measure);
}

/**
 * ahead_end() - wait for the other thread, and free the batches
 * @measure: the measurement, after success or failure
 */
void ahead_end(struct measure *measure)
{
	if (!measure->ahead)
		return;
	finish_pages(measure);
	free(measure->ahead);
	measure->ahead = NULL;
}
