// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "guest/vmm.h"
#include "shared/macro.h"

static const struct {
	const char *word;
	enum vmfw_igvm_vmm vmm;
} words[] = {
	{ "qemu", VMFW_IGVM_VMM_QEMU },
	{ "generic", VMFW_IGVM_VMM_GENERIC },
	{ "native-zero", VMFW_IGVM_VMM_NATIVE_ZERO },
};

/**
 * vmm_parse() - parse the word for a VMM
 * @vmm: receives it
 * @word: the word, see VMM_WORDS
 *
 * Return: false if there is no such word.
 */
bool vmm_parse(enum vmfw_igvm_vmm *vmm, const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
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

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].vmm == vmm)
			return words[i].word;
	return "unknown";
}

/**
 * vmm_word_nr() - the words for VMMs, by number
 * @i: the number, from 0
 *
 * Return: the word; NULL: there are fewer words.
 */
const char *vmm_word_nr(size_t i)
{
	return i < ARRAY_SIZE(words) ? words[i].word : NULL;
}

/**
 * vmm_choice_word() - the word for a VMM that may be unknown
 * @choice: from vmm_at_hand()
 */
const char *vmm_choice_word(struct vmm_choice choice)
{
	return choice.known ? vmm_word(choice.vmm) : "unknown";
}

/**
 * vmm_at_hand() - find out which VMM this guest runs on
 * @configured: the user's choice, which takes precedence
 * @info: state of the device, or NULL: there is none
 *
 * Only QEMU has the interface vmlaunchupdate. On other interfaces the VMM stays
 * unknown.
 *
 * Return: the user's choice if there is one, otherwise QEMU or unknown.
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
 * vmm_is_qemu() - does the image have to suit QEMU's loader?
 * @choice: from vmm_at_hand()
 */
bool vmm_is_qemu(struct vmm_choice choice)
{
	return choice.known && choice.vmm == VMFW_IGVM_VMM_QEMU;
}
