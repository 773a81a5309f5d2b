// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "attest/tcb.h"

#define NONE	TCB_SIZE

/*
 * The offset of each part in TCB_VERSION (SEV-SNP firmware ABI): @turin on
 * Turin and later processors, @at on older ones.
 */
static const struct {
	const char *word;
	unsigned int at, turin;
} parts[NR_TCB_PARTS] = {
	[TCB_FMC] = { "fmc", NONE, 0 },
	[TCB_BOOTLOADER] = { "bootloader", 0, 1 },
	[TCB_TEE] = { "tee", 1, 2 },
	[TCB_SNP] = { "snp", 6, 3 },
	[TCB_MICROCODE] = { "microcode", 7, 7 },
};

/**
 * tcb_word() - the name of a part
 * @part: enum tcb_part
 *
 * Return: the name; NULL: there is no such part.
 */
const char *tcb_word(size_t part)
{
	return part < NR_TCB_PARTS ? parts[part].word : NULL;
}

/**
 * tcb_read() - read a TCB_VERSION
 * @tcb: receives it
 * @bytes: TCB_SIZE bytes
 * @turin: use the layout of Turin and later processors
 */
void tcb_read(struct tcb *tcb, const uint8_t *bytes, bool turin)
{
	size_t i;

	*tcb = (struct tcb) { 0 };
	for (i = 0; i < NR_TCB_PARTS; i++) {
		unsigned int at = turin ? parts[i].turin : parts[i].at;

		if (at == NONE)
			continue;
		tcb->known[i] = true;
		tcb->version[i] = bytes[at];
	}
}

/*
 * Parse a part and its version. Return the end of the version. Return NULL if the
 * part is malformed or unknown, or if @tcb already has it.
 */
static const char *parse_part(struct tcb *tcb, const char *text)
{
	size_t i, len = strcspn(text, "=");
	unsigned long version;
	char *end;

	for (i = 0; i < NR_TCB_PARTS; i++)
		if (strlen(parts[i].word) == len &&
		    !strncmp(parts[i].word, text, len))
			break;
	if (i == NR_TCB_PARTS || text[len] != '=' || tcb->known[i] ||
	    !isdigit((unsigned char)text[len + 1]))
		return NULL;
	version = strtoul(text + len + 1, &end, 10);
	if (version > UINT8_MAX || (*end && *end != ','))
		return NULL;
	tcb->known[i] = true;
	tcb->version[i] = version;
	return end;
}

/**
 * tcb_parse() - parse a version
 * @tcb: receives it
 * @list: some parts, as in "bootloader=3,snp=8", each once
 *
 * Return: NULL: success; otherwise the first part that is malformed, unknown or
 * repeated, within @list.
 */
const char *tcb_parse(struct tcb *tcb, const char *list)
{
	const char *end;

	*tcb = (struct tcb) { 0 };
	for (;; list = end + 1) {
		end = parse_part(tcb, list);
		if (!end)
			return list;
		if (!*end)
			return NULL;
	}
}

/**
 * tcb_find_older() - find a part that is too old
 * @tcb: the version
 * @least: the oldest version to accept; any version of a part that it does not
 *	have is acceptable
 *
 * Return: enum tcb_part of the first part of @least that is too old in @tcb, or
 * that @tcb does not have; NR_TCB_PARTS: there is none.
 */
int tcb_find_older(const struct tcb *tcb, const struct tcb *least)
{
	int i;

	for (i = 0; i < NR_TCB_PARTS; i++)
		if (least->known[i] && (!tcb->known[i] ||
					tcb->version[i] < least->version[i]))
			break;
	return i;
}
