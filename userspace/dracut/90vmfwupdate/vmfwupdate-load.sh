#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by an initramfs of dracut's with systemd before udev starts: the unit
# vmfwupdate-initrd.service then finds the device, if there is one.
#
# Copyright (C) 2026 The vmfwupdate authors

modprobe -q vmfwupdate
