// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * status: the running firmware, the configured one, and the abilities of the VMM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/exit.h"
#include "base/sha256.h"
#include "base/size.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"
#include "shared/macro.h"

#define NS_PER_S	1000000000ull
/* The digits of a digest that suffice to recognize an image. */
#define DIGEST_DIGITS	12

static const struct {
	__u32 bit;
	const char *name;
	const char *word;	/* for JSON */
} formats[] = {
	{ VMFWUPDATE_FORMAT_IGVM, "IGVM", "igvm" },
	{ VMFWUPDATE_FORMAT_FLAT, "flat", "flat" },
};

static const char *format_names(__u32 bits, char *buf, size_t len)
{
	size_t i, used = 0;

	snprintf(buf, len, "none that this tool knows");
	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (bits & formats[i].bit)
			used += snprintf(buf + used, len - used, "%s%s",
					 used ? ", " : "", formats[i].name);
	return buf;
}

static void print_formats(struct output *out, __u32 bits, bool all)
{
	char names[64];
	size_t i;

	output_string(out, NULL, all ? "Formats" : NULL,
		      format_names(bits, names, sizeof(names)));
	output_array(out, "formats");
	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (bits & formats[i].bit)
			output_string(out, NULL, NULL, formats[i].word);
	output_end(out);
}

/* Return the age of a commit in seconds, by the clock of its time stamp. */
static uint64_t commit_age(__u64 commit_time)
{
	struct timespec now;
	uint64_t ns;

	if (clock_gettime(CLOCK_BOOTTIME, &now))
		return 0;
	ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	return ns > commit_time ? (ns - commit_time) / NS_PER_S : 0;
}

static void print_commit(struct output *out, const struct vmfwupdate_info *info,
			 bool all)
{
	char digest[DIGEST_WORDS];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (info->image_format == formats[i].bit)
			output_string(out, "format", NULL, formats[i].word);
	output_string(out, "sha256", all ? "Image SHA-256" : NULL,
		      digest_words(digest, info->tag));
	output_number(out, "commit_time_ns", NULL, info->commit_time);
	output_number(out, "seconds_ago", NULL,
		      commit_age(info->commit_time));
}

/* Write everything about an image that fits one line. */
static void image_words(char *buf, size_t len,
			const struct vmfwupdate_info *info)
{
	char size[SIZE_WORDS], names[64], digest[DIGEST_WORDS];

	size_brief(size, info->image_size);
	if (info->commit_time)
		snprintf(buf, len, "%s, %s, SHA-256 %.*s..., staged %" PRIu64 " s ago",
			 size,
			 format_names(info->image_format, names, sizeof(names)),
			 DIGEST_DIGITS, digest_words(digest, info->tag),
			 commit_age(info->commit_time));
	else
		snprintf(buf, len, "%s, not complete", size);
}

static void print_image(struct output *out, const struct vmfwupdate_info *info,
			bool all)
{
	char words[SIZE_WORDS + 160];

	image_words(words, sizeof(words), info);
	output_string(out, NULL, "Image", words);
	output_object(out, "image");
	output_size(out, "size", all ? "Image size" : NULL, info->image_size);
	output_size(out, "written", NULL, info->image_written);
	output_hex(out, "address",
		   all && info->image_addr ? "Image address" : NULL,
		   info->image_addr);
	if (info->commit_time)
		print_commit(out, info, all);
	output_end(out);
}

static const char *held_words(const struct vmfwupdate_info *info)
{
	switch (info->held) {
	case VMFWUPDATE_HELD_NOTHING:
		return "nothing";
	case VMFWUPDATE_HELD_IMAGE:
		return "an image of this guest";
	case VMFWUPDATE_HELD_HOST:
		return "the host's image";
	default:
		return "unknown: the VMM may have an image";
	}
}

