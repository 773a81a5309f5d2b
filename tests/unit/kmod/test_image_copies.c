// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The states of an image, with a VMM that copies images. The driver cannot withdraw an
 * image, but can ask for the host's image. The driver has memory exactly while it fills
 * or has staged an image, or the device is stuck. The state shows whether the next
 * reset may bring other firmware. If so, the driver holds the module.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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
#define SIZE	0x5001ULL

/* The image that a reset of this VMM would bring. */
enum next { ORDINARY, IMAGE, IMAGE_ONCE, HOST };

/* The VMM, and its failures. */
struct vmfw_fw_cfg {
	enum next next;
	u8 content;		/* first byte of the image that the VMM has */
	bool disabled;
	bool dead;		/* the driver has made its last write */
	unsigned int offers;
	unsigned int last_offers;
	unsigned int restores;
	u32 refuses;		/* status of a refusal; 0: the VMM accepts */
	int error;		/* before the VMM has seen the write */
	int answer_error;	/* after the VMM has acted */
	int once_error;
	unsigned int once_busy;	/* tries that fail because firmware uses fw_cfg */
};

static char memory[SIZE];
static struct page page = { .phys = ADDRESS, .memory = memory };

static struct {
	int alloc_error;
	unsigned int allocated;
	int module_held;
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
	assert_int_equal(t.allocated, 0);
	if (t.alloc_error)
		return t.alloc_error;
	buffer->page = &page;
	t.allocated++;
	return 0;
}

void vmfw_buffer_free(struct vmfw_buffer *buffer)
{
	assert_ptr_equal(buffer->page, &page);
	buffer->page = NULL;
	t.allocated--;
	/* The next owner of the memory writes to it. */
	memory[0] = 0;
}

