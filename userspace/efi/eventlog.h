/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event logs of confidential guests, as firmware hands them over in ACPI's CCEL:
 * "crypto agile" logs of the TCG, with SHA-384. This code does no I/O.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EVENTLOG_H
#define VMFW_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTLOG_DIGEST	48
/* The most algorithms in a log: the TCG defines fewer. */
#define EVENTLOG_ALGORITHMS	16

/* Types of events; eventlog.c has more. */
#define EVENTLOG_NO_ACTION		0x00000003
#define EVENTLOG_VARIABLE_CONFIG	0x80000001
#define EVENTLOG_APPLICATION		0x80000003
#define EVENTLOG_VARIABLE_AUTHORITY	0x800000e0

/**
 * struct eventlog - an event log
 * @bytes: the whole log, and the unused rest of its area
 * @len: number of bytes
 * @first: offset of the first event after the header
 * @nr_algorithms: number of algorithms
 * @algorithms: the TCG's identifier of each, and the bytes of its digests
 */
struct eventlog {
	const uint8_t *bytes;
	size_t len;
	size_t first;
	uint32_t nr_algorithms;
	struct {
		uint16_t id;
		uint16_t size;
	} algorithms[EVENTLOG_ALGORITHMS];
};

/**
 * struct eventlog_event - an event
 * @offset: its offset in the log
 * @next: offset of the next event
 * @number: its number; the header is 0
 * @register_index: 0: MRTD, which firmware cannot extend; 1 to 4: RTMR 0 to 3
 * @type: the event's type, a number of the TCG
 * @digest: EVENTLOG_DIGEST bytes that extended the register; an event of
 *	EVENTLOG_NO_ACTION extends none, and then @digest can be NULL
 * @data: description of the event; for some types these are the hashed bytes
 * @len: bytes at @data
 */
struct eventlog_event {
	size_t offset;
	size_t next;
	uint32_t number;
	uint32_t register_index;
	uint32_t type;
	const uint8_t *digest;
	const uint8_t *data;
	size_t len;
};

/**
 * enum eventlog_match - does the digest of an event fit its data?
 * @EVENTLOG_UNKNOWN: the data only describes the hashed bytes
 * @EVENTLOG_MATCHES: the digest is that of the data
 * @EVENTLOG_DIFFERS: the digest should be that of the data, but is another one
 */
enum eventlog_match {
	EVENTLOG_UNKNOWN,
	EVENTLOG_MATCHES,
	EVENTLOG_DIFFERS,
};

/* Bytes of the longest name of a variable, with the zero at its end. */
#define EVENTLOG_NAME	64

/**
 * struct eventlog_variable - a variable in the data of an event
 * @vendor: its GUID, EVENTLOG_VENDOR bytes as UEFI stores them
 * @name: in printable ASCII; spaces and other characters become question marks
 * @data: the content
 * @len: bytes at @data
 */
struct eventlog_variable {
	const uint8_t *vendor;
	char name[EVENTLOG_NAME];
	const uint8_t *data;
	size_t len;
};

#define EVENTLOG_VENDOR	16

/**
 * struct eventlog_fault - a fault in a log
 * @text: the fault in words
 * @offset: its offset in the log
 * @value: the value there
 */
struct eventlog_fault {
	const char *text;
	size_t offset;
	uint64_t value;
};

int eventlog_open(struct eventlog *log, const uint8_t *bytes, size_t len,
		  struct eventlog_fault *fault);
int eventlog_next(const struct eventlog *log, struct eventlog_event *event,
		  struct eventlog_fault *fault);
const char *eventlog_type_word(uint32_t type);
bool eventlog_variable(const struct eventlog_event *event,
		       struct eventlog_variable *variable);
int eventlog_match(const struct eventlog_event *event,
		   enum eventlog_match *match);
int eventlog_hash(uint8_t *digest, const void *bytes, size_t len);

#endif /* VMFW_EVENTLOG_H */
