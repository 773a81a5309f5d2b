#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# File systems that an attacker controls: links that lead off them, and devices, pipes or
# directories in place of files.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root
load uki

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
	sample native native.igvm
	sample both both.igvm
	make_root
	machine_is Example 'VM 7'
	mkdir -p outside root/efi/EFI/Linux root/efi/loader/addons
	linux=root/efi/EFI/Linux
	cp native.igvm outside/fw.igvm
	uki outside/debian.efi 'pe.section(".efifw", efifw("ovmf", native))'
}

# not_taken [STATUS]: expect that list neither takes nor reads a file outside of the root.
# With status 1, list could not check every candidate.
not_taken()
{
	run_ctl_json "${1:-3}" list --root=root
	[[ $output != *'"taken": true'* ]] || fail 'something was taken'
	[[ $output != *'"sha256"'* ]] || fail 'something was read'
}

@test "a link on the ESP does not lead to an image, on it or off it" {
	local target
	configure 'image=ESP:/EFI/fw.igvm'
	cp native.igvm root/efi/EFI/real.igvm
	for target in "$PWD/outside/fw.igvm" ../../../outside/fw.igvm real.igvm \
			/efi/EFI/real.igvm /proc/self/exe; do
		ln -sfn "$target" root/efi/EFI/fw.igvm
		not_taken
	done
	rm root/efi/EFI/fw.igvm
	mv root/efi/EFI root/efi/elsewhere
	ln -s elsewhere root/efi/EFI
	not_taken
	ln -sfn "$PWD/outside" root/efi/EFI
	not_taken
	configure 'image=ESP:/../../outside/fw.igvm'
	not_taken
}

@test "a link on the ESP does not lead to a UKI or an add-on" {
	booted /EFI/Linux/debian.efi
	ln -s "$PWD/outside/debian.efi" "$linux/debian.efi"
	not_taken 1
	rm "$linux/debian.efi"
	uki "$linux/debian.efi" ''
	not_taken
	ln -s "$PWD/outside/debian.efi" root/efi/loader/addons/x.addon.efi
	not_taken 1
	mv outside/debian.efi outside/x.addon.efi
	ln -s "$PWD/outside" "$linux/debian.efi.extra.d"
	not_taken 1
	rm -r root/efi/loader/addons
	ln -s "$PWD/outside" root/efi/loader/addons
	not_taken 1
}

@test "a link on the ESP does not lead to a record, to read it or to write it" {
	local image
	want_image
	rm -r root/efi/EFI/vmfwupdate
	records() {
		local slot
		mkdir -p outside/record
		for slot in a b; do
			python3 "$top/tests/lib/disk/vmfwrecord.py" \
				outside/record/record.$slot "$(($1 + $(printf %d "'$slot")))"
		done
	}
	records 1
	cp -r outside before
	ln -s "$PWD/outside/record" root/efi/EFI/vmfwupdate
	run_ctl 8 history --root=root
	stderr_has 'Too many levels of symbolic links'
	run_ctl 8 history --clear --root=root
	stderr_has 'Too many levels of symbolic links'
	diff -r before outside
	rm root/efi/EFI/vmfwupdate
	mkdir root/efi/EFI/vmfwupdate
	ln -s "$PWD/outside/record/record.a" root/efi/EFI/vmfwupdate
	run_ctl 8 history --root=root
	stderr_has 'Too many levels of symbolic links'
	run_ctl 8 history --clear --root=root
	stderr_has 'Too many levels of symbolic links'
	diff -r before outside
	rm -r root/efi/EFI/vmfwupdate/record.a outside/record
	ln -s "$PWD/outside/record.a" root/efi/EFI/vmfwupdate
	run_ctl 8 history --clear --root=root
	stderr_has 'Too many levels of symbolic links'
	[[ ! -e outside/record.a ]]
}

