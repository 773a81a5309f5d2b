/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The data that a VMM gets: the bytes of a file, or a conversion of them.
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
 * struct payload_loader - the loader of the VMM
 * @vmm: the VMM
 * @forced: hand over an image even if it breaks a rule of the loader
 * @quiet: drop the warnings of the loader's rules, and the warning about SMM
 */
struct payload_loader {
	struct vmm_choice vmm;
	bool forced;
	bool quiet;
};

/**
 * struct payload - the data that a VMM gets
 * @source: the file, which belongs to the caller
 * @igvm: headers of an IGVM file, valid as long as @source is open
 * @platform: word for the platform that this machine will start from; NULL: the
 *	file is flat firmware, and is not wrapped
 * @planned: payload_plan() has succeeded
 * @way: conversion of the file
 * @format: one VMFWUPDATE_FORMAT_* bit
 * @size: its size in bytes
 * @ranges: ranges of GPAs where the payload must not be
 * @nr_ranges: number of ranges
 * @has_digest: @digest is known
 * @digest: SHA-256 of the file before the conversion: users can compute it, and
 *	it does not depend on the VMM
 * @rom: bytes of the file, if it is wrapped
 * @flat: plan to flatten the file, if it is flattened
 *
 * Some members point at others, so do not copy the struct.
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
