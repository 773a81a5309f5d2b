// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb check, which tests whether an image is sound and suits a machine.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"
#include "guest/machine.h"
#include "shared/macro.h"
#include "source/check.h"
#include "source/smm.h"
#include "source/source.h"

/*
 * The most ranges of each kind to print. Without this limit, a malicious file
 * of some hundred KiB could fill hundreds of MiB of JSON.
 */
#define RANGES_MOST	256

static const struct {
	const char *key;
	unsigned int kinds;
} range_kinds[] = {
	{ "page_data", VMFW_IGVM_PAGE_DATA },
	{ "parameter_insert", VMFW_IGVM_PARAMETER_INSERT },
	{ "vmsa", VMFW_IGVM_VMSA },
	{ "required_memory", VMFW_IGVM_REQUIRED_MEMORY },
	{ "error_range", VMFW_IGVM_ERROR_RANGE },
	{ "relocatable_region", VMFW_IGVM_RELOCATABLE },
	{ "relocation_window", VMFW_IGVM_RELOCATION_WINDOW },
	{ "page_table_region", VMFW_IGVM_PAGE_TABLE_REGION },
	{ "populated", VMFW_IGVM_POPULATED },
	{ "populated_plus_required",
	  VMFW_IGVM_POPULATED | VMFW_IGVM_REQUIRED_MEMORY },
	{ "stay_clear", VMFW_IGVM_ANY_KIND },
};