@test "below another root, a link leads to a file of that root" {
	local place
	echo 'image=/nowhere/of/the/host' >outside/vmfwupdate.conf
	mkdir -p root/usr/lib/other "root$PWD/outside"
	echo 'image=/real.igvm' >root/usr/lib/other/vmfwupdate.conf
	cp native.igvm root/real.igvm
	rm -f root/etc/vmfwupdate.conf
	for place in /usr/lib/other/vmfwupdate.conf ../usr/lib/other/vmfwupdate.conf \
			../../../../../usr/lib/other/vmfwupdate.conf; do
		ln -sfn "$place" root/etc/vmfwupdate.conf
		run_ctl 0 list --root=root
		output_has '* configured: root/real.igvm'
	done
	ln -sfn "$PWD/outside/vmfwupdate.conf" root/etc/vmfwupdate.conf
	run_ctl 3 list --root=root
	[[ $output != *nowhere* ]]
	# Links within the root lead to files of the root.
	ln -sfn ../usr/lib/other/vmfwupdate.conf root/etc/vmfwupdate.conf
	mv root/real.igvm root/usr/real.igvm
	ln -s /usr/real.igvm root/real.igvm
	run_ctl 0 list --root=root
	ln -sfn "$PWD/outside/fw.igvm" root/real.igvm
	run_ctl 3 list --root=root
	output_has 'root/real.igvm: cannot use this file: No such file or directory'
	rm -r root/efi
	ln -s "$PWD/outside" root/efi
	mkdir outside/EFI
	cp native.igvm outside/EFI/fw.igvm
	echo 'image=ESP:/EFI/fw.igvm' >root/usr/lib/other/vmfwupdate.conf
	run_ctl 3 list --root=root
	output_has 'configured: none'
}

@test "a link to /dev/null masks a configuration, in a root without devices" {
	configure 'image=/broken' 'required=perhaps'
	mkdir -p root/usr/lib/vmfwupdate.conf.d
	mv root/etc/vmfwupdate.conf root/usr/lib/vmfwupdate.conf
	cp root/usr/lib/vmfwupdate.conf root/usr/lib/vmfwupdate.conf.d/1.conf
	run_ctl 2 list --root=root
	stderr_has '1.conf:2: required=perhaps'
	ln -s /dev/null root/etc/vmfwupdate.conf
	run_ctl 2 list --root=root
	stderr_has '1.conf:2: required=perhaps'
	ln -s /dev/null root/run/vmfwupdate.conf.d/1.conf
	run_ctl 3 list --root=root
	output_has 'there is nothing that auto would take'
}

# Files that the tool reads below a root or on an ESP.
files="etc/vmfwupdate.conf etc/vmfwupdate.conf.d/1.conf proc/cmdline
proc/sys/kernel/random/boot_id sys/class/dmi/id/bios_vendor
sys/class/dmi/id/sys_vendor sys/class/dmi/id/bios_release
sys/class/dmi/id/chassis_type efi/EFI/fw.igvm efi/EFI/Linux/debian.efi
efi/EFI/Linux/debian.efi.extra.d/x.addon.efi efi/loader/addons/x.addon.efi
efi/EFI/vmfwupdate/record.a efi/EFI/vmfwupdate/record.b
sys/firmware/efi/efivars/StubDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
sys/firmware/efi/efivars/StubImageIdentifier-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
sys/firmware/efi/efivars/StubProfile-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

# ends FILE: expect that verbs that read a root end in time, and not by a signal.
# FILE is for the message.
ends()
{
	local verb
	for verb in status list 'list --chids' history 'history --clear' \
			'auto --dry-run' verify; do
		status=0
		# shellcheck disable=SC2086 # a verb and its options
		timeout -k 1 "$CTL_TIMEOUT" "$CTL" $verb --root=root >out 2>&1 <>/dev/null ||
			status=$?
		((status < 124)) || fail "$verb: $1: $status" "$(<out)"
	done
}

@test "no verb waits for a pipe or a socket in place of a file" {
	local file
	uki "$linux/debian.efi" 'pe.section(".efifw", efifw("ovmf", native))'
	booted /EFI/Linux/debian.efi
	want_image
	cp -r root good
	for file in $files; do
		rm -rf root
		cp -r good root
		mkdir -p "root/${file%/*}"
		rm -f "root/$file"
		mkfifo "root/$file"
		ends "$file"
		rm "root/$file"
		python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "root/$file" 2>/dev/null || continue
		ends "$file"
	done
}

@test "no verb reads without end from a device in place of a file" {
	local file
	[[ $(id -u) -eq 0 ]] || skip 'only root can make devices'
	uki "$linux/debian.efi" 'pe.section(".efifw", efifw("ovmf", native))'
	booted /EFI/Linux/debian.efi
	want_image
	cp -r root good
	mknod zero c 1 5 && head -c 1 zero >/dev/null || skip 'no devices here'
	for file in $files; do
		rm -rf root
		cp -r good root
		mkdir -p "root/${file%/*}"
		rm -f "root/$file"
		mknod "root/$file" c 1 5
		ends "$file"
	done
}

