#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# status: the firmware, the attempts and the next reset, at a glance.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

# line_is LABEL TEXT: expect a line with this label and this regular expression
line_is()
{
	grep -qE "^$1 +$2\$" <<<"$output" || fail "no line $1: $2" "$output"
}

# labels_are LABEL...: expect lines with these labels and no others, in this order. A
# line that continues the one above it has an empty label.
labels_are()
{
	is "$(cut -c 1-18 <<<"$output" | sed 's/ *$//')" "$(printf '%s\n' "$@")"
}

# lines_are LABEL...: the same, for at most ten lines
lines_are()
{
	labels_are "$@"
	(($(wc -l <<<"$output") <= 10)) || fail 'more than ten lines' "$output"
	fits_terminal
}

@test "nothing is configured: the firmware, auto, and the interface" {
	make_root
	device_keeps
	nothing_changed run_ctl 0 status --root=root --device=device
	lines_are Firmware auto Interface State 'Any reset' 'Orderly reboot'
	line_is Firmware 'Provider 1\.0, 01/01/2024 \(BIOS, by SMBIOS\)'
	line_is auto 'would make no attempt: no image is configured'
	is "$stderr" ''
	run_ctl_json 0 status --root=root --device=device
	is "$(json firmware vendor)" Provider
	is "$(json firmware claimed_by)" smbios
	is "$(json decision reason)" not-configured
}

@test "configured and staged: ten lines" {
	make_root
	want_image
	record a 3 "$image,3,1,2,Provider,Provider"
	record b 4 "$image,3,1,2,Provider,Provider"
	device_tries state=2 image_format=1 image_size=8192 image_written=8192 commit_time=1
	nothing_changed run_ctl 0 status --root=root --device=device
	lines_are Firmware 'Wanted image' 'Wanted firmware' 'Last attempt' auto Interface \
		State 'Any reset' 'Orderly reboot' Image
	line_is 'Wanted image' 'ESP:/EFI/fw\.igvm'
	line_is 'Wanted firmware' 'unknown \(none\): .*'
	line_is 'Last attempt' '#1, not running \(claimed\): this image ran under another name'
	line_is auto 'would make an attempt: .*'
	line_is 'Orderly reboot' 'the image'
	line_is Image '8\.0 KiB, IGVM, SHA-256 0{12}\.\.\., staged [1-9][0-9]* s ago'
	is "$stderr" ''
	# --all has the whole digest and the exact size.
	run_ctl 0 status --all --root=root --device=device
	fits_terminal
	line_is 'Image size' '8\.0 KiB \(8192 bytes\)'
	line_is 'Image SHA-256' '0{64}'
	line_is 'Its SHA-256' "$image"
}

# staged_too: stage an image, and expect ten lines
staged_too()
{
	device_tries state=2 image_format=1 image_size=1610612736 image_written=1610612736 \
		commit_time=1
	run_ctl 0 status --root=root --device=device
	lines_are Firmware 'Wanted image' 'Wanted firmware' 'Last attempt' auto Interface \
		State 'Any reset' 'Orderly reboot' Image
}

@test "before and after attempts: at most ten lines, none wider than a terminal" {
	make_root
	want_image
	# After the attempt, the firmware is the wanted one.
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	staged_too
	line_is 'Wanted firmware' 'running \(claimed\): .*'
	line_is auto 'would make no attempt: the wanted firmware is running'
	# After a cold start, the provider's firmware runs.
	firmware_is Provider
	staged_too
	line_is 'Wanted firmware' 'not running \(claimed\): .*'
	line_is auto 'would make an attempt: no evidence that the image is running'
	# The attempt did not start the wanted firmware.
	records "$image,2,1,2,Provider,Tenant" "$image,3,2,3,Provider,Provider"
	staged_too
	line_is 'Last attempt' '#2, not running \(claimed\): this image ran under another name'
	# The image is not that of the last attempt.
	records "$(printf '%064d' 1),2,1,2,Provider,Tenant"
	firmware_is Tenant
	staged_too
	line_is 'Wanted firmware' 'unknown \(none\): .*'
	# The firmware in the image has the name of the provider's firmware.
	records "$image,2,1,2,Provider,Provider"
	staged_too
	line_is 'Wanted firmware' 'unknown \(none\): .*'
}

