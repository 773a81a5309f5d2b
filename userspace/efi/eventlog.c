// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The format of event logs (TCG PC Client Platform Firmware Profile, "Event Logging").
 * The header is an event of the old format, TCG_PCR_EVENT with TCG_EfiSpecIdEvent. After
 * it come events of the new format, TCG_PCR_EVENT2. In the log of a confidential guest,
 * the field for the index of a PCR contains the index of another register (UEFI
 * specification, "Confidential Computing").
 *
 * A log lies in an area of fixed size. edk2 (TdTcg2Dxe) first fills the area with 0xff,
 * other firmware with zeroes. Only this padding shows where the log ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/evp.h>

#include "efi/eventlog.h"
#include "shared/bytes.h"
#include "shared/macro.h"

/* TCG_PCR_EVENT: register, type, SHA-1, size of the data. */
#define OLD_TYPE_AT	4
#define OLD_SIZE_AT	28
#define OLD_DATA_AT	32

/* TCG_EfiSpecIdEvent, with offsets in the data of the first event. */
#define SIGNATURE	"Spec ID Event03"
#define COUNT_AT	24
#define ALGORITHMS_AT	28
#define ALGORITHM_SIZE	4

/* TCG_PCR_EVENT2: register, type, number of digests, digests, size of the data. */
#define TYPE_AT		4
#define NR_DIGESTS_AT	8
#define DIGESTS_AT	12

#define SHA384		0x000c

/* Offsets in UEFI_VARIABLE_DATA. */
#define NAME_LENGTH_AT	16
#define DATA_LENGTH_AT	24
#define NAME_AT		32

/* Types of events; see also eventlog.h. */
#define SEPARATOR	0x00000004
#define CRTM_VERSION	0x00000008
#define VARIABLE_BOOT	0x80000002
#define GPT		0x80000006
#define ACTION		0x80000007
#define VARIABLE_BOOT2	0x8000000c

