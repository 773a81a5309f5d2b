#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Actions and messages of verbs, by the properties of an interface. tests/vm runs the
# verbs with a kernel and a VMM, in virtual machines.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

verb()
{
	run_ctl "$@" --device=device
}

verb_json()
{
	run_ctl_json "$@" --device=device
}

@test "stage hands over at once where the VMM keeps images" {
	device_keeps
	verb 0 stage image.igvm
	output_has 'any reset applies it, also every later one'
	calls_are begin 'commit 1'
	device_keeps
	verb_json 0 stage --arm-now image.igvm
	is "$(json state)" armed
	is "$(json once)" False
	is "$(json any_reset)" image
}

@test "stage waits for the reboot where an offer can be tried" {
	local make digest size
	digest=$(sha256sum <image.igvm | cut -d' ' -f1)
	size="9.0 KiB ($(stat -c %s image.igvm) bytes)"
	for make in device_tries device_older; do
		$make
		: >"$FAKE_LOG"
		verb 0 stage image.igvm
		is "$output" "image.igvm: staged, $size, SHA-256 $digest
only an orderly reboot applies it, not a crash"
		calls_are begin commit
		verb 0 stage image.igvm
		output_has "image.igvm: already staged, $size, SHA-256 $digest"
		calls_are begin commit
		$make
		verb_json 0 stage --once image.igvm
		is "$(json state)" staged
		is "$(json once)" True
		is "$(json any_reset)" ordinary
		is "$(json orderly_reboot)" image
	done
}

@test "a dry run of stage sends no request" {
	local make
	for make in device_keeps device_tries; do
		$make
		verb 0 stage --dry-run image.igvm
		is "$output" 'image.igvm: could be staged'
	done
	verb_json 0 stage --dry-run image.igvm
	output_has '"dry_run": true'
	[[ $output != *'"state"'* && $output != *'"sha256"'* ]] || fail "$output"
	calls_are
}

@test "stage at the reboot: the kernel log alone has the answer" {
	device_keeps
	verb 0 stage --at-reboot image.igvm
	output_has 'at first only an orderly reboot applies it; after that, every reset does; '
	output_has "the kernel logs the VMM's answer at the reboot"
	verb 0 stage --once image.igvm
	output_has 'only one orderly reboot applies it, and the reset after that restores the host'
	calls_are begin commit cancel begin 'commit 2'
}

@test "stage and revert send no request if the machine did not start from an IGVM file" {
	device_keeps start=2
	verb 12 stage image.igvm
	stderr_has '-machine igvm-cfg='
	stderr_has '-object igvm-cfg,id='
	stderr_has '-device vm-launch-update'
	verb 12 stage --dry-run image.igvm
	verb 12 revert
	calls_are
	device_keeps start=0
	FAKE_STATUS=2 verb 12 stage image.igvm
	stderr_has '-machine igvm-cfg='
}

@test "an image that the VMM does not load does not replace the held image" {
	device_keeps
	FAKE_STATUS=1 verb 6 stage image.igvm
	stderr_has 'cannot hand over the image: the VMM refused it with status 1'
	stderr_has 'nothing has changed in the VMM'
}

@test "stage does not hand over an image that would end QEMU at the reset" {
	# QEMU knows this type of header, but has no handler for it.
	broken image.igvm '
image.parameter_area(1, 4096)
image.parameter(COMMAND_LINE, 1, 2048)
image.parameter_insert(0x900000, 1, mask=1)'
	device_keeps
	verb 4 stage image.igvm
	stderr_has '[qemu-type]'
	stderr_has '--force=vmm'
	verb 4 stage --at-reboot image.igvm
	verb 4 stage --once --dry-run image.igvm
	calls_are
	verb 0 stage --force=vmm image.igvm
	stderr_has '[qemu-type]'
	stderr_has 'the reset ends this VM'
	calls_are begin 'commit 1'
	# Any VMM may offer a draft of the interface, so QEMU's rules do not apply.
	device_tries
	verb 0 stage image.igvm
	run_ctl 2 auto --force=vmm
	stderr_has '--force=vmm: '
}

