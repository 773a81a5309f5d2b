// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Launch measurements. One walk over the directives hands each page of 4 KiB to
 * the platform, in the order in which a VMM loads it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "measure/measure.h"
#include "memory/memory.h"

const uint8_t zero_page[VMFW_IGVM_PAGE_SIZE];

/* A VP context to measure after all pages. */
struct context {
	struct vmfw_igvm_step step;
	uint32_t file_offset;
	uint16_t vp_index;
};

struct contexts {
	struct context *v;
	size_t nr;
};

/**
 * measure_ops_of() - find the measurement of a platform
 * @platform: enum vmfw_igvm_platform_type
 *
 * Return: the measurement; NULL: the platform has none, or this library does
 * not know it.
 */
const struct measure_ops *measure_ops_of(unsigned int platform)
{
	switch (platform) {
	case VMFW_IGVM_SEV_SNP:
		return &measure_snp;
	case VMFW_IGVM_SEV_ES:
		return &measure_sev_es;
	case VMFW_IGVM_SEV:
		return &measure_sev;
	case VMFW_IGVM_TDX:
		return &measure_tdx;
	case VMFW_IGVM_VSM_ISOLATION:
		return &measure_vbs;
	default:
		return NULL;
	}
}

/**
 * hash_begin() - begin a hash by the platform's algorithm
 * @measure: the measurement
 *
 * Return: 0, or the error of the caller's function.
 */
int hash_begin(struct measure *measure)
{
	const struct vmfw_igvm_hash *hash = measure->options->hash;

	return hash->begin(hash->arg, measure->ops->algorithm);
}

/**
 * hash_add() - add bytes to the current hash
 * @measure: the measurement
 * @bytes: the bytes
 * @len: number of bytes
 *
 * Return: 0, or the error of the caller's function.
 */
int hash_add(struct measure *measure, const void *bytes, size_t len)
{
	const struct vmfw_igvm_hash *hash = measure->options->hash;

	return hash->add(hash->arg, bytes, len);
}

/**
 * hash_end() - end a hash
 * @measure: the measurement
 * @digest: receives the digest
 *
 * Return: 0, or the error of the caller's function.
 */
int hash_end(struct measure *measure, uint8_t *digest)
{
	const struct vmfw_igvm_hash *hash = measure->options->hash;

	return hash->end(hash->arg, digest);
}

/**
 * report_step() - report a step to the caller
 * @measure: the measurement
 * @contents: digest of the bytes alone, or NULL
 * @digest: digest of all steps so far, or NULL while a hash is running
 *
 * Return: 0, or -ECANCELED: the caller wants to stop.
 */
int report_step(struct measure *measure, const uint8_t *contents,
		const uint8_t *digest)
{
	const struct vmfw_igvm_measure_options *options = measure->options;

	measure->step.contents = contents;
	measure->step.digest = digest;
	if (options->trace && !options->trace(options->arg, &measure->step))
		return -ECANCELED;
	return 0;
}

/*
 * Read from the file. Before an error, measure all pages that wait for another thread,
 * so that the caller's trace ends right before the page that cannot be read.
 */
static int read_data(struct measure *measure, uint64_t offset, uint8_t *buf,
		     size_t len)
{
	int err = input_read(&measure->igvm->input, offset, buf, len);
	int earlier = err ? ahead_drain(measure) : 0;

	return earlier ? earlier : err;
}

/**
 * read_vmsa() - read a page of registers
 * @measure: receives the page
 * @file_offset: its place; 0: vmsa_reset() has already made the page
 *
 * Return: 0, the error of input_read(), or that of an earlier page.
 */
int read_vmsa(struct measure *measure, uint32_t file_offset)
{
	if (!file_offset)
		return 0;
	return read_data(measure, file_offset, measure->page,
			 sizeof(measure->page));
}

/* Does the measurement follow QEMU's loader, on a platform that QEMU knows? */
static bool loaded_by_qemu(const struct measure *measure)
{
	return measure->options->vmm == VMFW_IGVM_VMM_QEMU &&
	       (measure->ops == &measure_snp || measure->ops == &measure_sev ||
		measure->ops == &measure_sev_es);
}

