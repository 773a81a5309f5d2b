#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The README's two commands in clean systems: Debian 12, Debian 13 and sid. Each is a
# minimal system with git and make. The commands install all else that they need.
#
# Copyright (C) 2026 The vmfwupdate authors

TOP=$(realpath "$BATS_TEST_DIRNAME/../..")
ROOTS=${O:-$TOP/build}/roots

# readme NUMBER: print the first or the second command of the README, without sudo. A clean
# system has no sudo. These tests run as root.
readme()
{
	sed -n 's/^    sudo \(make demo\|make check-ci\)$/\1/p' "$TOP/README.md" | sed -n "$1p"
}

# clean SUITE: make a new system
clean()
{
	"$BATS_TEST_DIRNAME/make-root" "$1" "$ROOTS/clean-$1"
}

# inside SUITE NAME SECONDS COMMAND: run COMMAND in the tree of that system, and keep the
# log. After a failure, show its important parts.
inside()
{
	local log=$ROOTS/clean-$1.$2.log status=0 started=$SECONDS
	timeout --foreground --kill-after=10 "$3" "$BATS_TEST_DIRNAME/enter" "$ROOTS/clean-$1" \
		sh -c "cd /srv/vmfwupdate && $4" >"$log" 2>&1 </dev/null || status=$?
	echo "# $1, $2: $((SECONDS - started)) s" \
		"$(grep -E 'passed, .* failed|^demo: ' "$log" | tail -n 1)" >&3
	((status == 0)) && return
	grep -n -A 20 '^not ok' "$log" | head -n 400
	tail -n 40 "$log"
	echo "exit status $status (124: longer than $3 s); the log is $log"
	return 1
}

@test "the README has the two commands of these tests" {
	[[ $(readme 1) == 'make demo' ]]
	[[ $(readme 2) == 'make check-ci' ]]
	[[ -z $(readme 3) ]]
}

@test "Debian 12: the demo" {
	clean bookworm
	inside bookworm demo 1800 "$(readme 1)"
}

@test "Debian 12: all tests" {
	inside bookworm check 10800 "$(readme 2)"
}

@test "Debian 13: the demo" {
	clean trixie
	inside trixie demo 1800 "$(readme 1)"
}

@test "Debian 13: all tests" {
	inside trixie check 10800 "$(readme 2)"
}

@test "sid: the demo" {
	clean sid
	inside sid demo 1800 "$(readme 1)"
}

# Debian has systemd's programs that unlock disks in a separate package.
@test "sid: without systemd-cryptsetup, dracut makes an initramfs and reports no error" {
	inside sid dracut 1800 "tests/lib/debian/apt-install dracut-core systemd-sysv udev zstd &&
		make -s -C userspace install && ! test -e /usr/lib/systemd/system/cryptsetup-pre.target &&
		dracut --force --no-hostonly --no-kernel --add 'systemd vmfwupdate' /tmp/initrd"
	run grep -E 'ERROR|FAILED' "$ROOTS/clean-sid.dracut.log"
	echo "$output"
	[[ $status -eq 1 ]]
	inside sid lsinitrd 60 'lsinitrd /tmp/initrd'
	grep 'usr/lib/systemd/system/vmfwupdate-initrd.service$' "$ROOTS/clean-sid.lsinitrd.log"
}

# Leave out suites that depend on packages which change each week in sid: the kernel, for
# instance.
@test "sid: suites build, unit, cli and vmm" {
	inside sid check 5400 "$(readme 2) SUITES='build unit cli vmm'"
}
