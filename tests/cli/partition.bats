#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images in partitions, on files with the content of a disk: found, or not and
# why.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

IMAGE_TYPE=C647E858-C402-4D1E-9497-95FF0A4B4465
UNFINISHED_TYPE=6A311D60-7895-45E2-8709-8B3037681ABA

# make_disk [PARTITION...]: ./disk of 16 MiB; behind the ESP, which has 1 MiB,
# partitions of 1 MiB in the words of sfdisk
make_disk()
{
	rm -f disk
	truncate -s 16M disk
	printf '%s\n' 'label: gpt' 'start=2048, size=2048, type=U' "$@" |
		sfdisk --quiet disk
	tr '\0' e </dev/zero | dd of=disk bs=1M seek=1 count=1 iflag=fullblock \
		conv=notrunc status=none
}

# put_header MIB WIDTH SIZE: of a partition that begins there
put_header()
{
	python3 -c '
import struct, sys
start, width, size = (int(word, 0) for word in sys.argv[1:])
with open("disk", "r+b") as disk:
    disk.seek(start << 20)
    disk.write(b"1FILE FS" + struct.pack("<Q", size)[:width // 8])' "$@"
}

# put_image MIB WIDTH FILE: the header, and the file behind it
put_image()
{
	put_header "$1" "$2" "$(stat -c %s "$3")"
	dd if="$3" of=disk bs=64K oflag=seek_bytes conv=notrunc status=none \
		seek=$((($1 << 20) + 8 + $2 / 8))
}

image_partition="size=2048, type=$IMAGE_TYPE"

@test "an image in a partition is found, whichever width its size has" {
	local width
	sample native image.igvm
	for width in 32 64; do
		make_disk "$image_partition"
		put_image 2 "$width" image.igvm
		run_ctl 0 check disk
		stderr_has 'the image is in partition 2, PARTUUID='
		output_has 'disk: sound, IGVM'
		run_ctl_json 0 inspect disk
		is "$(json container)" disk
		is "$(json image_offset)" $((2 * 1048576 + 8 + width / 8))
		is "$(json image_size)" "$(stat -c %s image.igvm)"
	done
}

@test "a partition that was copied to a file is a container, too" {
	local width
	sample native image.igvm
	for width in 32 64; do
		make_disk "$image_partition"
		put_image 2 "$width" image.igvm
		dd if=disk of=copy bs=1M skip=2 count=1 status=none
		run_ctl 0 check copy
		stderr_has 'the file in this partition'
		run_ctl_json 0 check copy
		is "$(json container)" partition
	done
}

@test "the digest is that of the image, not of the disk" {
	sample snp image.igvm
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	run_ctl 0 measure image.igvm --for snp
	expected=$output
	run_ctl 0 measure disk --for snp
	is "$output" "$expected"
}

@test "no partition with an image: what there is instead is named" {
	make_disk
	run_ctl 8 check disk
	stderr_has 'there is no partition with a firmware image'
	make_disk "$image_partition"
	run_ctl 8 check disk
	stderr_has 'disk, partition 2: an installation did not end'
	make_disk "size=2048, type=$UNFINISHED_TYPE"
	run_ctl 8 check disk
	stderr_has 'disk, partition 2: an installation did not end'
	make_disk "$image_partition"
	put_header 2 64 4096
	run_ctl 8 check disk
	stderr_has 'what it has is no IGVM image'
}

@test "two images: both are named" {
	sample native image.igvm
	make_disk "$image_partition" "$image_partition"
	put_image 2 64 image.igvm
	put_image 3 32 image.igvm
	run_ctl 8 check disk
	stderr_has 'more than one'
	stderr_has 'disk, partition 2: PARTUUID='
	stderr_has 'disk, partition 3: PARTUUID='
}

@test "an image beside what an installation left is the one" {
	sample native image.igvm
	make_disk "size=2048, type=$UNFINISHED_TYPE" "$image_partition" \
		"$image_partition"
	put_image 2 64 image.igvm
	put_image 3 64 image.igvm
	run_ctl 0 check disk
	stderr_has 'partition 3'
}

@test "a file that ends behind its partition is refused" {
	sample native image.igvm
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	put_header 2 64 $((1048576 - 16 + 1))
	run_ctl 8 check disk
	stderr_has 'ends behind the partition'
	put_header 2 64 0xfffffffffffffff0
	run_ctl 8 check disk
	dd if=disk of=copy bs=1M skip=2 count=1 status=none
	run_ctl 4 check copy
	stderr_has 'ends behind it'
}

@test "a flat firmware in a partition cannot be told apart, and is refused" {
	needs "$SEABIOS" seabios
	make_disk "$image_partition"
	put_image 2 64 "$SEABIOS"
	run_ctl 8 check disk
	stderr_has 'no IGVM image'
	dd if=disk of=copy bs=1M skip=2 count=1 status=none
	run_ctl 4 stage --dry-run copy
	stderr_has 'no IGVM image'
}

@test "an unsound image in a partition is found, and unsound" {
	broken image.igvm 'fields["total_file_size"] = 12345'
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	run_ctl 4 check disk
	output_has 'disk: unsound'
}

@test "an image is found by the second copy of a table whose first is damaged" {
	sample native image.igvm
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	printf '\377' | dd of=disk bs=1 seek=1100 conv=notrunc status=none
	run_ctl 0 check disk
}

@test "both copies of the table damaged, or a table of another kind" {
	make_disk "$image_partition"
	printf '\377' | dd of=disk bs=1 seek=1100 conv=notrunc status=none
	printf '\377' | dd of=disk bs=1 seek=$((16 * 1048576 - 512 + 20)) \
		conv=notrunc status=none
	run_ctl 8 check disk
	stderr_has 'partition table is damaged'
	rm disk
	truncate -s 4M disk
	echo 'size=1M' | sfdisk --quiet --label dos disk
	run_ctl 4 check disk
}

@test "words for partitions are for disks of this machine" {
	local words
	make_root
	for words in partition partition:any PARTUUID=1-2; do
		configure "image=$words"
		run_ctl 10 verify --root root
		stderr_has 'root: '
	done
	touch ./partition
	run_ctl 4 check ./partition
}
