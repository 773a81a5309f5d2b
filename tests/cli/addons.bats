#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Firmware in add-ons: the tool takes it only from add-ons that a stub would load. With
# Secure Boot, a database of the machine must allow them. sbsign signs add-ons. sbverify
# checks them for comparison.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root
load uki

GLOBAL=8be4df61-93ca-11d2-aa0d-00e098032b8c
SECURITY=d719b2cb-3d3a-4596-a3bc-dad00e67656f
SHIM=605dab50-e046-4300-abb6-3dd810dd8b23

setup_file()
{
	command -v sbsign >/dev/null || return 0
	cd "$BATS_FILE_TMPDIR"
	make_key owner
	make_key stranger
	make_key modules -addext 'extendedKeyUsage=codeSigning,1.3.6.1.4.1.2312.16.1.2'
	make_key root
	issue middle root 'basicConstraints=critical,CA:TRUE'
	issue leaf middle 'extendedKeyUsage=codeSigning'
}

# make_key NAME OPTION...: make NAME.key and a self-signed NAME.pem and NAME.der
make_key()
{
	local name=$1
	shift
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" \
		-out "$name.pem" -subj "/CN=$name" -days 1 "$@"
	openssl x509 -in "$name.pem" -outform DER -out "$name.der"
}

# issue NAME ISSUER EXTENSION: make a certificate that ISSUER has signed and that expires
# at once. OpenSSL 3.5 makes none that expired in the past.
issue()
{
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
		-subj "/CN=$1"
	echo "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" \
		-CAcreateserial -days 0 -extfile "$1.ext" -out "$1.pem"
	openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	command -v sbsign >/dev/null ||
		skip 'sbsign is missing; apt-get install sbsigntool'
	cd "$BATS_TEST_TMPDIR"
	keys=$BATS_FILE_TMPDIR
	sample native native.igvm
	sample both both.igvm
	make_root
	mkdir -p root/efi/EFI/Linux root/efi/loader/addons root/sys/firmware/efi/efivars
	addons=root/efi/loader/addons
	uki root/efi/EFI/Linux/debian.efi 'pe'
	booted /EFI/Linux/debian.efi
	uki plain.efi 'pe.section(".efifw", efifw("plain", native))'
	cp plain.efi "$addons/a.addon.efi"
}

# variable NAME VENDOR [ATTRIBUTES]: make a UEFI variable from standard input
variable()
{
	{
		printf "\\x${3-06}\\0\\0\\0"
		cat
	} >"root/sys/firmware/efi/efivars/$1-$2"
}

flag()
{
	printf "\\x$3" | variable "$1" "$2" "${4-06}"
}

# key_list NAME VENDOR ENTRY...: make a variable with a signature list. An ENTRY is
# TYPE:NAME for a certificate, or sha256:FILE.
key_list()
{
	local name=$1 vendor=$2 entry entries=()
	shift 2
	for entry in "$@"; do
		case $entry in
		x509*)	entry=${entry%%:*}:$keys/${entry#*:}.der ;;
		esac
		entries+=("$entry")
	done
	python3 "$top/tests/lib/images/secureboot.py" lists .list "${entries[@]}"
	variable "$name" "$vendor" <.list
}

# secure ENTRY...: turn Secure Boot on, with these entries in db.
secure()
{
	flag SecureBoot $GLOBAL 01
	flag SetupMode $GLOBAL 00
	key_list db $SECURITY "$@"
}

# sign FILE KEY [OPTION...]: add a signature to FILE, which may have one already
sign()
{
	local file=$1 key=$2
	shift 2
	sbsign --key "$keys/$key.key" --cert "$keys/$key.pem" "$@" \
		--output .signed "$file" 2>/dev/null
	mv .signed "$file"
}

# put FILE: make FILE the only add-on
put()
{
	cp "$1" "$addons/a.addon.efi"
}

taken()
{
	run_ctl 0 list --root=root
	output_has "* addon: $addons/${1-a}.addon.efi"
}

# refused REASON: expect that Secure Boot refuses the only add-on for REASON
refused()
{
	run_ctl 3 list --root=root
	output_has "  addon: $addons/a.addon.efi"
	output_has "not taken: $addons/a.addon.efi: Secure Boot refuses this add-on: $1"
}

@test "without Secure Boot, an add-on needs no signature" {
	taken
	flag SecureBoot $GLOBAL 00
	flag SetupMode $GLOBAL 01
	taken
	# In setup mode, firmware verifies no signatures.
	flag SecureBoot $GLOBAL 01
	taken
	flag SetupMode $GLOBAL 00
	refused 'it has no signature'
	rm root/sys/firmware/efi/efivars/SetupMode-*
	refused 'it has no signature'
	# shim verifies no signatures if the machine's owner has switched verification off.
	# A variable that the operating system can write does not count.
	flag MokSBStateRT $SHIM 01
	taken
	flag MokSBStateRT $SHIM 01 07
	refused 'it has no signature'
	flag MokSBStateRT $SHIM 00
	refused 'it has no signature'
}

