// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attest/idblock.h"
#include "attest/launch-digest.h"
#include "base/exit.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "compose/compose.h"
#include "efi/authenticode.h"
#include "shared/macro.h"
#include "source/check.h"

/* IMAGE_FILE_MACHINE_AMD64 */
#define MACHINE_X64	0x8664

/* Memory for PEI, which uses the highest memory below 4 GiB. */
#define FIRMWARE_MEMORY	(64 * MIB)

static bool is_program(unsigned int type)
{
	return type == VMFW_IGVM_PART_KERNEL || type == VMFW_IGVM_PART_SHIM;
}

static void add_part(struct composition *composition, unsigned int type,
		     uint64_t size,
		     int (*read)(void *arg, uint64_t offset, void *buf,
				 size_t len), void *arg)
{
	composition->parts[composition->nr_parts++] = (struct vmfw_igvm_part) {
		.type = type,
		.size = size,
		.read = read,
		.arg = arg,
	};
}

/* Are there databases? There are all four or none, so look at the first. */
static bool has_databases(const struct composition *composition)
{
	return composition->databases.v[0].len;
}

/*
 * Warn if Secure Boot would refuse an unsigned program. Only the firmware decides
 * whether the signature of a signed one is right.
 */
static enum vmfw_exit check_allowed(struct composition *composition,
				    struct messages *messages,
				    struct program *program)
{
	uint8_t digest[AUTHENTICODE_SIZE];
	enum vmfw_exit code;

	if (!has_databases(composition) || program->pe.security_size)
		return VMFW_EXIT_OK;
	code = program_digest(program, messages, digest);
	if (!code && !databases_name(&composition->databases, digest))
		message_warning(messages, "%s: Secure Boot will not let this program run: it has no signature, and db does not contain its digest; see --db-hash",
				program->file.path);
	return code;
}

/*
 * Warn of a program that the firmware cannot boot. A driver would return to the
 * firmware. Then the firmware has nothing to start.
 */
static void warn_of_kind(struct messages *messages,
			 const struct program *program)
{
	unsigned int kind = program->pe.subsystem;

	if (kind == PE_BOOT_DRIVER || kind == PE_RUNTIME_DRIVER)
		message_warning(messages, "%s: firmware cannot boot from this program: it is a UEFI driver; expected an application",
				program->file.path);
	else if (kind && kind != PE_APPLICATION)
		message_warning(messages, "%s: this program is not for UEFI: subsystem %u, expected %u",
				program->file.path, kind, PE_APPLICATION);
}

static enum vmfw_exit add_program(struct composition *composition,
				  struct messages *messages,
				  const struct requested_file *wanted)
{
	struct program *program =
		&composition->programs[composition->nr_programs++];
	enum vmfw_exit code;

	code = program_open(program, messages, wanted->path);
	if (code)
		return code;
	/* The firmware would refuse the program, but only after the reset. */
	if (program->pe.machine != MACHINE_X64) {
		message_error(messages, "%s: this program is not for x86-64: machine 0x%x, expected 0x8664",
			      wanted->path, program->pe.machine);
		return VMFW_EXIT_IMAGE;
	}
	warn_of_kind(messages, program);
	add_part(composition, wanted->type, program->file.size, infile_read,
		 &program->file);
	return check_allowed(composition, messages, program);
}

static enum vmfw_exit add_programs(struct composition *composition,
				   struct messages *messages,
				   const struct compose_request *request)
{
	enum vmfw_exit code = VMFW_EXIT_OK;
	size_t i;

	for (i = 0; !code && i < request->nr_files; i++)
		if (is_program(request->files[i].type))
			code = add_program(composition, messages,
					   &request->files[i]);
	return code;
}

static enum vmfw_exit add_databases(struct composition *composition,
				    struct messages *messages,
				    const struct compose_request *request)
{
	struct databases *databases = &composition->databases;
	unsigned int i;
	enum vmfw_exit code;

	code = databases_make(databases, messages, request);
	for (i = 0; !code && i < DATABASES; i++)
		if (databases->v[i].len)
			add_part(composition, databases->v[i].type,
				 databases->v[i].len, databases_read,
				 &databases->v[i]);
	return code;
}

/*
 * OVMF takes databases from an image only in confidential guests, because the
 * launch measurement of such a guest covers the databases.
 */
static void check_guests(const struct composition *composition,
			 struct messages *messages, const char *path)
{
	const struct vmfw_igvm *base = &composition->base;

	if (has_databases(composition) && base->nr_platforms == 1 &&
	    base->platforms[0].type == VMFW_IGVM_NATIVE)
		message_warning(messages, "%s: this image is for plain guests, where OVMF ignores Secure Boot variables of an image",
				path);
}

/* Wrap a flat firmware for plain guests, as the verb wrap does. */
static enum vmfw_exit wrap_base(struct composition *composition,
				struct messages *messages,
				struct source *source)
{
	struct vmfw_igvm_wrap_options native = { .native = true };
	struct vmfw_igvm_input input = { 0 };
	uint8_t *rom;
	enum vmfw_exit code;
	int err;

	code = source_check_flat(source, messages);
	if (code)
		return code;
	rom = malloc(source->size);
	if (!rom)
		return infile_error(messages, source->path, -ENOMEM);
	code = source_read_all(source, messages, rom);
	if (code)
		goto out;
	err = vmfw_igvm_wrap_for(rom, source->size, &native,
				 &composition->wrapped, &input.head_len);
	if (!err) {
		input.head = composition->wrapped;
		input.size = input.head_len;
		err = vmfw_igvm_check(&composition->base, &input, NULL, NULL);
	}
	if (err)
		code = infile_error(messages, source->path, err);
out:
	free(rom);
	return code;
}

