#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# inspect: headers, memory, pages, and the firmware as a file.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# rebuilt_like FILE: rebuild variable headers from the JSON in $output, and expect the
# bytes in FILE.
rebuilt_like()
{
	python3 -c '
import json, struct, sys
told = json.loads(sys.argv[1])
made = b""
for header in told["headers"]:
    if "content" in header:
        content = bytes.fromhex(header["content"])
    else:
        sys.path.insert(0, sys.argv[3])
        import igvmgen
        # Compare the widths with those of the independent generator, if it knows the
        # type.
        kind = int(header["type"], 16)
        layout = igvmgen.LAYOUTS.get(kind)
        if kind in (igvmgen.SNP_ID_BLOCK, igvmgen.VBS_MEASUREMENT):
            layout = None
        elif layout is None:
            layout = igvmgen.PARAMETER_LAYOUT
        if layout:
            values = header["fields"]
            assert list(values) == layout[1].split(), (kind, values)
            content = struct.pack(layout[0],
                                  *(int(v, 16) for v in values.values()))
        else:
            content = b""
            for name, value in header["fields"].items():
                if value.startswith("0x"):
                    size = {"author_key_enabled": 1, "reserved": 3}.get(name, 4)
                    content += int(value, 16).to_bytes(size, "little")
                else:
                    content += bytes.fromhex(value)
    made += struct.pack("<II", int(header["type"], 16), header["length"])
    made += content + bytes(-len(content) % 8)
start = int(told["variable_header_offset"], 16)
size = told["variable_header_size"]
file = open(sys.argv[2], "rb").read()
assert made == file[start:start + size], "not the same headers"
assert len(made) > 48' "$output" "$1" "$top/tests/lib/images"
}

@test "JSON is enough to rebuild the headers" {
	local name samples
	list_samples
	for name in $samples; do
		sample "$name" image.igvm
		run_ctl_json 0 inspect image.igvm
		rebuilt_like image.igvm
	done
	broken image.igvm 'image.id_block(bytes(48), mask=2, author=3)
image.header(0x80000399, b"optional!")'
	run_ctl_json 0 inspect image.igvm
	rebuilt_like image.igvm
}

@test "JSON has the properties of the image, and the place and type of each header" {
	sample both image.igvm
	run_ctl_json 0 inspect image.igvm
	is "$(json format_version) $(json architecture_number) $(json architecture)" '1 0 x64'
	is "$(json page_size)" 4096
	is "$(json platforms)" "['native', 'snp']"
	is "$(json headers 1 index) $(json headers 1 offset)" '1 0x30'
	is "$(json headers 1 type_name)" SUPPORTED_PLATFORM
}

@test "headers with their place and fields, within 80 columns" {
	sample measured image.igvm
	run_ctl 0 inspect --all image.igvm
	output_has '0 SUPPORTED_PLATFORM at 0x18: compatibility_mask 0x1'
	output_has 'platform_type 0x2 (SEV_SNP)'
	output_has 'PAGE_DATA at 0x128: gpa 0xffffe000'
	[[ $output != *reserved* ]]
	is "$(awk 'length > 80' <<<"$output")" ''
	broken image.igvm 'image.headers[5].fields["reserved"] = 7'
	run_ctl 4 inspect --all image.igvm
	output_has 'reserved 0x7'
	stderr_has '[reserved]'
}

# The first line of header 3 has exactly 80 columns.
@test "--all breaks lines at 80 columns, and shows a type that it does not know" {
	broken image.igvm 'image = Image(); image.platform(); image.platform(2, SEV_SNP)
image.guest_policy(mask=2); image.page_data(0xffff0000, b"low", 3)
image.page_data(0xfffff000, b"code", 3); image.id_block(bytes(48), mask=2)
image.header(0x80000399, b"optional!")'
	run_ctl 0 inspect --all image.igvm
	is "$output" "IGVM format 1, x64, headers from 0x18 to 0x378
    0 SUPPORTED_PLATFORM at 0x18: compatibility_mask 0x1 highest_vtl 0x0
       platform_type 0x0 (NATIVE) platform_version 0x1 shared_gpa_boundary 0x0
    1 SUPPORTED_PLATFORM at 0x30: compatibility_mask 0x2 highest_vtl 0x0
       platform_type 0x2 (SEV_SNP) platform_version 0x1 shared_gpa_boundary 0x0
    2 GUEST_POLICY at 0x48: policy 0x30000 compatibility_mask 0x2
    3 PAGE_DATA at 0x60: gpa 0xffff0000 compatibility_mask 0x3 file_offset 0x378
       flags 0x0 data_type 0x0
    4 PAGE_DATA at 0x80: gpa 0xfffff000 compatibility_mask 0x3
       file_offset 0x1378 flags 0x0 data_type 0x0
    5 SNP_ID_BLOCK at 0xa0: compatibility_mask 0x2 author_key_enabled 0x0
       ld (48 bytes) family_id (16 bytes) image_id (16 bytes) version 0x1
       guest_svn 0x0 id_key_algorithm 0x1 author_key_algorithm 0x0
       id_key_signature (144 bytes) id_public_key (152 bytes)
       author_key_signature (144 bytes) author_public_key (152 bytes)
    6 type 0x80000399 at 0x360: 9 bytes"
}

