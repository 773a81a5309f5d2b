#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What an initramfs has to carry.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

# carries FILE...: these, and no others
carries()
{
	local files
	files=$("$top/userspace/initramfs-files" --root="$PWD/root" | tr '\n' ' ')
	is "${files% }" "$*"
}

@test "no configuration, nothing to carry" {
	make_root
	carries
}

@test "the configuration, and an image on the root file system" {
	make_root
	configure 'image = /fw.igvm'
	carries /etc/vmfwupdate.conf
	: >root/fw.igvm
	carries /etc/vmfwupdate.conf /fw.igvm
	configure 'image=ESP:/fw.igvm'
	carries /etc/vmfwupdate.conf
}

@test "the certificates" {
	make_root
	configure 'image=ESP:/fw.igvm' 'certificates=/etc/amd.pem'
	carries /etc/vmfwupdate.conf
	: >root/etc/amd.pem
	carries /etc/vmfwupdate.conf /etc/amd.pem
	echo 'certificates=' >root/etc/vmfwupdate.conf.d/50-none.conf
	carries /etc/vmfwupdate.conf /etc/vmfwupdate.conf.d/50-none.conf
}

@test "a machine that requires its own firmware" {
	make_root
	run "$top/userspace/initramfs-files" --root="$PWD/root" --required
	is "$status" 1
	configure 'image=/a' 'required=yes'
	"$top/userspace/initramfs-files" --root="$PWD/root" --required
	echo 'required=no' >root/etc/vmfwupdate.conf.d/50-no.conf
	run "$top/userspace/initramfs-files" --root="$PWD/root" --required
	is "$status" 1
}
