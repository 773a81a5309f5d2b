// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the VMM can read. In a plain guest, it can read all pages. In a
 * confidential guest, it can read only pages that the guest has converted to
 * shared. A page whose conversion failed must never go back to the kernel. The VMM
 * may be able to read it, and the kernel may write a secret there.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cc_platform.h>
#include <linux/cpufeature.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/set_memory.h>
#include <linux/vmfwupdate.h>

#include "vmfwupdate.h"

static atomic64_t leaked_pages = ATOMIC64_INIT(0);

static bool memory_is_private(void)
{
	return cc_platform_has(CC_ATTR_MEM_ENCRYPT);
}

static u32 kind_of_isolation(void)
{
#ifdef CONFIG_X86
	if (cpu_feature_enabled(X86_FEATURE_TDX_GUEST))
		return VMFWUPDATE_ISOLATION_TDX;
	if (cc_platform_has(CC_ATTR_GUEST_SEV_SNP))
		return VMFWUPDATE_ISOLATION_SEV_SNP;
	if (cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		return VMFWUPDATE_ISOLATION_SEV_ES;
	/* Not X86_FEATURE_SEV: KVM's guests have it cleared (SYSCFG reads 0). */
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return VMFWUPDATE_ISOLATION_SEV;
#endif
	return VMFWUPDATE_ISOLATION_OTHER;
}

/**
 * vmfw_isolation() - the protection of this guest's memory
 *
 * Return: enum vmfwupdate_isolation.
 */
u32 vmfw_isolation(void)
{
	if (!memory_is_private())
		return VMFWUPDATE_ISOLATION_NONE;
	return kind_of_isolation();
}

/**
 * vmfw_address_is_known() - does the driver know a page's address for the VMM
 *
 * The VMM gets page_to_phys() and virt_to_phys(). On x86, other devices get the
 * same addresses for DMA: only the guest's page tables have the bit that makes a page
 * private or shared (the C-bit of SEV, the shared bit of TDX). In an Arm CCA realm, a
 * shared page has a second address, which devices use (dma_addr_unencrypted()). No VMM
 * documents yet which of the two addresses fw_cfg takes.
 *
 * Return: false in a realm.
 */
bool vmfw_address_is_known(void)
{
	return !IS_ENABLED(CONFIG_ARM64) || !memory_is_private();
}

/**
 * vmfw_share() - let the VMM read and write pages
 * @page: the first of them, in the direct map
 * @nr: how many
 *
 * Their content is undefined afterwards. In a plain guest the conversion does nothing,
 * but only the architecture knows which guest is plain. Under arm64's pKVM,
 * cc_platform_has() returns false although memory is private.
 *
 * Context: process, may sleep.
 *
 * Return: 0; -EIO: the conversion failed, the state of the pages is unknown, and
 * the caller must give them up with vmfw_leak().
 */
int vmfw_share(struct page *page, unsigned long nr)
{
	return set_memory_decrypted((unsigned long)page_address(page), nr) ?
	       -EIO : 0;
}

/**
 * vmfw_unshare() - take pages back from the VMM
 * @page: the first of them, as given to vmfw_share()
 * @nr: how many
 *
 * Context: process, may sleep.
 *
 * Return: as vmfw_share().
 */
int vmfw_unshare(struct page *page, unsigned long nr)
{
	return set_memory_encrypted((unsigned long)page_address(page), nr) ?
	       -EIO : 0;
}

/**
 * vmfw_leak() - give pages up for good
 * @nr: how many
 * @why: for the log
 *
 * The first call keeps the module loaded for good. A later load would not know of
 * these pages, and would use memory again that the command line has set aside.
 */
void vmfw_leak(unsigned long nr, const char *why)
{
	if (!atomic64_fetch_add(nr, &leaked_pages))
		__module_get(THIS_MODULE);
	pr_err_once("cannot free memory before the next reset: %s\n", why);
}

/**
 * vmfw_leaked() - memory that vmfw_leak() has given up
 *
 * Return: bytes.
 */
u64 vmfw_leaked(void)
{
	return (u64)atomic64_read(&leaked_pages) << PAGE_SHIFT;
}
