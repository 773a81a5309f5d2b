#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The memory of an image: its place, and the memory that the module holds without an
# image. long/allocation.bats tests more sizes.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load allocation

# bats test_tags=in-tree
@test "256 MiB in a loaded guest of 1 GiB" {
	start_loaded 1024
	allocate 256
	echo "# 3 times 256 MiB, the slowest in $milliseconds ms" >&3
	# A kernel with debugging options has data of its own all over memory. So it may have
	# no room for the image.
	if [[ ${VM_MEMORY_SLACK-} && $errors ]]; then
		failure_was_clean 256
		return
	fi
	((succeeded == 3)) || fail "$succeeded of 3 succeeded: $errors" \
		"$(guest 0 'dmesg | grep vmfwupdate:'; echo "$output")"
}

# bats test_tags=in-tree
@test "256 MiB in a loaded guest of 512 MiB: a clean failure, and 64 MiB still work" {
	start_loaded 512
	allocate 256
	((succeeded == 0)) || skip 'this guest had room for it'
	failure_was_clean 256
	allocate 64
	((succeeded == 3)) || fail "64 MiB afterwards: $errors"
}

# Start a guest of 512 MiB with 1 GiB of virtio-mem. The kernel uses virtio-mem as ordinary
# memory, but marks it as managed by a driver.
start_virtio_mem()
{
	VM_MEMORY=512M,maxmem=4G VM_APPEND="memhp_default_state=online_kernel ${VM_APPEND-}" \
	vm_start -- -object memory-backend-ram,id=plugged,size=1G \
		-device virtio-mem-pci,memdev=plugged,requested-size=1G
	vm_run 'modprobe virtio_mem'
	[[ $status -eq 0 ]] || skip 'this kernel has no virtio_mem'
	guest 0 'i=0
		while [ "$(awk "/^MemTotal:/ { print \$2 }" /proc/meminfo)" -lt 1400000 ]; do
			i=$((i + 1)); [ $i -lt 600 ] || exit 1; usleep 100000
		done
		modprobe vmfwupdate
		grep "System RAM (virtio_mem)" /proc/iomem'
	plugged=$output
}

