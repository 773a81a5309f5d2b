/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the VMM is handed of a file: its bytes, or what they are made into on
 * the way.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PAYLOAD_H
#define VMFW_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/vmfwupdate.h>

#include "base/messages.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "guest/vmm.h"
#include "igvm/vmfw-igvm.h"
#include "source/source.h"
#include "stage/flatten.h"

enum payload_way {
	PAYLOAD_AS_IT_IS,
	PAYLOAD_WRAPPED,	/* flat firmware, for a VMM that takes IGVM */
	PAYLOAD_FLATTENED,	/* IGVM, for a VMM that takes flat firmware */
};

/**
 * struct payload_loader - who is to load it
 * @vmm: the VMM
 * @forced: what its loader cannot do is no obstacle
 * @quiet: what it does otherwise than the file says is not told
 */
struct payload_loader {
	struct vmm_choice vmm;
	bool forced;
	bool quiet;
};

/**
 * struct payload - what the VMM is handed
 * @source: the file
 * @igvm: of an IGVM file: its headers
 * @platform: what the machine will be rebuilt as, NULL where that is not in
 *	the payload
 * @planned: payload_plan() has succeeded
 * @way: what becomes of the file's bytes
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @size: bytes
 * @ranges: where it must not lie
 * @nr_ranges: how many
 * @has_digest: @digest is known
 * @digest: SHA-256 of the file, not of what it is made into: users compute it,
 *	and it is the same whatever the VMM takes
 * @rom: the file's bytes, if it is wrapped
 * @flat: how the file is flattened
 *
 * Other members point into it, so it stays where it is.
 */
struct payload {
	struct source *source;
	struct vmfw_igvm igvm;
	const char *platform;
	bool planned;
	enum payload_way way;
	__u32 format;
	uint64_t size;
	struct vmfwupdate_range *ranges;
	size_t nr_ranges;
	bool has_digest;
	uint8_t digest[DIGEST_SIZE];
	uint8_t *rom;
	struct flatten flat;
};

enum vmfw_exit payload_check(struct payload *payload, struct messages *messages,
			     struct source *source);
enum vmfw_exit payload_plan(struct payload *payload, struct messages *messages,
			    const struct vmfwupdate_info *info,
			    const struct payload_loader *loader);
const char *payload_prefix(const struct payload *payload);
enum vmfw_exit payload_digest(struct payload *payload,
			      struct messages *messages);
int payload_stream(struct payload *payload, source_sink *sink, void *arg,
		   struct progress *progress);
void payload_free(struct payload *payload);

#endif /* VMFW_PAYLOAD_H */