@test "the tool shows errors of eight images, and counts the others" {
	local i
	mkdir -p root/etc
	echo image=uki >root/etc/vmfwupdate.conf
	secure x509:owner
	# The UKI without firmware is the first image, and a.addon.efi the second one.
	for i in {b..g}; do
		cp plain.efi "$addons/$i.addon.efi"
	done
	run_ctl 10 verify --root=root
	[[ $(grep -c 'Secure Boot refuses this add-on' <<<"$stderr") -eq 7 ]]
	[[ $stderr != *'more image'* ]] || fail "$stderr"

	cp plain.efi "$addons/h.addon.efi"
	run_ctl 10 verify --root=root
	stderr_has 'cannot use 1 more image; "list" shows why'
	cp plain.efi "$addons/i.addon.efi"
	run_ctl 10 verify --root=root
	[[ $(grep -c 'Secure Boot refuses this add-on' <<<"$stderr") -eq 7 ]]
	stderr_has 'cannot use 2 more images; "list" shows why'
}

@test "a key in db allows an add-on that it signed" {
	secure x509:owner
	refused 'it has no signature, and db does not contain its digest; sign it, for example with sbsign'
	cp plain.efi signed.efi
	sign signed.efi owner
	put signed.efi
	taken
	cp plain.efi signed.efi
	sign signed.efi stranger
	put signed.efi
	refused 'no certificate in db or MokListRT vouches for its signature'
	key_list db $SECURITY x509:owner x509:stranger
	taken
	# The variable has two lists.
	key_list db $SECURITY sha256:root/efi/EFI/Linux/debian.efi x509:stranger
	taken
	rm root/sys/firmware/efi/efivars/db-*
	refused 'no certificate in db or MokListRT'
}

@test "list goes on after a refused add-on, and auto warns of it" {
	secure x509:owner
	cp plain.efi "$addons/b.addon.efi"
	sign "$addons/b.addon.efi" owner
	taken b
	output_has "not taken: $addons/a.addon.efi: Secure Boot refuses this add-on"
	run_ctl_json 0 list --root=root
	is "$(json candidates 1 source)" addon
	is "$(json candidates 1 path)" "$addons/a.addon.efi"
	is "$(json candidates 1 taken)" False
	[[ $(json candidates 1 why) == *'it has no signature'* ]] || fail "$output"
	is "$(json candidates 2 taken)" True
	configure 'image=auto'
	# There is no device, but auto still finds the image.
	run_ctl 3 auto --explain --root=root
	output_has "$addons/b.addon.efi"
	stderr_has "addon: $addons/a.addon.efi: Secure Boot refuses this add-on: it has no signature"
	run_ctl_json 3 auto --explain --root=root
	is "$(json messages 0 level)" warning
	# Firmware in the UKI comes first: the add-on makes no difference.
	uki root/efi/EFI/Linux/debian.efi 'pe.section(".efifw", efifw("own", both))'
	run_ctl 3 auto --explain --root=root
	[[ $stderr != *'Secure Boot'* ]] || fail "$stderr"
	# No other firmware remains.
	uki root/efi/EFI/Linux/debian.efi 'pe'
	rm "$addons/b.addon.efi"
	run_ctl 3 auto --explain --root=root
	stderr_has "addon: $addons/a.addon.efi: Secure Boot refuses this add-on: it has no signature"
	is "$(grep -c 'Secure Boot' <<<"$stderr")" 1
}

@test "digests in db and dbx" {
	secure x509:stranger sha256:plain.efi
	taken
	key_list dbx $SECURITY sha256:plain.efi
	refused 'dbx revokes its digest'
	rm root/sys/firmware/efi/efivars/dbx-*
	# A signature does not change the digest of a program.
	cp plain.efi signed.efi
	sign signed.efi owner
	put signed.efi
	taken
	secure x509:owner
	key_list dbx $SECURITY sha256:root/efi/EFI/Linux/debian.efi
	taken
	key_list dbx $SECURITY sha256:plain.efi
	refused 'dbx revokes its digest'
}

