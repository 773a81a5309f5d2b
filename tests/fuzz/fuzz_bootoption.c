// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: a boot option. The reader does not read past the end of the input.
 * Data for the loader after the device path changes nothing.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "efi/bootoption.h"
#include "must.h"

#define LOADER_DATA	8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_loader_data(const struct bootoption *before, const uint8_t *data,
			    size_t size)
{
	uint8_t *longer = malloc(size + LOADER_DATA);
	struct bootoption option;

	if (!longer)
		abort();
	memcpy(longer, data, size);
	memset(longer + size, 0xa5, LOADER_DATA);
	must(!bootoption_read(&option, longer, size + LOADER_DATA),
	     "data for the loader may follow");
	must(option.gpt == before->gpt && option.disk == before->disk &&
	     option.number == before->number &&
	     !memcmp(option.uuid, before->uuid, sizeof(option.uuid)),
	     "data for the loader changes nothing");
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[BOOTOPTION_UUID];
	struct bootoption option;
	int err = bootoption_read(&option, data, size);

	if (err) {
		must(err == -ENOENT || err == -EBADMSG, "one of two errors");
		return 0;
	}
	must(option.gpt ? !option.disk :
	     !memcmp(option.uuid, none, sizeof(none)),
	     "a partition is in a GPT or in an MBR");
	add_loader_data(&option, data, size);
	return 0;
}
