#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# dracut's initramfs with systemd sources this file before udev starts. The unit
# vmfwupdate-initrd.service then finds the device, if there is one.
#
# Copyright (C) 2026 The vmfwupdate authors

modprobe -q vmfwupdate
