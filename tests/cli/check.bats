#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check: sound and broken images. Unit tests cover each rule.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

@test "errors suggest wrap for firmware, but not for a variable store" {
	local verb
	needs "$OVMF_VARS" ovmf
	cp "$OVMF_VARS" vars.fd
	for verb in 'check vars.fd' 'partition install vars.fd --disk=none' \
		'decompose vars.fd -o parts'; do
		# shellcheck disable=SC2086 # words
		run_ctl 4 $verb
		stderr_has 'vars.fd: there is no code at the reset vector'
		[[ $stderr != *wrap* ]] || fail "$verb: $stderr"
	done
	needs "$SEABIOS" seabios
	cp "$SEABIOS" rom.fd
	for verb in 'check rom.fd' 'partition install rom.fd --disk=none' \
		'decompose rom.fd -o parts'; do
		# shellcheck disable=SC2086 # words
		run_ctl 4 $verb
		stderr_has 'vmfwupdate-ctl wrap rom.fd -o FILE.igvm'
	done
	run_ctl 0 wrap rom.fd -o FILE.igvm
}

@test "check finds each sample sound" {
	local name samples
	list_samples
	for name in $samples; do
		sample "$name" image.igvm
		run_ctl 0 check image.igvm
		output_has 'sound'
		run_ctl_json 0 check image.igvm
		is "$(json errors)" 0
	done
}

@test "an error names header, place, field, value and rule" {
	broken image.igvm 'image.headers[5].fields["gpa"] = 0x1001'
	run_ctl 4 check image.igvm
	output_has 'image.igvm: error: header 5 (PAGE_DATA at 0xa0): gpa 0x1001: must be a multiple of 0x1000 [unaligned]'
	output_has 'errors: 1'
	run_ctl_json 4 check image.igvm
	is "$(json findings 0 severity)" error
	is "$(json findings 0 rule)" unaligned
	is "$(json findings 0 header)" 5
	is "$(json findings 0 type_name)" PAGE_DATA
	is "$(json findings 0 offset)" 0xa0
	is "$(json findings 0 field)" gpa
	is "$(json findings 0 value)" 0x1001
	is "$(json findings 0 bound)" 0x1000
	is "$(json sound)" False
}

@test "check prints several findings, not only the first" {
	broken image.igvm 'image.headers[4].fields["gpa"] = 1
image.headers[5].fields["flags"] = 8
image.headers[6].fields["data_type"] = 9
fields["checksum"] = 1'
	run_ctl 4 check image.igvm
	output_has '[unaligned]'
	output_has '[flags-unknown]'
	output_has '[data-type]'
	output_has '[checksum]'
	output_has 'errors: 4'
}

@test "a warning does not make a file unsound" {
	broken image.igvm 'image.header(0x80000314, b"abc")'
	run_ctl 0 check image.igvm
	output_has 'warning: '
	output_has '[type-skipped]'
	output_has 'warnings: 1'
	run_ctl_json 0 check image.igvm
	is "$(json warnings)" 1
}

@test "the checksum reveals a damaged byte in the headers" {
	sample native image.igvm
	printf '\x55' | dd of=image.igvm bs=1 seek=72 conv=notrunc status=none
	run_ctl 4 check image.igvm
	output_has '[checksum]'
}

@test "check finds files that were cut off" {
	local size
	sample parameters whole.igvm
	for size in 0 1 23 24 47 48 100 4096; do
		head -c "$size" whole.igvm >image.igvm
		run_ctl 4 check image.igvm
		if ((size < 24)); then
			output_has '[too-short]'
		else
			output_has '[file-size]'
		fi
	done
}

# bats test_tags=unsanitized
@test "a header that claims 4 GiB costs neither memory nor time" {
	broken image.igvm 'fields["total_file_size"] = 0xffffffff
fields["variable_header_size"] = 0xffffffe0
fields["checksum"] = 0'
	( ulimit -v 200000 -t 5; run_ctl 4 check image.igvm )
}

@test "check does not show all findings of a file full of errors" {
	broken image.igvm 'for i in range(3000): image.page_data(1, mask=1)'
	run_ctl 4 check image.igvm
	[[ $(wc -l <<<"$output") -lt 400 ]] || fail "$(wc -l <<<"$output") lines"
	stderr_has ' more findings'
	run_ctl_json 4 check image.igvm
	[[ $(json errors) -gt 3000 ]]
}

