#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The search for firmware if the user names no place: in the UKI that booted and in its
# add-ons, and the choice among all images.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root
load uki


setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	sample native native.igvm
	sample both both.igvm
	make_root
	machine_is Example 'VM 7'
	mkdir -p root/efi/EFI/Linux root/efi/loader/addons
	linux=root/efi/EFI/Linux
	# The CHID for the manufacturer and the product of this machine.
	CHID=$(python3 -c '
import hashlib, uuid
space = uuid.UUID("70ffd812-4c7f-4c7d-0000-000000000000")
text = "Example&VM 7".encode("utf-16-le")
print(uuid.UUID(bytes=hashlib.sha1(space.bytes + text).digest()[:16], version=5))')
}

ovmf_in()
{
	uki "$1" 'pe.section(".efifw", efifw("ovmf", native))'
}

# taken_is FILE [PART]: expect that auto would take FILE, or PART of it
taken_is()
{
	run_ctl 0 list --root=root
	output_has "* $1${2:+, $2}"
}

@test "without any image, list shows the reasons" {
	run_ctl 3 list --root=root
	output_has 'uki: none'
	output_has 'not taken: cannot find the UKI that this machine booted from: no boot loader names one'
	output_has 'partition: none'
	output_has 'there is nothing that auto would take'
	run_ctl_json 3 list --root=root
	is "$(json candidates 0 source)" uki
	is "$(json candidates 0 taken)" False
}

@test "list finds the UKI that booted by the variables of its stub" {
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"ovmf" (section 2)'
	run_ctl_json 0 list --root=root
	is "$(json candidates 0 path)" root/efi/EFI/Linux/debian.efi
	is "$(json candidates 0 part)" '"ovmf" (section 2)'
	is "$(json candidates 0 format)" igvm
	is "$(json candidates 0 size)" "$(stat -c %s native.igvm)"
	is "$(json candidates 0 sha256)" "$(sha256sum native.igvm | cut -d' ' -f1)"
	is "$(json candidates 0 platforms)" "['native']"
	is "$(json candidates 0 taken)" True
}

@test "without variables of the stub, list finds the UKI by the boot loader's entry" {
	ovmf_in "$linux/debian.efi"
	loader_says LoaderDevicePartUUID 01234567-89ab-cdef-0123-456789abcdef
	loader_says LoaderEntrySelected debian.efi
	taken_is "uki: root/efi/EFI/Linux/debian.efi"
	loader_says LoaderEntrySelected debian-6.1.conf
	run_ctl 3 list --root=root
	output_has 'no boot loader names one'
	loader_says LoaderEntrySelected '..\x.efi'
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
}

