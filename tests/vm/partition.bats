#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An image in a partition of the disk that the machine runs from. The tool installs the
# image while the disk is in use, and stages it from there. After a loss of power at any
# moment, the disk must still have an image.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load disk

: "${CTL:=$O/userspace/vmfwupdate-ctl}"
images=$O/tests/vm/images

# on_host CODE ARGUMENT...: run the tool on the host, and expect this exit status.
on_host()
{
	local expected=$1
	shift
	status=0
	output=$("$CTL" "$@" 2>&1) || status=$?
	[[ $status -eq $expected ]] ||
		fail "vmfwupdate-ctl $*: $status, expected $expected" "$output"
}

# Mount the ESP, so that the disk is in use.
mount_esp()
{
	guest 0 'modprobe vfat; modprobe nls_cp437; modprobe nls_ascii
		mkdir -p /boot; mount -t vfat /dev/vda1 /boot'
}

# partition_is NUMBER FILE: expect that the kernel has this partition, with this image.
partition_is()
{
	guest 0 "vmfwupdate-ctl partition read -o /tmp/read --force=overwrite
		cmp /tmp/read /images/$2
		tail -c +17 /dev/vda$1 | head -c \$(stat -c %s /images/$2) | cmp - /images/$2"
}

# bats test_tags=core
@test "the tool installs an image on a disk in use, and the machine comes back on it" {
	make_disk
	cold_start
	mount_esp
	guest 0 'vmfwupdate-ctl partition install /images/seabios.igvm'
	output_has '/dev/vda, partition 2'
	partition_is 2 seabios.igvm
	guest 0 'vmfwupdate-ctl partition install /images/ovmf.igvm'
	output_has '/dev/vda, partition 3'
	partition_is 3 ovmf.igvm
	guest 0 'ls /sys/block/vda; ls /boot/EFI/fw/fw.igvm; umount /boot'
	[[ $output != *vda2* ]] || fail "$output"

	# The tool finds the partition without any mount.
	guest 0 'echo image=partition >/etc/vmfwupdate.conf; vmfwupdate-ctl auto --explain'
	output_has 'partition'
	guest 0 'vmfwupdate-ctl stage partition && vmfwupdate-ctl status'
	output_has 'the image is in partition 3'
	state_is staged
	guest 0 'sha256sum /images/ovmf.igvm'
	sha256=${output%% *}
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 "loaded .*sha256=$sha256"
}

@test "auto takes the image from the partition" {
	make_disk
	on_host 0 partition install "$images/ovmf.igvm" --disk="$disk"
	cold_start
	guest 0 'echo image=partition >/etc/vmfwupdate.conf'
	vm_reset_by 'vmfwupdate-ctl auto'
	firmware_is UEFI
	configure
	guest 0 'echo image=partition >/etc/vmfwupdate.conf; vmfwupdate-ctl auto'
	output_has 'the wanted firmware is running'
	guest 0 'vmfwupdate-ctl verify'
	guest 0 'vmfwupdate-ctl stage --dry-run partition:any'
	guest 0 'vmfwupdate-ctl check /dev/vda2'
	guest 0 'vmfwupdate-ctl check $(vmfwupdate-ctl partition list | grep -o "PARTUUID=[^,]*")'
	guest 0 'vmfwupdate-ctl partition remove'
	guest 8 'vmfwupdate-ctl stage --dry-run partition'
	output_has 'no partition with a firmware image'
}

# The kernel caches the blocks of a disk in use. Writes to a partition do not change this
# cache.
@test "the tool reads new bytes of the partition, not cached ones" {
	make_disk
	cold_start
	mount_esp
	guest 0 'vmfwupdate-ctl partition install /images/seabios.igvm'
	partition_is 2 seabios.igvm
	guest 0 'cp /images/seabios.igvm /tmp/other
		printf changed | dd of=/tmp/other bs=1 seek=100000 conv=notrunc
		dd if=/tmp/other of=/dev/vda2 bs=16 seek=1 conv=notrunc'
	guest 0 'vmfwupdate-ctl partition read -o /tmp/read --force=overwrite && cmp /tmp/read /tmp/other'
	guest 0 'dd if=/dev/zero of=/dev/vda2 bs=8 count=1'
	guest 8 'vmfwupdate-ctl stage --dry-run partition'
	output_has 'it contains no image; the next installation removes it'
}

