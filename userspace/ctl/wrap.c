// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * wrap: a flat PC firmware becomes an IGVM image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/newfile.h"
#include "ctl/ctl.h"
#include "source/smm.h"
#include "source/source.h"

/* SEV-SNP's ABI: SMT is allowed, and a bit that must be one. */
#define POLICY_RESERVED_ONE	(1ull << 17)
#define DEFAULT_POLICY		(POLICY_RESERVED_ONE | 1ull << 16)

static int say_not_flat(struct output *out, const struct source *source)
{
	switch (source->kind) {
	case SOURCE_IGVM:
		message_error(out->messages, "%s: this is an IGVM image already",
			      source->path);
		break;
	default:
		message_error(out->messages, "%s: this is no flat PC firmware: whole pages of 4 KiB, up to 16 MiB, with a firmware volume at the start or code at the reset vector, 16 bytes before the end",
			      source->path);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

static int say_error(struct output *out, const struct source *source, int err)
{
	message_error(out->messages, "%s: %s", source->path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static bool wanted(const struct options *options, unsigned int platform)
{
	return options->platforms & 1u << platform;
}

/* What the firmware tells of itself, by platform. */
struct told {
	struct vmfw_igvm_rom snp, sev_es, tdx;
};

static int read_table(struct output *out, const struct options *options,
		      const struct source *source, const uint8_t *bytes,
		      struct told *told, struct vmfw_igvm_wrap_options *wrap)
{
	int code = VMFW_EXIT_OK;

	if (wanted(options, VMFW_IGVM_SEV_SNP)) {
		code = rom_open(&told->snp, out, source, bytes,
				VMFW_IGVM_SEV_SNP);
		wrap->snp = &told->snp;
	}
	if (!code && wanted(options, VMFW_IGVM_SEV_ES)) {
		code = rom_open(&told->sev_es, out, source, bytes,
				VMFW_IGVM_SEV_ES);
		wrap->sev_es = &told->sev_es;
	}
	if (!code && wanted(options, VMFW_IGVM_TDX)) {
		code = rom_open(&told->tdx, out, source, bytes, VMFW_IGVM_TDX);
		wrap->tdx = &told->tdx;
	}
	return code;
}

/* Bytes that SEV-SNP zeroes where QEMU launches the firmware without IGVM. */
static uint64_t zeroed_bytes(const struct vmfw_igvm_rom *rom)
{
	struct vmfw_igvm_rom_section section;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; vmfw_igvm_rom_section(rom, i, &section); i++)
		if (section.kind == VMFW_IGVM_STEP_ZERO)
			sum += section.size;
	return sum;
}

/* QEMU's IGVM loader has no such pages. */
static void say_digest(struct output *out, const char *path,
		       const struct vmfw_igvm_wrap_options *wrap)
{
	uint64_t zeroed = wrap->snp ? zeroed_bytes(wrap->snp) : 0;

	if (zeroed)
		message_note(out->messages, "%s: on SEV-SNP the image has another launch digest on QEMU than the firmware itself: QEMU launches 0x%" PRIx64 " bytes of zeroes otherwise; see measure --vmm",
			     path, zeroed);
}

static int wrap_rom(struct output *out, const struct options *options,
		    struct source *source)
{
	struct vmfw_igvm_wrap_options wrap = {
		.native = wanted(options, VMFW_IGVM_NATIVE),
		.policy = options->given & OPTION_POLICY ? options->policy :
							   DEFAULT_POLICY,
		.vcpus = options->vcpus,
		.cpu_signature = options->cpu_signature,
		.native_registers = options->given & OPTION_REGISTERS,
	};
	struct newfile_content content;
	struct told told;
	uint8_t *rom;
	void *file;
	size_t size;
	int code, err;

	rom = malloc(source->size);
	if (!rom)
		return say_error(out, source, -ENOMEM);
	code = source_read_all(source, out->messages, rom);
	if (!code)
		code = read_table(out, options, source, rom, &told, &wrap);
	if (code)
		goto out;
	err = vmfw_igvm_wrap_for(rom, source->size, &wrap, &file, &size);
	if (err) {
		code = say_error(out, source, err);
		goto out;
	}
	content = newfile_memory(file, size);
	code = write_file(out, options, &content);
	free(file);
	if (!code) {
		say_digest(out, source->path, &wrap);
		if (wrap.native)
			say_smm_unknown(out, source->path,
					smm_warn_rom(out->messages,
						     source->path, rom,
						     source->size));
	}
out:
	free(rom);
	return code;
}

static int wrap_file(struct output *out, const struct options *options,
		     struct source *source)
{
	int code;

	if (source->kind != SOURCE_FLAT)
		return say_not_flat(out, source);
	code = source_check_flat(source, out->messages);
	return code ? code : wrap_rom(out, options, source);
}

/* What the platforms need to be told, and what means nothing to them. */
static int check_options(struct output *out, const struct options *options)
{
	bool registers = wanted(options, VMFW_IGVM_SEV_SNP) ||
			 wanted(options, VMFW_IGVM_SEV_ES);

	if (options->given & OPTION_REGISTERS &&
	    !wanted(options, VMFW_IGVM_NATIVE)) {
		message_error(out->messages, "--registers is for native, see --for");
		return VMFW_EXIT_USAGE;
	}
	if (registers && !(options->given & OPTION_CPU_SIGNATURE)) {
		message_error(out->messages, "registers of snp and sev-es tell what CPU it is: --cpu-signature is wanted");
		return VMFW_EXIT_USAGE;
	}
	if (!registers &&
	    options->given & (OPTION_CPU_SIGNATURE | OPTION_VCPUS)) {
		message_error(out->messages, "--cpu-signature and --vcpus are for snp and sev-es, see --for");
		return VMFW_EXIT_USAGE;
	}
	if (!(options->given & OPTION_POLICY))
		return VMFW_EXIT_OK;
	if (!wanted(options, VMFW_IGVM_SEV_SNP)) {
		message_error(out->messages, "--policy is for snp, see --for");
		return VMFW_EXIT_USAGE;
	}
	if (!(options->policy & POLICY_RESERVED_ONE)) {
		message_error(out->messages, "--policy=0x%" PRIx64 ": %s",
			      options->policy,
			      vmfw_igvm_rule_text(VMFW_IGVM_RULE_SNP_POLICY));
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct options complete = *options;
	int code;

	code = check_output(out, options, "wrap");
	if (code)
		return code;
	if (!(options->given & OPTION_FOR_LIST))
		complete.platforms = 1u << VMFW_IGVM_NATIVE;
	code = check_options(out, &complete);
	return code ? code : act_on_file(out, &complete, operands[0],
					 wrap_file);
}

const struct verb verb_wrap = {
	.name = "wrap",
	.summary = "make an IGVM image from a flat PC firmware",
	.operands = "ROM",
	.nr_operands = 1,
	.files = "fd bin rom",
	.options = OPTIONS_COMMON | OPTION_OUTPUT | OPTION_FORCE |
		   OPTION_FOR_LIST | OPTION_POLICY | OPTION_VCPUS |
		   OPTION_CPU_SIGNATURE | OPTION_REGISTERS | OPTION_FWID,
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE,
	.help =
	"The image is for plain guests (platform native), or for the platforms of\n"
	"--for, as OVMF's own metadata says. The firmware ends at 4 GiB; on native,\n"
	"its last 128 KiB, or 256 KiB of a BIOS, are there again below 1 MiB.\n"
	"The same ROM and options always give the same bytes.\n"
	"\n"
	"A plain guest starts as after any reset. But QEMU keeps the registers that an\n"
	"earlier image has brought; --registers makes an image that brings its own, in\n"
	"version 2 of the format.\n"
	"\n"
	"On SEV-SNP and SEV-ES registers are part of the image and of its launch\n"
	"digest: --cpu-signature says on what CPU, --vcpus how many have them (one).\n"
	"The digest is that of the flat firmware on SEV-ES and TDX. On SEV-SNP it is\n"
	"that only for a VMM that lets SEV-SNP zero pages without data (measure\n"
	"--vmm=native-zero); QEMU does not. --policy is 0x30000 by default.\n",
	.run = run,
};
