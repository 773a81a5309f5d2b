#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# decompose: the parts of an image as files, from which compose makes the image again.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# Make the files rom.fd and kernel, wrap rom.fd as base, and add kernel to it as image.
setup_images()
{
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import ovmf, ukigen
		open("rom.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
		program = ukigen.Pe().section(".text", b"kernel" * 1000)
		open("kernel", "wb").write(program.build())
	END
	run_ctl 0 wrap rom.fd -o base
	run_ctl 0 compose base --kernel kernel -o image
}

@test "the parts, and the base" {
	setup_images
	run_ctl 0 decompose image -o parts
	output_has 'parts/kernel.efi: 10.0 KiB'
	output_has 'parts/base.igvm: '
	files_are ./base ./image ./kernel ./parts ./parts/base.igvm \
		./parts/kernel.efi ./rom.fd
	cmp base parts/base.igvm
	cmp kernel parts/kernel.efi
	run_ctl 0 compose parts/base.igvm --kernel parts/kernel.efi -o again
	cmp image again
}

@test "JSON lists the written files" {
	setup_images
	run_ctl_json 0 decompose image -o parts
	is "$(json restored)" True
	is "$(json outputs 0 file)" parts/kernel.efi
	is "$(json outputs 0 size)" 10240
	is "$(json outputs 0 already)" False
	is "$(json outputs 1 file)" parts/base.igvm
	run_ctl_json 0 decompose image -o parts
	is "$(json outputs 0 already)" True
	is "$(json outputs 1 already)" True
}

@test "several parts, and the same files a second time" {
	setup_images
	cp kernel shim
	printf other | dd of=shim bs=1 seek=5000 conv=notrunc status=none
	run_ctl 0 compose base --kernel kernel --shim shim -o two
	run_ctl 0 decompose two -o parts
	cmp kernel parts/kernel.efi
	cmp shim parts/shim.efi
	run_ctl_json 0 decompose two -o parts
	is "$(json outputs 0 file)" parts/shim.efi
	is "$(json outputs 0 already)" True
	is "$(json outputs 1 file)" parts/kernel.efi
	is "$(json outputs 1 already)" True
	is "$(json outputs 2 already)" True
	# Only a file with other content stops decompose.
	echo mine >parts/kernel.efi
	run_ctl 1 decompose two -o parts
	stderr_has 'parts/kernel.efi: the file exists with other content'
	[[ $stderr != *parts/shim.efi* && $stderr != *parts/base.igvm* ]]
}

@test "all parts, beside other files" {
	setup_images
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import secureboot
		for name in "PK", "KEK", "db", "dbx":
		    lists = secureboot.signature_list(secureboot.X509, b"a cert")
		    open(name, "wb").write(secureboot.variable(lists))
	END
	run_ctl 0 compose base --kernel=kernel --shim=kernel --pk=PK --kek=KEK --db=db \
		--dbx=dbx -o all
	# decompose looks only at the files in its directory.
	touch {A..Z} {a..z} {0..9}
	run_ctl_json 0 decompose all -o parts
	is "$(cd parts && echo *)" \
		'KEK.auth PK.auth base.igvm db.auth dbx.auth kernel.efi shim.efi'
	is "$(json outputs 0 size)" "$(stat -c %s PK)"
	is "$(json outputs 6 file)" parts/base.igvm
	cmp base parts/base.igvm
	cmp KEK parts/KEK.auth
}

@test "decompose writes nothing if one of the files has other content" {
	setup_images
	mkdir parts
	echo mine >parts/base.igvm
	run_ctl 1 decompose image -o parts
	stderr_has 'parts/base.igvm: the file exists with other content'
	[[ ! -e parts/kernel.efi ]]
	is "$(<parts/base.igvm)" mine
	run_ctl 0 decompose image -o parts --force=overwrite
	cmp base parts/base.igvm
	# No file replaces a directory. JSON does not have the file, nor those after it.
	rm -r parts
	mkdir -p parts/kernel.efi
	run_ctl_json 1 decompose image -o parts --force=overwrite
	is "$(json outputs)" '[]'
	[[ ! -e parts/base.igvm ]]
}

# decompose reads parts in pieces of 4 MiB.
@test "a part of more than 4 MiB" {
	setup_images
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import struct, ukigen
		code = struct.pack("<600000Q", *range(600000))
		open("kernel", "wb").write(ukigen.Pe().section(".text", code).build())
	END
	(($(stat -c %s kernel) > 4 << 20)) || fail 'the kernel is too small'
	run_ctl 0 compose base --kernel kernel -o large
	run_ctl 0 decompose large -o parts
	cmp kernel parts/kernel.efi
	cmp base parts/base.igvm
}

@test "parts of an image that another tool composed" {
	setup_images
	# The part is not at the first free page, and the list has no end entry.
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import struct, uuid
		import igvmgen
		image = igvmgen.wrap(open("rom.fd", "rb").read())
		kernel = open("kernel", "rb").read()
		guid = uuid.UUID("3dd177ff-b632-4e25-bef3-065063d55fc4")
		image.page_data(0x813000, struct.pack(
			"<HHI16sQQII", 4, 48, 0, guid.bytes_le, 0x20000000,
			len(kernel), 0x201, 0))
		image.pages(0x20000000, kernel.ljust(12288, b"\0"))
		open("image", "wb").write(image.build())
	END
	run_ctl 0 decompose image -o parts
	stderr_has 'warning: image: cannot restore the base: '
	files_are ./base ./image ./kernel ./parts ./parts/kernel.efi ./rom.fd
	cmp kernel parts/kernel.efi
	run_ctl_json 0 decompose image -o parts
	is "$(json restored)" False
}

@test "a list of parts with an unknown type" {
	setup_images
	# Change the type of the part, in the list at the end of the base.
	python3 - <<-'END'
		image = bytearray(open("image", "rb").read())
		at = image.index(b"\x01\x02\0\0", image.index(b"\xff\x77\xd1\x3d\x32\xb6"))
		image[at] = 5
		open("image", "wb").write(image)
	END
	run_ctl 4 decompose image -o parts
	stderr_has 'image: the list of parts names a part of unknown type: 0x205'
	run_ctl 0 check image
	stderr_has 'warning: image: cannot list the parts of this image: the list of parts names a part of unknown type (value 0x205)'
	[[ ! -e parts ]]
}

@test "images without parts, and a file that is no image" {
	setup_images
	run_ctl 3 decompose base -o parts
	stderr_has 'base: this image has no parts besides its firmware'
	sample native native.igvm
	run_ctl 3 decompose native.igvm -o parts
	stderr_has 'native.igvm: this image has no parts '
	echo rubbish >rubbish
	run_ctl 4 decompose rubbish -o parts
	stderr_has '[too-short]'
	run_ctl 2 decompose image
	stderr_has 'decompose needs --output=DIRECTORY'
	[[ ! -e parts ]]
}

@test "paths that cannot become the directory" {
	setup_images
	run_ctl 1 decompose image -o kernel
	stderr_has 'cannot make the directory kernel: Not a directory'
	ln -s nowhere link
	run_ctl 1 decompose image -o link
	stderr_has 'cannot make the directory link: No such file or directory'
	run_ctl 1 decompose image -o missing/parts
	stderr_has 'cannot make the directory missing/parts: No such file or directory'
	run_ctl 1 decompose image -o "$(printf 'a%.0s' {1..4090})"
	stderr_has 'File name too long'
	# With the name of an unfinished file, this path has 4096 bytes, which is one too many.
	run_ctl 1 decompose image -o "$(printf './%.0s' {1..2035})toolong"
	stderr_has 'File name too long'
	[[ ! -e toolong ]] || fail 'decompose made the directory'
	run_ctl 0 decompose image -o "$(printf './%.0s' {1..2035})parts1"
	[[ -s parts1/base.igvm ]]
}
