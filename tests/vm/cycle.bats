#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A whole update: stage, reboot, another firmware. The tests check the firmware that the
# guest sees, and the image that the VMM has loaded. VM_REVISION names the interface.
# tests/run runs this file with each interface.
#
# Copyright (C) 2026 The vmfwupdate authors

# bats file_tags=in-tree

load helpers
[[ $VM_REVISION != vmlaunchupdate ]] || load launch

# The area of v6 has the size of SeaBIOS, unless it grows.
start()
{
	case $VM_REVISION in
	v6) vm_start bios-resize=on ;;
	*) vm_start ;;
	esac
}

# stage IMAGE: with a draft, the driver only makes a trial. With vmlaunchupdate, it arms the
# image at once.
stage()
{
	guest 0 "vmfwupdate-ctl stage /images/$1"
	if [[ $VM_REVISION == vmlaunchupdate ]]; then
		state_is armed
		[[ ${VMM:-model} == qemu ]] || vmm_last_write_was accepted
	else
		state_is staged
		vmm_last_write_was cleared
	fi
}

# applied_is COUNT: expect that the VMM has loaded COUNT images of the guest. An image
# that it loads at every reset counts once.
applied_is()
{
	if [[ $VM_REVISION == vmlaunchupdate ]]; then
		said "$1" 'reset kind=update' 'new IGVM context set'
	else
		vmm_saw "$1" 'reset kind=update'
	fi
}

# same_image_on_both_sides NAME: expect that the guest's file and the loaded image have
# the same SHA-256. v6 takes flat firmware. QEMU logs no digest.
same_image_on_both_sides()
{
	local format=igvm
	[[ ${VMM:-model} == model ]] || return 0
	[[ $VM_REVISION != v6 ]] || format=fd
	guest 0 "sha256sum /images/$1.$format"
	vmm_saw 1 " loaded .*sha256=${output%% *}"
}

bios_to_uefi()
{
	start
	firmware_is BIOS
	guest 0 'cat /sys/class/dmi/id/bios_vendor'
	output_is SeaBIOS

	stage ovmf.igvm
	guest 0 'cat /sys/class/misc/vmfwupdate/interface'
	output_is "$VM_REVISION"
	vm_reset_by 'reboot -f'

	firmware_is UEFI
	guest 0 'cat /sys/class/dmi/id/bios_vendor'
	[[ $output != SeaBIOS ]] || fail 'the firmware still says SeaBIOS'
	applied_is 1
	same_image_on_both_sides ovmf
	guest 0 'lsmod'
	output_has qemu_fw_cfg
}

@test "a q35 machine on SeaBIOS comes back as a UEFI machine" {
	bios_to_uefi
}

# bats test_tags=core
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
	stage seabios.igvm
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	same_image_on_both_sides seabios
	applied_is 2
}

@test "the new firmware stays over the next resets, and the VMM applies one image" {
	bios_to_uefi
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	crash
	firmware_is UEFI
	applied_is 1
}

@test "stage --reboot needs no second command" {
	start
	vm_reset_by 'vmfwupdate-ctl stage --reboot /images/ovmf.igvm'
	firmware_is UEFI
	applied_is 1
	same_image_on_both_sides ovmf
}

@test "the guest wraps a ROM, checks and stages the image, and boots from it" {
	start
	guest 0 'vmfwupdate-ctl wrap /images/seabios.fd -o /tmp/own.igvm'
	guest 0 'vmfwupdate-ctl check /tmp/own.igvm'
	guest 0 'cmp /tmp/own.igvm /images/seabios.igvm'
	guest 0 'vmfwupdate-ctl stage /tmp/own.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	applied_is 1
	same_image_on_both_sides seabios
}

# The driver of the series has another alias: see series/module.bats.
# bats file_tags=
@test "the module loads by the alias of the fw_cfg device" {
	start
	guest 1 'lsmod | grep vmfwupdate'
	guest 0 'modprobe "$(cat /sys/bus/acpi/devices/QEMU0002:00/modalias)"; ls -l /dev/vmfwupdate'
	output_has 'crw-------'
	state_is idle
}
