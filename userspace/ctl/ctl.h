/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verbs and options of vmfwupdate-ctl.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_H
#define VMFW_CTL_H

#include <stdbool.h>

#include "../igvm/vmfw-igvm.h"
#include "../lib/composition.h"
#include "../lib/newfile.h"
#include "../lib/output.h"
#include "../lib/progress.h"

#define PROGRAM	"vmfwupdate-ctl"

/* Options, as bits, for the verbs that take them. */
enum option_bit {
	OPTION_JSON = 1 << 0,
	OPTION_QUIET = 1 << 1,
	OPTION_HELP = 1 << 2,
	OPTION_VERSION = 1 << 3,
	OPTION_DRY_RUN = 1 << 4,
	OPTION_PROGRESS = 1 << 5,
	OPTION_DEVICE = 1 << 6,
	OPTION_OUTPUT = 1 << 7,
	OPTION_FORCE = 1 << 8,
	OPTION_ARM_NOW = 1 << 9,
	OPTION_REBOOT = 1 << 10,
	OPTION_FOR = 1 << 11,
	OPTION_VMM = 1 << 12,
	OPTION_VCPUS = 1 << 13,
	OPTION_CPU_SIGNATURE = 1 << 14,
	OPTION_TRACE = 1 << 15,
	OPTION_MAP = 1 << 16,
	OPTION_PAGE = 1 << 17,
	OPTION_ROM = 1 << 18,
	OPTION_EXPLAIN = 1 << 19,
	OPTION_ROOT = 1 << 20,
	OPTION_CLEAR = 1 << 21,
	OPTION_FOR_LIST = 1 << 22,
	OPTION_POLICY = 1 << 23,
	OPTION_DISK = 1 << 24,
	OPTION_FWID = 1 << 25,
	OPTION_CHIDS = 1 << 26,
	OPTION_ID_BLOCK = 1 << 27,
	OPTION_PARTS = 1 << 28,		/* all that names one */
	OPTION_SIGN = 1 << 29,
	OPTION_FROM_RUNNING = 1 << 30,
};

/* What an image is composed by. */
#define OPTIONS_COMPOSE	(OPTION_PARTS | OPTION_FROM_RUNNING |		\
			 OPTION_ID_BLOCK | OPTION_SIGN | OPTION_VMM |	\
			 OPTION_VCPUS | OPTION_CPU_SIGNATURE)
/* What every verb takes. */
#define OPTIONS_COMMON	(OPTION_JSON | OPTION_QUIET | OPTION_HELP)
/* What stands before a verb. */
#define OPTIONS_GLOBAL	(OPTIONS_COMMON | OPTION_VERSION)

/* Words of --force, as bits. */
enum force_bit {
	FORCE_OVERWRITE = 1 << 0,
	FORCE_KEXEC = 1 << 1,
	FORCE_SOFT_REBOOT = 1 << 2,
};

/**
 * struct options - what the user wants
 * @given: bits of options that were given
 * @progress: when to show progress
 * @device: name of the device, or NULL
 * @root: directory whose files count, or NULL
 * @output: name of a file to write, or NULL
 * @disk: where partitions are looked for, or NULL
 * @fwid: name of firmware in a UKI, or NULL
 * @force: bits of enum force_bit
 * @platform: enum vmfw_igvm_platform_type, where OPTION_FOR was given
 * @platforms: bits 1 << enum vmfw_igvm_platform_type, where OPTION_FOR_LIST
 *	was given
 * @policy: of guests on SEV-SNP, where OPTION_POLICY was given
 * @vmm: whose convention, see OPTION_VMM
 * @vcpus: processors, or 0
 * @cpu_signature: EAX of CPUID leaf 1, where it was given
 * @page: a guest physical address, where OPTION_PAGE was given
 * @compose: what travels with a firmware, where OPTION_PARTS was given
 */
struct options {
	unsigned int given;
	enum progress_when progress;
	const char *device;
	const char *root;
	const char *output;
	const char *disk;
	const char *fwid;
	unsigned int force;
	unsigned int platform;
	unsigned int platforms;
	uint64_t policy;
	enum vmfw_igvm_vmm vmm;
	uint32_t vcpus;
	uint32_t cpu_signature;
	uint64_t page;
	struct compose_request compose;
};

/**
 * struct verb - one thing that the tool does
 * @name: what users type, that of its family in front
 * @verbs: verbs of its own, of which one must follow; or NULL
 * @summary: one line
 * @operands: for the usage line, or NULL
 * @nr_operands: how many it needs, neither more nor less
 * @options: bits
 * @force: words of --force that mean something
 * @help: more about it, whole lines
 * @run: do it; returns an exit code
 */
struct verb {
	const char *name;
	const struct verb *const *verbs;
	const char *summary;
	const char *operands;
	int nr_operands;
	unsigned int options;
	unsigned int force;
	const char *help;
	int (*run)(struct output *out, const struct options *options,
		   char **operands);
};

extern const struct verb verb_auto, verb_check, verb_compose, verb_decompose,
	verb_disable, verb_history, verb_inspect, verb_list, verb_measure,
	verb_partition, verb_stage, verb_status, verb_unstage, verb_verify,
	verb_wrap;
extern const struct verb *const verbs[];

struct device;
struct source;

int act_on_device(struct output *out, const struct options *options,
		  int (*act)(struct output *out, struct device *device,
			     const struct options *options));
int act_on_file(struct output *out, const struct options *options,
		const char *key, const char *words,
		int (*act)(struct output *out, const struct options *options,
			   struct source *source));
bool request_given(const struct options *options);
int request_make(struct output *out, const struct options *options,
		 struct compose_request *request);
int cpu_parse(struct output *out, const char *word, uint32_t *eax);
bool rom_has_registers(unsigned int platform);

/* Bytes that platform_words() needs. */
#define PLATFORM_WORDS	160

const char *platform_words(char *buf, const struct vmfw_igvm *igvm);
int rom_open(struct vmfw_igvm_rom *rom, struct output *out,
	     const struct source *source, const uint8_t *bytes,
	     unsigned int platform);
int check_output(struct output *out, const struct options *options,
		 const char *verb);
int write_file(struct output *out, const struct options *options,
	       const struct newfile_content *content);

int options_parse(struct options *options, struct output *out,
		  const struct verb *verb, int argc, char **argv);
void help_tool(struct output *out);
void help_verb(struct output *out, const struct verb *verb);

void options_list(struct output *out, unsigned int allowed,
		  unsigned int force);

#endif /* VMFW_CTL_H */
