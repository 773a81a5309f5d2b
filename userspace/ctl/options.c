// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Options: one table, from which they are parsed and explained.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/spelling.h"
#include "ctl/ctl.h"
#include "guest/vmm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
/* A VP index has 16 bits. */
#define MAX_VCPUS	65536

static const char *const progress_words[] = {
	[PROGRESS_AUTO] = "auto",
	[PROGRESS_ALWAYS] = "always",
	[PROGRESS_NEVER] = "never",
};

/* The platforms that a flat firmware is wrapped for. */
static const unsigned int wrap_platforms[] = {
	VMFW_IGVM_NATIVE, VMFW_IGVM_SEV_SNP, VMFW_IGVM_SEV_ES, VMFW_IGVM_TDX,
};

static const char *progress_word(size_t i)
{
	return i < ARRAY_SIZE(progress_words) ? progress_words[i] : NULL;
}

static const char *platform_word(size_t i)
{
	return vmfw_igvm_platform_word(i);
}

static const char *wrap_platform_word(size_t i)
{
	return i < ARRAY_SIZE(wrap_platforms) ?
	       vmfw_igvm_platform_word(wrap_platforms[i]) : NULL;
}

/* In the order of the help. */
static const struct {
	option_bits bit;
	char letter;		/* 0: none */
	const char *name;
	const char *argument;	/* NULL: none */
	const char *help;
} table[] = {
	{ OPTION_OUTPUT, 'o', "output", "FILE",
	  "write to FILE; - is standard output" },
	{ OPTION_PARTS, 0, "kernel", "FILE",
	  "a kernel: a program for UEFI, as a UKI is" },
	{ OPTION_PARTS, 0, "shim", "FILE",
	  "what verifies and starts the kernel" },
	{ OPTION_PARTS, 0, "pk", "FILE",
	  "Secure Boot's platform key" },
	{ OPTION_PARTS, 0, "kek", "FILE",
	  "keys that may change its databases" },
	{ OPTION_PARTS, 0, "db", "FILE",
	  "what Secure Boot lets run" },
	{ OPTION_PARTS, 0, "dbx", "FILE",
	  "what Secure Boot never lets run" },
	{ OPTION_PARTS, 0, "db-hash", "FILE",
	  "let this program run, by its digest" },
	{ OPTION_FROM_RUNNING, 0, "from-running", NULL,
	  "take this machine's own databases" },
	{ OPTION_ID_BLOCK, 0, "id-block", NULL,
	  "allow the launch digest alone, on SEV-SNP" },
	{ OPTION_SIGN, 0, "sign", "KEY",
	  "sign that with a private key" },
	{ OPTION_ALL, 0, "all", NULL,
	  "show each header with all its fields" },
	{ OPTION_MAP, 0, "map", NULL,
	  "draw guest physical memory" },
	{ OPTION_PAGE, 0, "page", "GPA",
	  "dump the page at a guest physical address" },
	{ OPTION_ROM, 0, "rom", NULL,
	  "extract the flat firmware, see --output" },
	{ OPTION_FWID, 0, "fwid", "NAME",
	  "the firmware of that name in a UKI" },
	{ OPTION_CHIDS, 0, "chids", NULL,
	  "show what firmware for some machines knows this one by" },
	{ OPTION_FOR, 0, "for", "PLATFORM",
	  "native, vbs, snp, tdx, sev, sev-es or cca" },
	{ OPTION_FOR_LIST, 0, "for", "LIST",
	  "native, snp, sev-es, tdx, or some of them" },
	{ OPTION_POLICY, 0, "policy", "NUMBER",
	  "what guests on SEV-SNP may be" },
	{ OPTION_VMM, 0, "vmm", "VMM",
	  "qemu, generic (the format's text) or native-zero" },
	{ OPTION_MEMORY, 0, "memory", "SIZE",
	  "of the machine to check for, such as 1G" },
	{ OPTION_STRICT, 0, "strict", NULL,
	  "treat warnings as errors" },
	{ OPTION_VCPUS, 0, "vcpus", "NUMBER",
	  "processors of the machine" },
	{ OPTION_CPU_SIGNATURE, 0, "cpu-signature", "EAX",
	  "of CPUID leaf 1, which registers hold" },
	{ OPTION_CPU_SIGNATURE, 0, "vcpu-type", "CPU",
	  "the same, by QEMU's name, such as EPYC-Milan" },
	{ OPTION_REGISTERS, 0, "registers", NULL,
	  "the registers of a reset, for plain guests as well" },
	{ OPTION_BASE64, 0, "base64", NULL,
	  "print the digest in base64" },
	{ OPTION_TRACE, 0, "trace", NULL,
	  "tell every step on standard error" },
	{ OPTION_WHEN, 0, "arm-now", NULL,
	  "let any reset apply the image, even a crash" },
	{ OPTION_WHEN, 0, "at-reboot", NULL,
	  "let an orderly reboot alone apply the image" },
	{ OPTION_WHEN, 0, "once", NULL,
	  "apply the image to one orderly reboot alone" },
	{ OPTION_REBOOT, 0, "reboot", NULL,
	  "reset the machine once the image is staged" },
	{ OPTION_EXPLAIN, 0, "explain", NULL,
	  "tell what would be done and why, change nothing" },
	{ OPTION_CLEAR, 0, "clear", NULL,
	  "forget all attempts" },
	{ OPTION_DRY_RUN, 'n', "dry-run", NULL,
	  "check everything, change nothing" },
	{ OPTION_FORCE, 0, "force", "WHAT", "override one check; see below" },
	{ OPTION_PROGRESS, 0, "progress", "WHEN",
	  "auto (on terminals, the default), always or never" },
	{ OPTION_DISK, 0, "disk", "DISK",
	  "if not the disk of the EFI system partition" },
	{ OPTION_DEVICE, 0, "device", "PATH",
	  "the device, if not /dev/vmfwupdate" },
	{ OPTION_ROOT, 0, "root", "DIRECTORY",
	  "look at the system below it" },
	{ OPTION_JSON, 'j', "json", NULL, "one JSON object as output" },
	{ OPTION_QUIET, 'q', "quiet", NULL, "warnings and errors only" },
	{ OPTION_COLOR, 0, "color", "WHEN",
	  "auto (on terminals, the default), always or never" },
	{ OPTION_HELP, 'h', "help", NULL, "display this help" },
	{ OPTION_VERSION, 'V', "version", NULL, "display the version" },
};

