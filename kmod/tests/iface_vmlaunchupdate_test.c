// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "vmlaunchupdate": the bytes on the wire, and the bits of an answer that
 * count.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "host.h"

/* HOST_IGVM is the name of a draft's file in host.h, and a bit in the driver. */
#undef HOST_IGVM
#include "../iface_vmlaunchupdate.c"

/* Offsets of the words in the file. */
#define AT_STATUS	2
#define AT_PADDING	4
#define AT_CAPABILITIES	8
#define AT_CONTROL	16
#define AT_ADDR		24
#define AT_OPAQUE	40

static int vlu_init(struct kunit *test)
{
	struct vmfw_offer *offer;
	unsigned long page;

	offer = kunit_kzalloc(test, sizeof(*offer), GFP_KERNEL);
	page = get_zeroed_page(GFP_KERNEL);
	if (!offer || !page)
		return -ENOMEM;

	host_reset_vlu();
	offer->format = VMFWUPDATE_FORMAT_IGVM;
	offer->addr = virt_to_phys((void *)page);
	offer->size = 0x1234567;
	test->priv = offer;
	return 0;
}

static void vlu_exit(struct kunit *test)
{
	const struct vmfw_offer *offer = test->priv;

	if (offer)
		free_page((unsigned long)phys_to_virt(offer->addr));
}

static void every_word_is_read(struct kunit *test)
{
	struct vmfw_status status;

	KUNIT_EXPECT_EQ(test, vlu_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.capabilities, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, status.formats, VMFWUPDATE_FORMAT_IGVM);
	KUNIT_EXPECT_EQ(test, status.max_size, U32_MAX);
	KUNIT_EXPECT_FALSE(test, status.disabled);

	/* The address of a refused image, which the VMM does not hold. */
	host_file(HOST_VLU)->data[AT_ADDR] = 0x10;
	host.copy.disabled = true;
	KUNIT_EXPECT_EQ(test, vlu_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.addr, 0);
	KUNIT_EXPECT_TRUE(test, status.disabled);

	host_file(HOST_VLU)->size = 64;
	KUNIT_EXPECT_EQ(test, vlu_status(&host, &status), -ENOENT);
}

static void an_offer_is_one_write_of_56_bytes(struct kunit *test)
{
	const struct vmfw_offer *offer = test->priv;
	struct vmfw_shown shown = {};

	KUNIT_EXPECT_EQ(test, vlu_offer(&host, offer, &shown), 0);
	KUNIT_EXPECT_EQ(test, host.operations, 1);
	KUNIT_EXPECT_EQ(test, host.copy.addr, offer->addr);
	KUNIT_EXPECT_EQ(test, shown.start, VMFWUPDATE_START_IGVM);

	host.copy.not_from_igvm = true;
	KUNIT_EXPECT_EQ(test, vlu_offer(&host, offer, &shown), -EIO);
	KUNIT_EXPECT_EQ(test, shown.status, NOT_FROM_IGVM);
	KUNIT_EXPECT_EQ(test, shown.addr, offer->addr);
	KUNIT_EXPECT_EQ(test, shown.size, 0x1234567);
	KUNIT_EXPECT_EQ(test, shown.start, VMFWUPDATE_START_OTHER);
}

/* The bit of the answer that the VMM shows wrong. */
static unsigned int flipped;

static void flip(struct host_file *file)
{
	file->data[flipped / 8] ^= BIT(flipped % 8);
}

static bool matters(unsigned int bit)
{
	return bit < AT_PADDING * 8 || bit == AT_CAPABILITIES * 8 + 32 ||
	       bit == AT_CONTROL * 8 ||
	       (bit >= AT_ADDR * 8 && bit < AT_OPAQUE * 8);
}

