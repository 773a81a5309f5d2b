/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvmfw-igvm: read, check, measure and build IGVM files.
 *
 * The library does no I/O, keeps no state of its own, never recurses, and works
 * on read-only bytes of the caller. It allocates memory in proportion to the
 * size of the headers in the file, and for at most 16 MiB of firmware. A
 * measurement in two threads needs half a MiB more. No number in a header
 * decides how much memory it allocates. A function that can fail returns 0 or a
 * negative errno value.
 *
 * The format's normative text is the documentation of the igvm_defs crate.
 * rules.h marks rules that go beyond that text.
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

/* Compatibility masks have 32 bits, each for at most one platform. */
#define VMFW_IGVM_MAX_PLATFORMS	32

/**
 * struct vmfw_igvm_input - the bytes of one file
 * @head: the file from its first byte; at least all of its headers, see
 *	vmfw_igvm_head_size()
 * @head_len: bytes at @head
 * @size: size of the whole file
 * @read: read exactly @len bytes at @offset; needed for bytes after @head_len,
 *	and may be NULL if @head has the whole file. Returns 0 or a negative
 *	errno value, which ends the operation. -EINVAL becomes -EIO, because
 *	the functions below return -EINVAL for a file that breaks a rule.
 * @arg: argument for @read and @stop
 * @stop: long operations call it now and then; may be NULL. After it has
 *	returned true, it must always return true. The operation ends with
 *	-ECANCELED.
 *
 * A file need not be in memory as a whole. Of its data, the checks read only
 * register contexts. vmfw_igvm_check_qemu() also reads the start of the firmware.
 * Other functions read data piece by piece.
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
 * @mask: its bit in the compatibility masks of other headers
 * @type: enum vmfw_igvm_platform_type
 * @version: version of the platform's definition
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
 * struct vmfw_igvm - a file, after vmfw_igvm_check() has read its fixed header
 * @input: the file's bytes
 * @version: format version, 1 or 2
 * @architecture: enum vmfw_igvm_architecture
 * @page_size: bytes
 * @headers_start: file offset of the first variable header; 0, like @headers_end,
 *	if the fixed header names no readable place
 * @headers_end: file offset of the first byte after the variable headers, the
 *	lowest offset of file data
 * @nr_headers: variable headers, known after vmfw_igvm_check()
 * @platforms: in the order of the file, known after vmfw_igvm_check()
 * @nr_platforms: number of platforms
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
 * @type: its type in the file, with the bit VMFW_IGVM_OPTIONAL if the file sets it
 * @length: length of its content, without padding
 * @content: points into the caller's bytes, unaligned
 */
struct vmfw_igvm_header {
	uint32_t index;
	uint64_t offset;
	uint32_t type;
	uint32_t length;
	const uint8_t *content;
};

/* A finding that is not about a variable header has this index. */
#define VMFW_IGVM_NO_HEADER	UINT32_MAX

/**
 * struct vmfw_igvm_finding - a defect of a file
 * @rule: the broken rule; see vmfw_igvm_rule_name(), vmfw_igvm_rule_text() and
 *	vmfw_igvm_rule_is_error()
 * @header: index of the variable header, or VMFW_IGVM_NO_HEADER: the fixed
 *	header, or the file as a whole
 * @type: type of that header
 * @offset: offset of that header in the file, 0 for the fixed header
 * @field: name of the field or register, if possible from the text of the format
 * @value: its value
 * @bound: a second value, such as a limit, if @has_bound; the index of a header
 *	if the rule is about two headers
 * @has_bound: @bound is valid
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
 * typedef vmfw_igvm_report - receive a finding
 * @arg: the argument that the caller of the check gave
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
	VMFW_IGVM_RELOCATABLE = 1 << 5,	  /* regions at their place */
	VMFW_IGVM_RELOCATION_WINDOW = 1 << 6, /* windows that they may move to */
	VMFW_IGVM_PAGE_TABLE_REGION = 1 << 7,
};

/* Memory that a loader writes. */
#define VMFW_IGVM_POPULATED						\
	(VMFW_IGVM_PAGE_DATA | VMFW_IGVM_PARAMETER_INSERT | VMFW_IGVM_VMSA)
/* Memory that a loader may write, or expects to be free. */
#define VMFW_IGVM_ANY_KIND						\
	(VMFW_IGVM_POPULATED | VMFW_IGVM_ERROR_RANGE |			\
	 VMFW_IGVM_REQUIRED_MEMORY | VMFW_IGVM_RELOCATABLE |		\
	 VMFW_IGVM_RELOCATION_WINDOW | VMFW_IGVM_PAGE_TABLE_REGION)

