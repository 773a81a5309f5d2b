// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * RTMR 0 to 3 of a TD, which measure computes from the event log of a boot. They are the
 * registers after that boot, or after a boot that the tool predicts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "attest/launch-digest.h"
#include "attest/rtmr.h"
#include "base/exit.h"
#include "compose/predict.h"
#include "ctl/measure.h"

static const char *const matches[] = {
	[EVENTLOG_UNKNOWN] = "unknown",
	[EVENTLOG_MATCHES] = "matches",
	[EVENTLOG_DIFFERS] = "differs",
};

/**
 * struct printer - the argument of print_event()
 * @out: the output
 * @trace: print all events, not only notes about replaced digests
 */
struct printer {
	struct output *out;
	bool trace;
};

static void print_event(void *arg, const struct rtmr_step *step)
{
	const struct printer *printer = arg;
	struct output *out = printer->out;
	char words[LAUNCH_WORDS];

	if (step->instead)
		message_note(out->messages, "RTMR %" PRIu32 ", event %" PRIu32 " (%s): the digest of %s replaces the recorded one",
			     step->rtmr, step->event, step->type, step->what);
	if (!printer->trace)
		return;
	launch_words(words, step->digest, RTMR_SIZE);
	output_object(out, NULL);
	output_number(out, "event", NULL, step->event);
	output_number(out, "rtmr", NULL, step->rtmr);
	output_string(out, "type", NULL, step->type);
	if (step->name)
		output_string(out, "name", NULL, step->name);
	output_string(out, "digest", NULL, words);
	output_string(out, "data", NULL, matches[step->match]);
	if (step->instead) {
		char instead[LAUNCH_WORDS];

		output_string(out, "instead", NULL,
			      launch_words(instead, step->instead, RTMR_SIZE));
		output_string(out, "origin", NULL, step->what);
	}
	output_end(out);
	output_detail(out, "event %" PRIu32 " RTMR %" PRIu32 " %s%s%s %s",
		      step->event, step->rtmr, step->type,
		      step->name ? " " : "", step->name ? step->name : "",
		      words);
}

static void print_values(struct output *out, const struct options *options,
			 const struct rtmr_values *values)
{
	char words[LAUNCH_WORDS];
	unsigned int i;

	output_array(out, "rtmrs");
	for (i = 0; i < RTMR_NR; i++) {
		output_object(out, NULL);
		output_number(out, "rtmr", NULL, i);
		output_number(out, "events", NULL, values->events[i]);
		output_number(out, "replaced", NULL, values->replaced[i]);
		launch_words(words, values->recorded[i], RTMR_SIZE);
		output_string(out, "recorded", NULL, words);
		if (values->replaced[i])
			output_line(out, "RTMR %u as recorded: %s", i, words);
		output_string(out, "digest", NULL,
			      launch_words(words, values->digest[i], RTMR_SIZE));
		if (options_given(options, OPTION_BASE64))
			output_string(out, "digest_base64", NULL,
				      launch_base64(words, values->digest[i],
						    RTMR_SIZE));
		output_end(out);
		output_line(out, "RTMR %u: %s", i, words);
	}
	output_end(out);
}

/**
 * measure_check_log() - check the options --event-log, --uki and --recorded-uki
 * @out: for the error
 * @options: the options
 * @platform: the platform to measure for
 *
 * Return: an exit code.
 */
int measure_check_log(struct output *out, const struct options *options,
		      unsigned int platform)
{
	if ((options->uki || options->recorded_uki) &&
	    !(options->uki && options->recorded_uki && options->event_log)) {
		message_error(out->messages, "--uki=FILE and --recorded-uki=FILE: each needs the other and --event-log=FILE; give all three");
		return VMFW_EXIT_USAGE;
	}
	if (!options->event_log || platform == VMFW_IGVM_TDX)
		return VMFW_EXIT_OK;
	message_error(out->messages, "--event-log is only for the platform tdx: only a TD has RTMRs");
	return VMFW_EXIT_USAGE;
}

