// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The requests of an OVMF firmware to a VMM that launches it as a confidential
 * guest. The firmware has a table of GUIDs at its end, which points to SEV's and
 * TDX's lists of memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "measure/measure.h"
#include "shared/macro.h"

/* The table's footer ends where the reset vector's 32 bytes begin. */
#define TABLE_END	32
/* Every entry has its length and its GUID after its content. */
#define ENTRY_TAIL	(2 + GUID_SIZE)
/* Head of a section list: signature, size, version, number of sections. */
#define LIST_HEAD	16
#define LIST_VERSION	1
/* Firmware has about seven sections. check_memory() compares every pair of them. */
#define MAX_SECTIONS	64
/* Firmware sets only one or two pages aside for a VMM. */
#define MAX_AREA		(1u << 20)

#define SEV_SECTION_SIZE	12
#define IGVM_SECTION_SIZE	12
#define TDX_SECTION_SIZE	32

enum tdx_section {
	TDX_BOOT_VOLUME = 0,
	TDX_CONFIGURATION_VOLUME = 1,
	TDX_HOB = 2,
	TDX_TEMPORARY_MEMORY = 3,
};

#define TDX_EXTENDED	0x1u		/* MRTD covers the section's bytes */

enum igvm_section {
	IGVM_PARAMETER_AREA = 0x100,	/* 0x101, 0x102: map of the firmware's contents */
	IGVM_HOB_AREA = 0x200,
};

/* GUIDs as in the file: the first three numbers are little-endian. */
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
static const uint8_t hashes_guid[GUID_SIZE] = {
	0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
	0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54,
};
static const uint8_t tdx_guid[GUID_SIZE] = {
	0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
	0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2,
};
static const uint8_t igvm_guid[GUID_SIZE] = {
	0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46,
	0x8a, 0x20, 0x04, 0xb6, 0x86, 0x99, 0xe3, 0x74,
};

/* Set the fault: its rule, its place, and the value there. */
static int set_fault(struct vmfw_igvm_rom_fault *where, const char *text,
		     size_t offset, uint64_t value)
{
	where->text = text;
	where->offset = offset;
	where->value = value;
	return -EINVAL;
}

/*
 * Find an entry of the table. -ENOENT: it is missing, or there is no table at
 * all.
 */
