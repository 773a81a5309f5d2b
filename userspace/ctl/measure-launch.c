// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The options of measure that describe how a VMM launches a flat firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>

#include "attest/launch-digest.h"
#include "base/exit.h"
#include "ctl/measure.h"

#define SNP_ACTIVE	UINT64_C(1)

/* Check options that count only on some platforms. */
static int check_platform(struct output *out, const struct options *options)
{
	unsigned int platform = options->platform;

	if (options_given(options, OPTION_GUEST_FEATURES) &&
	    !rom_has_registers(platform)) {
		message_error(out->messages, "--guest-features is only for the platforms snp and sev-es: elsewhere no measured registers contain these features");
		return VMFW_EXIT_USAGE;
	}
	if (options_any_given(options, OPTIONS_KERNEL) &&
	    platform == VMFW_IGVM_TDX) {
		message_error(out->messages, "--kernel is only for the platforms snp, sev-es and sev: on tdx, firmware measures the kernel into RTMR 1 and 2; see --event-log");
		return VMFW_EXIT_USAGE;
	}
	if (options_given(options, OPTION_OVMF_HASH) &&
	    platform != VMFW_IGVM_SEV_SNP) {
		message_error(out->messages, "--snp-ovmf-hash is only for the platform snp: elsewhere no measurement can begin with a known digest of the firmware");
		return VMFW_EXIT_USAGE;
	}
	if (options_given(options, OPTION_TWO_PASS) &&
	    platform != VMFW_IGVM_TDX) {
		message_error(out->messages, "--two-pass-add-pages is only for the platform tdx: elsewhere no host adds and measures pages in separate steps");
		return VMFW_EXIT_USAGE;
	}
	if (options->launcher != VMFW_IGVM_LAUNCHER_KVM &&
	    platform != VMFW_IGVM_SEV_SNP) {
		message_error(out->messages, "--vmm=%s is only for the platform snp",
			      measure_vmm_word(options));
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

/*
 * On SEV-SNP, SEV_FEATURES of a guest always has the bit snp-active. On SEV-ES,
 * it never has this bit.
 */
static int check_features(struct output *out, const struct options *options)
{
	bool snp = options->platform == VMFW_IGVM_SEV_SNP;
	const struct guest_features *features = &options->features;

	if (!options_given(options, OPTION_GUEST_FEATURES) ||
	    (features->named && snp) ||
	    (features->bits & SNP_ACTIVE) == (snp ? SNP_ACTIVE : 0))
		return VMFW_EXIT_OK;
	message_error(out->messages, "--guest-features=0x%" PRIx64 ": bit 0, snp-active, is %s on %s",
		      features->bits, snp ? "always set" : "never set",
		      vmfw_igvm_platform_word(options->platform));
	return VMFW_EXIT_USAGE;
}

/**
 * measure_check_launch() - check the options on how a VMM launches a flat
 *	firmware
 * @out: for errors
 * @options: the options, with a platform
 *
 * Return: an exit code.
 */
int measure_check_launch(struct output *out, const struct options *options)
{
	int code = check_platform(out, options);

	if (!code)
		code = check_features(out, options);
	if (!code && options_any_given(options, OPTIONS_KERNEL) &&
	    !options->kernel.kernel) {
		message_error(out->messages, "--initrd and --append need --kernel");
		return VMFW_EXIT_USAGE;
	}
	if (!code && options->launcher != VMFW_IGVM_LAUNCHER_KVM &&
	    options_any_given(options, OPTIONS_CPU))
		message_warning(out->messages, "--cpu-signature and --vcpu-type change nothing: with --vmm=%s the measured registers do not contain the CPU's signature",
				measure_vmm_word(options));
	return code;
}

/**
 * measure_refuse_launch() - refuse options that are only for flat firmware
 * @out: for the error
 * @options: the options
 * @path: the file
 *
 * Return: an exit code.
 */
int measure_refuse_launch(struct output *out, const struct options *options,
			  const char *path)
{
	if (!options_any_given(options, OPTIONS_LAUNCH) &&
	    options->launcher == VMFW_IGVM_LAUNCHER_KVM)
		return VMFW_EXIT_OK;
	message_error(out->messages, "%s: this is an IGVM image; --kernel, --guest-features, --snp-ovmf-hash, --two-pass-add-pages, --vmm=ec2 and --vmm=gce are only for flat firmware",
		      path);
	return VMFW_EXIT_USAGE;
}

static int find_hashes(struct output *out, const char *path,
		       const struct vmfw_igvm_rom *rom)
{
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_range area;
	int err = vmfw_igvm_rom_hashes(rom, &area, &fault);

	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINVAL)
		message_error(out->messages, "%s: cannot measure a kernel with this firmware: %s (0x%" PRIx64 " at offset 0x%zx)",
			      path, fault.text, fault.value, fault.offset);
	else
		message_error(out->messages, "%s: cannot measure a kernel with this firmware: it names no place for the hashes of a kernel",
			      path);
	return VMFW_EXIT_IMAGE;
}

/**
 * measure_make_launch() - describe how a VMM launches a flat firmware
 * @out: for errors
 * @options: the options, which measure_check_launch() has accepted
 * @path: the firmware's name
 * @launch: its member rom is set; receives the other members, valid as long as
 *	@options
 *
 * Return: an exit code.
 */
int measure_make_launch(struct output *out, const struct options *options,
			const char *path, struct measure_launch *launch)
{
	int code;

	launch->how = (struct vmfw_igvm_launch) {
		.launcher = options->launcher,
		.sev_features = options->features.bits,
		.add_first = options_given(options, OPTION_TWO_PASS),
	};
	if (launch->rom.platform == VMFW_IGVM_SEV_SNP)
		launch->how.sev_features |= SNP_ACTIVE;
	if (options_given(options, OPTION_OVMF_HASH))
		launch->how.firmware_digest = options->ovmf_hash;
	if (!options_any_given(options, OPTIONS_KERNEL))
		return VMFW_EXIT_OK;
	code = find_hashes(out, path, &launch->rom);
	if (!code)
		code = kernel_hashes_read(&launch->hashes, out->messages,
					  &options->kernel);
	launch->how.kernel_hashes = &launch->hashes;
	return code;
}

static void print_hash(struct output *out, const char *key, const uint8_t *hash)
{
	char words[LAUNCH_WORDS];

	output_string(out, key, NULL, launch_words(words, hash, 32));
}

/**
 * measure_print_launch() - print how a VMM launches a flat firmware, for JSON
 * @out: the output
 * @launch: from measure_make_launch()
 */
void measure_print_launch(struct output *out,
			  const struct measure_launch *launch)
{
	const struct vmfw_igvm_launch *how = &launch->how;

	if (rom_has_registers(launch->rom.platform)) {
		output_hex(out, "first_processor_starts_at", NULL, 0xfffffff0);
		output_hex(out, "other_processors_start_at", NULL,
			   launch->rom.ap_reset);
		output_hex(out, "sev_features", NULL, how->sev_features);
	}
	if (launch->rom.platform == VMFW_IGVM_TDX)
		output_bool(out, "two_pass_add_pages", NULL, how->add_first);
	if (!how->kernel_hashes)
		return;
	output_object(out, "kernel_hashes");
	print_hash(out, "kernel", how->kernel_hashes->kernel);
	print_hash(out, "initrd", how->kernel_hashes->initrd);
	print_hash(out, "command_line", how->kernel_hashes->command_line);
	output_end(out);
}
