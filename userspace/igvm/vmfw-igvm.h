/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvmfw-igvm: read, check, measure and build IGVM files.
 *
 * The library does no I/O, keeps no state of its own, never recurses, and
 * works on read-only bytes of the caller. What it allocates is bounded by the
 * bytes of variable headers that are really there, and 16 MiB of firmware,
 * never by what a header claims. Functions return 0 or a negative errno value.
 *
 * The format's normative text is the documentation of the igvm_defs crate;
 * rules beyond it are marked as such in rules.h.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IGVM_H
#define VMFW_IGVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defs.h"
#include "rules.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compatibility masks have 32 bits, each of them one platform at most. */
#define VMFW_IGVM_MAX_PLATFORMS	32

/**
 * struct vmfw_igvm_input - the bytes of one file
 * @head: the file from its first byte; at least all of its headers, see
 *	vmfw_igvm_head_size()
 * @head_len: bytes at @head
 * @size: length of the whole file
 * @read: read exactly @len bytes at @offset; wanted for what lies behind
 *	@head_len, and may be NULL when that is the whole file. Returns 0 or
 *	a negative errno value, which ends the operation.
 * @arg: handed to @read and @stop
 * @stop: asked now and then by all that takes long; may be NULL. Once it has
 *	returned true it must do so always; the operation ends with -ECANCELED.
 *
 * A file need not be in memory as a whole: of its data only register contexts
 * are looked at.
 */
struct vmfw_igvm_input {
	const void *head;
	size_t head_len;
	uint64_t size;
	int (*read)(void *arg, uint64_t offset, void *buf, size_t len);
	void *arg;
	bool (*stop)(void *arg);
};

/**
 * struct vmfw_igvm_platform - one platform that a file is for
 * @mask: its one bit in the compatibility masks of other headers
 * @type: enum vmfw_igvm_platform_type
 * @version: of the platform's definition
 * @highest_vtl: highest virtual trust level that the guest uses
 * @shared_gpa_boundary: memory from this guest physical address on is shared
 *	with the host; 0: the guest decides page by page
 */
struct vmfw_igvm_platform {
	uint32_t mask;
	uint8_t type;
	uint16_t version;
	uint8_t highest_vtl;
	uint64_t shared_gpa_boundary;
};

/**
 * struct vmfw_igvm - a file whose fixed header has been read
 * @input: where it came from
 * @version: format version, 1 or 2
 * @architecture: enum vmfw_igvm_architecture
 * @page_size: bytes
 * @headers_start: file offset of the first variable header; 0, as
 *	@headers_end, where the fixed header does not tell of any that are there
 * @headers_end: file offset of the first byte behind them, which is the
 *	lowest one that file data may have
 * @nr_headers: variable headers, known after vmfw_igvm_check()
 * @platforms: in the order of the file, known after vmfw_igvm_check()
 * @nr_platforms: how many
 */
struct vmfw_igvm {
	struct vmfw_igvm_input input;
	uint32_t version;
	uint32_t architecture;
	uint32_t page_size;
	uint64_t headers_start;
	uint64_t headers_end;
	uint32_t nr_headers;
	struct vmfw_igvm_platform platforms[VMFW_IGVM_MAX_PLATFORMS];
	unsigned int nr_platforms;
};

/**
 * struct vmfw_igvm_header - one variable header
 * @index: its number, from 0
 * @offset: its place in the file
 * @type: as in the file, with the bit VMFW_IGVM_OPTIONAL
 * @length: of its content, without padding
 * @content: points into the caller's bytes, unaligned
 */
struct vmfw_igvm_header {
	uint32_t index;
	uint64_t offset;
	uint32_t type;
	uint32_t length;
	const uint8_t *content;
};

/* Which header a finding is about, where it is about none of them. */
#define VMFW_IGVM_NO_HEADER	UINT32_MAX

