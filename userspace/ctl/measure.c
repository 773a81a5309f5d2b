// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * measure: the launch digest that an image will have.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/launch-digest.h"
#include "base/exit.h"
#include "base/interrupt.h"
#include "ctl/measure.h"
#include "guest/vmm.h"
#include "source/check.h"
#include "source/source.h"

/**
 * struct tracer - where steps are told
 * @out: the output
 * @size: bytes of a digest
 */
struct tracer {
	struct output *out;
	size_t size;
};

static void trace_json(struct output *out, const struct vmfw_igvm_step *step,
		       const char *contents, const char *digest)
{
	output_object(out, NULL);
	if (step->header != VMFW_IGVM_NO_HEADER)
		output_number(out, "header", NULL, step->header);
	output_hex(out, "gpa", NULL, step->gpa);
	output_string(out, "kind", NULL, vmfw_igvm_step_word(step->kind));
	if (step->contents)
		output_string(out, "contents", NULL, contents);
	if (step->digest)
		output_string(out, "digest", NULL, digest);
	output_end(out);
}

static bool trace(void *arg, const struct vmfw_igvm_step *step)
{
	const struct tracer *tracer = arg;
	char contents[LAUNCH_WORDS] = "-", digest[LAUNCH_WORDS] = "-";

	if (step->contents)
		launch_words(contents, step->contents, tracer->size);
	if (step->digest)
		launch_words(digest, step->digest, tracer->size);
	if (tracer->out->json)
		trace_json(tracer->out, step, contents, digest);
	else
		output_detail(tracer->out, "0x%012" PRIx64 " %-11s %s %s",
			      step->gpa, vmfw_igvm_step_word(step->kind),
			      contents, digest);
	return true;
}

/* The platform that is wanted, or the only one that can be measured. */
static int choose_platform(struct output *out, const struct options *options,
			   const char *path, const struct vmfw_igvm *igvm,
			   unsigned int *platform)
{
	unsigned int i, found = 0;

	if (options->given & OPTION_FOR) {
		*platform = options->platform;
		if (!vmfw_igvm_digest_size(*platform)) {
			message_error(out->messages, "--for=%s: nothing is measured there",
				      vmfw_igvm_platform_word(*platform));
			return VMFW_EXIT_USAGE;
		}
		if (vmfw_igvm_platform(igvm, *platform))
			return VMFW_EXIT_OK;
		message_error(out->messages, "%s: this image is not for %s",
			      path, vmfw_igvm_platform_word(*platform));
		return VMFW_EXIT_IMAGE;
	}
	for (i = 0; i < igvm->nr_platforms; i++) {
		if (!vmfw_igvm_digest_size(igvm->platforms[i].type))
			continue;
		*platform = igvm->platforms[i].type;
		found++;
	}
	if (found == 1)
		return VMFW_EXIT_OK;
	if (found) {
		message_error(out->messages, "%s: this image is for several platforms; name one by --for=PLATFORM",
			      path);
		return VMFW_EXIT_USAGE;
	}
	message_error(out->messages, "%s: this image is for no platform that measures",
		      path);
	return VMFW_EXIT_IMAGE;
}

/* What was taken for granted; for JSON. */
static void tell_assumptions(struct output *out,
			     const struct vmfw_igvm_measure_options *measure)
{
	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_word(measure->platform));
	output_string(out, "algorithm", NULL,
		      vmfw_igvm_digest_size(measure->platform) == 48 ?
		      "sha384" : "sha256");
	output_string(out, "vmm", NULL, vmm_word(measure->vmm));
	if (measure->platform == VMFW_IGVM_SEV_SNP) {
		output_string(out, "page_without_data", NULL,
			      measure->vmm == VMFW_IGVM_VMM_NATIVE_ZERO ?
			      "zero" : "normal");
		output_string(out, "vmsa_order", NULL,
			      measure->vmm == VMFW_IGVM_VMM_GENERIC ?
			      "file" : "last");
	}
	if (measure->vcpus) {
		output_number(out, "vcpus", NULL, measure->vcpus);
		output_hex(out, "cpu_signature", NULL, measure->cpu_signature);
	}
}

