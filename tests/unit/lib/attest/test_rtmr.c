// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Registers of a TD: those of an event log, and those after a boot with differences.
 * tests/lib/attest/eventlog.py made the log and the expected registers. Other tests
 * use changed copies of the log.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "attest/rtmr.h"
#include "base/exit.h"
#include "shared/text.h"
#include "errors.h"
#include "tree.h"

#define AREA	0x10000
#define PATH	32

/* The offset of the first event, and of fields in events with one digest. */
#define FIRST	65
#define DIGEST	14
#define SIZE	62

static uint8_t bytes[AREA];
static struct messages messages;
static struct rtmr_values values;
static struct rtmr_changes changes;
static unsigned int replaced;
static unsigned int steps;
static size_t fail_allocation;
/* The call of eventlog_hash() or eventlog_match() that fails, counted from 1; 0: none. */
static unsigned int fail_call;
/* The last type of an event that has no name. */
static char type_number[16];
static unsigned int descriptors;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (fail_allocation && size == fail_allocation)
		return NULL;
	return __real_malloc(size);
}

static bool call_fails(void)
{
	return fail_call && !--fail_call;
}

int __real_eventlog_hash(uint8_t *digest, const void *data, size_t len);
int __wrap_eventlog_hash(uint8_t *digest, const void *data, size_t len);
int __wrap_eventlog_hash(uint8_t *digest, const void *data, size_t len)
{
	return call_fails() ? -EIO : __real_eventlog_hash(digest, data, len);
}

int __real_eventlog_match(const struct eventlog_event *event,
			  enum eventlog_match *match);
int __wrap_eventlog_match(const struct eventlog_event *event,
			  enum eventlog_match *match);
int __wrap_eventlog_match(const struct eventlog_event *event,
			  enum eventlog_match *match)
{
	return call_fails() ? -EIO : __real_eventlog_match(event, match);
}

static FILE *open_vector(const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	return file;
}

static int set_up(void **state)
{
	FILE *file = open_vector("eventlog.bin");

	(void)state;
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	messages_keep(&messages);
	memset(&changes, 0, sizeof(changes));
	replaced = 0;
	steps = 0;
	fail_allocation = 0;
	fail_call = 0;
	type_number[0] = '\0';
	descriptors = tree_count_descriptors();
	return 0;
}

/* No descriptor may stay open. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	messages_free(&messages);
	return 0;
}

static void count_step(void *arg, const struct rtmr_step *step)
{
	assert_ptr_equal(arg, &steps);
	assert_true(step->rtmr < RTMR_NR);
	assert_non_null(step->type);
	if (step->type[0] == '0')
		snprintf(type_number, sizeof(type_number), "%s", step->type);
	if (step->instead) {
		assert_memory_not_equal(step->instead, step->digest, RTMR_SIZE);
		assert_non_null(step->what);
		replaced++;
	}
	steps++;
}

/* Replay a log of @len bytes: those in @bytes, and then zeroes. */
static enum vmfw_exit replay(size_t len)
{
	const struct rtmr_replay how = { &changes, count_step, &steps };
	int fd = memfd_create("log", 0);
	struct rtmr_log log;
	enum vmfw_exit code;
	char path[PATH];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len < AREA ? len : AREA),
			 len < AREA ? len : AREA);
	assert_int_equal(ftruncate(fd, len), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = rtmr_log_open(&log, &messages, path);
	if (!code)
		code = rtmr_log_replay(&log, &messages, &how, &values);
	rtmr_log_close(&log);
	close(fd);
	return code;
}

static void expect_registers(void)
{
	char wanted[2 * RTMR_SIZE + 1], is[2 * RTMR_SIZE + 1];
	FILE *file = open_vector("eventlog.txt");
	unsigned int i, number;

	for (i = 0; i < RTMR_NR; i++) {
		assert_int_equal(fscanf(file, "RTMR %u: %96s\n", &number,
					wanted), 2);
		assert_int_equal(number, i);
		text_hex(is, sizeof(is), values.recorded[i], RTMR_SIZE);
		assert_string_equal(is, wanted);
	}
	fclose(file);
}

static void a_log_of_a_td(void **state)
{
	(void)state;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	expect_registers();
	assert_memory_equal(values.digest, values.recorded,
			    sizeof(values.digest));
	assert_int_equal(values.unknown, 3);
	assert_int_equal(values.authorities, 0);
	assert_int_equal(replaced, 0);
	assert_int_equal(values.events[0], 13);
	assert_int_equal(values.events[1], 6);
	assert_int_equal(values.events[2], 2);
	assert_int_equal(values.events[3], 0);
	assert_int_equal(steps, 21);
	assert_null(messages_first_error(&messages));
}

/* Find the digest of the first event with this data. */
static uint8_t *find_digest(const char *data, size_t len)
{
	uint8_t *found = memmem(bytes, sizeof(bytes), data, len);

	assert_non_null(found);
	return found - 4 - RTMR_SIZE;
}

