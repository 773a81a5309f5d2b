#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A VMM that lacks a feature, shows wrong values, or refuses. In each case the tool must end
# with the right exit status and message, and the machine must go on.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# stage_ends_with CODE TEXT: stage, and expect this exit status and this message.
stage_ends_with()
{
	guest "$1" 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has "$2"
}

# bats test_tags=in-tree
@test "no interface: no device, and the tool says that this VMM offers none" {
	vm_start fault=no-interface
	stage_ends_with 5 'does not offer'
	guest 1 'test -e /dev/vmfwupdate'
	guest 5 'vmfwupdate-ctl status'
	nothing_armed
}

@test "no IGVM capability: the tool says so" {
	vm_start fault=no-igvm
	stage_ends_with 5 IGVM
	vmm_saw 0 ' write '
	nothing_armed
}

@test "a write that the VMM ignores counts as a refusal" {
	vm_start fault=ignore-write
	stage_ends_with 6 'ignored'
	state_is idle
	nothing_armed
}

@test "a size cut to 16 bits counts as a refusal, and the driver withdraws the offer" {
	vm_start fault=size16
	stage_ends_with 6 'size'
	vmm_last_write_was cleared
	state_is idle
	nothing_armed
}

@test "an image that the VMM refuses at the offer" {
	vm_start fault=refuse-image
	stage_ends_with 6 'refused'
	state_is idle
	nothing_armed
}

# bats test_tags=core
@test "an image that the VMM refuses at the reset: the old firmware, once" {
	vm_start fault=refuse-reset
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 'refused sha256='
	vmm_saw 0 'reset kind=update'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 'refused sha256='
}

@test "the driver frees the memory of a refused image" {
	vm_start fault=refuse-image
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	# Use several commands, because a kernel that looks for races takes seconds for each
	# staging.
	local part
	for part in 1 2 3 4 5; do
		guest 0 'for i in $(seq 20); do
				said=$(vmfwupdate-ctl stage --quiet /images/ovmf.igvm 2>&1)
				[ $? -eq 6 ] || { echo "$i: $said"; exit 1; }
			done'
	done
	guest 0 'cat /sys/class/misc/vmfwupdate/leaked'
	output_is 0
	guest 0 'sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo'
	((output > 200000)) || fail "available memory: $output kB"
}

@test "a VMM that does not drop an offer: the tool says that the image is still armed" {
	vm_start fault=no-withdraw
	stage_ends_with 6 'still armed'
	guest 6 'vmfwupdate-ctl unstage'
	output_has 'cannot withdraw the image: the VMM does not confirm it'
	state_is armed
	crash
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "a VMM that does not drop an offer: disable drops the image" {
	vm_start fault=no-withdraw
	stage_ends_with 6 'still armed'
	guest 0 'vmfwupdate-ctl disable'
	vmm_last_write_was disabled
	state_is disabled
	nothing_armed
}

@test "a VMM that ignores a disable: the tool says so" {
	vm_start fault=no-disable
	guest 6 'vmfwupdate-ctl disable'
	output_has 'the VMM does not confirm it'
	state_is idle
}

@test "a VMM that refuses the image later, at the reboot: the old firmware, and a line in the log" {
	vm_start fault=vanish
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
	# On a real-time kernel, a thread prints the messages. The reset may come first.
	guest 0 'uname -v'
	[[ $output == *PREEMPT_RT* ]] ||
		grep -a 'cannot hand over the image for this reset: the VMM does not confirm it' "$vm_dir/console"
}
