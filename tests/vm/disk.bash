# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A disk with an ESP, which outlives the machine. For a cold start, run a new VM with the
# same disk.
#
# Copyright (C) 2026 The vmfwupdate authors

disk=$BATS_TEST_TMPDIR/disk
esp=$disk@@1M

# make_disk [FILE]: make a GPT, and an ESP of 32 MiB with FILE as /EFI/fw/fw.igvm
make_disk()
{
	truncate -s 40M "$disk"
	printf '%s\n' 'label: gpt' 'start=2048, size=65536, type=U' |
		sfdisk --quiet "$disk"
	mkfs.vfat --offset=2048 "$disk" 32768 >&2
	mmd -i "$esp" ::/EFI ::/EFI/fw
	mcopy -i "$esp" "$O/tests/vm/images/${1-ovmf.igvm}" ::/EFI/fw/fw.igvm
}

disk_options=(-drive "file=$disk,if=none,format=raw,id=esp"
	-device virtio-blk-pci,drive=esp)

# cold_start [ARGUMENT...]: start a machine with these arguments of vm_start. If a machine
# is running, first cut its power.
cold_start()
{
	[[ -z $vm_dir ]] || vm_stop
	vm_start "$@" -- "${disk_options[@]}"
	configure
}

# Do some tasks of an initramfs: load the disk's driver, and write the configuration.
configure()
{
	guest 0 'echo /bin/modprobe >/proc/sys/kernel/modprobe; modprobe virtio_blk; echo image=ESP:/EFI/fw/fw.igvm >/etc/vmfwupdate.conf'
}

# extra_reset: run auto, which resets the machine, and wait for the next boot.
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

# last_outcome WORDS: expect this outcome of the last attempt in the history
last_outcome()
{
	guest 0 'vmfwupdate-ctl history | grep "^#" | tail -n 1'
	output_has "Z  $1"
}

# slots: print the record on the disk, while no machine uses the disk
slots()
{
	local slot
	for slot in a b; do
		mcopy -n -o -i "$esp" "::/EFI/vmfwupdate/record.$slot" "$BATS_TEST_TMPDIR/slot"
		python3 "$top/tests/lib/disk/vmfwrecord.py" --show "$BATS_TEST_TMPDIR/slot"
	done
}

# start_and_log [ARGUMENT...]: start a machine with these arguments of vm_start. The disk
# is /dev/dm-0 in the guest. The guest logs writes to it until stop_logging.
start_and_log()
{
	truncate -s 64M "$BATS_TEST_TMPDIR/log"
	vm_start "$@" -- "${disk_options[@]}" \
		-drive "file=$BATS_TEST_TMPDIR/log,if=none,format=raw,id=log" \
		-device virtio-blk-pci,drive=log
	guest 0 'modprobe virtio_blk'
	vm_run 'modprobe dm_log_writes'
	[[ $status -eq 0 ]] ||
		skip 'this kernel has no dm-log-writes: it needs CONFIG_DM_LOG_WRITES=m'
	guest 0 'dmsetup create logged --table \
		"0 $(cat /sys/block/vda/size) log-writes /dev/vda /dev/vdb"'
}

stop_logging()
{
	guest 0 'dmsetup remove logged'
	vm_stop
}

# logged_writes [FROM TO FILE]: list the writes, or repeat some on FILE; see logwrites.py
logged_writes()
{
	python3 "$top/tests/lib/disk/logwrites.py" "$BATS_TEST_TMPDIR/log" "$@"
}
