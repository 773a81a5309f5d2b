#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever goes wrong: the machine comes up on some firmware, after one extra
# reset at most, and says why.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup()
{
	use_disk "${MAKER:-initramfs-tools}"
}

# came_up FIRMWARE KERNELS UPDATES: and the disk was unlocked.
came_up()
{
	firmware_is "$1"
	boots_are "$2"
	updates_are "$3"
	unlocked_only_in_boot "$2"
}

# The service of the root file system says it where the initramfs said nothing
# that is kept.
says()
{
	guest 0 'systemctl start vmfwupdate.service; journalctl --boot --no-pager --unit=vmfwupdate-initrd.service --unit=vmfwupdate.service'
	output_has "$1"
}

@test "no interface: an ordinary boot" {
	cold_start fault=no-interface
	came_up BIOS 1 0
	says 'no'
}

@test "the VMM refuses the image: no reset, a message" {
	cold_start fault=refuse-image
	came_up BIOS 1 0
	said_in_boot 1 'refused'
}

@test "the VMM ignores writes: no reset, a message" {
	cold_start fault=ignore-write
	came_up BIOS 1 0
}

@test "the VMM accepts the image and does not load it: one reset, then no other" {
	cold_start fault=refuse-reset
	came_up BIOS 2 0
	says 'attempt'
}

@test "the image is missing: an ordinary boot" {
	on_esp mdel ::/firmware.igvm
	cold_start
	came_up BIOS 1 0
	says 'image'
}

@test "the image is damaged: an ordinary boot" {
	head -c 100000 "$IMAGE" >"$disk.image"
	on_esp mcopy -o "$disk.image" ::/firmware.igvm
	rm "$disk.image"
	cold_start
	came_up BIOS 1 0
	says 'image'
}

@test "the record is not one: no attempt" {
	on_esp mmd ::/EFI/vmfwupdate ::/EFI/vmfwupdate/record
	cold_start
	came_up BIOS 1 0
	says 'record'
}

@test "the ESP is full: no attempt" {
	local free
	free=$(on_esp minfo :: | sed -n 's/^free clusters=\([0-9]*\).*/\1/p')
	head -c $((free * 512)) /dev/zero >"$disk.fill"
	on_esp mcopy "$disk.fill" ::/fill
	rm "$disk.fill"
	cold_start
	came_up BIOS 1 0
	says 'record'
}

@test "the module is refused by the kernel: an ordinary boot" {
	append=module_blacklist=vmfwupdate cold_start
	came_up BIOS 1 0
	says 'device'
}

@test "the configuration is broken: an ordinary boot, file and line are named" {
	in_initramfs etc/vmfwupdate.conf <<<'image'
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'vmfwupdate.conf:1'
}

@test "vmfwupdate=0: nothing is done" {
	append=vmfwupdate=0 cold_start
	came_up BIOS 1 0
	guest 3 'systemctl is-active --quiet vmfwupdate.service'
}

@test "rd.vmfwupdate=0: the service of the root file system does it" {
	append=rd.vmfwupdate=0 cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
}

@test "required=yes without the interface: an emergency shell, and no disk" {
	in_initramfs etc/vmfwupdate.required </dev/null
	in_initramfs etc/vmfwupdate.conf <<-EOF
		image=ESP:/firmware.igvm
		required=yes
	EOF
	! VM_TIMEOUT=90 cold_start fault=no-interface ||
		fail 'the machine came up'
	said_in_boot 1 'must not run'
	updates_are 0
	! said_in_boot 1 "$unlocked"
}

# Steps as the kernel and the VMM see them.
@test "power lost at every step: the next start ends on a firmware, without a loop" {
	local step
	for step in 'vmfwupdate: loading' 'verdict=accepted' 'verdict=cleared' \
		'image addr' 'reset kind=update'; do
		use_disk "${MAKER:-initramfs-tools}"
		cut_power_at "$step"
		cold_start
		unlocked_only_in_boot "$(kernels)"
		[[ $(kernels) -le 2 ]] ||
			fail "more than one extra reset after power was lost at: $step"
	done
}
