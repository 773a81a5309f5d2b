/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * User-space interface of /dev/vmfwupdate: hand a firmware image to the
 * virtual machine monitor, which rebuilds the machine from it at the next
 * reset.
 *
 * Opening for writing starts a session and needs CAP_SYS_BOOT. There is one
 * session at a time: a second writer gets EBUSY. Opening read-only never
 * conflicts and allows VMFWUPDATE_GET_INFO alone: every other ioctl fails with
 * EBADF. In a session, those ioctls fail with EPERM if the caller has lost
 * CAP_SYS_BOOT.
 *
 * A session is BEGIN, write(2) until all bytes have arrived, COMMIT. Closing
 * the file before COMMIT frees the image. A committed image outlives the file.
 *
 * Interfaces differ in the effects of an image. Programs act on the bits in
 * vmfwupdate_info.properties, and never on the name of an interface.
 *
 * Every argument structure starts with its size in bytes, set by the caller. The
 * kernel only fills in struct vmfwupdate_info. For the other structures, a kernel
 * that knows a longer structure reads zeroes for the missing part. A kernel that
 * knows a shorter one accepts the call if the unknown part is zero (else E2BIG). A
 * size below that of the first version, unknown flags and non-zero padding are
 * EINVAL.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef _UAPI_LINUX_VMFWUPDATE_H
#define _UAPI_LINUX_VMFWUPDATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VMFWUPDATE_ABI_VERSION	1
#define VMFWUPDATE_IOC_TYPE	0xE6

/**
 * enum vmfwupdate_interface - the interface that the VMM offers
 * @VMFWUPDATE_INTERFACE_IGVM: one fw_cfg file, etc/vmfwupdate (draft of
 *	2025-04-08)
 * @VMFWUPDATE_INTERFACE_V6: the files below etc/vmfwupdate/ (patch of
 *	2025-02-14)
 * @VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE: one fw_cfg file, etc/vmlaunchupdate,
 *	which QEMU's device vm-launch-update has
 *
 * Programs act on vmfwupdate_info.properties, and use this value only to show it.
 */
enum vmfwupdate_interface {
	VMFWUPDATE_INTERFACE_IGVM = 1,
	VMFWUPDATE_INTERFACE_V6 = 2,
	VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE = 3,
};

/**
 * enum vmfwupdate_state - state of the interface and of its image
 * @VMFWUPDATE_STATE_IDLE: this kernel has no image
 * @VMFWUPDATE_STATE_FILLING: a session has memory for an image and writes to it
 * @VMFWUPDATE_STATE_STAGED: a committed image is in memory; an orderly reboot
 *	hands it to the VMM, a crash does not. With VMFWUPDATE_PROPERTY_TRIAL
 *	the VMM has accepted it on trial; else the VMM has not seen it yet.
 * @VMFWUPDATE_STATE_ARMED: the VMM holds the image's address, or with
 *	VMFWUPDATE_PROPERTY_COPIES a copy; any reset applies the image. If an
 *	answer was lost, any reset may apply it. BEGIN can bring another image
 *	in place of a copy.
 * @VMFWUPDATE_STATE_DISABLED: the interface is off until the next reset, or
 *	longer with VMFWUPDATE_PROPERTY_DISABLE_STAYS
 * @VMFWUPDATE_STATE_REVERTING: the next reset brings the host's own image
 *	back; until then the VMM would drop any other image
 */
enum vmfwupdate_state {
	VMFWUPDATE_STATE_IDLE = 0,
	VMFWUPDATE_STATE_FILLING = 1,
	VMFWUPDATE_STATE_STAGED = 2,
	VMFWUPDATE_STATE_ARMED = 3,
	VMFWUPDATE_STATE_DISABLED = 4,
	VMFWUPDATE_STATE_REVERTING = 5,
};

/**
 * enum vmfwupdate_isolation - the protection of this guest's memory
 * @VMFWUPDATE_ISOLATION_NONE: a plain guest, as far as the kernel reports
 * @VMFWUPDATE_ISOLATION_SEV: AMD SEV
 * @VMFWUPDATE_ISOLATION_SEV_ES: AMD SEV-ES
 * @VMFWUPDATE_ISOLATION_SEV_SNP: AMD SEV-SNP
 * @VMFWUPDATE_ISOLATION_TDX: Intel TDX
 * @VMFWUPDATE_ISOLATION_OTHER: memory is encrypted in an unknown way
 */
enum vmfwupdate_isolation {
	VMFWUPDATE_ISOLATION_NONE = 0,
	VMFWUPDATE_ISOLATION_SEV = 1,
	VMFWUPDATE_ISOLATION_SEV_ES = 2,
	VMFWUPDATE_ISOLATION_SEV_SNP = 3,
	VMFWUPDATE_ISOLATION_TDX = 4,
	VMFWUPDATE_ISOLATION_OTHER = 5,
};

