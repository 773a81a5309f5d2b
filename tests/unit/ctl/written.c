// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "ctl/ctl.h"
#include "written.h"

struct written written;

int __wrap_write_file(struct output *out, const struct options *options,
		      const struct newfile_content *content);
int __wrap_write_file(struct output *out, const struct options *options,
		      const struct newfile_content *content)
{
	uint8_t bytes[WRITTEN_LEN];

	(void)options;
	output_bool(out, "written", NULL, true);
	written.nr++;
	written.size = content->size;
	if (content->read(content->arg, WRITTEN_OFFSET, bytes, sizeof(bytes))) {
		message_error(out->messages, WRITTEN_ERROR);
		return VMFW_EXIT_SYSTEM;
	}
	return written.code;
}
