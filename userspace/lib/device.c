// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "exit.h"
#include "interrupt.h"
#include "module.h"

/* Long enough for devtmpfs, and for a udev that moves the node. */
#define NODE_TRIES	20
#define NODE_WAIT_US	50000

/* Made before the module counts as loaded, unlike the node. */
#define DEVICE_SYSFS	"/sys/class/misc/vmfwupdate"

/* Of qemu_fw_cfg, which need not be loaded. */
#define FW_CFG_FILES	"/sys/firmware/qemu_fw_cfg/by_name"
#define FW_CFG_ACPI	"/sys/bus/acpi/devices/QEMU0002:00"
#define FW_CFG_TREE	"/proc/device-tree/fw-cfg"

static const char *const states[] = {
	[VMFWUPDATE_STATE_IDLE] = "idle",
	[VMFWUPDATE_STATE_FILLING] = "filling",
	[VMFWUPDATE_STATE_STAGED] = "staged",
	[VMFWUPDATE_STATE_ARMED] = "armed",
	[VMFWUPDATE_STATE_DISABLED] = "disabled",
};

static const char *const interfaces[] = {
	[VMFWUPDATE_INTERFACE_IGVM] = "igvm",
	[VMFWUPDATE_INTERFACE_V6] = "v6",
};

static const char *const isolations[] = {
	[VMFWUPDATE_ISOLATION_NONE] = "none",
	[VMFWUPDATE_ISOLATION_SEV] = "SEV",
	[VMFWUPDATE_ISOLATION_SEV_ES] = "SEV-ES",
	[VMFWUPDATE_ISOLATION_SEV_SNP] = "SEV-SNP",
	[VMFWUPDATE_ISOLATION_TDX] = "TDX",
	[VMFWUPDATE_ISOLATION_OTHER] = "other",
};

static const char *word(const char *const *words, size_t nr, __u32 number)
{
	return number < nr && words[number] ? words[number] : "unknown";
}

/**
 * device_state_word() - a state as sysfs calls it
 * @state: enum vmfwupdate_state
 */
const char *device_state_word(__u32 state)
{
	return word(states, sizeof(states) / sizeof(states[0]), state);
}

/**
 * device_interface_word() - an interface as sysfs calls it
 * @interface: enum vmfwupdate_interface
 */
const char *device_interface_word(__u32 interface)
{
	return word(interfaces, sizeof(interfaces) / sizeof(interfaces[0]),
		    interface);
}

/**
 * device_isolation_word() - the name of an isolation technology
 * @isolation: enum vmfwupdate_isolation
 */
const char *device_isolation_word(__u32 isolation)
{
	return word(isolations, sizeof(isolations) / sizeof(isolations[0]),
		    isolation);
}

/* The module is there: wait for the node, if the kernel has the device. */
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

static int say_no_device(struct output *out, const char *path,
			 enum module_state state, int err)
{
	switch (state) {
	case MODULE_NOT_TRIED:
		output_error(out, "%s: there is no such device; as root, the "
			     "kernel module vmfwupdate would be loaded", path);
		break;
	case MODULE_NOT_FOUND:
		output_error(out, "%s: there is no such device, and no kernel "
			     "module vmfwupdate for this kernel; install it",
			     path);
		break;
	case MODULE_FAILED:
		output_error(out, "cannot load the kernel module vmfwupdate: "
			     "%s; see the kernel log", strerror(-err));
		break;
	case MODULE_LOADED:
		if (!access(DEVICE_SYSFS, F_OK)) {
			output_error(out, "%s: the kernel has the device, but "
				     "nothing makes its node", path);
			break;
		}
		output_error(out, "this VMM does not offer firmware updates "
			     "(fw_cfg file etc/vmfwupdate)");
		break;
	}
	return VMFW_EXIT_DEVICE;
}

