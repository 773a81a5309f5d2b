/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Firmware that is built for SMM and flash, and dies where it is loaded into RAM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SMM_H
#define VMFW_SMM_H

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

int smm_warn_rom(struct messages *messages, const char *path,
		 const uint8_t *rom, size_t size);
int smm_warn_image(struct messages *messages, const char *path,
		   const struct vmfw_igvm *igvm);

#endif /* VMFW_SMM_H */
