#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The whole way: stage, reboot, another firmware. Asserted from the guest
# (what it runs on) and from the VMM (what it loaded).
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The SHA-256 that the guest sees is the one that the VMM loaded.
same_image_on_both_sides()
{
	guest 0 "sha256sum /images/$1"
	vmm_saw 1 "loaded .*sha256=${output%% *}"
}

bios_to_uefi()
{
	vm_start
	firmware_is BIOS
	guest 0 'cat /sys/class/dmi/id/bios_vendor'
	output_is SeaBIOS

	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	state_is staged
	vmm_last_write_was cleared
	vm_reset_by 'reboot -f'

	firmware_is UEFI
	guest 0 'cat /sys/class/dmi/id/bios_vendor'
	[[ $output != SeaBIOS ]] || fail 'the firmware still says SeaBIOS'
	vmm_saw 1 'reset kind=update'
	same_image_on_both_sides ovmf.igvm
	guest 0 'lsmod'
	output_has qemu_fw_cfg
}

@test "a q35 machine on SeaBIOS comes back as a UEFI machine" {
	bios_to_uefi
}

@test "a q35 machine with two CPUs on SeaBIOS comes back as a UEFI machine" {
	VM_CPUS=2 bios_to_uefi
	guest 0 'nproc'
	output_is 2
}

@test "a pc machine on SeaBIOS comes back as a UEFI machine" {
	VM_MACHINE=pc bios_to_uefi
}

@test "a pc machine with two CPUs on SeaBIOS comes back as a UEFI machine" {
	VM_MACHINE=pc VM_CPUS=2 bios_to_uefi
	guest 0 'nproc'
	output_is 2
}

@test "a machine that became UEFI stages SeaBIOS and comes back as a BIOS machine" {
	bios_to_uefi
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	same_image_on_both_sides seabios.igvm
	vmm_saw 2 'reset kind=update'
}

@test "the new firmware stays for the next reboots, and nothing is applied twice" {
	bios_to_uefi
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	crash
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "stage --reboot needs no second command" {
	vm_start
	vm_reset_by 'vmfwupdate-ctl stage --reboot /images/ovmf.igvm'
	firmware_is UEFI
	same_image_on_both_sides ovmf.igvm
}

@test "a ROM is wrapped in the guest, checked, staged and booted" {
	vm_start
	guest 0 'vmfwupdate-ctl wrap /images/seabios.fd -o /tmp/own.igvm'
	guest 0 'vmfwupdate-ctl check /tmp/own.igvm'
	guest 0 'cmp /tmp/own.igvm /images/seabios.igvm'
	guest 0 'vmfwupdate-ctl stage /tmp/own.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 'reset kind=update'
	same_image_on_both_sides seabios.igvm
}

@test "the module loads by the alias of the fw_cfg device" {
	vm_start
	guest 1 'lsmod | grep vmfwupdate'
	guest 0 'modprobe "$(cat /sys/bus/acpi/devices/QEMU0002:00/modalias)"; ls -l /dev/vmfwupdate'
	output_has 'crw-------'
	state_is idle
}
