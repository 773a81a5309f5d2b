# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Helpers of the tests of packages: the tarball of the last commit, and systems for
# the build and the installation of packages.
#
# Copyright (C) 2026 The vmfwupdate authors

packages_dir=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$packages_dir/../..")
: "${O:=$top/build}"
OUT=$O/packages

# The names are the same in all suites, except those of systemd_files.
builders=(build-essential debhelper lintian fakeroot dh-dkms pkg-config libssl-dev
	libkmod-dev liblzma-dev zlib1g-dev libblkid-dev libfdisk-dev
	libcmocka-dev scdoc bash-completion rpm)
declare -gA systemd_files=([bookworm]='systemd udev' [trixie]=systemd-dev [sid]=systemd-dev)

fail()
{
	printf '%s\n' "$@"
	return 1
}

# make_tarball: make $tarball from the last commit, and not from the work tree
make_tarball()
{
	local clone=$BATS_FILE_TMPDIR/clone
	[[ -d $clone ]] || git clone --quiet "$top" "$clone" || return
	mkdir -p "$BATS_FILE_TMPDIR/dist"
	tarball=$("$clone/packaging/dist" "$BATS_FILE_TMPDIR/dist") || return
	version=$(basename "$tarball" .tar.gz)
	version=${version#vmfwupdate-}
}

# builder SUITE: make a system for builds, $root
builder()
{
	root=$OUT/build-$1
	# shellcheck disable=SC2086 # a list of words
	"$packages_dir/make-root" "$1" "$root" "${builders[@]}" ${systemd_files[$1]}
}

# inside COMMAND: run a shell command in $root. dpkg asks no questions.
inside()
{
	timeout --foreground --kill-after=10 1800 "$packages_dir/../roots/enter" "$root" \
		env DEBIAN_FRONTEND=noninteractive sh -euc "$1" </dev/null
}

# packages SUITE: build the packages of the tarball in $packages, unless they exist
packages()
{
	packages=$OUT/$1
	make_tarball || return
	[[ $(cat "$packages/source" 2>/dev/null) != $(sha256sum <"$tarball") ]] || return 0
	builder "$1" || return
	"$packages_dir/build-debian" "$root" "$tarball" "$packages" >"$packages.log" 2>&1 || {
		tail -n 40 "$packages.log"
		return 1
	}
	sha256sum <"$tarball" >"$packages/source"
}

# next_version DIRECTORY: make the same packages with a higher version.
next_version()
{
	local deb
	mkdir -p "$1"
	for deb in "$packages"/*.deb; do
		rm -rf "$BATS_TEST_TMPDIR/package"
		dpkg-deb -R "$deb" "$BATS_TEST_TMPDIR/package"
		sed -i "s/^Version: .*/&+next/; s/(= $version)/(= $version+next)/" \
			"$BATS_TEST_TMPDIR/package/DEBIAN/control"
		dpkg-deb --root-owner-group -b "$BATS_TEST_TMPDIR/package" "$1" >/dev/null
	done
}

# without_many: leave out most Markdown files, and most sources of the module
without_many()
{
	sed -e '/\/Documentation\/[^/]*\.md$/ { /README/ !d }' \
		-e '/\/usr\/src\/.*\.[ch]$/ { /\(main\.c\|\/uapi\/.*\)$/ !d }'
}

# contents: print a line PACKAGE PATH for each file in $packages, with the names of
# Debian 13 and without directories.
contents()
{
	local deb name
	for deb in "$packages"/*.deb; do
		name=$(basename "$deb")
		[[ $name != *-dbgsym_* ]] || continue
		dpkg-deb --fsys-tarfile "$deb" | tar -t |
			sed -n "/\/$/! s|^\.|${name%%_*} |p"
	done | sed -e 's| /lib/| /usr/lib/|' -e "s|$version|VERSION|g" \
		-e "s|/$(gcc -print-multiarch)/|/MULTIARCH/|" |
		without_many | LC_ALL=C sort
}