int kobject_uevent_env(struct kobject *kobj, enum kobject_action action,
		       char *env[])
{
	(void)kobj;
	(void)action;
	(void)env;
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

/* Return the error of a write that does not reach the VMM, or 0. */
static int reach(struct vmfw_fw_cfg *vmm)
{
	return vmm->dead ? -ENODEV : vmm->error;
}

static void load(struct vmfw_fw_cfg *vmm, const struct vmfw_offer *offer,
		 enum next next)
{
	assert_int_equal(offer->addr, ADDRESS);
	assert_int_equal(offer->size, SIZE);
	assert_int_equal(offer->format, VMFWUPDATE_FORMAT_IGVM);
	if (vmm->next == HOST || vmm->disabled)
		return;		/* the VMM ignores the offer */
	vmm->content = memory[0];
	vmm->next = next;
}

static int vmm_offer(struct vmfw_fw_cfg *vmm, const struct vmfw_offer *offer,
		     struct vmfw_shown *shown)
{
	vmm->offers++;
	if (reach(vmm))
		return reach(vmm);
	shown->written = true;
	if (!vmm->refuses)
		load(vmm, offer, IMAGE);
	if (vmm->answer_error)
		return vmm->answer_error;

	shown->answered = true;
	shown->status = vmm->refuses;
	shown->addr = vmm->refuses ? offer->addr : 0;
	shown->size = vmm->refuses ? offer->size : 0;
	shown->start = vmm->refuses == 2 ? VMFWUPDATE_START_OTHER :
					   VMFWUPDATE_START_IGVM;
	return vmm->refuses ? -EIO : 0;
}

static int vmm_offer_once(struct vmfw_fw_cfg *vmm,
			  const struct vmfw_offer *offer)
{
	vmm->last_offers++;
	if (vmm->once_busy) {
		vmm->once_busy--;
		return -EBUSY;
	}
	if (reach(vmm) || vmm->once_error)
		return vmm->once_error ?: reach(vmm);
	load(vmm, offer, IMAGE_ONCE);
	vmm->dead = true;
	return 0;
}

static int vmm_restore(struct vmfw_fw_cfg *vmm, struct vmfw_shown *shown)
{
	vmm->restores++;
	if (reach(vmm))
		return reach(vmm);
	shown->written = true;
	if (!vmm->refuses)
		vmm->next = HOST;
	if (vmm->answer_error)
		return vmm->answer_error;
	shown->answered = true;
	return vmm->refuses ? -EIO : 0;
}

static int vmm_disable(struct vmfw_fw_cfg *vmm, struct vmfw_shown *shown)
{
	if (reach(vmm))
		return reach(vmm);
	shown->written = true;
	shown->answered = true;
	vmm->disabled = true;
	return 0;
}

static const struct vmfw_iface iface = {
	.name = "test",
	.properties = VMFWUPDATE_PROPERTY_COPIES |
		      VMFWUPDATE_PROPERTY_PERSISTS |
		      VMFWUPDATE_PROPERTY_RESTORE |
		      VMFWUPDATE_PROPERTY_ONCE |
		      VMFWUPDATE_PROPERTY_DISABLE_STAYS,
	.size_multiple = 1,
	.offer = vmm_offer,
	.offer_once = vmm_offer_once,
	.restore = vmm_restore,
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

static void expect_state(u32 state, u32 held)
{
	const bool in_memory = state == VMFWUPDATE_STATE_FILLING ||
			       state == VMFWUPDATE_STATE_STAGED;

	assert_int_equal(t.dev.state, state);
	assert_int_equal(vmfw_image_held(&t.dev), held);
	assert_int_equal(t.allocated, in_memory);
	assert_int_equal(vmfw_image_addr(&t.dev), in_memory ? ADDRESS : 0);
	assert_int_equal(t.module_held, vmfw_image_is_pending(&t.dev));
	if (t.vmm.next != ORDINARY)
		assert_true(vmfw_image_is_pending(&t.dev));
	if (t.vmm.next == HOST)
		assert_int_not_equal(held, VMFWUPDATE_HELD_IMAGE);
	if (state == VMFWUPDATE_STATE_IDLE ||
	    state == VMFWUPDATE_STATE_REVERTING)
		assert_int_equal(t.dev.image.size, 0);
	/* These are the values in sysfs. */
	assert_int_equal(t.dev.shown_size, t.dev.image.size);
	assert_int_equal(t.dev.shown_addr, vmfw_image_addr(&t.dev));
}

static int begin(void)
{
	const struct vmfw_want want = { .size = SIZE, .align = 4096 };

	return vmfw_image_begin(&t.dev, &want, NULL, 0);
}

static struct vmfwupdate_commit commit;

static int commit_image(u32 flags, char content)
{
	memset(&commit, 0, sizeof(commit));
	commit.format = VMFWUPDATE_FORMAT_IGVM;
	commit.flags = flags;
	commit.tag[0] = content;
	return vmfw_image_commit(&t.dev, &commit);
}

static void fill(char content)
{
	assert_int_equal(begin(), 0);
	assert_int_equal(t.dev.image.tag[0], 0);
	memory[0] = content;
	t.dev.image.written = SIZE;
}

static void hand_over(char content)
{
	fill(content);
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, content), 0);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.content, content);
	assert_int_equal(t.dev.image.tag[0], content);
	assert_int_equal(t.dev.image.size, SIZE);
}

static void stage(u32 flags, char content)
{
	const u32 held = vmfw_image_held(&t.dev);
	const unsigned int offers = t.vmm.offers;

	fill(content);
	assert_int_equal(commit_image(flags, content), 0);
	expect_state(VMFWUPDATE_STATE_STAGED, held);
	assert_int_equal(t.vmm.offers, offers);
	assert_int_equal(t.dev.image.tag[0], content);
}

static void an_image_handed_over_needs_no_memory(void **state)
{
	(void)state;
	expect_state(VMFWUPDATE_STATE_IDLE, VMFWUPDATE_HELD_UNKNOWN);
	hand_over('a');
	assert_int_equal(t.vmm.next, IMAGE);
	assert_int_equal(t.vmm.offers, 1);
	assert_int_equal(t.dev.start, VMFWUPDATE_START_IGVM);
	assert_int_equal(t.dev.image.commit_time, 77);
}

static void two_images_in_a_row(void **state)
{
	(void)state;
	hand_over('a');
	fill('b');
	expect_state(VMFWUPDATE_STATE_FILLING, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(begin(), -EBUSY);
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'b'), 0);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.content, 'b');
	assert_int_equal(t.dev.image.tag[0], 'b');
}

