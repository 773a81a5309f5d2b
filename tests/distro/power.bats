#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A loss of power in the middle of a cold start: right after a line of the VMM's log, or at
# a step that the console shows. The next cold start depends on the record alone. If an
# attempt is open, that cold start closes it and makes no other. Otherwise it makes one.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The number of tries to cut the power before the guest goes on to the next step.
TRIES=5

setup()
{
	use_disk "$MAKER"
}

# Freeze the machine, and note if it has already reached the next step.
is_before_next()
{
	freeze
	! seen "$next" || : >"$BATS_TEST_TMPDIR/late"
}

# cut_between REGEX NEXT: cut the power when REGEX has appeared, but not yet NEXT.
cut_between()
{
	local next=$2 try
	for ((try = 1; try <= TRIES; try++)); do
		use_disk "$MAKER"
		rm -f "$BATS_TEST_TMPDIR/late"
		once_seen "$1" is_before_next
		[[ -e $BATS_TEST_TMPDIR/late ]] || return 0
		echo "# cut $try was too late" >&3
	done
	fail "$TRIES cuts came too late, after: $2"
}

@test "power lost when the module is loaded" {
	cut_between 'vmfwupdate: loading' 'no evidence that the wanted|verdict=accepted'
	comes_back
}

# A reset may come before the journal prints the tool's last messages.
@test "power lost when the attempt is about to be recorded" {
	cut_between 'no evidence that the wanted|Starting .*vmfwupdate-initrd' \
		verdict=accepted
	comes_back
}

@test "power lost when the image is offered to the VMM" {
	once_logged 1 verdict=accepted
	comes_back
}

@test "power lost when the image is staged" {
	! keeps_images || skip 'this VMM copies an offered image at once'
	once_logged 1 verdict=cleared
	comes_back
}

@test "power lost when the image is armed" {
	! keeps_images || skip 'this VMM copies an offered image at once'
	once_logged 2 verdict=accepted
	comes_back
}

@test "power lost when the machine goes down" {
	cut_between 'vmfwupdate: the VMM (holds|keeps) the image' \
		'Linux version.*Linux version'
	comes_back
}

@test "power lost when the VMM resets" {
	once_logged 1 'reset kind=update'
	comes_back
}

@test "power lost when the new firmware has started the kernel" {
	cut_between 'Linux version.*Linux version' 'the wanted firmware is running'
	comes_back
}

@test "power lost when the attempt is closed" {
	cut_between 'the wanted firmware is running' "$unlocked"
	comes_back
}

@test "power lost when the disk is unlocked" {
	once_seen "$unlocked" :
	comes_back
}

logged_writes()
{
	python3 "$top/tests/lib/disk/logwrites.py" "$disk.log" "$@"
}

# starts_from STATE: start with the disk in the file STATE
starts_from()
{
	cp --sparse=always "$1" "$disk"
	drives=(-drive "file=$disk,format=raw,if=virtio,cache=unsafe")
	comes_back
}

# Only the disk survives a loss of power, so the test cuts the power after each write.
# The record must be sound each time. Of the disks with the same record, the test starts
# one.
@test "power lost after each write until the disk is unlocked" {
	local state=$disk.state number kind next=0 writes=0 says
	declare -A states=()
	cp --sparse=always "$disk" "$state"
	: >"$disk.log"
	drives=(-drive "driver=blklogwrites,file.driver=file,file.filename=$disk,log.driver=file,log.filename=$disk.log,log-super-update-interval=1,if=virtio")
	once_seen "$unlocked" :

	while read -r number kind _; do
		[[ $kind == write ]] || continue
		logged_writes "$next" $((number + 1)) "$state"
		next=$((number + 1)) writes=$((writes + 1))
		says=$(disk=$state history_on_esp)
		[[ -z ${states[$says]-} ]] || continue
		states[$says]=$state.$writes
		cp --sparse=always "$state" "$state.$writes"
	done < <(logged_writes)
	echo "# writes: $writes, records: ${#states[@]}" >&3
	# The records have no attempt, an open attempt, or a closed one.
	((writes > 10 && ${#states[@]} >= 3)) || fail "${!states[@]}"
	for state in "${states[@]}"; do
		starts_from "$state"
	done
}
