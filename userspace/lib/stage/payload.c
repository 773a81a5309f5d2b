// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "device/device.h"
#include "guest/machine.h"
#include "source/check.h"
#include "source/smm.h"
#include "stage/payload.h"
#include "stage/ranges.h"

#define PIECE		(64u << 10)

/* Words for the conversion, in front of the size in messages. */
static const char *const prefixes[] = {
	[PAYLOAD_AS_IT_IS] = "",
	[PAYLOAD_WRAPPED] = "wrapped into an IGVM image, ",
	[PAYLOAD_FLATTENED] = "flattened, ",
};

/**
 * payload_prefix() - describe the conversion of a file, in front of its size
 * @payload: the payload
 *
 * Return: words that end with ", ", or an empty text if the file is not
 * converted.
 */
const char *payload_prefix(const struct payload *payload)
{
	return prefixes[payload->way];
}

/**
 * payload_check() - check everything in a file that does not depend on the VMM
 * @payload: to be filled in; free it even after an error
 * @messages: for findings and errors
 * @source: the file, which must stay open as long as the payload is used
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: there were errors.
 */
enum vmfw_exit payload_check(struct payload *payload, struct messages *messages,
			     struct source *source)
{
	*payload = (struct payload) { .source = source };
	return findings_check_image(source, messages, &payload->igvm);
}

static enum vmfw_exit check_size(const struct payload *payload,
				 struct messages *messages,
				 const struct vmfwupdate_info *info)
{
	char words[SIZE_WORDS], most[SIZE_WORDS];

	if (payload->size <= info->max_size)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: %s%s is more than this VMM accepts; the most is %s%s",
		      payload->source->path, payload_prefix(payload),
		      size_words(words, payload->size),
		      size_words(most, info->max_size),
		      payload->format == VMFWUPDATE_FORMAT_FLAT ?
		      "; start the VM from larger firmware" :
		      "");
	return VMFW_EXIT_DEVICE;
}

/*
 * Check that this machine has the memory that the image needs. On KVM, also
 * check the registers that the image sets.
 */
