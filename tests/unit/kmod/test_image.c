// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The states of an image, with a VMM that can fail at every step. While the VMM may
 * hold an address, the state is ARMED. The driver then keeps the memory. The driver
 * holds the module exactly while an image is committed.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>

#include "shared/macro.h"
#include "vmfwupdate.h"

#define ADDRESS	0x12340000ULL
#define SIZE	0x5000ULL
#define IGVM	0x100000000ULL

/* The VMM: its image, the driver's writes to it, and its failures. */
struct vmfw_fw_cfg {
	u64 addr;
	bool disabled;
	unsigned int offers;
	unsigned int withdrawals;
	int offer_error;	/* before the VMM has seen the offer */
	u64 wrong_addr;		/* shown with offer_error */
	bool refuses;
	int answer_error;	/* after the VMM has taken the offer */
	int withdraw_error;	/* the VMM keeps the address, except with -ENOENT */
	int disable_error;
};

static char memory[SIZE];
static struct page page = { .phys = ADDRESS, .memory = memory };

static struct {
	int alloc_error;
	unsigned int frees;
	int module_held;
	char event[32];
	unsigned int events;
	struct vmfw_fw_cfg vmm;
	struct device node;
	struct vmfw_device dev;
} t;

int vmfw_buffer_alloc(struct vmfw_buffer *buffer, const struct vmfw_want *want,
		      struct vmfw_span *avoid, size_t nr_avoid,
		      const bool *stop)
{
	assert_ptr_equal(stop, &t.dev.closed);
	(void)avoid;
	(void)nr_avoid;
	assert_int_equal(want->size, SIZE);
	if (t.alloc_error)
		return t.alloc_error;
	buffer->page = &page;
	buffer->nr_pages = SIZE / 4096;
	return 0;
}

/* The driver must never free memory that the VMM may read at the next reset. */
void vmfw_buffer_free(struct vmfw_buffer *buffer)
{
	assert_ptr_equal(buffer->page, &page);
	assert_int_equal(t.vmm.addr, 0);
	buffer->page = NULL;
	t.frees++;
}

int kobject_uevent_env(struct kobject *kobj, enum kobject_action action,
		       char *env[])
{
	assert_ptr_equal(kobj, &t.node.kobj);
	assert_int_equal(action, KOBJ_CHANGE);
	strncpy(t.event, env[0], sizeof(t.event) - 1);
	assert_null(env[1]);
	t.events++;
	return 0;
}

void __module_get(void *module)
{
	(void)module;
	t.module_held++;
}

void module_put(void *module)
{
	(void)module;
	t.module_held--;
}

u64 ktime_get_boottime_ns(void)
{
	return 77;
}

static int vmm_offer(struct vmfw_fw_cfg *vmm, const struct vmfw_offer *offer,
		     struct vmfw_shown *shown)
{
	vmm->offers++;
	assert_int_equal(offer->addr, ADDRESS);
	assert_int_equal(offer->size, SIZE);
	assert_int_equal(offer->format, VMFWUPDATE_FORMAT_IGVM);

	if (vmm->offer_error) {
		shown->control = 7;
		shown->addr = vmm->wrong_addr;
		shown->size = 9;
		return vmm->offer_error;
	}
	shown->written = true;
	vmm->addr = vmm->refuses ? 0 : offer->addr;
	if (vmm->answer_error)
		return vmm->answer_error;

	shown->control = vmm->refuses ? 0 : IGVM;
	shown->addr = vmm->addr;
	shown->size = vmm->refuses ? 0 : offer->size;
	return vmm->refuses ? -EIO : 0;
}

static int vmm_withdraw(struct vmfw_fw_cfg *vmm, struct vmfw_shown *shown)
{
	vmm->withdrawals++;
	/* A VMM ignores a withdrawal while firmware updates are off. */
	assert_false(vmm->disabled);
	shown->written = true;
	if (vmm->withdraw_error == -EIO) {
		shown->answered = true;
		shown->addr = vmm->addr;
		shown->size = SIZE;
		return -EIO;
	}
	if (vmm->withdraw_error && vmm->withdraw_error != -ENOENT)
		return vmm->withdraw_error;
	vmm->addr = 0;
	return vmm->withdraw_error;
}

