/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name that the running firmware gives itself.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SMBIOS_H
#define VMFW_SMBIOS_H

#include <stdbool.h>

/* Sizes of texts with the zero at their end. The tool cuts off longer texts. */
#define FIRMWARE_VENDOR		80
#define FIRMWARE_VERSION	96
#define FIRMWARE_DATE		24
#define FIRMWARE_WORDS		256

/**
 * struct firmware - the identity that a firmware claims, without proof
 * @known: the other members are valid
 * @uefi: it is a UEFI firmware
 * @vendor: from SMBIOS
 * @version: from SMBIOS
 * @date: from SMBIOS
 */
struct firmware {
	bool known;
	bool uefi;
	char vendor[FIRMWARE_VENDOR];
	char version[FIRMWARE_VERSION];
	char date[FIRMWARE_DATE];
};

void firmware_read(struct firmware *firmware, const char *root);
void firmware_clean(char *text);
bool firmware_same(const struct firmware *a, const struct firmware *b);
const char *firmware_words(char *buf, const struct firmware *firmware);

#endif /* VMFW_SMBIOS_H */