/**
 * enum vmfwupdate_held - the image that the VMM would load at a reset
 * @VMFWUPDATE_HELD_UNKNOWN: the driver cannot tell. The VMM does not show its
 *	image, or its answer was lost, or it keeps an earlier kernel's image
 * @VMFWUPDATE_HELD_NOTHING: nothing: the reset is an ordinary one
 * @VMFWUPDATE_HELD_IMAGE: the image that struct vmfwupdate_info describes; or,
 *	in the states FILLING and STAGED, the image handed over before it
 * @VMFWUPDATE_HELD_HOST: the host's own image
 */
enum vmfwupdate_held {
	VMFWUPDATE_HELD_UNKNOWN = 0,
	VMFWUPDATE_HELD_NOTHING = 1,
	VMFWUPDATE_HELD_IMAGE = 2,
	VMFWUPDATE_HELD_HOST = 3,
};

/**
 * enum vmfwupdate_start - how the host started this machine
 * @VMFWUPDATE_START_UNKNOWN: the interface does not show it, or gave no answer
 * @VMFWUPDATE_START_IGVM: from an IGVM file
 * @VMFWUPDATE_START_OTHER: in another way, so this VMM refuses every image
 */
enum vmfwupdate_start {
	VMFWUPDATE_START_UNKNOWN = 0,
	VMFWUPDATE_START_IGVM = 1,
	VMFWUPDATE_START_OTHER = 2,
};

/*
 * Properties of an interface: bits in vmfwupdate_info.properties.
 *
 * TRIAL: the kernel can withdraw an offer. A commit without ARM_NOW offers the
 *	image and withdraws the offer.
 * COPIES: the VMM copies an image before it accepts it. Then the guest's memory
 *	is free again, and image_addr is 0.
 * PERSISTS: an image that was handed over applies to every later reset.
 * RESTORE: VMFWUPDATE_RESTORE asks for the host's own image.
 * ONCE: with VMFWUPDATE_COMMIT_ONCE an image applies to one reset alone.
 *	Without PERSISTS every image does.
 * OPAQUE: there is an area that survives an update.
 * DISABLE_STAYS: DISABLE outlives a reset. It ends when the host's own image
 *	has come back or the host starts the machine again. An image that was
 *	handed over before DISABLE still applies.
 */
#define VMFWUPDATE_PROPERTY_TRIAL		(1U << 0)
#define VMFWUPDATE_PROPERTY_COPIES		(1U << 1)
#define VMFWUPDATE_PROPERTY_PERSISTS		(1U << 2)
#define VMFWUPDATE_PROPERTY_RESTORE		(1U << 3)
#define VMFWUPDATE_PROPERTY_ONCE		(1U << 4)
#define VMFWUPDATE_PROPERTY_OPAQUE		(1U << 5)
#define VMFWUPDATE_PROPERTY_DISABLE_STAYS	(1U << 6)

/* Image formats: bits in vmfwupdate_info.formats, one bit in a commit. */
#define VMFWUPDATE_FORMAT_IGVM	(1U << 0)
#define VMFWUPDATE_FORMAT_FLAT	(1U << 1)

/**
 * struct vmfwupdate_info - VMFWUPDATE_GET_INFO
 * @size: in: bytes of this structure that the caller has; out: bytes that the
 *	kernel knows. The kernel fills the smaller of the two.
 * @abi_version: VMFWUPDATE_ABI_VERSION of the kernel
 * @interface: enum vmfwupdate_interface
 * @state: enum vmfwupdate_state
 * @isolation: enum vmfwupdate_isolation
 * @formats: VMFWUPDATE_FORMAT_* that VMM and kernel both know; 0 when the VMM
 *	has the interface but takes no format known here
 * @vmm_capabilities: the VMM's own capability word, as read
 * @max_size: bytes of the largest image that the VMM takes
 * @max_ranges: the greatest vmfwupdate_begin.nr_ranges
 * @image_format: format of the committed image, or 0
 * @image_size: bytes of the image being filled, staged or armed, or 0. While the
 *	interface is off: of the image that the VMM has copied, or 0
 * @image_written: bytes of that image that have arrived
 * @image_addr: guest physical address of that image, or 0
 * @commit_time: time of its commit, nanoseconds of CLOCK_BOOTTIME, or 0
 * @leaked: bytes of memory that the driver has given up since it was loaded,
 *	because the host may still access them
 * @tag: the tag of the committed image, as given to VMFWUPDATE_COMMIT
 * @size_multiple: the size of an image must be a multiple of it; a power of
 *	two: 65536 for "v6", else 1
 * @opaque_size: bytes of the area that VMFWUPDATE_OPAQUE_SET writes; 0: the
 *	interface has none
 * @properties: VMFWUPDATE_PROPERTY_*. A kernel that does not know this field
 *	leaves it alone. Its interfaces have TRIAL, and OPAQUE if @opaque_size
 *	is not 0.
 * @held: enum vmfwupdate_held
 * @start: enum vmfwupdate_start
 * @reserved: 0
 */
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
	__u32 properties;
	__u32 held;
	__u32 start;
	__u32 reserved;
};

