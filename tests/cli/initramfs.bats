#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The files that an initramfs must contain, and the scripts that put them there.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers
load root

# carries FILE...: expect that an initramfs needs these files, and no others
carries()
{
	run_ctl 0 initramfs files --root=root
	is "$output" "$(printf '%s\n' "$@")"
}

# required_is CODE: expect this exit status, and no output with --quiet
required_is()
{
	run_ctl "$1" initramfs required --root=root
	run_ctl "$1" initramfs required --quiet --root=root
	is "$output" ''
}

@test "without a configuration, an initramfs needs no files" {
	make_root
	run_ctl 0 initramfs files --root=root
	is "$output" ''
	run_ctl_json 0 initramfs files --root=root
	is "$(json files)" '[]'
}

# The test replaces only the values that are placeholders.
@test "the example of a configuration has every key, and each line of it is right" {
	local example=$top/Documentation/vmfwupdate.conf page=$top/Documentation/vmfwupdate.conf.5.scd
	local digest key keys
	make_root
	digest=$(printf '%096d' 0)
	sed -n "s/HEX/$digest/; s/^#\([a-z-]*=\)/\1/p" "$example" >root/etc/vmfwupdate.conf
	keys=$(sed -n 's/^\*\([a-z-]*\)\*=.*/\1/p' "$page")
	[[ $(wc -w <<<"$keys") -gt 10 ]]
	for key in $keys; do
		grep -q "^$key=" root/etc/vmfwupdate.conf || fail "no $key"
	done
	mkdir -p root/etc/vmfwupdate
	touch root/etc/vmfwupdate/certificates.pem
	run_ctl 0 initramfs files --root=root
	# The unchanged example configures nothing.
	cp "$example" root/etc/vmfwupdate.conf
	run_ctl 3 auto --root=root
	output_has 'no image is configured'
}

@test "the configuration, and an image on the root file system" {
	make_root
	configure 'image = /fw.igvm'
	carries /etc/vmfwupdate.conf
	: >root/fw.igvm
	carries /etc/vmfwupdate.conf /fw.igvm
	run_ctl_json 0 initramfs files --root=root
	is "$(json files 1)" /fw.igvm
	configure 'image=ESP:/fw.igvm'
	carries /etc/vmfwupdate.conf
}

@test "the certificates" {
	make_root
	configure 'image=ESP:/fw.igvm' 'certificates=/etc/amd.pem'
	carries /etc/vmfwupdate.conf
	: >root/etc/amd.pem
	carries /etc/vmfwupdate.conf /etc/amd.pem
	echo 'certificates=' >root/etc/vmfwupdate.conf.d/50-none.conf
	carries /etc/vmfwupdate.conf /etc/vmfwupdate.conf.d/50-none.conf
}

@test "a file that initramfs files cannot examine is an error, and is not in the list" {
	make_root
	configure 'image=/fw.igvm' 'certificates=/etc/amd.pem'
	ln -s fw.igvm root/fw.igvm
	: >root/etc/amd.pem
	run_ctl 1 initramfs files --root=root
	stderr_has '/fw.igvm: cannot use this file: Too many levels of symbolic links'
	is "$output" $'/etc/vmfwupdate.conf\n/etc/amd.pem'
	# An initramfs contains only regular files.
	rm root/fw.igvm
	mkdir root/fw.igvm
	carries /etc/vmfwupdate.conf /etc/amd.pem
}

@test "a machine that requires its own firmware" {
	make_root
	required_is 3
	configure 'image=/a' 'required=yes'
	required_is 0
	echo 'required=no' >root/etc/vmfwupdate.conf.d/50-no.conf
	required_is 3
}

@test "a mask counts as an empty file, and hides other files" {
	make_root
	echo 'required=no' >root/usr/lib/vmfwupdate.conf.d/50-no.conf
	configure 'image=/a' 'required=yes'
	required_is 3
	ln -s /dev/null root/etc/vmfwupdate.conf.d/50-no.conf
	required_is 0
	carries /etc/vmfwupdate.conf
	echo 'required=no' >root/etc/vmfwupdate.conf.d/60-no.conf
	required_is 3
	mv root/etc/vmfwupdate.conf root/usr/lib
	required_is 3
	rm root/etc/vmfwupdate.conf.d/60-no.conf
	required_is 0
	ln -s /dev/null root/etc/vmfwupdate.conf
	required_is 3
	carries
}

@test "names with blanks and the like" {
	local name
	make_root
	for name in ' 10 blank' "20'quote\"" '30*star' $'40\ttab'; do
		echo 'timeout=20' >"root/etc/vmfwupdate.conf.d/$name.conf"
	done
	echo 'required=yes' >'root/etc/vmfwupdate.conf.d/50 a b.conf'
	echo 'image=/a b' >'root/usr/lib/vmfwupdate.conf.d/50 a c.conf'
	: >'root/a b'
	required_is 0
	carries '/etc/vmfwupdate.conf.d/ 10 blank.conf' \
		"/etc/vmfwupdate.conf.d/20'quote\".conf" \
		'/etc/vmfwupdate.conf.d/30*star.conf' \
		$'/etc/vmfwupdate.conf.d/40\ttab.conf' \
		'/etc/vmfwupdate.conf.d/50 a b.conf' \
		'/usr/lib/vmfwupdate.conf.d/50 a c.conf' '/a b'
	: >$'root/etc/vmfwupdate.conf.d/60\nnewline.conf'
	run_ctl 2 initramfs files --root=root
	stderr_has newline
}