static int vmm_disable(struct vmfw_fw_cfg *vmm, struct vmfw_shown *shown)
{
	shown->written = true;
	if (vmm->disable_error)
		return vmm->disable_error;
	vmm->disabled = true;
	vmm->addr = 0;
	shown->control = 1;
	return 0;
}

static const struct vmfw_iface iface = {
	.name = "test",
	.properties = VMFWUPDATE_PROPERTY_TRIAL,
	.size_multiple = 0x1000,
	.offer = vmm_offer,
	.withdraw = vmm_withdraw,
	.disable = vmm_disable,
};

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.dev.misc.this_device = &t.node;
	t.dev.fw = &t.vmm;
	t.dev.iface = &iface;
	t.dev.formats = VMFWUPDATE_FORMAT_IGVM;
	t.dev.max_size = SIZE;
	return 0;
}

static void expect_state(u32 state)
{
	const bool committed = state == VMFWUPDATE_STATE_STAGED ||
			       state == VMFWUPDATE_STATE_ARMED;
	char event[32];

	assert_int_equal(t.dev.state, state);
	assert_int_equal(vmfw_image_is_committed(&t.dev), committed);
	assert_int_equal(t.module_held, committed);
	if (t.events) {
		snprintf(event, sizeof(event), "STATE=%s",
			 vmfw_state_name(state));
		assert_string_equal(t.event, event);
	}
	if (state != VMFWUPDATE_STATE_ARMED)
		assert_int_equal(t.vmm.addr, 0);
	/* These are the values in sysfs. */
	assert_int_equal(t.dev.shown_size, t.dev.image.size);
	assert_int_equal(t.dev.shown_addr, vmfw_image_addr(&t.dev));
	if (state == VMFWUPDATE_STATE_IDLE ||
	    state == VMFWUPDATE_STATE_DISABLED) {
		assert_null(t.dev.image.buffer.page);
		assert_int_equal(vmfw_image_addr(&t.dev), 0);
		assert_int_equal(t.dev.image.size, 0);
		assert_int_equal(t.dev.image.tag[0], 0);
	} else {
		assert_int_equal(vmfw_image_addr(&t.dev), ADDRESS);
	}
}

static int begin(void)
{
	const struct vmfw_want want = { .size = SIZE, .align = 4096 };

	return vmfw_image_begin(&t.dev, &want, NULL, 0);
}

static struct vmfwupdate_commit commit;

static int commit_image(u32 flags)
{
	memset(&commit, 0, sizeof(commit));
	commit.format = VMFWUPDATE_FORMAT_IGVM;
	commit.flags = flags;
	commit.tag[0] = 0xab;
	return vmfw_image_commit(&t.dev, &commit);
}

static void fill(void)
{
	assert_int_equal(begin(), 0);
	expect_state(VMFWUPDATE_STATE_FILLING);
	t.dev.image.written = SIZE;
}

static void stage(void)
{
	fill();
	assert_int_equal(commit_image(0), 0);
	expect_state(VMFWUPDATE_STATE_STAGED);
}

static void arm_now(void)
{
	fill();
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW), 0);
	expect_state(VMFWUPDATE_STATE_ARMED);
}

static void a_staged_image_is_not_with_the_vmm(void **state)
{
	(void)state;
	stage();
	assert_int_equal(t.vmm.offers, 1);
	assert_int_equal(t.vmm.withdrawals, 1);
	assert_int_equal(t.dev.image.commit_time, 77);
	assert_int_equal(t.dev.image.tag[0], 0xab);
	assert_int_equal(t.dev.image.format, VMFWUPDATE_FORMAT_IGVM);
	assert_int_equal(t.events, 2);
}

static void an_armed_image_is_with_the_vmm(void **state)
{
	(void)state;
	arm_now();
	assert_int_equal(t.vmm.addr, ADDRESS);
	assert_int_equal(t.vmm.withdrawals, 0);
}

/* The VMM forgets the image at each reset, so ONCE needs nothing more. */
static void an_image_for_one_reset_is_armed_like_others(void **state)
{
	(void)state;
	fill();
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW |
				      VMFWUPDATE_COMMIT_ONCE), 0);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.vmm.addr, ADDRESS);
	assert_true(t.dev.image.once);
}