static int find_entry(const struct vmfw_igvm_rom *rom, const uint8_t *guid,
		      size_t min, size_t *content,
		      struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = rom->bytes;
	size_t end, start, len;

	/* The firmware has at least one page. */
	end = rom->size - TABLE_END;
	if (memcmp(p + end - GUID_SIZE, table_guid, GUID_SIZE))
		return -ENOENT;
	len = get_le16(p + end - ENTRY_TAIL);
	if (len < ENTRY_TAIL || len > end)
		return set_fault(where, "the firmware's table must have at least one entry, and begin within the firmware",
				 end - ENTRY_TAIL, len);
	start = end - len;
	for (end -= ENTRY_TAIL; end - start >= ENTRY_TAIL; end -= len) {
		len = get_le16(p + end - ENTRY_TAIL);
		if (len < ENTRY_TAIL || len > end - start)
			return set_fault(where, "an entry of the firmware's table must have at least 18 bytes, and begin within the table",
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

/*
 * Find a list of sections. The table's entry has the distance of the list from
 * the end of the firmware.
 */
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
		return set_fault(where, "the list of sections must lie within the firmware",
				 at, from_end);
	start = rom->size - from_end;
	if (memcmp(p + start, signature, 4))
		return set_fault(where, "the list of sections must begin with its signature",
				 start, get_le32(p + start));
	if (get_le32(p + start + 8) != LIST_VERSION)
		return set_fault(where, "the version of the list of sections must be 1",
				 start + 8, get_le32(p + start + 8));
	nr = get_le32(p + start + 12);
	if (!nr || nr > MAX_SECTIONS ||
	    nr * section_size > from_end - LIST_HEAD)
		return set_fault(where, "the list must have from 1 to 64 sections, and end within the firmware",
				 start + 12, nr);
	if (get_le32(p + start + 4) != LIST_HEAD + nr * section_size)
		return set_fault(where, "the length of the list does not fit its number of sections",
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
	case SEV_KERNEL_HASHES:		/* for the hashes of a kernel, if there is one */
		section->kind = VMFW_IGVM_STEP_ZERO;
		break;
	case SEV_SECRETS:
		section->kind = VMFW_IGVM_STEP_SECRETS;
		break;
	case SEV_CPUID:
		section->kind = VMFW_IGVM_STEP_CPUID;
		break;
	default:
		return set_fault(where, "SEV has no such type of section",
				 at + 8, get_le32(p + 8));
	}
	if (section->kind != VMFW_IGVM_STEP_ZERO &&
	    section->size != VMFW_IGVM_PAGE_SIZE)
		return set_fault(where, "a section for secrets or CPUID must be one page of 4 KiB",
				 at + 4, section->size);
	return 0;
}

/* Find the bytes of the firmware that a section contains. */
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
		return set_fault(where, "a section has bytes after the firmware's end",
				 at, offset);
	/* QEMU would fill a larger section with more bytes of the firmware. */
	if (size != section->size)
		return set_fault(where, "a section has another size in the file than in memory",
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
		return set_fault(where, "the meaning of these attributes of a section depends on the VMM",
				 at + 28, attributes);
	switch (type) {
	case TDX_BOOT_VOLUME:
	case TDX_CONFIGURATION_VOLUME:
		return read_tdx_data(rom, at, section, where);
	case TDX_HOB:
		/* The VMM describes the machine's memory there. */
		if (attributes & TDX_EXTENDED)
			return set_fault(where, "no tool can measure the bytes of the HOB list, because the VMM makes them",
					 at + 28, attributes);
		break;
	case TDX_TEMPORARY_MEMORY:
		break;
	default:
		return set_fault(where, "TDX has no such type of section",
				 at + 24, type);
	}
	if (get_le32(p + 4))
		return set_fault(where, "this type of section must have no bytes in the file",
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
		return set_fault(where, "a section must have a whole number of pages, at least one",
				 at, section->size);
	if (add_wraps(section->gpa, section->size, &end) || end > 4 * GIB)
		return set_fault(where, "a section ends above 4 GiB", at,
				 section->gpa);
	/* On SEV-SNP, the VMM also loads all of the firmware. On TDX, it does not. */
	if (rom->platform == VMFW_IGVM_SEV_SNP && end > 4 * GIB - rom->size)
		return set_fault(where, "a section overlaps the firmware", at,
				 section->gpa);
	for (i = 0; i < index; i++) {
		struct vmfw_igvm_rom_section other;

		/* check_sections() has read this section without a fault. */
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
		return set_fault(where, "TDX needs exactly one section for the HOB list",
				 rom->sections, hobs);
	return 0;
}

static int check_size(size_t size, struct vmfw_igvm_rom_fault *where)
{
	if (size && size % VMFW_IGVM_PAGE_SIZE == 0 && size <= 4 * GIB)
		return 0;
	return set_fault(where, "the size of a firmware must be a whole number of pages, up to 4 GiB",
			 0, size);
}

/**
 * vmfw_igvm_rom_open() - read a firmware's requests to VMMs
 * @rom: receives the requests, valid as long as the firmware's bytes
 * @bytes: a flat firmware, which ends at 4 GiB
 * @size: its size in bytes
 * @platform: platform of the launch, enum vmfw_igvm_platform_type
 * @where: receives the fault, if -EINVAL is returned
 *
 * The format is that of OVMF: edk2's OvmfPkg/ResetVector, and for TDX the
 * design guide of TDVF.
 *
 * Return: 0; -ENOENT: this firmware has no metadata for the platform;
 * -EOPNOTSUPP: no firmware has any for it; -EINVAL: the metadata or the size of
 * the firmware is invalid.
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
		/* SEV encrypts the firmware in place, but no registers. */
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
 * vmfw_igvm_rom_section() - find a section of memory that a firmware requests
 * @rom: from vmfw_igvm_rom_open()
 * @index: number of the section, from 0, in the order of loading
 * @section: receives the section
 *
 * On SEV-SNP, the VMM loads all of the firmware before the sections. On TDX, it
 * loads only sections.
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

/**
 * rom_sev_type() - the type of a section of SEV's list
 * @rom: from vmfw_igvm_rom_open(), of SEV-SNP
 * @index: number of an existing section
 *
 * Return: enum sev_section.
 */
uint32_t rom_sev_type(const struct vmfw_igvm_rom *rom, uint32_t index)
{
	return get_le32((const uint8_t *)rom->bytes +
			section_place(rom, index) + 8);
}

/*
 * On SEV-SNP, QEMU puts the table into the first page of the section, even if the
 * entry names another page.
 */
static int check_hashes_section(const struct vmfw_igvm_rom *rom, size_t at,
				const struct vmfw_igvm_range *area,
				struct vmfw_igvm_rom_fault *where)
{
	struct vmfw_igvm_rom_section section;
	uint64_t page = area->start & ~(uint64_t)(VMFW_IGVM_PAGE_SIZE - 1);
	bool found = false;
	uint32_t i;

	for (i = 0; vmfw_igvm_rom_section(rom, i, &section); i++) {
		if (rom_sev_type(rom, i) != SEV_KERNEL_HASHES)
			continue;
		if (section.gpa != page)
			return set_fault(where, "the hashes of a kernel are not in the first page of the section for them",
					 at, area->start);
		found = true;
	}
	return found ? 0 : -ENOENT;
}

/**
 * vmfw_igvm_rom_hashes() - find the place where a firmware expects the hashes
 *	of a kernel
 * @rom: from vmfw_igvm_rom_open(), of SEV-SNP, SEV-ES or SEV
 * @area: receives the place
 * @where: receives the fault, if -EINVAL is returned
 *
 * Return: 0; -ENOENT: this firmware expects no hashes; -EOPNOTSUPP: no firmware
 * of that platform expects any; -EINVAL: its entry is invalid.
 */
int vmfw_igvm_rom_hashes(const struct vmfw_igvm_rom *rom,
			 struct vmfw_igvm_range *area,
			 struct vmfw_igvm_rom_fault *where)
{
	const uint8_t *p = rom->bytes;
	uint64_t size;
	size_t at;
	int err;

	*area = (struct vmfw_igvm_range) { 0 };
	if (rom->platform == VMFW_IGVM_TDX)
		return -EOPNOTSUPP;
	err = find_entry(rom, hashes_guid, 8, &at, where);
	if (err)
		return err;
	area->start = get_le32(p + at);
	size = get_le32(p + at + 4);
	area->end = area->start + size;
	if (!area->start)
		return set_fault(where, "the hashes of a kernel cannot be at address 0",
				 at, area->start);
	if (size < KERNEL_TABLE_SIZE)
		return set_fault(where, "the hashes of a kernel do not fit into the area for them",
				 at + 4, size);
	if (area->end > 4 * GIB - rom->size)
		return set_fault(where, "the area for hashes of a kernel overlaps the firmware, or ends above 4 GiB",
				 at, area->start);
	if (rom->platform != VMFW_IGVM_SEV_SNP)
		return 0;
	if (area->start % VMFW_IGVM_PAGE_SIZE >
	    VMFW_IGVM_PAGE_SIZE - KERNEL_TABLE_SIZE)
		return set_fault(where, "the hashes of a kernel cross the end of a page",
				 at, area->start);
	return check_hashes_section(rom, at, area, where);
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
		return set_fault(where, "an area must have a whole number of pages, from 4 KiB to 1 MiB",
				 at + 4, size);
	if (start + size > 4 * GIB - rom->size)
		return set_fault(where, "an area overlaps the firmware, or ends above 4 GiB",
				 at, start);
	if (area->end)
		return set_fault(where, "the list has two areas of this type", at, start);
	area->start = start;
	area->end = start + size;
	return 0;
}

/**
 * vmfw_igvm_rom_areas() - find the areas where a firmware expects parameters
 *	and parts
 * @bytes: a flat firmware, which ends at 4 GiB
 * @size: its size in bytes
 * @areas: receives the areas
 * @where: receives the fault, if -EINVAL is returned
 *
 * See edk2's OvmfPkg/ResetVector/X64/IgvmMetadata.asm. This function skips
 * entries of other kinds.
 *
 * Return: 0; -ENOENT: this firmware has no list of areas; -EINVAL: its table or
 * its size is invalid.
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
