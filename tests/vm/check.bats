#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The verb check in a guest. Without --for, it checks an image for that machine.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# image STATEMENTS: make /tmp/image.igvm in the guest, by statements in Python about
# "image", an igvmgen.Image.
image()
{
	local text
	text=$(PYTHONPATH=$BATS_TEST_DIRNAME/../lib/images python3 -c '
import base64, sys
import igvmgen
image = igvmgen.Image()
exec(sys.argv[1])
print(base64.b64encode(image.build()).decode())' "$1")
	guest 0 "echo $text | base64 -d >/tmp/image.igvm"
}

@test "without --for, an image is checked for this machine" {
	vm_start
	guest 0 'modprobe vmfwupdate; vmfwupdate-ctl check /images/ovmf.igvm'
	output_has 'warnings: 0'

	image 'image.platform(); image.page_data(0xfffff000); image.required_memory(0x100000, 1 << 20)'
	guest 0 'vmfwupdate-ctl check /tmp/image.igvm'
	output_has 'warnings: 0'

	# The image needs memory that this machine does not have.
	image 'image.platform(); image.page_data(0xfffff000); image.required_memory(1 << 40, 1 << 20)'
	guest 4 'vmfwupdate-ctl check /tmp/image.igvm'
	output_has '[machine-memory]'
	output_has 0x10000000000
	guest 4 'vmfwupdate-ctl stage --dry-run /tmp/image.igvm 2>&1'
	output_has '[machine-memory]'
	guest 0 'vmfwupdate-ctl check --for=native /tmp/image.igvm'

	# The image is for another platform.
	image 'image.platform(platform_type=igvmgen.SEV_SNP); image.guest_policy(); image.page_data(0xfffff000)'
	guest 4 'vmfwupdate-ctl check /tmp/image.igvm'
	output_has '[platform-absent]'
	guest 0 'vmfwupdate-ctl check --for=snp /tmp/image.igvm'
	image 'image.__init__(2, igvmgen.ARCH_AARCH64); image.platform(platform_type=igvmgen.VSM_ISOLATION); image.page_data(0)'
	guest 4 'vmfwupdate-ctl check /tmp/image.igvm'
	output_has '[machine-architecture]'
	vm_stop
}

@test "without the device, check does not judge an image for this machine" {
	vm_start
	image 'image.platform(platform_type=igvmgen.SEV_SNP); image.guest_policy(); image.page_data(0xfffff000)'
	guest 0 'rmmod vmfwupdate 2>/dev/null; test ! -e /dev/vmfwupdate; vmfwupdate-ctl check /tmp/image.igvm'
	vm_stop
}
