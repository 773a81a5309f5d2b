#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Events besides a plain reboot: kexec, a crash, a halt, sleep, lockdown. None of them may
# apply a staged image by itself. The driver refuses sleep while an image is staged.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# Disks with the kernel and initramfs of this machine, for kexec.
kexec_disks=(
	-drive "file=$VM_KERNEL,format=raw,if=virtio,readonly=on"
	-drive "file=$VM_INITRAMFS,format=raw,if=virtio,readonly=on"
)

# load_kernel OPTIONS: -l loads the next kernel, -p the crash kernel. With -s, kexec uses
# kexec_file_load(2), which needs no /proc/kcore.
load_kernel()
{
	guest 0 "modprobe virtio_blk
		head -c $(stat -Lc %s "$VM_KERNEL") /dev/vda >/tmp/kernel
		head -c $(stat -Lc %s "$VM_INITRAMFS") /dev/vdb >/tmp/initramfs
		kexec $1 /tmp/kernel --initrd=/tmp/initramfs --reuse-cmdline"
}

kexec_again()
{
	load_kernel -l
	vm_reset_by 'kexec -e'
}

# Press the machine's reset button. vm_start must have had the options of monitor().
host_reset()
{
	echo system_reset >"$BATS_TEST_TMPDIR/monitor.in"
	vm_wait_boot
}

monitor()
{
	mkfifo "$BATS_TEST_TMPDIR/monitor.in" "$BATS_TEST_TMPDIR/monitor.out"
	echo -monitor "pipe:$BATS_TEST_TMPDIR/monitor"
}

@test "a reset by the host applies an armed image, but no staged one" {
	vm_start -- $(monitor)
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	host_reset
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	host_reset
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

# console_says WORDS: wait until the console shows WORDS.
console_says()
{
	vm_begin_wait
	until grep -aq -- "$1" "$vm_dir/console"; do
		vm_may_wait || fail "the console does not say: $1"
		sleep 0.2
	done
}

@test "a driver that crashes in its shutdown: no staged image applies" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm && modprobe vmfwupdate-test-shutdown'
	vm_reset_by 'reboot -f'
	grep -a 'Kernel panic.*as it was asked to' "$vm_dir/console"
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "a driver that hangs in its shutdown: no staged image applies" {
	vm_start -- $(monitor)
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm && modprobe vmfwupdate-test-shutdown how=hang'
	vm_send 'reboot -f'
	console_says 'hangs as it was asked to'
	host_reset
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "commits on four CPUs while a machine halts: nothing stays armed" {
	VM_CPUS=4 vm_start -- $(monitor)
	guest 0 'vmfwupdate-ctl stage --quiet --arm-now /images/seabios.igvm
		modprobe vmfwupdate-test-shutdown how=wait
		for cpu in 0 1 2 3; do
			(while :; do
				/images/abi-v1 /images/seabios.igvm
				vmfwupdate-ctl unstage
			done) </dev/null >/dev/null 2>&1 &
		done
		sleep 1'
	vm_send 'halt -f'
	console_says 'waits as it was asked to'
	local accepted
	accepted=$(grep -c 'verdict=accepted' "$vm_dir/vmm.log")
	console_says 'goes on'
	sleep 1
	vmm_saw "$accepted" 'verdict=accepted'
	vmm_last_write_was cleared
	host_reset
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

# bats test_tags=in-tree
@test "reboot(2) with the words of a kexec: a reset, and the update" {
	vm_start
	guest 0 'vmfwupdate-ctl stage --at-reboot /images/ovmf.igvm'
	vm_reset_by '/images/restart "kexec reboot"'
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "a crash kernel does not load the driver; an armed image waits for the reset after it" {
	VM_MEMORY=1G VM_APPEND="${VM_APPEND-} crashkernel=384M" vm_start -- "${kexec_disks[@]}"
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	# The clock of an emulated machine may jump at a crash, which looks like a lockup.
	load_kernel '-s -p --append=nosoftlockup'
	vm_reset_by 'echo c >/proc/sysrq-trigger'
	vmm_saw 0 'reset kind='
	guest 0 'grep -c elfcorehdr= /proc/cmdline'
	guest 1 'modprobe vmfwupdate'
	guest 1 'test -e /dev/vmfwupdate'
	guest 5 'vmfwupdate-ctl status'
	output_has 'see the kernel log'
	guest 0 'dmesg | grep "vmfwupdate: the module does nothing in a crash kernel"'
	vmm_last_write_was accepted
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
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

# bats test_tags=core
@test "kexec with an armed image disarms it first" {
	VM_MEMORY=1G vm_start -- "${kexec_disks[@]}"
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	kexec_again
	vmm_last_write_was cleared
	nothing_armed
}

# The program starts one search after the other, so kexec most likely interrupts one. A
# KUnit test covers such an interruption for certain.
# bats test_tags=in-tree
@test "kexec during a search for memory: the search ends, the next kernel can stage" {
	VM_MEMORY=1G vm_start -- "${kexec_disks[@]}"
	load_kernel -l
	guest 0 '/images/pin $(awk "/^MemAvailable:/ { print int(\$2 / 1024) - 150 }" /proc/meminfo)
		modprobe vmfwupdate
		/images/allocate 64 1000 >/tmp/search 2>&1 & sleep 2
		kill -0 $!'
	vm_reset_by 'kexec -e'
	! grep -a 'session is stuck' "$vm_dir/console" || fail 'the search went on'
	vmm_saw 0 'reset kind='
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "halt disarms an image" {
	vm_start
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	vm_send 'halt -f'
	vm_begin_wait
	until grep -q 'verdict=cleared' "$vm_dir/vmm.log"; do
		vm_may_wait || fail 'the image stayed armed' "$(vm_log)"
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
	output_has 'cannot sleep: a firmware image is in memory'
	state_is staged
}

@test "no suspend while an image is staged, but after unstage" {
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

# bats test_tags=in-tree
@test "a disabled interface is disabled again after a suspend" {
	vm_start
	guest 0 'vmfwupdate-ctl disable
		echo devices >/sys/power/pm_test
		echo mem >/sys/power/state'
	vmm_saw 2 'verdict=disabled'
	state_is disabled
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
