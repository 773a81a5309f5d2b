#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine on a VMM that copies an image and keeps it over resets, as QEMU does
# (vmlaunchupdate). The machine's own firmware costs one extra reset per cold start.
#
# Copyright (C) 2026 The vmfwupdate authors

export VM_REVISION=vmlaunchupdate

load helpers

# resets_are UPDATES RESTORES OTHERS: expect these numbers of resets in the VMM's log, and
# their sum in QMP.
resets_are()
{
	local all=$(($1 + $2 + $3))
	updates_are "$1"
	vmm_logged "$2" 'reset kind=restore'
	vmm_logged "$3" 'reset kind=ordinary'
	[[ $(vm_resets) -eq $all ]] ||
		fail "QEMU counts $(vm_resets) resets, expected $all"
}

# own_firmware KERNELS UPDATES RESTORES [FIRMWARE]: expect the machine's own firmware,
# after these numbers of kernels and resets. A reset precedes each kernel but the first.
own_firmware()
{
	firmware_is "${4-UEFI}"
	boots_are "$1"
	resets_are "$2" "$3" $(($1 - 1 - $2 - $3))
	guest 0 'vmfwupdate-ctl verify'
}

crash='sync; echo b >/proc/sysrq-trigger'

cycle()
{
	use_disk "$1"
	cold_start
	own_firmware 2 1 0
	unlocked_only_in_boot 2

	# After an orderly reboot and after a crash, the VMM loads the image by itself.
	vm_reset_by 'systemctl reboot'
	own_firmware 3 1 0
	vm_reset_by "$crash"
	own_firmware 4 1 0

	# After a reset to the host's firmware, auto hands over the configured image once.
	guest 0 'vmfwupdate-ctl revert'
	guest 0 'vmfwupdate-ctl auto'
	vm_reset_by 'systemctl reboot'
	own_firmware 6 2 1

	cold_start
	own_firmware 2 1 0
}

@test "dracut: cold, warm, a crash, revert, cold: one extra reset where the firmware is the host's" {
	cycle dracut
}

@test "initramfs-tools: cold, warm, a crash, revert, cold: one extra reset where the firmware is the host's" {
	cycle initramfs-tools
}

other_date=03/04/2016

# Put a SeaBIOS on the ESP that differs from the host's only in its date.
add_other_image()
{
	local work=$BATS_TEST_TMPDIR
	LC_ALL=C sed "s|04/01/2014|$other_date|" "$O/tests/vm/images/seabios.fd" \
		>"$work/other.fd"
	grep -aqF "$other_date" "$work/other.fd" || fail 'a SeaBIOS of another date'
	"$O/userspace/vmfwupdate-ctl" wrap --quiet -o "$work/other.igvm" "$work/other.fd"
	on_esp mcopy "$work/other.igvm" ::/other.igvm
	on_esp mcopy "$IMAGE" ::/first.igvm
}

# wants IMAGE: let the running system replace the wanted image with IMAGE.
wants()
{
	guest 0 "cp /efi/$1 /efi/new && sync && mv /efi/new /efi/firmware.igvm && sync"
}

# other_firmware KERNELS UPDATES RESTORES: expect the SeaBIOS of add_other_image, after
# these numbers of kernels and resets.
other_firmware()
{
	own_firmware "$@" BIOS
	guest 0 'cat /sys/class/dmi/id/bios_date'
	[[ $output == "$other_date" ]] || fail "the firmware is of $output"
}

renewal()
{
	use_disk "$1"
	add_other_image
	cold_start
	own_firmware 2 1 0

	# The reboot starts the old image. Then auto hands over the new image, which stays.
	wants other.igvm
	guest 10 'vmfwupdate-ctl verify'
	vm_reset_by 'systemctl reboot'
	other_firmware 4 2 0
	vm_reset_by "$crash"
	other_firmware 5 2 0

	# After a cold start, the VMM no longer has the old image.
	wants first.igvm
	cold_start
	own_firmware 2 1 0
	unlocked_only_in_boot 2
	vm_reset_by 'systemctl reboot'
	own_firmware 3 1 0
}

