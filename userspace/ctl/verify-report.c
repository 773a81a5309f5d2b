// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The option --report of verify, which judges the report of another machine.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/appraise.h"
#include "attest/launch-digest.h"
#include "attest/tsm.h"
#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "ctl/measure.h"
#include "ctl/print.h"
#include "ctl/verify.h"
#include "shared/text.h"

#define ANY		"any"
#define OPTIONS_SNP_REPORT	OPTION_MIN_TCB, OPTION_ALLOW_VMPL
/* In --nonce, the prefix of the name of a file that contains the bytes. */
#define FILE_PREFIX	'@'

/*
 * Read a whole file of at most @most bytes. On success, the caller frees @ret_bytes,
 * which is NULL if the file has more bytes.
 */
static int read_file(struct output *out, const char *path, size_t most,
		     uint8_t **ret_bytes, uint64_t *ret_len)
{
	struct infile file;
	uint8_t *bytes = NULL;
	int code = infile_open(&file, out->messages, path), err;

	if (!code && file.size <= most) {
		/* malloc(0) may return NULL. With one more byte, NULL is always an error. */
		bytes = malloc(file.size + 1);
		err = bytes ? infile_read(&file, 0, bytes, file.size) : -ENOMEM;
		if (err == -EINTR && interrupt_seen())
			code = interrupt_exit(out->messages, "nothing was changed");
		else if (err)
			code = infile_error(out->messages, path, err);
	}
	*ret_len = file.size;
	infile_close(&file);
	if (code) {
		free(bytes);
		return code;
	}
	*ret_bytes = bytes;
	return VMFW_EXIT_OK;
}

/* Read the first bytes of @nonce from a file. The other bytes stay zero. */
static int read_nonce_file(struct output *out, const char *path, uint8_t *nonce)
{
	uint8_t *bytes;
	uint64_t len;
	int code = read_file(out, path, REPORT_NONCE, &bytes, &len);

	if (code)
		return code;
	if (!bytes || !len) {
		message_error(out->messages, "--nonce=@%s: this file has %" PRIu64 " bytes; expected 1 to %d",
			      path, len, REPORT_NONCE);
		code = VMFW_EXIT_USAGE;
	} else {
		memcpy(nonce, bytes, len);
	}
	free(bytes);
	return code;
}

/* On success, the caller frees @ret_bytes. */
static int read_report(struct output *out, const char *path,
		       uint8_t **ret_bytes, size_t *ret_len)
{
	uint64_t len;
	int code = read_file(out, path, TSM_OUTBLOB, ret_bytes, &len);

	if (code)
		return code;
	if (!*ret_bytes) {
		message_error(out->messages, "%s: this file is too large; expected at most %u bytes",
			      path, TSM_OUTBLOB);
		return VMFW_EXIT_SYSTEM;
	}
	*ret_len = len;
	return VMFW_EXIT_OK;
}

/* Parse digits into the first bytes of @nonce. The other bytes stay zero. */
static bool parse_nonce(uint8_t *nonce, const char *word)
{
	size_t digits = strlen(word);

	return digits && digits % 2 == 0 && digits <= 2 * REPORT_NONCE &&
	       text_unhex(nonce, digits / 2, word);
}

static int read_nonce(struct output *out, const char *word, uint8_t *nonce,
		      const uint8_t **ret_nonce)
{
	memset(nonce, 0, REPORT_NONCE);
	*ret_nonce = NULL;
	if (!strcmp(word, ANY))
		return VMFW_EXIT_OK;
	*ret_nonce = nonce;
	if (word[0] == FILE_PREFIX)
		return read_nonce_file(out, word + 1, nonce);
	if (parse_nonce(nonce, word))
		return VMFW_EXIT_OK;
	message_error(out->messages, "--nonce=%s: invalid value; expected up to %d bytes in hexadecimal, @FILE or any",
		      word, REPORT_NONCE);
	return VMFW_EXIT_USAGE;
}

/*
 * Open each file of certificates before the check, so that an error names the
 * file. Skip standard input, which the tool can read only once.
 */
