/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One verb, without the command line.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_VERB_H
#define TEST_VERB_H

#include "ctl/ctl.h"
#include "source/source.h"

/* The image that a wrapped act_on_file() gives to a verb, without its name. */
extern struct source verb_source;

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

/*
 * Run a verb in text, and return its exit code. @ret_text receives its lines, and then
 * its messages, each as "LEVEL: TEXT".
 */
int verb_tell(const struct verb *verb, const struct options *options,
	      const char **ret_text);
/* Run a verb, and expect this exit code, and exactly this text from verb_tell(). */
void verb_expect_text(const struct verb *verb, const struct options *options,
		      int code, const char *text);
/* Run a verb, and expect this exit code, and these members in its JSON object. */
void verb_expect_json(const struct verb *verb, const struct options *options,
		      int code, const char *members);

/*
 * Wrap vmfw_igvm_parts(), so that it returns this value, with "an obstacle" and the
 * value 7.
 */
extern int verb_parts_err;

/* vmfw_igvm_parts() finds those of these parts that have a size. */
extern struct vmfw_igvm_part verb_parts[3];

#endif /* TEST_VERB_H */