static enum vmfw_exit check_machine(const struct payload *payload,
				    struct messages *messages,
				    const struct vmfwupdate_info *info)
{
	struct findings findings = {
		.messages = messages,
		.path = payload->source->path,
	};
	enum vmfw_exit code;

	code = machine_check(messages, &payload->igvm, info->isolation,
			     findings_add, &findings);
	findings_end(&findings);
	if (code && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	return code;
}

/*
 * Warn of a firmware that is built for SMM. Without liblzma, as in an initramfs, the
 * tool cannot search compressed drivers.
 */
static void warn_of_smm(const struct payload *payload,
			struct messages *messages,
			const struct payload_loader *loader)
{
	bool smm;
	int err;

	if (loader->quiet)
		return;
	err = payload->way == PAYLOAD_WRAPPED ?
	      smm_find_rom(payload->rom, payload->source->size, &smm) :
	      smm_find_image(&payload->igvm, &smm);
	if (!err && smm)
		smm_warn(messages, payload->source->path);
}

/*
 * Check QEMU's rules. Before the reset, QEMU only parses an image. If QEMU then
 * cannot load the image at the reset, it ends this VM.
 */
static enum vmfw_exit check_loader(const struct payload *payload,
				   struct messages *messages,
				   const struct vmfw_igvm *igvm,
				   const struct vmfwupdate_info *info,
				   const struct payload_loader *loader)
{
	struct findings findings = {
		.messages = messages,
		.path = payload->source->path,
		.warn = !loader->quiet,
		.forgive = loader->forced,
	};
	enum vmfw_exit code;

	if (!vmm_is_qemu(loader->vmm))
		return VMFW_EXIT_OK;
	code = machine_check_qemu(messages, igvm, info->isolation, findings_add,
				  &findings);
	findings_end(&findings);
	if (code && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	if (code != VMFW_EXIT_IMAGE)
		return code;
	if (!loader->forced) {
		message_error(messages, "%s: QEMU cannot load this image and would end this VM at the reset; \"stage --force=vmm\" overrides this check",
			      payload->source->path);
		return code;
	}
	message_warning(messages, "%s: --force=vmm: if QEMU cannot load it, the reset ends this VM, and only the host can start it again",
			payload->source->path);
	return VMFW_EXIT_OK;
}

static enum vmfw_exit plan_igvm(struct payload *payload,
				struct messages *messages,
				const struct vmfwupdate_info *info,
				const struct payload_loader *loader)
{
	const struct vmfw_igvm_platform *platform;
	enum vmfw_exit code;

	payload->format = VMFWUPDATE_FORMAT_IGVM;
	payload->size = payload->source->size;
	code = check_size(payload, messages, info);
	if (!code)
		code = plan_platform(messages, payload->source->path,
				     &payload->igvm, info->isolation,
				     &platform);
	if (!code)
		code = check_machine(payload, messages, info);
	if (code)
		return code;
	warn_of_smm(payload, messages, loader);
	code = check_loader(payload, messages, &payload->igvm, info, loader);
	if (code)
		return code;
	payload->platform = vmfw_igvm_platform_word(platform->type);
	return plan_ranges(messages, &payload->igvm, platform, info->max_ranges,
			   &payload->ranges, &payload->nr_ranges);
}

/*
 * A kernel that does not know the member size_multiple leaves it 0. Such a
 * kernel has no rule for sizes.
 */
static uint64_t size_multiple(const struct vmfwupdate_info *info)
{
	return info->size_multiple ? info->size_multiple : 1;
}

static enum vmfw_exit plan_flat(struct payload *payload,
				struct messages *messages,
				const struct vmfwupdate_info *info)
{
	uint64_t size = payload->source->size, multiple = size_multiple(info);
	char words[SIZE_WORDS], blocks[SIZE_WORDS],
	     missing[SIZE_WORDS];
	enum vmfw_exit code;

	payload->format = VMFWUPDATE_FORMAT_FLAT;
	payload->size = size;
	code = plan_machine(messages, payload->source->path, VMFW_IGVM_X64);
	if (!code)
		code = check_size(payload, messages, info);
	if (code)
		return code;
	if (size % multiple) {
		message_error(messages, "%s: %s is not a multiple of %s, which this VMM requires; put %s of 0xff in front",
			      payload->source->path, size_words(words, size),
			      size_words(blocks, multiple),
			      size_words(missing,
			      multiple - size % multiple));
		return VMFW_EXIT_DEVICE;
	}
	return plan_flat_ranges(messages, size, &payload->ranges,
				&payload->nr_ranges);
}

/* Convert nothing for an encrypted guest: its launch digest would change. */
static enum vmfw_exit check_plain(const struct payload *payload,
				  struct messages *messages,
				  const struct vmfwupdate_info *info,
				  const char *takes)
{
	if (info->isolation == VMFWUPDATE_ISOLATION_NONE)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: cannot convert this file for a guest with encrypted memory (%s): this VMM takes only %s",
		      payload->source->path,
		      device_isolation_word(info->isolation), takes);
	return VMFW_EXIT_DEVICE;
}

/* The free part of a buffer for a whole file. */
struct rom_space {
	uint8_t *next;
	size_t left;
};

static int fill_rom(void *arg, const void *bytes, size_t len)
{
	struct rom_space *room = arg;

	if (len > room->left)
		return -ESTALE;
	memcpy(room->next, bytes, len);
	room->next += len;
	room->left -= len;
	return 0;
}

static enum vmfw_exit say_stream_error(struct payload *payload,
				       struct messages *messages, int err)
{
	if ((err == -EINTR || err == -ECANCELED) && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	return source_stream_error(payload->source, messages, err);
}

/*
 * Some of QEMU's rules for an image depend on this machine. So wrap the
 * firmware now, and check the result.
 */
static enum vmfw_exit check_wrapped(struct payload *payload,
				    struct messages *messages,
				    const struct vmfwupdate_info *info,
				    const struct payload_loader *loader)
{
	size_t rom_size = payload->source->size;
	struct vmfw_igvm_input input = { .size = payload->size };
	struct vmfw_igvm igvm;
	enum vmfw_exit code;
	int err = -ENOMEM;
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
	code = err ? say_stream_error(payload, messages, err) :
		     check_loader(payload, messages, &igvm, info, loader);
	free(file);
	return code;
}

/*
 * Plan to wrap flat firmware. The IGVM file has the data of equal pages only
 * once, so read the whole firmware to find the size of the file.
 */
static enum vmfw_exit plan_wrapped(struct payload *payload,
				   struct messages *messages,
				   const struct vmfwupdate_info *info,
				   const struct payload_loader *loader)
{
	uint64_t rom_size = payload->source->size;
	struct rom_space room = { .left = rom_size };
	size_t size;
	enum vmfw_exit code;
	int err = -ENOMEM;

	payload->way = PAYLOAD_WRAPPED;
	payload->format = VMFWUPDATE_FORMAT_IGVM;
	payload->platform = vmfw_igvm_platform_word(VMFW_IGVM_NATIVE);
	code = plan_machine(messages, payload->source->path, VMFW_IGVM_X64);
	if (!code)
		code = check_plain(payload, messages, info, "IGVM images");
	if (code)
		return code;

	payload->rom = malloc(rom_size);
	room.next = payload->rom;
	if (payload->rom)
		err = source_stream(payload->source, fill_rom, &room, NULL,
				    payload->digest);
	if (!err)
		err = vmfw_igvm_wrap_size(payload->rom, rom_size, &size);
	if (err)
		return say_stream_error(payload, messages, err);
	payload->has_digest = true;
	payload->size = size;
	code = check_size(payload, messages, info);
	if (code)
		return code;
	warn_of_smm(payload, messages, loader);
	code = check_wrapped(payload, messages, info, loader);
	if (code)
		return code;
	return plan_flat_ranges(messages, rom_size, &payload->ranges,
				&payload->nr_ranges);
}

static enum vmfw_exit say_obstacle(const struct payload *payload,
				   struct messages *messages,
				   const struct flatten_obstacle *obstacle)
{
	char words[FLATTEN_WORDS];

	flatten_describe(obstacle, words, sizeof(words));
	message_error(messages, "%s: cannot flatten this IGVM image, as this VMM requires: %s",
		      payload->source->path, words);
	return VMFW_EXIT_DEVICE;
}

static enum vmfw_exit plan_flattened(struct payload *payload,
				     struct messages *messages,
				     const struct vmfwupdate_info *info)
{
	const struct vmfw_igvm_platform *platform;
	struct flatten_obstacle obstacle;
	enum vmfw_exit code;
	int err;

	payload->way = PAYLOAD_FLATTENED;
	payload->format = VMFWUPDATE_FORMAT_FLAT;
	code = check_plain(payload, messages, info, "flat firmware");
	if (!code)
		code = plan_platform(messages, payload->source->path,
				     &payload->igvm, info->isolation,
				     &platform);
	/*
	 * payload_stream() reads the pages in any order, so compute the digest
	 * now: see check_same().
	 */
	if (!code)
		code = payload_digest(payload, messages);
	if (code)
		return code;
	payload->platform = vmfw_igvm_platform_word(platform->type);
	err = flatten_plan(&payload->flat, &payload->igvm, platform->mask,
			   size_multiple(info), &obstacle);
	if (err == -ENOTSUP)
		return say_obstacle(payload, messages, &obstacle);
	if (err)
		return say_stream_error(payload, messages, err);
	payload->size = payload->flat.size;
	code = check_size(payload, messages, info);
	if (code)
		return code;
	return plan_flat_ranges(messages, payload->size, &payload->ranges,
				&payload->nr_ranges);
}

static enum vmfw_exit choose_way(struct payload *payload,
				 struct messages *messages,
				 const struct vmfwupdate_info *info,
				 const struct payload_loader *loader)
{
	bool takes_igvm = info->formats & VMFWUPDATE_FORMAT_IGVM;
	bool takes_flat = info->formats & VMFWUPDATE_FORMAT_FLAT;

	if (!takes_igvm && !takes_flat) {
		message_error(messages, "cannot hand over an image: this VMM takes neither IGVM images nor flat firmware");
		return VMFW_EXIT_DEVICE;
	}
	if (payload->source->kind == SOURCE_FLAT)
		return takes_flat ?
			       plan_flat(payload, messages, info) :
			       plan_wrapped(payload, messages, info, loader);
	return takes_igvm ? plan_igvm(payload, messages, info, loader) :
			    plan_flattened(payload, messages, info);
}

/**
 * payload_plan() - plan the data for the VMM
 * @payload: from payload_check()
 * @messages: for warnings and errors
 * @info: the formats and sizes that the VMM takes, which never change on one
 *	machine
 * @loader: the loader of the VMM
 *
 * The function plans a conversion only if the VMM does not take the format of the
 * file. After success, another call changes nothing.
 *
 * Return: an exit code; VMFW_EXIT_DEVICE: the VMM does not take this file;
 * VMFW_EXIT_IMAGE: this machine cannot start from it.
 */
enum vmfw_exit payload_plan(struct payload *payload, struct messages *messages,
			    const struct vmfwupdate_info *info,
			    const struct payload_loader *loader)
{
	enum vmfw_exit code =
		payload->planned ? VMFW_EXIT_OK :
				   choose_way(payload, messages, info, loader);

	payload->planned = !code;
	return code;
}

/**
 * payload_digest() - compute the SHA-256 of the file, unless it is known
 * @payload: from payload_check(); receives the digest
 * @messages: for errors
 *
 * Return: an exit code.
 */
enum vmfw_exit payload_digest(struct payload *payload,
			      struct messages *messages)
{
	enum vmfw_exit code;

	if (payload->has_digest)
		return VMFW_EXIT_OK;
	code = source_digest(payload->source, messages, payload->digest);
	payload->has_digest = !code;
	return code;
}

/**
 * struct meter - a sink that counts bytes and passes them on to another sink
 * @sink: takes the pieces
 * @arg: for @sink
 * @progress: receives the progress
 * @done: bytes so far
 */
struct meter {
	source_sink *sink;
	void *arg;
	struct progress *progress;
	uint64_t done;
};

static int pass_piece(void *arg, const void *bytes, size_t len)
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
			err = pass_piece(meter, piece, len);
	}
	free(piece);
	return err;
}

/*
 * The tool read the file from start to end for its digest, and then page by
 * page. If the file still has the same digest, it has not changed.
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

/* The caller may have recorded the digest: the file must still have it. */
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
 * payload_stream() - hand all bytes to a function, once
 * @payload: from payload_plan(); the function adds an unknown digest. It checks a
 *	known one, unless the file is in memory
 * @sink: takes the pieces
 * @arg: for @sink
 * @progress: receives the progress
 *
 * Return: 0; -ESTALE: the file has changed; or as source_stream().
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
					     payload->source->size, pass_piece,
					     &meter);
	case PAYLOAD_FLATTENED:
		err = stream_flat(payload, &meter);
		return err ? err : check_same(payload);
	default:
		return stream_file(payload, sink, arg, progress);
	}
}

/**
 * payload_free() - free the contents of a payload
 * @payload: from payload_check(), or zeroes
 */
void payload_free(struct payload *payload)
{
	free(payload->ranges);
	free(payload->rom);
}
