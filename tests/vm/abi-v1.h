/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The first version of <linux/vmfwupdate.h>, without its comments. With this header,
 * abi-v1.c tests that programs of that version still work. So never change the
 * declarations.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef _UAPI_LINUX_VMFWUPDATE_H
#define _UAPI_LINUX_VMFWUPDATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VMFWUPDATE_ABI_VERSION	1
#define VMFWUPDATE_IOC_TYPE	0xE6

enum vmfwupdate_interface {
	VMFWUPDATE_INTERFACE_IGVM = 1,
	VMFWUPDATE_INTERFACE_V6 = 2,
};

enum vmfwupdate_state {
	VMFWUPDATE_STATE_IDLE = 0,
	VMFWUPDATE_STATE_FILLING = 1,
	VMFWUPDATE_STATE_STAGED = 2,
	VMFWUPDATE_STATE_ARMED = 3,
	VMFWUPDATE_STATE_DISABLED = 4,
};

enum vmfwupdate_isolation {
	VMFWUPDATE_ISOLATION_NONE = 0,
	VMFWUPDATE_ISOLATION_SEV = 1,
	VMFWUPDATE_ISOLATION_SEV_ES = 2,
	VMFWUPDATE_ISOLATION_SEV_SNP = 3,
	VMFWUPDATE_ISOLATION_TDX = 4,
	VMFWUPDATE_ISOLATION_OTHER = 5,
};

#define VMFWUPDATE_FORMAT_IGVM	(1U << 0)
#define VMFWUPDATE_FORMAT_FLAT	(1U << 1)

struct vmfwupdate_info {
	__u32 size;
	__u32 abi_version;
	__u32 interface;
	__u32 state;
	__u32 isolation;
	__u32 formats;
	__u64 vmm_capabilities;
	__u64 max_size;
	__u32 max_ranges;
	__u32 image_format;
	__u64 image_size;
	__u64 image_written;
	__u64 image_addr;
	__u64 commit_time;
	__u64 leaked;
	__u8 tag[32];
	__u32 size_multiple;
	__u32 opaque_size;
};

struct vmfwupdate_range {
	__u64 start;
	__u64 size;
};

#define VMFWUPDATE_MAX_RANGES	4096

struct vmfwupdate_begin {
	__u32 size;
	__u32 flags;
	__u64 image_size;
	__u64 align;
	__u64 max_addr;
	__u64 ranges;
	__u32 nr_ranges;
	__u32 reserved;
};

#define VMFWUPDATE_COMMIT_ARM_NOW	(1U << 0)

struct vmfwupdate_commit {
	__u32 size;
	__u32 flags;
	__u32 format;
	__u32 reserved;
	__u8 tag[32];
	__u64 shown_control;
	__u64 shown_addr;
	__u64 shown_size;
};

struct vmfwupdate_opaque {
	__u32 size;
	__u32 flags;
	__u64 data;
	__u32 length;
	__u32 reserved;
};

#define VMFWUPDATE_GET_INFO	_IO(VMFWUPDATE_IOC_TYPE, 0x00)
#define VMFWUPDATE_BEGIN	_IO(VMFWUPDATE_IOC_TYPE, 0x01)
#define VMFWUPDATE_COMMIT	_IO(VMFWUPDATE_IOC_TYPE, 0x02)
#define VMFWUPDATE_CANCEL	_IO(VMFWUPDATE_IOC_TYPE, 0x03)
#define VMFWUPDATE_DISABLE	_IO(VMFWUPDATE_IOC_TYPE, 0x04)
#define VMFWUPDATE_OPAQUE_GET	_IO(VMFWUPDATE_IOC_TYPE, 0x05)
#define VMFWUPDATE_OPAQUE_SET	_IO(VMFWUPDATE_IOC_TYPE, 0x06)

#endif