@test "unstage of a copied image asks for the host's, and says so" {
	device_keeps
	verb 0 stage image.igvm
	verb 0 unstage --dry-run
	is "$output" "unstage would ask the VMM for the host's image in place of the one that is armed"
	calls_are begin 'commit 1'
	FAKE_REFUSED=restore verb 6 unstage
	is "$output" ''
	: >"$FAKE_LOG"
	device_keeps
	verb 0 stage image.igvm
	verb 0 unstage
	output_has "the next reset brings the host's image, which may differ from the running firmware"
	calls_are begin 'commit 1' restore
	verb 3 unstage
	stderr_has "the next reset restores the host's image"
	verb 6 stage image.igvm
	stderr_has 'reboot first'
	calls_are begin 'commit 1' restore
}

@test "unstage of an image that waits for the reboot" {
	device_keeps
	verb 0 stage --at-reboot image.igvm
	verb 0 unstage
	output_has 'unstage has withdrawn the image, which the VMM has not seen'
	calls_are begin commit cancel
	device_tries
	verb 0 stage image.igvm
	verb 0 unstage --dry-run
	is "$output" 'unstage would withdraw the image that is staged'
	FAKE_REFUSED=cancel verb 6 unstage
	is "$output" ''
	verb 0 unstage
	output_has 'withdrawn the image; the next reset starts the firmware that runs now'
	verb 0 stage image.igvm
	verb_json 0 unstage
	is "$(json held) $(json any_reset) $(json orderly_reboot)" 'nothing ordinary ordinary'
	is "$(json state)" idle
	device_tries "state=$disabled"
	verb 3 unstage
	stderr_has 'firmware updates are switched off until the next reset'
	device_keeps
	verb 3 unstage
	stderr_has "'vmfwupdate-ctl revert' asks for the host's"
	# The VMM keeps an image of an earlier boot, or certainly none.
	device_keeps held=2
	verb 3 unstage
	stderr_has "'vmfwupdate-ctl revert' asks for the host's"
	device_keeps held=1
	verb 3 unstage
	is "$stderr" 'vmfwupdate-ctl: nothing is staged'
	device_tries
	verb 3 unstage
	is "$stderr" 'vmfwupdate-ctl: nothing is staged'
}

@test "one image waits for the reboot, another one is with the VMM" {
	device_keeps
	verb 0 stage image.igvm
	verb 0 stage --at-reboot image.igvm
	stderr_has 'at the orderly reboot, this image replaces the one that was armed before; until then any reset applies the earlier one'
	verb_json 0 status
	is "$(json any_reset)" earlier-image
	is "$(json orderly_reboot)" image
	verb 0 unstage
	stderr_has 'the VMM still applies an earlier image'
	verb_json 0 status
	is "$(json state)" armed
	is "$(json any_reset)" image
	verb 0 unstage
	verb_json 0 status
	is "$(json state)" reverting
}

@test "revert" {
	device_keeps
	verb 0 revert --dry-run
	is "$output" "revert would ask the VMM to restore the host's image at the next reset"
	calls_are
	FAKE_REFUSED=restore verb 6 revert
	is "$output" ''
	: >"$FAKE_LOG"
	verb_json 0 revert
	is "$(json held) $(json any_reset) $(json orderly_reboot)" 'host host host'
	is "$(json state)" reverting
	: >"$FAKE_LOG"
	device_keeps
	verb 0 revert
	is "$output" "the next reset restores the host's image"
	stderr_has "at the next reset the VMM reads the file of the host's image again; if the file is missing, the VM ends"
	verb 0 revert
	output_has "the VMM has this request already; the next reset restores the host's image"
	calls_are restore
	verb_json 0 revert
	is "$(json state)" reverting
	is "$(json any_reset)" host
	verb 6 stage image.igvm
	device_keeps "state=$reverting"
	verb 0 revert
	calls_are restore restore
	device_keeps "state=$disabled"
	verb 6 revert
	stderr_has 'switched off'
	verb 6 revert --dry-run
}