static void a_second_image_may_find_no_memory(void **state)
{
	(void)state;
	hand_over('a');
	t.alloc_error = -ENOMEM;
	assert_int_equal(begin(), -ENOMEM);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.dev.image.tag[0], 'a');
}

static void a_refusal_takes_nothing_back(void **state)
{
	(void)state;
	fill('a');
	t.vmm.refuses = 1;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'a'), -EIO);
	expect_state(VMFWUPDATE_STATE_IDLE, VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(commit.shown_status, 1);
	assert_int_equal(commit.shown_addr, ADDRESS);
	assert_int_equal(t.vmm.restores, 0);

	t.vmm.refuses = 0;
	hand_over('b');
	fill('c');
	t.vmm.refuses = 2;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'c'), -EIO);
	assert_int_equal(commit.shown_status, 2);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.dev.image.tag[0], 'b');
	assert_int_equal(t.dev.start, VMFWUPDATE_START_OTHER);
	assert_int_equal(t.vmm.restores, 0);
}

static void an_offer_without_an_answer_counts_as_armed(void **state)
{
	(void)state;
	fill('a');
	t.vmm.answer_error = -EIO;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'a'), -EIO);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(t.dev.image.tag[0], 'a');
	t.vmm.answer_error = 0;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
}

/* A stuck device may still read the memory, so the driver does not free it. */
static void a_device_that_is_stuck_keeps_the_memory(void **state)
{
	(void)state;
	fill('a');
	t.vmm.answer_error = -ENODEV;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'a'), -ENODEV);
	assert_int_equal(t.dev.state, VMFWUPDATE_STATE_ARMED);
	assert_int_equal(vmfw_image_held(&t.dev), VMFWUPDATE_HELD_UNKNOWN);
	t.vmm.dead = true;
	assert_int_equal(begin(), -EBUSY);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(vmfw_image_cancel(&t.dev), -ENODEV);
	assert_int_equal(vmfw_image_restore(&t.dev), -ENODEV);
	assert_int_equal(vmfw_image_disable(&t.dev), -ENODEV);
	assert_int_equal(t.dev.state, VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.allocated, 1);
	assert_int_equal(t.module_held, 1);
}

/* The memory stays in use, although the VMM has a copy of an earlier image. */
static void a_device_that_is_stuck_takes_no_third_image(void **state)
{
	(void)state;
	hand_over('a');
	fill('b');
	t.vmm.answer_error = -ENODEV;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'b'), -ENODEV);
	assert_int_equal(begin(), -EBUSY);
	assert_int_equal(t.dev.state, VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.allocated, 1);
}

static void a_device_that_cannot_be_reached(void **state)
{
	(void)state;
	hand_over('a');
	fill('b');
	t.vmm.error = -EBUSY;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'b'), -EBUSY);
	expect_state(VMFWUPDATE_STATE_FILLING, VMFWUPDATE_HELD_IMAGE);
	t.vmm.error = -ENOENT;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'b'), -ENODEV);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.dev.image.tag[0], 'a');
	assert_int_equal(vmfw_image_restore(&t.dev), -ENODEV);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(vmfw_image_disable(&t.dev), -ENODEV);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
}

static void without_arm_now_the_vmm_sees_nothing(void **state)
{
	(void)state;
	stage(0, 'a');
	assert_int_equal(t.vmm.next, ORDINARY);
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_STAGED, VMFWUPDATE_HELD_UNKNOWN);
	shim_log[0] = '\0';
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_string_equal(shim_log, "");
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.next, IMAGE);
	assert_int_equal(t.vmm.content, 'a');
	assert_int_equal(t.vmm.last_offers, 0);
}

/* The VMM has a copy. The driver has freed the memory, so a reboot offers nothing. */
static void a_reboot_offers_nothing_twice(void **state)
{
	(void)state;
	hand_over('a');
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	assert_int_equal(t.vmm.offers, 1);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
}

static void a_refusal_at_the_reboot(void **state)
{
	(void)state;
	hand_over('a');
	stage(0, 'b');
	t.vmm.refuses = 1;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_STAGED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.content, 'a');
	t.vmm.refuses = 0;
	t.vmm.answer_error = -EIO;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_UNKNOWN);
}

