#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tutorial: its commands run as they stand, and print what it shows.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

tutorial=$top/Documentation/tutorial.md

# blocks KIND: the blocks of that kind, numbered, as files KIND.N
blocks()
{
	awk -v kind="$1" '
		/^```$/ && inside { inside = 0; next }
		/^```/ { wanted = $0 == "```" kind; inside = 1; n++; next }
		inside && wanted { print > (sprintf("%s.%02d", kind, n)) }' "$tutorial"
}

# What Debian 12 lacks: a firmware for SEV-SNP. Where it is missing, a made one is at
# its place, for this process and what it starts.
in_tutorial()
{
	local made=$BATS_TEST_TMPDIR/made
	mkdir "$made" bin
	ln -s "$(realpath "$CTL")" bin/vmfwupdate-ctl
	cp /usr/share/ovmf/* "$made"
	if [[ ! -e $made/OVMF.amdsev.fd ]]; then
		PYTHONPATH=$top/tests/lib python3 -c '
import ovmf, sys
open(sys.argv[1], "wb").write(ovmf.make())' "$made/OVMF.amdsev.fd"
	fi
	PATH=$PWD/bin:$PATH unshare --mount --propagation private bash -euc '
		mount --bind "$1" /usr/share/ovmf
		shift
		exec "$@"' bash "$made" "$@"
}

@test "the commands run as they stand, and print what the tutorial shows" {
	needs "$OVMF_CODE" ovmf
	blocks sh
	blocks text
	(($(ls sh.* | wc -l) >= 7)) || fail "$(ls)"
	mkdir work
	cat >run <<-'END'
		cd work
		for block in ../sh.*; do
			bash -eux "$block" >"../out.${block##*.}"
		done
	END
	in_tutorial bash -eu run
	# A block of text is what the block before it prints; each line, in that order.
	local text number
	for text in text.*; do
		number=${text##*.}
		number=$(printf '%02d' $((10#$number - 1)))
		python3 - "$text" "out.$number" <<-'END'
		import re, sys
		wanted = open(sys.argv[1]).read().splitlines()
		printed = iter(open(sys.argv[2]).read().splitlines())
		for line in wanted:
		    pattern = ".*".join(map(re.escape, line.split("...")))
		    if not any(re.fullmatch(pattern, other) for other in printed):
		        sys.exit(f"not printed: {line}")
		END
	done
	cmp work/OVMF.fd work/back.fd
	[[ $(<work/expected) =~ ^[0-9a-f]{96}$ ]]
	python3 "$top/tests/lib/jsonoutput.py" 0 <work/check.json
	python3 "$top/tests/lib/jsonoutput.py" 0 <work/measure.json
}

@test "each command of the tool in the tutorial is one that there is" {
	local line verb found=0
	while read -r line; do
		line=${line#vmfwupdate-ctl }
		line=${line%%[|>&<]*}
		# shellcheck disable=SC2086 # the words of a command
		set -- $line
		verb=$1
		shift
		# Its options, and that no operand is wrong in number.
		run_ctl 0 "$verb" "$@" --help
		found=$((found + 1))
	done < <(sed -n '/^```sh/,/^```$/p' "$tutorial" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' |
		grep '^vmfwupdate-ctl ')
	((found >= 15)) || fail "commands: $found"
}
