#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# auto without a device: the configuration, the explanation of a decision,
# and no action if there is nothing to do. The tests in interfaces.bats and
# tests/vm have a device.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

@test "without a configured image, auto does nothing" {
	make_root
	nothing_changed run_ctl 3 auto --root=root
	output_has 'no image is configured'
	is "$stderr" ''
	run_ctl 3 auto --quiet --root=root
	is "$output" ''
	is "$stderr" ''
}

@test "the error for a mistyped key suggests a similar one" {
	make_root
	configure 'evidnce=signed'
	run_ctl 2 auto --explain --root=root
	stderr_has 'evidnce: unknown key; did you mean evidence'
	configure 'frobnicate=1'
	run_ctl 2 auto --explain --root=root
	stderr_has 'frobnicate: unknown key'
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
}

@test "without a device, auto does nothing and does not look at the image" {
	make_root
	configure 'image=ESP:/EFI/missing.igvm'
	nothing_changed run_ctl 3 auto --root=root
	is "$stderr" ''
	output_has 'does not offer'
}

@test "without a device, auto ends an open attempt of an earlier boot" {
	make_root
	want_image
	records "$image,1,1,0,Provider,"
	run_ctl_json 3 auto --root=root
	is "$(json decision consume)" True
	run_ctl_json 0 history --root=root
	is "$(json attempts 0 outcome)" unknown
	nothing_changed run_ctl 3 auto --root=root
	# A missing record is no error.
	local record
	for record in opaque XBOOTLDR:/record LABEL=none:/record; do
		want_image "record=$record"
		nothing_changed run_ctl 3 auto --root=root
		is "$stderr" ''
	done
}

@test "the kill switch" {
	make_root
	want_image
	echo 'quiet vmfwupdate=0' >root/proc/cmdline
	run_ctl_json 3 auto --root=root
	is "$(json decision reason)" switched-off
	echo 'quiet rd.vmfwupdate=0' >root/proc/cmdline
	run_ctl_json 3 auto --root=root
	is "$(json decision reason)" no-device
	touch root/etc/initrd-release
	run_ctl_json 3 auto --root=root
	is "$(json decision reason)" switched-off
}

@test "auto does nothing in a crash (kdump) kernel" {
	make_root
	want_image
	touch root/proc/vmcore
	run_ctl_json 3 auto --root=root
	is "$(json decision reason)" crash-kernel
}

@test "auto --explain shows the facts and the decision, and changes nothing" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	nothing_changed run_ctl 3 auto --explain --root=root
	output_has 'Wanted image       ESP:/EFI/fw.igvm'
	output_has "$image"
	output_has 'Provider 1.0'
	output_has '#1, running'
	output_has 'not running (claimed)'
	nothing_changed run_ctl_json 3 auto --explain --root=root
	is "$(json wanted path)" root/efi/EFI/fw.igvm
	is "$(json record state)" sound
	is "$(json evidence verdict)" 'not running'
	is "$(json decision attempt)" False
	is "$(json decision reason)" no-device
	firmware_is Tenant
	nothing_changed run_ctl_json 0 auto --explain --root=root
	is "$(json decision reason)" running
}

@test "auto --explain reports a torn record, and does not repair it" {
	make_root
	want_image
	records "$image,2,1,2,Provider,Tenant"
	: >root/efi/EFI/vmfwupdate/record.a
	nothing_changed run_ctl_json 3 auto --explain --root=root
	is "$(json record state)" torn
}

@test "required=yes without the wanted firmware: exit status 11, and an error that names the key" {
	make_root
	want_image required=yes
	run_ctl 11 auto --root=root
	stderr_has required=yes
	run_ctl_json 11 auto --explain --root=root
	is "$(json decision exit_code)" 11
	echo 'vmfwupdate=0' >root/proc/cmdline
	run_ctl 3 auto --root=root
	output_has 'switched off on the kernel command line'
}

