/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The VMM of this machine. An image must suit the loader of the VMM. The launch
 * digest also depends on the VMM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_VMM_H
#define VMFW_VMM_H

#include <stdbool.h>
#include <linux/vmfwupdate.h>

#include "igvm/vmfw-igvm.h"

/* Words that vmm_parse() accepts. */
#define VMM_WORDS	"qemu, generic or native-zero"

/**
 * struct vmm_choice - a VMM, if known
 * @known: @vmm is valid
 * @vmm: the VMM
 */
struct vmm_choice {
	bool known;
	enum vmfw_igvm_vmm vmm;
};

bool vmm_parse(enum vmfw_igvm_vmm *vmm, const char *word);
const char *vmm_word(enum vmfw_igvm_vmm vmm);
const char *vmm_word_nr(size_t i);
struct vmm_choice vmm_at_hand(struct vmm_choice configured,
			      const struct vmfwupdate_info *info);
const char *vmm_choice_word(struct vmm_choice choice);
bool vmm_is_qemu(struct vmm_choice choice);

#endif /* VMFW_VMM_H */
