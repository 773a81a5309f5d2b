#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# verify --report: the report of another machine, as snpguest writes it, with the
# certificates of AMD in files. Programs in tests/lib/attest make reports and certificates
# from their description in the manuals. tests/lib/attest/amd has reports of real
# processors, with certificates that AMD signed.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_file()
{
	mkdir "$BATS_FILE_TMPDIR/chain"
	"$BATS_TEST_DIRNAME/../lib/attest/snp-chain" "$BATS_FILE_TMPDIR/chain"
}

digest=$(printf '%096d' 7)

# make_report NAME [OFFSET=BYTES...]: make a report with the processor's signature
make_report()
{
	python3 "$top/tests/lib/attest/attestation.py" snp "$digest" "$1" \
		"$BATS_FILE_TMPDIR/chain/vcek.key" "${@:2}"
}

# judge CODE REPORT ARGUMENT...: verify REPORT with the whole chain
judge()
{
	run_ctl "$1" verify --report="$2" --certificate="$BATS_FILE_TMPDIR/chain/chain.pem" "${@:3}"
}

judge_json()
{
	run_ctl_json "$1" verify --report="$2" --certificate="$BATS_FILE_TMPDIR/chain/chain.pem" "${@:3}"
}

any()
{
	"$1" "$2" "$3" --nonce=any --digest="$digest" "${@:4}"
}

@test "a report that is signed and has the digest" {
	make_report report.bin
	any judge 0 report.bin
	is "$output" 'running (signed): the launch digest is the expected one'
	any judge_json 0 report.bin
	is "$(json evidence verdict)" running
	is "$(json evidence rung)" signed
	is "$(json evidence attestation digest)" "$digest"
	is "$(json evidence attestation expected 0)" "$digest"
	is "$(json report platform)" snp
	is "$(json report version)" 2
	is "$(json report policy)" 0x30000
	is "$(json report vmpl)" 0
	is "$(json report nonce)" "$(printf '%0128d' 0)"
	is "$(json report signed)" True
	is "$(json report signing_key)" vcek
	is "$(json report reported_tcb)" \
		"{'bootloader': 3, 'tee': 0, 'snp': 8, 'microcode': 211}"
	is "$(json report root_sha256)" \
		"$(openssl x509 -in "$BATS_FILE_TMPDIR/chain/ark.pem" -outform DER | sha256sum | cut -d ' ' -f 1)"
	judge 9 report.bin --nonce=any --digest="${digest%7}8"
	output_has 'not running (signed): the launch digest is not the expected one'
}

@test "certificates in files of their own, PEM or DER" {
	local name
	make_report report.bin
	for name in ark ask vcek; do
		openssl x509 -in "$BATS_FILE_TMPDIR/chain/$name.pem" -outform DER -out $name.der
	done
	run_ctl 0 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ark.der --certificate="$BATS_FILE_TMPDIR/chain/ask.pem" --certificate=vcek.der
	cat vcek.der ask.der ark.der >chain.der
	run_ctl 0 verify --report=report.bin --nonce=any --digest="$digest" --certificate=chain.der
	run_ctl 9 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ask.der --certificate=vcek.der
	output_has 'there is no root certificate'
	run_ctl 9 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ark.der --certificate=vcek.der
	output_has 'no root certificate vouches for'
	run_ctl 9 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ark.der --certificate=ask.der
	head -c 100 vcek.der >short.der
	run_ctl 9 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ark.der --certificate=ask.der --certificate=short.der
	is "$output" 'not running (none): short.der: a certificate is malformed'
	sed '1a Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n' \
		"$BATS_FILE_TMPDIR/chain/vcek.pem" >locked.pem
	run_ctl 9 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=ark.der --certificate=ask.der --certificate=locked.pem </dev/null
	is "$output" 'not running (none): locked.pem: a certificate is encrypted; remove its passphrase'
	[[ $output$stderr != *'pass phrase'* ]] || fail "$output$stderr"
	# One of the files can be standard input: a file, or a pipe.
	timeout "$CTL_TIMEOUT" "$CTL" verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=- <chain.der
	cat vcek.der | timeout "$CTL_TIMEOUT" "$CTL" verify --report=report.bin --nonce=any \
		--digest="$digest" --certificate=ark.der --certificate=ask.der --certificate=-
	status=0
	timeout "$CTL_TIMEOUT" "$CTL" verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate=- <short.der >out 2>&1 || status=$?
	is "$status" 9
	is "$(<out)" 'not running (none): -: a certificate is malformed'
	run_ctl 1 verify --report=report.bin --nonce=any --digest="$digest" --certificate=absent.pem
	stderr_has 'absent.pem: cannot use this file: No such file'
	# If verify can open the file but not read it, there is no verdict.
	any judge 1 report.bin --certificate=/proc/self/mem
	is "$output" ''
	stderr_has 'cannot verify the signature of report.bin: /proc/self/mem: Input/output error'
	any judge_json 1 report.bin --certificate=/proc/self/mem
}