@test "check shows the memory that a file populates, for each platform" {
	sample both image.igvm
	run_ctl_json 0 check image.igvm
	is "$(json memory 0 platform)" native
	is "$(json memory 0 ranges populated)" \
		"[['0xf0000', '0x100000'], ['0xffff0000', '0x100000000']]"
	is "$(json memory 1 platform)" snp
	is "$(json memory 1 ranges vmsa)" "[['0xfffffffff000', '0x1000000000000']]"
}

@test "check recognises flat firmware, and the message has the remedy" {
	needs "$SEABIOS" seabios
	cp "$SEABIOS" firmware.fd
	run_ctl 4 check firmware.fd
	stderr_has 'wrap firmware.fd'
	[[ $output != *unsound* ]] || fail "$output"
	run_ctl_json 4 check firmware.fd
	is "$(json format)" flat
}

# Other tools write files with such padding and fields, and loaders accept these files.
@test "oddities without effect cause warnings, and --strict refuses them" {
	broken image.igvm 'image = Image(); image.platform(vtl=2); image.page_data(0xfffff000, b"code")
image.vp_context(bytes(4096)).padding = b"\x01\x02\x03\x04"'
	run_ctl 0 check image.igvm
	output_has 'padding 0x1: padding should be zero [padding]'
	output_has '[context-version]'
	output_has '[platform-vtl-native]'
	output_has ': sound, IGVM format 1'
	run_ctl_json 4 check --strict image.igvm
	is "$(json errors)" 0
	is "$(json sound)" True
	is "$(json suitable)" False
	sample native image.igvm
	run_ctl 0 check --strict image.igvm
}

@test "an image for another platform is not unsound" {
	sample native image.igvm
	run_ctl 4 check --for=snp image.igvm
	output_has 'sound, but not for the machine, platform or VMM in question, errors: 1'
	[[ $output != *unsound* ]]
	run_ctl_json 4 check --for=snp image.igvm
	is "$(json sound)" True
	is "$(json suitable)" False
}

@test "a directory, a pipe, a device and a missing file are system errors" {
	run_ctl 1 check missing.igvm
	stderr_has 'missing.igvm: cannot use this file: No such file'
	mkdir directory
	run_ctl 1 check directory
	stderr_has 'neither a regular file nor a disk'
	mkfifo pipe
	run_ctl 1 check pipe
	run_ctl 1 check /dev/zero
	stderr_has 'neither a regular file nor a disk'
	run_ctl_json 1 check missing.igvm
	is "$(json messages 0 level)" error
}

@test "a file name that is not UTF-8 still gives valid JSON" {
	local name=$'caf\xe9 "quoted"\n.igvm'
	sample native "$name"
	run_ctl_json 0 check "$name"
}

@test "headers that QEMU cannot load are errors only with --vmm=qemu" {
	broken image.igvm 'image.headers[-1].data = b"\0" * 0x158 + b"\x31" + bytes(4096 - 0x159)
image.parameter_area(1, 4096, b"data" * 1024)
image.parameter(MEMORY_MAP, 1, 8)
image.parameter(COMMAND_LINE, 1, 2048)
image.parameter_insert(0x900000, 1, mask=2)'
	run_ctl 0 check image.igvm
	run_ctl 0 check --vmm=generic image.igvm
	run_ctl 4 check --vmm=qemu image.igvm
	output_has '[qemu-type]'
	output_has '[qemu-memory-map]'
	output_has 'warning: header 38 (PARAMETER_AREA'
	output_has '[qemu-area-data]'
	output_has '[qemu-vmsa-features]'
	broken image.igvm 'image = Image(); image.platform(platform_type=SEV_SNP); image.guest_policy()
image.page_data(0xfffff000, b"code"); image.vp_context(bytes(0x3b0) + b"\x01" + bytes(4096 - 0x3b1), 0xfffffffff000)'
	run_ctl 0 check --vmm=qemu image.igvm
	output_has '[kvm-vmsa-cr0]'
	broken image.igvm 'image.headers[-1].fields["gpa"] = 0x10000'
	run_ctl 4 check --vmm=qemu image.igvm
	output_has '[kvm-vmsa-gpa]'
	broken image.igvm 'image = Image(); image.platform(platform_type=TDX); image.page_data(0)'
	run_ctl 4 check --vmm=qemu image.igvm
	output_has '[qemu-platform]'
}

