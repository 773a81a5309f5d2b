// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "record/verdict.h"

static const char *const verdicts[] = {
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_RUNNING] = "running",
	[VERDICT_NOT_RUNNING] = "not running",
};

static const char *const rungs[] = {
	[RUNG_NONE] = "none",
	[RUNG_CLAIMED] = "claimed",
	[RUNG_OPAQUE] = "opaque",
	[RUNG_QUOTED] = "quoted",
	[RUNG_ATTESTED] = "attested",
	[RUNG_SIGNED] = "signed",
};

/**
 * verdict_word() - word for a verdict
 * @verdict: one of enum verdict
 */
const char *verdict_word(enum verdict verdict)
{
	return verdicts[verdict];
}

/**
 * rung_word() - word for a rung
 * @rung: one of enum rung
 */
const char *rung_word(enum rung rung)
{
	return rungs[rung];
}
