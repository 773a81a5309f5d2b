#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The in-tree driver qemu_fw_cfg reads the same device. A program that reads its files
# while an image is staged must get the correct content.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

pattern=/sys/firmware/qemu_fw_cfg/by_name/opt/vmfwupdate.test/raw
sum=$(sha256sum <"$VM_FW_CFG_FILE")

# reader LIMIT: print a script that reads the pattern through sysfs until /tmp/stop
# appears, at most LIMIT times. The script counts correct and wrong reads.
reader()
{
	cat <<-EOF
		good=0; bad=0
		while [ ! -e /tmp/stop ] && [ \$((good + bad)) -lt $1 ]; do
			if [ "\$(sha256sum <$pattern)" = "$sum" ]; then good=\$((good + 1)); else bad=\$((bad + 1)); fi
		done
		echo "good \$good bad \$bad"
	EOF
}

pattern_is_right()
{
	guest 0 "sha256sum <$pattern"
	output_is "$sum"
}

read_while_staging()
{
	vm_start
	pattern_is_right

	guest 0 "($(reader 1000000)) >/tmp/counts & "'reader=$!
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

# bats test_tags=core
@test "reads through qemu_fw_cfg stay correct while staging runs" {
	read_while_staging
}

@test "reads through qemu_fw_cfg stay correct while staging runs on the other CPU" {
	VM_CPUS=2 read_while_staging
}

# Run the same reader beside a program that uses the device without the lock, to show that
# the tests above can fail. On one CPU, that program could not interrupt a read.
@test "reads through qemu_fw_cfg go wrong beside a program without the lock" {
	VM_CPUS=2 vm_start
	pattern_is_right
	guest 0 "/images/unlocked & other=\$!
		$(reader 40)
		kill \$other || exit 1"
	local good bad
	read -r _ good _ bad <<<"$output"
	echo "# $bad of $((good + bad)) reads went wrong" >&3
	((bad > 0)) || fail "the experiment shows nothing: $output"
	pattern_is_right
}

@test "after an unload of qemu_fw_cfg, a staged image still applies" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm
		echo QEMU0002:00 >/sys/bus/platform/drivers/fw_cfg/unbind
		rmmod qemu_fw_cfg'
	guest 1 "test -e $pattern"
	guest 0 'vmfwupdate-ctl status'
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

@test "qemu_fw_cfg still works if the other driver was loaded first" {
	vm_start
	guest 0 'rmmod qemu_fw_cfg; modprobe vmfwupdate; modprobe qemu_fw_cfg'
	pattern_is_right
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm'
	pattern_is_right
	guest 0 'rmmod qemu_fw_cfg; modprobe qemu_fw_cfg'
	pattern_is_right
	vm_reset_by 'reboot -f'
	firmware_is UEFI
}

# teardown() of every test looks for such a complaint.
@test "a complaint of the kernel fails a test" {
	vm_start
	[[ -z $(kernel_complaint) ]] || fail "before: $(kernel_complaint)"
	local word
	for word in 'BUG: KCSAN: data-race in vmfw_image_begin' 'BUG: KASAN: slab-out-of-bounds' \
		'WARNING: possible recursive locking detected' 'INFO: task modprobe:1 blocked'; do
		guest 0 "echo '<3>$word' >/dev/kmsg; sleep 0.5"
		[[ $(kernel_complaint) == *"$word"* ]] || fail "not seen: $word"
		: >"$vm_dir/console"
	done
}

@test "the kernel log of a whole staging holds no complaint" {
	vm_start
	guest 0 'vmfwupdate-ctl stage /images/ovmf.igvm && vmfwupdate-ctl unstage'
	guest 1 'dmesg | grep -E "BUG|WARNING|Oops|Call Trace|rcu: INFO"'
}
