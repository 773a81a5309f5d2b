// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "base/exit.h"
#include "compose/pe-file.h"
#include "efi/authenticode.h"

static enum vmfw_exit say_fault(struct messages *messages, const char *path,
				int err, const struct pe_fault *fault)
{
	if (!fault->text)
		return infile_error(messages, path, err);
	message_error(messages, "%s: this is not a UEFI program: %s (0x%" PRIx64 " at offset 0x%" PRIx64 ")",
		      path, fault->text, fault->value, fault->offset);
	return VMFW_EXIT_IMAGE;
}

/**
 * program_open() - open a UEFI program and read its headers
 * @program: to be filled in; close it even after an error
 * @messages: for errors
 * @path: its name, valid as long as @program is open
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file is not a UEFI program.
 */
enum vmfw_exit program_open(struct program *program, struct messages *messages,
			    const char *path)
{
	struct infile *file = &program->file;
	struct pe_fault fault;
	enum vmfw_exit code;
	int err;

	program->pe = (struct pe) { 0 };
	code = infile_open(file, messages, path);
	if (code)
		return code;
	err = pe_open(&program->pe, infile_read, file, file->size, &fault);
	return err ? say_fault(messages, path, err, &fault) : VMFW_EXIT_OK;
}

/**
 * program_digest() - compute the digest that Secure Boot looks up in db and dbx
 * @program: the program
 * @messages: for errors
 * @digest: receives AUTHENTICODE_SIZE bytes
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: firmware would not compute a digest.
 */
enum vmfw_exit program_digest(struct program *program,
			      struct messages *messages, uint8_t *digest)
{
	struct pe_fault fault;
	int err;

	err = authenticode_sha256(&program->pe, digest, &fault);
	return err ? say_fault(messages, program->file.path, err, &fault) :
		     VMFW_EXIT_OK;
}

/**
 * program_measure() - compute the digest that a TD's firmware measures
 * @program: the program
 * @messages: for errors
 * @digest: receives AUTHENTICODE_SHA384 bytes
 *
 * Return: an exit code.
 */
enum vmfw_exit program_measure(struct program *program,
			       struct messages *messages, uint8_t *digest)
{
	struct pe_fault fault;
	int err;

	err = authenticode_sha384(&program->pe, digest, &fault);
	return err ? say_fault(messages, program->file.path, err, &fault) :
		     VMFW_EXIT_OK;
}

/**
 * program_close() - close a program
 * @program: from program_open(), which may have failed
 */
void program_close(struct program *program)
{
	pe_close(&program->pe);
	infile_close(&program->file);
}
