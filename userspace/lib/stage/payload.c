// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "device/device.h"
#include "guest/machine.h"
#include "source/check.h"
#include "source/smm.h"
#include "stage/payload.h"
#include "stage/ranges.h"

#define PIECE		(64u << 10)

/* A word for scripts, and what stands before the size for people. */
static const struct {
	const char *word;
	const char *prefix;
} ways[] = {
	[PAYLOAD_AS_IT_IS] = { "none", "" },
	[PAYLOAD_WRAPPED] = { "wrapped", "wrapped into an IGVM image, " },
	[PAYLOAD_FLATTENED] = { "flattened", "flattened, " },
};

/**
 * payload_check() - check all of a file that does not depend on the VMM
 * @payload: to be filled in; to be freed whatever is returned
 * @out: for findings and errors
 * @source: the file, stays open as long as the payload is used
 *
 * Return: an exit code.
 */
int payload_check(struct payload *payload, struct output *out,
		  struct source *source)
{
	*payload = (struct payload) { .source = source };
	return findings_check_image(source, out, &payload->igvm);
}

static int check_size(const struct payload *payload, struct output *out,
		      const struct vmfwupdate_info *info)
{
	char words[OUTPUT_SIZE_WORDS], most[OUTPUT_SIZE_WORDS];

	if (payload->size <= info->max_size)
		return VMFW_EXIT_OK;
	output_error(out, "%s: %s%s is more than this VMM can be handed, %s%s",
		     payload->source->path, ways[payload->way].prefix,
		     output_size_words(words, payload->size),
		     output_size_words(most, info->max_size),
		     payload->format == VMFWUPDATE_FORMAT_FLAT ?
		     "; a VM that is started on larger firmware takes more" :
		     "");
	return VMFW_EXIT_DEVICE;
}

/* Memory, registers: what this machine could not be rebuilt from. */
static int check_machine(const struct payload *payload, struct output *out,
			 const struct vmfwupdate_info *info)
{
	struct findings findings = {
		.out = out,
		.path = payload->source->path,
		.as_messages = true,
	};
	int code;

	code = machine_check(out, &payload->igvm, info->isolation,
			     findings_tell, &findings);
	findings_tell_rest(&findings);
	if (code && interrupt_seen())
		return interrupt_exit(out, "nothing was changed");
	return code;
}

/*
 * Would QEMU load it? It tells nobody before the reset, and then it is too late:
 * a file that it parses and cannot load ends the machine.
 */
static int check_loader(const struct payload *payload, struct output *out,
			const struct vmfw_igvm *igvm,
			const struct vmfwupdate_info *info,
			const struct payload_loader *loader)
{
	struct findings findings = {
		.out = out,
		.path = payload->source->path,
		.as_messages = true,
		.warn = !loader->quiet,
		.forgive = loader->forced,
	};
	int code;

	/* A hint: without liblzma, as in an initramfs, nobody can tell. */
	smm_warn_image(out, payload->source->path, igvm);
	if (!vmm_is_qemu(loader->vmm))
		return VMFW_EXIT_OK;
	code = machine_check_qemu(out, igvm, info->isolation, findings_tell,
				  &findings);
	findings_tell_rest(&findings);
	if (code && interrupt_seen())
		return interrupt_exit(out, "nothing was changed");
	if (code != VMFW_EXIT_IMAGE)
		return code;
	if (!loader->forced) {
		output_error(out, "%s: not staged: QEMU cannot load it, and "
			     "would end this VM at the reset; override with "
			     "--force=vmm", payload->source->path);
		return code;
	}
	output_warning(out, "%s: --force=vmm: if QEMU cannot load it, the reset "
		       "ends this VM, and only the host can start it again",
		       payload->source->path);
	return VMFW_EXIT_OK;
}

static int plan_igvm(struct payload *payload, struct output *out,
		     const struct vmfwupdate_info *info,
		     const struct payload_loader *loader)
{
	const struct vmfw_igvm_platform *platform;
	int code;

	payload->format = VMFWUPDATE_FORMAT_IGVM;
	payload->size = payload->source->size;
	code = check_size(payload, out, info);
	if (!code)
		code = plan_platform(out, payload->source->path,
				     &payload->igvm, info->isolation,
				     &platform);
	if (!code)
		code = check_machine(payload, out, info);
	if (!code)
		code = check_loader(payload, out, &payload->igvm, info,
				    loader);
	if (code)
		return code;
	payload->platform = vmfw_igvm_platform_word(platform->type);
	return plan_ranges(out, &payload->igvm, platform, info->max_ranges,
			   &payload->ranges, &payload->nr_ranges);
}

