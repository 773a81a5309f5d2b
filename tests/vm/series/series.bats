#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The driver of the patch series on the kernel of the patch series, as a module and
# built in. The tests cover its differences from the module of kmod/.
#
# Copyright (C) 2026 The vmfwupdate authors

# bats file_tags=in-tree

load ../helpers
load ../launch

devices=/sys/bus/auxiliary/devices
selftest=${VM_KERNEL%/*}/vmfwupdate_test

# start [ARGUMENT...] [-- QEMU-OPTION...]: start a machine, and try to load the driver. A
# kernel with the driver built in has no module.
start()
{
	vm_start revision=vmlaunchupdate "$@"
	vm_run 'modprobe vmfwupdate'
}

auxiliary_device_is()
{
	guest 0 "ls $devices"
	output_is "$1"
}

no_device()
{
	auxiliary_device_is ''
	guest 5 'vmfwupdate-ctl status'
	output_has 'does not offer'
	guest 1 'test -e /dev/vmfwupdate'
}

@test "the kernel's selftest passes, leaves the device idle, and hands over no image" {
	start -- -drive "file=$selftest,format=raw,if=virtio,readonly=on"
	guest 0 "modprobe -q virtio_blk
		head -c $(stat -c %s "$selftest") /dev/vda >/tmp/selftest
		chmod +x /tmp/selftest && /tmp/selftest"
	echo "# ${output##*$'\n'}" >&3
	output_has 'skip:0 error:0'
	output_has 'fail:0'
	(($(grep -c '^ok ' <<<"$output") >= 11)) || fail "$output"
	state_is idle
	taken_is 0
}

@test "if the host has the file, the driver is bound to an auxiliary device" {
	start
	auxiliary_device_is qemu_fw_cfg.vmlaunchupdate.0
	guest 0 "cat $devices/*/uevent; ls -l /dev/vmfwupdate"
	output_has 'MODALIAS=auxiliary:qemu_fw_cfg.vmlaunchupdate'
	output_has 'crw-------'
	guest 0 "readlink $devices/*/driver; readlink /sys/class/misc/vmfwupdate/device"
	output_has drivers/vmfwupdate
	output_has qemu_fw_cfg.vmlaunchupdate.0
	state_is idle
}

@test "no file of that name: no auxiliary device" {
	start fault=no-interface
	no_device
}

@test "fw_cfg without DMA, and so without writes: no auxiliary device" {
	# Without DMA the model offers no file, so give QEMU a file of that name and size.
	head -c 56 /dev/zero >"$BATS_TEST_TMPDIR/file"
	start -- -global fw_cfg_io.dma_enabled=off \
		-fw_cfg "name=etc/vmlaunchupdate,file=$BATS_TEST_TMPDIR/file"
	guest 0 'ls /sys/firmware/qemu_fw_cfg/by_name/etc/vmlaunchupdate/raw'
	no_device
}

@test "nobody can unbind the drivers by hand, or unload the owner of the device" {
	start
	guest 0 'ls -d /sys/bus/platform/drivers/fw_cfg /sys/bus/auxiliary/drivers/vmfwupdate*'
	guest 1 'ls /sys/bus/platform/drivers/fw_cfg/unbind'
	guest 1 'ls /sys/bus/auxiliary/drivers/vmfwupdate*/unbind'
	guest 1 'rmmod qemu_fw_cfg'
	guest 0 'vmfwupdate-ctl stage --at-reboot /images/ovmf.igvm'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "reads through sysfs stay correct while the other CPU hands images over" {
	local file=/sys/firmware/qemu_fw_cfg/by_name/opt/vmfwupdate.test/raw
	local sum good bad
	sum=$(sha256sum <"$VM_FW_CFG_FILE")
	VM_CPUS=2 start
	guest 0 "(good=0; bad=0
		while [ ! -e /tmp/stop ]; do
			if [ \"\$(sha256sum <$file)\" = '$sum' ]; then good=\$((good + 1)); else bad=\$((bad + 1)); fi
		done
		echo \"\$good \$bad\" >/tmp/counts) & reader=\$!
		for i in \$(seq 15); do
			vmfwupdate-ctl stage --quiet /images/ovmf.igvm &&
			vmfwupdate-ctl stage --quiet /images/seabios.igvm || exit 1
		done 2>/tmp/said
		touch /tmp/stop
		wait \$reader
		cat /tmp/counts"
	read -r good bad <<<"$output"
	echo "# $good reads while 30 images were handed over" >&3
	((bad == 0)) || fail "wrong reads: $bad of $((good + bad))"
	((good >= 20)) || fail "too few reads to mean anything: $good"
	taken_is 30
}

@test "the driver finds its file after 16,000 others, and the image applies" {
	vm_many_files
	VM_TIMEOUT=600 start -- "${vm_many_files[@]}"
	guest 0 'ls /sys/firmware/qemu_fw_cfg/by_key | wc -l'
	((output >= 16000)) || fail "files: $output"
	guest 0 'vmfwupdate-ctl stage --once /images/ovmf.igvm'
	VM_TIMEOUT=600 vm_reset_by 'reboot -f'
	firmware_is UEFI
	once_is 1
}

@test "a locked-down kernel of a plain guest stages nothing" {
	start
	guest 0 'mount -t securityfs none /sys/kernel/security
		echo integrity >/sys/kernel/security/lockdown'
	guest 1 'vmfwupdate-ctl stage /images/ovmf.igvm'
	output_has 'locked down'
	state_is idle
	taken_is 0
}

@test "a crash kernel has no device, and the next reset applies the image" {
	VM_MEMORY=1G VM_APPEND="${VM_APPEND-} crashkernel=384M" start -- \
		-drive "file=$VM_KERNEL,format=raw,if=virtio,readonly=on" \
		-drive "file=$VM_INITRAMFS,format=raw,if=virtio,readonly=on"
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	# The clock of an emulated machine may jump at a crash, which looks like a lockup.
	guest 0 "modprobe -q virtio_blk
		head -c $(stat -Lc %s "$VM_KERNEL") /dev/vda >/tmp/kernel
		head -c $(stat -Lc %s "$VM_INITRAMFS") /dev/vdb >/tmp/initramfs
		kexec -s -p --append=nosoftlockup /tmp/kernel --initrd=/tmp/initramfs --reuse-cmdline"
	vm_reset_by 'echo c >/proc/sysrq-trigger'
	guest 0 'grep -c elfcorehdr= /proc/cmdline'
	vm_run 'modprobe vmfwupdate'
	auxiliary_device_is qemu_fw_cfg.vmlaunchupdate.0
	guest 1 'test -e /dev/vmfwupdate'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}
