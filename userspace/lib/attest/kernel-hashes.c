// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "attest/kernel-hashes.h"
#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "base/sha256.h"

#define PIECE	(64u << 10)

static int add_file(struct digest *digest, struct infile *file)
{
	uint8_t piece[PIECE];
	uint64_t at = 0;
	int err = 0;

	while (!err && at < file->size) {
		size_t len = file->size - at < PIECE ? file->size - at : PIECE;

		err = interrupt_seen() ? -EINTR :
					 infile_read(file, at, piece, len);
		if (!err)
			err = digest_add(digest, piece, len);
		at += len;
	}
	return err;
}

static int hash_bytes(uint8_t *hash, struct infile *file, const char *text)
{
	struct digest *digest = digest_begin();
	int err = digest ? 0 : -ENOMEM;

	if (!err && file)
		err = add_file(digest, file);
	/* QEMU also hashes the zero byte at the end of the text. */
	if (!err && text)
		err = digest_add(digest, text, strlen(text) + 1);
	if (!err)
		err = digest_finish(digest, hash);
	digest_free(digest);
	return err;
}

static enum vmfw_exit hash_file(uint8_t *hash, struct messages *messages,
				const char *path)
{
	struct infile file;
	enum vmfw_exit code = infile_open(&file, messages, path);
	int err;

	if (!code) {
		err = hash_bytes(hash, &file, NULL);
		if (err == -EINTR && interrupt_seen())
			code = interrupt_exit(messages, "nothing was changed");
		else if (err)
			code = infile_error(messages, path, err);
	}
	infile_close(&file);
	return code;
}

/**
 * kernel_hashes_read() - hash a kernel, its initial RAM disk and its arguments
 * @hashes: receives the hashes
 * @messages: for errors
 * @files: the kernel, and perhaps its initial RAM disk and its arguments
 *
 * The result is the same as in QEMU: a missing RAM disk counts as no bytes, and
 * missing arguments as a single zero byte.
 *
 * Return: an exit code.
 */
enum vmfw_exit kernel_hashes_read(struct vmfw_igvm_kernel_hashes *hashes,
				  struct messages *messages,
				  const struct kernel_files *files)
{
	const char *append = files->append ? files->append : "";
	enum vmfw_exit code;
	int err;

	code = hash_file(hashes->kernel, messages, files->kernel);
	if (!code && files->initrd)
		code = hash_file(hashes->initrd, messages, files->initrd);
	if (code)
		return code;
	err = files->initrd ? 0 : hash_bytes(hashes->initrd, NULL, NULL);
	if (!err)
		err = hash_bytes(hashes->command_line, NULL, append);
	if (!err)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: cannot compute the hashes of this kernel: %s", files->kernel,
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}
