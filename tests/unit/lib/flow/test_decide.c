// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decisions: every combination of facts, and random lives of a machine.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "base/exit.h"
#include "flow/claim.h"
#include "flow/decide.h"
#include "record/slots.h"

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
	/* A boot that notes an outcome makes no attempt. */
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
		/* Whatever is wrong with the image, it could not be used. */
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
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
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
	/* Whatever is wanted now: the attempt was made. */
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
	/* Refused, in the boot that asked: no reset was spent. */
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

static enum verdict claimed(const struct record *record, unsigned int boot,
			    const uint8_t *wanted, const struct firmware *now)
{
	const char *why = NULL;
	enum verdict verdict = claim(record, boots[boot], wanted, now, &why);

	assert_non_null(why);
	return verdict;
}

static void test_claim(void **state)
{
	struct record record = { 0 };

	(void)state;
	assert_int_equal(claimed(&record, 0, image, &provider),
			 VERDICT_UNKNOWN);
	record_begin(&record, image, boots[0], 0, &provider);
	/* The boot that made it has not left the old firmware. */
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

	/* What its name is, is known now. */
	record_begin(&record, image, boots[2], 0, &provider);
	assert_int_equal(claimed(&record, 3, image, &provider),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 3, image, &third),
			 VERDICT_NOT_RUNNING);
	assert_int_equal(claimed(&record, 3, image, &tenant), VERDICT_RUNNING);
	record_end(&record, OUTCOME_NOT_RUNNING, RUNG_CLAIMED, boots[3], 0,
		   &provider);

	/* Another image that worked since makes the old name worthless. */
	record_begin(&record, other, boots[0], 0, &provider);
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[1], 0,
		   &tenant);
	assert_int_equal(claimed(&record, 2, image, &tenant), VERDICT_UNKNOWN);
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

/* The machine ran its own firmware, wants another one, and the power goes. */
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

/* The newest block is lost: the attempt may have been closed long ago. */
static void test_claim_torn(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_begin(&record, image, boots[0], 0, &provider);
	memcpy(record.barred, boots[1], BOOT_ID_SIZE);
	assert_int_equal(claimed(&record, 1, image, &tenant), VERDICT_UNKNOWN);
	assert_int_equal(claimed(&record, 2, image, &tenant), VERDICT_RUNNING);
	/* But a name that is known stays known. */
	record_end(&record, OUTCOME_RUNNING, RUNG_CLAIMED, boots[2], 0,
		   &tenant);
	record_begin(&record, image, boots[0], 0, &provider);
	assert_int_equal(claimed(&record, 1, image, &tenant), VERDICT_RUNNING);
	assert_int_equal(claimed(&record, 1, image, &third),
			 VERDICT_NOT_RUNNING);
}

/*
 * Lives of a machine. A life is a chain of starts: what somebody or something
 * outside makes of it (cold start, warm reboot, crash). A reset that the flow
 * asks for is an extra one, and belongs to the start before it.
 */

enum vmm { VMM_APPLIES, VMM_IGNORES, VMM_REFUSES, VMM_LOADS_ANOTHER, NR_VMM };

/**
 * struct world - a machine, its disk and its VMM
 * @blocks: the record's slots
 * @budget: bytes that are written before the power goes, or UINT32_MAX
 * @dead: the power is gone
 * @read_only: the disk takes nothing
 * @nr_slots: 1: the record is the VMM's page, which a cold start clears
 * @running: what the machine runs on: NULL for the provider's firmware
 * @nameless: the image calls itself as the provider's does
 * @vmm: how it behaves
 * @cut: the power goes before the reset that the flow asks for
 * @truthful: names tell firmware apart
 * @wanted: SHA-256 of the image on the disk
 * @boot: counts boots
 */
struct world {
	uint8_t blocks[SLOTS][RECORD_SIZE];
	uint32_t budget;
	bool dead;
	bool read_only;
	unsigned int nr_slots;
	const uint8_t *running;
	bool nameless;
	enum vmm vmm;
	bool cut;
	bool truthful;
	const uint8_t *wanted;
	uint32_t boot;
};

static int world_read(void *arg, unsigned int slot, uint8_t *block)
{
	struct world *world = arg;

	memcpy(block, world->blocks[slot], RECORD_SIZE);
	return 0;
}

static int world_prepare(void *arg)
{
	struct world *world = arg;

	return world->read_only ? -EROFS : 0;
}

static int world_write(void *arg, unsigned int slot, const uint8_t *block)
{
	struct world *world = arg;
	uint32_t len = RECORD_SIZE;

	if (world->dead)
		return -EIO;
	if (world->read_only)
		return -EROFS;
	if (len > world->budget) {
		len = world->budget;
		world->dead = true;
	} else if (world->budget != UINT32_MAX) {
		world->budget -= len;
	}
	memcpy(world->blocks[slot], block, len);
	return world->dead ? -EIO : 0;
}

static struct firmware name_of(const struct world *world)
{
	if (!world->running || world->nameless)
		return provider;
	return world->running == image ? tenant : third;
}

static int note_outcome(struct slots *slots, const uint8_t *boot,
			enum verdict verdict, const struct firmware *now)
{
	record_end(&slots->record, verdict == VERDICT_RUNNING ?
		   OUTCOME_RUNNING : verdict == VERDICT_NOT_RUNNING ?
		   OUTCOME_NOT_RUNNING : OUTCOME_UNKNOWN, RUNG_CLAIMED, boot,
		   0, now);
	return slots_save(slots);
}

