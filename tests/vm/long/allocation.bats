#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How large an image may be, by the size of the guest and what goes on in it.
# Also how long it takes to find its memory. Prints a table, a row for each test.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers
load ../allocation

# row GUEST LOAD SIZES-THAT-MUST-FIT...
#
# An image of another size may fail, but must leave nothing taken.
row()
{
	local memory=$1 load=$2 size cell=
	shift 2
	"start_$load" "$memory"
	guest 0 'awk "/^MemAvailable:/ { print int(\$2 / 1024) }" /proc/meminfo'
	cell="$memory MiB $load, $output MiB available:"
	for size in 4 16 64 256; do
		allocate "$size"
		cell+=" $size MiB $succeeded/3 ($milliseconds ms)"
		((succeeded == 3)) || [[ " $* " != *" $size "* ]] ||
			fail "$cell: $errors" "$(guest 0 'dmesg | tail -n 20'; echo "$output")"
		((succeeded > 0)) || failure_was_clean "$size"
	done
	echo "# $cell" >&3

	# Nothing that failed took anything with it.
	allocate 64
	((succeeded == 3)) || fail "64 MiB afterwards: $errors"
}

# A kernel at a random place may leave 256 of 512 MiB free nowhere.
@test "an idle guest of 512 MiB" {
	row 512 idle 4 16 64
}

@test "a loaded guest of 512 MiB" {
	row 512 loaded 4 16 64
}

@test "an idle guest of 1 GiB" {
	row 1024 idle 4 16 64 256
}

@test "a loaded guest of 1 GiB" {
	row 1024 loaded 4 16 64 256
}

@test "an idle guest of 2 GiB" {
	row 2048 idle 4 16 64 256
}

@test "a loaded guest of 2 GiB" {
	row 2048 loaded 4 16 64 256
}
