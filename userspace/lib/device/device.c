// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "base/size.h"
#include "device/device.h"
#include "device/module.h"
#include "shared/macro.h"

/*
 * A value of vmfwupdate_commit.shown_status: the host did not start the machine
 * from an IGVM file.
 */
#define STATUS_NOT_IGVM	2

/* The wait for the node: long enough for devtmpfs, and for a rule of udev. */
#define NODE_TRIES	20
#define NODE_WAIT_US	50000

/*
 * The kernel makes this directory before the module counts as loaded. It makes the
 * node after the directory.
 */
#define DEVICE_SYSFS	"/sys/class/misc/vmfwupdate/"

/*
 * Signs of fw_cfg. FW_CFG_FILES exists only with the driver qemu_fw_cfg.
 */
#define FW_CFG_FILES	"/sys/firmware/qemu_fw_cfg/by_name/etc/"
#define FW_CFG_ACPI	"/sys/bus/acpi/devices/QEMU0002:00"
#define FW_CFG_TREE	"/proc/device-tree/fw-cfg"

static const char *const states[] = {
	[VMFWUPDATE_STATE_IDLE] = "idle",
	[VMFWUPDATE_STATE_FILLING] = "filling",
	[VMFWUPDATE_STATE_STAGED] = "staged",
	[VMFWUPDATE_STATE_ARMED] = "armed",
	[VMFWUPDATE_STATE_DISABLED] = "disabled",
	[VMFWUPDATE_STATE_REVERTING] = "reverting",
};

static const char *const interfaces[] = {
	[VMFWUPDATE_INTERFACE_IGVM] = "igvm",
	[VMFWUPDATE_INTERFACE_V6] = "v6",
	[VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE] = "vmlaunchupdate",
};

static const char *const isolations[] = {
	[VMFWUPDATE_ISOLATION_NONE] = "none",
	[VMFWUPDATE_ISOLATION_SEV] = "SEV",
	[VMFWUPDATE_ISOLATION_SEV_ES] = "SEV-ES",
	[VMFWUPDATE_ISOLATION_SEV_SNP] = "SEV-SNP",
	[VMFWUPDATE_ISOLATION_TDX] = "TDX",
	[VMFWUPDATE_ISOLATION_OTHER] = "other",
};

static const char *const helds[] = {
	[VMFWUPDATE_HELD_UNKNOWN] = "unknown",
	[VMFWUPDATE_HELD_NOTHING] = "nothing",
	[VMFWUPDATE_HELD_IMAGE] = "image",
	[VMFWUPDATE_HELD_HOST] = "host",
};

static const char *const starts[] = {
	[VMFWUPDATE_START_UNKNOWN] = "unknown",
	[VMFWUPDATE_START_IGVM] = "igvm",
	[VMFWUPDATE_START_OTHER] = "other",
};

/* Words for properties, by the number of their bit. */
static const char *const properties[] = {
	"trial", "copies", "persists", "restore", "once", "opaque",
	"disable-stays",
};

static const char *const resets[] = {
	[DEVICE_RESET_UNKNOWN] = "unknown",
	[DEVICE_RESET_ORDINARY] = "ordinary",
	[DEVICE_RESET_IMAGE] = "image",
	[DEVICE_RESET_EARLIER] = "earlier-image",
	[DEVICE_RESET_HOST] = "host",
};

static const char *table_word(const char *const *words, size_t nr, __u32 number)
{
	return number < nr && words[number] ? words[number] : "unknown";
}

/**
 * device_state_word() - a state as sysfs calls it
 * @state: enum vmfwupdate_state
 */
const char *device_state_word(__u32 state)
{
	return table_word(states, ARRAY_SIZE(states), state);
}

/**
 * device_interface_word() - an interface as sysfs calls it
 * @interface: enum vmfwupdate_interface
 */
const char *device_interface_word(__u32 interface)
{
	return table_word(interfaces, ARRAY_SIZE(interfaces), interface);
}

/**
 * device_isolation_word() - the name of an isolation technology
 * @isolation: enum vmfwupdate_isolation
 */
