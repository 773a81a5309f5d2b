# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A virtual machine that runs commands: stock QEMU with the device model, a stock kernel,
# and the initramfs of mkinitramfs. Source this file.
#
#	vm_start [fault=NAME ...] [ARGUMENT=VALUE ...] [-- QEMU-OPTION...]
#				starts a machine. The model gets the arguments,
#				and ram=clear unless they contain ram=.
#				host-igvm=none: the machine does not start from
#				an IGVM file, although it has vmlaunchupdate
#	vm_run COMMAND			sets $output and $status
#	vm_reset_by COMMAND		runs it, waits for the next boot
#	$vm_firmware			BIOS or UEFI, as the last boot reported
#	vm_log				prints the VMM's log
#	vm_resets			prints the number of resets that QMP reported
#	vm_wait_exit			waits until the machine has powered off
#	vm_wait_end			waits until QEMU has ended; sets $vm_exit_status
#	vm_stop				ends the machine and removes its files
#
# Environment:
#	VM_MACHINE (q35), VM_CPUS (1), VM_MEMORY (512M), VM_FIRMWARE (SeaBIOS)
#	VM_CPU: a CPU model, if the default does not suffice
#	VM_ACCEL (tcg): the accelerator. KVM is not the default, because guests
#		hang on some hosts although /dev/kvm exists
#	VM_TIMEOUT (180): seconds that one answer or one boot may take; on a busy
#		machine, it may take longer
#	VM_LIFE (1800): seconds after which QEMU ends in any case
#	VM_REVISION (igvm): the interface, unless an argument has revision=
#	VM_HOST_IGVM: the file that a machine with vmlaunchupdate starts from,
#		unless an argument has host-igvm=
#	VMM (model): "qemu" means QEMU's own vm-launch-update without the model
#	QEMU_X86, VMM_SO, VM_KERNEL, VM_INITRAMFS: the files to run; without
#		a kernel the firmware finds one on a disk
#	VM_FW_CFG_FILE: content of the fw_cfg file opt/vmfwupdate.test
#
# The channel is a virtio serial port, which QEMU connects to a pair of FIFOs. QEMU opens
# each FIFO for reading and writing, so nothing blocks when the guest resets.
#
# Copyright (C) 2026 The vmfwupdate authors

: "${VM_TIMEOUT:=180}"
: "${VM_REVISION:=igvm}"

vm_dir=
vm_pid=
vm_boots=0
vm_firmware=
vm_next_id=0
vm_exit_status=
vm_cpus=$(nproc)

vm_die()
{
	echo "vm: $*" >&2
	vm_show >&2
	return 1
}

# Print the logs that help to find out why a test failed.
vm_show()
{
	[[ -n $vm_dir ]] || return 0
	echo "--- the VMM's log, its end"
	tail -n 60 "$vm_dir/vmm.log" 2>/dev/null
	echo "--- QEMU's own messages"
	cat "$vm_dir/qemu.err" 2>/dev/null
	echo "--- the guest's console, its end"
	tr -d '\r' <"$vm_dir/console" 2>/dev/null | tail -n 40
	echo "---"
}

# vm_argument NAME [ARGUMENT...]: print the value of NAME=, or nothing.
vm_argument()
{
	local name=$1 argument
	shift
	for argument; do
		[[ $argument != "$name="* ]] || echo "${argument#*=}"
	done
}

# Print the IGVM file from which the host starts the machine, or nothing.
vm_host_image()
{
	local host
	[[ $(vm_argument revision "$@") == *vmlaunchupdate* ]] || return 0
	host=$(vm_argument host-igvm "$@")
	[[ ${host:=${VM_HOST_IGVM-}} == none ]] || echo "$host"
}

# Set vm_vmm and vm_machine, options for stock QEMU with the model.
vm_use_model()
{
	local plugin=$VMM_SO,log=$vm_dir/vmm.log argument
	local host
	host=$(vm_host_image "$@")

	# Some firmware does not start if RAM is not zero; see Documentation/testing.md.
	[[ -n $(vm_argument ram "$@") ]] || plugin+=,ram=clear
	for argument; do
		[[ $argument == host-igvm=* ]] || plugin+=,$argument
	done
	plugin+=${host:+,host-igvm=$host}
	vm_machine=${VM_MACHINE:-q35}
	vm_vmm=(-plugin "$plugin" ${VM_FIRMWARE:+-bios "$VM_FIRMWARE"})
}

