#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The speed of staging, of an update and of boots, in a virtual machine. guest.py
# compares the rows that these tests write into $BENCH_ROWS.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../vm/helpers
load ../vm/disk

TURNS=5

# row NAME NUMBER...: add a row to the table NAME
row()
{
	local name=$1
	shift
	echo "$*" >>"$BENCH_ROWS/$name"
}

# times CODE COMMAND...: set $output to a row: the processor time and the wall time of
# each command. The commands take their turn TURNS times, and must end with CODE.
times()
{
	local code=$1 command commands=
	shift
	for command; do
		commands+="/images/clock $command >>/tmp/row; [ \$? -eq $code ] || exit 1; "
	done
	guest 0 "rm -f /tmp/row; $commands tr '\n' ' ' </tmp/row"
}

# Make /tmp/fw.igvm of so many mebibytes. Its bytes are in memory, because a hole would
# cost nothing to copy.
make_image()
{
	guest 0 "cp /images/big-$1M.head /tmp/fw.igvm || exit 1
		size=\$(stat -c %s /tmp/fw.igvm)
		head -c \$(($1 * 1048576 - size)) /dev/zero >>/tmp/fw.igvm"
}

@test "stage of 4, 64 and 256 MiB, beside cp and sha256sum" {
	local mib
	VM_CPUS=2 VM_MEMORY=2G vm_start
	guest 0 'modprobe vmfwupdate'
	for mib in 4 64 256; do
		make_image "$mib"
		for ((turn = 0; turn < TURNS; turn++)); do
			times 0 '/usr/bin/cp /tmp/fw.igvm /tmp/copy' \
				'/usr/bin/sha256sum /tmp/fw.igvm' \
				"/images/allocate $mib" \
				'vmfwupdate-ctl stage --quiet /tmp/fw.igvm'
			row "stage-$mib" "$output"
			guest 0 'rm /tmp/copy; vmfwupdate-ctl unstage --quiet'
		done
	done
}

# reset_takes COMMAND: set $took to the seconds from the command to the end of the boot
reset_takes()
{
	local began=${EPOCHREALTIME/./}
	vm_reset_by "$1"
	took=$(printf '%dE-6' $((${EPOCHREALTIME/./} - began)))
}

@test "a reboot with an update, beside one without" {
	local turn plain
	vm_start
	for ((turn = 0; turn < TURNS; turn++)); do
		reset_takes 'reboot -f'
		plain=$took
		guest 0 'vmfwupdate-ctl stage --quiet /images/seabios.igvm'
		reset_takes 'reboot -f'
		row update "$plain" "$took"
		vmm_saw $((turn + 1)) 'reset kind=update'
	done
}

# This processor executes 10^9 instructions a second. So a processor time counts
# instructions, and other load on the host does not change it.
instructions=(-icount shift=0,sleep=off)

@test "auto where there is nothing to do" {
	disk_options+=("${instructions[@]}")
	make_disk
	cold_start fault=no-interface
	for ((turn = 0; turn < TURNS; turn++)); do
		times 0 true 'modprobe vmfwupdate'
		row no-interface "$output"
		guest 0 'rmmod vmfwupdate'
	done
	vm_stop

	cold_start
	extra_reset
	guest 0 'vmfwupdate-ctl auto'
	for ((turn = 0; turn < TURNS; turn++)); do
		times 0 '/usr/bin/sha256sum /images/ovmf.igvm' 'vmfwupdate-ctl auto'
		row running "$output"
	done
}