const char *device_isolation_word(__u32 isolation)
{
	return table_word(isolations, ARRAY_SIZE(isolations), isolation);
}

/**
 * device_held_word() - the image that the VMM holds, as sysfs calls it
 * @held: enum vmfwupdate_held
 */
const char *device_held_word(__u32 held)
{
	return table_word(helds, ARRAY_SIZE(helds), held);
}

/**
 * device_start_word() - the way in which the host started this machine, as sysfs
 *	calls it
 * @start: enum vmfwupdate_start
 */
const char *device_start_word(__u32 start)
{
	return table_word(starts, ARRAY_SIZE(starts), start);
}

/**
 * device_property_word() - a property of an interface as sysfs calls it
 * @bit: number of its bit
 *
 * Return: the word; NULL: there is no property with this number.
 */
const char *device_property_word(unsigned int bit)
{
	return bit < ARRAY_SIZE(properties) ? properties[bit] : NULL;
}

/**
 * device_reset_word() - word for the result of a reset, for programs
 * @reset: the result
 */
const char *device_reset_word(enum device_reset reset)
{
	return table_word(resets, ARRAY_SIZE(resets), reset);
}

/* Open the node of the loaded module. Wait for the node, if sysfs has the device. */
static int open_node(const char *path)
{
	int fd, try;

	for (try = 0; try < NODE_TRIES; try++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT || interrupt_seen() ||
		    access(DEVICE_SYSFS, F_OK))
			return fd;
		usleep(NODE_WAIT_US);
	}
	return -1;
}

static enum vmfw_exit say_no_device(struct messages *messages, const char *path,
				    enum module_state state, int err)
{
	switch (state) {
	case MODULE_NOT_TRIED:
		message_error(messages, "%s: there is no such device, and no permission to load the kernel module vmfwupdate; run this as root",
			      path);
		break;
	case MODULE_NOT_FOUND:
		message_error(messages, "%s: there is no such device, and no kernel module vmfwupdate for this kernel; install vmfwupdate-dkms, or run \"make install-dkms\" in its sources",
			      path);
		break;
	case MODULE_FAILED:
		message_error(messages, "cannot load the kernel module vmfwupdate: %s; see the kernel log",
			      strerror(-err));
		break;
	case MODULE_LOADED:
		if (!access(DEVICE_SYSFS, F_OK)) {
			message_error(messages, "%s: the device is registered but has no node; is devtmpfs mounted?",
				      path);
			break;
		}
		message_error(messages, "cannot find %s: this VMM does not offer firmware updates (fw_cfg file etc/vmlaunchupdate or etc/vmfwupdate), or the module cannot use them; see the kernel log",
			      path);
		break;
	}
	return VMFW_EXIT_DEVICE;
}

