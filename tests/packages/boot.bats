#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A whole Debian 13 system whose vmfwupdate comes from packages alone, as users get it:
# "apt install ./*.deb", a configuration, a cold start.
#
# Copyright (C) 2026 The vmfwupdate authors

DISTRO=trixie
load helpers
load ../distro/helpers

disks=([packages]="-i initramfs-tools")

setup_file()
{
	mkdir -p "$DISTRO_DIR"
	packages "$DISTRO" || return
	disks=([packages]="-i initramfs-tools -p $packages")
	make_disks >"$DISTRO_DIR/log" 2>&1 || {
		cat "$DISTRO_DIR/log"
		return 1
	}
}

@test "packages, a configuration: a cold start ends on the machine's own firmware" {
	use_disk packages
	cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	guest 0 'vmfwupdate-ctl verify'
	noted RUNNING

	# The system runs the files of the packages.
	guest 0 'dpkg --verify vmfwupdate-ctl vmfwupdate-dkms vmfwupdate-initramfs-tools; :'
	[[ -z $(grep -v '/usr/share/\(doc\|man\)/' <<<"$output") ]] || fail "$output"
	guest 0 'modinfo -F filename vmfwupdate'
	output_has /updates/dkms/vmfwupdate.ko
	guest 0 'cat /sys/module/vmfwupdate/version; dpkg-query -W -f "\${Version}\n" vmfwupdate-dkms'
	[[ $(sort -u <<<"$output" | wc -l) -eq 1 ]] || fail "$output"
	guest 0 'systemctl is-enabled vmfwupdate.service'

	cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
}
