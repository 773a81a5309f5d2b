// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of options, and the functions that take their values.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/spelling.h"
#include "ctl/ctl.h"
#include "guest/vmm.h"
#include "shared/macro.h"
#include "shared/text.h"

/* A VP index has 16 bits. */
#define MAX_VCPUS	65536

static const char *const progress_words[] = {
	[PROGRESS_AUTO] = "auto",
	[PROGRESS_ALWAYS] = "always",
	[PROGRESS_NEVER] = "never",
};

/* The platforms that wrap can add. */
static const unsigned int wrap_platforms[] = {
	VMFW_IGVM_NATIVE, VMFW_IGVM_SEV_SNP, VMFW_IGVM_SEV_ES, VMFW_IGVM_TDX,
};

static const char *progress_word(size_t i)
{
	return i < ARRAY_SIZE(progress_words) ? progress_words[i] : NULL;
}

/* VMMs that launch only flat firmware; they come after the other VMMs. */
static const struct {
	const char *word;
	enum vmfw_igvm_launcher launcher;
} launchers[] = {
	{ "ec2", VMFW_IGVM_LAUNCHER_EC2 },
	{ "gce", VMFW_IGVM_LAUNCHER_GCE },
};

static const char *flat_vmm_word(size_t i)
{
	size_t nr = 0;

	while (vmm_word_nr(nr))
		nr++;
	if (i < nr)
		return vmm_word_nr(i);
	return i - nr < ARRAY_SIZE(launchers) ? launchers[i - nr].word : NULL;
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

/* Suggest the nearest of the words that the option takes. */
static void suggest_word(const struct option_use *use, const char *word,
			 size_t len)
{
	struct spelling spelling = spelling_begin(word, len);
	const char *value;
	size_t i;

	for (i = 0; (value = use->spec->word(i)); i++)
		spelling_try(&spelling, value);
	if (spelling.nearest)
		message_note(use->out->messages, "did you mean '--%s=%s'?",
			     use->spec->name, spelling.nearest);
}

static int take_force(const struct option_use *use, const char *word)
{
	struct spelling spelling = spelling_begin(word, strlen(word));
	const struct force_spec *force;
	char *expected = NULL, *longer;

	for (force = force_table; force->word; force++) {
		if (!(force->bit & use->verb->force))
			continue;
		if (!strcmp(word, force->word)) {
			use->options->force |= force->bit;
			free(expected);
			return VMFW_EXIT_OK;
		}
		spelling_try(&spelling, force->word);
		if (asprintf(&longer, "%s%s%s", expected ? expected : "",
			     expected ? " or " : "", force->word) < 0)
			longer = NULL;
		free(expected);
		expected = longer;
	}
	message_error(use->out->messages, "--force=%s: invalid value; expected %s",
		      word, expected ? expected : "another word");
	free(expected);
	if (spelling.nearest)
		message_note(use->out->messages, "did you mean '--force=%s'?",
			     spelling.nearest);
	return VMFW_EXIT_USAGE;
}

static int parse_when(const struct option_use *use, const char *word,
		      enum progress_when *when)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(progress_words); i++) {
		if (strcmp(word, progress_words[i]))
			continue;
		*when = i;
		return VMFW_EXIT_OK;
	}
	message_error(use->out->messages, "--%s=%s: invalid value; expected auto, always or never",
		      use->spec->name, word);
	suggest_word(use, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

static int take_progress(const struct option_use *use, const char *word)
{
	return parse_when(use, word, &use->options->progress);
}

/* For --color=auto, output_begin() has already looked at the terminal. */
static int take_color(const struct option_use *use, const char *word)
{
	enum progress_when when;
	int code = parse_when(use, word, &when);

	if (!code && when != PROGRESS_AUTO)
		output_set_color(use->out, when == PROGRESS_ALWAYS);
	return code;
}

static int take_quiet(const struct option_use *use, const char *value)
{
	(void)value;
	use->out->messages->quiet = true;
	return VMFW_EXIT_OK;
}

/**
 * option_word_is() - compare a word with a name, ignoring case and the kind of
 *	dash
 * @word: start of the word
 * @len: its length
 * @name: the name, in either case, with _ where @word may have a dash
 */
bool option_word_is(const char *word, size_t len, const char *name)
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

/*
 * Does a word name a platform, as options, JSON or the vendors write it: snp,
 * SEV_SNP, SEV-SNP?
 */
static bool names_platform(const char *word, size_t len, unsigned int type)
{
	return option_word_is(word, len, vmfw_igvm_platform_word(type)) ||
	       option_word_is(word, len, vmfw_igvm_platform_name(type));
}

static int take_platform(const struct option_use *use, const char *word)
{
	unsigned int i;

	for (i = 0; vmfw_igvm_platform_word(i); i++) {
		if (!names_platform(word, strlen(word), i))
			continue;
		use->options->platform = i;
		return VMFW_EXIT_OK;
	}
	message_error(use->out->messages, "--for=%s: invalid value; expected native, vbs, snp, tdx, sev, sev-es or cca",
		      word);
	suggest_word(use, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

static int take_platforms(const struct option_use *use, const char *list)
{
	const char *word = list;
	size_t i, len;

	use->options->platforms = 0;
	for (;; word += len + 1) {
		len = strcspn(word, ",");
		for (i = 0; i < ARRAY_SIZE(wrap_platforms); i++)
			if (names_platform(word, len, wrap_platforms[i]))
				break;
		if (i == ARRAY_SIZE(wrap_platforms)) {
			message_error(use->out->messages, "--for=%s: invalid list; expected native, snp, sev-es or tdx, separated by commas",
				      list);
			suggest_word(use, word, len);
			return VMFW_EXIT_USAGE;
		}
		use->options->platforms |= 1u << wrap_platforms[i];
		if (!word[len])
			return VMFW_EXIT_OK;
	}
}

static int take_vmm(const struct option_use *use, const char *word)
{
	if (vmm_parse(&use->options->vmm, word))
		return VMFW_EXIT_OK;
	message_error(use->out->messages, "--vmm=%s: invalid value; expected " VMM_WORDS, word);
	suggest_word(use, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

static int take_flat_vmm(const struct option_use *use, const char *word)
{
	struct options *options = use->options;
	size_t i;

	options->launcher = VMFW_IGVM_LAUNCHER_KVM;
	if (vmm_parse(&options->vmm, word))
		return VMFW_EXIT_OK;
	options->vmm = VMFW_IGVM_VMM_QEMU;
	for (i = 0; i < ARRAY_SIZE(launchers); i++) {
		if (strcmp(word, launchers[i].word))
			continue;
		options->launcher = launchers[i].launcher;
		return VMFW_EXIT_OK;
	}
	message_error(use->out->messages, "--vmm=%s: invalid value; expected qemu, generic, native-zero, ec2 or gce",
		      word);
	suggest_word(use, word, strlen(word));
	return VMFW_EXIT_USAGE;
}

static int take_features(const struct option_use *use, const char *list)
{
	const char *wrong = guest_features_parse(list, &use->options->features);

	if (!wrong)
		return VMFW_EXIT_OK;
	message_error(use->out->messages, "--guest-features=%s: invalid value; expected a number, or names such as debug-swap, separated by commas",
		      list);
	suggest_word(use, wrong, strcspn(wrong, ","));
	return VMFW_EXIT_USAGE;
}

static int parse_digest(const struct option_use *use, const char *word,
			uint8_t *digest)
{
	if (text_unhex(digest, VMFW_IGVM_MAX_DIGEST, word))
		return VMFW_EXIT_OK;
	message_error(use->out->messages, "--%s=%s: invalid value; expected %d hexadecimal digits",
		      use->spec->name, word, 2 * VMFW_IGVM_MAX_DIGEST);
	return VMFW_EXIT_USAGE;
}

static int take_ovmf_hash(const struct option_use *use, const char *word)
{
	return parse_digest(use, word, use->options->ovmf_hash);
}

static int take_digest(const struct option_use *use, const char *word)
{
	return parse_digest(use, word, use->options->report.digest);
}

static int take_tcb(const struct option_use *use, const char *list)
{
	const char *wrong = tcb_parse(&use->options->report.least, list);

	if (!wrong)
		return VMFW_EXIT_OK;
	message_error(use->out->messages, "--min-tcb=%s: invalid list; expected bootloader, tee, snp, microcode or fmc, each at most once with a version, such as snp=8,microcode=115",
		      list);
	suggest_word(use, wrong, strcspn(wrong, "=,"));
	return VMFW_EXIT_USAGE;
}

static int take_certificate(const struct option_use *use, const char *path)
{
	struct report_options *report = &use->options->report;

	if (report->nr_certificates == MAX_CERTIFICATES) {
		message_error(use->out->messages, "--certificate=%s: too many files; expected at most %d",
			      path, MAX_CERTIFICATES);
		return VMFW_EXIT_USAGE;
	}
	report->certificates[report->nr_certificates++] = path;
	return VMFW_EXIT_OK;
}

static int allow_debug(const struct option_use *use, const char *value)
{
	(void)value;
	use->options->report.allowed.debug = true;
	return VMFW_EXIT_OK;
}

static int allow_migration(const struct option_use *use, const char *value)
{
	(void)value;
	use->options->report.allowed.migration = true;
	return VMFW_EXIT_OK;
}

/*
 * @type is an enum vmfw_igvm_part_type; for @digest see struct requested_file.
 */
static int add_part(const struct option_use *use, const char *path,
		    unsigned int type, bool digest)
{
	struct compose_request *compose = &use->options->compose;

	if (compose->nr_files == REQUEST_MAX_FILES) {
		message_error(use->out->messages, "--%s=%s: too many files; expected at most %d",
			      use->spec->name, path, REQUEST_MAX_FILES);
		return VMFW_EXIT_USAGE;
	}
	compose->files[compose->nr_files++] = (struct requested_file) {
		.type = type,
		.path = path,
		.digest = digest,
	};
	return VMFW_EXIT_OK;
}

/*
 * Take a part that an image has only once. Options for databases call
 * add_part() instead, because users may give several files for a database.
 */
static int add_only_part(const struct option_use *use, const char *path,
			 unsigned int type)
{
	const struct compose_request *compose = &use->options->compose;
	size_t i;

	for (i = 0; i < compose->nr_files; i++) {
		if (compose->files[i].type != type)
			continue;
		message_error(use->out->messages, "--%s: cannot give this option twice",
			      use->spec->name);
		return VMFW_EXIT_USAGE;
	}
	return add_part(use, path, type, false);
}

static int take_part_kernel(const struct option_use *use, const char *path)
{
	return add_only_part(use, path, VMFW_IGVM_PART_KERNEL);
}

static int take_part_shim(const struct option_use *use, const char *path)
{
	return add_only_part(use, path, VMFW_IGVM_PART_SHIM);
}

static int take_part_pk(const struct option_use *use, const char *path)
{
	return add_only_part(use, path, VMFW_IGVM_PART_PK);
}

static int take_part_kek(const struct option_use *use, const char *path)
{
	return add_part(use, path, VMFW_IGVM_PART_KEK, false);
}

static int take_part_db(const struct option_use *use, const char *path)
{
	return add_part(use, path, VMFW_IGVM_PART_DB, false);
}

static int take_part_dbx(const struct option_use *use, const char *path)
{
	return add_part(use, path, VMFW_IGVM_PART_DBX, false);
}

static int take_part_db_hash(const struct option_use *use, const char *path)
{
	return add_part(use, path, VMFW_IGVM_PART_DB, true);
}

static int set_when(const struct option_use *use, enum staging_when when)
{
	enum staging_when before = use->options->when;

	if (before != STAGING_DEFAULT &&
	    (before == STAGING_ARM_NOW) != (when == STAGING_ARM_NOW)) {
		message_error(use->out->messages, "--arm-now excludes --at-reboot and --once: it hands over the image at once");
		return VMFW_EXIT_USAGE;
	}
	/* --once includes --at-reboot: a later --at-reboot changes nothing. */
	if (before != STAGING_ONCE)
		use->options->when = when;
	return VMFW_EXIT_OK;
}

static int take_arm_now(const struct option_use *use, const char *value)
{
	(void)value;
	return set_when(use, STAGING_ARM_NOW);
}

static int take_at_reboot(const struct option_use *use, const char *value)
{
	(void)value;
	return set_when(use, STAGING_AT_REBOOT);
}

static int take_once(const struct option_use *use, const char *value)
{
	(void)value;
	return set_when(use, STAGING_ONCE);
}

static int parse_number(const struct option_use *use, const char *word,
			uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 0);
	if (!isdigit((unsigned char)word[0]) || *end || errno ||
	    value < min || value > max) {
		message_error(use->out->messages, "--%s=%s: invalid value; expected a number from %" PRIu64 " to 0x%" PRIx64,
			      use->spec->name, word, min, max);
		return VMFW_EXIT_USAGE;
	}
	*number = value;
	return VMFW_EXIT_OK;
}

static int take_policy(const struct option_use *use, const char *word)
{
	return parse_number(use, word, 0, UINT64_MAX, &use->options->policy);
}

static int take_page(const struct option_use *use, const char *word)
{
	return parse_number(use, word, 0, UINT64_MAX, &use->options->page);
}

static int take_vmpl(const struct option_use *use, const char *word)
{
	uint64_t number;
	int code = parse_number(use, word, 0, 3, &number);

	if (!code)
		use->options->report.allowed.vmpl = number;
	return code;
}

static int take_vcpus(const struct option_use *use, const char *word)
{
	uint64_t number;
	int code = parse_number(use, word, 1, MAX_VCPUS, &number);

	if (!code)
		use->options->vcpus = number;
	return code;
}

static int take_signature(const struct option_use *use, const char *word)
{
	uint64_t number;
	int code = parse_number(use, word, 0, UINT32_MAX, &number);

	if (!code)
		use->options->cpu_signature = number;
	return code;
}

static int take_vcpu_type(const struct option_use *use, const char *word)
{
	int code = cpu_parse(use->out, word, &use->options->cpu_signature);

	if (code)
		suggest_word(use, word, strlen(word));
	return code;
}

static int take_memory(const struct option_use *use, const char *word)
{
	struct options *options = use->options;

	return memory_parse(use->out, word, options->memory,
			    &options->nr_memory);
}

#define STRING(member)	offsetof(struct options, member)

const struct option_spec option_table[NR_OPTIONS] = {
	[OPTION_OUTPUT] = {
		.name = "output",
		.letter = 'o',
		.argument = "FILE",
		.help = "write to FILE (- is stdout); decompose: to a directory",
		.string = STRING(output),
	},
	[OPTION_PART_KERNEL] = {
		.name = "kernel",
		.argument = "FILE",
		.help = "add a kernel: a UEFI program, such as a UKI",
		.take = take_part_kernel,
	},
	[OPTION_PART_SHIM] = {
		.name = "shim",
		.argument = "FILE",
		.help = "add a program that verifies and starts the kernel",
		.take = take_part_shim,
	},
	[OPTION_PART_PK] = {
		.name = "pk",
		.argument = "FILE",
		.help = "add Secure Boot's platform key",
		.take = take_part_pk,
	},
	[OPTION_PART_KEK] = {
		.name = "kek",
		.argument = "FILE",
		.help = "add keys that may change Secure Boot's databases",
		.take = take_part_kek,
	},
	[OPTION_PART_DB] = {
		.name = "db",
		.argument = "FILE",
		.help = "add programs and keys that Secure Boot accepts",
		.take = take_part_db,
	},
	[OPTION_PART_DBX] = {
		.name = "dbx",
		.argument = "FILE",
		.help = "add programs and keys that Secure Boot refuses",
		.take = take_part_dbx,
	},
	[OPTION_PART_DB_HASH] = {
		.name = "db-hash",
		.argument = "FILE",
		.help = "allow this program by its digest",
		.take = take_part_db_hash,
	},
	[OPTION_FROM_RUNNING] = {
		.name = "from-running",
		.help = "take this machine's own Secure Boot databases",
	},
	[OPTION_ID_BLOCK] = {
		.name = "id-block",
		.help = "allow only the image's launch digest, on SEV-SNP",
	},
	[OPTION_SIGN] = {
		.name = "sign",
		.argument = "KEY",
		.help = "sign the ID block with this private key",
		.string = STRING(compose.key),
	},
	[OPTION_ALL] = {
		.name = "all",
		.help = "show each header with its fields",
	},
	[OPTION_STATUS_ALL] = {
		.name = "all",
		.help = "show every detail of the interface",
	},
	[OPTION_MAP] = {
		.name = "map",
		.help = "draw guest physical memory",
	},
	[OPTION_PAGE] = {
		.name = "page",
		.argument = "GPA",
		.help = "dump the page at a guest physical address",
		.take = take_page,
	},
	[OPTION_ROM] = {
		.name = "rom",
		.help = "extract the flat firmware to the file of --output",
	},
	[OPTION_FWID] = {
		.name = "fwid",
		.argument = "NAME",
		.help = "choose the firmware of this name in a UKI",
		.string = STRING(fwid),
	},
	[OPTION_VARS] = {
		.name = "vars",
		.argument = "FILE",
		.help = "take the variable store from this file",
		.string = STRING(vars),
	},
	[OPTION_CHIDS] = {
		.name = "chids",
		.help = "show this machine's hardware IDs (CHIDs)",
	},
	[OPTION_REPORT] = {
		.name = "report",
		.argument = "FILE",
		.help = "verify the report of another machine",
		.string = STRING(report.path),
	},
	[OPTION_NONCE] = {
		.name = "nonce",
		.argument = "VALUE",
		.help = "expect this nonce: digits, @FILE or any",
		.string = STRING(report.nonce),
	},
	[OPTION_CERTIFICATE] = {
		.name = "certificate",
		.argument = "FILE",
		.help = "use this certificate of the signing key, or of AMD",
		.take = take_certificate,
	},
	[OPTION_IMAGE] = {
		.name = "image",
		.argument = "FILE",
		.help = "expect the launch digest of this image",
		.string = STRING(report.image),
	},
	[OPTION_DIGEST] = {
		.name = "digest",
		.argument = "DIGEST",
		.help = "expect this launch digest",
		.take = take_digest,
	},
	[OPTION_MIN_TCB] = {
		.name = "min-tcb",
		.argument = "LIST",
		.help = "demand these versions or newer: snp=8,microcode=115",
		.word = tcb_word,
		.take = take_tcb,
	},
	[OPTION_ALLOW_DEBUG] = {
		.name = "allow-debug",
		.help = "accept a guest that the host may debug",
		.take = allow_debug,
	},
	[OPTION_ALLOW_MIGRATION] = {
		.name = "allow-migration",
		.help = "accept a guest that an agent may migrate",
		.take = allow_migration,
	},
	[OPTION_ALLOW_VMPL] = {
		.name = "allow-vmpl",
		.argument = "LEVEL",
		.help = "accept each VMPL up to LEVEL, a number from 0 to 3",
		.take = take_vmpl,
	},
	[OPTION_FOR] = {
		.name = "for",
		.argument = "PLATFORM",
		.help = "choose native, vbs, snp, tdx, sev, sev-es or cca",
		.word = platform_word,
		.take = take_platform,
	},
	[OPTION_FOR_LIST] = {
		.name = "for",
		.argument = "LIST",
		.help = "choose some of native, snp, sev-es and tdx",
		.word = wrap_platform_word,
		.list = true,
		.take = take_platforms,
	},
	[OPTION_POLICY] = {
		.name = "policy",
		.argument = "NUMBER",
		.help = "set the guest policy, on SEV-SNP",
		.take = take_policy,
	},
	[OPTION_VMM_FLAT] = {
		.name = "vmm",
		.argument = "VMM",
		.help = "assume qemu, generic, native-zero, ec2 or gce",
		.word = flat_vmm_word,
		.take = take_flat_vmm,
	},
	[OPTION_VMM] = {
		.name = "vmm",
		.argument = "VMM",
		.help = "assume qemu, generic or native-zero",
		.word = vmm_word_nr,
		.take = take_vmm,
	},
	[OPTION_MEMORY] = {
		.name = "memory",
		.argument = "SIZE",
		.help = "check for a machine with this memory, such as 1G",
		.take = take_memory,
	},
	[OPTION_STRICT] = {
		.name = "strict",
		.help = "fail if a finding is a warning",
	},
	[OPTION_VCPUS] = {
		.name = "vcpus",
		.argument = "NUMBER",
		.help = "set the number of processors",
		.take = take_vcpus,
	},
	[OPTION_CPU_SIGNATURE] = {
		.name = "cpu-signature",
		.argument = "EAX",
		.help = "set the CPU's signature, EAX of CPUID leaf 1",
		.take = take_signature,
	},
	[OPTION_VCPU_TYPE] = {
		.name = "vcpu-type",
		.argument = "CPU",
		.help = "choose the CPU by QEMU's name, such as EPYC-Milan",
		.word = cpu_model,
		.take = take_vcpu_type,
	},
	[OPTION_KERNEL] = {
		.name = "kernel",
		.argument = "FILE",
		.help = "measure this kernel, as with QEMU's -kernel",
		.string = STRING(kernel.kernel),
	},
	[OPTION_INITRD] = {
		.name = "initrd",
		.argument = "FILE",
		.help = "measure this initial RAM disk, as with -initrd",
		.string = STRING(kernel.initrd),
	},
	[OPTION_APPEND] = {
		.name = "append",
		.argument = "STRING",
		.help = "measure these kernel arguments, as with -append",
		.string = STRING(kernel.append),
	},
	[OPTION_GUEST_FEATURES] = {
		.name = "guest-features",
		.argument = "LIST",
		.help = "assume SEV features, such as debug-swap or 0x21",
		.word = guest_feature_word,
		.list = true,
		.take = take_features,
	},
	[OPTION_OVMF_HASH] = {
		.name = "snp-ovmf-hash",
		.argument = "DIGEST",
		.help = "use the known digest of the firmware's pages",
		.take = take_ovmf_hash,
	},
	[OPTION_TWO_PASS] = {
		.name = "two-pass-add-pages",
		.help = "measure pages as older hosts do, on TDX",
	},
	[OPTION_EVENT_LOG] = {
		.name = "event-log",
		.argument = "FILE",
		.help = "read the event log (CCEL) of a boot, on TDX",
		.string = STRING(event_log),
	},
	[OPTION_UKI] = {
		.name = "uki",
		.argument = "FILE",
		.help = "predict a boot of this UKI",
		.string = STRING(uki),
	},
	[OPTION_RECORDED_UKI] = {
		.name = "recorded-uki",
		.argument = "FILE",
		.help = "name the UKI that started when the log was made",
		.string = STRING(recorded_uki),
	},
	[OPTION_REGISTERS] = {
		.name = "registers",
		.help = "add the register values of a reset, for plain guests",
	},
	[OPTION_BASE64] = {
		.name = "base64",
		.help = "print the digest in base64",
	},
	[OPTION_TRACE] = {
		.name = "trace",
		.help = "print every step on standard error",
	},
	[OPTION_ARM_NOW] = {
		.name = "arm-now",
		.help = "let any reset apply the image, even a crash",
		.take = take_arm_now,
	},
	[OPTION_AT_REBOOT] = {
		.name = "at-reboot",
		.help = "let only an orderly reboot apply the image",
		.take = take_at_reboot,
	},
	[OPTION_ONCE] = {
		.name = "once",
		.help = "let only one orderly reboot apply the image",
		.take = take_once,
	},
	[OPTION_REBOOT] = {
		.name = "reboot",
		.help = "reset the machine after staging the image",
	},
	[OPTION_EXPLAIN] = {
		.name = "explain",
		.help = "show the action and the reason, change nothing",
	},
	[OPTION_CLEAR] = {
		.name = "clear",
		.help = "forget all attempts",
	},
	[OPTION_DRY_RUN] = {
		.name = "dry-run",
		.letter = 'n',
		.help = "check everything, change nothing",
	},
	[OPTION_FORCE] = {
		.name = "force",
		.argument = "WHAT",
		.help = "override one check; see below",
		.take = take_force,
	},
	[OPTION_PROGRESS] = {
		.name = "progress",
		.argument = "WHEN",
		.help = "show progress: auto (on terminals), always or never",
		.word = progress_word,
		.take = take_progress,
	},
	[OPTION_DISK] = {
		.name = "disk",
		.argument = "DISK",
		.help = "use this disk (default: the ESP's; for list: all)",
		.string = STRING(disk),
	},
	[OPTION_DEVICE] = {
		.name = "device",
		.argument = "PATH",
		.help = "use this device instead of /dev/vmfwupdate",
		.string = STRING(device),
	},
	[OPTION_ROOT] = {
		.name = "root",
		.argument = "DIRECTORY",
		.help = "look at the system below DIRECTORY",
		.string = STRING(root),
	},
	[OPTION_JSON] = {
		.name = "json",
		.letter = 'j',
		.help = "print one JSON object",
	},
	[OPTION_QUIET] = {
		.name = "quiet",
		.letter = 'q',
		.help = "print only warnings and errors",
		.take = take_quiet,
	},
	[OPTION_COLOR] = {
		.name = "color",
		.argument = "WHEN",
		.help = "use colours: auto (on terminals), always or never",
		.word = progress_word,
		.take = take_color,
	},
	[OPTION_HELP] = {
		.name = "help",
		.letter = 'h',
		.help = "display this help",
	},
	[OPTION_VERSION] = {
		.name = "version",
		.letter = 'V',
		.help = "display the version",
	},
};

const struct force_spec force_table[] = {
	{ FORCE_OVERWRITE, "overwrite", "replace a file that exists" },
	{ FORCE_KEXEC, "kexec",
	  "unload a kernel that is loaded for kexec, then reset" },
	{ FORCE_SOFT_REBOOT, "soft-reboot",
	  "reset although a soft reboot is prepared" },
	{ FORCE_VMM, "vmm",
	  "stage despite QEMU's rules: the reset may end this VM" },
	{ 0 }
};
