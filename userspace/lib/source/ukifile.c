// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "guest/hwid.h"
#include "source/ukifile.h"

static enum vmfw_exit say_error(const struct ukifile *file,
				struct messages *messages, int err,
				const struct pe_fault *fault)
{
	if (!fault->text) {
		message_error(messages, "%s: %s", file->in.path, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	message_error(messages, "%s: %s (0x%" PRIx64 " at offset 0x%" PRIx64 ")",
		      file->in.path, fault->text, fault->value, fault->offset);
	return VMFW_EXIT_IMAGE;
}

/**
 * ukifile_open() - read what a file says of firmware
 * @file: to be filled in, stays where it is; to be closed if VMFW_EXIT_OK is
 *	returned
 * @messages: for errors
 * @fd: the file, open for reading
 * @path: its name
 * @size: bytes of it
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: it is malformed.
 */
enum vmfw_exit ukifile_open(struct ukifile *file, struct messages *messages,
			    int fd, const char *path, uint64_t size)
{
	struct pe_fault fault;
	int err;

	*file = (struct ukifile) { .in = { path, fd, size } };
	err = pe_open(&file->pe, infile_read, &file->in, size, &fault);
	if (err)
		return say_error(file, messages, err, &fault);
	err = uki_open(&file->uki, &file->pe, &fault);
	if (!err)
		return VMFW_EXIT_OK;
	pe_close(&file->pe);
	return say_error(file, messages, err, &fault);
}

/**
 * ukifile_close() - free what ukifile_open() allocated
 * @file: from ukifile_open()
 */
void ukifile_close(struct ukifile *file)
{
	uki_close(&file->uki);
	pe_close(&file->pe);
}

/**
 * ukifile_words() - name firmware for people
 * @buf: receives EXTENT_WORDS bytes
 * @firmware: the firmware
 *
 * Return: @buf.
 */
const char *ukifile_words(char *buf, const struct uki_firmware *firmware)
{
	char profile[32] = "";

	if (firmware->profile != UKI_BASE)
		snprintf(profile, sizeof(profile), ", profile %d",
			 firmware->profile);
	snprintf(buf, EXTENT_WORDS, "\"%s\" (section %u%s)",
		 firmware->efifw.fwid, firmware->section, profile);
	return buf;
}

/* Names of firmware that one message lists. */
#define TELL_MOST	16

/* What there is, for whoever has to choose; NULL: no memory. */
static char *list_firmware(const struct uki *uki)
{
	char words[EXTENT_WORDS], *text = NULL;
	unsigned int i;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		return NULL;
	for (i = 0; i < uki->nr_firmware && i < TELL_MOST; i++)
		fprintf(file, "%s%s", i ? ", " : "",
			ukifile_words(words, &uki->firmware[i]));
	if (uki->nr_firmware > TELL_MOST)
		fprintf(file, ", and %u more", uki->nr_firmware - TELL_MOST);
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

static enum vmfw_exit say_result(const struct ukifile *file,
				 struct messages *messages,
				 const struct source_choice *choice,
				 enum uki_result result)
{
	char *list = list_firmware(&file->uki);
	const char *there = list ? list : "?";

	switch (result) {
	case UKI_EMPTY:
		message_error(messages, "%s: there is no firmware in it: it has no section " EFIFW_SECTION,
			      file->in.path);
		break;
	case UKI_NO_SUCH:
		message_error(messages, "%s: it has no firmware \"%s\"; it has %s",
			      file->in.path, choice->fwid, there);
		break;
	case UKI_NO_MATCH:
		message_error(messages, "%s: it has no firmware for this machine, see \"list --chids\"; --fwid=NAME chooses among %s",
			      file->in.path, there);
		break;
	case UKI_AMBIGUOUS:
		message_error(messages, "%s: nothing says which firmware is the right one; --fwid=NAME chooses among %s",
			      file->in.path, there);
		break;
	case UKI_FOUND:
		break;
	}
	free(list);
	return result == UKI_FOUND ? VMFW_EXIT_OK : VMFW_EXIT_SOURCE;
}

static const struct uki_firmware *find_section(const struct uki *uki,
					       unsigned int section)
{
	unsigned int i;

	for (i = 0; i < uki->nr_firmware; i++)
		if (uki->firmware[i].section == section)
			return &uki->firmware[i];
	return NULL;
}

/**
 * ukifile_choose() - choose firmware
 * @file: the file
 * @messages: for errors
 * @choice: which one
 * @firmware: receives it, valid as long as @file is open, or NULL
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or there are several.
 */
enum vmfw_exit ukifile_choose(const struct ukifile *file,
			      struct messages *messages,
			      const struct source_choice *choice,
			      const struct uki_firmware **firmware)
{
	struct chids chids;
	const struct uki_wish wish = {
		.profile = choice->profile,
		.fwid = choice->fwid,
		.chids = &chids,
	};
	enum uki_result result;

	*firmware = find_section(&file->uki, choice->section);
	if (*firmware)
		return VMFW_EXIT_OK;
	if (hwid_read(&chids, choice->root)) {
		message_error(messages, "cannot compute the CHIDs of this machine: %s",
			      strerror(ENOMEM));
		return VMFW_EXIT_SYSTEM;
	}
	result = uki_choose(&file->uki, &wish, firmware);
	if (result != UKI_FOUND)
		*firmware = NULL;
	return say_result(file, messages, choice, result);
}

/**
 * ukifile_check() - check that a VMM could start from firmware
 * @file: the file
 * @messages: for errors
 * @firmware: one of its firmware
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: it could not.
 */
enum vmfw_exit ukifile_check(const struct ukifile *file,
			     struct messages *messages,
			     const struct uki_firmware *firmware)
{
	char words[EXTENT_WORDS];

	if (!firmware->efifw.capsule)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: %s is a UEFI capsule, which a machine's firmware updates itself with; no VMM starts from it",
		      file->in.path, ukifile_words(words, firmware));
	return VMFW_EXIT_IMAGE;
}
