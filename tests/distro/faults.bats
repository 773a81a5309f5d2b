#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Faults: the machine must come up on some firmware, with at most one extra reset,
# and must name the reason.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup()
{
	use_disk "$MAKER"
}

# came_up FIRMWARE KERNELS UPDATES: expect these, and that the last boot unlocked the disk.
came_up()
{
	firmware_is "$1"
	boots_are "$2"
	updates_are "$3"
	unlocked_only_in_boot "$2"
}

# says TEXT: expect TEXT in the journal. If the journal lacks the messages of the
# initramfs, the service of the root file system reports the reason again.
says()
{
	guest 0 'systemctl start vmfwupdate.service; journalctl --boot --no-pager --unit=vmfwupdate-initrd.service --unit=vmfwupdate.service'
	output_has "$1"
}

# noted_early NAME: like noted, but only if the initramfs has a journal.
noted_early()
{
	[[ $MAKER != dracut ]] || noted "$1"
}

# record_on_esp DAMAGED-SLOT...: write the record of a cold start after which the wanted
# firmware ran, and damage these slots.
record_on_esp()
{
	local image slot sequence=4
	image=$(sha256sum <"$IMAGE")
	on_esp mmd -D s ::/EFI/vmfwupdate
	for slot in a b; do
		python3 "$top/tests/lib/disk/vmfwrecord.py" "$disk.record" \
			$((sequence++)) "${image%% *},2,1,2,SeaBIOS,EDK II"
		[[ " $* " != *" $slot "* ]] ||
			printf '\377' | dd of="$disk.record" bs=1 seek=100 conv=notrunc status=none
		on_esp mcopy -o "$disk.record" "::/EFI/vmfwupdate/record.$slot"
	done
	rm "$disk.record"
}

# cut_chain_of DIRECTORY: mark its first cluster as free in the FAT.
cut_chain_of()
{
	local cluster reserved
	cluster=$(on_esp mshowfat "$1" | sed -n 's/.*<\([0-9]*\).*/\1/p')
	reserved=$(on_esp minfo :: | sed -n 's/^reserved.*: \([0-9]*\).*/\1/p')
	[[ -n $cluster && -n $reserved ]]
	dd if=/dev/zero of="$disk" bs=1 count=4 conv=notrunc status=none \
		seek=$((1024 * 1024 + reserved * 512 + cluster * 4))
}

@test "no interface: an ordinary boot" {
	cold_start fault=no-interface
	came_up BIOS 1 0
	guest 3 'systemctl is-active --quiet vmfwupdate.service'
	guest 3 'vmfwupdate-ctl auto'
	output_has 'does not offer'
}

@test "the VMM refuses the image: no reset, a message" {
	cold_start fault=refuse-image
	came_up BIOS 1 0
	said_in_boot 1 'refused'
	noted_early ATTEMPT
	noted_early REFUSED
	says 'this boot has already made its attempt'
	noted GUARD
}

@test "dracut without systemd: the VMM refuses the image, which the kernel's log keeps" {
	use_disk dracut .plain
	append=loglevel=7 cold_start fault=refuse-image
	came_up BIOS 1 0
	said_in_boot 1 'dracut Warning: .*refused'
	guest 0 'journalctl --boot --dmesg --no-pager --grep="dracut Warning: .*refused"'
}

@test "the VMM ignores writes: no reset, a message" {
	cold_start fault=ignore-write
	came_up BIOS 1 0
	said_in_boot 1 'refused'
	says 'this boot has already made its attempt'
	noted GUARD
}

@test "the VMM accepts the image and does not load it: one reset, then no other" {
	! keeps_images || skip 'on this VMM, an image that cannot be loaded ends the VM'
	cold_start fault=refuse-reset
	came_up BIOS 2 0
	said_in_boot 1 'vmfwupdate: the VMM holds the image'
	said_in_boot 2 'follows an attempt'
	noted FOLLOWS
}

# The firmware in the image has the name of the old one, so the guest sees no difference.
@test "the VMM loads the image and the firmware is the old one: one reset at each cold start" {
	local start
	on_esp mcopy -o "$O/tests/vm/images/seabios.igvm" ::/firmware.igvm
	for start in 1 2; do
		cold_start
		came_up BIOS 2 1
		said_in_boot 2 'follows an attempt'
		noted FOLLOWS
	done
	guest 0 'vmfwupdate-ctl history'
	output_has '#2 '
	output_has 'unknown'
}

@test "the image is missing: an ordinary boot" {
	on_esp mdel ::/firmware.igvm
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'firmware.igvm: No such file'
	says 'cannot find, read or check the wanted image'
	noted NO_IMAGE
}

@test "the image is cut: an ordinary boot" {
	head -c 100000 "$IMAGE" >"$disk.image"
	on_esp mcopy -o "$disk.image" ::/firmware.igvm
	rm "$disk.image"
	cold_start
	came_up BIOS 1 0
	says 'this machine cannot start from the image'
	noted UNSOUND_IMAGE
}