static int make_prediction(struct prediction *prediction, struct output *out,
			   const struct options *options, const char *path,
			   const struct vmfw_igvm *igvm)
{
	int code = VMFW_EXIT_OK;

	*prediction = (struct prediction) { .nr_parts = 0 };
	if (igvm)
		code = predict_variables(prediction, out->messages, path, igvm);
	if (!code && prediction->has_kernel && !options->uki)
		message_warning(out->messages, "%s: RTMR 1 and 2 are as recorded; for the kernel in this image, give --uki=FILE and --recorded-uki=FILE",
				path);
	if (!code && options->uki)
		code = predict_uki(prediction, out->messages,
				   options->recorded_uki, options->uki);
	return code;
}

/*
 * Fail if the log has no event of the recorded UKI, or of a variable that the image has.
 * Then the log predicts nothing, because the recorded boot differs in more than the changes.
 */
static int check_log(struct output *out, const struct options *options,
		     const struct rtmr_changes *changes)
{
	int code = VMFW_EXIT_OK;
	size_t i;

	if (options->uki && !changes->digests[0].found) {
		message_error(out->messages, "%s: cannot predict RTMR 1: the log has no event of %s; name the UKI of the recorded boot by --recorded-uki=FILE",
			      options->event_log, options->recorded_uki);
		code = VMFW_EXIT_VERIFY;
	}
	for (i = 0; i < changes->nr_variables; i++) {
		if (changes->variables[i].found)
			continue;
		message_error(out->messages, "%s: cannot predict RTMR 0: the log has no event of a %s with contents; record a boot from an image with Secure Boot variables",
			      options->event_log, changes->variables[i].name);
		code = VMFW_EXIT_VERIFY;
	}
	return code;
}

static void warn_of_recorded(struct output *out, const struct options *options,
			     const struct rtmr_values *values)
{
	unsigned int i, replaced = 0;

	for (i = 0; i < RTMR_NR; i++)
		replaced += values->replaced[i];
	if (options->uki && values->unknown)
		message_warning(out->messages, "%s: RTMR 1 and 2 keep %" PRIu32 " of the recorded digests, because no known part of %s has them; see --trace",
				options->event_log, values->unknown,
				options->recorded_uki);
	if (replaced && values->authorities)
		message_warning(out->messages, "%s: RTMR 0 keeps the recorded entry of db that accepted a program; the predicted boot may use another entry",
				options->event_log);
}

static int replay_log(struct output *out, const struct options *options,
		      const struct rtmr_log *log, struct rtmr_changes *changes)
{
	struct printer printer = {
		out, options_given(options, OPTION_TRACE)
	};
	const struct rtmr_replay replay = { changes, print_event, &printer };
	struct rtmr_values values;
	int code, other;

	if (printer.trace)
		output_array(out, "events");
	code = rtmr_log_replay(log, out->messages, &replay, &values);
	if (printer.trace)
		output_end(out);
	if (code && code != VMFW_EXIT_VERIFY)
		return code;
	other = check_log(out, options, changes);
	if (other)
		return other;
	print_values(out, options, &values);
	warn_of_recorded(out, options, &values);
	return code;
}

/**
 * measure_log() - print the values of RTMR 0 to 3 after the events of a log
 * @out: receives them
 * @options: the options; without --event-log, the function prints nothing
 * @path: name of the image
 * @igvm: the image, or NULL: it is a flat firmware
 *
 * Return: an exit code.
 */
int measure_log(struct output *out, const struct options *options,
		const char *path, const struct vmfw_igvm *igvm)
{
	struct prediction prediction;
	struct rtmr_log log;
	int code;

	if (!options->event_log)
		return VMFW_EXIT_OK;
	output_object(out, "event_log");
	output_string(out, "file", NULL, options->event_log);
	code = make_prediction(&prediction, out, options, path, igvm);
	if (!code) {
		code = rtmr_log_open(&log, out->messages, options->event_log);
		if (!code)
			code = replay_log(out, options, &log,
					  &prediction.changes);
		rtmr_log_close(&log);
	}
	predict_free(&prediction);
	output_end(out);
	return code;
}