/**
 * struct vmfw_igvm_finding - something wrong with a file
 * @rule: what was broken; vmfw_igvm_rule_name(), vmfw_igvm_rule_text() and
 *	vmfw_igvm_rule_is_error() tell more
 * @header: index of the variable header, or VMFW_IGVM_NO_HEADER: the fixed
 *	header, or the file as a whole
 * @type: of that header
 * @offset: of that header in the file, 0 for the fixed header
 * @field: name of the field, from the text of the format
 * @value: what it holds
 * @bound: what the rule compares it with, where @has_bound; the index of a
 *	header where the rule is about two of them
 * @has_bound: @bound means something
 */
struct vmfw_igvm_finding {
	enum vmfw_igvm_rule rule;
	uint32_t header;
	uint32_t type;
	uint64_t offset;
	const char *field;
	uint64_t value;
	uint64_t bound;
	bool has_bound;
};

/**
 * typedef vmfw_igvm_report - hear of a finding
 * @arg: the caller's
 * @finding: valid during the call
 *
 * Return: true to go on, false to end the check there.
 */
typedef bool vmfw_igvm_report(void *arg,
			      const struct vmfw_igvm_finding *finding);

/* Kinds of guest physical ranges, bits for vmfw_igvm_ranges(). */
enum vmfw_igvm_kind {
	VMFW_IGVM_PAGE_DATA = 1 << 0,
	VMFW_IGVM_PARAMETER_INSERT = 1 << 1,
	VMFW_IGVM_VMSA = 1 << 2,
	VMFW_IGVM_ERROR_RANGE = 1 << 3,
	VMFW_IGVM_REQUIRED_MEMORY = 1 << 4,
	VMFW_IGVM_RELOCATABLE = 1 << 5,	  /* regions where they stand */
	VMFW_IGVM_RELOCATION_WINDOW = 1 << 6, /* where they may be moved to */
	VMFW_IGVM_PAGE_TABLE_REGION = 1 << 7,
};

/* What loading writes to. */
#define VMFW_IGVM_POPULATED						\
	(VMFW_IGVM_PAGE_DATA | VMFW_IGVM_PARAMETER_INSERT | VMFW_IGVM_VMSA)
/* All that a loader may touch or expects to be free. */
#define VMFW_IGVM_ANY_KIND						\
	(VMFW_IGVM_POPULATED | VMFW_IGVM_ERROR_RANGE |			\
	 VMFW_IGVM_REQUIRED_MEMORY | VMFW_IGVM_RELOCATABLE |		\
	 VMFW_IGVM_RELOCATION_WINDOW | VMFW_IGVM_PAGE_TABLE_REGION)

/**
 * struct vmfw_igvm_range - guest physical memory
 * @start: address of the first byte
 * @end: address behind the last byte
 */
struct vmfw_igvm_range {
	uint64_t start;
	uint64_t end;
};

/* A machine whose platform is not known: all of a file count. */
#define VMFW_IGVM_ANY_PLATFORM	UINT32_MAX

enum vmfw_igvm_known {
	VMFW_IGVM_UNKNOWN,
	VMFW_IGVM_NO,
	VMFW_IGVM_YES,
};

/* The firmware that a machine runs. */
enum vmfw_igvm_firmware {
	VMFW_IGVM_FIRMWARE_UNKNOWN,
	VMFW_IGVM_FIRMWARE_UEFI,
	VMFW_IGVM_FIRMWARE_BIOS,
};

/**
 * struct vmfw_igvm_machine - a machine that is to start from a file
 * @architecture: enum vmfw_igvm_architecture
 * @platform: enum vmfw_igvm_platform_type
 * @memory: where it has memory, in ascending order, no two adjacent
 * @nr_memory: how many ranges; 0: it is not known, and not checked
 * @reserved: what firmware keeps for itself, in the same way: memory or not
 * @nr_reserved: how many ranges
 * @kvm: its VMM uses KVM
 * @vga: it has a VGA, whose window is at 0xa0000
 * @firmware: what it runs now
 * @vcpus: its processors; 0: it is not known
 */
