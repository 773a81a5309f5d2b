#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Rules about the sources, and proof that each rule is checked.
#
# Copyright (C) 2026 The vmfwupdate authors

setup()
{
	top=$(realpath "$BATS_TEST_DIRNAME/../..")
	rooms=$BATS_TEST_DIRNAME/rooms
	cd "$BATS_TEST_TMPDIR"
}

# What the check of rooms reads, to be spoilt.
copy_sources()
{
	copy=$BATS_TEST_TMPDIR/tree
	mkdir "$copy"
	cp -r "$top/userspace" "$copy"
	mkdir "$copy/Documentation"
	cp "$top/Documentation/hacking.md" "$copy/Documentation"
}

# A run on the copy fails and prints that line, alone.
refused()
{
	run "$rooms" "$copy"
	[[ $status -eq 1 ]]
	[[ $output == "$1" ]] || {
		printf '%s\n' "expected: $1" "printed:  $output"
		return 1
	}
}

@test "rooms include what they may include, and the map says so" {
	"$rooms"
}

@test "rooms: an include of a room that is out of bounds is refused" {
	copy_sources
	echo '#include "flow/config.h"' >>"$copy/userspace/lib/source/image.c"
	refused 'userspace/lib/source/image.c: lib/source must not include lib/flow ("flow/config.h")'
}

@test "rooms: libvmfw-igvm must not look into the tool's library" {
	copy_sources
	echo '#include "base/messages.h"' >>"$copy/userspace/igvm/check/check.c"
	refused 'userspace/igvm/check/check.c: igvm/check must not include lib/base ("base/messages.h")'
}

@test "rooms: the tool's library must not look into the tool" {
	copy_sources
	echo '#  include "ctl/ctl.h"' >>"$copy/userspace/lib/flow/flow.h"
	refused 'userspace/lib/flow/flow.h: lib/flow must not include ctl ("ctl/ctl.h")'
}

@test "rooms: an include without its room is refused" {
	copy_sources
	echo '#include "slots.h"' >>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: "slots.h": write "room/file.h"'
}

@test "rooms: an include by a relative path is refused" {
	copy_sources
	echo '#include "../record/slots.h"' >>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: "../record/slots.h": write "room/file.h"'
}

@test "rooms: a source outside of all rooms is refused" {
	copy_sources
	touch "$copy/userspace/lib/utils.c"
	refused 'userspace/lib/utils.c: this folder is no room; see tests/lint/rooms'
}

@test "rooms: headers that include each other are refused" {
	copy_sources
	echo '#include "record/slots.h"' >>"$copy/userspace/lib/record/record.h"
	refused 'userspace/lib/record/record.h: circle: lib/record/record.h -> lib/record/slots.h -> lib/record/record.h'
}

@test "rooms: a library that prints is refused" {
	copy_sources
	printf 'void f(void)\n{\n\tprintf("hello");\n}\n' \
		>>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: printf: only ctl prints; add to struct messages'
}

@test "rooms: a permission that nobody uses is refused" {
	copy_sources
	sed -i '/#include "attest\//d' "$copy"/userspace/lib/compose/*.[ch]
	refused 'tests/lint/rooms: lib/compose does not include attest: strike it out'
}

@test "rooms: a map that differs from the lists is refused" {
	copy_sources
	sed -i '/^| `lib\/disk`/d' "$copy/Documentation/hacking.md"
	refused 'Documentation/hacking.md: the map of the rooms is not what tests/lint/rooms --map prints'
}

@test "troubleshooting has each error and warning of the sources, and no other" {
	"$BATS_TEST_DIRNAME/messages"
}

@test "messages: a new one, and one that is gone, are found" {
	copy_sources
	cp "$top/Documentation/troubleshooting.md" "$copy/Documentation"
	"$BATS_TEST_DIRNAME/messages" "$copy"
	sed -i 's/"a verb is missing"/"there is " "no verb (0x%" PRIx64 ")"/' "$copy/userspace/ctl/main.c"
	run "$BATS_TEST_DIRNAME/messages" "$copy"
	[[ $status -eq 1 ]]
	[[ $output == *'no message `there is no verb (0x...)`'* ]]
	[[ $output == *'the sources have no message `a verb is missing`'* ]]
	[[ ${#lines[@]} -eq 2 ]]
	# A reason that a message ends with counts as well.
	rm -r "$copy"
	copy_sources
	cp "$top/Documentation/troubleshooting.md" "$copy/Documentation"
	sed -i 's/"the file changed while it was read"/"the file was changed by somebody"/' \
		"$copy/userspace/lib/base/infile.c"
	run "$BATS_TEST_DIRNAME/messages" "$copy"
	[[ $status -eq 1 && $output == *'no message `the file was changed by somebody`'* ]]
}

@test "shellcheck finds no error in scripts" {
	"$BATS_TEST_DIRNAME/shell"
}

@test "shellcheck: an error in a script is found" {
	printf '%s\n' '#!/bin/sh' 'if [ -e x ]; then echo; fi; done' >bad
	run "$BATS_TEST_DIRNAME/shell" bad
	[[ $status -ne 0 ]]
	[[ $output == *error* ]]
}

@test "codespell finds no misspelt word" {
	"$BATS_TEST_DIRNAME/spelling"
}

@test "codespell: a misspelt word is found" {
	# Put together here, or this file would be at fault.
	echo "to rec""ieve" >bad
	run "$BATS_TEST_DIRNAME/spelling" bad
	[[ $status -ne 0 ]]
	[[ $output == *receive* ]]
}

# What git knows of the tree, to be spoilt.
clone()
{
	git -c safe.directory='*' clone -q "$top" tree
}

@test "REUSE: every file has a licence and a holder of its copyright" {
	reuse --root "$top" lint
}

@test "REUSE: a file without a holder of its copyright is found" {
	clone
	sed -i '/^Files: \*$/,/^$/d' tree/debian/copyright
	run reuse --root tree lint
	[[ $status -eq 1 ]]
	[[ $output == *'not compliant'* ]]
}

@test "licences: debian/copyright says of each file what the file says" {
	"$BATS_TEST_DIRNAME/licences"
}

@test "licences: a file that disagrees with debian/copyright is found" {
	clone
	sed -i '1s/LGPL-2.1-or-later/GPL-2.0-only/' tree/README.md
	run "$BATS_TEST_DIRNAME/licences" tree
	[[ $status -eq 1 ]]
	[[ $output == 'README.md: its own line says GPL-2.0-only, debian/copyright LGPL-2.1-or-later' ]]
}

# groff is what man runs.
@test "manual pages: groff has no warning about them" {
	local page
	for page in "$top"/Documentation/*.scd; do
		scdoc <"$page" >page
		run groff -t -man -ww -z -T utf8 page
		[[ $status -eq 0 && -z $output ]] || {
			echo "${page##*/}: $output"
			return 1
		}
	done
}

@test "manual pages: a warning of groff is found" {
	printf '.TH x 8\n.nonsense\n' >page
	run groff -t -man -ww -z -T utf8 page
	[[ $output == *"macro 'nonsense' not defined"* ]]
}