static int open_certificates(struct output *out, const struct options *options)
{
	struct infile file;
	size_t i;
	int code = VMFW_EXIT_OK;

	for (i = 0; !code && i < options->report.nr_certificates; i++) {
		if (!strcmp(options->report.certificates[i], INFILE_STDIN))
			continue;
		code = infile_open(&file, out->messages,
				   options->report.certificates[i]);
		infile_close(&file);
	}
	return code;
}

static int check_options(struct output *out, const struct options *options)
{
	const struct report_options *report = &options->report;

	if (!report->path) {
		message_error(out->messages, "--nonce, --certificate, --min-tcb, --allow-*, --image, --digest and the options of \"measure\" need --report=FILE");
		return VMFW_EXIT_USAGE;
	}
	if (options_any_given(options, OPTION_DEVICE, OPTION_ROOT)) {
		message_error(out->messages, "cannot combine --report with --device or --root: the report is from another machine");
		return VMFW_EXIT_USAGE;
	}
	if (!report->nonce) {
		message_error(out->messages, "--report needs --nonce=VALUE, which shows that the report is new; --nonce=any accepts an old one");
		return VMFW_EXIT_USAGE;
	}
	if (!report->image == !options_given(options, OPTION_DIGEST)) {
		message_error(out->messages, "--report needs one digest to expect; give either --image=FILE or --digest=DIGEST");
		return VMFW_EXIT_USAGE;
	}
	if (!report->image && options_any_given(options, OPTIONS_MEASURE)) {
		message_error(out->messages, "--vmm, --vcpus and the other options of \"measure\" need --image=FILE");
		return VMFW_EXIT_USAGE;
	}
	return measure_check_options(out, options);
}

/*
 * Require certificates for a report of SEV-SNP, which proves nothing without its
 * signature. For the quote of a TD, refuse options that do not apply to it.
 */
static int check_certificates(struct output *out, const struct options *options,
			      const struct appraisal *appraisal)
{
	bool snp = appraisal->platform == VMFW_IGVM_SEV_SNP;
	size_t nr = options->report.nr_certificates;

	if (!appraisal->readable || (snp && nr))
		return VMFW_EXIT_OK;
	if (!snp && !nr && !options_any_given(options, OPTIONS_SNP_REPORT))
		return VMFW_EXIT_OK;
	if (!snp) {
		message_error(out->messages, "%s: this is the quote of a TD: --certificate, --min-tcb and --allow-vmpl are only for reports of SEV-SNP",
			      options->report.path);
		return VMFW_EXIT_USAGE;
	}
	message_error(out->messages, "%s: a report of SEV-SNP needs --certificate=FILE for its key (VCEK or VLEK) and for AMD's keys (ASK or ASVK, and ARK)",
		      options->report.path);
	return VMFW_EXIT_USAGE;
}

static void print_tcb(struct output *out, const struct tcb *tcb)
{
	size_t i;

	output_object(out, "reported_tcb");
	for (i = 0; i < NR_TCB_PARTS; i++)
		if (tcb->known[i])
			output_number(out, tcb_word(i), NULL, tcb->version[i]);
	output_end(out);
}

static void print_report(struct output *out, const struct options *options,
			 const struct appraisal *appraisal)
{
	char words[2 * REPORT_NONCE + 1];
	bool snp = appraisal->platform == VMFW_IGVM_SEV_SNP;

	output_object(out, "report");
	output_string(out, "file", NULL, options->report.path);
	if (appraisal->readable) {
		output_string(out, "platform", NULL,
			      vmfw_igvm_platform_word(appraisal->platform));
		output_number(out, "version", NULL, appraisal->version);
		text_hex(words, sizeof(words), appraisal->nonce, REPORT_NONCE);
		output_string(out, "nonce", NULL, words);
		output_hex(out, snp ? "policy" : "td_attributes", NULL,
			   appraisal->policy);
		if (snp)
			output_number(out, "vmpl", NULL, appraisal->vmpl);
	}
	output_bool(out, "signed", NULL, appraisal->signed_right);
	if (appraisal->signed_right) {
		text_hex(words, sizeof(words), appraisal->signer.root,
			 sizeof(appraisal->signer.root));
		output_string(out, "root_sha256", NULL, words);
		output_string(out, "signing_key", NULL,
			      appraisal->signer.provider ? "vlek" : "vcek");
		print_tcb(out, &appraisal->tcb);
	}
	output_end(out);
}