@test "a certificate may vouch for another one, and validity times do not count" {
	cp plain.efi signed.efi
	sign signed.efi leaf --addcert "$keys/middle.pem"
	put signed.efi
	local key
	for key in root middle leaf; do
		secure "x509:$key"
		taken
	done
	secure x509:owner
	refused 'no certificate in db or MokListRT'
	# dbx can revoke each certificate of the chain. It can also name the digest of a
	# certificate in the file.
	secure x509:root
	for key in x509:root x509:middle x509:leaf x509-sha256:leaf x509-sha256:middle; do
		key_list dbx $SECURITY "$key"
		refused 'dbx revokes a certificate of its signature'
	done
	key_list dbx $SECURITY x509:owner x509-sha256:owner
	taken
	# Without the intermediate certificate, no chain leads to the root.
	cp plain.efi signed.efi
	sign signed.efi leaf
	put signed.efi
	refused 'no certificate in db or MokListRT'
}

@test "shim has keys of its own" {
	cp plain.efi signed.efi
	sign signed.efi owner
	put signed.efi
	secure x509:stranger
	refused 'no certificate in db or MokListRT'
	key_list MokListRT $SHIM x509:owner
	taken
	key_list MokListXRT $SHIM x509:owner
	refused 'MokListXRT revokes a certificate of its signature'
	key_list MokListXRT $SHIM sha256:plain.efi
	refused 'MokListXRT revokes its digest'
	rm root/sys/firmware/efi/efivars/MokListXRT-*
	# A variable that the operating system can write does not come from shim.
	printf 'anything' | variable MokListXRT $SHIM 07
	taken
	variable MokListRT $SHIM 07 <.list
	refused 'no certificate in db or MokListRT'
	# shim spreads a long list over several variables.
	key_list MokListRT $SHIM x509:leaf
	key_list MokListRT1 $SHIM x509:middle
	key_list MokListRT3 $SHIM x509:owner
	refused 'no certificate in db or MokListRT'
	mv root/sys/firmware/efi/efivars/MokListRT{3,2}-$SHIM
	taken
	rm root/sys/firmware/efi/efivars/MokList*
	# "mokutil --ignore-db" makes shim set this variable.
	secure x509:owner
	taken
	flag MokIgnoreDB $SHIM 01
	refused 'no certificate in db or MokListRT'
}

@test "a machine owner's key for modules is not one for add-ons" {
	cp plain.efi signed.efi
	sign signed.efi modules
	put signed.efi
	secure x509:owner
	key_list MokListRT $SHIM x509:modules
	refused 'no certificate in db or MokListRT'
	secure x509:modules
	taken
}

@test "of several signatures one is enough, unless another one is revoked" {
	cp plain.efi signed.efi
	sign signed.efi stranger
	sign signed.efi owner
	is "$(sbverify --list signed.efi | grep -c ^signature)" 2
	put signed.efi
	secure x509:owner
	taken
	secure x509:stranger
	taken
	key_list dbx $SECURITY x509:owner
	refused 'dbx revokes a certificate of its signature'
	secure x509:owner
	key_list dbx $SECURITY x509:stranger
	refused 'dbx revokes a certificate of its signature'
}

# change FILE PYTHON: change FILE by a statement. "data" has its bytes, and "table" is the
# offset of the certificates.
change()
{
	python3 -c '
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
entry = struct.unpack_from("<I", data, 60)[0] + 24 + 144
table, size = struct.unpack_from("<II", data, entry)
exec(sys.argv[2])
open(sys.argv[1], "wb").write(data)' "$1" "$2"
}

# says FILE PYTHON REASON: put a changed copy of signed.efi, and expect REASON against it
says()
{
	cp signed.efi "$1"
	change "$1" "$2"
	put "$1"
	run_ctl 3 list --root=root
	output_has "$3"
}

# sbverify_refuses FILE...: expect that sbverify refuses each FILE, too
sbverify_refuses()
{
	local file
	for file in "$@"; do
		! sbverify --cert "$keys/owner.pem" "$file" >/dev/null 2>&1 ||
			fail "$file: sbverify takes it"
	done
}

@test "add-ons that are damaged, or changed after the signature" {
	cp plain.efi signed.efi
	sign signed.efi owner
	secure x509:owner
	put signed.efi
	taken
	sbverify --cert "$keys/owner.pem" signed.efi
	# Change firmware, the name of a section, and the end of the signature.
	says a.efi 'data[0x1200 + 60] ^= 1' 'its signature does not fit the file'
	says b.efi 'data[0x80 + 24 + 240] ^= 1' 'its signature does not fit the file'
	says c.efi 'data[table + struct.unpack_from("<I", data, table)[0] - 9] ^= 1' \
		'its signature does not fit the file'
	sbverify_refuses {a,b,c}.efi
	# Change the table: cut it short, or give an entry an impossible size or no content,
	# or damage the content. sbverify reads the table less strictly than edk2.
	says d.efi 'struct.pack_into("<I", data, entry + 4, size - 8)' \
		'an entry of the certificate table must have at least 8 bytes, and end within the table'
	says e.efi 'struct.pack_into("<I", data, table, size + 1)' \
		'an entry of the certificate table must have at least 8 bytes, and end within the table'
	says f.efi 'struct.pack_into("<I", data, table, 8)' \
		'an entry of the certificate table ends before its signature begins'
	says g.efi 'data[table + 8] ^= 0xff' \
		'an entry of the certificate table is not a signature of a program'
	# A file that ends within its table is no file of this format.
	says h.efi 'del data[-8:]' 'the certificate table ends after the file'
	# Without Secure Boot, the tool does not read the table.
	flag SecureBoot $GLOBAL 00
	put f.efi
	taken
}

