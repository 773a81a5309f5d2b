#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# SeaBIOS of several Debian suites, in its builds of 128 and 256 KiB, staged from
# SeaBIOS and from OVMF. The machine must come back each time and after a further reboot.
# A BIOS runs below 1 MiB, where the previous firmware has left data.
#
# Copyright (C) 2026 The vmfwupdate authors

: "${VM_TIMEOUT:=600}"

load ../helpers

suites='trixie sid'

# Copy SeaBIOS of this machine's release, and unpack SeaBIOS of the other suites. A second
# initramfs contains all of these files.
setup_file()
{
	local files=$BATS_FILE_TMPDIR/root/images suite root build

	mkdir -p "$files"
	for build in bios bios-256k; do
		cp "/usr/share/seabios/$build.bin" "$files/own-$build.fd"
	done
	for suite in $suites; do
		root=$O/roots/seabios-$suite
		"$top/tests/lib/debian/debian-root" "$suite" "$root" seabios >&2
		for build in bios bios-256k; do
			cp "$root/usr/share/seabios/$build.bin" "$files/$suite-$build.fd"
		done
	done
	(cd "$BATS_FILE_TMPDIR/root" && find images -type f |
		cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$BATS_FILE_TMPDIR/more.img"
	cat "$VM_INITRAMFS" "$BATS_FILE_TMPDIR/more.img" >"$BATS_FILE_TMPDIR/initramfs.img"
}

stage_and_reset()
{
	guest 0 "vmfwupdate-ctl stage /images/$1"
	vm_reset_by 'reboot -f'
	firmware_is "$2"
}

# comes_back FILE MODEL-ARGUMENT...: stage FILE on SeaBIOS, on itself and on OVMF
comes_back()
{
	local file=$1
	shift
	export VM_INITRAMFS=$BATS_FILE_TMPDIR/initramfs.img
	vm_start "$@"
	firmware_is BIOS
	stage_and_reset "$file" BIOS
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	stage_and_reset "$file" BIOS
	stage_and_reset ovmf.fd UEFI
	stage_and_reset "$file" BIOS
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

on_machine()
{
	export VM_MACHINE=$1
	comes_back "$2" revision=igvm
}

@test "q35: bios of this Debian comes back" { on_machine q35 own-bios.fd; }
@test "q35: bios-256k of this Debian comes back" { on_machine q35 own-bios-256k.fd; }
@test "q35: bios of trixie comes back" { on_machine q35 trixie-bios.fd; }
@test "q35: bios-256k of trixie comes back" { on_machine q35 trixie-bios-256k.fd; }
@test "q35: bios of sid comes back" { on_machine q35 sid-bios.fd; }
@test "q35: bios-256k of sid comes back" { on_machine q35 sid-bios-256k.fd; }
@test "pc: bios of this Debian comes back" { on_machine pc own-bios.fd; }
@test "pc: bios-256k of this Debian comes back" { on_machine pc own-bios-256k.fd; }
@test "pc: bios of trixie comes back" { on_machine pc trixie-bios.fd; }
@test "pc: bios-256k of trixie comes back" { on_machine pc trixie-bios-256k.fd; }
@test "pc: bios of sid comes back" { on_machine pc sid-bios.fd; }
@test "pc: bios-256k of sid comes back" { on_machine pc sid-bios-256k.fd; }
