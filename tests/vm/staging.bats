#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Staged images: their end by unstage, a crash, a signal or another image, and refusals.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

staged_ovmf()
{
	vm_start
	guest 0 "vmfwupdate-ctl stage $* /images/ovmf.igvm"
}

# stage_until SIGNAL: stage /tmp/big.igvm, and send SIGNAL while the device takes bytes.
stage_until()
{
	guest 0 'vmfwupdate-ctl stage --quiet /tmp/big.igvm & pid=$!
		while [ "$(cat /sys/class/misc/vmfwupdate/state)" != filling ]; do usleep 1000; done
		usleep 100000
		cat /sys/class/misc/vmfwupdate/state
		kill -'"$1"' $pid; wait $pid; echo "ended with $?"'
	output_has filling
}

@test "stage, unstage, reboot: the old firmware" {
	staged_ovmf
	guest 0 'vmfwupdate-ctl unstage'
	state_is idle
	guest 0 'dmesg | grep "vmfwupdate: the driver drops the staged image"'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

# bats test_tags=core
@test "stage, then a crash: the old firmware" {
	staged_ovmf
	crash
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "stage, then a panic: the old firmware" {
	staged_ovmf
	vm_reset_by 'echo c >/proc/sysrq-trigger'
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "stage --arm-now, then a crash: the new firmware" {
	staged_ovmf --arm-now
	state_is armed
	vmm_last_write_was accepted
	crash
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "stage --arm-now, then unstage, then a crash: the old firmware" {
	staged_ovmf --arm-now
	guest 0 'vmfwupdate-ctl unstage'
	vmm_last_write_was cleared
	crash
	firmware_is BIOS
}

@test "stage, then power off: nothing is armed" {
	staged_ovmf --arm-now
	vm_end_by 'poweroff -f'
	vmm_last_write_was cleared
}

@test "a second stage of the same image has nothing to do" {
	staged_ovmf
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has already
	state_is staged
}

@test "another image replaces the one that is staged" {
	staged_ovmf
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	guest 0 'sha256sum /images/seabios.igvm'
	vmm_saw 1 "loaded .*sha256=${output%% *}"
}

@test "a dry run checks everything and changes nothing" {
	staged_ovmf --dry-run
	state_is idle
	vmm_saw 0 ' write '
	guest 4 'vmfwupdate-ctl stage --dry-run /images/broken.igvm'
}

@test "the tool refuses a damaged image, and the VMM sees no write" {
	vm_start
	guest 4 'vmfwupdate-ctl stage /images/broken.igvm'
	output_has checksum
	vmm_saw 0 ' write '
}

@test "the tool refuses an image for another platform, and the VMM sees no write" {
	vm_start
	guest 4 'vmfwupdate-ctl stage /images/snp.igvm'
	output_has native
	vmm_saw 0 ' write '
}

@test "status shows the staged image, with its digest" {
	staged_ovmf
	guest 0 'sha256sum </images/ovmf.igvm'
	local digest=${output%% *}
	guest 0 'vmfwupdate-ctl status'
	output_has staged
	output_has "SHA-256 ${digest:0:12}..."
	guest 0 'vmfwupdate-ctl status --all'
	output_has "$digest"
	guest 0 'vmfwupdate-ctl status --json'
	output_has "$digest"
}

@test "unstage with nothing staged returns 3" {
	vm_start
	guest 3 'vmfwupdate-ctl unstage'
}

@test "disable holds until a reset" {
	vm_start
	guest 0 'vmfwupdate-ctl disable'
	vmm_last_write_was disabled
	state_is disabled
	guest 0 'dmesg | grep "vmfwupdate: firmware updates are switched off"'
	guest 0 'vmfwupdate-ctl disable'
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has reset
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "disable drops a staged image" {
	staged_ovmf --arm-now
	guest 0 'vmfwupdate-ctl disable'
	crash
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "the module cannot be removed while an image is staged" {
	staged_ovmf
	guest 1 'rmmod vmfwupdate'
	state_is staged
	guest 0 'vmfwupdate-ctl unstage'
	guest 0 'rmmod vmfwupdate'
	guest 1 'test -e /dev/vmfwupdate'
}

# After an unload, the module would no longer know about this memory.
@test "memory that stays shared: the module never uses it again, and refuses to unload" {
	local addr leaked
	staged_ovmf
	guest 0 'cat /sys/class/misc/vmfwupdate/image_addr'
	addr=$output
	guest 0 'modprobe vmfwupdate-test-leak && vmfwupdate-ctl unstage --quiet &&
		rmmod vmfwupdate-test-leak && cat /sys/class/misc/vmfwupdate/leaked'
	leaked=$output
	((leaked >= 1 << 20)) || fail "leaked: $leaked bytes"
	guest 0 'dmesg | grep "cannot free memory before the next reset"'
	state_is idle
	guest 1 'rmmod vmfwupdate'
	guest 0 'modprobe vmfwupdate && vmfwupdate-ctl stage --quiet /images/ovmf.igvm &&
		cat /sys/class/misc/vmfwupdate/image_addr &&
		cat /sys/class/misc/vmfwupdate/leaked'
	[[ $output != *"$addr"* && $output == *"$leaked" ]] ||
		fail "first image: $addr, $leaked bytes; then:" "$output"
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "forty stagings leave no memory in use" {
	vm_start
	cycles 10
	available_memory
	local before=$available
	cycles 30
	memory_is_back "$before"
	guest 0 'cat /sys/class/misc/vmfwupdate/leaked'
	output_is 0
	vmm_saw 40 'verdict=accepted'
	vmm_saw 40 'verdict=cleared'
}

# bats test_tags=core
@test "kill -9 half-way: nothing armed, the memory free again, a new stage works" {
	VM_MEMORY=1G vm_start
	guest 0 'vmfwupdate-ctl status'
	big_image 256
	available_memory
	local before=$available

	stage_until KILL
	output_has 'ended with 137'
	state_is idle
	memory_is_back "$before"
	vmm_saw 0 ' write '

	guest 0 'rm /tmp/big.igvm; vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "an interrupted stage cleans up and says so" {
	VM_MEMORY=1G vm_start
	guest 0 'vmfwupdate-ctl status'
	big_image 256
	available_memory
	local before=$available
	stage_until TERM
	output_has 'interrupted'
	state_is idle
	memory_is_back "$before"
	nothing_armed
}

@test "two tools at once: one stages, the other reports that the device is busy" {
	VM_MEMORY=1G vm_start
	guest 0 'vmfwupdate-ctl status'
	big_image 256
	guest 0 'vmfwupdate-ctl stage --quiet /tmp/big.igvm & pid=$!
		while [ "$(cat /sys/class/misc/vmfwupdate/state)" != filling ]; do usleep 1000; done
		vmfwupdate-ctl stage /images/ovmf.igvm; echo "second: $?"
		vmfwupdate-ctl status; echo "status: $?"
		wait $pid; echo "first: $?"'
	output_has 'second: 1'
	output_has 'busy'
	output_has 'status: 0'
	output_has 'first: 0'
	state_is staged
}

@test "an image larger than the buddy allocator's blocks boots a guest of 512 MiB" {
	vm_start
	guest 0 'cp /images/ovmf-5M.head /tmp/ovmf.igvm && truncate -s 5M /tmp/ovmf.igvm'
	guest 0 'vmfwupdate-ctl stage /tmp/ovmf.igvm'
	guest 0 'cat /sys/class/misc/vmfwupdate/image_size'
	output_is $((5 << 20))
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 'image addr=0x[0-9a-f]* size=0x500000 '
}

@test "an image larger than any window is a clear error, and no memory stays in use" {
	vm_start
	guest 0 'vmfwupdate-ctl status'
	big_image 448
	available_memory
	local before=$available
	guest 1 'vmfwupdate-ctl stage /tmp/big.igvm'
	output_has memory
	state_is idle
	guest 0 'dmesg | grep vmfwupdate:'
	output_has 'cannot allocate 469762048 bytes'
	memory_is_back "$before"
	guest 0 'rm /tmp/big.igvm; vmfwupdate-ctl stage /images/ovmf.igvm'
}
