#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Image and record in places that vmfwupdate.conf(5) names. auto finds them in an
# initramfs, where nothing is mounted.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# Move the firmware from the ESP to the XBOOTLDR partition.
setup()
{
	use_disk initramfs-tools
	xbootldr=$disk@@81M
	mcopy -i "$xbootldr" "$IMAGE" ::/own.igvm
	on_esp mdel ::/firmware.igvm
}

# uuid_of IMAGE: print the UUID of a FAT as Linux writes it.
uuid_of()
{
	minfo -i "$1" :: | sed -n 's/^serial number: \(....\)\(....\)$/\U\1-\2/p'
}

# starts_from IMAGE-LOCATION RECORD-LOCATION: start with this image and record, by
# the initramfs alone.
starts_from()
{
	in_initramfs etc/vmfwupdate.conf <<-EOF
		image=$1
		record=$2
	EOF
	append=systemd.mask=vmfwupdate.service cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	said_in_boot 2 'the wanted firmware is running'
	unlocked_only_in_boot 2
}

@test "image on XBOOTLDR, record by PARTUUID" {
	starts_from XBOOTLDR:/own.igvm \
		PARTUUID=00000000-0000-4000-8000-0000000000e5:/log
	on_esp mtype ::/log/record.a >/dev/null
}

@test "image by UUID, record by LABEL" {
	starts_from "UUID=$(uuid_of "$xbootldr"):/own.igvm" LABEL=BOOT:/log
	mtype -i "$xbootldr" ::/log/record.a >/dev/null
}

@test "image in the initramfs, record on XBOOTLDR" {
	in_initramfs usr/lib/own.igvm <"$IMAGE"
	starts_from /usr/lib/own.igvm XBOOTLDR:/log
	mtype -i "$xbootldr" ::/log/record.a >/dev/null
}

@test "image in a partition of its own, on the disk of the ESP" {
	truncate -s +16M "$disk"
	"$O/userspace/vmfwupdate-ctl" partition install --disk "$disk" "$IMAGE"
	starts_from partition ESP
	on_esp mtype ::/EFI/vmfwupdate/record.a >/dev/null
}