@test "list finds the UKI also with another boot counter in its name" {
	local name
	for name in debian.efi debian+3.efi debian+2-1.efi DEBIAN+0-3.EFI; do
		rm -f "$linux"/*
		ovmf_in "$linux/$name"
		booted /EFI/Linux/debian+3-0.efi
		taken_is "uki: root/efi/EFI/Linux/$name"
	done
	for name in debian-3.efi debian+.efi debian+3x.efi debian+1-2-3.efi other.efi; do
		rm -f "$linux"/*
		ovmf_in "$linux/$name"
		run_ctl 3 list --root=root
		output_has 'cannot find the UKI that this machine booted from: No such file'
	done
}

@test "of two UKIs that differ in their boot counters, only the exact name counts" {
	ovmf_in "$linux/debian+2-1.efi"
	uki "$linux/debian.efi" 'pe'
	booted /EFI/Linux/debian+2-1.efi
	taken_is "uki: root/efi/EFI/Linux/debian+2-1.efi"
	booted /EFI/Linux/debian+1-2.efi
	run_ctl 3 list --root=root
	output_has 'there are several files of that name that differ in the boot counter'
}

@test "the profile that booted counts" {
	uki "$linux/debian.efi" '
pe.section(".efifw", efifw("shared", native))
pe.section(".profile", b"ID=main\n").section(".profile", b"ID=other\n")
pe.section(".efifw", efifw("own", both))'
	booted /EFI/Linux/debian.efi
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"shared" (section 2)'
	output_has 'not taken: other firmware in this file is for this machine and profile'
	loader_says StubProfile 1
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"own" (section 5, profile 1)'
	rm root/sys/firmware/efi/efivars/Stub*
	loader_says LoaderDevicePartUUID 01234567-89ab-cdef-0123-456789abcdef
	loader_says LoaderEntrySelected debian.efi@1
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"own" (section 5, profile 1)'
	# 2^32 + 1 is no profile. list must not cut it to 32 bits.
	loader_says LoaderEntrySelected debian.efi@4294967297
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
	loader_says StubDevicePartUUID 01234567-89ab-cdef-0123-456789abcdef
	loader_says StubImageIdentifier '\EFI\Linux\debian.efi'
	loader_says StubProfile 4294967297
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
}

@test "SMBIOS fields of the machine choose the firmware" {
	uki "$linux/debian.efi" "
pe.section('.hwids', hwids([('$CHID', 'mine')]))
pe.section('.efifw', efifw('other', native))
pe.section('.efifw', efifw('mine', both))"
	booted /EFI/Linux/debian.efi
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"mine" (section 4)'
	run_ctl_json 0 list --root=root
	is "$(json candidates 1 platforms)" "['native', 'snp']"
	machine_is Example 'VM 8'
	run_ctl 3 list --root=root
	output_has 'this file has no firmware for this machine'
	# Blanks around a field do not matter.
	machine_is ' Example ' 'VM 7  '
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"mine" (section 4)'
	uki "$linux/debian.efi" "
pe.section('.efifw', efifw('other', native))
pe.section('.efifw', efifw('mine', both, chid='$CHID'))"
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"mine" (section 3)'
}

@test "add-ons beside the UKI come before those for all UKIs, in the order of their names" {
	uki "$linux/debian.efi" 'pe'
	booted /EFI/Linux/debian.efi
	ovmf_in root/efi/loader/addons/a.addon.efi
	taken_is "addon: root/efi/loader/addons/a.addon.efi"
	mkdir "$linux/debian.efi.extra.d"
	ovmf_in "$linux/debian.efi.extra.d/c.addon.efi"
	ovmf_in "$linux/debian.efi.extra.d/b.addon.efi"
	ovmf_in "$linux/debian.efi.extra.d/a.efi"
	taken_is "addon: root/$(realpath --relative-to=root "$linux")/debian.efi.extra.d/b.addon.efi"
	run_ctl_json 0 list --root=root
	is "$(json candidates 0 why)" "$linux/debian.efi: this file has no firmware: it lacks the section .efifw"
	is "$(json candidates 2 path)" "$linux/debian.efi.extra.d/c.addon.efi"
	is "$(json candidates 2 why)" 'another image comes before it'
	is "$(json candidates 3 path)" root/efi/loader/addons/a.addon.efi
	# Firmware in the UKI itself comes first.
	ovmf_in "$linux/debian.efi"
	taken_is "uki: root/efi/EFI/Linux/debian.efi"
}

@test "list finds add-ons whether the UKI has a boot counter or not" {
	uki "$linux/debian+2.efi" 'pe'
	booted /EFI/Linux/debian+2.efi
	mkdir "$linux/debian.efi.extra.d"
	ovmf_in "$linux/debian.efi.extra.d/a.addon.efi"
	taken_is "addon: $linux/debian.efi.extra.d/a.addon.efi"
	mkdir "$linux/debian+2.efi.extra.d"
	ovmf_in "$linux/debian+2.efi.extra.d/b.addon.efi"
	taken_is "addon: $linux/debian+2.efi.extra.d/b.addon.efi"
}

@test "list passes over malformed and unsound firmware, and shows the reason" {
	uki "$linux/debian.efi" 'pe.section(".efifw", short_magic("ovmf", native))'
	booted /EFI/Linux/debian.efi
	ovmf_in root/efi/loader/addons/a.addon.efi
	taken_is "addon: root/efi/loader/addons/a.addon.efi"
	output_has 'not taken: root/efi/EFI/Linux/debian.efi: cannot read this UEFI program: .efifw: the magic is one byte long'
	uki "$linux/debian.efi" 'pe.section(".efifw", efifw("ovmf", native[:-8]))'
	taken_is "addon: root/efi/loader/addons/a.addon.efi"
	output_has 'total_file_size'
	uki "$linux/debian.efi" 'pe.section(".efifw", efifw("ovmf", capsule(native)))'
	taken_is "addon: root/efi/loader/addons/a.addon.efi"
	output_has 'is a UEFI capsule'
}

@test "list takes the image that the configuration names, or none" {
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	want_image
	taken_is 'configured: root/efi/EFI/fw.igvm'
	output_has 'not taken: the configuration names another image'
	rm root/efi/EFI/fw.igvm
	run_ctl 3 list --root=root
	output_has 'configured: root/efi/EFI/fw.igvm'
	output_has 'No such file'
	output_has 'not taken: the configuration names another image'
	configure 'image=auto'
	taken_is "uki: root/efi/EFI/Linux/debian.efi"
	configure 'image=uki'
	taken_is "uki: root/efi/EFI/Linux/debian.efi"
}

@test "auto finds the image for the words uki and auto" {
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	local word
	for word in uki auto; do
		configure "image=$word"
		# There is no device, but auto finds the image.
		run_ctl 3 auto --explain --root=root
		output_has "Wanted image       $word"
		output_has 'Found at           root/efi/EFI/Linux/debian.efi'
		output_has 'Part of it         "ovmf" (section 2)'
		output_has "$(sha256sum native.igvm | cut -d' ' -f1)"
	done
	rm "$linux/debian.efi"
	run_ctl 3 auto --explain --root=root
	stderr_has 'cannot find the UKI that this machine booted from: No such file'
}

# times_opened: print how often "auto --explain" opens the UKI
times_opened()
{
	traced 60 -f -y -e trace=openat,openat2 -o trace "$CTL" auto --explain \
		--root=root >.output 2>&1 || [[ $? -eq 3 ]] || fail "$(<.output)"
	grep -c '= [0-9]*<.*/debian.efi>$' trace
}

