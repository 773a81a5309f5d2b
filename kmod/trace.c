// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' one definition.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
