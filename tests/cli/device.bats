#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Verbs that need the device, on a machine that has none: messages and exit codes.
# tests/vm runs the verbs with a device, in virtual machines.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_device()
{
	[[ ! -e /dev/vmfwupdate ]] ||
		skip 'this machine has /dev/vmfwupdate; run where there is none'
}

# Skip the test unless it can cover directories by private mounts.
needs_private_mounts()
{
	local why
	[[ $EUID -eq 0 ]] ||
		skip 'covering /dev, /sys and /lib/modules needs root; run the tests as root'
	why=$(unshare --mount true 2>&1) ||
		skip "no mount namespace can be made here: $why; run outside of a container"
}

@test "no device: every verb that needs one says so" {
	setup_device
	sample native image.igvm
	local arguments
	for arguments in status unstage revert disable 'stage image.igvm' \
			'stage --dry-run image.igvm' 'stage --arm-now image.igvm'; do
		# shellcheck disable=SC2086 # several words
		run_ctl 5 $arguments
		stderr_has vmfwupdate
		# shellcheck disable=SC2086
		run_ctl_json 5 $arguments
		is "$(json messages 0 level)" error
	done
}

@test "no module: the message names the package and the make target" {
	setup_device
	needs_private_mounts
	[[ -d /lib/modules ]] ||
		skip "/lib/modules is missing; install a kernel's package"
	status=0
	# shellcheck disable=SC2016 # for the inner shell
	stderr=$(unshare --mount sh -c 'mount -t tmpfs none /lib/modules &&
		exec timeout 60 "$0" status' "$CTL" 2>&1) || status=$?
	is "$status" 5
	stderr_has 'no kernel module vmfwupdate for this kernel; install vmfwupdate-dkms, or run "make install-dkms" in its sources'
}

@test "another device that is not there" {
	sample native image.igvm
	run_ctl 5 status --device=/nonexistent
	stderr_has /nonexistent
	run_ctl 5 stage --device=/nonexistent image.igvm
	stderr_has '/nonexistent: there is no such device'
}

@test "a device that is something else" {
	mkfifo fifo
	run_ctl 5 status --device=fifo
	stderr_has 'fifo: this is not a vmfwupdate device'
	run_ctl 5 status --device=/dev/null
	stderr_has 'not a vmfwupdate device'
}

@test "a device without permission" {
	[[ $(id -u) -eq 0 ]] || skip 'changing users needs root'
	touch node
	chmod 600 node
	chmod 755 . .. ../..
	cp "$CTL" ctl
	status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		timeout 60 ./ctl status --device="$PWD/node" 2>errors ||
		status=$?
	is "$status" 1
	grep -q root errors || fail "$(<errors)"
}

@test "without permission, status shows the values that everybody may read in sysfs" {
	setup_device
	needs_private_mounts
	chmod 755 . .. ../..
	cp "$CTL" ctl
	local option
	for option in '' --json; do
		status=0
		# shellcheck disable=SC2016 # for the inner shell
		output=$(unshare --mount sh -ec '
			mount -t tmpfs none /sys/class/misc
			mkdir /sys/class/misc/vmfwupdate
			cd /sys/class/misc/vmfwupdate
			echo igvm >interface
			echo trial once >properties
			echo other >start
			echo staged >state
			echo nothing >held
			echo 4096 >image_size
			cd - >/dev/null
			mount -t tmpfs -o mode=755 none /dev
			(umask 077; : >/dev/vmfwupdate)
			exec setpriv --reuid=65534 --regid=65534 --clear-groups \
				timeout 60 ./ctl status $1' sh "$option" 2>&1) || status=$?
		is "$status" 1
		output_has '/dev/vmfwupdate: cannot open this device: Permission denied; run this as root'
		[[ -z $option ]] || continue
		# The module may be older, and have no attribute "formats".
		is "$(grep -E '^(Int|Prop|Sta|The|For|Image)' <<<"$output" | tr -s ' ')" "Interface igvm
Properties trial once
Started from other
State staged
The VMM holds nothing
Image size 4096"
	done
	is "$(json sysfs)" "{'interface': 'igvm', 'properties': 'trial once', 'start': 'other', \
'state': 'staged', 'held': 'nothing', 'image_size': '4096'}"
}

@test "stage finds a damaged image before it looks for the device" {
	broken image.igvm 'fields["checksum"] = 1'
	run_ctl 4 stage image.igvm
	stderr_has '[checksum]'
	run_ctl_json 4 stage image.igvm
	output_has '[checksum]'
	run_ctl 4 stage --dry-run image.igvm
	stderr_has '[checksum]'
}

# rom SIZE: make rom.fd, which has only a jump at the reset vector.
rom()
{
	python3 -c '
import sys
size = int(sys.argv[1])
sys.stdout.buffer.write((b"\xe9" + bytes(15)).rjust(size, b"\xff"))' "$1" >rom.fd
}

@test "stage takes flat firmware, and fails only because there is no device" {
	setup_device
	rom 65536
	run_ctl 5 stage rom.fd
	stderr_has vmfwupdate
	run_ctl_json 5 stage --dry-run rom.fd
	is "$(json size)" 65536
	is "$(json dry_run)" True
}

@test "stage refuses files without firmware before it looks for the device" {
	needs "$OVMF_VARS" ovmf
	# The size of the file is no multiple of 64 KiB, but the error has another reason.
	run_ctl 4 stage "$OVMF_VARS"
	stderr_has 'reset vector'
	rom $((16 << 20))
	run_ctl 5 stage --device=/nonexistent rom.fd
	stderr_has '/nonexistent: there is no such device'
	# A file of more than 16 MiB counts as firmware only if it begins like firmware.
	rom $(((16 << 20) + 4096))
	printf _FVH | dd of=rom.fd bs=1 seek=40 conv=notrunc status=none
	run_ctl 4 stage --device=/nonexistent rom.fd
	stderr_has '16 MiB'
	run_ctl_json 4 stage --dry-run rom.fd
	output_has 'more than the 16 MiB'
	printf 'no firmware' >text
	run_ctl 4 stage text
	stderr_has '[too-short]'
}

@test "a file that is not there" {
	run_ctl 1 stage missing.igvm
	stderr_has 'missing.igvm'
}