@test "revert is not needed where the VMM keeps nothing" {
	local make
	for make in device_tries device_older; do
		$make
		verb 3 revert
		stderr_has 'not needed'
		verb 0 stage image.igvm
		verb 3 revert
		stderr_has "'vmfwupdate-ctl unstage' takes it back"
	done
}

@test "a request that the VMM does not confirm takes no image away" {
	device_tries
	verb 0 stage image.igvm
	FAKE_REFUSED=disable verb 6 disable
	stderr_has 'cannot switch off firmware updates: the VMM does not confirm it'
	[[ $stderr != *'no longer applies'* ]] || fail 'withdrawn' "$stderr"
	verb 0 disable
	stderr_has 'the VMM no longer applies the image that was staged'
	device_keeps
	verb 0 stage image.igvm
	FAKE_REFUSED=restore verb 6 revert
	[[ $stderr != *'no longer applies'* ]] || fail 'withdrawn' "$stderr"
	verb 0 revert
	stderr_has 'the VMM no longer applies the image that was armed'
}

@test "disable prints how long the interface stays off" {
	device_tries
	verb 0 disable --dry-run
	is "$output" 'disable would switch firmware updates off until the next reset'
	verb 0 disable
	output_has 'switched off until the next reset'
	verb 0 disable
	output_has 'already switched off until the next reset'
	device_keeps
	verb 0 stage image.igvm
	verb 0 disable
	stderr_has 'the VMM still applies the image that it has received'
	output_has "switched off until the VMM restores the host's image or the host powers the VM off and on"
	verb_json 0 disable
	is "$(json any_reset)" image
	verb 6 stage image.igvm
	stderr_has "until the VMM restores the host's image"
	verb 3 unstage
	stderr_has 'still applies'
	device_keeps "state=$disabled" "held=$held_host"
	verb 0 disable
	output_has "until the next reset, which restores the host's image"
}

# status_is LABEL TEXT: expect this line in the output of status
status_is()
{
	grep -qE "^$1 +$2\$" <<<"$output" || fail "no line $1: $2" "$output"
}

@test "status shows the effect of resets, on a VMM that keeps images" {
	device_keeps
	verb 0 status --all
	status_is Interface vmlaunchupdate
	status_is Properties 'copies, persists, restore, once, disable-stays'
	status_is 'Started from' 'an IGVM file'
	status_is 'The VMM holds' 'unknown: the VMM may have an image'
	status_is 'Any reset' 'unknown: the VMM may have an image'
	verb 0 stage image.igvm
	verb 0 status --all
	status_is State armed
	status_is 'The VMM holds' 'an image of this guest'
	status_is 'Any reset' 'the image; every later reset, too'
	verb_json 0 status
	is "$(json properties)" "['copies', 'persists', 'restore', 'once', 'disable-stays']"
	is "$(json held)" image
	is "$(json start)" igvm
	is "$(json takes_images)" True
	verb 0 revert
	verb 0 status
	status_is State reverting
	status_is 'Orderly reboot' "the host's image"
	device_keeps start=2
	verb 0 status
	status_is 'Started from' 'no IGVM file, so the VMM takes no image'
}

@test "status shows the effect of resets, on the drafts" {
	local make
	for make in device_tries device_older; do
		$make
		verb 0 status --all
		status_is Properties trial
		status_is 'The VMM holds' nothing
		status_is 'Any reset' 'no image'
		verb 0 stage image.igvm
		verb 0 status
		status_is 'Any reset' 'no image'
		status_is 'Orderly reboot' 'the image'
		verb 0 stage --arm-now image.igvm
		verb_json 0 status
		is "$(json any_reset)" image
		is "$(json held)" image
		done
}

# auto_is CODE REASON: expect that auto makes no attempt, and sends no request
auto_is()
{
	verb_json "$1" auto --root=root
	is "$(json decision reason)" "$2"
	is "$(json decision attempt)" False
	calls_are
}

@test "auto makes no attempt where it would be in vain" {
	make_root
	want_image
	device_keeps start=2
	auto_is 12 not-started-from-igvm
	device_keeps "state=$reverting" "held=$held_host"
	auto_is 6 reverting
	device_keeps "state=$disabled"
	auto_is 6 disabled
	want_image required=yes
	device_keeps start=2
	auto_is 11 not-started-from-igvm
	stderr_of_auto=$(run_ctl 11 auto --root=root --device=device)
	[[ $stderr_of_auto == *required=yes* ]]
}