struct vmfw_igvm_machine {
	unsigned int architecture;
	unsigned int platform;
	const struct vmfw_igvm_range *memory;
	size_t nr_memory;
	const struct vmfw_igvm_range *reserved;
	size_t nr_reserved;
	bool kvm;
	enum vmfw_igvm_known vga;
	enum vmfw_igvm_firmware firmware;
	uint32_t vcpus;
};

/**
 * enum vmfw_igvm_vmm - whose order and kinds of pages a measurement follows
 * @VMFW_IGVM_VMM_QEMU: QEMU's IGVM loader under KVM, on SEV-SNP, SEV-ES and SEV:
 *	a measured page without file data holds zeroes; runs of pages are
 *	launched once a header does not continue them, so that an inserted
 *	parameter area may come before; shared pages count as private ones; of
 *	a page of 2 MiB the first 4 KiB have data; registers come last, in the
 *	order of VPs
 * @VMFW_IGVM_VMM_GENERIC: the text of the format: such a page holds zeroes, and
 *	everything comes in the order of the file
 * @VMFW_IGVM_VMM_NATIVE_ZERO: in the order of the file, but registers last, as
 *	under KVM; a measured page without file data is a zero page of SEV-SNP
 */
enum vmfw_igvm_vmm {
	VMFW_IGVM_VMM_QEMU,
	VMFW_IGVM_VMM_GENERIC,
	VMFW_IGVM_VMM_NATIVE_ZERO,
};

enum vmfw_igvm_hash_algorithm {
	VMFW_IGVM_SHA256,
	VMFW_IGVM_SHA384,
};

/**
 * struct vmfw_igvm_hash - hash functions of the caller
 * @begin: forget what was added, begin by an algorithm
 * @add: add bytes
 * @end: receive the digest, 32 or 48 bytes
 * @arg: handed to all of them
 *
 * Each returns 0 or a negative errno value, which ends the measurement. One
 * hash at a time is enough.
 */
struct vmfw_igvm_hash {
	int (*begin)(void *arg, enum vmfw_igvm_hash_algorithm algorithm);
	int (*add)(void *arg, const void *bytes, size_t len);
	int (*end)(void *arg, uint8_t *digest);
	void *arg;
};

/* What is measured in one step. */
enum vmfw_igvm_step_kind {
	VMFW_IGVM_STEP_NORMAL,		/* a page with its bytes */
	VMFW_IGVM_STEP_ZERO,		/* a page that the platform zeroes */
	VMFW_IGVM_STEP_UNMEASURED,	/* a page without its bytes */
	VMFW_IGVM_STEP_SECRETS,
	VMFW_IGVM_STEP_CPUID,
	VMFW_IGVM_STEP_VMSA,		/* a page of registers */
	VMFW_IGVM_STEP_ERROR_RANGE,	/* VBS: a page for the loader's error */
	VMFW_IGVM_STEP_REGISTER,	/* VBS: one register */
};

/**
 * struct vmfw_igvm_step - one step of a measurement
 * @header: index of the header, or VMFW_IGVM_NO_HEADER: the VMM adds it
 * @kind: what is measured
 * @gpa: its guest physical address as it is measured
 * @contents: digest of the page alone, or NULL where the platform has none
 * @digest: digest so far, or NULL where the platform has one at the end only
 */
struct vmfw_igvm_step {
	uint32_t header;
	enum vmfw_igvm_step_kind kind;
	uint64_t gpa;
	const uint8_t *contents;
	const uint8_t *digest;
};

/**
 * struct vmfw_igvm_measure_options - what to measure, and how
 * @platform: enum vmfw_igvm_platform_type
 * @vmm: whose convention
 * @vcpus: on SEV-SNP and SEV-ES, but not with VMFW_IGVM_VMM_GENERIC,
 *	processors of the machine; those without a context in the file start from reset, and are
 *	measured so. 0: those with a context
 * @cpu_signature: EAX of CPUID leaf 1, wanted for such processors
 * @hash: hash functions
 * @trace: called for each step, valid during the call; false ends the
 *	measurement. May be NULL.
 * @arg: for @trace
 */
