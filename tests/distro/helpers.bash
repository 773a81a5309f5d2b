# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Helpers for all tests with a whole distribution. They make each disk once, start a
# machine on a copy of it, and check the boots. DISTRO names the suite.
#
# Copyright (C) 2026 The vmfwupdate authors

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$here/../..")
: "${O:=$top/build}"
: "${DISTRO:=bookworm}"
: "${VMM_SO:=$O/tests/vmm/vmfwupdate-vmm.so}"
: "${VM_FW_CFG_FILE:=$O/tests/vm/images/pattern}"
: "${OVMF:=/usr/share/ovmf/OVMF.fd}"
# The IGVM file from which the host starts a machine, if the interface needs one.
: "${VM_HOST_IGVM:=$O/tests/vm/images/seabios.igvm}"
export O VMM_SO VM_FW_CFG_FILE VM_HOST_IGVM
# Emulation is slow: this is the time for two boots of a distribution on a busy host.
: "${VM_TIMEOUT:=600}"
: "${VM_MEMORY:=512M}"
# Linux since 6.12 may hang on the default CPU of QEMU 7.2.
: "${VM_CPU:=qemu64,-cx16}"

IMAGE=$O/tests/vm/images/ovmf.igvm
DISTRO_DIR=$O/distro/$DISTRO

source "$top/tests/vm/vm.bash"
source "$top/tests/vm/assert.bash"

# The disks: name, and arguments of mkdisk. The root of both is in LUKS, so that tests can
# check which boot unlocked it.
declare -gA disks=(
	[dracut]='-i dracut -l'
	[initramfs-tools]='-i initramfs-tools -l -x'
)

# The disk for tests that work with either disk. It depends on the suite, unless MAKER
# names one.
declare -gA makers=([bookworm]=initramfs-tools [trixie]=dracut)
: "${MAKER:=${makers[$DISTRO]}}"

# Print the inputs of a disk. When they change, the tests make a new disk.
disk_inputs()
{
	echo "${disks[$1]}"
	sha256sum "$here"/{mkroot,mkdisk,agent,agent.service,vmfwupdate.conf} "$IMAGE" \
		"$DISTRO_DIR/root/usr/lib/modules"/*/updates/vmfwupdate.ko
	find "$O/userspace" -name '*.o' -prune -o -type f -perm -u+x -print0 |
		sort -z | xargs -0 sha256sum
	find "$top/userspace"/{systemd,dracut,initramfs-tools,udev} -type f -print0 |
		sort -z | xargs -0 sha256sum
}

make_disk()
{
	local directory=$DISTRO_DIR/$1 inputs
	inputs=$(disk_inputs "$1" | sed "s|$top/||")
	[[ $(cat "$directory/inputs" 2>/dev/null) == "$inputs" ]] && return
	rm -f "$directory/inputs"
	# shellcheck disable=SC2086 # a list of words
	"$here/mkdisk" -b "$DISTRO_DIR" ${disks[$1]} -c "$here/vmfwupdate.conf" \
		-f "$IMAGE" -o "$directory" || return
	echo "$inputs" >"$directory/inputs"
}

make_disks()
{
	local name
	make --no-print-directory -s -C "$top/userspace" "O=$O" &&
	"$here/mkroot" "$DISTRO" "$DISTRO_DIR" || return
	for name in "${!disks[@]}"; do
		make_disk "$name" || return
	done
}

setup_file()
{
	mkdir -p "$DISTRO_DIR"
	make_disks >"$DISTRO_DIR/log" 2>&1 || {
		cat "$DISTRO_DIR/log"
		return 1
	}
}

teardown()
{
	if [[ -z ${BATS_TEST_COMPLETED-} && -n $vm_dir ]]; then
		vm_show
		keep_logs
	fi
	vm_stop
}

keep_logs()
{
	local kept=$O/tests/distro-$DISTRO/failed/${BATS_TEST_FILENAME##*/}.$BATS_TEST_NUMBER
	rm -rf "$kept"
	mkdir -p "$kept"
	cp "$vm_dir"/{vmm.log,qemu.err,console} "$kept" || :
	echo "logs kept in $kept"
}

# Does the VMM copy an image at once and keep it over resets, as with
# VM_REVISION=vmlaunchupdate?
keeps_images()
{
	[[ ${VM_REVISION-} == *vmlaunchupdate* ]]
}

