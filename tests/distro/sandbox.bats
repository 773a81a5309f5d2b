#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The service of the root file system in its sandbox: it must work with image and record
# in places that vmfwupdate.conf(5) allows.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# prepare COMMANDS: run COMMANDS, whose changes to the root stay on the disk.
prepare()
{
	use_disk "$MAKER"
	append=vmfwupdate=0 cold_start
	guest 0 "set -ex; $1"
	guest 0 'sync'
}

# runs_own_firmware RECORD [COMMANDS]: expect the wanted firmware after one reset, by the
# service alone. Then run COMMANDS, and expect the record in the directory RECORD.
runs_own_firmware()
{
	append=rd.vmfwupdate=0 cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	# The console cuts the middle of a long line.
	said_in_boot 1 "Virtual Machine's Own Firmware"
	guest 0 'systemctl show --value --property=ActiveState,Result vmfwupdate.service |
		sort | xargs'
	[[ $output == 'active success' ]] || fail "the service is $output"
	noted RUNNING
	guest 0 "${2-:}; ls $1/record.a $1/record.b"
}

@test "the ESP is mounted elsewhere" {
	prepare 'umount /efi; rmdir /efi; mkdir -p /srv/esp
		sed -i "s| /efi | /srv/esp |" /etc/fstab'
	runs_own_firmware /srv/esp/EFI/vmfwupdate
}

@test "the ESP is mounted at /boot/efi" {
	prepare 'umount /efi; rmdir /efi; mkdir -p /boot/efi
		sed -i "s| /efi | /boot/efi |" /etc/fstab'
	runs_own_firmware /boot/efi/EFI/vmfwupdate
}

@test "the image is a file of a user, the record a directory of the root" {
	prepare 'mkdir -m 700 -p /home/user/firmware
		cp /efi/firmware.igvm /home/user/firmware; rm /efi/firmware.igvm
		chmod 600 /home/user/firmware/*; chown -R 1000:1000 /home/user
		printf "%s\n" image=/home/user/firmware/firmware.igvm \
			record=/var/lib/firmware/log >/etc/vmfwupdate.conf
		mkdir /var/lib/firmware'
	runs_own_firmware /var/lib/firmware/log
}

@test "the record is on a file system by its label, mounted nowhere" {
	prepare 'umount /efi; : >/etc/fstab
		echo record=LABEL=ESP:/log >>/etc/vmfwupdate.conf'
	runs_own_firmware /mnt/log 'mount -t vfat -o ro /dev/vda1 /mnt'
}

@test "the record is on a file system by its label, mounted where nothing else is" {
	prepare 'umount /efi; mkdir /data; sed -i "s| /efi | /data |" /etc/fstab
		echo record=LABEL=ESP:/log >>/etc/vmfwupdate.conf'
	runs_own_firmware /data/log
}
