/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exclusion between the search for an image's memory and memory that goes offline.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_OFFLINE_H
#define VMFWUPDATE_OFFLINE_H

#include <linux/types.h>

int vmfw_offline_watch(void);
void vmfw_offline_unwatch(void);
bool vmfw_offline_hold(void);
void vmfw_offline_release(void);

#endif /* VMFWUPDATE_OFFLINE_H */
