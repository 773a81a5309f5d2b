/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RTMR 0 to 3 of a TD, computed from the event log of its firmware: their values in the
 * recorded boot, and in a boot to come with known differences.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_RTMR_H
#define VMFW_RTMR_H

#include "base/messages.h"
#include "efi/eventlog.h"

#define RTMR_NR		4
#define RTMR_SIZE	EVENTLOG_DIGEST
/* The longest log to read: edk2's area has 64 KiB. */
#define RTMR_LONGEST	(4u << 20)

/**
 * struct rtmr_log - an event log in a file
 * @path: the file's name
 * @bytes: its content
 * @log: the log, which points to @bytes
 */
struct rtmr_log {
	const char *path;
	uint8_t *bytes;
	struct eventlog log;
};

/**
 * struct rtmr_digest - a digest that the boot to come has instead of a recorded one
 * @what: its origin in words
 * @from: the recorded digest
 * @to: the digest of the boot to come, which can equal @from
 * @found: the log has an event with @from
 */
struct rtmr_digest {
	const char *what;
	uint8_t from[RTMR_SIZE];
	uint8_t to[RTMR_SIZE];
	bool found;
};

/**
 * struct rtmr_variable - a variable as the boot to come has it
 * @name: its name
 * @vendor: its GUID, EVENTLOG_VENDOR bytes as UEFI stores them
 * @bytes: its content
 * @len: bytes of @bytes
 * @found: the log has an event of this variable with some content
 */
struct rtmr_variable {
	const char *name;
	const uint8_t *vendor;
	const uint8_t *bytes;
	size_t len;
	bool found;
};

/* PK, KEK, db and dbx. */
#define RTMR_VARIABLES	4

/**
 * struct rtmr_changes - differences between the recorded boot and the one to come
 * @digests: digests of the UKI and its parts; the first is that of the whole UKI
 * @nr_digests: number of digests
 * @variables: variables of the firmware
 * @nr_variables: number of variables
 */
struct rtmr_changes {
	struct rtmr_digest *digests;
	size_t nr_digests;
	struct rtmr_variable variables[RTMR_VARIABLES];
	size_t nr_variables;
};

/**
 * struct rtmr_step - an event that extends a register
 * @event: number of the event in the log
 * @rtmr: number of the register
 * @type: the event's type, in words or as a number
 * @name: the variable that the event is about, or NULL
 * @match: does its digest fit its data?
 * @digest: RTMR_SIZE bytes that extended the register
 * @instead: RTMR_SIZE bytes that extend it in the boot to come; NULL: @digest
 * @what: the origin of @instead, in words
 */
struct rtmr_step {
	uint32_t event;
	uint32_t rtmr;
	const char *type;
	const char *name;
	enum eventlog_match match;
	const uint8_t *digest;
	const uint8_t *instead;
	const char *what;
};

/**
 * struct rtmr_values - values of the registers
 * @digest: of each register, in the boot to come
 * @recorded: of each register, in the recorded boot
 * @events: number of events that extended each register
 * @replaced: how many of these events have another digest in the boot to come
 * @unknown: number of events of RTMR 1 and 2 with unknown digests: their data only
 *	describes the hashed bytes, and the changes do not contain the digests
 * @authorities: number of events about an entry of db that accepted a program
 */
struct rtmr_values {
	uint8_t digest[RTMR_NR][RTMR_SIZE];
	uint8_t recorded[RTMR_NR][RTMR_SIZE];
	uint32_t events[RTMR_NR];
	uint32_t replaced[RTMR_NR];
	uint32_t unknown;
	uint32_t authorities;
};

/**
 * struct rtmr_replay - how to replay a log
 * @changes: the differences; the replay sets @found of those that the log has
 * @step: takes a step, which is valid during the call; or NULL
 * @arg: for @step
 */
struct rtmr_replay {
	struct rtmr_changes *changes;
	void (*step)(void *arg, const struct rtmr_step *step);
	void *arg;
};

enum vmfw_exit rtmr_log_open(struct rtmr_log *log, struct messages *messages,
			     const char *path);
enum vmfw_exit rtmr_log_replay(const struct rtmr_log *log,
			       struct messages *messages,
			       const struct rtmr_replay *replay,
			       struct rtmr_values *values);
void rtmr_log_close(struct rtmr_log *log);

#endif /* VMFW_RTMR_H */
