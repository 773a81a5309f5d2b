/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UKIs and their add-ons, as files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_UKIFILE_H
#define VMFW_UKIFILE_H

#include "base/infile.h"
#include "base/messages.h"
#include "efi/uki.h"
#include "source/container.h"

/**
 * struct ukifile - an open UKI
 * @in: the caller's file
 * @pe: headers of the file
 * @uki: the firmware in it
 *
 * Some members point at others, so do not copy the struct.
 */
struct ukifile {
	struct infile in;
	struct pe pe;
	struct uki uki;
};

enum vmfw_exit ukifile_open(struct ukifile *file, struct messages *messages,
			    int fd, const char *path, uint64_t size);
enum vmfw_exit ukifile_error(const struct ukifile *file,
			     struct messages *messages, int err,
			     const struct pe_fault *fault);
void ukifile_close(struct ukifile *file);
enum vmfw_exit ukifile_choose(const struct ukifile *file,
			      struct messages *messages,
			      const struct source_choice *choice,
			      const struct uki_firmware **firmware);
enum vmfw_exit ukifile_check(const struct ukifile *file,
			     struct messages *messages,
			     const struct uki_firmware *firmware);
const char *ukifile_words(char *buf, const struct uki_firmware *firmware);

#endif /* VMFW_UKIFILE_H */
