#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Entries in the journal, and the catalog that explains them.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load fake
load root

CATALOG=$top/userspace/systemd/vmfwupdate.catalog

# logged CODE ARGUMENT...: run the tool as a unit does. $output has the entry that
# arrives at the journal of ./root, as JSON, or is empty.
logged()
{
	local wrapper=()
	at_journal root "$@"
}

# Skip the test unless it can make private mounts.
needs_mounts()
{
	local why
	why=$(unshare --map-root-user --mount true 2>&1) ||
		skip "no mount namespace can be made here: $why"
}

# logged_here CODE ARGUMENT...: like logged, for verbs without --root=. A private mount
# covers /run of this machine.
logged_here()
{
	needs_mounts
	local wrapper=(unshare --map-root-user --mount sh -ec
		'mount -t tmpfs tmpfs /run; exec "$0" "$@"')
	at_journal '' "$@"
}

# at_journal ROOT CODE ARGUMENT...: run the tool through the command $wrapper
at_journal()
{
	output=$(timeout "$CTL_TIMEOUT" "${wrapper[@]}" \
		python3 - "$CTL" "$@" <<-'END'
	import json, os, socket, struct, subprocess, sys
	root = sys.argv.pop(2)
	os.makedirs(root + "/run/systemd/journal", exist_ok=True)
	path = root + "/run/systemd/journal/socket"
	if os.path.exists(path):
	    os.unlink(path)
	journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	journal.bind(path)
	journal.settimeout(0)
	with open("stream", "w") as stream:
	    st = os.fstat(stream.fileno())
	    os.environ["JOURNAL_STREAM"] = os.environ.get(
	        "STREAM", f"{st.st_dev}:{st.st_ino}")
	    done = subprocess.run([sys.argv[1]] + sys.argv[3:], stdout=stream,
	                          stderr=stream)
	if done.returncode != int(sys.argv[2]):
	    sys.exit(f"exit status {done.returncode}, expected {sys.argv[2]}")
	try:
	    datagram = journal.recv(65536)
	except BlockingIOError:
	    sys.exit(0)
	entry = {}
	while datagram:
	    name, _, datagram = datagram.partition(b"\n")
	    size = struct.unpack_from("<Q", datagram)[0]
	    value, end = datagram[8:8 + size], datagram[8 + size:9 + size]
	    assert end == b"\n" and name.decode() not in entry
	    entry[name.decode()] = value.decode()
	    datagram = datagram[9 + size:]
	try:
	    journal.recv(65536)
	    sys.exit("a second entry")
	except BlockingIOError:
	    print(json.dumps(entry))
	END
	)
}

