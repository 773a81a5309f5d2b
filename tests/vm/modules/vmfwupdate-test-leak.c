// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver for tests. While it is loaded, the kernel fails to make shared memory private
 * again. Without the driver, this failure happens only in confidential guests.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static int fail(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	regs_set_return_value(regs, -EIO);
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "set_memory_encrypted",
	.handler = fail,
};

static int __init test_init(void)
{
	return register_kretprobe(&probe);
}
module_init(test_init);

static void __exit test_exit(void)
{
	unregister_kretprobe(&probe);
}
module_exit(test_exit);

MODULE_AUTHOR("The vmfwupdate authors");
MODULE_DESCRIPTION("Shared memory that does not become private again");
MODULE_LICENSE("GPL");
