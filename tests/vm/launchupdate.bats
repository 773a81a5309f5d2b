#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The special features of vmlaunchupdate: the VMM copies an image and keeps it. With
# VMM=qemu, the tests use QEMU's own device if there is one. See also cycle.bats.
#
# Copyright (C) 2026 The vmfwupdate authors

# bats file_tags=in-tree

load helpers
load launch

IGVM=0x100000000

staged_ovmf()
{
	launch
	firmware_is BIOS
	guest 0 "vmfwupdate-ctl stage $* /images/ovmf.igvm"
}

on_ovmf()
{
	staged_ovmf
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# bats test_tags=core
@test "stage, reboot: the new firmware, also after a crash and another reboot" {
	staged_ovmf
	state_is armed
	taken_is 1
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	boot_finds idle
	firmware_stays UEFI
	taken_is 1
	restored_is 0
	[[ $(vm_resets) -ge 3 ]] || fail "resets: $(vm_resets)"
}

@test "a machine that became UEFI stages SeaBIOS and comes back as a BIOS machine" {
	on_ovmf
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	taken_is 2
	firmware_stays BIOS
}

@test "the tool wraps a ROM on the way to the VMM" {
	launch
	vm_reset_by 'vmfwupdate-ctl stage --reboot /images/ovmf.fd'
	firmware_is UEFI
	taken_is 1
}

@test "stage, then a crash: the new firmware" {
	staged_ovmf
	crash
	firmware_is UEFI
}

@test "stage --at-reboot, then a crash: the old firmware, and the VMM has no image" {
	staged_ovmf --at-reboot
	state_is staged
	crash
	firmware_is BIOS
	taken_is 0
}

@test "stage --at-reboot, then a reboot: the new firmware, which stays" {
	staged_ovmf --at-reboot
	taken_is 0
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	taken_is 1
	firmware_stays UEFI
}

@test "stage --once: one reboot, then the host's firmware" {
	staged_ovmf --once
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	once_is 1
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	restored_is 1
	firmware_stays BIOS
}

@test "stage --once with readers of the fw_cfg file on four CPUs: one reboot" {
	VM_CPUS=4 staged_ovmf --once
	guest 0 'for cpu in 0 1 2 3; do
			(while :; do
				cat /sys/firmware/qemu_fw_cfg/by_name/etc/vmlaunchupdate/raw >/dev/null
			done) </dev/null >/dev/null 2>&1 &
		done'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	once_is 1
	crash
	firmware_is BIOS
	restored_is 1
}

@test "revert: the next reset brings the host's firmware" {
	on_ovmf
	guest 0 'vmfwupdate-ctl revert'
	state_is reverting
	crash
	firmware_is BIOS
	restored_is 1
	firmware_stays BIOS
}

@test "unstage on the provider's firmware: it stays" {
	staged_ovmf
	guest 0 'vmfwupdate-ctl unstage'
	state_is reverting
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	restored_is 1
}

@test "unstage on the guest's own firmware: the host's comes back, and the tool says so" {
	on_ovmf
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	guest 0 'vmfwupdate-ctl unstage'
	output_has "host's image"
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	restored_is 1
}

@test "stage after revert is refused: the restore would win" {
	on_ovmf
	guest 0 'vmfwupdate-ctl revert'
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	taken_is 1
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	taken_is 2
}

@test "after disable, stage fails, even after a reset" {
	launch
	guest 0 'vmfwupdate-ctl disable'
	state_is disabled
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	crash
	firmware_is BIOS
	boot_finds disabled
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	taken_is 0
}

@test "disable after stage: the image still applies" {
	staged_ovmf
	guest 0 'vmfwupdate-ctl disable'
	output_has 'still applies'
	crash
	firmware_is UEFI
	guest 6 'vmfwupdate-ctl stage /images/seabios.igvm'
}

@test "a machine that was not started from an IGVM file: exit status 12, and the reason" {
	launch host-igvm=none
	guest 12 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has igvm-cfg
	state_is idle
	crash
	firmware_is BIOS
	taken_is 0
}

@test "of two images in a row the last one counts" {
	launch
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	taken_is 2
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "junk, a hole, an image beyond RAM, a wrong size: status 1, and the earlier image stays" {
	staged_ovmf
	raw $IGVM 0 0 /init
	output_has 'status 1 '
	raw $IGVM 0x80000000 0x10000
	output_is 'status 1 addr 80000000 size 10000 control 0'
	raw $IGVM 0x1fff0000 0x20000
	output_is 'status 1 addr 1fff0000 size 20000 control 0'
	raw $IGVM 0 0x100000000 /images/seabios.igvm
	output_has 'status 1 '
	raw $IGVM 0 1 /images/seabios.igvm
	output_has 'status 1 '
	raw $IGVM 0 -1 /images/seabios.igvm
	output_has 'status 1 '
	taken_is 1
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# QEMU also uses an image's registers for a later image that has none.
@test "an image with the registers of a reset starts after one with registers of its own" {
	local rom
	launch
	guest 0 'vmfwupdate-ctl stage /images/elsewhere.igvm'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	for rom in ovmf:UEFI seabios:BIOS; do
		guest 0 "vmfwupdate-ctl wrap --registers /images/${rom%:*}.fd -o /tmp/own.igvm"
		guest 0 'vmfwupdate-ctl stage /tmp/own.igvm'
		[[ $output != *qemu-registers* ]]
		vm_reset_by 'reboot -f'
		firmware_is "${rom#*:}"
		firmware_stays "${rom#*:}"
	done
}

@test "an image that QEMU cannot load ends the VM at the reset" {
	launch
	raw $IGVM 0 0 /images/apic.igvm
	output_is 'status 0 addr 0 size 0 control 0'
	vm_send 'reboot -f'
	ended_with 'existing non-RAM region'
}

@test "revert, and the host's file is gone: the VM ends" {
	cp "$VM_HOST_IGVM" "$BATS_TEST_TMPDIR/host.igvm"
	launch host-igvm="$BATS_TEST_TMPDIR/host.igvm"
	guest 0 'vmfwupdate-ctl revert'
	rm "$BATS_TEST_TMPDIR/host.igvm"
	vm_send 'reboot -f'
	ended_with 'No such file or directory' 'Assertion'
}

@test "kill -9 at every step of stage: idle or armed, and the next stage works" {
	VM_MEMORY=1G launch
	big_image 256
	guest 0 'for delay in 1 20 50 100 200 400 800 1200 1800 2500; do
			vmfwupdate-ctl stage --quiet /tmp/big.igvm &
			usleep ${delay}000
			kill -9 $!
			wait $!
			state=$(cat /sys/class/misc/vmfwupdate/state)
			echo "$delay ms: $state"
			case $state in idle | armed) ;; *) exit 1 ;; esac
		done'
	output_has idle
	guest 0 'rm /tmp/big.igvm; vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# killed_at_each_step STATES COMMAND: run COMMAND again and again, and kill it one step
# later each time, until it ends by itself. A step is the beginning or the end of a use of
# the device. After each run the device must be in one of the STATES. COMMAND may use $step.
killed_at_each_step()
{
	guest 0 "step=0 code=0
		while [ \$code -eq 0 ]; do
			step=\$((step + 1))
			/images/killat \$step $2
			code=\$?
			state=\$(cat /sys/class/misc/vmfwupdate/state)
			echo \"step \$step: \$state\"
			case \$state in $1) ;; *) exit 1 ;; esac
		done
		[ \$code -eq 3 ]"
	output_has 'killed after ioctl'
	output_has 'ended with 0'
}