@test "files in /run are not for the next boot" {
	make_root
	configure 'image=/a' 'required=yes'
	echo 'required=no' >root/run/vmfwupdate.conf.d/50-no.conf
	required_is 0
	carries /etc/vmfwupdate.conf
}

@test "initramfs files and required fail on an error in the configuration" {
	make_root
	configure 'image=/a' 'required=maybe'
	run_ctl 2 initramfs files --root=root
	stderr_has required=maybe
	required_is 2
	printf '\xef\xbb\xbfimage=/a\n' >root/etc/vmfwupdate.conf
	run_ctl 2 initramfs required --root=root
	stderr_has 'byte order mark'
}

# installed HOOK: print a hook that calls the built tool. dracut_install and
# initramfs_tools_hook run such a hook, and print the files for the initramfs.
installed()
{
	sed -e "s|\"\$root[^ ]*/vmfwupdate-ctl\"|\"$CTL\"|" \
		-e "s|[^ (]*/sbin/vmfwupdate-ctl initramfs|$CTL initramfs|" \
		-e "s|^\. /usr/share/initramfs-tools/hook-functions|. ./functions|" \
		"$O/userspace/$1"
}

dracut_install()
{
	local setup
	setup=$(installed dracut/90vmfwupdate/module-setup.sh)
	dracutsysrootdir=$PWD/root initdir=$PWD/initramfs SYSTEMCTL=: moddir=. \
	hostonly=1 bash -uc "
		inst_simple() { printf 'file %s\n' \"\$1\"; }
		inst_multiple() { :; }
		inst_libdir_file() { :; }
		inst_hook() { :; }
		dracut_module_included() { return 1; }
		dfatal() { echo \"\$*\" >&2; }
		instmods() { [[ \$hostonly ]] || printf 'module %s\n' \"\$@\"; }
		$setup
		installkernel
		install
		echo done"
}

initramfs_tools_hook()
{
	printf '%s\n' 'copy_exec() { :; }' \
		"copy_file() { printf 'file %s\\n' \"\$2\"; }" \
		"manual_add_modules() { printf 'module %s\\n' \"\$@\"; }" >functions
	installed initramfs-tools/hooks/vmfwupdate |
		sed 's|initramfs files|& --root=root|; s|initramfs required|& --root=root|' >hook
	DESTDIR=$PWD/initramfs sh hook && echo done
}

@test "dracut and initramfs-tools install the configuration, and modules for attestation" {
	local maker module
	make_root
	mkdir -p initramfs/etc
	configure 'image=/a b' 'required=yes'
	: >'root/a b'
	for maker in dracut_install initramfs_tools_hook; do
		rm -f initramfs/etc/vmfwupdate.required
		output=$($maker)
		output_has 'file /etc/vmfwupdate.conf'
		output_has 'file /a b'
		for module in vmfwupdate vfat configfs tsm tsm_report sev-guest tdx-guest; do
			grep -qx "module $module" <<<"$output" || fail "$maker: no $module"
		done
		output_has done
		[[ -e initramfs/etc/vmfwupdate.required ]] || fail "$maker: not required"
	done
}

# boot_script FILE: print a script of an initramfs, with paths in this directory and
# time-outs of a few seconds.
boot_script()
{
	sed -e 's|/run/initramfs/|./|; s|/etc/vmfwupdate.required|./required|' \
		-e 's|/dev/vmfwupdate|./device|; s|/scripts/functions|./functions|' \
		-e 's|-k 5 60 |-k 1 2 |; s|timeout 60 |timeout 2 |' \
		"$top/userspace/$1"
}

@test "no boot script in an initramfs waits for a tool that does not end" {
	local script
	mkdir bin
	printf '%s\n' '#!/bin/sh' "trap '' TERM" 'echo started' 'exec sleep 60' \
		>bin/vmfwupdate-ctl
	printf '%s\n' '#!/bin/sh' >bin/modprobe
	chmod +x bin/*
	: >required
	printf '%s\n' 'panic() { echo "stopped: $*"; }' >functions
	printf '%s\n' 'getargbool() { return 0; }' 'vinfo() { cat; }' 'vwarn() { cat; }' \
		'emergency_shell() { echo "stopped: $*"; }' >dracut
	boot_script dracut/90vmfwupdate/vmfwupdate.sh >>dracut
	boot_script initramfs-tools/scripts/init-premount/vmfwupdate >initramfs-tools
	for script in dracut initramfs-tools; do
		status=0
		output=$(PATH=$PWD/bin:$PATH timeout -k 1 40 sh "$script" 2>&1) || status=$?
		is "$script: $status" "$script: 0"
		output_has started
		output_has "stopped: vmfwupdate: required=yes stops this boot; to boot without it, add vmfwupdate=0 to the kernel command line"
	done
}

@test "neither dracut nor initramfs-tools goes on without the configuration" {
	local maker
	make_root
	mkdir -p initramfs/etc
	for maker in dracut_install initramfs_tools_hook; do
		configure 'image=/a' 'required=maybe'
		output=$($maker 2>&1) && fail "$maker went on: $output"
		output_has 'vmfwupdate: cannot read the configuration'
		[[ $output != *done* ]]
		# The tool itself is missing.
		configure 'image=/a' 'required=yes'
		output=$(CTL=/nowhere/vmfwupdate-ctl; $maker 2>&1) &&
			fail "$maker went on: $output"
		output_has 'vmfwupdate: cannot read the configuration'
	done
}
