#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine on a VMM that copies an image and keeps it over resets, as QEMU does:
# vmlaunchupdate. Its own firmware costs one extra reset per cold start.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# on_keeper [MODEL-ARGUMENT...]
on_keeper()
{
	cold_start revision=vmlaunchupdate "$@"
}

own_firmware()
{
	firmware_is UEFI
	boots_are "$1"
	updates_are "$2"
	guest 0 'vmfwupdate-ctl verify'
}

# How often the host's image came back.
restores_are()
{
	local restores
	restores=$(grep -c 'reset kind=restore' "$vm_dir/vmm.log") || :
	[[ $restores -eq $1 ]] ||
		fail "restores: $restores, expected $1" "$(vm_log)"
}

cycle()
{
	use_disk "$1"
	on_keeper
	own_firmware 2 1
	unlocked_only_in_boot 2

	# Warm, in order and by a crash: the VMM brings the image by itself.
	vm_reset_by 'systemctl reboot'
	own_firmware 3 1
	vm_reset_by 'sync; echo b >/proc/sysrq-trigger'
	own_firmware 4 1

	# Back to the host's: that boot brings the configured image again, once.
	guest 0 'vmfwupdate-ctl revert'
	guest 0 'vmfwupdate-ctl auto'
	vm_reset_by 'systemctl reboot'
	restores_are 1
	own_firmware 6 2

	on_keeper
	own_firmware 2 1
}

@test "dracut: cold, warm, a crash, revert, cold: one extra reset where the firmware is the host's" {
	cycle dracut
}

@test "initramfs-tools: cold, warm, a crash, revert, cold: one extra reset where the firmware is the host's" {
	cycle initramfs-tools
}

@test "a machine that was not started from an IGVM file boots on, and says why" {
	use_disk "$MAKER"
	on_keeper host-igvm=none
	firmware_is BIOS
	boots_are 1
	guest 12 'vmfwupdate-ctl auto'
	output_has 'not start this machine from an IGVM file'
	noted STARTED_OTHERWISE
	guest 0 'vmfwupdate-ctl history'
	output_has 'no attempt is on record'
}

@test "staged by hand: any reset applies it, once disabled nothing else can be staged" {
	use_disk "$MAKER"
	append='rd.vmfwupdate=0 systemd.mask=vmfwupdate.service' on_keeper
	guest 0 'systemd-run --quiet --wait vmfwupdate-ctl stage /efi/firmware.igvm'
	noted STAGED
	guest 0 'vmfwupdate-ctl disable'
	output_has "until the host's image is restored"
	vm_reset_by 'sync; echo b >/proc/sysrq-trigger'
	firmware_is UEFI
	guest 6 'vmfwupdate-ctl stage /efi/firmware.igvm'
	updates_are 1
}