@test "kill -9 before and after each use of the device: the device is in an expected state" {
	# Stage another image each time, because the same one would be staged already.
	local image='/images/$([ $((step % 2)) -eq 0 ] && echo ovmf || echo seabios).igvm'
	launch
	guest 0 'vmfwupdate-ctl status'
	killed_at_each_step 'idle | staged' "vmfwupdate-ctl stage --quiet --at-reboot $image"
	output_has 'killed after write'
	guest 0 'vmfwupdate-ctl unstage'
	taken_is 0
	killed_at_each_step 'idle | armed' "vmfwupdate-ctl stage --quiet $image"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	boot_finds idle
	killed_at_each_step 'idle | reverting' 'vmfwupdate-ctl revert --quiet'
	state_is reverting
	crash
	firmware_is BIOS
	restored_is 1
	boot_finds idle
	killed_at_each_step 'idle | disabled' 'vmfwupdate-ctl disable --quiet'
	state_is disabled
}

@test "an image of 300 MiB: the VMM copies all of it, and the new firmware runs" {
	VM_MEMORY=1G launch
	guest 0 'cp /images/ovmf-300M.head /tmp/ovmf.igvm && truncate -s 300M /tmp/ovmf.igvm'
	guest 0 'vmfwupdate-ctl stage /tmp/ovmf.igvm'
	taken_is 1
	guest 0 'cat /sys/class/misc/vmfwupdate/image_size'
	output_is $((300 << 20))
	if [[ ${VMM:-model} == model ]]; then
		guest 0 'sha256sum </tmp/ovmf.igvm'
		vmm_saw 1 "image addr=.* size=0x12c00000 sha256=${output%% *}"
	fi
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# lies FAULT CODE [STATE]: expect this exit status and state, and the old firmware.
lies()
{
	launch "fault=$1"
	guest "$2" 'vmfwupdate-ctl stage /images/ovmf.igvm'
	state_is "${3-idle}"
	crash
	firmware_is BIOS
	vm_stop
}

@test "the tool does not believe a VMM that shows a wrong register" {
	need_model 'faults'
	lies keep-addr 6
	lies keep-size 6
	lies ignore-write 6
	lies refuse-cleared 6
	lies refuse-image 6
	lies show-disabled 6 disabled
	lies no-igvm 5
	# The guest cannot notice this fault.
	lies lose-image 0 armed
}

@test "another version of the file is another interface: no device" {
	need_model 'faults'
	vm_start revision=vmlaunchupdate fault=odd-version
	guest 5 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has 'does not offer'
	guest 1 'test -e /dev/vmfwupdate'
	vmm_saw 0 ' write '
}

@test "a VMM that ignores a disable: the tool says so" {
	need_model 'faults'
	launch fault=no-disable
	guest 6 'vmfwupdate-ctl disable'
	output_has 'the VMM does not confirm it'
	state_is idle
}

@test "stage --once on a VMM that loses the opaque registers: still one reset" {
	need_model 'faults'
	launch fault=lose-opaque
	guest 0 'vmfwupdate-ctl stage --once /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	boot_finds idle
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

@test "a VMM that does not restore the host's image: the guest's own firmware stays" {
	need_model 'faults'
	launch fault=no-restore
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	guest 0 'vmfwupdate-ctl revert'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	boot_finds idle
}

@test "a VMM that takes one image and offers nothing after it: armed, with a message" {
	need_model 'faults'
	launch fault=vanish
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	state_is armed
	guest 0 'cat /sys/class/misc/vmfwupdate/held'
	output_is unknown
	crash
	firmware_is UEFI
}

@test "an unknown status is no success, even if the VMM loads the image" {
	need_model 'faults'
	launch fault=odd-status
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	state_is idle
}

@test "with all three interfaces, the module uses vmlaunchupdate" {
	need_model 'several interfaces'
	launch revision=vmlaunchupdate+igvm+v6
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vmm_saw 0 'write offset='
	vmm_saw 0 'file=fw-blob'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}
