#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module without an interface: it stays loaded, does nothing, and logs the reason
# once. The tool then knows at once that there will be no device. Other tests check the
# module's size and its uses of fw_cfg.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# module_said [LINE]...: expect exactly these lines of the module since the machine
# started. The kernel's own line about the taint by this module does not count.
module_said()
{
	guest 0 'dmesg | sed -n "/taint/d; s/.*vmfwupdate: //p"'
	output_is "$(printf '%s\n' "$@")"
}

loaded_without_device()
{
	guest 0 'test -d /sys/module/vmfwupdate && test ! -e /sys/class/misc/vmfwupdate && test ! -e /dev/vmfwupdate'
}

# bats test_tags=core
@test "no interface: the module stays loaded, and logs one line at each load" {
	local none='the VMM offers no firmware update'
	vm_start fault=no-interface
	guest 0 'modprobe vmfwupdate && modprobe vmfwupdate'
	loaded_without_device
	module_said "$none"
	guest 0 'rmmod vmfwupdate && test ! -e /sys/module/vmfwupdate && modprobe vmfwupdate'
	loaded_without_device
	module_said "$none" "$none"
	vmm_saw 0 ' write '
	vm_reset_by 'reboot -f'
	firmware_is BIOS
}

@test "no interface: the tool does not wait for a node" {
	local nothing status
	vm_start fault=no-interface
	guest 5 'vmfwupdate-ctl status'
	loaded_without_device
	# With a wait for the node, each call would take a second.
	guest 0 'now() { cut -d . -f 1 /proc/uptime; }
		ten() {
			start=$(now)
			for i in $(seq 10); do vmfwupdate-ctl "$1" >/dev/null 2>&1; done
			echo $(($(now) - start))
		}
		echo $(ten --version) $(ten status)'
	read -r nothing status <<<"$output"
	((status < nothing + 8)) || fail "seconds for ten times: $output"
}

@test "no interface: unprivileged users see that, too, once the module is loaded" {
	local as_user='start-stop-daemon -S -q -c user -x /usr/sbin/vmfwupdate-ctl -- status'
	vm_start fault=no-interface
	guest 0 'chmod 755 /; echo user:x:1000:1000::/:/bin/sh >/etc/passwd'
	guest 5 "$as_user"
	output_has 'as root'
	guest 0 'modprobe vmfwupdate'
	guest 5 "$as_user"
	output_has 'does not offer'
}

@test "fw_cfg without DMA: the module stays, with one line" {
	vm_start -- -global fw_cfg_io.dma_enabled=off
	guest 0 'modprobe vmfwupdate'
	loaded_without_device
	module_said 'there is no fw_cfg device with DMA'
	guest 5 'vmfwupdate-ctl status'
	output_has 'does not offer'
}

# uses_of_fw_cfg COUNT COMMAND: expect COUNT selections of fw_cfg items while COMMAND runs.
# A read of the directory, or a read or write of a file, is one selection.
uses_of_fw_cfg()
{
	local before after
	before=$(grep -c fw_cfg_select "$vm_dir/qemu.err") || :
	guest 0 "$2"
	after=$(grep -c fw_cfg_select "$vm_dir/qemu.err") || :
	((after - before == $1)) ||
		fail "uses of fw_cfg by $2: $((after - before)), expected $1"
}

# module_size WORDS: print and check the size of the module's code, constants and data. A
# kernel that checks each access for mistakes needs up to twice as much.
module_size()
{
	local limit=$((96 << 10))
	[[ -z ${VM_MEMORY_SLACK-} ]] || limit=$((2 * limit))
	guest 0 'cat /sys/module/vmfwupdate/coresize'
	echo "# $((output >> 10)) KiB of the module, $1" >&3
	((output <= limit)) || fail "size of the module: $output bytes"
}