@test "inspect shows a broken image up to the fault" {
	broken image.igvm 'image.headers[4].length = 23'
	run_ctl 4 inspect --all image.igvm
	output_has '4 PAGE_DATA'
	stderr_has 'a header of this type must have the length 0x18 [length]'
	run_ctl_json 4 inspect image.igvm
	is "$(json headers 3 type_name)" PAGE_DATA
	head -c 20 image.igvm >cut.igvm
	run_ctl 4 inspect cut.igvm
	stderr_has '[too-short]'
	run_ctl 4 inspect --map image.igvm
	is "$output" ''
}

@test "inspect of a flat firmware names the verb that makes an image of it" {
	cp "$SEABIOS" rom.fd
	run_ctl 4 inspect rom.fd
	stderr_has 'rom.fd: this is flat firmware, not an IGVM image; make an image of it: vmfwupdate-ctl wrap rom.fd'
	is "$output" ''
	# Make a firmware volume without code at its end.
	truncate -s 65536 rom.fd
	truncate -s 131072 rom.fd
	printf '_FVH' | dd of=rom.fd bs=1 seek=40 conv=notrunc status=none
	run_ctl_json 4 inspect rom.fd
	output_has 'is it a variable store?'
}

@test "the summary counts headers, draws memory, and fits a screen" {
	local name samples
	list_samples
	for name in $samples; do
		sample "$name" image.igvm
		run_ctl 0 inspect image.igvm
		output_has 'IGVM format '
		output_has '--all shows each header'
		is "$(awk 'length > 80' <<<"$output")" ''
		(($(wc -l <<<"$output") <= 33)) || fail "$output"
	done
	# The counts include all headers of the file.
	sample both image.igvm
	run_ctl 0 inspect image.igvm
	counted=$(awk '/^  [A-Z_]+ +[0-9]+$/ { print $2, $1 }' <<<"$output" | LC_ALL=C sort -k2)
	run_ctl_json 0 inspect image.igvm
	is "$counted" "$(python3 -c '
import collections, json, sys
for name, count in sorted(collections.Counter(
        header["type_name"] for header in json.loads(sys.argv[1])["headers"]).items()):
    print(count, name)' "$output")"
	run_ctl_json 0 inspect --all image.igvm
	run_ctl 2 inspect --all --map image.igvm
	stderr_has '--all, --map, --page and --rom exclude each other; give one of them'
	# The image has headers of many types, and many pieces of memory.
	broken image.igvm '
for i in range(14): image.header(0x80000390 + i, b"optional")
for i in range(40): image.page_data(0x10000000 + i * 0x4000)'
	run_ctl 0 inspect image.igvm
	is "$(sed -n '/^  0x80000395/,/^  of/p' <<<"$output")" \
		"  0x80000395                              1
  of other types                          8"
	output_has 'more; see --map'
	(($(wc -l <<<"$output") <= 34)) || fail "$output"
	# inspect counts the headers of an unsound file, but shows no memory.
	broken image.igvm 'image.headers[4].length = 23'
	run_ctl 4 inspect image.igvm
	output_has 'headers: '
	[[ $output != *native* ]] || fail "$output"
}

# pieces NUMBER: make an image for one platform with this many pieces of memory. The sample
# has two.
pieces()
{
	broken image.igvm "
image = sample_native()
for i in range($1 - 2): image.page_data(0x10000000 + i * 0x4000)"
	run_ctl_json 0 inspect --map image.igvm
	is "$(json map 0 pieces | grep -o "'start'" | wc -l)" "$1"
}

@test "the summary draws eight pieces of memory, and counts the others" {
	pieces 8
	run_ctl 0 inspect image.igvm
	[[ $output != *more* ]] || fail "$output"
	pieces 9
	run_ctl 0 inspect image.igvm
	output_has $'\n  and 1 more; see --map\n'
	pieces 10
	run_ctl 0 inspect image.igvm
	output_has $'\n  and 2 more; see --map\n'
	run_ctl 0 inspect --map image.igvm
	[[ $output != *more* ]] || fail "$output"
}

