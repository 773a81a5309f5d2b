#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The files that the suite's own tools put into an initramfs. Also a machine that makes its
# own initramfs, and accepts no evidence but attestation.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The drivers that attest, under all names that kernels have for them.
drivers='configfs tsm tsm_report sev-guest tdx-guest'

# A launch digest. The test's provider reports it as that of the running firmware.
digest=$(printf '5a%.0s' {1..48})

# kernel_has: print the files of these drivers that the suite's kernel has.
kernel_has()
{
	local driver
	for driver in $drivers; do
		find "$DISTRO_DIR/root/usr/lib/modules"/*/kernel -name "$driver.ko*" \
			-printf '%f\n'
	done
}

# list_initramfs MAKER FILE: list an initramfs with the suite's own tool.
list_initramfs()
{
	local tool=lsinitramfs copy=/run/$BATS_TEST_NUMBER.initrd status=0
	[[ $1 != dracut ]] || tool=lsinitrd
	cp "$2" "$DISTRO_DIR/root$copy"
	inside_root "$tool" "$copy" || status=$?
	rm "$DISTRO_DIR/root$copy"
	return $status
}

# carries_drivers MAKER FILE: expect all these drivers in an initramfs, compressed or not.
carries_drivers()
{
	local file listing
	listing=$(list_initramfs "$1" "$2")
	[[ $(kernel_has | wc -l) -ge 2 ]] || fail 'the kernel has no drivers that attest'
	while read -r file; do
		grep -qE "/${file%.ko*}\.ko(\.|$)" <<<"$listing" ||
			fail "$1: no $file in the initramfs" || return
	done < <(kernel_has)
}

@test "an initramfs for any machine has the drivers that attest, if vmfwupdate is in it" {
	carries_drivers dracut "$DISTRO_DIR/dracut/initrd"
	carries_drivers dracut "$DISTRO_DIR/dracut/initrd.plain"
	carries_drivers initramfs-tools "$DISTRO_DIR/initramfs-tools/initrd"
	# Without vmfwupdate, an initramfs lacks some of the drivers.
	! carries_drivers dracut "$DISTRO_DIR/dracut/initrd.without" 2>/dev/null ||
		fail 'an initramfs without vmfwupdate has all drivers, too'
}

# with_project COMMAND: run COMMAND in a copy of the root with vmfwupdate installed. There,
# tools see the devices of the machine that runs the tests.
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

# If /proc/modules is missing, dracut leaves out no driver. This test then proves less than
# tests/cli/initramfs.bats, whose stub of dracut leaves drivers out.
@test "dracut --hostonly adds the drivers that attest, though none is in use" {
	with_project 'dracut --quiet --force --hostonly --kver "$1" /boot/made'
	carries_drivers dracut "$BATS_TEST_TMPDIR/made"
}

@test "MODULES=dep of initramfs-tools adds the drivers that attest, though none is in use" {
	with_project 'echo MODULES=dep >/etc/initramfs-tools/conf.d/dep
		mkinitramfs -o /boot/made "$1"'
	carries_drivers initramfs-tools "$BATS_TEST_TMPDIR/made"
}

# The machine attests only after the wanted firmware has started it. A provider of test
# reports replaces the kernel's own driver. Like that driver, the provider loads by an
# alias, so a tool that makes an initramfs cannot know that the machine needs it.
add_processor()
{
	"$top/tests/tsm/build" "$DISTRO_DIR/kernel" >&2
	python3 "$top/tests/lib/attest/attestation.py" snp "$digest" "$disk.report"
	on_esp mcopy "$DISTRO_DIR"/kernel/vmfwupdate-test-*.ko ::/driver
	on_esp mcopy "$disk.report" ::/report
	install='set -ex
		mv /efi/driver "/usr/lib/modules/$(uname -r)/updates/sev-guest.ko"
		depmod
		mkdir -p /usr/lib/firmware
		mv /efi/report /usr/lib/firmware/vmfwupdate-test-report.bin
		for vendor in "*EDKII" EFI; do
			echo "alias dmi:bvn$vendor* sev-guest"
		done >/usr/lib/modprobe.d/processor.conf'
}

# make_here MAKER COMMAND: let the machine make an initramfs, as /made on the ESP.
make_here()
{
	local install
	use_disk "$1"
	add_processor
	# The ESP has room for only one initramfs.
	[[ $1 != dracut ]] || on_esp mdel ::/initrd
	VM_MEMORY=1G append=vmfwupdate=0 cold_start
	firmware_is BIOS
	guest 0 "$install"
	guest 0 "cat >/etc/vmfwupdate.conf <<-EOF
		image=ESP:/firmware.igvm
		expected-digest=snp:$digest
		evidence=attested
		required=yes
		EOF"
	VM_TIMEOUT=1200 guest 0 "mount -t tmpfs none /var/tmp; $2"
	guest 0 'sync; umount /efi'
	vm_stop
	on_esp mcopy -n ::/made "$disk.initrd"
	on_esp mdel ::/made
}

# runs_attested MAKER: start from that initramfs, and expect attested firmware.
runs_attested()
{
	carries_drivers "$1" "$disk.initrd"
	in_initramfs usr/lib/firmware/vmfwupdate-test-report.bin <"$disk.report"
	cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	unlocked_only_in_boot 2
	guest 0 'vmfwupdate-ctl verify'
	output_has 'running (attested)'
	noted RUNNING
}

@test "dracut --hostonly: evidence=attested and required=yes, one reset, own firmware" {
	make_here dracut 'dracut --quiet --force --hostonly --no-hostonly-cmdline \
		--compress "zstd -3" --install /etc/keys/root.key /efi/made'
	runs_attested dracut
}

@test "update-initramfs, MODULES=dep: evidence=attested and required=yes, one reset, own firmware" {
	make_here initramfs-tools 'echo MODULES=dep >/etc/initramfs-tools/conf.d/dep
		update-initramfs -c -k "$(uname -r)" && mv /boot/initrd.img-* /efi/made'
	runs_attested initramfs-tools
}