static void a_device_that_is_stuck_at_the_reboot(void **state)
{
	(void)state;
	stage(0, 'a');
	t.vmm.answer_error = -ENODEV;
	assert_int_equal(vmfw_image_arm(&t.dev), -ENODEV);
	assert_int_equal(t.dev.state, VMFWUPDATE_STATE_ARMED);
	assert_int_equal(t.allocated, 1);
}

static void once_is_offered_twice_and_read_once(void **state)
{
	(void)state;
	stage(VMFWUPDATE_COMMIT_ONCE, 'a');
	shim_log[0] = '\0';
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_string_equal(shim_log, "");
	assert_int_equal(t.vmm.offers, 1);
	assert_int_equal(t.vmm.last_offers, 1);
	assert_int_equal(t.vmm.next, IMAGE_ONCE);
	assert_int_equal(t.vmm.content, 'a');
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(vmfw_image_restore(&t.dev), -ENODEV);
	assert_int_equal(t.vmm.next, IMAGE_ONCE);
}

/* The module loads in the boot that an image with "once" has started. */
static void the_boot_of_once_is_reverting(void **state)
{
	(void)state;
	t.dev.state = t.dev.rest = VMFWUPDATE_STATE_REVERTING;
	t.dev.held = VMFWUPDATE_HELD_HOST;
	vmfw_image_pin(&t.dev);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
	assert_int_equal(t.module_held, 1);
	vmfw_image_pin(&t.dev);
	assert_int_equal(t.module_held, 1);
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_int_equal(t.vmm.restores, 0);
}

static void a_refused_offer_gets_no_second_write(void **state)
{
	(void)state;
	stage(VMFWUPDATE_COMMIT_ONCE, 'a');
	t.vmm.refuses = 1;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	assert_int_equal(t.vmm.last_offers, 0);
	expect_state(VMFWUPDATE_STATE_STAGED, VMFWUPDATE_HELD_UNKNOWN);

	t.vmm.refuses = 0;
	t.vmm.answer_error = -EIO;
	assert_int_equal(vmfw_image_arm(&t.dev), -EIO);
	assert_int_equal(t.vmm.last_offers, 0);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_UNKNOWN);
}

static void once_that_fails_leaves_an_image_for_good(void **state)
{
	(void)state;
	stage(VMFWUPDATE_COMMIT_ONCE, 'a');
	t.vmm.once_error = -EBUSY;
	assert_int_equal(vmfw_image_arm(&t.dev), -EBUSY);
	assert_non_null(strstr(shim_log, "every later reset may apply it"));
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.next, IMAGE);
}

static void once_gets_several_tries(void **state)
{
	(void)state;
	stage(VMFWUPDATE_COMMIT_ONCE, 'a');
	t.vmm.once_busy = 2;
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(t.vmm.offers, 1);
	assert_int_equal(t.vmm.last_offers, 3);
	assert_int_equal(t.vmm.next, IMAGE_ONCE);

	set_up(NULL);
	stage(VMFWUPDATE_COMMIT_ONCE, 'a');
	t.vmm.once_busy = 100;
	assert_int_equal(vmfw_image_arm(&t.dev), -EBUSY);
	assert_int_equal(t.vmm.last_offers, 5);
	assert_int_equal(t.vmm.next, IMAGE);
}

static void once_excludes_arm_now(void **state)
{
	(void)state;
	fill('a');
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ONCE |
				      VMFWUPDATE_COMMIT_ARM_NOW, 'a'), -EINVAL);
	expect_state(VMFWUPDATE_STATE_FILLING, VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(t.vmm.offers, 0);
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ONCE, 'a'), 0);
}

static void cancel_frees_an_image_in_memory_first(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	hand_over('a');
	fill('b');
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.dev.image.tag[0], 'a');

	stage(VMFWUPDATE_COMMIT_ONCE, 'b');
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.restores, 0);
	assert_false(t.dev.image.once);

	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
	assert_int_equal(t.vmm.next, HOST);
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);
	assert_int_equal(t.vmm.restores, 1);
}