@test "auto opens the UKI twice: to choose the image, and to read it" {
	can_trace
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	configure 'image=uki'
	is "$(times_opened)" 2
	configure 'image=auto'
	is "$(times_opened)" 2
}

@test "the key record does not take the word uki" {
	configure 'record=uki'
	run_ctl 2 auto --explain --root=root
	stderr_has 'auto, opaque, ESP, or a directory'
}

@test "list takes no image by a malformed variable of the stub" {
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	local variable
	variable=root/sys/firmware/efi/efivars/StubImageIdentifier-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
	printf '\6\0\0\0\\\0\7\0x\0\0\0' >"$variable"
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
	printf '\6\0\0\0' >"$variable"
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
	booted /EFI/Linux/../../../etc/debian.efi
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
}

@test "CHIDs are those that fwupd and systemd compute" {
	local dmi=root/sys/class/dmi/id
	machine_is 'Micro-Star International Co., Ltd.' MS-7D70
	echo 'To be filled by O.E.M.' >$dmi/product_family
	echo 'To be filled by O.E.M.' >$dmi/product_sku
	echo 'Micro-Star International Co., Ltd.' >$dmi/board_vendor
	echo 'MPG X670E CARBON WIFI (MS-7D70)' >$dmi/board_name
	echo 'American Megatrends International, LLC.' >$dmi/bios_vendor
	echo 1.E5 >$dmi/bios_version
	echo 5.32 >$dmi/bios_release
	echo 3 >$dmi/chassis_type
	run_ctl 0 list --chids --root=root
	output_has '  HardwareID-0  f59668ca-22bc-52a0-b6b5-1f6ce81b08e0
    manufacturer + family + product-name + product-sku + bios-vendor
    bios-version + bios-major + bios-minor
'
	output_has '* HardwareID-3  01e09b32-de05-56ca-b9d1-9486ad5f381d'
	output_has $'  HardwareID-12 bdd76d3e-147f-58a9-a0b2-42136454ed07\n    manufacturer + enclosure-type'
	is "$(awk 'length > 80' <<<"$output")" ''
	run_ctl_json 0 list --chids --root=root
	is "$(json chids 14 chid)" 50af5797-a2f2-58b1-9a1a-453bcbb2e025
	is "$(json smbios bios-minor)" 20
	is "$(json chids 9 chooses)" True
	is "$(json chids 14 chooses)" False
}

