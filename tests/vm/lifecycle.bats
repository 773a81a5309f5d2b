#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a kernel does besides rebooting: kexec, sleep, lockdown. A staged image
# must not get in the way of any, nor be applied by it.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The kernel and initramfs that this machine runs on, to kexec into.
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
}

@test "kexec with a staged image: no reset, nothing armed, the next kernel can stage" {
	VM_MEMORY=1G vm_start -- "${kexec_disks[@]}"
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	kexec_again
	firmware_is BIOS
	vmm_saw 0 'reset kind='
	vmm_last_write_was cleared
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "kexec with an armed image disarms it first" {
	VM_MEMORY=1G vm_start -- "${kexec_disks[@]}"
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	kexec_again
	vmm_last_write_was cleared
	nothing_armed
}

@test "halt disarms" {
	vm_start
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	vm_send 'halt -f'
	local deadline=$((SECONDS + VM_TIMEOUT))
	until grep -q 'verdict=cleared' "$vm_dir/vmm.log"; do
		((SECONDS < deadline)) || fail 'the image stayed armed' "$(vm_log)"
		sleep 0.2
	done
	vmm_saw 0 'reset kind=update'
}

@test "no hibernation while an image is staged" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	guest 1 'echo disk >/sys/power/state'
	output_has busy
	guest 0 'dmesg | grep vmfwupdate:'
	output_has 'no sleep with a firmware image in memory'
	state_is staged
}

@test "no suspend while an image is staged, and again once it is gone" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	guest 0 'echo devices >/sys/power/pm_test'
	guest 1 'echo mem >/sys/power/state'
	output_has busy
	state_is staged
	guest 0 'vmfwupdate-ctl unstage'
	guest 0 'echo mem >/sys/power/state'
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
}

@test "a locked-down kernel of a plain guest stages nothing" {
	vm_start
	guest 0 'modprobe vmfwupdate
		mount -t securityfs none /sys/kernel/security
		echo integrity >/sys/kernel/security/lockdown'
	guest 1 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has 'locked down'
	vmm_saw 0 ' write '
	state_is idle
}
