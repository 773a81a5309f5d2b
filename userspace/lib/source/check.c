// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "source/check.h"

#define LINE		512
/* A file of rubbish has as many findings as headers; nobody reads them. */
#define TELL_MOST	200

static void tell_json(struct output *out,
		      const struct vmfw_igvm_finding *finding,
		      const char *line)
{
	const char *name = vmfw_igvm_type_name(finding->type);

	output_object(out, NULL);
	output_string(out, "severity", NULL,
		      vmfw_igvm_rule_is_error(finding->rule) ?
		      "error" : "warning");
	output_string(out, "rule", NULL, vmfw_igvm_rule_name(finding->rule));
	if (finding->header != VMFW_IGVM_NO_HEADER) {
		output_number(out, "header", NULL, finding->header);
		output_hex(out, "type", NULL, finding->type);
		if (name)
			output_string(out, "type_name", NULL, name);
	}
	output_hex(out, "offset", NULL, finding->offset);
	output_string(out, "field", NULL, finding->field);
	output_hex(out, "value", NULL, finding->value);
	if (finding->has_bound)
		output_hex(out, "bound", NULL, finding->bound);
	output_string(out, "text", NULL, line);
	output_end(out);
}

static void tell_message(const struct findings *findings, bool error,
			 const char *line)
{
	if (error && !findings->forgive)
		output_error(findings->out, "%s: %s", findings->path, line);
	else if (error || findings->warn)
		output_warning(findings->out, "%s: %s", findings->path, line);
}

/**
 * findings_tell() - tell a finding; for vmfw_igvm_check()
 * @arg: struct findings
 * @finding: the finding
 *
 * Return: true, go on: all are counted.
 */
bool findings_tell(void *arg, const struct vmfw_igvm_finding *finding)
{
	struct findings *findings = arg;
	bool error = vmfw_igvm_rule_is_error(finding->rule);
	char line[LINE];

	if (error)
		findings->errors++;
	else
		findings->warnings++;
	if (findings->errors + findings->warnings > TELL_MOST)
		return true;

	vmfw_igvm_describe(finding, line, sizeof(line));
	if (findings->as_messages) {
		tell_message(findings, error, line);
	} else if (findings->out->json) {
		tell_json(findings->out, finding, line);
	} else {
		output_line(findings->out, "%s: %s: %s", findings->path,
			    error ? "error" : "warning", line);
	}
	return true;
}

/**
 * findings_tell_rest() - tell how many findings were not told
 * @findings: of a check that has ended
 */
void findings_tell_rest(const struct findings *findings)
{
	unsigned long all = findings->errors + findings->warnings;

	if (all > TELL_MOST)
		output_warning(findings->out,
			       "%s: %lu more findings are not shown",
			       findings->path, all - TELL_MOST);
}

/**
 * findings_check() - check a file, and tell errors as messages
 * @source: the file
 * @out: for them and for other errors
 * @igvm: see source_check()
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: there were errors.
 */
int findings_check(struct source *source, struct output *out,
		   struct vmfw_igvm *igvm)
{
	struct findings findings = {
		.out = out,
		.path = source->path,
		.as_messages = true,
	};
	int code = source_check(source, out, igvm, findings_tell, &findings);

	findings_tell_rest(&findings);
	return code;
}

/**
 * findings_check_image() - check all of an image that does not depend on a VMM
 * @source: the image
 * @out: for findings and errors
 * @igvm: see source_check(); untouched if the image is a flat firmware
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: there were errors.
 */
int findings_check_image(struct source *source, struct output *out,
			 struct vmfw_igvm *igvm)
{
	if (source->kind == SOURCE_FLAT)
		return source_check_flat(source, out);
	return findings_check(source, out, igvm);
}
