# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Assertions about the machine of vm.bash that print expected and actual values.
#
# Copyright (C) 2026 The vmfwupdate authors

fail()
{
	printf '%s\n' "$@" >&2
	return 1
}

# guest CODE COMMAND: run COMMAND in the guest, and expect exit status CODE.
guest()
{
	local expected=$1
	vm_run "$2" || return 1
	[[ $status -eq $expected ]] ||
		fail "\$ $2" "$output" "exit status $status, expected $expected"
}

output_has()
{
	[[ $output == *"$1"* ]] ||
		fail "expected in the output: $1" "the output: $output"
}

firmware_is()
{
	[[ $vm_firmware == "$1" ]] ||
		fail "firmware of this boot: $vm_firmware, expected: $1"
}
