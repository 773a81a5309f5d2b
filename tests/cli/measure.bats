#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# measure: its options and its output. tests/unit/igvm/measure/test_measure.py compares
# the digests with a second computation.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

@test "a platform by each of its names" {
	local name expected
	sample snp image.igvm
	run_ctl 0 measure --for=snp image.igvm
	expected=$output
	for name in SNP sev-snp SEV-SNP SEV_SNP; do
		run_ctl 0 measure --for=$name image.igvm
		is "$output" "$expected"
	done
	run_ctl 2 measure --for=sev_snpx image.igvm
	stderr_has '--for=sev_snpx: '
	run_ctl 2 measure --for= image.igvm
	stderr_has '--for=: '
}

@test "a digest stands alone on standard output" {
	sample measured image.igvm
	local platform
	for platform in snp tdx; do
		run_ctl 0 measure image.igvm --for "$platform"
		[[ $output =~ ^[0-9a-f]{96}$ ]]
		is "$stderr" ''
	done
	for platform in sev sev-es vbs; do
		run_ctl 0 measure image.igvm --for "$platform"
		[[ $output =~ ^[0-9a-f]{64}$ ]]
	done
}

@test "a file for one platform that measures needs no --for" {
	sample both image.igvm
	run_ctl 0 measure image.igvm
	local digest=$output
	run_ctl 0 measure --for=snp --vmm=qemu image.igvm
	is "$output" "$digest"
	sample measured image.igvm
	run_ctl 2 measure image.igvm
	stderr_has --for
	sample native image.igvm
	run_ctl 4 measure image.igvm
	stderr_has 'the tool knows no launch digest of its platforms'
	run_ctl 4 measure --for=tdx image.igvm
	stderr_has 'cannot measure for tdx'
	run_ctl 2 measure --for=native image.igvm
	stderr_has '--for=native: '
}

@test "JSON shows the conventions of the VMM" {
	sample measured image.igvm
	run_ctl 0 measure --for snp image.igvm
	local digest=$output
	run_ctl_json 0 measure --for snp image.igvm
	is "$(json digest)" "$digest"
	is "$(json platform)" snp
	is "$(json algorithm)" sha384
	is "$(json vmm)" qemu
	is "$(json page_without_data)" normal
	is "$(json vmsa_order)" last
	run_ctl_json 0 measure --for snp --vmm generic image.igvm
	is "$(json page_without_data)" normal
	is "$(json vmsa_order)" file
	[[ $(json digest) != "$digest" ]]
	run_ctl_json 0 measure --for snp --vmm native-zero image.igvm
	is "$(json page_without_data)" zero
	is "$(json vmsa_order)" last
	[[ $(json digest) != "$digest" ]]
}

@test "JSON has the processors and the CPU only if the digest depends on them" {
	python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
import ovmf
open("rom.fd", "wb").write(ovmf.make())' "$top/tests/lib/images"
	run_ctl_json 0 measure --for=snp --cpu-signature=0x800f12 rom.fd
	is "$(json vcpus)" 1
	is "$(json cpu_signature)" 0x800f12
	run_ctl_json 0 measure --for=snp --vmm=gce --vcpus=2 rom.fd
	is "$(json vcpus)" 2
	[[ $output != *'"cpu_signature"'* ]] || fail "$output"
	run_ctl_json 0 measure --for=tdx rom.fd
	[[ $output != *'"vcpus"'* && $output != *'"cpu_signature"'* ]] || fail "$output"
}

# The sample has registers of two processors on SEV-SNP, and of one on SEV-ES.
@test "measure warns of processors that change nothing, and leaves them out of JSON" {
	local digest
	sample measured image.igvm
	run_ctl 0 measure --for=snp image.igvm
	digest=$output
	run_ctl 0 measure --for=snp --vcpus=2 --cpu-signature=1 image.igvm
	is "$output" "$digest"
	stderr_has 'change nothing: the image itself has the registers (processors: 2)'
	run_ctl_json 0 measure --for=snp --vcpus=1 image.igvm
	is "$(json messages 0 level)" warning
	[[ $output != *'"vcpus"'* ]]
	run_ctl 0 measure --for=snp --cpu-signature=1 image.igvm
	stderr_has 'change nothing'
	run_ctl 0 measure --for=snp --vcpus=4 --cpu-signature=1 image.igvm
	[[ $output != "$digest" ]]
	stderr_has 'processors without registers in the image: 2; for these, the digest contains the registers of a reset'
	run_ctl_json 0 measure --for=snp --vcpus=4 --cpu-signature=1 image.igvm
	is "$(json vcpus)" 4
	is "$(json cpu_signature)" 0x1
	for digest in tdx sev vbs; do
		run_ctl 2 measure "--for=$digest" --vcpus=1 image.igvm
		stderr_has "on $digest, the digest does not depend on them"
	done
}

