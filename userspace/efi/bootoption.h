/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boot options of UEFI, the variables Boot####: the partition of a boot option.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_BOOTOPTION_H
#define VMFW_BOOTOPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTOPTION_UUID	16

/**
 * struct bootoption - a partition that a boot option names
 * @gpt: the partition is in a GPT; false: in an MBR
 * @uuid: its UUID in a GPT, in the byte order of its text
 * @disk: with an MBR, the signature of the disk
 * @number: number of the partition, from 1
 */
struct bootoption {
	bool gpt;
	uint8_t uuid[BOOTOPTION_UUID];
	uint32_t disk;
	uint32_t number;
};

int bootoption_read(struct bootoption *option, const uint8_t *data, size_t len);

#endif /* VMFW_BOOTOPTION_H */