/* A kernel that does not know the field knows no rule. */
static uint64_t size_multiple(const struct vmfwupdate_info *info)
{
	return info->size_multiple ? info->size_multiple : 1;
}

static int plan_flat(struct payload *payload, struct output *out,
		     const struct vmfwupdate_info *info)
{
	uint64_t size = payload->source->size, multiple = size_multiple(info);
	char words[OUTPUT_SIZE_WORDS], blocks[OUTPUT_SIZE_WORDS],
	     missing[OUTPUT_SIZE_WORDS];
	int code;

	payload->format = VMFWUPDATE_FORMAT_FLAT;
	payload->size = size;
	code = plan_machine(out, payload->source->path, VMFW_IGVM_X64);
	if (!code)
		code = check_size(payload, out, info);
	if (code)
		return code;
	if (size % multiple) {
		output_error(out, "%s: %s is no multiple of %s, as this VMM "
			     "wants it; put %s of 0xff in front",
			     payload->source->path,
			     output_size_words(words, size),
			     output_size_words(blocks, multiple),
			     output_size_words(missing,
					       multiple - size % multiple));
		return VMFW_EXIT_DEVICE;
	}
	return plan_flat_ranges(out, size, &payload->ranges,
				&payload->nr_ranges);
}

/* An image that is made anew for a plain guest would be measured anew, too. */
static int check_plain(const struct payload *payload, struct output *out,
		       const struct vmfwupdate_info *info, const char *takes)
{
	if (info->isolation == VMFWUPDATE_ISOLATION_NONE)
		return VMFW_EXIT_OK;
	output_error(out, "%s: this VMM takes %s only, and for a guest with "
		     "encrypted memory (%s) the file cannot be made into that",
		     payload->source->path, takes,
		     device_isolation_word(info->isolation));
	return VMFW_EXIT_DEVICE;
}

/* What is left of the buffer for a whole file. */
struct room {
	uint8_t *next;
	size_t left;
};

static int fill(void *arg, const void *bytes, size_t len)
{
	struct room *room = arg;

	if (len > room->left)
		return -ESTALE;
	memcpy(room->next, bytes, len);
	room->next += len;
	room->left -= len;
	return 0;
}

static int say_stream_error(struct payload *payload, struct output *out,
			    int err)
{
	if ((err == -EINTR || err == -ECANCELED) && interrupt_seen())
		return interrupt_exit(out, "nothing was changed");
	return source_stream_error(payload->source, out, err);
}

/* What QEMU makes of the image depends on this machine; so it is made here. */
static int check_wrapped(struct payload *payload, struct output *out,
			 const struct vmfwupdate_info *info,
			 const struct payload_loader *loader)
{
	size_t rom_size = payload->source->size;
	struct vmfw_igvm_input input = { .size = payload->size };
	struct vmfw_igvm igvm;
	int code, err = -ENOMEM;
	void *file;

	if (!vmm_is_qemu(loader->vmm))
		return VMFW_EXIT_OK;
	file = malloc(payload->size);
	if (file)
		err = vmfw_igvm_wrap(payload->rom, rom_size, file,
				     payload->size);
	input.head = file;
	input.head_len = payload->size;
	if (!err)
		err = vmfw_igvm_check(&igvm, &input, NULL, NULL);
	code = err ? say_stream_error(payload, out, err) :
		     check_loader(payload, out, &igvm, info, loader);
	free(file);
	return code;
}

