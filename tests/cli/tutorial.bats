#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tutorial: its commands run as they stand, and print the shown output.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load ../lib/run/page

tutorial=$top/Documentation/tutorial.md

# in_tutorial COMMAND...: run COMMAND where /usr/share/ovmf has firmware for SEV-SNP that
# looks for a kernel in memory. Debian 12 and 13 lack firmware for SEV-SNP.
in_tutorial()
{
	local made=$BATS_TEST_TMPDIR/made
	mkdir "$made" bin
	ln -s "$(realpath "$CTL")" bin/vmfwupdate-ctl
	cp /usr/share/ovmf/* "$made"
	if ! "$CTL" compose "$made/OVMF.amdsev.fd" --kernel=work/linux.efi -o - >probe.igvm; then
		PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf, sys
open(sys.argv[1], "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))' "$made/OVMF.amdsev.fd"
	fi
	PATH=$PWD/bin:$PATH unshare --mount --propagation private bash -euc '
		mount --bind "$1" /usr/share/ovmf
		shift
		exec "$@"' bash "$made" "$@"
}

@test "the commands run as they stand, and print the output in the tutorial" {
	needs "$OVMF_CODE" ovmf
	blocks "$tutorial" sh
	blocks "$tutorial" text
	(($(ls sh.* | wc -l) >= 10)) || fail "$(ls)"
	mkdir work
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ukigen
program = ukigen.Pe().section(".text", b"kernel" * 1000)
open("work/linux.efi", "wb").write(program.build())'
	cat >run <<-'END'
		cd work
		for block in ../sh.*; do
			bash -eux "$block" >"../out.${block##*.}"
		done
	END
	in_tutorial bash -eu run
	# A block of text is the output of the block before it.
	local text number
	for text in text.*; do
		number=${text##*.}
		printed "$text" "out.$(printf '%02d' $((10#$number - 1)))"
	done
	cmp work/OVMF.fd work/back.fd
	[[ $(<work/expected) =~ ^[0-9a-f]{96}$ ]]
	[[ $(<work/machine-expected) =~ ^[0-9a-f]{96}$ ]]
	! cmp -s work/expected work/machine-expected || fail 'the digest does not cover the kernel'
	python3 "$top/tests/lib/run/jsonoutput.py" 0 <work/check.json
	python3 "$top/tests/lib/run/jsonoutput.py" 0 <work/measure.json
}

# Without a guest and a network, the test makes the report that a guest would request,
# and the certificates that AMD would provide.
@test "the relying party's commands run as they stand, with a report that the test makes" {
	local chain=$BATS_TEST_TMPDIR/chain
	mkdir chain work bin
	"$top/tests/lib/attest/snp-chain" "$chain"
	ln -s "$(realpath "$CTL")" bin/vmfwupdate-ctl
	PATH=$PWD/bin:$PATH
	blocks "$tutorial" 'sh verifier' verifier
	blocks "$tutorial" 'text verifier' text
	set -- verifier.*
	(($# == 2)) || fail "$*"
	cd work
	printf '%096d\n' 7 >expected
	bash -eux "../$1"
	is "$(stat -c %s nonce)" 64
	python3 "$top/tests/lib/attest/attestation.py" snp "$(<expected)" report.bin \
		"$chain/vcek.key" 50="$(od -An -v -tx1 nonce | tr -d ' \n')"
	cp "$chain/ark.pem" "$chain/ask.pem" .
	openssl x509 -in "$chain/vcek.pem" -outform DER -out vcek.der
	bash -eux "../$2" >out
	printed ../text.* out
	# verify accepts neither an old report nor another digest.
	cp nonce asked
	head -c 64 /dev/zero >nonce
	run bash -eu "../$2"
	is "$status" 9
	output_has 'the report does not contain the expected nonce'
	mv asked nonce
	printf '%096d\n' 8 >expected
	run bash -eu "../$2"
	is "$status" 9
	output_has 'the launch digest is not the expected one'
}

@test "the tool knows each of its verbs and options in the tutorial" {
	local line verb digest found=0
	digest=$(printf '%096d' 0)
	while read -r line; do
		line=${line#vmfwupdate-ctl }
		line=${line%%[|>&<]*}
		# Replace the command substitution by a digest.
		line=${line//\"\$(cat expected)\"/$digest}
		# shellcheck disable=SC2086 # the words of a command
		set -- $line
		verb=$1
		shift
		# With --help the tool checks the options, and prints help.
		run_ctl 0 "$verb" "$@" --help
		found=$((found + 1))
	done < <(sed -n '/^```sh/,/^```$/p' "$tutorial" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' |
		grep '^vmfwupdate-ctl ')
	((found >= 15)) || fail "commands: $found"
}
