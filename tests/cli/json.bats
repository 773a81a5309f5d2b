#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# JSON: the output of each verb fits the schema with each of its exit codes. The tool, the
# schema and the manual know the same verbs and codes.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

schema=$top/Documentation/vmfwupdate-ctl.schema.json
JSONOUTPUT=$top/tests/lib/run/jsonoutput.py

eval "$(declare -f setup_file | sed '1s/setup_file/build_fake/')"

# The tests run one after the other: one of them checks the codes that the others reached.
setup_file()
{
	build_fake
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup()
{
	setup_on_fake
	echo rubbish >rubbish
	reached=$BATS_FILE_TMPDIR/reached
}

# ends CODE VERB [ARGUMENT...]: run a verb with --json, expect this exit status, and note
# both in $reached. A verb of two words is one argument.
ends()
{
	local code=$1 verb=$2
	shift 2
	# shellcheck disable=SC2086 # a verb of two words
	run_ctl_json "$code" $verb "$@"
	output_has '"schema": 1,'
	output_has "\"verb\": \"$verb\","
	echo "$verb:$code" >>"$reached"
}

# device_node: let the tool find ./device as /dev/vmfwupdate, without permission to open it
# if the environment has DENIED.
device_node()
{
	cat >node.c <<-'END'
	#define _GNU_SOURCE
	#include <errno.h>
	#include <fcntl.h>
	#include <stdarg.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static const char *find(const char *path)
	{
		return strcmp(path, "/dev/vmfwupdate") ? path : getenv("FAKE_DEVICE");
	}
	int open(const char *path, int flags, ...)
	{
		va_list list;
		int mode;

		va_start(list, flags);
		mode = va_arg(list, int);
		va_end(list);
		if (find(path) != path && getenv("DENIED")) {
			errno = EACCES;
			return -1;
		}
		return syscall(SYS_openat, AT_FDCWD, find(path), flags, mode);
	}
	int access(const char *path, int mode)
	{
		return syscall(SYS_faccessat, AT_FDCWD, find(path), mode);
	}
	END
	cc -shared -fPIC -Wall -o node.so node.c
	sed -i "s|LD_PRELOAD='[^']*|&:$PWD/node.so|" ctl
}

all_verbs()
{
	"$JSONOUTPUT" --codes | cut -d: -f1
}

@test "each verb, with a wrong command line" {
	local verb found=0
	while read -r verb; do
		ends 2 "$verb" --frobnicate
		output_has '--frobnicate: '
		found=$((found + 1))
	done < <(all_verbs)
	((found >= 21)) || fail "verbs: $found"
}

@test "verbs that read a file: missing, rubbish, or not to be found" {
	local verb options
	for verb in wrap compose decompose check inspect measure stage 'partition install'; do
		options=()
		case $verb in
		compose)	options=(--kernel=rubbish -o out) ;;
		wrap | decompose)	options=(-o out) ;;
		esac
		ends 1 "$verb" "${options[@]}" missing
		ends 4 "$verb" "${options[@]}" rubbish
		ends 8 "$verb" "${options[@]}" uki
	done
}

@test "wrap, compose, decompose, inspect and measure" {
	truncate -s 252K rom.fd
	printf '%4096s' '' | tr ' ' '\364' >>rom.fd
	ends 0 wrap rom.fd -o wrapped.igvm
	ends 0 inspect image.igvm
	ends 0 inspect --map image.igvm
	ends 0 inspect --rom wrapped.igvm -o rom
	cmp rom rom.fd
	sample snp snp.igvm
	ends 0 inspect --page=0xffff0000 image.igvm
	ends 0 measure snp.igvm
	ends 0 measure --trace snp.igvm
	broken block.igvm 'image.id_block(bytes(48), mask=2)'
	ends 9 measure --for=snp block.igvm
	sample measured measured.igvm
	"$top/tests/lib/attest/eventlog.py" make ccel
	ends 0 measure --for=tdx --event-log=ccel measured.igvm
	ends 0 measure --for=tdx --event-log=ccel --trace --base64 measured.igvm
	ends 4 measure --for=tdx --event-log=rubbish measured.igvm
	ends 3 decompose image.igvm -o parts
}