static void print_properties(struct output *out, __u32 properties, bool all)
{
	char words[128] = "none";
	const char *word;
	unsigned int bit;
	size_t used = 0;

	output_array(out, "properties");
	for (bit = 0; (word = device_property_word(bit)); bit++) {
		if (!(properties & 1u << bit))
			continue;
		output_string(out, NULL, NULL, word);
		used += snprintf(words + used, sizeof(words) - used, "%s%s",
				 used ? ", " : "", word);
	}
	output_end(out);
	output_string(out, NULL, all ? "Properties" : NULL, words);
}

/*
 * Some VMMs take images only if the host started the machine from an IGVM file.
 */
static void print_start(struct output *out, const struct vmfwupdate_info *info,
			bool all)
{
	output_string(out, "start", NULL, device_start_word(info->start));
	output_bool(out, "takes_images", NULL, device_takes_images(info));
	if (info->start == VMFWUPDATE_START_IGVM)
		output_string(out, NULL, all ? "Started from" : NULL,
			      "an IGVM file");
	else if (info->start == VMFWUPDATE_START_OTHER)
		output_string(out, NULL, "Started from",
			      "no IGVM file, so the VMM takes no image");
}

static void print_outlook(struct output *out,
			  const struct vmfwupdate_info *info, bool all)
{
	output_string(out, NULL, all ? "The VMM holds" : NULL,
		      held_words(info));
	output_string(out, NULL, "Any reset",
		      device_reset_words(info, device_any_reset(info)));
	output_string(out, NULL, "Orderly reboot",
		      device_reset_words(info, device_orderly_reboot(info)));
	print_resets(out, info);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		output_string(out, "disabled_until", "Switched off",
			      device_disabled_words(info));
}

/* Print the isolation; in JSON by the word for a platform, if there is one. */
static void print_isolation(struct output *out, __u32 isolation, bool all)
{
	static const unsigned int platforms[] = {
		[VMFWUPDATE_ISOLATION_SEV] = VMFW_IGVM_SEV,
		[VMFWUPDATE_ISOLATION_SEV_ES] = VMFW_IGVM_SEV_ES,
		[VMFWUPDATE_ISOLATION_SEV_SNP] = VMFW_IGVM_SEV_SNP,
		[VMFWUPDATE_ISOLATION_TDX] = VMFW_IGVM_TDX,
	};
	const char *word = device_isolation_word(isolation);

	output_string(out, NULL, all ? "Isolation" : NULL, word);
	if (isolation < ARRAY_SIZE(platforms) && platforms[isolation])
		word = vmfw_igvm_platform_word(platforms[isolation]);
	output_string(out, "isolation", NULL, word);
}

static void print_limits(struct output *out, const struct vmfwupdate_info *info,
			 bool all)
{
	print_formats(out, info->formats, all);
	output_hex(out, "vmm_capabilities", all ? "VMM capabilities" : NULL,
		   info->vmm_capabilities);
	output_size(out, "max_size", all ? "Largest image" : NULL,
		    info->max_size);
	output_size(out, "size_multiple",
		    all && info->size_multiple > 1 ? "In multiples of" : NULL,
		    info->size_multiple);
	output_number(out, "max_ranges", NULL, info->max_ranges);
	output_size(out, "leaked", info->leaked ? "Leaked memory" : NULL,
		    info->leaked);
}

static void print_device(struct output *out, const struct device *device,
			 bool all)
{
	const struct vmfwupdate_info *info = &device->info;

	output_string(out, "device", all ? "Device" : NULL, device->path);
	output_number(out, "abi_version", NULL, info->abi_version);
	output_string(out, "interface", "Interface",
		      device_interface_word(info->interface));
	print_properties(out, info->properties, all);
	print_start(out, info, all);
	output_string(out, "state", "State", device_state_word(info->state));
	print_outlook(out, info, all);
	print_isolation(out, info->isolation, all);
	print_limits(out, info, all);
	if (info->image_size)
		print_image(out, info, all);
}

