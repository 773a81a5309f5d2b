// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * measure: the launch digest that an image will have.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "../lib/exit.h"
#include "../lib/findings.h"
#include "../lib/interrupt.h"
#include "../lib/launch.h"
#include "../lib/source.h"

static const char *vmm_word(enum vmfw_igvm_vmm vmm)
{
	return vmm == VMFW_IGVM_VMM_QEMU ? "qemu" : "generic";
}

/**
 * struct tracer - where steps are told
 * @out: the output
 * @size: bytes of a digest
 */
struct tracer {
	struct output *out;
	size_t size;
};

static void trace_json(struct output *out, const struct vmfw_igvm_step *step,
		       const char *contents, const char *digest)
{
	output_object(out, NULL);
	if (step->header != VMFW_IGVM_NO_HEADER)
		output_number(out, "header", NULL, step->header);
	output_hex(out, "gpa", NULL, step->gpa);
	output_string(out, "kind", NULL, vmfw_igvm_step_word(step->kind));
	if (step->contents)
		output_string(out, "contents", NULL, contents);
	if (step->digest)
		output_string(out, "digest", NULL, digest);
	output_end(out);
}

static bool trace(void *arg, const struct vmfw_igvm_step *step)
{
	const struct tracer *tracer = arg;
	char contents[LAUNCH_WORDS] = "-", digest[LAUNCH_WORDS] = "-";

	if (step->contents)
		launch_words(contents, step->contents, tracer->size);
	if (step->digest)
		launch_words(digest, step->digest, tracer->size);
	if (tracer->out->json)
		trace_json(tracer->out, step, contents, digest);
	else
		output_detail(tracer->out, "0x%012" PRIx64 " %-11s %s %s",
			      step->gpa, vmfw_igvm_step_word(step->kind),
			      contents, digest);
	return true;
}

/* The platform that is wanted, or the only one that can be measured. */
static int choose_platform(struct output *out, const struct options *options,
			   const char *path, const struct vmfw_igvm *igvm,
			   unsigned int *platform)
{
	unsigned int i, found = 0;

	if (options->given & OPTION_FOR) {
		*platform = options->platform;
		if (!vmfw_igvm_digest_size(*platform)) {
			output_error(out, "--for=%s: nothing is measured there",
				     vmfw_igvm_platform_word(*platform));
			return VMFW_EXIT_USAGE;
		}
		if (vmfw_igvm_platform(igvm, *platform))
			return VMFW_EXIT_OK;
		output_error(out, "%s: this image is not for %s", path,
			     vmfw_igvm_platform_word(*platform));
		return VMFW_EXIT_IMAGE;
	}
	for (i = 0; i < igvm->nr_platforms; i++) {
		if (!vmfw_igvm_digest_size(igvm->platforms[i].type))
			continue;
		*platform = igvm->platforms[i].type;
		found++;
	}
	if (found == 1)
		return VMFW_EXIT_OK;
	if (found) {
		output_error(out, "%s: this image is for several platforms; "
			     "name one by --for=PLATFORM", path);
		return VMFW_EXIT_USAGE;
	}
	output_error(out, "%s: this image is for no platform that measures",
		     path);
	return VMFW_EXIT_IMAGE;
}

/* What was taken for granted; for JSON. */
static void tell_assumptions(struct output *out,
			     const struct vmfw_igvm_measure_options *measure)
{
	bool qemu = measure->vmm == VMFW_IGVM_VMM_QEMU;

	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_name(measure->platform));
	output_string(out, "algorithm", NULL,
		      vmfw_igvm_digest_size(measure->platform) == 48 ?
		      "sha384" : "sha256");
	output_string(out, "vmm", NULL, vmm_word(measure->vmm));
	if (measure->platform == VMFW_IGVM_SEV_SNP) {
		output_string(out, "page_without_data", NULL,
			      qemu ? "zero" : "normal");
		output_string(out, "vmsa_order", NULL, qemu ? "last" : "file");
	}
	if (measure->vcpus)
		output_number(out, "vcpus", NULL, measure->vcpus);
}

/* The other convention may be the one that was signed. */
static void hint_other_vmm(struct output *out, const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_measure_options *measure,
			   const struct id_block *block)
{
	struct vmfw_igvm_measure_options other = *measure;
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];

	other.trace = NULL;
	other.vmm = measure->vmm == VMFW_IGVM_VMM_QEMU ?
		    VMFW_IGVM_VMM_GENERIC : VMFW_IGVM_VMM_QEMU;
	if (!launch_digest(igvm, &other, digest) &&
	    !memcmp(digest, block->expected, sizeof(digest)))
		output_note(out, "the ID block allows the digest by --vmm=%s",
			    vmm_word(other.vmm));
}