# inside_root COMMAND...: run COMMAND in the root from which mkdisk makes the disks
inside_root()
{
	unshare --mount sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"' \
		"$DISTRO_DIR/root" "$@"
}

# use_disk NAME [.VARIANT]: copy a disk for this test. The copy remains over cold starts.
use_disk()
{
	name=$1 variant=${2-}
	disk=$BATS_TEST_TMPDIR/disk
	drives=(-drive "file=$disk,format=raw,if=virtio,cache=unsafe")
	cp --reflink=auto --sparse=always "$DISTRO_DIR/$name/disk" "$disk"
	cp "$DISTRO_DIR/$name/initrd$variant" "$disk.initrd"
}

# on_esp MTOOLS-COMMAND ARGUMENT...: change the ESP while the machine is off.
on_esp()
{
	local command=$1
	shift
	"$command" -i "$disk@@1M" "$@"
}

# esp_drive FILE [OPTIONS]: add a second drive with a copy of the ESP.
esp_drive()
{
	truncate -s 82M "$1"
	sgdisk --clear --new=1:1M:+80M --typecode=1:ef00 "$1" >/dev/null
	dd if="$disk" of="$1" bs=1M skip=1 seek=1 count=80 conv=notrunc,sparse status=none
	drives+=(-drive "file=$1,format=raw,if=virtio,cache=unsafe${2:+,$2}")
}

# in_initramfs FILE: replace FILE in the initramfs by standard input. If several files
# have the same name, the last one counts.
in_initramfs()
{
	local tree
	tree=$(mktemp -d)
	chmod 755 "$tree"
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
	chmod 755 "$tree/$1"
	# The kernel looks for another archive at a multiple of 4 bytes.
	truncate -s %4 "$disk.initrd"
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >>"$disk.initrd"
	rm -rf "$tree"
}

# cold_start [MODEL-ARGUMENT...]: start on a BIOS. QEMU gives it the kernel, because a BIOS
# cannot boot this disk. $append goes to the kernel's command line.
cold_start()
{
	export VM_KERNEL=$DISTRO_DIR/$name/vmlinuz VM_INITRAMFS=$disk.initrd
	export VM_APPEND="$(cat "$DISTRO_DIR/$name/cmdline$variant") ${append-}"
	vm_stop
	vm_start "$@" -- "${drives[@]}"
}

# Start on the provider's UEFI, which finds systemd-boot on the ESP.
cold_start_uefi()
{
	export VM_KERNEL= VM_FIRMWARE=$OVMF VM_HOST_IGVM=$IMAGE
	vm_stop
	vm_start "$@" -- "${drives[@]}"
}

# seen REGEX: does the VMM's log or the console match? Each counts as one line.
seen()
{
	cat "$vm_dir/vmm.log" "$vm_dir/console" 2>/dev/null | tr '\0\n' '  ' |
		grep -aqE -- "$1"
}

# Pause the machine, and wait until QEMU reports that it has stopped.
freeze()
{
	local said= part
	vm_begin_wait
	echo '{"execute": "stop"}' >&"$vm_qmp_to"
	until [[ $said == *'"event": "STOP"'* ]]; do
		vm_may_wait && vm_alive || vm_die 'it runs on' || return
		IFS= read -r -t 1 -u "$vm_qmp_from" part || :
		said+=$part
	done
}

# once_seen REGEX COMMAND [MODEL-ARGUMENT...]: switch the machine on, run COMMAND when the
# VMM's log or the console matches, and cut the power. The disk keeps all writes of the
# guest.
once_seen()
(
	awaited=$1 command=$2
	shift 2
	trap vm_stop EXIT
	vm_wait_boot()
	{
		vm_begin_wait
		until seen "$awaited"; do
			vm_may_wait && vm_alive ||
				vm_die "never seen: $awaited" || return
			sleep 0.02
		done
	}
	cold_start "$@"
	$command
)

# cut_at TEXT: check that the VMM cut the power after a line of its log with TEXT. That
# line is the last one.
cut_at()
{
	vm_wait_end
	[[ $vm_exit_status -eq 137 ]] ||
		fail "QEMU ended with status $vm_exit_status" "$(vm_log)"
	[[ $(tail -n 1 "$vm_dir/vmm.log") == *"$1"* ]] ||
		fail "not the last line of the VMM's log: $1" "$(vm_log)"
}

