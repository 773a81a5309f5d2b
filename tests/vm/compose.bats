#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Firmware with a kernel in the same image, which sid's OVMF finds in memory and boots.
# The first boot is from a disk, without QEMU's option -kernel. So the kernel of the
# second boot can only come from the image.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The OVMF of this machine's suite may not support kernels in an image.
setup_file()
{
	local why=$BATS_FILE_TMPDIR/why
	export OVMF= OVMF_VERSION WITHOUT_OVMF
	if ! OVMF=$("$top/tests/lib/debian/other-ovmf" sid "$O/roots" 2>"$why"); then
		WITHOUT_OVMF="no ovmf of sid: $(grep -m 1 ^E: "$why"); it takes mmdebstrap and a Debian mirror"
		return
	fi
	OVMF_VERSION=$(zcat "${OVMF%/ovmf/*}"/doc/ovmf*/changelog.Debian.gz |
		sed -n '1s/.*(\(.*\)).*/\1/p')
	make_uki image
}

# make_uki WORD: make a UKI whose command line has from=WORD
make_uki()
{
	"$here/mkuki" "$VM_KERNEL" "$VM_INITRAMFS" "$(command_line "$1")" \
		"$BATS_FILE_TMPDIR/$1.efi"
}

command_line()
{
	echo "console=ttyS0 panic=-1 quiet loglevel=5 watchdog_thresh=60 no_timer_check from=$1"
}

need_ovmf()
{
	[[ -n $OVMF ]] || skip "$WITHOUT_OVMF"
}

# make_disk [FILE...]: make a FAT file system with these files
make_disk()
{
	disk=$BATS_TEST_TMPDIR/disk
	truncate -s 160M "$disk"
	mkfs.vfat "$disk" >/dev/null
	mcopy -i "$disk" "$@" ::/
}

# make_bios_disk [FILE...]: make a disk from which a BIOS boots, but not UEFI
make_bios_disk()
{
	printf '%s\n' 'DEFAULT linux' 'LABEL linux' 'KERNEL /vmlinuz' \
		'INITRD /initrd.img' "APPEND $(command_line disk)" \
		>"$BATS_TEST_TMPDIR/syslinux.cfg"
	make_disk "$BATS_TEST_TMPDIR/syslinux.cfg" "$@"
	mcopy -i "$disk" "$VM_KERNEL" ::/vmlinuz
	mcopy -i "$disk" "$VM_INITRAMFS" ::/initrd.img
	syslinux --install "$disk"
}

# make_uefi_disk [FILE...]: make a disk from which UEFI boots, if Secure Boot is off
make_uefi_disk()
{
	make_disk "$@"
	make_uki disk
	mmd -i "$disk" ::/EFI ::/EFI/BOOT
	mcopy -i "$disk" "$BATS_FILE_TMPDIR/disk.efi" ::/EFI/BOOT/BOOTX64.EFI
}

# start_from_disk [QEMU-OPTION...]: boot from the disk, and mount it on /mnt
start_from_disk()
{
	VM_KERNEL= vm_start -- -drive "file=$disk,if=none,format=raw,id=boot" \
		-device virtio-blk-pci,drive=boot,bootindex=0 "$@"
	guest 0 'cat /proc/cmdline'
	output_has from=disk
	guest 0 'echo /bin/modprobe >/proc/sys/kernel/modprobe
		modprobe virtio_blk && mkdir /mnt && mount -t vfat -o ro /dev/vda /mnt'
}

# Expect that the kernel and the firmware of the image run.
kernel_is_from_image()
{
	firmware_is UEFI
	guest 0 'cat /proc/cmdline'
	output_has from=image
	guest 0 'cat /sys/class/dmi/id/bios_version'
	output_is "$OVMF_VERSION"
	guest 0 'modprobe efivarfs; mount -t efivarfs efivarfs /sys/firmware/efi/efivars
		ls /sys/firmware/efi/efivars'
	# The stub of the UKI has left this variable.
	output_has StubInfo-
}

# compose BASE OPTION...: make composed.igvm on the host
compose()
{
	"$O/userspace/vmfwupdate-ctl" compose --quiet -o "$BATS_TEST_TMPDIR/composed.igvm" "$@"
}

# loaded_is FILE: expect that the VMM has loaded FILE
loaded_is()
{
	vmm_saw 1 "loaded .*sha256=$(sha256sum <"$1" | cut -d' ' -f1)"
}