static void a_vmm_with_trials_restores_nothing(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_restore(&t.dev), -EOPNOTSUPP);
	expect_state(VMFWUPDATE_STATE_IDLE);
	arm_now();
	assert_int_equal(vmfw_image_restore(&t.dev), -EOPNOTSUPP);
	expect_state(VMFWUPDATE_STATE_ARMED);
}

static void begin_returns_its_reason(void **state)
{
	(void)state;
	t.alloc_error = -ENOMEM;
	assert_int_equal(begin(), -ENOMEM);
	expect_state(VMFWUPDATE_STATE_IDLE);
	t.alloc_error = 0;

	t.dev.formats = 0;
	assert_int_equal(begin(), -EOPNOTSUPP);
	t.dev.formats = VMFWUPDATE_FORMAT_IGVM;

	t.dev.closed = true;
	assert_int_equal(begin(), -EBUSY);
	t.dev.closed = false;

	fill();
	assert_int_equal(begin(), -EBUSY);
	assert_int_equal(commit_image(0), 0);
	assert_int_equal(begin(), -EBUSY);
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	assert_int_equal(begin(), -EPERM);
}

static void an_image_of_a_wrong_size(void **state)
{
	struct vmfw_want want = { .size = SIZE + 1, .align = 4096 };

	(void)state;
	assert_int_equal(vmfw_image_begin(&t.dev, &want, NULL, 0), -E2BIG);
	want.size = SIZE - 1;
	assert_int_equal(vmfw_image_begin(&t.dev, &want, NULL, 0), -EINVAL);
	want.size = 0xfff;
	assert_int_equal(vmfw_image_begin(&t.dev, &want, NULL, 0), -EINVAL);
	expect_state(VMFWUPDATE_STATE_IDLE);
}

static void commit_requires_a_whole_image(void **state)
{
	(void)state;
	assert_int_equal(commit_image(0), -EINVAL);
	fill();
	t.dev.image.written--;
	assert_int_equal(commit_image(0), -ENODATA);
	t.dev.image.written++;
	t.dev.formats = VMFWUPDATE_FORMAT_FLAT;
	assert_int_equal(commit_image(0), -EOPNOTSUPP);
	t.dev.formats = VMFWUPDATE_FORMAT_IGVM;
	expect_state(VMFWUPDATE_STATE_FILLING);
	assert_int_equal(t.vmm.offers, 0);
	assert_int_equal(commit_image(0), 0);
	assert_int_equal(commit_image(0), -EINVAL);
	expect_state(VMFWUPDATE_STATE_STAGED);
}

static void a_refused_image_is_freed(void **state)
{
	(void)state;
	fill();
	t.vmm.refuses = true;
	assert_int_equal(commit_image(0), -EIO);
	expect_state(VMFWUPDATE_STATE_IDLE);
	assert_int_equal(t.frees, 1);
	assert_int_equal(t.vmm.withdrawals, 1);
	assert_int_equal(commit.shown_addr, 0);
	assert_int_equal(commit.shown_control, 0);
}

static void firmware_in_the_way_costs_nothing(void **state)
{
	(void)state;
	fill();
	t.vmm.offer_error = -EBUSY;
	assert_int_equal(commit_image(0), -EBUSY);
	expect_state(VMFWUPDATE_STATE_FILLING);
	assert_int_equal(t.vmm.withdrawals, 0);
	t.vmm.offer_error = 0;
	assert_int_equal(commit_image(0), 0);
	expect_state(VMFWUPDATE_STATE_STAGED);
}

static void a_vmm_that_is_gone_before_the_offer(void **state)
{
	(void)state;
	fill();
	t.vmm.offer_error = -ENOENT;
	/* A withdrawal would also fail, but the driver makes none. */
	t.vmm.withdraw_error = -EIO;
	assert_int_equal(commit_image(0), -ENODEV);
	expect_state(VMFWUPDATE_STATE_IDLE);
	assert_int_equal(t.vmm.withdrawals, 0);
}

static void a_vmm_that_dies_with_the_offer_may_hold_it(void **state)
{
	(void)state;
	fill();
	t.vmm.answer_error = -ENODEV;
	t.vmm.withdraw_error = -ENODEV;
	assert_int_equal(commit_image(0), -ENODEV);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.frees, 0);
}

