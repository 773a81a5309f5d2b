/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the running firmware calls itself.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_FIRMWARE_H
#define VMFW_FIRMWARE_H

#include <stdbool.h>

/* With the end of the text; longer names are cut off. */
#define FIRMWARE_VENDOR		80
#define FIRMWARE_VERSION	96
#define FIRMWARE_DATE		24
#define FIRMWARE_WORDS		256

/**
 * struct firmware - an identity: a claim of the firmware, no proof
 * @known: there is one
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

#endif /* VMFW_FIRMWARE_H */
