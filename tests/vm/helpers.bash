# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions for every VM test: setup and teardown of the machine of vm.bash, and
# assertions that print expected and actual values.
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

# Tests of vmlaunchupdate also run on QEMU's own device, if this QEMU has it.
need_device()
{
	local qemu=${QEMU_X86:-qemu-system-x86_64}
	[[ ${runs_on_qemu-} ]] ||
		skip 'needs the model (VMM=model): the test is about a draft, which no QEMU has, or about the log of the model'
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

# vmm_saw COUNT REGEX: expect that COUNT lines of the VMM's log match.
vmm_saw()
{
	local count
	count=$(grep -cE -- "$2" "$vm_dir/vmm.log") || :
	[[ $count -eq $1 ]] ||
		fail "lines in the VMM's log with $2: $count, expected $1" "$(vm_log)"
}

# vmm_last_write_was VERDICT: expect this verdict on the guest's last write.
vmm_last_write_was()
{
	local line
	line=$(grep ' write ' "$vm_dir/vmm.log" | tail -n 1) || :
	[[ $line == *"verdict=$1"* ]] ||
		fail "last write: $line" "expected verdict: $1" "$(vm_log)"
}

# Set $available to the kilobytes of free memory. They include memory that the kernel can
# reclaim, and free pages in the lists of each CPU.
available_memory()
{
	guest 0 'sync; echo 3 >/proc/sys/vm/drop_caches
		awk "/^MemAvailable:/ { kb += \$2 }
		     /^ +count:/ { kb += \$2 * 4 }
		     END { print kb }" /proc/meminfo /proc/zoneinfo'
	available=$output
}

# memory_is_back KILOBYTES: expect about this amount of free memory. The difference may be
# memory of the kernel itself, or freed memory that KASAN keeps in quarantine.
memory_is_back()
{
	local before=$1
	available_memory
	((before - available < ${VM_MEMORY_SLACK:-4096})) ||
		fail "available memory: $available kB, before: $before kB"
}

# big_image SIZE: make /tmp/big.igvm of SIZE mebibytes in the guest. After sound headers
# and pages comes a hole, which needs no memory.
big_image()
{
	guest 0 "cp /images/big-$1M.head /tmp/big.igvm && truncate -s $1M /tmp/big.igvm"
}

# cycles COUNT: stage and unstage an image COUNT times, and expect success.
cycles()
{
	guest 0 "i=0; while [ \$i -lt $1 ]; do
			vmfwupdate-ctl stage --quiet /images/seabios.igvm &&
			vmfwupdate-ctl unstage --quiet || exit 1
			i=\$((i + 1))
		done"
}

# Expect that nothing is armed: after a crash, the firmware must be the same.
nothing_armed()
{
	local firmware=$vm_firmware updates
	updates=$(grep -c 'reset kind=update' "$vm_dir/vmm.log") || :
	crash
	firmware_is "$firmware"
	vmm_saw "$updates" 'reset kind=update'
}

# Reset the machine without reboot notifiers.
crash()
{
	vm_reset_by 'echo b >/proc/sysrq-trigger'
}