/**
 * struct vmfw_igvm_range - guest physical memory
 * @start: address of the first byte
 * @end: address after the last byte
 */
struct vmfw_igvm_range {
	uint64_t start;
	uint64_t end;
};

/*
 * A machine of unknown platform. Only vmfw_igvm_check_qemu() takes it, and then
 * checks all platforms of the file that QEMU supports.
 */
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
 * struct vmfw_igvm_machine - a machine that will start from a file
 * @architecture: enum vmfw_igvm_architecture
 * @platform: enum vmfw_igvm_platform_type, or VMFW_IGVM_ANY_PLATFORM
 * @memory: its memory, in ascending order, without adjacent ranges
 * @nr_memory: number of ranges; 0: unknown, and not checked
 * @reserved: ranges that the firmware reserves, in ascending order; each may be
 *	memory or not
 * @nr_reserved: number of ranges
 * @kvm: its VMM uses KVM
 * @vga: whether it has a VGA, whose window is at 0xa0000
 * @firmware: the firmware that it runs now
 * @vcpus: its processors; 0: unknown
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
 * enum vmfw_igvm_vmm - the VMM whose loader a measurement follows
 * @VMFW_IGVM_VMM_QEMU: QEMU's IGVM loader under KVM, on SEV-SNP, SEV-ES and
 *	SEV. A measured page without file data contains zeroes. QEMU collects
 *	consecutive pages, and loads them together when a page does not continue
 *	them. So an inserted parameter area may come before earlier pages. Shared
 *	pages count as private ones. Only the first 4 KiB of a page of 2 MiB have
 *	data. Registers come last, in the order of VPs
 * @VMFW_IGVM_VMM_GENERIC: the text of the format. A measured page without file
 *	data contains zeroes. Everything comes in the order of the file, except
 *	that the registers of VBS come last
 * @VMFW_IGVM_VMM_NATIVE_ZERO: a loader that keeps the order of the file, but
 *	loads registers last, as under KVM. A measured page without file data is
 *	a zero page of SEV-SNP
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
 * @begin: forget all bytes, and begin a hash by an algorithm
 * @add: add bytes
 * @end: write the digest, 32 or 48 bytes
 * @start: begin to hash pages in another thread: @nr pages of
 *	VMFW_IGVM_PAGE_SIZE bytes at @pages. Their digests, 32 or 48 bytes each,
 *	follow each other at @digests. NULL: the caller has no such thread
 * @finish: wait until @start has written all digests; NULL if @start is
 * @arg: argument for all of them
 *
 * Each returns 0 or a negative errno value, which ends the measurement. Between
 * @begin and @end, the library calls only @add. After a successful @start, it
 * calls @finish once, even after an error. It does not call @start again before
 * that.
 */
struct vmfw_igvm_hash {
	int (*begin)(void *arg, enum vmfw_igvm_hash_algorithm algorithm);
	int (*add)(void *arg, const void *bytes, size_t len);
	int (*end)(void *arg, uint8_t *digest);
	int (*start)(void *arg, enum vmfw_igvm_hash_algorithm algorithm,
		     const uint8_t *pages, size_t nr, uint8_t *digests);
	int (*finish)(void *arg);
	void *arg;
};

/* Kinds of steps of a measurement. */
enum vmfw_igvm_step_kind {
	VMFW_IGVM_STEP_NORMAL,		/* a page with its bytes */
	VMFW_IGVM_STEP_ZERO,		/* a page that the platform zeroes */
	VMFW_IGVM_STEP_UNMEASURED,	/* a page without its bytes */
	VMFW_IGVM_STEP_SECRETS,
	VMFW_IGVM_STEP_CPUID,
	VMFW_IGVM_STEP_VMSA,		/* a page of registers */
	VMFW_IGVM_STEP_ERROR_RANGE,	/* VBS: a page for errors that the guest reports */
	VMFW_IGVM_STEP_REGISTER,	/* VBS: one register */
};

/**
 * struct vmfw_igvm_step - one step of a measurement
 * @header: index of the header, or VMFW_IGVM_NO_HEADER: the VMM adds this step,
 *	or the firmware is flat
 * @kind: kind of the step
 * @gpa: its guest physical address in the measurement
 * @contents: digest of the page alone, or NULL: the platform or this kind of
 *	step has none
 * @digest: digest so far, or NULL if the platform has one only at the end
 */
