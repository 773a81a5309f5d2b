#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The verb auto brings the machine from the provider's firmware to the wanted one at every
# cold start. No fault may lead to more than one extra reset.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load disk

# stays CODE TEXT: expect that auto ends with this code and message, without an update.
stays()
{
	guest "$1" 'vmfwupdate-ctl auto'
	output_has "$2"
	vmm_saw 0 'kind=update'
}

# boots_are COUNT: expect COUNT boots since the machine was started
boots_are()
{
	[[ $vm_boots -eq $1 ]] || fail "boots: $vm_boots, expected: $1"
}

# bats test_tags=core
@test "a cold start needs one extra reset, a warm reboot none, the next cold start one" {
	make_disk
	cold_start
	firmware_is BIOS
	guest 10 'vmfwupdate-ctl verify'
	guest 0 'vmfwupdate-ctl status'
	output_has 'Firmware           SeaBIOS'
	output_has 'auto               would make an attempt'
	extra_reset
	firmware_is UEFI
	vmm_saw 1 'kind=update'

	guest 0 'vmfwupdate-ctl auto'
	output_has 'the wanted firmware is running'
	last_outcome 'running (claimed)'
	guest 0 'vmfwupdate-ctl verify'
	output_has 'running (claimed)'
	guest 0 'vmfwupdate-ctl status'
	output_has 'Wanted firmware    running (claimed)'
	output_has 'Last attempt       #1, running'
	output_has 'auto               would make no attempt: the wanted firmware is running'
	# Run auto again, as a unit of the root file system would.
	guest 0 'vmfwupdate-ctl auto'

	warm_reboot
	firmware_is UEFI
	guest 0 'vmfwupdate-ctl auto'
	vmm_saw 1 'kind=update'
	boots_are 3

	cold_start
	firmware_is BIOS
	guest 9 'vmfwupdate-ctl verify'
	output_has 'not running (claimed)'
	extra_reset
	firmware_is UEFI
	guest 0 'vmfwupdate-ctl auto'
	boots_are 2
	guest 0 'vmfwupdate-ctl history --json'
	output_has '"number": 2'
	output_has '"vendor": "SeaBIOS"'
}

@test "in an initramfs, auto needs no mounted file system and leaves none mounted" {
	make_disk
	cold_start
	guest 0 'touch /etc/initrd-release; vmfwupdate-ctl auto --explain && cat /proc/mounts'
	output_has ' /proc '
	[[ $output != *vfat* ]] || fail "$output"
	vm_reset_by 'vmfwupdate-ctl auto'
	firmware_is UEFI
	vm_stop
	local is_sound
	is_sound=$(slots)
	[[ $is_sound == *'sound 1 3 1'* ]] || fail "$is_sound"
}

# Let auto make a record on a disk without partitions, and log all writes.
make_record_and_log()
{
	mkfs.vfat -C "$disk" 32768 >/dev/null
	cp "$disk" "$BATS_TEST_TMPDIR/state"
	start_and_log fault=refuse-image
	guest 0 'echo /bin/modprobe >/proc/sys/kernel/modprobe
		mkdir /mnt; mount -t vfat /dev/dm-0 /mnt || exit 1
		echo image=/images/ovmf.igvm >/etc/vmfwupdate.conf
		echo record=/mnt/a/b >>/etc/vmfwupdate.conf'
	guest 6 'vmfwupdate-ctl auto'
	guest 0 'umount /mnt'
	stop_logging
}

# After a power cut, a file on FAT can lack its clusters. When Linux reads such a file, it
# makes the whole file system read-only.
@test "power lost after any write of the first record: no file of the record is broken" {
	local state=$BATS_TEST_TMPDIR/state number kind next=0 found
	make_record_and_log
	while read -r number kind _; do
		[[ $kind == write ]] || continue
		logged_writes "$next" $((number + 1)) "$state"
		next=$((number + 1))
		found=$(fsck.vfat -n "$state" | grep -iE '/(a|b|record\.[ab])$') || :
		[[ -z $found ]] || fail "after write $number: $found" \
			"$(fsck.vfat -n "$state")"
	done < <(logged_writes)
	((next > 8)) || fail "writes: $next"
	cmp "$state" "$disk"
	mtype -i "$disk" ::/a/b/record.a >/dev/null
	mtype -i "$disk" ::/a/b/record.b >/dev/null
	[[ $(mdir -b -i "$disk" ::/a/b | wc -l) -eq 2 ]] ||
		fail "$(mdir -i "$disk" ::/a/b)"
}

