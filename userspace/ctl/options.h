/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options that the tool knows, and those that the user gave.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_OPTIONS_H
#define VMFW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/kernel-hashes.h"
#include "attest/report.h"
#include "attest/tcb.h"
#include "base/progress.h"
#include "compose/request.h"
#include "ctl/output.h"
#include "igvm/vmfw-igvm.h"
#include "stage/stage.h"

/*
 * In the order of the help. Two options may have the same name, for different
 * verbs. One byte for each option keeps lists small.
 */
enum __attribute__((packed)) option_id {
	OPTION_NONE,
	OPTION_OUTPUT,
	OPTION_PART_KERNEL,
	OPTION_PART_SHIM,
	OPTION_PART_PK,
	OPTION_PART_KEK,
	OPTION_PART_DB,
	OPTION_PART_DBX,
	OPTION_PART_DB_HASH,
	OPTION_FROM_RUNNING,
	OPTION_ID_BLOCK,
	OPTION_SIGN,
	OPTION_ALL,
	OPTION_STATUS_ALL,
	OPTION_MAP,
	OPTION_PAGE,
	OPTION_ROM,
	OPTION_FWID,
	OPTION_VARS,
	OPTION_CHIDS,
	OPTION_REPORT,
	OPTION_NONCE,
	OPTION_CERTIFICATE,
	OPTION_IMAGE,
	OPTION_DIGEST,
	OPTION_MIN_TCB,
	OPTION_ALLOW_DEBUG,
	OPTION_ALLOW_MIGRATION,
	OPTION_ALLOW_VMPL,
	OPTION_FOR,
	OPTION_FOR_LIST,
	OPTION_POLICY,
	OPTION_VMM_FLAT,	/* --vmm, also with VMMs that launch only flat firmware */
	OPTION_VMM,
	OPTION_MEMORY,
	OPTION_STRICT,
	OPTION_VCPUS,
	OPTION_CPU_SIGNATURE,
	OPTION_VCPU_TYPE,
	OPTION_KERNEL,
	OPTION_INITRD,
	OPTION_APPEND,
	OPTION_GUEST_FEATURES,
	OPTION_OVMF_HASH,
	OPTION_TWO_PASS,
	OPTION_EVENT_LOG,
	OPTION_UKI,
	OPTION_RECORDED_UKI,
	OPTION_REGISTERS,
	OPTION_BASE64,
	OPTION_TRACE,
	OPTION_ARM_NOW,
	OPTION_AT_REBOOT,
	OPTION_ONCE,
	OPTION_REBOOT,
	OPTION_EXPLAIN,
	OPTION_CLEAR,
	OPTION_DRY_RUN,
	OPTION_FORCE,
	OPTION_PROGRESS,
	OPTION_DISK,
	OPTION_DEVICE,
	OPTION_ROOT,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_COLOR,
	OPTION_HELP,
	OPTION_VERSION,
	NR_OPTIONS
};

/* Make a list of options, from single options and from the macros below. */
#define OPTIONS(...)	((const enum option_id[]){ __VA_ARGS__, OPTION_NONE })

/* The signature of a processor, as a number or by a name. */
#define OPTIONS_CPU	OPTION_CPU_SIGNATURE, OPTION_VCPU_TYPE
/* The options that name a part of an image. */
#define OPTIONS_PARTS	OPTION_PART_KERNEL, OPTION_PART_SHIM, OPTION_PART_PK,	\
			OPTION_PART_KEK, OPTION_PART_DB, OPTION_PART_DBX,	\
			OPTION_PART_DB_HASH
/* The options that the digest of an ID block depends on. */
#define OPTIONS_ID_DIGEST	OPTION_VMM, OPTION_VCPUS, OPTIONS_CPU
/* The options that describe an image to compose. */
#define OPTIONS_COMPOSE	OPTIONS_PARTS, OPTION_FROM_RUNNING, OPTION_ID_BLOCK,	\
			OPTION_SIGN, OPTIONS_ID_DIGEST