struct vmfw_igvm_step {
	uint32_t header;
	enum vmfw_igvm_step_kind kind;
	uint64_t gpa;
	const uint8_t *contents;
	const uint8_t *digest;
};

/**
 * struct vmfw_igvm_measure_options - options of a measurement
 * @platform: enum vmfw_igvm_platform_type
 * @vmm: the VMM whose loader the measurement follows
 * @vcpus: processors of the machine, on SEV-SNP and SEV-ES, but not with
 *	VMFW_IGVM_VMM_GENERIC. A processor without a context in the file has the
 *	registers of a reset. 0: only processors with a context
 * @cpu_signature: EAX of CPUID leaf 1, needed for processors without a context
 * @hash: hash functions
 * @trace: called for each step, which is valid during the call; false ends the
 *	measurement. May be NULL.
 * @arg: argument for @trace
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

/* Bytes of the longest launch digest. */
#define VMFW_IGVM_MAX_DIGEST	48

/**
 * struct vmfw_igvm_kernel_hashes - the SHA-256 hashes that QEMU adds to a launch
 *	with kernel-hashes=on
 * @kernel: hash of the kernel's file
 * @initrd: hash of the initial RAM disk, or of no bytes
 * @command_line: hash of the kernel's arguments with the zero byte that ends them
 */
struct vmfw_igvm_kernel_hashes {
	uint8_t kernel[32];
	uint8_t initrd[32];
	uint8_t command_line[32];
};

/**
 * enum vmfw_igvm_launcher - the launcher of a flat firmware
 * @VMFW_IGVM_LAUNCHER_KVM: QEMU under KVM, of Linux 6.10 or later
 * @VMFW_IGVM_LAUNCHER_EC2: Amazon EC2, on SEV-SNP: it gives registers other
 *	values, and loads the page of CPUID after all other memory
 * @VMFW_IGVM_LAUNCHER_GCE: Google Compute Engine, on SEV-SNP: it gives registers
 *	other values, and adds memory without contents as unmeasured pages
 */
enum vmfw_igvm_launcher {
	VMFW_IGVM_LAUNCHER_KVM,
	VMFW_IGVM_LAUNCHER_EC2,
	VMFW_IGVM_LAUNCHER_GCE,
};

/**
 * struct vmfw_igvm_launch - details of the launch of a flat firmware
 * @launcher: the launcher
 * @sev_features: SEV_FEATURES of each processor's save area; 0: those that the
 *	platform always has, SNPActive on SEV-SNP, none on SEV-ES
 * @kernel_hashes: hashes of the kernel that the VMM has for the firmware, on
 *	SEV-SNP, SEV-ES and SEV; NULL: none
 * @firmware_digest: on SEV-SNP, 48 bytes: the digest of the firmware's pages
 *	alone, in place of measuring them; NULL: measure them
 * @add_first: on TDX: add all pages of a section before extending the first
 *	one, as older hosts do
 */
struct vmfw_igvm_launch {
	enum vmfw_igvm_launcher launcher;
	uint64_t sev_features;
	const struct vmfw_igvm_kernel_hashes *kernel_hashes;
	const uint8_t *firmware_digest;
	bool add_first;
};

/**
 * struct vmfw_igvm_field - one field of a header's content
 * @name: name from the text of the format
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
 * @flags: flags of page data: VMFW_IGVM_PAGE_UNMEASURED, VMFW_IGVM_PAGE_SHARED
 * @data_type: type of page data: enum vmfw_igvm_data_type
 * @header: index of its first header
 */
struct vmfw_igvm_piece {
	struct vmfw_igvm_range range;
	unsigned int kind;
	uint32_t flags;
	uint16_t data_type;
	uint32_t header;
};

/**
 * struct vmfw_igvm_rom - a flat firmware with requests to a VMM
 * @bytes: the firmware, in the memory of the caller
 * @size: its bytes; it ends at 4 GiB
 * @platform: enum vmfw_igvm_platform_type, as given to vmfw_igvm_rom_open()
 * @ap_reset: on SEV-ES and SEV-SNP: address of the first instruction of
 *	processors other than the first
 * @sections: offset of the first entry of the list of sections in the firmware
 * @nr_sections: number of sections
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
 * struct vmfw_igvm_rom_section - memory that a firmware requests
 * @gpa: guest physical address
 * @size: bytes, whole pages
 * @kind: kind of its pages: VMFW_IGVM_STEP_NORMAL, _ZERO, _UNMEASURED, _SECRETS
 *	or _CPUID
 * @has_data: it contains bytes of the firmware; otherwise it contains zeroes,
 *	or data of the platform or the VMM
 * @offset: offset of these @size bytes in the firmware
 * @is_hob: TDX: the VMM describes the machine's memory here
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
 * struct vmfw_igvm_rom_fault - a fault in the requests of a firmware
 * @text: the broken rule
 * @offset: place in the firmware
 * @value: the value there
 */
