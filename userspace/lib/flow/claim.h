/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence from the record of attempts and the firmware's own name: the weakest
 * evidence for the running firmware. The functions do no input or output.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CLAIM_H
#define VMFW_CLAIM_H

#include "record/record.h"

const char *claim_of_attempt(const struct attempt *attempt);
enum verdict claim_judge(const struct record *record, const uint8_t *boot,
			 const uint8_t *image, const struct firmware *now,
			 const char **why);

#endif /* VMFW_CLAIM_H */