@test "auto recognises the running firmware, although the VMM does not show its image" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	device_keeps
	verb_json 0 auto --root=root
	is "$(json decision reason)" running
	# auto runs at each boot, so it does not print the warning that stage prints.
	is "$(json messages)" '[]'
	verb 0 stage root/efi/EFI/fw.igvm
	stderr_has '[qemu-registers]'
	: >"$FAKE_LOG"
	device_keeps start=2
	verb_json 0 auto --root=root
	is "$(json decision reason)" running
	calls_are
}

@test "verify and explain name the VMM whose digest counts" {
	make_root
	want_image
	device_keeps
	verb_json 10 verify --root=root
	is "$(json vmm)" qemu
	verb_json 0 auto --explain --root=root
	is "$(json vmm)" qemu
	is "$(json start)" igvm
	is "$(json held)" unknown
	want_image vmm=generic
	verb_json 10 verify --root=root
	is "$(json vmm)" generic
	want_image
	device_tries
	verb_json 10 verify --root=root
	is "$(json vmm)" unknown
}

@test "auto records the outcome of an attempt, also where it cannot make another" {
	make_root
	want_image
	records "$image,1,1,0,Provider,"
	device_keeps "state=$reverting" "held=$held_host"
	verb_json 6 auto --root=root
	is "$(json decision consume)" True
	run_ctl_json 0 history --root=root
	is "$(json attempts 0 outcome)" unknown
}

# auto_attempts: expect that auto makes an attempt. The fake device refuses the reset.
auto_attempts()
{
	: >"$FAKE_LOG"
	verb_json 1 auto --root=root
	is "$(json decision attempt)" True
	calls_are begin 'commit 1' reboot
}

auto_is_content()
{
	: >"$FAKE_LOG"
	verb_json 0 auto --root=root
	is "$(json decision reason)" running
	calls_are
}

@test "auto on a VMM that keeps images: one attempt at a cold start, none at warm ones" {
	make_root
	want_image
	boot_is 1
	device_keeps
	auto_attempts
	# auto makes no second attempt in one boot.
	: >"$FAKE_LOG"
	auto_is 7 made-attempt
	# After this reset and two more warm resets, the driver cannot tell which image the
	# VMM holds.
	firmware_is Tenant
	local boot
	for boot in 2 3 4; do
		boot_is $boot
		device_keeps
		auto_is_content
	done
	# A cold start.
	boot_is 5
	firmware_is Provider
	device_keeps
	auto_attempts
	boot_is 6
	firmware_is Tenant
	device_keeps
	auto_is_content
	# After a request for the host's image, auto does nothing in this boot.
	device_keeps "state=$reverting" "held=$held_host"
	auto_is_content
	# After the next reset, the provider's firmware runs, so auto makes one attempt.
	boot_is 7
	firmware_is Provider
	device_keeps
	auto_attempts
	# The VMM holds an image that the record does not know.
	boot_is 8
	firmware_is Third
	device_keeps
	: >"$FAKE_LOG"
	auto_is 7 follows-attempt
	auto_is 7 follows-attempt
	boot_is 9
	auto_attempts
}

@test "no permission for the device is not the same as no device" {
	[[ $(id -u) -eq 0 ]] || skip 'changing users needs root'
	make_root
	want_image
	device_keeps
	chmod 600 device
	chmod 755 . .. ../.. root
	cp "$O/userspace/vmfwupdate-ctl" tool
	as_nobody()
	{
		status=0
		output=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
			timeout 60 ./tool "$@" 2>errors) || status=$?
		echo "$output"; cat errors
	}
	as_nobody auto --explain --root=root --device="$PWD/device"
	is "$status" 1
	grep -q 'Permission denied; run this as root' errors
	output_has 'cannot find out whether this VMM offers firmware updates'
	[[ $output != *'does not offer'* ]]
}