struct vmfw_igvm_rom_fault {
	const char *text;
	size_t offset;
	uint64_t value;
};

/**
 * struct vmfw_igvm_wrap_options - platforms for a file from a flat firmware
 * @native: plain guests
 * @snp: SEV-SNP: the metadata of this firmware, from vmfw_igvm_rom_open(); or
 *	NULL
 * @sev_es: SEV-ES: the metadata of this firmware, or NULL
 * @tdx: TDX: the metadata of this firmware, or NULL
 * @policy: policy of guests on SEV-SNP, as its firmware ABI defines it
 * @vcpus: on SEV-SNP and SEV-ES, processors with registers in the file. 0: one
 * @cpu_signature: EAX of CPUID leaf 1, which is part of these registers
 * @native_registers: the file also has the registers of a reset for plain
 *	guests, and so format version 2; ignored without @native
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
 * struct vmfw_igvm_rom_areas - the areas where a firmware expects data of an
 *	IGVM file; an area without bytes means that the firmware expects no such data
 * @parameters: memory map, number of processors
 * @hobs: a list of the other data in memory, see struct vmfw_igvm_part
 */
struct vmfw_igvm_rom_areas {
	struct vmfw_igvm_range parameters;
	struct vmfw_igvm_range hobs;
};

/* Kinds of parts that a firmware can have, with the numbers of edk2. */
enum vmfw_igvm_part_type {
	VMFW_IGVM_PART_PK = 0x100,	/* authenticated variables */
	VMFW_IGVM_PART_KEK = 0x101,
	VMFW_IGVM_PART_DB = 0x102,
	VMFW_IGVM_PART_DBX = 0x103,
	VMFW_IGVM_PART_SHIM = 0x200,	/* programs for UEFI */
	VMFW_IGVM_PART_KERNEL = 0x201,
};

/* A firmware has at most one part of each kind. */
#define VMFW_IGVM_MAX_PARTS	6

/**
 * struct vmfw_igvm_part - a part to add to a firmware
 * @type: enum vmfw_igvm_part_type
 * @gpa: guest physical address; vmfw_igvm_compose() chooses it
 * @size: bytes
 * @read: for vmfw_igvm_compose(): read exactly @len bytes at @offset; returns 0
 *	or a negative errno value
 * @arg: argument for @read
 */
struct vmfw_igvm_part {
	unsigned int type;
	uint64_t gpa;
	uint64_t size;
	int (*read)(void *arg, uint64_t offset, void *buf, size_t len);
	void *arg;
};

/* Bytes of the content of an ID block's header. */
#define VMFW_IGVM_ID_BLOCK_SIZE	696

/**
 * struct vmfw_igvm_compose_options - the options of vmfw_igvm_compose()
 * @parts: the parts, whose order does not matter
 * @nr_parts: number of parts
 * @id_block: content of the header of an ID block, VMFW_IGVM_ID_BLOCK_SIZE
 *	bytes, or NULL
 */
struct vmfw_igvm_compose_options {
	const struct vmfw_igvm_part *parts;
	size_t nr_parts;
	const void *id_block;
};

/**
 * struct vmfw_igvm_obstacle - the reason why this library cannot make a file
 * @text: the broken rule
 * @has_value: @value is valid
 * @value: the value at fault: an address, a size, a type, the index of a header
 */
struct vmfw_igvm_obstacle {
	const char *text;
	bool has_value;
	uint64_t value;
};

/* A file that is not written yet, see vmfw_igvm_draft_input(). */
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
int vmfw_igvm_measure_launch(const struct vmfw_igvm_rom *rom,
			     const struct vmfw_igvm_measure_options *options,
			     const struct vmfw_igvm_launch *launch,
			     uint8_t *digest);
int vmfw_igvm_rom_hashes(const struct vmfw_igvm_rom *rom,
			 struct vmfw_igvm_range *area,
			 struct vmfw_igvm_rom_fault *where);

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