@test "the last attempt: its outcome, its evidence, and the reason" {
	local attempt last
	make_root
	want_image
	device_tries
	while read -r attempt last; do
		records "$image,$attempt"
		run_ctl 0 status --root=root --device=device
		line_is 'Last attempt' "#1, $last"
		fits_terminal
	done <<-'END'
	1,1,0,Provider, open
	2,1,2,Provider,Tenant running \(claimed\)
	4,1,2,Provider,Provider unknown: the attempt did not change the firmware name
	4,1,2,Provider,Tenant unknown
	5,1,2,Provider,Provider refused: the VMM did not take the image
	6,1,2,Provider,Provider failed: an error prevented the reset
	END
	run_ctl_json 0 status --root=root --device=device
	is "$(json record last_why)" 'an error prevented the reset'
	is "$(json record last_rung)" none
}

@test "a long line continues below, after the label" {
	make_root
	want_image
	firmware_is "$(printf 'word %.0s' {1..12})end"
	device_tries
	run_ctl 0 status --root=root --device=device
	lines_are Firmware '' 'Wanted image' 'Wanted firmware' auto Interface State \
		'Any reset' 'Orderly reboot'
	is "$(sed -n 2p <<<"$output")" "$(printf '%19s' '')end 1.0, 01/01/2024 (BIOS, by SMBIOS)"
}

@test "an image that is not complete yet" {
	make_root
	device_tries state=1 image_size=8192 image_written=4096
	run_ctl 0 status --root=root --device=device
	line_is Image '8\.0 KiB, not complete'
	[[ $output != *SHA-256* ]] || fail "$output"
}

@test "an attempt that is open: this boot would record its result" {
	make_root
	want_image
	records "$image,1,1,0,Provider,"
	device_tries
	run_ctl 0 status --root=root --device=device
	line_is 'Last attempt' '#1, open'
	line_is auto 'would make no attempt: this boot follows an attempt, so it'
	fits_terminal
	run_ctl_json 0 status --root=root --device=device
	is "$(json record last_outcome)" open
	is "$(json decision reason)" follows-attempt
	is "$(json decision consume)" True
	# status does not record the outcome.
	run_ctl 0 history --root=root
	output_has ' open'
}

@test "no device: status shows the other facts" {
	make_root
	want_image
	run_ctl 5 status --root=root --device=missing
	lines_are Firmware 'Wanted image' 'Wanted firmware' auto ''
	line_is auto 'would make no attempt: this machine does not offer firmware.*'
	is "$(grep -c missing <<<"$stderr")" 1
	run_ctl 0 status --root=root
	lines_are Firmware 'Wanted image' 'Wanted firmware' auto ''
	is "$stderr" ''
}

@test "a missing image causes an error message, and status shows the rest" {
	make_root
	configure 'image=ESP:/EFI/missing.igvm'
	device_keeps
	run_ctl 0 status --root=root --device=device
	stderr_has 'missing.igvm: cannot use this file: No such file or directory'
	line_is auto 'would make no attempt: cannot find, read or check the.*'
	line_is State idle
}

@test "a wrong configuration causes an error message, and status shows the rest" {
	make_root
	configure 'imgae=x'
	device_keeps
	run_ctl 0 status --root=root --device=device
	stderr_has 'unknown key'
	lines_are Firmware Interface State 'Any reset' 'Orderly reboot'
}

@test "lines that status shows only in special cases" {
	make_root
	device_keeps start=2 leaked=8192
	run_ctl 0 status --root=root --device=device
	line_is 'Started from' 'no IGVM file, so the VMM takes no image'
	line_is 'Leaked memory' '8 KiB.*|8192.*'
	device_keeps "state=$disabled"
	run_ctl 0 status --root=root --device=device
	line_is 'Switched off' 'until .*'
}

@test "--all shows more lines, and JSON always has their values" {
	make_root
	device_keeps
	run_ctl 0 status --all --root=root --device=device
	labels_are Firmware auto Device Interface Properties 'Started from' State \
		'The VMM holds' 'Any reset' 'Orderly reboot' Isolation Formats \
		'VMM capabilities' 'Largest image'
	run_ctl_json 0 status --root=root --device=device
	is "$(json held)" unknown
	is "$(json formats)" "['igvm']"
}

# both: put the status into $output as text, and into $document as JSON
both()
{
	run_ctl 0 status --json --root=root --device=device
	document=$output
	run_ctl 0 status --all --root=root --device=device
}

