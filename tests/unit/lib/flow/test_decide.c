// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decisions, for every combination of facts, and claims from the record.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "flow/claim.h"
#include "flow/decide.h"
#include "shared/macro.h"

static const uint8_t boots[4][BOOT_ID_SIZE] = { { 1 }, { 2 }, { 3 }, { 4 } };
static const uint8_t image[DIGEST_SIZE] = { 7 }, other[DIGEST_SIZE] = { 8 };
static const struct firmware provider = { .known = true, .vendor = "P" };
static const struct firmware tenant = { .known = true, .vendor = "T" };
static const struct firmware third = { .known = true, .vendor = "X" };
static const struct firmware nameless;

/* Call @check for every combination of facts. */
static unsigned int for_all(void (*check)(const struct facts *facts))
{
	unsigned int i, nr = 0;
	struct facts facts;

	for (i = 0; i < 32 * 6 * 3 * 3 * 6 * 3; i++, nr++) {
		unsigned int rest = i / 32;

		facts = (struct facts) {
			.switched_off = i & 1,
			.crash_kernel = i & 2,
			.configured = i & 4,
			.required = i & 8,
			.disable = i & 16,
			.device = rest % 6,
			.image = rest / 6 % 3,
			.record = rest / 18 % 3,
			.past = rest / 54 % 6,
			.verdict = rest / 324 % 3,
		};
		check(&facts);
	}
	return nr;
}

static bool idle(const struct facts *facts)
{
	return facts->switched_off || facts->crash_kernel ||
	       !facts->configured;
}

static void check_one(const struct facts *facts)
{
	struct decision decision = decide(facts);
	bool attempt = !idle(facts) && facts->device == DEVICE_READY &&
		       facts->image == IMAGE_READY &&
		       facts->record == RECORD_READY &&
		       facts->past == PAST_FREE &&
		       facts->verdict != VERDICT_RUNNING;
	bool running = !idle(facts) && facts->verdict == VERDICT_RUNNING;

	assert_int_equal(decision.attempt, attempt);
	assert_int_equal(decision.consume, !idle(facts) &&
			 facts->record == RECORD_READY &&
			 facts->past == PAST_OPEN);
	/* A boot that records an outcome makes no attempt. */
	assert_false(decision.attempt && decision.consume);
	assert_int_equal(decision.disable, running && facts->disable &&
			 facts->device == DEVICE_READY);
	assert_int_equal(decision.code == VMFW_EXIT_OK, attempt || running);
	assert_int_equal(decision.code == VMFW_EXIT_REQUIRED,
			 facts->required && !attempt && !running &&
			 !facts->switched_off && !facts->crash_kernel);
	if (idle(facts) && !facts->required)
		assert_int_equal(decision.code, VMFW_EXIT_NOTHING);
	assert_true(reason_word(decision.reason)[0]);
	assert_true(reason_text(decision.reason)[0]);
}

static void test_all(void **state)
{
	(void)state;
	assert_int_equal(for_all(check_one), 31104);
}

