#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The width of the output: tables for people fit a terminal of 80 columns.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

# A reason stays one sentence on one line, so that a search finds it.
without_sentences()
{
	output=$(sed -E '/^    not taken: /d' <<<"$output")
}

# Each row below has the exit status, and then the verb with its options.
@test "no line of a table is wider than a terminal" {
	local code line found=0
	make_root
	want_image
	device_tries state=2 image_format=1 image_size=8192 image_written=8192 commit_time=1
	sample both both.igvm
	truncate -s 8M disk
	sfdisk --quiet disk <<<'label: gpt'
	run_ctl 0 partition install both.igvm --disk=disk
	firmware_is 'EDK II of a distribution'
	records "$image,2,1,2,EDK II of a distribution,A tenant's build of EDK II" \
		"$image,3,2,3,EDK II of a distribution,EDK II of a distribution"
	machine_is QEMU 'Standard PC (Q35 + ICH9, 2009)'
	while read -r code line; do
		# shellcheck disable=SC2086 # several words
		run_ctl "$code" $line
		without_sentences
		[[ -n $output ]] || fail 'no output'
		fits_terminal
		found=$((found + 1))
	done <<-'END'
	0 status --root=root --device=device
	0 status --all --root=root --device=device
	0 list --root=root
	0 list --chids --root=root
	0 partition list --disk=disk
	0 history --root=root
	9 verify --root=root
	0 auto --explain --root=root --device=device
	END
	is "$found" 8
	# Now the wanted firmware runs, so the evidence and the decision have other lines.
	firmware_is "A tenant's build of EDK II"
	run_ctl 0 verify --root=root
	fits_terminal
	run_ctl 0 auto --explain --root=root --device=device
	fits_terminal
}