@test "the tool does not remove an image that a program has open" {
	make_disk
	cold_start
	guest 0 'vmfwupdate-ctl partition install /images/seabios.igvm'
	guest 1 'exec 9</dev/vda2; vmfwupdate-ctl partition install /images/ovmf.igvm'
	output_has 'partition 2: cannot remove this partition: Device or resource busy'
	guest 1 'exec 9</dev/vda2; vmfwupdate-ctl partition remove'
	partition_is 2 seabios.igvm
	guest 0 'vmfwupdate-ctl partition list; ls /sys/block/vda'
	[[ $output != *unfinished* && $output != *vda3* ]] || fail "$output"
	guest 0 'vmfwupdate-ctl partition install /images/ovmf.igvm'
	partition_is 3 ovmf.igvm
}

# image_of DISK: sets $found to "old" or "new", or fails
image_of()
{
	rm -f "$1.image"
	on_host 0 partition read --disk="$1" -o "$1.image"
	if cmp -s "$1.image" "$images/seabios.igvm"; then
		found=old
	else
		cmp "$1.image" "$images/ovmf.igvm"
		found=new
	fi
}

# Log the writes of an installation. The file "start" is the disk before that.
install_and_log()
{
	make_disk
	on_host 0 partition install "$images/seabios.igvm" --disk="$disk"
	cp "$disk" "$BATS_TEST_TMPDIR/start"
	start_and_log
	guest 0 'vmfwupdate-ctl partition install /images/ovmf.igvm --disk=/dev/dm-0'
	stop_logging
}

# writes_to_table: print the numbers of the log's entries that change either copy of the
# partition table. Other writes count only when the table names their place. The disk of
# 40 MiB has 81920 sectors.
writes_to_table()
{
	logged_writes |
		awk '$2 == "write" && ($3 < 34 || $3 + $4 > 81920 - 33) { print $1 }'
}

@test "power lost after any write: the disk has an image, and all partitions" {
	local number next=0 state=$BATS_TEST_TMPDIR/state tables=()
	local before=old changes=0 options=() table
	install_and_log
	cp "$BATS_TEST_TMPDIR/start" "$state"
	for number in $(writes_to_table); do
		logged_writes "$next" $((number + 1)) "$state"
		next=$((number + 1))
		image_of "$state"
		[[ $found == "$before" ]] || changes=$((changes + 1))
		before=$found
		cp "$state" "$state.$number"
		tables+=("$state.$number")
	done
	[[ $before == new && $changes -eq 1 ]] || fail "$before, changes: $changes"
	# After all writes of the log, the copy equals the disk.
	cmp "$state" "$disk"

	# Linux must find all partitions with each of these tables.
	((${#tables[@]} >= 8 && ${#tables[@]} <= 24)) || fail "tables: ${#tables[@]}"
	for table in "${tables[@]}"; do
		options+=(-drive "file=$table,if=none,format=raw,id=t$((++number))"
			-device "virtio-blk-pci,drive=t$number")
	done
	vm_start -- "${options[@]}"
	guest 0 'modprobe virtio_blk
		for disk in /sys/block/vd*; do
			set -- "$disk"/vd*
			echo "${disk##*/} $#"
		done'
	is_few=$(awk '$2 < 2' <<<"$output")
	[[ -z $is_few ]] || fail "disks without their partitions: $is_few"
	[[ $(wc -l <<<"$output") -eq ${#tables[@]} ]]

	# The next installation must succeed with each of these tables.
	for table in "${tables[@]}"; do
		on_host 0 partition install "$images/ovmf.igvm" --disk="$table"
		image_of "$table"
		[[ $found == new ]]
		on_host 0 partition list --disk="$table"
		[[ $(grep -c 'partition [0-9]*:' <<<"$output") -eq 1 ]] || fail "$output"
		sfdisk --verify "$table" | grep -q 'No errors'
	done
}