/* Return the kind of a page of data for the platform. */
static enum vmfw_igvm_step_kind page_kind(const struct measure *measure,
					  uint32_t flags, uint16_t type,
					  uint32_t file_offset)
{
	switch (type) {
	case VMFW_IGVM_DATA_SECRETS:
		return VMFW_IGVM_STEP_SECRETS;
	case VMFW_IGVM_DATA_CPUID:
	case VMFW_IGVM_DATA_CPUID_XF:
		return VMFW_IGVM_STEP_CPUID;
	default:
		break;
	}
	if (flags & VMFW_IGVM_PAGE_UNMEASURED)
		return VMFW_IGVM_STEP_UNMEASURED;
	/*
	 * Only SEV-SNP distinguishes a page without data from one of zeroes.
	 */
	if (!file_offset && measure->ops == &measure_snp &&
	    measure->options->vmm == VMFW_IGVM_VMM_NATIVE_ZERO)
		return VMFW_IGVM_STEP_ZERO;
	return VMFW_IGVM_STEP_NORMAL;
}

static int measure_data(struct measure *measure, uint32_t file_offset,
			uint64_t at)
{
	uint8_t *page = measure->ahead ? ahead_space(measure) : measure->page;
	const uint8_t *bytes = NULL;
	int err;

	measure->step.gpa += at;
	if (measure->step.kind == VMFW_IGVM_STEP_NORMAL) {
		bytes = zero_page;
		/* Of a page of 2 MiB, QEMU loads only the first 4 KiB. */
		if (file_offset && (!at || !loaded_by_qemu(measure))) {
			bytes = page;
			err = read_data(measure, file_offset + at, page,
					VMFW_IGVM_PAGE_SIZE);
			if (err)
				return err;
		}
	}
	err = measure->ops->page(measure, bytes);
	measure->step.gpa -= at;
	return err;
}

static int measure_page_data(struct measure *measure, const uint8_t *p)
{
	uint32_t file_offset = get_le32(p + 12);
	uint32_t flags = get_le32(p + 16);
	uint64_t at, size = flags & VMFW_IGVM_PAGE_2MB ?
			    VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE;
	int err = 0;

	/* Shared pages belong to the host. QEMU ignores the flag. */
	if (flags & VMFW_IGVM_PAGE_SHARED && !loaded_by_qemu(measure))
		return 0;
	measure->step.kind = page_kind(measure, flags, get_le16(p + 20),
				       file_offset);
	for (at = 0; !err && at < size; at += VMFW_IGVM_PAGE_SIZE)
		err = measure_data(measure, file_offset, at);
	return err;
}

/* Measure a range without its bytes, page by page. */
static int measure_range(struct measure *measure,
			 enum vmfw_igvm_step_kind kind, uint64_t size)
{
	int err = 0;

	if (measure->ops->bytes_only)
		return 0;
	measure->step.kind = kind;
	for (; !err && size; size -= VMFW_IGVM_PAGE_SIZE) {
		err = measure->ops->page(measure, NULL);
		measure->step.gpa += VMFW_IGVM_PAGE_SIZE;
	}
	return err;
}

static int measure_page_header(struct measure *measure,
			       const struct vmfw_igvm_header *header)
{
	measure->step.header = header->index;
	measure->step.gpa = get_le64(header->content);
	return measure_page_data(measure, header->content);
}

/* Measure the pages that QEMU has collected. Their headers are consecutive. */
static int end_run(struct measure *measure)
{
	struct vmfw_igvm_header header = measure->run;
	int err = 0;

	while (!err && measure->run_length) {
		err = measure_page_header(measure, &header);
		vmfw_igvm_next(measure->igvm, &header);
		measure->run_length--;
	}
	measure->run_length = 0;
	return err;
}

/**
 * qemu_page_continues() - does QEMU take two pages of data in one step?
 * @last: content of a page's header
 * @next: content of the header that follows directly
 */
bool qemu_page_continues(const uint8_t *last, const uint8_t *next)
{
	uint64_t size = get_le32(last + 16) & VMFW_IGVM_PAGE_2MB ?
			VMFW_IGVM_LARGE_PAGE_SIZE : VMFW_IGVM_PAGE_SIZE;

	return get_le64(last) + size == get_le64(next) &&
	       get_le32(last + 8) == get_le32(next + 8) &&	/* mask */
	       !get_le32(last + 12) == !get_le32(next + 12) &&	/* data */
	       get_le32(last + 16) == get_le32(next + 16) &&	/* flags */
	       get_le16(last + 20) == get_le16(next + 20);	/* type */
}

