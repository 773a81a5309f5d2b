// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "shared/text.h"
#include "source/booted-uki.h"
#include "source/candidate.h"
#include "source/check.h"
#include "source/resolve.h"
#include "source/ukifile.h"

/* Reasons that are printed if nothing can be taken. */
#define TELL_MOST	8

static const char *const source_words[] = {
	[CANDIDATE_CONFIGURED] = "configured",
	[CANDIDATE_UKI] = "uki",
	[CANDIDATE_ADDON] = "addon",
	[CANDIDATE_PARTITION] = "partition",
};

/**
 * candidate_source_word() - the name of a source
 * @source: the source
 */
const char *candidate_source_word(enum candidate_source source)
{
	return source_words[source];
}

/**
 * struct search - candidates that are being looked for
 * @candidates: those that were found
 * @volumes: file systems that are open
 * @kept: takes the messages
 * @wish: what is looked for
 * @booted: the UKI
 * @taken: one is taken
 * @why: why no other one is taken, or NULL
 */
struct search {
	struct candidates *candidates;
	struct volumes *volumes;
	struct messages kept;
	const struct candidates_wish *wish;
	struct booted booted;
	bool taken;
	const char *why;
};

static int add_candidate(struct search *search, enum candidate_source source,
			 const char *path, struct candidate **candidate)
{
	struct candidates *all = search->candidates;
	struct candidate *more;

	if (interrupt_seen())
		return -EINTR;
	/* The other sources have one or two. */
	if (all->nr >= CANDIDATES_MOST && source != CANDIDATE_CONFIGURED &&
	    source != CANDIDATE_PARTITION)
		return -EMFILE;
	more = realloc(all->v, (all->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	all->v = more;
	more += all->nr++;
	memset(more, 0, sizeof(*more));
	more->source = source;
	*candidate = more;
	return text_copy(more->path, sizeof(more->path), path);
}

static void set_reason(struct candidate *candidate, int code, const char *why)
{
	candidate->code = code;
	snprintf(candidate->why, sizeof(candidate->why), "%s",
		 why ? why : "it cannot be read");
}

/* With what was said about it last. */
static void set_reason_from_messages(struct search *search,
				     struct candidate *candidate, int code)
{
	set_reason(candidate, code, messages_first_error(&search->kept));
	messages_free(&search->kept);
}

/* A place that has nothing, or nothing that can be read. */
static int add_lost(struct search *search, enum candidate_source source,
		    const char *path, int code)
{
	struct candidate *candidate;
	int err = add_candidate(search, source, path, &candidate);

	if (!err)
		set_reason_from_messages(search, candidate, code);
	return err;
}

static int add_firmware(struct search *search, enum candidate_source source,
			const struct ukifile *file)
{
	const struct source_choice choice = {
		.fwid = search->wish->fwid,
		.profile = search->booted.profile,
		.root = search->volumes->root,
	};
	const struct uki_firmware *chosen;
	struct candidate *candidate;
	unsigned int i;
	int code, err;

	code = ukifile_choose(file, &search->kept, &choice, &chosen);
	if (!file->uki.nr_firmware)
		return add_lost(search, source, file->in.path, code);
	for (i = 0; i < file->uki.nr_firmware; i++) {
		const struct uki_firmware *firmware = &file->uki.firmware[i];

		err = add_candidate(search, source, file->in.path, &candidate);
		if (err) {
			messages_free(&search->kept);
			return err;
		}
		candidate->section = firmware->section;
		ukifile_words(candidate->part, firmware);
		if (firmware != chosen)
			set_reason(candidate, VMFW_EXIT_SOURCE, chosen ?
				   "another one in this file is for this machine" :
				   messages_first_error(&search->kept));
	}
	messages_free(&search->kept);
	return 0;
}

static int add_uki(struct search *search, enum candidate_source source,
		   const char *path)
{
	struct ukifile file;
	struct infile in;
	int code, err;

	code = infile_take(&in, &search->kept, path,
			   volume_open(search->volumes, path, INFILE_FLAGS));
	if (code) {
		infile_close(&in);
		return add_lost(search, source, path, code);
	}
	code = ukifile_open(&file, &search->kept, in.fd, path, in.size);
	if (code) {
		err = add_lost(search, source, path, code);
	} else {
		err = add_firmware(search, source, &file);
		ukifile_close(&file);
	}
	infile_close(&in);
	return err;
}

static int find_location(struct search *search, enum candidate_source source,
			 const struct location *location)
{
	struct candidate *candidate;
	char path[PATH_MAX] = "";
	int code;

	code = resolve_location(search->volumes, &search->kept, location, path);
	if (code)
		return add_lost(search, source, path, code);
	return add_candidate(search, source, path, &candidate);
}

static enum location_kind configured_kind(const struct search *search)
{
	const struct location *configured = search->wish->configured;

	return configured ? configured->kind : LOCATION_NONE;
}

/* What is found without the configuration is not found twice. */
static int find_configured(struct search *search)
{
	switch (configured_kind(search)) {
	case LOCATION_NONE:
	case LOCATION_AUTO:
	case LOCATION_UKI:
		return 0;
	default:
		return find_location(search, CANDIDATE_CONFIGURED,
				     search->wish->configured);
	}
}

static int see_addon(void *arg, const char *path)
{
	return add_uki(arg, CANDIDATE_ADDON, path);
}

/* A candidate of its own says that some were not looked at. */
static int add_rest(struct search *search, int code)
{
	struct candidates *all = search->candidates;

	if (all->nr >= CANDIDATES_MOST)
		all->nr = CANDIDATES_MOST - 1;
	return add_lost(search, CANDIDATE_ADDON, "", code);
}

static int find_booted(struct search *search)
{
	int code, err;

	code = booted_find(&search->booted, search->volumes, &search->kept);
	if (code)
		return add_lost(search, CANDIDATE_UKI, "", code);
	err = add_uki(search, CANDIDATE_UKI, search->booted.path);
	if (err)
		return err;
	/* An ESP that is not there has no add-ons for all UKIs. */
	code = booted_addons(&search->booted, search->volumes, &search->kept,
			     see_addon, search);
	if (interrupt_seen())
		return -EINTR;
	if (code && code != VMFW_EXIT_SOURCE)
		return add_rest(search, code);
	messages_free(&search->kept);
	return 0;
}

static int find_partition(struct search *search)
{
	const struct location location = { .kind = LOCATION_PARTITION };

	return find_location(search, CANDIDATE_PARTITION, &location);
}

static const struct {
	unsigned int sources;
	int (*find)(struct search *search);
} finders[] = {
	{ 1u << CANDIDATE_CONFIGURED, find_configured },
	{ CANDIDATES_OF_UKI, find_booted },
	{ 1u << CANDIDATE_PARTITION, find_partition },
};

/* Whether a machine could start from it, as far as the file tells. */
static void check_candidate(struct search *search, struct candidate *candidate)
{
	const struct source_choice choice = {
		.section = candidate->section,
		.root = search->volumes->root,
		.volumes = search->volumes,
	};
	struct vmfw_igvm igvm;
	struct source source;
	int code;

	code = source_open(&source, &search->kept, candidate->path, &choice);
	if (!code)
		code = findings_check_image(&source, &search->kept, &igvm);
	if (code)
		set_reason_from_messages(search, candidate, code);
	if (source.container)
		snprintf(candidate->part, sizeof(candidate->part), "%s",
			 source.extent.words);
	source_close(&source);
}

/*
 * The first sound one is taken. What the configuration names is taken or nothing
 * is: it was named with care, and another one in its place would be a surprise.
 */
static void judge_candidate(struct search *search, struct candidate *candidate)
{
	if (candidate->source == CANDIDATE_PARTITION &&
	    configured_kind(search) == LOCATION_UKI)
		search->why = "the configuration names the UKI";
	if (!candidate->code)
		check_candidate(search, candidate);
	if (!candidate->code && !search->why) {
		candidate->taken = true;
		search->taken = true;
		search->why = "another one comes before it";
	} else if (!candidate->code) {
		set_reason(candidate, VMFW_EXIT_OK, search->why);
	}
	if (candidate->source == CANDIDATE_CONFIGURED)
		search->why = "the configuration names another image";
}

/* Disks are not looked for where nobody needs them. */
static int find_all(struct search *search)
{
	struct candidates *all = search->candidates;
	size_t i, seen = 0;
	int err = 0;

	for (i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
		if (!(finders[i].sources & search->wish->sources))
			continue;
		err = finders[i].find(search);
		if (err)
			break;
		for (; seen < all->nr && !interrupt_seen(); seen++)
			judge_candidate(search, &all->v[seen]);
		if (interrupt_seen())
			return -EINTR;
		if (search->taken && !search->wish->all)
			break;
	}
	return err;
}

/**
 * candidates_find() - find images, and choose one
 * @candidates: receives them; to be freed whatever is returned
 * @volumes: file systems that are open; what is opened for it is added
 * @messages: for errors
 * @wish: which ones
 *
 * What is wrong with one is said in it, not as a message.
 *
 * Return: an exit code.
 */
enum vmfw_exit candidates_find(struct candidates *candidates,
			       struct volumes *volumes,
			       struct messages *messages,
			       const struct candidates_wish *wish)
{
	struct search search = {
		.candidates = candidates,
		.volumes = volumes,
		.wish = wish,
	};
	int err;

	*candidates = (struct candidates) { 0 };
	messages_keep(&search.kept);
	err = find_all(&search);
	messages_free(&search.kept);
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	message_error(messages, "cannot look for firmware: %s", strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * candidates_take() - the one that is taken
 * @candidates: from candidates_find()
 * @messages: for the reasons, if there is none
 * @taken: receives it, valid as long as @candidates
 *
 * Return: an exit code; that of the first one that could not be taken, if none
 * is.
 */
enum vmfw_exit candidates_take(const struct candidates *candidates,
			       struct messages *messages,
			       const struct candidate **taken)
{
	const struct candidate *candidate;
	size_t i;

	for (i = 0; i < candidates->nr; i++) {
		*taken = &candidates->v[i];
		if ((*taken)->taken)
			return VMFW_EXIT_OK;
	}
	for (i = 0; i < candidates->nr && i < TELL_MOST; i++) {
		candidate = &candidates->v[i];
		message_error(messages, "%s: %s",
			      candidate_source_word(candidate->source),
			      candidate->why);
	}
	if (candidates->nr > TELL_MOST)
		message_error(messages, "%zu more cannot be taken; \"list\" tells why",
			      candidates->nr - TELL_MOST);
	return candidates->v[0].code;
}

/**
 * candidates_free() - free what candidates_find() allocated
 * @candidates: from candidates_find()
 */
void candidates_free(struct candidates *candidates)
{
	free(candidates->v);
	*candidates = (struct candidates) { 0 };
}
