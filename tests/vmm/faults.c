// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of faults.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <glib.h>
#include <string.h>

#include "faults.h"
#include "log.h"

static const char *const names[] = {
#define FAULT(id, name) [FAULT_##id] = name,
	VMM_FAULTS(FAULT)
#undef FAULT
};

static bool parse_one(const char *name, struct vmm_faults *faults)
{
	int i;

	for (i = 0; i < NR_FAULTS; i++) {
		if (strcmp(name, names[i]))
			continue;
		faults->set[i] = true;
		return true;
	}
	return false;
}

static void report_unknown(const char *name)
{
	GString *known = g_string_new(names[0]);
	int i;

	for (i = 1; i < NR_FAULTS; i++)
		g_string_append_printf(known, ", %s", names[i]);
	log_error("fault=%s: unknown fault; expected one of %s", name, known->str);
	g_string_free(known, TRUE);
}

bool faults_parse(const char *text, struct vmm_faults *faults)
{
	char **list = g_strsplit(text, "+", -1);
	bool known = true;
	char **name;

	if (!*list) {
		report_unknown("");
		known = false;
	}
	for (name = list; *name && known; name++) {
		known = parse_one(*name, faults);
		if (!known)
			report_unknown(*name);
	}
	g_strfreev(list);
	return known;
}

void faults_format(const struct vmm_faults *faults, char *text, size_t size)
{
	int i;

	g_strlcpy(text, "", size);
	for (i = 0; i < NR_FAULTS; i++) {
		if (!faults->set[i])
			continue;
		if (*text)
			g_strlcat(text, "+", size);
		g_strlcat(text, names[i], size);
	}
	if (!*text)
		g_strlcpy(text, "none", size);
}
