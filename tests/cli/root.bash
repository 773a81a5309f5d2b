# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A system below a directory, for the verbs of the boot flow: the files that the
# kernel, the firmware and the ESP would show.
#
# Copyright (C) 2026 The vmfwupdate authors

# make_root: make ./root, on firmware of the vendor "Provider", in boot 9.
make_root()
{
	mkdir -p root/{etc/vmfwupdate.conf.d,run/vmfwupdate.conf.d} \
		root/usr/lib/vmfwupdate.conf.d root/efi/EFI/vmfwupdate \
		root/proc/sys/kernel/random root/sys/class/dmi/id
	echo 'root=/dev/vda1 quiet' >root/proc/cmdline
	boot_is 9
	firmware_is Provider
}

boot_is()
{
	printf '0%s0%s0%s0%s-0%s0%s-0%s0%s-0%s0%s-0%s0%s0%s0%s0%s0%s\n' \
		"$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" "$1" \
		"$1" "$1" "$1" "$1" >root/proc/sys/kernel/random/boot_id
}

firmware_is()
{
	echo "$1" >root/sys/class/dmi/id/bios_vendor
	echo 1.0 >root/sys/class/dmi/id/bios_version
	echo 01/01/2024 >root/sys/class/dmi/id/bios_date
}

# configure LINE...: write the main configuration file
configure()
{
	printf '%s\n' "$@" >root/etc/vmfwupdate.conf
}

# want_image [LINE...]: make a sound image on the ESP, and configure it. $image is its
# SHA-256.
want_image()
{
	sample native root/efi/EFI/fw.igvm
	image=$(sha256sum root/efi/EFI/fw.igvm)
	image=${image%% *}
	configure 'image=ESP:/EFI/fw.igvm' "$@"
}

# record SLOT SEQUENCE [ATTEMPT...]: write one slot of the record
record()
{
	local slot=root/efi/EFI/vmfwupdate/record.$1
	shift
	python3 "$top/tests/lib/disk/vmfwrecord.py" "$slot" "$@"
}

# records ATTEMPT...: write a sound record, in both slots
records()
{
	record a 3
	record b 4 "$@"
}

# nothing_changed COMMAND...: expect that COMMAND leaves ./root as it was
nothing_changed()
{
	local before after
	before=$(find root -type f -exec sha256sum {} + | sort)
	"$@"
	after=$(find root -type f -exec sha256sum {} + | sort)
	is "$after" "$before"
}

# loader_says NAME TEXT: make a variable of a boot loader
loader_says()
{
	local directory=root/sys/firmware/efi/efivars
	mkdir -p "$directory"
	{
		printf '\6\0\0\0'
		printf '%s\0' "$2" | iconv -f ASCII -t UTF-16LE
	} >"$directory/$1-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
}

# booted PATH: make the variables by which systemd-stub names this file of the ESP.
booted()
{
	loader_says StubDevicePartUUID 01234567-89ab-cdef-0123-456789abcdef
	loader_says StubImageIdentifier "${1//\//\\}"
}

# machine_is MANUFACTURER PRODUCT: set these fields of the machine's SMBIOS
machine_is()
{
	echo "$1" >root/sys/class/dmi/id/sys_vendor
	echo "$2" >root/sys/class/dmi/id/product_name
}
