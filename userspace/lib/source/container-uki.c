// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An image in a UKI, or in an add-on of a UKI.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "source/container.h"
#include "source/ukifile.h"

/* Unlike firmware, UKIs and add-ons begin like DOS programs. */
static bool is_pe(const uint8_t *head)
{
	return !memcmp(head, "MZ", 2);
}

static enum vmfw_exit find_in_uki(struct messages *messages, int fd,
				  const char *path, uint64_t size,
				  const struct source_choice *choice,
				  struct extent *extent)
{
	const struct uki_firmware *firmware;
	struct ukifile file;
	enum vmfw_exit code;

	code = ukifile_open(&file, messages, fd, path, size);
	if (code)
		return code;
	code = ukifile_choose(&file, messages, choice, &firmware);
	if (!code)
		code = ukifile_check(&file, messages, firmware);
	if (!code) {
		extent->start = firmware->efifw.offset;
		extent->size = firmware->efifw.size;
		ukifile_words(extent->words, firmware);
	}
	ukifile_close(&file);
	return code;
}

const struct container_kind uki_container = {
	.word = "uki",
	.is = is_pe,
	.find = find_in_uki,
};
