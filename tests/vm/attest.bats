#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attestation through configfs, with a test module in place of the processor. The tests
# need a kernel for which tests/tsm has built that module.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

report=/lib/firmware/vmfwupdate-test-report.bin

# Start the machine, if its kernel has a provider of test reports.
start_with_provider()
{
	[[ -e ${VM_KERNEL%/*}/vmfwupdate-test-tsm.ko ]] ||
		skip 'the guest has no provider of test reports; see tests/tsm'
	vm_start
}

# attest DIGEST [PARAMETER...]: serve an SEV-SNP report with this launch digest
attest()
{
	local digest=$1
	shift
	provide snp-report.bin 144 "$digest" "$@"
}

# quote DIGEST [PARAMETER...]: serve a quote of a TD with this launch digest
quote()
{
	local digest=$1
	shift
	provide td-quote.bin 184 "$digest" provider=tdx_guest nonce_at=568 "$@"
}

# provide FILE OFFSET DIGEST [PARAMETER...]: load the test module with PARAMETERs. The
# module serves a copy of FILE with DIGEST at OFFSET.
provide()
{
	local file=$1 offset=$2 digest=$3
	shift 3
	guest 0 "mkdir -p /lib/firmware; cp /images/$file $report
		echo $digest | xxd -r -p | dd of=$report bs=1 seek=$offset conv=notrunc
		modprobe configfs; mount -t configfs config /sys/kernel/config
		modprobe vmfwupdate-test-tsm $*"
}

# Configure /images/snp.igvm, and set $digest to its launch digest.
want_snp()
{
	guest 0 'echo image=/images/snp.igvm >/etc/vmfwupdate.conf
		echo record=/record >>/etc/vmfwupdate.conf
		vmfwupdate-ctl measure --for=snp /images/snp.igvm'
	digest=$output
}

@test "the launch digest is that of the image: running, attested" {
	start_with_provider
	want_snp
	attest "$digest"
	guest 0 'vmfwupdate-ctl verify --json'
	output_has '"verdict": "running"'
	output_has '"rung": "attested"'
	output_has '"source": "configfs-tsm"'
	output_has "\"digest\": \"$digest\""
	# The tool leaves no request in configfs. A second request succeeds.
	guest 0 'ls /sys/kernel/config/tsm/report'
	output_is ''
	guest 0 'vmfwupdate-ctl verify'
	output_has 'running (attested)'
	# configfs need not be mounted.
	guest 0 'umount /sys/kernel/config; vmfwupdate-ctl verify'
	output_has 'running (attested)'
}

@test "another launch digest: not running (attested)" {
	start_with_provider
	want_snp
	attest "${digest//[0-7]/8}"
	guest 9 'vmfwupdate-ctl verify'
	output_has 'not running (attested)'
}

@test "a configured digest counts in place of the image's" {
	local other
	start_with_provider
	want_snp
	other=${digest//[0-7]/8}
	attest "$other"
	guest 0 "echo expected-digest=snp:$other >>/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'running (attested)'
	guest 0 "echo expected-digest=snp:$other >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'running (attested)'
}

@test "a report without the nonce of the request is no evidence" {
	start_with_provider
	want_snp
	attest "$digest" stale=1
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'the report does not contain the nonce'
}

@test "a malformed report is no evidence" {
	start_with_provider
	want_snp
	attest "$digest"
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf
		truncate -s 1000 $report; vmfwupdate-ctl verify"
	output_has 'the report is malformed'
	guest 10 "rm $report; vmfwupdate-ctl verify"
	output_has configfs-tsm
}

@test "the tool does not read reports of another provider" {
	start_with_provider
	want_snp
	attest "$digest" provider=other_guest
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'this machine offers no report of SEV-SNP or TDX'
}

# The test's module cannot sign a report with the nonce, so the signature is wrong. The tool
# can notice that only if it has found the host's certificates.
@test "the tool takes the host's certificates together with the report" {
	start_with_provider
	want_snp
	guest 0 'mkdir -p /lib/firmware; cp /images/snp-table.bin /lib/firmware
		echo certificates=/images/snp-ark.pem >>/etc/vmfwupdate.conf'
	attest "$digest"
	guest 10 'vmfwupdate-ctl verify'
	output_has 'key that signs reports'
	guest 0 'rmmod vmfwupdate-test-tsm; modprobe vmfwupdate-test-tsm certificates=snp-table.bin'
	guest 9 'vmfwupdate-ctl verify'
	output_has 'signature is wrong'
}

@test "a TD that has only a quote: running (quoted), but not attested" {
	local digest
	start_with_provider
	digest=$(printf '9c%.0s' {1..48})
	quote "$digest"
	guest 0 "echo expected-digest=tdx:$digest >/etc/vmfwupdate.conf; vmfwupdate-ctl verify --json"
	output_has '"verdict": "running"'
	output_has '"rung": "quoted"'
	output_has '"source": "configfs-tsm"'
	guest 10 'echo evidence=attested >>/etc/vmfwupdate.conf; vmfwupdate-ctl verify'
	output_has 'evidence=attested is configured'
	guest 9 "echo expected-digest=tdx:${digest//9/8} >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'not running (quoted)'
	guest 10 "truncate -s 634 $report; vmfwupdate-ctl verify"
	output_has 'the report is malformed'
}