/* Options that take one of some words: value() has them, one after the other. */
static const struct {
	option_bits bit;
	const char *name;
	const char *(*value)(size_t i);
} values[] = {
	{ OPTION_FOR, "for", platform_word },
	{ OPTION_FOR_LIST, "for", wrap_platform_word },
	{ OPTION_VMM, "vmm", vmm_word_nr },
	{ OPTION_CPU_SIGNATURE, "vcpu-type", cpu_model },
	{ OPTION_PROGRESS, "progress", progress_word },
	{ OPTION_COLOR, "color", progress_word },
};

static const struct {
	enum force_bit bit;
	const char *word;
	const char *help;
} forces[] = {
	{ FORCE_OVERWRITE, "overwrite", "replace a file that exists" },
	{ FORCE_KEXEC, "kexec",
	  "unload a kernel that is loaded for kexec, then reset" },
	{ FORCE_SOFT_REBOOT, "soft-reboot",
	  "reset although a soft reboot is prepared" },
	{ FORCE_VMM, "vmm",
	  "stage what QEMU cannot load: the reset may end this VM" },
};

static int try_help(struct output *out, const struct verb *verb)
{
	message_note(out->messages, "try '%s%s%s --help'", PROGRAM,
		     verb ? " " : "", verb ? verb->name : "");
	return VMFW_EXIT_USAGE;
}

static int parse_force(struct options *options, struct output *out,
		       unsigned int force, const char *word)
{
	struct spelling spelling = spelling_begin(word, strlen(word));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forces); i++) {
		if (!(forces[i].bit & force) || strcmp(word, forces[i].word))
			continue;
		options->force |= forces[i].bit;
		return VMFW_EXIT_OK;
	}
	message_error(out->messages, "--force=%s: nothing of that name can be overridden",
		      word);
	for (i = 0; i < ARRAY_SIZE(forces); i++)
		if (forces[i].bit & force)
			spelling_try(&spelling, forces[i].word);
	if (spelling.nearest)
		message_note(out->messages, "did you mean '--force=%s'?",
			     spelling.nearest);
	return VMFW_EXIT_USAGE;
}