static int check_id_block(struct output *out, const char *path,
			  const struct vmfw_igvm *igvm,
			  const struct vmfw_igvm_measure_options *measure,
			  const uint8_t *digest)
{
	char words[LAUNCH_WORDS];
	struct id_block block;
	bool allowed;
	int err;

	err = id_block_find(igvm, &block);
	if (err == -ENOENT)
		return VMFW_EXIT_OK;
	if (err) {
		output_error(out, "%s: %s", path, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	allowed = !memcmp(digest, block.expected, sizeof(block.expected));
	launch_words(words, block.expected, sizeof(block.expected));
	output_object(out, "id_block");
	output_number(out, "header", NULL, block.header);
	output_string(out, "expected", NULL, words);
	output_bool(out, "allowed", NULL, allowed);
	output_bool(out, "id_signature", NULL, block.id_key);
	if (block.has_author)
		output_bool(out, "author_signature", NULL, block.author_key);
	output_end(out);

	if (!allowed) {
		output_error(out, "%s: the ID block (header %" PRIu32 ") "
			     "allows another digest: %s", path, block.header,
			     words);
		hint_other_vmm(out, igvm, measure, &block);
	}
	if (!block.id_key)
		output_error(out, "%s: the ID block (header %" PRIu32 ") is "
			     "not signed by its ID key", path, block.header);
	if (block.has_author && !block.author_key)
		output_error(out, "%s: the ID key (header %" PRIu32 ") is not "
			     "signed by the author key", path, block.header);
	if (!allowed || !block.id_key ||
	    (block.has_author && !block.author_key))
		return VMFW_EXIT_VERIFY;
	return VMFW_EXIT_OK;
}

static int measure_platform(struct output *out, const struct options *options,
			    const char *path, const struct vmfw_igvm *igvm,
			    unsigned int platform)
{
	struct tracer tracer = { out, vmfw_igvm_digest_size(platform) };
	struct vmfw_igvm_measure_options measure = {
		.platform = platform,
		.vmm = options->vmm,
		.vcpus = options->vcpus,
		.cpu_signature = options->cpu_signature,
		.trace = options->given & OPTION_TRACE ? trace : NULL,
		.arg = &tracer,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	char words[LAUNCH_WORDS];
	int err;

	tell_assumptions(out, &measure);
	if (measure.trace)
		output_array(out, "steps");
	err = launch_digest(igvm, &measure, digest);
	if (measure.trace)
		output_end(out);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(out, "nothing was changed");
	if (err) {
		output_error(out, "%s: cannot be measured: %s", path,
			     strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	launch_words(words, digest, tracer.size);
	output_string(out, "digest", NULL, words);
	output_line(out, "%s", words);
	if (platform != VMFW_IGVM_SEV_SNP)
		return VMFW_EXIT_OK;
	return check_id_block(out, path, igvm, &measure, digest);
}

static int measure_file(struct output *out, const struct options *options,
			struct source *source)
{
	struct findings findings = {
		.out = out,
		.path = source->path,
		.as_messages = true,
	};
	struct vmfw_igvm igvm;
	unsigned int platform;
	int code;

	code = source_check(source, out, &igvm, findings_tell, &findings);
	findings_tell_rest(&findings);
	if (!code)
		code = choose_platform(out, options, source->path, &igvm,
				       &platform);
	if (code)
		return code;
	return measure_platform(out, options, source->path, &igvm, platform);
}

static int check_options(struct output *out, const struct options *options)
{
	if (options->vcpus > 1 && !(options->given & OPTION_CPU_SIGNATURE)) {
		output_error(out, "--vcpus needs --cpu-signature: registers of "
			     "the other processors tell what CPU they are");
		return VMFW_EXIT_USAGE;
	}
	if (options->vcpus && options->vmm != VMFW_IGVM_VMM_QEMU) {
		output_error(out, "--vcpus is for --vmm=qemu: by the format's "
			     "text nothing is measured but what the file has");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct source source;
	int code;

	code = check_options(out, options);
	if (code)
		return code;
	output_string(out, "file", NULL, operands[0]);
	code = source_open(&source, out, operands[0]);
	if (!code)
		code = measure_file(out, options, &source);
	source_close(&source);
	return code;
}

const struct verb verb_measure = {
	.name = "measure",
	.summary = "compute the launch digest of an image",
	.operands = "FILE",
	.nr_operands = 1,
	.options = OPTIONS_COMMON | OPTION_FOR | OPTION_VMM | OPTION_VCPUS |
		   OPTION_CPU_SIGNATURE | OPTION_TRACE,
	.help =
	"The digest stands alone on standard output, in hexadecimal. QEMU and the\n"
	"format's text differ for SEV-SNP: see --vmm; the default is qemu. An ID\n"
	"block in the file is verified: the exit status is 9 where it allows\n"
	"another digest, or where a signature is wrong.\n",
	.run = run,
};
