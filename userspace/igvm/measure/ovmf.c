// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What an OVMF firmware asks of a VMM that launches it as a confidential guest:
 * a table of GUIDs at its end, from there SEV's and TDX's lists of memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "format/internal.h"

#define GUID_SIZE	16
#define GIB4		(1ull << 32)
/* The table's footer ends where the reset vector's 32 bytes begin. */
#define TABLE_END	32
/* Behind its content, every entry has its length and its GUID. */
#define ENTRY_TAIL	(2 + GUID_SIZE)
/* A section list's head: signature, its bytes, version, number of sections. */
#define LIST_HEAD	16
#define LIST_VERSION	1
/* Firmware has about seven sections; each is compared with each. */
#define MAX_SECTIONS	64
/* What a firmware sets aside for a VMM is a page or two. */
#define MAX_AREA		(1u << 20)

#define SEV_SECTION_SIZE	12
#define IGVM_SECTION_SIZE	12
#define TDX_SECTION_SIZE	32

enum sev_section {
	SEV_MEMORY = 1,
	SEV_SECRETS = 2,
	SEV_CPUID = 3,
	SEV_SVSM_CALLING_AREA = 4,
	SEV_KERNEL_HASHES = 0x10,
};

enum tdx_section {
	TDX_BOOT_VOLUME = 0,
	TDX_CONFIGURATION_VOLUME = 1,
	TDX_HOB = 2,
	TDX_TEMPORARY_MEMORY = 3,
};

#define TDX_EXTENDED	0x1u		/* its bytes are measured */

enum igvm_section {
	IGVM_PARAMETER_AREA = 0x100,	/* 0x101, 0x102: what is where in it */
	IGVM_HOB_AREA = 0x200,
};

/* As they stand in the file: the first three numbers are little-endian. */
static const uint8_t table_guid[GUID_SIZE] = {
	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d,
};
static const uint8_t reset_guid[GUID_SIZE] = {
	0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
	0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e,
};
static const uint8_t sev_guid[GUID_SIZE] = {
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};
static const uint8_t tdx_guid[GUID_SIZE] = {
	0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
	0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2,
};
static const uint8_t igvm_guid[GUID_SIZE] = {
	0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46,
	0x8a, 0x20, 0x04, 0xb6, 0x86, 0x99, 0xe3, 0x74,
};

/* The one error: where it is, and what was found there. */
static int set_fault(struct vmfw_igvm_rom_fault *where, const char *text,
		     size_t offset, uint64_t value)
{
	where->text = text;
	where->offset = offset;
	where->value = value;
	return -EINVAL;
}

/*
 * Look an entry of the table up. -ENOENT: it is not there, or there is no
 * table at all.
 */
static int find_entry(const struct vmfw_igvm_rom *rom, const uint8_t *guid,
		      size_t min, size_t *content,
		      struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = rom->bytes;
	size_t end, start, len;

	/* There is a page, at least. */
	end = rom->size - TABLE_END;
	if (memcmp(p + end - GUID_SIZE, table_guid, GUID_SIZE))
		return -ENOENT;
	len = get_le16(p + end - ENTRY_TAIL);
	if (len < ENTRY_TAIL || len > end)
		return set_fault(where, "the firmware's table cannot have so many bytes",
				 end - ENTRY_TAIL, len);
	start = end - len;
	for (end -= ENTRY_TAIL; end - start >= ENTRY_TAIL; end -= len) {
		len = get_le16(p + end - ENTRY_TAIL);
		if (len < ENTRY_TAIL || len > end - start)
			return set_fault(where, "an entry of the firmware's table cannot have so many bytes",
					 end - ENTRY_TAIL, len);
		if (memcmp(p + end - GUID_SIZE, guid, GUID_SIZE))
			continue;
		if (len < ENTRY_TAIL + min)
			return set_fault(where, "this entry of the firmware's table has too few bytes",
					 end - ENTRY_TAIL, len);
		*content = end - len;
		return 0;
	}
	return -ENOENT;
}