# members_are LINE...: expect these lines in the JSON document
members_are()
{
	local line
	for line; do
		grep -qxE " *$line,?" <<<"$document" || fail "expected: $line" "$document"
	done
}

@test "the abilities of the VMM, as text and as JSON" {
	make_root
	device_tries formats=3 vmm_capabilities=$((0x12)) max_size=65536 size_multiple=4096 \
		max_ranges=7 leaked=8192
	both
	line_is Formats 'IGVM, flat'
	line_is 'VMM capabilities' 0x12
	line_is 'Largest image' '64\.0 KiB \(65536 bytes\)'
	line_is 'In multiples of' '4\.0 KiB \(4096 bytes\)'
	line_is 'Leaked memory' '8\.0 KiB \(8192 bytes\)'
	[[ $output != *Image* && $output != *'Switched off'* ]] || fail "$output"
	members_are '"vmm_capabilities": "0x12"' '"max_size": 65536' '"size_multiple": 4096' \
		'"max_ranges": 7' '"leaked": 8192' '"abi_version": 1' '"interface": "igvm"' \
		'"device": "device"'
	is "$(output=$document json formats)" "['igvm', 'flat']"
	[[ $document != *'"image"'* && $document != *disabled_until* ]] || fail "$document"
	# Any size is a multiple of 1.
	device_tries formats=4
	both
	line_is Formats 'none that this tool knows'
	[[ $output != *'In multiples of'* && $output != *Leaked* ]] || fail "$output"
	members_are '"formats": \[\]'
	device_keeps "state=$disabled"
	both
	members_are '"state": "disabled"' \
		"\"disabled_until\": \"until the VMM restores the host's image or the host.*\""
}

@test "the isolation, and the image that the VMM holds" {
	local isolation number words held
	make_root
	while read -r number isolation words; do
		device_tries "isolation=$number"
		both
		line_is Isolation "$words"
		members_are "\"isolation\": \"$isolation\""
	done <<-END
	0 none none
	1 sev SEV
	2 sev-es SEV-ES
	3 snp SEV-SNP
	4 tdx TDX
	5 other other
	END
	while read -r number held words; do
		device_keeps "held=$number"
		both
		line_is 'The VMM holds' "$words"
		members_are "\"held\": \"$held\""
	done <<-END
	0 unknown unknown: the VMM may have an image
	1 nothing nothing
	2 image an image of this guest
	3 host the host's image
	END
}

# ago SECONDS: print the time stamp of a commit, by the clock of the kernel
ago()
{
	python3 -c '
import sys, time
print(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - int(sys.argv[1]) * 10 ** 9)' "$1"
}

@test "a staged image: its address, its format and its age" {
	local time age
	make_root
	# A machine may have started a moment ago.
	time=$(ago 10)
	device_tries state=2 image_format=2 image_size=8192 image_written=4096 \
		image_addr=$((0x4000000)) commit_time="$time"
	both
	line_is 'Image address' 0x4000000
	line_is Image '8\.0 KiB, flat, SHA-256 0{12}\.\.\., staged [0-9]+ s ago'
	members_are '"size": 8192' '"written": 4096' '"address": "0x4000000"' \
		'"format": "flat"' "\"commit_time_ns\": $time"
	# The commands may take long, so the age may be above 10 s.
	for age in "$(output=$document json image seconds_ago)" \
		"$(sed -n 's/.*, staged \([0-9]*\) s ago$/\1/p' <<<"$output")"; do
		((age >= 10 && age <= ($(ago 0) - time) / 1000000000)) || fail "age: $age s"
	done
	# The time stamp is in the future, and the VMM has its own copy.
	device_keeps state=3 held=2 image_format=1 image_size=8192 image_written=8192 \
		commit_time="$(ago -1000)"
	both
	line_is Image '8\.0 KiB, IGVM, .*, staged 0 s ago'
	[[ $output != *'Image address'* ]] || fail "$output"
	members_are '"address": "0x0"' '"format": "igvm"' '"seconds_ago": 0'
	# An image that is not complete has neither a digest nor an age.
	device_tries state=1 image_format=1 image_size=8192 image_written=4096
	run_ctl_json 0 status --root=root --device=device
	is "$(json image)" "{'size': 8192, 'written': 4096, 'address': '0x0'}"
}