/* The tool computes the registers from the digests, even if the data differ. */
static void a_digest_that_is_not_of_the_data(void **state)
{
	uint8_t *digest = find_digest("Exit Boot Services Inv", 22);

	(void)state;
	digest[RTMR_SIZE + 4] = 'e';
	assert_int_equal(replay(AREA), VMFW_EXIT_VERIFY);
	expect_registers();
	expect_error(&messages, ": event 21 (EV_EFI_ACTION): the digest does not match the event's data");
	digest[RTMR_SIZE + 4] = 'E';
	*digest ^= 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_VERIFY);
	expect_error(&messages, ": event 21 (EV_EFI_ACTION): ");
	*digest ^= 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	/* The data of a variable changes. */
	digest = memmem(bytes, sizeof(bytes), "P\0K\0", 4);
	digest[2] = 'k';
	assert_int_equal(replay(AREA), VMFW_EXIT_VERIFY);
	expect_error(&messages, ": event 5 (EV_EFI_VARIABLE_DRIVER_CONFIG Pk): ");
}

static void registers_that_are_none(void **state)
{
	/* Change the second event, because the first one extends no register. */
	size_t at = FIRST + SIZE + 4 + 116;

	(void)state;
	assert_int_equal(bytes[at], 1);
	bytes[at] = 5;
	assert_int_equal(replay(AREA), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": cannot read this event log: firmware cannot extend a register of this index (0x5 at offset 0xf7)");
	bytes[at] = 0;
	assert_int_equal(replay(AREA), VMFW_EXIT_IMAGE);
	expect_error(&messages, "firmware cannot extend a register of this index (0x0 at offset 0xf7)");
	assert_int_equal(steps, 0);
	/* An event of an unknown type extends its register, too. */
	bytes[at] = 4;
	memset(bytes + at + 4, 0x77, 4);
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_int_equal(values.events[0], 12);
	assert_int_equal(values.events[3], 1);
	assert_string_equal(type_number, "0x77777777");
}

static void a_malformed_log(void **state)
{
	(void)state;
	bytes[FIRST + SIZE + 3] = 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": cannot read this event log: an event has more bytes than the rest of the log (0x1000074 at offset 0x7f)");
	assert_int_equal(replay(40), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": the log ends within its header (0x28 at offset 0x0)");
	assert_int_equal(replay(0), VMFW_EXIT_IMAGE);
	expect_error(&messages, ": the log ends within its header (0x0 at offset 0x0)");
}

static void no_file(void **state)
{
	struct rtmr_log log;
	size_t end = AREA;

	(void)state;
	assert_int_equal(rtmr_log_open(&log, &messages, "/nonexistent"),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, "/nonexistent: cannot use this file: No such file or directory");
	rtmr_log_close(&log);
	assert_int_equal(replay(RTMR_LONGEST + 1), VMFW_EXIT_SYSTEM);
	expect_error(&messages, ": File too large");
	/* The padding may be longer, and may be zeroes. */
	while (bytes[end - 1] == 0xff)
		bytes[--end] = 0;
	assert_int_equal(replay(RTMR_LONGEST), VMFW_EXIT_OK);
	expect_registers();
	/* The allocation for the log fails. */
	fail_allocation = AREA + 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_SYSTEM);
	expect_error(&messages, ": Cannot allocate memory");
}

/* Put the new digest into the log: its registers must be the predicted ones. */
static void expect_prediction(uint8_t *digest, const uint8_t *to)
{
	struct rtmr_values predicted = values;

	memcpy(digest, to, RTMR_SIZE);
	changes.nr_digests = 0;
	changes.nr_variables = 0;
	replay(AREA);
	assert_memory_equal(predicted.digest, values.recorded,
			    sizeof(values.recorded));
}

static void another_program(void **state)
{
	struct rtmr_digest digests[2] = {
		{ .what = "the UKI" }, { .what = "the options" },
	};
	uint8_t *digest, *options;

	(void)state;
	assert_int_equal(eventlog_hash(digests[0].from, "a UKI", 5), 0);
	digest = memmem(bytes, sizeof(bytes), digests[0].from, RTMR_SIZE);
	assert_non_null(digest);
	memset(digests[0].to, 0x70, RTMR_SIZE);
	options = memmem(bytes, sizeof(bytes), "\xed\x22\x3b\x8f", 4);
	assert_non_null(options);
	memcpy(digests[1].from, options - 4 - RTMR_SIZE, RTMR_SIZE);
	memcpy(digests[1].to, digests[1].from, RTMR_SIZE);
	changes = (struct rtmr_changes) { .digests = digests, .nr_digests = 1 };
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	expect_registers();
	assert_true(digests[0].found);
	assert_int_equal(replaced, 1);
	assert_int_equal(values.replaced[1], 1);
	assert_int_equal(values.unknown, 2);
	/* A digest that stays the same counts as known, not as replaced. */
	changes.nr_digests = 2;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_true(digests[1].found);
	assert_int_equal(values.unknown, 1);
	assert_int_equal(values.replaced[1], 1);
	assert_int_equal(values.replaced[2], 0);
	expect_prediction(digest, digests[0].to);
	/* The log does not contain the old digest any more. */
	digests[0].found = false;
	changes.nr_digests = 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_false(digests[0].found);
	assert_memory_equal(values.digest, values.recorded,
			    sizeof(values.digest));
}

