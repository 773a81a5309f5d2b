#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks that are not plain: an MBR, two paths to one disk, a mirror.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load disk

@test "the tool finds an ESP on a disk with an MBR, mounted or not" {
	make_disk
	sfdisk --quiet --delete "$disk"
	dd if=/dev/zero of="$disk" bs=512 count=34 conv=notrunc status=none
	printf '%s\n' 'label: dos' 'start=2048, size=65536, type=ef' |
		sfdisk --quiet --no-reread --wipe never "$disk"
	cold_start
	guest 0 'vmfwupdate-ctl check ESP:/EFI/fw/fw.igvm'
	output_has 'ESP:/EFI/fw/fw.igvm: sound'
	guest 0 'modprobe vfat; mkdir -p /efi; mount -t vfat /dev/vda1 /efi
		vmfwupdate-ctl check ESP:/EFI/fw/fw.igvm'
	output_has '/efi/EFI/fw/fw.igvm: sound'
	# The tool adds no partition to an MBR. The message names the disk.
	guest 8 'vmfwupdate-ctl partition install /images/seabios.igvm'
	output_has '/dev/vda: there is no GUID partition table (GPT), or it is damaged'
}

# multipath: start a machine with two paths to the disk, /dev/vda and /dev/vdb. Make
# /dev/dm-0 of them, as multipathd does. Make /dev/dm-1 for the ESP, as kpartx does.
multipath()
{
	vm_start -- -blockdev "driver=raw,node-name=disk,file.driver=file,file.filename=$disk" \
		-device virtio-blk-pci,drive=disk,share-rw=on \
		-device virtio-blk-pci,drive=disk,share-rw=on
	configure
	vm_run 'modprobe dm_round_robin && modprobe dm_multipath'
	[[ $status -eq 0 ]] ||
		skip 'this kernel has no dm-multipath: it needs CONFIG_DM_MULTIPATH=m'
	guest 0 'dmsetup create mpatha --uuid mpath-1234 --table "0 $(cat /sys/block/vda/size) \
			multipath 0 0 1 1 round-robin 0 2 1 /dev/vda 1000 /dev/vdb 1000"
		dmsetup create mpatha1 --uuid part1-mpath-1234 --table \
			"0 65536 linear /dev/dm-0 2048"'
}

@test "a disk with several paths: the tool uses the maps, not their members" {
	make_disk
	multipath
	guest 0 'vmfwupdate-ctl check ESP:/EFI/fw/fw.igvm'
	output_has 'ESP:/EFI/fw/fw.igvm: sound'
	guest 0 'vmfwupdate-ctl partition install /images/seabios.igvm
		vmfwupdate-ctl partition list --disk=/dev/dm-1'
	guest 0 'vmfwupdate-ctl partition list'
	output_has '/dev/dm-0, partition 2'
	[[ $output != */dev/vd* ]] || fail "$output"

	# Make a map for the partition, and let one of the two paths fail.
	guest 0 'set -- $(dd if=/dev/dm-0 bs=512 skip=2 count=1 2>/dev/null |
			od -An -j 160 -N 16 -t u8)
		dmsetup create mpatha2 --uuid part2-mpath-1234 --table \
			"0 $(($2 - $1 + 1)) linear /dev/dm-0 $1"
		dmsetup message mpatha 0 "fail_path /dev/vda"'
	guest 0 'vmfwupdate-ctl check partition && vmfwupdate-ctl check /dev/dm-2'
	output_has 'sound'
	guest 0 'vmfwupdate-ctl partition read -o /tmp/read &&
		cmp /tmp/read /images/seabios.igvm'
}

@test "the tool finds an ESP on a mirror by the type of its members" {
	local other=$BATS_TEST_TMPDIR/other
	make_disk
	cp "$disk" "$other"
	vm_start -- "${disk_options[@]}" \
		-drive "file=$other,if=none,format=raw,id=other" \
		-device virtio-blk-pci,drive=other
	configure
	vm_run 'modprobe raid1'
	[[ $status -eq 0 ]] || skip 'this kernel has no RAID1 of md'
	guest 0 '/images/mirror /dev/vda1 /dev/vdb1'
	guest 0 'vmfwupdate-ctl check ESP:/EFI/fw/fw.igvm'
	output_has 'ESP:/EFI/fw/fw.igvm: sound'
	guest 0 'modprobe vfat; mkdir -p /efi; mount -t vfat /dev/md0 /efi
		vmfwupdate-ctl check ESP:/EFI/fw/fw.igvm'
	output_has '/efi/EFI/fw/fw.igvm: sound'
}
