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

# with_project COMMAND: in a copy of the root with vmfwupdate installed, where the
# makers see the devices of the machine that runs the tests
with_project()
{
	local root=$BATS_TEST_TMPDIR/root
	cp -a --reflink=auto "$DISTRO_DIR/root" "$root"
	make --no-print-directory -s -C "$top/userspace" install "O=$O" \
		DESTDIR="$root" PREFIX=/usr
	install -m 644 "$here/vmfwupdate.conf" "$root/etc"
	unshare --mount sh -ec '
		mount --bind "$0" "$0"
		cd "$0"
		mount -t proc proc proc
		mount --rbind /sys sys
		mount --rbind /dev dev
		exec chroot . sh -exc "$@"' "$root" "$1" - "$(<"$DISTRO_DIR/version")"
	mv "$root/boot/made" "$BATS_TEST_TMPDIR"
}

# dracut takes a kernel that shows no /proc/modules for one that loads none, and leaves
# nothing out; tests/cli has a stub that does.
@test "dracut --hostonly carries what attests, and nothing of it is in use" {
	with_project 'dracut --quiet --force --hostonly --kver "$1" /boot/made'
	carries_drivers dracut "$BATS_TEST_TMPDIR/made"
}

@test "MODULES=dep of initramfs-tools carries what attests, and nothing of it is in use" {
	with_project 'echo MODULES=dep >/etc/initramfs-tools/conf.d/dep
		mkinitramfs -o /boot/made "$1"'
	carries_drivers initramfs-tools "$BATS_TEST_TMPDIR/made"
}
