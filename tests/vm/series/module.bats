#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The driver of the patch series as a module: loads and unloads.
#
# Copyright (C) 2026 The vmfwupdate authors

# bats file_tags=in-tree

load ../helpers
load ../launch

alias=auxiliary:qemu_fw_cfg.vmlaunchupdate

@test "the module loads by the alias of the auxiliary device" {
	vm_start revision=vmlaunchupdate
	guest 1 'lsmod | grep vmfwupdate'
	guest 0 "modprobe $alias && ls -l /dev/vmfwupdate"
	output_has 'crw-------'
	state_is idle
}

@test "both modules unload and load again, and the device disappears and returns" {
	vm_start revision=vmlaunchupdate
	guest 0 "modprobe $alias
		for i in 1 2 3; do
			rmmod vmfwupdate && test ! -e /dev/vmfwupdate &&
			rmmod qemu_fw_cfg && test -z \"\$(ls /sys/bus/auxiliary/devices)\" &&
			modprobe qemu_fw_cfg && modprobe $alias && test -e /dev/vmfwupdate || exit 1
		done"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	guest 1 'rmmod vmfwupdate'
	guest 1 'rmmod qemu_fw_cfg'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}
