#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Load the module before udev starts, in an initramfs of dracut with systemd. The unit
# vmfwupdate-initrd.service then finds the device, if there is one.
#
# Copyright (C) 2026 The vmfwupdate authors

modprobe -q vmfwupdate
