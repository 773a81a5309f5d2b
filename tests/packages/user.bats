#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A new user on a clean Debian system of the suite DISTRO types the commands of the README
# and of the tutorial, and no others. The provider's firmware starts the machine. It has no
# network: apt finds Debian's packages on a second drive. A test goes on with the machine of
# the one before, except where it starts a clean machine.
#
# Copyright (C) 2026 The vmfwupdate authors

: "${DISTRO:=trixie}"
load helpers
load ../distro/helpers
load ../lib/run/page

# The machine has QEMU's interface and 2 GiB of memory, as in the tutorial.
# Under emulation, a command of apt takes minutes, because it builds the module
# and the initramfs.
export VM_REVISION=vmlaunchupdate VM_MEMORY=2G VM_TIMEOUT=3600 VM_LIFE=14400

tutorial=$top/Documentation/tutorial.md
user_dir=$OUT/user-$DISTRO

clean_system=(systemd-sysv dbus udev kmod sudo initramfs-tools linux-image-amd64
	grub-common grub-pc-bin grub-efi-amd64-bin)

# Download what apt installs besides the project's packages, also what it recommends.
make_archive()
{
	local archive=$user_dir/drive/archive apt='apt-get -qq -y'
	apt+=' -o Dir::State::lists=/srv/lists -o Dir::Cache=/srv/cache'
	apt+=' -o APT::Install-Recommends=true'
	root=$user_dir/root
	rm -rf "$root"/srv/* "$archive"
	mkdir -p "$root"/srv/{packages,lists,cache/archives} "$archive"
	cp "$packages"/*.deb "$root/srv/packages"
	inside "$apt update
		$apt --download-only install /srv/packages/vmfwupdate-*.deb \
			/srv/packages/libvmfw-igvm0_*.deb linux-headers-amd64 ovmf" || return
	cp "$root"/srv/cache/archives/*.deb "$archive"
	rm -rf "$root"/srv/*
	(cd "$archive" && dpkg-scanpackages --multiversion . >Packages)
}

# readme REGEX: print the commands of the README that match.
readme()
{
	sed -n 's/^    //p' "$top/README.md" | grep -E -- "$1" || fail "not in the README: $1"
}

# Build $packages as the README says, on a clean system with a network, unless they exist.
build_packages()
{
	packages=$user_dir/packages
	root=$user_dir/builder
	make_tarball || return
	[[ $(cat "$packages/source" 2>/dev/null) != $(sha256sum <"$tarball") ]] || return 0
	rm -rf "$root" "$packages"
	cp -a --reflink=auto "$user_dir/root" "$root"
	mkdir -p "$root/srv/build" "$packages"
	tar -xf "$tarball" -C "$root/srv/build"
	echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/yes"
	inside "apt-get -qq update
		cd /srv/build/vmfwupdate-*
		$(readme '^sudo apt build-dep|^dpkg-buildpackage')" || return
	cp "$root"/srv/build/*.deb "$packages"
	sha256sum <"$tarball" >"$packages/source"
}

make_drive()
{
	rm -rf "$user_dir/drive"
	mkdir -p "$user_dir/drive/packages"
	cp "$packages"/*.deb "$OVMF" "$user_dir/drive/packages"
	next_version "$user_dir/drive/next"
	make_archive || return
	rm -f "$user_dir/drive.img"
	truncate -s 1G "$user_dir/drive.img"
	mkfs.ext4 -q -F -d "$user_dir/drive" "$user_dir/drive.img"
}

make_all()
{
	"$packages_dir/make-root" "$DISTRO" "$user_dir/root" "${clean_system[@]}" &&
	build_packages && make_drive &&
	"$here/mkdisk" -b "$user_dir" -o "$user_dir/clean"
}

setup_file()
{
	mkdir -p "$user_dir"
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	make_all >"$user_dir/log" 2>&1 || {
		tail -n 40 "$user_dir/log"
		return 1
	}
}

# The firmware finds the kernel on the disk.
power_on()
{
	vm_stop
	VM_KERNEL= vm_start -- "${drives[@]}"
}

power_off()
{
	vm_end_by 'systemctl poweroff'
}

# typed DIRECTORY [FILE...]: print a command for the guest that runs the text of the files,
# or of standard input, as root in DIRECTORY.
typed()
{
	local text
	text=$(cat "${@:2}")
	printf '%s\n' "cat >/run/typed <<'END-OF-TEXT'" "${text:-false}" END-OF-TEXT \
		"mkdir -p $1 && cd $1 && export HOME=/root DEBIAN_FRONTEND=noninteractive &&
		bash -eu /run/typed"
}

# use_clean NAME: switch a clean machine on. apt asks no questions, and uses the second drive.
use_clean()
{
	use_machine "$1"
	cp --reflink=auto --sparse=always "$user_dir/clean/disk" "$disk"
	power_on
	firmware_is BIOS
	guest 0 'for program in vmfwupdate-ctl gcc make dkms; do ! command -v $program || exit 1; done
		mkdir /drive
		echo "/dev/vdb /drive ext4 ro,nofail 0 0" >>/etc/fstab
		mount /drive
		echo "deb [trusted=yes] file:/drive/archive ./" >/etc/apt/sources.list
		echo "APT::Get::Assume-Yes \"true\";" >/etc/apt/apt.conf.d/yes
		apt-get update'
}

# use_machine NAME: use the disk of a machine of an earlier test.
use_machine()
{
	disk=$BATS_FILE_TMPDIR/$1
	drives=(-drive "file=$disk,format=raw,if=virtio,cache=unsafe"
		-drive "file=$user_dir/drive.img,format=raw,if=virtio,readonly=on")
}

# Expect that a cold start ends on the machine's own firmware.
own_firmware_at_cold_start()
{
	power_on
	firmware_is UEFI
	boots_are 2
	updates_are 1
	guest 0 'vmfwupdate-ctl verify'
	noted RUNNING
}

providers_firmware_at_cold_start()
{
	power_on
	firmware_is BIOS
	boots_are 1
	updates_are 0
}

@test "the README, from its install line to a cold start, on a clean system" {
	use_clean readme
	guest 0 'cp /drive/packages/* /root'
	guest 0 "$(readme '^sudo apt install \.\./' | typed /root/vmfwupdate)"
	guest 0 'dpkg --verify vmfwupdate-ctl vmfwupdate-dkms vmfwupdate-initramfs-tools libvmfw-igvm0'
	[[ -z $output ]] || fail "$output"
	guest 0 'modinfo -F filename vmfwupdate'
	output_has /updates/dkms/vmfwupdate.ko
	guest 0 'systemctl is-enabled vmfwupdate.service'
	guest 0 "$(readme '^vmfwupdate-ctl (wrap OVMF|check ovmf|inspect --map)' | typed /root)"
	guest 0 "$(readme '^mkdir .*/EFI|^echo image=|^update-initramfs' | typed /root)"
	power_off

	own_firmware_at_cold_start
	guest 0 'cat /sys/module/vmfwupdate/version; dpkg-query -W -f "\${Version}\n" vmfwupdate-dkms'
	[[ $(sort -u <<<"$output" | wc -l) -eq 1 ]] || fail "$output"
	guest 0 "$(readme '^vmfwupdate-ctl (list|auto --explain|verify|history) +#' | typed /root)"
	power_off
}

