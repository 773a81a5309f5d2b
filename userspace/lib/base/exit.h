/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit codes of vmfwupdate-ctl. A function that takes struct messages and can
 * fail adds the reason to the messages, then returns such a code. After a signal
 * the code is 128 plus the number of the signal. See "Errors" in
 * Documentation/hacking.md for exceptions, and for other functions.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EXIT_H
#define VMFW_EXIT_H

enum vmfw_exit {
	VMFW_EXIT_OK = 0,	/* success, also if the work was already done */
	VMFW_EXIT_SYSTEM = 1,	/* I/O or system error */
	VMFW_EXIT_USAGE = 2,
	VMFW_EXIT_NOTHING = 3,	/* nothing to do, or nothing found */
	VMFW_EXIT_IMAGE = 4,	/* the image is invalid */
	VMFW_EXIT_DEVICE = 5,	/* no device, or the VMM lacks the capability */
	VMFW_EXIT_REFUSED = 6,	/* the VMM refused, or updates are switched off */
	VMFW_EXIT_GUARD = 7,	/* an attempt is not allowed now */
	VMFW_EXIT_SOURCE = 8,	/* found no image or partition, or several */
	VMFW_EXIT_VERIFY = 9,	/* a digest, signature or running firmware is wrong */
	VMFW_EXIT_UNKNOWN = 10,	/* it is unknown which firmware is running */
	VMFW_EXIT_REQUIRED = 11,/* the boot must not go on */
	VMFW_EXIT_START = 12,	/* the host started the machine without IGVM */
};

#endif /* VMFW_EXIT_H */