# Set vm_vmm and vm_machine, options for a QEMU that has the device.
vm_use_qemu()
{
	local host
	host=$(vm_host_image "$@")

	vm_machine=${VM_MACHINE:-q35}${host:+,igvm-cfg=igvm0}
	vm_vmm=(-device vm-launch-update)
	[[ -z $host ]] || vm_vmm+=(-object "igvm-cfg,id=igvm0,file=$host")
}

# vm_many_files: set the array vm_many_files to options that give QEMU nearly as many
# fw_cfg files as it has selectors. All of them come before the interface's file in the
# directory.
vm_many_files()
{
	seq -f '[fw_cfg]
  name = "a/%05.0f"
  string = "x"' 16000 >"$BATS_TEST_TMPDIR/files"
	vm_many_files=(-global fw_cfg_io.x-file-slots=0x3fe0 -readconfig "$BATS_TEST_TMPDIR/files")
}

vm_start()
{
	local options=() faults= kernel=() vm_machine vm_vmm
	# Emulated CPUs can be slow on a busy host. So the kernel must report lockups and
	# stalls only after two minutes. It must also accept a late timer. Its tests of its
	# own ciphers would take a tenth of a boot.
	local patience='watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120 no_timer_check'
	patience+=' cryptomgr.notests'
	# If the TSC is stable, the kernel patches sched_clock() when it starts. Another
	# emulated CPU may then execute the unfinished patch: "Oops: int3".
	((${VM_CPUS:-1} == 1)) || patience+=' tsc=unstable'

	while [[ $# -gt 0 && $1 != -- ]]; do
		case $1 in
		fault=*) faults+=${faults:++}${1#fault=} ;;
		*) options+=("$1") ;;
		esac
		shift
	done
	[[ $# -eq 0 ]] || shift

	vm_dir=$(mktemp -d "${TMPDIR:-/tmp}/vmfwupdate-vm.XXXXXX")
	vm_boots=0
	vm_firmware=
	mkfifo "$vm_dir"/{channel,qmp}.{in,out}
	: >"$vm_dir/vmm.log"
	: >"$vm_dir/qmp.log"

	[[ -z $faults ]] || options+=("fault=$faults")
	[[ -n $(vm_argument revision "${options[@]}") ]] ||
		options+=("revision=$VM_REVISION")
	"vm_use_${VMM:-model}" "${options[@]}"

	[[ -z ${VM_KERNEL-} ]] || kernel=(-kernel "$VM_KERNEL"
		-initrd "$VM_INITRAMFS"
		-append "console=ttyS0 panic=-1 quiet loglevel=5 $patience ${VM_APPEND-}")

	timeout --foreground --kill-after=5 "${VM_LIFE:-1800}" \
	"${QEMU_X86:-qemu-system-x86_64}" \
		-machine "$vm_machine" -accel "${VM_ACCEL:-tcg}" \
		${VM_CPU:+-cpu "$VM_CPU"} \
		-smp "${VM_CPUS:-1}" -m "${VM_MEMORY:-512M}" \
		-nodefaults -no-user-config -net none -display none \
		"${vm_vmm[@]}" \
		"${kernel[@]}" \
		-serial "file:$vm_dir/console" \
		-chardev "pipe,id=channel,path=$vm_dir/channel" \
		-chardev "pipe,id=qmp,path=$vm_dir/qmp" -mon chardev=qmp,mode=control \
		-device virtio-serial-pci \
		-device virtserialport,chardev=channel,name=vmfwupdate.test \
		-fw_cfg name=opt/vmfwupdate.test,file="$VM_FW_CFG_FILE" \
		"$@" \
		</dev/null >"$vm_dir/qemu.err" 2>&1 &
	vm_pid=$!
	exec {vm_to}<>"$vm_dir/channel.in" {vm_from}<>"$vm_dir/channel.out"
	exec {vm_qmp_to}<>"$vm_dir/qmp.in" {vm_qmp_from}<>"$vm_dir/qmp.out"
	echo '{"execute": "qmp_capabilities"}' >&"$vm_qmp_to"
	vm_wait_boot
}

vm_alive()
{
	[[ -n $vm_pid ]] && kill -0 "$vm_pid" 2>/dev/null
}

# Begin a wait that takes VM_TIMEOUT seconds at most; see vm_may_wait.
vm_begin_wait()
{
	vm_waited=0
	vm_wait_seen=$SECONDS
}

# May this wait go on? If the machine has more to do than its CPUs can do at once, count
# only the CPUs' share of each second: the guest is as much slower.
vm_may_wait()
{
	local load most=$((100 * vm_cpus))
	read -r load _ </proc/loadavg
	load=$((10#${load/./}))
	((load > most)) || load=$most
	vm_waited=$((vm_waited + (SECONDS - vm_wait_seen) * 100 * most / load))
	vm_wait_seen=$SECONDS
	((vm_waited < 100 * VM_TIMEOUT))
}

# Read a line from the guest into $vm_line, within VM_TIMEOUT seconds.
vm_read()
{
	local part=
	vm_line=
	vm_begin_wait
	while vm_may_wait; do
		if IFS= read -r -t 2 -u "$vm_from" part; then
			vm_line+=$part
			return 0
		fi
		# A time-out can cut a line into pieces. IFS= keeps a blank at the end
		# of a piece.
		vm_line+=$part
		vm_alive || { vm_die 'QEMU has ended'; return 1; }
	done
	vm_die "no word from the guest within $VM_TIMEOUT s; on a busy machine, longer"
}

vm_wait_boot()
{
	while vm_read; do
		case $vm_line in
		*'BOOT '*)
			vm_firmware=${vm_line##*BOOT }
			vm_boots=$((vm_boots + 1))
			return 0 ;;
		esac
	done
	return 1
}

vm_log()
{
	cat "$vm_dir/vmm.log"
}

# Print the number of resets after power-on.
vm_resets()
{
	local line
	while IFS= read -r -t 0.2 -u "$vm_qmp_from" line; do
		printf '%s\n' "$line" >>"$vm_dir/qmp.log"
	done
	grep -c '"event": "RESET"' "$vm_dir/qmp.log" || :
}

vm_send()
{
	vm_next_id=$((vm_next_id + 1))
	printf '%s %s\n' "$vm_next_id" "$(printf '%s' "$1" | base64 -w 0)" >&"$vm_to"
}

# Run a shell command in the guest. Set $output to both of its streams, and $status to its
# exit status. The function fails only if the machine gives no answer.
vm_run()
{
	output=
	status=
	vm_send "$1"
	while vm_read; do
		case $vm_line in
		"OUTPUT $vm_next_id "*)
			output=$(base64 -d <<<"${vm_line#"OUTPUT $vm_next_id "}") ;;
		"EXIT $vm_next_id "*)
			status=${vm_line##* }
			return 0 ;;
		*'BOOT '*)
			vm_die "the machine was reset during: $1"
			return 1 ;;
		esac
	done
	return 1
}

# Run a command that resets the machine, and wait until it is back.
vm_reset_by()
{
	vm_send "$1"
	vm_wait_boot
}

# Run a command that ends the machine, and wait until QEMU has ended.
vm_end_by()
{
	vm_send "$1"
	vm_wait_exit
}

# Wait until QEMU has ended, for any reason. Set $vm_exit_status.
vm_wait_end()
{
	vm_begin_wait
	while vm_may_wait; do
		if ! vm_alive; then
			vm_exit_status=0
			wait "$vm_pid" || vm_exit_status=$?
			vm_pid=
			return 0
		fi
		sleep 0.1
	done
	vm_die 'QEMU did not end'
}

vm_wait_exit()
{
	vm_wait_end || return
	((vm_exit_status == 0)) || vm_die "QEMU ended with status $vm_exit_status"
}

vm_stop()
{
	if vm_alive; then
		kill "$vm_pid"
		wait "$vm_pid" || :
	fi
	vm_pid=
	if [[ -n $vm_dir ]]; then
		exec {vm_to}>&- {vm_from}>&- {vm_qmp_to}>&- {vm_qmp_from}>&-
		rm -rf "$vm_dir"
		vm_dir=
	fi
}
