#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Firmware with a kernel in the same image: a machine on SeaBIOS comes back with
# sid's OVMF, which finds the kernel in memory and boots it. The first boot is
# from a disk that no UEFI can boot from, and nobody gives QEMU a kernel: the second
# one can only come from the image.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

disk_options=(-drive "file=$BATS_FILE_TMPDIR/disk,if=none,format=raw,id=boot"
	-device virtio-blk-pci,drive=boot,bootindex=0)

# Firmware of the machine's own suite may know nothing of kernels in an image.
setup_file()
{
	local why=$BATS_FILE_TMPDIR/why
	export OVMF= OVMF_VERSION WITHOUT_OVMF
	if ! OVMF=$("$top/tests/lib/other-ovmf" sid "$O/roots" 2>"$why"); then
		WITHOUT_OVMF="no ovmf of sid: $(tail -n 1 "$why"); it takes mmdebstrap and a Debian mirror"
		return
	fi
	OVMF_VERSION=$(zcat "${OVMF%/ovmf/*}"/doc/ovmf*/changelog.Debian.gz |
		sed -n '1s/.*(\(.*\)).*/\1/p')
	"$here/mkuki" "$VM_KERNEL" "$VM_INITRAMFS" \
		'console=ttyS0 panic=-1 quiet loglevel=5 watchdog_thresh=60 from=image' \
		"$BATS_FILE_TMPDIR/uki.efi"
	make_disk
}

# A FAT file system that only a BIOS boots from.
make_disk()
{
	local image=$BATS_FILE_TMPDIR/disk
	truncate -s 160M "$image"
	mkfs.vfat "$image" >/dev/null
	cat >"$BATS_FILE_TMPDIR/syslinux.cfg" <<-EOF
		DEFAULT linux
		LABEL linux
		KERNEL /vmlinuz
		INITRD /initrd.img
		APPEND console=ttyS0 panic=-1 quiet loglevel=5 watchdog_thresh=60 from=disk
	EOF
	mcopy -i "$image" "$BATS_FILE_TMPDIR/syslinux.cfg" ::/syslinux.cfg
	mcopy -i "$image" "$VM_KERNEL" ::/vmlinuz
	mcopy -i "$image" "$VM_INITRAMFS" ::/initrd.img
	syslinux --install "$image"
}

need_ovmf()
{
	[[ -n $OVMF ]] || skip "$WITHOUT_OVMF"
}

# start_with IMAGE: a machine whose guest finds it as /mnt/composed.igvm
start_with()
{
	mcopy -o -i "$BATS_FILE_TMPDIR/disk" "$1" ::/composed.igvm
	VM_KERNEL= vm_start -- "${disk_options[@]}"
	firmware_is BIOS
	guest 0 'cat /proc/cmdline'
	output_has from=disk
	guest 0 'echo /bin/modprobe >/proc/sys/kernel/modprobe
		modprobe virtio_blk && mkdir /mnt && mount -t vfat -o ro /dev/vda /mnt'
}

# The kernel of the image runs, on the firmware of the image.
kernel_is_from_image()
{
	firmware_is UEFI
	guest 0 'cat /proc/cmdline'
	output_has from=image
	guest 0 'cat /sys/class/dmi/id/bios_version'
	output_is "$OVMF_VERSION"
	guest 0 'modprobe efivarfs; mount -t efivarfs efivarfs /sys/firmware/efi/efivars
		ls /sys/firmware/efi/efivars'
	# Of the stub in front of the kernel.
	output_has StubInfo-
}

@test "a kernel that travels with the firmware boots, and no other could" {
	local image=$BATS_TEST_TMPDIR/composed.igvm
	need_ovmf
	python3 "$top/tests/lib/igvmcompose.py" \
		--kernel "$BATS_FILE_TMPDIR/uki.efi" "$OVMF" "$image"
	VM_CPUS=2 start_with "$image"
	guest 0 'vmfwupdate-ctl stage /mnt/composed.igvm'
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	guest 0 nproc
	output_is 2
	vmm_saw 1 'parameters addr=0x812000 size=0x1000 reason="memory map, VP count"'
	vmm_saw 1 "loaded .*sha256=$(sha256sum <"$image" | cut -d' ' -f1)"
	vmm_saw 1 'reset kind=update'

	# The guest has used that memory since; the VMM loads it again.
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	vmm_saw 1 reloaded
	vmm_saw 1 'reset kind=update'
}
