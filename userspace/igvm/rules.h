/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules for a file: X(identifier, severity, name, text).
 *
 * Scripts see the name. Its meaning never changes. Of the rules that
 * vmfw_igvm_check() knows, those with the word "sanity" in their comment go
 * beyond the text of the format. Some loader would misread a file that breaks
 * one of these rules.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_RULES_H
#define VMFW_IGVM_RULES_H

#define VMFW_IGVM_RULES(X)						\
	/* The fixed header and the file as a whole. */			\
	X(TOO_SHORT, ERROR, "too-short",				\
	  "the file ends before its fixed header does")			\
	X(MAGIC, ERROR, "magic", "this is not an IGVM file")		\
	X(FORMAT_VERSION, ERROR, "format-version",			\
	  "format versions are 1 and 2")				\
	X(ARCHITECTURE, ERROR, "architecture",				\
	  "architectures are 0 (x64) and 1 (AArch64)")			\
	X(PAGE_SIZE, ERROR, "page-size",	/* sanity */		\
	  "only pages of 4096 bytes are supported")			\
	X(HEADERS_UNALIGNED, ERROR, "headers-unaligned",		\
	  "variable headers start at a multiple of 8")			\
	X(HEADERS_OVERLAP, ERROR, "headers-overlap",			\
	  "variable headers start after the fixed header")		\
	X(HEADERS_EMPTY, ERROR, "headers-empty",			\
	  "there are no variable headers")				\
	X(HEADERS_PAST_END, ERROR, "headers-past-end",			\
	  "variable headers end after the file's end")			\
	X(FILE_SIZE, ERROR, "file-size",				\
	  "the length in the header is not that of the file")		\
	X(CHECKSUM, ERROR, "checksum",					\
	  "the checksum (CRC-32) does not fit the headers")	\
	X(GAP, WARNING, "gap-not-zero",	/* sanity */			\
	  "bytes between fixed and variable headers are not zero, and the checksum does not cover them")	\
	X(NO_PLATFORM, ERROR, "no-platform",				\
	  "no header declares a platform")					\
	X(NO_PAGE_DATA, ERROR, "nothing-to-load",	/* sanity */	\
	  "there is no page data, so nothing would be loaded")		\
	X(PLATFORM_EMPTY, WARNING, "platform-empty",	/* sanity */	\
	  "no page data is for this platform")				\
									\
	/* Every variable header. */					\
	X(HEADER_CUT, ERROR, "header-cut",				\
	  "the variable headers end within this one or its padding")	\
	X(PADDING, WARNING, "padding", "padding should be zero")		\
	X(TYPE_UNKNOWN, ERROR, "type-unknown",				\
	  "this type is unknown, and the header is not optional")		\
	X(TYPE_SKIPPED, WARNING, "type-skipped",			\
	  "loaders skip this unknown type, because it is optional")	\
	X(TYPE_OPTIONAL, ERROR, "type-optional",	/* sanity */	\
	  "a header that every loader must obey is marked as optional")	\
	X(SECTION_ORDER, ERROR, "section-order",			\
	  "platform, initialization and directive headers come in this order")	\
	X(LENGTH, ERROR, "length", "a header of this type must have the length")	\
	X(RESERVED, ERROR, "reserved", "reserved bytes must be zero")	\
	X(FLAGS, ERROR, "flags-unknown",	/* sanity */		\
	  "bits without a known meaning must be zero")			\
	X(MASK_ZERO, ERROR, "mask-zero",	/* sanity */		\
	  "the compatibility mask names no platform")			\
	X(MASK_UNDECLARED, ERROR, "mask-undeclared",	/* sanity */	\
	  "the compatibility mask names a platform that no earlier header declares")	\
	X(UNALIGNED, ERROR, "unaligned", "must be a multiple of")	\
	X(EMPTY, ERROR, "empty",	/* sanity */			\
	  "this must not be 0")					\
	X(WRAPS, ERROR, "wraps",	/* sanity */			\
	  "the range ends after 2^64")					\
	X(ADDRESS, ERROR, "address-too-high",	/* sanity */		\
	  "no machine has guest physical addresses of more than 52 bits")	\
	X(DATA_PAST_END, ERROR, "data-past-end",			\
	  "file data ends after the file's end")			\
	X(DATA_IN_HEADERS, ERROR, "data-in-headers",	/* sanity */	\
	  "file data begins within the headers, which end at")		\
	X(DATA_MISSING, ERROR, "data-missing",				\
	  "this header needs file data")				\
	X(TWICE, ERROR, "twice",	/* sanity, except page tables */	\
	  "a platform has more than one header of this type; the first one is header")	\
	X(WRONG_PLATFORM, ERROR, "wrong-platform",			\
	  "the mask names a platform that has no headers of this type")		\
									\
	/* Platforms. */						\
	X(PLATFORM_MASK, ERROR, "platform-mask",			\
	  "a platform must have exactly one bit of the mask")				\
	X(PLATFORM_MASK_TAKEN, ERROR, "platform-mask-taken",		\
	  "another platform has this bit already")			\
	X(PLATFORM_TYPE, ERROR, "platform-type",			\
	  "unknown platform type")					\
	X(PLATFORM_TYPE_TWICE, ERROR, "platform-type-twice",		\
	  "an earlier header declares this platform type already")			\
	X(PLATFORM_VERSION, ERROR, "platform-version",			\
	  "the platform version must be 1")					\
	X(PLATFORM_VTL, ERROR, "platform-vtl",				\
	  "the highest VTL is 0 or 2")					\
	X(PLATFORM_VTL_NATIVE, WARNING, "platform-vtl-native", /* sanity */ \
	  "a plain guest has only VTL 0")				\
	X(PLATFORM_BOUNDARY, ERROR, "platform-boundary",		\
	  "this platform has no shared GPA boundary")			\
	X(PLATFORM_ARCHITECTURE, ERROR, "platform-architecture",	\
	  "the file's architecture does not have this platform")	\
									\
	/* Initialization. */						\
	X(SNP_POLICY, WARNING, "snp-policy",	/* sanity */		\
	  "bit 17 of an SEV-SNP policy must be set for SNP firmware")	\
	X(CCA_POLICY_MISSING, WARNING, "cca-policy-missing", /* sanity */ \
	  "the file has no policy for CCA")				\
	X(CCA_MASKS, ERROR, "cca-masks",				\
	  "the policy requires an attribute to be one and zero at once")		\
	X(CCA_HASH, ERROR, "cca-hash",					\
	  "hash algorithms are 0 (SHA-256), 1 (SHA-512) and 2 (SHA-384)") \
	X(CCA_LFA, ERROR, "cca-lfa",					\
	  "live activation policies are 0 (disallow) and 1 (allow)")	\
	X(CORIM_ORDER, ERROR, "corim-order",				\
	  "a signature must follow the document that it signs")		\
	X(RELOCATION_WINDOW, ERROR, "relocation-window", /* sanity */	\
	  "the region does not fit in its window, which ends at")	\
	X(RELOCATION_OVERLAP, ERROR, "relocation-overlap",		\
	  "the region overlaps that of header")				\
	X(PAGE_TABLE_USED, ERROR, "page-table-used",			\
	  "the used part is larger than the region")			\
	X(VTL, ERROR, "vtl", "virtual trust levels are 0, 1 and 2")	\
	X(CONTEXT_MISSING, ERROR, "context-missing",			\
	  "no VP context is for this VP index and VTL")			\
									\
	/* Directives. */						\
	X(DATA_TYPE, ERROR, "data-type", "unknown type of page data")	\
	X(DATA_TYPE_PLATFORM, WARNING, "data-type-platform", /* sanity */ \
	  "only SEV-SNP has pages of this type")				\
	X(OVERLAP, ERROR, "overlap",	/* sanity */			\
	  "this memory overlaps that of header")			\
	X(AREA_TOO_LARGE, ERROR, "area-too-large",	/* sanity */	\
	  "a parameter area must be smaller than 4 GiB: loaders count its bytes in 32 bits")	\
	X(AREA_TWICE, ERROR, "area-twice",				\
	  "this index already belongs to the parameter area of header")		\
	X(AREA_UNDECLARED, ERROR, "area-undeclared",			\
	  "no earlier header declares this parameter area")		\
	X(AREA_INSERTED, ERROR, "area-inserted",			\
	  "this parameter area has been inserted before, by header")		\
	X(AREA_UNUSED, WARNING, "area-unused",	/* sanity */		\
	  "no header inserts this parameter area")			\
	X(PARAMETER_PAST_END, ERROR, "parameter-past-end", /* sanity */	\
	  "this parameter does not fit in its area, whose size in bytes is")	\
	X(PARAMETER_IN_PAGE_TABLE, ERROR, "parameter-in-page-table",	\
	  "parameters must stay out of the page table region of header") \
	X(CONTEXT_PLATFORM, ERROR, "context-platform",	/* sanity */	\
	  "the mask of a VP context must name exactly one platform")				\
	X(CONTEXT_TWICE, ERROR, "context-twice",	/* sanity */	\
	  "this VP has a context already, that of header")		\
	X(CONTEXT_GPA, ERROR, "context-gpa",				\
	  "the context of this platform has no guest physical address") \
	X(CONTEXT_TDX, ERROR, "context-tdx",				\
	  "TDX starts from an architectural state, without a context")	\
	X(CONTEXT_VERSION, WARNING, "context-version",			\
	  "native VP contexts need format version 2")			\
	X(CONTEXT_TAIL, ERROR, "context-tail",				\
	  "bytes after a native VP context must be zero")		\
	X(CONTEXT_VP, WARNING, "context-vp",	/* sanity */		\
	  "loaders start VP 0 only")					\
	X(REGISTERS_NONE, ERROR, "registers-none",			\
	  "a VP context has at least one register")			\
	X(REGISTER_UNKNOWN, ERROR, "register-unknown",			\
	  "a VP context cannot hold this register")			\
	X(REGISTER_VTL, ERROR, "register-vtl",				\
	  "the registers of a VP context are for one VTL")		\
	X(ID_AUTHOR, ERROR, "id-author",				\
	  "author_key_enabled is 0 or 1")				\
	X(ID_AUTHOR_KEY, ERROR, "id-author-key",			\
	  "author_key_enabled and the author key contradict each other") \
	X(ID_ALGORITHM, WARNING, "id-algorithm",	/* sanity */	\
	  "SNP firmware knows one key algorithm, 1 (ECDSA P-384)")	\
									\
	/* One platform: vmfw_igvm_check_for(). */			\
	X(PLATFORM_ABSENT, ERROR, "platform-absent",			\
	  "the file does not declare this platform")			\
	X(PLATFORM_UNLOADED, ERROR, "platform-unloaded",		\
	  "no page data is for this platform: nothing would start")	\
	X(POLICY_MISSING, WARNING, "policy-missing",			\
	  "the file has no policy for SEV-SNP, so the VMM must bring one")	\
									\
	/* One machine: vmfw_igvm_check_machine(). */			\
	X(MACHINE_ARCHITECTURE, ERROR, "machine-architecture",		\
	  "this machine's architecture is")				\
	X(MACHINE_MEMORY, ERROR, "machine-memory",			\
	  "this machine has no memory at")				\
	X(MACHINE_RESERVED, WARNING, "machine-reserved",		\
	  "this machine's firmware has reserved a range, which is perhaps not memory, at")	\
									\
	/* KVM: vmfw_igvm_check_machine(), vmfw_igvm_check_qemu(). */	\
	X(KVM_VMSA_GPA, ERROR, "kvm-vmsa-gpa",				\
	  "KVM takes a VMSA only at one address")				\
	X(KVM_VMSA_CR0, WARNING, "kvm-vmsa-cr0",			\
	  "KVM overrides CR0, so the launch digest differs from that of the file; set 0x30 or")	\
	X(KVM_REGISTERS, ERROR, "kvm-registers",			\
	  "KVM refuses this value, alone or together with other registers")	\
									\
	/* QEMU's loader: vmfw_igvm_check_qemu(). */			\
	X(QEMU_PLATFORM, ERROR, "qemu-platform",			\
	  "QEMU loads files for native, SEV, SEV-ES and SEV-SNP, if the machine has that platform")	\
	X(QEMU_TYPE, ERROR, "qemu-type",				\
	  "QEMU has no handler for this header and gives up, whatever its mask")	\
	X(QEMU_UNKNOWN, ERROR, "qemu-unknown-header",			\
	  "QEMU refuses a file with a header that it does not know, even an optional one")	\
	X(QEMU_NO_DATA, ERROR, "qemu-no-data",				\
	  "QEMU refuses a file that ends with its headers")		\
	X(QEMU_CONTEXT_VP, ERROR, "qemu-context-vp",			\
	  "QEMU takes a VP context for native or VBS only of VP 0")	\
	X(QEMU_CONTEXT_SEV, ERROR, "qemu-context-sev",			\
	  "QEMU takes no VP context on plain SEV")			\
	X(QEMU_VP_ABSENT, ERROR, "qemu-vp-absent",			\
	  "this machine has fewer processors")				\
	X(QEMU_VMSA, ERROR, "qemu-vmsa",				\
	  "QEMU cannot hand this field of the VMSA to KVM: it must be zero")	\
	X(QEMU_VMSA_FEATURES, ERROR, "qemu-vmsa-features",		\
	  "bit 0 (SNP_ACTIVE) must be set on SEV-SNP, and clear on SEV-ES")	\
	X(QEMU_DATA_TYPE, ERROR, "qemu-data-type",			\
	  "QEMU refuses secrets and CPUID pages on SEV and SEV-ES")	\
	X(QEMU_MMIO, ERROR, "qemu-mmio",				\
	  "a PC has registers of a device in place of memory at")		\
	X(QEMU_MEMORY, ERROR, "qemu-memory",				\
	  "a step of QEMU's loader must lie within one piece of memory, which ends at")	\
	X(QEMU_VGA, ERROR, "qemu-vga",					\
	  "this machine has the window of its VGA at")			\
	X(QEMU_VGA_UNKNOWN, WARNING, "qemu-vga-unknown",		\
	  "QEMU refuses this where the machine has a VGA, with its window at")	\
	X(QEMU_PAM, ERROR, "qemu-pam",					\
	  "this machine's BIOS has made ROM of some memory below 1 MiB, so QEMU refuses a step that crosses")	\
	X(QEMU_PAM_BIOS, ERROR, "qemu-pam-bios",			\
	  "the BIOS in this image makes ROM of some memory below 1 MiB, so at the second reset QEMU refuses a step that crosses")	\
	X(QEMU_PAM_UNKNOWN, WARNING, "qemu-pam-unknown",		\
	  "QEMU refuses this after a BIOS has made ROM of some memory below 1 MiB, because one step crosses")	\
	X(QEMU_MEMORY_MAP, WARNING, "qemu-memory-map",			\
	  "QEMU writes the memory map at byte 0 of its area")		\
	X(QEMU_MADT, WARNING, "qemu-madt",				\
	  "QEMU writes the MADT at byte 0 of its area")			\
	X(QEMU_AREA_DATA, WARNING, "qemu-area-data",			\
	  "QEMU starts parameter areas from zeroes, not from file data") \
	X(QEMU_LARGE_PAGE, WARNING, "qemu-large-page",			\
	  "QEMU loads only the first 4 KiB of a page of 2 MiB, and fills the rest with zeroes")	\
	X(QEMU_SHARED, WARNING, "qemu-shared",				\
	  "QEMU ignores that a page is shared: it loads the page as a private one")	\
	X(QEMU_ID_AUTHOR, WARNING, "qemu-id-author",			\
	  "QEMU looks at the first byte of the author key, not at this field")	\
	X(QEMU_REGISTERS, WARNING, "qemu-registers",			\
	  "no VP context sets the registers: QEMU keeps the registers that an earlier image has set")

enum vmfw_igvm_rule {
#define X(id, severity, name, text) VMFW_IGVM_RULE_##id,
	VMFW_IGVM_RULES(X)
#undef X
	VMFW_IGVM_NR_RULES
};

#endif /* VMFW_IGVM_RULES_H */
