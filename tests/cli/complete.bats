#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# __complete: the words that the tool offers to the completion of the shells.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# offers EXPECTED WORD...: expect that the tool offers exactly EXPECTED for the last WORD.
# [files SUFFIX...] and [directories] stand for names that the shell adds.
offers()
{
	local expected=$1
	shift
	run_ctl 0 __complete "$@"
	is "$stderr" ''
	is "$(sed -e 's/^\t\(.*\)/[\1]/' -e 's/\t.*//' <<<"$output" | paste -sd' ')" "$expected"
}

@test "an option in front of the word that takes the next word, and one that does not" {
	offers 'list read install remove' --json partition ''
	offers 'read remove' --quiet --json partition re
	offers --json check --quiet image.igvm --js
	offers 'sev sev-es' measure --for se
	offers --json measure --for snp --js
	offers '[files]' measure --for snp --event-log ''
	offers '' measure --for snp image.igvm ''
	offers 'sev sev-es' measure --for=snp image.igvm --for se
	# After an option that needs a value, even a word that looks like an option is its value.
	offers '' check --vmm --for=
}

@test "words that are operands: a single dash, and any word behind --" {
	offers '' check - ''
	offers '' check -- -x ''
	offers '' check -- -- ''
	offers '[files igvm efi]' check -- --vmm=
	offers '[files igvm efi]' check -- --j
}

@test "help is a verb only at the place of the first verb" {
	offers 'files required' help initramfs ''
	offers '' help help ''
	offers '' partition help ''
	offers --vmm= check help --vm
	offers '' help stage ''
}

@test "a complete word is offered, but not a location that needs more text" {
	offers check check
	offers '[files igvm efi]' check ESP:
}

# Print "OPTION=<tab>ARGUMENT<tab>VERB" for each option with a value, and one of its verbs.
options_with_values()
{
	"$CTL" help --json | python3 -c '
import json, sys
found = {}
for verb in json.load(sys.stdin)["verbs"]:
    for option in verb["options"]:
        if "argument" in option:
            found[option["name"], option["argument"]] = verb["name"]
for (name, argument), verb in found.items():
    print(f"--{name}=\t{argument}\t{verb}")'
}

# All other options have words as values, or values that the tool does not know.
@test "the tool offers files for each option that takes one, and for no other" {
	local option argument verb found=0
	while IFS=$'\t' read -r option argument verb; do
		# shellcheck disable=SC2086 # a verb of two words
		run_ctl 0 __complete $verb "$option"
		case $argument in
		FILE | KEY | PATH)
			is "$output" $'\tfiles'
			found=$((found + 1))
			;;
		DISK)
			output_has $'\tfiles'
			;;
		DIRECTORY)
			is "$output" $'\tdirectories'
			;;
		*)
			[[ $output != $'\t'* && $output != *$'\n\t'* ]] ||
				fail "$option: $output"
			;;
		esac
	done < <(options_with_values)
	((found >= 15)) || fail "options: $found"
	offers '[directories]' decompose --output=
	offers '[files]' wrap --output ''
	offers '[files]' compose image.igvm --sign ''
}

@test "values that are words, and none for a value that is not" {
	offers 'auto always never' stage --progress=
	offers 'kexec soft-reboot vmm' stage --force=
	offers 'kexec soft-reboot' auto --force ''
	offers overwrite decompose --force ''
	offers 'qemu generic native-zero' check --vmm ''
	offers generic check --vmm=g
	offers 'native,snp native,sev-es' wrap --for=native,s
	offers 'snp sev-es' wrap --for=s
	offers 'native snp sev-es tdx' wrap --for ''
	offers any verify --nonce ''
	offers 'any PARTUUID= [files]' partition list --disk ''
	local option
	for option in --vcpus --cpu-signature --append --snp-ovmf-hash; do
		offers '' measure $option ''
		offers '' measure $option=
	done
}

@test "partitions by the names that udev gives them" {
	local uuid=01234567-89ab-cdef-0123-456789abcdef
	unshare --mount --propagation private bash -euc '
		mount -t tmpfs none /dev
		mkdir -p /dev/disk/by-partuuid /dev/disk/by-label
		touch "/dev/disk/by-partuuid/$1" /dev/disk/by-label/{FW,odd\\x20name}
		"$2" __complete stage PARTUUID=
		"$2" __complete partition list --disk=PARTUUID=0
		"$2" __complete check LABEL=
		"$2" __complete check UUID=
		mkdir /dev/disk/by-uuid
		touch /dev/disk/by-uuid/12AB-34CD
		"$2" __complete check UUID=
		"$2" __complete check P' bash "$uuid" "$CTL" >found
	is "$(cut -f1 found | sed '/^$/d')" "PARTUUID=$uuid:/
PARTUUID=$uuid
LABEL=FW:/
UUID=12AB-34CD:/
PARTUUID="
}

@test "the value of -o is the rest of its word, or else the next word" {
	run_ctl 0 __complete decompose -oimago --js
	is "${output%%$'\t'*}" --json
	run_ctl 0 __complete decompose -qo --js
	is "$output" $'\tdirectories'
}

@test "__complete succeeds, offers nothing and prints no error after wrong words" {
	local words
	for words in '' 'frobnicate x' '--frobnicate=' 'stage --frobnicate=' 'help stage x' \
			'partition frobnicate x' 'check --json='; do
		# shellcheck disable=SC2086 # several words
		offers '' $words
	done
	# A -- in front of the verb is not wrong.
	offers stage -- stage
}
