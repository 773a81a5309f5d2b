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
#include "shared/macro.h"
#include "shared/text.h"
#include "source/addon.h"
#include "source/booted-uki.h"
#include "source/candidate.h"
#include "source/check.h"
#include "source/resolve.h"
#include "source/ukifile.h"

/* The most reasons to report if the tool cannot take any image. */
#define TELL_MOST	8

/**
 * struct search - a search for candidates
 * @candidates: the candidates so far
 * @volumes: the open file systems
 * @kept: messages that become reasons against candidates
 * @wish: the images to look for
 * @booted: the UKI that the machine booted from
 * @addons: rules by which a stub loads an add-on
 * @why: reason why the search takes no other candidate, or NULL
 */
struct search {
	struct candidates *candidates;
	struct volumes *volumes;
	struct messages kept;
	const struct candidates_wish *wish;
	struct booted booted;
	struct addon_rules addons;
	const char *why;
};

static int add_candidate(struct search *search, enum candidate_source source,
			 const char *path, struct candidate **candidate)
{
	struct candidates *all = search->candidates;
	struct candidate *more;

	if (interrupt_seen())
		return -EINTR;
	/*
	 * The limit is for UKIs and add-ons: other sources have one image each.
	 */
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

static void set_reason(struct candidate *candidate, enum vmfw_exit code,
		       const char *why)
{
	candidate->code = code;
	snprintf(candidate->why, sizeof(candidate->why), "%s",
		 why ? why : "cannot read it");
}

/* Take the first kept error as the reason against a candidate. */
static void set_reason_from_messages(struct search *search,
				     struct candidate *candidate,
				     enum vmfw_exit code)
{
	set_reason(candidate, code, messages_first_error(&search->kept));
	messages_free(&search->kept);
}

/* Add a place without an image, or an image that is not readable. */
static int add_lost(struct search *search, enum candidate_source source,
		    const char *path, enum vmfw_exit code)
{
	struct candidate *candidate;
	int err = add_candidate(search, source, path, &candidate);

	if (err)
		messages_free(&search->kept);
	else
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
	enum vmfw_exit code;
	int err;

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
			set_reason(candidate, VMFW_EXIT_SOURCE, !chosen ?
				   messages_first_error(&search->kept) :
				   choice.fwid ? "--fwid names other firmware in this file" :
				   "other firmware in this file is for this machine and profile");
	}
	messages_free(&search->kept);
	return 0;
}

/* Add an add-on that a stub does not load: one candidate for all its firmware. */
static int add_refused(struct search *search, const char *path,
		       enum vmfw_exit code)
{
	int err = add_lost(search, CANDIDATE_ADDON, path, code);

	if (!err)
		search->candidates->v[search->candidates->nr - 1].refused = true;
	return err;
}

static int add_contents(struct search *search, enum candidate_source source,
			const struct ukifile *file)
{
	enum vmfw_exit code = VMFW_EXIT_OK;

	/* If an add-on has no firmware, its signature does not matter. */
	if (source == CANDIDATE_ADDON && file->uki.nr_firmware)
		code = addon_check(&search->addons, &search->kept, file,
				   search->volumes->root);
	return code ? add_refused(search, file->in.path, code) :
		      add_firmware(search, source, file);
}

