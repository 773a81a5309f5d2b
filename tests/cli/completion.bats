#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion in the shells themselves: each must offer the words that the tool knows.
#
# Copyright (C) 2026 The vmfwupdate authors
# bats file_tags=unsanitized

load helpers

completions=$top/userspace/completions

setup_file()
{
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$(realpath "$CTL")" "$BATS_FILE_TMPDIR/bin/vmfwupdate-ctl"
	PATH=$BATS_FILE_TMPDIR/bin:$PATH
	export PATH
	"$CTL" help --json >"$BATS_FILE_TMPDIR/help"
}

eval "$(declare -f setup | sed '1s/setup/setup_tool/')"

setup()
{
	setup_tool
	mkdir work
	cd work
	mkdir directory
	touch image.igvm OVMF.fd linux.efi notes.txt
}

# Each offer_SHELL prints the words that SHELL offers after "vmfwupdate-ctl WORD...".

offer_bash()
{
	bash --norc "$BATS_TEST_DIRNAME/completion.bash" "$completions" "$@"
}

offer_fish()
{
	fish --no-config -c '
		set -g fish_complete_path
		source $argv[1]
		complete -C "vmfwupdate-ctl "(string join " " -- $argv[2..-1])' \
		"$completions/vmfwupdate-ctl.fish" "$@" | cut -f1
}

offer_zsh()
{
	zsh -f "$BATS_TEST_DIRNAME/completion.zsh" "$completions" "$BATS_FILE_TMPDIR/zcompdump" \
		"vmfwupdate-ctl $*"
}

# sorted LINES: sort them, without duplicates, and without blanks and slashes at their ends
sorted()
{
	sed -e 's,/*[[:space:]]*$,,' -e '/^$/d' <<<"$1" | LC_ALL=C sort -u
}

# offers SHELL EXPECTED WORD...: expect exactly the words EXPECTED after WORD...
offers()
{
	local shell=$1 expected=$2 found
	shift 2
	found=$("offer_$shell" "$@") || fail "$shell: $*"
	# Some shells put the option in front of its value.
	found=$(sed 's/^--[a-z-]*=\(.\)/\1/' <<<"$found")
	[[ $(sorted "$found") == "$(sorted "$expected")" ]] ||
		fail "$shell: vmfwupdate-ctl $*" "offered: $found" "expected: $expected"
}

# Print the tool's tables: "VERB<tab>--option..." for each verb.
options_of_verbs()
{
	python3 -c '
import json, sys
for verb in json.load(open(sys.argv[1]))["verbs"]:
    print(verb["name"] + "\t" + " ".join(
        "--" + option["name"] + ("=" if "argument" in option else "")
        for option in verb["options"]))' "$BATS_FILE_TMPDIR/help"
}

check_verbs()
{
	local verbs
	verbs=$(cut -f1 <<<"$(options_of_verbs)" | cut -d' ' -f1 | sort -u)
	offers "$1" "$verbs"$'\nhelp' ''
	offers "$1" "$verbs" help ''
	offers "$1" $'stage\nstatus' st
	offers "$1" $'list\nread\ninstall\nremove' partition ''
	offers "$1" $'files\nrequired' help initramfs ''
	offers "$1" 'required' initramfs r
	offers "$1" $'--json\n--quiet\n--color=\n--help\n--version' --
}

check_options()
{
	local verb options found=0
	while IFS=$'\t' read -r verb options; do
		# shellcheck disable=SC2086 # a verb of two words
		offers "$1" "${options// /$'\n'}" $verb --
		found=$((found + 1))
	done < <(options_of_verbs)
	((found >= 21)) || fail "verbs: $found"
}

check_values()
{
	offers "$1" $'native\nvbs\nsnp\ntdx\nsev\nsev-es\ncca' measure --for=
	offers "$1" $'sev\nsev-es' measure --for se
	offers "$1" $'native,snp\nnative,sev-es' wrap --for=native,s
	offers "$1" $'native,snp,sev-es\nnative,snp,tdx' wrap --for=native,snp,
	offers "$1" $'qemu\ngeneric\nnative-zero' check --vmm ''
	offers "$1" $'qemu\ngeneric\nnative-zero\nec2\ngce' measure --vmm=
	offers "$1" debug-swap measure --guest-features=d
	offers "$1" debug-swap,secure-tsc measure --guest-features=debug-swap,se
	offers "$1" image.igvm measure --initrd ima
	offers "$1" notes.txt measure --event-log no
	offers "$1" OVMF.fd wrap --vars OV
	offers "$1" linux.efi measure --recorded-uki li
	offers "$1" bootloader verify --min-tcb=b
	offers "$1" any verify --nonce=a
	offers "$1" notes.txt verify --certificate no
	offers "$1" '' measure --append ''
	offers "$1" $'EPYC-Milan' measure --vcpu-type=EPYC-M
	offers "$1" $'kexec\nsoft-reboot\nvmm' stage --force=
	offers "$1" $'kexec\nsoft-reboot' auto --force ''
	offers "$1" overwrite wrap --force ''
	offers "$1" $'auto\nalways\nnever' stage image.igvm --progress=
	# There are no words to offer for a number.
	offers "$1" '' measure --vcpus ''
}

