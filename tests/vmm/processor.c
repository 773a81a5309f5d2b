// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The boot processor's registers, set as an incoming migration sets them.
 *
 * QEMU's own structure of a processor differs between versions. The stream of a
 * migration does not, because old and new versions must understand each other. So the
 * model saves the processor's state into a buffer, changes the state there and loads it.
 * The model checks its offsets with the values that registers have after a reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "processor.h"
#include "qemu.h"

/* The stream's version. All numbers in the stream are big-endian. */
#define STREAM_VERSION 12
#define STREAM_ROOM (64 << 10)

/* Offsets in the stream. */
#define AT_REGISTERS 0
#define AT_RIP 128
#define AT_RFLAGS 136
#define AT_HIDDEN_FLAGS 144
#define AT_SEGMENTS 236
#define AT_GDTR 396
#define AT_IDTR 416
#define AT_CR0 456
#define AT_CR3 472
#define AT_CR4 480
#define AT_EFER 816
#define STREAM_MIN 824

/* A segment: selector, base of 8 bytes, limit, attributes. */
#define SEGMENT_SIZE 20
#define SEGMENT_BASE 4
#define SEGMENT_LIMIT 12
#define SEGMENT_ATTRIBUTES 16
#define ATTRIBUTES_SHIFT 8

enum segment { ES, CS, SS, DS, FS, GS, SEGMENTS };

#define RESET_CR0 0x60000010

/* QEMU's hidden flags, which are copies of bits of other registers. */
#define HIDDEN_CPL (3u << 0)
#define HIDDEN_CS32 (1u << 4)
#define HIDDEN_SS32 (1u << 5)
#define HIDDEN_ADD_SEGMENT (1u << 6)
#define HIDDEN_PE (1u << 7)
#define HIDDEN_CR0_SHIFT 8
#define HIDDEN_LMA (1u << 14)
#define HIDDEN_CS64 (1u << 15)
#define HIDDEN_SVME (1u << 20)
#define HIDDEN_OSFXSR (1u << 22)
#define HIDDEN_SMAP (1u << 23)
#define HIDDEN_UMIP (1u << 27)
/* TF, IOPL, RF, VM and AC have the same positions as in RFLAGS. */
#define HIDDEN_RFLAGS 0x73100u
/* All hidden flags that follow from a context. */
#define HIDDEN_SET (HIDDEN_CPL | HIDDEN_CS32 | HIDDEN_SS32 |		\
		    HIDDEN_ADD_SEGMENT | HIDDEN_PE |			\
		    CR0_MP_EM_TS << HIDDEN_CR0_SHIFT | HIDDEN_LMA |	\
		    HIDDEN_CS64 | HIDDEN_SVME | HIDDEN_OSFXSR |		\
		    HIDDEN_SMAP | HIDDEN_UMIP | HIDDEN_RFLAGS)

static uint32_t load32(const uint8_t *stream, size_t at)
{
	uint32_t value;

	memcpy(&value, stream + at, sizeof(value));
	return be32toh(value);
}

static uint64_t load64(const uint8_t *stream, size_t at)
{
	uint64_t value;

	memcpy(&value, stream + at, sizeof(value));
	return be64toh(value);
}

static void store32(uint8_t *stream, size_t at, uint32_t value)
{
	value = htobe32(value);
	memcpy(stream + at, &value, sizeof(value));
}

static void store64(uint8_t *stream, size_t at, uint64_t value)
{
	value = htobe64(value);
	memcpy(stream + at, &value, sizeof(value));
}

/* Save the processor's current state. Return: false when its size is not plausible. */
static bool save(uint8_t *stream, size_t *size)
{
	QIOChannel *channel = qio_channel_buffer_new(0);
	QEMUFile *file = qemu_file_new_output(channel);
	ssize_t length;

	vmstate_save_state(file, vmstate_x86_cpu, qemu_get_cpu(0), NULL, NULL);
	qemu_fflush(file);
	qio_channel_io_seek(channel, 0, SEEK_SET, NULL);
	length = qio_channel_read(channel, (char *)stream, STREAM_ROOM, NULL);
	qemu_fclose(file);
	object_unref(channel);
	if (length < STREAM_MIN || length == STREAM_ROOM)
		return false;
	*size = length;
	return true;
}

static void load(const uint8_t *stream, size_t size)
{
	QIOChannel *channel = qio_channel_buffer_new(size);
	static const char end;
	QEMUFile *file;

	/* The zero byte at the end tells QEMU that no further section follows. */
	qio_channel_write_all(channel, (const char *)stream, size, NULL);
	qio_channel_write_all(channel, &end, sizeof(end), NULL);
	qio_channel_io_seek(channel, 0, SEEK_SET, NULL);
	file = qemu_file_new_input(channel);
	vmstate_load_state(file, vmstate_x86_cpu, qemu_get_cpu(0),
			   STREAM_VERSION, NULL);
	qemu_fclose(file);
	object_unref(channel);
}

static size_t segment_at(enum segment segment)
{
	return AT_SEGMENTS + segment * SEGMENT_SIZE;
}

static void store_segment(uint8_t *stream, enum segment segment,
			  const struct vp_segment *from, uint64_t base)
{
	size_t at = segment_at(segment);

	store32(stream, at, from->selector);
	store64(stream, at + SEGMENT_BASE, base);
	store32(stream, at + SEGMENT_LIMIT, from->limit);
	store32(stream, at + SEGMENT_ATTRIBUTES,
		(uint32_t)from->attributes << ATTRIBUTES_SHIFT);
}

