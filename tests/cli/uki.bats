#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Firmware in UKIs: the choice among several, and messages about faults.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load uki


setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	sample native native.igvm
	sample both both.igvm
}

# image_is FILE ARGUMENT...: expect that inspect finds an image of the size of FILE.
image_is()
{
	local file=$1
	shift
	run_ctl 0 inspect "$@" --json
	is "$(json size)" "$(stat -c %s "$file")"
}

@test "check, inspect and measure take the only firmware in a UKI" {
	uki one.efi 'pe.section(".efifw", efifw("ovmf", both))'
	run_ctl 0 check one.efi
	stderr_has 'one.efi: the image is "ovmf" (section 2)'
	run_ctl 0 measure one.efi --for=snp
	local digest=$output
	run_ctl 0 measure both.igvm --for=snp
	is "$digest" "$output"
	run_ctl_json 0 inspect one.efi
	is "$(json container kind)" uki
	is "$(json container part)" '"ovmf" (section 2)'
	is "$(json container size)" "$(stat -c %s both.igvm)"
	cmp both.igvm <(tail -c +$(($(json container offset) + 1)) one.efi |
		head -c "$(json container size)")
}

@test "wrap makes the same image of flat firmware in a UKI and in a file" {
	needs "$SEABIOS" seabios
	cp "$SEABIOS" seabios.rom
	uki flat.efi 'pe.section(".efifw", efifw("seabios", open("seabios.rom", "rb").read()))'
	run_ctl 0 wrap seabios.rom -o one.igvm
	run_ctl 0 wrap flat.efi -o other.igvm
	cmp one.igvm other.igvm
}

@test "--fwid chooses one of several by its name" {
	uki two.efi '
pe.section(".efifw", efifw("one", native))
pe.section(".efifw", efifw("two", both))'
	run_ctl 8 check two.efi
	stderr_has 'cannot choose the firmware: more than one is for this machine; names for --fwid: '
	stderr_has '"one" (section 2), "two" (section 3)'
	image_is native.igvm two.efi --fwid=one
	image_is both.igvm two.efi --fwid two
	run_ctl 8 check two.efi --fwid=three
	stderr_has 'this file has no firmware "three"; names for --fwid: "one" (section 2), "two" (section 3)'
	run_ctl 4 wrap two.efi --fwid=one -o wrapped.igvm
	stderr_has 'this is an IGVM image already'
	truncate -s 8M disk.img
	run_ctl 8 partition install two.efi --fwid=three --disk=disk.img
	stderr_has 'this file has no firmware "three"'
	run_ctl 2 check native.igvm --fwid=one
	stderr_has 'native.igvm: cannot choose the firmware by --fwid=NAME: this is not a UKI'
}

@test "check refuses to choose between two of one name" {
	uki twins.efi '
pe.section(".efifw", efifw("one", native))
pe.section(".efifw", efifw("one", both))'
	run_ctl 8 check twins.efi --fwid=one
	stderr_has 'cannot choose the firmware: more than one has the name "one"; rename all but one: '
}

@test "the tool takes firmware for the main profile, and that of another one by its name" {
	uki profiles.efi '
pe.section(".efifw", efifw("shared", native))
pe.section(".profile", b"ID=main\n")
pe.section(".profile", b"ID=other\n")
pe.section(".efifw", efifw("own", both))'
	image_is native.igvm profiles.efi
	image_is both.igvm profiles.efi --fwid=own
	run_ctl 0 check profiles.efi --fwid=own
	stderr_has '"own" (section 5, profile 1)'
}

@test "a UKI without firmware, or with firmware of another profile only" {
	uki none.efi 'pe'
	run_ctl 8 stage --dry-run none.efi
	stderr_has 'this file has no firmware: it lacks the section .efifw'
	uki elsewhere.efi '
pe.section(".profile", b"ID=main\n").section(".profile", b"ID=other\n")
pe.section(".efifw", efifw("own", both))'
	run_ctl 8 check elsewhere.efi
	stderr_has 'this file has no firmware for this machine'
	stderr_has '"own" (section 4, profile 1)'
}

@test "the tool does not take firmware for another machine" {
	local nobody=01234567-89ab-cdef-0123-456789abcdef
	uki hwids.efi "
pe.section('.hwids', hwids([('$nobody', 'one')], trees=['$nobody']))
pe.section('.efifw', efifw('one', native))"
	run_ctl 8 check hwids.efi
	stderr_has 'this file has no firmware for this machine and profile; see "list --chids"'
	image_is native.igvm hwids.efi --fwid=one
	uki own.efi "pe.section('.efifw', efifw('one', native, chid='$nobody'))"
	run_ctl 8 check own.efi
	stderr_has 'this file has no firmware for this machine'
	# A record of a device tree names no firmware.
	uki trees.efi "
pe.section('.hwids', hwids([], trees=['$nobody']))
pe.section('.efifw', efifw('one', native))"
	run_ctl 0 check trees.efi
}

@test "the error for a capsule says that it is one" {
	uki capsule.efi 'pe.section(".efifw", efifw("update", capsule(native)))'
	run_ctl 4 check capsule.efi
	stderr_has 'no VMM starts from "update" (section 2): it is a UEFI capsule'
}

@test "the error for the defect of some versions of ukify names them" {
	uki short.efi 'pe.section(".efifw", short_magic("ovmf", native))'
	run_ctl 4 check short.efi
	stderr_has 'the magic is one byte long, from a faulty version of ukify'
}

@test "errors name the malformed part of a UKI, and its place" {
	local what
	uki size.efi 'pe.section(".efifw", efifw("ovmf", native, payload=len(native) + 1000))'
	run_ctl 4 check size.efi
	stderr_has '.efifw: the firmware ends after the section (0x'
	stderr_has 'at offset 0x'
	uki fwid.efi 'pe.section(".efifw", efifw("ovmf\x07", native))'
	run_ctl 4 check fwid.efi
	stderr_has 'the fwid is not printable ASCII'
	uki hwids.efi 'pe.section(".hwids", b"\x1c\0\0\x20").section(".efifw", efifw("ovmf", native))'
	run_ctl 4 check hwids.efi
	stderr_has '.hwids: the size of a record does not fit its type or the section'
	uki whole.efi 'pe.section(".efifw", efifw("ovmf", native))'
	for what in 1 2 63 200 500; do
		head -c "$what" whole.efi >cut.efi
		run_ctl 4 check cut.efi
		[[ $output$stderr =~ the\ file\ ends\ |ends\ after\ the\ file|must\ have|must\ end|does\ not\ fit ]] || fail "$output$stderr"
	done
	head -c -1 whole.efi >cut.efi
	run_ctl 4 check cut.efi
	stderr_has 'a section ends after the file'
	printf 'MZ' >dos.efi
	run_ctl 4 check dos.efi
	stderr_has 'the file ends within its headers'
	run_ctl_json 4 check cut.efi
	output_has 'a section ends after the file'
}

@test "check finds an unsound image in a UKI unsound" {
	uki bad.efi 'pe.section(".efifw", efifw("ovmf", native[:-1]))'
	run_ctl 4 check bad.efi
	output_has 'total_file_size'
	uki junk.efi 'pe.section(".efifw", efifw("ovmf", b"junk" * 9))'
	run_ctl 4 check junk.efi
	output_has '[magic]'
}
