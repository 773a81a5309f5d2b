#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The cost of vmfwupdate for a machine on which it has nothing to do.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

@test "an initramfs with systemd grows by less than 400 KiB" {
	local with without
	with=$(zstd -dcq "$DISTRO_DIR/dracut/initrd" | zstd -qc -19 -T0 | wc -c)
	without=$(zstd -dcq "$DISTRO_DIR/dracut/initrd.without" | zstd -qc -19 -T0 | wc -c)
	echo "# added: $(((with - without) / 1024)) KiB" >&3
	((with > without)) || fail 'nothing was added'
	((with - without < 400 * 1024)) || fail "added: $((with - without)) bytes"
}

# Absolute times in an emulated guest mean little. So the test compares them with the time
# that a script takes to start a program that does nothing. On a current machine, a program
# takes about 1 ms to start.
#
# The first call of modprobe loads the module. udev and modprobe@vmfwupdate.service call
# modprobe again, in the initramfs and in the root. The test counts three such calls, each
# with the condition of the unit.
@test "a boot with nothing to do takes as long as starting twenty programs at most" {
	use_disk dracut
	cold_start fault=no-interface
	firmware_is BIOS
	guest 0 'test -e /sys/module/vmfwupdate && test ! -e /dev/vmfwupdate'
	# microseconds BEFORE COMMAND: print the time of COMMAND, without BEFORE.
	guest 0 'bash <<-\EOF
		microseconds()
		{
			local i start spent=0
			for i in {1..10}; do
				$1
				start=${EPOCHREALTIME/./}
				$2
				spent=$((spent + ${EPOCHREALTIME/./} - start))
			done
			echo $((spent / 10))
		}
		unload() { modprobe -r vmfwupdate; }
		ours() { modprobe -abq vmfwupdate; test -e /dev/vmfwupdate; }
		echo $(microseconds : /bin/true) $(microseconds unload ours) $(microseconds : ours)
		EOF'
	local program first further boot
	read -r program first further <<<"$output"
	boot=$((first + 3 * further))
	echo "# microseconds: a program $program, the first load $first, each further $further, a boot $boot" >&3
	((first > further)) || fail 'the first load was none'
	((boot < 20 * program)) || fail "microseconds of a boot: $boot, of a program: $program"
}
