# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A disk with an EFI system partition, that outlives the machine: a VM that is
# started again with it is a cold start.
#
# Copyright (C) 2026 The vmfwupdate authors

disk=$BATS_TEST_TMPDIR/disk
esp=$disk@@1M

# make_disk [FILE]: a GPT, and an ESP of 32 MiB with /EFI/fw/FILE
make_disk()
{
	truncate -s 40M "$disk"
	printf '%s\n' 'label: gpt' 'start=2048, size=65536, type=U' |
		sfdisk --quiet "$disk"
	mkfs.vfat --offset=2048 "$disk" 32768 >/dev/null 2>&1
	mmd -i "$esp" ::/EFI ::/EFI/fw
	mcopy -i "$esp" "$O/tests/vm/images/${1-ovmf.igvm}" ::/EFI/fw/fw.igvm
}

disk_options=(-drive "file=$disk,if=none,format=raw,id=esp"
	-device virtio-blk-pci,drive=esp)

# cold_start [ARGUMENT...]: the model's, as for vm_start. A machine that runs
# loses its power.
cold_start()
{
	[[ -z $vm_dir ]] || vm_stop
	vm_start "$@" -- "${disk_options[@]}"
	configure
}

# What an initramfs would carry.
configure()
{
	guest 0 'echo /bin/modprobe >/proc/sys/kernel/modprobe; modprobe virtio_blk; echo image=ESP:/EFI/fw/fw.igvm >/etc/vmfwupdate.conf'
}

# extra_reset: auto resets the machine, which comes back.
extra_reset()
{
	vm_reset_by 'vmfwupdate-ctl auto'
	configure
}

warm_reboot()
{
	vm_reset_by 'reboot -f'
	configure
}

# last_outcome WORDS: of the last attempt, as history tells it
last_outcome()
{
	guest 0 'vmfwupdate-ctl history | grep "^#" | tail -n 1'
	output_has "Z  $1"
}

# slots: what is on the disk, while no machine has it
slots()
{
	local slot
	for slot in a b; do
		mcopy -n -o -i "$esp" "::/EFI/vmfwupdate/record.$slot" "$BATS_TEST_TMPDIR/slot"
		python3 "$top/tests/lib/vmfwrecord.py" --show "$BATS_TEST_TMPDIR/slot"
	done
}