/* Which pages are equal is known only once all are there. */
static int plan_wrapped(struct payload *payload, struct output *out,
			const struct vmfwupdate_info *info,
			const struct payload_loader *loader)
{
	uint64_t rom_size = payload->source->size;
	struct room room = { .left = rom_size };
	size_t size;
	int code, err = -ENOMEM;

	payload->way = PAYLOAD_WRAPPED;
	payload->format = VMFWUPDATE_FORMAT_IGVM;
	payload->platform = vmfw_igvm_platform_word(VMFW_IGVM_NATIVE);
	code = plan_machine(out, payload->source->path, VMFW_IGVM_X64);
	if (!code)
		code = check_plain(payload, out, info, "IGVM images");
	if (code)
		return code;

	payload->rom = malloc(rom_size);
	room.next = payload->rom;
	if (payload->rom)
		err = source_stream(payload->source, fill, &room, NULL,
				    payload->digest);
	if (!err)
		err = vmfw_igvm_wrap_size(payload->rom, rom_size, &size);
	if (err)
		return say_stream_error(payload, out, err);
	payload->has_digest = true;
	payload->size = size;
	code = check_size(payload, out, info);
	if (!code)
		code = check_wrapped(payload, out, info, loader);
	if (code)
		return code;
	return plan_flat_ranges(out, rom_size, &payload->ranges,
				&payload->nr_ranges);
}

static int say_obstacle(const struct payload *payload, struct output *out,
			const struct flatten_obstacle *obstacle)
{
	char words[FLATTEN_WORDS];

	flatten_describe(obstacle, words, sizeof(words));
	output_error(out, "%s: this VMM takes flat firmware only, and this "
		     "IGVM image cannot be flattened: %s",
		     payload->source->path, words);
	return VMFW_EXIT_DEVICE;
}

static int plan_flattened(struct payload *payload, struct output *out,
			  const struct vmfwupdate_info *info)
{
	const struct vmfw_igvm_platform *platform;
	struct flatten_obstacle obstacle;
	int code, err;

	payload->way = PAYLOAD_FLATTENED;
	payload->format = VMFWUPDATE_FORMAT_FLAT;
	code = check_plain(payload, out, info, "flat firmware");
	if (!code)
		code = plan_platform(out, payload->source->path,
				     &payload->igvm, info->isolation,
				     &platform);
	/* Pages are read here and there: see payload_stream(). */
	if (!code)
		code = payload_digest(payload, out);
	if (code)
		return code;
	payload->platform = vmfw_igvm_platform_word(platform->type);
	err = flatten_plan(&payload->flat, &payload->igvm, platform->mask,
			   size_multiple(info), &obstacle);
	if (err == -ENOTSUP)
		return say_obstacle(payload, out, &obstacle);
	if (err)
		return say_stream_error(payload, out, err);
	payload->size = payload->flat.size;
	code = check_size(payload, out, info);
	if (code)
		return code;
	return plan_flat_ranges(out, payload->size, &payload->ranges,
				&payload->nr_ranges);
}

static int plan(struct payload *payload, struct output *out,
		const struct vmfwupdate_info *info,
		const struct payload_loader *loader)
{
	bool takes_igvm = info->formats & VMFWUPDATE_FORMAT_IGVM;
	bool takes_flat = info->formats & VMFWUPDATE_FORMAT_FLAT;

	if (!takes_igvm && !takes_flat) {
		output_error(out, "this VMM takes neither IGVM images nor flat "
			     "firmware");
		return VMFW_EXIT_DEVICE;
	}
	if (payload->source->kind == SOURCE_FLAT)
		return takes_flat ? plan_flat(payload, out, info) :
				    plan_wrapped(payload, out, info, loader);
	return takes_igvm ? plan_igvm(payload, out, info, loader) :
			    plan_flattened(payload, out, info);
}

/**
 * payload_plan() - decide what a VMM is handed of a file
 * @payload: from payload_check()
 * @out: for errors
 * @info: what the VMM takes, which stays the same as long as the machine runs
 * @loader: who is to load it
 *
 * The file as it is where that is possible. What was planned once stays as it
 * is.
 *
 * Return: an exit code; VMFW_EXIT_DEVICE: the VMM does not take this file.
 */
int payload_plan(struct payload *payload, struct output *out,
		 const struct vmfwupdate_info *info,
		 const struct payload_loader *loader)
{
	int code = payload->planned ? VMFW_EXIT_OK :
				      plan(payload, out, info, loader);

	payload->planned = !code;
	return code;
}

/**
 * payload_tell() - say what becomes of a file
 * @payload: from payload_plan()
 * @out: receives it
 */
