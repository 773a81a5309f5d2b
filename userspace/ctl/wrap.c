// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb wrap, which makes an IGVM image from a flat PC firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/newfile.h"
#include "ctl/ctl.h"
#include "source/flat.h"
#include "source/smm.h"
#include "source/source.h"

/*
 * The default policy, by SEV-SNP's ABI: allow SMT, and set a bit that must be
 * one.
 */
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
		message_error(out->messages, "%s: this is not flat PC firmware; expected whole 4 KiB pages, at most 16 MiB, with a firmware volume first or a reset vector",
			      source->path);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

static int say_error(struct output *out, const struct source *source, int err)
{
	message_error(out->messages, "%s: cannot wrap this firmware: %s",
		      source->path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Check that the file is a variable store, and that the firmware has none yet. */
static int check_vars(struct output *out, struct infile *vars,
		      const struct source *source)
{
	uint8_t start[FLAT_VOLUME] = { 0 };
	int err = 0;

	if (source->head_len >= FLAT_VOLUME &&
	    flat_is_variable_store(source->head, source->size)) {
		message_error(out->messages, "%s: this firmware begins with a variable store already; leave out --vars",
			      source->path);
		return VMFW_EXIT_IMAGE;
	}
	if (vars->size >= FLAT_VOLUME)
		err = infile_read(vars, 0, start, sizeof(start));
	if (err)
		return infile_error(out->messages, vars->path, err);
	if (vars->size % VMFW_IGVM_PAGE_SIZE ||
	    !flat_is_variable_store(start, vars->size)) {
		message_error(out->messages, "%s: this is not a variable store; expected whole pages of 4 KiB that begin with a firmware volume of variables, such as OVMF_VARS_4M.fd",
			      vars->path);
		return VMFW_EXIT_IMAGE;
	}
	if (vars->size > FLAT_MAX - source->size) {
		message_error(out->messages, "%s: cannot join this variable store with the firmware: together they have more than the 16 MiB that a PC has for firmware",
			      vars->path);
		return VMFW_EXIT_IMAGE;
	}
	return VMFW_EXIT_OK;
}

/* The variable store, if there is one, comes before the code. */
static int read_rom(struct output *out, struct source *source,
		    struct infile *vars, struct rom_bytes *rom)
{
	uint64_t before = vars->size;
	int err;

	rom->size = before + source->size;
	rom->bytes = malloc(rom->size);
	if (!rom->bytes)
		return say_error(out, source, -ENOMEM);
	err = before ? infile_read(vars, 0, rom->bytes, before) : 0;
	if (err)
		return infile_error(out->messages, vars->path, err);
	return source_read_all(source, out->messages, rom->bytes + before);
}

static bool wanted(const struct options *options, unsigned int platform)
{
	return options->platforms & 1u << platform;
}

/* The firmware's metadata for each platform. */
struct rom_tables {
	struct vmfw_igvm_rom snp, sev_es, tdx;
};

static int read_tables(struct output *out, const struct options *options,
		       const struct rom_bytes *rom, struct rom_tables *tables,
		       struct vmfw_igvm_wrap_options *wrap)
{
	int code = VMFW_EXIT_OK;

	if (wanted(options, VMFW_IGVM_SEV_SNP)) {
		code = rom_open(&tables->snp, out, rom, VMFW_IGVM_SEV_SNP);
		wrap->snp = &tables->snp;
	}
	if (!code && wanted(options, VMFW_IGVM_SEV_ES)) {
		code = rom_open(&tables->sev_es, out, rom, VMFW_IGVM_SEV_ES);
		wrap->sev_es = &tables->sev_es;
	}
	if (!code && wanted(options, VMFW_IGVM_TDX)) {
		code = rom_open(&tables->tdx, out, rom, VMFW_IGVM_TDX);
		wrap->tdx = &tables->tdx;
	}
	return code;
}

/*
 * Count the bytes that SEV-SNP zeroes if QEMU launches the firmware without
 * IGVM.
 */
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

/*
 * Report that the digest differs from that of the flat firmware: QEMU's IGVM
 * loader lets SEV-SNP zero no pages.
 */
static void say_digest(struct output *out, const char *path,
		       const struct vmfw_igvm_wrap_options *wrap)
{
	uint64_t zeroed = wrap->snp ? zeroed_bytes(wrap->snp) : 0;

	if (zeroed)
		message_note(out->messages, "%s: on SEV-SNP, QEMU measures 0x%" PRIx64 " bytes of zeroes differently than in flat firmware, so the launch digest differs; see \"measure --vmm\"",
			     path, zeroed);
}

static int wrap_rom(struct output *out, const struct options *options,
		    struct source *source, struct infile *vars)
{
	struct vmfw_igvm_wrap_options wrap = {
		.native = wanted(options, VMFW_IGVM_NATIVE),
		.policy = options_given(options, OPTION_POLICY) ?
			  options->policy : DEFAULT_POLICY,
		.vcpus = options->vcpus,
		.cpu_signature = options->cpu_signature,
		.native_registers = options_given(options, OPTION_REGISTERS),
	};
	struct newfile_content content;
	struct rom_bytes rom = { .path = source->path };
	bool smm;
	struct rom_tables tables;
	void *file;
	size_t size;
	int code, err;

	code = read_rom(out, source, vars, &rom);
	if (!code)
		code = read_tables(out, options, &rom, &tables, &wrap);
	if (code)
		goto out;
	err = vmfw_igvm_wrap_for(rom.bytes, rom.size, &wrap, &file, &size);
	if (err) {
		code = say_error(out, source, err);
		goto out;
	}
	content = newfile_memory(file, size);
	code = write_file(out, options, &content);
	free(file);
	if (!code) {
		say_digest(out, source->path, &wrap);
		if (wrap.native) {
			err = smm_find_rom(rom.bytes, rom.size, &smm);
			say_smm(out, source->path, err, smm);
		}
	}
out:
	free(rom.bytes);
	return code;
}

static int wrap_file(struct output *out, const struct options *options,
		     struct source *source)
{
	struct infile vars = { .fd = -1 };
	int code;

	if (source->kind != SOURCE_FLAT)
		return say_not_flat(out, source);
	code = source_check_flat(source, out->messages);
	if (!code && options->vars) {
		code = infile_open(&vars, out->messages, options->vars);
		if (!code)
			code = check_vars(out, &vars, source);
	}
	if (!code)
		code = wrap_rom(out, options, source, &vars);
	infile_close(&vars);
	return code;
}

/* Check the options that the platforms need, and those that they ignore. */
static int check_options(struct output *out, const struct options *options)
{
	bool registers = wanted(options, VMFW_IGVM_SEV_SNP) ||
			 wanted(options, VMFW_IGVM_SEV_ES);

	if (options_given(options, OPTION_REGISTERS) &&
	    !wanted(options, VMFW_IGVM_NATIVE)) {
		message_error(out->messages, "--registers is only for the platform native; see --for");
		return VMFW_EXIT_USAGE;
	}
	if (registers && !options_any_given(options, OPTIONS_CPU)) {
		message_error(out->messages, "cannot make registers for snp and sev-es: they contain the CPU's signature; give --cpu-signature or --vcpu-type");
		return VMFW_EXIT_USAGE;
	}
	if (!registers &&
	    options_any_given(options, OPTIONS_CPU, OPTION_VCPUS)) {
		message_error(out->messages, "--vcpus, --cpu-signature and --vcpu-type are only for the platforms snp and sev-es; see --for");
		return VMFW_EXIT_USAGE;
	}
	if (!options_given(options, OPTION_POLICY))
		return VMFW_EXIT_OK;
	if (!wanted(options, VMFW_IGVM_SEV_SNP)) {
		message_error(out->messages, "--policy is only for the platform snp; see --for");
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
	if (!options_given(options, OPTION_FOR_LIST))
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
	.options = OPTIONS(OPTIONS_COMMON, OPTION_OUTPUT, OPTION_FORCE,
			   OPTION_FOR_LIST, OPTION_POLICY, OPTION_VCPUS,
			   OPTIONS_CPU, OPTION_REGISTERS, OPTION_FWID, OPTION_VARS),
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE,
	.help =
	"The image is for plain guests (platform native), or for the platforms of --for,\n"
	"as OVMF's own metadata says. The firmware ends at 4 GiB. On native, its last\n"
	"128 KiB, or 256 KiB of a BIOS, also appear below 1 MiB. If code and variable\n"
	"store are two files, ROM is the code and --vars the store. The same ROM and\n"
	"options always give the same bytes.\n\n"
	"A plain guest starts with the registers of a reset. But QEMU keeps those of an\n"
	"earlier image. With --registers the image has registers of its own, in version\n"
	"2 of the format.\n\n"
	"On SEV-SNP and SEV-ES registers are part of the image and of its launch digest.\n"
	"--cpu-signature names the CPU, --vcpus the number of processors with registers\n"
	"(default: 1). On SEV-ES and TDX the digest is that of the flat firmware. On\n"
	"SEV-SNP the two digests are the same only if the VMM lets SEV-SNP zero pages\n"
	"without data (measure --vmm=native-zero). QEMU does not do so. --policy is\n"
	"0x30000 by default.\n",
	.run = run,
};
