#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A check of the units by the suite's systemd-analyze.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup()
{
	root=$DISTRO_DIR/root
	units=/run/vmfwupdate-units
	mkdir "$root$units"
	cp "$O"/userspace/systemd/* "$root$units"
}

teardown()
{
	rm -rf "$root$units"
}

@test "the exposure of vmfwupdate.service is below 2.0" {
	inside_root systemd-analyze security --no-pager --offline=yes --threshold=19 \
		"$units/vmfwupdate.service"
}

@test "systemd-analyze finds no fault in the units" {
	local output
	# The units name a program that the root lacks.
	sed -i 's|/usr/sbin/vmfwupdate-ctl|/usr/bin/true|' "$root$units"/*
	output=$(inside_root systemd-analyze verify --man=no "$units/vmfwupdate.service" \
		"$units/vmfwupdate-initrd.service" \
		"$units/vmfwupdate-stage@a.service" 2>&1)
	[[ -z $output ]] || fail "$output"
}