@test "sbverify has the same opinion of each file and each certificate" {
	local file key ours theirs opinions=
	cp plain.efi unsigned.efi
	for key in owner stranger modules; do
		cp plain.efi "by-$key.efi"
		sign "by-$key.efi" $key
	done
	cp by-owner.efi by-both.efi
	sign by-both.efi stranger
	uki large.efi 'pe.section(".efifw", efifw("large", both)).section(".cmdline", b"quiet")'
	sign large.efi stranger
	for file in unsigned by-{owner,stranger,modules,both} large; do
		put $file.efi
		for key in owner stranger modules; do
			secure x509:$key
			theirs=no
			! sbverify --cert "$keys/$key.pem" $file.efi >/dev/null 2>&1 ||
				theirs=yes
			ours=no
			! "$CTL" list --root=root | grep -q '^\* addon' || ours=yes
			is "$file $key $ours" "$file $key $theirs"
			opinions+=$ours
		done
	done
	is "$opinions" nononoyesnononoyesnononoyesyesyesnonoyesno
}

@test "a variable that list cannot read is an error, and allows nothing" {
	cp plain.efi "$addons/b.addon.efi"
	sign "$addons/b.addon.efi" owner
	local name vendor
	for name in SecureBoot-$GLOBAL SetupMode-$GLOBAL db-$SECURITY dbx-$SECURITY \
		MokListRT-$SHIM MokListXRT-$SHIM MokSBStateRT-$SHIM MokIgnoreDB-$SHIM; do
		rm -f root/sys/firmware/efi/efivars/{Mok,db}*
		secure x509:owner
		vendor=${name#*-}
		printf 'two' | variable "${name%%-*}" "$vendor"
		run_ctl 1 list --root=root
		output_has "not taken: $addons/a.addon.efi: cannot tell whether Secure Boot accepts this add-on: variable ${name%%-*}: it is malformed"
		output_has "not taken: $addons/b.addon.efi: cannot tell whether"
		stderr_has 'cannot check every candidate; the list shows why'
		# The variable is too short for its attributes.
		printf '\6\0' >"root/sys/firmware/efi/efivars/$name"
		run_ctl 1 list --root=root
		output_has "variable ${name%%-*}: Input/output error"
		rm "root/sys/firmware/efi/efivars/$name"
		mkdir "root/sys/firmware/efi/efivars/$name"
		run_ctl 1 list --root=root
		output_has "variable ${name%%-*}: "
		rmdir "root/sys/firmware/efi/efivars/$name"
	done
	secure x509:owner
	taken b
}

@test "list does not call a variable missing if it has no permission to read it" {
	[[ $EUID -eq 0 ]] || skip 'needs root, to become another user'
	secure x509:owner
	sign "$addons/a.addon.efi" owner
	taken
	chmod 755 .
	chmod 600 root/sys/firmware/efi/efivars/db-*
	cp "$CTL" ctl
	status=0
	output=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
		./ctl list --root=root 2>&1) || status=$?
	is "$status" 1
	output_has 'variable db: Permission denied'
}

# opened: print how many variables of Secure Boot and shim "list" opens
opened()
{
	traced 60 -f -e trace=openat,openat2 -o trace "$CTL" list --root=root \
		>.output 2>&1 || [[ $? -eq 3 ]] || fail "$(<.output)"
	grep -cE "(SecureBoot|SetupMode|db|dbx|Mok[A-Za-z]*)-[0-9a-f]{8}" trace || [[ $? -eq 1 ]]
}

@test "without firmware in an add-on, list reads no variable of Secure Boot" {
	can_trace
	secure x509:owner
	rm "$addons/a.addon.efi"
	is "$(opened)" 0
	uki "$addons/a.addon.efi" 'pe.section(".cmdline", b"quiet")'
	is "$(opened)" 0
	cp plain.efi "$addons/b.addon.efi"
	(($(opened) > 0)) || fail 'nothing is read'
	# The tool reads the variables once for all add-ons.
	local once
	once=$(opened)
	cp plain.efi "$addons/c.addon.efi"
	is "$(opened)" "$once"
}

@test "check takes an add-on that a user names, whatever its signature" {
	secure x509:owner
	refused 'it has no signature'
	run_ctl 0 check "$addons/a.addon.efi"
}