static void test_codes(void **state)
{
	static const struct {
		struct facts facts;
		enum reason reason;
		int code;
	} table[] = {
		{ { .configured = true }, REASON_ATTEMPT, VMFW_EXIT_OK },
		{ { .past = PAST_FREE }, REASON_NOT_CONFIGURED,
		  VMFW_EXIT_NOTHING },
		{ { .configured = true, .crash_kernel = true },
		  REASON_CRASH_KERNEL, VMFW_EXIT_NOTHING },
		{ { .configured = true, .verdict = VERDICT_RUNNING },
		  REASON_RUNNING, VMFW_EXIT_OK },
		{ { .configured = true, .device = DEVICE_ABSENT },
		  REASON_NO_DEVICE, VMFW_EXIT_NOTHING },
		{ { .configured = true, .device = DEVICE_DISABLED },
		  REASON_DISABLED, VMFW_EXIT_REFUSED },
		{ { .configured = true, .device = DEVICE_UNREADABLE },
		  REASON_UNREADABLE_DEVICE, VMFW_EXIT_SYSTEM },
		{ { .configured = true, .device = DEVICE_REVERTING },
		  REASON_REVERTING, VMFW_EXIT_REFUSED },
		{ { .configured = true, .device = DEVICE_STARTED_OTHERWISE },
		  REASON_STARTED_OTHERWISE, VMFW_EXIT_START },
		/*
		 * The state of the image does not matter, because the VMM takes
		 * no image.
		 */
		{ { .configured = true, .device = DEVICE_STARTED_OTHERWISE,
		    .image = IMAGE_MISSING },
		  REASON_STARTED_OTHERWISE, VMFW_EXIT_START },
		{ { .configured = true, .device = DEVICE_STARTED_OTHERWISE,
		    .required = true },
		  REASON_STARTED_OTHERWISE, VMFW_EXIT_REQUIRED },
		{ { .configured = true, .image = IMAGE_MISSING },
		  REASON_NO_IMAGE, VMFW_EXIT_SOURCE },
		{ { .configured = true, .image = IMAGE_UNSOUND },
		  REASON_UNSOUND_IMAGE, VMFW_EXIT_IMAGE },
		{ { .configured = true, .record = RECORD_MISSING },
		  REASON_NO_RECORD, VMFW_EXIT_GUARD },
		{ { .configured = true, .record = RECORD_DAMAGED },
		  REASON_DAMAGED_RECORD, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_OPEN },
		  REASON_FOLLOWS, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_FOLLOWED },
		  REASON_FOLLOWS, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_MADE },
		  REASON_MADE, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_BARRED },
		  REASON_TORN_RECORD, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_SAME_LIFE },
		  REASON_SAME_LIFE, VMFW_EXIT_GUARD },
		{ { .configured = true, .past = PAST_OPEN, .required = true },
		  REASON_FOLLOWS, VMFW_EXIT_REQUIRED },
		{ { .configured = true, .required = true,
		    .switched_off = true },
		  REASON_SWITCHED_OFF, VMFW_EXIT_NOTHING },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct decision decision = decide(&table[i].facts);

		assert_int_equal(decision.reason, table[i].reason);
		assert_int_equal(decision.code, table[i].code);
	}
}

static void test_past(void **state)
{
	struct record record = { 0 };

	(void)state;
	assert_int_equal(decide_past(&record, boots[0], image, false),
			 PAST_FREE);
	record_begin(&record, image, boots[0], 0, &provider);
	assert_int_equal(decide_past(&record, boots[0], image, false),
			 PAST_MADE);
	assert_int_equal(decide_past(&record, boots[1], image, false),
			 PAST_OPEN);
	/* A new image in the configuration does not undo the attempt. */
	assert_int_equal(decide_past(&record, boots[1], other, false),
			 PAST_OPEN);
	record_end(&record, OUTCOME_UNKNOWN, RUNG_NONE, boots[1], 0, &tenant);
	assert_int_equal(decide_past(&record, boots[1], image, false),
			 PAST_FOLLOWED);
	assert_int_equal(decide_past(&record, boots[2], image, false),
			 PAST_FREE);
	assert_int_equal(decide_past(&record, boots[2], image, true),
			 PAST_SAME_LIFE);
	assert_int_equal(decide_past(&record, boots[2], other, true),
			 PAST_FREE);
	assert_int_equal(decide_past(&record, boots[2], NULL, true),
			 PAST_FREE);
	/*
	 * The VMM refused the image in the boot that made the attempt, so there was no
	 * reset.
	 */
	record_begin(&record, image, boots[2], 0, &provider);
	record_end(&record, OUTCOME_REFUSED, RUNG_NONE, boots[2], 0,
		   &provider);
	assert_int_equal(decide_past(&record, boots[2], image, true),
			 PAST_MADE);
	assert_int_equal(decide_past(&record, boots[3], image, true),
			 PAST_FREE);
	memcpy(record.barred, boots[3], BOOT_ID_SIZE);
	assert_int_equal(decide_past(&record, boots[3], image, false),
			 PAST_BARRED);
}

