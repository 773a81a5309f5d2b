/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verbs and options of vmfwupdate-ctl.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_H
#define VMFW_CTL_H

#include <stdbool.h>

#include "base/exit.h"
#include "base/newfile.h"
#include "ctl/output.h"
#include "base/progress.h"
#include "compose/compose.h"
#include "igvm/vmfw-igvm.h"
#include "stage/stage.h"

#define PROGRAM	"vmfwupdate-ctl"

/* Options, as bits, for the verbs that take them. */
typedef uint64_t option_bits;

#define OPTION_JSON		(1ull << 0)
#define OPTION_QUIET		(1ull << 1)
#define OPTION_HELP		(1ull << 2)
#define OPTION_VERSION		(1ull << 3)
#define OPTION_DRY_RUN		(1ull << 4)
#define OPTION_PROGRESS		(1ull << 5)
#define OPTION_DEVICE		(1ull << 6)
#define OPTION_OUTPUT		(1ull << 7)
#define OPTION_FORCE		(1ull << 8)
#define OPTION_WHEN		(1ull << 9)	/* --arm-now, --at-reboot, --once */
#define OPTION_REBOOT		(1ull << 10)
#define OPTION_FOR		(1ull << 11)
#define OPTION_VMM		(1ull << 12)
#define OPTION_VCPUS		(1ull << 13)
#define OPTION_CPU_SIGNATURE	(1ull << 14)
#define OPTION_TRACE		(1ull << 15)
#define OPTION_MAP		(1ull << 16)
#define OPTION_PAGE		(1ull << 17)
#define OPTION_ROM		(1ull << 18)
#define OPTION_EXPLAIN		(1ull << 19)
#define OPTION_ROOT		(1ull << 20)
#define OPTION_CLEAR		(1ull << 21)
#define OPTION_FOR_LIST		(1ull << 22)
#define OPTION_POLICY		(1ull << 23)
#define OPTION_DISK		(1ull << 24)
#define OPTION_FWID		(1ull << 25)
#define OPTION_CHIDS		(1ull << 26)
#define OPTION_ID_BLOCK		(1ull << 27)
#define OPTION_PARTS		(1ull << 28)	/* all that names one */
#define OPTION_SIGN		(1ull << 29)
#define OPTION_FROM_RUNNING	(1ull << 30)
#define OPTION_MEMORY		(1ull << 31)
#define OPTION_STRICT		(1ull << 32)
#define OPTION_REGISTERS	(1ull << 33)
#define OPTION_ALL		(1ull << 34)
#define OPTION_COLOR		(1ull << 35)
#define OPTION_BASE64		(1ull << 36)

/* What an image is composed by. */
#define OPTIONS_COMPOSE	(OPTION_PARTS | OPTION_FROM_RUNNING |		\
			 OPTION_ID_BLOCK | OPTION_SIGN | OPTION_VMM |	\
			 OPTION_VCPUS | OPTION_CPU_SIGNATURE)
/* What every verb takes. */
#define OPTIONS_COMMON	(OPTION_JSON | OPTION_QUIET | OPTION_COLOR | OPTION_HELP)
/* What stands before a verb. */
#define OPTIONS_GLOBAL	(OPTIONS_COMMON | OPTION_VERSION)

/* Exit codes, as bits. */
#define CODE(name)	(1u << VMFW_EXIT_##name)
/* What every verb may end with; and each that opens an image. */
#define CODES_COMMON	(CODE(OK) | CODE(SYSTEM) | CODE(USAGE))
#define CODES_IMAGE	(CODES_COMMON | CODE(IMAGE) | CODE(SOURCE))

/* Words of --force, as bits. */
enum force_bit {
	FORCE_OVERWRITE = 1 << 0,
	FORCE_KEXEC = 1 << 1,
	FORCE_SOFT_REBOOT = 1 << 2,
	FORCE_VMM = 1 << 3,
};

/* Ranges that --memory takes: more than any PC has. */
#define MAX_MEMORY	8

