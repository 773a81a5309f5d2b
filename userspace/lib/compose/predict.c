// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pairs of digests of two UKIs. The firmware measures the whole UKI as a program.
 * systemd-stub(7) measures the name and the content of each section that it uses. It may
 * start .linux as a program. Then the firmware measures this program, too. Linux's
 * EFI stub measures its options and its initial RAM disk. The set of measurements depends
 * on the versions of these programs. So this code pairs each digest of the recorded UKI
 * with its counterpart of the other UKI. A pair that is not in the log does no harm.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "compose/compose.h"
#include "compose/pe-file.h"
#include "compose/predict.h"
#include "efi/authenticode.h"
#include "efi/siglist.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define PIECE		(64u << 10)
/* The longest .cmdline to read: more than the 2 KiB that Linux takes on x86. */
#define MAX_OPTIONS	(64u << 10)
/* The longest variable to read. Firmware has a few hundred KiB for all variables. */
#define MAX_VARIABLE	(1u << 20)

/* The sections that systemd-stub measures; older versions know only some of them. */
static const char *const measured[] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb",
	".dtbauto", ".hwids", ".uname", ".sbat", ".pcrpkey", ".profile", ".efifw",
};

static const uint8_t global[EVENTLOG_VENDOR] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
};
static const uint8_t security[EVENTLOG_VENDOR] = {
	0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
	0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f,
};

/**
 * struct pe_part - a section as a file of its own
 * @pe: the file that contains the section
 * @section: its entry in the section table of @pe
 */
struct pe_part {
	const struct pe *pe;
	const struct pe_section *section;
};

/*
 * Add a pair of digests. Return -EEXIST if another pair has the same @from, but another
 * @to: the log does not show which of the two an event belongs to.
 */
static int add_pair(struct rtmr_changes *changes, const char *what,
		    const uint8_t *from, const uint8_t *to)
{
	struct rtmr_digest *digests;
	size_t i, nr = changes->nr_digests;

	for (i = 0; i < nr; i++) {
		if (memcmp(changes->digests[i].from, from, RTMR_SIZE))
			continue;
		return memcmp(changes->digests[i].to, to, RTMR_SIZE) ?
		       -EEXIST : 0;
	}
	digests = realloc(changes->digests, (nr + 1) * sizeof(*digests));
	if (!digests)
		return -ENOMEM;
	changes->digests = digests;
	digests[nr] = (struct rtmr_digest) { .what = what };
	memcpy(digests[nr].from, from, RTMR_SIZE);
	memcpy(digests[nr].to, to, RTMR_SIZE);
	changes->nr_digests = nr + 1;
	return 0;
}

static int hash_pieces(EVP_MD_CTX *ctx, const struct pe *pe,
		       const struct pe_section *section)
{
	uint8_t piece[PIECE];
	uint64_t at = 0;
	int err = 0;

	while (!err && at < section->size) {
		size_t len = section->size - at < PIECE ? section->size - at :
							  PIECE;

		err = interrupt_seen() ? -EINTR :
		      pe->read(pe->arg, section->offset + at, piece, len);
		if (!err && !EVP_DigestUpdate(ctx, piece, len))
			err = -EIO;
		at += len;
	}
	return err;
}

static int hash_section(const struct pe *pe, const struct pe_section *section,
			uint8_t *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err = -ENOMEM;

	if (ctx)
		err = EVP_DigestInit_ex(ctx, EVP_sha384(), NULL) ?
		      hash_pieces(ctx, pe, section) : -EIO;
	if (!err && !EVP_DigestFinal_ex(ctx, digest, NULL))
		err = -EIO;
	EVP_MD_CTX_free(ctx);
	return err;
}

/*
 * Hash .cmdline as systemd-stub hands it to the kernel: in UTF-16, with a zero after it.
 * Control characters become blanks. Blanks at both ends disappear. Return -ENOENT
 * if .cmdline is empty, too long or not ASCII.
 */
