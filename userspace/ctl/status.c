// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * status: what the VMM offers, and what is staged.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/exit.h"
#include "base/sha256.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"

#define NS_PER_S	1000000000ull

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

	snprintf(buf, len, "none that is known here");
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (bits & formats[i].bit)
			used += snprintf(buf + used, len - used, "%s%s",
					 used ? ", " : "", formats[i].name);
	return buf;
}

static void tell_formats(struct output *out, __u32 bits)
{
	char names[64];
	size_t i;

	output_string(out, NULL, "Formats",
		      format_names(bits, names, sizeof(names)));
	output_array(out, "formats");
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (bits & formats[i].bit)
			output_string(out, NULL, NULL, formats[i].word);
	output_end(out);
}

/* When it was committed, on the clock that the kernel stamped it with. */
static void tell_commit_time(struct output *out, __u64 commit_time)
{
	struct timespec now;
	uint64_t ns, ago = 0;
	char words[64];

	output_number(out, "commit_time_ns", NULL, commit_time);
	if (clock_gettime(CLOCK_BOOTTIME, &now))
		return;
	ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	if (ns > commit_time)
		ago = (ns - commit_time) / NS_PER_S;
	output_number(out, "seconds_ago", NULL, ago);
	snprintf(words, sizeof(words), "%" PRIu64 " s ago", ago);
	output_string(out, NULL, "Committed", words);
}

static void tell_image_format(struct output *out, __u32 format)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (format == formats[i].bit)
			output_string(out, "format", NULL, formats[i].word);
}

static void tell_image(struct output *out, const struct vmfwupdate_info *info)
{
	char words[DIGEST_WORDS];

	output_object(out, "image");
	output_size(out, "size", "Image size", info->image_size);
	output_size(out, "written", NULL, info->image_written);
	output_hex(out, "address", info->image_addr ? "Image address" : NULL,
		   info->image_addr);
	if (info->commit_time) {
		tell_image_format(out, info->image_format);
		output_string(out, NULL, "Image format",
			      format_names(info->image_format, words,
					   sizeof(words)));
		output_string(out, "sha256", "Image SHA-256",
			      digest_words(words, info->tag));
		tell_commit_time(out, info->commit_time);
	}
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
		return "unknown: an earlier system may have left an image";
	}
}

static void tell_properties(struct output *out, __u32 properties)
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
	output_string(out, NULL, "Properties", words);
}

/* What the host has started the machine from decides whether it takes images. */
static void tell_start(struct output *out, const struct vmfwupdate_info *info)
{
	output_string(out, "start", NULL, device_start_word(info->start));
	output_bool(out, "takes_images", NULL, device_takes_images(info));
	if (info->start == VMFWUPDATE_START_IGVM)
		output_string(out, NULL, "Started from", "an IGVM file");
	else if (info->start == VMFWUPDATE_START_OTHER)
		output_string(out, NULL, "Started from",
			      "no IGVM file, so the VMM takes no image");
}

static void tell_outlook(struct output *out, const struct vmfwupdate_info *info)
{
	output_string(out, NULL, "The VMM holds", held_words(info));
	output_string(out, NULL, "Any reset",
		      device_reset_words(info, device_any_reset(info)));
	output_string(out, NULL, "Orderly reboot",
		      device_reset_words(info, device_orderly_reboot(info)));
	tell_resets(out, info);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		output_string(out, "disabled_until", "Switched off",
			      device_disabled_words(info));
}

