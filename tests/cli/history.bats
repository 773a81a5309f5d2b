#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# history: the record of attempts, as files.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

slot=root/efi/EFI/vmfwupdate/record

@test "no attempt was made" {
	make_root
	run_ctl 0 history --root=root
	output_has 'no attempt'
	run_ctl_json 0 history --root=root
	is "$(json attempts)" '[]'
	[[ ! -e $slot.a ]]
}

@test "history lists attempts, the oldest first" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant" "$image,1,3,0,Provider,"
	nothing_changed run_ctl 0 history --root=root
	is "$(sed 's/, then Tenant.*/, then Tenant/' <<<"$output")" \
		"#1  2001-09-09T01:46:40Z  running (claimed)
    SHA-256 $image
    on Provider 1.0, 01/01/2024 (BIOS), then Tenant
#2  2001-09-09T01:46:40Z  open
    SHA-256 $image
    on Provider 1.0, 01/01/2024 (BIOS)"
	run_ctl_json 0 history --root=root
	is "$(json attempts 0 outcome)" running
	is "$(json attempts 0 rung)" claimed
	is "$(json attempts 0 sha256)" "$image"
	is "$(json attempts 0 before vendor)" Provider
	is "$(json attempts 0 after vendor)" Tenant
	is "$(json attempts 0 boot_id)" 01010101-0101-0101-0101-010101010101
	is "$(json attempts 1 number)" 2
	is "$(json attempts 1 outcome)" open
}

@test "the newer slot counts" {
	make_root
	want_image
	record a 8 "$image,3,1,2,Provider,Provider"
	record b 7
	run_ctl_json 0 history --root=root
	is "$(json attempts 0 outcome)" 'not running'
	record b 9
	run_ctl_json 0 history --root=root
	is "$(json attempts)" '[]'
}

@test "a slot with a number above the limit counts as damaged" {
	local number
	make_root
	want_image
	for number in 18446744073709551615 18446744073709551614 \
			9223372036854775808 4611686018427387905; do
		record a 3 "$image,1,8,0,Provider,"
		record b "$number" "$image,2,1,2,Provider,Tenant"
		nothing_changed run_ctl_json 0 history --root=root
		is "$(json attempts 0 outcome)" open
		is "$(json messages 0 level)" warning
		record a "$number"
		nothing_changed run_ctl 7 history --root=root
		stderr_has 'the record of attempts is damaged'
		run_ctl 0 history --clear --root=root
		run_ctl 0 history --root=root
	done
}

@test "one damaged slot: history lists the other one" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	truncate -s 9 $slot.a
	nothing_changed run_ctl_json 0 history --root=root
	is "$(json attempts 0 outcome)" running
	is "$(json messages 0 level)" warning
}

@test "history reports a damaged record, and --clear repairs it" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	printf x | dd of=$slot.a bs=1 seek=20 conv=notrunc status=none
	printf x | dd of=$slot.b bs=1 seek=20 conv=notrunc status=none
	nothing_changed run_ctl 7 history --root=root
	stderr_has --clear
	nothing_changed run_ctl 0 history --clear --dry-run --root=root
	is "$output" 'history --clear would forget all attempts'
	run_ctl 0 history --clear --root=root
	is "$output" 'the record of attempts is empty now'
	is "$(python3 "$top/tests/lib/disk/vmfwrecord.py" --show $slot.a)" 'sound 1 1 0'
	is "$(python3 "$top/tests/lib/disk/vmfwrecord.py" --show $slot.b)" 'sound 1 2 0'
	run_ctl 0 history --root=root
	output_has 'no attempt'
}

@test "--clear reports a record that it cannot write" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	(ulimit -f 1; run_ctl 1 history --clear --root=root
		stderr_has 'cannot write the record of attempts: File too large'
		[[ $output != *'is empty now'* ]] || fail "$output")
}

@test "history refuses a record of a newer version" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	python3 - $slot.b <<-'END'
	import struct, sys, zlib
	block = bytearray(open(sys.argv[1], 'rb').read())
	block[8:16] = struct.pack('<II', 2, 0)
	block[12:16] = struct.pack('<I', zlib.crc32(bytes(block)))
	open(sys.argv[1], 'wb').write(block)
	END
	run_ctl 7 history --root=root
	stderr_has 'newer version'
}

@test "--clear without a record has nothing to do" {
	make_root
	run_ctl 3 history --clear --root=root
	output_has 'nothing to forget'
	[[ ! -e $slot.a ]]
}

@test "--clear repairs a damaged record in another directory" {
	make_root
	configure 'record=/var/lib/vmfwupdate'
	mkdir -p root/var/lib/vmfwupdate
	printf 'x%.0s' {1..5000} >root/var/lib/vmfwupdate/record.a
	cp root/var/lib/vmfwupdate/record.{a,b}
	run_ctl 7 history --root=root
	stderr_has 'the record of attempts is damaged'
	run_ctl 0 history --clear --root=root
	run_ctl 0 history --root=root
}

@test "no ESP: no place for a record" {
	make_root
	rm -r root/efi
	local option
	for option in --quiet --clear --dry-run; do
		run_ctl 3 history $option --root=root
	done
	run_ctl 3 history --root=root
	is "$output" ''
	is "$stderr" 'vmfwupdate-ctl: there is no record of attempts, because the tool found no EFI system partition; record= in vmfwupdate.conf(5) can name another place, such as record=/var/lib/vmfwupdate'
	run_ctl_json 3 history --root=root
	is "$(json messages 0 level)" note
	# A place that is configured must exist.
	configure 'record=ESP'
	run_ctl 8 history --root=root
	stderr_has 'root: cannot find the file system: there is no EFI system partition at /efi, /boot or /boot/efi'
	configure 'record=LABEL=LOG:/log'
	run_ctl 8 history --root=root
	stderr_has 'cannot look for the file system LABEL=LOG below another root'
	configure 'record=/var/lib/vmfwupdate'
	mkdir -p root/var/lib/vmfwupdate
	run_ctl 0 history --root=root
	is "$stderr" ''
}

@test "a record that is not a file" {
	make_root
	mkdir $slot.a
	run_ctl 8 history --root=root
	stderr_has 'cannot read the record of attempts'
}
