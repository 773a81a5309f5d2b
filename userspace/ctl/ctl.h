/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of vmfwupdate-ctl, and declarations that they share.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CTL_H
#define VMFW_CTL_H

#include <stdbool.h>

#include "base/exit.h"
#include "base/newfile.h"
#include "compose/request.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "igvm/vmfw-igvm.h"

#define PROGRAM	"vmfwupdate-ctl"

/* The bit that stands for an exit code in a set. */
#define CODE(name)	(1u << VMFW_EXIT_##name)
/* The exit codes of every verb, and of every verb that opens an image. */
#define CODES_COMMON	(CODE(OK) | CODE(SYSTEM) | CODE(USAGE))
#define CODES_IMAGE	(CODES_COMMON | CODE(IMAGE) | CODE(SOURCE))

/**
 * struct verb - one thing that the tool does
 * @name: the words that users type; the word of its family comes first
 * @verbs: if it is a family: its verbs, one of which must follow; or NULL
 * @summary: one line
 * @operands: words for the usage line, or NULL
 * @nr_operands: exact number of operands
 * @files: suffixes of the files that it takes, if it needs a file
 * @options: the options that it takes, see OPTIONS()
 * @force: bits of the words of --force that it takes
 * @codes: exit codes as bits, except those of signals
 * @help: more lines of help
 * @run: runs the verb; returns an exit code
 */
struct verb {
	const char *name;
	const struct verb *const *verbs;
	const char *summary;
	const char *operands;
	int nr_operands;
	const char *files;
	const enum option_id *options;
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

int check_stdin(struct output *out, const struct options *options,
		const char *words);
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
const char *guest_feature_word(size_t i);
const char *guest_features_parse(const char *word,
				 struct guest_features *ret_features);
bool rom_has_registers(unsigned int platform);

/* The size of the buffer for platform_words(). */
#define PLATFORM_WORDS	160

void print_platforms(struct output *out, const struct vmfw_igvm *igvm);
const char *platform_words(char *buf, const struct vmfw_igvm *igvm);
/**
 * struct rom_bytes - a flat firmware in memory
 * @path: name of its file
 * @bytes: all of it
 * @size: number of bytes
 */
struct rom_bytes {
	const char *path;
	uint8_t *bytes;
	uint64_t size;
};

int rom_open(struct vmfw_igvm_rom *rom, struct output *out,
	     const struct rom_bytes *firmware, unsigned int platform);
int rom_refuse(struct output *out, const struct source *source);
void say_smm(struct output *out, const char *path, int err, bool found);
int check_output(struct output *out, const struct options *options,
		 const char *verb);
void print_output(struct output *out, const char *path, uint64_t size,
		  bool already);
int write_file(struct output *out, const struct options *options,
	       const struct newfile_content *content);

void help_tool(struct output *out);
void help_verb(struct output *out, const struct verb *verb);

void complete(struct output *out, int nr, char **words);
void complete_offer(struct output *out, const char *word, const char *candidate,
		    const char *about);

#endif /* VMFW_CTL_H */