/*
 * If a cold start clears the record and the last attempt in it reset the
 * machine, the next attempt must have another image.
 */
static void test_same_life(void **state)
{
	static const struct {
		enum outcome outcome;
		enum past past;
	} table[] = {
		{ OUTCOME_RUNNING, PAST_SAME_LIFE },
		{ OUTCOME_NOT_RUNNING, PAST_SAME_LIFE },
		{ OUTCOME_UNKNOWN, PAST_SAME_LIFE },
		{ OUTCOME_REFUSED, PAST_FREE },
		{ OUTCOME_FAILED, PAST_FREE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct record record = { 0 };

		record_begin(&record, image, boots[0], 0, &provider);
		record_end(&record, table[i].outcome, RUNG_NONE, boots[1], 0,
			   &provider);
		assert_int_equal(decide_past(&record, boots[2], image, true),
				 table[i].past);
		assert_int_equal(decide_past(&record, boots[2], image, false),
				 PAST_FREE);
	}
}

/* The reason that claim_judge() gave last. */
static const char *claim_why;

static enum verdict claimed(const struct record *record, unsigned int boot,
			    const uint8_t *wanted, const struct firmware *now)
{
	enum verdict verdict;

	claim_why = NULL;
	verdict = claim_judge(record, boots[boot], wanted, now, &claim_why);
	assert_non_null(claim_why);
	return verdict;
}

static void test_claim(void **state)
{
	struct record record = { 0 };

	(void)state;
	assert_int_equal(claimed(&record, 0, image, &provider),
			 VERDICT_UNKNOWN);
	assert_string_equal(claim_why, "the record has no successful attempt");
	record_begin(&record, image, boots[0], 0, &provider);
	/* The boot that made the attempt still runs the old firmware. */
	assert_int_equal(claimed(&record, 0, image, &tenant), VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 1, image, &tenant), VERDICT_RUNNING);
	assert_int_equal(claimed(&record, 1, image, &provider),
			 VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 1, image, &nameless),
			 VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 1, other, &tenant), VERDICT_UNKNOWN);

	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0,
		   &tenant);
	assert_int_equal(claimed(&record, 2, image, &tenant), VERDICT_RUNNING);
	assert_int_equal(claimed(&record, 2, image, &provider),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 2, image, &third),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 2, other, &tenant), VERDICT_UNKNOWN);

	/* Now the record has the name of the image. */
	record_begin(&record, image, boots[2], 0, &provider);
	assert_int_equal(claimed(&record, 3, image, &provider),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 3, image, &third),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 3, image, &tenant), VERDICT_RUNNING);
	record_end(&record, OUTCOME_NOT_RUNNING, RUNG_CLAIMED, boots[3], 0,
		   &provider);

	/* Another image has run since, so the name of the first image decides nothing. */
	record_begin(&record, other, boots[0], 0, &provider);
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0,
		   &tenant);
	assert_int_equal(claimed(&record, 2, image, &tenant), VERDICT_UNKNOWN);
	assert_string_equal(claim_why, "the last successful attempt had another image");
	assert_int_equal(claimed(&record, 2, other, &tenant), VERDICT_RUNNING);
}

static void test_claim_same_name(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	record_end(&record, OUTCOME_RUNNING, RUNG_ATTESTED, boots[1], 0,
		   &provider);
	assert_int_equal(claimed(&record, 2, image, &provider),
			 VERDICT_UNKNOWN);
	record_begin(&record, image, boots[0], 0, &nameless);
	assert_int_equal(claimed(&record, 2, image, &provider),
			 VERDICT_UNKNOWN);
}

/* The firmware also had this name before an attempt, so the name proves nothing. */
static void test_claim_name_of_another(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	record_end(&record, OUTCOME_RUNNING, RUNG_ATTESTED, boots[1], 0,
		   &provider);
	record_begin(&record, other, boots[1], 0, &third);
	assert_int_equal(claimed(&record, 2, other, &provider),
			 VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 2, other, &tenant), VERDICT_RUNNING);
}

