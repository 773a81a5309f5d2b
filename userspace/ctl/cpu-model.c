// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Processors by their names in QEMU.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "shared/macro.h"

/* Processors with SEV. All versions of a model have the same numbers. */
static const struct {
	const char *name;
	uint8_t family;
	uint8_t model;
	uint8_t stepping;
} models[] = {
	{ "EPYC", 23, 1, 2 },
	{ "EPYC-IBPB", 23, 1, 2 },
	{ "EPYC-Rome", 23, 49, 0 },
	{ "EPYC-Milan", 25, 1, 1 },
	{ "EPYC-Genoa", 25, 17, 0 },
	{ "EPYC-Turin", 26, 0, 0 },
};

/* Is the text a version such as "-v2", or empty? */
static bool is_version(const char *text)
{
	if (!*text)
		return true;
	if (strncmp(text, "-v", 2) || !isdigit((unsigned char)text[2]))
		return false;
	return !text[2 + strspn(text + 2, "0123456789")];
}

/*
 * Return EAX of CPUID leaf 1 for a family above 15. "AMD64 Architecture
 * Programmer's Manual", volume 3, describes its fields.
 */
static uint32_t signature(unsigned int family, unsigned int model,
			  unsigned int stepping)
{
	return (family - 15) << 20 | (model >> 4) << 16 | 15u << 8 |
	       (model & 15) << 4 | stepping;
}

/**
 * cpu_model() - the name of a processor
 * @i: its place in the list, from 0
 *
 * Return: the name; NULL: there are fewer processors.
 */
const char *cpu_model(size_t i)
{
	return i < ARRAY_SIZE(models) ? models[i].name : NULL;
}

/**
 * cpu_parse() - find a processor by its name
 * @out: for errors
 * @word: QEMU's name for it, as in -cpu
 * @eax: receives EAX of CPUID leaf 1
 *
 * Return: an exit code.
 */
int cpu_parse(struct output *out, const char *word, uint32_t *eax)
{
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		len = strlen(models[i].name);
		if (strncmp(word, models[i].name, len) ||
		    !is_version(word + len))
			continue;
		*eax = signature(models[i].family, models[i].model,
				 models[i].stepping);
		return VMFW_EXIT_OK;
	}
	message_error(out->messages, "--vcpu-type=%s: unknown CPU; expected EPYC, EPYC-IBPB, EPYC-Rome, EPYC-Milan, EPYC-Genoa or EPYC-Turin, also with a version such as -v1; for other CPUs give --cpu-signature",
		      word);
	return VMFW_EXIT_USAGE;
}