@test "platforms share the eight pieces of memory in a summary" {
	sample both image.igvm
	run_ctl 0 inspect image.igvm
	is "$(sed -n '/^native/,$p' <<<"$output")" 'native (mask 0x1)
                                   960 KiB  :
  000000000f0000-000000000fffff     64 KiB  + pages
                                  4094 MiB  :
  000000ffff0000-000000ffffffff     64 KiB  + pages
snp (mask 0x2)
                                   960 KiB  :
  000000000f0000-000000000fffff     64 KiB  # pages
                                  7168 KiB  :
  00000000800000-00000000800fff      4 KiB  + secrets
  00000000801000-00000000801fff      4 KiB  + CPUID
                                  4087 MiB  :
  000000ffff0000-000000ffffffff     64 KiB  # pages
  and 1 more; see --map
# measured, + loaded but not measured, . not loaded, : gap
--all shows each header; --map draws all of memory'
	broken image.igvm 'image = Image(); image.platform(); image.platform(2, SEV)
image.platform(4, TDX, boundary=1 << 47)
for gpa in (0x100000, 0x200000, 0x300000, 0xfffff000): image.page_data(gpa, b"code", 7)'
	run_ctl 0 inspect image.igvm
	is "$(grep -c ' pages$' <<<"$output")" 6
	is "$(grep -c '^  and 2 more; see --map$' <<<"$output")" 3
}

# The fixed header of a file of 64 bytes puts the variable headers after the end of the
# file, or into the fixed header. The tool must not show its own memory instead.
@test "inspect shows no headers outside of the file" {
	local place
	for place in '32 0xffffffe0' '0x1000 64' '0x7fffff00 0x40' '0xfffffff0 0xfffffff0' \
			'8 56' '32 64' '32 0x100000'; do
		# shellcheck disable=SC2086 # two numbers
		python3 -c '
import struct, sys
place, size = (int(word, 0) for word in sys.argv[1:])
file = bytearray(struct.pack("<4sIIIII", b"IGVM", 1, place, size, 64, 0).ljust(64, b"\0"))
# Write a header that inspect would show if it read there.
struct.pack_into("<II", file, 32, 1, 16)
open("image.igvm", "wb").write(file)' $place
		run_ctl 4 inspect image.igvm
		stderr_has '[headers-'
		[[ $output != *SUPPORTED_PLATFORM* ]] || fail "$place: $output"
		run_ctl_json 4 inspect image.igvm
		[[ $output != *'"content"'* && $output != *'"type_name"'* ]] ||
			fail "$place: $output"
		run_ctl 4 inspect --map image.igvm
		is "$output" ''
	done
}

@test "a map of every platform, or of one, within 80 columns" {
	sample measured image.igvm
	run_ctl 0 inspect --map image.igvm
	is "$(awk 'length > 80' <<<"$output")" ''
	output_has 'snp (mask 0x1)'
	output_has 'vbs (mask 0x10)'
	run_ctl 0 inspect --map --for=snp image.igvm
	[[ $output != *vbs* ]]
	output_has '00000000200000-000000005fffff   4096 KiB  # pages'
	output_has '00000000011000-00000000012fff      8 KiB  + pages'
	output_has '00000000014000-00000000014fff      4 KiB  + secrets'
	output_has '1848 KiB  :'
	run_ctl_json 0 inspect --map --for=snp image.igvm
	is "$(json map 0 platform)" snp
	is "$(json map 0 pieces 0 measured)" True
	is "$(json map 0 pieces 1 measured)" False
	sample native image.igvm
	run_ctl_json 0 inspect --map image.igvm
	is "$(json map 0 pieces 0 measured)" False
	run_ctl 4 inspect --map --for=tdx image.igvm
	stderr_has 'cannot use --for=tdx: the image does not support this platform'
}

@test "the map shows each kind of memory, its measured parts, and each gap" {
	sample measured image.igvm
	run_ctl 0 inspect --map --for=snp image.igvm
	is "$output" 'snp (mask 0x1)
                                    64 KiB  :
  00000000010000-00000000010fff      4 KiB  # pages
  00000000011000-00000000012fff      8 KiB  + pages
  00000000013000-00000000013fff      4 KiB  + pages, shared
  00000000014000-00000000014fff      4 KiB  + secrets
  00000000015000-00000000015fff      4 KiB  + CPUID
  00000000016000-00000000016fff      4 KiB  + CPUID, extended features
                                    36 KiB  :
  00000000020000-00000000021fff      8 KiB  + parameters
                                    56 KiB  :
  00000000030000-00000000031fff      8 KiB  . error range
                                  1848 KiB  :
  00000000200000-000000005fffff   4096 KiB  # pages
                                  4089 MiB  :
  000000ffffe000-000000ffffffff      8 KiB  # pages
                                   255 TiB  :
  00ffffffffe000-00ffffffffffff      8 KiB  # registers
# measured, + loaded but not measured, . not loaded, : gap'
	# The JSON of the map has the same pieces.
	run_ctl_json 0 inspect --map --for=snp image.igvm
	is "$(json map 0 pieces 2)" "{'start': '0x13000', 'end': '0x14000', \
'kind': 'pages, shared', 'measured': False, 'header': 15}"
	is "$(json map 0 pieces 10 kind)" registers
}