@test "manufacturer and family are enough to choose firmware (HardwareID-11)" {
	local dmi=root/sys/class/dmi/id
	machine_is 'Amazon EC2' m7i.large
	echo m7i >$dmi/product_family
	run_ctl_json 0 list --chids --root=root
	local chid
	chid=$(python3 -c '
import json, sys
print(*(c["chid"] for c in json.loads(sys.argv[1])["chids"]
        if c["number"] == 11 and c["chooses"]))' "$output")
	[[ -n $chid ]] || fail 'HardwareID-11 chooses nothing'
	uki "$linux/debian.efi" "
pe.section('.efifw', efifw('other', both, chid='$CHID'))
pe.section('.efifw', efifw('mine', both, chid='$chid'))"
	booted /EFI/Linux/debian.efi
	taken_is "uki: root/efi/EFI/Linux/debian.efi" '"mine" (section 3)'
}

@test "without permission list does not call anything missing" {
	[[ $EUID -eq 0 ]] || skip 'needs root, to become another user'
	ovmf_in "$linux/debian.efi"
	booted /EFI/Linux/debian.efi
	chmod 755 .
	chmod 600 root/sys/firmware/efi/efivars/*
	cp "$CTL" ctl
	status=0
	output=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
		./ctl list --root=root 2>&1) || status=$?
	is "$status" 1
	output_has 'cannot read the UEFI variables: Permission denied'
	[[ $output != *'there is nothing'* && $output != *'no boot loader'* ]] ||
		fail "$output"
}

@test "names from disks cannot steer a terminal" {
	local name bad
	uki "$linux/debian.efi" 'pe'
	booted /EFI/Linux/debian.efi
	for name in $'a\e[2J' $'b\u009b31m' $'c\u202emvgi' $'d\n* uki: forged' \
		$'e\x9b' $'f\u2028g'; do
		ovmf_in "root/efi/loader/addons/$name.addon.efi"
	done
	bad=$'[\001-\011\013-\037\177]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xae]|(^|[^\xc2-\xf4\x80-\xbf])[\x80-\xbf]'
	for name in list 'list --json' 'auto --explain' 'auto --explain --json'; do
		configure 'image=auto' $'record=ESP:/\e[2J'
		# shellcheck disable=SC2086 # an option, or none
		timeout "$CTL_TIMEOUT" "$CTL" $name --root=root >shown 2>&1 ||
			[[ $? -lt 11 ]]
		! LC_ALL=C grep -qP "$bad" shown || fail "$name: $(cat -v shown)"
		! grep -q '^\* uki: forged' shown || fail "$name: a forged line"
	done
	run_ctl 0 list --root=root
	output_has 'a\x1b[2J.addon.efi'
	output_has 'c\u202emvgi.addon.efi'
	output_has 'd\x0a* uki: forged.addon.efi'
}

@test "a machine with few SMBIOS fields has few CHIDs, and one without SMBIOS has none" {
	run_ctl_json 0 list --chids --root=root
	is "$(json chids 0 number)" 9
	is "$(json chids 0 chid)" "$CHID"
	is "$(json chids 1 number)" 14
	is "$(json smbios)" "{'manufacturer': 'Example', 'product-name': 'VM 7', \
'bios-vendor': 'Provider', 'bios-version': '1.0'}"
	run_ctl 0 list --chids --root=root
	is "$(head -n 5 <<<"$output")" "manufacturer: Example
product-name: VM 7
bios-vendor: Provider
bios-version: 1.0
* HardwareID-9  $CHID"
	rm -r root/sys/class/dmi
	run_ctl 3 list --chids --root=root
	output_has 'there are no hardware IDs (CHIDs): '
}

# A system-wide policy can switch SHA-1 off.
@test "without SHA-1, list --chids fails" {
	printf '%s\n' 'openssl_conf = all' '[all]' 'alg_section = properties' \
		'[properties]' 'default_properties = fips=yes' >openssl.cnf
	OPENSSL_CONF=$PWD/openssl.cnf run_ctl 1 list --chids --root=root
	stderr_has 'cannot compute the CHIDs of this machine: SHA-1 failed'
	is "$output" ''
}

@test "list makes no statement about images if the configuration is wrong" {
	configure nonsense
	run_ctl 2 list --root=root
	is "$output" ''
}