locations=$'partition\npartition:any\nuki\nauto\nESP:\nXBOOTLDR:\nLABEL=\nUUID=\nPARTUUID='

check_operands()
{
	offers "$1" "$locations"$'\nimage.igvm\nlinux.efi\ndirectory/' check ''
	offers "$1" "$locations"$'\nOVMF.fd\ndirectory/' wrap ''
	offers "$1" image.igvm stage ima
	offers "$1" $'image.igvm\nOVMF.fd\nlinux.efi\nnotes.txt\ndirectory/' stage --kernel ''
	offers "$1" notes.txt wrap --output=no
	offers "$1" directory/ decompose -o ''
	offers "$1" directory/ list --root=
	# "check" takes only one operand, and "status" takes none.
	offers "$1" '' check image.igvm ''
	offers "$1" '' status ''
}

@test "bash: verbs, also those of a family and after help" {
	check_verbs bash
}

@test "bash: all options of each verb, and no others" {
	check_options bash
}

@test "bash: values of options" {
	check_values bash
}

@test "bash: files and locations" {
	check_operands bash
}

@test "fish: verbs, also those of a family and after help" {
	check_verbs fish
}

@test "fish: all options of each verb, and no others" {
	check_options fish
}

@test "fish: values of options" {
	check_values fish
}

@test "fish: files and locations" {
	check_operands fish
}

@test "zsh: verbs, also those of a family and after help" {
	check_verbs zsh
}

@test "zsh: all options of each verb, and no others" {
	check_options zsh
}

@test "zsh: values of options" {
	check_values zsh
}

@test "zsh: files and locations" {
	check_operands zsh
}

# check_partitions SHELL EXPECTED WORD...: like offers, if udev lists two partitions
check_partitions()
{
	local udev='
		mkdir -p old
		mount --rbind /dev old
		mount -t tmpfs none /dev
		for node in null zero tty random urandom; do
			touch /dev/$node
			mount --bind old/$node /dev/$node
		done
		mkdir /dev/pts
		mount -t devpts -o newinstance,ptmxmode=666 none /dev/pts
		ln -s pts/ptmx /dev/ptmx
		ln -s /proc/self/fd /dev/fd
		mkdir -p /dev/disk/by-partuuid /dev/disk/by-label
		touch /dev/disk/by-partuuid/{01234567,89abcdef} /dev/disk/by-label/FW'
	unshare --mount --propagation private bash -euc \
		"$(declare -f fail sorted offers "offer_$1"); $udev"'; offers "$@"' bash "$@"
}

# readline counts = and : as ends of a word, and replaces only the rest.
@test "bash: partitions, after = and :" {
	export completions BATS_TEST_DIRNAME
	check_partitions bash $'01234567:/\n89abcdef:/' stage PARTUUID=
	check_partitions bash FW:/ check LABEL=F
	check_partitions bash 01234567 partition list --disk PARTUUID=0
	check_partitions bash 01234567 partition list --disk=PARTUUID=0
	touch a=b.igvm
	offers bash b.igvm check a=
	offers bash b.igvm stage --kernel=a=
}

# completes LINE EXPECTED: expect that readline completes LINE to EXPECTED
completes()
{
	is "$(timeout 60 "$BATS_TEST_DIRNAME"/readline.py "$completions" "vmfwupdate-ctl $1")" \
		"vmfwupdate-ctl $2 "
}

@test "bash: names with spaces and =, after a backslash and in quotes" {
	touch 'a b=c d.igvm' 'x:y.igvm'
	completes 'check a\ b=c\ d' 'check a\ b=c\ d.igvm'
	completes 'stage --kernel=a\ b=c\ d' 'stage --kernel=a\ b=c\ d.igvm'
	completes 'check a\ b\=c' 'check a\ b\=c\ d.igvm'
	completes 'check "a b=c' 'check "a b=c d.igvm"'
	completes "stage --kernel='a b=c" "stage --kernel='a b=c d.igvm'"
	completes 'check x:' 'check x:y.igvm'
	completes 'stage --vmm=q' 'stage --vmm=qemu'
}

@test "fish and zsh: partitions" {
	local shell
	export completions BATS_TEST_DIRNAME
	for shell in fish zsh; do
		check_partitions $shell $'PARTUUID=01234567:/\nPARTUUID=89abcdef:/' stage PARTUUID=
		check_partitions $shell LABEL=FW:/ check LABEL=F
	done
	check_partitions zsh PARTUUID=01234567 partition list --disk PARTUUID=0
}

@test "fish: names with =" {
	mkdir a=c
	touch a=b.igvm a=d.txt
	offers fish $'a=b.igvm\na=c/' check a=
}