void payload_tell(const struct payload *payload, struct output *out)
{
	char words[OUTPUT_SIZE_WORDS];

	output_string(out, "conversion", NULL, ways[payload->way].word);
	output_size(out, "image_size", NULL, payload->size);
	if (payload->platform)
		output_string(out, "platform", NULL, payload->platform);
	if (payload->way != PAYLOAD_AS_IT_IS)
		output_line(out, "%s: for this VMM %s%s",
			    payload->source->path, ways[payload->way].prefix,
			    output_size_words(words, payload->size));
}

/**
 * payload_digest() - make sure that the file's digest is known
 * @payload: from payload_check()
 * @out: for errors
 *
 * Return: an exit code.
 */
int payload_digest(struct payload *payload, struct output *out)
{
	int code;

	if (payload->has_digest)
		return VMFW_EXIT_OK;
	code = source_digest(payload->source, out, payload->digest);
	payload->has_digest = !code;
	return code;
}

/**
 * struct meter - between who makes pieces and who takes them
 * @sink: takes them
 * @arg: for @sink
 * @progress: to be kept informed
 * @done: bytes that went through
 */
struct meter {
	source_sink *sink;
	void *arg;
	struct progress *progress;
	uint64_t done;
};

static int pass(void *arg, const void *bytes, size_t len)
{
	struct meter *meter = arg;
	int err;

	if (interrupt_seen())
		return -EINTR;
	err = meter->sink(meter->arg, bytes, len);
	if (err)
		return err;
	meter->done += len;
	progress_update(meter->progress, meter->done);
	return 0;
}

static int stream_flat(struct payload *payload, struct meter *meter)
{
	uint8_t *piece = malloc(PIECE);
	uint64_t offset, len;
	int err = piece ? 0 : -ENOMEM;

	for (offset = 0; !err && offset < payload->size; offset += len) {
		len = payload->size - offset;
		if (len > PIECE)
			len = PIECE;
		err = flatten_read(&payload->flat, offset, piece, len);
		if (!err)
			err = pass(meter, piece, len);
	}
	free(piece);
	return err;
}

/*
 * The file was read from start to end for its digest, then page by page: it is
 * the same file if it has the same digest afterwards.
 */
static int check_same(struct payload *payload)
{
	uint8_t digest[DIGEST_SIZE];
	int err;

	err = source_stream(payload->source, NULL, NULL, NULL, digest);
	if (!err && memcmp(digest, payload->digest, sizeof(digest)))
		err = -ESTALE;
	return err;
}

/* Who knows a digest of the file already may have written it down. */
static int stream_file(struct payload *payload, source_sink *sink, void *arg,
		       struct progress *progress)
{
	uint8_t digest[DIGEST_SIZE];
	int err;

	err = source_stream(payload->source, sink, arg, progress, digest);
	if (err)
		return err;
	if (payload->has_digest &&
	    memcmp(digest, payload->digest, sizeof(digest)))
		return -ESTALE;
	memcpy(payload->digest, digest, sizeof(digest));
	payload->has_digest = true;
	return 0;
}

/**
 * payload_stream() - hand over all bytes, once
 * @payload: from payload_plan(); its digest is known afterwards, and is the one
 *	that was known before
 * @sink: takes the pieces
 * @arg: for @sink
 * @progress: to be kept informed
 *
 * Return: as source_stream().
 */
int payload_stream(struct payload *payload, source_sink *sink, void *arg,
		   struct progress *progress)
{
	struct meter meter = {
		.sink = sink,
		.arg = arg,
		.progress = progress,
	};
	int err;

	switch (payload->way) {
	case PAYLOAD_WRAPPED:
		return vmfw_igvm_wrap_stream(payload->rom,
					     payload->source->size, pass,
					     &meter);
	case PAYLOAD_FLATTENED:
		err = stream_flat(payload, &meter);
		return err ? err : check_same(payload);
	default:
		return stream_file(payload, sink, arg, progress);
	}
}

/**
 * payload_free() - free what a payload holds
 * @payload: from payload_check(), or zeroes
 */
void payload_free(struct payload *payload)
{
	free(payload->ranges);
	free(payload->rom);
}