/* Where a list of sections is: an entry says how far before the end. */
static int find_list(struct vmfw_igvm_rom *rom, const uint8_t *guid,
		     const char *signature, size_t section_size,
		     struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = rom->bytes;
	size_t at, start;
	uint32_t from_end, nr;
	int err;

	err = find_entry(rom, guid, sizeof(from_end), &at, where);
	if (err)
		return err;
	from_end = get_le32(p + at);
	if (from_end > rom->size || from_end < LIST_HEAD)
		return set_fault(where, "the list of sections cannot begin so many bytes before the end",
				 at, from_end);
	start = rom->size - from_end;
	if (memcmp(p + start, signature, 4))
		return set_fault(where, "the list of sections has another signature",
				 start, get_le32(p + start));
	if (get_le32(p + start + 8) != LIST_VERSION)
		return set_fault(where, "only version 1 of the list of sections is known",
				 start + 8, get_le32(p + start + 8));
	nr = get_le32(p + start + 12);
	if (!nr || nr > MAX_SECTIONS ||
	    nr * section_size > from_end - LIST_HEAD)
		return set_fault(where, "the list cannot have so many sections",
				 start + 12, nr);
	if (get_le32(p + start + 4) != LIST_HEAD + nr * section_size)
		return set_fault(where, "the bytes of the list do not go with its number of sections",
				 start + 4, get_le32(p + start + 4));
	rom->sections = start + LIST_HEAD;
	rom->nr_sections = nr;
	return 0;
}

static int read_sev_section(const struct vmfw_igvm_rom *rom, size_t at,
			    struct vmfw_igvm_rom_section *section,
			    struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = (const uint8_t *)rom->bytes + at;

	*section = (struct vmfw_igvm_rom_section) {
		.gpa = get_le32(p),
		.size = get_le32(p + 4),
	};
	switch (get_le32(p + 8)) {
	case SEV_MEMORY:
	case SEV_SVSM_CALLING_AREA:
	case SEV_KERNEL_HASHES:		/* none: no kernel comes with it */
		section->kind = VMFW_IGVM_STEP_ZERO;
		break;
	case SEV_SECRETS:
		section->kind = VMFW_IGVM_STEP_SECRETS;
		break;
	case SEV_CPUID:
		section->kind = VMFW_IGVM_STEP_CPUID;
		break;
	default:
		return set_fault(where, "no such type of section is known to SEV",
				 at + 8, get_le32(p + 8));
	}
	if (section->kind != VMFW_IGVM_STEP_ZERO &&
	    section->size != VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "secrets and CPUID have one page of 4 KiB",
				 at + 4, section->size);
	return 0;
}

/* Which bytes of the firmware a section holds. */
static int read_tdx_data(const struct vmfw_igvm_rom *rom, size_t at,
			 struct vmfw_igvm_rom_section *section,
			 struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = (const uint8_t *)rom->bytes + at;
	uint32_t offset = get_le32(p), size = get_le32(p + 4);

	if (offset % VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "a section's bytes are not at a multiple of 4 KiB",
				 at, offset);
	if (offset > rom->size || size > rom->size - offset)
		return set_fault(where, "a section has bytes behind the firmware's end",
				 at, offset);
	/* QEMU would go on with what happens to follow. */
	if (size != section->size)
		return set_fault(where, "a section has not as many bytes as memory",
				 at + 4, size);
	section->has_data = true;
	section->offset = offset;
	return 0;
}

static int read_tdx_section(const struct vmfw_igvm_rom *rom, size_t at,
			    struct vmfw_igvm_rom_section *section,
			    struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = (const uint8_t *)rom->bytes + at;
	uint32_t type = get_le32(p + 24), attributes = get_le32(p + 28);

	*section = (struct vmfw_igvm_rom_section) {
		.gpa = get_le64(p + 8),
		.size = get_le64(p + 16),
		.kind = attributes & TDX_EXTENDED ? VMFW_IGVM_STEP_NORMAL :
						    VMFW_IGVM_STEP_UNMEASURED,
		.is_hob = type == TDX_HOB,
	};
	if (attributes & ~TDX_EXTENDED)
		return set_fault(where, "VMMs differ in what these attributes of a section mean",
				 at + 28, attributes);
	switch (type) {
	case TDX_BOOT_VOLUME:
	case TDX_CONFIGURATION_VOLUME:
		return read_tdx_data(rom, at, section, where);
	case TDX_HOB:
		/* It tells of the machine's memory. */
		if (attributes & TDX_EXTENDED)
			return set_fault(where, "the bytes of the HOB list cannot be measured: the VMM makes them",
					 at + 28, attributes);
		break;
	case TDX_TEMPORARY_MEMORY:
		break;
	default:
		return set_fault(where, "no such type of section is known to TDX",
				 at + 24, type);
	}
	if (get_le32(p + 4))
		return set_fault(where, "this type of section has no bytes of the firmware",
				 at + 4, get_le32(p + 4));
	return 0;
}