static void an_offer_without_an_answer_is_withdrawn(void **state)
{
	/* The VMM may have the address even if fw_cfg is busy afterwards. */
	static const int errors[] = { -EIO, -EBUSY, -ENODEV };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		set_up(state);
		fill();
		t.vmm.answer_error = errors[i];
		assert_int_equal(commit_image(0), errors[i]);
		expect_state(VMFWUPDATE_STATE_IDLE);
		assert_int_equal(t.vmm.addr, 0);
	}
}

static void a_trial_that_stays_is_armed(void **state)
{
	(void)state;
	fill();
	t.vmm.withdraw_error = -EIO;
	assert_int_equal(commit_image(0), -EIO);
	expect_state(VMFWUPDATE_STATE_ARMED);
	/* The record has the answer to the withdrawal, not that to the offer. */
	assert_int_equal(commit.shown_addr, ADDRESS);
	assert_int_equal(commit.shown_control, 0);
	assert_int_equal(commit.shown_size, SIZE);
	t.vmm.withdraw_error = 0;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);

	fill();
	t.vmm.withdraw_error = -EBUSY;
	assert_int_equal(commit_image(0), -EIO);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_int_equal(commit.shown_addr, 0);
	assert_int_equal(commit.shown_control, 0);
	assert_int_equal(commit.shown_size, 0);

	assert_int_equal(vmfw_image_cancel(&t.dev), -EBUSY);
	expect_state(VMFWUPDATE_STATE_ARMED);
	t.vmm.withdraw_error = 0;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);
	assert_int_equal(t.frees, 2);
}

static void cancel_works_from_every_state(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);
	assert_int_equal(t.vmm.withdrawals, 0);

	fill();
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);

	stage();
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);

	arm_now();
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);
	assert_int_equal(t.frees, 3);
}

static void a_vmm_without_the_file_holds_nothing(void **state)
{
	(void)state;
	arm_now();
	t.vmm.withdraw_error = -ENOENT;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_IDLE);
}

static void a_reboot_arms_a_staged_image(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(t.vmm.offers, 0);

	stage();
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.vmm.addr, ADDRESS);
}

static void a_reboot_does_not_arm_half_an_image(void **state)
{
	(void)state;
	fill();
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_FILLING);
	assert_int_equal(t.vmm.offers, 0);
}

static void a_reboot_offers_an_armed_image_again(void **state)
{
	unsigned int events;

	(void)state;
	arm_now();
	t.vmm.addr = 0;		/* after a migration */
	events = t.events;
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.vmm.addr, ADDRESS);
	assert_int_equal(t.events, events);

	/* The new VMM refuses, so the image is no longer armed. */
	t.vmm.refuses = true;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_STAGED);
}

static void a_refusal_at_reboot_leaves_nothing_armed(void **state)
{
	(void)state;
	stage();
	t.vmm.refuses = true;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_STAGED);

	t.vmm.refuses = false;
	t.vmm.answer_error = -EIO;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_STAGED);

	t.vmm.withdraw_error = -EIO;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_ARMED);
}

static void a_reboot_that_cannot_ask_changes_nothing(void **state)
{
	static const int errors[] = { -EBUSY, -ENOENT, -EIO };
	unsigned int before, events;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		set_up(state);
		stage();
		before = t.vmm.withdrawals;
		events = t.events;
		t.vmm.offer_error = errors[i];
		assert_int_not_equal(vmfw_image_arm(&t.dev), 0);
		expect_state(VMFWUPDATE_STATE_STAGED);
		/*
		 * The VMM has not seen the offer, so there is no withdrawal and
		 * no event.
		 */
		assert_int_equal(t.vmm.withdrawals, before);
		assert_int_equal(t.events, events);
		/* The state is the same if a withdrawal would also fail. */
		t.vmm.withdraw_error = -EIO;
		assert_int_not_equal(vmfw_image_arm(&t.dev), 0);
		expect_state(VMFWUPDATE_STATE_STAGED);

		set_up(state);
		arm_now();
		events = t.events;
		t.vmm.offer_error = errors[i];
		assert_int_not_equal(vmfw_image_arm(&t.dev), 0);
		expect_state(VMFWUPDATE_STATE_ARMED);
		assert_int_equal(t.vmm.addr, ADDRESS);
		assert_int_equal(t.vmm.withdrawals, 0);
		assert_int_equal(t.events, events);
	}
}