/* Print the action that auto would take now. */
static void print_plan(struct output *out, const struct flow *flow)
{
	struct decision decision = decide(&flow->facts);
	char words[160];

	if (decision.attempt)
		snprintf(words, sizeof(words), "would make an attempt: no evidence that the image is running");
	else
		snprintf(words, sizeof(words), "would make no attempt: %s",
			 reason_text(decision.reason));
	output_string(out, NULL, "auto", words);
	print_decision(out, &decision);
}

/* Print the configured image, and the evidence that it is running. */
static void print_configured(struct output *out, struct messages *messages,
			     struct flow *flow, bool all)
{
	flow_look(flow, messages);
	if (!flow_is_idle(flow)) {
		print_wanted(out, flow, all);
		print_evidence(out, "Wanted firmware", &flow->evidence);
		if (flow->has_record)
			print_record(out, flow, all);
	}
	print_plan(out, flow);
}

/*
 * Print the running firmware, then the configured image and the evidence for it.
 * If the tool may not open the device, print only the running firmware: the tool
 * may be unable to read the image, too.
 */
static void print_firmwares(struct output *out, const struct options *options,
			    int device_code)
{
	const struct flow_options flow_options = {
		.root = options->root,
		.device = options->device,
	};
	bool all = options_given(options, OPTION_STATUS_ALL);
	struct messages kept;
	struct flow flow;
	int code;

	code = flow_begin(&flow, out->messages, &flow_options);
	print_firmware(out, "firmware", "Firmware", &flow.firmware);
	/* The flow would report a second time that the tool cannot open the device. */
	messages_keep(&kept);
	if (!code && device_code != VMFW_EXIT_SYSTEM)
		print_configured(out, device_code ? &kept : out->messages,
				 &flow, all);
	messages_free(&kept);
	flow_end(&flow);
}

/* Print the attributes in sysfs, for users who may not open the device. */
static void print_attributes(struct output *out)
{
	static const struct {
		const char *name;
		const char *label;
	} attributes[] = {
		{ "interface", "Interface" },
		{ "properties", "Properties" },
		{ "start", "Started from" },
		{ "state", "State" },
		{ "held", "The VMM holds" },
		{ "formats", "Formats" },
		{ "image_size", "Image size" },
	};
	char words[128];
	size_t i;

	output_object(out, "sysfs");
	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		if (!device_attribute(attributes[i].name, words, sizeof(words)))
			output_string(out, attributes[i].name,
				      attributes[i].label, words);
	output_end(out);
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct device device = { .fd = -1 };
	int code = VMFW_EXIT_OK;
	bool looks;

	(void)operands;
	/* Another root has no relation to the interface of this machine. */
	looks = options->device || !options->root;
	if (looks)
		code = device_open(&device, out->messages, options->device);
	print_firmwares(out, options, code);
	if (!code && looks)
		print_device(out, &device,
			     options_given(options, OPTION_STATUS_ALL));
	else if (code == VMFW_EXIT_SYSTEM && !options->device)
		print_attributes(out);
	device_close(&device);
	return code;
}

const struct verb verb_status = {
	.name = "status",
	.summary = "show the firmware, and the effect of the next reset",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_STATUS_ALL, OPTION_DEVICE,
			   OPTION_ROOT),
	.codes = CODES_COMMON | CODE(DEVICE),
	.help =
	"status shows:\n"
	"- the running firmware, by its own name;\n"
	"- the configured image, and the evidence that it is running;\n"
	"- the last attempt, and the action that auto would take now;\n"
	"- the staged image, and the effect of the next reset.\n"
	"It changes nothing. The exit status is 5 if there is no device. It is 1 if\n"
	"status cannot open the device: then it shows only the running firmware and\n"
	"values in sysfs.\n\n"
	"--all adds the properties of the interface:\n"
	"- trial: the guest can withdraw an offer;\n"
	"- copies: the VMM copies an image;\n"
	"- persists: an image applies to every later reset, too;\n"
	"- restore: the guest can ask for the host's image;\n"
	"- once: the guest can limit an image to one reset;\n"
	"- opaque: an area of the VMM survives an update;\n"
	"- disable-stays: disable outlives a reset.\n",
	.run = run,
};
