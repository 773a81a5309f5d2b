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

#include "output.h"

#define DEVICE_DEFAULT	"/dev/vmfwupdate"

/**
 * struct device - the device, open
 * @path: its name
 * @fd: the file
 * @info: what the kernel said last
 */
struct device {
	const char *path;
	int fd;
	struct vmfwupdate_info info;
};

bool device_offered(void);
int device_open(struct device *device, struct output *out, const char *path);
int device_open_session(struct device *device, struct output *out);
void device_close(struct device *device);
int device_refresh(struct device *device, struct output *out);
int device_begin(struct device *device, struct output *out, __u64 size,
		 const struct vmfwupdate_range *ranges, size_t nr);
int device_write(void *arg, const void *bytes, size_t len);
int device_write_error(struct device *device, struct output *out, int err);
int device_commit(struct device *device, struct output *out, __u32 flags,
		  __u32 format, const __u8 *tag);
int device_cancel(struct device *device, struct output *out);
int device_disable(struct device *device, struct output *out);
bool device_has_image(const struct device *device);

const char *device_state_word(__u32 state);
const char *device_interface_word(__u32 interface);
const char *device_isolation_word(__u32 isolation);

#endif /* VMFW_DEVICE_H */