# outside RANGES ADDRESS: fail if ADDRESS is in RANGES, lines of /proc/iomem
outside()
{
	local first last rest
	while IFS=' -' read -r first last rest; do
		((16#$first > $2 || 16#$last < $2)) ||
			fail "$2 lies in $first-$last $rest"
	done <<<"$1"
}

# bats test_tags=in-tree
@test "the module takes no memory that another driver manages, even if most of it is free" {
	start_virtio_mem
	local result addr
	guest 0 '/images/allocate 64 3'
	while read -r result _ addr; do
		[[ $result == ok ]] || fail "64 MiB: $output"
		outside "$plugged" "$addr"
	done <<<"$output"

	# Only memory that a driver manages would have room for this image.
	allocate 600
	failure_was_clean 600
}

# A block cannot go offline while the driver searches memory for an image. A search waits
# while a block goes offline.
# bats test_tags=in-tree
@test "memory goes offline and online while the module searches for memory" {
	VM_CPUS=2 VM_MEMORY=2G vm_start
	guest 0 'modprobe vmfwupdate
		cd /sys/devices/system/memory
		(while :; do
			for block in memory*; do
				echo offline >$block/state && echo x >>/tmp/offline
				echo online >$block/state
			done
		done) </dev/null >/dev/null 2>&1 &
		echo $! >/tmp/loop
		sleep 1; /images/allocate 64 20; wc -l </tmp/offline'
	local ok offline
	offline=${output##*$'\n'}
	ok=$(grep -c '^ok' <<<"$output") || :
	echo "# $ok of 20 images found memory, while $offline blocks went offline" >&3
	[[ $offline -gt 0 ]] || skip 'this kernel takes no memory offline'
	((ok > 0)) || fail "$output"
	! grep '^[A-Z]' <<<"$output" | grep -v '^ENOMEM' || fail "$output"
	guest 0 'cat /sys/class/misc/vmfwupdate/leaked'
	output_is 0

	# Soon after the last search, blocks go offline again.
	guest 0 ': >/tmp/offline; sleep 10; kill $(cat /tmp/loop); wc -l </tmp/offline'
	((output > 0)) || fail 'no block has gone offline after the search'
}

@test "the module first uses memory that the command line sets aside, and leaves it set aside" {
	# In 512 MiB, a kernel at a random place may leave no gap of 256 MiB. A kernel with
	# KASAN would have too little memory for itself.
	VM_MEMORY=1G VM_APPEND="reserve_mem=256M:2M:vmfwupdate ${VM_APPEND-}" vm_start
	vm_run 'dmesg | grep "Unknown kernel command line parameters.*reserve_mem"'
	[[ $status -ne 0 ]] || skip 'this kernel has no reserve_mem='
	guest 0 'modprobe vmfwupdate'
	big_image 256
	available_memory
	local before=$available

	# Stage twice: after the first image, the memory must still be set aside.
	for _ in 1 2; do
		guest 0 'vmfwupdate-ctl stage --quiet /tmp/big.igvm'
		state_is staged
		memory_is_back "$before"
		guest 0 'vmfwupdate-ctl unstage --quiet'
	done
	vmm_saw 2 'verdict=accepted'

	# A small image, which would also fit elsewhere, finds room as well.
	allocate 4
	((succeeded == 3)) || fail "4 MiB: $errors"

	# If an image is too large for this memory, the log says so. It must not show the
	# address of the memory.
	allocate 900
	failure_was_clean 900
	guest 0 'dmesg | grep "vmfwupdate: .*reserve_mem="'
	output_has "$((256 << 20)) bytes"
	[[ $output != *0x* ]] || fail 'the log has an address:' "$output"
}

# Each failure logs up to three lines. A program that may open the device can try for ever,
# so the driver limits the rate of these lines.
@test "a hundred failures in a row do not fill the log" {
	vm_start
	guest 0 'modprobe vmfwupdate; /images/allocate 4000 100 | grep -c ENOMEM'
	output_is 100
	guest 0 'dmesg | grep -c "vmfwupdate: "'
	echo "# $output lines of 300" >&3
	((output < 100)) || fail "lines in the log: $output"
}

# An awk program for a trace of the kernel's allocations during the load of the module. It
# adds up the memory that the module's own functions have allocated and not freed. An
# address without a name is in the module's init section, which the kernel has freed.
held='
function own(site) { return site ~ /(call_site=|=> )(vmfw_|0x)/ }
function field(name) {
	return match($0, name "=[^ ]*") ? substr($0, RSTART + length(name) + 1, RLENGTH - length(name) - 1) : ""
}
/ kmalloc: / && own($0) { bytes[field("ptr")] = field("bytes_alloc") }
/ kfree: /		{ delete bytes[field("ptr")] }
/ mm_page_alloc: /	{ pfn = field("pfn"); order = field("order") }
/ mm_page_free: /	{ delete pages[field("pfn")] }
/^ => / && pfn && !/page_alloc|alloc[a-z_]*_page|get_free_page|get_zeroed_page/ {
	for (count = 1; order > 0; order--)
		count *= 2
	if (own($0))
		pages[pfn] = count
	pfn = ""
}
END {
	for (i in bytes) small += bytes[i]
	for (i in pages) whole += pages[i]
	print whole + 0, small + 0
}'

# load_and_count [ARGUMENT...]: start a machine with these arguments of vm_start, and load
# the module. Set $pages and $bytes to the memory that the module then holds. Memory of the
# driver core, such as that for files in sysfs, does not count.
load_and_count()
{
	VM_APPEND="no_hash_pointers ${VM_APPEND-}" vm_start "$@"
	vm_run 'mount -t tracefs tracefs /sys/kernel/tracing && ls /sys/kernel/tracing/events/kmem'
	[[ $status -eq 0 ]] || skip 'this kernel has no tracepoints for its memory'
	guest 0 'cd /sys/kernel/tracing
		echo 8192 >buffer_size_kb
		cd events/kmem
		echo stacktrace >mm_page_alloc/trigger
		for event in kmalloc kfree mm_page_alloc mm_page_free; do
			echo "comm == \"modprobe\"" >$event/filter
			echo 1 >$event/enable
		done
		modprobe vmfwupdate
		for event in kmalloc kfree mm_page_alloc mm_page_free; do
			echo 0 >$event/enable
		done'
	guest 0 "awk '$held' /sys/kernel/tracing/trace"
	read -r pages bytes <<<"$output"
	echo "# $pages page(s), and $bytes bytes in small pieces" >&3
}

@test "an idle module holds no more than two pages" {
	local pages bytes
	load_and_count
	((pages > 0 && bytes > 0)) || fail 'the page shared with the VMM was not seen'
	((pages * 4096 + bytes <= 8192)) || fail "$pages pages and $bytes bytes are held"
}

@test "without an interface, the module holds no memory besides its own code and data" {
	local pages bytes
	load_and_count fault=no-interface
	((pages + bytes == 0)) || fail "$pages pages and $bytes bytes are held"
	# The trace must show that the module did ask for memory.
	guest 0 'grep -c "kmalloc: .*vmfw_\|kmalloc: .*call_site=0x" /sys/kernel/tracing/trace'
}
