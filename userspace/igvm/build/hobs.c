// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A hand-off block (HOB) for each part: its type, its address, its size. edk2
 * (OvmfPkg's PlatformInitLib) reads blocks up to the first one of another kind.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>

#include "build/hobs.h"
#include "shared/macro.h"

#define HOB_GUID_EXTENSION	0x0004
#define HOB_END			0xffff

/* Offsets within a block. */
#define GUID_AT			8
#define ADDRESS_AT		24
#define LENGTH_AT		32
#define TYPE_AT			40

/* 3dd177ff-b632-4e25-bef3-065063d55fc4, gEfiIgvmDataHobGuid */
static const uint8_t data_guid[GUID_SIZE] = {
	0xff, 0x77, 0xd1, 0x3d, 0x32, 0xb6, 0x25, 0x4e,
	0xbe, 0xf3, 0x06, 0x50, 0x63, 0xd5, 0x5f, 0xc4,
};

/**
 * set_obstacle() - set the reason why something is impossible
 * @why: receives the reason
 * @text: the broken rule
 *
 * Return: -EINVAL.
 */
int set_obstacle(struct vmfw_igvm_obstacle *why, const char *text)
{
	*why = (struct vmfw_igvm_obstacle) { .text = text };
	return -EINVAL;
}

/**
 * set_obstacle_at() - set the reason why something is impossible, with a value
 * @why: receives the reason
 * @text: the broken rule
 * @value: the value
 *
 * Return: -EINVAL.
 */
int set_obstacle_at(struct vmfw_igvm_obstacle *why, const char *text,
		    uint64_t value)
{
	set_obstacle(why, text);
	why->has_value = true;
	why->value = value;
	return -EINVAL;
}

/**
 * vmfw_igvm_part_name() - name of a part
 * @type: enum vmfw_igvm_part_type
 *
 * Return: the name that firmware and tools use, or NULL: the type is unknown.
 */
const char *vmfw_igvm_part_name(unsigned int type)
{
	switch (type) {
	case VMFW_IGVM_PART_PK:
		return "PK";
	case VMFW_IGVM_PART_KEK:
		return "KEK";
	case VMFW_IGVM_PART_DB:
		return "db";
	case VMFW_IGVM_PART_DBX:
		return "dbx";
	case VMFW_IGVM_PART_SHIM:
		return "shim";
	case VMFW_IGVM_PART_KERNEL:
		return "kernel";
	default:
		return NULL;
	}
}

/**
 * hobs_put() - write the list of parts
 * @page: receives 4 KiB
 * @parts: the parts
 * @nr: number of parts, at most VMFW_IGVM_MAX_PARTS
 */
void hobs_put(uint8_t *page, const struct vmfw_igvm_part *parts, size_t nr)
{
	uint8_t *p = page;
	size_t i;

	memset(page, 0, VMFW_IGVM_PAGE_SIZE);
	for (i = 0; i < nr; i++, p += HOB_SIZE) {
		put_le16(p, HOB_GUID_EXTENSION);
		put_le16(p + 2, HOB_SIZE);
		memcpy(p + GUID_AT, data_guid, GUID_SIZE);
		put_le64(p + ADDRESS_AT, parts[i].gpa);
		put_le64(p + LENGTH_AT, parts[i].size);
		put_le32(p + TYPE_AT, parts[i].type);
	}
	put_le16(p, HOB_END);
	put_le16(p + 2, HOB_END_SIZE);
}

/*
 * The firmware takes the last of two parts of a type, so report two as an
 * error.
 */
static int check_part(const struct vmfw_igvm_part *parts, size_t nr,
		      const struct vmfw_igvm_part *part,
		      struct vmfw_igvm_obstacle *why)
{
	uint64_t end;
	size_t i;

	if (!vmfw_igvm_part_name(part->type))
		return set_obstacle_at(why, "the list of parts names a part of unknown type",
				       part->type);
	for (i = 0; i < nr; i++)
		if (parts[i].type == part->type)
			return set_obstacle_at(why, "the list of parts names two parts of this type",
					       part->type);
	if (!part->size || add_wraps(part->gpa, part->size, &end) ||
	    end > 4 * GIB)
		return set_obstacle_at(why, "a part cannot be at this address with its size",
				       part->gpa);
	return 0;
}

/**
 * hobs_get() - read the list of parts
 * @page: 4 KiB, where a firmware expects the list
 * @parts: receives at most VMFW_IGVM_MAX_PARTS parts, whose @read is NULL
 * @nr: receives the number of parts; 0: there is no list
 * @why: receives the fault
 *
 * Return: 0 or -EINVAL.
 */
int hobs_get(const uint8_t *page, struct vmfw_igvm_part *parts, size_t *nr,
	     struct vmfw_igvm_obstacle *why)
{
	const uint8_t *p;
	int err;

	*nr = 0;
	/*
	 * There are at most as many parts as types, so the list ends before the
	 * page does.
	 */
	for (p = page; get_le16(p) == HOB_GUID_EXTENSION; p += HOB_SIZE) {
		struct vmfw_igvm_part part = {
			.type = get_le32(p + TYPE_AT),
			.gpa = get_le64(p + ADDRESS_AT),
			.size = get_le64(p + LENGTH_AT),
		};

		if (get_le16(p + 2) != HOB_SIZE ||
		    memcmp(p + GUID_AT, data_guid, GUID_SIZE))
			break;
		err = check_part(parts, *nr, &part, why);
		if (err)
			return err;
		parts[(*nr)++] = part;
	}
	return 0;
}
