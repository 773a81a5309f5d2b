// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The comparison of a digest with the ID block or the VBS measurement of the
 * file. Each of the two contains the digest that it allows.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "attest/launch-digest.h"
#include "base/exit.h"
#include "base/interrupt.h"
#include "ctl/measure.h"
#include "shared/macro.h"

/* Suggest a VMM whose digest the ID block allows. */
static void hint_other_vmm(struct output *out, const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_measure_options *measure,
			   const struct id_block *block)
{
	static const enum vmfw_igvm_vmm vmms[] = {
		VMFW_IGVM_VMM_QEMU, VMFW_IGVM_VMM_GENERIC,
		VMFW_IGVM_VMM_NATIVE_ZERO,
	};
	struct vmfw_igvm_measure_options other = *measure;
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	size_t i;

	other.trace = NULL;
	for (i = 0; i < ARRAY_SIZE(vmms); i++) {
		other.vmm = vmms[i];
		if (launch_digest(igvm, &other, digest) ||
		    memcmp(digest, block->expected, sizeof(digest)))
			continue;
		message_note(out->messages, "with --vmm=%s, the digest is the one that the ID block allows",
			     vmm_word(other.vmm));
	}
}

static int verify_id_block(struct output *out, const char *path,
			   const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_measure_options *measure,
			   const uint8_t *digest)
{
	char words[LAUNCH_WORDS];
	struct id_block block;
	bool allowed;
	int err;

	err = id_block_find(igvm, &block);
	/* A signal cuts the search short. The caller reports the signal. */
	if (err == -ENOENT || interrupt_seen())
		return VMFW_EXIT_OK;
	if (err) {
		message_error(out->messages, "%s: cannot verify the ID block: %s",
			      path, strerror(-err));
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
		message_error(out->messages, "%s: the ID block (header %" PRIu32 ") allows another digest: %s",
			      path, block.header, words);
		hint_other_vmm(out, igvm, measure, &block);
	}
	if (!block.id_key)
		message_error(out->messages, "%s: the signature of the ID block (header %" PRIu32 ") does not match its ID key",
			      path, block.header);
	if (block.has_author && !block.author_key)
		message_error(out->messages, "%s: the signature of the ID key (header %" PRIu32 ") does not match the author key",
			      path, block.header);
	if (!allowed || !block.id_key ||
	    (block.has_author && !block.author_key))
		return VMFW_EXIT_VERIFY;
	return VMFW_EXIT_OK;
}

/*
 * No specification says how to sign a VBS measurement, so the tool does not
 * verify the signature.
 */
static int verify_vbs_measurement(struct output *out, const char *path,
				  const struct vmfw_igvm *igvm,
				  const uint8_t *digest)
{
	struct vbs_measurement expected;
	char words[LAUNCH_WORDS];
	bool same;

	if (!vbs_measurement_find(igvm, &expected))
		return VMFW_EXIT_OK;
	same = expected.algorithm == VBS_DIGEST_SHA256 &&
	       !memcmp(digest, expected.digest, sizeof(expected.digest));
	launch_words(words, expected.digest, sizeof(expected.digest));
	output_object(out, "vbs_measurement");
	output_number(out, "header", NULL, expected.header);
	output_number(out, "algorithm", NULL, expected.algorithm);
	output_string(out, "expected", NULL, words);
	output_bool(out, "same", NULL, same);
	output_end(out);
	if (same)
		return VMFW_EXIT_OK;
	if (expected.algorithm != VBS_DIGEST_SHA256)
		message_error(out->messages, "%s: the VBS measurement (header %" PRIu32 ") uses algorithm %" PRIu32 "; expected 1 (SHA-256)",
			      path, expected.header, expected.algorithm);
	else
		message_error(out->messages, "%s: the VBS measurement (header %" PRIu32 ") has another digest: %s",
			      path, expected.header, words);
	return VMFW_EXIT_VERIFY;
}

/**
 * measure_verify() - compare a digest with the one that the file allows
 * @out: receives the result
 * @path: the file's name
 * @igvm: the file
 * @measure: how the digest was computed
 * @digest: the digest
 *
 * Return: an exit code; VMFW_EXIT_VERIFY: the file allows another digest, or
 * the signature is wrong.
 */
int measure_verify(struct output *out, const char *path,
		   const struct vmfw_igvm *igvm,
		   const struct vmfw_igvm_measure_options *measure,
		   const uint8_t *digest)
{
	switch (measure->platform) {
	case VMFW_IGVM_SEV_SNP:
		return verify_id_block(out, path, igvm, measure, digest);
	case VMFW_IGVM_VSM_ISOLATION:
		return verify_vbs_measurement(out, path, igvm, digest);
	default:
		return VMFW_EXIT_OK;
	}
}
