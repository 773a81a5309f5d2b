#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many repetitions of the same action: the memory in use must not grow.
#
# Copyright (C) 2026 The vmfwupdate authors

# Set this before the helpers set a shorter time.
: "${VM_TIMEOUT:=900}"

load ../helpers

# Set $kernel_kb to the kilobytes that the kernel holds for itself.
kernel_memory()
{
	guest 0 'sync; echo 3 >/proc/sys/vm/drop_caches
		awk "/^Slab:|^PageTables:|^KernelStack:|^VmallocUsed:/ { kb += \$2 }
		     END { print kb }" /proc/meminfo'
	kernel_kb=$output
}

@test "a thousand stagings leave no memory in use" {
	VM_TIMEOUT=1500 vm_start
	cycles 20
	kernel_memory
	local before=$kernel_kb
	VM_TIMEOUT=1500 cycles 1000
	kernel_memory
	echo "# kernel memory: $before kB before, $kernel_kb kB after" >&3
	((kernel_kb - before < ${VM_MEMORY_SLACK:-2048})) ||
		fail "kernel memory: $kernel_kb kB, before: $before kB"
	state_is idle
	guest 0 'cat /sys/class/misc/vmfwupdate/leaked'
	output_is 0
	vmm_saw 1020 'verdict=accepted'
	vmm_saw 1020 'verdict=cleared'
}

@test "two processes that compete for the device both stage images" {
	VM_CPUS=2 vm_start
	guest 0 'modprobe vmfwupdate
		fight() {
			done=0; busy=0
			while [ $done -lt 50 ]; do
				vmfwupdate-ctl stage --quiet "$1" 2>/tmp/err.$2; code=$?
				case $code in
				0) done=$((done + 1)) ;;
				1) grep -q busy /tmp/err.$2 || { cat /tmp/err.$2; return 1; }
				   busy=$((busy + 1)) ;;
				*) echo "exit status $code"; cat /tmp/err.$2; return 1 ;;
				esac
			done
			echo "$2: $done staged, $busy times busy"
		}
		fight /images/seabios.igvm a & a=$!
		fight /images/ovmf.igvm b & b=$!
		wait $a && wait $b'
	echo "# $output" >&3
	state_is staged
	guest 0 'vmfwupdate-ctl unstage; cat /sys/class/misc/vmfwupdate/leaked'
	output_has 0
	nothing_armed
}