@test "compose and decompose" {
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf, ukigen
open("base.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
program = ukigen.Pe().section(".text", b"kernel")
open("kernel.efi", "wb").write(program.build())'
	run_ctl 0 wrap base.fd -o base.igvm
	ends 0 compose base.igvm --kernel=kernel.efi -o composed.igvm
	ends 0 decompose composed.igvm -o parts
	device_tries
	ends 0 stage base.igvm --kernel=kernel.efi --device=device
	is "$(json sha256)" "$(sha256sum <composed.igvm | cut -d' ' -f1)"
	is "$(json parts 0 name)" kernel
}

@test "check" {
	ends 0 check image.igvm
	ends 0 check --vmm=qemu --memory=1G image.igvm
	broken bad.igvm 'image.headers[4].length = 23'
	ends 4 check bad.igvm
	ends 4 check --for=snp image.igvm
}

@test "verbs of the device" {
	local verb
	for verb in 'stage image.igvm' unstage revert disable status; do
		# shellcheck disable=SC2086 # a verb and its operand
		set -- $verb
		ends 5 "$1" "${@:2}" --device=missing
	done
	device_keeps state=$disabled
	ends 6 stage image.igvm --device=device
	ends 6 revert --device=device
	ends 0 status --device=device
	device_keeps start=2
	ends 12 stage image.igvm --device=device
	ends 12 revert --device=device
	device_tries
	ends 3 unstage --device=device
	ends 3 revert --device=device
	ends 0 stage image.igvm --device=device
	ends 0 stage image.igvm --device=device
	ends 0 status --device=device
	ends 0 unstage --device=device
	ends 0 stage --dry-run image.igvm --device=device
	device_keeps
	ends 0 stage image.igvm --device=device
	ends 0 unstage --device=device
	device_keeps
	ends 0 revert --device=device
	device_keeps
	ends 0 disable --device=device
	device_keeps
	FAKE_STATUS=3 ends 6 stage image.igvm --device=device
	device_keeps
	ends 0 stage image.igvm --device=device
	export FAKE_REFUSED='cancel disable restore'
	ends 6 unstage --device=device
	ends 6 revert --device=device
	ends 6 disable --device=device
}

@test "without permission for the device" {
	[[ $EUID -eq 0 ]] || skip 'needs root; run the tests as root'
	device_keeps
	device_node
	local verb
	for verb in status unstage revert disable; do
		DENIED=1 ends 1 "$verb"
	done
}

@test "a machine that the image format does not know" {
	[[ $EUID -eq 0 ]] || skip 'needs root; run the tests as root'
	# The memory is encrypted in an unknown way.
	device_keeps isolation=5
	device_node
	ends 5 check image.igvm
	device_keeps
	ends 0 check image.igvm
}

@test "partitions" {
	truncate -s 8M disk blank
	sfdisk --quiet disk <<<'label: gpt'
	mkdir directory
	local verb
	for verb in list 'read -o out' 'install image.igvm' remove; do
		# shellcheck disable=SC2086 # a verb with its option or operand
		set -- $verb
		ends 8 "partition $1" "${@:2}" --disk=blank
		ends 1 "partition $1" "${@:2}" --disk=directory
	done
	ends 0 'partition list' --disk=disk
	ends 3 'partition remove' --disk=disk
	ends 0 'partition install' --dry-run image.igvm --disk=disk
	ends 0 'partition install' image.igvm --disk=disk
	ends 0 'partition list' --disk=disk
	ends 0 'partition read' -o out --disk=disk
	cmp out image.igvm
	ends 0 'partition remove' --disk=disk
}

@test "list" {
	make_root
	ends 3 list --root=root
	want_image
	ends 0 list --root=root
	machine_is QEMU Standard
	ends 0 list --chids --root=root
	configure
	booted /EFI/Linux/a.efi
	mkdir -p root/efi/EFI/Linux
	ln -s elsewhere root/efi/EFI/Linux/a.efi
	ends 1 list --root=root
}

@test "auto" {
	make_root
	ends 3 auto --root=root
	want_image
	device_keeps
	ends 0 auto --explain --root=root --device=device
	is "$(json device)" device
	is "$(json state)" idle
	ends 3 auto --explain --root=root --device=missing
	[[ $output != *'"device": '* && $output != *'"state": "idle"'* ]] || fail "$output"
	is "$(json decision reason)" no-device
	device_keeps state=$disabled
	ends 6 auto --root=root --device=device
	device_keeps start=2
	ends 12 auto --root=root --device=device
	# auto makes an attempt. The fake device refuses the reset.
	device_keeps
	ends 1 auto --root=root --device=device
	is "$(json decision attempt)" True
	is "$(json sha256)" "$image"
	# Without the record, auto makes another attempt. The VMM no longer answers.
	rm root/efi/EFI/vmfwupdate/record.?
	device_keeps
	FAKE_STATUS=gone ends 5 auto --root=root --device=device
	device_keeps
	records "$image,1,8,0,Provider,"
	ends 7 auto --root=root --device=device
	configure 'image=ESP:/missing.igvm'
	ends 8 auto --root=root --device=device
	configure 'image=ESP:/missing.igvm' required=yes
	ends 11 auto --root=root --device=device
	cp rubbish root/efi/rubbish
	configure 'image=ESP:/rubbish'
	ends 4 auto --root=root --device=device
	rm root/proc/sys/kernel/random/boot_id
	ends 1 auto --root=root
}

@test "verify, history and initramfs" {
	make_root
	ends 3 verify --root=root
	ends 0 history --root=root
	ends 0 'initramfs files' --root=root
	ends 3 'initramfs required' --root=root
	want_image required=yes
	ends 0 'initramfs required' --root=root
	ends 10 verify --root=root
	records "$image,2,1,2,Provider,Tenant"
	ends 9 verify --root=root
	python3 "$top/tests/lib/attest/attestation.py" quote5 "$(printf '%096d' 5)" quote
	ends 4 verify --report=quote --nonce=any --image=rubbish
	ends 8 verify --report=quote --nonce=any --image=uki
	firmware_is Tenant
	ends 0 verify --root=root
	ends 0 history --root=root
	ends 0 history --clear --root=root
	rm -r root/efi/EFI/vmfwupdate
	mkdir root/efi/EFI/vmfwupdate
	ends 3 history --clear --root=root
	echo rubbish >root/efi/EFI/vmfwupdate/record.a
	cp root/efi/EFI/vmfwupdate/record.{a,b}
	ends 7 history --root=root
	rm -r root/efi
	ends 3 history --root=root
	configure record=ESP
	ends 8 history --root=root
	rm root/proc/sys/kernel/random/boot_id
	ends 1 verify --root=root
	echo 'image=/etc/vmfwupdate.conf/fw' >root/etc/vmfwupdate.conf
	ends 1 'initramfs files' --root=root
	ends 1 history --root=root
	rm root/etc/vmfwupdate.conf
	mkdir root/etc/vmfwupdate.conf
	ends 1 'initramfs required' --root=root
}

@test "each exit code of each verb was reached" {
	local verb codes code missed=
	while IFS=: read -r verb codes; do
		for code in $codes; do
			grep -qx "$verb:$code" "$BATS_FILE_TMPDIR/reached" ||
				missed+="$verb:$code"$'\n'
		done
	done < <("$JSONOUTPUT" --codes)
	is "$missed" ''
}

@test "help, version and a command line without a verb" {
	run_ctl_json 0 --version
	[[ $(json version) =~ ^[0-9.]+$ ]] || fail "$output"
	run_ctl_json 0 help
	is "$(json schema)" 1
	run_ctl_json 0 help stage
	is "$(json verbs 0 name)" stage
	run_ctl_json 0 stage --help
	is "$(json verbs 0 name)" stage
	run_ctl_json 0 help partition
	is "$(json verbs 3 name)" 'partition remove'
	run_ctl_json 2 frobnicate
	[[ $(json messages 0 text) == 'frobnicate: '* ]] || fail "$output"
	run_ctl_json 2 partition
	[[ $(json messages 0 text) == *verb* ]] || fail "$output"
}

@test "a signal: the exit status is 128 plus its number" {
	local verb pid tries
	mkfifo pipe
	# This shell also holds the pipe open for writing, so the input never ends.
	exec 7<>pipe
	for verb in check 'wrap -o out'; do
		# shellcheck disable=SC2086 # a verb and its option
		"$CTL" $verb --json - <pipe >out 7>&- &
		pid=$!
		# Wait until the tool catches SIGTERM, which is bit 14.
		for ((tries = 0; tries < 400; tries++)); do
			[[ $(sed -n 's/^SigCgt:.*\(....\)$/\1/p' /proc/$pid/status) != [4-7c-f]??? ]] || break
			sleep 0.05
		done
		kill -TERM $pid
		status=0
		wait $pid || status=$?
		is $status 143
		"$JSONOUTPUT" 143 <out
		grep -q 'interrupted (SIGTERM)' out
		[[ $(grep -c '"level"' out) -eq 1 ]] || fail "$(<out)"
	done
	exec 7>&-
}

@test "the tool, the schema and the manual name the same verbs and codes" {
	run_ctl_json 0 help
	python3 -c '
import json, re, sys
tool = {verb["name"]: verb["exit_codes"] for verb in json.loads(sys.argv[1])["verbs"]}
schema = {}
for line in sys.argv[2].splitlines():
    verb, codes = line.split(":")
    schema[verb] = [int(code) for code in codes.split()]
page = open(sys.argv[3]).read()
table = page.split("[[ *Verb*", 1)[1].split("\n\n", 1)[0]
manual = {}
for verb, codes in re.findall(r"^\|  (.*)\n:  (.*)$", table, re.M):
    for name in verb.strip("*").split(", "):
        manual[name] = [int(code) for code in codes.split()]
assert tool == schema, (tool, schema)
assert tool == manual, (tool, manual)' "$output" "$("$JSONOUTPUT" --codes)" \
		"$top/Documentation/vmfwupdate-ctl.8.scd"
}

@test "the page on JSON names each member of the schema" {
	local member found=0
	while read -r member; do
		grep -q "\`$member\`" "$top/Documentation/json.md" ||
			fail "json.md does not have $member"
		found=$((found + 1))
	done < <("$JSONOUTPUT" --members)
	((found >= 50)) || fail "members: $found"
}
