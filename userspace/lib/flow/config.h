/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration, vmfwupdate.conf(5).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CONFIG_H
#define VMFW_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "attest/report.h"
#include "base/messages.h"
#include "disk/location.h"
#include "guest/vmm.h"
#include "igvm/vmfw-igvm.h"
#include "record/verdict.h"

enum config_record {
	CONFIG_RECORD_AUTO,	/* the page of the VMM if it has one, else the ESP */
	CONFIG_RECORD_OPAQUE,
	CONFIG_RECORD_FILES,	/* in a directory */
};

/**
 * struct config - the user's settings for every boot
 * @image: location of the image; LOCATION_NONE: no image is configured
 * @record: kind of place for the record of attempts
 * @record_at: the directory for the record, unless @record is
 *	CONFIG_RECORD_OPAQUE
 * @required: do not go on without the wanted firmware
 * @disable: switch the interface off once the wanted firmware runs
 * @expected: launch digests that replace those of the image, by enum
 *	vmfw_igvm_platform_type; valid only if @has_expected is set
 * @has_expected: see @expected
 * @evidence: weakest rung to accept
 * @certificates: path of a file with certificates for the signature of a
 *	report; empty: do not verify it
 * @vmm: the VMM, if the user named one; see vmm_at_hand()
 * @allowed: weaknesses to accept in a guest's report
 * @timeout: the most seconds that auto may take
 */
struct config {
	struct location image;
	enum config_record record;
	struct location record_at;
	bool required;
	bool disable;
	uint8_t expected[VMFW_IGVM_CCA + 1][VMFW_IGVM_MAX_DIGEST];
	bool has_expected[VMFW_IGVM_CCA + 1];
	enum rung evidence;
	char certificates[LOCATION_PATH];
	struct report_allowed allowed;
	struct vmm_choice vmm;
	unsigned int timeout;
};

void config_default(struct config *config);
unsigned int config_parse(struct config *config, struct messages *messages,
			  const char *name, FILE *file);
enum vmfw_exit config_load(struct config *config, struct messages *messages,
			   const char *root);
enum vmfw_exit config_load_installed(struct config *config,
				     struct messages *messages,
				     const char *root,
				     int (*see)(void *arg, const char *path),
				     void *arg);

#endif /* VMFW_CONFIG_H */