/* Of the words that an option takes. */
static void suggest_value(struct output *out, option_bits bit,
			  const char *word, size_t len)
{
	struct spelling spelling = spelling_begin(word, len);
	const char *value;
	size_t i = 0, n;

	while (values[i].bit != bit)
		i++;
	for (n = 0; (value = values[i].value(n)); n++)
		spelling_try(&spelling, value);
	if (spelling.nearest)
		message_note(out->messages, "did you mean '--%s=%s'?",
			     values[i].name, spelling.nearest);
}

static int parse_when(struct output *out, option_bits bit, const char *name,
		      const char *word, enum progress_when *when)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(progress_words); i++) {
		if (strcmp(word, progress_words[i]))
			continue;
		*when = i;
		return VMFW_EXIT_OK;
	}
	message_error(out->messages, "--%s=%s: auto, always or never", name, word);
	suggest_value(out, bit, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

/* For terminals it is decided already. */
static int take_color(struct output *out, const char *word)
{
	enum progress_when when;
	int code = parse_when(out, OPTION_COLOR, "color", word, &when);

	if (!code && when != PROGRESS_AUTO)
		output_set_color(out, when == PROGRESS_ALWAYS);
	return code;
}

static bool same_name(const char *word, size_t len, const char *name)
{
	size_t i;

	if (strlen(name) != len)
		return false;
	for (i = 0; i < len; i++)
		if (tolower((unsigned char)word[i]) !=
			    tolower((unsigned char)name[i]) &&
		    !(word[i] == '-' && name[i] == '_'))
			return false;
	return true;
}

/* As options, as JSON and as the vendors write it: snp, SEV_SNP, SEV-SNP. */
static bool names_platform(const char *word, size_t len, unsigned int type)
{
	return same_name(word, len, vmfw_igvm_platform_word(type)) ||
	       same_name(word, len, vmfw_igvm_platform_name(type));
}

static int parse_platform(struct options *options, struct output *out,
			  const char *word)
{
	unsigned int i;

	for (i = 0; vmfw_igvm_platform_word(i); i++) {
		if (!names_platform(word, strlen(word), i))
			continue;
		options->platform = i;
		return VMFW_EXIT_OK;
	}
	message_error(out->messages, "--for=%s: native, vbs, snp, tdx, sev, sev-es or cca",
		      word);
	suggest_value(out, OPTION_FOR, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

static int parse_platforms(struct options *options, struct output *out,
			   const char *list)
{
	const char *word = list;
	size_t i, len;

	options->platforms = 0;
	for (;; word += len + 1) {
		len = strcspn(word, ",");
		for (i = 0; i < ARRAY_SIZE(wrap_platforms); i++)
			if (names_platform(word, len, wrap_platforms[i]))
				break;
		if (i == ARRAY_SIZE(wrap_platforms)) {
			message_error(out->messages, "--for=%s: native, snp, sev-es and tdx, commas between them",
				      list);
			suggest_value(out, OPTION_FOR_LIST, word, len);
			return VMFW_EXIT_USAGE;
		}
		options->platforms |= 1u << wrap_platforms[i];
		if (!word[len])
			return VMFW_EXIT_OK;
	}
}

static int parse_vmm(struct options *options, struct output *out,
		     const char *word)
{
	if (vmm_parse(&options->vmm, word))
		return VMFW_EXIT_OK;
	message_error(out->messages, "--vmm=%s: " VMM_WORDS, word);
	suggest_value(out, OPTION_VMM, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

/* Options that name parts; a database may have several files. */
static const struct {
	const char *name;
	unsigned int type;
	bool digest;
} parts[] = {
	{ "kernel", VMFW_IGVM_PART_KERNEL, false },
	{ "shim", VMFW_IGVM_PART_SHIM, false },
	{ "pk", VMFW_IGVM_PART_PK, false },
	{ "kek", VMFW_IGVM_PART_KEK, false },
	{ "db", VMFW_IGVM_PART_DB, false },
	{ "dbx", VMFW_IGVM_PART_DBX, false },
	{ "db-hash", VMFW_IGVM_PART_DB, true },
};

static bool only_one(unsigned int type)
{
	return type == VMFW_IGVM_PART_KERNEL || type == VMFW_IGVM_PART_SHIM ||
	       type == VMFW_IGVM_PART_PK;
}

static int take_part(struct options *options, struct output *out,
		     const char *name, const char *path)
{
	struct compose_request *compose = &options->compose;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(parts) - 1; i++)
		if (!strcmp(parts[i].name, name))
			break;
	for (k = 0; only_one(parts[i].type) && k < compose->nr_files; k++) {
		if (compose->files[k].type != parts[i].type)
			continue;
		message_error(out->messages, "--%s: there can be only one", name);
		return VMFW_EXIT_USAGE;
	}
	if (compose->nr_files == REQUEST_MAX_FILES) {
		message_error(out->messages, "--%s=%s: there can be %d parts at most",
			      name, path, REQUEST_MAX_FILES);
		return VMFW_EXIT_USAGE;
	}
	compose->files[compose->nr_files++] = (struct requested_file) {
		.type = parts[i].type,
		.path = path,
		.digest = parts[i].digest,
	};
	return VMFW_EXIT_OK;
}

/* --once is at the reboot as well. */
static int take_when(struct options *options, struct output *out,
		     const char *name)
{
	enum staging_when when = !strcmp(name, "once") ? STAGING_ONCE :
				 !strcmp(name, "at-reboot") ?
				 STAGING_AT_REBOOT : STAGING_ARM_NOW;
	enum staging_when before = options->when;

	if (before != STAGING_DEFAULT &&
	    (before == STAGING_ARM_NOW) != (when == STAGING_ARM_NOW)) {
		message_error(out->messages, "--arm-now hands the image over at once: it does not go with --at-reboot or --once");
		return VMFW_EXIT_USAGE;
	}
	if (before != STAGING_ONCE)
		options->when = when;
	return VMFW_EXIT_OK;
}

static int parse_number(struct output *out, const char *name, const char *word,
			uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 0);
	if (!isdigit((unsigned char)word[0]) || *end || errno ||
	    value < min || value > max) {
		message_error(out->messages, "--%s=%s: a number from %" PRIu64 " to 0x%" PRIx64,
			      name, word, min, max);
		return VMFW_EXIT_USAGE;
	}
	*number = value;
	return VMFW_EXIT_OK;
}

static int take_signature(struct options *options, struct output *out,
			  const char *name, const char *word)
{
	uint64_t number;
	int code;

	if (!strcmp(name, "vcpu-type")) {
		code = cpu_parse(out, word, &options->cpu_signature);
		if (code)
			suggest_value(out, OPTION_CPU_SIGNATURE, word, strlen(word));
		return code;
	}
	code = parse_number(out, name, word, 0, UINT32_MAX, &number);
	if (!code)
		options->cpu_signature = number;
	return code;
}

/* The option that getopt_long() found. */
static int take(struct options *options, struct output *out,
		unsigned int force, size_t i)
{
	uint64_t number;
	int code;

	options->given |= table[i].bit;
	switch (table[i].bit) {
	case OPTION_OUTPUT:
		options->output = optarg;
		return VMFW_EXIT_OK;
	case OPTION_DEVICE:
		options->device = optarg;
		return VMFW_EXIT_OK;
	case OPTION_DISK:
		options->disk = optarg;
		return VMFW_EXIT_OK;
	case OPTION_ROOT:
		options->root = optarg;
		return VMFW_EXIT_OK;
	case OPTION_SIGN:
		options->compose.key = optarg;
		return VMFW_EXIT_OK;
	case OPTION_PARTS:
		return take_part(options, out, table[i].name, optarg);
	case OPTION_FWID:
		options->fwid = optarg;
		return VMFW_EXIT_OK;
	case OPTION_WHEN:
		return take_when(options, out, table[i].name);
	case OPTION_FORCE:
		return parse_force(options, out, force, optarg);
	case OPTION_PROGRESS:
		return parse_when(out, OPTION_PROGRESS, "progress", optarg,
				  &options->progress);
	case OPTION_COLOR:
		return take_color(out, optarg);
	case OPTION_FOR:
		return parse_platform(options, out, optarg);
	case OPTION_FOR_LIST:
		return parse_platforms(options, out, optarg);
	case OPTION_POLICY:
		return parse_number(out, "policy", optarg, 0, UINT64_MAX,
				    &options->policy);
	case OPTION_VMM:
		return parse_vmm(options, out, optarg);
	case OPTION_VCPUS:
		code = parse_number(out, "vcpus", optarg, 1, MAX_VCPUS,
				    &number);
		if (!code)
			options->vcpus = number;
		return code;
	case OPTION_CPU_SIGNATURE:
		return take_signature(options, out, table[i].name, optarg);
	case OPTION_MEMORY:
		return memory_parse(out, optarg, options->memory,
				    &options->nr_memory);
	case OPTION_PAGE:
		return parse_number(out, "page", optarg, 0, UINT64_MAX,
				    &options->page);
	case OPTION_QUIET:
		out->messages->quiet = true;
		return VMFW_EXIT_OK;
	default:
		return VMFW_EXIT_OK;
	}
}

static size_t find_option(option_bits allowed, int found, int long_index,
			  const struct option *longs)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		if (found ? table[i].letter == found :
			    !strcmp(table[i].name, longs[long_index].name))
			break;
	}
	return i;
}

/* Of the names that are options here. */
static void suggest_option(struct output *out, option_bits allowed,
			   const char *word)
{
	struct spelling spelling = spelling_begin(word, strcspn(word, "="));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].bit & allowed)
			spelling_try(&spelling, table[i].name);
	if (spelling.nearest)
		message_note(out->messages, "did you mean '--%s'?", spelling.nearest);
}

