// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Computation of RTMRs. A register starts as zeroes. Each event sets it to the SHA-384
 * of its old value and the event's digest (TDX module ABI, TDG.MR.RTMR.EXTEND).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/rtmr.h"
#include "base/exit.h"
#include "base/infile.h"
#include "shared/bytes.h"

/* Bytes for the type of an event, as a number in text. */
#define TYPE_WORDS	48

/* Offsets in UEFI_VARIABLE_DATA, which begins with the vendor. */
#define NAME_LENGTH_AT	EVENTLOG_VENDOR
#define DATA_LENGTH_AT	(NAME_LENGTH_AT + 8)
#define NAME_AT		(DATA_LENGTH_AT + 8)

/*
 * The firmware extends the first of these registers with each program that it starts.
 * These programs extend the second.
 */
#define RTMR_PROGRAMS	1
#define RTMR_SYSTEM	2

/**
 * struct event_words - memory to which a struct rtmr_step points
 * @type: the event's type as a number, for a type without a name
 * @variable: the variable that the event is about
 * @digest: the computed digest of a changed variable
 */
struct event_words {
	char type[TYPE_WORDS];
	struct eventlog_variable variable;
	uint8_t digest[RTMR_SIZE];
};

static enum vmfw_exit say_fault(struct messages *messages, const char *path,
				const struct eventlog_fault *fault)
{
	message_error(messages, "%s: cannot read this event log: %s (0x%" PRIx64 " at offset 0x%zx)",
		      path, fault->text, fault->value, fault->offset);
	return VMFW_EXIT_IMAGE;
}

static enum vmfw_exit read_log(struct rtmr_log *log, struct messages *messages,
			       struct infile *file)
{
	struct eventlog_fault fault;
	int err = -EFBIG;

	if (file->size <= RTMR_LONGEST) {
		/* One byte more: an allocation of no bytes can return NULL. */
		log->bytes = malloc(file->size + 1);
		err = log->bytes ? infile_read(file, 0, log->bytes, file->size) :
				   -ENOMEM;
	}
	if (err)
		return infile_error(messages, file->path, err);
	err = eventlog_open(&log->log, log->bytes, file->size, &fault);
	return err ? say_fault(messages, file->path, &fault) : VMFW_EXIT_OK;
}

/**
 * rtmr_log_open() - read an event log
 * @log: to be filled in; close it even after an error
 * @messages: for errors
 * @path: the file's name, valid as long as @log
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file is no event log.
 */
enum vmfw_exit rtmr_log_open(struct rtmr_log *log, struct messages *messages,
			     const char *path)
{
	struct infile file;
	enum vmfw_exit code;

	*log = (struct rtmr_log) { .path = path };
	code = infile_open(&file, messages, path);
	if (!code)
		code = read_log(log, messages, &file);
	infile_close(&file);
	return code;
}

static int extend(uint8_t *value, const uint8_t *digest)
{
	uint8_t both[2 * RTMR_SIZE];

	memcpy(both, value, RTMR_SIZE);
	memcpy(both + RTMR_SIZE, digest, RTMR_SIZE);
	return eventlog_hash(value, both, sizeof(both));
}

static int describe_event(struct rtmr_step *step, struct event_words *words,
			  const struct eventlog_event *event)
{
	const char *type = eventlog_type_word(event->type);

	snprintf(words->type, TYPE_WORDS, "0x%08" PRIx32, event->type);
	*step = (struct rtmr_step) {
		.event = event->number,
		.rtmr = event->register_index - 1,
		.type = type ? type : words->type,
		.name = eventlog_variable(event, &words->variable) ?
			words->variable.name : NULL,
		.digest = event->digest,
	};
	return eventlog_match(event, &step->match);
}

static void say_differs(struct messages *messages, const char *path,
			const struct rtmr_step *step)
{
	message_error(messages, "%s: event %" PRIu32 " (%s%s%s): the digest does not match the event's data",
		      path, step->event, step->type, step->name ? " " : "",
		      step->name ? step->name : "");
}

/* Compute the digest of the event that firmware logs about a variable. */
static int hash_variable(const struct rtmr_variable *variable, uint8_t *digest)
{
	size_t i, name = strlen(variable->name);
	size_t len = NAME_AT + 2 * name + variable->len;
	uint8_t *data = malloc(len);
	int err;

	if (!data)
		return -ENOMEM;
	memcpy(data, variable->vendor, EVENTLOG_VENDOR);
	put_le64(data + NAME_LENGTH_AT, name);
	put_le64(data + DATA_LENGTH_AT, variable->len);
	for (i = 0; i < name; i++)
		put_le16(data + NAME_AT + 2 * i, variable->name[i]);
	memcpy(data + NAME_AT + 2 * name, variable->bytes, variable->len);
	err = eventlog_hash(digest, data, len);
	free(data);
	return err;
}