# QEMU's loader gave the same results on q35 with 1 GiB and no VGA.
@test "--memory describes the machine for the rules of QEMU's loader" {
	broken image.igvm 'image = Image(); image.platform(); image.page_data(0xfffff000, b"code")
image.required_memory(0x3fff0000, 0x20000)'
	run_ctl 0 check --vmm=qemu image.igvm
	run_ctl 4 check --vmm=qemu --memory=1G image.igvm
	output_has "gpa 0x3fff0000: a step of QEMU's loader must lie within one piece of memory, which ends at 0x40000000 [qemu-memory]"
	run_ctl 0 check --vmm=qemu --memory=2G image.igvm
	run_ctl 0 check --vmm=qemu --memory=1025M image.igvm
	run_ctl 4 check --vmm=qemu --memory=0-0x40000000 image.igvm
	output_has '[qemu-memory]'
	run_ctl 0 check --vmm=qemu --memory=0-0x80000000,0x100000000-0x180000000 image.igvm
	run_ctl 0 check --vmm=qemu --memory=0-2G,4G-6G --for=native image.igvm
	run_ctl 4 check --vmm=qemu --memory=2G --for=tdx image.igvm
	output_has '[platform-absent]'
	output_has '[qemu-platform]'

	# From 2.75 GiB on, q35 has 2 GiB of RAM below 4 GiB, and the rest above.
	broken image.igvm 'image = Image(); image.platform(); image.page_data(0xfffff000, b"code")
image.required_memory(0x7fff0000, 0x20000)'
	run_ctl 0 check --vmm=qemu --memory=2815M image.igvm
	run_ctl 4 check --vmm=qemu --memory=2816M image.igvm
	output_has 'ends at 0x80000000 [qemu-memory]'
	run_ctl 4 check --vmm=qemu --memory=8G image.igvm
	output_has 'ends at 0x80000000 [qemu-memory]'
	broken image.igvm 'image = Image(); image.platform(); image.page_data(0xfffff000, b"code")
image.required_memory(0x17fff0000, 0x20000)'
	run_ctl 4 check --vmm=qemu --memory=4G image.igvm
	output_has 'ends at 0x180000000 [qemu-memory]'
	run_ctl 0 check --vmm=qemu --memory=5G image.igvm
}

@test "a wrong --memory is a usage error" {
	local memory
	sample native image.igvm
	for memory in '' 0 1000 1X G -1 1G-2G,0-1G 1G-1G 0- 0-1G, 0-1G,2G \
		0-1G,1G 99999999999T 0-1,2-3,4-5,6-7,8-9,10-11,12-13,14-15,16-17; do
		run_ctl 2 check --vmm=qemu "--memory=$memory" image.igvm
		stderr_has 'a size of 1M or more, such as 1G'
	done
	run_ctl 2 check --memory=1G image.igvm
	stderr_has '--memory needs --vmm=qemu'
}

@test "--for checks the needs of a platform" {
	sample both image.igvm
	run_ctl 0 check --for=snp image.igvm
	run_ctl 0 check --for=native image.igvm
	run_ctl 4 check --for=tdx image.igvm
	output_has '[platform-absent]'
	run_ctl_json 4 check --for=tdx --vmm=qemu image.igvm
	is "$(json findings 0 rule)" platform-absent
	broken image.igvm 'image = Image(); image.platform(); image.platform(2, SEV_SNP); image.page_data(0)'
	run_ctl 0 check image.igvm
	run_ctl 4 check --for=snp image.igvm
	output_has '[platform-unloaded]'
	output_has '[policy-missing]'
}

@test "check notes that it has no permission to open the device of this machine" {
	[[ $EUID -eq 0 ]] || skip 'needs root, to become another user'
	sample native image.igvm
	chmod 755 . .. ../..
	cp "$CTL" ctl
	local option notes
	while read -r option notes; do
		# shellcheck disable=SC2016 # for the inner shell
		unshare --mount --propagation private sh -ec '
			mount -t tmpfs -o mode=755 none /dev
			(umask 077; : >/dev/vmfwupdate)
			exec setpriv --reuid=65534 --regid=65534 --clear-groups \
				timeout 60 ./ctl check "$0" image.igvm' "$option" \
			>shown 2>&1 </dev/null ||
			fail "$(<shown)"
		grep -q ': sound, ' shown || fail "$(<shown)"
		is "$option $(grep -c 'for this machine: /dev/vmfwupdate: Permission denied' shown)" \
			"$option $notes"
	done <<-'END'
	--strict 1
	--for=native 0
	END
}

@test "a location that does not exist differs from a file of that name" {
	sample native 'UUID=no-such:'
	run_ctl 8 check UUID=no-such:/image.igvm
	stderr_has 'there is no file system UUID=no-such'
	run_ctl 0 check ./UUID=no-such:
	run_ctl 1 check UUID=no-such
	stderr_has 'UUID=no-such: cannot use this file: No such file'
}