@test "dracut: a new image takes one extra reset, warm or cold" {
	renewal dracut
}

@test "initramfs-tools: a new image takes one extra reset, warm or cold" {
	renewal initramfs-tools
}

not_from_igvm()
{
	use_disk "$1"
	cold_start host-igvm=none
	firmware_is BIOS
	boots_are 1
	unlocked_only_in_boot 1
	said_in_boot 1 'did not start this machine from an IGVM file'
	noted STARTED_OTHERWISE
	guest 12 'vmfwupdate-ctl auto'
	output_has 'not start this machine from an IGVM file'
	guest 0 'vmfwupdate-ctl history'
	output_has 'no attempt is on record'
	vm_reset_by 'systemctl reboot'
	firmware_is BIOS
	# SeaBIOS resets the machine once more if it has run before, so count kernels, not
	# resets.
	boots_are 2
	updates_are 0
	vmm_logged 0 verdict=accepted
}

@test "dracut: a machine that was not started from an IGVM file boots on, and says why" {
	not_from_igvm dracut
}

@test "initramfs-tools: a machine that was not started from an IGVM file boots on, and says why" {
	not_from_igvm initramfs-tools
}

# QEMU accepts this image, but ends at the reset.
@test "auto does not hand over an image that would end the machine" {
	use_disk "$MAKER"
	on_esp mcopy -o "$O/tests/vm/images/apic.igvm" ::/firmware.igvm
	cold_start
	firmware_is BIOS
	boots_are 1
	guest 4 'vmfwupdate-ctl auto'
	noted UNSOUND_IMAGE
	vmm_logged 0 verdict=accepted
	vm_reset_by "$crash"
	firmware_is BIOS
	resets_are 0 0 1
}

# The firmware has the same name before and after the attempt.
@test "the VMM keeps an image that the record does not know of: one extra reset" {
	use_disk "$MAKER"
	cold_start
	own_firmware 2 1 0
	guest 0 'vmfwupdate-ctl history --clear'
	vm_reset_by 'systemctl reboot'
	firmware_is UEFI
	boots_are 4
	resets_are 2 0 1
	said_in_boot 4 'follows an attempt'
	guest 10 'vmfwupdate-ctl verify'
}

@test "staged by hand: any reset applies it, once disabled nothing else can be staged" {
	use_disk "$MAKER"
	append='rd.vmfwupdate=0 systemd.mask=vmfwupdate.service' cold_start
	guest 0 'systemd-run --quiet --wait vmfwupdate-ctl stage /efi/firmware.igvm'
	noted STAGED
	guest 0 'vmfwupdate-ctl disable'
	output_has "until the VMM restores the host's image"
	vm_reset_by "$crash"
	firmware_is UEFI
	guest 6 'vmfwupdate-ctl stage /efi/firmware.igvm'
	resets_are 1 0 0
}

# Power fails at steps that only this VMM has. power.bats tests the other steps.

# power_lost COUNT TEXT COMMAND: run COMMAND on the machine's own firmware, and
# lose the power at the COUNTth line of the VMM's log that contains TEXT
power_lost()
{
	use_disk "$MAKER"
	cold_start "power-cut=$1:$2"
	own_firmware 2 1 0
	power_goes_by "$3" "$2"
	comes_back
}

@test "power lost when the VMM loads the image by itself" {
	power_lost 1 'the same image again' 'systemctl reboot'
}

@test "power lost when the host's image is asked for" {
	power_lost 1 verdict=restore 'vmfwupdate-ctl revert'
}

@test "power lost when the host's image is back" {
	power_lost 1 'reset kind=restore' 'vmfwupdate-ctl revert && systemctl reboot'
}

@test "power lost when the image is offered again, after the host's" {
	power_lost 2 verdict=accepted 'vmfwupdate-ctl revert && systemctl reboot'
}

@test "power lost when a new image is offered on top of another" {
	use_disk "$MAKER"
	add_other_image
	cold_start power-cut=2:verdict=accepted
	own_firmware 2 1 0
	wants other.igvm
	power_goes_by 'systemctl reboot' verdict=accepted
	comes_back BIOS
	other_firmware 2 1 0
}