static int hash_options(const struct pe *pe, const struct pe_section *section,
			uint8_t *digest)
{
	uint8_t *text, *wide;
	size_t i, end, first = 0;
	int err = -ENOENT;

	if (!section->size || section->size > MAX_OPTIONS)
		return -ENOENT;
	text = malloc(section->size);
	wide = malloc(2 * section->size + 2);
	if (text && wide)
		err = pe->read(pe->arg, section->offset, text, section->size);
	else
		err = -ENOMEM;
	end = err ? 0 : strnlen((char *)text, section->size);
	for (i = 0; i < end; i++) {
		if (text[i] >= 0x80)
			err = -ENOENT;
		if (text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	}
	while (end && text[end - 1] == ' ')
		end--;
	while (first < end && text[first] == ' ')
		first++;
	for (i = first; !err && i < end; i++)
		put_le16(wide + 2 * (i - first), text[i]);
	if (!err) {
		put_le16(wide + 2 * (end - first), 0);
		err = eventlog_hash(digest, wide, 2 * (end - first) + 2);
	}
	free(wide);
	free(text);
	return err;
}

static int add_options(struct rtmr_changes *changes, const struct pe_part *recorded,
		       const struct pe_part *other)
{
	uint8_t from[RTMR_SIZE], to[RTMR_SIZE];
	int err = hash_options(recorded->pe, recorded->section, from);

	if (!err)
		err = hash_options(other->pe, other->section, to);
	if (err)
		return err == -ENOENT ? 0 : err;
	return add_pair(changes, "the options in .cmdline", from, to);
}

static int read_part(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct pe_part *part = arg;

	return part->pe->read(part->pe->arg, part->section->offset + offset, buf,
			      len);
}

/*
 * Kernels of some processors are not PE programs, so nothing starts .linux as a program:
 * add no pair. A text in @fault shows this case. The error alone does not, because a
 * read can fail with -EINVAL, too.
 */
static int add_linux(struct rtmr_changes *changes, struct pe_part *recorded,
		     struct pe_part *other)
{
	struct pe_fault fault;
	struct pe from, to;
	int err;

	err = pe_open(&from, read_part, recorded, recorded->section->size, &fault);
	if (err)
		return fault.text ? 0 : err;
	err = pe_open(&to, read_part, other, other->section->size, &fault);
	if (!err) {
		uint8_t before[RTMR_SIZE], after[RTMR_SIZE];

		err = authenticode_sha384(&from, before, &fault);
		if (!err)
			err = authenticode_sha384(&to, after, &fault);
		if (!err)
			err = add_pair(changes, "the program in .linux", before,
				       after);
		pe_close(&to);
	}
	pe_close(&from);
	return fault.text ? 0 : err;
}

static int add_section(struct rtmr_changes *changes, const char *name,
		       struct pe_part *recorded, struct pe_part *other)
{
	uint8_t from[RTMR_SIZE], to[RTMR_SIZE];
	int err = eventlog_hash(from, name, strlen(name) + 1);

	if (!err)
		err = add_pair(changes, name, from, from);
	if (!err)
		err = hash_section(recorded->pe, recorded->section, from);
	if (!err)
		err = hash_section(other->pe, other->section, to);
	if (!err)
		err = add_pair(changes, name, from, to);
	if (!err && !strcmp(name, ".linux"))
		err = add_linux(changes, recorded, other);
	if (!err && !strcmp(name, ".cmdline"))
		err = add_options(changes, recorded, other);
	return err;
}

/* Find the next measured section, from section *@i on. */
static const char *next_measured(const struct pe *pe, unsigned int *i)
{
	size_t k;

	for (; *i < pe->nr_sections; ++*i)
		for (k = 0; k < ARRAY_SIZE(measured); k++)
			if (!strcmp(pe->sections[*i].name, measured[k]))
				return measured[k];
	return NULL;
}

/*
 * Return -ENOTUNIQ unless both UKIs have the same measured sections, by name, in the
 * same order: otherwise their boots have different events.
 */
static int add_sections(struct rtmr_changes *changes, const struct pe *recorded,
			const struct pe *other)
{
	struct pe_part from = { .pe = recorded }, to = { .pe = other };
	unsigned int i = 0, k = 0;
	const char *name;
	int err = 0;

	for (; !err && (name = next_measured(recorded, &i)); i++, k++) {
		if (next_measured(other, &k) != name)
			return -ENOTUNIQ;
		from.section = &recorded->sections[i];
		to.section = &other->sections[k];
		err = add_section(changes, name, &from, &to);
	}
	if (!err && next_measured(other, &k))
		err = -ENOTUNIQ;
	return err;
}

static enum vmfw_exit say_uki(struct messages *messages, const char *recorded,
			      const char *path, int err)
{
	if (err == -ENOTUNIQ)
		message_error(messages, "%s: cannot predict RTMR 2: the names or the order of its measured sections differ from those of %s",
			      path, recorded);
	else if (err == -EEXIST)
		message_error(messages, "%s: cannot predict RTMR 2: two of its sections differ, but are the same in %s, so the log does not tell them apart",
			      path, recorded);
	else if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	else
		return infile_error(messages, path, err);
	return VMFW_EXIT_IMAGE;
}

/**
 * predict_uki() - predict the measurements of a boot that starts another UKI
 * @prediction: zero, or from predict_variables(); receives the differences; free it even
 *	after an error
 * @messages: for errors
 * @recorded: name of the UKI that the recorded boot started
 * @path: name of the UKI that the boot to come starts
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: a file is no UEFI program, or the function
 * cannot pair the events of the two UKIs.
 */
enum vmfw_exit predict_uki(struct prediction *prediction,
			   struct messages *messages, const char *recorded,
			   const char *path)
{
	struct rtmr_changes *changes = &prediction->changes;
	struct program from, to = { .file = { .fd = -1 } };
	uint8_t before[RTMR_SIZE], after[RTMR_SIZE];
	enum vmfw_exit code;
	int err;

	code = program_open(&from, messages, recorded);
	if (!code)
		code = program_measure(&from, messages, before);
	if (!code)
		code = program_open(&to, messages, path);
	if (!code)
		code = program_measure(&to, messages, after);
	if (!code) {
		err = add_pair(changes, "the UKI", before, after);
		if (!err)
			err = add_sections(changes, &from.pe, &to.pe);
		if (err)
			code = say_uki(messages, recorded, path, err);
	}
	program_close(&to);
	program_close(&from);
	return code;
}

static enum vmfw_exit add_variable(struct prediction *prediction,
				   struct messages *messages, const char *path,
				   const struct vmfw_igvm_part *part)
{
	struct rtmr_changes *changes = &prediction->changes;
	const uint8_t *bytes = prediction->parts[prediction->nr_parts - 1];
	bool key = part->type == VMFW_IGVM_PART_PK ||
		   part->type == VMFW_IGVM_PART_KEK;
	struct siglist_fault fault;
	struct siglist list;

	if (siglist_open(&list, bytes, part->size, &fault)) {
		message_error(messages, "%s: cannot predict RTMR 0: firmware would refuse %s of this image: %s (0x%" PRIx64 " at offset 0x%zx)",
			      path, vmfw_igvm_part_name(part->type), fault.text,
			      fault.value, fault.offset);
		return VMFW_EXIT_IMAGE;
	}
	changes->variables[changes->nr_variables++] = (struct rtmr_variable) {
		.name = vmfw_igvm_part_name(part->type),
		.vendor = key ? global : security,
		.bytes = list.bytes,
		.len = list.len,
	};
	return VMFW_EXIT_OK;
}

static enum vmfw_exit read_variable(struct prediction *prediction,
				    struct messages *messages, const char *path,
				    const struct vmfw_igvm *igvm,
				    const struct vmfw_igvm_part *part)
{
	uint8_t *bytes;
	int err;

	if (part->size > MAX_VARIABLE)
		return infile_error(messages, path, -EFBIG);
	/* One byte more: an allocation of no bytes can return NULL. */
	bytes = malloc(part->size + 1);
	if (!bytes)
		return infile_error(messages, path, -ENOMEM);
	prediction->parts[prediction->nr_parts++] = bytes;
	err = vmfw_igvm_read(igvm,
			     vmfw_igvm_platform(igvm, VMFW_IGVM_TDX)->mask,
			     part->gpa, bytes, part->size);
	return err ? infile_error(messages, path, err) :
		     add_variable(prediction, messages, path, part);
}

/**
 * predict_variables() - predict the measurements of Secure Boot variables
 * @prediction: zero; receives the variables of the image, if it has some; free it even
 *	after an error
 * @messages: for errors
 * @path: name of the image
 * @igvm: an image for TDX
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: firmware would refuse the variables, or the
 * parts of the image are unsound.
 */
enum vmfw_exit predict_variables(struct prediction *prediction,
				 struct messages *messages, const char *path,
				 const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	enum vmfw_exit code = VMFW_EXIT_OK;
	size_t i, nr;
	int err;

	err = vmfw_igvm_parts(igvm, parts, &nr, &why);
	if (err == -EINVAL)
		return composition_obstacle(messages, path, &why);
	if (err)
		return infile_error(messages, path, err);
	for (i = 0; !code && i < nr; i++) {
		if (parts[i].type == VMFW_IGVM_PART_KERNEL)
			prediction->has_kernel = true;
		else if (parts[i].type != VMFW_IGVM_PART_SHIM)
			code = read_variable(prediction, messages, path, igvm,
					     &parts[i]);
	}
	return code;
}

/**
 * predict_free() - free a prediction
 * @prediction: from predict_uki() or predict_variables(), which may have failed
 */
void predict_free(struct prediction *prediction)
{
	while (prediction->nr_parts)
		free(prediction->parts[--prediction->nr_parts]);
	free(prediction->changes.digests);
	*prediction = (struct prediction) { .nr_parts = 0 };
}
