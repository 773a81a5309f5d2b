/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device /dev/vmfwupdate.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_DEVICE_H
#define VMFW_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/vmfwupdate.h>

#include "base/messages.h"

#define DEVICE_DEFAULT	"/dev/vmfwupdate"

/**
 * struct device - the open device
 * @path: its name, in the memory of the caller
 * @fd: its descriptor, or below zero
 * @untried: there is no device now, but there may be one after root loads the
 *	module
 * @info: the latest state from the kernel; members that an older kernel does
 *	not know have the values that the ABI gives them
 */
struct device {
	const char *path;
	int fd;
	bool untried;
	struct vmfwupdate_info info;
};

/* The options that QEMU needs before it takes images. */
#define DEVICE_QEMU_OPTIONS	"-machine igvm-cfg=igvm0 -object igvm-cfg,id=igvm0,file=FIRMWARE.igvm -device vm-launch-update"

/**
 * enum device_reset - the firmware that runs after a reset
 * @DEVICE_RESET_UNKNOWN: the driver does not know the result
 * @DEVICE_RESET_ORDINARY: the firmware that the machine would start without
 *	an update
 * @DEVICE_RESET_IMAGE: the image that the device describes
 * @DEVICE_RESET_EARLIER: an image that the VMM received before the image that the
 *	device describes
 * @DEVICE_RESET_HOST: the host's own image
 */
enum device_reset {
	DEVICE_RESET_UNKNOWN,
	DEVICE_RESET_ORDINARY,
	DEVICE_RESET_IMAGE,
	DEVICE_RESET_EARLIER,
	DEVICE_RESET_HOST,
};

bool device_offered(void);
enum vmfw_exit device_open(struct device *device, struct messages *messages,
			   const char *path);
enum vmfw_exit device_open_session(struct device *device,
				   struct messages *messages);
void device_close(struct device *device);
enum vmfw_exit device_refresh(struct device *device, struct messages *messages);
enum vmfw_exit device_begin(struct device *device, struct messages *messages,
			    __u64 size, const struct vmfwupdate_range *ranges,
			    size_t nr);
int device_write(void *arg, const void *bytes, size_t len);
enum vmfw_exit device_write_error(struct device *device,
				  struct messages *messages, int err);
enum vmfw_exit device_commit(struct device *device, struct messages *messages,
			     __u32 flags, __u32 format, const __u8 *tag);
enum vmfw_exit device_cancel(struct device *device, struct messages *messages);
enum vmfw_exit device_disable(struct device *device, struct messages *messages);
enum vmfw_exit device_restore(struct device *device, struct messages *messages);
enum vmfw_exit device_check(const struct device *device,
			    struct messages *messages);
bool device_has_image(const struct device *device);
bool device_can_withdraw(const struct vmfwupdate_info *info);
bool device_takes_images(const struct vmfwupdate_info *info);
enum device_reset device_any_reset(const struct vmfwupdate_info *info);
enum device_reset device_orderly_reboot(const struct vmfwupdate_info *info);

int device_attribute(const char *name, char *buf, size_t size);
const char *device_disabled_words(const struct vmfwupdate_info *info);
const char *device_reset_words(const struct vmfwupdate_info *info,
			       enum device_reset reset);
const char *device_reset_word(enum device_reset reset);
const char *device_held_word(__u32 held);
const char *device_start_word(__u32 start);
const char *device_property_word(unsigned int bit);
const char *device_state_word(__u32 state);
const char *device_interface_word(__u32 interface);
const char *device_isolation_word(__u32 isolation);

#endif /* VMFW_DEVICE_H */
