/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device without a driver.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include "base/exit.h"

/*
 * Wrap device_open(), so that it opens a descriptor and returns this code. After an
 * error, too, the caller closes the descriptor.
 */
extern enum vmfw_exit device_code;

#endif /* TEST_DEVICE_H */
