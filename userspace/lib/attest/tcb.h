/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Versions of the firmware of a processor with SEV-SNP: TCB_VERSION. The
 * functions do no input or output.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_TCB_H
#define VMFW_TCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCB_SIZE	8

enum tcb_part {
	TCB_FMC,		/* only on Turin and later */
	TCB_BOOTLOADER,
	TCB_TEE,
	TCB_SNP,
	TCB_MICROCODE,
	NR_TCB_PARTS,
};

/**
 * struct tcb - a version, part by part
 * @known: whether the part is there, by enum tcb_part
 * @version: the version of the part, by enum tcb_part
 */
struct tcb {
	bool known[NR_TCB_PARTS];
	uint8_t version[NR_TCB_PARTS];
};

const char *tcb_word(size_t part);
void tcb_read(struct tcb *tcb, const uint8_t *bytes, bool turin);
const char *tcb_parse(struct tcb *tcb, const char *list);
int tcb_find_older(const struct tcb *tcb, const struct tcb *least);

#endif /* VMFW_TCB_H */