/* Bytes after the last attempt of a record are no attempt. */
static void test_claim_after_the_last(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	record_end(&record, OUTCOME_UNKNOWN, RUNG_NONE, boots[1], 0, &third);
	record_begin(&record, other, boots[1], 0, &third);
	record_end(&record, OUTCOME_FAILED, RUNG_NONE, boots[1], 0, &third);
	record_begin(&record, other, boots[0], 0, &tenant);
	record.attempts[1] = record.attempts[2];
	record.attempts[1].before = third;
	assert_int_equal(claimed(&record, 3, other, &tenant), VERDICT_UNKNOWN);
	record.nr = 2;
	assert_int_equal(claimed(&record, 3, other, &tenant), VERDICT_RUNNING);
}

/* The power fails after the user has configured another image than the running one. */
static void test_claim_after_power_cut(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0,
		   &tenant);
	record_begin(&record, other, boots[1], 0, &tenant);
	assert_int_equal(claimed(&record, 2, other, &provider),
			 VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 2, other, &tenant), VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 2, other, &third), VERDICT_RUNNING);
	record_end(&record, OUTCOME_UNKNOWN, RUNG_CLAIMED, boots[2], 0,
		   &provider);
	record_begin(&record, other, boots[2], 0, &provider);
	assert_int_equal(claimed(&record, 3, other, &third), VERDICT_RUNNING);
	assert_int_equal(claimed(&record, 3, other, &provider),
			 VERDICT_UNKNOWN);
	/* A new version may have the name of the old one. */
	assert_int_equal(claimed(&record, 3, other, &tenant), VERDICT_RUNNING);
}

/* The newest block is unreadable. It may have had the outcome of the attempt. */
static void test_claim_torn(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	memcpy(record.barred, boots[1], BOOT_ID_SIZE);
	assert_int_equal(claimed(&record, 1, image, &tenant), VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 2, image, &tenant), VERDICT_RUNNING);
	/* Here an older attempt has the name of the image. */
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[2], 0,
		   &tenant);
	record_begin(&record, image, boots[0], 0, &provider);
	assert_int_equal(claimed(&record, 1, image, &tenant), VERDICT_RUNNING);
	assert_int_equal(claimed(&record, 1, image, &third),
			 VERDICT_NOT_RUNNING);
}

static void expect_claim(const struct record *record,
			 const struct firmware *now, enum verdict verdict,
			 const char *why)
{
	assert_int_equal(claimed(record, 2, image, now), verdict);
	if (!strstr(claim_why, why))
		fail_msg("no \"%s\" in: %s", why, claim_why);
}

/* The record ends with an attempt whose outcome the next boot has to record. */
static void test_claim_reasons(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &nameless);
	expect_claim(&record, &nameless, VERDICT_UNKNOWN,
		     "running firmware has no name");
	expect_claim(&record, &tenant, VERDICT_UNKNOWN,
		     "before the attempt had no name");
	memcpy(record.barred, boots[2], BOOT_ID_SIZE);
	expect_claim(&record, &tenant, VERDICT_UNKNOWN, "was torn");

	record = (struct record) { 0 };
	record_begin(&record, image, boots[0], 0, &provider);
	expect_claim(&record, &provider, VERDICT_UNKNOWN,
		     "did not change the firmware name");
	expect_claim(&record, &tenant, VERDICT_RUNNING,
		     "changed the firmware name");
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0,
		   &tenant);
	record_begin(&record, image, boots[1], 0, &tenant);
	expect_claim(&record, &tenant, VERDICT_RUNNING, "under the same name");
	expect_claim(&record, &third, VERDICT_NOT_RUNNING,
		     "under another name");
}

/*
 * The provider's firmware was there before an attempt. It came back after one
 * that did not succeed, so it also runs without an attempt.
 */