@test "required=yes and the wanted firmware runs: the boot goes on without a device" {
	make_root
	want_image required=yes
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	run_ctl 0 auto --root=root
	output_has 'is running'
}

@test "required without an image is an error of the configuration" {
	make_root
	configure required=yes
	run_ctl 11 auto --root=root
	stderr_has 'required=yes needs image='
}

@test "auto names each invalid line of a configuration, and uses the valid ones" {
	make_root
	configure 'image=/a' 'nonsense' 'timeout=soon'
	run_ctl 2 auto --root=root
	stderr_has 'root/etc/vmfwupdate.conf:2: '
	stderr_has 'root/etc/vmfwupdate.conf:3: timeout=soon'
	run_ctl_json 2 auto --root=root
	is "$(json messages 1 level)" error
	# The valid lines of the file still count.
	configure 'image=/a' 'required=yes' 'nonsense'
	run_ctl 11 auto --root=root
	stderr_has 'vmfwupdate.conf:3: invalid line; expected KEY=VALUE'
}

# location: print the value of image= that counts
location()
{
	run_ctl_json 3 auto --explain --root=root >/dev/null
	json wanted location
}

@test "drop-ins: the last name counts; /etc hides /run, and /run hides /usr/lib" {
	make_root
	local etc=root/etc/vmfwupdate.conf.d run=root/run/vmfwupdate.conf.d
	local lib=root/usr/lib/vmfwupdate.conf.d
	echo image=/lib >root/usr/lib/vmfwupdate.conf
	is "$(location)" /lib
	echo image=/run >root/run/vmfwupdate.conf
	is "$(location)" /run
	configure image=/etc
	is "$(location)" /etc

	echo image=/lib-20 >$lib/20.conf
	is "$(location)" /lib-20
	echo image=/run-20 >$run/20.conf
	is "$(location)" /run-20
	echo image=/etc-10 >$etc/10.conf
	is "$(location)" /run-20
	echo image=/lib-30 >$lib/30.conf
	is "$(location)" /lib-30
	ln -s /dev/null $etc/30.conf
	is "$(location)" /run-20
	: >$etc/20.conf
	is "$(location)" /etc-10
	echo image=/no >$etc/99.config
	echo image=/no >$etc/.hidden.conf
	is "$(location)" /etc-10
}

@test "a drop-in's error names the drop-in" {
	make_root
	echo 'image=a' >root/run/vmfwupdate.conf.d/5.conf
	run_ctl 2 auto --root=root
	stderr_has 'root/run/vmfwupdate.conf.d/5.conf:1: '
}

@test "a configuration that cannot be read is an I/O error" {
	make_root
	mkdir root/run/vmfwupdate.conf.d/5.conf
	run_ctl 1 auto --root=root
	stderr_has 'root/run/vmfwupdate.conf.d/5.conf: cannot read this file: Is a directory'
	echo required=yes >root/etc/vmfwupdate.conf
	run_ctl 11 auto --root=root
}

@test "without a boot ID, auto fails" {
	make_root
	want_image
	rm root/proc/sys/kernel/random/boot_id
	run_ctl 1 auto --root=root
	stderr_has 'the ID of this boot'
}

# bats test_tags=unsanitized
@test "auto with nothing to do takes at most 20 ms of the processor" {
	make_root
	python3 - "$CTL" <<-'END'
	import resource, subprocess, sys
	def spent():
	    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
	    return usage.ru_utime + usage.ru_stime
	best = 9
	for _ in range(10):
	    before = spent()
	    run = subprocess.run([sys.argv[1], "auto", "--root=root"], timeout=20,
	                         capture_output=True, text=True)
	    best = min(best, spent() - before)
	    if run.returncode != 3 or "no image is configured" not in run.stdout:
	        sys.exit(f"{run.returncode}: {run.stdout}{run.stderr}")
	print(f"{best * 1000:.1f} ms of the processor")
	sys.exit(best > 0.02)
	END
}
