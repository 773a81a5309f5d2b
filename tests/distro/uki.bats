#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A UKI with firmware: systemd-boot starts the UKI, and the initramfs in it hands the
# firmware to the VMM.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# make_uki: replace kernel and initramfs on the disk by a UKI of them, with the
# distribution's own stub. The only firmware on the ESP is in that UKI.
make_uki()
{
	local ukify work=$BATS_TEST_TMPDIR
	ukify=$("$top/tests/lib/debian/other-ukify" trixie "$O/roots")
	in_initramfs etc/vmfwupdate.conf <<<'image=uki'
	PYTHONPATH=$top/tests/lib/images python3 -c '
import pathlib, sys, ukigen
image = pathlib.Path(sys.argv[1]).read_bytes()
pathlib.Path(sys.argv[2]).write_bytes(ukigen.efifw("ovmf", image))' \
		"$IMAGE" "$work/efifw"
	"$ukify" build --linux="$DISTRO_DIR/$name/vmlinuz" --initrd="$disk.initrd" \
		--cmdline=@"$DISTRO_DIR/$name/cmdline" --uname=1 \
		--stub="$DISTRO_DIR/root/usr/lib/systemd/boot/efi/linuxx64.efi.stub" \
		--section=.efifw:@"$work/efifw" --output="$work/uki.efi"
	on_esp mdel ::/vmlinuz ::/initrd ::/firmware.igvm ::/loader/entries/debian.conf
	on_esp mmd ::/EFI/Linux
	on_esp mcopy "$work/uki.efi" ::/EFI/Linux/debian+3.efi
}

@test "dracut: UEFI, systemd-boot, a UKI, one reset, its own firmware" {
	use_disk dracut
	make_uki
	cold_start_uefi
	firmware_is UEFI
	boots_are 2
	updates_are 1
	unlocked_only_in_boot 2
	local sha256
	sha256=$(sha256sum "$IMAGE")
	grep -q "loaded .*sha256=${sha256%% *}" "$vm_dir/vmm.log" || fail "$(vm_log)"

	# Each boot has counted down the boot counter in the name of the UKI.
	guest 0 'ls /efi/EFI/Linux; echo image=uki >/etc/vmfwupdate.conf; vmfwupdate-ctl list'
	output_has 'debian+1-2.efi'
	output_has '* uki: /efi/EFI/Linux/debian+1-2.efi, "ovmf" (section '
	output_has "SHA-256 ${sha256%% *}"
	guest 0 'vmfwupdate-ctl check uki'
	output_has 'sound'
}
