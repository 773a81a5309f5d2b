/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PC's shadow RAM registers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_PAM_H
#define VMM_PAM_H

#include <stdbool.h>

/**
 * pam_present - Does the model know the PAM of this machine's host bridge?
 */
bool pam_present(void);

/**
 * pam_reset - Show ROM below 1 MiB again, as a hardware reset does
 *
 * QEMU leaves these registers alone when it resets the machine. Needs
 * pam_present(), and the big lock.
 */
void pam_reset(void);

#endif
