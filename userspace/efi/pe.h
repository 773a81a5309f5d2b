/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of a PE file, the format of UEFI programs. This code does no I/O: a
 * function of the caller provides the bytes.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PE_H
#define VMFW_PE_H

#include <stddef.h>
#include <stdint.h>

#define PE_NAME		8
/* Subsystems of UEFI. */
#define PE_APPLICATION	10
#define PE_BOOT_DRIVER	11
#define PE_RUNTIME_DRIVER	12

/**
 * typedef pe_read - read from the file
 * @arg: the argument given to pe_open()
 * @offset: offset of the first byte
 * @buf: receives the bytes
 * @len: number of bytes; all of them are within the size given to pe_open()
 *
 * Return: 0 or a negative errno value.
 */
typedef int pe_read(void *arg, uint64_t offset, void *buf, size_t len);

/**
 * struct pe_section - a section that may have bytes in the file
 * @name: the name in the file, with a zero after it
 * @offset: offset of its first byte in the file
 * @size: used bytes, without padding to a whole block
 * @raw_size: bytes in the file
 */
struct pe_section {
	char name[PE_NAME + 1];
	uint64_t offset;
	uint64_t size;
	uint64_t raw_size;
};

/**
 * struct pe - the headers of a PE file
 * @read: see typedef pe_read
 * @arg: argument for @read
 * @size: size of the file in bytes
 * @machine: kind of processor; 0x8664: x86-64, 0xaa64: AArch64
 * @subsystem: IMAGE_SUBSYSTEM_..., of the optional header
 * @headers_size: bytes of all headers, from the file's first byte on
 * @checksum_at: offset of the field CheckSum
 * @security_at: offset of the certificate table's entry among the data
 *	directories; 0: there is none
 * @security_offset: offset of the certificate table in the file
 * @security_size: bytes of the certificate table; 0: the file has none
 * @sections: in the order of the file's table
 * @nr_sections: number of sections
 */
struct pe {
	pe_read *read;
	void *arg;
	uint64_t size;
	uint16_t machine;
	uint16_t subsystem;
	uint32_t headers_size;
	uint32_t checksum_at;
	uint32_t security_at;
	uint32_t security_offset, security_size;
	struct pe_section *sections;
	unsigned int nr_sections;
};

/**
 * struct pe_fault - a fault in a file
 * @text: the fault in words; NULL: there is none, or reading failed
 * @offset: offset of the faulty field in the file
 * @value: the value there
 */
struct pe_fault {
	const char *text;
	uint64_t offset;
	uint64_t value;
};

int pe_open(struct pe *pe, pe_read *read, void *arg, uint64_t size,
	    struct pe_fault *fault);
void pe_close(struct pe *pe);
int pe_fail(struct pe_fault *fault, const char *text, uint64_t offset,
	    uint64_t value);

#endif /* VMFW_PE_H */
