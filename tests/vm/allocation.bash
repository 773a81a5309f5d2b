# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Helpers for tests that need memory for an image, in guests that are idle or at work.
# Load this file after helpers.bash.
#
# Copyright (C) 2026 The vmfwupdate authors

# start_idle MEBIBYTES: start a guest of this size that does nothing
start_idle()
{
	local disk=$BATS_TEST_TMPDIR/disk
	truncate -s "$1M" "$disk"
	VM_MEMORY=$1M vm_start -- -drive "file=$disk,format=raw,if=virtio,cache=unsafe"
	guest 0 'modprobe vmfwupdate'
}

# start_loaded MEBIBYTES: start a guest in which programs occupy all but two fifths of the
# memory, and keep using it.
start_loaded()
{
	start_idle "$1"
	# modprobe does not know that ext4 asks for crc32c at run time. Some kernels have
	# crc32c built in, without a module.
	vm_run 'modprobe virtio_blk; modprobe -q crc32c_generic; modprobe ext4'
	[[ $status -eq 0 ]] || skip 'this kernel has no ext4'
	guest 0 "mkdir /tmp/disk /tmp/load; mke2fs /dev/vda >/dev/null &&
		mount -t ext2 /dev/vda /tmp/disk &&
		/images/load $(($1 * 2 / 5)) /tmp/disk /tmp/load"
}

# allocate MEBIBYTES: make three attempts. Set $succeeded to the number of successes,
# $milliseconds to the time of the slowest attempt, and $errors to the errors.
allocate()
{
	local result ms
	guest 0 "/images/allocate $1 3"
	succeeded=0 milliseconds=0 errors=
	while read -r result ms _; do
		((ms <= milliseconds)) || milliseconds=$ms
		case $result in
		ok) succeeded=$((succeeded + 1)) ;;
		*) errors+=${errors:+ }$result ;;
		esac
	done <<<"$output"
}

# failure_was_clean MEBIBYTES: check log and device after a failed search for memory
failure_was_clean()
{
	[[ $errors =~ ^ENOMEM(\ ENOMEM)*$ ]] || fail "errors: $errors"
	guest 0 'dmesg | grep vmfwupdate:'
	output_has "cannot allocate $(($1 << 20)) bytes"
	[[ $output =~ tried\ [0-9]+\ positions|bytes\ are\ available|largest\ gap ]] ||
		fail 'the log does not name the attempts:' "$output"
	state_is idle
	guest 0 'cat /sys/class/misc/vmfwupdate/leaked'
	output_is 0
}