struct vmfw_igvm_measure_options {
	unsigned int platform;
	enum vmfw_igvm_vmm vmm;
	uint32_t vcpus;
	uint32_t cpu_signature;
	const struct vmfw_igvm_hash *hash;
	bool (*trace)(void *arg, const struct vmfw_igvm_step *step);
	void *arg;
};

/* No launch digest is longer. */
#define VMFW_IGVM_MAX_DIGEST	48

/**
 * struct vmfw_igvm_field - one field of a header's content
 * @name: from the text of the format
 * @at: offset
 * @size: bytes; up to 8: a little-endian number
 */
struct vmfw_igvm_field {
	const char *name;
	uint32_t at;
	uint32_t size;
};

/**
 * struct vmfw_igvm_piece - memory of one kind
 * @range: its addresses
 * @kind: one bit of enum vmfw_igvm_kind
 * @flags: of page data: VMFW_IGVM_PAGE_UNMEASURED, VMFW_IGVM_PAGE_SHARED
 * @data_type: of page data: enum vmfw_igvm_data_type
 * @header: index of the first header that it comes from
 */
struct vmfw_igvm_piece {
	struct vmfw_igvm_range range;
	unsigned int kind;
	uint32_t flags;
	uint16_t data_type;
	uint32_t header;
};

/**
 * struct vmfw_igvm_rom - a flat firmware that tells what it wants loaded
 * @bytes: the firmware, the caller's
 * @size: its bytes; it ends at 4 GiB
 * @platform: enum vmfw_igvm_platform_type that it was opened for
 * @ap_reset: on SEV-ES and SEV-SNP: address of the first instruction of
 *	processors other than the first
 * @sections: offset of the list of sections in the firmware
 * @nr_sections: how many
 */
struct vmfw_igvm_rom {
	const void *bytes;
	size_t size;
	unsigned int platform;
	uint32_t ap_reset;
	size_t sections;
	uint32_t nr_sections;
};

/**
 * struct vmfw_igvm_rom_section - memory that a firmware wants loaded
 * @gpa: guest physical address
 * @size: bytes, whole pages
 * @kind: how its pages are loaded: VMFW_IGVM_STEP_NORMAL, _ZERO, _UNMEASURED,
 *	_SECRETS or _CPUID
 * @has_data: it holds bytes of the firmware; else it holds zeroes, or what the
 *	platform or the VMM puts there
 * @offset: of these bytes in the firmware, @size of them
 * @is_hob: TDX: the VMM tells of the machine's memory here
 */
struct vmfw_igvm_rom_section {
	uint64_t gpa;
	uint64_t size;
	enum vmfw_igvm_step_kind kind;
	bool has_data;
	size_t offset;
	bool is_hob;
};

/**
 * struct vmfw_igvm_rom_fault - what is wrong with what a firmware tells
 * @text: the rule that is broken
 * @offset: place in the firmware
 * @value: what stands there, or was found
 */
struct vmfw_igvm_rom_fault {
	const char *text;
	size_t offset;
	uint64_t value;
};

/**
 * struct vmfw_igvm_wrap_options - platforms that a flat firmware is wrapped for
 * @native: plain guests
 * @snp: SEV-SNP: what vmfw_igvm_rom_open() says of this very firmware; or NULL
 * @sev_es: SEV-ES, in the same way
 * @tdx: TDX, in the same way
 * @policy: of guests on SEV-SNP, as its firmware ABI has it
 * @vcpus: on SEV-SNP and SEV-ES, processors whose registers are in the file.
 *	0: that of the first one
 * @cpu_signature: EAX of CPUID leaf 1, which these registers hold
 * @native_registers: the file has the registers of a reset for plain guests, too,
 *	and so format version 2; ignored without @native
 */
