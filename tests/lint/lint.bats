#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Rules about the sources, and tests that each check finds violations.
#
# Copyright (C) 2026 The vmfwupdate authors

setup()
{
	top=$(realpath "$BATS_TEST_DIRNAME/../..")
	rooms=$BATS_TEST_DIRNAME/rooms
	cd "$BATS_TEST_TMPDIR"
}

# Copy the files that the check of rooms reads, so that a test can spoil them.
copy_sources()
{
	copy=$BATS_TEST_TMPDIR/tree
	mkdir "$copy"
	cp -r "$top/userspace" "$copy"
	mkdir "$copy/Documentation"
	cp "$top/Documentation/hacking.md" "$copy/Documentation"
}

# refused LINE: expect that a check of the copy fails, and prints only this line.
refused()
{
	run "$rooms" "$copy"
	[[ $status -eq 1 ]]
	[[ $output == "$1" ]] || {
		printf '%s\n' "expected: $1" "printed:  $output"
		return 1
	}
}

@test "rooms include only rooms on their lists, and hacking.md has the same map" {
	"$rooms"
}

@test "rooms refuses an include of a room that is not on the list" {
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

@test "rooms refuses an include without its room" {
	copy_sources
	echo '#include "slots.h"' >>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: "slots.h": write "room/file.h"'
}

@test "rooms refuses an include by a relative path" {
	copy_sources
	echo '#include "../record/slots.h"' >>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: "../record/slots.h": write "room/file.h"'
}

@test "rooms refuses a source outside of all rooms" {
	copy_sources
	touch "$copy/userspace/lib/utils.c"
	refused 'userspace/lib/utils.c: this folder is no room; see tests/lint/rooms'
}

@test "rooms refuses headers that include each other" {
	copy_sources
	echo '#include "record/slots.h"' >>"$copy/userspace/lib/record/record.h"
	refused 'userspace/lib/record/record.h: circle: lib/record/record.h -> lib/record/slots.h -> lib/record/record.h'
}

@test "rooms refuses a library that prints" {
	copy_sources
	printf 'void f(void)\n{\n\tprintf("hello");\n}\n' \
		>>"$copy/userspace/lib/record/slots.c"
	refused 'userspace/lib/record/slots.c: printf: only ctl prints; add to struct messages'
}

@test "rooms refuses a reader of PEM that may ask for a passphrase" {
	copy_sources
	printf 'X509 *f(BIO *bio)\n{\n\treturn PEM_read_bio_X509(bio, NULL, NULL, NULL);\n}\n' \
		>>"$copy/userspace/lib/attest/vcek.c"
	refused 'userspace/lib/attest/vcek.c: PEM_read_bio_X509: call base/pem.h, which does not ask for passphrases'
}

@test "rooms refuses an include guard with the name of another file" {
	copy_sources
	sed -i 's/VMFW_SLOTS_H/VMFW_RECORD_SLOT_H/' "$copy/userspace/lib/record/slots.h"
	refused 'userspace/lib/record/slots.h: the include guard must be VMFW_SLOTS_H'
}

@test "rooms refuses a permission that no source uses" {
	copy_sources
	sed -i '/#include "attest\//d' "$copy"/userspace/lib/compose/*.[ch]
	refused 'tests/lint/rooms: lib/compose does not include attest: strike it out'
}

@test "rooms refuses a map that differs from the lists" {
	copy_sources
	sed -i '/^| `lib\/disk`/d' "$copy/Documentation/hacking.md"
	refused 'Documentation/hacking.md: the map of the rooms is not what tests/lint/rooms --map prints'
}

@test "troubleshooting has each message of the sources, and no other" {
	"$BATS_TEST_DIRNAME/messages"
}

# Copy the files that the check of messages reads.
copy_messages()
{
	copy_sources
	cp "$top/Documentation/troubleshooting.md" "$copy/Documentation"
	mkdir "$copy/kmod"
	cp "$top"/kmod/*.c "$copy/kmod"
}

# spoil FILE COMMAND: change a file of the copy by sed, and check that the file changes.
spoil()
{
	sed -i "$2" "$copy/$1"
	! cmp -s "$top/$1" "$copy/$1"
}

@test "messages finds a new message, and one that is gone" {
	copy_messages
	"$BATS_TEST_DIRNAME/messages" "$copy"
	sed -i 's/"missing verb"/"there is " "no verb (0x%" PRIx64 ")"/' "$copy/userspace/ctl/main.c"
	run "$BATS_TEST_DIRNAME/messages" "$copy"
	[[ $status -eq 1 ]]
	[[ $output == *'no message `there is no verb (0x...)`'* ]]
	[[ $output == *'the sources have no message `missing verb`'* ]]
	[[ ${#lines[@]} -eq 2 ]]
	# A reason at the end of a message counts, too.
	rm -r "$copy"
	copy_messages
	sed -i 's/"another program changed it meanwhile"/"the file was changed by somebody"/' \
		"$copy/userspace/lib/base/infile.c"
	run "$BATS_TEST_DIRNAME/messages" "$copy"
	[[ $status -eq 1 && $output == *'no message `the file was changed by somebody`'* ]]
}

@test "messages finds new messages of the driver and of the initramfs" {
	local module=userspace/dracut/90vmfwupdate
	copy_messages
	# A line of the log with a number in it, and reasons that other functions return.
	spoil kmod/bind.c 's/pr_info("there is no fw_cfg/pr_warn_once("%d: nobody has a fw_cfg/'
	spoil kmod/main.c 's/return "cannot sleep: a firmware image is in memory.*"/return "the machine stays awake"/'
	spoil kmod/fw_cfg.c 's/"fw_cfg did not finish a transfer"/"a transfer took too long"/'
	# A message of each script, also with another command that prints it.
	spoil "$module/module-setup.sh.in" 's/give_up "cannot copy $path"/dfatal "$path: it is nowhere"/'
	spoil "$module/vmfwupdate.sh" 's/required=yes stops this boot/this boot ends here/'
	spoil userspace/initramfs-tools/hooks/vmfwupdate.in \
		's/give_up "cannot copy $path"/echo '\''E: vmfwupdate: it cannot be copied'\'' >\&2/'
	spoil userspace/initramfs-tools/scripts/init-premount/vmfwupdate '$a panic "vmfwupdate: all is ${lost} now"'
	run "$BATS_TEST_DIRNAME/messages" "$copy"
	[[ $status -eq 1 ]]
	local line
	for line in 'no message `...: nobody has a fw_cfg device with DMA`' \
			'no message `the machine stays awake`' \
			'no message `a transfer took too long`' \
			'no message `...: it is nowhere`' \
			'no message `this boot ends here; to boot without it, add vmfwupdate=0 to the kernel command line`' \
			'no message `it cannot be copied`' \
			'no message `all is ... now`' \
			'the sources have no message `there is no fw_cfg device with DMA`' \
			'the sources have no message `cannot sleep: a firmware image is in memory; unstage it or reboot`' \
			'the sources have no message `fw_cfg did not finish a transfer`' \
			'the sources have no message `cannot copy ...`'; do
		grep -qxF "Documentation/troubleshooting.md: $line" <<<"$output" ||
			{ printf '%s\n' "missing: $line" "$output"; false; }
	done
	[[ ${#lines[@]} -eq 11 ]]
}

@test "types: no two types of user space have the same name" {
	"$BATS_TEST_DIRNAME/types"
}

@test "types finds two types with the same name" {
	copy_sources
	printf 'struct slots {\n\tint x;\n};\n' >>"$copy/userspace/efi/pe.c"
	run "$BATS_TEST_DIRNAME/types" "$copy"
	[[ $status -eq 1 && ${#lines[@]} -eq 2 ]]
	[[ $output == *"userspace/efi/pe.c:"*":struct slots is defined twice"* ]]
}

@test "shellcheck finds no error in scripts" {
	"$BATS_TEST_DIRNAME/shell"
}

@test "shellcheck finds an error in a script" {
	printf '%s\n' '#!/bin/sh' 'if [ -e x ]; then echo; fi; done' >bad
	run "$BATS_TEST_DIRNAME/shell" bad
	[[ $status -ne 0 ]]
	[[ $output == *error* ]]
}

@test "format: the C files have the indentation and blanks of clang-format" {
	"$BATS_TEST_DIRNAME/format"
}

@test "format finds wrong blanks and indentation, but not line breaks" {
	printf '%s\n' 'int f(int x, int y)' '{' '  if (x)' '		return  x;' \
		'	return f(y,' '	    x);' '}' >bad.c
	run "$BATS_TEST_DIRNAME/format" "$PWD/bad.c"
	[[ $status -eq 1 && ${#lines[@]} -eq 2 ]]
	[[ ${lines[0]} == *"bad.c:3: '  if (x)': clang-format writes '\\tif (x)'" ]]
	[[ ${lines[1]} == *"bad.c:4: '\\t\\treturn  x;': clang-format writes '\\t\\treturn x;'" ]]
}

@test "codespell finds no misspelt word" {
	"$BATS_TEST_DIRNAME/spelling"
}

@test "codespell finds a misspelt word" {
	# The word is in two parts here, or codespell would find it in this file.
	echo "to rec""ieve" >bad
	run "$BATS_TEST_DIRNAME/spelling" bad
	[[ $status -ne 0 ]]
	[[ $output == *receive* ]]
}

@test "the description for syzkaller has each call, flag and format of the UAPI header" {
	local name found=0
	while read -r name; do
		grep -qw "$name" "$top/tests/kernel/vmfwupdate.txt" || { echo "missing: $name"; false; }
		found=$((found + 1))
	done < <(grep -oE '^#define VMFWUPDATE_[A-Z_]+[[:space:]]+(_IO\(|\(1U)' "$top/kmod/uapi/linux/vmfwupdate.h" |
		awk '!/PROPERTY/ { print $2 }')
	((found >= 12))
}

@test "words: pages have no forbidden phrase and no sentence that is too long" {
	"$BATS_TEST_DIRNAME/words"
}

@test "words finds a forbidden phrase and a sentence that is too long" {
	local long
	long=$(printf 'word %.0s' {1..26})
	mkdir -p tree/Documentation
	printf '%s\n' 'What a caller is' 'told is made anew.' >tree/NEWS
	printf '%s\n\n' "| $long |" "    $long" '```' "$long" '```' "${long#word }" "- Short. $long" >tree/Documentation/page.md
	printf '%s\n' "; $long" "*--option* $long" "	$long" >tree/Documentation/verb.8.scd
	echo "$long" >tree/README.md
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'Documentation/page.md:13: a sentence of 26 words, '* ]]
	[[ ${lines[1]} == 'Documentation/verb.8.scd:3: a sentence of 26 words, '* ]]
	[[ ${lines[2]} == 'NEWS:1: do not write "is told"' ]]
	[[ ${lines[3]} == 'NEWS:2: do not write "anew"' ]]
	[[ ${lines[4]} == 'README.md:1: a sentence of 26 words, '* ]]
	[[ ${#lines[@]} -eq 5 ]]
}

@test "words finds 'is not told' and 'being told', but not 'told apart'" {
	mkdir tree
	printf '%s\n' 'It is not told.' 'It ends without being' 'told.' 'Both are told apart,' \
		'and cannot be told' 'apart.' >tree/README.md
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'README.md:1: do not write "is not told"' ]]
	[[ ${lines[1]} == 'README.md:2: do not write "being told"' ]]
	[[ ${#lines[@]} -eq 2 ]]
}

@test "words: NEWS may quote an old message above its new words" {
	mkdir tree
	printf '%s\n' '      a file is wanted' '        -> name a file' '      a disk is wanted' >tree/NEWS
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ $output == 'NEWS:3: do not write "is wanted"' ]]
}

@test "words counts a paragraph of a list item, but not its code" {
	local long
	long=$(printf 'word %.0s' {1..26})
	mkdir -p tree/Documentation
	printf '%s\n\n' '- Item.' '  - Item of an item.' "    $long" "        $long" 'Text.' "    $long" >tree/Documentation/page.md
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ $output == 'Documentation/page.md:5: a sentence of 26 words, '* ]]
	[[ ${#lines[@]} -eq 1 ]]
}

@test "words also checks sources of the module and of the tests" {
	mkdir -p tree/kmod/tests tree/tests/vm/long
	printf '%s\n' '/* What it holds. */' >tree/kmod/tests/a.h
	printf '%s\n' '# It is' '# told.' >tree/tests/vm/long/b.bats
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'kmod/tests/a.h:1: do not begin a comment with "What"' ]]
	[[ ${lines[1]} == 'tests/vm/long/b.bats:1: do not write "is told"' ]]
	[[ ${#lines[@]} -eq 2 ]]
}

@test "words finds a comment with a forbidden phrase, or with Who or What at its beginning" {
	mkdir -p tree/userspace/lib
	printf '%s\n' '/*' ' * A caller is' ' * told.' ' */' '/* Who calls. */' \
		' * @x: what it is' 'x = what;	/* not what it was */' >tree/userspace/lib/x.c
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'userspace/lib/x.c:2: do not write "is told"' ]]
	[[ ${lines[1]} == 'userspace/lib/x.c:5: do not begin a comment with "Who"' ]]
	[[ ${lines[2]} == 'userspace/lib/x.c:6: do not begin a comment with "what"' ]]
	[[ ${#lines[@]} -eq 3 ]]
}

@test "words finds a string of the tool on two lines, or with too many words" {
	local long
	long=$(printf 'word %.0s' {1..26})
	mkdir -p tree/userspace/lib
	printf '%s\n' 'f("one "' '  "two");' 'g("a line\n"' '  "and another\n");' "h(\"$long\");" \
		'i("It ends behind it.", x);' '#define X(x) x("one " \' '  "two")' >tree/userspace/lib/x.c
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'userspace/lib/x.c:1: write the string on one line' ]]
	[[ ${lines[1]} == 'userspace/lib/x.c:5: a string of 26 words, more than 25: '* ]]
	[[ ${lines[2]} == 'userspace/lib/x.c:6: do not write "ends behind"' ]]
	[[ ${lines[3]} == 'userspace/lib/x.c:7: write the string on one line' ]]
	[[ ${#lines[@]} -eq 4 ]]
}

@test "words finds a comment with a sentence that is too long" {
	local half long
	half=$(printf 'word %.0s' {1..13})
	long="$half$half"
	mkdir -p tree/kmod tree/userspace/lib tree/tests/vm
	printf '%s\n' '/**' ' * f() - short' " * @x: $half" " *	$half" ' *' " * Return: $long" ' */' \
		"/* $half; $half. */" "s = \"/* \"; /*" " * $half" " * $half" '*/' >tree/kmod/a.c
	printf '%s\n' "#	$long" "x=1 # $long" "# $half" "# $half" >tree/tests/vm/b.bash
	run "$BATS_TEST_DIRNAME/words" tree
	[[ $status -eq 1 ]]
	[[ ${lines[0]} == 'kmod/a.c:3: a sentence of 26 words, '* ]]
	[[ ${lines[1]} == 'kmod/a.c:10: a sentence of 26 words, '* ]]
	[[ ${lines[2]} == 'tests/vm/b.bash:3: a sentence of 26 words, '* ]]
	[[ ${#lines[@]} -eq 3 ]]
}

# Clone the tree, so that a test can spoil it.
clone()
{
	git -c safe.directory='*' clone -q "$top" tree
}

@test "REUSE: every file has a licence and a holder of its copyright" {
	reuse --root "$top" lint
}

@test "REUSE finds a file without a holder of its copyright" {
	clone
	sed -i '/^Files: \*$/,/^$/d' tree/debian/copyright
	run reuse --root tree lint
	[[ $status -eq 1 ]]
	[[ $output == *'not compliant'* ]]
}

@test "licences: debian/copyright and each file name the same licence" {
	"$BATS_TEST_DIRNAME/licences"
}

@test "licences finds a file that disagrees with debian/copyright" {
	clone
	sed -i '1s/LGPL-2.1-or-later/GPL-2.0-only/' tree/README.md
	run "$BATS_TEST_DIRNAME/licences" tree
	[[ $status -eq 1 ]]
	[[ $output == 'README.md: its own line says GPL-2.0-only, debian/copyright LGPL-2.1-or-later' ]]
}

# man(1) runs groff, so users see the same warnings.
@test "manual pages: groff has no warning about them" {
	local page verb ctl=$top/Documentation/vmfwupdate-ctl.8.scd
	for verb in $("$top/Documentation/verb-page" "$ctl"); do
		"$top/Documentation/verb-page" "$verb" "$ctl" >"$verb.8.scd"
	done
	[[ -s stage.8.scd ]]
	for page in "$top"/Documentation/*.scd ./*.8.scd; do
		scdoc <"$page" >page
		run groff -t -man -ww -z -T utf8 page
		[[ $status -eq 0 && -z $output ]] || {
			echo "${page##*/}: $output"
			return 1
		}
	done
}

@test "manual pages: groff prints a warning about an unknown macro" {
	printf '.TH x 8\n.nonsense\n' >page
	run groff -t -man -ww -z -T utf8 page
	[[ $output == *"macro 'nonsense' not defined"* ]]
}

# Exceptions, with their reasons, are in packaging/vmfwupdate.rpmlintrc. An exception that
# nothing needs is an error, too.
@test "rpmlint has nothing to say about the .spec file" {
	rpmlint --strict "$top/packaging/vmfwupdate.spec"
}

@test "rpmlint finds a warning, an unknown tag and an exception that nothing needs" {
	cp "$top"/packaging/vmfwupdate.{spec,rpmlintrc} .
	sed -i 's/^%setup/# %{name}\n&/' vmfwupdate.spec
	echo 'addFilter("no-such-message")' >>vmfwupdate.rpmlintrc
	run rpmlint --strict vmfwupdate.spec
	[[ $status -ne 0 ]]
	[[ $output == *macro-in-comment*unused-rpmlintrc-filter*no-such-message* ||
		$output == *unused-rpmlintrc-filter*no-such-message*macro-in-comment* ]]
	sed -i '1aColour: blue' vmfwupdate.spec
	run rpmlint --strict vmfwupdate.spec
	[[ $status -ne 0 && $output == *'Unknown tag: Colour: blue'* ]]
}