static void a_restore_refuses_later_images(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_non_null(strstr(shim_log, "restores the host's own image"));
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
	assert_int_equal(begin(), -EINPROGRESS);
	assert_int_equal(commit_image(0, 'a'), -EINPROGRESS);
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_int_equal(t.vmm.restores, 1);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	assert_int_equal(vmfw_image_disarm(&t.dev), 0);
	assert_int_equal(t.vmm.offers, 0);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
}

/* There is a tracepoint for each request to the VMM, with the VMM's answer. */
static void a_tracepoint_shows_the_result_of_a_restore(void **state)
{
	static const int errors[] = { -EBUSY, -ENODEV, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		shim_trace = (struct shim_trace) { .err = 1 };
		t.vmm.error = errors[i];
		assert_int_equal(vmfw_image_restore(&t.dev), errors[i]);
		assert_non_null(shim_trace.name);
		assert_string_equal(shim_trace.name, "vmfwupdate_restore");
		assert_int_equal(shim_trace.addr, 0);
		assert_int_equal(shim_trace.size, 0);
		assert_int_equal(shim_trace.err, errors[i]);
	}
	shim_trace.name = NULL;
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_null(shim_trace.name);
}

static void restore_drops_an_image_in_memory(void **state)
{
	(void)state;
	fill('a');
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);

	set_up(NULL);
	hand_over('a');
	stage(0, 'b');
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
}

static void a_restore_that_is_refused_changes_nothing(void **state)
{
	(void)state;
	hand_over('a');
	t.vmm.refuses = 1;
	assert_int_equal(vmfw_image_restore(&t.dev), -EIO);
	assert_non_null(strstr(shim_log, "cannot restore the host's image"));
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	t.vmm.refuses = 0;
	t.vmm.error = -EBUSY;
	assert_int_equal(vmfw_image_restore(&t.dev), -EBUSY);
	expect_state(VMFWUPDATE_STATE_ARMED, VMFWUPDATE_HELD_IMAGE);
	t.vmm.error = 0;
	stage(0, 'b');
	t.vmm.error = -EBUSY;
	assert_int_equal(vmfw_image_restore(&t.dev), -EBUSY);
	expect_state(VMFWUPDATE_STATE_STAGED, VMFWUPDATE_HELD_IMAGE);
}

/* A restore without an answer counts as accepted. The caller can ask again. */
static void a_restore_without_an_answer(void **state)
{
	(void)state;
	t.vmm.answer_error = -EIO;
	assert_int_equal(vmfw_image_restore(&t.dev), -EIO);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(begin(), -EINPROGRESS);
	t.vmm.answer_error = 0;
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_int_equal(t.vmm.restores, 2);
	expect_state(VMFWUPDATE_STATE_REVERTING, VMFWUPDATE_HELD_HOST);
}

static void disable_does_not_end_an_image(void **state)
{
	unsigned int events;

	(void)state;
	hand_over('a');
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.vmm.restores, 0);
	assert_int_equal(t.dev.image.tag[0], 'a');
	assert_int_equal(begin(), -EPERM);
	assert_int_equal(vmfw_image_cancel(&t.dev), -EPERM);
	assert_int_equal(vmfw_image_restore(&t.dev), -EPERM);
	events = t.events;
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	assert_int_equal(t.events, events);
	assert_int_equal(vmfw_image_arm(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_IMAGE);
}

static void disable_drops_an_image_in_memory(void **state)
{
	(void)state;
	stage(0, 'a');
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_UNKNOWN);
	assert_int_equal(t.module_held, 0);
	assert_int_equal(vmfw_image_cancel(&t.dev), 0);

	set_up(NULL);
	hand_over('a');
	fill('b');
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_IMAGE);
	assert_int_equal(t.dev.image.tag[0], 'a');
}

static void disable_does_not_end_a_restore(void **state)
{
	(void)state;
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_int_equal(vmfw_image_disable(&t.dev), 0);
	expect_state(VMFWUPDATE_STATE_DISABLED, VMFWUPDATE_HELD_HOST);
	assert_int_equal(vmfw_image_restore(&t.dev), 0);
	assert_int_equal(begin(), -EPERM);
	assert_int_equal(t.module_held, 1);
}