static int add_uki(struct search *search, enum candidate_source source,
		   const char *path)
{
	struct ukifile file;
	struct infile in;
	enum vmfw_exit code;
	int err;

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
		err = add_contents(search, source, &file);
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
	enum vmfw_exit code;

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

/* Skip "auto" and "uki": the other sources find their images. */
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

/*
 * Add one candidate for all add-ons that the tool did not check, with the kept
 * error as the reason. In a full list, this candidate replaces the last one.
 */
static int add_rest(struct search *search, enum vmfw_exit code)
{
	struct candidates *all = search->candidates;

	if (all->nr >= CANDIDATES_MOST)
		all->nr = CANDIDATES_MOST - 1;
	return add_lost(search, CANDIDATE_ADDON, "", code);
}

static int find_booted(struct search *search)
{
	enum vmfw_exit code;
	int err;

	code = booted_find(&search->booted, search->volumes, &search->kept);
	if (code)
		return add_lost(search, CANDIDATE_UKI, "", code);
	err = add_uki(search, CANDIDATE_UKI, search->booted.path);
	if (err)
		return err;
	/* The add-ons that all UKIs share are on the ESP. A missing ESP is no error. */
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

/* Places by enum candidate_source. find_booted() also finds the add-ons. */
static const struct {
	const char *word;
	int (*find)(struct search *search);
} places[] = {
	[CANDIDATE_CONFIGURED] = { "configured", find_configured },
	[CANDIDATE_UKI] = { "uki", find_booted },
	[CANDIDATE_ADDON] = { "addon", NULL },
	[CANDIDATE_PARTITION] = { "partition", find_partition },
};

/**
 * candidate_source_word() - the word for a source, in results and messages
 * @source: the source
 */
const char *candidate_source_word(enum candidate_source source)
{
	return places[source].word;
}

/*
 * Check the image of a candidate, as far as that does not depend on the VMM.
 * @source receives the open image, which the caller closes.
 */
static void check_candidate(struct search *search, struct candidate *candidate,
			    struct source *source)
{
	const struct source_choice choice = {
		.fwid = search->wish->fwid,
		.section = candidate->section,
		.root = search->volumes->root,
		.volumes = search->volumes,
	};
	struct vmfw_igvm igvm;
	enum vmfw_exit code;

	code = source_open(source, &search->kept, candidate->path, &choice);
	if (!code)
		code = findings_check_image(source, &search->kept, &igvm);
	if (code)
		set_reason_from_messages(search, candidate, code);
	if (source->container)
		snprintf(candidate->part, sizeof(candidate->part), "%s",
			 source->extent.words);
}

static void take_candidate(struct search *search, struct candidate *candidate,
			   struct source *source)
{
	candidate->taken = true;
	search->candidates->taken = true;
	source_move(&search->candidates->source, source, NULL);
	search->why = "another image comes before it";
}

/*
 * Judge a candidate, and take it if it is the first sound one. If the
 * configuration names an image, take that image or none: the user does not
 * expect another one.
 */
static void judge_candidate(struct search *search, struct candidate *candidate)
{
	struct source source = { .fd = -1 };

	if (candidate->source == CANDIDATE_PARTITION &&
	    configured_kind(search) == LOCATION_UKI)
		search->why = "the configuration names the UKI";
	if (!candidate->code)
		check_candidate(search, candidate, &source);
	if (!candidate->code && !search->why)
		take_candidate(search, candidate, &source);
	else if (!candidate->code)
		set_reason(candidate, VMFW_EXIT_OK, search->why);
	source_close(&source);
	if (candidate->source == CANDIDATE_CONFIGURED)
		search->why = "the configuration names another image";
}

/*
 * Search place after place, and judge the images. Unless the caller asks for all
 * images, stop after the first place with an image that the tool takes. A later
 * place would cost a search of disks.
 */
static int find_all(struct search *search)
{
	struct candidates *all = search->candidates;
	size_t i, seen = 0;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i].find || !(search->wish->sources & 1u << i))
			continue;
		err = places[i].find(search);
		if (err)
			break;
		for (; seen < all->nr && !interrupt_seen(); seen++)
			judge_candidate(search, &all->v[seen]);
		if (interrupt_seen())
			return -EINTR;
		if (all->taken && !search->wish->all)
			break;
	}
	return err;
}

/**
 * candidates_find() - find images, and choose one
 * @candidates: receives them; free them even after an error
 * @volumes: the open file systems; the function may add some
 * @messages: for errors
 * @wish: the images to look for
 *
 * If the tool cannot take a candidate, the reason is in the candidate, and not
 * in @messages.
 *
 * Return: an exit code; VMFW_EXIT_OK even if the tool takes no image.
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
	addon_rules_free(&search.addons);
	messages_free(&search.kept);
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	message_error(messages, "cannot look for firmware: %s", strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * candidates_take() - hand over the image that candidates_find() chose
 * @candidates: from candidates_find()
 * @messages: for the reasons, if there is no such image. Otherwise for a warning
 *	about each add-on that comes before the image, but that a stub does not
 *	load
 * @source: receives the image, open and checked, which the caller closes;
 *	unchanged unless VMFW_EXIT_OK is returned
 * @path: receives its path, PATH_MAX bytes; @source refers to it
 *
 * Return: an exit code; if there is no such image, that of the first candidate.
 */
enum vmfw_exit candidates_take(struct candidates *candidates,
			       struct messages *messages,
			       struct source *source, char *path)
{
	const struct candidate *candidate;
	size_t i;

	for (i = 0; candidates->taken && i < candidates->nr; i++) {
		candidate = &candidates->v[i];
		/* The author of the add-on expects that its firmware counts. */
		if (candidate->refused)
			message_warning(messages, "%s: %s",
					candidate_source_word(candidate->source),
					candidate->why);
		if (!candidate->taken)
			continue;
		memcpy(path, candidate->path, sizeof(candidate->path));
		source_move(source, &candidates->source, path);
		return VMFW_EXIT_OK;
	}
	for (i = 0; i < candidates->nr && i < TELL_MOST; i++) {
		candidate = &candidates->v[i];
		message_error(messages, "%s: %s",
			      candidate_source_word(candidate->source),
			      candidate->why);
	}
	if (candidates->nr > TELL_MOST)
		message_error(messages, "cannot use %zu more image%s; \"list\" shows why",
			      candidates->nr - TELL_MOST,
			      candidates->nr - TELL_MOST > 1 ? "s" : "");
	return candidates->v[0].code;
}

/**
 * candidates_free() - free the candidates
 * @candidates: from candidates_find()
 */
void candidates_free(struct candidates *candidates)
{
	if (candidates->taken)
		source_close(&candidates->source);
	free(candidates->v);
	*candidates = (struct candidates) { 0 };
}
