#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# UKIs that ukify makes. ukify of Debian 13 puts any file into any section, and machines
# into .hwids. Only ukify of sid has --efifw.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load uki
load root

NOBODY=01234567-89ab-cdef-0123-456789abcdef

setup_file()
{
	local suite
	for suite in trixie sid; do
		"$top/tests/lib/debian/other-ukify" "$suite" "$O/roots" >"$BATS_FILE_TMPDIR/$suite"
	done
}

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p hwids firmware/one firmware/two
	sample native firmware/one/fw.igvm
	sample both firmware/two/fw.igvm
	echo 'not a kernel' >linux
}

# ukify SUITE FILE ARGUMENT...: make a UKI with a kernel
ukify()
{
	local command output_file=$2
	command=$(<"$BATS_FILE_TMPDIR/$1")
	local stub=${command%/*}/usr/lib/systemd/boot/efi/linuxx64.efi.stub
	shift 2
	"$command" build --stub="$stub" --linux=linux --uname=1 \
		--os-release='ID=test' "$@" --output="$output_file"
}

# addon SUITE FILE ARGUMENT...: make an add-on, which has no kernel
addon()
{
	local command output_file=$2
	command=$(<"$BATS_FILE_TMPDIR/$1")
	local stub=${command%/*}/usr/lib/systemd/boot/efi/addonx64.efi.stub
	shift 2
	"$command" build --stub="$stub" --cmdline=quiet "$@" --output="$output_file"
}

# machine FWID CHID: name the firmware of a machine, for --hwids
machine()
{
	printf '{"type": "uefi-fw", "name": "%s", "fwid": "%s", "hwids": ["%s"]}\n' \
		"$1" "$1" "$2" >"hwids/$1.json"
}

# section FWID FILE: print the content of .efifw
section()
{
	PYTHONPATH=$top/tests/lib/images python3 -c '
import sys
import ukigen
data = open(sys.argv[2], "rb").read()
sys.stdout.buffer.write(ukigen.efifw(sys.argv[1], data))' "$1" "$2"
}

image_is()
{
	local file=$1
	shift
	run_ctl 0 inspect "$@" --json
	is "$(json size)" "$(stat -c %s "$file")"
	cmp "$file" <(tail -c +$(($(json container offset) + 1)) "$1" |
		head -c "$(json container size)")
}

@test "ukify of Debian 13: a section for any file, and machines with device trees" {
	section one firmware/one/fw.igvm >efifw
	printf '{"name": "x", "compatible": "y", "hwids": ["%s"]}' "$NOBODY" >hwids/tree.json
	ukify trixie uki.efi --section=.efifw:@efifw --hwids=hwids
	image_is firmware/one/fw.igvm uki.efi
	run_ctl 0 check uki.efi
	addon trixie a.addon.efi --section=.efifw:@efifw
	image_is firmware/one/fw.igvm a.addon.efi
}

@test "ukify of sid: one firmware, in a UKI and in an add-on" {
	ukify sid uki.efi --efifw=firmware/one
	image_is firmware/one/fw.igvm uki.efi
	addon sid a.addon.efi --efifw=firmware/two
	image_is firmware/two/fw.igvm a.addon.efi
}

@test "ukify of sid: profiles" {
	local command
	command=$(<"$BATS_FILE_TMPDIR/sid")
	# A file that only adds a profile has no stub.
	ln -s firmware/one/fw.igvm native.igvm
	ln -s firmware/two/fw.igvm both.igvm
	uki nothing.efi 'pe = Pe().section(".text", b"code")'
	"$command" build --stub=nothing.efi --profile='ID=other' \
		--efifw=firmware/two --output=other.efi
	ukify sid uki.efi --efifw=firmware/one --profile='ID=main' \
		--join-profile=other.efi
	image_is firmware/one/fw.igvm uki.efi
	image_is firmware/two/fw.igvm uki.efi --fwid=two
	run_ctl 0 check uki.efi --fwid=two
	stderr_has 'profile 1'
}

@test "ukify of sid: two images, each for another machine" {
	make_root
	machine_is Example 'VM 7'
	run_ctl_json 0 list --chids --root=root
	machine two "$(json chids 0 chid)"
	machine one "$NOBODY"
	mkdir -p root/efi/EFI/Linux
	ukify sid root/efi/EFI/Linux/test.efi --efifw=firmware/one \
		--efifw=firmware/two --hwids=hwids
	booted /EFI/Linux/test.efi
	run_ctl_json 0 list --root=root
	is "$(json candidates 0 taken)" False
	is "$(json candidates 1 taken)" True
	is "$(json candidates 1 sha256)" "$(sha256sum firmware/two/fw.igvm | cut -d' ' -f1)"
	machine_is Example 'VM 8'
	run_ctl 3 list --root=root
	output_has 'this file has no firmware for this machine'
}