struct vmfw_igvm_wrap_options {
	bool native;
	const struct vmfw_igvm_rom *snp;
	const struct vmfw_igvm_rom *sev_es;
	const struct vmfw_igvm_rom *tdx;
	uint64_t policy;
	uint32_t vcpus;
	uint32_t cpu_signature;
	bool native_registers;
};

/**
 * struct vmfw_igvm_rom_areas - where a firmware expects what an IGVM file has
 *	for it; an area that it does not expect is empty
 * @parameters: memory map, number of processors
 * @hobs: a list of what else is in memory, see struct vmfw_igvm_part
 */
struct vmfw_igvm_rom_areas {
	struct vmfw_igvm_range parameters;
	struct vmfw_igvm_range hobs;
};

/* What can travel with a firmware; numbers of edk2. */
enum vmfw_igvm_part_type {
	VMFW_IGVM_PART_PK = 0x100,	/* authenticated variables */
	VMFW_IGVM_PART_KEK = 0x101,
	VMFW_IGVM_PART_DB = 0x102,
	VMFW_IGVM_PART_DBX = 0x103,
	VMFW_IGVM_PART_SHIM = 0x200,	/* programs for UEFI */
	VMFW_IGVM_PART_KERNEL = 0x201,
};

/* One of each. */
#define VMFW_IGVM_MAX_PARTS	6

/**
 * struct vmfw_igvm_part - something that travels with a firmware
 * @type: enum vmfw_igvm_part_type
 * @gpa: guest physical address; vmfw_igvm_compose() chooses it
 * @size: bytes
 * @read: for vmfw_igvm_compose(): read exactly @len bytes at @offset; returns 0
 *	or a negative errno value
 * @arg: handed to @read
 */
struct vmfw_igvm_part {
	unsigned int type;
	uint64_t gpa;
	uint64_t size;
	int (*read)(void *arg, uint64_t offset, void *buf, size_t len);
	void *arg;
};

/* Content of an ID block's header. */
#define VMFW_IGVM_ID_BLOCK_SIZE	696

/**
 * struct vmfw_igvm_compose_options - what a file is to be composed of
 * @parts: the parts, whose order does not matter
 * @nr_parts: how many
 * @id_block: content of the header of an ID block, VMFW_IGVM_ID_BLOCK_SIZE
 *	bytes, or NULL
 */
struct vmfw_igvm_compose_options {
	const struct vmfw_igvm_part *parts;
	size_t nr_parts;
	const void *id_block;
};

/**
 * struct vmfw_igvm_obstacle - why a file cannot be composed or taken apart
 * @text: the rule that is broken
 * @has_value: @value means something
 * @value: what was found: an address, a number of bytes, a type
 */
struct vmfw_igvm_obstacle {
	const char *text;
	bool has_value;
	uint64_t value;
};

/* A file that was not written yet, see vmfw_igvm_draft_input(). */
struct vmfw_igvm_draft;

int vmfw_igvm_head_size(const void *first, size_t len, uint64_t size,
			uint64_t *head_size);
int vmfw_igvm_check(struct vmfw_igvm *igvm,
		    const struct vmfw_igvm_input *input,
		    vmfw_igvm_report *report, void *arg);
int vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
			 const struct vmfw_igvm_machine *machine,
			 vmfw_igvm_report *report, void *arg);
int vmfw_igvm_check_for(const struct vmfw_igvm *igvm, unsigned int platform,
			vmfw_igvm_report *report, void *arg);
int vmfw_igvm_check_machine(const struct vmfw_igvm *igvm,
			    const struct vmfw_igvm_machine *machine,
			    vmfw_igvm_report *report, void *arg);
const struct vmfw_igvm_platform *
vmfw_igvm_platform(const struct vmfw_igvm *igvm, unsigned int type);
bool vmfw_igvm_next(const struct vmfw_igvm *igvm,
		    struct vmfw_igvm_header *header);
int vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
		     unsigned int kinds, struct vmfw_igvm_range **ranges,
		     size_t *nr);