@test "disable-after-success=yes switches the interface off after success" {
	make_disk
	cold_start
	extra_reset
	guest 0 'echo disable-after-success=yes >>/etc/vmfwupdate.conf; vmfwupdate-ctl auto'
	state_is disabled
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
}

@test "the VMM refuses the image: the boot goes on, and the next boot may try again" {
	make_disk
	cold_start fault=refuse-image
	stays 6 refused
	last_outcome refused
	stays 7 'has already made its attempt'
	warm_reboot
	firmware_is BIOS
	stays 6 refused
	boots_are 2
	cold_start
	extra_reset
	firmware_is UEFI
}

@test "the VMM refuses at the reset: one extra reset, and the boot goes on" {
	make_disk
	cold_start fault=refuse-reset
	extra_reset
	firmware_is BIOS
	stays 7 'follows an attempt'
	last_outcome unknown
	stays 7 'follows an attempt'
	boots_are 2
}

@test "the wanted firmware ran before: its name shows that it does not run now" {
	make_disk
	cold_start
	extra_reset
	guest 0 'vmfwupdate-ctl auto'
	cold_start fault=refuse-reset
	extra_reset
	stays 7 'follows an attempt'
	last_outcome 'not running (claimed)'
}

@test "the VMM ignores writes" {
	make_disk
	cold_start fault=ignore-write
	stays 6 ''
	warm_reboot
	firmware_is BIOS
}

@test "no interface, no module: auto does nothing" {
	make_disk
	cold_start fault=no-interface
	stays 3 'does not offer'
	cold_start
	guest 0 'rm /lib/modules/*/extra/vmfwupdate.ko'
	stays 3 'no kernel module'
}

@test "the interface is gone after an attempt: a later cold start makes its own attempt" {
	make_disk
	cold_start
	# Cut the power after the VMM has accepted the image: the attempt is on record then.
	vm_send 'vmfwupdate-ctl auto'
	vm_begin_wait
	until grep -q 'verdict=accepted' "$vm_dir/vmm.log"; do
		vm_may_wait || fail 'no image is armed' "$(vm_log)"
		sleep 0.01
	done
	cold_start fault=no-interface
	stays 3 'does not offer'
	last_outcome unknown
	cold_start
	extra_reset
	firmware_is UEFI
}

@test "the image is missing, or corrupt" {
	make_disk
	mdel -i "$esp" ::/EFI/fw/fw.igvm
	cold_start
	stays 8 'No such file'
	vm_stop
	mcopy -i "$esp" "$O/tests/vm/images/broken.igvm" ::/EFI/fw/fw.igvm
	cold_start
	stays 4 ''
	# There was no attempt, so the record has none.
	guest 0 'vmfwupdate-ctl history'
	output_has 'no attempt'
}

