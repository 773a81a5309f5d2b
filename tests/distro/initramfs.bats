#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suite's own makers of an initramfs put into it.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# What attests, under all names that kernels have for it.
drivers='configfs tsm tsm_report sev-guest tdx-guest'

# kernel_has: the files of the drivers that the suite's kernel has
kernel_has()
{
	local driver
	for driver in $drivers; do
		find "$DISTRO_DIR/root/usr/lib/modules"/*/kernel -name "$driver.ko*" \
			-printf '%f\n'
	done
}

# list_initramfs MAKER FILE: as the suite's own tool lists it
list_initramfs()
{
	local tool=lsinitramfs copy=/run/$BATS_TEST_NUMBER.initrd status=0
	[[ $1 != dracut ]] || tool=lsinitrd
	cp "$2" "$DISTRO_DIR/root$copy"
	inside_root "$tool" "$copy" || status=$?
	rm "$DISTRO_DIR/root$copy"
	return $status
}

# carries_drivers MAKER FILE: all that the kernel has. They may have been unpacked.
carries_drivers()
{
	local file listing
	listing=$(list_initramfs "$1" "$2")
	[[ $(kernel_has | wc -l) -ge 2 ]] || fail 'the kernel has nothing that attests'
	while read -r file; do
		grep -qE "/${file%.ko*}\.ko(\.|$)" <<<"$listing" ||
			fail "$1: no $file in the initramfs" || return
	done < <(kernel_has)
}

@test "an initramfs for any machine carries what attests, where vmfwupdate is in it" {
	carries_drivers dracut "$DISTRO_DIR/dracut/initrd"
	carries_drivers dracut "$DISTRO_DIR/dracut/initrd.plain"
	carries_drivers initramfs-tools "$DISTRO_DIR/initramfs-tools/initrd"
	# Nobody else carries all of it.
	! carries_drivers dracut "$DISTRO_DIR/dracut/initrd.without" 2>/dev/null ||
		fail 'the listing has what is not there'
}
