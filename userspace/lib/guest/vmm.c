// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "guest/vmm.h"

static const struct {
	const char *word;
	enum vmfw_igvm_vmm vmm;
} words[] = {
	{ "qemu", VMFW_IGVM_VMM_QEMU },
	{ "generic", VMFW_IGVM_VMM_GENERIC },
	{ "native-zero", VMFW_IGVM_VMM_NATIVE_ZERO },
};

/**
 * vmm_parse() - read the word for a VMM
 * @vmm: receives it
 * @word: the word
 *
 * Return: false: there is no such word.
 */
bool vmm_parse(enum vmfw_igvm_vmm *vmm, const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word))
			continue;
		*vmm = words[i].vmm;
		return true;
	}
	return false;
}

/**
 * vmm_word() - the word for a VMM
 * @vmm: one of enum vmfw_igvm_vmm
 */
const char *vmm_word(enum vmfw_igvm_vmm vmm)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].vmm == vmm)
			return words[i].word;
	return "unknown";
}

/**
 * vmm_word_nr() - the words for VMMs, one after the other
 * @i: which one
 *
 * Return: NULL: there are not so many.
 */
const char *vmm_word_nr(size_t i)
{
	return i < sizeof(words) / sizeof(words[0]) ? words[i].word : NULL;
}

/**
 * vmm_choice_word() - the word for a VMM that need not be known
 * @choice: from vmm_at_hand()
 */
const char *vmm_choice_word(struct vmm_choice choice)
{
	return choice.known ? vmm_word(choice.vmm) : "unknown";
}

/**
 * vmm_at_hand() - find out which VMM this guest is on
 * @configured: what the user says, which counts more
 * @info: of the device, or NULL
 *
 * QEMU alone has vmlaunchupdate. Of the drafts nobody knows who has them.
 */
struct vmm_choice vmm_at_hand(struct vmm_choice configured,
			      const struct vmfwupdate_info *info)
{
	if (configured.known || !info ||
	    info->interface != VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE)
		return configured;
	return (struct vmm_choice) {
		.known = true,
		.vmm = VMFW_IGVM_VMM_QEMU,
	};
}

/**
 * vmm_is_qemu() - whether QEMU's loader is the one that counts
 * @choice: from vmm_at_hand()
 */
bool vmm_is_qemu(struct vmm_choice choice)
{
	return choice.known && choice.vmm == VMFW_IGVM_VMM_QEMU;
}
