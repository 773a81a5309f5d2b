#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module on vmlaunchupdate, where the guest frees the memory of an image that it has
# handed over. Tests of the state, of refused requests, and of the next kernel after kexec.
#
# Copyright (C) 2026 The vmfwupdate authors

# bats file_tags=in-tree

load helpers
load launch

attributes=/sys/class/misc/vmfwupdate

start()
{
	vm_start revision=vmlaunchupdate \
		host-igvm="$O/tests/vm/images/seabios.igvm" "$@"
	guest 0 'modprobe vmfwupdate'
}

hand_over()
{
	guest 0 "vmfwupdate-ctl stage $* /images/ovmf.igvm"
}

# shows ATTRIBUTE WORDS: expect that the attribute has these words
shows()
{
	guest 0 "cat $attributes/$1"
	output_is "$2"
}

module_said()
{
	guest 0 'dmesg | grep vmfwupdate:'
	output_has "$1"
}

# is_pinned MESSAGE: expect that the module refuses sleep and unload, and logs this message.
is_pinned()
{
	guest 0 'echo devices >/sys/power/pm_test'
	guest 1 'echo mem >/sys/power/state'
	output_has busy
	guest 1 'echo disk >/sys/power/state'
	module_said "$1"
	guest 1 'rmmod vmfwupdate'
}

@test "the properties of the interface, and an unknown image in the VMM" {
	start
	shows interface vmlaunchupdate
	shows properties 'copies persists restore once disable-stays'
	shows formats igvm
	shows held unknown
	shows start igvm
	state_is idle
	# Sleep and unload succeed.
	guest 0 'echo devices >/sys/power/pm_test; echo mem >/sys/power/state'
	guest 0 'rmmod vmfwupdate && modprobe vmfwupdate'
	firmware_is BIOS
}

@test "after the hand-over: no memory in use, but the module refuses unload and sleep" {
	local before
	start
	available_memory
	before=$available
	hand_over
	shows held image
	shows image_addr 0x0
	guest 0 "test \$(cat $attributes/image_size) -eq \$(stat -c %s /images/ovmf.igvm)"
	memory_is_back "$before"
	is_pinned 'cannot sleep: the VMM has a firmware image of this guest; reboot first'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	guest 0 'modprobe vmfwupdate'
	shows held unknown
	state_is idle
}

@test "disabled with an image that still applies: the module refuses unload and sleep" {
	start
	hand_over
	guest 0 'vmfwupdate-ctl disable'
	state_is disabled
	shows held image
	is_pinned 'cannot sleep: the VMM has a firmware image of this guest'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	guest 0 'modprobe vmfwupdate'
	state_is disabled
	shows held unknown
	shows start unknown
	# This kernel does not know that the VMM holds an image, so it allows the unload.
	guest 0 'rmmod vmfwupdate'
}

@test "reverting: the module refuses unload and sleep, and the host's firmware comes back" {
	start
	hand_over
	guest 0 'vmfwupdate-ctl unstage'
	state_is reverting
	shows held host
	shows image_size 0
	is_pinned "cannot sleep: the next reset restores the host's own image; reboot first"
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

@test "after stage --once: no unload and no sleep until the host's firmware is back" {
	start
	hand_over --once
	is_pinned 'cannot sleep: a firmware image is in memory'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	guest 0 'modprobe vmfwupdate'
	state_is reverting
	shows held host
	is_pinned "cannot sleep: the next reset restores the host's own image; reboot first"
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	guest 0 'modprobe vmfwupdate'
	state_is idle
	guest 0 'echo devices >/sys/power/pm_test; echo mem >/sys/power/state'
	guest 0 'rmmod vmfwupdate'
}

@test "staged for the reboot, then cancelled: nothing of the image remains" {
	start
	hand_over --at-reboot
	state_is staged
	shows held unknown
	is_pinned 'cannot sleep: a firmware image is in memory; unstage it or reboot'
	guest 0 'vmfwupdate-ctl unstage'
	state_is idle
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

kexec_disks=(
	-drive "file=$VM_KERNEL,format=raw,if=virtio,readonly=on"
	-drive "file=$VM_INITRAMFS,format=raw,if=virtio,readonly=on"
)

kexec_again()
{
	guest 0 "modprobe virtio_blk
		head -c $(stat -Lc %s "$VM_KERNEL") /dev/vda >/tmp/kernel
		head -c $(stat -Lc %s "$VM_INITRAMFS") /dev/vdb >/tmp/initramfs
		kexec -l /tmp/kernel --initrd=/tmp/initramfs --reuse-cmdline"
	vm_reset_by 'kexec -e'
	guest 0 'modprobe vmfwupdate'
}

@test "kexec does not withdraw an image: the next kernel does not know it, a reset applies it" {
	VM_MEMORY=1G start -- "${kexec_disks[@]}"
	hand_over
	kexec_again
	firmware_is BIOS
	state_is idle
	shows held unknown
	shows start igvm
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "kexec drops an image in memory, and the VMM never sees it" {
	VM_MEMORY=1G start -- "${kexec_disks[@]}"
	hand_over --at-reboot
	kexec_again
	state_is idle
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

@test "a program of the first version still works" {
	start
	guest 0 '/images/abi-v1 /images/ovmf.igvm'
	state_is armed
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "a driver that crashes in its shutdown: no staged image applies" {
	start
	hand_over --once
	guest 0 'modprobe vmfwupdate-test-shutdown'
	vm_reset_by 'reboot -f'
	grep -a 'Kernel panic.*as it was asked to' "$vm_dir/console"
	firmware_is BIOS
}

@test "stage --once while four CPUs read the file: one reset, then the host's firmware" {
	VM_CPUS=4 start
	hand_over --once
	guest 0 'for cpu in 0 1 2 3; do
			(while :; do
				cat /sys/firmware/qemu_fw_cfg/by_name/etc/vmlaunchupdate/raw >/dev/null
			done) </dev/null >/dev/null 2>&1 &
		done'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}
