// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VP contexts of the native platform: the registers a processor starts with.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>

#include "igvm_reader.h"

/* A context is at the start of a page in the file. The rest of the page is zero. */
#define CONTEXT_SIZE 232

/* Offsets in the context. */
#define AT_RIP 128
#define AT_RFLAGS 136
#define AT_IDTR_BASE 144
#define AT_IDTR_LIMIT 152
#define AT_RESERVED 154
#define RESERVED_SIZE 4
#define AT_GDTR_LIMIT 158
#define AT_GDTR_BASE 160
#define AT_CODE 168
#define AT_DATA 180
#define AT_GS_BASE 192
#define AT_CR0 200
#define AT_CR3 208
#define AT_CR4 216
#define AT_EFER 224

static struct vp_segment get_segment(const uint8_t *bytes)
{
	return (struct vp_segment) {
		.selector = get16(bytes),
		.attributes = get16(bytes + 2),
		.base = get32(bytes + 4),
		.limit = get32(bytes + 8),
	};
}

struct vp_context *igvm_native_context(const uint8_t *bytes)
{
	struct vp_context *context = g_new0(struct vp_context, 1);
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(context->registers); i++)
		context->registers[i] = get64(bytes + 8 * i);
	context->rip = get64(bytes + AT_RIP);
	context->rflags = get64(bytes + AT_RFLAGS);
	context->idtr_base = get64(bytes + AT_IDTR_BASE);
	context->idtr_limit = get16(bytes + AT_IDTR_LIMIT);
	context->gdtr_base = get64(bytes + AT_GDTR_BASE);
	context->gdtr_limit = get16(bytes + AT_GDTR_LIMIT);
	context->code = get_segment(bytes + AT_CODE);
	context->data = get_segment(bytes + AT_DATA);
	context->gs_base = get64(bytes + AT_GS_BASE);
	context->cr0 = get64(bytes + AT_CR0);
	context->cr3 = get64(bytes + AT_CR3);
	context->cr4 = get64(bytes + AT_CR4);
	context->efer = get64(bytes + AT_EFER);
	return context;
}

static bool check_modes(struct reader *reader, const struct header_type *type,
			const struct vp_context *context)
{
	uint16_t levels = context->code.attributes | context->data.attributes;

	if (!(context->cr0 & CR0_PE) && levels & ATTRIBUTE_DPL)
		return reader_refuse(reader, "%s has a privilege level in real mode",
				     type->name);
	if (context->cr0 & CR0_PG && !(context->cr0 & CR0_PE))
		return reader_refuse(reader, "%s has paging in real mode",
				     type->name);
	if (context->cr0 & CR0_PG && context->efer & EFER_LME &&
	    !(context->cr4 & CR4_PAE))
		return reader_refuse(reader, "%s has long mode without PAE",
				     type->name);
	return true;
}

/* Only VP 0 may have a context: other VPs wait for VP 0, as after any reset. */
static bool check_header(struct reader *reader, const struct header_type *type,
			 const uint8_t *content)
{
	uint16_t index = get16(content + 16);

	if (reader->machine->architecture != ARCHITECTURE_X64)
		return reader_refuse(reader, "%s for AArch64: this VMM does not support it",
				     type->name);
	if (reader->version < 2)
		return reader_refuse(reader, "%s of the native platform in a file of version %"
				     PRIu32 ": it needs version 2", type->name,
				     reader->version);
	if (index)
		return reader_refuse(reader, "%s of VP %u: this VMM has one for the boot processor only",
				     type->name, index);
	if (reader->image->context)
		return reader_refuse(reader, "%s of VP 0 is there twice",
				     type->name);
	if (get16(content + 18))
		return reader_refuse(reader, "%s has reserved bits",
				     type->name);
	return true;
}

bool read_vp_context(struct reader *reader, const struct header_type *type,
		     const uint8_t *content)
{
	uint32_t offset = get32(content + 12);

	if (!check_header(reader, type, content))
		return false;
	if (!reader_has_data(reader, offset, MEMORY_PAGE))
		return reader_refuse(reader, "%s is not within the file's data: offset 0x%"
				     PRIx32, type->name, offset);
	if (!reader_has_zeroes(reader, offset + AT_RESERVED, RESERVED_SIZE) ||
	    !reader_has_zeroes(reader, offset + CONTEXT_SIZE,
			       MEMORY_PAGE - CONTEXT_SIZE))
		return reader_refuse(reader, "%s has reserved bytes that are not zero",
				     type->name);
	reader->image->context = igvm_native_context(reader->file +
						     offset);
	return check_modes(reader, type, reader->image->context);
}