int vmfw_igvm_map(const struct vmfw_igvm *igvm, uint32_t mask,
		  struct vmfw_igvm_piece **pieces, size_t *nr);
int vmfw_igvm_read(const struct vmfw_igvm *igvm, uint32_t mask, uint64_t gpa,
		   void *buf, size_t len);
int vmfw_igvm_rom_range(const struct vmfw_igvm *igvm, uint32_t mask,
			struct vmfw_igvm_range *range);
const struct vmfw_igvm_field *
vmfw_igvm_fields(const struct vmfw_igvm_header *header, size_t *nr);
uint64_t vmfw_igvm_field_value(const struct vmfw_igvm_header *header,
			       const struct vmfw_igvm_field *field);

size_t vmfw_igvm_digest_size(unsigned int platform);
int vmfw_igvm_measure(const struct vmfw_igvm *igvm,
		      const struct vmfw_igvm_measure_options *options,
		      uint8_t *digest);
const char *vmfw_igvm_step_word(enum vmfw_igvm_step_kind kind);

int vmfw_igvm_describe(const struct vmfw_igvm_finding *finding, char *buf,
		       size_t len);
const char *vmfw_igvm_rule_name(enum vmfw_igvm_rule rule);
const char *vmfw_igvm_rule_text(enum vmfw_igvm_rule rule);
bool vmfw_igvm_rule_is_error(enum vmfw_igvm_rule rule);
const char *vmfw_igvm_type_name(uint32_t type);
const char *vmfw_igvm_platform_name(unsigned int type);
const char *vmfw_igvm_platform_word(unsigned int type);
const char *vmfw_igvm_architecture_name(uint32_t architecture);

int vmfw_igvm_rom_open(struct vmfw_igvm_rom *rom, const void *bytes,
		       size_t size, unsigned int platform,
		       struct vmfw_igvm_rom_fault *where);
bool vmfw_igvm_rom_section(const struct vmfw_igvm_rom *rom, uint32_t index,
			   struct vmfw_igvm_rom_section *section);
int vmfw_igvm_rom_areas(const void *bytes, size_t size,
			struct vmfw_igvm_rom_areas *areas,
			struct vmfw_igvm_rom_fault *where);
int vmfw_igvm_measure_rom(const struct vmfw_igvm_rom *rom,
			  const struct vmfw_igvm_measure_options *options,
			  uint8_t *digest);

int vmfw_igvm_wrap_size(const void *rom, size_t rom_len, size_t *size);
int vmfw_igvm_wrap(const void *rom, size_t rom_len, void *file, size_t size);
int vmfw_igvm_wrap_stream(const void *rom, size_t rom_len,
			  int (*write)(void *arg, const void *bytes,
				       size_t len),
			  void *arg);
int vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
		       const struct vmfw_igvm_wrap_options *options,
		       void **file, size_t *size);

const char *vmfw_igvm_part_name(unsigned int type);
int vmfw_igvm_compose(const struct vmfw_igvm *base,
		      const struct vmfw_igvm_compose_options *options,
		      struct vmfw_igvm_draft **draft,
		      struct vmfw_igvm_obstacle *why);
int vmfw_igvm_parts(const struct vmfw_igvm *igvm,
		    struct vmfw_igvm_part *parts, size_t *nr,
		    struct vmfw_igvm_obstacle *why);
int vmfw_igvm_decompose(const struct vmfw_igvm *igvm,
			struct vmfw_igvm_draft **draft,
			struct vmfw_igvm_obstacle *why);
const struct vmfw_igvm_input *
vmfw_igvm_draft_input(const struct vmfw_igvm_draft *draft);
const struct vmfw_igvm_part *
vmfw_igvm_draft_parts(const struct vmfw_igvm_draft *draft, size_t *nr);
void vmfw_igvm_draft_free(struct vmfw_igvm_draft *draft);

#ifdef __cplusplus
}
#endif

#endif /* VMFW_IGVM_H */