@test "no verb hangs or crashes on a directory in place of a file" {
	local file
	want_image
	cp -r root good
	for file in $files; do
		rm -rf root
		cp -r good root
		rm -f "root/$file"
		mkdir -p "root/$file"
		ends "$file"
	done
}

@test "many add-ons, or one UKI by many names: list ends, and reports its limit" {
	local i
	booted /EFI/Linux/debian.efi
	uki "$linux/debian.efi" ''
	for ((i = 100; i < 3000; i++)); do
		: >root/efi/loader/addons/$i.addon.efi
	done
	run_ctl 1 list --root=root
	output_has 'too many add-ons; expected at most 64'
	((${#output} < 20000)) || fail "${#output} bytes"
	rm -r root/efi/loader/addons/*
	uki many.efi '
for i in range(90):
    pe.section(".efifw", efifw("firmware%d" % i, native))'
	for ((i = 10; i < 70; i++)); do
		ln many.efi root/efi/loader/addons/$i.addon.efi
	done
	run_ctl 1 list --root=root
	output_has 'too many images; expected at most 256'
	((${#output} < 200000)) || fail "${#output} bytes"
	configure image=uki
	run_ctl_json 3 auto --root=root
	((${#output} < 20000)) || fail "${#output} bytes"
	run_ctl 8 check many.efi
	((${#stderr} < 8000)) || fail "${#stderr} bytes"
	stderr_has 'and 74 more'
}

@test "a signal ends a check of very many headers, and a measurement, and a list" {
	local verb
	python3 "$top/tests/lib/images/manyheaders.py" many.igvm 3000000
	cp many.igvm root/many.igvm
	configure image=/many.igvm
	for verb in 'check many.igvm' 'check --json many.igvm' 'inspect --map many.igvm' \
			'measure --for native many.igvm' 'list --root=root'; do
		status=0
		# shellcheck disable=SC2086 # a verb and its options
		timeout --preserve-status -k 10 0.3 "$CTL" $verb >out 2>&1 || status=$?
		is "$verb: $status" "$verb: 143"
		grep -q 'interrupted (SIGTERM)' out
	done
}

@test "a signal ends a measurement that has begun" {
	# One header inserts a GiB of zeroes.
	broken large.igvm 'image = Image(); image.platform(platform_type=SEV_SNP)
image.guest_policy(); image.page_data(0xfffff000, b"code")
image.parameter_area(0, 1 << 30); image.parameter(MEMORY_MAP, 0); image.parameter_insert(0, 0)'
	# The tool waits for the reader of its trace.
	timeout "$CTL_TIMEOUT" python3 -c '
import signal, subprocess, sys
tool = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE, text=True)
assert "0x" in tool.stderr.readline()
tool.send_signal(signal.SIGTERM)
lines = tool.stderr.readlines()
print(tool.wait(), len(lines), *lines[-2:])
sys.exit(tool.wait() != 143 or len(lines) > 20000 or
         "interrupted (SIGTERM)" not in lines[-1])' \
		"$CTL" measure --for=snp --trace large.igvm
}

# at_most PERCENT FILE: expect that the memory for a check of FILE is at most PERCENT of
# its size, and 16 MiB more.
at_most()
{
	python3 -c '
import os, resource, subprocess, sys
ctl, percent, path = sys.argv[1:]
status = subprocess.run([ctl, "check", path], stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
size = os.path.getsize(path)
print(f"{path}: status {status}, {size} bytes, {used} of memory")
sys.exit(status or used > size * int(percent) // 100 + (16 << 20))' "$CTL" "$1" "$2"
}

# bats test_tags=unsanitized
@test "a check of very many headers takes memory of at most 2.35 times the file, and 16 MiB" {
	python3 "$top/tests/lib/images/manyheaders.py" pages.igvm 1000000
	at_most 185 pages.igvm
	python3 "$top/tests/lib/images/manyheaders.py" areas.igvm 1000000 1 areas
	at_most 235 areas.igvm
}

@test "a check that runs out of memory does not say that nothing is populated" {
	can_trace
	local calls i failed=0
	# Each table is so large that malloc() calls mmap() for it, not brk().
	python3 "$top/tests/lib/images/manyheaders.py" many.igvm 20000
	traced 60 -o trace -e trace=mmap "$CTL" check many.igvm >out
	grep -q ' populates [1-9]' out
	calls=$(grep -c '^mmap' trace)
	for ((i = calls; i > calls - 8; i--)); do
		traced 60 -o /dev/null -e inject=brk:error=ENOMEM \
			-e inject=mmap:error=ENOMEM:when=$i+ \
			"$CTL" check many.igvm >out 2>&1 || ((++failed))
		! grep ' populates 0' out || fail "call $i: $(<out)"
	done
	((failed > 4)) || fail "only $failed of 8 failed"
}

@test "JSON has a limited number of ranges, and the number of the others" {
	python3 "$top/tests/lib/images/manyheaders.py" many.igvm 20000 4
	"$CTL" check --json many.igvm >out
	(($(stat -c %s out) < 1000000)) || fail "$(stat -c %s out) bytes"
	is "$(python3 -c 'import json, sys
memory = json.load(sys.stdin)["memory"][3]
print(memory["ranges_left_out"], len(memory["ranges"]["page_data"]))' <out)" \
		"$((4 * (20000 - 256))) 256"
	python3 "$top/tests/lib/images/manyheaders.py" few.igvm 256
	run_ctl_json 0 check few.igvm
	[[ $output != *left_out* ]] || fail 'JSON has all ranges'
	python3 "$top/tests/lib/images/manyheaders.py" more.igvm 257
	run_ctl_json 0 check more.igvm
	is "$(json memory 0 ranges_left_out)" 4
}

teardown()
{
	[[ ! -b ${target-} ]] || losetup -d "$target"
}

# attach: make a loop device with ./tree on ext4. Its UUID is $uuid.
attach()
{
	local reason
	[[ $EUID -eq 0 ]] || skip 'only root can make a block device of a file'
	uuid=$(</proc/sys/kernel/random/uuid)
	truncate -s 16M disk
	mkfs.ext4 -q -d tree -U "$uuid" disk
	target=$(losetup --find --show disk 2>&1) || {
		reason=$target target=
		skip "no loop device: $reason"
	}
}

@test "check follows no link on a file system that a location names" {
	mkdir -p tree/real
	cp native.igvm tree/real/fw.igvm
	ln -s real/fw.igvm tree/inside.igvm
	ln -s "$PWD/outside/fw.igvm" tree/outside.igvm
	ln -s real tree/directory
	attach
	run_ctl 0 check "UUID=$uuid:/real/fw.igvm"
	run_ctl 8 check "UUID=$uuid:/inside.igvm"
	stderr_has 'Too many levels of symbolic links'
	run_ctl 8 check "UUID=$uuid:/outside.igvm"
	stderr_has 'Too many levels of symbolic links'
	run_ctl 8 check "UUID=$uuid:/directory/fw.igvm"
	stderr_has 'Too many levels of symbolic links'
	run_ctl 8 check "UUID=$uuid:/../../outside/fw.igvm"
	stderr_has 'No such file or directory'
	# Repeat the tests without openat2(), which systemd's RestrictSUIDSGID= forbids.
	if is_traceable; then
		without=(traced 60 -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS)
		"${without[@]}" "$CTL" check "UUID=$uuid:/real/fw.igvm"
		"${without[@]}" "$CTL" check "UUID=$uuid://real/./fw.igvm"
		for name in inside.igvm outside.igvm directory/fw.igvm missing \
				real/fw.igvm/more ../outside/fw.igvm real/../real/fw.igvm; do
			status=0
			"${without[@]}" "$CTL" check "UUID=$uuid:/$name" || status=$?
			is "$name $status" "$name 8"
		done
	fi
	# Repeat the tests while the file system is mounted, also with another one on top.
	mkdir mounted
	unshare --mount sh -exc '
		mount "$1" mounted
		"$2" check "UUID=$3:/real/fw.igvm"
		"$2" check "UUID=$3:/inside.igvm" && exit 1
		"$2" check "UUID=$3:/outside.igvm" && exit 1
		mount -t tmpfs none mounted
		mkdir mounted/real
		echo not this one >mounted/real/fw.igvm
		"$2" check "UUID=$3:/real/fw.igvm" 2>&1 | grep "cannot mount this disk"' - "$target" "$CTL" "$uuid"
}
