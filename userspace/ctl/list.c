// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * list: the images that this machine could start from.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "base/uuid.h"
#include "ctl/ctl.h"
#include "flow/config.h"
#include "guest/hwid.h"
#include "source/candidate.h"
#include "stage/payload.h"

#define COLUMNS		80

static void print_payload(struct output *out, const struct payload *payload)
{
	bool flat = payload->source->kind == SOURCE_FLAT;
	char size[SIZE_WORDS], digest[DIGEST_WORDS];
	char words[PLATFORM_WORDS];

	output_string(out, "format", NULL, flat ? "flat" : "igvm");
	output_size(out, "size", NULL, payload->source->size);
	digest_words(digest, payload->digest);
	output_string(out, "sha256", NULL, digest);
	print_platforms(out, flat ? NULL : &payload->igvm);
	output_line(out, "    %s, %s, platforms: %s", flat ? "flat firmware" :
		    "IGVM", size_words(size, payload->source->size),
		    flat ? vmfw_igvm_platform_word(VMFW_IGVM_NATIVE) :
			   platform_words(words, &payload->igvm));
	output_line(out, "    SHA-256 %s", digest);
}

/*
 * Print the properties of an image, if the tool can read it. If not, the reason
 * is already in @candidate.
 */
static void print_image(struct output *out, const struct candidate *candidate,
			const struct volumes *volumes)
{
	const struct source_choice choice = {
		.section = candidate->section,
		.root = volumes->root,
		.volumes = volumes,
	};
	struct payload payload = { 0 };
	struct messages silent;
	struct source source;
	int code;

	messages_keep(&silent);
	code = source_open(&source, &silent, candidate->path, &choice);
	if (!code)
		code = payload_check(&payload, &silent, &source);
	if (!code)
		code = payload_digest(&payload, &silent);
	if (!code)
		print_payload(out, &payload);
	payload_free(&payload);
	source_close(&source);
	messages_free(&silent);
}

static void print_candidate(struct output *out,
			    const struct candidate *candidate,
			    const struct volumes *volumes)
{
	const char *source = candidate_source_word(candidate->source);

	output_object(out, NULL);
	output_string(out, "source", NULL, source);
	if (candidate->path[0])
		output_string(out, "path", NULL, candidate->path);
	if (candidate->part[0])
		output_string(out, "part", NULL, candidate->part);
	output_line(out, "%s %s: %s%s%s", candidate->taken ? "*" : " ", source,
		    candidate->path[0] ? candidate->path : "none",
		    candidate->part[0] ? ", " : "", candidate->part);
	if (candidate->path[0])
		print_image(out, candidate, volumes);
	output_bool(out, "taken", NULL, candidate->taken);
	if (!candidate->taken) {
		output_string(out, "why", NULL, candidate->why);
		output_line(out, "    not taken: %s", candidate->why);
	}
	output_end(out);
}

static int list_images(struct output *out, const char *root)
{
	struct volumes volumes = { .root = root };
	struct candidates candidates = { 0 };
	struct config config;
	const struct candidates_wish wish = {
		.sources = CANDIDATES_ALL,
		.configured = &config.image,
		.all = true,
	};
	bool taken = false, blind = false;
	size_t i;
	int code;

	code = config_load(&config, out->messages, root);
	if (!code)
		code = candidates_find(&candidates, &volumes, out->messages,
				       &wish);
	output_array(out, "candidates");
	for (i = 0; i < candidates.nr && !code; i++) {
		if (interrupt_seen())
			code = interrupt_exit(out->messages,
					      "nothing was changed");
		else
			print_candidate(out, &candidates.v[i], &volumes);
		taken |= candidates.v[i].taken;
		blind |= candidates.v[i].code == VMFW_EXIT_SYSTEM;
	}
	output_end(out);
	if (!code && !taken && blind) {
		message_error(out->messages, "cannot check every candidate; the list shows why");
		code = VMFW_EXIT_SYSTEM;
	} else if (!code && !taken) {
		output_line(out, "there is nothing that auto would take");
	}
	candidates_free(&candidates);
	volume_close_all(&volumes);
	return code ? code : taken ? VMFW_EXIT_OK : VMFW_EXIT_NOTHING;
}

