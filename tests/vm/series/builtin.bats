#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The driver of the patch series built in, with its KUnit tests.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers
load ../launch

@test "the KUnit tests pass when the kernel starts" {
	local suite
	vm_start revision=vmlaunchupdate
	guest 0 'dmesg | sed -n "s/^\[[^]]*\] *//; /^\(not \)*ok\|^# /p"'
	for suite in vmfwupdate_plan vmfwupdate_vmlaunchupdate vmfwupdate_image; do
		output_has " $suite"
	done
	! grep '^not ok' <<<"$output" || fail "$output"
	echo "# $(grep -c '^ok' <<<"$output") lines" >&3
}

@test "stage and reboot bring another firmware, and then the first one back" {
	launch
	guest 0 'lsmod'
	[[ $output != *vmfwupdate* && $output != *qemu_fw_cfg* ]] || fail "modules: $output"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	taken_is 1
	guest 0 'vmfwupdate-ctl stage --at-reboot /images/seabios.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	taken_is 2
}