/*
 * With trials, the driver knows that the VMM loads an armed image, and that a
 * disabled VMM loads nothing. In other states it knows what it last learnt.
 */
static void the_next_image_is_known_by_the_state(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_UNKNOWN);
	fill();
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(commit_image(0), 0);
	/* The driver has withdrawn the trial. */
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_NOTHING);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_NOTHING);
	t.dev.held = VMFWUPDATE_HELD_UNKNOWN;
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_NOTHING);
}

static void expect_trace(const char *name, u64 addr, int err)
{
	assert_non_null(shim_trace.name);
	assert_string_equal(shim_trace.name, name);
	assert_int_equal(shim_trace.addr, addr);
	assert_int_equal(shim_trace.size, SIZE);
	assert_int_equal(shim_trace.err, err);
}

static void tracepoints_show_the_results(void **state)
{
	(void)state;
	t.alloc_error = -ENOMEM;
	assert_int_equal(begin(), -ENOMEM);
	expect_trace("vmfwupdate_begin", 0, -ENOMEM);
	t.alloc_error = 0;
	fill();
	expect_trace("vmfwupdate_begin", ADDRESS, 0);
	assert_int_equal(commit_image(0), 0);
	expect_trace("vmfwupdate_withdraw", ADDRESS, 0);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	expect_trace("vmfwupdate_arm", ADDRESS, 0);
	t.vmm.withdraw_error = -EBUSY;
	assert_int_equal(vmfw_image_disarm(&t.dev), -EBUSY);
	expect_trace("vmfwupdate_withdraw", ADDRESS, -EBUSY);
	t.vmm.offer_error = -EIO;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_trace("vmfwupdate_arm", ADDRESS, -EIO);
}

static void expect_event(const char *name)
{
	assert_non_null(shim_event);
	assert_string_equal(shim_event, name);
}

static void tracepoints_show_commits_and_refusals(void **state)
{
	(void)state;
	shim_event = NULL;
	fill();
	t.vmm.refuses = true;
	assert_int_equal(commit_image(0), -EIO);
	expect_event("vmfwupdate_refuse");
	t.vmm.refuses = false;
	stage();
	expect_event("vmfwupdate_commit");
	t.vmm.offer_error = -EBUSY;
	assert_int_equal(vmfw_image_arm(&t.dev), -EBUSY);
	expect_event("vmfwupdate_refuse");
}

/* The driver reports a refusal only if there is one. */
static void a_request_that_succeeds_is_no_refusal(void **state)
{
	(void)state;
	stage();
	shim_event = NULL;
	shim_log[0] = '\0';
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_null(shim_event);
	assert_string_equal(shim_log, "");
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	assert_string_equal(shim_log, "");
}

/* The last message has these words. */
static void expect_message(const char *words)
{
	if (!strstr(shim_log, words))
		fail_msg("no \"%s\" in: %s", words, shim_log);
	shim_log[0] = '\0';
}

/*
 * Only root may see addresses, so a message has a word for the address that the
 * VMM shows. The test prevents withdrawals, which have messages of their own.
 */
static void a_message_tells_why_the_vmm_refuses(void **state)
{
	static const struct {
		int error;
		u64 shown_addr;
		const char *words;
	} refusals[] = {
		{ -EIO, 0, "VMM shows no address, control 0x7, size 0x9" },
		{ -EIO, ADDRESS, "VMM shows the image's address" },
		{ -EIO, ADDRESS + 1, "VMM shows another address" },
		{ -ENODEV, 0, "cannot offer the image to the VMM: error -19" },
	};
	size_t i;

	(void)state;
	stage();
	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		t.vmm.offer_error = refusals[i].error;
		t.vmm.wrong_addr = refusals[i].shown_addr;
		assert_int_equal(vmfw_image_arm(&t.dev), refusals[i].error);
		expect_message(refusals[i].words);
	}
}

