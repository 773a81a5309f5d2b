/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot flow: look at everything, decide, act.
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
 * struct flow_options - how the flow is gone
 * @root: see root_path(); below another root nobody attests
 * @device: name of the device; NULL: the usual one
 * @progress: when to show progress
 * @act: change things; else look only
 * @overridden: bits of enum reset_trap that are no obstacle
 */
struct flow_options {
	const char *root;
	const char *device;
	enum progress_when progress;
	bool act;
	unsigned int overridden;
};

/**
 * struct flow - all that is known
 * @options: what is wanted
 * @boot: this boot
 * @config: the configuration
 * @firmware: the running one
 * @volumes: file systems that are open
 * @image_path: where the image is, once it was found
 * @source: the image
 * @payload: what it becomes
 * @has_image: @payload.digest is that of the image
 * @device: the interface, open to look if flow_has_device()
 * @store: where the record is
 * @slots: the record
 * @has_record: it was read, whatever is in it
 * @evidence: whether the image is running
 * @facts: all of this, as far as decisions go
 * @staged: after flow_act(): what has become of the image
 * @traps: likewise, bits of enum reset_trap
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
