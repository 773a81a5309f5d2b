# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions for tests of vmlaunchupdate, on the model and on QEMU's own device. Load this
# file after helpers.bash.
#
# Copyright (C) 2026 The vmfwupdate authors

runs_on_qemu=1

# launch [ARGUMENT...] [-- QEMU-OPTION...]: start a machine with vmlaunchupdate, and load
# the module.
launch()
{
	vm_start revision=vmlaunchupdate "$@"
	guest 0 'modprobe vmfwupdate; cat /sys/class/misc/vmfwupdate/interface'
	output_is vmlaunchupdate
}

# said COUNT MODEL-REGEX QEMU-TEXT: expect COUNT such lines in the model's log, or in the
# messages of QEMU.
said()
{
	local count
	if [[ ${VMM:-model} == model ]]; then
		vmm_saw "$1" "$2"
		return
	fi
	count=$(grep -cF -- "$3" "$vm_dir/qemu.err") || :
	[[ $count -eq $1 ]] ||
		fail "QEMU's messages with $3: $count, expected $1" \
			"$(cat "$vm_dir/qemu.err")"
}

taken_is()	{ said "$1" 'verdict=accepted' 'new IGVM context set'; }
restored_is()	{ said "$1" ' restored sha256=' 'restoring original host IGVM'; }
once_is()	{ said "$1" ' once reason=' 'next reset will use host igvm'; }

# ended_with MODEL-TEXT [QEMU-TEXT]: expect that the VMM ends by itself, with this error.
ended_with()
{
	vm_wait_end
	((vm_exit_status != 0)) || fail 'QEMU has ended, but with status 0'
	said 1 " ended .*$1" "${2-$1}"
}

# boot_finds STATE: load the module in a new boot, and expect this state.
boot_finds()
{
	guest 0 'modprobe vmfwupdate'
	state_is "$1"
}

firmware_stays()
{
	local firmware=$1
	crash
	firmware_is "$firmware"
	vm_reset_by 'reboot -f'
	firmware_is "$firmware"
}

# raw CONTROL ADDR SIZE [FILE]: write the registers without the driver.
raw()
{
	guest 0 "echo 1 >/proc/sys/vm/nr_hugepages
		/images/launchraw \$(cat /sys/firmware/qemu_fw_cfg/by_name/etc/vmlaunchupdate/key) $*"
}