static const struct {
	uint32_t type;
	const char *word;
} types[] = {
	{ 0x00000000, "EV_PREBOOT_CERT" },
	{ 0x00000001, "EV_POST_CODE" },
	{ 0x00000002, "EV_UNUSED" },
	{ EVENTLOG_NO_ACTION, "EV_NO_ACTION" },
	{ SEPARATOR, "EV_SEPARATOR" },
	{ 0x00000005, "EV_ACTION" },
	{ 0x00000006, "EV_EVENT_TAG" },
	{ 0x00000007, "EV_S_CRTM_CONTENTS" },
	{ CRTM_VERSION, "EV_S_CRTM_VERSION" },
	{ 0x00000009, "EV_CPU_MICROCODE" },
	{ 0x0000000a, "EV_PLATFORM_CONFIG_FLAGS" },
	{ 0x0000000b, "EV_TABLE_OF_DEVICES" },
	{ 0x0000000c, "EV_COMPACT_HASH" },
	{ 0x0000000d, "EV_IPL" },
	{ 0x0000000e, "EV_IPL_PARTITION_DATA" },
	{ 0x0000000f, "EV_NONHOST_CODE" },
	{ 0x00000010, "EV_NONHOST_CONFIG" },
	{ 0x00000011, "EV_NONHOST_INFO" },
	{ 0x00000012, "EV_OMIT_BOOT_DEVICE_EVENTS" },
	{ EVENTLOG_VARIABLE_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
	{ VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
	{ EVENTLOG_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
	{ 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER" },
	{ 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
	{ GPT, "EV_EFI_GPT_EVENT" },
	{ ACTION, "EV_EFI_ACTION" },
	{ 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
	{ 0x80000009, "EV_EFI_HANDOFF_TABLES" },
	{ 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
	{ 0x8000000b, "EV_EFI_HANDOFF_TABLES2" },
	{ VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2" },
	{ 0x80000010, "EV_EFI_HCRTM_EVENT" },
	{ EVENTLOG_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
};

static int set_fault(struct eventlog_fault *fault, const char *text,
		     size_t offset, uint64_t value)
{
	*fault = (struct eventlog_fault) { text, offset, value };
	return -EINVAL;
}

/* Return the size of this algorithm's digests; 0: the header lacks the algorithm. */
static uint16_t digest_size(const struct eventlog *log, uint16_t id)
{
	uint32_t i;

	for (i = 0; i < log->nr_algorithms; i++)
		if (log->algorithms[i].id == id)
			return log->algorithms[i].size;
	return 0;
}

static int read_algorithms(struct eventlog *log, const uint8_t *data,
			   uint32_t count, struct eventlog_fault *fault)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		const uint8_t *p = data + ALGORITHMS_AT + i * ALGORITHM_SIZE;
		uint16_t id = get_le16(p), size = get_le16(p + 2);

		if (!size || digest_size(log, id))
			return set_fault(fault, "the header names an algorithm twice, or one with empty digests",
					 p - log->bytes, id);
		log->algorithms[log->nr_algorithms].id = id;
		log->algorithms[log->nr_algorithms++].size = size;
	}
	if (digest_size(log, SHA384) != EVENTLOG_DIGEST)
		return set_fault(fault, "the log has no digests of SHA-384",
				 OLD_DATA_AT + COUNT_AT, count);
	return 0;
}

/**
 * eventlog_open() - read the header of a log
 * @log: receives the log, valid as long as @bytes
 * @bytes: the log, and the unused rest of its area
 * @len: number of bytes
 * @fault: receives the fault, if -EINVAL is returned
 *
 * Return: 0 or -EINVAL.
 */
int eventlog_open(struct eventlog *log, const uint8_t *bytes, size_t len,
		  struct eventlog_fault *fault)
{
	uint32_t size, count;

	*log = (struct eventlog) { .bytes = bytes, .len = len };
	if (len < OLD_DATA_AT + ALGORITHMS_AT)
		return set_fault(fault, "the log ends within its header", 0, len);
	if (get_le32(bytes + OLD_TYPE_AT) != EVENTLOG_NO_ACTION ||
	    memcmp(bytes + OLD_DATA_AT, SIGNATURE, sizeof(SIGNATURE)))
		return set_fault(fault, "this is not an event log with several algorithms",
				 OLD_TYPE_AT, get_le32(bytes + OLD_TYPE_AT));
	size = get_le32(bytes + OLD_SIZE_AT);
	if (size < ALGORITHMS_AT || size > len - OLD_DATA_AT)
		return set_fault(fault, "the header cannot have this size",
				 OLD_SIZE_AT, size);
	count = get_le32(bytes + OLD_DATA_AT + COUNT_AT);
	if (!count || count > EVENTLOG_ALGORITHMS ||
	    count * ALGORITHM_SIZE > size - ALGORITHMS_AT)
		return set_fault(fault, "the header cannot have this number of algorithms",
				 OLD_DATA_AT + COUNT_AT, count);
	log->first = OLD_DATA_AT + size;
	return read_algorithms(log, bytes + OLD_DATA_AT, count, fault);
}

/* Are all bytes from an offset on padding: zeroes, or 0xff? */
static bool is_padding(const struct eventlog *log, size_t at)
{
	uint8_t byte;

	if (at == log->len)
		return true;
	byte = log->bytes[at];
	if (byte && byte != 0xff)
		return false;
	while (++at < log->len)
		if (log->bytes[at] != byte)
			return false;
	return true;
}

/* Move @at from the first digest to the end of the last. Keep the SHA-384 digest. */
static int read_digests(const struct eventlog *log,
			struct eventlog_event *event, uint32_t count,
			size_t *at, struct eventlog_fault *fault)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		const uint8_t *p = log->bytes + *at;
		uint16_t size;

		if (log->len - *at < sizeof(uint16_t))
			return set_fault(fault, "the log ends within a digest",
					 *at, log->len);
		size = digest_size(log, get_le16(p));
		if (!size)
			return set_fault(fault, "a digest has an algorithm that the header lacks",
					 *at, get_le16(p));
		if (size > log->len - *at - sizeof(uint16_t))
			return set_fault(fault, "the log ends within a digest",
					 *at, log->len);
		if (get_le16(p) == SHA384) {
			if (event->digest)
				return set_fault(fault, "an event has two digests of SHA-384",
						 *at, SHA384);
			event->digest = p + sizeof(uint16_t);
		}
		*at += sizeof(uint16_t) + size;
	}
	if (!event->digest && event->type != EVENTLOG_NO_ACTION)
		return set_fault(fault, "an event has no digest of SHA-384",
				 event->offset + NR_DIGESTS_AT, count);
	return 0;
}

static int read_event(const struct eventlog *log, struct eventlog_event *event,
		      struct eventlog_fault *fault)
{
	const uint8_t *p = log->bytes + event->offset;
	size_t at = event->offset + DIGESTS_AT;
	uint32_t count, len;
	int err;

	if (log->len - event->offset < DIGESTS_AT)
		return set_fault(fault, "the log ends within an event",
				 event->offset, log->len);
	event->register_index = get_le32(p);
	event->type = get_le32(p + TYPE_AT);
	count = get_le32(p + NR_DIGESTS_AT);
	if (count > log->nr_algorithms)
		return set_fault(fault, "an event has more digests than the header has algorithms",
				 event->offset + NR_DIGESTS_AT, count);
	err = read_digests(log, event, count, &at, fault);
	if (err)
		return err;
	if (log->len - at < sizeof(len))
		return set_fault(fault, "the log ends within an event",
				 event->offset, log->len);
	len = get_le32(log->bytes + at);
	if (len > log->len - at - sizeof(len))
		return set_fault(fault, "an event has more bytes than the rest of the log",
				 at, len);
	event->data = log->bytes + at + sizeof(len);
	event->len = len;
	event->next = at + sizeof(len) + len;
	return 0;
}

/**
 * eventlog_next() - read the next event
 * @log: from eventlog_open()
 * @event: the last event, all zero before the first; receives the next one, valid as
 *	long as the bytes of @log
 * @fault: receives the fault, if -EINVAL is returned
 *
 * Return: 1; 0: there are no more events; -EINVAL: the log is malformed.
 */
int eventlog_next(const struct eventlog *log, struct eventlog_event *event,
		  struct eventlog_fault *fault)
{
	size_t at = event->next ? event->next : log->first;
	uint32_t number = event->number + 1;
	int err;

	if (is_padding(log, at))
		return 0;
	*event = (struct eventlog_event) { .offset = at, .number = number };
	err = read_event(log, event, fault);
	return err ? err : 1;
}

/**
 * eventlog_type_word() - the TCG's name for a type of event
 * @type: the type
 *
 * Return: the name, or NULL: the type is unknown.
 */
const char *eventlog_type_word(uint32_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].word;
	return NULL;
}

static bool has_variable(uint32_t type)
{
	return type == EVENTLOG_VARIABLE_CONFIG || type == VARIABLE_BOOT ||
	       type == VARIABLE_BOOT2 || type == EVENTLOG_VARIABLE_AUTHORITY;
}

/**
 * eventlog_variable() - read the variable in the data of an event
 * @event: the event
 * @variable: receives the variable, valid as long as the bytes of @event
 *
 * Return: false: the event is not about a variable, its data is malformed, or the
 * name of the variable is too long.
 */
bool eventlog_variable(const struct eventlog_event *event,
		       struct eventlog_variable *variable)
{
	uint64_t name, len;
	size_t i;

	if (!has_variable(event->type) || event->len < NAME_AT)
		return false;
	name = get_le64(event->data + NAME_LENGTH_AT);
	len = get_le64(event->data + DATA_LENGTH_AT);
	if (name >= EVENTLOG_NAME || 2 * name > event->len - NAME_AT ||
	    len != event->len - NAME_AT - 2 * name)
		return false;
	variable->vendor = event->data;
	for (i = 0; i < name; i++) {
		uint16_t c = get_le16(event->data + NAME_AT + 2 * i);

		variable->name[i] = c > ' ' && c < 0x7f ? c : '?';
	}
	variable->name[name] = '\0';
	variable->data = event->data + NAME_AT + 2 * name;
	variable->len = len;
	return true;
}

/**
 * eventlog_hash() - compute a SHA-384 digest
 * @digest: receives EVENTLOG_DIGEST bytes
 * @bytes: the bytes to hash
 * @len: number of bytes
 *
 * Return: 0 or -EIO, an error of libcrypto.
 */
int eventlog_hash(uint8_t *digest, const void *bytes, size_t len)
{
	return EVP_Digest(bytes, len, digest, NULL, EVP_sha384(), NULL) ?
	       0 : -EIO;
}

static int compare(const struct eventlog_event *event, const uint8_t *bytes,
		   size_t len, enum eventlog_match *match)
{
	uint8_t digest[EVENTLOG_DIGEST];
	int err = eventlog_hash(digest, bytes, len);

	if (err)
		return err;
	*match = memcmp(digest, event->digest, sizeof(digest)) ?
		 EVENTLOG_DIFFERS : EVENTLOG_MATCHES;
	return 0;
}

/* edk2 hashes only the content of a boot option, other firmware all the data. */
static int compare_boot(const struct eventlog_event *event,
			enum eventlog_match *match)
{
	struct eventlog_variable variable;
	int err = compare(event, event->data, event->len, match);

	if (err || *match == EVENTLOG_MATCHES ||
	    !eventlog_variable(event, &variable))
		return err;
	return compare(event, variable.data, variable.len, match);
}

/**
 * eventlog_match() - compare the digest of an event with its data
 * @event: the event
 * @match: receives the result
 *
 * Return: 0 or -EIO, an error of libcrypto.
 */
int eventlog_match(const struct eventlog_event *event,
		   enum eventlog_match *match)
{
	*match = EVENTLOG_UNKNOWN;
	switch (event->type) {
	case VARIABLE_BOOT:
		return compare_boot(event, match);
	case SEPARATOR:
	case CRTM_VERSION:
	case GPT:
	case ACTION:
	case VARIABLE_BOOT2:
	case EVENTLOG_VARIABLE_CONFIG:
	case EVENTLOG_VARIABLE_AUTHORITY:
		return compare(event, event->data, event->len, match);
	default:
		return 0;
	}
}
