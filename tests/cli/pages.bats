#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands of the README and of the manual pages. A host runs them as they stand, or a
# table gives the reason why it cannot. The demo types the README's session in a VM.
#
# A wrapper adds --device and --root to the tool's options, for a fake device and for the
# files of a boot.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

manual=$top/Documentation

# md_blocks PAGE: print the commands in the code blocks, one to a line, without comments. A
# block that begins with "==" shows a session. Its commands follow "guest# ".
md_blocks()
{
	sed -e ':a' -e '/\\$/{N; s/ *\\\n */ /; ta' -e '}' "$1" | awk '
		/^[^ ]/ { session = 0 }
		/^    == / { session = 1 }
		!/^    [^ ]/ || (session && !/^    guest# /) { next }
		{ sub(/^ +/, ""); sub(/ +# .*/, ""); print }'
}

# md_words PAGE: print the commands in the text, one to a line: words of code that begin with
# the name of a program, and have an argument.
# shellcheck disable=SC2016 # words of code stand in backquotes
md_words()
{
	sed '/^    /d' "$1" | tr '\n' ' ' | grep -o '`[^`]*`' | tr -d '`' |
		grep -E '^(sudo|make|dkms|tests/run|vmfwupdate-ctl) '
}

# scd_blocks PAGE: print the lines of the indented paragraphs in the examples, one empty line
# between two paragraphs.
scd_blocks()
{
	awk '
		/^# / { examples = /^# EXAMPLES?$/ }
		/^$/ { if (inside) print ""; inside = 0 }
		examples && /^\t/ { inside = 1 }
		inside { sub(/^\t/, ""); sub(/\+\+$/, ""); print }' "$1"
}

# tables_have_all TABLE TABLE: expect that the two tables have exactly the commands on
# standard input. A line of a table is "KEY | COMMAND".
tables_have_all()
{
	sort -u >commands
	cut -d '|' -f 2- "$@" | sed 's/^ //' | sort >known
	is "$(uniq -d known)" ''
	diff known commands || fail 'the commands of the page (>) are not those of the test (<):' \
		'add each new command to a table of this test, and remove what the page no longer has'
	(($(wc -l <commands) >= 10)) || fail "few commands: $(<commands)"
}

# Make the files that the pages name, and the programs that they call. This reboot only
# writes a line to a file.
prepare()
{
	mkdir bin
	export PATH=$PWD/bin:$PATH
	printf '#!/bin/sh\necho reboot >>"%s/reboots"\n' "$PWD" >bin/reboot
	cat >bin/vmfwupdate-ctl <<-END
	#!/bin/sh
	case "\$*" in
	"verify --report"*) ;;
	stage*|revert*) set -- "\$@" --device="$FAKE_DEVICE" ;;
	status*|verify*|history*|auto*) set -- "\$@" --device="$FAKE_DEVICE" --root="$PWD/root" ;;
	list*) set -- "\$@" --root="$PWD/root" ;;
	esac
	exec "$CTL" "\$@"
	END
	chmod +x bin/*
	is "$(command -v reboot)" "$PWD/bin/reboot"
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf, ukigen
for name in "OVMF.fd", "provider.fd":
    open(name, "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
program = ukigen.Pe().section(".text", b"kernel" * 1000)
open("linux.efi", "wb").write(program.build())'
	run_ctl 0 wrap --for native,snp --vcpu-type EPYC-Milan OVMF.fd -o fw.igvm
	make_root
	mkdir root/efi/EFI/fw
	cp fw.igvm root/efi/EFI/fw/ovmf.igvm
	device_keeps
}

# Make a report of a guest that started from fw.igvm, its nonce, and AMD's certificates.
prepare_report()
{
	local chain=$BATS_TEST_TMPDIR/chain
	mkdir chain
	"$top/tests/lib/attest/snp-chain" "$chain"
	cp "$chain/chain.pem" amd.pem
	head -c 64 /dev/urandom >nonce
	run_ctl 0 measure --for=snp fw.igvm
	python3 "$top/tests/lib/attest/attestation.py" snp "$output" report.bin \
		"$chain/vcek.key" 50="$(od -An -v -tx1 nonce | tr -d ' \n')"
}

# run_all TABLE: run the commands of a table in order, with ./root/etc in place of /etc. The
# key is the exit status. Command N writes to out.N and err.N.
run_all()
{
	local expected command number=0 directory
	while IFS='|' read -r expected command; do
		number=$((number + 1)) status=0 directory=$PWD
		command=${command# }
		[[ $command != @(make|tests/)* ]] || directory=$top
		# shellcheck disable=SC2016 # for the inner shell
		timeout "$CTL_TIMEOUT" unshare --mount --propagation private bash -euc '
			mount --bind root/etc /etc
			cd "$1"
			eval "$2"' bash "$directory" "${command/; then .../; then :; else false; fi}" \
			</dev/null >"out.$number" 2>"err.$number" || status=$?
		[[ $status -eq ${expected% } ]] ||
			fail "exit status $status: $command" "$(<"out.$number")" "$(<"err.$number")"
		# A staged image, or a request for the host's own image, changes
		# the state of the device. So the next command gets a new device.
		[[ $command != @(*reboot*|*revert*) ]] || device_keeps
	done <"$1"
}

@test "README: its commands run as they stand, or a list has the reason against them" {
	{
		md_blocks "$top/README.md"
		md_words "$top/README.md"
	} >given
	cat >run <<-'END'
	0 | vmfwupdate-ctl wrap provider.fd -o provider.igvm
	0 | vmfwupdate-ctl status
	0 | vmfwupdate-ctl check --vmm=qemu fw.igvm
	0 | vmfwupdate-ctl stage fw.igvm && reboot
	0 | vmfwupdate-ctl stage OVMF.fd && reboot
	0 | vmfwupdate-ctl wrap OVMF.fd -o ovmf.igvm
	0 | vmfwupdate-ctl check ovmf.igvm
	0 | vmfwupdate-ctl inspect --map ovmf.igvm
	0 | vmfwupdate-ctl stage ovmf.igvm && reboot
	0 | vmfwupdate-ctl stage OVMF.fd --kernel linux.efi && reboot
	0 | vmfwupdate-ctl revert
	0 | echo image=ESP:/EFI/fw/ovmf.igvm >/etc/vmfwupdate.conf
	0 | vmfwupdate-ctl list
	0 | vmfwupdate-ctl auto --explain
	0 | vmfwupdate-ctl verify
	0 | vmfwupdate-ctl history
	0 | vmfwupdate-ctl measure --for=snp fw.igvm
	0 | vmfwupdate-ctl verify --report=report.bin --nonce=@nonce --image=fw.igvm --certificate=amd.pem
	0 | make help
	0 | tests/run --list
	END
	cat >cannot <<-'END'
	it runs all tests | sudo make check-ci
	it runs many tests | sudo make check
	it boots a VM; the suite roots runs it | sudo make demo
	it boots VMs | tests/run roots
	no released QEMU has the device | qemu-system-x86_64 -machine q35,igvm-cfg=igvm0 -object igvm-cfg,id=igvm0,file=provider.igvm -device vm-launch-update ...
	it writes to the ESP of this machine; the suite packages has another one | mkdir -p /boot/efi/EFI/fw && cp ovmf.igvm /boot/efi/EFI/fw/
	it changes the initramfs of this machine; the suite packages makes another one | update-initramfs -u
	it changes this machine; the suite packages runs it elsewhere | sudo apt build-dep .
	it takes minutes; the suite packages runs it | dpkg-buildpackage -us -uc -b
	it changes this machine; the suite packages installs the packages elsewhere | sudo apt install ../vmfwupdate-*.deb ../libvmfw-igvm0_*.deb linux-headers-amd64
	it needs a tree without changes; the suite packages runs it | make dist
	it needs the file of make dist; the suite packages runs it | rpmbuild -ta build/vmfwupdate-*.tar.gz
	it takes a minute; the suite build builds all parts | make
	it changes this machine; the suite build has another place for the files | make install
	it changes this machine; the suite build has another place for the files | sudo make install
	it changes this machine; the suite build has another place for the files | sudo make uninstall
	it needs the headers of that kernel; the suite build has others | make -C kmod KDIR=/usr/src/linux-headers-6.1.0-56-amd64
	it changes this machine; the suite dkms runs it in another system | make install-dkms
	it changes this machine; the suite dkms runs it in another system | dkms install vmfwupdate/VERSION
	END
	# The demo types the commands of the session in a VM.
	sed -n 's/^guest# //p' given >typed
	(($(wc -l <typed) >= 5)) || fail "typed: $(<typed)"
	local command
	while read -r command; do
		grep -qF "'$command'" "$top/tests/vm/demo" || fail "the demo does not type: $command"
	done <typed
	grep -v '^guest# ' given | tables_have_all run cannot
	prepare
	prepare_report
	# The attempt of the last boot started this firmware.
	records "$(sha256sum fw.igvm | cut -d ' ' -f 1),2,1,9,Provider,Tenant"
	firmware_is Tenant
	run_all run
	grep -qx 'image=ESP:/EFI/fw/ovmf.igvm' root/etc/vmfwupdate.conf
	is "$(wc -l <reboots)" 4
}

@test "vmfwupdate-ctl(8): its examples run as they stand" {
	scd_blocks "$manual/vmfwupdate-ctl.8.scd" | sed '/^$/d' >given
	cat >run <<-'END'
	0 | vmfwupdate-ctl wrap --for native,snp --vcpus 4 --vcpu-type EPYC-Milan OVMF.fd -o fw.igvm
	0 | vmfwupdate-ctl wrap OVMF.fd -o ovmf.igvm
	0 | vmfwupdate-ctl check ovmf.igvm
	0 | vmfwupdate-ctl stage ovmf.igvm && reboot
	1 | vmfwupdate-ctl stage --reboot OVMF.fd
	0 | vmfwupdate-ctl revert && reboot
	0 | vmfwupdate-ctl measure --for snp fw.igvm
	0 | vmfwupdate-ctl measure --for snp --vcpus 4 --vcpu-type EPYC-Milan OVMF.fd
	0 | vmfwupdate-ctl compose fw.igvm --kernel linux.efi -o machine.igvm
	0 | vmfwupdate-ctl measure --for snp machine.igvm
	0 | if vmfwupdate-ctl stage --dry-run --quiet fw.igvm; then ...
	END
	cat >last <<-'END'
	0 | vmfwupdate-ctl status --json | jq -r .image.sha256
	END
	tables_have_all run last <given
	prepare
	# An example makes this file.
	rm fw.igvm
	run_all run
	# The fake device refuses the one reset that the tool asks for.
	is "$(grep -c '^reboot' "$FAKE_LOG")" 1
	device_keeps commit_time=1
	vmfwupdate-ctl stage fw.igvm
	run_all last
	is "$(<out.1)" "$(sha256sum fw.igvm | cut -d ' ' -f 1)"
	is "$(<reboots)" $'reboot\nreboot'
}

@test "vmfwupdate.conf(5): its examples are configurations that the tool accepts" {
	local example number=0 expected
	scd_blocks "$manual/vmfwupdate.conf.5.scd" |
		awk -v RS= '{ print >("example." NR) }'
	make_root
	device_keeps
	for example in example.*; do
		number=$((number + 1))
		cp "$example" root/etc/vmfwupdate.conf
		# An error in the configuration has status 2. Here only the image is missing.
		expected=8
		! grep -q required=yes "$example" || expected=11
		run_ctl $expected auto --explain --root=root --device="$FAKE_DEVICE"
	done
	((number == 4)) || fail "examples: $number"
}

@test "libvmfw-igvm(3): its example compiles, and finds a sound file and a broken one" {
	{
		cat <<-'END'
		#include <stdbool.h>
		#include <stdio.h>
		#include <vmfw-igvm.h>
		END
		# shellcheck disable=SC2016
		sed -n '/^```$/,/^```$/ { /^```$/d; p }' "$manual/libvmfw-igvm.3.scd"
		cat <<-'END'
		int main(int argc, char **argv)
		{
			static unsigned char bytes[1 << 20];
			size_t size = fread(bytes, 1, sizeof(bytes), stdin);

			return !is_sound(bytes, argc == 1 ? size : size - 1);
		}
		END
	} >example.c
	[[ -r $O/userspace/libvmfw-igvm.a ]] ||
		skip "$O/userspace/libvmfw-igvm.a is missing; run make -C userspace"
	"${CC:-cc}" -Wall -Werror -I"$top/userspace/igvm" -o example example.c \
		"$O/userspace/libvmfw-igvm.a" -lz
	sample both image.igvm
	./example <image.igvm
	run ./example broken <image.igvm
	is "$status" 1
	output_has 'file_size'
}

@test "every manual page is on the list of this test" {
	is "$(cd "$manual" && echo *.scd)" \
		'libvmfw-igvm.3.scd vmfwupdate-ctl.8.scd vmfwupdate.conf.5.scd'
}