@test "the tool uses no ESP or XBOOTLDR partition with a file system other than vfat" {
	local type where
	mkdir -p "$BATS_TEST_TMPDIR/tree/EFI/fw"
	cp "$O/tests/vm/images/ovmf.igvm" "$BATS_TEST_TMPDIR/tree/EFI/fw/fw.igvm"
	for type in U:ESP BC13C2FF-59E6-4262-A352-B275FD6F7172:XBOOTLDR; do
		rm -f "$disk"
		make_disk
		where=${type#*:}
		sfdisk --quiet --part-type "$disk" 1 "${type%:*}"
		mkfs.ext4 -q -F -d "$BATS_TEST_TMPDIR/tree" -E offset=1048576 "$disk" 32M
		cold_start
		guest 0 "modprobe ext4; echo image=$where:/EFI/fw/fw.igvm >/etc/vmfwupdate.conf"
		guest 1 "vmfwupdate-ctl check $where:/EFI/fw/fw.igvm"
		output_has 'must be vfat, but is ext4'
		# The tool also refuses the partition while it is mounted.
		guest 0 'mkdir -p /boot; mount -t ext4 /dev/vda1 /boot'
		guest 1 "vmfwupdate-ctl check $where:/EFI/fw/fw.igvm"
		output_has 'must be vfat, but is ext4'
		guest 0 'umount /boot'
		vm_run 'vmfwupdate-ctl auto'
		[[ $status -ne 0 ]] || fail "$output"
		vmm_saw 0 'kind=update'
		guest 0 'mount -t ext4 /dev/vda1 /boot; ls /boot/EFI; umount /boot'
		[[ $output != *vmfwupdate* ]] || fail 'a record was written there'
	done
}

@test "a read-only ESP: no attempt" {
	make_disk
	disk_options[1]+=,readonly=on
	cold_start
	stays 7 'cannot write the record of attempts'
}

@test "a full ESP: no attempt" {
	make_disk
	mmd -i "$esp" ::/full
	head -c 40M /dev/zero >"$BATS_TEST_TMPDIR/zeroes"
	mcopy -i "$esp" "$BATS_TEST_TMPDIR/zeroes" ::/full 2>/dev/null || :
	head -c 100K /dev/zero >"$BATS_TEST_TMPDIR/zeroes"
	while mcopy -n -o -i "$esp" "$BATS_TEST_TMPDIR/zeroes" "::/full/$((++i))" 2>/dev/null; do :; done
	head -c 512 /dev/zero >"$BATS_TEST_TMPDIR/zeroes"
	while mcopy -n -o -i "$esp" "$BATS_TEST_TMPDIR/zeroes" "::/full/$((++i))" 2>/dev/null; do :; done
	cold_start
	stays 7 'No space left'
}

@test "two ESPs, and no boot loader names one: no attempt" {
	make_disk
	cp "$disk" "$disk.2"
	disk_options+=(-drive "file=$disk.2,if=none,format=raw,id=esp2"
		-device virtio-blk-pci,drive=esp2)
	cold_start
	stays 8 'more than one EFI system partition'
}

@test "a damaged record, and a torn one" {
	make_disk
	cold_start
	extra_reset
	guest 0 'vmfwupdate-ctl auto'
	vm_stop
	printf damage >"$BATS_TEST_TMPDIR/damage"
	mcopy -o -i "$esp" "$BATS_TEST_TMPDIR/damage" ::/EFI/vmfwupdate/record.a
	cold_start
	stays 7 torn
	stays 7 torn
	# auto has repaired the record, so it makes an attempt at the next cold start.
	cold_start
	extra_reset
	firmware_is UEFI
	vm_stop
	mcopy -o -i "$esp" "$BATS_TEST_TMPDIR/damage" ::/EFI/vmfwupdate/record.a
	mcopy -o -i "$esp" "$BATS_TEST_TMPDIR/damage" ::/EFI/vmfwupdate/record.b
	cold_start
	stays 7 damaged
	guest 0 'vmfwupdate-ctl history --clear'
	extra_reset
	firmware_is UEFI
}

@test "a record in memory would make a loop: no attempt" {
	make_disk
	cold_start
	guest 0 'mkdir -p /var; echo record=/var/vmfwupdate >>/etc/vmfwupdate.conf'
	stays 7 'may not survive a reset'
}

@test "image and record on another file system, by its label" {
	make_disk
	mlabel -i "$esp" ::FIRMWARE
	cold_start
	guest 0 'printf "%s\n" image=LABEL=FIRMWARE:/EFI/fw/fw.igvm record=LABEL=FIRMWARE:/log >/etc/vmfwupdate.conf'
	vm_reset_by 'vmfwupdate-ctl auto'
	firmware_is UEFI
	configure
	guest 0 'printf "%s\n" image=LABEL=FIRMWARE:/EFI/fw/fw.igvm record=LABEL=FIRMWARE:/log >/etc/vmfwupdate.conf; vmfwupdate-ctl auto'
	output_has 'is running'
}

@test "the VMM's page keeps the record: one attempt after each cold start" {
	make_disk seabios.fd
	cold_start revision=v6
	guest 3 'vmfwupdate-ctl history --clear'
	extra_reset
	vmm_saw 1 'kind=update'
	# The firmware is the same as before, so its name proves nothing.
	guest 7 'vmfwupdate-ctl auto'
	output_has 'follows an attempt'
	warm_reboot
	guest 7 'vmfwupdate-ctl auto'
	output_has 'has already made its attempt'
	boots_are 3
	vm_stop
	# The disk has no record.
	run mdir -i "$esp" ::/EFI/vmfwupdate
	output_has 'not found'
}

@test "vmfwupdate=0 on the kernel command line: no attempt" {
	make_disk
	VM_APPEND=vmfwupdate=0 cold_start
	stays 3 'switched off'
}

@test "power lost at any time: the machine boots, with one extra reset at most" {
	local delay
	make_disk
	for delay in 0.02 0.1 0.2 0.3 0.4 0.6; do
		cold_start
		vm_send 'vmfwupdate-ctl auto'
		sleep "$delay"
		vm_stop
	done
	# After such cuts, the machine must reach the wanted firmware within two cold starts.
	cold_start
	vm_reset_by 'vmfwupdate-ctl auto; reboot -f'
	configure
	# auto makes no reset in the boot that follows an attempt.
	guest 0 'vmfwupdate-ctl auto; true'
	cold_start
	extra_reset
	firmware_is UEFI
}