static enum vmfw_exit say_open_error(struct messages *messages,
				     const char *path)
{
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		message_error(messages, "%s: there is no such device", path);
		return VMFW_EXIT_DEVICE;
	case EBUSY:
		message_error(messages, "%s: the device is busy: another process uses it", path);
		return VMFW_EXIT_SYSTEM;
	case EACCES:
	case EPERM:
		message_error(messages, "%s: cannot open this device: %s; run this as root (CAP_SYS_BOOT)",
			      path, strerror(errno));
		return VMFW_EXIT_SYSTEM;
	default:
		message_error(messages, "%s: cannot open this device: %s",
			      path, strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/*
 * Fill in the members that a kernel with a shorter structure does not know; see
 * struct vmfwupdate_info.
 */
static void complete_info(struct vmfwupdate_info *info)
{
	if (info->properties)
		return;
	info->properties = VMFWUPDATE_PROPERTY_TRIAL;
	if (info->opaque_size)
		info->properties |= VMFWUPDATE_PROPERTY_OPAQUE;
	info->held = info->state == VMFWUPDATE_STATE_ARMED ?
		     VMFWUPDATE_HELD_IMAGE : VMFWUPDATE_HELD_NOTHING;
}

/**
 * device_refresh() - read the state of the device from the kernel
 * @device: the open device; the function fills its info in
 * @messages: for errors
 *
 * Return: an exit code.
 */
enum vmfw_exit device_refresh(struct device *device, struct messages *messages)
{
	memset(&device->info, 0, sizeof(device->info));
	device->info.size = sizeof(device->info);
	if (!ioctl(device->fd, VMFWUPDATE_GET_INFO, &device->info)) {
		complete_info(&device->info);
		return VMFW_EXIT_OK;
	}
	if (errno == ENOTTY) {
		message_error(messages, "%s: this is not a vmfwupdate device", device->path);
		return VMFW_EXIT_DEVICE;
	}
	message_error(messages, "%s: cannot query the device: %s", device->path,
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_attribute() - read an attribute of the device from sysfs
 * @name: name of the attribute
 * @buf: receives the text
 * @size: bytes of @buf
 *
 * Every user may read all attributes except image_addr, which is for root alone.
 *
 * Return: as root_read_line().
 */
int device_attribute(const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICE_SYSFS "%s", name);
	return root_read_line(NULL, path, buf, size);
}

/**
 * device_offered() - find out whether the VMM may have the interface
 *
 * The verb auto calls this function in each boot with a configured image. So the
 * function is cheap and loads no module. A machine without fw_cfg has no
 * interface. If sysfs shows fw_cfg, but no file of the interface, the machine has
 * no interface either.
 *
 * Return: false: there is no interface; true: there may be one.
 */
bool device_offered(void)
{
	if (!access(DEVICE_DEFAULT, F_OK))
		return true;
	if (!access(FW_CFG_FILES, F_OK))
		return !access(FW_CFG_FILES "vmlaunchupdate", F_OK) ||
		       !access(FW_CFG_FILES "vmfwupdate", F_OK);
	return !access(FW_CFG_ACPI, F_OK) || !access(FW_CFG_TREE, F_OK);
}

/**
 * device_open() - open the device for reading, and load its module if necessary
 * @device: to be filled in; close it even after an error
 * @messages: for errors
 * @path: its name, valid as long as @device is open; NULL: DEVICE_DEFAULT
 *
 * The function loads a module only if @path is NULL, and only as root.
 *
 * Return: an exit code; VMFW_EXIT_DEVICE: there is no device.
 */
enum vmfw_exit device_open(struct device *device, struct messages *messages,
			   const char *path)
{
	enum module_state state;
	int err;

	device->path = path ? path : DEVICE_DEFAULT;
	device->untried = false;
	device->fd = open(device->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (device->fd < 0 && errno == ENOENT && !path) {
		state = module_load(&err);
		device->untried = state == MODULE_NOT_TRIED && device_offered();
		if (state == MODULE_LOADED)
			device->fd = open_node(device->path);
		if (device->fd < 0 &&
		    (state != MODULE_LOADED || errno == ENOENT))
			return say_no_device(messages, device->path, state,
					     err);
	}
	if (device->fd < 0)
		return say_open_error(messages, device->path);
	return device_refresh(device, messages);
}

/**
 * device_open_session() - open the device for changes
 * @device: open for reading; after success, open for a session
 * @messages: for errors
 *
 * Return: an exit code.
 */
enum vmfw_exit device_open_session(struct device *device,
				   struct messages *messages)
{
	int fd = open(device->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return say_open_error(messages, device->path);
	close(device->fd);
	device->fd = fd;
	return device_refresh(device, messages);
}

/**
 * device_close() - close the device
 * @device: from device_open(), which may have failed
 *
 * This ends a session. If the session has not committed its image, the kernel
 * drops the image.
 */
void device_close(struct device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

/**
 * device_has_image() - does the device have a committed image?
 * @device: the device; only its info counts
 */
bool device_has_image(const struct device *device)
{
	return device->info.state == VMFWUPDATE_STATE_STAGED ||
	       device->info.state == VMFWUPDATE_STATE_ARMED;
}

/**
 * device_can_withdraw() - can the kernel withdraw an image from the VMM?
 * @info: of the device
 *
 * If not, only another image or the host's image can replace that image.
 */
bool device_can_withdraw(const struct vmfwupdate_info *info)
{
	return info->properties & VMFWUPDATE_PROPERTY_TRIAL;
}

/**
 * device_takes_images() - does the VMM take images at all?
 * @info: of the device
 */
bool device_takes_images(const struct vmfwupdate_info *info)
{
	return info->start != VMFWUPDATE_START_OTHER;
}

/**
 * device_any_reset() - the result of an unprepared reset, such as a crash
 * @info: of the device
 */
enum device_reset device_any_reset(const struct vmfwupdate_info *info)
{
	switch (info->held) {
	case VMFWUPDATE_HELD_NOTHING:
		return DEVICE_RESET_ORDINARY;
	case VMFWUPDATE_HELD_IMAGE:
		return info->state == VMFWUPDATE_STATE_STAGED ||
		       info->state == VMFWUPDATE_STATE_FILLING ?
		       DEVICE_RESET_EARLIER : DEVICE_RESET_IMAGE;
	case VMFWUPDATE_HELD_HOST:
		return DEVICE_RESET_HOST;
	default:
		return DEVICE_RESET_UNKNOWN;
	}
}

/**
 * device_orderly_reboot() - the result of an orderly reboot, which also applies a
 *	staged image
 * @info: of the device
 */
enum device_reset device_orderly_reboot(const struct vmfwupdate_info *info)
{
	return info->state == VMFWUPDATE_STATE_STAGED ? DEVICE_RESET_IMAGE :
							device_any_reset(info);
}

/**
 * device_reset_words() - describe the result of a reset, for people
 * @info: of the device
 * @reset: from device_any_reset() or device_orderly_reboot()
 */
const char *device_reset_words(const struct vmfwupdate_info *info,
			       enum device_reset reset)
{
	bool persists = info->properties & VMFWUPDATE_PROPERTY_PERSISTS;

	switch (reset) {
	case DEVICE_RESET_ORDINARY:
		return "no image";
	case DEVICE_RESET_IMAGE:
		return persists && info->state != VMFWUPDATE_STATE_STAGED ?
		       "the image; every later reset, too" : "the image";
	case DEVICE_RESET_EARLIER:
		return "the image that the VMM received earlier";
	case DEVICE_RESET_HOST:
		return "the host's image";
	default:
		return "unknown: the VMM may have an image";
	}
}

/**
 * device_disabled_words() - describe how long firmware updates stay switched
 *	off
 * @info: of the device
 *
 * Return: a constant text, such as "until the next reset".
 */
const char *device_disabled_words(const struct vmfwupdate_info *info)
{
	if (!(info->properties & VMFWUPDATE_PROPERTY_DISABLE_STAYS))
		return "until the next reset";
	if (info->held == VMFWUPDATE_HELD_HOST)
		return "until the next reset, which restores the host's image";
	return "until the VMM restores the host's image or the host powers the VM off and on";
}

static enum vmfw_exit say_disabled(const struct device *device,
				   struct messages *messages)
{
	message_error(messages, "cannot ask the VMM for other firmware: firmware updates are switched off %s",
		      device_disabled_words(&device->info));
	return VMFW_EXIT_REFUSED;
}

static enum vmfw_exit say_reverting(struct messages *messages)
{
	message_error(messages, "cannot stage an image in this boot: the VMM drops any image until it restores the host's; reboot first");
	return VMFW_EXIT_REFUSED;
}

static enum vmfw_exit say_started_otherwise(struct messages *messages)
{
	message_error(messages, "cannot hand over an image: the host did not start this machine from an IGVM file; QEMU needs " DEVICE_QEMU_OPTIONS);
	return VMFW_EXIT_START;
}

/**
 * device_check() - can the caller stage an image now?
 * @device: the open device; only its info counts
 * @messages: for errors
 *
 * Return: an exit code; VMFW_EXIT_OK: yes; VMFW_EXIT_REFUSED or
 * VMFW_EXIT_START: no, for the reason in the messages.
 */
enum vmfw_exit device_check(const struct device *device,
			    struct messages *messages)
{
	if (!device_takes_images(&device->info))
		return say_started_otherwise(messages);
	if (device->info.state == VMFWUPDATE_STATE_DISABLED)
		return say_disabled(device, messages);
	if (device->info.state == VMFWUPDATE_STATE_REVERTING)
		return say_reverting(messages);
	return VMFW_EXIT_OK;
}

/*
 * The kernel refuses a call if updates are off, if lockdown forbids it, or if
 * this process lacks a capability. The error is the same, but the state shows
 * whether updates are off.
 */
static enum vmfw_exit say_forbidden(struct device *device,
				    struct messages *messages)
{
	if (!device_refresh(device, messages) &&
	    device->info.state == VMFWUPDATE_STATE_DISABLED)
		return say_disabled(device, messages);
	message_error(messages, "cannot use the device: the kernel is locked down, or this process lacks CAP_SYS_BOOT");
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_begin() - begin to hand an image over
 * @device: a session; afterwards its info has the address of the image
 * @messages: for errors
 * @size: number of bytes of the image
 * @ranges: ranges where the image must not be
 * @nr: number of ranges
 *
 * Return: an exit code.
 */
enum vmfw_exit device_begin(struct device *device, struct messages *messages,
			    __u64 size, const struct vmfwupdate_range *ranges,
			    size_t nr)
{
	struct vmfwupdate_begin begin = {
		.size = sizeof(begin),
		.image_size = size,
		.ranges = (__u64)(uintptr_t)ranges,
		.nr_ranges = nr,
	};
	char words[SIZE_WORDS], most[SIZE_WORDS];

	if (!ioctl(device->fd, VMFWUPDATE_BEGIN, &begin))
		return device_refresh(device, messages);

	if (errno == EINTR && interrupt_seen())
		return interrupt_exit(messages, "the image is not staged");
	switch (errno) {
	case EINPROGRESS:
		return say_reverting(messages);
	case E2BIG:
		message_error(messages, "cannot hand over an image of %s: the VMM accepts at most %s",
			      size_words(words, size),
			      size_words(most, device->info.max_size));
		return VMFW_EXIT_DEVICE;
	case EOPNOTSUPP:
		message_error(messages, "cannot hand over an image: this VMM accepts no image format that the kernel module knows");
		return VMFW_EXIT_DEVICE;
	case ENOMEM:
		message_error(messages, "cannot allocate %s of contiguous memory: the kernel found none; stage earlier after the boot, give the VM more memory, or see the kernel log",
			      size_words(words, size));
		return VMFW_EXIT_SYSTEM;
	case EPERM:
		return say_forbidden(device, messages);
	default:
		message_error(messages, "%s: cannot start staging: %s", device->path,
			      strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_write() - hand over the next piece of an image, as a source_sink
 * @arg: struct device, a session that has begun
 * @bytes: the piece
 * @len: number of bytes
 *
 * Return: 0; -EINTR: a signal asks to stop; or another negative errno value.
 */
int device_write(void *arg, const void *bytes, size_t len)
{
	const struct device *device = arg;
	const __u8 *p = bytes;

	while (len) {
		ssize_t n = write(device->fd, p, len);

		if (n < 0 && errno == EINTR && !interrupt_seen())
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		p += n;
		len -= n;
	}
	return 0;
}

/* Report the difference between the image offered and the values that the VMM shows. */
static void say_shown(struct messages *messages,
		      const struct vmfwupdate_info *offered,
		      const struct vmfwupdate_commit *commit)
{
	__u64 size = offered->image_size, addr = offered->image_addr;

	if (!commit->shown_addr && !commit->shown_size)
		message_error(messages, "cannot hand over the image: the VMM shows none; it refused the image, ignored the offer or did not answer");
	else if (commit->shown_addr == addr && commit->shown_size != size)
		message_error(messages, "cannot hand over the image: the VMM shows a size of %" PRIu64 " bytes, expected %" PRIu64,
			      (uint64_t)commit->shown_size, (uint64_t)size);
	else
		message_error(messages, "cannot hand over the image: the VMM shows address 0x%" PRIx64 ", size 0x%" PRIx64 ", control 0x%" PRIx64 ", expected address 0x%" PRIx64 ", size 0x%" PRIx64,
			      (uint64_t)commit->shown_addr,
			      (uint64_t)commit->shown_size,
			      (uint64_t)commit->shown_control, (uint64_t)addr,
			      (uint64_t)size);
}

/*
 * Report a failure on an interface that can withdraw offers. If the driver withdrew the
 * image, the VMM had refused it. Address and size may be right all the same: then the
 * control word differs.
 */
static void say_trial_failed(struct device *device, struct messages *messages,
			     const struct vmfwupdate_commit *commit)
{
	const struct vmfwupdate_info offered = device->info;
	bool known = !device_refresh(device, messages);
	bool withdrawn = known && device->info.state != VMFWUPDATE_STATE_ARMED;

	if (known && !withdrawn && commit->shown_addr == offered.image_addr &&
	    commit->shown_size == offered.image_size)
		message_error(messages, "cannot end the trial: the VMM still shows the address and the size of the image");
	else
		say_shown(messages, &offered, commit);
	if (withdrawn)
		message_note(messages, "the driver has withdrawn the offer: nothing is armed");
	else if (known)
		message_error(messages, "the image is still armed, and any reset may apply it; try 'vmfwupdate-ctl unstage' before the next reset");
}

/*
 * Report a failure on an interface without trial, where the kernel withdraws
 * nothing.
 */
static void say_hand_over_failed(struct device *device,
				 struct messages *messages,
				 const struct vmfwupdate_commit *commit)
{
	if (commit->shown_status)
		message_error(messages, "cannot hand over the image: the VMM refused it with status %u; run 'vmfwupdate-ctl check --vmm=qemu', or see the VMM's log",
			      commit->shown_status);
	else if (!commit->shown_addr && !commit->shown_size &&
		 !commit->shown_control)
		message_error(messages, "cannot hand over the image: the VMM gives no valid answer");
	else
		message_error(messages, "cannot hand over the image: the VMM shows address 0x%" PRIx64 ", size 0x%" PRIx64 ", control 0x%" PRIx64 ", expected 0x0 for each",
			      (uint64_t)commit->shown_addr,
			      (uint64_t)commit->shown_size,
			      (uint64_t)commit->shown_control);
	if (device_refresh(device, messages))
		return;
	if (device->info.state == VMFWUPDATE_STATE_ARMED &&
	    device->info.held == VMFWUPDATE_HELD_UNKNOWN)
		message_error(messages, "the VMM may have the image all the same: any reset may apply it; 'vmfwupdate-ctl unstage' asks for the host's image");
	else
		message_note(messages, "nothing has changed in the VMM");
}

static enum vmfw_exit say_commit_refused(struct device *device,
					 struct messages *messages,
					 const struct vmfwupdate_commit *commit)
{
	if (commit->shown_status == STATUS_NOT_IGVM)
		return say_started_otherwise(messages);
	if (device_can_withdraw(&device->info))
		say_trial_failed(device, messages, commit);
	else
		say_hand_over_failed(device, messages, commit);
	return VMFW_EXIT_REFUSED;
}

static enum vmfw_exit say_no_vmm(struct device *device,
				 struct messages *messages,
				 const char *failed)
{
	message_error(messages, "cannot %s: the VMM no longer answers", failed);
	if (!device_refresh(device, messages) &&
	    device->info.state == VMFWUPDATE_STATE_ARMED)
		message_error(messages, "an image may still be armed: any reset may apply it");
	return VMFW_EXIT_DEVICE;
}

/**
 * device_commit() - offer the image to the VMM
 * @device: a session, all bytes written
 * @messages: for errors
 * @flags: VMFWUPDATE_COMMIT_*
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @tag: 32 bytes by which callers recognise the image later
 *
 * Return: an exit code; VMFW_EXIT_REFUSED: the VMM did not accept the image, or
 * firmware updates are switched off.
 */
enum vmfw_exit device_commit(struct device *device, struct messages *messages,
			     __u32 flags, __u32 format, const __u8 *tag)
{
	struct vmfwupdate_commit commit = {
		.size = sizeof(commit),
		.flags = flags,
		.format = format,
	};

	memcpy(commit.tag, tag, sizeof(commit.tag));
	if (!ioctl(device->fd, VMFWUPDATE_COMMIT, &commit))
		return device_refresh(device, messages);

	switch (errno) {
	case EIO:
		return say_commit_refused(device, messages, &commit);
	case EPERM:
		return say_forbidden(device, messages);
	case EOPNOTSUPP:
		message_error(messages, "cannot hand over the image: this VMM does not accept %s",
			      format == VMFWUPDATE_FORMAT_FLAT ?
			      "flat firmware" : "IGVM images");
		return VMFW_EXIT_DEVICE;
	case ENODEV:
		return say_no_vmm(device, messages, "hand over the image");
	case EINPROGRESS:
		return say_reverting(messages);
	default:
		message_error(messages, "%s: cannot hand over the image: %s", device->path,
			      strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_cancel() - withdraw and free the committed image
 * @device: a session
 * @messages: for errors
 *
 * Return: an exit code.
 */
enum vmfw_exit device_cancel(struct device *device, struct messages *messages)
{
	if (!ioctl(device->fd, VMFWUPDATE_CANCEL))
		return device_refresh(device, messages);
	if (errno == EIO) {
		message_error(messages, "cannot withdraw the image: the VMM does not confirm it");
		return VMFW_EXIT_REFUSED;
	}
	message_error(messages, "%s: cannot withdraw the image: %s",
		      device->path, strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_disable() - switch firmware updates off
 * @device: a session
 * @messages: for errors
 *
 * Return: an exit code.
 */
enum vmfw_exit device_disable(struct device *device, struct messages *messages)
{
	if (!ioctl(device->fd, VMFWUPDATE_DISABLE))
		return device_refresh(device, messages);
	if (errno == EIO) {
		message_error(messages, "cannot switch off firmware updates: the VMM does not confirm it");
		return VMFW_EXIT_REFUSED;
	}
	message_error(messages, "%s: cannot switch off firmware updates: %s", device->path,
		      strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_restore() - ask for the host's own image, from the next reset on
 * @device: a session; its interface has VMFWUPDATE_PROPERTY_RESTORE
 * @messages: for errors
 *
 * Return: an exit code; VMFW_EXIT_REFUSED: the VMM did not confirm the request.
 */
enum vmfw_exit device_restore(struct device *device, struct messages *messages)
{
	if (!ioctl(device->fd, VMFWUPDATE_RESTORE))
		return device_refresh(device, messages);
	switch (errno) {
	case EIO:
		message_error(messages, "cannot restore the host's image: the VMM does not confirm the request");
		device_refresh(device, messages);
		return VMFW_EXIT_REFUSED;
	case EPERM:
		return say_forbidden(device, messages);
	case ENODEV:
		return say_no_vmm(device, messages, "restore the host's image");
	case EOPNOTSUPP:
	case ENOTTY:
		message_error(messages, "cannot restore the host's image: this VMM does not support it");
		return VMFW_EXIT_DEVICE;
	default:
		message_error(messages, "%s: cannot ask for the host's image: %s",
			      device->path, strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_write_error() - report why the device took no more bytes
 * @device: the session
 * @messages: for the error
 * @err: from device_write()
 *
 * Return: an exit code.
 */
enum vmfw_exit device_write_error(struct device *device,
				  struct messages *messages, int err)
{
	if (err == -EPERM)
		return say_forbidden(device, messages);
	message_error(messages, "%s: cannot write the image: %s", device->path,
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}