/* Which argument getopt_long() did not like. */
static int say_unknown(struct output *out, int found,
		       const struct verb *verb, char **argv)
{
	const char *word = argv[optind - 1];

	if (found == ':') {
		message_error(out->messages, "%s: this option needs an argument", word);
	} else if (optopt && strncmp(word, "--", 2)) {
		message_error(out->messages, "-%c: there is no such option here",
			      optopt);
	} else if (optopt) {
		message_error(out->messages, "%s: this option takes no argument", word);
	} else {
		message_error(out->messages, "%s: there is no such option here", word);
		suggest_option(out, verb ? verb->options : OPTIONS_GLOBAL,
			       word + 2);
	}
	return try_help(out, verb);
}

/**
 * options_parse() - read options
 * @options: receives them, on top of what it holds
 * @out: for errors; learns that the user wants it quiet
 * @verb: whose options they are; NULL: they stand before a verb. Where a verb
 *	follows, parsing ends at the first word that is no option
 * @argc: arguments
 * @argv: arguments, reordered; optind tells where the operands start
 *
 * Return: an exit code.
 */
int options_parse(struct options *options, struct output *out,
		  const struct verb *verb, int argc, char **argv)
{
	option_bits allowed = verb ? verb->options : OPTIONS_GLOBAL;
	struct option longs[ARRAY_SIZE(table) + 1] = { 0 };
	char shorts[2 * ARRAY_SIZE(table) + 3];
	size_t i, nr = 0, s = 0;
	int code, found, index = 0;

	if (!verb || verb->verbs)
		shorts[s++] = '+';
	shorts[s++] = ':';
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		longs[nr].name = table[i].name;
		longs[nr].has_arg = table[i].argument ? required_argument :
							no_argument;
		longs[nr++].val = table[i].letter;
		if (table[i].letter) {
			shorts[s++] = table[i].letter;
			if (table[i].argument)
				shorts[s++] = ':';
		}
	}
	shorts[s] = '\0';

	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		if (found == '?' || found == ':')
			return say_unknown(out, found, verb, argv);
		i = find_option(allowed, found, index, longs);
		code = take(options, out, verb ? verb->force : 0, i);
		if (code)
			return code;
	}
	if (out->messages->quiet)
		options->progress = PROGRESS_NEVER;
	return VMFW_EXIT_OK;
}