/* What auto does in one boot. True: the machine resets by its wish. */
static bool run_auto(struct world *world)
{
	const struct slots_medium medium = {
		.nr = world->nr_slots,
		.read = world_read,
		.prepare = world_prepare,
		.write = world_write,
		.arg = world,
	};
	struct firmware now = name_of(world);
	uint8_t boot[BOOT_ID_SIZE] = { 0 };
	struct facts facts = { .configured = true };
	struct decision decision;
	struct slots slots;
	const char *why;

	memcpy(boot, &world->boot, sizeof(world->boot));
	assert_int_equal(slots_load(&slots, &medium), 0);
	if (slots.state == SLOTS_TORN) {
		memcpy(slots.record.barred, boot, BOOT_ID_SIZE);
		if (slots_save(&slots))
			facts.record = RECORD_MISSING;
	} else if (slots.state == SLOTS_DAMAGED) {
		facts.record = RECORD_DAMAGED;
	}
	facts.past = decide_past(&slots.record, boot, world->wanted,
				 world->nr_slots == 1);
	facts.verdict = claim(&slots.record, boot, world->wanted, &now, &why);
	if (world->truthful && facts.verdict == VERDICT_RUNNING)
		assert_ptr_equal(world->running, world->wanted);
	decision = decide(&facts);
	if (decision.consume)
		note_outcome(&slots, boot, facts.verdict, &now);
	if (!decision.attempt || world->dead)
		return false;
	record_begin(&slots.record, world->wanted, boot, 0, &now);
	if (slots_save(&slots))
		return false;
	if (world->vmm != VMM_REFUSES)
		return true;
	record_end(&slots.record, OUTCOME_REFUSED, RUNG_NONE, boot, 0, &now);
	slots_save(&slots);
	return false;
}

/* What a reset that the flow asked for makes of the firmware. */
static void apply(struct world *world)
{
	if (world->cut)
		world->running = NULL;
	else if (world->vmm == VMM_APPLIES)
		world->running = world->wanted;
	else if (world->vmm == VMM_LOADS_ANOTHER)
		world->running = NULL;
}

/* A start: boots until the flow lets one go on; returns the extra resets. */
static unsigned int start(struct world *world)
{
	unsigned int extra = 0;

	for (;;) {
		world->boot++;
		world->dead = false;
		if (!run_auto(world))
			return extra;
		/* Twice in one boot, initramfs and root: never another one. */
		assert_false(run_auto(world));
		apply(world);
		extra++;
		assert_true(extra < 10);
	}
}

static void cold_start(struct world *world)
{
	world->running = NULL;
	if (world->nr_slots == 1)
		memset(world->blocks, 0, sizeof(world->blocks));
}

static void live(unsigned int seed, unsigned int nr_slots, bool truthful)
{
	struct world world = {
		.nr_slots = nr_slots,
		.truthful = truthful,
		.wanted = image,
		.budget = UINT32_MAX,
	};
	unsigned int step;

	srand(seed);
	for (step = 0; step < 40; step++) {
		unsigned int dice = rand() % 16;

		world.budget = UINT32_MAX;
		world.read_only = false;
		world.cut = rand() % 8 == 0;
		if (dice < 6)
			cold_start(&world);
		else if (dice == 6)
			world.wanted = world.wanted == image ? other : image;
		else if (dice == 7)
			world.vmm = rand() % NR_VMM;
		else if (dice == 8)
			world.budget = rand() % (4 * RECORD_SIZE);
		else if (dice == 9)
			world.read_only = true;
		else if (dice == 10 && !truthful)
			world.nameless = !world.nameless;
		else if (dice == 11)
			world.blocks[rand() % nr_slots]
				    [rand() % RECORD_SIZE] ^= 0x10;
		else if (dice == 12)
			world.vmm = VMM_APPLIES;
		else if (dice == 13)
			/* The host's image was asked for, and came back. */
			world.running = NULL;
		else if (dice == 14 && !truthful)
			/* The VMM keeps what somebody has staged by hand. */
			world.running = rand() % 2 ? image : other;
		assert_true(start(&world) <= 1);
	}
	/* All is well again: the next cold start but one must get there. */
	if (world.nr_slots == SLOTS)
		memset(world.blocks, 0, sizeof(world.blocks));
	world.vmm = VMM_APPLIES;
	world.nameless = false;
	world.cut = false;
	world.budget = UINT32_MAX;
	world.read_only = false;
	for (step = 0; step < 3; step++) {
		cold_start(&world);
		assert_int_equal(start(&world), 1);
		assert_ptr_equal(world.running, world.wanted);
		/* And a warm reboot costs nothing. */
		assert_int_equal(start(&world), 0);
		assert_ptr_equal(world.running, world.wanted);
	}
}

static void test_lives(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 2000; seed++) {
		live(seed, SLOTS, false);
		live(seed, SLOTS, true);
		live(seed, 1, false);
	}
}

/* The power goes at every byte that a first start writes, with every VMM. */
static void test_power(void **state)
{
	struct world world;
	unsigned int cut, vmm;

	(void)state;
	for (vmm = 0; vmm < NR_VMM; vmm++) {
		for (cut = 0; cut < 5 * RECORD_SIZE; cut += 7) {
			memset(&world, 0, sizeof(world));
			world.nr_slots = SLOTS;
			world.wanted = image;
			world.vmm = vmm;
			world.budget = cut;
			assert_true(start(&world) <= 1);
			world.budget = UINT32_MAX;
			cold_start(&world);
			assert_true(start(&world) <= 1);
			cold_start(&world);
			assert_true(start(&world) <= 1);
			if (vmm == VMM_APPLIES)
				assert_ptr_equal(world.running, image);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_claim_same_name),
		cmocka_unit_test(test_claim_after_power_cut),
		cmocka_unit_test(test_claim_torn),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
