#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The in-tree driver qemu_fw_cfg reads the same device. Whoever reads its
# files while an image is staged must read what is there.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# Read a fw_cfg file by sysfs over and over until /tmp/stop appears; count
# what was right and what was wrong.
reader='
file=/sys/firmware/qemu_fw_cfg/by_name/opt/vmfwupdate.test/raw
want=$(sha256sum <$file); good=0; bad=0
while [ ! -e /tmp/stop ]; do
	if [ "$(sha256sum <$file)" = "$want" ]; then good=$((good + 1)); else bad=$((bad + 1)); fi
done
echo "good $good bad $bad" >/tmp/counts'

read_while_staging()
{
	vm_start
	guest 0 'sha256sum </sys/firmware/qemu_fw_cfg/by_name/opt/vmfwupdate.test/raw'
	output_is "$(sha256sum <"$VM_FW_CFG_FILE")"

	guest 0 "($reader) & "'reader=$!
		for i in $(seq 30); do
			vmfwupdate-ctl stage --quiet /images/seabios.igvm &&
			vmfwupdate-ctl unstage --quiet || exit 1
		done
		touch /tmp/stop
		wait $reader
		cat /tmp/counts'
	local good bad
	read -r _ good _ bad <<<"$output"
	echo "# $good reads during 30 stagings" >&3
	((bad == 0)) || fail "wrong reads: $output"
	((good >= 20)) || fail "too few reads to mean anything: $output"
	vmm_saw 30 'verdict=accepted'
	vmm_saw 30 'verdict=cleared'
}

@test "reads through qemu_fw_cfg stay correct while staging runs" {
	read_while_staging
}

@test "reads through qemu_fw_cfg stay correct while staging runs on the other CPU" {
	VM_CPUS=2 read_while_staging
}

@test "the kernel log of a whole staging holds no complaint" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm && vmfwupdate-ctl unstage'
	guest 1 'dmesg | grep -E "BUG|WARNING|Oops|Call Trace|rcu.*stall"'
}
