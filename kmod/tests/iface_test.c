// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drafts "igvm" and "v6": the bytes on the wire, and the driver's reading of
 * the answers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>

#include "host.h"

#include "../iface_igvm.c"
#include "../iface_v6.c"
#include "../opaque.c"

static const struct vmfw_offer some_offer = {
	.addr = 0x1122334455667000,
	.size = 0x200000,
};

static void igvm_offers_32_bytes(struct kunit *test)
{
	static const u8 bytes[32] = {
		0, 0, 0, 0, 1, 0, 0, 0,
		0, 0, 0, 0, 1, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0, 0, 0x20, 0, 0, 0, 0, 0,
	};
	struct vmfw_shown shown;

	host_reset_igvm();
	KUNIT_EXPECT_EQ(test, igvm_offer(&host, &some_offer, &shown), 0);
	KUNIT_EXPECT_MEMEQ(test, host_file(HOST_IGVM)->data, bytes,
			   sizeof(bytes));
	KUNIT_EXPECT_EQ(test, host.operations, 1);
	KUNIT_EXPECT_TRUE(test, shown.written);

	KUNIT_EXPECT_EQ(test, igvm_withdraw(&host, &shown), 0);
	KUNIT_EXPECT_EQ(test, host_held(), 0);
}

static void igvm_reads_every_word(struct kunit *test)
{
	static const u8 bytes[32] = {
		0x01, 0x02, 0, 0, 0x01, 0, 0, 0x80,
		1, 0, 0, 0, 0, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcc, 0xbb, 0xaa, 0x99, 0, 0, 0, 0,
	};
	struct vmfw_status status;

	host_reset_igvm();
	memcpy(host_file(HOST_IGVM)->data, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, igvm_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.capabilities, 0x8000000100000201);
	KUNIT_EXPECT_EQ(test, status.formats, VMFWUPDATE_FORMAT_IGVM);
	KUNIT_EXPECT_EQ(test, status.max_size, U32_MAX);
	KUNIT_EXPECT_TRUE(test, status.disabled);
	KUNIT_EXPECT_EQ(test, status.addr, 0x1122334455667000);
	KUNIT_EXPECT_EQ(test, status.size, 0x99aabbcc);

	host_file(HOST_IGVM)->data[4] = 0;
	KUNIT_EXPECT_EQ(test, igvm_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.formats, 0);

	host_file(HOST_IGVM)->size = 40;
	KUNIT_EXPECT_EQ(test, igvm_status(&host, &status), -ENOENT);
}

static void igvm_disables_by_bit_0(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_igvm();
	KUNIT_EXPECT_EQ(test, igvm_disable(&host, &shown), 0);
	KUNIT_EXPECT_EQ(test, host_file(HOST_IGVM)->data[8], 1);
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, igvm_disable(&host, &shown), -EIO);
}

static void igvm_sees_a_refusal(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_igvm();
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, igvm_offer(&host, &some_offer, &shown), -EIO);
	KUNIT_EXPECT_EQ(test, shown.addr, 0);
	host.answer = host_cling;
	KUNIT_EXPECT_EQ(test, igvm_withdraw(&host, &shown), -EIO);
	KUNIT_EXPECT_EQ(test, shown.addr, SZ_64K);
}

/* The bit of the file that the VMM shows wrong. */
static unsigned int flipped;

static void flip(struct host_file *file)
{
	file->data[flipped / 8] ^= BIT(flipped % 8);
}

/* The VMM must show the written bytes, except in the capabilities. */
static void igvm_takes_no_bit_for_another(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_igvm();
	host.answer = flip;
	for (flipped = 64; flipped < 256; flipped++)
		KUNIT_EXPECT_EQ(test, igvm_offer(&host, &some_offer, &shown),
				-EIO);

	/* While the interface is on, the VMM loads from any address but 0. */
	for (flipped = 128; flipped < 192; flipped++)
		KUNIT_EXPECT_EQ(test, igvm_withdraw(&host, &shown), -EIO);
	for (flipped = 0; flipped < 128; flipped++)
		KUNIT_EXPECT_EQ(test, igvm_withdraw(&host, &shown), 0);
}