/*
 * QEMU collects page data as long as each header continues the one before it. Then
 * QEMU loads the collected pages in one step.
 */
static int hold_back(struct measure *measure,
		     const struct vmfw_igvm_header *header)
{
	int err = 0;

	if (measure->run_length &&
	    (measure->last.index + 1 != header->index ||
	     !qemu_page_continues(measure->last.content, header->content)))
		err = end_run(measure);
	if (!measure->run_length)
		measure->run = *header;
	measure->last = *header;
	measure->run_length++;
	return err;
}

static int measure_header(struct measure *measure, const struct areas *areas,
			  const struct vmfw_igvm_header *header,
			  struct contexts *contexts)
{
	const uint8_t *p = header->content;

	if (header->type == VMFW_IGVM_T_PAGE_DATA)
		return loaded_by_qemu(measure) ?
		       hold_back(measure, header) :
		       measure_page_header(measure, header);
	measure->step.header = header->index;
	measure->step.gpa = get_le64(p);
	switch (header->type) {
	case VMFW_IGVM_T_PARAMETER_INSERT:
		return measure_range(measure, VMFW_IGVM_STEP_UNMEASURED,
				     area_size(areas, area_find(areas,
							get_le32(p + 12))));
	case VMFW_IGVM_T_ERROR_RANGE:
		return measure_range(measure, VMFW_IGVM_STEP_ERROR_RANGE,
				     get_le32(p + 12));
	default:
		break;
	}
	if (!measure->ops->context)
		return 0;
	measure->step.kind = VMFW_IGVM_STEP_VMSA;
	if (!contexts->v)
		return measure->ops->context(measure, get_le32(p + 12));
	contexts->v[contexts->nr++] = (struct context) {
		.step = measure->step,
		.file_offset = get_le32(p + 12),
		.vp_index = get_le16(p + 16),
	};
	return 0;
}

/* Find the next header that adds something to a platform's measurement. */
static bool next_measured(const struct measure *measure, uint32_t mask,
			  struct vmfw_igvm_header *header)
{
	while (vmfw_igvm_next(measure->igvm, header)) {
		switch (header->type) {
		case VMFW_IGVM_T_PAGE_DATA:
		case VMFW_IGVM_T_PARAMETER_INSERT:
		case VMFW_IGVM_T_VP_CONTEXT:
		case VMFW_IGVM_T_ERROR_RANGE:
			if (get_le32(header->content + 8) & mask)
				return true;
			break;
		}
	}
	return false;
}

static int compare_contexts(const void *a, const void *b,
			    const struct vmfw_igvm *igvm)
{
	const struct context *x = a, *y = b;

	(void)igvm;
	/* Contexts of a sound file differ in their VP. */
	return x->vp_index < y->vp_index ? -1 : 1;
}

/**
 * measure_reset() - measure a processor that comes out of reset
 * @measure: the measurement, of a platform that measures registers
 * @start: address of its first instruction
 * @features: SEV features that the VMM offers it
 * @launcher: the launcher that makes its registers
 *
 * Return: 0; -ECANCELED: the caller's trace ended the measurement; or the error
 * of the caller's functions.
 */
int measure_reset(struct measure *measure, uint32_t start, uint64_t features,
		  enum vmfw_igvm_launcher launcher)
{
	measure->step = (struct vmfw_igvm_step) {
		.header = VMFW_IGVM_NO_HEADER,
		.kind = VMFW_IGVM_STEP_VMSA,
		.gpa = KVM_VMSA_GPA,
	};
	vmsa_reset(measure->page, start, features,
		   measure->options->cpu_signature);
	vmsa_set_launcher(measure->page, launcher);
	return measure->ops->context(measure, 0);
}

/* Does the VMM add contexts that the file does not have? */
static bool adds_contexts(const struct measure *measure)
{
	return measure->options->vmm != VMFW_IGVM_VMM_GENERIC &&
	       (measure->ops == &measure_snp ||
		measure->ops == &measure_sev_es);
}