@test "no interface: three uses of fw_cfg when the module loads, none later" {
	vm_start fault=no-interface -- -trace fw_cfg_select
	uses_of_fw_cfg 3 'modprobe vmfwupdate'
	uses_of_fw_cfg 0 'modprobe vmfwupdate; sleep 3; rmmod vmfwupdate'
	guest 0 'modprobe vmfwupdate'
	module_size 'without an interface'
}

@test "an interface: how often the module uses fw_cfg, idle and for an offer" {
	vm_start -- -trace fw_cfg_select
	uses_of_fw_cfg 3 'modprobe vmfwupdate'
	uses_of_fw_cfg 0 'cat /sys/class/misc/vmfwupdate/*; vmfwupdate-ctl status; sleep 3'
	module_size 'with an interface'
	# An offer takes a look-up, a write and a read. A trial takes these three twice.
	uses_of_fw_cfg 6 'vmfwupdate-ctl stage /images/seabios.igvm'
	uses_of_fw_cfg 0 'vmfwupdate-ctl unstage'
	uses_of_fw_cfg 3 'vmfwupdate-ctl stage --arm-now /images/seabios.igvm'
	uses_of_fw_cfg 3 'vmfwupdate-ctl unstage'
	uses_of_fw_cfg 3 'vmfwupdate-ctl disable'
}

@test "vmlaunchupdate: how often the module uses fw_cfg, idle and for an offer" {
	vm_start revision=vmlaunchupdate -- -trace fw_cfg_select
	# Two uses read the file. Three find out how the host started the machine.
	uses_of_fw_cfg 5 'modprobe vmfwupdate'
	uses_of_fw_cfg 0 'cat /sys/class/misc/vmfwupdate/*; sleep 3'
	uses_of_fw_cfg 3 'vmfwupdate-ctl stage /images/seabios.igvm'
	uses_of_fw_cfg 0 'vmfwupdate-ctl stage --at-reboot /images/ovmf.igvm; vmfwupdate-ctl unstage'
	uses_of_fw_cfg 3 'vmfwupdate-ctl revert'
}

@test "v6: how often the module uses fw_cfg" {
	vm_start revision=v6 -- -trace fw_cfg_select
	# Two look-ups of other interfaces, and two uses for each of four files of v6.
	uses_of_fw_cfg 10 'modprobe vmfwupdate'
	uses_of_fw_cfg 6 'vmfwupdate-ctl stage /images/seabios.fd'
}

@test "the driver finds its file after 16,000 others, and the image applies" {
	vm_many_files
	VM_TIMEOUT=600 vm_start -- "${vm_many_files[@]}"
	guest 0 'ls /sys/firmware/qemu_fw_cfg/by_key | wc -l'
	((output >= 16000)) || fail "files: $output"
	guest 0 'vmfwupdate-ctl stage /images/seabios.igvm && vmfwupdate-ctl unstage &&
		vmfwupdate-ctl stage --arm-now /images/seabios.igvm'
	VM_TIMEOUT=600 vm_reset_by 'reboot -f'
	vmm_saw 1 'reset kind=update'
}

@test "fw_cfg_port: an impossible port is an error, a wrong one lasts until the module is removed" {
	vm_start
	guest 1 'modprobe vmfwupdate fw_cfg_port=0xffff'
	guest 1 'test -e /sys/module/vmfwupdate'
	guest 0 'modprobe vmfwupdate fw_cfg_port=0x900'
	module_said 'there is no fw_cfg device with DMA'
	guest 0 'modprobe vmfwupdate fw_cfg_port=0x510'
	loaded_without_device
	guest 0 'rmmod vmfwupdate; modprobe vmfwupdate fw_cfg_port=0x510'
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "the tool waits for a late node, and reports a missing one" {
	vm_start
	guest 0 'modprobe vmfwupdate; rm /dev/vmfwupdate'
	guest 5 'vmfwupdate-ctl status'
	output_has 'the device is registered but has no node'
	guest 0 'vmfwupdate-ctl status & pid=$!
		usleep 200000
		mknod /dev/vmfwupdate c $(tr : " " </sys/class/misc/vmfwupdate/dev)
		wait $pid'
}
