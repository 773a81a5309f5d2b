#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# partition: search, installation and removal of images in partitions. The disks are
# files, or loop devices.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

IMAGE_TYPE=C647E858-C402-4D1E-9497-95FF0A4B4465
UNFINISHED_TYPE=6A311D60-7895-45E2-8709-8B3037681ABA

# make_disk [PARTITION...]: make ./disk of 16 MiB, with an ESP of 1 MiB and the partitions,
# in the syntax of sfdisk
make_disk()
{
	rm -f disk
	truncate -s 16M disk
	printf '%s\n' 'label: gpt' 'start=2048, size=2048, type=U' "$@" |
		sfdisk --quiet disk
	tr '\0' e </dev/zero | dd of=disk bs=1M seek=1 count=1 iflag=fullblock \
		conv=notrunc status=none
}

# put_header MIB WIDTH SIZE: write the header of a partition that begins at MIB
put_header()
{
	python3 -c '
import struct, sys
start, width, size = (int(word, 0) for word in sys.argv[1:])
with open("disk", "r+b") as disk:
    disk.seek(start << 20)
    disk.write(b"1FILE FS" + struct.pack("<Q", size)[:width // 8])' "$@"
}

# put_image MIB WIDTH FILE: write the header, and FILE after it
put_image()
{
	put_header "$1" "$2" "$(stat -c %s "$3")"
	dd if="$3" of=disk bs=64K oflag=seek_bytes conv=notrunc status=none \
		seek=$((($1 << 20) + 8 + $2 / 8))
}

image_partition="size=2048, type=$IMAGE_TYPE"

@test "check finds an image in a partition, with a size field of 32 or 64 bits" {
	local width
	sample native image.igvm
	for width in 32 64; do
		make_disk "$image_partition"
		put_image 2 "$width" image.igvm
		run_ctl 0 check disk
		stderr_has 'the image is in partition 2, PARTUUID='
		output_has 'disk: sound, IGVM'
		run_ctl_json 0 inspect disk
		is "$(json container kind)" disk
		is "$(json container offset)" $((2 * 1048576 + 8 + width / 8))
		is "$(json container size)" "$(stat -c %s image.igvm)"
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
		is "$(json container kind)" partition
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

@test "no partition with an image: the error describes the other firmware partitions" {
	make_disk
	run_ctl 8 check disk
	stderr_has 'there is no partition with a firmware image'
	make_disk "$image_partition"
	run_ctl 8 check disk
	stderr_has 'disk, partition 2: it contains no image; the next installation removes it'
	make_disk "size=2048, type=$UNFINISHED_TYPE"
	run_ctl 8 check disk
	stderr_has 'disk, partition 2: an interrupted installation left this partition'
	make_disk "$image_partition"
	put_header 2 64 4096
	run_ctl 8 check disk
	stderr_has 'it contains no readable IGVM image'
}

@test "two images: the error names both" {
	sample native image.igvm
	make_disk "$image_partition" "$image_partition"
	put_image 2 64 image.igvm
	put_image 3 32 image.igvm
	run_ctl 8 check disk
	stderr_has 'more than one'
	stderr_has 'disk, partition 2: PARTUUID='
	stderr_has 'disk, partition 3: PARTUUID='
}

@test "check finds the image beside the leftovers of an installation" {
	sample native image.igvm
	make_disk "size=2048, type=$UNFINISHED_TYPE" "$image_partition" \
		"$image_partition"
	put_image 2 64 image.igvm
	put_image 3 64 image.igvm
	run_ctl 0 check disk
	stderr_has 'partition 3'
}

@test "check refuses a file that ends after its partition" {
	sample native image.igvm
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	put_header 2 64 $((1048576 - 16 + 1))
	run_ctl 8 check disk
	stderr_has 'or one that is longer than the partition'
	put_header 2 64 0xfffffffffffffff0
	run_ctl 8 check disk
	stderr_has 'there is no partition with a firmware image'
	dd if=disk of=copy bs=1M skip=2 count=1 status=none
	run_ctl 4 check copy
	stderr_has 'the file in this partition is longer than the partition'
}

@test "the tool refuses flat firmware in a partition" {
	needs "$SEABIOS" seabios
	make_disk "$image_partition"
	put_image 2 64 "$SEABIOS"
	run_ctl 8 check disk
	stderr_has 'no readable IGVM image'
	dd if=disk of=copy bs=1M skip=2 count=1 status=none
	run_ctl 4 stage --dry-run copy
	stderr_has 'the file in this partition is not an IGVM image'
}

@test "check finds an image in a partition, and finds it unsound" {
	broken image.igvm 'fields["total_file_size"] = 12345'
	make_disk "$image_partition"
	put_image 2 64 image.igvm
	run_ctl 4 check disk
	output_has 'disk: unsound'
}

@test "check finds an image by the second table if the first is damaged" {
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
	stderr_has 'cannot read the partition table: it is damaged'
	rm disk
	truncate -s 4M disk
	echo 'size=1M' | sfdisk --quiet --label dos disk
	run_ctl 4 check disk
	output_has '[magic]'
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
	output_has '[too-short]'
}

# The disk to change: the file, or a block device.
target=disk

# install CODE FILE [OPTION...]: install FILE on the target
install()
{
	local code=$1 file=$2
	shift 2
	run_ctl "$code" partition install "$file" --disk="$target" "$@"
}

# installed_is FILE: expect this image in the partition, and a sound disk.
installed_is()
{
	rm -f .read
	run_ctl 0 partition read --disk="$target" -o .read
	cmp .read "$1"
	in_order
}

# Expect that the table is sound, and the ESP unchanged.
in_order()
{
	sfdisk --verify "$target" >.verify 2>&1
	grep -q 'No errors' .verify || fail "$(<.verify)"
	sfdisk -d "$target" >.table
	grep -q '1 : start= *2048, size= *2048, type=C12A7328' .table || fail "$(<.table)"
	is "$(dd if="$target" bs=1M skip=1 count=1 status=none | tr -d e | wc -c)" 0
}

# types_are TYPE...: expect these types of partitions, without the ESP.
types_are()
{
	is "$(sfdisk -d "$target" | sed -n '/[2-9] : start/s/.* type=\([^,]*\),.*/\1/p' | tr '\n' ' ')" \
		"${*/%/ }"
}

# nothing_written COMMAND...: expect that COMMAND leaves the disk as it was
nothing_written()
{
	local before
	before=$(sha256sum <disk)
	"$@"
	is "$(sha256sum <disk)" "$before"
}

samples()
{
	sample native old.igvm
	sample both new.igvm
	! cmp -s old.igvm new.igvm || fail 'the samples are the same'
}

@test "every verb of partition prints help, and is in the manual page" {
	local verb
	for verb in list read install remove; do
		run_ctl 0 partition "$verb" --help
		output_has "vmfwupdate-ctl partition $verb [options]"
		is "$(awk 'length > 80' <<<"$output")" ''
		grep -q "partition $verb\*" "$top/Documentation/vmfwupdate-ctl.8.scd"
	done
	run_ctl 0 partition list
	run_ctl 2 partition
	stderr_has 'missing verb'
	run_ctl 2 partition format
	stderr_has "try 'vmfwupdate-ctl partition --help'"
	run_ctl 2 partition read --disk=disk
	stderr_has --output
	run_ctl 2 partition install --disk=disk
	stderr_has FILE
	run_ctl_json 2 partition read --disk=disk -o -
	output_has '--output=-: cannot write both the image and JSON to standard output; name a file'
}

@test "the verbs install, read back, replace and remove an image" {
	samples
	make_disk
	run_ctl 0 partition list --disk=disk
	is "$output" 'there is no firmware partition'
	install 0 old.igvm
	output_has 'old.igvm: installed: disk, partition 2, PARTUUID='
	output_has "$(stat -c '(%s bytes)' old.igvm), SHA-256 $(sha256sum <old.igvm | cut -c 1-64)"
	installed_is old.igvm
	types_are "$IMAGE_TYPE"
	install 0 new.igvm
	installed_is new.igvm
	run_ctl 0 partition list --disk=disk
	is "$(sed -E 's/=[0-9a-f-]+,/=UUID,/; s/[0-9.]+ [KM]iB //' <<<"$output")" \
		"disk, partition 3: an image, $(stat -c '(%s bytes)' new.igvm)
  PARTUUID=UUID, (1048576 bytes)"
	# read replaces another file only with --force, and does not rewrite an equal one.
	cp old.igvm there.igvm
	run_ctl 1 partition read --disk=disk -o there.igvm
	cmp there.igvm old.igvm
	run_ctl 0 partition read --disk=disk -o there.igvm --force=overwrite
	cmp there.igvm new.igvm
	run_ctl 0 partition read --disk=disk -o there.igvm
	output_has 'there.igvm: already there, with this content'
	types_are "$IMAGE_TYPE"
	run_ctl 0 check disk
	run_ctl 0 partition read --disk=disk -o -
	run_ctl 0 partition remove --disk=disk
	output_has 'partitions removed: 1'
	types_are
	in_order
	run_ctl 3 partition remove --disk=disk
	output_has 'there is no firmware partition'
	run_ctl 8 partition read --disk=disk -o none.igvm
	stderr_has 'there is no partition with a firmware image'
	[[ ! -e none.igvm ]]
}

@test "the error for a partition table without a free entry says so" {
	samples
	rm -f disk
	truncate -s 64M disk
	{
		printf '%s\n' 'label: gpt' 'table-length: 4' 'start=2048, size=2048, type=U'
		printf 'size=2048\n%.0s' 1 2 3
	} | sfdisk --quiet disk
	cp disk before
	install 1 new.igvm
	stderr_has 'disk: the partition table (GPT) has no free entry'
	[[ $stderr != *'out of range'* ]]
	cmp disk before
}

@test "an installation prints a report as JSON, and nothing with --quiet" {
	samples
	make_disk
	run_ctl_json 0 partition install new.igvm --disk=disk
	is "$(json sha256)" "$(sha256sum <new.igvm | cut -d ' ' -f 1)"
	is "$(json partition number)" 2
	is "$(json partition state)" image
	is "$(json already)" False
	uuid=$(json partition partuuid)
	start=$(json partition offset)
	run_ctl_json 0 partition list --disk=disk
	is "$(json partitions 0 partuuid)" "$uuid"
	is "$(json partitions 0 offset)" "$start"
	is "$(json partitions 0 image_size)" "$(stat -c %s new.igvm)"
	output_has '"disk": "disk"'
	output_has '"number": 2'
	output_has '"size": 1048576'
	output_has '"state": "image"'
	is "$((start % 1048576))" 0
	run_ctl 0 partition install old.igvm --disk=disk --quiet
	is "$output$stderr" ''
	run_ctl 0 partition install new.igvm --disk=disk --progress=always
	stderr_has 'write: 100 %'
	# The partition is larger than the file.
	run_ctl_json 0 partition read --disk=disk -o read.igvm
	is "$(json output size)" "$(stat -c %s new.igvm)"
	is "$(json partition size)" 1048576
}

@test "a second installation of the same image writes nothing" {
	samples
	make_disk
	install 0 new.igvm
	nothing_written install 0 new.igvm
	output_has 'already installed'
}

@test "a dry run finds room, and writes nothing" {
	samples
	make_disk
	nothing_written install 0 new.igvm --dry-run
	output_has 'could be installed: disk, partition 2'
	install 0 old.igvm
	nothing_written install 0 new.igvm --dry-run
	output_has 'partition 3'
	nothing_written install 0 new.igvm --dry-run --json
	is "$(json removed)" 1
	output_has '"dry_run": true'
	[[ $output != *sha256* ]] || fail "$output"
	nothing_written run_ctl 0 partition remove --disk=disk --dry-run
	is "$output" 'disk: partitions that would be removed: 1'
	nothing_written run_ctl_json 0 partition remove --disk=disk --dry-run
	is "$(json dry_run) $(json disk) $(json removed)" 'True disk 1'
	run_ctl_json 0 partition remove --disk=disk
	is "$(json dry_run) $(json disk) $(json removed)" 'False disk 1'
}

@test "install refuses unsound and flat images before it writes anything" {
	samples
	make_disk
	install 0 old.igvm
	broken bad.igvm 'fields["total_file_size"] = 12345'
	nothing_written install 4 bad.igvm
	stderr_has 'total_file_size'
	truncate -s 5000 rubbish
	nothing_written install 4 rubbish
	nothing_written install 1 missing
	needs "$SEABIOS" seabios
	nothing_written install 4 "$SEABIOS"
	stderr_has 'make an image of it'
	installed_is old.igvm
}

@test "an image with the size of its partition, and one byte less and more" {
	local size
	make_disk
	for size in 1048559 1048560 1048561; do
		python3 "$IGVMGEN" --total-size=$size native big.igvm
		truncate -s $size big.igvm
		install 0 big.igvm
		installed_is big.igvm
	done
	is "$(sfdisk -d disk | sed -n 's/.*size= *\([0-9]*\), type=C647.*/\1/p')" 4096
}

@test "a disk without room keeps its image" {
	samples
	make_disk
	install 0 old.igvm
	# Almost 13 MiB are free, from 3 MiB to the table at the end.
	python3 "$IGVMGEN" --total-size=13M native big.igvm
	truncate -s 13M big.igvm
	nothing_written install 1 big.igvm
	stderr_has 'the disk has no room for it'
	installed_is old.igvm
}

@test "a table without a free entry keeps its image" {
	samples
	truncate -s 16M disk
	{
		echo 'label: gpt'
		echo 'table-length: 4'
		echo 'start=2048, size=2048, type=U'
		printf 'size=8\n%.0s' 1 2
	} | sfdisk --quiet disk
	install 0 old.igvm
	nothing_written install 1 new.igvm
	stderr_has 'the partition table (GPT) has no free entry'
	run_ctl 0 partition read --disk=disk -o read.igvm
	cmp read.igvm old.igvm
}

@test "two images: install replaces neither, and messages tell them apart" {
	samples
	make_disk "$image_partition" "$image_partition"
	put_image 2 64 old.igvm
	put_image 3 32 new.igvm
	nothing_written install 8 old.igvm
	stderr_has 'more than one'
	nothing_written run_ctl 8 partition remove --disk=disk
	stderr_has 'partition 3: PARTUUID='
	run_ctl 8 partition read --disk=disk -o read.igvm
	stderr_has 'more than one firmware image'
	run_ctl 0 partition list --disk=disk
	is "$(grep -c 'an image' <<<"$output")" 2
}

@test "list shows leftovers of an installation, and the next installation removes them" {
	samples
	make_disk "size=2048, type=$UNFINISHED_TYPE" "$image_partition" \
		"$image_partition"
	put_image 2 64 new.igvm
	put_image 3 32 old.igvm
	run_ctl 0 partition list --disk=disk
	output_has 'partition 2: unfinished'
	output_has 'partition 3: an image'
	output_has 'partition 4: no image'
	cp disk again
	install 0 new.igvm
	installed_is new.igvm
	types_are "$IMAGE_TYPE"
	cp again disk
	install 0 old.igvm
	output_has 'already installed'
	installed_is old.igvm
	types_are "$IMAGE_TYPE"
	cp again disk
	run_ctl 0 partition remove --disk=disk
	output_has 'partitions removed: 3'
	types_are
}

@test "a disk that has grown: the second table moves to its end" {
	samples
	make_disk
	truncate -s 24M disk
	install 0 new.igvm
	installed_is new.igvm
	is "$(dd if=disk bs=512 skip=$((24 * 2048 - 1)) count=1 status=none | head -c 8)" 'EFI PART'
}

@test "the verbs of partition refuse files and devices without a GPT" {
	samples
	truncate -s 4M disk
	install 8 new.igvm
	stderr_has 'there is no GUID partition table (GPT), or it is damaged'
	run_ctl 8 partition list --disk=disk
	stderr_has 'there is no GUID partition table (GPT), or it is damaged'
	: >disk
	install 8 new.igvm
	run_ctl 8 partition install new.igvm --disk=missing
	stderr_has 'missing: cannot look for firmware partitions: No such file'
	run_ctl 1 partition install new.igvm --disk=/dev/null
	stderr_has '/dev/null: cannot look for firmware partitions: Block device required'
	run_ctl 1 partition install new.igvm --disk=.
	stderr_has '.: cannot look for firmware partitions: Block device required'
	run_ctl 2 partition install new.igvm --disk=any
	stderr_has '--disk=any: this verb changes only one disk; name it'
	run_ctl 2 partition remove --disk=any
	stderr_has '--disk=any: this verb changes only one disk; name it'
	run_ctl 8 partition list --disk=PARTUUID=there-is-none
	stderr_has 'there is no partition PARTUUID=there-is-none'
}

@test "an installation does not change a disk whose first table is damaged" {
	samples
	make_disk
	install 0 old.igvm
	printf '\377' | dd of=disk bs=1 seek=1100 conv=notrunc status=none
	nothing_written install 1 new.igvm
	stderr_has 'repair it first'
	printf '\377' | dd of=disk bs=1 seek=600 conv=notrunc status=none
	nothing_written install 8 new.igvm
}

# patch_table PYTHON: change "header" and "entries" of both tables by a statement, and
# correct the checksums
patch_table()
{
	python3 -c '
import struct, sys, zlib
disk = bytearray(open("disk", "rb").read())
last = len(disk) // 512 - 1
entries = disk[1024:1024 + 16384]
for at, where in ((1, 2), (last, last - 32)):
    header = disk[at * 512:at * 512 + 512]
    exec(sys.argv[1])
    struct.pack_into("<I", header, 88, zlib.crc32(entries))
    struct.pack_into("<I", header, 16, 0)
    struct.pack_into("<I", header, 16, zlib.crc32(bytes(header[:92])))
    disk[where * 512:where * 512 + 16384] = entries
    disk[at * 512:at * 512 + 512] = header
open("disk", "wb").write(disk)' "$1"
}

@test "a table that allows partitions in its own place: the image is whole" {
	local size
	# The last MiB begins at block 30720. Its last 33 blocks belong to the table.
	for size in 1030000 1031152 1031153 1040000 1048560; do
		truncate -s 16M disk
		printf '%s\n' 'label: gpt' 'start=2048, size=28672, type=U' |
			sfdisk --quiet disk
		patch_table 'struct.pack_into("<Q", header, 48, last)'
		python3 "$IGVMGEN" --total-size=$size native big.igvm
		truncate -s $size big.igvm
		nothing_written install 1 big.igvm
		stderr_has 'the disk has no room for it'
	done
	# Enlarge the disk, so that the table at its end moves.
	truncate -s 18M disk
	sfdisk --quiet --relocate gpt-bak-std disk
	patch_table 'struct.pack_into("<Q", header, 48, last)'
	run_ctl 0 partition install big.igvm --disk=disk
	run_ctl 0 partition read --disk=disk -o read.igvm
	cmp read.igvm big.igvm
	run_ctl 0 check disk
}

@test "a partition overlaps the second table: the tool writes nothing" {
	samples
	make_disk
	install 0 old.igvm
	patch_table 'entries[256:384] = entries[0:128]; entries[272] ^= 1
struct.pack_into("<QQ", entries, 256 + 32, 8192, last - 10)
struct.pack_into("<Q", header, 48, last)'
	nothing_written install 1 new.igvm
	stderr_has 'cannot change the partition table: a partition overlaps it'
	nothing_written run_ctl 1 partition remove --disk=disk
}

# install_traced OPTION...: install new.igvm under strace, whose options inject an event.
install_traced()
{
	status=0
	traced 60 -o /dev/null "$@" "$CTL" partition install new.igvm --disk="$target" \
		>.output 2>&1 </dev/null || status=$?
}

# whole_image: expect that a reader finds the whole old image or the whole new one
whole_image()
{
	rm -f .read
	run_ctl 0 partition read --disk="$target" -o .read
	cmp -s .read old.igvm || cmp .read new.igvm
	in_order
}

# killed_at_every CALL: install over the old image, and kill the tool before each CALL.
killed_at_every()
{
	local number found_old=
	install 0 old.igvm
	dd if="$target" of=start bs=1M status=none
	for ((number = 1; ; number++)); do
		dd if=start of="$target" bs=1M conv=notrunc status=none
		install_traced -e "trace=$1" -e "inject=$1:signal=KILL:when=$number"
		[[ $status -ne 0 ]] || break
		is "$status" 137
		whole_image
		cmp -s .read new.igvm || found_old=1
		install 0 new.igvm
		installed_is new.igvm
		types_are "$IMAGE_TYPE"
	done
	installed_is new.igvm
	[[ -n $found_old ]]
	calls=$((number - 1))
}

@test "an installation killed at every write: the disk has the old image or the new one" {
	can_trace
	samples
	make_disk
	killed_at_every pwrite64
	((calls >= 12)) || fail "only $calls writes"
}

@test "an installation killed at every sync: the disk has the old image or the new one" {
	can_trace
	samples
	make_disk
	killed_at_every fsync
	((calls >= 12)) || fail "only $calls syncs"
}

teardown()
{
	[[ ! -b $target ]] || losetup -d "$target"
}

# attach [OPTION...]: make a block device of a disk, and use it as the target
attach()
{
	[[ $EUID -eq 0 ]] || skip 'only root can make a block device of a file'
	make_disk
	target=$(losetup "$@" --find --show --partscan disk 2>&1) || {
		reason=$target target=disk
		skip "no loop device: $reason"
	}
	partitions=/sys/class/block/${target##*/}
}

@test "a block device: the kernel learns of partitions that come and go" {
	samples
	attach
	install 0 old.igvm
	output_has "$target, partition 2"
	[[ -e ${partitions}p2 ]]
	install 0 new.igvm
	installed_is new.igvm
	[[ ! -e ${partitions}p2 && -e ${partitions}p3 ]]
	run_ctl 0 check "$target"
	run_ctl 0 partition list
	output_has "$target, partition 3: an image"
	run_ctl 0 partition remove --disk="$target"
	[[ ! -e ${partitions}p3 ]]
}

@test "a block device whose blocks have 4 KiB" {
	samples
	attach --sector-size 4096
	printf '%s\n' 'label: gpt' 'start=256, size=256, type=U' |
		sfdisk --quiet --no-reread "$target"
	install 0 old.igvm
	install 0 new.igvm
	rm -f .read
	run_ctl 0 partition read --disk="$target" -o .read
	cmp .read new.igvm
	sfdisk --verify "$target" | grep -q 'No errors'
	run_ctl 0 check "$target"
	losetup -d "$target"
	target=disk
	run_ctl 8 check disk
	stderr_has 'a disk with another block size'
}

@test "a block device: an installation killed at every write and every ioctl" {
	can_trace
	samples
	attach
	killed_at_every pwrite64
	((calls >= 12)) || fail "only $calls writes"
	killed_at_every ioctl
	((calls >= 2)) || fail "only $calls ioctls"
}

@test "interrupted at every second write: the old image or the new one, and no leftovers" {
	local number
	can_trace
	samples
	make_disk
	install 0 old.igvm
	cp disk start
	for ((number = 1; number < 40; number += 2)); do
		cp start disk
		install_traced -e trace=pwrite64 -e "inject=pwrite64:signal=INT:when=$number"
		if [[ $status -eq 0 ]]; then
			installed_is new.igvm
		else
			is "$status" 130
			grep -q 'interrupted (SIGINT): the old image stays' .output
			installed_is old.igvm
		fi
		types_are "$IMAGE_TYPE"
	done
}

@test "no room in the file at every write: the old image or the new one" {
	local number refused=
	can_trace
	samples
	make_disk
	install 0 old.igvm
	cp disk start
	for ((number = 1; number < 40; number++)); do
		cp start disk
		install_traced -e trace=pwrite64 \
			-e "inject=pwrite64:error=ENOSPC:when=$number+"
		[[ $status -ne 0 ]] || break
		is "$status" 1
		refused=1
		whole_image
		grep -q 'No space left' .output || fail "$(<.output)"
	done
	[[ -n $refused ]]
}

@test "without libfdisk, the tool installs no image, but reads one" {
	local library
	can_trace
	samples
	make_disk
	install 0 old.igvm
	library=$(ldconfig -p | sed -n 's/.*libfdisk.so.1 .*=> //p' | head -n 1)
	nothing_written install_traced -e trace=openat -e inject=openat:error=ENOENT \
		-P "$library" -P "/lib/x86_64-linux-gnu/libfdisk.so.1" \
		-P "/usr/lib/x86_64-linux-gnu/libfdisk.so.1" \
		-P /lib/libfdisk.so.1 -P /usr/lib/libfdisk.so.1
	is "$status" 1
	grep -q 'cannot change partitions without libfdisk: ' .output || fail "$(<.output)"
	installed_is old.igvm
}