# subject_is WORDS: expect this subject of the entry in the catalog
subject_is()
{
	local id
	id=$(json MESSAGE_ID)
	is "$(sed -n "/^-- $id\$/{n;s/^Subject: //p}" "$CATALOG")" "$1"
}

@test "the wanted firmware runs" {
	make_root
	want_image required=yes
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	logged 0 auto --root=root
	subject_is 'The wanted firmware is running'
	is "$(json SYSLOG_IDENTIFIER)" vmfwupdate-ctl
	is "$(json PRIORITY)" 6
	is "$(json MESSAGE)" \
		'auto: running (verdict: running, evidence: claimed, exit status: 0)'
	is "$(json VMFWUPDATE_VERB)" auto
	is "$(json VMFWUPDATE_IMAGE)" ESP:/EFI/fw.igvm
	is "$(json VMFWUPDATE_IMAGE_SHA256)" "$image"
	is "$(json VMFWUPDATE_VERDICT)" running
	is "$(json VMFWUPDATE_RUNG)" claimed
	is "$(json VMFWUPDATE_REASON)" running
	is "$(json VMFWUPDATE_EXIT_CODE)" 0
}

@test "required=yes, and the interface is missing" {
	make_root
	want_image required=yes
	logged 11 auto --root=root
	subject_is 'This machine has no device for firmware updates'
	is "$(json PRIORITY)" 3
	is "$(json VMFWUPDATE_EXIT_CODE)" 11
}

@test "a broken configuration" {
	make_root
	configure nonsense
	logged 2 auto --root=root
	subject_is 'The tool could not begin its work'
	is "$(json VMFWUPDATE_EXIT_CODE)" 2
}

@test "auto in an initramfs notes that the firmware runs, if the journal has the entry" {
	local settled=root/run/vmfwupdate/settled
	make_root
	want_image required=yes
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	logged 0 auto --root=root
	[[ ! -e $settled ]] || fail 'noted outside of an initramfs'
	touch root/etc/initrd-release
	STREAM=1:1 logged 0 auto --root=root
	[[ ! -e $settled ]] || fail 'noted without the journal'
	logged 0 auto --dry-run --root=root
	[[ ! -e $settled ]] || fail 'noted by --dry-run'
	firmware_is Provider
	logged 11 auto --root=root
	[[ ! -e $settled ]] || fail 'noted with another firmware'
	firmware_is Tenant
	logged 0 auto --root=root
	[[ -e $settled ]] || fail 'not noted'
	# A second call finds the file, and succeeds.
	logged 0 auto --root=root
}

@test "the directory of this note may be a mount point" {
	needs_mounts
	make_root
	want_image required=yes
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	touch root/etc/initrd-release
	mkdir -p root/run/vmfwupdate
	# shellcheck disable=SC2016 # for the inner shell
	local wrapper=(unshare --map-root-user --mount sh -ec
		'mount -t tmpfs tmpfs root/run/vmfwupdate
		"$0" "$@"
		[ -e root/run/vmfwupdate/settled ]')
	at_journal root 0 auto --root=root
}

@test "auto in an initramfs warns if it cannot note that the firmware runs" {
	make_root
	want_image required=yes
	records "$image,2,1,2,Provider,Tenant"
	firmware_is Tenant
	touch root/etc/initrd-release
	: >root/run/vmfwupdate
	logged 0 auto --root=root
	subject_is 'The wanted firmware is running'
	grep -q 'cannot note for the rest of this boot that the wanted firmware is running: Not a directory' stream ||
		fail "$(cat stream)"
}

@test "an image that cannot be staged" {
	sample native fw.igvm
	logged_here 5 stage --device=missing fw.igvm
	subject_is 'The tool could not stage a firmware image'
	is "$(json PRIORITY)" 3
	is "$(json MESSAGE)" 'stage: fw.igvm: not staged (exit status: 5)'
	is "$(json VMFWUPDATE_VERB)" stage
	is "$(json VMFWUPDATE_IMAGE)" fw.igvm
	is "$(json VMFWUPDATE_EXIT_CODE)" 5
	logged_here 5 stage --dry-run --device=missing fw.igvm
	is "$output" ''
	logged_here 5 unstage --device=missing
	is "$output" ''
}

@test "an image is staged, and the reboot fails: the entry is about the image" {
	device_keeps
	logged_here 1 stage --device=device --reboot image.igvm
	calls_are begin 'commit 1' reboot
	subject_is 'The tool has staged a firmware image'
	is "$(json PRIORITY)" 6
	is "$(json VMFWUPDATE_EXIT_CODE)" 0
	grep -q 'a reset can still apply the image' stream || fail "$(cat stream)"
}

@test "no entry if auto has nothing to do, or does not act" {
	make_root
	logged 3 auto --root=root
	is "$output" ''
	want_image
	logged 3 auto --root=root
	is "$output" ''
	want_image required=yes
	logged 11 auto --explain --root=root
	is "$output" ''
	logged 11 auto --dry-run --root=root
	is "$output" ''
}

@test "no entry where standard error does not go to the journal" {
	make_root
	want_image required=yes
	STREAM=1:1 logged 11 auto --root=root
	is "$output" ''
	STREAM= logged 11 auto --root=root
	is "$output" ''
}

@test "without a journal, auto has the same messages and exit status" {
	make_root
	want_image required=yes
	run_ctl 11 auto --root=root
	local said=$stderr
	[[ -n $said ]] || fail 'no message'
	: >log
	status=0
	JOURNAL_STREAM=$(stat -c %d:%i log) \
		"$CTL" auto --root=root >/dev/null 2>log || status=$?
	is "$status" 11
	is "$(<log)" "$said"
}

@test "every identifier is in the catalog once, and no other one" {
	is "$(sed -n 's/^-- //p' "$CATALOG" | sort)" \
		"$(sed -n 's/^#define ID_.*"\([0-9a-f]\{32\}\)"$/\1/p' \
			"$top/userspace/ctl/journal-entries.c" | sort)"
	is "$(sed -n 's/^-- //p' "$CATALOG" | sort | uniq -d)" ''
	is "$(grep -c '^#define ID_' "$top/userspace/ctl/journal-entries.c")" \
		"$(grep -c '^-- ' "$CATALOG")"
}

@test "the manual page lists every identifier with its subject" {
	local id subject found=0
	while read -r id; do
		subject=$(sed -n "/^-- $id\$/{n;s/^Subject: //p}" "$CATALOG")
		[[ -n $subject ]] || fail "$id has no subject"
		grep -A 1 -F "_${id}_" "$top/Documentation/vmfwupdate-ctl.8.scd" |
			grep -qF "$subject" || fail "$id: $subject"
		found=$((found + 1))
	done < <(sed -n 's/^-- //p' "$CATALOG")
	((found >= 5)) || fail "identifiers: $found"
}

@test "entries of the catalog use fields that exist" {
	local field found=0
	while read -r field; do
		grep -q "\"$field\"" "$top/userspace/ctl/journal-entries.c" ||
			fail "$field"
		found=$((found + 1))
	done < <(grep -o '@[A-Z_0-9]*@' "$CATALOG" | tr -d @ | sort -u)
	((found >= 3)) || fail "fields: $found"
}

@test "systemd reads the catalog" {
	needs /usr/bin/journalctl systemd
	mkdir -p root/usr/lib/systemd/catalog root/var/lib/systemd/catalog
	cp "$CATALOG" root/usr/lib/systemd/catalog
	# journalctl reports an entry that it cannot read, and leaves it out.
	is "$(journalctl --update-catalog --root="$PWD/root" 2>&1)" ''
	is "$(journalctl --list-catalog --root="$PWD/root" | wc -l)" \
		"$(grep -c '^-- ' "$CATALOG")"
}