@test "a report with a change, and one that another key signed" {
	make_report report.bin
	printf x | dd of=report.bin bs=1 seek=400 conv=notrunc status=none
	any judge 9 report.bin
	output_has "not running (none): the report's signature is wrong"
	any judge_json 9 report.bin
	is "$(json report signed)" False
	make_report other.bin 1a0="$(printf 'c2%.0s' {1..64})"
	any judge 9 other.bin
	output_has 'for another processor'
}

@test "the key of a provider" {
	make_report report.bin 48=04000000
	run_ctl_json 0 verify --report=report.bin --nonce=any --digest="$digest" \
		--certificate="$BATS_FILE_TMPDIR/chain/ark.pem" --certificate="$BATS_FILE_TMPDIR/chain/ask.pem" \
		--certificate="$BATS_FILE_TMPDIR/chain/vlek.pem"
	is "$(json report signing_key)" vlek
	any judge 9 report.bin
}

@test "the nonce" {
	local nonce
	nonce=$(printf 'ab%.0s' {1..32})
	make_report report.bin 50="$nonce"
	judge 0 report.bin --nonce="$nonce" --digest="$digest"
	judge 0 report.bin --nonce="${nonce^^}$(printf '%064d' 0)" --digest="$digest"
	judge 9 report.bin --nonce="$nonce"01 --digest="$digest"
	output_has 'not running (none): the report does not contain the expected nonce'
	judge 9 report.bin --nonce=00 --digest="$digest"
	printf '\xab%.0s' {1..32} >nonce
	judge 0 report.bin --nonce=@nonce --digest="$digest"
	truncate -s 64 nonce
	judge 0 report.bin --nonce=@nonce --digest="$digest"
	printf x | dd of=nonce bs=1 seek=63 conv=notrunc status=none
	judge 9 report.bin --nonce=@nonce --digest="$digest"
	judge 1 report.bin --nonce=@absent --digest="$digest"
	head -c 65 /dev/zero >long
	judge 2 report.bin --nonce=@long --digest="$digest"
	stderr_has '--nonce=@long: this file has 65 bytes; expected 1 to 64'
	truncate -s 16777217 longer
	judge 2 report.bin --nonce=@longer --digest="$digest"
	stderr_has '--nonce=@longer: this file has 16777217 bytes; expected 1 to 64'
	: >empty
	judge 2 report.bin --nonce=@empty --digest="$digest"
	stderr_has '--nonce=@empty: this file has 0 bytes; expected 1 to 64'
	for nonce in '' a abc xy "$(printf '%0130d' 0)"; do
		judge 2 report.bin --nonce="$nonce" --digest="$digest"
		stderr_has 'up to 64 bytes in hexadecimal'
	done
}

@test "guests that the host may debug or migrate, and other VMPLs and policies" {
	make_report debug.bin 8=00000b0000000000
	any judge 9 debug.bin
	output_has 'the host may debug this guest'
	[[ $output != *vmfwupdate.conf* ]] || fail "$output"
	any judge 0 debug.bin --allow-debug
	any judge 9 debug.bin --allow-migration
	make_report migration.bin 8=0000070000000000
	any judge 9 migration.bin --allow-debug
	output_has 'may move this guest'
	any judge 0 migration.bin --allow-migration
	make_report vmpl.bin 30=02000000
	any judge 9 vmpl.bin --allow-vmpl=1
	output_has 'less privileged level'
	any judge 0 vmpl.bin --allow-vmpl=2
	any judge_json 0 vmpl.bin --allow-vmpl=3
	is "$(json report vmpl)" 2
	any judge 2 vmpl.bin --allow-vmpl=4
	make_report policy.bin 8=0000010000000000
	any judge 9 policy.bin --allow-debug --allow-migration
	output_has 'policy is malformed'
}