@test "a byte of the image is wrong: an ordinary boot" {
	cp "$IMAGE" "$disk.image"
	printf '\377' | dd of="$disk.image" bs=1 seek=40 conv=notrunc status=none
	on_esp mcopy -o "$disk.image" ::/firmware.igvm
	rm "$disk.image"
	cold_start
	came_up BIOS 1 0
	says 'this machine cannot start from the image'
	noted UNSOUND_IMAGE
}

@test "one copy of the record is damaged: no attempt at this cold start, but at the next" {
	record_on_esp b
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'was torn, so this boot makes no attempt'
	says 'torn, so this boot makes no attempt'
	noted GUARD
	cold_start
	came_up UEFI 2 1
}

@test "both copies of the record are damaged: no attempt until it is cleared" {
	record_on_esp a b
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'the record of attempts is damaged'
	noted DAMAGED_RECORD
	guest 0 'vmfwupdate-ctl history --clear'
	cold_start
	came_up UEFI 2 1
}

@test "the record is not a file: no attempt" {
	on_esp mmd ::/EFI/vmfwupdate ::/EFI/vmfwupdate/record.{a,b}
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'cannot read the record of attempts'
	noted NO_RECORD
}

@test "the ESP is full: no attempt" {
	local free
	free=$(on_esp minfo :: | sed -n 's/^free clusters=\([0-9]*\).*/\1/p')
	head -c $((free * 512)) /dev/zero >"$disk.fill"
	on_esp mcopy "$disk.fill" ::/fill
	rm "$disk.fill"
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'cannot write the record of attempts.*No space left'
	noted FAILED
}

@test "the ESP is on a drive that takes no writes: no attempt" {
	esp_drive "$disk.esp" readonly=on
	sgdisk --typecode=1:8300 "$disk" >/dev/null
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'cannot write the record of attempts.*Read-only'
	noted FAILED
}

@test "the file system of the ESP is damaged, so Linux makes it read-only: no attempt" {
	record_on_esp
	cut_chain_of ::/EFI/vmfwupdate
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'cannot read the record of attempts'
	noted NO_RECORD
}

@test "the kernel refuses the module: an ordinary boot" {
	append=module_blacklist=vmfwupdate cold_start
	came_up BIOS 1 0
	says 'no kernel module'
}

@test "an initramfs without vmfwupdate: the service of the root file system makes the update" {
	use_disk dracut .without
	cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	guest 0 'vmfwupdate-ctl verify'
	noted RUNNING
}

@test "the configuration of the initramfs is broken: the message has file and line, the root's counts" {
	in_initramfs etc/vmfwupdate.conf <<<'image'
	cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	said_in_boot 1 'vmfwupdate.conf:1'
}

@test "the configuration is broken: an ordinary boot, the message has file and line" {
	in_initramfs etc/vmfwupdate.conf <<<'image'
	append=vmfwupdate=0 cold_start
	guest 0 'echo image >/etc/vmfwupdate.conf; sync'
	cold_start
	came_up BIOS 1 0
	said_in_boot 1 'vmfwupdate.conf:1'
	says 'vmfwupdate.conf:1'
	noted NO_BEGIN
}

@test "vmfwupdate=0: no attempt" {
	append=vmfwupdate=0 cold_start
	came_up BIOS 1 0
	guest 3 'systemctl is-active --quiet vmfwupdate.service'
	guest 3 'vmfwupdate-ctl auto'
	output_has 'switched off on the kernel command line; auto does nothing'
}

@test "rd.vmfwupdate=0: the service of the root file system makes the update" {
	# The service does not need the kernel's own driver of fw_cfg.
	append='rd.vmfwupdate=0 modprobe.blacklist=qemu_fw_cfg' cold_start
	firmware_is UEFI
	boots_are 2
	updates_are 1
	noted RUNNING
}

# stays_locked: expect that the machine stays at the emergency shell for 20 seconds.
stays_locked()
{
	sleep 20
	vm_alive
	updates_are 0
	boots_are 1
	! said_in_boot 1 "$unlocked" 2>/dev/null || fail 'the disk was unlocked'
}

# Add the files that an initramfs has if required=yes is configured.
@test "required=yes without the interface: an emergency shell, and no disk" {
	local shell='required=yes stops this boot'
	in_initramfs etc/vmfwupdate.conf <<-EOF
		image=ESP:/firmware.igvm
		required=yes
	EOF
	if [[ $MAKER == dracut ]]; then
		shell='Entering emergency mode|emergency shell'
		in_initramfs usr/lib/systemd/system/vmfwupdate-initrd.service.d/required.conf \
			<"$top/userspace/systemd/required.conf"
	else
		in_initramfs etc/vmfwupdate.required </dev/null
	fi
	# With a number in panic=, initramfs-tools would reboot instead of starting a
	# shell.
	append=panic= once_seen "$shell" stays_locked fault=no-interface
}
