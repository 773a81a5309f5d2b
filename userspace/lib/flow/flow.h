/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot flow: find the facts, decide, act.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FLOW_H
#define VMFW_FLOW_H

#include "device/device.h"
#include "disk/volume.h"
#include "flow/config.h"
#include "flow/decide.h"
#include "flow/evidence.h"
#include "guest/bootinfo.h"
#include "guest/smbios.h"
#include "record/slots.h"
#include "record/store.h"
#include "source/source.h"
#include "stage/payload.h"
#include "stage/stage.h"

/**
 * struct flow_options - options of the flow
 * @root: see root_path(); another root has no attestation
 * @device: path of the device; NULL: the usual one
 * @progress: when to show progress
 * @act: make changes; otherwise only find the facts
 * @overridden: bits of enum reset_trap to override
 */
struct flow_options {
	const char *root;
	const char *device;
	enum progress_when progress;
	bool act;
	unsigned int overridden;
};

/**
 * struct flow - all known facts, and open files
 * @options: the user's options
 * @boot: this boot
 * @config: the configuration
 * @firmware: identity of the running firmware
 * @volumes: file systems that are open
 * @image_path: path of the image; empty: the tool did not find it
 * @source: the image
 * @payload: the data for the VMM
 * @has_image: @payload.digest is that of the image
 * @device: the interface, open for reading if flow_has_device()
 * @store: place of the record
 * @slots: the record
 * @has_record: the tool has read the record, which may be damaged
 * @evidence: evidence on whether the image is running
 * @facts: the facts in the form that decide() takes
 * @staged: result of staging, after flow_act()
 * @traps: bits of enum reset_trap, after flow_act()
 *
 * Some members point at others, so do not copy the struct.
 */
struct flow {
	struct flow_options options;
	struct boot boot;
	struct config config;
	struct firmware firmware;
	struct volumes volumes;
	char image_path[PATH_MAX];
	struct source source;
	struct payload payload;
	bool has_image;
	struct device device;
	struct store store;
	struct slots slots;
	bool has_record;
	struct evidence evidence;
	struct facts facts;
	struct staged staged;
	unsigned int traps;
};

enum vmfw_exit flow_begin(struct flow *flow, struct messages *messages,
			  const struct flow_options *options);
bool flow_is_idle(const struct flow *flow);
bool flow_has_device(const struct flow *flow);
void flow_open_device(struct flow *flow, struct messages *messages);
void flow_open_image(struct flow *flow, struct messages *messages);
void flow_open_record(struct flow *flow, struct messages *messages);
void flow_find_evidence(struct flow *flow, struct messages *messages);
void flow_look(struct flow *flow, struct messages *messages);
enum vmfw_exit flow_act(struct flow *flow, struct messages *messages,
			const struct decision *decision);
enum vmfw_exit flow_reset(struct flow *flow, struct messages *messages);
void flow_settle(struct flow *flow, struct messages *messages,
		 const struct decision *decision);
void flow_end(struct flow *flow);

#endif /* VMFW_FLOW_H */
