// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: an event log. The reader does not read past the end of the input.
 * Each event begins where the previous one ends. Padding after the last event changes
 * nothing.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "efi/eventlog.h"
#include "must.h"

#define PADDING	40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct eventlog *log,
			const struct eventlog_event *event)
{
	struct eventlog_variable variable;
	enum eventlog_match match;

	must(event->next > event->offset && event->next <= log->len,
	     "an event ends in the log");
	must(event->data + event->len == log->bytes + event->next,
	     "the next event follows the data");
	must(event->digest || event->type == EVENTLOG_NO_ACTION,
	     "an event that extends a register has a digest");
	if (!event->digest)
		return;
	must(event->digest > log->bytes + event->offset &&
	     event->digest + EVENTLOG_DIGEST < event->data,
	     "the digest is in front of the data");
	must(!eventlog_match(event, &match), "a digest can be computed");
	if (!eventlog_variable(event, &variable))
		return;
	must(variable.data + variable.len == event->data + event->len,
	     "a variable ends with the data");
	must(strlen(variable.name) < EVENTLOG_NAME, "a name has an end");
}

/* Return the number of events, or -1 if the log is malformed. */
static int count_events(const uint8_t *data, size_t size)
{
	struct eventlog_event event = { 0 };
	struct eventlog_fault fault = { 0 };
	struct eventlog log;
	uint32_t nr = 0;
	size_t at;
	int err;

	err = eventlog_open(&log, data, size, &fault);
	at = log.first;
	while (!err && (err = eventlog_next(&log, &event, &fault)) == 1) {
		must(event.offset == at && event.number == ++nr,
		     "events follow each other");
		check_event(&log, &event);
		at = event.next;
		err = 0;
	}
	if (!err)
		return nr;
	must(err == -EINVAL && fault.text && fault.offset <= size,
	     "a fault has a place and words");
	return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t fills[] = { 0, 0xff };
	int nr = count_events(data, size);
	uint8_t *longer;
	size_t i;

	/* The last byte may be padding. Other padding after it would be malformed. */
	if (nr < 0 || !size || !data[size - 1] || data[size - 1] == 0xff)
		return 0;
	longer = malloc(size + PADDING);
	if (!longer)
		abort();
	memcpy(longer, data, size);
	for (i = 0; i < sizeof(fills); i++) {
		memset(longer + size, fills[i], PADDING);
		must(count_events(longer, size + PADDING) == nr,
		     "padding changes nothing");
	}
	free(longer);
	return 0;
}
