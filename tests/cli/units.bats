#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The sandbox in the unit file of vmfwupdate.service. tests/distro runs that service.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# directive NAME: print its values, one per line
directive()
{
	sed -n "s/^$1=//p" "$O/userspace/systemd/vmfwupdate.service"
}

@test "the sandbox hides no path that the configuration may name" {
	local name
	# With "strict" or "full", places for a record would be read-only.
	is "$(directive ProtectSystem)" yes
	is "$(directive ReadWritePaths)" '-/efi -/boot'
	for name in ProtectHome PrivateTmp TemporaryFileSystem ReadOnlyPaths \
		InaccessiblePaths NoExecPaths PrivateDevices RootDirectory; do
		is "$(directive $name)" ''
	done
	# The service must read a user's file, and an ESP that is mounted for a user.
	[[ $(directive CapabilityBoundingSet) == *CAP_DAC_OVERRIDE* ]]
}

@test "the manual page names the place that the sandbox leaves read-only" {
	is "$(directive ProtectSystem)" yes
	run sed -n '/^\*record\*=/,/^$/p' "$top/Documentation/vmfwupdate.conf.5.scd"
	output=$(tr -s '\n\t' ' ' <<<"$output")
	output_has 'below _/usr_, which _vmfwupdate.service_ cannot write to'
}

@test "the sandbox lets the service open disks and the devices that attest" {
	local device
	for device in /dev/vmfwupdate /dev/sev-guest /dev/tdx_guest 'block-*'; do
		directive DeviceAllow | grep -qFx "$device rw" || fail "$device"
	done
	is "$(directive ProtectKernelTunables)" ''
}
