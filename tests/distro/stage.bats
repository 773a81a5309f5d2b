#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Staging in a running system by services, and at shutdown by a unit.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup()
{
	use_disk "$MAKER"
}

state_is()
{
	guest 0 'cat /sys/class/misc/vmfwupdate/state'
	output_has "$1"
}

@test "services stage with an entry in the journal, a unit stages at shutdown" {
	local tool='systemd-run --quiet --wait vmfwupdate-ctl'
	append='rd.vmfwupdate=0 systemd.mask=vmfwupdate.service' cold_start
	boots_are 1
	guest 4 "$tool stage /etc/fstab"
	noted NOT_STAGED
	# With any VMM, unstage can withdraw an image that waits for the reboot.
	guest 0 "$tool stage --at-reboot /efi/firmware.igvm"
	noted STAGED
	state_is staged
	guest 0 "$tool unstage"
	noted UNSTAGED
	state_is idle

	# Make the journal persistent, so that the next boot can read it.
	guest 0 'rm /etc/systemd/journald.conf.d/volatile.conf
		mkdir /var/log/journal
		systemctl restart systemd-journald && journalctl --flush'
	guest 0 'systemctl enable --quiet --now "$(systemd-escape --path \
		--template=vmfwupdate-stage@.service /efi/firmware.igvm)"'
	state_is idle
	vm_reset_by 'systemctl reboot'
	firmware_is UEFI
	boots_are 2
	updates_are 1
	noted STAGED --boot=-1
}