/* Of an IGVM file or else of a flat firmware. */
static int compute_digest(struct output *out, const char *path,
			  const struct vmfw_igvm *igvm,
			  const struct vmfw_igvm_rom *rom,
			  struct vmfw_igvm_measure_options *measure,
			  uint8_t *digest)
{
	struct tracer tracer = {
		out, vmfw_igvm_digest_size(measure->platform)
	};
	int err;

	measure->arg = &tracer;
	if (measure->trace)
		output_array(out, "steps");
	err = igvm ? launch_digest(igvm, measure, digest) :
		     launch_digest_rom(rom, measure, digest);
	if (measure->trace)
		output_end(out);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(out->messages, "nothing was changed");
	if (err) {
		message_error(out->messages, "%s: cannot be measured: %s", path,
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	return VMFW_EXIT_OK;
}

static void tell_digest(struct output *out, const struct options *options,
			unsigned int platform, const uint8_t *digest)
{
	size_t size = vmfw_igvm_digest_size(platform);
	char words[LAUNCH_WORDS];

	output_string(out, "digest", NULL, launch_words(words, digest, size));
	if (options->given & OPTION_BASE64)
		output_string(out, "digest_base64", NULL,
			      launch_base64(words, digest, size));
	output_line(out, "%s", words);
}

static struct vmfw_igvm_measure_options
measure_options(const struct options *options, unsigned int platform)
{
	return (struct vmfw_igvm_measure_options) {
		.platform = platform,
		.vmm = options->vmm,
		.vcpus = options->vcpus,
		.cpu_signature = options->cpu_signature,
		.trace = options->given & OPTION_TRACE ? trace : NULL,
	};
}

/* VP contexts that a file has for a platform. */
static uint32_t count_contexts(const struct vmfw_igvm *igvm,
			       unsigned int platform)
{
	uint32_t mask = vmfw_igvm_platform(igvm, platform)->mask, nr = 0;
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm_field field = { "compatibility_mask", 8, 4 };

	while (vmfw_igvm_next(igvm, &header))
		if (header.type == VMFW_IGVM_T_VP_CONTEXT &&
		    vmfw_igvm_field_value(&header, &field) & mask)
			nr++;
	return nr;
}

/*
 * A VMM makes registers of processors for which the file has none. What
 * changes nothing in a digest must not look as if it did.
 */
static int check_processors(struct output *out, const char *path,
			    const struct options *options,
			    const struct vmfw_igvm *igvm,
			    struct vmfw_igvm_measure_options *measure)
{
	uint32_t contexts;

	if (!(options->given & (OPTION_VCPUS | OPTION_CPU_SIGNATURE)))
		return VMFW_EXIT_OK;
	if (!rom_has_registers(measure->platform)) {
		message_error(out->messages, "--vcpus and --cpu-signature are for snp and sev-es: no registers are measured on %s",
			      vmfw_igvm_platform_word(measure->platform));
		return VMFW_EXIT_USAGE;
	}
	contexts = count_contexts(igvm, measure->platform);
	if (measure->vcpus > contexts) {
		if (contexts)
			message_warning(out->messages, "%s: the image has registers of %u processors; those of the other %u are measured as they come out of reset",
					path, contexts,
					measure->vcpus - contexts);
		return VMFW_EXIT_OK;
	}
	message_warning(out->messages, "%s: --vcpus and --cpu-signature change nothing: the image itself has the registers of %u processors",
			path, contexts);
	measure->vcpus = 0;
	return VMFW_EXIT_OK;
}

static int measure_file(struct output *out, const struct options *options,
			struct source *source)
{
	struct vmfw_igvm_measure_options measure;
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct vmfw_igvm igvm;
	unsigned int platform;
	int code;

	code = findings_check(source, out->messages, &igvm);
	if (!code)
		code = choose_platform(out, options, source->path, &igvm,
				       &platform);
	if (code)
		return code;
	measure = measure_options(options, platform);
	code = check_processors(out, source->path, options, &igvm, &measure);
	if (code)
		return code;
	tell_assumptions(out, &measure);
	code = compute_digest(out, source->path, &igvm, NULL, &measure,
			      digest);
	if (code)
		return code;
	tell_digest(out, options, platform, digest);
	return measure_verify(out, source->path, &igvm, &measure, digest);
}

/* What else is taken for granted of a flat firmware. */
static void tell_rom(struct output *out, const struct vmfw_igvm_rom *rom)
{
	if (!rom_has_registers(rom->platform))
		return;
	output_hex(out, "first_processor_starts_at", NULL, 0xfffffff0);
	output_hex(out, "other_processors_start_at", NULL, rom->ap_reset);
	output_hex(out, "sev_features", NULL,
		   rom->platform == VMFW_IGVM_SEV_SNP);
}

/* What a flat firmware leaves to the command line. */
static int check_rom_options(struct output *out, const struct options *options,
			     const char *path)
{
	if (!(options->given & OPTION_FOR)) {
		message_error(out->messages, "%s: this is a flat firmware; name a platform by --for=PLATFORM",
			      path);
		return VMFW_EXIT_USAGE;
	}
	if (!vmfw_igvm_digest_size(options->platform)) {
		message_error(out->messages, "--for=%s: nothing is measured there",
			      vmfw_igvm_platform_word(options->platform));
		return VMFW_EXIT_USAGE;
	}
	if (options->vmm == VMFW_IGVM_VMM_GENERIC) {
		message_error(out->messages, "%s: this is a flat firmware, of which the text of IGVM says nothing: --vmm=qemu",
			      path);
		return VMFW_EXIT_USAGE;
	}
	if (rom_has_registers(options->platform) &&
	    !(options->given & OPTION_CPU_SIGNATURE)) {
		message_error(out->messages, "%s: this is a flat firmware: the VMM makes the registers, and they tell what CPU it is: --cpu-signature is wanted (and --vcpus, if there are more than one)",
			      path);
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

static int measure_rom(struct output *out, const struct options *options,
		       struct source *source)
{
	struct vmfw_igvm_measure_options measure =
		measure_options(options, options->platform);
	uint8_t digest[VMFW_IGVM_MAX_DIGEST], *bytes;
	struct vmfw_igvm_rom rom;
	int code;

	code = check_rom_options(out, options, source->path);
	if (code)
		return code;
	bytes = malloc(source->size);
	if (!bytes) {
		message_error(out->messages, "%s: %s", source->path, strerror(ENOMEM));
		return VMFW_EXIT_SYSTEM;
	}
	code = source_read_all(source, out->messages, bytes);
	if (!code)
		code = rom_open(&rom, out, source, bytes, measure.platform);
	if (code)
		goto out;
	if (!measure.vcpus && rom_has_registers(measure.platform))
		measure.vcpus = 1;
	tell_assumptions(out, &measure);
	tell_rom(out, &rom);
	code = compute_digest(out, source->path, NULL, &rom, &measure, digest);
	if (!code)
		tell_digest(out, options, measure.platform, digest);
out:
	free(bytes);
	return code;
}

static int measure_any(struct output *out, const struct options *options,
		       struct source *source)
{
	return source->kind == SOURCE_FLAT ?
	       measure_rom(out, options, source) :
	       measure_file(out, options, source);
}

/**
 * measure_check_options() - check what the digest of an image depends on
 * @out: for errors
 * @options: --vmm, --vcpus and --cpu-signature
 *
 * Return: an exit code.
 */
int measure_check_options(struct output *out, const struct options *options)
{
	if (options->vcpus > 1 && !(options->given & OPTION_CPU_SIGNATURE)) {
		message_error(out->messages, "--vcpus needs --cpu-signature: registers of the other processors tell what CPU they are");
		return VMFW_EXIT_USAGE;
	}
	if (options->vcpus && options->vmm == VMFW_IGVM_VMM_GENERIC) {
		message_error(out->messages, "--vcpus is not for --vmm=generic: by the format's text nothing is measured but what the file has");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	int code = measure_check_options(out, options);

	if (!code)
		code = act_on_file(out, options, operands[0],
					 measure_any);
	return act_to_end(out, code);
}

const struct verb verb_measure = {
	.name = "measure",
	.summary = "compute the launch digest of an image",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm fd bin rom efi",
	.options = OPTIONS_COMMON | OPTION_FOR | OPTION_VMM | OPTION_VCPUS |
		   OPTION_CPU_SIGNATURE | OPTION_TRACE | OPTION_BASE64 |
		   OPTION_FWID,
	.codes = CODES_IMAGE | CODE(VERIFY),
	.help =
	"The digest stands alone on standard output, in hexadecimal, or in base64 with\n"
	"--base64. Loaders differ on SEV-SNP: --vmm=qemu (the default) is QEMU's, generic\n"
	"follows the format's text, and native-zero is for those where SEV-SNP zeroes\n"
	"empty pages. An ID block or VBS measurement in the file is verified: the exit\n"
	"status is 9 where it says another digest, or where a signature is wrong.\n"
	"\n"
	"Of a flat OVMF firmware, with metadata for SEV or TDX, the digest is what\n"
	"QEMU launches without IGVM.\n",
	.run = run,
};
