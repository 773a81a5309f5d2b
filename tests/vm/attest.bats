#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attestation by way of configfs, where a test module plays the processor: on
# kernels that it was built for, see tests/tsm.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

report=/lib/firmware/vmfwupdate-test-report.bin

# attest DIGEST [PARAMETER...]: the machine attests to that launch digest.
attest()
{
	local digest=$1
	shift
	vm_run 'grep -q vmfwupdate-test-tsm /lib/modules/$(uname -r)/modules.dep'
	[[ $status -eq 0 ]] || skip 'the guest has no provider of test reports; see tests/tsm'
	guest 0 "mkdir -p /lib/firmware; cp /images/snp-report.bin $report
		echo $digest | xxd -r -p | dd of=$report bs=1 seek=144 conv=notrunc
		modprobe configfs; mount -t configfs config /sys/kernel/config
		modprobe vmfwupdate-test-tsm $*"
}

# The digest of /images/snp.igvm, which is configured.
want_snp()
{
	guest 0 'echo image=/images/snp.igvm >/etc/vmfwupdate.conf
		echo record=/record >>/etc/vmfwupdate.conf
		vmfwupdate-ctl measure --for=snp /images/snp.igvm'
	digest=$output
}

@test "the launch digest is that of the image: running, attested" {
	vm_start
	want_snp
	attest "$digest"
	guest 0 'vmfwupdate-ctl verify --json'
	output_has '"verdict": "running"'
	output_has '"rung": "attested"'
	output_has '"source": "configfs-tsm"'
	output_has "\"digest\": \"$digest\""
	# Nothing is left behind, and it can be asked again.
	guest 0 'ls /sys/kernel/config/tsm/report'
	output_is ''
	guest 0 'vmfwupdate-ctl verify'
	output_has 'running (attested)'
	# configfs need not be mounted.
	guest 0 'umount /sys/kernel/config; vmfwupdate-ctl verify'
	output_has 'running (attested)'
}

@test "another launch digest: not running, whatever else is claimed" {
	vm_start
	want_snp
	attest "${digest//[0-7]/8}"
	guest 9 'vmfwupdate-ctl verify'
	output_has 'not running (attested)'
}

@test "a configured digest counts in place of the image's" {
	local other
	vm_start
	want_snp
	other=${digest//[0-7]/8}
	attest "$other"
	guest 0 "echo expected-digest=snp:$other >>/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'running (attested)'
	guest 0 "echo expected-digest=snp:$other >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'running (attested)'
}

@test "an answer to another question is no evidence" {
	vm_start
	want_snp
	attest "$digest" stale=1
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'the report answers another question'
}

@test "a report that is malformed is no evidence" {
	vm_start
	want_snp
	attest "$digest"
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf
		truncate -s 1000 $report; vmfwupdate-ctl verify"
	output_has 'the report is malformed'
	guest 10 "rm $report; vmfwupdate-ctl verify"
	output_has configfs-tsm
}

@test "reports of another provider are not looked at" {
	vm_start
	want_snp
	attest "$digest" provider=other_guest
	guest 10 "echo expected-digest=snp:$digest >/etc/vmfwupdate.conf; vmfwupdate-ctl verify"
	output_has 'cannot attest'
}
