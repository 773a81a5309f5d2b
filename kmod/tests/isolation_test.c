// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kind of this guest, as the architecture shows it, and the conversion of
 * pages, also where it fails.
 *
 * This file includes the driver's file below, built as on x86, and replaces the
 * functions of the architecture.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/cc_platform.h>
#include <linux/cpufeature.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/set_memory.h>
#include <linux/string.h>

/* The other tests have their own functions with these names. */
#define vmfw_share	tested_share
#define vmfw_unshare	tested_unshare
#define vmfw_leak	tested_leak

#include "../vmfwupdate.h"

#define PAGES	3

/**
 * struct guest - an architecture, as the driver asks it
 * @attributes: those that cc_platform_has() confirms, by bit number
 * @has_tdx: the processor has the feature of a TDX guest
 * @is_arm64: the kernel is built for arm64
 * @error: result of a conversion
 * @address: address of the last conversion
 * @pages: number of pages of the last conversion
 * @conversions: number of conversions
 * @references: number of references to the module
 */
struct guest {
	unsigned long attributes;
	bool has_tdx;
	bool is_arm64;
	int error;
	unsigned long address;
	int pages;
	unsigned int conversions;
	unsigned int references;
};

static struct guest guest;

static bool guest_has(enum cc_attr attribute)
{
	return guest.attributes & BIT(attribute);
}

static int guest_convert(unsigned long address, int pages)
{
	guest.address = address;
	guest.pages = pages;
	guest.conversions++;
	return guest.error;
}

#undef CONFIG_X86
#undef IS_ENABLED
#undef cpu_feature_enabled
#define CONFIG_X86			1
#define IS_ENABLED(option)		guest.is_arm64
#define cpu_feature_enabled(feature)	guest.has_tdx
#define cc_platform_has			guest_has
#define set_memory_decrypted		guest_convert
#define set_memory_encrypted		guest_convert
#define __module_get(module)		(guest.references++)

#include "../isolation.c"

#define ANY_SEV	(BIT(CC_ATTR_MEM_ENCRYPT) | BIT(CC_ATTR_GUEST_MEM_ENCRYPT))

struct kind {
	const char *name;
	unsigned long attributes;
	bool has_tdx;
	u32 isolation;
};

static const struct kind kinds[] = {
	{ "plain", 0, false, VMFWUPDATE_ISOLATION_NONE },
	{ "sev", ANY_SEV, false, VMFWUPDATE_ISOLATION_SEV },
	{ "sev_es", ANY_SEV | BIT(CC_ATTR_GUEST_STATE_ENCRYPT), false,
	  VMFWUPDATE_ISOLATION_SEV_ES },
	{ "sev_snp", ANY_SEV | BIT(CC_ATTR_GUEST_STATE_ENCRYPT) |
	  BIT(CC_ATTR_GUEST_SEV_SNP), false, VMFWUPDATE_ISOLATION_SEV_SNP },
	{ "tdx", ANY_SEV, true, VMFWUPDATE_ISOLATION_TDX },
	{ "sme", BIT(CC_ATTR_MEM_ENCRYPT) | BIT(CC_ATTR_HOST_MEM_ENCRYPT), false,
	  VMFWUPDATE_ISOLATION_OTHER },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static int isolation_init(struct kunit *test)
{
	memset(&guest, 0, sizeof(guest));
	atomic64_set(&leaked_pages, 0);
	return 0;
}

/* A KVM guest with SEV has only the attribute, not the processor's feature bit. */
static void each_kind_is_known(struct kunit *test)
{
	const struct kind *kind = test->param_value;

	guest.attributes = kind->attributes;
	guest.has_tdx = kind->has_tdx;
	KUNIT_EXPECT_EQ(test, vmfw_isolation(), kind->isolation);
}

static void no_address_in_a_realm(struct kunit *test)
{
	guest.attributes = ANY_SEV;
	KUNIT_EXPECT_TRUE(test, vmfw_address_is_known());
	guest.is_arm64 = true;
	KUNIT_EXPECT_FALSE(test, vmfw_address_is_known());
	guest.attributes = 0;
	KUNIT_EXPECT_TRUE(test, vmfw_address_is_known());
}

/* Under pKVM no attribute shows that memory is private. */
static void every_guest_asks_the_architecture(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, tested_share(page, PAGES), 0);
	KUNIT_EXPECT_EQ(test, guest.conversions, 1);
	KUNIT_EXPECT_EQ(test, guest.address, (unsigned long)page_address(page));
	KUNIT_EXPECT_EQ(test, guest.pages, PAGES);
	KUNIT_EXPECT_EQ(test, tested_unshare(page, PAGES), 0);
	KUNIT_EXPECT_EQ(test, guest.conversions, 2);
	__free_page(page);
}

/* For callers, some of these errors have another meaning, -EBUSY for example. */
static void every_failure_is_one_error(struct kunit *test)
{
	static const int errors[] = { -EBUSY, -EINVAL, -ENOMEM, -EPERM, -EIO };
	struct page *page = alloc_page(GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		guest.error = errors[i];
		KUNIT_EXPECT_EQ(test, tested_share(page, 1), -EIO);
		KUNIT_EXPECT_EQ(test, tested_unshare(page, 1), -EIO);
	}
	__free_page(page);
}

static void the_first_leak_holds_the_module(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vmfw_leaked(), 0);
	tested_leak(PAGES, "a test loses it");
	tested_leak(1, "a test loses it");
	KUNIT_EXPECT_EQ(test, vmfw_leaked(), (PAGES + 1) * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, guest.references, 1);
}

static struct kunit_case isolation_cases[] = {
	KUNIT_CASE_PARAM(each_kind_is_known, kind_gen_params),
	KUNIT_CASE(no_address_in_a_realm),
	KUNIT_CASE(every_guest_asks_the_architecture),
	KUNIT_CASE(every_failure_is_one_error),
	KUNIT_CASE(the_first_leak_holds_the_module),
	{}
};

static struct kunit_suite isolation_suite = {
	.name = "vmfwupdate_isolation",
	.init = isolation_init,
	.test_cases = isolation_cases,
};

kunit_test_suite(isolation_suite);
