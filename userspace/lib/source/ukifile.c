// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "guest/hwid.h"
#include "source/ukifile.h"

/**
 * ukifile_error() - add the message of an error
 * @file: the file
 * @messages: for the error
 * @err: a negative errno value
 * @fault: the fault, if the file's contents are at fault
 *
 * Return: an exit code.
 */
enum vmfw_exit ukifile_error(const struct ukifile *file,
			     struct messages *messages, int err,
			     const struct pe_fault *fault)
{
	if (!fault->text) {
		message_error(messages, "%s: cannot read this file: %s",
			      file->in.path, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	message_error(messages, "%s: cannot read this UEFI program: %s (0x%" PRIx64 " at offset 0x%" PRIx64 ")",
		      file->in.path, fault->text, fault->value, fault->offset);
	return VMFW_EXIT_IMAGE;
}

/**
 * ukifile_open() - read the firmware sections of a file
 * @file: to be filled in; do not copy it; close it if VMFW_EXIT_OK is returned
 * @messages: for errors
 * @fd: the file, open for reading; the caller closes it, after @file
 * @path: its name, valid as long as @file is open
 * @size: its size in bytes
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file is malformed.
 */
enum vmfw_exit ukifile_open(struct ukifile *file, struct messages *messages,
			    int fd, const char *path, uint64_t size)
{
	struct pe_fault fault;
	int err;

	*file = (struct ukifile) { .in = { path, fd, size } };
	err = pe_open(&file->pe, infile_read, &file->in, size, &fault);
	if (err)
		return ukifile_error(file, messages, err, &fault);
	err = uki_open(&file->uki, &file->pe, &fault);
	if (!err)
		return VMFW_EXIT_OK;
	pe_close(&file->pe);
	return ukifile_error(file, messages, err, &fault);
}

/**
 * ukifile_close() - free the contents of an open UKI
 * @file: from ukifile_open(), if it returned VMFW_EXIT_OK
 */
void ukifile_close(struct ukifile *file)
{
	uki_close(&file->uki);
	pe_close(&file->pe);
}

/**
 * ukifile_words() - describe a firmware for people
 * @buf: receives the text, EXTENT_WORDS bytes
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

/* The most names of firmware in one message. */
#define TELL_MOST	16

/* List the names to choose from. The caller frees the text; NULL: no memory. */
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
		message_error(messages, "%s: this file has no firmware: it lacks the section " EFIFW_SECTION,
			      file->in.path);
		break;
	case UKI_NO_SUCH:
		message_error(messages, "%s: this file has no firmware \"%s\"; names for --fwid: %s",
			      file->in.path, choice->fwid, there);
		break;
	case UKI_NO_MATCH:
		message_error(messages, "%s: this file has no firmware for this machine and profile; see \"list --chids\"; names for --fwid: %s",
			      file->in.path, there);
		break;
	case UKI_AMBIGUOUS:
		if (choice->fwid)
			message_error(messages, "%s: cannot choose the firmware: more than one has the name \"%s\"; rename all but one: %s",
				      file->in.path, choice->fwid, there);
		else
			message_error(messages, "%s: cannot choose the firmware: more than one is for this machine; names for --fwid: %s",
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
 * ukifile_choose() - choose the firmware of a file that suits this machine
 * @file: the file
 * @messages: for errors
 * @choice: a section, or a name and a profile
 * @firmware: receives it, valid as long as @file is open, or NULL
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is none, or more than one.
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
		message_error(messages, "cannot compute the CHIDs of this machine: SHA-1 failed");
		return VMFW_EXIT_SYSTEM;
	}
	result = uki_choose(&file->uki, &wish, firmware);
	if (result != UKI_FOUND)
		*firmware = NULL;
	return say_result(file, messages, choice, result);
}

/**
 * ukifile_check() - check that a VMM could start from a firmware
 * @file: the file
 * @messages: for errors
 * @firmware: the firmware, of this file
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: no VMM could start from it.
 */
enum vmfw_exit ukifile_check(const struct ukifile *file,
			     struct messages *messages,
			     const struct uki_firmware *firmware)
{
	char words[EXTENT_WORDS];

	if (!firmware->efifw.capsule)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: no VMM starts from %s: it is a UEFI capsule, which updates a machine's firmware",
		      file->in.path, ukifile_words(words, firmware));
	return VMFW_EXIT_IMAGE;
}
