#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Firmware in the UKI that the machine booted from, on a disk that is not mounted. The tool
# finds the UKI by UEFI variables that systemd-stub leaves. It chooses the firmware in the
# UKI by the machine's SMBIOS, and stages it.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load disk

LOADER=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
PARTITION=01234567-89ab-cdef-0123-456789abcdef
VM_FIRMWARE=$O/tests/vm/images/ovmf.fd
COMPANY=Example
PRODUCT='VM 7'

# make_uki: put a UKI with a boot counter on the ESP. Of the firmware in it, "ovmf" is for
# another machine and "seabios" for this one.
make_uki()
{
	local uki=$BATS_TEST_TMPDIR/uki
	PYTHONPATH=$top/tests/lib/images python3 -c '
import hashlib, pathlib, sys, uuid
from ukigen import *
images, company, product, file = sys.argv[1:]
space = uuid.UUID("70ffd812-4c7f-4c7d-0000-000000000000")
text = f"{company}&{product}".encode("utf-16-le")
chid = uuid.UUID(bytes=hashlib.sha1(space.bytes + text).digest()[:16], version=5)
seabios = pathlib.Path(images, "seabios.fd").read_bytes()
ovmf = pathlib.Path(images, "ovmf.igvm").read_bytes()
pe = Pe().section(".hwids", hwids([(str(space), "ovmf"), (str(chid), "seabios")]))
pe.section(".efifw", efifw("ovmf", ovmf)).section(".efifw", efifw("seabios", seabios))
pathlib.Path(file).write_bytes(pe.build())' \
		"$O/tests/vm/images" "$COMPANY" "$PRODUCT" "$uki"
	mmd -i "$esp" ::/EFI/Linux
	mcopy -i "$esp" "$uki" ::/EFI/Linux/test+2-1.efi
}

# variable NAME TEXT: put a UEFI variable on the ESP, for leave_variables.
variable()
{
	{
		printf '\7\0\0\0'
		printf '%s\0' "$2" | iconv -f ASCII -t UTF-16LE
	} >"$BATS_TEST_TMPDIR/$1-$LOADER"
	mcopy -i "$esp" "$BATS_TEST_TMPDIR/$1-$LOADER" ::/variables
}

# Write the variables that systemd-stub writes before it starts the kernel.
leave_variables()
{
	guest 0 'modprobe vfat; modprobe nls_cp437; modprobe nls_ascii; modprobe efivarfs
		mkdir -p /mnt; mount -t vfat /dev/vda1 /mnt
		mount -t efivarfs efivarfs /sys/firmware/efi/efivars
		cd /mnt/variables; for i in *; do
			dd if=$i of=/sys/firmware/efi/efivars/$i bs=4k || exit 1
		done
		cd /; umount /mnt; umount /sys/firmware/efi/efivars'
}

@test "a machine comes back on the firmware of the UKI that it booted from" {
	make_disk
	sfdisk --quiet --part-uuid "$disk" 1 "$PARTITION"
	make_uki
	mmd -i "$esp" ::/variables
	variable StubDevicePartUUID "$PARTITION"
	# This is the name before the boot loader counted this boot.
	variable StubImageIdentifier '\EFI\Linux\test+3.efi'
	disk_options+=(-smbios "type=1,manufacturer=$COMPANY,product=$PRODUCT")
	cold_start
	firmware_is UEFI
	leave_variables

	guest 0 'vmfwupdate-ctl list'
	output_has '/EFI/Linux/test+2-1.efi, "seabios" (section 3)'
	output_has 'not taken: other firmware in this file is for this machine and profile'
	guest 0 'echo image=uki >/etc/vmfwupdate.conf; vmfwupdate-ctl auto --explain'
	output_has 'Part of it         "seabios" (section 3)'
	local sha256
	sha256=$(sha256sum "$O/tests/vm/images/seabios.fd")
	guest 0 'vmfwupdate-ctl stage uki && vmfwupdate-ctl status'
	output_has "${sha256%% *}"
	state_is staged
	# Nothing is left mounted.
	guest 1 'grep -E "vfat|efivarfs" /proc/mounts'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 'kind=update'

	# In this boot no variable names the UKI, but the user can name it.
	configure
	guest 8 'vmfwupdate-ctl stage uki'
	output_has 'cannot find the UKI that this machine booted from: no boot loader names one'
	guest 0 'vmfwupdate-ctl stage --fwid=ovmf ESP:/EFI/Linux/test+2-1.efi'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 2 'kind=update'
}
