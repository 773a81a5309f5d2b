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
#include "base/infile.h"
#include "base/interrupt.h"
#include "ctl/measure.h"
#include "guest/vmm.h"
#include "source/check.h"
#include "source/source.h"

/**
 * struct tracer - the argument of trace()
 * @out: the output
 * @size: bytes of a digest
 * @wanted: the user asked for the steps
 * @firmware_at: address of a flat firmware; UINT64_MAX: this is an IGVM file
 * @firmware_digest: digest after the last page of the firmware so far
 * @has_firmware: @firmware_digest is valid
 */
struct tracer {
	struct output *out;
	size_t size;
	bool wanted;
	uint64_t firmware_at;
	uint8_t firmware_digest[VMFW_IGVM_MAX_DIGEST];
	bool has_firmware;
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
	struct tracer *tracer = arg;
	char contents[LAUNCH_WORDS] = "-", digest[LAUNCH_WORDS] = "-";

	/* Skip the sections of SEV-SNP, which are below the firmware. */
	if (step->kind == VMFW_IGVM_STEP_NORMAL && step->digest &&
	    step->gpa >= tracer->firmware_at) {
		memcpy(tracer->firmware_digest, step->digest, tracer->size);
		tracer->has_firmware = true;
	}
	if (!tracer->wanted)
		return true;
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

/* Check that the platform of --for has a launch digest. */
static int check_platform(struct output *out, const struct options *options)
{
	if (vmfw_igvm_digest_size(options->platform))
		return VMFW_EXIT_OK;
	message_error(out->messages, "--for=%s: cannot measure for this platform: the tool knows no launch digest of it",
		      vmfw_igvm_platform_word(options->platform));
	return VMFW_EXIT_USAGE;
}

/* Choose the platform that the user named, or the only one with a digest. */
static int choose_platform(struct output *out, const struct options *options,
			   const char *path, const struct vmfw_igvm *igvm,
			   unsigned int *platform)
{
	unsigned int i, found = 0;

	if (options_given(options, OPTION_FOR)) {
		*platform = options->platform;
		if (check_platform(out, options))
			return VMFW_EXIT_USAGE;
		if (vmfw_igvm_platform(igvm, *platform))
			return VMFW_EXIT_OK;
		message_error(out->messages, "%s: cannot measure for %s: the image does not support this platform; \"inspect\" lists its platforms",
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
	message_error(out->messages, "%s: cannot measure this image: the tool knows no launch digest of its platforms",
		      path);
	return VMFW_EXIT_IMAGE;
}

/**
 * measure_vmm_word() - the word for the VMM that launches the image
 * @options: the options
 */
const char *measure_vmm_word(const struct options *options)
{
	switch (options->launcher) {
	case VMFW_IGVM_LAUNCHER_EC2:
		return "ec2";
	case VMFW_IGVM_LAUNCHER_GCE:
		return "gce";
	default:
		return vmm_word(options->vmm);
	}
}

/* Print the values that the digest depends on, for JSON. */
static void print_assumptions(struct output *out, const struct options *options,
			      const struct vmfw_igvm_measure_options *measure)
{
	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_word(measure->platform));
	output_string(out, "algorithm", NULL,
		      vmfw_igvm_digest_size(measure->platform) == 48 ?
		      "sha384" : "sha256");
	output_string(out, "vmm", NULL, measure_vmm_word(options));
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
		if (options->launcher == VMFW_IGVM_LAUNCHER_KVM)
			output_hex(out, "cpu_signature", NULL,
				   measure->cpu_signature);
	}
}

static void print_firmware_digest(struct output *out,
				  const struct tracer *tracer)
{
	char words[LAUNCH_WORDS];

	if (tracer->has_firmware)
		output_string(out, "firmware_digest", NULL,
			      launch_words(words, tracer->firmware_digest,
					   tracer->size));
}

/* Compute the digest of an IGVM file or a flat firmware, and print the steps. */
static int compute_digest(struct output *out, const char *path,
			  const struct vmfw_igvm *igvm,
			  const struct measure_launch *launch,
			  struct vmfw_igvm_measure_options *measure,
			  uint8_t *digest)
{
	struct tracer tracer = {
		.out = out,
		.size = vmfw_igvm_digest_size(measure->platform),
		.wanted = measure->trace,
		.firmware_at = launch ? (1ull << 32) - launch->rom.size :
					UINT64_MAX,
	};
	int err;

	measure->arg = &tracer;
	if (tracer.wanted)
		output_array(out, "steps");
	if (launch)
		measure->trace = trace;
	err = igvm ? launch_digest(igvm, measure, digest) :
		     launch_digest_rom(&launch->rom, measure, &launch->how,
				       digest);
	if (tracer.wanted)
		output_end(out);
	print_firmware_digest(out, &tracer);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(out->messages, "nothing was changed");
	if (err == -ESTALE)
		return infile_error(out->messages, path, err);
	if (err) {
		message_error(out->messages, "%s: cannot measure this file: %s", path,
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	return VMFW_EXIT_OK;
}

static void print_digest(struct output *out, const struct options *options,
			 unsigned int platform, const uint8_t *digest)
{
	size_t size = vmfw_igvm_digest_size(platform);
	char words[LAUNCH_WORDS];

	if (options->ret_digest) {
		memcpy(options->ret_digest, digest, size);
		return;
	}
	output_string(out, "digest", NULL, launch_words(words, digest, size));
	if (options_given(options, OPTION_BASE64))
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
		.trace = options_given(options, OPTION_TRACE) ? trace : NULL,
	};
}

/* Count a platform's VP contexts in a file, only those with a VP index below @vcpus. */
static uint32_t count_contexts(const struct vmfw_igvm *igvm,
			       unsigned int platform, uint32_t vcpus)
{
	uint32_t mask = vmfw_igvm_platform(igvm, platform)->mask, nr = 0;
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm_field mask_field = { "compatibility_mask", 8, 4 };
	struct vmfw_igvm_field vp_field = { "vp_index", 16, 2 };

	while (vmfw_igvm_next(igvm, &header))
		if (header.type == VMFW_IGVM_T_VP_CONTEXT &&
		    vmfw_igvm_field_value(&header, &mask_field) & mask &&
		    vmfw_igvm_field_value(&header, &vp_field) < vcpus)
			nr++;
	return nr;
}

/*
 * A VMM makes registers for processors that have none in the file. Warn about
 * an option that changes nothing in the digest.
 */
static int check_processors(struct output *out, const char *path,
			    const struct options *options,
			    const struct vmfw_igvm *igvm,
			    struct vmfw_igvm_measure_options *measure)
{
	uint32_t below, all;

	if (!options_any_given(options, OPTION_VCPUS, OPTIONS_CPU))
		return VMFW_EXIT_OK;
	if (!rom_has_registers(measure->platform)) {
		message_error(out->messages, "--vcpus, --cpu-signature and --vcpu-type are only for the platforms snp and sev-es: on %s, the digest does not depend on them",
			      vmfw_igvm_platform_word(measure->platform));
		return VMFW_EXIT_USAGE;
	}
	below = count_contexts(igvm, measure->platform, measure->vcpus);
	all = count_contexts(igvm, measure->platform, UINT32_MAX);
	/* A signal may have ended the counting. */
	if (interrupt_seen())
		return interrupt_exit(out->messages, "nothing was changed");
	if (measure->vcpus > below) {
		if (below)
			message_warning(out->messages, "%s: processors without registers in the image: %u; for these, the digest contains the registers of a reset",
					path, measure->vcpus - below);
		return VMFW_EXIT_OK;
	}
	if (all)
		message_warning(out->messages, "%s: --vcpus, --cpu-signature and --vcpu-type change nothing: the image itself has the registers (processors: %u)",
				path, all);
	else
		message_warning(out->messages, "--cpu-signature and --vcpu-type change nothing without --vcpus: the image has no registers");
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

	code = measure_refuse_launch(out, options, source->path);
	if (!code)
		code = findings_check(source, out->messages, &igvm);
	if (!code)
		code = choose_platform(out, options, source->path, &igvm,
				       &platform);
	if (!code)
		code = measure_check_log(out, options, platform);
	if (code)
		return code;
	measure = measure_options(options, platform);
	code = check_processors(out, source->path, options, &igvm, &measure);
	if (code)
		return code;
	print_assumptions(out, options, &measure);
	code = compute_digest(out, source->path, &igvm, NULL, &measure,
			      digest);
	if (code)
		return code;
	print_digest(out, options, platform, digest);
	code = measure_log(out, options, source->path, &igvm);
	return code ? code : measure_verify(out, source->path, &igvm, &measure,
					    digest);
}

/* Check the options that describe the machine: a flat firmware does not describe it. */
static int check_rom_options(struct output *out, const struct options *options,
			     const char *path)
{
	if (!options_given(options, OPTION_FOR)) {
		message_error(out->messages, "%s: flat firmware names no platform; name one by --for=PLATFORM",
			      path);
		return VMFW_EXIT_USAGE;
	}
	if (check_platform(out, options))
		return VMFW_EXIT_USAGE;
	if (options->vmm == VMFW_IGVM_VMM_GENERIC) {
		message_error(out->messages, "%s: cannot measure flat firmware with --vmm=generic: this value is for IGVM images; give --vmm=qemu",
			      path);
		return VMFW_EXIT_USAGE;
	}
	if (rom_has_registers(options->platform) &&
	    options->launcher == VMFW_IGVM_LAUNCHER_KVM &&
	    !options_any_given(options, OPTIONS_CPU)) {
		message_error(out->messages, "%s: cannot measure flat firmware: the measured registers contain the CPU's signature; give --cpu-signature or --vcpu-type, and --vcpus for more than one processor",
			      path);
		return VMFW_EXIT_USAGE;
	}
	return measure_check_launch(out, options);
}

static int measure_rom(struct output *out, const struct options *options,
		       struct source *source)
{
	struct vmfw_igvm_measure_options measure =
		measure_options(options, options->platform);
	struct rom_bytes firmware = {
		.path = source->path,
		.size = source->size,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct measure_launch launch;
	int code;

	code = check_rom_options(out, options, source->path);
	if (!code)
		code = measure_check_log(out, options, measure.platform);
	if (code)
		return code;
	firmware.bytes = malloc(source->size);
	if (!firmware.bytes) {
		message_error(out->messages, "%s: cannot measure this file: %s",
			      source->path, strerror(ENOMEM));
		return VMFW_EXIT_SYSTEM;
	}
	code = source_read_all(source, out->messages, firmware.bytes);
	if (!code)
		code = rom_open(&launch.rom, out, &firmware, measure.platform);
	if (!code)
		code = measure_make_launch(out, options, source->path,
					   &launch);
	if (code)
		goto out;
	if (!rom_has_registers(measure.platform))
		measure.vcpus = 0;
	else if (!measure.vcpus)
		measure.vcpus = 1;
	print_assumptions(out, options, &measure);
	measure_print_launch(out, &launch);
	code = compute_digest(out, source->path, NULL, &launch, &measure,
			      digest);
	if (!code) {
		print_digest(out, options, measure.platform, digest);
		code = measure_log(out, options, source->path, NULL);
	}
out:
	free(firmware.bytes);
	return code;
}

/**
 * measure_any() - measure an IGVM image or a flat firmware
 * @out: receives the digest, unless @options->ret_digest does
 * @options: the options
 * @source: the file
 *
 * Return: an exit code.
 */
int measure_any(struct output *out, const struct options *options,
		struct source *source)
{
	return source->kind == SOURCE_FLAT ?
	       measure_rom(out, options, source) :
	       measure_file(out, options, source);
}

/**
 * measure_check_options() - check the options that the digest of an image
 *	depends on
 * @out: for errors
 * @options: --vmm, --vcpus, --cpu-signature and --vcpu-type
 *
 * Return: an exit code.
 */
int measure_check_options(struct output *out, const struct options *options)
{
	if (options->vcpus > 1 &&
	    options->launcher == VMFW_IGVM_LAUNCHER_KVM &&
	    !options_any_given(options, OPTIONS_CPU)) {
		message_error(out->messages, "--vcpus needs --cpu-signature or --vcpu-type: the measured registers of further processors contain the CPU's signature");
		return VMFW_EXIT_USAGE;
	}
	if (options->vcpus && options->vmm == VMFW_IGVM_VMM_GENERIC) {
		message_error(out->messages, "--vcpus is not for --vmm=generic: such a VMM measures only the contents of the file");
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
	.options = OPTIONS(OPTIONS_COMMON, OPTION_FOR, OPTIONS_MEASURE,
			   OPTION_EVENT_LOG, OPTION_UKI, OPTION_RECORDED_UKI,
			   OPTION_TRACE, OPTION_BASE64, OPTION_FWID),
	.codes = CODES_IMAGE | CODE(VERIFY),
	.help =
	"The digest stands alone on standard output, in hexadecimal, or in base64 with\n"
	"--base64. Loaders differ on SEV-SNP: --vmm=qemu (the default) follows QEMU,\n"
	"generic follows the specification, and native-zero lets SEV-SNP zero empty\n"
	"pages. measure verifies an ID block and a VBS measurement in the file. The exit\n"
	"status is 9 if one of them has another digest, or if a signature is wrong.\n\n"
	"The digest of a flat OVMF firmware with metadata for SEV or TDX is that of its\n"
	"launch by QEMU without IGVM. With --kernel it is that of a launch with\n"
	"kernel-hashes=on. --vmm=ec2 and --vmm=gce are for firmware of these clouds.\n\n"
	"With the event log of a TD, measure also prints RTMR 0 to 3 after that boot. It\n"
	"can predict them for another UKI, and for the Secure Boot variables of the\n"
	"image.\n",
	.run = run,
};