@test "the firmware of the processor may be too old" {
	local least
	make_report report.bin
	any judge 0 report.bin --min-tcb=bootloader=3,tee=0,snp=8,microcode=211
	for least in bootloader=4 tee=1 snp=9 microcode=212 bootloader=3,microcode=255 \
		snp=010; do
		any judge 9 report.bin --min-tcb=$least
		output_has 'is too old: '
	done
	any judge 9 report.bin --min-tcb=fmc=0
	output_has 'has no part fmc'
	for least in '' snp snp= snp=x snp=256 snp=8,snp=8 snp=8, nsp=8 snp=-1 \
		snp=8+tee=0 snp=8xtee=0 snp=0x8; do
		any judge 2 report.bin --min-tcb="$least"
		stderr_has "--min-tcb=$least: "
	done
	any judge 2 report.bin --min-tcb=microcod=8
	stderr_has "did you mean '--min-tcb=microcode'?"
}

# A Turin has the parts of its TCB in other bytes. In the older layout, snp would be 0.
@test "the firmware of a Turin" {
	local chip
	chip=$(printf 'c1%.0s' {1..8})$(printf '00%.0s' {1..56})
	make_report turin.bin 180=01030008000000d3 1a0="$chip"
	set -- --report=turin.bin --nonce=any --digest="$digest"
	set -- "$@" --certificate="$BATS_FILE_TMPDIR/chain/ark.pem" --certificate="$BATS_FILE_TMPDIR/chain/ask.pem"
	set -- "$@" --certificate="$BATS_FILE_TMPDIR/chain/turin.pem"
	run_ctl 0 verify "$@" --min-tcb=fmc=1,bootloader=3,tee=0,snp=8,microcode=211
	run_ctl 9 verify "$@" --min-tcb=fmc=2
	run_ctl 9 verify "$@" --min-tcb=snp=9
	run_ctl_json 0 verify "$@"
	is "$(json report reported_tcb fmc)" 1
}

@test "verify measures the image that should run" {
	sample measured image.igvm
	run_ctl 0 measure --for=snp image.igvm
	digest=$output
	make_report report.bin
	judge 0 report.bin --nonce=any --image=image.igvm
	is "$output" 'running (signed): the launch digest is the expected one'
	judge 9 report.bin --nonce=any --image=image.igvm --vmm=generic
	judge_json 0 report.bin --nonce=any --image=image.igvm
	is "$(json image file)" image.igvm
	is "$(json evidence attestation expected 0)" "$digest"
	sample native native.igvm
	judge 4 report.bin --nonce=any --image=native.igvm
	stderr_has 'cannot measure for snp'
	judge 1 report.bin --nonce=any --image=absent.igvm
	judge 2 report.bin --nonce=any --image=- --kernel=-
	stderr_has 'cannot read more than one file from standard input'
}