@test "the map gives sizes of 10 MiB and more in MiB" {
	broken image.igvm 'image = Image(); image.platform(); image.page_data(0xfffff000, b"code")
image.required_memory(0x1000000, (10 << 20) - PAGE)
image.required_memory(0x2000000, 10 << 20)'
	run_ctl 0 inspect --map image.igvm
	output_has '00000001000000-000000019fefff  10236 KiB  . required memory'
	output_has '00000002000000-000000029fffff     10 MiB  . required memory'
}

@test "the map lists required memory before the pages in it, and does not divide these" {
	broken image.igvm 'for gpa in (0x800000, 0x801000, 0x802000): image.page_data(gpa, b"page")
image.required_memory(0x800000, 1 << 20); image.required_memory(0x801000, 1 << 20)'
	run_ctl 0 inspect --map image.igvm
	is "$(grep -m1 -A3 'required memory' <<<"$output")" \
		"  00000000800000-000000008fffff   1024 KiB  . required memory
  00000000800000-00000000802fff     12 KiB  + pages
  00000000801000-00000000900fff   1024 KiB  . required memory
                                  4086 MiB  :"
}

@test "a page by any address within it" {
	sample native image.igvm
	run_ctl 0 inspect --page=0xfffffff3 image.igvm
	is "$(head -n 1 <<<"$output")" \
		'00fffff000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................'
	output_has '00fffffff0  f4 eb fd'
	is "$(wc -l <<<"$output")" 256
	run_ctl_json 0 inspect --page=0xffff0123 image.igvm
	is "$(json gpa)" 0xffff0000
	is "$(json bytes | head -c 20)" 766d6677757064617465
	run_ctl 4 inspect --page=0 image.igvm
	stderr_has 'cannot dump the page at 0x0: '
	run_ctl 4 inspect --page=0xffffffffffffffff image.igvm
	stderr_has 'cannot dump the page at 0xfffffffffffff000: '
	run_ctl 2 inspect --page=here image.igvm
	stderr_has '--page=here: invalid value; expected a number from 0'
	sample both image.igvm
	run_ctl 2 inspect --page=0xfffff000 image.igvm
	stderr_has '--for=PLATFORM'
	run_ctl 0 inspect --page=0xfffffffff000 --for=snp image.igvm
	broken image.igvm 'image = Image(); image.platform()
image.page_data(0xfffff000, b"\x1f !Az}~\x7f\x80\xff")'
	run_ctl 0 inspect --page=0xfffff000 image.igvm
	is "$(head -n 1 <<<"$output")" \
		'00fffff000  1f 20 21 41 7a 7d 7e 7f  80 ff 00 00 00 00 00 00  . !Az}~.........'
}

@test "wrap and inspect --rom are a round trip" {
	sample native image.igvm
	run_ctl 0 inspect --rom -o rom image.igvm
	PYTHONPATH=$top/tests/lib/images python3 -c '
import igvmgen, sys
sys.stdout.buffer.write(igvmgen.halting_rom())' >expected
	cmp rom expected
	run_ctl 0 inspect --rom -o rom image.igvm
	output_has 'already there'
	echo >rom
	run_ctl 1 inspect --rom -o rom image.igvm
	stderr_has 'rom: the file exists'
	run_ctl 0 inspect --rom -o rom --force=overwrite image.igvm
	cmp rom expected
	needs "$SEABIOS" seabios
	run_ctl 0 wrap "$SEABIOS" -o seabios.igvm
	run_ctl 0 inspect --rom -o seabios.rom seabios.igvm
	cmp "$SEABIOS" seabios.rom
	timeout "$CTL_TIMEOUT" "$CTL" inspect --rom -o - seabios.igvm | cmp "$SEABIOS"
}

@test "options of inspect that exclude or need each other" {
	sample native image.igvm
	run_ctl 2 inspect --map --page=0 image.igvm
	stderr_has '--all, --map, --page and --rom exclude each other; give one of them'
	run_ctl 2 inspect --rom image.igvm
	stderr_has '--rom and --output=FILE need each other; give both'
	run_ctl 2 inspect --map -o file image.igvm
	stderr_has '--rom and --output=FILE need each other; give both'
	run_ctl 2 inspect --rom -o - --json image.igvm
	output_has '--output=-: cannot write both the firmware and JSON to standard output; name a file'
	broken low.igvm 'image.headers = image.headers[:3]; image.page_data(0x1000, b"low")'
	run_ctl 4 inspect --rom --for=native -o rom low.igvm
	stderr_has 'no pages end at 4 GiB'
}
