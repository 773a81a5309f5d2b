/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Add-ons of a UKI that a stub would load.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_ADDON_H
#define VMFW_ADDON_H

#include <stdbool.h>

#include "guest/securevars.h"
#include "source/ukifile.h"

/**
 * struct addon_rules - the rules by which a stub loads an add-on; begin with
 *	zeroes
 * @known: the tool has read the variables
 * @vars: this machine's Secure Boot
 */
struct addon_rules {
	bool known;
	struct securevars vars;
};

enum vmfw_exit addon_check(struct addon_rules *rules, struct messages *messages,
			   const struct ukifile *file, const char *root);
void addon_rules_free(struct addon_rules *rules);

#endif /* VMFW_ADDON_H */