static int measure_contexts(struct measure *measure, struct contexts *contexts)
{
	uint8_t features[8] = { 0 };
	uint32_t vp = 0, vcpus = measure->options->vcpus;
	size_t i = 0;
	int err = 0;

	/* VBS keeps the order of the file, and its registers name no VP. */
	if (measure->ops != &measure_vbs)
		err = igvm_sort(measure->igvm, contexts->v, contexts->nr,
				sizeof(*contexts->v), compare_contexts);
	if (err)
		return err;
	if (!adds_contexts(measure))
		vcpus = 0;
	/* SEV-SNP always has the feature SNPActive. */
	if (measure->ops == &measure_snp)
		put_le64(features, SEV_FEATURES_SNP);
	/* QEMU starts all processors with the features of the first one. */
	if (vcpus > 1 && contexts->nr && !contexts->v[0].vp_index)
		err = read_data(measure, (uint64_t)contexts->v[0].file_offset +
				SEV_FEATURES_AT, features, sizeof(features));
	while (!err && (i < contexts->nr || vp < vcpus)) {
		if (i < contexts->nr &&
		    (vp >= vcpus || contexts->v[i].vp_index <= vp)) {
			measure->step = contexts->v[i].step;
			err = measure->ops->context(measure,
						    contexts->v[i].file_offset);
			vp = contexts->v[i++].vp_index + 1;
		} else {
			/* The file has no context for this processor. */
			err = measure_reset(measure, RESET_VECTOR,
					    get_le64(features),
					    VMFW_IGVM_LAUNCHER_KVM);
			vp++;
		}
	}
	return err;
}

static int measure_all(struct measure *measure, uint32_t mask,
		       const struct areas *areas)
{
	struct vmfw_igvm_header header = { 0 };
	struct contexts contexts = { NULL, 0 };
	size_t nr = 0;
	int err = 0;

	while (next_measured(measure, mask, &header))
		if (header.type == VMFW_IGVM_T_VP_CONTEXT)
			nr++;
	if (nr && (measure->ops->contexts_last || adds_contexts(measure))) {
		contexts.v = calloc(nr, sizeof(*contexts.v));
		if (!contexts.v)
			return -ENOMEM;
	}
	if (measure->ops->running)
		err = hash_begin(measure);
	memset(&header, 0, sizeof(header));
	while (!err && next_measured(measure, mask, &header))
		err = measure_header(measure, areas, &header, &contexts);
	if (!err)
		err = end_run(measure);
	if (!err)
		err = measure_contexts(measure, &contexts);
	if (!err)
		err = ahead_drain(measure);
	if (!err && measure->ops->running)
		err = hash_end(measure, measure->digest);
	free(contexts.v);
	return err;
}

/**
 * vmfw_igvm_digest_size() - bytes of a platform's launch digest
 * @platform: enum vmfw_igvm_platform_type
 *
 * Return: 48 or 32; 0: this library has no measurement of that platform.
 */
size_t vmfw_igvm_digest_size(unsigned int platform)
{
	const struct measure_ops *ops = measure_ops_of(platform);

	if (!ops)
		return 0;
	return ops->algorithm == VMFW_IGVM_SHA384 ? SHA384_SIZE : SHA256_SIZE;
}

/**
 * vmfw_igvm_measure() - compute the launch digest of one platform
 * @igvm: a file that vmfw_igvm_check() found sound
 * @options: the platform, the loader, and the hash functions
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * Return: 0; -ENOENT: the file is not for that platform; -EOPNOTSUPP: this
 * library has no measurement of it; -ECANCELED: the caller's trace or input
 * ended the measurement; -ENOMEM; or the error of the caller's functions.
 */
int vmfw_igvm_measure(const struct vmfw_igvm *igvm,
		      const struct vmfw_igvm_measure_options *options,
		      uint8_t *digest)
{
	const struct vmfw_igvm_platform *platform;
	struct measure measure = {
		.igvm = igvm,
		.options = options,
		.ops = measure_ops_of(options->platform),
	};
	struct areas areas;
	int err;

	if (!measure.ops)
		return -EOPNOTSUPP;
	platform = vmfw_igvm_platform(igvm, options->platform);
	if (!platform)
		return -ENOENT;
	err = areas_collect(igvm, &areas);
	if (!err)
		err = ahead_begin(&measure);
	if (!err)
		err = measure_all(&measure, platform->mask, &areas);
	if (!err && input_stops(igvm))
		err = -ECANCELED;
	if (!err)
		memcpy(digest, measure.digest,
		       vmfw_igvm_digest_size(options->platform));
	ahead_end(&measure);
	free(areas.v);
	return err;
}