static int say_open_error(struct output *out, const char *path)
{
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		output_error(out, "%s: there is no such device", path);
		return VMFW_EXIT_DEVICE;
	case EBUSY:
		output_error(out, "%s: busy, someone else is staging an image",
			     path);
		return VMFW_EXIT_SYSTEM;
	case EACCES:
	case EPERM:
		output_error(out, "%s: %s; this needs root (CAP_SYS_BOOT)",
			     path, strerror(errno));
		return VMFW_EXIT_SYSTEM;
	default:
		output_error(out, "%s: %s", path, strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_refresh() - ask the kernel what there is
 * @device: its info is filled in
 * @out: for errors
 *
 * Return: an exit code.
 */
int device_refresh(struct device *device, struct output *out)
{
	memset(&device->info, 0, sizeof(device->info));
	device->info.size = sizeof(device->info);
	if (!ioctl(device->fd, VMFWUPDATE_GET_INFO, &device->info))
		return VMFW_EXIT_OK;
	if (errno == ENOTTY) {
		output_error(out, "%s: this is another device", device->path);
		return VMFW_EXIT_DEVICE;
	}
	output_error(out, "%s: cannot be asked: %s", device->path,
		     strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_offered() - whether it is worth looking for the device
 *
 * Cheap, for every boot of every machine: no module is loaded. A machine
 * without fw_cfg has no interface; one whose fw_cfg the kernel shows may have
 * none either.
 *
 * Return: false: there is none. True: there may be one.
 */
bool device_offered(void)
{
	if (!access(DEVICE_DEFAULT, F_OK))
		return true;
	if (!access(FW_CFG_FILES, F_OK))
		return !access(FW_CFG_FILES "/etc/vmfwupdate", F_OK);
	return !access(FW_CFG_ACPI, F_OK) || !access(FW_CFG_TREE, F_OK);
}

/**
 * device_open() - open the device to look, loading its module if need be
 * @device: to be filled in; to be closed whatever is returned
 * @out: for errors
 * @path: its name; NULL: the usual one
 *
 * A module is loaded for the usual name alone, and by root.
 *
 * Return: an exit code.
 */
int device_open(struct device *device, struct output *out, const char *path)
{
	enum module_state state;
	int err;

	device->path = path ? path : DEVICE_DEFAULT;
	device->fd = open(device->path, O_RDONLY | O_CLOEXEC);
	if (device->fd < 0 && errno == ENOENT && !path) {
		state = module_load(&err);
		if (state == MODULE_LOADED)
			device->fd = open_node(device->path);
		if (device->fd < 0 &&
		    (state != MODULE_LOADED || errno == ENOENT))
			return say_no_device(out, device->path, state, err);
	}
	if (device->fd < 0)
		return say_open_error(out, device->path);
	return device_refresh(device, out);
}

/**
 * device_open_session() - open the device to change things
 * @device: open to look; from now on open for a session
 * @out: for errors
 *
 * Return: an exit code.
 */
int device_open_session(struct device *device, struct output *out)
{
	int fd = open(device->path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return say_open_error(out, device->path);
	close(device->fd);
	device->fd = fd;
	return device_refresh(device, out);
}

/**
 * device_close() - close the device; ends a session that has not committed
 * @device: from device_open(), which may have failed
 */
void device_close(struct device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

/**
 * device_has_image() - whether an image is committed
 * @device: its info is looked at
 */
bool device_has_image(const struct device *device)
{
	return device->info.state == VMFWUPDATE_STATE_STAGED ||
	       device->info.state == VMFWUPDATE_STATE_ARMED;
}

static int say_disabled(struct output *out)
{
	output_error(out, "firmware updates are switched off until the next "
		     "reset");
	return VMFW_EXIT_REFUSED;
}

/* Off, or lockdown, or a capability: the state tells the first. */
static int say_forbidden(struct device *device, struct output *out)
{
	if (!device_refresh(device, out) &&
	    device->info.state == VMFWUPDATE_STATE_DISABLED)
		return say_disabled(out);
	output_error(out, "the kernel forbids it: it is locked down, or "
		     "CAP_SYS_BOOT is gone");
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_begin() - start to hand an image over
 * @device: a session; knows the image's address afterwards
 * @out: for errors
 * @size: bytes of the image
 * @ranges: where it must not lie
 * @nr: how many ranges
 *
 * Return: an exit code.
 */
int device_begin(struct device *device, struct output *out, __u64 size,
		 const struct vmfwupdate_range *ranges, size_t nr)
{
	struct vmfwupdate_begin begin = {
		.size = sizeof(begin),
		.image_size = size,
		.ranges = (__u64)(uintptr_t)ranges,
		.nr_ranges = nr,
	};
	char words[OUTPUT_SIZE_WORDS];

	if (!ioctl(device->fd, VMFWUPDATE_BEGIN, &begin))
		return device_refresh(device, out);

	if (errno == EINTR && interrupt_seen())
		return interrupt_exit(out, "nothing is staged");
	switch (errno) {
	case E2BIG:
		output_error(out, "an image of %s is more than the VMM can be "
			     "handed", output_size_words(words, size));
		return VMFW_EXIT_DEVICE;
	case EOPNOTSUPP:
		output_error(out, "this VMM takes no image format that is "
			     "known here");
		return VMFW_EXIT_DEVICE;
	case ENOMEM:
		output_error(out, "no contiguous free memory of %s; the kernel "
			     "log says what was tried: stage earlier after "
			     "boot, or give the VM more memory",
			     output_size_words(words, size));
		return VMFW_EXIT_SYSTEM;
	case EPERM:
		return say_forbidden(device, out);
	default:
		output_error(out, "%s: cannot begin: %s", device->path,
			     strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_write() - hand over the next piece; a source_sink
 * @arg: struct device, a session that has begun
 * @bytes: the piece
 * @len: its length
 *
 * Return: 0, -EINTR if a signal wants it to end, or a negative errno value.
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

/* What the VMM made of the offer, in words. */
static void say_refused(struct device *device, struct output *out,
			const struct vmfwupdate_commit *commit)
{
	__u64 size = device->info.image_size, addr = device->info.image_addr;

	if (!commit->shown_addr && !commit->shown_size)
		output_error(out, "the VMM refused the image, or ignored the "
			     "offer: it shows no image at all");
	else if (commit->shown_addr == addr && commit->shown_size != size)
		output_error(out, "the VMM did not accept the image: of its "
			     "size of %" PRIu64 " bytes it shows %" PRIu64,
			     (uint64_t)size, (uint64_t)commit->shown_size);
	else
		output_error(out, "the VMM did not accept the image: it shows "
			     "address 0x%" PRIx64 ", size 0x%" PRIx64
			     ", control 0x%" PRIx64 " for address 0x%" PRIx64
			     ", size 0x%" PRIx64,
			     (uint64_t)commit->shown_addr,
			     (uint64_t)commit->shown_size,
			     (uint64_t)commit->shown_control, (uint64_t)addr,
			     (uint64_t)size);
}

/*
 * After a refusal the image is gone, unless it could not be withdrawn: then
 * the VMM may act on it, and it is armed.
 */
static void say_what_is_left(struct device *device, struct output *out)
{
	if (device_refresh(device, out))
		return;
	if (device->info.state != VMFWUPDATE_STATE_ARMED) {
		output_note(out, "the offer is withdrawn, nothing is armed");
		return;
	}
	output_error(out, "the image could not be withdrawn and is still "
		     "armed: any reset may apply it; try 'vmfwupdate-ctl "
		     "unstage' before the next reset");
}

static int say_commit_refused(struct device *device, struct output *out,
			      const struct vmfwupdate_commit *commit)
{
	if (commit->shown_addr == device->info.image_addr &&
	    commit->shown_size == device->info.image_size)
		output_error(out, "the VMM accepted the image, but did not let "
			     "go of it again");
	else
		say_refused(device, out, commit);
	say_what_is_left(device, out);
	return VMFW_EXIT_REFUSED;
}

/**
 * device_commit() - offer the image to the VMM
 * @device: a session, all bytes written
 * @out: for errors
 * @flags: VMFWUPDATE_COMMIT_*
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @tag: 32 bytes to find the image again by
 *
 * Return: an exit code.
 */
int device_commit(struct device *device, struct output *out, __u32 flags,
		  __u32 format, const __u8 *tag)
{
	struct vmfwupdate_commit commit = {
		.size = sizeof(commit),
		.flags = flags,
		.format = format,
	};

	memcpy(commit.tag, tag, sizeof(commit.tag));
	if (!ioctl(device->fd, VMFWUPDATE_COMMIT, &commit))
		return device_refresh(device, out);

	switch (errno) {
	case EIO:
		return say_commit_refused(device, out, &commit);
	case EPERM:
		return say_forbidden(device, out);
	case EOPNOTSUPP:
		output_error(out, "this VMM does not take this format of "
			     "images");
		return VMFW_EXIT_DEVICE;
	case ENODEV:
		output_error(out, "the VMM no longer answers");
		say_what_is_left(device, out);
		return VMFW_EXIT_DEVICE;
	default:
		output_error(out, "%s: cannot commit: %s", device->path,
			     strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * device_cancel() - withdraw and free whatever is committed
 * @device: a session
 * @out: for errors
 *
 * Return: an exit code.
 */
int device_cancel(struct device *device, struct output *out)
{
	int err;

	if (!ioctl(device->fd, VMFWUPDATE_CANCEL))
		return device_refresh(device, out);
	err = errno;
	output_error(out, "%s: cannot withdraw the image: %s", device->path,
		     strerror(err));
	return err == EIO ? VMFW_EXIT_REFUSED : VMFW_EXIT_SYSTEM;
}

/**
 * device_disable() - switch firmware updates off until the next reset
 * @device: a session
 * @out: for errors
 *
 * Return: an exit code.
 */
int device_disable(struct device *device, struct output *out)
{
	if (!ioctl(device->fd, VMFWUPDATE_DISABLE))
		return device_refresh(device, out);
	if (errno == EIO) {
		output_error(out, "the VMM does not show the interface as "
			     "switched off");
		return VMFW_EXIT_REFUSED;
	}
	output_error(out, "%s: cannot be switched off: %s", device->path,
		     strerror(errno));
	return VMFW_EXIT_SYSTEM;
}

/**
 * device_write_error() - say why the device took no more bytes
 * @device: the session
 * @out: for the error
 * @err: from device_write()
 *
 * Return: an exit code.
 */
int device_write_error(struct device *device, struct output *out, int err)
{
	if (err == -EPERM)
		return say_disabled(out);
	output_error(out, "%s: cannot write: %s", device->path,
		     strerror(-err));
	return VMFW_EXIT_SYSTEM;
}