/**
 * struct vmfwupdate_range - guest physical memory to stay clear of
 * @start: guest physical address of the first byte
 * @size: bytes, not 0; start + size must not exceed 2^64
 */
struct vmfwupdate_range {
	__u64 start;
	__u64 size;
};

#define VMFWUPDATE_MAX_RANGES	4096

/**
 * struct vmfwupdate_begin - VMFWUPDATE_BEGIN
 * @size: sizeof(struct vmfwupdate_begin)
 * @flags: 0
 * @image_size: bytes of the whole image, not 0, a multiple of
 *	vmfwupdate_info.size_multiple
 * @align: alignment of its guest physical address, a power of two; 0 means a
 *	page
 * @max_addr: highest guest physical address that the image's last byte may
 *	have; 0 means no limit
 * @ranges: user-space pointer to an array of struct vmfwupdate_range, in any
 *	order, overlaps allowed; the kernel places the image outside all of them
 * @nr_ranges: entries in @ranges, at most VMFWUPDATE_MAX_RANGES
 * @reserved: 0
 *
 * Errors: E2BIG (larger than vmfwupdate_info.max_size), ENOMEM (no memory, or no
 * place for the image: see the kernel log), EOPNOTSUPP (the VMM takes no
 * known format), EBUSY (this session has begun, or an image is committed:
 * cancel it first, unless the VMM has copied it; or the machine goes down, to
 * sleep or into another kernel), EPERM (disabled, or forbidden by lockdown),
 * EINPROGRESS (the host's own image comes back at the next reset, and the VMM
 * would drop any other), EIO (the driver could not share the memory with the VMM,
 * and gives it up), EINVAL, EFAULT, EINTR.
 */
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

/* Leave the image armed: any reset applies it, an orderly reboot or a crash. */
#define VMFWUPDATE_COMMIT_ARM_NOW	(1U << 0)
/*
 * One orderly reboot applies the image. The reset after that one brings the host's
 * own image back. With VMFWUPDATE_PROPERTY_PERSISTS this flag and ARM_NOW exclude
 * each other (EINVAL).
 */
#define VMFWUPDATE_COMMIT_ONCE		(1U << 1)

/**
 * struct vmfwupdate_commit - VMFWUPDATE_COMMIT
 * @size: sizeof(struct vmfwupdate_commit)
 * @flags: VMFWUPDATE_COMMIT_*
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @reserved: 0
 * @tag: any bytes, which vmfwupdate_info shows again, by custom the SHA-256 of
 *	the image's file; the kernel does not look at them
 * @shown_control: out, with EIO: the control word that the VMM showed in
 *	place of the offered one
 * @shown_addr: out, with EIO: the address that it showed
 * @shown_size: out, with EIO: the size that it showed
 * @shown_status: out, with EIO: the VMM's own result of the write, where the
 *	interface has one. For vmlaunchupdate: 1: it could not load the image; 2: it
 *	takes none, since it did not start this machine from an IGVM file
 * @reserved2: 0
 *
 * The shown values are 0 if the VMM did not answer. If it accepted a trial, but the
 * withdrawal failed, they are its answer to the withdrawal.
 *
 * With VMFWUPDATE_PROPERTY_TRIAL, the kernel offers the image to the VMM and reads
 * the offer back. Any difference is a refusal: the kernel withdraws the offer and
 * frees the memory, and the call fails with EIO. The session can BEGIN again. If a
 * withdrawal fails, also that of an accepted trial, the call fails and the memory
 * stays. The state is then VMFWUPDATE_STATE_ARMED, since the VMM may act;
 * VMFWUPDATE_CANCEL tries again.
 *
 * Without VMFWUPDATE_PROPERTY_TRIAL, a commit without ARM_NOW offers nothing: the
 * VMM sees the image when the machine reboots. After a refusal (EIO), the kernel
 * frees the memory, and an image that was handed over before stays armed. If the
 * answer is lost, the new image counts as armed, with VMFWUPDATE_HELD_UNKNOWN.
 *
 * Errors: ENODATA (bytes are missing; the session goes on), EOPNOTSUPP (not a
 * format of this VMM; the session goes on), EBUSY (the firmware keeps fw_cfg, or
 * the machine goes down; the session goes on), EINVAL (also: nothing was begun),
 * EINPROGRESS (as for BEGIN), EIO, EPERM (forbidden by lockdown), EFAULT, EINTR,
 * ENODEV (the VMM no longer answers).
 */