/* In JSON by the words of platforms, where it is one. */
static void tell_isolation(struct output *out, __u32 isolation)
{
	static const unsigned int platforms[] = {
		[VMFWUPDATE_ISOLATION_SEV] = VMFW_IGVM_SEV,
		[VMFWUPDATE_ISOLATION_SEV_ES] = VMFW_IGVM_SEV_ES,
		[VMFWUPDATE_ISOLATION_SEV_SNP] = VMFW_IGVM_SEV_SNP,
		[VMFWUPDATE_ISOLATION_TDX] = VMFW_IGVM_TDX,
	};
	const char *word = device_isolation_word(isolation);

	output_string(out, NULL, "Isolation", word);
	if (isolation < sizeof(platforms) / sizeof(platforms[0]) &&
	    platforms[isolation])
		word = vmfw_igvm_platform_word(platforms[isolation]);
	output_string(out, "isolation", NULL, word);
}

static void tell(struct output *out, const struct device *device)
{
	const struct vmfwupdate_info *info = &device->info;

	output_string(out, "device", "Device", device->path);
	output_number(out, "abi_version", NULL, info->abi_version);
	output_string(out, "interface", "Interface",
		      device_interface_word(info->interface));
	tell_properties(out, info->properties);
	tell_start(out, info);
	output_string(out, "state", "State", device_state_word(info->state));
	tell_outlook(out, info);
	tell_isolation(out, info->isolation);
	tell_formats(out, info->formats);
	output_hex(out, "vmm_capabilities", "VMM capabilities",
		   info->vmm_capabilities);
	output_size(out, "max_size", "Largest image", info->max_size);
	output_size(out, "size_multiple",
		    info->size_multiple > 1 ? "In multiples of" : NULL,
		    info->size_multiple);
	output_number(out, "max_ranges", NULL, info->max_ranges);
	output_size(out, "leaked", info->leaked ? "Leaked memory" : NULL,
		    info->leaked);
	if (info->image_size)
		tell_image(out, info);
}

/* Where vmfwupdate.conf(5) wants an image: is it running? */
static void tell_wanted(struct output *out, const struct options *options)
{
	const struct flow_options flow_options = { .device = options->device };
	struct flow flow;
	char words[64];

	if (!flow_begin(&flow, out->messages, &flow_options) &&
	    flow.facts.configured) {
		flow_open_device(&flow, out->messages);
		flow_open_image(&flow, out->messages);
		flow_open_record(&flow, out->messages);
		flow_find_evidence(&flow, out->messages);
		snprintf(words, sizeof(words), "%s (%s)",
			 verdict_word(flow.evidence.verdict),
			 rung_word(flow.evidence.rung));
		output_string(out, NULL, "Wanted firmware", words);
		output_object(out, "evidence");
		tell_evidence(out, &flow.evidence);
		output_end(out);
	}
	flow_end(&flow);
}

/* For who may not open the device: what sysfs shows to everybody. */
static void tell_attributes(struct output *out)
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
	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (!device_attribute(attributes[i].name, words, sizeof(words)))
			output_string(out, attributes[i].name,
				      attributes[i].label, words);
	output_end(out);
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct device device = { .fd = -1 };
	int code;

	(void)operands;
	code = device_open(&device, out->messages, options->device);
	if (!code) {
		tell(out, &device);
		tell_wanted(out, options);
	} else if (code == VMFW_EXIT_SYSTEM && !options->device) {
		tell_attributes(out);
	}
	device_close(&device);
	return code;
}

const struct verb verb_status = {
	.name = "status",
	.summary = "tell what the VMM offers, and what is staged",
	.options = OPTIONS_COMMON | OPTION_DEVICE,
	.codes = CODES_COMMON | CODE(DEVICE),
	.help =
	"Nothing is changed. The exit status is 5 if there is no device, and 1 if it\n"
	"cannot be opened: then it tells what sysfs shows to everybody.\n"
	"\n"
	"It tells what any reset and what an orderly reboot would bring, and what the\n"
	"interface can do: an offer can be withdrawn (trial); the VMM copies an image\n"
	"(copies); it applies at every later reset as well (persists); the host's image\n"
	"can be restored (restore); an image can be for one reset (once); an area\n"
	"survives an update (opaque); disable outlives a reset (disable-stays).\n",
	.run = run,
};
