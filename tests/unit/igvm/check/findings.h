/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All findings of each file of test_check.c, by its name, as note_facts() writes them.
 * NULL: one finding, whose value differs in each round of the test.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
{ "format version 3", "format-version - format_version 0x3" },
{ "format version 0", "format-version - format_version 0x0" },
{ "architecture 2",
  "architecture - architecture 0x2; "
  "checksum - checksum 0xbdc3e9c2 0x79e4ecdc; "
  "platform-architecture 0 platform_type 0x0 0x2; "
  "platform-architecture 1 platform_type 0x2 0x2; "
  "platform-architecture 3 platform_type 0x3 0x2; "
  "platform-architecture 4 platform_type 0x4 0x2; "
  "platform-architecture 5 platform_type 0x5 0x2" },
{ "page size 64 KiB",
  "page-size - page_size 0x10000; "
  "checksum - checksum 0xbdc3e9c2 0x4f76396" },
{ "page size 4097",
  "page-size - page_size 0x1001; "
  "checksum - checksum 0xbdc3e9c2 0xd54ca45d" },
{ "page size 2048",
  "page-size - page_size 0x800; "
  "checksum - checksum 0xbdc3e9c2 0x6812b376" },
{ "headers at 36",
  "headers-unaligned - variable_header_offset 0x24 0x8; "
  "gap-not-zero - variable_header_offset 0x24; "
  "checksum - checksum 0xbdc3e9c2 0x6a7357d; "
  "type-unknown 0 type 0x10; "
  "padding 0 padding 0x1; "
  "type-unknown 1 type 0x0; "
  "padding 1 padding 0x2; "
  "type-unknown 2 type 0x10200; "
  "type-unknown 3 type 0x0; "
  "padding 3 padding 0x4; "
  "type-unknown 4 type 0x10102; "
  "type-unknown 5 type 0x0; "
  "padding 5 padding 0x8; "
  "type-unknown 6 type 0x10300; "
  "type-unknown 7 type 0x0; "
  "padding 7 padding 0x10; "
  "type-unknown 8 type 0x10400; "
  "type-unknown 9 type 0x0; "
  "padding 9 padding 0x20; "
  "type-unknown 10 type 0x10500; "
  "type-unknown 11 type 0x0; "
  "padding 11 padding 0x2; "
  "header-cut 12 variable_header_size 0x918 0x1bc" },
{ "headers at 24", "headers-overlap - variable_header_offset 0x18 0x20" },
{ "headers at 2^32-8", "headers-past-end - variable_header_size 0x918 0x599c" },
{ "no headers", "headers-empty - variable_header_size 0x0" },
{ "headers of 2^32-1 bytes", "headers-past-end - variable_header_size 0xffffffff 0x599c" },
{ "file size 0",
  "file-size - total_file_size 0x0 0x599c; "
  "checksum - checksum 0xbdc3e9c2 0xdfbe8830" },
{ "file size 2^32-1",
  "file-size - total_file_size 0xffffffff 0x599c; "
  "checksum - checksum 0xbdc3e9c2 0xfde88780" },
{ "an unknown type", "type-unknown 23 type 0x314" },
{ "type 0", "type-unknown 23 type 0x0" },
{ "type 0, optional", "type-unknown 23 type 0x80000000" },
{ "the reserved type", "type-unknown 23 type 0x306" },
{ "a type beyond all sections", "type-unknown 23 type 0x401" },
{ "an unknown optional type", "type-skipped 23 type 0x80000314" },
{ "a policy that is optional", "type-optional 6 type 0x80000101" },
{ "a platform among directives",
  "section-order 16 type 0x1; "
  "platform-type-twice 16 platform_type 0x0; "
  "platform-version 16 platform_version 0x0; "
  "area-undeclared 18 parameter_area_index 0x0; "
  "area-undeclared 20 parameter_area_index 0x0; "
  "platform-empty - compatibility_mask 0x2000" },
{ "an optional initialization header among directives",
  "section-order 23 type 0x80000107; "
  "type-skipped 23 type 0x80000107" },
{ "page data of 16 bytes", "length 11 length 0x10 0x18" },
{ "page data of 0 bytes", "length 11 length 0x0 0x18" },
{ "padding of a VP context", "padding 25 padding 0x1" },
{ "page data for nobody", "mask-zero 11 compatibility_mask 0x0" },
{ "page data for an undeclared platform",
  "mask-undeclared 11 compatibility_mask 0x80 0x3f" },
{ "a platform with two bits",
  "platform-mask 4 compatibility_mask 0x50; "
  "mask-undeclared 11 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 12 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 20 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 22 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 23 compatibility_mask 0x3f 0x2f" },
{ "a platform with no bit",
  "platform-mask 4 compatibility_mask 0x0; "
  "mask-undeclared 11 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 12 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 20 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 22 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 23 compatibility_mask 0x3f 0x2f" },
{ "a platform on another's bit",
  "platform-mask-taken 4 compatibility_mask 0x1; "
  "mask-undeclared 11 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 12 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 20 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 22 compatibility_mask 0x3f 0x2f; "
  "mask-undeclared 23 compatibility_mask 0x3f 0x2f" },
{ "platform type 7", "platform-type 4 platform_type 0x7" },
{ "two native platforms", "platform-type-twice 4 platform_type 0x0" },
{ "platform version 2", "platform-version 4 platform_version 0x2" },
{ "native with VTL 2", "platform-vtl-native 0 highest_vtl 0x2" },
{ "highest VTL 1", "platform-vtl 4 highest_vtl 0x1" },
{ "a native boundary", "platform-boundary 0 shared_gpa_boundary 0x400000000000" },
{ "CCA on x64",
  "platform-architecture 4 platform_type 0x6 0x0; "
  "cca-policy-missing - compatibility_mask 0x10" },
{ "SEV-SNP on AArch64", "platform-architecture 0 platform_type 0x2 0x1" },
{ "native on AArch64", "platform-architecture 0 platform_type 0x0 0x1" },
{ "reserved bytes of a policy", "reserved 6 reserved 0x1" },
{ "an SNP policy without bit 17", "snp-policy 6 policy 0x0" },
{ "a relocation alignment of 0", "empty 7 relocation_alignment 0x0" },
{ "a relocation alignment of 8", "unaligned 7 relocation_alignment 0x8 0x1000" },
{ "a region off its alignment", "unaligned 7 relocation_region_gpa 0x100800 0x1000" },
{ "a region of half a page", "unaligned 7 relocation_region_size 0x800 0x1000" },
{ "a region of 0 bytes", "empty 7 relocation_region_size 0x0" },
{ "a region that wraps", "wraps 7 relocation_region_gpa 0xfffffffffffff000 0x10000" },
{ "an unaligned minimum", "unaligned 7 minimum_relocation_gpa 0x100008 0x1000" },
{ "an unaligned maximum", "unaligned 7 maximum_relocation_gpa 0x40000008 0x1000" },
{ "a window that is too small",
  "relocation-window 7 minimum_relocation_gpa 0x100000 0x101000" },
{ "a window upside down", "relocation-window 7 minimum_relocation_gpa 0x100000 0x1000" },
{ "unknown relocation flags", "flags-unknown 7 flags 0x87" },
{ "a region for VTL 3",
  "vtl 7 vtl 0x3; "
  "context-missing 7 vp_index 0x0 0x3" },
{ "a region for a VP without context", "context-missing 7 vp_index 0x1 0x2" },
{ "a region on the page tables", "relocation-overlap 8 gpa 0x10f000 0x7" },
{ "page tables for VTL 0", "context-missing 8 vp_index 0x0 0x0" },
{ "page tables for VTL 3",
  "vtl 8 vtl 0x3; "
  "context-missing 8 vp_index 0x0 0x3" },
{ "reserved byte of page tables", "reserved 8 reserved 0x1" },
{ "page tables off a page", "unaligned 8 gpa 0x200001 0x1000" },
{ "page tables of half a page", "unaligned 8 size 0x8800 0x1000" },
{ "page tables half used", "unaligned 8 used_size 0x800 0x1000" },
{ "page tables more than used", "page-table-used 8 used_size 0x9000 0x8000" },
{ "page tables that wrap", "wraps 8 gpa 0xffffffffffffe000 0x8000" },
{ "a CoRIM document after the end", "data-past-end 9 file_offset 0x4938 0x599c" },
{ "a CoRIM document of 0 bytes", "empty 9 size_bytes 0x0" },
{ "a CoRIM document nowhere", "data-missing 9 file_offset 0x0" },
{ "reserved bytes of a CoRIM document", "reserved 9 reserved 0x1" },
{ "a second CoRIM document", "twice 10 compatibility_mask 0x2 0x9" },
{ "CCA attributes one and zero", "cca-masks 2 attributes_required_ones 0x2 0x3" },
{ "CCA hash algorithm 3", "cca-hash 2 hash_algorithm 0x3" },
{ "CCA live activation 2", "cca-lfa 2 lfa_policy 0x2" },
{ "reserved bytes of a CCA policy", "reserved 2 reserved 0x1" },
{ "reserved2 of a CCA policy", "reserved 2 reserved2 0x10000000000" },
{ "a CCA policy for VBS",
  "wrong-platform 2 compatibility_mask 0x1; "
  "cca-policy-missing - compatibility_mask 0x2" },
{ "a page at an odd address",
  "unaligned 11 gpa 0xffffe001 0x1000; "
  "overlap 12 gpa 0xfffff000 0xb" },
{ "a large page at a small address",
  "unaligned 13 gpa 0x30000 0x200000; "
  "overlap 23 gpa 0x40000 0xd" },
{ "a page above 52 bits", "address-too-high 11 gpa 0x10000000000000" },
{ "two pages in one place", "overlap 12 gpa 0xffffe000 0xb" },
{ "a page where parameters go", "overlap 13 gpa 0x11000 0x14" },
{ "a VMSA where a page goes", "overlap 25 gpa 0x31000 0xe" },
{ "page data after the end", "data-past-end 11 file_offset 0xfffffff 0x599c" },
{ "page data in the headers", "data-in-headers 11 file_offset 0x18 0x938" },
{ "unknown flags of a page", "flags-unknown 11 flags 0x8" },
{ "page data of type 4", "data-type 11 data_type 0x4" },
{ "a secrets page for TDX", "data-type-platform 11 data_type 0x1" },
{ "reserved bytes of a page", "reserved 11 reserved 0x1" },
{ "an area of half a page",
  "unaligned 16 number_of_bytes 0x2800 0x1000; "
  "overlap 21 gpa 0x12000 0x14" },
{ "an area of 0 bytes",
  "empty 16 number_of_bytes 0x0; "
  "parameter-past-end 18 byte_offset 0x1ffc 0x0" },
{ "an area of 2^63 bytes",
  "area-too-large 16 number_of_bytes 0x8000000000000000; "
  "address-too-high 20 gpa 0x10000; "
  "overlap 21 gpa 0x12000 0x14; "
  "overlap 13 gpa 0x30000 0x14; "
  "overlap 14 gpa 0x31000 0x14; "
  "overlap 23 gpa 0x40000 0x14; "
  "overlap 15 gpa 0x200000 0x14; "
  "overlap 11 gpa 0xffffe000 0x14; "
  "overlap 12 gpa 0xfffff000 0x14; "
  "overlap 25 gpa 0xfffffffff000 0x14; "
  "parameter-in-page-table 20 gpa 0x10000 0x8" },
{ "an area declared twice",
  "area-twice 17 parameter_area_index 0x0 0x10; "
  "area-undeclared 19 parameter_area_index 0xfffffff0; "
  "area-undeclared 21 parameter_area_index 0xfffffff0; "
  "area-unused 17 parameter_area_index 0x0" },
{ "an area's data after the end", "data-past-end 16 file_offset 0xfffffff 0x599c" },
{ "a parameter of no area", "area-undeclared 18 parameter_area_index 0x5" },
{ "a parameter after its area", "parameter-past-end 18 byte_offset 0x1ffd 0x2000" },
{ "a parameter at 2^32-1", "parameter-past-end 19 byte_offset 0xffffffff 0x1000" },
{ "an area inserted twice",
  "area-inserted 21 parameter_area_index 0x0 0x14; "
  "area-unused 17 parameter_area_index 0xfffffff0" },
{ "an insert of no area",
  "area-undeclared 21 parameter_area_index 0x4d; "
  "area-unused 17 parameter_area_index 0xfffffff0" },
{ "an insert at an odd address",
  "unaligned 20 gpa 0x10010 0x1000; "
  "overlap 21 gpa 0x12000 0x14" },
{ "an insert that wraps", "wraps 20 gpa 0xfffffffffffff000 0x2000" },
{ "an insert into page tables",
  "overlap 15 gpa 0x200000 0x14; "
  "parameter-in-page-table 20 gpa 0x1ff000 0x8" },
{ "required memory at an odd address", "unaligned 22 gpa 0x100100 0x1000" },
{ "required memory of half a page", "unaligned 22 number_of_bytes 0x800 0x1000" },
{ "required memory of 0 bytes", "empty 22 number_of_bytes 0x0" },
{ "required memory that wraps", "wraps 22 gpa 0xffffffffffff0000 0x100000" },
{ "unknown flags of required memory", "flags-unknown 22 flags 0x2" },
{ "reserved bytes of required memory", "reserved 22 reserved 0x1" },
{ "an error range of half a page", "unaligned 23 size_bytes 0x1800 0x1000" },
{ "an error range at an odd address", "unaligned 23 gpa 0x40001 0x1000" },
{ "an error range on a page", "overlap 23 gpa 0xffffe000 0xb" },
{ "a context for two platforms", "context-platform 25 compatibility_mask 0x22" },
{ "a context for TDX", "context-tdx 25 compatibility_mask 0x8" },
{ "a native context with an address", "context-gpa 24 gpa 0x1000" },
{ "a VMSA as native context",
  "context-gpa 25 gpa 0xfffffffff000; "
  "context-tail 25 file_offset 0x3938" },
{ "a VMSA at an odd address", "unaligned 25 gpa 0xfffffffff010 0x1000" },
{ "a context without data", "data-missing 25 file_offset 0x0" },
{ "the only context, without data", "data-missing 3 file_offset 0x0" },
{ "a context after the end", "data-past-end 25 file_offset 0xfffffff 0x599c" },
{ "a native context after the end", "data-past-end 24 file_offset 0xfffffff 0x599c" },
{ "registers after the end", "data-past-end 26 file_offset 0xfffffff 0x599c" },
{ "reserved bytes of a context", "reserved 25 reserved 0x1" },
{ "a context for VP 65535", "context-vp 25 vp_index 0xffff" },
{ "author key 2",
  "id-author 27 author_key_enabled 0x2; "
  "id-algorithm 27 author_key_algorithm 0x0" },
{ "an author key that is not there",
  "id-author-key 27 author_key_enabled 0x1; "
  "id-algorithm 27 author_key_algorithm 0x0" },
{ "an author key that is not enabled", "id-author-key 27 author_key_enabled 0x0" },
{ "the last byte of an author key", "id-author-key 27 author_key_enabled 0x0" },
{ "the first reserved byte of an ID block", "reserved 27 reserved 0x1" },
{ "the last reserved byte of an ID block", "reserved 27 reserved 0x10000" },
{ "ID key algorithm 2", "id-algorithm 27 id_key_algorithm 0x2" },
{ "ID key algorithm 0", "id-algorithm 27 id_key_algorithm 0x0" },
{ "an ID block for TDX", "wrong-platform 27 compatibility_mask 0x8" },
{ "a VBS measurement for TDX", "wrong-platform 28 compatibility_mask 0x8" },
{ "a list without registers", "registers-none 26 register_count 0x0" },
{ "a list longer than the file", "data-past-end 26 register_count 0x3 0x599c" },
{ "a list of 2^32-1 registers", "data-past-end 26 register_count 0xffffffff 0x599c" },
{ "an unknown register", "register-unknown 26 register_name 0xdeadbeef" },
{ "registers for two VTLs", "register-vtl 26 vtl 0x0 0x2" },
{ "a register for VTL 3", "vtl 26 vtl 0x3" },
{ "padding of a register", "reserved 26 mbz 0x1" },
{ "CR4 on AArch64", "register-unknown 4 register_name 0x40003" },
{ "a native context of another VP", "context-missing 7 vp_index 0x1 0x0" },
{ "a native context with something after it", "context-tail 25 file_offset 0x3938" },
{ "registers that end after the file", NULL },
{ "no registers at the end of the file", "registers-none 26 register_count 0x0" },
{ "a second policy", "twice 2 compatibility_mask 0x2 0x1" },
{ "a second ID block", "twice 3 compatibility_mask 0x2 0x2" },
{ "a second VBS measurement", "twice 3 compatibility_mask 0x4 0x2" },
{ "a bit of the magic", "magic - magic 0x4d564748 0x4d564749" },
{ "a higher magic", "magic - magic 0x4d56474b 0x4d564749" },
{ "a bit of the checksum", "checksum - checksum 0xbdc3e9c3 0xbdc3e9c2" },
{ "a bit of a header",
  "checksum - checksum 0xbdc3e9c2 0x956de0b4; "
  "unaligned 11 gpa 0xffffe001 0x1000; "
  "overlap 12 gpa 0xfffff000 0xb" },
{ "an empty file", "too-short - size 0x0 0x18" },
{ "28 bytes of version 2", "too-short - size 0x1c 0x20" },
{ "headers that end within one", NULL },
{ "a header of 4 GiB", "header-cut 28 variable_header_size 0x918 0x5d0" },
{ "a signature of no document", "corim-order 10 compatibility_mask 0x2" },
{ "an author key algorithm", "id-algorithm 27 author_key_algorithm 0x0" },
{ "author key algorithm 2", "id-algorithm 27 author_key_algorithm 0x2" },
{ "two contexts of the first platform", "context-twice 26 vp_index 0x0 0x19" },
{ "two contexts of a VP",
  "context-twice 26 vp_index 0x0 0x19; "
  "context-missing 7 vp_index 0x0 0x2; "
  "context-missing 8 vp_index 0x0 0x2" },
{ "a second list of registers after the end", NULL },
{ "a second VMSA after the end",
  "data-past-end 26 file_offset 0x599c 0x599c; "
  "context-missing 7 vp_index 0x0 0x2; "
  "context-missing 8 vp_index 0x0 0x2" },
{ "a region whose numbers are all wrong",
  "vtl 7 vtl 0x3; "
  "flags-unknown 7 flags 0x87; "
  "unaligned 7 relocation_region_size 0x10800 0x1000; "
  "unaligned 7 relocation_region_gpa 0x100800 0x1000; "
  "unaligned 7 minimum_relocation_gpa 0x100008 0x1000; "
  "unaligned 7 maximum_relocation_gpa 0x110008 0x1000; "
  "relocation-window 7 minimum_relocation_gpa 0x100008 0x110008; "
  "context-missing 7 vp_index 0x0 0x3" },
{ "page tables whose numbers are all odd",
  "unaligned 8 gpa 0x10000000000800 0x1000; "
  "unaligned 8 size 0x8800 0x1000; "
  "unaligned 8 used_size 0x1800 0x1000; "
  "address-too-high 8 gpa 0x10000000000800" },
{ "a page at an odd address above 52 bits",
  "unaligned 11 gpa 0x10000000000001 0x1000; "
  "address-too-high 11 gpa 0x10000000000001" },
{ "required memory at an odd address, of half a page",
  "unaligned 22 gpa 0x10000000000100 0x1000; "
  "unaligned 22 number_of_bytes 0x800 0x1000; "
  "address-too-high 22 gpa 0x10000000000100" },
{ "an error range at an odd address, of half a page",
  "unaligned 23 gpa 0x10000000000100 0x1000; "
  "unaligned 23 size_bytes 0x800 0x1000; "
  "address-too-high 23 gpa 0x10000000000100" },
{ "a VMSA at an odd address above 52 bits",
  "unaligned 25 gpa 0x10000000000010 0x1000; "
  "address-too-high 25 gpa 0x10000000000010" },
{ "overlaps of each kind",
  "overlap 12 gpa 0xffffe000 0xb; "
  "relocation-overlap 8 gpa 0x10f000 0x7; "
  "parameter-in-page-table 20 gpa 0x110000 0x8" },
{ "two pages at the end of a large one",
  "overlap 2 gpa 0x3ff000 0x1; overlap 3 gpa 0x3ff000 0x1" },
{ "a second page table region of 0 bytes",
  "empty 2 size 0x0; "
  "twice 2 compatibility_mask 0x4 0x1; "
  "context-missing 1 vp_index 0x0 0x0; "
  "context-missing 2 vp_index 0x0 0x0" },
{ "skipped headers",
  "type-skipped 7 type 0x80000107; "
  "type-skipped 8 type 0x80000108" },
{ "a window that is a page too small",
  "relocation-window 7 minimum_relocation_gpa 0x100000 0x10f000" },
{ "a parameter in front of its area", "area-undeclared 2 parameter_area_index 0x7" },
{ "an insert in front of its area",
  "area-undeclared 2 parameter_area_index 0x7; "
  "area-unused 3 parameter_area_index 0x7" },
{ "headers that end after padding", "type-skipped 2 type 0x80000314" },
{ "headers that end within padding", NULL },
{ "nothing to load", "nothing-to-load - variable_header_size 0x18" },
{ "no platform",
  "type-skipped 0 type 0x80000050; "
  "no-platform - variable_header_size 0x8" },
{ "a platform without pages",
  "platform-empty - compatibility_mask 0x2; "
  "area-unused 3 parameter_area_index 0x0" },
{ "an area that is not inserted",
  "platform-empty - compatibility_mask 0x2; "
  "area-unused 3 parameter_area_index 0x0" },
{ "a native context in version 1", "context-version 2 format_version 0x1" },
{ "CCA without a policy", "cca-policy-missing - compatibility_mask 0x1" },
{ "a gap with something in it", "gap-not-zero - variable_header_offset 0x20" },
{ "a page where KVM has contexts", "overlap 25 gpa 0xfffffffff000 0xe" },
{ "an error range where KVM has contexts",
  "overlap 25 gpa 0xfffffffff000 0x17" },
{ "a VBS boundary",
  "platform-boundary 2 shared_gpa_boundary 0x400000000000" },
{ "first byte of reserved2 of a CCA policy", "reserved 2 reserved2 0x1" },
{ "the last byte of padding", "padding 25 padding 0x1" },
{ "platform version 0", "platform-version 4 platform_version 0x0" },
{ "highest VTL 3", "platform-vtl 4 highest_vtl 0x3" },
{ "page tables of 0 bytes",
  "page-table-used 8 used_size 0x2000 0x0; "
  "empty 8 size 0x0" },
{ "a page that ends at 2^64", "address-too-high 11 gpa 0xfffffffffffff000" },
{ "an area of 2^32 bytes",
  "area-too-large 16 number_of_bytes 0x100000000; "
  "overlap 21 gpa 0x12000 0x14; "
  "overlap 13 gpa 0x30000 0x14; "
  "overlap 14 gpa 0x31000 0x14; "
  "overlap 23 gpa 0x40000 0x14; "
  "overlap 15 gpa 0x200000 0x14; "
  "overlap 11 gpa 0xffffe000 0x14; "
  "overlap 12 gpa 0xfffff000 0x14; "
  "parameter-in-page-table 20 gpa 0x10000 0x8" },
{ "an area of 2^32-1 bytes",
  "unaligned 16 number_of_bytes 0xffffffff 0x1000; "
  "overlap 21 gpa 0x12000 0x14; "
  "overlap 13 gpa 0x30000 0x14; "
  "overlap 14 gpa 0x31000 0x14; "
  "overlap 23 gpa 0x40000 0x14; "
  "overlap 15 gpa 0x200000 0x14; "
  "overlap 11 gpa 0xffffe000 0x14; "
  "overlap 12 gpa 0xfffff000 0x14; "
  "parameter-in-page-table 20 gpa 0x10000 0x8" },
{ "an error range of 0 bytes", "empty 23 size_bytes 0x0" },
{ "an error range above 52 bits", "address-too-high 23 gpa 0x10000000000000" },
{ "the first byte of an author's signature", "id-author-key 27 author_key_enabled 0x0" },
{ "the first padding of a register", "reserved 26 mbz 0x1" },
{ "a byte after a native context", "context-tail 24 file_offset 0x4958" },
{ "the last byte after a native context", "context-tail 24 file_offset 0x4958" },
{ "a region for a platform without context", "context-missing 7 vp_index 0x0 0x0" },
{ "a second page table region",
  "twice 2 compatibility_mask 0x4 0x1; "
  "context-missing 1 vp_index 0x0 0x0; "
  "context-missing 2 vp_index 0x0 0x0" },
{ "four contexts of one VP",
  "context-twice 3 vp_index 0x0 0x2; "
  "context-twice 4 vp_index 0x0 0x3; "
  "context-twice 5 vp_index 0x0 0x4" },
{ "four policies for two platforms",
  "twice 4 compatibility_mask 0x3 0x3; "
  "twice 5 compatibility_mask 0x2 0x2" },
{ "32 bytes of version 2",
  "file-size - total_file_size 0x599c 0x20; "
  "headers-past-end - variable_header_size 0x918 0x20" },
{ "24 bytes of version 1",
  "file-size - total_file_size 0x30 0x18; "
  "headers-past-end - variable_header_size 0x18 0x18" },
{ "a signature for more platforms than the document",
  "corim-order 10 compatibility_mask 0xe" },
{ "padding of an unknown header",
  "type-skipped 2 type 0x80000314; "
  "padding 2 padding 0x1" },
{ "registers for a low and a high VTL", "register-vtl 26 vtl 0x2 0x0" },
{ "a context for nobody", "mask-zero 25 compatibility_mask 0x0" },
