// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the VMM can read. In a plain guest it reads everything; in a
 * confidential guest only what was converted to shared, and a page whose
 * conversion failed must never go back to the kernel: nobody can say whether
 * what is written there next is a secret kept or a secret told.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cc_platform.h>
#include <linux/cpufeature.h>
#include <linux/mm.h>
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
	if (cpu_feature_enabled(X86_FEATURE_SEV))
		return VMFWUPDATE_ISOLATION_SEV;
#endif
	return VMFWUPDATE_ISOLATION_OTHER;
}

/**
 * vmfw_isolation() - who can read this guest's memory
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
 * vmfw_share() - let the VMM read and write pages
 * @page: the first of them, in the direct map
 * @nr: how many
 *
 * Their content is undefined afterwards. Nothing to do in a plain guest.
 *
 * Context: process, may sleep.
 *
 * Return: 0, or the error of the conversion: then the state of the pages is
 * unknown and they must be given up with vmfw_leak().
 */
int vmfw_share(struct page *page, unsigned long nr)
{
	if (!memory_is_private())
		return 0;
	return set_memory_decrypted((unsigned long)page_address(page), nr);
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
	if (!memory_is_private())
		return 0;
	return set_memory_encrypted((unsigned long)page_address(page), nr);
}

/**
 * vmfw_leak() - give pages up for good
 * @nr: how many
 * @why: for the log
 */
void vmfw_leak(unsigned long nr, const char *why)
{
	atomic64_add(nr, &leaked_pages);
	pr_err_once("memory is lost until the next reset: %s\n", why);
}

/**
 * vmfw_leaked() - what was given up since the module was loaded
 *
 * Return: bytes.
 */
u64 vmfw_leaked(void)
{
	return (u64)atomic64_read(&leaked_pages) << PAGE_SHIFT;
}
