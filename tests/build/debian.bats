#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Debian packages, built once on this system, and checked by its lintian.
# tests/packages builds them in clean systems of Debian 12, 13 and sid, and installs them.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_file()
{
	cd "$BATS_TEST_DIRNAME/../.."
	export BUILD=$BATS_FILE_TMPDIR/build
	copy_tree "$BUILD/vmfwupdate"
	SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
	export SUITE
}

setup()
{
	[[ -e /etc/debian_version ]] || skip 'this is not a Debian system'
}

# lint FILE...: run lintian with the exceptions of the project
lint()
{
	# shellcheck disable=SC2046 # a list of options
	timeout 300 lintian $("$BATS_TEST_DIRNAME/../lib/debian/lintian-options" "$SUITE") "$@"
}

# The build neither runs the unit tests nor makes packages of debugging symbols.
@test "the Debian packages are built" {
	cd "$BUILD/vmfwupdate"
	env -u MAKEFLAGS DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" \
		timeout 900 dpkg-buildpackage -us -uc
	ls "$BUILD"/*.deb
	[[ -s $(echo "$BUILD"/vmfwupdate_*.dsc) ]]
}

@test "lintian finds nothing in the Debian packages" {
	lint "$BUILD"/*.changes
}

@test "lintian finds an unknown field and a missing manual page" {
	local package=$BATS_TEST_TMPDIR/package
	dpkg-deb -R "$BUILD"/vmfwupdate-ctl_*.deb "$package"
	sed -i '/^Section:/a Colour: blue' "$package/DEBIAN/control"
	rm "$package/usr/share/man/man8/vmfwupdate-ctl.8.gz"
	dpkg-deb --root-owner-group -b "$package" "$BATS_TEST_TMPDIR/bad.deb"
	run lint "$BATS_TEST_TMPDIR/bad.deb"
	[[ $status -ne 0 ]]
	[[ $output == *'unknown-field Colour'* ]]
	[[ $output == *'no-manual-page [usr/sbin/vmfwupdate-ctl]'* ]]
}
