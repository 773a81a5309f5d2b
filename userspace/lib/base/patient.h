/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes that wait for a slow reader, even if the file has O_NONBLOCK, and the wait
 * itself.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PATIENT_H
#define VMFW_PATIENT_H

#include <stddef.h>

int patient_wait(int fd, short events);
int patient_write(int fd, const void *bytes, size_t len);
int patient_streams(void);

#endif /* VMFW_PATIENT_H */
