/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of unknown origin, such as names on disks, made fit for a terminal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_PRINTABLE_H
#define VMFW_PRINTABLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

size_t printable_decode(const char *text, uint32_t *code);
bool printable_is(uint32_t code);
size_t printable_columns(const char *text);
void printable_write(FILE *to, const char *text);
void printable_wrap(FILE *to, const char *text, size_t column, size_t indent,
		    size_t width);
void printable_print_line(FILE *to, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
void printable_copy(char *buf, size_t size, const char *text);

#endif /* VMFW_PRINTABLE_H */
