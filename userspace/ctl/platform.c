// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The platforms of an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>

#include "ctl/ctl.h"

/**
 * print_platforms() - print the platforms of an image, for JSON
 * @out: the output
 * @igvm: an image that was checked; NULL: flat firmware
 */
void print_platforms(struct output *out, const struct vmfw_igvm *igvm)
{
	unsigned int i;

	output_array(out, "platforms");
	if (!igvm)
		output_string(out, NULL, NULL,
			      vmfw_igvm_platform_word(VMFW_IGVM_NATIVE));
	for (i = 0; igvm && i < igvm->nr_platforms; i++)
		output_string(out, NULL, NULL, vmfw_igvm_platform_word(
				      igvm->platforms[i].type));
	output_end(out);
}

/**
 * platform_words() - list the platforms of an image, as text for people
 * @buf: receives PLATFORM_WORDS bytes
 * @igvm: an image that was checked
 *
 * Return: @buf.
 */
const char *platform_words(char *buf, const struct vmfw_igvm *igvm)
{
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < igvm->nr_platforms && used < PLATFORM_WORDS; i++)
		used += snprintf(buf + used, PLATFORM_WORDS - used, "%s%s",
				 i ? ", " : "",
				 vmfw_igvm_platform_word(igvm->platforms[i].type));
	return buf;
}
