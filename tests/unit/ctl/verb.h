/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One verb, without the command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_VERB_H
#define TEST_VERB_H

#include "ctl/ctl.h"

/*
 * Run a verb on "image.igvm", in text, and return its exit code. @messages
 * receives its messages, as in JSON. The caller frees them. Wrap act_on_file()
 * if the verb uses it: the operand then becomes an image without a file.
 */
int verb_run(const struct verb *verb, const struct options *options,
	     struct messages *messages);

/*
 * Run a verb, and return its exit code. @ret_text receives all its output, as text
 * or as JSON, valid until capture_end().
 */
int verb_capture(const struct verb *verb, const struct options *options,
		 bool json, const char **ret_text);

/* Wrap vmfw_igvm_parts(), so that it finds no parts and returns this value. */
extern int verb_parts_err;

#endif /* TEST_VERB_H */