static size_t section_place(const struct vmfw_igvm_rom *rom, uint32_t index)
{
	return rom->sections + (size_t)index *
	       (rom->platform == VMFW_IGVM_TDX ? TDX_SECTION_SIZE :
						 SEV_SECTION_SIZE);
}

static int read_section(const struct vmfw_igvm_rom *rom, uint32_t index,
			struct vmfw_igvm_rom_section *section,
			struct vmfw_igvm_rom_fault *where)
{
	size_t at = section_place(rom, index);

	if (rom->platform == VMFW_IGVM_TDX)
		return read_tdx_section(rom, at, section, where);
	return read_sev_section(rom, at, section, where);
}

static int check_memory(const struct vmfw_igvm_rom *rom, uint32_t index,
			const struct vmfw_igvm_rom_section *section,
			struct vmfw_igvm_rom_fault *where)
{
	size_t at = section_place(rom, index);
	uint64_t end;
	uint32_t i;

	if (section->gpa % VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "a section is not at a multiple of 4 KiB",
				 at, section->gpa);
	if (!section->size || section->size % VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "a section has no whole number of pages",
				 at, section->size);
	if (add_wraps(section->gpa, section->size, &end) || end > GIB4)
		return set_fault(where, "a section ends above 4 GiB", at,
				 section->gpa);
	/* SEV-SNP loads all of the firmware besides; TDX loads sections. */
	if (rom->platform == VMFW_IGVM_SEV_SNP && end > GIB4 - rom->size)
		return set_fault(where, "a section overlaps the firmware", at,
				 section->gpa);
	for (i = 0; i < index; i++) {
		struct vmfw_igvm_rom_section other;

		/* It was read before without a fault. */
		read_section(rom, i, &other, where);
		if (section->gpa < other.gpa + other.size && other.gpa < end)
			return set_fault(where, "a section overlaps an earlier one",
					 at, section->gpa);
	}
	return 0;
}

static int check_sections(const struct vmfw_igvm_rom *rom,
			  struct vmfw_igvm_rom_fault *where)
{
	struct vmfw_igvm_rom_section section;
	unsigned int hobs = 0;
	uint32_t i;
	int err;

	for (i = 0; i < rom->nr_sections; i++) {
		err = read_section(rom, i, &section, where);
		if (!err)
			err = check_memory(rom, i, &section, where);
		if (err)
			return err;
		hobs += section.is_hob;
	}
	if (rom->platform == VMFW_IGVM_TDX && hobs != 1)
		return set_fault(where, "TDX wants one section for the HOB list",
				 rom->sections, hobs);
	return 0;
}

static int check_size(size_t size, struct vmfw_igvm_rom_fault *where)
{
	if (size && size % VMFW_IGVM_PAGE_SIZE == 0 && size <= GIB4)
		return 0;
	return set_fault(where, "a firmware has a whole number of pages below 4 GiB",
			 0, size);
}

/**
 * vmfw_igvm_rom_open() - read what a firmware tells VMMs about itself
 * @rom: receives it, valid as long as the firmware's bytes
 * @bytes: a flat firmware, which ends at 4 GiB
 * @size: its bytes
 * @platform: enum vmfw_igvm_platform_type that it is to be launched on
 * @where: receives what is wrong, if -EINVAL is returned
 *
 * What is known of the format is what OVMF has: edk2's OvmfPkg/ResetVector, for
 * TDX the design guide of TDVF.
 *
 * Return: 0; -ENOENT: this firmware does not tell what the platform wants;
 * -EOPNOTSUPP: no firmware does; -EINVAL: what it tells cannot be.
 */
int vmfw_igvm_rom_open(struct vmfw_igvm_rom *rom, const void *bytes,
		       size_t size, unsigned int platform,
		       struct vmfw_igvm_rom_fault *where)
{
	size_t at;
	int err;