@test "measure counts registers by the index of the processor" {
	local contexts='image = Image()
image.platform(platform_type=SEV_SNP)
image.guest_policy()
image.page_data(0x100000, bytes([1]) * PAGE)
for index in '
	broken none.igvm "$contexts(): pass"
	run_ctl 0 measure --cpu-signature=1 none.igvm
	stderr_has 'change nothing without --vcpus: the image has no registers'
	# Without registers in the image, the VMM makes those of all processors.
	run_ctl 0 measure --vcpus=2 --cpu-signature=1 none.igvm
	is "$stderr" ''
	broken two.igvm "$contexts(0, 2): image.vp_context(bytes(PAGE), 0xFFFFFFFFF000, index)"
	run_ctl 0 measure --vcpus=1 two.igvm
	stderr_has 'change nothing: the image itself has the registers (processors: 2)'
	run_ctl 0 measure --vcpus=2 --cpu-signature=1 two.igvm
	stderr_has 'processors without registers in the image: 1; for these, the digest'
	run_ctl 0 measure --vcpus=3 --cpu-signature=1 two.igvm
	stderr_has 'processors without registers in the image: 1; for these, the digest'
}

# SeaBIOS does not name the start address of other processors. Plain SEV does not need
# this address, but SEV-ES does.
@test "plain SEV measures any firmware: the digest is that of the file" {
	needs "$SEABIOS" seabios
	run_ctl 0 measure --for=sev "$SEABIOS"
	is "$output" "$(sha256sum <"$SEABIOS" | cut -d ' ' -f 1)"
	# For plain SEV, the digest does not depend on the processors.
	run_ctl_json 0 measure --for=sev --vcpus=2 --cpu-signature=1 "$SEABIOS"
	[[ $output != *'"vcpus"'* ]] || fail "$output"
	run_ctl 4 measure --for=sev-es --cpu-signature=1 "$SEABIOS"
	stderr_has 'cannot use this firmware for sev-es'
}

@test "a trace leaves standard output to the digest" {
	sample both image.igvm
	run_ctl 0 measure --trace image.igvm
	[[ $output =~ ^[0-9a-f]{96}$ ]]
	stderr_has '0x000000800000 secrets'
	# The last line of the trace has the digest of the whole launch.
	is "${stderr##* }" "$output"
}

# Only SEV-SNP has a digest after each step. Unmeasured pages have no contents.
@test "a trace has the same steps as text and as JSON" {
	local platform
	sample measured image.igvm
	for platform in snp sev; do
		run_ctl 0 measure --for=$platform --trace image.igvm
		printf '%s\n' "$stderr" >trace
		run_ctl_json 0 measure --for=$platform --trace image.igvm
		python3 - $platform <<-'END' 3<<<"$output"
		import json, sys
		steps = json.load(open(3))["steps"]
		lines = [f"0x{int(step['gpa'], 16):012x} {step['kind']:11} "
		         f"{step.get('contents', '-')} {step.get('digest', '-')}"
		         for step in steps]
		assert open("trace").read().splitlines() == lines
		snp = sys.argv[1] == "snp"
		assert all(("digest" in step) == snp for step in steps)
		contents = [step["contents"] for step in steps if "contents" in step]
		assert bool(contents) == snp and len(contents) < len(steps)
		assert all(len(words) == 96 for words in contents)
		assert all("header" in step for step in steps)
		END
	done
}

@test "measure reports a file that another program changes meanwhile" {
	broken large.igvm '
image = Image()
image.platform(platform_type=SEV_SNP)
image.guest_policy()
for number in range(1024):
    image.page_data(0x100000 + number * PAGE, bytes([1]) * (number + 1))
image.vp_context(bytes(PAGE), gpa=0xFFFFFFFFF000)'
	# The trace fills the pipe, so measure waits for the reader. Meanwhile, the reader
	# shortens the file.
	timeout "$CTL_TIMEOUT" "$CTL" measure --for=snp --trace large.igvm 2>&1 >/dev/null |
		{ read -r && truncate -s 64K large.igvm && cat; } >errors || true
	is "$(tail -n 1 errors)" \
		'vmfwupdate-ctl: large.igvm: cannot use this file: another program changed it meanwhile'
}

@test "measure refuses an unsound file" {
	broken image.igvm 'fields["checksum"] = 1'
	run_ctl 4 measure image.igvm
	is "$output" ''
	stderr_has '[checksum]'
}

@test "measure refuses options for flat firmware with an IGVM file" {
	local option
	sample snp image.igvm
	echo kernel >kernel
	for option in --kernel=kernel --guest-features=1 "--snp-ovmf-hash=$(printf '%096d' 0)" \
		--two-pass-add-pages --vmm=ec2 --vmm=gce; do
		run_ctl 2 measure "$option" image.igvm
		stderr_has 'this is an IGVM image; --kernel, '
	done
	# check does not take the VMMs that launch only flat firmware.
	run_ctl 2 check --vmm=ec2 image.igvm
}

@test "standard input is one file, also with a kernel" {
	run_ctl 2 measure --for=sev --kernel=- -
	stderr_has 'cannot read more than one file from standard input'
	run_ctl 2 measure --for=sev --kernel=- --initrd=- rom
	stderr_has 'cannot read more than one file from standard input'
}

