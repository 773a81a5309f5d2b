# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions for every VM test: the machine of vm.bash, one runner for guest
# commands, assertions that print both sides.
#
# Copyright (C) 2026 The vmfwupdate authors

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$here/../..")
: "${O:=$top/build}"
: "${VMM_SO:=$O/tests/vmm/vmfwupdate-vmm.so}"
: "${VM_KERNEL:=$O/kernel/vmlinuz}"
: "${VM_INITRAMFS:=$O/tests/vm/initramfs.img}"
: "${VM_FW_CFG_FILE:=$O/tests/vm/images/pattern}"
: "${VM_HOST_IGVM:=$O/tests/vm/images/seabios.igvm}"
export VMM_SO VM_KERNEL VM_INITRAMFS VM_FW_CFG_FILE

source "$here/vm.bash"
source "$here/assert.bash"

setup()
{
	local file
	[[ ${VMM:-model} == model ]] || need_device
	for file in "$VMM_SO" "$VM_KERNEL" "$VM_INITRAMFS" "$VM_FW_CFG_FILE"; do
		[[ -e $file ]] || fail "$file is missing; run make -C tests/vm"
	done
}

# Tests of vmlaunchupdate run on QEMU's own device as well, where it is.
need_device()
{
	local qemu=${QEMU_X86:-qemu-system-x86_64}
	[[ ${runs_on_qemu-} ]] ||
		skip 'needs the model, VMM=model: it is about a draft, which no QEMU has, or about what the model logs'
	"$qemu" -device help | grep -q '"vm-launch-update"' ||
		skip "$("$qemu" --version | head -n 1) has no device vm-launch-update: set QEMU_X86 to a QEMU from 11.2 on, built with libigvm"
	"$qemu" -object help | grep -q 'igvm-cfg' ||
		skip "$qemu was built without libigvm: it has no object igvm-cfg"
}

need_model()
{
	[[ ${VMM:-model} == model ]] || skip "needs the model: $1"
}

# A test also fails if the kernel has complained.
teardown()
{
	local complaint
	complaint=$(kernel_complaint)
	if [[ -z ${BATS_TEST_COMPLETED-} || -n $complaint ]]; then
		vm_show
		keep_logs
	fi
	vm_stop
	[[ -z $complaint ]] || fail 'the guest kernel complained:' "$complaint"
}

kernel_complaint()
{
	[[ -n $vm_dir ]] || return 0
	grep -aE 'BUG:|WARNING:|Oops|KASAN|KCSAN|UBSAN|INFO: (task|rcu|trying)|refcount_t|kmemleak|ODEBUG|DEBUG_LOCKS_WARN_ON' \
		"$vm_dir/console" || :
}

keep_logs()
{
	local kept=$O/tests/vm/failed/${BATS_TEST_FILENAME##*/}.$BATS_TEST_NUMBER
	[[ -n $vm_dir ]] || return 0
	rm -rf "$kept"
	mkdir -p "$kept"
	cp "$vm_dir"/{vmm.log,qemu.err,console} "$kept" || :
	echo "logs kept in $kept"
}

output_is()
{
	[[ $output == "$1" ]] ||
		fail "expected output: $1" "the output:      $output"
}

state_is()
{
	guest 0 'cat /sys/class/misc/vmfwupdate/state'
	output_is "$1"
}

# vmm_saw COUNT REGEX: how many lines of the VMM's log match.
vmm_saw()
{
	local count
	count=$(grep -cE -- "$2" "$vm_dir/vmm.log") || :
	[[ $count -eq $1 ]] ||
		fail "lines in the VMM's log with $2: $count, expected $1" "$(vm_log)"
}

# The last line of the VMM's log that tells of a write by the guest.
vmm_last_write_was()
{
	local line
	line=$(grep ' write ' "$vm_dir/vmm.log" | tail -n 1) || :
	[[ $line == *"verdict=$1"* ]] ||
		fail "last write: $line" "expected verdict: $1" "$(vm_log)"
}

# Kilobytes of free memory. They include memory that the kernel can give back, and
# the lists of each CPU, where pages go that are freed one by one.
available_memory()
{
	guest 0 'sync; echo 3 >/proc/sys/vm/drop_caches
		awk "/^MemAvailable:/ { kb += \$2 }
		     /^ +count:/ { kb += \$2 * 4 }
		     END { print kb }" /proc/meminfo /proc/zoneinfo'
	available=$output
}

# About the same amount as before. A kernel needs some for itself, and one that
# looks for mistakes keeps freed memory in quarantine for a while.
memory_is_back()
{
	local before=$1
	available_memory
	((before - available < ${VM_MEMORY_SLACK:-4096})) ||
		fail "available memory: $available kB, before: $before kB"
}

# Make /tmp/big.igvm of SIZE mebibytes in the guest: a sound header and pages,
# then a hole, so that it needs no memory of its own.
big_image()
{
	guest 0 "cp /images/big-$1M.head /tmp/big.igvm && truncate -s $1M /tmp/big.igvm"
}

# cycles COUNT: stage and unstage, each of them successful.
cycles()
{
	guest 0 "i=0; while [ \$i -lt $1 ]; do
			vmfwupdate-ctl stage --quiet /images/seabios.igvm &&
			vmfwupdate-ctl unstage --quiet || exit 1
			i=\$((i + 1))
		done"
}

# Nothing is armed: a reset that nobody prepared must be an ordinary one.
nothing_armed()
{
	local firmware=$vm_firmware updates
	updates=$(grep -c 'reset kind=update' "$vm_dir/vmm.log") || :
	crash
	firmware_is "$firmware"
	vmm_saw "$updates" 'reset kind=update'
}

# A reset that runs no reboot notifier.
crash()
{
	vm_reset_by 'echo b >/proc/sysrq-trigger'
}