static void print_fields(struct output *out, const struct chid_fields *fields)
{
	unsigned int field;

	output_object(out, "smbios");
	for (field = 0; field < CHID_FIELDS; field++) {
		const char *word = chid_field_word(field);

		if (!fields->text[field][0])
			continue;
		output_string(out, word, NULL, fields->text[field]);
		output_line(out, "%s: %s", word, fields->text[field]);
	}
	output_end(out);
}

static bool chooses(unsigned int number)
{
	unsigned int i;

	for (i = 0; i < CHID_PRIORITIES; i++)
		if (chid_priority[i] == number)
			return true;
	return false;
}

/* Print the names of a CHID's fields, in lines that fit a terminal. */
static void print_fields_of(struct output *out, unsigned int number)
{
	char line[COLUMNS + 1] = "";
	unsigned int field;
	size_t used = 0;

	for (field = 0; field < CHID_FIELDS; field++) {
		const char *word = chid_field_word(field);

		if (!chid_has_field(number, field))
			continue;
		if (used + strlen(word) + strlen(" + ") > COLUMNS) {
			output_line(out, "%s", line);
			used = 0;
		}
		used += snprintf(line + used, sizeof(line) - used, "%s%s",
				 used ? " + " : "    ", word);
	}
	output_line(out, "%s", line);
}

/* Print a CHID and the names of its fields. */
static void print_chid(struct output *out, unsigned int number,
		       const uint8_t *chid)
{
	char words[UUID_WORDS], made_of[256] = "";
	unsigned int field;
	size_t used = 0;

	for (field = 0; field < CHID_FIELDS && used < sizeof(made_of); field++)
		if (chid_has_field(number, field))
			used += snprintf(made_of + used, sizeof(made_of) - used,
					 "%s%s", used ? " + " : "",
					 chid_field_word(field));
	output_object(out, NULL);
	output_number(out, "number", NULL, number);
	output_string(out, "chid", NULL, uuid_words(words, chid));
	output_string(out, "made_of", NULL, made_of);
	output_bool(out, "chooses", NULL, chooses(number));
	output_line(out, "%s HardwareID-%-2u %s", chooses(number) ? "*" : " ",
		    number, words);
	print_fields_of(out, number);
	output_end(out);
}

static int list_chids(struct output *out, const char *root)
{
	struct chid_fields fields;
	struct chids chids;
	unsigned int i, nr = 0;

	hwid_read_fields(&fields, root);
	if (chid_compute(&chids, &fields)) {
		message_error(out->messages, "cannot compute the CHIDs of this machine: SHA-1 failed");
		return VMFW_EXIT_SYSTEM;
	}
	print_fields(out, &fields);
	output_array(out, "chids");
	for (i = 0; i < CHIDS; i++) {
		if (!chids.known[i])
			continue;
		print_chid(out, i, chids.chid[i]);
		nr++;
	}
	output_end(out);
	if (nr)
		return VMFW_EXIT_OK;
	output_line(out, "there are no hardware IDs (CHIDs): the SMBIOS fields for them are missing, or not ASCII");
	return VMFW_EXIT_NOTHING;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	(void)operands;
	return options_given(options, OPTION_CHIDS) ?
	       list_chids(out, options->root) :
					       list_images(out, options->root);
}

const struct verb verb_list = {
	.name = "list",
	.summary = "show all images, and mark the one that auto takes",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_CHIDS, OPTION_ROOT),
	.codes = CODES_COMMON | CODE(NOTHING),
	.help =
	"The images are in the order of the search:\n"
	"- the image that the configuration names;\n"
	"- firmware in the UKI that booted;\n"
	"- firmware in add-ons beside that UKI, and in those of all UKIs;\n"
	"- firmware in a partition on the disk of the EFI system partition.\n"
	"A star marks the image that \"auto\" takes. Below each other image stands the\n"
	"reason why auto does not take it.\n\n"
	"--chids shows this machine's hardware IDs. A UKI chooses its firmware by those\n"
	"with a star.\n",
	.run = run,
};
