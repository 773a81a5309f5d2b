// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "source/check.h"

#define LINE		512
/*
 * The most findings to print. A file of garbage can have one for each header.
 */
#define PRINT_MOST	200

static void add_message(const struct findings *findings, bool error,
			 const char *line)
{
	if (error && !findings->forgive)
		message_error(findings->messages, "%s: %s", findings->path, line);
	else
		message_warning(findings->messages, "%s: %s", findings->path, line);
}

/**
 * findings_add() - count a finding, and print it; for vmfw_igvm_check()
 * @arg: struct findings
 * @finding: the finding
 *
 * Return: true: go on, to count all findings.
 */
bool findings_add(void *arg, const struct vmfw_igvm_finding *finding)
{
	struct findings *findings = arg;
	bool error = vmfw_igvm_rule_is_error(finding->rule);
	char line[LINE];

	if (error)
		findings->errors++;
	else
		findings->warnings++;
	if (!findings->print && !error && !findings->warn)
		return true;
	if (++findings->shown > PRINT_MOST)
		return true;

	vmfw_igvm_describe(finding, line, sizeof(line));
	if (findings->print)
		findings->print(findings, finding, line);
	else
		add_message(findings, error, line);
	return true;
}

/**
 * findings_end() - report the number of findings that findings_add() left out,
 *	because there were too many to print
 * @findings: findings of a complete check
 */
void findings_end(const struct findings *findings)
{
	unsigned long more;

	if (findings->shown <= PRINT_MOST)
		return;
	more = findings->shown - PRINT_MOST;
	message_warning(findings->messages,
			more == 1 ? "%s: there is %lu more finding" :
				    "%s: there are %lu more findings",
			findings->path, more);
}

/**
 * findings_check() - check a file, and add its errors as messages
 * @source: the file
 * @messages: for its errors, and for other errors
 * @igvm: see source_check()
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file breaks a rule.
 */
enum vmfw_exit findings_check(struct source *source, struct messages *messages,
			      struct vmfw_igvm *igvm)
{
	struct findings findings = {
		.messages = messages,
		.path = source->path,
	};
	enum vmfw_exit code =
		source_check(source, messages, igvm, findings_add, &findings);

	findings_end(&findings);
	return code;
}

/**
 * findings_check_image() - check everything in an image that does not depend on
 *	the VMM
 * @source: the image
 * @messages: for findings and errors
 * @igvm: receives the headers, see source_check(); unchanged if the image is
 *	flat firmware
 *
 * A second call does not check a sound IGVM image again.
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the image breaks a rule.
 */
enum vmfw_exit findings_check_image(struct source *source,
				    struct messages *messages,
				    struct vmfw_igvm *igvm)
{
	enum vmfw_exit code = VMFW_EXIT_OK;

	if (source->kind == SOURCE_FLAT)
		return source_check_flat(source, messages);
	if (!source->checked)
		code = findings_check(source, messages, &source->igvm);
	source->checked = !code;
	*igvm = source->igvm;
	return code;
}