@test "a kernel in the image of the firmware boots" {
	local image=$BATS_TEST_TMPDIR/composed.igvm uki=$BATS_FILE_TMPDIR/image.efi
	need_ovmf
	# This firmware needs parameters about the machine, so its image asks for them.
	python3 "$top/tests/lib/images/igvmcompose.py" "$OVMF" "$BATS_TEST_TMPDIR/base.igvm"
	compose "$BATS_TEST_TMPDIR/base.igvm" --kernel "$uki"
	python3 "$top/tests/lib/images/igvmcompose.py" "$OVMF" "$BATS_TEST_TMPDIR/second.igvm" "$uki"
	cmp "$image" "$BATS_TEST_TMPDIR/second.igvm"
	make_bios_disk "$image"
	VM_CPUS=2 start_from_disk
	firmware_is BIOS
	guest 0 'vmfwupdate-ctl stage /mnt/composed.igvm'
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	guest 0 nproc
	output_is 2
	vmm_saw 1 'parameters addr=0x812000 size=0x1000 reason="memory map, VP count"'
	loaded_is "$image"
	vmm_saw 1 'reset kind=update'

	# The guest has used the kernel's memory since, so the VMM loads the kernel again.
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	vmm_saw 1 reloaded
	vmm_saw 1 'reset kind=update'
}

# make_secure_boot VARIABLES: make firmware with Secure Boot and these variables. The
# variables of "snakeoil" contain a key for tests. The package also has its private half.
make_secure_boot()
{
	local share=${OVMF%/ovmf/*}
	flash=(-drive "if=pflash,format=raw,unit=0,readonly=on,file=$share/OVMF/OVMF_CODE_4M.fd"
		-drive "if=pflash,format=raw,unit=1,snapshot=on,file=$share/OVMF/OVMF_VARS_4M.fd")
	certificate=$share/ovmf/PkKek-1-snakeoil.pem
	cat "$share/OVMF/OVMF_$1.fd" "$share/OVMF/OVMF_CODE_4M.secboot.fd" \
		>"$BATS_TEST_TMPDIR/secboot.fd"
}

sign_uki()
{
	openssl rsa -in "${certificate%.pem}.key" -passin pass:snakeoil \
		-out "$BATS_TEST_TMPDIR/key"
	sbsign --key "$BATS_TEST_TMPDIR/key" --cert "$certificate" \
		--output "$BATS_TEST_TMPDIR/signed.efi" "$BATS_FILE_TMPDIR/image.efi"
}

secure_boot_is()
{
	guest 0 'tail -c 1 /sys/firmware/efi/efivars/SecureBoot-* | hexdump -e "/1 \"%u\""'
	output_is "$1"
}

@test "stage --kernel: Secure Boot accepts a signed kernel in the image" {
	need_ovmf
	make_secure_boot VARS_4M.snakeoil
	sign_uki
	make_uefi_disk "$BATS_TEST_TMPDIR"/{secboot.fd,signed.efi}
	VM_MACHINE=q35,smm=on start_from_disk "${flash[@]}"
	guest 0 'vmfwupdate-ctl stage --kernel /mnt/signed.efi /mnt/secboot.fd'
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	secure_boot_is 1
	compose "$BATS_TEST_TMPDIR/secboot.fd" --kernel "$BATS_TEST_TMPDIR/signed.efi"
	loaded_is "$BATS_TEST_TMPDIR/composed.igvm"
}

@test "stage --kernel: Secure Boot refuses an unsigned kernel in the image" {
	need_ovmf
	make_secure_boot VARS_4M.snakeoil
	make_uefi_disk "$BATS_TEST_TMPDIR/secboot.fd" "$BATS_FILE_TMPDIR/image.efi"
	VM_MACHINE=q35,smm=on start_from_disk "${flash[@]}"
	guest 0 'vmfwupdate-ctl stage --kernel /mnt/image.efi /mnt/secboot.fd'
	vm_send 'reboot -f'
	# The kernel of the disk is unsigned, too, so the firmware finds nothing to boot.
	vm_begin_wait
	until grep -aq 'No bootable option or device was found' "$vm_dir/console"; do
		vm_may_wait || fail 'the firmware does not give up'
		sleep 1
	done
	vmm_saw 1 'reset kind=update'
}

# A plain guest cannot prove its firmware, so Secure Boot must not seem to be on there.
# The firmware takes databases in confidential guests only.
@test "stage --pk --kek --db --dbx: databases do not turn Secure Boot on in a plain guest" {
	need_ovmf
	make_secure_boot VARS_4M
	cert-to-efi-sig-list "$certificate" "$BATS_TEST_TMPDIR/key.esl"
	hash-to-efi-sig-list "$BATS_FILE_TMPDIR/image.efi" "$BATS_TEST_TMPDIR/dbx.esl"
	make_uefi_disk "$BATS_TEST_TMPDIR"/{secboot.fd,key.esl,dbx.esl} \
		"$BATS_FILE_TMPDIR/image.efi"
	VM_MACHINE=q35,smm=on start_from_disk "${flash[@]}"
	guest 0 'cd /mnt && vmfwupdate-ctl stage --kernel image.efi \
		--pk key.esl --kek key.esl --db key.esl --dbx dbx.esl secboot.fd'
	vm_reset_by 'reboot -f'
	kernel_is_from_image
	secure_boot_is 0
}
