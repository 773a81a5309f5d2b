#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine that starts on the provider's firmware at every cold start, and restarts on
# its own firmware before it unlocks any disk.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

one_reset()
{
	firmware_is UEFI
	boots_are 2
	updates_are 1
	unlocked_only_in_boot 2
}

own_firmware_after_one_reset()
{
	one_reset
	guest 0 'vmfwupdate-ctl verify'
	noted RUNNING
}

# service_is STATE: expect this state of the service of the root file system.
service_is()
{
	guest 0 'systemctl show --value --property=ActiveState vmfwupdate.service'
	[[ $output == "$1" ]] || fail "the service is $output"
}

from_bios()
{
	use_disk "$@"
	cold_start
	own_firmware_after_one_reset

	vm_reset_by 'systemctl reboot'
	firmware_is UEFI
	boots_are 3
	updates_are 1

	cold_start
	own_firmware_after_one_reset
}

@test "dracut: BIOS, one reset, own firmware, then the disk; warm and cold again" {
	from_bios dracut
	# auto in the initramfs has noted that the wanted firmware runs, so systemd skips the
	# service.
	service_is inactive
}

@test "initramfs-tools: BIOS, one reset, own firmware, then the disk; warm and cold again" {
	from_bios initramfs-tools
	# This initramfs has no journal, so the service makes the entry.
	service_is active
}

@test "dracut without systemd: BIOS, one reset, own firmware, then the disk; warm and cold again" {
	append=loglevel=7 from_bios dracut .plain
	# from_bios has checked that boot 1 does not print this line. Boot 2 must print it.
	said_in_boot 2 'luksOpen /dev'
}

# The provider's firmware and the machine's own have the same name here. Without
# attestation, nothing else distinguishes them. systemd-boot counts the boot that ends in
# the extra reset as one try, see Documentation/initramfs.md. The second ESP has another
# image, but no boot loader. LoaderDevicePartUUID names the right ESP.
@test "dracut: UEFI, systemd-boot, two ESPs, one reset, own firmware; the reset uses up a try" {
	use_disk dracut
	esp_drive "$disk.esp"
	mdel -i "$disk.esp@@1M" ::/EFI/BOOT/BOOTX64.EFI
	mcopy -o -i "$disk.esp@@1M" "$O/tests/vm/images/seabios.igvm" ::/firmware.igvm
	on_esp mren ::/loader/entries/debian.conf ::/loader/entries/debian+3.conf
	cold_start_uefi
	one_reset
	guest 10 'vmfwupdate-ctl verify'
	guest 0 'ls /efi/loader/entries'
	output_has 'debian+1-2.conf'
}
