#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two disks with an ESP each: the tool must take the ESP of this boot. In a mount
# namespace, files replace the UEFI variables, and these disks are the only ones.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

A=aaaaaaaa-0000-4000-8000-0000000000aa
B=bbbbbbbb-0000-4000-8000-0000000000bb
GLOBAL=8be4df61-93ca-11d2-aa0d-00e098032b8c

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	disks=() nodes=()
	[[ $EUID -eq 0 ]] || skip 'only root can make a block device of a file'
	mkdir -p root/sys/firmware/efi/efivars root/sys/class/block
	add_disk "$A"
	add_disk "$B"
	disk_a=${disks[0]} disk_b=${disks[1]}
	# Hide the machine's own disks, and those of other tests.
	cat >ctl <<-END
	#!/bin/sh
	exec unshare --mount sh -c 'mount --bind "\$0/firmware" /sys/firmware &&
		mount --bind "\$0/class/block" /sys/class/block && exec "\$@"' \
		'$PWD/root/sys' '$CTL' "\$@"
	END
	chmod +x ctl
	CTL=$PWD/ctl
}

teardown()
{
	((${#nodes[@]} == 0)) || rm -f "${nodes[@]}"
	local device tries
	for device in "${disks[@]}"; do
		# Another test may have the disk open at this moment.
		for tries in {1..300}; do
			partx --delete "$device" && break
			((tries < 300)) || fail "$device keeps its partitions"
			sleep 0.1
		done
		losetup -d "$device"
	done
}

# add_disk UUID: make a disk with an ESP of that PARTUUID and an empty firmware partition
add_disk()
{
	local file=disk.$1 device number
	truncate -s 8M "$file"
	printf '%s\n' 'label: gpt' "size=2M, type=uefi, uuid=$1" \
		"size=1M, type=C647E858-C402-4D1E-9497-95FF0A4B4465" |
		sfdisk --quiet "$file"
	device=$(losetup --find --show --partscan "$file" 2>&1) ||
		skip "no loop device: $device"
	disks+=("$device")
	# Not every kernel reads the partition table of a loop device.
	[[ -e /sys/class/block/${device##*/}p1 ]] || partx --add --nr 1 "$device"
	number=$(<"/sys/class/block/${device##*/}p1/dev")
	ln -s "$(realpath "/sys/class/block/${device##*/}")" \
		"$(realpath "/sys/class/block/${device##*/}p1")" root/sys/class/block
	# Without devtmpfs or udev, the partition has no node.
	[[ ! -b ${device}p1 ]] || return 0
	mknod "${device}p1" b "${number%:*}" "${number#*:}"
	nodes+=("${device}p1")
}

# variable NAME BYTES: make a UEFI variable. BYTES is a format of printf.
variable()
{
	# shellcheck disable=SC2059 # bytes
	printf "\\7\\0\\0\\0$2" >"root/sys/firmware/efi/efivars/$1-$GLOBAL"
}

# esp_is_on DISK: expect that the tool searches only DISK for an image in a partition
esp_is_on()
{
	run_ctl 8 check partition
	stderr_has "$1, partition 2: "
	is "$(grep -c 'partition 2: ' <<<"$stderr")" 1
}

# boot_option NUMBER BYTE: make a boot option for partition $A (BYTE 252, octal) or $B
# (273).
boot_option()
{
	local same="\\$2\\$2\\$2\\$2"
	variable "Boot$1" "\\1\\0\\0\\0\\56\\0\\0\\0\\4\\1\\52\\0\\1\\0\\0\\0$(
		printf '\\0%.0s' {1..16})$same\\0\\0\\0\\100\\200\\0\\0\\0\\0\\0\\0\\$2\\2\\2\\177\\377\\4\\0"
}

@test "two ESPs, and no variable names that of this boot: the error names both" {
	run_ctl 8 check partition
	stderr_has 'there is more than one EFI system partition: '
	stderr_has "${disk_a}p1 (PARTUUID=$A)"
	stderr_has "${disk_b}p1 (PARTUUID=$B)"
	stderr_has 'name one by PARTUUID=, or detach the others'
	run_ctl 8 check ESP:/fw.igvm
	stderr_has 'there is more than one EFI system partition: '
}

@test "two ESPs: that of the boot loader, else that of the boot entry" {
	boot_option 0001 252
	boot_option 000A 273
	variable BootCurrent '\1\0'
	esp_is_on "$disk_a"
	variable BootCurrent '\12\0'
	esp_is_on "$disk_b"
	loader_says LoaderDevicePartUUID "${A^^}"
	esp_is_on "$disk_a"
	# A partition that the boot loader names must exist. One that the firmware names counts
	# only if it exists.
	loader_says LoaderDevicePartUUID 00000000-0000-4000-8000-000000000000
	run_ctl 8 check partition
	stderr_has 'there is no partition PARTUUID=00000000-0000-4000-8000-000000000000, which the boot loader names'
}

@test "two ESPs: malformed variables, and ones that name no option, do not count" {
	local bytes
	for bytes in '\1' '\1\0\0' '\2\0'; do
		boot_option 0001 252
		variable BootCurrent "$bytes"
		run_ctl 8 check partition
		stderr_has 'there is more than one EFI system partition: '
	done
	variable BootCurrent '\1\0'
	for bytes in '' '\1\0\0\0\377\377\0\0' '\1\0\0\0\4\0\0\0\4\1\0\0'; do
		variable Boot0001 "$bytes"
		run_ctl 8 check partition
		stderr_has 'there is more than one EFI system partition: '
	done
}