static void store_table(uint8_t *stream, size_t at, uint64_t base,
			uint16_t limit)
{
	store64(stream, at + SEGMENT_BASE, base);
	store32(stream, at + SEGMENT_LIMIT, limit);
}

/* Set LMA if the conditions of long mode hold, as a write to CR0 does. */
static uint64_t efer_of(const struct vp_context *context)
{
	bool active = context->efer & EFER_LME && context->cr0 & CR0_PG &&
		context->cr4 & CR4_PAE;

	return (context->efer & ~EFER_LMA) | (active ? EFER_LMA : 0);
}

static uint32_t segment_flags(const struct vp_context *context)
{
	bool is_big = context->code.attributes & ATTRIBUTE_BIG;
	uint32_t flags = 0;

	flags |= (context->data.attributes & ATTRIBUTE_DPL) >>
		ATTRIBUTE_DPL_SHIFT;
	if (context->data.attributes & ATTRIBUTE_BIG)
		flags |= HIDDEN_SS32;
	if (efer_of(context) & EFER_LMA) {
		flags |= HIDDEN_LMA;
		if (context->code.attributes & ATTRIBUTE_LONG)
			return flags | HIDDEN_CS64 | HIDDEN_CS32;
	}
	if (is_big)
		flags |= HIDDEN_CS32;
	if (!is_big || !(context->cr0 & CR0_PE) ||
	    context->rflags & RFLAGS_VM || context->data.base)
		flags |= HIDDEN_ADD_SEGMENT;
	return flags;
}

static uint32_t hidden_flags(const struct vp_context *context)
{
	uint32_t flags = segment_flags(context);

	flags |= (context->cr0 & CR0_MP_EM_TS) << HIDDEN_CR0_SHIFT;
	flags |= context->rflags & HIDDEN_RFLAGS;
	if (context->cr0 & CR0_PE)
		flags |= HIDDEN_PE;
	if (context->cr4 & CR4_OSFXSR)
		flags |= HIDDEN_OSFXSR;
	if (context->cr4 & CR4_SMAP)
		flags |= HIDDEN_SMAP;
	if (context->cr4 & CR4_UMIP)
		flags |= HIDDEN_UMIP;
	if (context->efer & EFER_SVME)
		flags |= HIDDEN_SVME;
	return flags;
}

static void change(uint8_t *stream, const struct vp_context *context)
{
	uint32_t hidden = load32(stream, AT_HIDDEN_FLAGS) & ~HIDDEN_SET;
	enum segment segment;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(context->registers); i++)
		store64(stream, AT_REGISTERS + 8 * i, context->registers[i]);
	store64(stream, AT_RIP, context->rip);
	store64(stream, AT_RFLAGS, context->rflags);
	store32(stream, AT_HIDDEN_FLAGS, hidden | hidden_flags(context));
	for (segment = ES; segment < SEGMENTS; segment++)
		store_segment(stream, segment, &context->data,
			      context->data.base);
	store_segment(stream, CS, &context->code, context->code.base);
	store_segment(stream, GS, &context->data, context->gs_base);
	store_table(stream, AT_GDTR, context->gdtr_base, context->gdtr_limit);
	store_table(stream, AT_IDTR, context->idtr_base, context->idtr_limit);
	store64(stream, AT_CR0, context->cr0);
	store64(stream, AT_CR3, context->cr3);
	store64(stream, AT_CR4, context->cr4);
	store64(stream, AT_EFER, efer_of(context));
}

/* Do registers have the values that the processors' manuals give for a reset? */
static bool is_reset(const uint8_t *stream)
{
	size_t code = segment_at(CS);

	return load64(stream, AT_RIP) == 0xfff0 &&
		load64(stream, AT_RFLAGS) == 2 &&
		load32(stream, code) == 0xf000 &&
		load64(stream, code + SEGMENT_BASE) == 0xffff0000 &&
		load32(stream, code + SEGMENT_LIMIT) == 0xffff &&
		load32(stream, AT_GDTR + SEGMENT_LIMIT) == 0xffff &&
		load32(stream, AT_IDTR + SEGMENT_LIMIT) == 0xffff &&
		load64(stream, AT_CR0) == RESET_CR0 &&
		load64(stream, AT_CR3) == 0 && load64(stream, AT_CR4) == 0 &&
		load64(stream, AT_EFER) == 0;
}

bool processor_is_known(void)
{
	g_autofree uint8_t *stream = g_malloc(STREAM_ROOM);
	size_t size;

	return vmstate_x86_cpu && save(stream, &size) && is_reset(stream);
}

void processor_start(const struct vp_context *context)
{
	g_autofree uint8_t *wanted = g_malloc(STREAM_ROOM);
	g_autofree uint8_t *found = g_malloc(STREAM_ROOM);
	size_t size, found_size;

	if (save(wanted, &size) && is_reset(wanted)) {
		change(wanted, context);
		load(wanted, size);
		if (save(found, &found_size) && found_size == size &&
		    !memcmp(found, wanted, size))
			return;
	}
	log_error("cannot set the registers of the boot processor");
	exit(EXIT_FAILURE);
}
