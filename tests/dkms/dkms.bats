#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The module by DKMS, in a separate system. DKMS must build it for the installed
# kernel and for a new one, sign it, and remove it again. Each test goes on where
# the one before has ended.
#
# Copyright (C) 2026 The vmfwupdate authors

setup_file()
{
	export TOP=$BATS_TEST_DIRNAME/../..
	export ROOT=${O:-$TOP/build}/roots/dkms
	"$BATS_TEST_DIRNAME/root" "$ROOT" >&2 || return
	remove_leftovers
	export FIRST SECOND VERSION
	FIRST=$(abi linux-headers-amd64)
	SECOND=$(dpkg-deb -f "$ROOT/srv/second.deb" Package)
	SECOND=${SECOND#linux-headers-}
	VERSION=$(sed -n 's/^VERSION := //p' "$TOP/Makefile.include")
}

# Remove files that an interrupted earlier run may have left.
remove_leftovers()
{
	rm -rf "$ROOT"/usr/src/vmfwupdate-* "$ROOT/var/lib/dkms/vmfwupdate"
	rm -rf "$ROOT"/etc/dkms/framework.conf.d/mok.conf "$ROOT"/srv/mok.* "$ROOT"/lib/modules/*/kernel/own.ko*
	find "$ROOT/lib/modules/" -name 'vmfwupdate.ko*' -delete
	inside dpkg --purge "$(dpkg-deb -f "$ROOT/srv/second.deb" Package)"
}

# objtool reads /proc. The mount ends with the command, in a namespace of its own.
inside()
{
	timeout 600 unshare --mount sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"' \
		"$ROOT" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
}

abi()
{
	inside dpkg-query -W -f '${Depends}' "$1" |
		sed -n 's/.*linux-headers-\([0-9][^ ,]*\).*/\1/p'
}

# Print the kernels for which the module is installed.
installed()
{
	(cd "$ROOT/lib/modules" && find . -name 'vmfwupdate.ko*' | cut -d / -f 2 | sort)
}

@test "the sources are installed as DKMS wants them, with their version" {
	make -C "$TOP" install-dkms DESTDIR="$ROOT"
	grep -x "PACKAGE_VERSION=\"$VERSION\"" "$ROOT/usr/src/vmfwupdate-$VERSION/dkms.conf"
	inside dkms add "vmfwupdate/$VERSION"
	inside dkms status
}

@test "it builds for the kernel whose headers are there" {
	inside dkms install "vmfwupdate/$VERSION" -k "$FIRST"
	[[ $(installed) == "$FIRST" ]]
	inside modinfo -k "$FIRST" -F vermagic vmfwupdate | grep "^$FIRST "
	inside modinfo -k "$FIRST" -F alias vmfwupdate | grep QEMU0002
}

# Build and install the module for the first kernel again.
build_again()
{
	inside dkms remove "vmfwupdate/$VERSION" -k "$FIRST"
	inside dkms install "vmfwupdate/$VERSION" -k "$FIRST"
	[[ $(installed) == "$FIRST" ]]
}

# field NAME: print a field of the installed module.
field()
{
	inside modinfo -k "$FIRST" -F "$1" vmfwupdate
}

# DKMS makes a key of its own if it finds openssl, which this system does not have.
@test "without a key of the machine's owner (MOK), it builds and is not signed" {
	[[ ! -e $ROOT/usr/bin/openssl ]]
	build_again
	[[ -z $(field signer) && -z $(field sig_key) ]]
}

@test "with a key of the machine's owner (MOK), it is signed with that key" {
	local conf=$ROOT/etc/dkms/framework.conf.d/mok.conf serial
	openssl req -new -x509 -nodes -days 2 -newkey rsa:2048 -subj '/CN=Owner of the test' \
		-keyout "$ROOT/srv/mok.key" -outform DER -out "$ROOT/srv/mok.der"
	printf '%s\n' mok_signing_key=/srv/mok.key mok_certificate=/srv/mok.der >"$conf"
	build_again
	[[ $(field signer) == 'Owner of the test' ]]
	serial=$(openssl x509 -inform DER -in "$ROOT/srv/mok.der" -noout -serial)
	[[ $(field sig_key | tr -d ':') == "${serial#serial=}" ]]
	[[ -n $(field signature) ]]
	# Without the certificate, the build signs nothing and does not fail.
	rm "$ROOT/srv/mok.der"
	build_again
	[[ -z $(field signer) ]]
	rm "$conf" "$ROOT/srv/mok.key"
}

# DKMS takes the format of the kernel's own modules.
@test "it is compressed if the modules of the kernel are compressed" {
	local own=$ROOT/lib/modules/$FIRST/kernel/own.ko
	mkdir -p "${own%/*}"
	cp "$(echo "$ROOT/lib/modules/$FIRST"/updates/dkms/vmfwupdate.ko)" "$own"
	xz "$own"
	inside depmod "$FIRST"
	build_again
	[[ -e $ROOT/lib/modules/$FIRST/updates/dkms/vmfwupdate.ko.xz ]]
	[[ ! -e $ROOT/lib/modules/$FIRST/updates/dkms/vmfwupdate.ko ]]
	[[ $(field filename) == *.ko.xz ]]
	field alias | grep QEMU0002
	inside modprobe -S "$FIRST" --show-depends vmfwupdate | grep -F vmfwupdate.ko.xz
	rm -r "${own%/*}"
	inside depmod "$FIRST"
	build_again
	[[ $(field filename) == *.ko ]]
}

@test "DKMS builds it again when dpkg installs another kernel" {
	inside dpkg --install /srv/second.deb
	[[ $(installed) == "$(printf '%s\n' "$FIRST" "$SECOND" | sort)" ]]
	inside modinfo -k "$SECOND" -F vermagic vmfwupdate | grep "^$SECOND "
}

@test "when dpkg removes a kernel, DKMS removes its module" {
	inside dpkg --purge "linux-headers-$SECOND"
	inside dkms status
	inside dkms remove "vmfwupdate/$VERSION" -k "$SECOND"
	[[ $(installed) == "$FIRST" ]]
}

@test "removed, it leaves nothing" {
	inside dkms remove "vmfwupdate/$VERSION" --all
	rm -r "$ROOT/usr/src/vmfwupdate-$VERSION"
	run find "$ROOT" -xdev -name '*vmfwupdate*'
	echo "$output"
	[[ -z $output ]]
}