static void no_bit_passes_for_another(struct kunit *test)
{
	const struct vmfw_offer *offer = test->priv;
	struct vmfw_shown shown;

	host.answer = flip;
	for (flipped = 0; flipped < 448; flipped++) {
		KUNIT_EXPECT_EQ_MSG(test, vlu_offer(&host, offer, &shown),
				    matters(flipped) ? -EIO : 0, "bit %u",
				    flipped);
		KUNIT_EXPECT_EQ(test, shown.answered,
				flipped >= AT_STATUS * 8 &&
				flipped != AT_CAPABILITIES * 8 + 32);
	}
}

static void off_is_never_a_yes(struct kunit *test)
{
	u32 start = VMFWUPDATE_START_UNKNOWN;
	struct vmfw_shown shown;

	KUNIT_EXPECT_EQ(test, vlu_disable(&host, &shown), 0);
	KUNIT_EXPECT_TRUE(test, host.copy.disabled);
	KUNIT_EXPECT_EQ(test, vlu_offer(&host, test->priv, &shown), -EIO);
	KUNIT_EXPECT_EQ(test, shown.status, DONE);
	KUNIT_EXPECT_EQ(test, vlu_restore(&host, &shown), -EIO);
	KUNIT_EXPECT_FALSE(test, host.copy.restores);
	KUNIT_EXPECT_EQ(test, vlu_find_start(&host, &start), 0);
	KUNIT_EXPECT_EQ(test, start, VMFWUPDATE_START_UNKNOWN);
	KUNIT_EXPECT_EQ(test, vlu_disable(&host, &shown), 0);
}

static void the_start_is_found_without_harm(struct kunit *test)
{
	const struct vmfw_offer *offer = test->priv;
	struct vmfw_shown shown;
	u32 start;

	KUNIT_EXPECT_EQ(test, vlu_offer(&host, offer, &shown), 0);
	KUNIT_EXPECT_EQ(test, vlu_find_start(&host, &start), 0);
	KUNIT_EXPECT_EQ(test, start, VMFWUPDATE_START_IGVM);
	KUNIT_EXPECT_EQ(test, host.copy.addr, offer->addr);
	KUNIT_EXPECT_FALSE(test, host.copy.restores);
	host.copy.not_from_igvm = true;
	KUNIT_EXPECT_EQ(test, vlu_find_start(&host, &start), 0);
	KUNIT_EXPECT_EQ(test, start, VMFWUPDATE_START_OTHER);
}

static void once_is_the_last_word(struct kunit *test)
{
	const struct vmfw_offer *offer = test->priv;
	struct vmfw_status status;

	KUNIT_EXPECT_EQ(test, vlu_offer_once(&host, offer), 0);
	KUNIT_EXPECT_EQ(test, host.operations, 1);
	KUNIT_EXPECT_TRUE(test, host.copy.once);
	KUNIT_EXPECT_EQ(test, vlu_status(&host, &status), 0);
	KUNIT_EXPECT_FALSE(test, host.copy.once);
	KUNIT_EXPECT_TRUE(test, status.returns);
}

static void the_host_s_image_comes_back(struct kunit *test)
{
	struct vmfw_shown shown;

	KUNIT_EXPECT_EQ(test, vlu_restore(&host, &shown), 0);
	KUNIT_EXPECT_TRUE(test, host.copy.restores);
	KUNIT_EXPECT_FALSE(test, host.copy.disabled);
}

static struct kunit_case vlu_cases[] = {
	KUNIT_CASE(every_word_is_read),
	KUNIT_CASE(an_offer_is_one_write_of_56_bytes),
	KUNIT_CASE(no_bit_passes_for_another),
	KUNIT_CASE(off_is_never_a_yes),
	KUNIT_CASE(the_start_is_found_without_harm),
	KUNIT_CASE(once_is_the_last_word),
	KUNIT_CASE(the_host_s_image_comes_back),
	{}
};

static struct kunit_suite vlu_suite = {
	.name = "vmfwupdate_vmlaunchupdate",
	.init = vlu_init,
	.exit = vlu_exit,
	.test_cases = vlu_cases,
};

kunit_test_suite(vlu_suite);