/*
 * Do not replace the event of an empty variable. Firmware that takes its variables from
 * an image can measure a variable while it is empty, and again with its content.
 */
static int replace_variable(struct rtmr_changes *changes,
			    const struct eventlog_event *event,
			    struct rtmr_step *step, struct event_words *words)
{
	size_t i;
	int err;

	if (event->type != EVENTLOG_VARIABLE_CONFIG || !step->name ||
	    !words->variable.len)
		return 0;
	for (i = 0; i < changes->nr_variables; i++) {
		struct rtmr_variable *variable = &changes->variables[i];

		if (strcmp(variable->name, step->name) ||
		    memcmp(variable->vendor, words->variable.vendor,
			   EVENTLOG_VENDOR))
			continue;
		variable->found = true;
		err = hash_variable(variable, words->digest);
		if (err)
			return err;
		step->instead = words->digest;
		step->what = variable->name;
	}
	return 0;
}

/* Return false if the digest is not among the changes. */
static bool replace_digest(struct rtmr_changes *changes, struct rtmr_step *step)
{
	size_t i;

	for (i = 0; i < changes->nr_digests; i++) {
		struct rtmr_digest *digest = &changes->digests[i];

		if (memcmp(digest->from, step->digest, RTMR_SIZE))
			continue;
		digest->found = true;
		step->instead = digest->to;
		step->what = digest->what;
		return true;
	}
	return false;
}

static int change_event(struct rtmr_changes *changes,
			const struct eventlog_event *event,
			struct rtmr_step *step, struct event_words *words,
			struct rtmr_values *values)
{
	int err = 0;

	if (step->match != EVENTLOG_UNKNOWN)
		err = replace_variable(changes, event, step, words);
	else if (step->rtmr == RTMR_PROGRAMS || step->rtmr == RTMR_SYSTEM)
		values->unknown += !replace_digest(changes, step);
	if (step->instead && !memcmp(step->instead, step->digest, RTMR_SIZE))
		step->instead = NULL;
	values->replaced[step->rtmr] += !!step->instead;
	return err;
}

static enum vmfw_exit take_event(const struct rtmr_log *log,
				 struct messages *messages,
				 const struct rtmr_replay *replay,
				 const struct eventlog_event *event,
				 struct rtmr_values *values)
{
	struct event_words words;
	struct rtmr_step step;
	int err;

	err = describe_event(&step, &words, event);
	if (!err)
		err = change_event(replay->changes, event, &step, &words,
				   values);
	if (!err)
		err = extend(values->recorded[step.rtmr], step.digest);
	if (!err)
		err = extend(values->digest[step.rtmr],
			     step.instead ? step.instead : step.digest);
	if (err)
		return infile_error(messages, log->path, err);
	values->events[step.rtmr]++;
	values->authorities += event->type == EVENTLOG_VARIABLE_AUTHORITY;
	if (replay->step)
		replay->step(replay->arg, &step);
	if (step.match != EVENTLOG_DIFFERS)
		return VMFW_EXIT_OK;
	say_differs(messages, log->path, &step);
	return VMFW_EXIT_VERIFY;
}

/**
 * rtmr_log_replay() - compute the registers from a log
 * @log: from rtmr_log_open()
 * @messages: for errors
 * @replay: the changes, and a function that follows the events
 * @values: receives the values
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the log is malformed; VMFW_EXIT_VERIFY: the
 * values are complete, but the digest of an event does not match its data.
 */
enum vmfw_exit rtmr_log_replay(const struct rtmr_log *log,
			       struct messages *messages,
			       const struct rtmr_replay *replay,
			       struct rtmr_values *values)
{
	struct eventlog_event event = { 0 };
	struct eventlog_fault fault;
	enum vmfw_exit code = VMFW_EXIT_OK;
	int more;

	*values = (struct rtmr_values) { 0 };
	while ((more = eventlog_next(&log->log, &event, &fault)) > 0) {
		enum vmfw_exit taken;

		if (event.type == EVENTLOG_NO_ACTION)
			continue;
		if (!event.register_index || event.register_index > RTMR_NR) {
			fault = (struct eventlog_fault) {
				"firmware cannot extend a register of this index",
				event.offset, event.register_index
			};
			return say_fault(messages, log->path, &fault);
		}
		taken = take_event(log, messages, replay, &event, values);
		if (taken && taken != VMFW_EXIT_VERIFY)
			return taken;
		if (taken)
			code = taken;
	}
	return more ? say_fault(messages, log->path, &fault) : code;
}

/**
 * rtmr_log_close() - free a log
 * @log: from rtmr_log_open(), which may have failed
 */
void rtmr_log_close(struct rtmr_log *log)
{
	free(log->bytes);
	*log = (struct rtmr_log) { 0 };
}
