#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What it costs a machine that has nothing to do.
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

# Under emulation a second is not a second, so it is compared with what any
# script of an initramfs costs: to start a program that does nothing. A program
# takes about 1 ms to start on a machine of today.
@test "a boot with nothing to do takes as long as starting twenty programs at most" {
	use_disk dracut
	cold_start fault=no-interface
	firmware_is BIOS
	guest 0 'ms() { local t=$(date +%s%N); for i in 1 2 3 4 5 6 7 8 9 10; do "$@" || :; done >/dev/null 2>&1
			echo $((($(date +%s%N) - t) / 10000)); }
		ours() { modprobe -r vmfwupdate; modprobe -abq vmfwupdate; test -e /dev/vmfwupdate; }
		ours; echo $(ms /bin/true) $(ms ours)'
	echo "# microseconds: a program ${output% *}, ours ${output#* }" >&3
	((${output#* } < 20 * ${output% *})) || fail "microseconds: $output"
}