static void messages_follow_the_image(void **state)
{
	(void)state;
	stage();
	expect_message("the image of 20480 bytes is staged");
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_message("drops the staged image");
	arm_now();
	expect_message("the image of 20480 bytes is armed");
	t.vmm.withdraw_error = -EIO;
	assert_int_equal(vmfw_image_cancel(&t.dev), -EIO);
	expect_message("cannot withdraw the image: error -5");
	t.vmm.withdraw_error = 0;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_message("has withdrawn the image");
	t.vmm.disable_error = -EIO;
	assert_int_equal(vmfw_image_disable(&t.dev), -EIO);
	expect_message("cannot switch off firmware updates: error -5");
	t.vmm.disable_error = 0;
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_message("firmware updates are switched off");
}

static void power_off_disarms(void **state)
{
	(void)state;
	stage();
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	assert_int_equal(t.vmm.withdrawals, 1);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_STAGED);
}

static void disable_cancels_first(void **state)
{
	unsigned int events;

	(void)state;
	arm_now();
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED);
	assert_true(t.vmm.disabled);
	assert_int_equal(t.frees, 1);
	t.vmm.disabled = false;		/* after suspend and resume */
	events = t.events;
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	assert_true(t.vmm.disabled);
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED);
	/* A power-off has no image to disarm, and leaves the state unchanged. */
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED);
	assert_int_equal(t.events, events);
}

static void disable_ends_an_image_that_stays(void **state)
{
	(void)state;
	arm_now();
	t.vmm.withdraw_error = -EIO;
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED);
	assert_true(t.vmm.disabled);
}

static void a_vmm_that_neither_withdraws_nor_disables(void **state)
{
	(void)state;
	arm_now();
	t.vmm.withdraw_error = -EIO;
	t.vmm.disable_error = -EBUSY;
	assert_int_equal(vmfw_image_disable(&t.dev), -EBUSY);
	expect_state(VMFWUPDATE_STATE_ARMED);
	assert_false(t.vmm.disabled);
}

static void a_vmm_that_does_not_disable(void **state)
{
	(void)state;
	stage();
	t.vmm.disable_error = -EIO;
	assert_int_equal(vmfw_image_disable(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_IDLE);
	t.vmm.disable_error = -ENOENT;
	assert_int_equal(vmfw_image_disable(&t.dev), -ENODEV);
	expect_state(VMFWUPDATE_STATE_IDLE);
}

#define TEST(name)	cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_staged_image_is_not_with_the_vmm),
		TEST(an_armed_image_is_with_the_vmm),
		TEST(an_image_for_one_reset_is_armed_like_others),
		TEST(a_vmm_with_trials_restores_nothing),
		TEST(begin_returns_its_reason),
		TEST(an_image_of_a_wrong_size),
		TEST(commit_requires_a_whole_image),
		TEST(a_refused_image_is_freed),
		TEST(firmware_in_the_way_costs_nothing),
		TEST(a_vmm_that_is_gone_before_the_offer),
		TEST(a_vmm_that_dies_with_the_offer_may_hold_it),
		TEST(an_offer_without_an_answer_is_withdrawn),
		TEST(a_trial_that_stays_is_armed),
		TEST(cancel_works_from_every_state),
		TEST(a_vmm_without_the_file_holds_nothing),
		TEST(a_reboot_arms_a_staged_image),
		TEST(a_reboot_does_not_arm_half_an_image),
		TEST(a_reboot_offers_an_armed_image_again),
		TEST(a_refusal_at_reboot_leaves_nothing_armed),
		TEST(a_reboot_that_cannot_ask_changes_nothing),
		TEST(the_next_image_is_known_by_the_state),
		TEST(tracepoints_show_the_results),
		TEST(tracepoints_show_commits_and_refusals),
		TEST(a_request_that_succeeds_is_no_refusal),
		TEST(a_message_tells_why_the_vmm_refuses),
		TEST(messages_follow_the_image),
		TEST(power_off_disarms),
		TEST(disable_cancels_first),
		TEST(disable_ends_an_image_that_stays),
		TEST(a_vmm_that_neither_withdraws_nor_disables),
		TEST(a_vmm_that_does_not_disable),
	};

	return cmocka_run_group_tests_name("kmod/image", tests, NULL, NULL);
}
