#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images of 4 to 256 MiB in guests of several sizes, idle and loaded. The tests print a
# table, with the successful searches for memory and their time. Each test prints a row.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers
load ../allocation

# row GUEST LOAD SIZES-THAT-MUST-FIT...: allocate each size three times, and print
# a row of the table.
#
# An image of another size may fail, but must not keep any memory.
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

	# Failed attempts have kept no memory.
	allocate 64
	((succeeded == 3)) || fail "64 MiB afterwards: $errors"
}

# In 512 MiB, a kernel at a random place may leave no gap of 256 MiB.
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