struct vmfwupdate_commit {
	__u32 size;
	__u32 flags;
	__u32 format;
	__u32 reserved;
	__u8 tag[32];
	__u64 shown_control;
	__u64 shown_addr;
	__u64 shown_size;
	__u32 shown_status;
	__u32 reserved2;
};

/**
 * struct vmfwupdate_opaque - VMFWUPDATE_OPAQUE_GET and VMFWUPDATE_OPAQUE_SET
 * @size: sizeof(struct vmfwupdate_opaque)
 * @flags: 0
 * @data: user-space pointer to @length bytes
 * @length: bytes to read or write, from the first of the area on; at most
 *	vmfwupdate_info.opaque_size
 * @reserved: 0
 *
 * The area is a page that the VMM keeps across an update and does not look at. It
 * is for data that the old system leaves for the new one, and needs no image.
 *
 * OPAQUE_SET replaces the whole page: the bytes after @length become zero. The
 * kernel reads the page back, and fails with EIO if the VMM shows other bytes.
 *
 * Errors: EOPNOTSUPP (the interface has no such area), E2BIG (longer than the
 * area), EIO, EPERM (no CAP_SYS_BOOT; OPAQUE_SET: disabled), EBUSY (the firmware
 * keeps fw_cfg), ENODEV (the VMM no longer answers), EINVAL, EFAULT, ENOMEM,
 * EINTR.
 */
struct vmfwupdate_opaque {
	__u32 size;
	__u32 flags;
	__u64 data;
	__u32 length;
	__u32 reserved;
};

/* Fill in a struct vmfwupdate_info. Works on every open file. */
#define VMFWUPDATE_GET_INFO	_IO(VMFWUPDATE_IOC_TYPE, 0x00)
/* Allocate memory for an image and start to take its bytes. */
#define VMFWUPDATE_BEGIN	_IO(VMFWUPDATE_IOC_TYPE, 0x01)
/* Stage the complete image, or with ARM_NOW arm it at once. */
#define VMFWUPDATE_COMMIT	_IO(VMFWUPDATE_IOC_TYPE, 0x02)
/*
 * Withdraw and free the image that this session fills, or that any session has
 * committed. No argument. If there is nothing to cancel, the call succeeds.
 * EIO, EBUSY and ENODEV mean that the kernel could not withdraw an armed image.
 * It is still armed, unless GET_INFO shows REVERTING.
 *
 * Where the VMM has copied an image, CANCEL frees a newer one in memory and leaves
 * the copy. If there is only the copy, CANCEL asks for the host's own image, as
 * VMFWUPDATE_RESTORE does. EPERM: disabled, and the copy stays.
 */
#define VMFWUPDATE_CANCEL	_IO(VMFWUPDATE_IOC_TYPE, 0x03)
/*
 * Cancel the image, and switch the interface off until the next reset. No argument.
 * If the interface is off already, the VMM gets the request again. EIO: the VMM
 * does not show the interface as off; EBUSY: the firmware keeps fw_cfg; ENODEV: the
 * VMM does not answer. With VMFWUPDATE_PROPERTY_DISABLE_STAYS the interface stays off
 * longer, and an image that the VMM has copied still applies.
 */
#define VMFWUPDATE_DISABLE	_IO(VMFWUPDATE_IOC_TYPE, 0x04)
/* Read the area that survives an update. */
#define VMFWUPDATE_OPAQUE_GET	_IO(VMFWUPDATE_IOC_TYPE, 0x05)
/* Replace the content of the area that survives an update. */
#define VMFWUPDATE_OPAQUE_SET	_IO(VMFWUPDATE_IOC_TYPE, 0x06)
/*
 * Ask for the host's own image from the next reset on. No argument. Drops an image
 * that is not handed over yet. A second request succeeds. EOPNOTSUPP: the interface
 * has no VMFWUPDATE_PROPERTY_RESTORE; EPERM: disabled. After EIO, EBUSY or ENODEV
 * call GET_INFO: the state is REVERTING if the VMM may have accepted.
 */
#define VMFWUPDATE_RESTORE	_IO(VMFWUPDATE_IOC_TYPE, 0x07)

#endif /* _UAPI_LINUX_VMFWUPDATE_H */
