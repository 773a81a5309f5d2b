#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many programs at once, on a kernel that looks for data races (see tests/kernel). A test
# fails if the guest's console shows a complaint.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers

# Start programs that read the state of the device without end.
start_readers()
{
	guest 0 'modprobe vmfwupdate
		for reader in 0 1; do
			(while :; do
				cat /sys/class/misc/vmfwupdate/* >/dev/null
			done) </dev/null >/dev/null 2>&1 &
		done
		(while :; do vmfwupdate-ctl status; done) </dev/null >/dev/null 2>&1 &'
}

come_and_go()
{
	guest 0 "for i in \$(seq 6); do
			vmfwupdate-ctl stage --quiet $1 /images/seabios.igvm &&
			vmfwupdate-ctl unstage --quiet || exit 1
		done"
}

@test "staging and unstaging beside readers on other CPUs" {
	VM_CPUS=4 vm_start
	start_readers
	come_and_go
	come_and_go --arm-now
	guest 0 'vmfwupdate-ctl stage --quiet /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# bats test_tags=in-tree
@test "hand-over and revert beside readers on other CPUs" {
	VM_CPUS=4 vm_start revision=vmlaunchupdate
	start_readers
	guest 0 'vmfwupdate-ctl stage --quiet /images/ovmf.igvm &&
		vmfwupdate-ctl stage --quiet /images/seabios.igvm &&
		vmfwupdate-ctl revert --quiet'
	state_is reverting
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

# bats test_tags=in-tree
@test "programs that compete for the device while the machine reboots" {
	VM_CPUS=4 vm_start
	start_readers
	guest 0 'for writer in 0 1 2; do
			(while :; do
				vmfwupdate-ctl stage /images/ovmf.igvm
				vmfwupdate-ctl unstage
			done) </dev/null >/dev/null 2>&1 &
		done
		sleep 5'
	vm_reset_by 'reboot -f'
}