/**
 * options_list() - explain options, as part of the help
 * @out: receives the lines
 * @allowed: bits of options
 * @force: bits of words of --force
 */
void options_list(struct output *out, option_bits allowed, unsigned int force)
{
	char left[40], line[160];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
			 table[i].letter ? '-' : ' ',
			 table[i].letter ? table[i].letter : ' ',
			 table[i].letter ? ", " : "  ", table[i].name,
			 table[i].argument ? "=" : "",
			 table[i].argument ? table[i].argument : "");
		snprintf(line, sizeof(line), " %-23s %s\n", left,
			 table[i].help);
		output_raw(out, line);
	}
	if (!force)
		return;
	output_raw(out, "\nWhat can be forced:\n");
	for (i = 0; i < ARRAY_SIZE(forces); i++) {
		if (!(forces[i].bit & force))
			continue;
		snprintf(line, sizeof(line), "     %-19s %s\n",
			 forces[i].word, forces[i].help);
		output_raw(out, line);
	}
}

static void tell_words(struct output *out, size_t option, unsigned int force)
{
	const char *value;
	size_t i, n;

	output_array(out, "values");
	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].bit == table[option].bit)
			for (n = 0; (value = values[i].value(n)); n++)
				output_string(out, NULL, NULL, value);
	for (i = 0; i < ARRAY_SIZE(forces); i++)
		if (table[option].bit == OPTION_FORCE && forces[i].bit & force)
			output_string(out, NULL, NULL, forces[i].word);
	output_end(out);
}

