// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fields of the headers, named as in the text of the format.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "format/internal.h"
#include "shared/macro.h"

typedef const struct vmfw_igvm_field fields[];

static fields supported_platform = {
	{ "compatibility_mask", 0, 4 }, { "highest_vtl", 4, 1 },
	{ "platform_type", 5, 1 }, { "platform_version", 6, 2 },
	{ "shared_gpa_boundary", 8, 8 },
};

static fields guest_policy = {
	{ "policy", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "reserved", 12, 4 },
};

static fields relocatable_region = {
	{ "compatibility_mask", 0, 4 }, { "vp_index", 4, 2 }, { "vtl", 6, 1 },
	{ "flags", 7, 1 }, { "relocation_alignment", 8, 8 },
	{ "relocation_region_gpa", 16, 8 }, { "relocation_region_size", 24, 8 },
	{ "minimum_relocation_gpa", 32, 8 },
	{ "maximum_relocation_gpa", 40, 8 },
};

static fields page_table_relocation_region = {
	{ "compatibility_mask", 0, 4 }, { "vp_index", 4, 2 }, { "vtl", 6, 1 },
	{ "reserved", 7, 1 }, { "gpa", 8, 8 }, { "size", 16, 8 },
	{ "used_size", 24, 8 },
};

static fields corim = {
	{ "compatibility_mask", 0, 4 }, { "file_offset", 4, 4 },
	{ "size_bytes", 8, 4 }, { "reserved", 12, 4 },
};

static fields cca_policy = {
	{ "compatibility_mask", 0, 4 }, { "reserved", 4, 4 },
	{ "attributes_required_zeroes", 8, 8 },
	{ "attributes_required_ones", 16, 8 }, { "hash_algorithm", 24, 1 },
	{ "lfa_policy", 25, 1 }, { "reserved2", 26, 6 },
};

static fields parameter_area = {
	{ "number_of_bytes", 0, 8 }, { "parameter_area_index", 8, 4 },
	{ "file_offset", 12, 4 },
};

static fields page_data = {
	{ "gpa", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "file_offset", 12, 4 }, { "flags", 16, 4 }, { "data_type", 20, 2 },
	{ "reserved", 22, 2 },
};

static fields parameter_insert = {
	{ "gpa", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "parameter_area_index", 12, 4 },
};

static fields vp_context = {
	{ "gpa", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "file_offset", 12, 4 }, { "vp_index", 16, 2 }, { "reserved", 18, 2 },
};

static fields required_memory = {
	{ "gpa", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "number_of_bytes", 12, 4 }, { "flags", 16, 4 },
	{ "reserved", 20, 4 },
};

static fields error_range = {
	{ "gpa", 0, 8 }, { "compatibility_mask", 8, 4 },
	{ "size_bytes", 12, 4 },
};

static fields parameter = {
	{ "parameter_area_index", 0, 4 }, { "byte_offset", 4, 4 },
};

static fields snp_id_block = {
	{ "compatibility_mask", 0, 4 }, { "author_key_enabled", 4, 1 },
	{ "reserved", 5, 3 }, { "ld", 8, 48 }, { "family_id", 56, 16 },
	{ "image_id", 72, 16 }, { "version", 88, 4 }, { "guest_svn", 92, 4 },
	{ "id_key_algorithm", 96, 4 }, { "author_key_algorithm", 100, 4 },
	{ "id_key_signature", 104, 144 }, { "id_public_key", 248, 152 },
	{ "author_key_signature", 400, 144 },
	{ "author_public_key", 544, 152 },
};

static fields vbs_measurement = {
	{ "compatibility_mask", 0, 4 }, { "version", 4, 4 },
	{ "product_id", 8, 4 }, { "module_id", 12, 4 },
	{ "security_version", 16, 4 }, { "policy_flags", 20, 4 },
	{ "boot_digest_algo", 24, 4 }, { "signing_algo", 28, 4 },
	{ "boot_measurement_digest", 32, 64 }, { "signature", 96, 256 },
	{ "public_key", 352, 512 },
};

static const struct {
	uint32_t type;
	const struct vmfw_igvm_field *v;
	size_t nr;
} tables[] = {
#define F(type, table) { VMFW_IGVM_T_##type, table, ARRAY_SIZE(table) }
	F(PAGE_DATA, page_data),
	F(SUPPORTED_PLATFORM, supported_platform),
	F(GUEST_POLICY, guest_policy),
	F(RELOCATABLE_REGION, relocatable_region),
	F(PAGE_TABLE_RELOCATION_REGION, page_table_relocation_region),
	F(CORIM_DOCUMENT, corim),
	F(CORIM_SIGNATURE, corim),
	F(CCA_POLICY, cca_policy),
	F(PARAMETER_AREA, parameter_area),
	F(PARAMETER_INSERT, parameter_insert),
	F(VP_CONTEXT, vp_context),
	F(REQUIRED_MEMORY, required_memory),
	F(ERROR_RANGE, error_range),
	F(SNP_ID_BLOCK, snp_id_block),
	F(VBS_MEASUREMENT, vbs_measurement),
#undef F
};

/**
 * vmfw_igvm_fields() - the fields of a header, in their order, without gaps
 * @header: the header
 * @nr: receives the number of fields; 0: the type is unknown, or the length is
 *	not that of the type
 *
 * Return: the fields; NULL if @nr is 0.
 */
const struct vmfw_igvm_field *
vmfw_igvm_fields(const struct vmfw_igvm_header *header, size_t *nr)
{
	const struct type_info *info = type_info(header->type &
						 ~VMFW_IGVM_OPTIONAL);
	size_t i;

	*nr = 0;
	if (!info || info->length != header->length)
		return NULL;
	if (info->parameter) {
		*nr = ARRAY_SIZE(parameter);
		return parameter;
	}
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (tables[i].type != info->type)
			continue;
		*nr = tables[i].nr;
		return tables[i].v;
	}
	return NULL;
}

/**
 * vmfw_igvm_field_value() - value of a field that is a number
 * @header: the header
 * @field: one of its fields, with at most 8 bytes
 */
uint64_t vmfw_igvm_field_value(const struct vmfw_igvm_header *header,
			       const struct vmfw_igvm_field *field)
{
	uint8_t bytes[8] = { 0 };

	memcpy(bytes, header->content + field->at, field->size);
	return get_le64(bytes);
}
