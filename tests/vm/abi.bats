#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The device's answers to wrong, older and newer callers; see abi.c.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

every_answer_is_right()
{
	guest 0 "modprobe vmfwupdate; /images/$1"
	local passed
	passed=$(grep -c '^ok ' <<<"$output")
	echo "# $passed answers" >&3
	output_has "1..$passed"
}

one_image_was_offered()
{
	vmm_saw 1 'verdict=accepted'
	vmm_saw 1 'verdict=cleared'
}

# bats test_tags=core
@test "wrong, older and newer callers get the documented errors" {
	vm_start
	every_answer_is_right abi
	one_image_was_offered
}

@test "a 32-bit caller gets the same errors" {
	vm_start
	every_answer_is_right abi32
	one_image_was_offered
}

@test "the opaque area: errors for wrong callers, and reads after writes" {
	vm_start revision=v6
	every_answer_is_right abi
}

@test "the opaque area for a 32-bit caller" {
	vm_start revision=v6
	every_answer_is_right abi32
}

@test "a program of the first version: all of its calls still work" {
	vm_start
	every_answer_is_right 'abi-v1 /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "a program of the first version on a VMM that refuses images" {
	vm_start fault=refuse-image
	every_answer_is_right 'abi-v1 refused'
}
