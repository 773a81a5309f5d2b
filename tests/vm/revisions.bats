#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which revision of the interface the guest finds, and what it makes of it.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

@test "a VMM with both revisions is talked to in igvm" {
	vm_start revision=igvm+v6
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm; cat /sys/class/misc/vmfwupdate/interface'
	output_has igvm
	vmm_saw 0 'file=fw-blob'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "a VMM with v6 alone takes no IGVM image, and the tool says so" {
	vm_start revision=v6
	guest 0 'vmfwupdate-ctl status; cat /sys/class/misc/vmfwupdate/interface'
	output_has v6
	guest 5 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has IGVM
	vmm_saw 0 ' write '
	nothing_armed
}
