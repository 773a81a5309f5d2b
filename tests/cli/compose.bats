#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# compose: images with a kernel, and messages that explain a refusal.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# Make a firmware that looks for parts, an image of it, and a firmware that does not look
# for parts. Make UEFI programs for x86-64, for arm64 and for i386.
setup_files()
{
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import ovmf, ukigen
		open("rom.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
		open("old.fd", "wb").write(ovmf.make())
		program = ukigen.Pe().section(".text", b"kernel" * 1000)
		open("kernel.efi", "wb").write(program.build())
		program = ukigen.Pe(machine=0xaa64).section(".text", b"arm")
		open("arm.efi", "wb").write(program.build())
		program = ukigen.Pe(machine=0x14c).section(".text", b"i386")
		open("i386.efi", "wb").write(program.build())
	END
	run_ctl 0 wrap rom.fd -o base.igvm
}

@test "an image with a kernel, the same every time" {
	setup_files
	run_ctl 0 compose base.igvm --kernel kernel.efi -o one.igvm
	output_has 'kernel: 10.0 KiB (10240 bytes) at 0x4000000'
	output_has 'the machine needs at least 129.0 MiB'
	run_ctl 0 compose base.igvm --kernel=kernel.efi --output=two.igvm
	cmp one.igvm two.igvm
	run_ctl 0 check --vmm=qemu one.igvm
	output_has 'kernel: 10.0 KiB (10240 bytes) at 0x4000000'
	run_ctl 0 compose base.igvm --kernel kernel.efi -o one.igvm
	output_has 'already there'
}

@test "compose wraps a flat base" {
	setup_files
	run_ctl 0 compose base.igvm --kernel kernel.efi -o one.igvm
	run_ctl 0 compose rom.fd --kernel kernel.efi -o two.igvm
	cmp one.igvm two.igvm
}

@test "JSON lists the parts with their addresses" {
	setup_files
	run_ctl_json 0 compose base.igvm --kernel kernel.efi --shim kernel.efi \
		-o image.igvm
	is "$(json parts 0 name)" shim
	is "$(json parts 0 gpa)" 0x4000000
	is "$(json parts 1 name)" kernel
	is "$(json parts 1 gpa)" 0x4003000
	is "$(json parts 1 size)" 10240
	is "$(json memory_least)" $((129 << 20))
	is "$(json output size)" "$(stat -c %s image.igvm)"
	is "$(json output already)" False
}

@test "firmware of more than 16 MiB" {
	setup_files
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import igvmgen
		rom = bytes(17 << 20) + open("rom.fd", "rb").read()
		open("large.igvm", "wb").write(igvmgen.wrap(rom).build())
	END
	run_ctl 0 compose large.igvm --kernel kernel.efi -o image.igvm
	run_ctl 0 decompose image.igvm -o parts
	cmp large.igvm parts/base.igvm
}

@test "standard output takes the image, and nothing else" {
	setup_files
	run_ctl 0 compose base.igvm --kernel kernel.efi -o image.igvm
	timeout "$CTL_TIMEOUT" "$CTL" compose base.igvm --kernel kernel.efi -o - >piped.igvm
	cmp image.igvm piped.igvm
	run_ctl_json 2 compose base.igvm --kernel kernel.efi -o -
	output_has '--output=-: cannot write both the image and JSON to standard output; name a file'
}

@test "compose overwrites another file only with --force=overwrite" {
	setup_files
	echo mine >image.igvm
	run_ctl 1 compose base.igvm --kernel kernel.efi -o image.igvm
	stderr_has '--force=overwrite'
	is "$(<image.igvm)" mine
	run_ctl 0 compose base.igvm --kernel kernel.efi -o image.igvm \
		--force=overwrite
	run_ctl 0 check image.igvm
}

@test "bases to which compose cannot add a kernel" {
	setup_files
	run_ctl 4 compose old.fd --kernel kernel.efi -o image.igvm
	stderr_has 'old.fd: no firmware in this image looks for parts'
	run_ctl 0 compose base.igvm --kernel kernel.efi -o image.igvm
	run_ctl 4 compose image.igvm --kernel kernel.efi -o other.igvm
	stderr_has 'has a list of parts already; decompose'
	sample both both.igvm
	run_ctl 4 compose both.igvm --kernel kernel.efi -o other.igvm
	stderr_has 'no firmware in this image looks for parts'
	broken unsound.igvm 'fields["checksum"] = 1'
	run_ctl 4 compose unsound.igvm --kernel kernel.efi -o other.igvm
	stderr_has '[checksum]'
	echo rubbish >rubbish
	run_ctl 4 compose rubbish --kernel kernel.efi -o other.igvm
	stderr_has '[too-short]'
	[[ ! -e other.igvm ]]
}

@test "files that are no kernel for x86-64" {
	setup_files
	run_ctl 4 compose base.igvm --kernel rom.fd -o image.igvm
	stderr_has 'rom.fd: this is not a UEFI program: '
	stderr_has ' at offset 0x0)'
	run_ctl 4 compose base.igvm --kernel arm.efi -o image.igvm
	stderr_has 'arm.efi: this program is not for x86-64: machine 0xaa64'
	run_ctl 4 compose base.igvm --kernel i386.efi -o image.igvm
	stderr_has 'i386.efi: this program is not for x86-64: machine 0x14c'
	head -c 3000 kernel.efi >short.efi
	run_ctl 4 compose base.igvm --kernel short.efi -o image.igvm
	stderr_has 'short.efi: this is not a UEFI program'
	run_ctl 1 compose base.igvm --kernel nowhere -o image.igvm
	stderr_has 'nowhere: cannot use this file: No such file or directory'
	run_ctl 1 compose base.igvm --kernel . -o image.igvm
	stderr_has '.: cannot use this file: Is a directory'
	mkfifo pipe
	run_ctl 1 compose base.igvm --kernel pipe -o image.igvm
	stderr_has 'pipe: this is not a regular file'
	# A sound program after the first one changes nothing.
	run_ctl 4 compose base.igvm --shim arm.efi --kernel kernel.efi -o image.igvm
	stderr_has 'arm.efi: this program is not for x86-64: machine 0xaa64'
	run_ctl 1 compose base.igvm --shim nowhere --kernel kernel.efi -o image.igvm
	stderr_has 'nowhere: cannot use this file: No such file or directory'
	[[ ! -e image.igvm ]]
}

@test "options that do not go together" {
	setup_files
	run_ctl 2 compose base.igvm --kernel kernel.efi
	stderr_has 'compose needs --output=FILE'
	run_ctl 2 compose base.igvm -o image.igvm
	stderr_has 'there is nothing to add; give --kernel or another part'
	run_ctl 2 compose base.igvm --kernel kernel.efi --kernel kernel.efi \
		-o image.igvm
	stderr_has '--kernel: cannot give this option twice'
	run_ctl 2 compose
	stderr_has 'compose needs BASE'
}

# databases NAME...: make files with a database of one entry each.
databases()
{
	local name
	for name; do
		python3 "$top/tests/lib/images/secureboot.py" sha256 "$name"
	done
}

@test "databases: all of them or none" {
	setup_files
	databases pk kek db dbx
	run_ctl 0 compose base.igvm --pk pk --kek kek --db db --dbx dbx \
		-o image.igvm
	stderr_has 'base.igvm: this image is for plain guests, where OVMF ignores'
	output_has 'PK: 116 bytes at 0x4000000'
	output_has 'dbx: 116 bytes at 0x4003000'
	run_ctl 2 compose base.igvm --kernel kernel.efi --db db --pk pk \
		-o other.igvm
	stderr_has 'cannot set up Secure Boot: firmware needs all of PK, KEK, db and dbx; missing: KEK, dbx'
	run_ctl 2 compose base.igvm --db-hash kernel.efi -o other.igvm
	stderr_has 'missing: PK, KEK, dbx'
	[[ ! -e other.igvm ]]
}

@test "a kernel that Secure Boot will not let run" {
	setup_files
	databases list
	local lists=(--pk list --kek list --db list --dbx list)
	run_ctl 0 wrap rom.fd -o snp.igvm --for=snp --cpu-signature=0xa00f11
	run_ctl 0 compose snp.igvm --kernel kernel.efi "${lists[@]}" -o one.igvm
	stderr_has 'warning: kernel.efi: Secure Boot will not let this program run: it has no signature'
	run_ctl 0 compose snp.igvm --kernel kernel.efi "${lists[@]}" \
		--db-hash kernel.efi -o two.igvm
	is "$stderr" ''
	python3 - <<-'END'
		import struct, sys
		program = bytearray(open("kernel.efi", "rb").read())
		struct.pack_into("<II", program, 0x80 + 24 + 144, len(program), 8)
		open("kernel.efi", "wb").write(program + struct.pack("<IHH", 8, 0x200, 2))
	END
	run_ctl 0 compose snp.igvm --kernel kernel.efi "${lists[@]}" -o three.igvm
	is "$stderr" ''
	# An image for plain guests, too, needs no warning that plain guests ignore lists.
	run_ctl 0 wrap rom.fd -o both.igvm --for=native,snp --cpu-signature=0xa00f11
	run_ctl 0 compose both.igvm --kernel kernel.efi "${lists[@]}" -o four.igvm
	is "$stderr" ''
}

@test "files that are no database of Secure Boot" {
	setup_files
	databases pk kek dbx
	local options=(--pk pk --kek kek --dbx dbx -o image.igvm)
	run_ctl 4 compose base.igvm --db kernel.efi "${options[@]}"
	stderr_has 'kernel.efi: this is not a database of Secure Boot: '
	stderr_has ' at offset 0x'
	: >empty
	run_ctl 4 compose base.igvm --db empty "${options[@]}"
	stderr_has 'empty: this is not a database of Secure Boot: there are no signatures (0x0 at offset 0x0)'
	truncate -s 2M large
	run_ctl 1 compose base.igvm --db large "${options[@]}"
	stderr_has 'large: cannot use this file: File too large'
	run_ctl 1 compose base.igvm --db nowhere "${options[@]}"
	stderr_has 'nowhere: cannot use this file: No such file'
	run_ctl 4 compose base.igvm --db-hash rom.fd "${options[@]}"
	stderr_has 'rom.fd: this is not a UEFI program'
	python3 -c 'import sys; sys.path.insert(0, sys.argv[1])
import secureboot
open("two", "wb").write(2 * secureboot.sample("x509"))' "$top/tests/lib/images"
	run_ctl 4 compose base.igvm --pk two --kek kek --db pk --dbx dbx \
		-o image.igvm
	stderr_has 'two: expected one platform key, found 2'
	run_ctl 2 compose base.igvm --pk pk "${options[@]}"
	stderr_has '--pk: cannot give this option twice'
	[[ ! -e image.igvm ]]
}

# certificate NAME: make NAME.pem, NAME.der and NAME.key
certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 100 -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
	openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

@test "compose takes certificates, PEM or DER, in place of databases" {
	local name
	setup_files
	databases dbx
	for name in pk kek db db2; do
		certificate $name
	done
	# Compare with databases that secureboot.py makes from the same certificates.
	python3 -c 'import pathlib, sys; sys.path.insert(0, sys.argv[1])
from secureboot import X509, signature_list, variable
def der(name): return pathlib.Path(name + ".der").read_bytes()
for name in "pk", "kek":
    pathlib.Path(name + ".auth").write_bytes(variable(signature_list(X509, der(name))))
pathlib.Path("db.auth").write_bytes(variable(
    signature_list(X509, der("db")) + signature_list(X509, der("db2"))))' \
		"$top/tests/lib/images"
	run_ctl 0 compose base.igvm --pk pk.auth --kek kek.auth --db db.auth \
		--dbx dbx -o expected.igvm
	run_ctl 0 compose base.igvm --pk pk.pem --kek kek.der --db db.pem \
		--db db2.der --dbx dbx -o one.igvm
	cmp expected.igvm one.igvm
	# A PEM file may have two certificates, and text around them.
	{ echo 'text'; openssl x509 -in db.pem -text; cat db2.pem; } >both.pem
	run_ctl 0 compose base.igvm --pk pk.der --kek kek.pem --db both.pem \
		--dbx dbx -o two.igvm
	cmp expected.igvm two.igvm
	cat pk.pem kek.pem >two.pem
	run_ctl 4 compose base.igvm --pk two.pem --kek kek.pem --db db.pem \
		--dbx dbx -o image.igvm
	stderr_has 'two.pem: expected one platform key, found 2'
	run_ctl 4 compose base.igvm --pk pk.key --kek kek.pem --db db.pem \
		--dbx dbx -o image.igvm
	stderr_has 'pk.key: there is no certificate in it; expected a certificate (PEM or DER)'
	head -c 500 db.der >cut.der
	run_ctl 4 compose base.igvm --pk pk.pem --kek kek.pem --db cut.der \
		--dbx dbx -o image.igvm
	stderr_has 'cut.der: a certificate in it is malformed'
	[[ ! -e image.igvm ]]
}

# make_program SUBSYSTEM: make program.efi, a copy of kernel.efi with this subsystem
make_program()
{
	python3 -c 'import struct, sys
program = bytearray(open("kernel.efi", "rb").read())
pe, = struct.unpack_from("<I", program, 60)
struct.pack_into("<H", program, pe + 24 + 68, int(sys.argv[1]))
open("program.efi", "wb").write(program)' "$1"
}

@test "compose warns of a driver, and of a program for another system, in place of a kernel" {
	local subsystem
	setup_files
	for subsystem in 11 12; do
		make_program $subsystem
		run_ctl 0 compose base.igvm --kernel program.efi -o $subsystem.igvm
		stderr_has 'warning: program.efi: firmware cannot boot from this program: it is a UEFI driver'
	done
	for subsystem in 1 9 13; do
		make_program $subsystem
		run_ctl 0 compose base.igvm --kernel program.efi -o $subsystem.igvm
		stderr_has "warning: program.efi: this program is not for UEFI: subsystem $subsystem, expected 10"
	done
	# Some linkers write no subsystem.
	for subsystem in 0 10; do
		make_program $subsystem
		run_ctl 0 compose base.igvm --kernel program.efi -o $subsystem.igvm
		is "$stderr" ''
	done
}

@test "a database that is too large for OVMF" {
	setup_files
	databases pk kek db
	python3 -c 'import sys; sys.path.insert(0, sys.argv[1])
import secureboot
open("dbx", "wb").write(50 * secureboot.sample("x509"))' "$top/tests/lib/images"
	run_ctl 0 compose base.igvm --pk pk --kek kek --db db --dbx dbx \
		-o image.igvm
	stderr_has 'warning: dbx: this database has 37340 bytes; OVMF takes at most 33692'
}

# machine_has VARIABLE...: show the tool UEFI variables with one entry each, in a separate
# mount namespace.
machine_has()
{
	local name vendor
	mkdir -p variables
	python3 "$top/tests/lib/images/secureboot.py" x509 list
	for name; do
		vendor=8be4df61-93ca-11d2-aa0d-00e098032b8c
		[[ $name == db* ]] && vendor=d719b2cb-3d3a-4596-a3bc-dad00e67656f
		{
			printf '\x27\0\0\0'
			cat list
		} >"variables/$name-$vendor"
	done
	[[ $CTL != ./on-this-machine ]] || return 0
	cat >with-variables <<-END
		#!/bin/sh
		mount -t tmpfs tmpfs /sys/firmware && mkdir -p /sys/firmware/efi/efivars &&
			mount --bind variables /sys/firmware/efi/efivars && exec "$CTL" "\$@"
	END
	chmod +x with-variables
	cat >on-this-machine <<-END
		#!/bin/sh
		exec unshare --mount ./with-variables "\$@"
	END
	chmod +x on-this-machine
	CTL=./on-this-machine
}

@test "the databases of this machine" {
	setup_files
	machine_has PK KEK db dbx
	run_ctl 0 compose base.igvm --from-running -o running.igvm
	run_ctl 0 compose base.igvm --pk list --kek list --db list --dbx list \
		-o files.igvm
	cmp running.igvm files.igvm
	# A file replaces a variable. --db-hash adds a digest to a variable.
	databases other
	run_ctl 0 compose base.igvm --from-running --dbx other \
		--db-hash kernel.efi -o mixed.igvm
	run_ctl 0 compose base.igvm --pk list --kek list --db list --dbx other \
		--db-hash kernel.efi -o other.igvm
	cmp mixed.igvm other.igvm
}

@test "a machine that has not set Secure Boot up" {
	setup_files
	machine_has KEK db dbx
	run_ctl 8 compose base.igvm --from-running -o image.igvm
	stderr_has 'cannot read the variable PK: this system does not have it; give this database in a file'
	machine_has PK
	printf '\x27\0\0\0rubbish' >variables/db-d719b2cb-*
	run_ctl 4 compose base.igvm --from-running -o image.igvm
	stderr_has 'db: this is not a database of Secure Boot'
	[[ ! -e image.igvm ]]
}

@test "an ID block allows the digest" {
	setup_files
	run_ctl 0 wrap rom.fd --for=native,snp --cpu-signature=0xa00f11 -o snp.igvm
	openssl ecparam -name secp384r1 -genkey -noout -out key
	run_ctl 0 compose snp.igvm --kernel kernel.efi --id-block --sign key \
		-o image.igvm
	run_ctl_json 0 measure --for=snp image.igvm
	is "$(json id_block allowed)" True
	is "$(json id_block id_signature)" True
	run_ctl 4 compose image.igvm --kernel kernel.efi -o other.igvm
	stderr_has 'cannot add parts to an image with an ID block'
}

@test "the configuration names the VMM whose digest an ID block allows" {
	setup_files
	run_ctl 0 wrap rom.fd --for=snp --cpu-signature=0xa00f11 -o snp.igvm
	openssl ecparam -name secp384r1 -genkey -noout -out key
	mkdir -p root/etc
	local compose=(compose snp.igvm --kernel kernel.efi --id-block --sign key
		--root=root --force=overwrite -o image.igvm)
	local allowed
	for allowed in qemu native-zero; do
		echo "vmm=$allowed" >root/etc/vmfwupdate.conf
		run_ctl 0 "${compose[@]}"
		run_ctl 0 measure --vmm="$allowed" image.igvm
	done
	run_ctl 9 measure --vmm=qemu image.igvm
	stderr_has 'image.igvm: '
	# The option overrides the configuration. If neither names a VMM, it is QEMU.
	run_ctl 0 "${compose[@]}" --vmm=qemu
	run_ctl 0 measure image.igvm
	echo vmm=auto >root/etc/vmfwupdate.conf
	run_ctl 0 "${compose[@]}"
	run_ctl 0 measure image.igvm
	echo vmm=generic >root/etc/vmfwupdate.conf
	run_ctl 2 "${compose[@]}" --vcpus=2 --cpu-signature=0xa00f11
	stderr_has '--vcpus is not for --vmm=generic'
	echo vmm=vmware >root/etc/vmfwupdate.conf
	run_ctl 2 "${compose[@]}"
	stderr_has vmfwupdate.conf
	# Without an ID block, compose does not read the configuration.
	run_ctl 0 compose snp.igvm --kernel kernel.efi --root=root -o plain.igvm
}

@test "images that cannot have an ID block, and files that are no key for it" {
	setup_files
	local compose=(compose base.igvm --kernel kernel.efi -o image.igvm)
	openssl ecparam -name secp384r1 -genkey -noout -out key
	run_ctl 4 "${compose[@]}" --id-block --sign key
	stderr_has 'this image is not for SEV-SNP'
	run_ctl 2 "${compose[@]}" --id-block
	stderr_has '--id-block needs --sign=KEY'
	run_ctl 2 "${compose[@]}" --sign key
	stderr_has 'need --id-block'
	run_ctl 2 "${compose[@]}" --vcpus 2
	stderr_has 'need --id-block'
	run_ctl 2 "${compose[@]}" --id-block --sign key --vcpus 2
	stderr_has '--vcpus needs --cpu-signature or --vcpu-type'
	run_ctl 1 "${compose[@]}" --id-block --sign nowhere
	stderr_has 'nowhere: cannot use this file: No such file'
	openssl ecparam -name prime256v1 -genkey -noout -out p256
	openssl ec -in key -pubout -out public
	openssl ec -in key -aes256 -passout pass:secret -out locked
	head -c 100000 /dev/zero >large
	local name
	for name in p256 public locked large kernel.efi; do
		run_ctl 1 "${compose[@]}" --id-block --sign "$name"
		stderr_has "$name: this is not a private key on the curve P-384"
	done
	[[ ! -e image.igvm ]]
}

@test "compose refuses more than 64 parts" {
	setup_files
	local options=() i
	for ((i = 0; i < 65; i++)); do
		options+=(--db-hash kernel.efi)
	done
	run_ctl 2 compose base.igvm "${options[@]}" -o image.igvm
	stderr_has '--db-hash=kernel.efi: too many files; expected at most 64'
}