/*
 * Find the digest to expect: that of --digest, or that of the image on the
 * report's platform.
 */
static int find_expected(struct output *out, const struct options *options,
			 const struct appraisal *appraisal,
			 struct evidence *evidence)
{
	struct options measure = *options;
	int code;

	evidence->nr_expected = 1;
	if (!options->report.image) {
		memcpy(evidence->expected[0], options->report.digest,
		       REPORT_DIGEST);
		return VMFW_EXIT_OK;
	}
	measure.given[OPTION_FOR] = true;
	measure.platform = appraisal->platform;
	measure.ret_digest = evidence->expected[0];
	output_object(out, "image");
	code = act_on_file(out, &measure, options->report.image, measure_any);
	output_end(out);
	return act_to_end(out, code);
}

static void compare(struct evidence *evidence,
		    const struct appraisal *appraisal)
{
	enum appraise_result result = appraisal->result;
	const char *why = appraisal->why;

	evidence->rung = result == APPRAISE_BAD ? RUNG_NONE :
			 result == APPRAISE_GOOD ? RUNG_SIGNED : RUNG_QUOTED;
	evidence->verdict = VERDICT_UNKNOWN;
	if (result == APPRAISE_BAD) {
		evidence->verdict = VERDICT_NOT_RUNNING;
	} else if (memcmp(evidence->expected[0], appraisal->digest,
			  REPORT_DIGEST)) {
		evidence->verdict = VERDICT_NOT_RUNNING;
		why = "the launch digest is not the expected one";
	} else if (result == APPRAISE_GOOD) {
		evidence->verdict = VERDICT_RUNNING;
		why = "the launch digest is the expected one";
	}
	snprintf(evidence->why, sizeof(evidence->why), "%s", why);
}

static int say_error(struct output *out, const struct options *options, int err,
		     const char *why)
{
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(out->messages, "nothing was changed");
	message_error(out->messages, "cannot verify the signature of %s: %s",
		      options->report.path, why);
	return VMFW_EXIT_SYSTEM;
}

static int judge(struct output *out, const struct options *options,
		 const uint8_t *bytes, size_t len,
		 const struct appraise_rules *rules)
{
	struct evidence evidence = { 0 };
	struct appraisal appraisal;
	int err, code;

	err = appraise_report(&appraisal, bytes, len, rules);
	code = check_certificates(out, options, &appraisal);
	if (!code && err)
		code = say_error(out, options, err, appraisal.why);
	if (code)
		return code;
	print_report(out, options, &appraisal);
	if (appraisal.readable)
		code = find_expected(out, options, &appraisal, &evidence);
	if (code)
		return code;
	evidence.attested = appraisal.readable;
	evidence.attest.source = options->report.path;
	evidence.attest.platform = appraisal.platform;
	memcpy(evidence.attest.digest, appraisal.digest, REPORT_DIGEST);
	compare(&evidence, &appraisal);
	return verify_print(out, &evidence);
}

/**
 * verify_report() - judge the report of another machine
 * @out: receives the verdict
 * @options: --report, and the options that belong to it
 *
 * Return: an exit code.
 */
int verify_report(struct output *out, const struct options *options)
{
	struct appraise_rules rules = {
		.certificates = options->report.certificates,
		.nr_certificates = options->report.nr_certificates,
		.allowed = options->report.allowed,
		.least = options->report.least,
	};
	uint8_t nonce[REPORT_NONCE], *bytes = NULL;
	size_t len;
	int code = check_options(out, options);

	if (!code)
		code = check_stdin(out, options, options->report.image);
	if (!code)
		code = read_nonce(out, options->report.nonce, nonce,
				  &rules.nonce);
	if (!code)
		code = read_report(out, options->report.path, &bytes, &len);
	if (!code)
		code = open_certificates(out, options);
	if (!code)
		code = judge(out, options, bytes, len, &rules);
	free(bytes);
	return code;
}