@test "another cold start does the same; an upgrade" {
	use_machine readme
	own_firmware_at_cold_start
	guest 0 'rm /root/*.deb; cp /drive/next/* /root'
	guest 0 "$(readme '^sudo apt install \.\./' | typed /root/vmfwupdate)"
	guest 0 'dpkg-query -W -f "\${Version}\n" vmfwupdate-ctl vmfwupdate-dkms vmfwupdate-initramfs-tools | sort -u'
	[[ $output == *+next && $output != *$'\n'* ]] || fail "$output"
	power_off
}

@test "after the upgrade: a cold start, then removal and purge" {
	use_machine readme
	own_firmware_at_cold_start
	guest 0 "$(echo "apt remove 'vmfwupdate-*' libvmfw-igvm0" | typed /root)"
	power_off
	providers_firmware_at_cold_start
	guest 1 'lsinitramfs /initrd.img | grep vmfw'
	guest 0 "$(echo "apt purge 'vmfwupdate-*'" | typed /root)"
	guest 0 "rm -r /root/*; find / -xdev -name '*vmfw*'"
	[[ $output == /etc/vmfwupdate.conf ]] || fail "$output"
}

# Neither suite has the firmware that the steps 5 and 6, and the second command of 7, need.
steps_of_any_machine()
{
	local block
	cd "$BATS_TEST_TMPDIR"
	blocks "$tutorial" sh
	blocks "$tutorial" text
	rm sh.0[56].*
	sed -i 1q sh.07.*
	for block in sh.*; do
		guest 0 "$(typed /root/work "$block")"
		echo "$output" >"out.${block##*.}"
	done
}

@test "the tutorial, on a clean system" {
	local text
	use_clean tutorial
	cd "$BATS_TEST_TMPDIR"
	blocks "$tutorial" 'sh install' install
	blocks "$tutorial" 'sh guest' guest
	guest 0 'cp /drive/packages/*.deb /root'
	guest 0 "$(typed /root install.*)"
	steps_of_any_machine
	for text in text.*; do
		block=out.$(printf '%02d' $((10#${text##*.} - 1)))
		[[ ! -e $block ]] || printed "$text" "$block"
	done

	guest 0 'cp /drive/packages/*.deb /root/work'
	guest 0 "$(typed /root/work guest.00.*)"
	vm_reset_by "$(typed /root/work guest.08.*)"
	firmware_is UEFI
	updates_are 1
	vm_end_by "$(typed /root/work guest.09.*)"
	own_firmware_at_cold_start
	guest 0 "$(typed /root/work guest.10.*)"
	output_has claimed
	vm_reset_by "$(typed /root/work guest.12.*)"
	firmware_is BIOS
	boots_are 3
}
