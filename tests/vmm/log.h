/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one line per event, for people and for tests.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_LOG_H
#define VMM_LOG_H

#include <stdbool.h>

/**
 * log_open - Write events to a file from now on, and not to standard error
 * @path: the file; events go to the end of an existing file. The last call counts.
 *
 * Return: false, after a message, when it cannot open the file.
 */
bool log_open(const char *path);

/**
 * log_cut_power_at - End QEMU by SIGKILL at an event, as a loss of power does
 * @value: COUNT:TEXT: right after the COUNTth line that contains TEXT
 *
 * Return: false, after a message, when @value has another form.
 */
bool log_cut_power_at(const char *value);

/**
 * log_event - Write one line: an event, its values, a text
 * @format: the line, without a newline; texts are last, in double quotes
 *
 * Puts the seconds since QEMU started in front, and flushes at once. The caller must
 * hold QEMU's big lock, as all callbacks do.
 */
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * log_error - Write a message to QEMU's standard error
 * @format: the line, without a newline
 */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