static bool takes_words(size_t option)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].bit == table[option].bit &&
		    !strcmp(values[i].name, table[option].name))
			return true;
	return table[option].bit == OPTION_FORCE;
}

/**
 * options_tell() - tell options; for JSON
 * @out: the output
 * @allowed: bits of options
 * @force: bits of words of --force
 */
void options_tell(struct output *out, option_bits allowed, unsigned int force)
{
	char letter[] = "?";
	size_t i;

	output_array(out, "options");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		output_object(out, NULL);
		output_string(out, "name", NULL, table[i].name);
		letter[0] = table[i].letter;
		if (letter[0])
			output_string(out, "letter", NULL, letter);
		if (table[i].argument)
			output_string(out, "argument", NULL, table[i].argument);
		output_string(out, "summary", NULL, table[i].help);
		if (takes_words(i))
			tell_words(out, i, force);
		output_end(out);
	}
	output_end(out);
}

/**
 * options_find() - look an option up
 * @allowed: bits of options
 * @word: --name, --name=value, or a letter behind a dash
 *
 * Return: its number, or -1. Of several letters the last one counts.
 */
int options_find(option_bits allowed, const char *word)
{
	const char *name = word + 2;
	size_t i, len = strcspn(name, "=");

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		if (word[1] != '-' ?
		    word[strlen(word) - 1] == table[i].letter :
		    !strncmp(table[i].name, name, len) && !table[i].name[len])
			return i;
	}
	return -1;
}

/**
 * options_bit() - the bit of an option
 * @option: its number
 */
option_bits options_bit(int option)
{
	return table[option].bit;
}

/**
 * options_argument() - whether an option has an argument
 * @option: its number
 */
bool options_argument(int option)
{
	return table[option].argument;
}

/**
 * options_offer() - print options that begin with a word
 * @out: the output
 * @allowed: bits of options
 * @word: what is there already
 */
void options_offer(struct output *out, option_bits allowed, const char *word)
{
	char name[40];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].bit & allowed))
			continue;
		snprintf(name, sizeof(name), "--%s%s", table[i].name,
			 table[i].argument ? "=" : "");
		complete_offer(out, word, name, table[i].help);
	}
}

/* A list may go on behind its last comma, with what it does not have yet. */
static void offer_list(struct output *out, const char *value, const char *word)
{
	const char *last = strrchr(word, ','), *one;
	int len = last ? last + 1 - word : 0;
	char candidate[160];

	for (one = word; last && one < last; one += strcspn(one, ",") + 1)
		if (same_name(one, strcspn(one, ","), value))
			return;
	snprintf(candidate, sizeof(candidate), "%.*s%s", len, word, value);
	complete_offer(out, word, candidate, "");
}

/**
 * options_offer_values() - print values of an option that begin with a word
 * @out: the output
 * @option: number of the option
 * @force: bits of words of --force
 * @word: what is there already
 */
void options_offer_values(struct output *out, int option, unsigned int force,
			  const char *word)
{
	const char *value;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		if (values[i].bit != table[option].bit ||
		    strcmp(values[i].name, table[option].name))
			continue;
		for (n = 0; (value = values[i].value(n)); n++)
			if (values[i].bit == OPTION_FOR_LIST)
				offer_list(out, value, word);
			else
				complete_offer(out, word, value, "");
	}
	for (i = 0; i < ARRAY_SIZE(forces); i++)
		if (table[option].bit == OPTION_FORCE && forces[i].bit & force)
			complete_offer(out, word, forces[i].word,
				       forces[i].help);
}