/**
 * struct options - what the user wants
 * @given: bits of options that were given
 * @progress: when to show progress
 * @when: when the VMM has an image, where OPTION_WHEN was given
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
 * @memory: ranges of a machine's memory, where OPTION_MEMORY was given
 * @nr_memory: how many
 * @page: a guest physical address, where OPTION_PAGE was given
 * @compose: what travels with a firmware, where OPTION_PARTS was given
 */
struct options {
	option_bits given;
	enum progress_when progress;
	enum staging_when when;
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
	struct vmfw_igvm_range memory[MAX_MEMORY];
	size_t nr_memory;
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
 * @files: suffixes of files that it takes, where it needs one
 * @options: bits
 * @force: words of --force that mean something
 * @codes: exit codes, as bits, but for those of signals
 * @help: more about it, whole lines
 * @run: do it; returns an exit code
 */
struct verb {
	const char *name;
	const struct verb *const *verbs;
	const char *summary;
	const char *operands;
	int nr_operands;
	const char *files;
	option_bits options;
	unsigned int force;
	unsigned int codes;
	const char *help;
	int (*run)(struct output *out, const struct options *options,
		   char **operands);
};

extern const struct verb verb_auto, verb_check, verb_compose, verb_decompose,
	verb_disable, verb_history, verb_initramfs, verb_inspect, verb_list, verb_measure,
	verb_partition, verb_revert, verb_stage, verb_status, verb_unstage, verb_verify,
	verb_wrap;
extern const struct verb *const verbs[];

const char *verb_word(const struct verb *verb);
const struct verb *verb_find(const struct verb *const *family, const char *word);

struct device;
struct source;

int act_to_end(struct output *out, int code);
int act_on_device(struct output *out, const struct options *options,
		  int (*act)(struct output *out, struct device *device,
			     const struct options *options));
int act_on_file(struct output *out, const struct options *options,
		const char *words,
		int (*act)(struct output *out, const struct options *options,
			   struct source *source));
bool request_given(const struct options *options);
int request_make(struct output *out, const struct options *options,
		 struct compose_request *request);
bool request_needs_vmm(const struct options *options);
int request_set_vmm(struct output *out, const struct options *options,
		    struct vmm_choice vmm, struct compose_request *request);
int memory_parse(struct output *out, const char *word,
		 struct vmfw_igvm_range *ranges, size_t *nr);
int cpu_parse(struct output *out, const char *word, uint32_t *eax);
const char *cpu_model(size_t i);
bool rom_has_registers(unsigned int platform);

/* Bytes that platform_words() needs. */
#define PLATFORM_WORDS	160

void tell_platforms(struct output *out, const struct vmfw_igvm *igvm);
const char *platform_words(char *buf, const struct vmfw_igvm *igvm);
int rom_open(struct vmfw_igvm_rom *rom, struct output *out,
	     const struct source *source, const uint8_t *bytes,
	     unsigned int platform);
int rom_refuse(struct output *out, const struct source *source);
void say_smm_unknown(struct output *out, const char *path, int err);
int check_output(struct output *out, const struct options *options,
		 const char *verb);
void tell_output(struct output *out, const char *path, uint64_t size,
		 bool already);
int write_file(struct output *out, const struct options *options,
	       const struct newfile_content *content);

int options_parse(struct options *options, struct output *out,
		  const struct verb *verb, int argc, char **argv);
void help_tool(struct output *out);
void help_verb(struct output *out, const struct verb *verb);

void options_list(struct output *out, option_bits allowed, unsigned int force);
int options_find(option_bits allowed, const char *word);
option_bits options_bit(int option);
bool options_argument(int option);
void options_offer(struct output *out, option_bits allowed, const char *word);
void options_offer_values(struct output *out, int option, unsigned int force,
			  const char *word);
void complete(struct output *out, int nr, char **words);
void complete_offer(struct output *out, const char *word, const char *candidate,
		    const char *about);
void options_tell(struct output *out, option_bits allowed, unsigned int force);

#endif /* VMFW_CTL_H */