@test "a kernel that cannot be read" {
	python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
import ovmf
open("rom.fd", "wb").write(ovmf.make(hashes=(0x810C00, 0x400)))' "$top/tests/lib/images"
	run_ctl 1 measure --for=sev --kernel=absent rom.fd
	stderr_has 'absent: cannot use this file: No such file or directory'
	mkdir directory
	echo kernel >kernel
	run_ctl 1 measure --for=sev --kernel=kernel --initrd=directory rom.fd
	stderr_has 'directory: cannot use this file: Is a directory'
	is "$output" ''
	run_ctl_json 0 measure --for=sev --kernel=kernel rom.fd
	is "$(json kernel_hashes kernel)" "$(sha256sum <kernel | cut -d ' ' -f 1)"
	echo initrd >initrd
	run_ctl_json 0 measure --for=sev --kernel=kernel --initrd=initrd --append=quiet rom.fd
	is "$(json kernel_hashes kernel)" "$(sha256sum <kernel | cut -d ' ' -f 1)"
	is "$(json kernel_hashes initrd)" "$(sha256sum <initrd | cut -d ' ' -f 1)"
	is "$(json kernel_hashes command_line)" \
		"$(printf 'quiet\0' | sha256sum | cut -d ' ' -f 1)"
	run_ctl_json 0 measure --for=snp --vmm=gce rom.fd
	run_ctl_json 0 measure --for=tdx --two-pass-add-pages rom.fd
}

@test "invalid words and numbers" {
	sample snp image.igvm
	run_ctl 2 measure --for=sgx image.igvm
	stderr_has sgx
	run_ctl 2 measure --vmm=xen image.igvm
	stderr_has xen
	local number
	for number in 0 65537 -1 x '' 1x 99999999999999999999; do
		run_ctl 2 measure --vcpus="$number" --cpu-signature=1 image.igvm
		stderr_has "--vcpus=$number: invalid value; expected a number from 1 to 0x10000"
	done
	run_ctl 2 measure --vcpus=2 image.igvm
	stderr_has --cpu-signature
	run_ctl 2 measure --vmm=generic --vcpus=2 --cpu-signature=1 image.igvm
	stderr_has '--vcpus is not for --vmm=generic'
	run_ctl 2 measure --cpu-signature=0x100000000 image.igvm
	stderr_has '--cpu-signature=0x100000000: invalid value; expected a number from 0 to 0xffffffff'
}

@test "the same bytes give the same digest, wherever they are in the file" {
	broken one.igvm 'pass'
	broken two.igvm 'image.header(0x80000399, b"optional"); fields["gap"] = bytes(64)'
	run_ctl 0 measure one.igvm
	local digest=$output
	run_ctl 0 measure two.igvm
	is "$output" "$digest"
}

# Bits of SEV_FEATURES: "AMD64 Architecture Programmer's Manual", volume 2, table B-4.
@test "each feature of a guest has its bit, and SEV-SNP adds snp-active" {
	local name bit all=0 names=
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf
open("rom.fd", "wb").write(ovmf.make())'
	while read -r name bit; do
		run_ctl 0 measure rom.fd --for=snp --cpu-signature=1 --json --guest-features="$name"
		is "$name $(json sev_features)" "$name $(printf '0x%x' $((1 << bit | 1)))"
		all=$((all | 1 << bit))
		names+=,$name
	done <<-'END'
	snp-active 0
	virtual-tom 1
	reflect-vc 2
	restricted-injection 3
	alternate-injection 4
	debug-swap 5
	prevent-host-ibs 6
	btb-isolation 7
	vmpl-sss 8
	secure-tsc 9
	vmgexit-parameter 10
	ibs-virtualization 12
	vmsa-reg-prot 14
	smt-protection 15
	END
	run_ctl 0 measure rom.fd --for=snp --cpu-signature=1 --json --guest-features="${names#,}"
	is "$(json sev_features)" "$(printf '0x%x' "$all")"
	# The completion offers the same names.
	run_ctl 0 __complete measure --guest-features=
	is "$(cut -f 1 <<<"$output" | paste -sd,)" "${names#,}"
	for name in smt secure-tscx ''; do
		run_ctl 2 measure rom.fd --for=snp --cpu-signature=1 --guest-features="debug-swap,$name"
	done
}

@test "the digest in base64 is the same digest" {
	local platform
	sample measured image.igvm
	for platform in snp sev-es sev tdx vbs; do
		run_ctl 0 measure --for=$platform image.igvm
		hexadecimal=$output
		run_ctl 0 measure --for=$platform --base64 image.igvm
		is "$output" "$(python3 -c '
import base64, sys
print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())' "$hexadecimal")"
		base64=$output
		run_ctl_json 0 measure --for=$platform --base64 image.igvm
		is "$(json digest)" "$hexadecimal"
		is "$(json digest_base64)" "$base64"
	done
	run_ctl_json 0 measure --for=snp image.igvm
	[[ $output != *base64* ]] || fail "$output"
}