# once_logged COUNT TEXT [MODEL-ARGUMENT...]: switch the machine on, and let the VMM cut
# the power right after the COUNTth line of its log that contains TEXT.
once_logged()
(
	text=$2
	trap vm_stop EXIT
	vm_wait_boot() { cut_at "$text"; }
	cold_start "power-cut=$1:$text" "${@:3}"
)

# power_goes_by COMMAND TEXT: run COMMAND after a cold start with power-cut=COUNT:TEXT, and
# check that the VMM cuts the power.
power_goes_by()
{
	vm_send "$1"
	cut_at "$2"
}

# Print the attempts on the ESP, as the tool reads them while the machine is off.
history_on_esp()
{
	local tree=$BATS_TEST_TMPDIR/tree
	rm -rf "$tree"
	mkdir -p "$tree/efi/EFI" "$tree/etc"
	(cd / && cp --parents proc/cmdline proc/sys/kernel/random/boot_id "$tree")
	cp "$here/vmfwupdate.conf" "$tree/etc"
	# mcopy fails if there is no record.
	on_esp mcopy -s -n ::/EFI/vmfwupdate "$tree/efi/EFI" || :
	"$O/userspace/vmfwupdate-ctl" history "--root=$tree"
}

# comes_back [FIRMWARE]: check the cold start after a loss of power. If an attempt is open,
# that cold start makes no attempt. The next cold start makes one.
comes_back()
{
	local history
	history=$(history_on_esp)
	if grep -q ' open$' <<<"$history"; then
		cold_start
		firmware_is BIOS
		boots_are 1
		updates_are 0
		said_in_boot 1 'follows an attempt'
	fi
	cold_start
	firmware_is "${1-UEFI}"
	boots_are 2
	updates_are 1
	unlocked_only_in_boot 2
	said_in_boot 2 'the wanted firmware is running'
}

# Print how many kernels have started since power-on.
kernels()
{
	grep -ac 'Linux version' "$vm_dir/console"
}

boots_are()
{
	[[ $(kernels) -eq $1 ]] ||
		fail "kernels started: $(kernels), expected $1" "$(vm_log)"
}

# vmm_logged COUNT TEXT: expect COUNT lines with TEXT in the VMM's log.
vmm_logged()
{
	local count
	count=$(grep -c -- "$2" "$vm_dir/vmm.log") || :
	[[ $count -eq $1 ]] || fail "$2: $count, expected $1" "$(vm_log)"
}

# updates_are COUNT: expect that the VMM has loaded an image COUNT times.
updates_are()
{
	vmm_logged "$1" 'reset kind=update'
}

# noted NAME [BOOT]: expect the entry ID_NAME in the journal of this boot, or of the boot
# of journalctl's option BOOT.
noted()
{
	local id
	id=$(sed -n "s/^#define ID_$1[[:space:]]*\"\(.*\)\"/\1/p" \
		"$top"/userspace/ctl/*.c)
	[[ -n $id ]] || fail "there is no entry $1"
	guest 0 "journalctl --quiet --no-pager --output=cat ${2---boot} MESSAGE_ID=$id"
	[[ -n $output ]] || fail "not in the journal: $1"
}

# console_of_boot NUMBER: print the console of a boot. 1 is the first boot.
console_of_boot()
{
	tr -d '\r' <"$vm_dir/console" | sed 's/\x1b\[[0-9;]*[mK]//g' |
		awk -v wanted="$1" '/Linux version/ { boot++ } boot == wanted'
}

# said_in_boot NUMBER REGEX: expect a line that matches REGEX on the console of that boot
said_in_boot()
{
	console_of_boot "$1" | grep -aqE -- "$2" ||
		fail "not on the console of boot $1: $2"
}

unlocked='Finished .*ryptography Setup for root|root: set up successfully|luksOpen /dev'

# unlocked_only_in_boot NUMBER: expect that this boot unlocked the root, and none before.
unlocked_only_in_boot()
{
	local boot
	for boot in $(seq $(($1 - 1))); do
		! console_of_boot "$boot" | grep -aqE "$unlocked" ||
			fail "the root was unlocked in boot $boot"
	done
	said_in_boot "$1" "$unlocked"
}
