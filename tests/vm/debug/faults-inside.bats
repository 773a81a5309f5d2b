#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests for a kernel that has fault injection and kmemleak; see tests/kernel.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers

# start_with_kmemleak [ARGUMENT...]: as vm_start, with kmemleak on, which is off otherwise
start_with_kmemleak()
{
	VM_APPEND="kmemleak=on ${VM_APPEND-}" vm_start "$@"
}

# kmemleak_finds_nothing_after COMMANDS: run COMMANDS and expect no leak. kmemleak reports
# an object if two scans find no reference to it.
kmemleak_finds_nothing_after()
{
	guest 0 "mount -t debugfs debug /sys/kernel/debug
		$1
		sleep 6; echo scan >/sys/kernel/debug/kmemleak; sleep 6
		echo scan >/sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak"
	output_is ''
}

@test "every allocation of a staging fails once, and no memory leaks" {
	start_with_kmemleak
	guest 0 'mount -t debugfs debug /sys/kernel/debug; modprobe vmfwupdate; /images/sweep'
	echo "# $(grep -c '^ok ' <<<"$output") checks passed inside" >&3
	[[ $output != *SKIP* ]] || fail 'this kernel has no fault injection' "$output"
}

@test "kmemleak finds nothing after stagings, refusals and a killed tool" {
	start_with_kmemleak
	kmemleak_finds_nothing_after 'modprobe vmfwupdate
		for i in $(seq 10); do
			vmfwupdate-ctl stage -q /images/seabios.igvm && vmfwupdate-ctl unstage -q || exit 1
		done
		vmfwupdate-ctl stage -q /images/ovmf.igvm & sleep 0.1; kill -9 $!'
}

@test "kmemleak finds nothing after loads without the interface" {
	start_with_kmemleak fault=no-interface
	kmemleak_finds_nothing_after 'for i in $(seq 10); do
			modprobe vmfwupdate && rmmod vmfwupdate || exit 1
		done
		modprobe vmfwupdate'
}