/* The files and the command line that QEMU hands to a flat firmware. */
#define OPTIONS_KERNEL	OPTION_KERNEL, OPTION_INITRD, OPTION_APPEND
/* The options that say how a VMM launches a flat firmware, except --vmm. */
#define OPTIONS_LAUNCH	OPTIONS_KERNEL, OPTION_GUEST_FEATURES,			\
			OPTION_OVMF_HASH, OPTION_TWO_PASS
/* The options that the digest of an image depends on. */
#define OPTIONS_MEASURE	OPTION_VMM_FLAT, OPTION_VCPUS, OPTIONS_CPU, OPTIONS_LAUNCH
/* The options by which verify judges the report of another machine. */
#define OPTIONS_REPORT	OPTION_REPORT, OPTION_NONCE, OPTION_CERTIFICATE,	\
			OPTION_IMAGE, OPTION_DIGEST, OPTION_MIN_TCB,		\
			OPTION_ALLOW_DEBUG, OPTION_ALLOW_MIGRATION,		\
			OPTION_ALLOW_VMPL, OPTIONS_MEASURE
/* The options that say when the VMM receives a staged image. */
#define OPTIONS_WHEN	OPTION_ARM_NOW, OPTION_AT_REBOOT, OPTION_ONCE
/* The options of every verb. */
#define OPTIONS_COMMON	OPTION_JSON, OPTION_QUIET, OPTION_COLOR, OPTION_HELP

/* Words of --force, as bits. */
enum force_bit {
	FORCE_OVERWRITE = 1 << 0,
	FORCE_KEXEC = 1 << 1,
	FORCE_SOFT_REBOOT = 1 << 2,
	FORCE_VMM = 1 << 3,
};

/* The most ranges that --memory takes. QEMU's q35 has at most two. */
#define MAX_MEMORY	8

/**
 * struct guest_features - SEV_FEATURES
 * @bits: the features
 * @named: the user gave names, so the bit snp-active may be missing
 */
struct guest_features {
	uint64_t bits;
	bool named;
};

/* The most files of --certificate: a chain has three certificates. */
#define MAX_CERTIFICATES	16

/**
 * struct report_options - the report of another machine, and its expected
 *	values
 * @path: its file, or NULL
 * @nonce: the nonce that it must contain, as the user wrote it, or NULL
 * @image: the image that the machine should have been launched from, or NULL
 * @certificates: names of files
 * @nr_certificates: number of files
 * @allowed: policies that the guest may have although they weaken it
 * @least: the oldest firmware of the processor to accept
 * @digest: the launch digest to expect, if OPTION_DIGEST was given
 */
struct report_options {
	const char *path;
	const char *nonce;
	const char *image;
	const char *certificates[MAX_CERTIFICATES];
	size_t nr_certificates;
	struct report_allowed allowed;
	struct tcb least;
	uint8_t digest[REPORT_DIGEST];
};

/**
 * struct options - the user's options
 * @given: the given options
 * @progress: when to show progress
 * @when: when the VMM receives the image
 * @device: name of the device, or NULL
 * @root: directory with the system to look at, or NULL
 * @output: name of a file to write, or NULL
 * @disk: disk with the partitions, or NULL
 * @fwid: name of firmware in a UKI, or NULL
 * @event_log: name of a file with the event log of a TD, or NULL
 * @uki: name of the UKI that the next boot starts, or NULL
 * @recorded_uki: name of the UKI that the boot in @event_log started, or NULL
 * @vars: name of a variable store, or NULL
 * @force: bits of enum force_bit
 * @platform: enum vmfw_igvm_platform_type, if OPTION_FOR was given
 * @platforms: bits 1 << enum vmfw_igvm_platform_type, if OPTION_FOR_LIST was
 *	given
 * @policy: the policy of guests on SEV-SNP, if OPTION_POLICY was given
 * @vmm: the VMM whose loader counts, see OPTION_VMM
 * @launcher: the launcher of flat firmware, if OPTION_VMM_FLAT was given
 * @kernel: the files that QEMU hands to the firmware, if one of OPTIONS_KERNEL
 *	was given
 * @features: SEV_FEATURES, if OPTION_GUEST_FEATURES was given
 * @report: the report to judge, if one of OPTIONS_REPORT was given
 * @ret_digest: where measure puts the digest instead of printing it, or NULL
 * @ovmf_hash: the known digest of the firmware's pages, if OPTION_OVMF_HASH was
 *	given
 * @vcpus: number of processors, or 0
 * @cpu_signature: EAX of CPUID leaf 1, if it was given
 * @memory: ranges of a machine's memory, if OPTION_MEMORY was given
 * @nr_memory: number of ranges
 * @page: a guest physical address, if OPTION_PAGE was given
 * @compose: the image to compose, if one of OPTIONS_COMPOSE was given
 */
