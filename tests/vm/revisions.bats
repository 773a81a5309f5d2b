#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The revision of the interface that the guest finds, and the conversion of images for
# it: v6 takes flat firmware, igvm takes IGVM images.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# The sizes of OVMF (2 or 4 MiB) and of SeaBIOS differ between releases.
setup_file()
{
	export OVMF_SIZE SEABIOS_SIZE
	OVMF_SIZE=$(size_of ovmf.fd)
	SEABIOS_SIZE=$(size_of seabios.fd)
}

# size_of IMAGE: print the size in bytes of one of the guest's images.
size_of()
{
	stat -c %s "$O/tests/vm/images/$1"
}

# The VMM's area has the size of SeaBIOS, so it must grow for OVMF.
start_v6()
{
	vm_start revision=v6 bios-resize=on "$@"
}

# digest_of FILE: set $digest to the SHA-256 of a file in the guest.
digest_of()
{
	guest 0 "sha256sum <$1"
	digest=${output%% *}
}

@test "with both revisions, the module uses igvm" {
	vm_start revision=igvm+v6
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm; cat /sys/class/misc/vmfwupdate/interface'
	output_has igvm
	vmm_saw 0 'file=fw-blob'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "igvm: stage wraps flat firmware, byte for byte as the verb wrap does" {
	vm_start
	digest_of /images/ovmf.fd
	local flat=$digest
	guest 0 'vmfwupdate-ctl stage /images/ovmf.fd'
	output_has 'wrapped into an IGVM image'
	output_has "$flat"
	guest 0 'vmfwupdate-ctl status --all'
	output_has "$flat"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.fd'
	output_has 'already staged'
	digest_of /images/ovmf.igvm
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 "loaded .*sha256=$digest"
}

# bats test_tags=core
@test "v6: the tool hands flat firmware over unchanged" {
	start_v6
	guest 0 'vmfwupdate-ctl status --all; cat /sys/class/misc/vmfwupdate/interface'
	output_has v6
	output_has '65536 bytes'
	digest_of /images/ovmf.fd
	guest 0 'vmfwupdate-ctl stage /images/ovmf.fd'
	output_has "$digest"
	state_is staged
	vmm_saw 1 "write file=fw-blob .*size=$(printf 0x%x "$OVMF_SIZE") verdict=accepted"
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 "loaded .*sha256=$digest"
	vmm_saw 1 'reset kind=update'
}

@test "v6: the tool flattens an IGVM image that contains only flat firmware" {
	start_v6
	digest_of /images/ovmf.igvm
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has flattened
	output_has "$digest"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has 'already staged'
	vmm_saw 1 'verdict=accepted'
	digest_of /images/ovmf.fd
	vm_reset_by 'reboot -f'
	firmware_is UEFI
	vmm_saw 1 "loaded .*sha256=$digest"
}

@test "v6: the tool refuses an image with other parts, and names the part and its place" {
	start_v6
	guest 5 'vmfwupdate-ctl stage /images/parameters.igvm'
	output_has 'parameters at 0x800000'
	guest 4 'vmfwupdate-ctl stage /images/snp.igvm'
	guest 4 'vmfwupdate-ctl stage /images/broken.igvm'
	state_is idle
	vmm_saw 0 ' write '
	nothing_armed
}

@test "v6: the tool refuses firmware larger than the area, and names both sizes" {
	vm_start revision=v6
	for image in ovmf.fd ovmf.igvm; do
		guest 5 "vmfwupdate-ctl stage /images/$image"
		output_has "$OVMF_SIZE"
		output_has "$SEABIOS_SIZE"
	done
	vmm_saw 0 ' write '
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm'
	vmm_saw 1 "size=$(printf 0x%x "$SEABIOS_SIZE") verdict=accepted"
	digest_of /images/seabios.fd
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 "loaded .*sha256=$digest"
}

@test "v6: flat firmware whose size is no multiple of 64 KiB boots only with padding in front" {
	start_v6
	guest 0 'head -c 4096 /dev/zero | cat - /images/seabios.fd >/tmp/odd.fd'
	guest 5 'vmfwupdate-ctl stage /tmp/odd.fd'
	output_has 'multiple'
	output_has $((60 << 10))
	vmm_saw 0 ' write '
	guest 0 'head -c 61440 /dev/zero | tr "\0" "\377" | cat - /tmp/odd.fd >/tmp/even.fd'
	guest 0 'vmfwupdate-ctl stage /tmp/even.fd'
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 'loaded '
}

@test "v6: the tool pads an IGVM image of odd size in front" {
	start_v6
	guest 0 'head -c 4096 /dev/zero | cat - /images/seabios.fd >/tmp/odd.fd
		vmfwupdate-ctl wrap /tmp/odd.fd -o /tmp/odd.igvm'
	guest 0 'vmfwupdate-ctl stage /tmp/odd.igvm'
	vmm_saw 1 'size=0x50000 verdict=accepted'
	guest 0 'head -c 61440 /dev/zero | tr "\0" "\377" | cat - /tmp/odd.fd >/tmp/even.fd'
	digest_of /tmp/even.fd
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 1 "loaded .*sha256=$digest"
}

@test "v6: the tool does not take a variable store for firmware" {
	start_v6
	guest 4 'head -c 131072 /images/ovmf.fd >/tmp/vars.fd; vmfwupdate-ctl stage /tmp/vars.fd'
	output_has 'reset vector'
	vmm_saw 0 ' write '
}

@test "v6: a dry run changes nothing" {
	start_v6
	guest 0 'vmfwupdate-ctl stage --dry-run --json /images/ovmf.igvm'
	output_has '"conversion": "flattened"'
	output_has "\"image_size\": $OVMF_SIZE"
	state_is idle
	vmm_saw 0 ' write '
}

@test "v6: a crash keeps the old firmware, and so does unstage" {
	start_v6
	guest 0 'vmfwupdate-ctl stage /images/ovmf.fd'
	nothing_armed
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.fd'
	state_is armed
	guest 0 'vmfwupdate-ctl unstage'
	vmm_last_write_was cleared
	vm_reset_by 'reboot -f'
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
}

@test "v6: a crash applies an armed image" {
	start_v6
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.igvm'
	vmm_last_write_was accepted
	crash
	firmware_is UEFI
	vmm_saw 1 'reset kind=update'
}

@test "v6: disable drops the image and holds until a reset" {
	start_v6
	guest 0 'vmfwupdate-ctl stage --arm-now /images/ovmf.fd'
	guest 0 'vmfwupdate-ctl disable'
	state_is disabled
	vmm_saw 1 'write file=disable .*verdict=disabled'
	guest 6 'vmfwupdate-ctl stage /images/ovmf.fd'
	crash
	firmware_is BIOS
	vmm_saw 0 'reset kind=update'
	guest 0 'vmfwupdate-ctl stage /images/ovmf.fd'
}

@test "v6: an image that the VMM refuses at the offer" {
	start_v6 fault=refuse-image
	guest 6 'vmfwupdate-ctl stage /images/ovmf.fd'
	output_has refused
	state_is idle
	nothing_armed
}

@test "v6: a write that the VMM ignores counts as a refusal" {
	start_v6 fault=ignore-write
	guest 6 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has ignored
	state_is idle
	nothing_armed
}

@test "v6: the VMM refuses an image above its own limit" {
	start_v6 max-size=1M
	guest 6 'vmfwupdate-ctl stage /images/ovmf.fd'
	state_is idle
	nothing_armed
}