	*rom = (struct vmfw_igvm_rom) {
		.bytes = bytes,
		.size = size,
		.platform = platform,
	};
	err = check_size(size, where);
	if (err)
		return err;
	switch (platform) {
	case VMFW_IGVM_SEV:
		/* The firmware is encrypted as it is, and no registers are. */
		return 0;
	case VMFW_IGVM_SEV_ES:
	case VMFW_IGVM_SEV_SNP:
		err = find_entry(rom, reset_guid, sizeof(rom->ap_reset), &at,
				 where);
		if (err)
			return err;
		rom->ap_reset = get_le32((const uint8_t *)bytes + at);
		if (platform != VMFW_IGVM_SEV_SNP)
			return 0;
		err = find_list(rom, sev_guid, "ASEV", SEV_SECTION_SIZE,
				where);
		break;
	case VMFW_IGVM_TDX:
		err = find_list(rom, tdx_guid, "TDVF", TDX_SECTION_SIZE,
				where);
		break;
	default:
		return -EOPNOTSUPP;
	}
	return err ? err : check_sections(rom, where);
}

/**
 * vmfw_igvm_rom_section() - what memory a firmware wants loaded
 * @rom: from vmfw_igvm_rom_open()
 * @index: from 0, in the order in which it is loaded
 * @section: receives it
 *
 * On SEV-SNP all of the firmware is loaded before that; on TDX there is nothing
 * but sections.
 *
 * Return: false: there are no more.
 */
bool vmfw_igvm_rom_section(const struct vmfw_igvm_rom *rom, uint32_t index,
			   struct vmfw_igvm_rom_section *section)
{
	struct vmfw_igvm_rom_fault ignored;

	if (index >= rom->nr_sections)
		return false;
	read_section(rom, index, section, &ignored);
	return true;
}

static int read_area(const struct vmfw_igvm_rom *rom, size_t at,
		     struct vmfw_igvm_range *area,
		     struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = (const uint8_t *)rom->bytes + at;
	uint64_t start = get_le32(p), size = get_le32(p + 4);

	if (start % VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "an area is not at a multiple of 4 KiB",
				 at, start);
	if (!size || size % VMFW_IGVM_PAGE_SIZE || size > MAX_AREA)
		return set_fault(where, "an area cannot have so many bytes",
				 at + 4, size);
	if (start + size > GIB4 - rom->size)
		return set_fault(where, "an area overlaps the firmware, or ends above 4 GiB",
				 at, start);
	if (area->end)
		return set_fault(where, "an area is announced twice", at, start);
	area->start = start;
	area->end = start + size;
	return 0;
}

/**
 * vmfw_igvm_rom_areas() - where a firmware expects what an IGVM file tells it
 * @bytes: a flat firmware, which ends at 4 GiB
 * @size: its bytes
 * @areas: receives the areas
 * @where: receives what is wrong, if -EINVAL is returned
 *
 * See edk2's OvmfPkg/ResetVector/X64/IgvmMetadata.asm. Entries of other kinds
 * are passed over.
 *
 * Return: 0; -ENOENT: this firmware expects nothing; -EINVAL: what it tells
 * cannot be.
 */
int vmfw_igvm_rom_areas(const void *bytes, size_t size,
			struct vmfw_igvm_rom_areas *areas,
			struct vmfw_igvm_rom_fault *where)
{
	struct vmfw_igvm_rom rom = { .bytes = bytes, .size = size };
	uint32_t i;
	int err;

	*areas = (struct vmfw_igvm_rom_areas) { 0 };
	err = check_size(size, where);
	if (!err)
		err = find_list(&rom, igvm_guid, "IGVM", IGVM_SECTION_SIZE,
				where);
	for (i = 0; !err && i < rom.nr_sections; i++) {
		size_t at = rom.sections + (size_t)i * IGVM_SECTION_SIZE;

		switch (get_le32((const uint8_t *)bytes + at + 8)) {
		case IGVM_PARAMETER_AREA:
			err = read_area(&rom, at, &areas->parameters, where);
			break;
		case IGVM_HOB_AREA:
			err = read_area(&rom, at, &areas->hobs, where);
			break;
		}
	}
	if (!err && areas->hobs.start < areas->parameters.end &&
	    areas->parameters.start < areas->hobs.end)
		err = set_fault(where, "two areas overlap", rom.sections,
				areas->hobs.start);
	return err;
}