struct options {
	bool given[NR_OPTIONS];
	enum progress_when progress;
	enum staging_when when;
	const char *device;
	const char *root;
	const char *output;
	const char *disk;
	const char *fwid;
	const char *event_log;
	const char *uki;
	const char *recorded_uki;
	const char *vars;
	unsigned int force;
	unsigned int platform;
	unsigned int platforms;
	uint64_t policy;
	enum vmfw_igvm_vmm vmm;
	enum vmfw_igvm_launcher launcher;
	struct kernel_files kernel;
	struct guest_features features;
	uint8_t ovmf_hash[VMFW_IGVM_MAX_DIGEST];
	struct report_options report;
	uint8_t *ret_digest;
	uint32_t vcpus;
	uint32_t cpu_signature;
	struct vmfw_igvm_range memory[MAX_MEMORY];
	size_t nr_memory;
	uint64_t page;
	struct compose_request compose;
};

struct verb;

/**
 * struct option_use - an option on the command line
 * @spec: its description
 * @verb: the verb that it is for; NULL: it stands in front of the verb
 * @options: receives its value
 * @out: for errors
 */
struct option_use {
	const struct option_spec *spec;
	const struct verb *verb;
	struct options *options;
	struct output *out;
};

/**
 * struct option_spec - description of an option
 * @name: without dashes
 * @letter: its short form; 0: none
 * @list: its value may be several words of @word, separated by commas
 * @argument: name of its value in the help; NULL: it has no value
 * @help: a line of help
 * @word: returns the words to offer for its value or for its names, and then NULL;
 *	or NULL. @take decides which values are valid
 * @string: offset in struct options for its unchanged value; 0: see @take
 * @take: takes its value, and returns an exit code; or NULL
 */
struct option_spec {
	const char *name;
	char letter;
	bool list;
	const char *argument;
	const char *help;
	const char *(*word)(size_t i);
	size_t string;
	int (*take)(const struct option_use *use, const char *value);
};

/**
 * struct force_spec - a word of --force
 * @bit: the check that it overrides
 * @word: the word
 * @help: a line of help
 */
struct force_spec {
	enum force_bit bit;
	const char *word;
	const char *help;
};

extern const struct option_spec option_table[NR_OPTIONS];
extern const struct force_spec force_table[];

/**
 * options_given() - was an option given?
 * @options: the options
 * @option: the option
 */
static inline bool options_given(const struct options *options,
				 enum option_id option)
{
	return options->given[option];
}

/* Was at least one of these options given? */
#define options_any_given(options, ...)	\
	(options_count_given(options, OPTIONS(__VA_ARGS__)) > 0)

bool option_word_is(const char *word, size_t len, const char *name);
size_t options_count_given(const struct options *options,
			   const enum option_id *list);
const enum option_id *options_allowed(const struct verb *verb);
int options_parse(struct options *options, struct output *out,
		  const struct verb *verb, int argc, char **argv);
enum option_id options_find_name(const enum option_id *allowed, const char *word);
enum option_id options_find_taker(const enum option_id *allowed,
				  const char *word);
bool options_have_letter(const char *word, char letter);
void options_list(struct output *out, const enum option_id *allowed,
		  unsigned int force);
void options_print(struct output *out, const enum option_id *allowed,
		   unsigned int force);
void options_offer(struct output *out, const enum option_id *allowed,
		   const char *word);
void options_offer_values(struct output *out, enum option_id option,
			  unsigned int force, const char *word);

#endif /* VMFW_OPTIONS_H */
