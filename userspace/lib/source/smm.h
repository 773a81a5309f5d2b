/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Firmware for SMM and flash, which stops if a VMM loads it into RAM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SMM_H
#define VMFW_SMM_H

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

int smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found);
int smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found);
void smm_warn(struct messages *messages, const char *path);

#endif /* VMFW_SMM_H */
