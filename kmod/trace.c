// SPDX-License-Identifier: GPL-2.0-only
/*
 * Definition of the tracepoints that trace.h declares.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
