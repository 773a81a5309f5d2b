#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Power is lost in the middle of a start, at a step that the console or the
# VMM's log shows. What the next start does follows from the record alone: an
# attempt that is open is closed, and none is made; else one is made.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup()
{
	use_disk "$MAKER"
}

# power_lost_at REGEX, and the next start
power_lost_at()
{
	local history
	once_seen "$1" :
	history=$(history_on_esp)
	if grep -q ' open$' <<<"$history"; then
		cold_start
		firmware_is BIOS
		boots_are 1
		updates_are 0
		said_in_boot 1 'follows an attempt'
		cold_start
	else
		cold_start
	fi
	firmware_is UEFI
	boots_are 2
	updates_are 1
	unlocked_only_in_boot 2
	said_in_boot 2 'the wanted firmware is running'
}

@test "power lost when the module is loaded" {
	power_lost_at 'vmfwupdate: loading'
}

# What the tool says before a reset may be lost with the journal.
@test "power lost when the attempt is about to be recorded" {
	power_lost_at 'not known to be running|Starting .*vmfwupdate-initrd'
}

@test "power lost when the image is offered to the VMM" {
	power_lost_at 'verdict=accepted'
}

@test "power lost when the image is staged" {
	! keeps_images || skip 'the VMM has the image at once: see above'
	power_lost_at 'verdict=cleared'
}

@test "power lost when the image is armed" {
	power_lost_at 'vmfwupdate: the VMM (holds|keeps) the image'
}

@test "power lost when the VMM resets" {
	power_lost_at 'reset kind=update'
}

@test "power lost when the new firmware has started the kernel" {
	power_lost_at 'Linux version.*Linux version'
}

@test "power lost when the attempt is closed" {
	power_lost_at 'the wanted firmware is running'
}

@test "power lost when the disk is unlocked" {
	power_lost_at "$unlocked"
}