/**
 * composition_obstacle() - report why the library cannot compose or decompose an
 *	image
 * @messages: for the error
 * @path: name of the image
 * @why: from libvmfw-igvm
 *
 * Return: VMFW_EXIT_IMAGE.
 */
enum vmfw_exit composition_obstacle(struct messages *messages, const char *path,
				    const struct vmfw_igvm_obstacle *why)
{
	if (why->has_value)
		message_error(messages, "%s: %s: 0x%" PRIx64, path, why->text,
			      why->value);
	else
		message_error(messages, "%s: %s", path, why->text);
	return VMFW_EXIT_IMAGE;
}

static enum vmfw_exit compose_draft(struct composition *composition,
				    struct messages *messages, const char *path,
				    const uint8_t *id_block)
{
	const struct vmfw_igvm_compose_options options = {
		.parts = composition->parts,
		.nr_parts = composition->nr_parts,
		.id_block = id_block,
	};
	struct vmfw_igvm_obstacle why;
	int err;

	vmfw_igvm_draft_free(composition->draft);
	composition->draft = NULL;
	err = vmfw_igvm_compose(&composition->base, &options,
				&composition->draft, &why);
	if (err == -EINVAL)
		return composition_obstacle(messages, path, &why);
	if (!err)
		err = vmfw_igvm_check(&composition->igvm,
				      vmfw_igvm_draft_input(composition->draft),
				      NULL, NULL);
	return err ? infile_error(messages, path, err) : VMFW_EXIT_OK;
}

static enum vmfw_exit sign_id_block(struct composition *composition,
				    struct messages *messages, const char *path,
				    const struct compose_request *request,
				    EVP_PKEY *key)
{
	const struct vmfw_igvm *igvm = &composition->igvm;
	const struct vmfw_igvm_platform *snp =
		vmfw_igvm_platform(igvm, VMFW_IGVM_SEV_SNP);
	struct vmfw_igvm_measure_options measure = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vmm = request->vmm,
		.vcpus = request->vcpus,
		.cpu_signature = request->cpu_signature,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	int err;

	if (!snp) {
		message_error(messages, "%s: cannot add an ID block: this image is not for SEV-SNP",
			      path);
		return VMFW_EXIT_IMAGE;
	}
	err = launch_digest(igvm, &measure, digest);
	if (!err)
		err = id_block_make(igvm, snp->mask, digest, key,
				    composition->id_block);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was written");
	return err ? infile_error(messages, path, err) :
		     compose_draft(composition, messages, path,
				   composition->id_block);
}

/*
 * Add an ID block, if the user gave a key. No launch digest covers the ID block,
 * so the digest in it stays right.
 */
static enum vmfw_exit add_id_block(struct composition *composition,
				   struct messages *messages, const char *path,
				   const struct compose_request *request)
{
	EVP_PKEY *key;
	enum vmfw_exit code;

	if (!request->key)
		return VMFW_EXIT_OK;
	code = id_block_key(messages, request->key, &key);
	if (!code)
		code = sign_id_block(composition, messages, path, request, key);
	EVP_PKEY_free(key);
	return code;
}

/**
 * composition_make() - compose an image
 * @composition: to be filled in; free it even after an error
 * @messages: for errors and warnings
 * @base: an IGVM image, or flat firmware; open as long as @composition is in use
 * @request: the parts that the user named
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the base cannot have these parts, or
 * one of them is invalid; VMFW_EXIT_USAGE and VMFW_EXIT_SOURCE: see
 * databases_make().
 */
enum vmfw_exit composition_make(struct composition *composition,
				struct messages *messages, struct source *base,
				const struct compose_request *request)
{
	enum vmfw_exit code;

	memset(composition, 0, sizeof(*composition));
	if (base->kind == SOURCE_FLAT)
		code = wrap_base(composition, messages, base);
	else
		code = findings_check(base, messages, &composition->base);
	if (!code)
		code = add_databases(composition, messages, request);
	if (!code)
		code = add_programs(composition, messages, request);
	if (!code)
		code = compose_draft(composition, messages, base->path, NULL);
	if (!code)
		check_guests(composition, messages, base->path);
	return code ? code : add_id_block(composition, messages, base->path,
					  request);
}

/**
 * composition_least_memory() - the least memory of a machine that starts from a
 *	composed image
 * @composition: from composition_make()
 *
 * Return: a number of bytes, a multiple of 1 MiB.
 */
uint64_t composition_least_memory(const struct composition *composition)
{
	const struct vmfw_igvm_part *parts;
	size_t nr;

	parts = vmfw_igvm_draft_parts(composition->draft, &nr);
	return (parts[nr - 1].gpa + parts[nr - 1].size + FIRMWARE_MEMORY +
		MIB - 1) & ~(MIB - 1);
}

/**
 * composition_free() - free the memory of a composition
 * @composition: from composition_make(), which may have failed
 */
void composition_free(struct composition *composition)
{
	size_t i;

	vmfw_igvm_draft_free(composition->draft);
	for (i = 0; i < composition->nr_programs; i++)
		program_close(&composition->programs[i]);
	databases_free(&composition->databases);
	free(composition->wrapped);
}
