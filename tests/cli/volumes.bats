#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# File systems that are not mounted: messages name a file on them as the user
# does.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

LABEL=VMFWTEST$$

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	mkdir content
	sample native content/fw.igvm
	printf 'no firmware' >content/bad.igvm
	truncate -s 8M disk
	mkfs.ext4 -q -L "$LABEL" -d content disk
	[[ $EUID -eq 0 ]] || skip 'only root can mount'
	device=$(losetup --find --show disk 2>&1) || {
		reason=$device device=
		skip "no loop device: $reason"
	}
}

teardown()
{
	[[ ! -b ${device-} ]] || losetup -d "$device"
}

# No message contains a path that is valid only for this process.
no_descriptor()
{
	[[ $output$stderr != */proc/self/* ]] || fail "$output" "$stderr"
}

@test "messages and JSON have the user's words" {
	local verb
	for verb in check inspect measure 'stage --dry-run'; do
		# shellcheck disable=SC2086 # a verb and its option
		"$CTL" $verb "LABEL=$LABEL:/fw.igvm" >.out 2>&1 || [[ $? -le 5 ]]
		output=$(<.out) stderr=
		no_descriptor
		# shellcheck disable=SC2086
		"$CTL" $verb --json "LABEL=$LABEL:/fw.igvm" >.out 2>&1 || [[ $? -le 5 ]]
		output=$(<.out)
		no_descriptor
	done
	run_ctl 0 check "LABEL=$LABEL:/fw.igvm"
	output_has "LABEL=$LABEL:/fw.igvm: sound"
	run_ctl_json 0 inspect "LABEL=$LABEL:/fw.igvm"
	is "$(json file)" "LABEL=$LABEL:/fw.igvm"
	run_ctl 4 check "LABEL=$LABEL:/bad.igvm"
	output_has '[too-short]'
	no_descriptor
	run_ctl 8 check "LABEL=$LABEL:/none.igvm"
	stderr_has "LABEL=$LABEL:/none.igvm: cannot use this file: No such file or directory"
}

@test "check does not follow a link, and names it as the user does" {
	local link=$PWD/content/link.igvm
	# The kernel may detach the first device later. So the second one has another label.
	losetup -d "$device"
	LABEL=VMFWLINK$$
	ln -s /etc/passwd "$link"
	mkfs.ext4 -q -F -L "$LABEL" -d content disk
	device=$(losetup --find --show disk)
	run_ctl 8 check "LABEL=$LABEL:/link.igvm"
	stderr_has "LABEL=$LABEL:/link.igvm: "
	no_descriptor
}

@test "without permission no message calls anything missing" {
	local verb
	chmod 755 .
	cp "$CTL" ctl
	for verb in 'partition list' 'partition list --disk=any' 'check ESP:/fw.igvm' \
		"check LABEL=NO$LABEL:/fw.igvm" 'check partition' \
		'check PARTUUID=00000000-0000-4000-8000-000000000000'; do
		status=0
		# shellcheck disable=SC2086 # words
		output=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
			./ctl $verb 2>&1) || status=$?
		is "$status: $verb" "1: $verb"
		output_has 'ermission denied'
		[[ $output != *'there is no '* ]] || fail "$verb: $output"
	done
}
