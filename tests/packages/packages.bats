#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tarball of a release, and packages from it. The tests build packages in clean
# systems of Debian 12, Debian 13 and sid, and check them with lintian. Then they install,
# upgrade, remove and purge them. RPM packages have the layout of Fedora.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

@test "make dist makes the same bytes for every user" {
	make_tarball
	(
		umask 077
		export TZ=Asia/Tokyo LC_ALL=C
		git clone --quiet "$top" "$BATS_TEST_TMPDIR/other"
		cd "$BATS_TEST_TMPDIR/other"
		git config tar.umask 0002
		make --no-print-directory -s dist O="$BATS_TEST_TMPDIR/out"
	)
	cmp "$tarball" "$BATS_TEST_TMPDIR/out/vmfwupdate-$version.tar.gz"
	tar -tf "$tarball" >"$BATS_TEST_TMPDIR/list"
	[[ -z $(grep -v "^vmfwupdate-$version/" "$BATS_TEST_TMPDIR/list") ]]
	[[ $(grep -vc '/$' "$BATS_TEST_TMPDIR/list") -eq $(git -C "$BATS_TEST_TMPDIR/other" ls-files | wc -l) ]]
}

@test "make dist refuses uncommitted changes, and versions that differ" {
	git clone --quiet "$top" "$BATS_TEST_TMPDIR/tree"
	cd "$BATS_TEST_TMPDIR/tree"
	echo >>README.md
	run packaging/dist "$BATS_TEST_TMPDIR"
	[[ $status -ne 0 && $output == *'not committed'* ]]
	git checkout --quiet README.md
	sed -i 's/^VERSION := .*/VERSION := 9.9.9/' Makefile.include
	git -c user.name=test -c user.email=test commit --quiet -am test
	run packaging/dist "$BATS_TEST_TMPDIR"
	[[ $status -ne 0 && $output == *debian/changelog*9.9.9* ]]
	[[ -z $(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name '*.tar.gz*') ]]
}

# builds SUITE: build the packages, and expect no finding of the suite's lintian
builds()
{
	local options
	options=$("$packages_dir/../lib/debian/lintian-options" "$1")
	packages "$1"
	builder "$1"
	inside "cd /srv/build; lintian $options *.changes"
	contents | diff <(sed 1d "$packages_dir/contents") - || fail 'the lists of files differ'
}

@test "Debian 12: the packages are built, without a finding of lintian, with the right files" {
	builds bookworm
}

@test "Debian 13: the packages are built, without a finding of lintian, with the right files" {
	builds trixie
}

@test "sid: the packages are built, without a finding of lintian, with the right files" {
	builds sid
}

@test "RPM packages are built, with the files in Fedora's places" {
	local rpm
	make_tarball
	builder trixie
	"$packages_dir/build-rpm" "$root" "$tarball" "$OUT/rpm" >"$OUT/rpm.log" 2>&1 || {
		tail -n 40 "$OUT/rpm.log"
		false
	}
	cp "$OUT"/rpm/*.rpm "$root/srv/rpm"
	for rpm in "$OUT"/rpm/*.rpm; do
		rpm=$(basename "$rpm")
		[[ $rpm != *.src.rpm ]] || continue
		inside "rpm -qpl --noartifact /srv/rpm/$rpm" | sed "s|^|${rpm%%-[0-9]*} |"
	done | sed "s|$version|VERSION|g" | without_many | LC_ALL=C sort | diff <(sed 1d "$packages_dir/contents-rpm") -
}

# clean SUITE: make a minimal system with systemctl, and with the packages in /srv
clean()
{
	root=$OUT/clean-$1
	rm -rf "$root" "$root.complete"
	"$packages_dir/make-root" "$1" "$root" systemd
	cp "$packages"/*.deb "$packages"/*.tar.xz "$root/srv"
}

service_is_enabled()
{
	[[ -L $root/etc/systemd/system/sysinit.target.wants/vmfwupdate.service ]]
}

# Run the tests in debian/tests/control as autopkgtest does: at the top of the sources, with
# an empty directory. Any message on standard error is a failure.
own_tests()
{
	local control=$BATS_TEST_TMPDIR/control name needed
	inside "mkdir /srv/source && tar -xf /srv/vmfwupdate_$version.tar.xz -C /srv/source"
	cat "$root"/srv/source/*/debian/tests/control >"$control"
	needed=$(sed -n 's/^Depends: //p' "$control" | tr ',\n' '  ')
	inside "apt-get -qq -y --no-install-recommends install $needed"
	[[ $(grep -c '^Tests: ' "$control") -eq $(find "$root"/srv/source/*/debian/tests -type f ! -name control | wc -l) ]]
	for name in $(sed -n 's/^Tests: //p' "$control"); do
		inside "cd /srv/source/*; mkdir /tmp/$name
			AUTOPKGTEST_TMP=/tmp/$name debian/tests/$name 2>/tmp/$name.err" &&
			[[ ! -s $root/tmp/$name.err ]] ||
			fail "debian/tests/$name fails:" "$(cat "$root/tmp/$name.err")"
	done
}

# lives SUITE: test installation, upgrade, removal and purge
lives()
{
	local names='vmfwupdate-ctl vmfwupdate-initramfs-tools vmfwupdate-dkms libvmfw-igvm0 libvmfw-igvm-dev'
	local scripts=$BATS_TEST_TMPDIR/scripts
	packages "$1"
	clean "$1"
	inside 'apt-get -qq update
		apt-get -qq -y --no-install-recommends install \
			$(ls /srv/*.deb | grep -v dbgsym)'
	[[ -z $(inside "dpkg --verify $(echo $names)") ]]
	service_is_enabled
	inside "vmfwupdate-ctl --version | grep -Fx 'vmfwupdate-ctl $version'
		vmfwupdate-ctl initramfs files
		dkms status | grep -F 'vmfwupdate/$version'
		test -x /usr/share/initramfs-tools/hooks/vmfwupdate"
	own_tests
	# No script of a package may make an attempt, or reset the machine.
	cat "$root"/var/lib/dpkg/info/*vmfw*{inst,rm} >"$scripts"
	grep -q 'deb-systemd-helper.*enable.*vmfwupdate.service' "$scripts"
	! grep -E '(deb-systemd-invoke|systemctl|_dh_action=).*start' "$scripts" || fail 'a script of a package starts a unit'

	next_version "$root/srv/next"
	# A unit that the administrator has disabled stays disabled.
	inside 'systemctl disable vmfwupdate.service
		echo image=ESP:/fw.igvm >/etc/vmfwupdate.conf
		apt-get -qq -y --no-install-recommends install \
			$(ls /srv/next/*.deb | grep -v dbgsym)'
	! service_is_enabled || fail 'an upgrade enabled the service'
	inside "dpkg-query -W -f '\${Version}\n' $names" | sort -u | grep -Fx "$version+next"
	[[ -e $root/etc/vmfwupdate.conf ]]

	inside "apt-get -qq -y remove $names"
	[[ ! -e $root/usr/sbin/vmfwupdate-ctl ]]
	[[ -e $root/etc/vmfwupdate.conf ]]
	inside "dpkg --purge $names"
	# Outside of /srv, only the administrator's file remains.
	find "$root" -xdev -path "$root/srv" -prune -o -name '*vmfw*' -printf '/%P\n' |
		diff <(echo /etc/vmfwupdate.conf) -
}

@test "Debian 12: installed, upgraded, removed, purged" {
	lives bookworm
}

@test "Debian 13: installed, upgraded, removed, purged" {
	lives trixie
}

@test "sid: installed, upgraded, removed, purged" {
	lives sid
}
