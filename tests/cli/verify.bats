#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# verify: evidence from the record and from the firmware's name.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

# verdict_is CODE VERDICT RUNG: expect this result of verify, which changes no file
verdict_is()
{
	nothing_changed run_ctl_json "$1" verify --root=root
	is "$(json evidence verdict)" "$2"
	is "$(json evidence rung)" "$3"
}

@test "one message if both image and record need the missing ESP" {
	make_root
	configure 'image=ESP:/EFI/fw.igvm'
	rm -r root/efi
	run_ctl 10 verify --root=root
	is "$(grep -c 'there is no EFI system partition' <<<"$stderr")" 1
	output_has 'unknown (none): no report describes another root'
	run_ctl_json 10 verify --root=root
	is "$(grep -c 'there is no EFI system partition' <<<"$output")" 1
}

@test "nothing is configured: nothing to verify" {
	make_root
	run_ctl 3 verify --root=root
	stderr_has vmfwupdate.conf
}

# The configured root is not that of this machine, so there is no report.
@test "an expected digest alone, without an image: unknown without a report" {
	local platform
	make_root
	for platform in snp tdx; do
		configure "expected-digest=$platform:$(printf '%096d' 0)"
		verdict_is 10 unknown none
	done
}

@test "nothing was ever attempted: unknown" {
	make_root
	want_image
	verdict_is 10 unknown none
	run_ctl 10 verify --root=root
	output_has 'unknown (none): '
}

@test "the firmware changed its name after the attempt: running" {
	make_root
	want_image
	records "$image,1,1,0,Provider,"
	verdict_is 10 unknown none
	firmware_is Tenant
	verdict_is 0 running claimed
	run_ctl 0 verify --root=root
	output_has 'running (claimed): '
}

@test "the record has the firmware's name from an earlier attempt" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	verdict_is 0 running claimed
	firmware_is Provider
	verdict_is 9 'not running' claimed
	firmware_is Third
	verdict_is 9 'not running' claimed
}

@test "an attempt with another image says nothing of this one" {
	make_root
	want_image
	records "${image//?/0},2,1,2,Provider,Tenant"
	firmware_is Tenant
	verdict_is 10 unknown none
}

@test "a claim is not enough where attestation is required" {
	make_root
	want_image evidence=attested
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	verdict_is 10 unknown none
	firmware_is Provider
	verdict_is 9 'not running' claimed
}

# A record has no signature: anyone who can write to the ESP can forge it.
@test "a record on the ESP is a claim, which evidence=opaque does not take" {
	make_root
	want_image required=yes
	records "$image,2,1,2,Somebody,Provider"
	verdict_is 0 running claimed
	run_ctl 0 auto --dry-run --root=root
	for level in opaque quoted attested signed; do
		want_image required=yes evidence=$level
		verdict_is 10 unknown none
		run_ctl 10 verify --root=root
		output_has "the evidence is only claimed, but the configuration demands evidence=$level"
		run_ctl 11 auto --dry-run --root=root
		stderr_has 'cannot go on without the configured firmware (required=yes)'
	done
}

@test "a damaged record is no evidence" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	printf x | dd of=root/efi/EFI/vmfwupdate/record.a bs=1 seek=99 conv=notrunc status=none
	printf x | dd of=root/efi/EFI/vmfwupdate/record.b bs=1 seek=99 conv=notrunc status=none
	run_ctl 10 verify --root=root
	stderr_has damaged
}

@test "the image is missing" {
	make_root
	want_image
	rm root/efi/EFI/fw.igvm
	run_ctl 10 verify --root=root
	stderr_has 'fw.igvm: cannot use this file: No such file'
}

@test "verify reports a broken configuration line by line" {
	make_root
	configure 'image=fw.igvm' '# fine' 'evidence=none'
	run_ctl 2 verify --root=root
	stderr_has 'root/etc/vmfwupdate.conf:1: image=fw.igvm'
	stderr_has 'root/etc/vmfwupdate.conf:3: evidence=none'
}