static void test_claim_comes_by_itself(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, other, boots[0], 0, &provider);
	record_end(&record, OUTCOME_UNKNOWN, RUNG_NONE, boots[1], 0, &third);
	record_begin(&record, other, boots[1], 0, &third);
	record_end(&record, OUTCOME_NOT_RUNNING, RUNG_CLAIMED, boots[3], 0,
		   &provider);
	record_begin(&record, image, boots[3], 0, &third);
	expect_claim(&record, &provider, VERDICT_UNKNOWN,
		     "ran without an attempt");
	expect_claim(&record, &tenant, VERDICT_RUNNING,
		     "changed the firmware name");
}

/* An attempt names the image only if both names are known and differ. */
static void test_claim_needs_a_name_of_its_own(void **state)
{
	static const struct {
		const struct firmware *before;
		const struct firmware *after;
		enum verdict as_after;
		enum verdict as_third;
	} table[] = {
		{ &provider, &tenant, VERDICT_RUNNING, VERDICT_NOT_RUNNING },
		{ &tenant, &tenant, VERDICT_UNKNOWN, VERDICT_UNKNOWN },
		{ &nameless, &tenant, VERDICT_UNKNOWN, VERDICT_UNKNOWN },
		{ &provider, &nameless, VERDICT_UNKNOWN, VERDICT_UNKNOWN },
		{ &nameless, &nameless, VERDICT_UNKNOWN, VERDICT_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct record record = { 0 };

		record_begin(&record, image, boots[0], 0, table[i].before);
		record_end(&record, OUTCOME_RUNNING, RUNG_ATTESTED, boots[1],
			   0, table[i].after);
		assert_int_equal(claimed(&record, 2, image, &tenant),
				 table[i].as_after);
		expect_claim(&record, &third, table[i].as_third, i ?
			     "do not identify this image" :
			     "under another name");
	}
}

static void test_claim_of_attempt(void **state)
{
	static const struct {
		enum outcome outcome;
		enum rung rung;
		const struct firmware *after;
		const char *why;
	} table[] = {
		{ OUTCOME_OPEN, RUNG_NONE, &nameless, NULL },
		{ OUTCOME_RUNNING, RUNG_CLAIMED, &tenant, NULL },
		{ OUTCOME_NOT_RUNNING, RUNG_CLAIMED, &third, "another name" },
		{ OUTCOME_NOT_RUNNING, RUNG_OPAQUE, &third, "another name" },
		/* The measurement decided, and the record does not have it. */
		{ OUTCOME_NOT_RUNNING, RUNG_QUOTED, &third, NULL },
		{ OUTCOME_NOT_RUNNING, RUNG_SIGNED, &third, NULL },
		{ OUTCOME_UNKNOWN, RUNG_NONE, &nameless, "had no name" },
		{ OUTCOME_UNKNOWN, RUNG_NONE, &provider, "did not change" },
		{ OUTCOME_UNKNOWN, RUNG_NONE, &tenant, NULL },
		{ OUTCOME_REFUSED, RUNG_NONE, &provider, "VMM did not take" },
		{ OUTCOME_FAILED, RUNG_NONE, &provider, "prevented the reset" },
	};
	struct attempt attempt;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		attempt = (struct attempt) {
			.outcome = table[i].outcome,
			.rung = table[i].rung,
			.before = provider,
			.after = *table[i].after,
		};
		why = claim_of_attempt(&attempt);
		if (table[i].why) {
			assert_non_null(why);
			assert_non_null(strstr(why, table[i].why));
		} else {
			assert_null(why);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_same_life),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_claim_same_name),
		cmocka_unit_test(test_claim_name_of_another),
		cmocka_unit_test(test_claim_after_the_last),
		cmocka_unit_test(test_claim_after_power_cut),
		cmocka_unit_test(test_claim_torn),
		cmocka_unit_test(test_claim_reasons),
		cmocka_unit_test(test_claim_comes_by_itself),
		cmocka_unit_test(test_claim_needs_a_name_of_its_own),
		cmocka_unit_test(test_claim_of_attempt),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
