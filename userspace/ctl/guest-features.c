// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The names of the bits in SEV_FEATURES.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "shared/macro.h"

/* See "AMD64 Architecture Programmer's Manual", volume 2, table B-4. */
static const struct {
	const char *name;
	unsigned int bit;
} features[] = {
	{ "snp-active", 0 },
	{ "virtual-tom", 1 },
	{ "reflect-vc", 2 },
	{ "restricted-injection", 3 },
	{ "alternate-injection", 4 },
	{ "debug-swap", 5 },
	{ "prevent-host-ibs", 6 },
	{ "btb-isolation", 7 },
	{ "vmpl-sss", 8 },
	{ "secure-tsc", 9 },
	{ "vmgexit-parameter", 10 },
	{ "ibs-virtualization", 12 },
	{ "vmsa-reg-prot", 14 },
	{ "smt-protection", 15 },
};

#define NR_FEATURES	ARRAY_SIZE(features)

/**
 * guest_feature_word() - the name of a feature
 * @i: its place in the list, from 0
 *
 * Return: the name; NULL: there are fewer features.
 */
const char *guest_feature_word(size_t i)
{
	return i < NR_FEATURES ? features[i].name : NULL;
}

static bool add_feature(uint64_t *bits, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NR_FEATURES; i++) {
		if (strlen(features[i].name) != len ||
		    strncmp(features[i].name, word, len))
			continue;
		*bits |= UINT64_C(1) << features[i].bit;
		return true;
	}
	return false;
}

/**
 * guest_features_parse() - read features: a number, or names
 * @word: the number, or names separated by commas
 * @ret_features: receives the features
 *
 * Return: NULL if all is valid, or the place in @word where the first invalid
 * number or name begins.
 */
const char *guest_features_parse(const char *word,
				 struct guest_features *ret_features)
{
	char *end;
	size_t len;

	*ret_features = (struct guest_features) { 0 };
	if (isdigit((unsigned char)word[0])) {
		errno = 0;
		ret_features->bits = strtoull(word, &end, 0);
		return *end || errno ? word : NULL;
	}
	ret_features->named = true;
	for (;; word += len + 1) {
		len = strcspn(word, ",");
		if (!add_feature(&ret_features->bits, word, len))
			return word;
		if (!word[len])
			return NULL;
	}
}
