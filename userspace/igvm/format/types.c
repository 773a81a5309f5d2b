// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Header types and platforms: their numbers, names and sizes.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "format/internal.h"
#include "shared/macro.h"

/* The smallest data that a loader can write for a parameter. */
#define ACPI_TABLE_HEADER	36
#define DEVICE_TREE_HEADER	40
#define MEMORY_MAP_ENTRY	24
#define MMIO_RANGES		32

static const struct type_info types[] = {
#define T(name, length, mask_at, parameter) \
	{ VMFW_IGVM_T_##name, #name, length, mask_at, parameter }
	/* Most headers of a real file have this type, so find it first. */
	T(PAGE_DATA, 24, 8, 0),
	T(SUPPORTED_PLATFORM, 16, NO_MASK, 0),
	T(GUEST_POLICY, 16, 8, 0),
	T(RELOCATABLE_REGION, 48, 0, 0),
	T(PAGE_TABLE_RELOCATION_REGION, 32, 0, 0),
	T(CORIM_DOCUMENT, 16, 0, 0),
	T(CORIM_SIGNATURE, 16, 0, 0),
	T(CCA_POLICY, 32, 0, 0),
	T(PARAMETER_AREA, 16, NO_MASK, 0),
	T(PARAMETER_INSERT, 16, 8, 0),
	T(VP_CONTEXT, 20, 8, 0),
	T(REQUIRED_MEMORY, 24, 8, 0),
	T(VP_COUNT_PARAMETER, 8, NO_MASK, 4),
	T(SRAT, 8, NO_MASK, ACPI_TABLE_HEADER),
	T(MADT, 8, NO_MASK, ACPI_TABLE_HEADER),
	T(MMIO_RANGES, 8, NO_MASK, MMIO_RANGES),
	T(SNP_ID_BLOCK, 696, 0, 0),
	T(MEMORY_MAP, 8, NO_MASK, MEMORY_MAP_ENTRY),
	T(ERROR_RANGE, 16, 8, 0),
	T(COMMAND_LINE, 8, NO_MASK, 1),
	T(SLIT, 8, NO_MASK, ACPI_TABLE_HEADER),
	T(PPTT, 8, NO_MASK, ACPI_TABLE_HEADER),
	T(VBS_MEASUREMENT, 864, 0, 0),
	T(DEVICE_TREE, 8, NO_MASK, DEVICE_TREE_HEADER),
	T(ENVIRONMENT_INFO_PARAMETER, 8, NO_MASK, 4),
#undef T
};

/**
 * type_info() - find a header type
 * @type: the type, without the bit VMFW_IGVM_OPTIONAL
 *
 * Return: its properties, or NULL: the type is unknown.
 */
const struct type_info *type_info(uint32_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/**
 * type_section() - section of a header type, known or not
 * @type: the type, without the bit VMFW_IGVM_OPTIONAL
 */
enum section type_section(uint32_t type)
{
	if (type >= VMFW_IGVM_PLATFORM_FIRST && type <= VMFW_IGVM_PLATFORM_LAST)
		return SECTION_PLATFORM;
	if (type >= VMFW_IGVM_INIT_FIRST && type <= VMFW_IGVM_INIT_LAST)
		return SECTION_INIT;
	if (type >= VMFW_IGVM_DIRECTIVE_FIRST &&
	    type <= VMFW_IGVM_DIRECTIVE_LAST)
		return SECTION_DIRECTIVE;
	return SECTION_NONE;
}

/**
 * vmfw_igvm_type_name() - name of a header type
 * @type: the type, with or without the bit VMFW_IGVM_OPTIONAL
 *
 * Return: the name in the text of the format, without prefix; NULL: unknown.
 */
const char *vmfw_igvm_type_name(uint32_t type)
{
	const struct type_info *info = type_info(type & ~VMFW_IGVM_OPTIONAL);

	return info ? info->name : NULL;
}

static const struct {
	const char *name;
	const char *word;
} platforms[] = {
	[VMFW_IGVM_NATIVE] = { "NATIVE", "native" },
	[VMFW_IGVM_VSM_ISOLATION] = { "VSM_ISOLATION", "vbs" },
	[VMFW_IGVM_SEV_SNP] = { "SEV_SNP", "snp" },
	[VMFW_IGVM_TDX] = { "TDX", "tdx" },
	[VMFW_IGVM_SEV] = { "SEV", "sev" },
	[VMFW_IGVM_SEV_ES] = { "SEV_ES", "sev-es" },
	[VMFW_IGVM_CCA] = { "CCA", "cca" },
};

/**
 * vmfw_igvm_platform_name() - name of a platform in the text of the format
 * @type: enum vmfw_igvm_platform_type
 *
 * Return: "SEV_SNP" and the like; NULL: there is no such platform.
 */
const char *vmfw_igvm_platform_name(unsigned int type)
{
	return type < ARRAY_SIZE(platforms) ? platforms[type].name : NULL;
}

/**
 * vmfw_igvm_platform_word() - word that users type for a platform
 * @type: enum vmfw_igvm_platform_type
 *
 * Return: "snp" and the like; NULL: there is no such platform.
 */
const char *vmfw_igvm_platform_word(unsigned int type)
{
	return type < ARRAY_SIZE(platforms) ? platforms[type].word : NULL;
}

/**
 * vmfw_igvm_architecture_name() - name of an architecture
 * @architecture: enum vmfw_igvm_architecture
 *
 * Return: the name in the text of the format; NULL: no such architecture.
 */
const char *vmfw_igvm_architecture_name(uint32_t architecture)
{
	switch (architecture) {
	case VMFW_IGVM_X64:
		return "x64";
	case VMFW_IGVM_AARCH64:
		return "AArch64";
	default:
		return NULL;
	}
}