/* An event of the firmware itself is no part of a UKI, even with the part's digest. */
static void a_part_like_a_separator(void **state)
{
	struct rtmr_digest digest = { .what = ".initrd" };

	(void)state;
	assert_int_equal(eventlog_hash(digest.from, "\0\0\0\0", 4), 0);
	changes = (struct rtmr_changes) { .digests = &digest, .nr_digests = 1 };
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_false(digest.found);
	assert_int_equal(replaced, 0);
	/* An event of RTMR 0 is no part of a UKI, either. */
	memcpy(digest.from, bytes + FIRST + SIZE + 4 + 116 + DIGEST, RTMR_SIZE);
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_false(digest.found);
}

static void other_variables(void **state)
{
	/* Of the variables of Secure Boot, only SecureBoot has content in the log. */
	struct rtmr_variable *variable = &changes.variables[1];
	uint8_t *event = memmem(bytes, sizeof(bytes), "S\0e\0c\0u\0", 8);
	uint8_t data[32 + 20 + 1], wanted[RTMR_SIZE];

	(void)state;
	assert_non_null(event);
	event -= 32;
	changes.nr_variables = 2;
	changes.variables[0] = (struct rtmr_variable) {
		.name = "PK", .vendor = event, .bytes = event, .len = 1,
	};
	*variable = (struct rtmr_variable) {
		.name = "SecureBoot", .vendor = event,
		.bytes = (const uint8_t *)"\2", .len = 1,
	};
	memcpy(data, event, sizeof(data));
	data[52] = 2;
	assert_int_equal(eventlog_hash(wanted, data, sizeof(data)), 0);
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	expect_registers();
	assert_true(variable->found);
	assert_false(changes.variables[0].found);
	assert_int_equal(values.replaced[0], 1);
	fail_allocation = 53;
	assert_int_equal(replay(AREA), VMFW_EXIT_SYSTEM);
	expect_error(&messages, ": Cannot allocate memory");
	fail_allocation = 0;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	event[52] = 2;
	expect_prediction(event - 4 - RTMR_SIZE, wanted);
	/* A variable of another vendor is another variable. */
	data[0] ^= 1;
	changes.nr_variables = 2;
	variable->vendor = data;
	variable->bytes = (const uint8_t *)"\3";
	variable->found = false;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_false(variable->found);
	/* EV_EFI_VARIABLE_AUTHORITY: the event is about the use of a variable. */
	event[-4 - RTMR_SIZE - 10] = 0xe0;
	assert_int_equal(event[-4 - RTMR_SIZE - 7], 0x80);
	variable->vendor = event;
	assert_int_equal(replay(AREA), VMFW_EXIT_OK);
	assert_false(variable->found);
	assert_int_equal(values.authorities, 1);
}

/* An event with malformed data is about no variable. */
static void a_malformed_variable(void **state)
{
	uint8_t *event = memmem(bytes, sizeof(bytes), "P\0K\0", 4);

	(void)state;
	assert_non_null(event);
	event -= 32;
	changes.nr_variables = 1;
	changes.variables[0] = (struct rtmr_variable) {
		.name = "PK", .vendor = event, .bytes = event, .len = 1,
	};
	event[24] ^= 1;
	assert_int_equal(replay(AREA), VMFW_EXIT_VERIFY);
	expect_error(&messages, ": event 5 (EV_EFI_VARIABLE_DRIVER_CONFIG): ");
	assert_false(changes.variables[0].found);
}

/* The log has 21 events. The tool hashes each one twice, and also the new variable. */
static void a_libcrypto_that_fails(void **state)
{
	uint8_t *event = memmem(bytes, sizeof(bytes), "S\0e\0c\0u\0", 8);
	unsigned int nth;

	(void)state;
	assert_non_null(event);
	changes.nr_variables = 1;
	changes.variables[0] = (struct rtmr_variable) {
		.name = "SecureBoot", .vendor = event - 32,
		.bytes = (const uint8_t *)"\2", .len = 1,
	};
	for (nth = 1; fail_call = nth, replay(AREA); nth++) {
		expect_error(&messages, ": Input/output error");
		assert_int_equal(fail_call, 0);
		/* The tool reads no event after that. */
		assert_true(steps <= (nth - 1) / 3);
		steps = 0;
	}
	assert_int_equal(nth, 3 * 21 + 1 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_log_of_a_td, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_digest_that_is_not_of_the_data,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(registers_that_are_none, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_malformed_log, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_part_like_a_separator, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_variables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_malformed_variable, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_libcrypto_that_fails, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("rtmr", tests, NULL, NULL);
}