static void v6_offers_16_bytes(struct kunit *test)
{
	static const u8 bytes[16] = {
		0, 0, 0x20, 0, 0, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	struct vmfw_shown shown;

	host_reset_v6();
	KUNIT_EXPECT_EQ(test, v6_offer(&host, &some_offer, &shown), 0);
	KUNIT_EXPECT_MEMEQ(test, host_file(HOST_FW_BLOB)->data, bytes,
			   sizeof(bytes));
	KUNIT_EXPECT_EQ(test, host.operations, 1);

	KUNIT_EXPECT_EQ(test, v6_withdraw(&host, &shown), 0);
	KUNIT_EXPECT_EQ(test, host_held(), 0);
}

static void v6_reads_every_file(struct kunit *test)
{
	struct vmfw_status status;

	host_reset_v6();
	KUNIT_EXPECT_EQ(test, v6_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.formats, VMFWUPDATE_FORMAT_FLAT);
	KUNIT_EXPECT_EQ(test, status.max_size, SZ_4M);
	KUNIT_EXPECT_FALSE(test, status.disabled);

	host_file(HOST_CAP)->data[0] = 1;
	host_file(HOST_DISABLE)->data[0] = 0x80;
	host_file(HOST_FW_BLOB)->data[9] = 0x10;
	KUNIT_EXPECT_EQ(test, v6_status(&host, &status), 0);
	KUNIT_EXPECT_EQ(test, status.max_size, SZ_16M);
	KUNIT_EXPECT_TRUE(test, status.disabled);
	KUNIT_EXPECT_EQ(test, status.addr, 0x1000);

	host_file(HOST_BIOS_SIZE)->name = "etc/other";
	KUNIT_EXPECT_EQ(test, v6_status(&host, &status), -ENOENT);
}

static void v6_disables_by_a_file(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_v6();
	KUNIT_EXPECT_EQ(test, v6_disable(&host, &shown), 0);
	KUNIT_EXPECT_EQ(test, host_file(HOST_DISABLE)->data[0], 1);
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, v6_disable(&host, &shown), -EIO);
}

static void v6_sees_a_refusal(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_v6();
	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, v6_offer(&host, &some_offer, &shown), -EIO);
	host.answer = host_cling;
	KUNIT_EXPECT_EQ(test, v6_withdraw(&host, &shown), -EIO);

	/* While the interface is off, the VMM may keep any address. */
	host_file(HOST_DISABLE)->data[0] = 1;
	KUNIT_EXPECT_EQ(test, v6_withdraw(&host, &shown), 0);
}

static void v6_takes_no_bit_for_another(struct kunit *test)
{
	struct vmfw_shown shown;

	host_reset_v6();
	host.answer = flip;
	for (flipped = 0; flipped < 128; flipped++)
		KUNIT_EXPECT_EQ(test, v6_offer(&host, &some_offer, &shown),
				-EIO);
	for (flipped = 64; flipped < 128; flipped++)
		KUNIT_EXPECT_EQ(test, v6_withdraw(&host, &shown), -EIO);
	for (flipped = 0; flipped < 64; flipped++)
		KUNIT_EXPECT_EQ(test, v6_withdraw(&host, &shown), 0);
}

static void v6_keeps_a_page(struct kunit *test)
{
	struct vmfw_device dev = { .fw = &host, .iface = &vmfw_iface_v6 };
	u8 *page = kunit_kmalloc(test, OPAQUE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	host_reset_v6();
	memset(page, 0x5a, OPAQUE_SIZE);
	KUNIT_EXPECT_EQ(test, vmfw_opaque_set(&dev, page), 0);
	memset(page, 0, OPAQUE_SIZE);
	KUNIT_EXPECT_EQ(test, vmfw_opaque_get(&dev, page), 0);
	KUNIT_EXPECT_EQ(test, page[0], 0x5a);
	KUNIT_EXPECT_EQ(test, page[OPAQUE_SIZE - 1], 0x5a);

	host.answer = host_refuse;
	KUNIT_EXPECT_EQ(test, vmfw_opaque_set(&dev, page), -EIO);
	dev.state = VMFWUPDATE_STATE_DISABLED;
	KUNIT_EXPECT_EQ(test, vmfw_opaque_set(&dev, page), -EPERM);
	dev.iface = &vmfw_iface_igvm;
	KUNIT_EXPECT_EQ(test, vmfw_opaque_set(&dev, page), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, vmfw_opaque_get(&dev, page), -EOPNOTSUPP);
}

static struct kunit_case iface_cases[] = {
	KUNIT_CASE(igvm_offers_32_bytes),
	KUNIT_CASE(igvm_reads_every_word),
	KUNIT_CASE(igvm_disables_by_bit_0),
	KUNIT_CASE(igvm_sees_a_refusal),
	KUNIT_CASE(igvm_takes_no_bit_for_another),
	KUNIT_CASE(v6_offers_16_bytes),
	KUNIT_CASE(v6_reads_every_file),
	KUNIT_CASE(v6_disables_by_a_file),
	KUNIT_CASE(v6_sees_a_refusal),
	KUNIT_CASE(v6_takes_no_bit_for_another),
	KUNIT_CASE(v6_keeps_a_page),
	{}
};

static struct kunit_suite iface_suite = {
	.name = "vmfwupdate_iface",
	.test_cases = iface_cases,
};

kunit_test_suite(iface_suite);
