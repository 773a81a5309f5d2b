/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of the IGVM format, versions 1 and 2, named as in the igvm_defs
 * crate. All numbers in a file are little-endian.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_DEFS_H
#define VMFW_IGVM_DEFS_H

#define VMFW_IGVM_MAGIC			0x4d564749u	/* "IGVM" */
#define VMFW_IGVM_FIXED_HEADER_SIZE	24
#define VMFW_IGVM_FIXED_HEADER_V2_SIZE	32
/* The content of every variable header follows its type and its length. */
#define VMFW_IGVM_PREFIX_SIZE		8

#define VMFW_IGVM_PAGE_SIZE		0x1000u
#define VMFW_IGVM_LARGE_PAGE_SIZE	0x200000u

enum vmfw_igvm_architecture {
	VMFW_IGVM_X64 = 0,
	VMFW_IGVM_AARCH64 = 1,
};

enum vmfw_igvm_platform_type {
	VMFW_IGVM_NATIVE = 0,
	VMFW_IGVM_VSM_ISOLATION = 1,
	VMFW_IGVM_SEV_SNP = 2,
	VMFW_IGVM_TDX = 3,
	VMFW_IGVM_SEV = 4,
	VMFW_IGVM_SEV_ES = 5,
	VMFW_IGVM_CCA = 6,
};

/* A loader that does not know a type with this bit may skip the header. */
#define VMFW_IGVM_OPTIONAL		0x80000000u

/*
 * Sections, in the order in which they must appear. The type of a header
 * determines its section.
 */
#define VMFW_IGVM_PLATFORM_FIRST	0x001u
#define VMFW_IGVM_PLATFORM_LAST		0x100u
#define VMFW_IGVM_INIT_FIRST		0x101u
#define VMFW_IGVM_INIT_LAST		0x200u
#define VMFW_IGVM_DIRECTIVE_FIRST	0x301u
#define VMFW_IGVM_DIRECTIVE_LAST	0x400u

enum vmfw_igvm_type {
	VMFW_IGVM_T_SUPPORTED_PLATFORM = 0x001,

	VMFW_IGVM_T_GUEST_POLICY = 0x101,
	VMFW_IGVM_T_RELOCATABLE_REGION = 0x102,
	VMFW_IGVM_T_PAGE_TABLE_RELOCATION_REGION = 0x103,
	VMFW_IGVM_T_CORIM_DOCUMENT = 0x104,
	VMFW_IGVM_T_CORIM_SIGNATURE = 0x105,
	VMFW_IGVM_T_CCA_POLICY = 0x106,

	VMFW_IGVM_T_PARAMETER_AREA = 0x301,
	VMFW_IGVM_T_PAGE_DATA = 0x302,
	VMFW_IGVM_T_PARAMETER_INSERT = 0x303,
	VMFW_IGVM_T_VP_CONTEXT = 0x304,
	VMFW_IGVM_T_REQUIRED_MEMORY = 0x305,
	VMFW_IGVM_T_VP_COUNT_PARAMETER = 0x307,
	VMFW_IGVM_T_SRAT = 0x308,
	VMFW_IGVM_T_MADT = 0x309,
	VMFW_IGVM_T_MMIO_RANGES = 0x30a,
	VMFW_IGVM_T_SNP_ID_BLOCK = 0x30b,
	VMFW_IGVM_T_MEMORY_MAP = 0x30c,
	VMFW_IGVM_T_ERROR_RANGE = 0x30d,
	VMFW_IGVM_T_COMMAND_LINE = 0x30e,
	VMFW_IGVM_T_SLIT = 0x30f,
	VMFW_IGVM_T_PPTT = 0x310,
	VMFW_IGVM_T_VBS_MEASUREMENT = 0x311,
	VMFW_IGVM_T_DEVICE_TREE = 0x312,
	VMFW_IGVM_T_ENVIRONMENT_INFO_PARAMETER = 0x313,
};

/* Flags of page data. */
#define VMFW_IGVM_PAGE_2MB		(1u << 0)
#define VMFW_IGVM_PAGE_UNMEASURED	(1u << 1)
#define VMFW_IGVM_PAGE_SHARED		(1u << 2)

/* Data types of page data. */
enum vmfw_igvm_data_type {
	VMFW_IGVM_DATA_NORMAL = 0,
	VMFW_IGVM_DATA_SECRETS = 1,
	VMFW_IGVM_DATA_CPUID = 2,
	VMFW_IGVM_DATA_CPUID_XF = 3,
};

/* Flags of a relocatable region. */
#define VMFW_IGVM_RELOCATION_IS_VTL2	(1u << 0)
#define VMFW_IGVM_RELOCATION_APPLY_PC	(1u << 1)
#define VMFW_IGVM_RELOCATION_APPLY_GDTR	(1u << 2)

#define VMFW_IGVM_REQUIRED_VTL2_PROTECTABLE (1u << 0)

#endif /* VMFW_IGVM_DEFS_H */