static int add_range_error(struct output *out, const char *path, int err)
{
	if (interrupt_seen())
		return act_to_end(out, VMFW_EXIT_SYSTEM);
	message_error(out->messages, "%s: cannot list the memory ranges of this image: %s",
		      path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static int print_ranges(struct output *out, const struct vmfw_igvm *igvm,
			uint32_t mask, unsigned int at, uint64_t *left_out)
{
	const char *key = range_kinds[at].key;
	unsigned int kinds = range_kinds[at].kinds;
	struct vmfw_igvm_range *ranges;
	size_t i, nr;
	int err;

	err = vmfw_igvm_ranges(igvm, mask, kinds, &ranges, &nr);
	if (err)
		return err;
	*left_out += nr > RANGES_MOST ? nr - RANGES_MOST : 0;
	output_array(out, key);
	for (i = 0; i < nr && i < RANGES_MOST; i++) {
		output_array(out, NULL);
		output_hex(out, NULL, NULL, ranges[i].start);
		output_hex(out, NULL, NULL, ranges[i].end);
		output_end(out);
	}
	output_end(out);
	free(ranges);
	return 0;
}

static int print_platform(struct output *out, const struct vmfw_igvm *igvm,
			  const struct vmfw_igvm_platform *platform)
{
	uint64_t left_out = 0;
	int err = 0;
	size_t i;

	output_object(out, NULL);
	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_word(platform->type));
	output_hex(out, "compatibility_mask", NULL, platform->mask);
	output_number(out, "platform_version", NULL, platform->version);
	output_number(out, "highest_vtl", NULL, platform->highest_vtl);
	output_hex(out, "shared_gpa_boundary", NULL,
		   platform->shared_gpa_boundary);
	output_object(out, "ranges");
	for (i = 0; !err && i < ARRAY_SIZE(range_kinds); i++)
		err = print_ranges(out, igvm, platform->mask, i, &left_out);
	output_end(out);
	if (left_out)
		output_number(out, "ranges_left_out", NULL, left_out);
	output_end(out);
	return err;
}

/*
 * Print the properties of the file, for JSON. Of a broken file, print those
 * that are readable.
 */
static int print_image(struct output *out, const char *path,
		       const struct vmfw_igvm *igvm)
{
	const char *name = vmfw_igvm_architecture_name(igvm->architecture);
	unsigned int i;
	int err = 0;

	if (!out->json || !igvm->version)
		return VMFW_EXIT_OK;
	output_number(out, "format_version", NULL, igvm->version);
	if (name)
		output_string(out, "architecture", NULL, name);
	output_number(out, "page_size", NULL, igvm->page_size);
	output_number(out, "header_count", NULL, igvm->nr_headers);
	print_platforms(out, igvm);
	output_array(out, "memory");
	for (i = 0; !err && i < igvm->nr_platforms; i++)
		err = print_platform(out, igvm, &igvm->platforms[i]);
	output_end(out);
	return err ? add_range_error(out, path, err) : VMFW_EXIT_OK;
}

static int sum_populated(const struct vmfw_igvm *igvm, uint64_t *sum)
{
	struct vmfw_igvm_range *ranges;
	size_t i, nr;
	int err;

	*sum = 0;
	err = vmfw_igvm_ranges(igvm, UINT32_MAX, VMFW_IGVM_POPULATED, &ranges,
			       &nr);
	for (i = 0; !err && i < nr; i++)
		*sum += ranges[i].end - ranges[i].start;
	free(ranges);
	return err;
}

static void print_finding_json(struct output *out,
			       const struct vmfw_igvm_finding *finding,
			       const char *severity, const char *line)
{
	const char *name = vmfw_igvm_type_name(finding->type);

	output_object(out, NULL);
	output_string(out, "severity", NULL, severity);
	output_string(out, "rule", NULL, vmfw_igvm_rule_name(finding->rule));
	if (finding->header != VMFW_IGVM_NO_HEADER) {
		output_number(out, "header", NULL, finding->header);
		output_hex(out, "type", NULL, finding->type);
		if (name)
			output_string(out, "type_name", NULL, name);
	}
	output_hex(out, "offset", NULL, finding->offset);
	output_string(out, "field", NULL, finding->field);
	output_hex(out, "value", NULL, finding->value);
	if (finding->has_bound)
		output_hex(out, "bound", NULL, finding->bound);
	output_string(out, "text", NULL, line);
	output_end(out);
}

static void print_finding(const struct findings *findings,
			  const struct vmfw_igvm_finding *finding,
			  const char *line)
{
	struct output *out = findings->arg;
	const char *severity = vmfw_igvm_rule_is_error(finding->rule) ?
			       "error" : "warning";

	if (out->json)
		print_finding_json(out, finding, severity, line);
	else
		output_line(out, "%s: %s: %s", findings->path, severity, line);
}

/* Print the result in one line. A sound image may be for another machine. */
static int print_summary(struct output *out, const struct findings *findings,
			 const struct vmfw_igvm *igvm, bool sound)
{
	char words[PLATFORM_WORDS], size[SIZE_WORDS];
	uint64_t populated;
	int err;

	/* JSON needs no summary: other members describe the file. */
	if (out->json)
		return VMFW_EXIT_OK;
	if (!sound) {
		output_line(out, "%s: unsound, errors: %lu, warnings: %lu",
			    findings->path, findings->errors,
			    findings->warnings);
		return VMFW_EXIT_OK;
	}
	if (findings->errors) {
		output_line(out, "%s: sound, but not for the machine, platform or VMM in question, errors: %lu, warnings: %lu",
			    findings->path, findings->errors,
			    findings->warnings);
		return VMFW_EXIT_OK;
	}
	err = sum_populated(igvm, &populated);
	if (err)
		return add_range_error(out, findings->path, err);
	output_line(out,
		    "%s: sound, IGVM format %u for %s, platforms: %s, populates %s, warnings: %lu",
		    findings->path, igvm->version,
		    vmfw_igvm_architecture_name(igvm->architecture),
		    platform_words(words, igvm),
		    size_words(size, populated), findings->warnings);
	return VMFW_EXIT_OK;
}

/*
 * Print the parts that compose added to the firmware. Only warn of a malformed
 * list of parts: it may be other data of the firmware.
 */
static int print_image_parts(struct output *out, const char *path,
			     const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct vmfw_igvm_obstacle why;
	size_t nr;
	int err;

	err = vmfw_igvm_parts(igvm, parts, &nr, &why);
	if (err == -EINVAL) {
		message_warning(out->messages, "%s: cannot list the parts of this image: %s (value 0x%" PRIx64 ")",
				path, why.text, why.value);
		return VMFW_EXIT_OK;
	}
	if (err)
		return infile_error(out->messages, path, err);
	print_parts(out, parts, nr);
	return VMFW_EXIT_OK;
}

/* Check the image for the machine that --memory and --for describe. */
static int check_described(const struct options *options,
			   const struct vmfw_igvm *igvm,
			   struct findings *findings)
{
	const struct vmfw_igvm_machine machine = {
		.platform = options_given(options, OPTION_FOR) ?
			    options->platform : VMFW_IGVM_ANY_PLATFORM,
		.memory = options->memory,
		.nr_memory = options->nr_memory,
		.kvm = true,
	};

	return vmfw_igvm_check_qemu(igvm, &machine, findings_add, findings);
}

static bool for_qemu(const struct options *options)
{
	return options_given(options, OPTION_VMM) &&
	       options->vmm == VMFW_IGVM_VMM_QEMU;
}

/* Check without looking at the machine that the tool runs on. */
static int check_away(struct output *out, const struct options *options,
		      const struct vmfw_igvm *igvm, struct findings *findings)
{
	int err = 0;

	if (options_given(options, OPTION_FOR))
		err = vmfw_igvm_check_for(igvm, options->platform,
					  findings_add, findings);
	if (for_qemu(options) && (!err || err == -EINVAL))
		err = check_described(options, igvm, findings);
	if (!err || err == -EINVAL)
		return VMFW_EXIT_OK;
	message_error(out->messages, "%s: cannot check this image: %s",
		      findings->path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Check whether this machine, which has the device, can start from the image. */
static int check_here(struct output *out, const struct options *options,
		      const struct vmfw_igvm *igvm, struct findings *findings)
{
	struct device device = { .fd = -1 };
	int code;

	code = device_open(&device, out->messages, DEVICE_DEFAULT);
	if (!code)
		code = machine_check(out->messages, igvm, device.info.isolation,
				     findings_add, findings);
	if (for_qemu(options) && (!code || code == VMFW_EXIT_IMAGE))
		code = machine_check_qemu(out->messages, igvm,
					  device.info.isolation, findings_add,
					  findings);
	device_close(&device);
	return code == VMFW_EXIT_IMAGE ? VMFW_EXIT_OK : code;
}

/*
 * Check a sound file for the machine that the options describe. If they
 * describe none, check it for this machine, but only if the device shows that
 * this guest can replace its firmware.
 */
static int check_more(struct output *out, const struct options *options,
		      const struct vmfw_igvm *igvm, struct findings *findings)
{
	int code;

	if (options_any_given(options, OPTION_FOR, OPTION_MEMORY) ||
	    access(DEVICE_DEFAULT, R_OK)) {
		if (!options_any_given(options, OPTION_FOR, OPTION_MEMORY) &&
		    errno == EACCES)
			message_note(out->messages, "%s: cannot check the image for this machine: %s: %s",
				     findings->path, DEVICE_DEFAULT,
				     strerror(errno));
		code = check_away(out, options, igvm, findings);
	} else {
		code = check_here(out, options, igvm, findings);
	}
	if (code)
		return code;
	return findings->errors ? VMFW_EXIT_IMAGE : VMFW_EXIT_OK;
}

static int check_image(struct output *out, const struct options *options,
		       struct source *source)
{
	struct findings findings = {
		.messages = out->messages,
		.path = source->path,
		.print = print_finding,
		.arg = out,
	};
	struct vmfw_igvm igvm;
	bool sound, smm;
	int code, err, print_code;

	output_array(out, "findings");
	code = source_check(source, out->messages, &igvm, findings_add,
			    &findings);
	sound = !code;
	if (!code)
		code = check_more(out, options, &igvm, &findings);
	output_end(out);
	if (code && code != VMFW_EXIT_IMAGE)
		return code;
	if (options_given(options, OPTION_STRICT) && findings.warnings)
		code = VMFW_EXIT_IMAGE;
	findings_end(&findings);
	output_number(out, "errors", NULL, findings.errors);
	output_number(out, "warnings", NULL, findings.warnings);
	output_bool(out, "sound", NULL, sound);
	output_bool(out, "suitable", NULL, !code);
	print_code = print_image(out, source->path, &igvm);
	if (!print_code)
		print_code = print_summary(out, &findings, &igvm, sound);
	if (!print_code && sound)
		print_code = print_image_parts(out, source->path, &igvm);
	if (sound) {
		err = smm_find_image(&igvm, &smm);
		say_smm(out, source->path, err, smm);
	}
	return print_code ? print_code : code;
}

static int check_file(struct output *out, const struct options *options,
		      struct source *source)
{
	if (source->kind != SOURCE_FLAT)
		return check_image(out, options, source);
	return rom_refuse(out, source);
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	if (options_given(options, OPTION_MEMORY) && !for_qemu(options)) {
		message_error(out->messages, "--memory needs --vmm=qemu");
		return VMFW_EXIT_USAGE;
	}
	return act_to_end(out, act_on_file(out, options, operands[0],
					   check_file));
}

const struct verb verb_check = {
	.name = "check",
	.summary = "check an image against every rule of its format",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm efi",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_FOR, OPTION_VMM,
			   OPTION_MEMORY, OPTION_STRICT, OPTION_FWID),
	.codes = CODES_IMAGE | CODE(DEVICE),
	.help =
	"Every finding names the header, its place in the file, the field, its value and\n"
	"the rule. The exit status is 0 without errors, also with warnings, and 4 with\n"
	"errors. With --strict, warnings count as errors. --for also checks the needs of\n"
	"one platform.\n"
	"--vmm=qemu also checks all rules of QEMU's loader, which ends the VM at the\n"
	"reset if it cannot load an image. In a guest with /dev/vmfwupdate, without\n"
	"--for and --memory, check finds out whether this machine can start from the\n"
	"image. With --vmm=qemu, --memory describes another machine: a size, laid out as\n"
	"on QEMU's q35, or ranges START-END separated by commas.\n",
	.run = run,
};