static void a_shutdown_refuses_images(void **state)
{
	(void)state;
	t.dev.closed = true;
	assert_int_equal(begin(), -EBUSY);
	t.dev.closed = false;
	fill('a');
	t.dev.closed = true;
	assert_int_equal(commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'a'), -EBUSY);
	assert_int_equal(commit_image(0, 'a'), -EBUSY);
	assert_int_equal(t.vmm.offers, 0);
	expect_state(VMFWUPDATE_STATE_FILLING, VMFWUPDATE_HELD_UNKNOWN);
}

/*
 * Make one of the calls. After any calls in any order, and with any failures, the
 * state must show all possible results of the next reset.
 */
static void step(unsigned int what)
{
	switch (what % 9) {
	case 0:
		if (!begin())
			t.dev.image.written = SIZE;
		break;
	case 1:
		commit_image(VMFWUPDATE_COMMIT_ARM_NOW, 'x');
		break;
	case 2:
		commit_image(0, 'x');
		break;
	case 3:
		commit_image(VMFWUPDATE_COMMIT_ONCE, 'x');
		break;
	case 4:
		vmfw_image_cancel(&t.dev);
		break;
	case 5:
		vmfw_image_restore(&t.dev);
		break;
	case 6:
		vmfw_image_arm(&t.dev);
		break;
	case 7:
		vmfw_image_disarm(&t.dev);
		break;
	case 8:
		vmfw_image_disable(&t.dev);
	}
}

static void at_random(void **state)
{
	static const int errors[] = { 0, 0, 0, -EIO, -EBUSY, -ENOENT };
	unsigned int life, nr;

	srandom(1);
	for (life = 0; life < 500; life++) {
		set_up(state);
		for (nr = 0; nr < 12; nr++) {
			t.vmm.error = errors[random() % 6];
			t.vmm.answer_error = random() % 4 ? 0 : -EIO;
			t.vmm.once_error = random() % 4 ? 0 : -EIO;
			t.vmm.refuses = random() % 3;
			step(random());
			expect_state(t.dev.state, vmfw_image_held(&t.dev));
			if (vmfw_image_held(&t.dev) == VMFWUPDATE_HELD_IMAGE)
				assert_true(t.vmm.next == IMAGE ||
					    t.vmm.next == IMAGE_ONCE);
			if (vmfw_image_held(&t.dev) == VMFWUPDATE_HELD_HOST)
				assert_int_equal(t.vmm.next, HOST);
		}
	}
}

#define TEST(name)	cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_image_handed_over_needs_no_memory),
		TEST(two_images_in_a_row),
		TEST(a_second_image_may_find_no_memory),
		TEST(a_refusal_takes_nothing_back),
		TEST(an_offer_without_an_answer_counts_as_armed),
		TEST(a_device_that_is_stuck_keeps_the_memory),
		TEST(a_device_that_is_stuck_takes_no_third_image),
		TEST(a_device_that_cannot_be_reached),
		TEST(without_arm_now_the_vmm_sees_nothing),
		TEST(a_reboot_offers_nothing_twice),
		TEST(a_refusal_at_the_reboot),
		TEST(a_device_that_is_stuck_at_the_reboot),
		TEST(once_is_offered_twice_and_read_once),
		TEST(the_boot_of_once_is_reverting),
		TEST(a_refused_offer_gets_no_second_write),
		TEST(once_that_fails_leaves_an_image_for_good),
		TEST(once_gets_several_tries),
		TEST(once_excludes_arm_now),
		TEST(cancel_frees_an_image_in_memory_first),
		TEST(a_restore_refuses_later_images),
		TEST(a_tracepoint_shows_the_result_of_a_restore),
		TEST(restore_drops_an_image_in_memory),
		TEST(a_restore_that_is_refused_changes_nothing),
		TEST(a_restore_without_an_answer),
		TEST(disable_does_not_end_an_image),
		TEST(disable_drops_an_image_in_memory),
		TEST(disable_does_not_end_a_restore),
		TEST(a_shutdown_refuses_images),
		TEST(at_random),
	};

	return cmocka_run_group_tests_name("kmod/image_copies", tests, NULL,
					   NULL);
}