@test "verify measures an image with an ID block" {
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf, ukigen
open("rom.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
open("kernel.efi", "wb").write(ukigen.Pe().section(".text", b"kernel").build())'
	openssl ecparam -name secp384r1 -genkey -noout -out key
	run_ctl 0 wrap rom.fd --for=snp --cpu-signature=0xa00f11 -o base.igvm
	run_ctl 0 compose base.igvm --kernel=kernel.efi --id-block --sign=key -o image.igvm
	run_ctl 0 measure image.igvm
	digest=$output
	make_report report.bin
	judge_json 0 report.bin --nonce=any --image=image.igvm
	is "$(json image id_block expected)" "$digest"
	is "$(json image id_block allowed)" True
	is "$(json evidence verdict)" running
	# The ID block allows another digest than the one of this VMM.
	judge_json 9 report.bin --nonce=any --image=image.igvm --vmm=native-zero
	is "$(json image id_block allowed)" False
	[[ $output != *'"evidence"'* ]] || fail "$output"
}

@test "verify measures flat firmware with the options of its launch" {
	python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
import ovmf
rom = ovmf.make()
open("rom.fd", "wb").write(rom)
print(ovmf.measure(rom, "snp", 2, vmm="gce", features=0x21))' "$top/tests/lib/images" >expected
	digest=$(<expected)
	make_report report.bin
	judge 0 report.bin --nonce=any --image=rom.fd --vmm=gce --vcpus=2 --guest-features=0x21
	judge 9 report.bin --nonce=any --image=rom.fd --vmm=gce --vcpus=3 --guest-features=0x21
	judge 2 report.bin --nonce=any --image=rom.fd --two-pass-add-pages
}

@test "the quote of a TD: the tool does not verify its signature" {
	local kind
	for kind in quote4 quote5 quote5-1.5; do
		python3 "$top/tests/lib/attest/attestation.py" $kind "$digest" quote.bin
		run_ctl 10 verify --report=quote.bin --nonce=any --digest="$digest"
		output_has "unknown (quoted): this tool does not verify the signature of a TD's quote"
		run_ctl 9 verify --report=quote.bin --nonce=any --digest="${digest%7}8"
		output_has 'not running (quoted): the launch digest is not the expected one'
		run_ctl 9 verify --report=quote.bin --nonce=01 --digest="$digest"
	done
	run_ctl_json 10 verify --report=quote.bin --nonce=any --digest="$digest"
	is "$(json report platform)" tdx
	is "$(json report version)" 5
	is "$(json report td_attributes)" 0x0
	run_ctl 2 verify --report=quote.bin --nonce=any --digest="$digest" --min-tcb=snp=8
	stderr_has 'are only for reports of SEV-SNP'
	run_ctl 2 verify --report=quote.bin --nonce=any --digest="$digest" --allow-vmpl=0
	stderr_has 'are only for reports of SEV-SNP'
	judge 2 quote.bin --nonce=any --digest="$digest"
	stderr_has 'are only for reports of SEV-SNP'
}

# These fields are from a report in the tests of virtee's crate sev. The signature is
# missing.
@test "fields of a report that a Milan made" {
	local nonce digest tcb=0300000000000873
	nonce=d447b55d197491bfe15cf298f9de9986b7a7c4be2468b4f6e2d53b71d7c64581
	nonce+=0b0f2cdfca0040433be063fc1a8293f0f3f8dae7b79fecb3d1cd82bd6a93ebfd
	digest=7a1e5c266c0108dbc9bb94fa926951320940915d0aafb424
	digest+=64bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f
	python3 -c '
import sys
report = bytearray(1184)
for field in sys.argv[1:]:
    at, value = field.split("=")
    value = bytes.fromhex(value)
    report[int(at, 16):int(at, 16) + len(value)] = value
open("milan.bin", "wb").write(report)' 0=02000000 8=0000030000000000 34=01000000 38=$tcb \
		40=01 50=$nonce 90=$digest 180=$tcb
	judge_json 9 milan.bin --nonce=$nonce --digest=$digest
	is "$(json report nonce)" "$nonce"
	is "$(json report policy)" 0x30000
	is "$(json evidence attestation digest)" "$digest"
	[[ $(json evidence why) == *signature* ]] || fail "$output"
}

# real CODE NAME ROOT INTERMEDIATE ARGUMENT...: verify a report of a real processor, with the
# nonce and the digest in it, as JSON
real()
{
	local amd=$top/tests/lib/attest/amd hex
	hex=$(tr -d '\n' <"$amd/$2.hex")
	python3 -c 'import sys; open(sys.argv[1], "wb").write(bytes.fromhex(sys.argv[2]))' "$2.bin" "$hex"
	run_ctl_json "$1" verify --report="$2.bin" --nonce="${hex:160:128}" --digest="${hex:288:96}" \
		--certificate="$amd/$2.pem" --certificate="$amd/$3.pem" --certificate="$amd/$4.pem" "${@:5}"
}

@test "reports of real processors" {
	real 0 milan-v3 milan-ark milan-ask --min-tcb=bootloader=4,tee=0,snp=24,microcode=219
	is "$(json evidence verdict)" running
	is "$(json evidence rung)" signed
	is "$(json report version)" 3
	is "$(json report signing_key)" vcek
	is "$(json report policy)" 0x3001f
	is "$(json report reported_tcb)" \
		"{'bootloader': 4, 'tee': 0, 'snp': 24, 'microcode': 219}"
	is "$(json report root_sha256)" \
		69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd
	real 9 milan-v3 milan-ark milan-ask --min-tcb=snp=25
	real 9 milan-v3 genoa-ark milan-ask
	[[ $(json evidence why) == *'no root certificate vouches for'* ]] || fail "$output"
	real 0 genoa genoa-ark genoa-ask --min-tcb=bootloader=10,snp=23,microcode=84
	real 0 turin turin-ark turin-ask --min-tcb=fmc=0,bootloader=1,snp=2,microcode=71
	is "$(json report version)" 5
	real 9 turin turin-ark turin-ask --min-tcb=bootloader=2
	real 0 milan-vlek milan-ark milan-asvk
	is "$(json report signing_key)" vlek
	real 9 milan-v2 milan-ark milan-ask
	[[ $(json evidence why) == *'the host may debug this guest'* ]] || fail "$output"
	real 0 milan-v2 milan-ark milan-ask --allow-debug
	printf x | dd of=milan-v2.bin bs=1 seek=400 conv=notrunc status=none
	run_ctl 9 verify --report=milan-v2.bin --nonce=any --digest="$digest" --allow-debug \
		--certificate="$top/tests/lib/attest/amd/milan-v2.pem" \
		--certificate="$top/tests/lib/attest/amd/milan-ark.pem" \
		--certificate="$top/tests/lib/attest/amd/milan-ask.pem"
	output_has "the report's signature is wrong"
}

@test "files that are no report" {
	head -c 1184 /dev/zero >zeroes
	any judge 9 zeroes
	output_has 'neither a report of SEV-SNP nor a quote of a TD'
	any judge_json 9 zeroes
	make_report report.bin
	head -c 1183 report.bin >short
	any judge 9 short
	: >empty
	any judge 9 empty
	make_report new.bin 0=06000000
	any judge 9 new.bin
	output_has 'the report has an unknown version'
	truncate -s 16M long
	any judge 9 long
	output_has 'neither a report of SEV-SNP nor a quote'
	truncate -s 16777217 longer
	any judge 1 longer
	stderr_has 'expected at most 16777216 bytes'
	any judge 1 absent
	stderr_has 'absent: cannot use this file: No such file'
}

@test "options that --report needs or excludes" {
	make_report report.bin
	run_ctl 2 verify --report=report.bin --nonce=any --digest="$digest"
	stderr_has 'needs --certificate=FILE'
	judge 2 report.bin --digest="$digest"
	stderr_has '--report needs --nonce=VALUE'
	judge 2 report.bin --nonce=any
	stderr_has 'either --image=FILE or --digest=DIGEST'
	judge 2 report.bin --nonce=any --digest="$digest" --image=image.igvm
	stderr_has 'either --image=FILE or --digest=DIGEST'
	judge 2 report.bin --nonce=any --digest="$digest" --vmm=generic
	stderr_has 'need --image=FILE'
	any judge 2 report.bin --device=x
	stderr_has 'cannot combine --report with --device or --root'
	any judge 2 report.bin --root=.
	stderr_has 'cannot combine --report with --device or --root'
	judge 2 report.bin --nonce=any --digest=12
	stderr_has '--digest=12: invalid value; expected 96 hexadecimal digits'
	any judge 2 report.bin --certificate=- --certificate=-
	stderr_has 'cannot read more than one file from standard input'
	any judge 2 - --certificate=-
	stderr_has 'cannot read more than one file from standard input'
	run_ctl 2 verify --report=- --nonce=@- --digest="$digest" --certificate=ark.pem
	stderr_has 'cannot read more than one file from standard input'
	run_ctl 2 verify --allow-debug
	stderr_has 'need --report=FILE'
	run_ctl 2 verify --vmm=qemu
	stderr_has 'need --report=FILE'
	# shellcheck disable=SC2046 # several words
	any judge 2 report.bin $(printf -- '--certificate=x ''%.0s' {1..16})
	stderr_has 'too many files; expected at most 16'
}
