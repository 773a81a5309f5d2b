#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Put this virtual machine's own firmware in place, in an initramfs of dracut without
# systemd. Two hooks source this file, and the first hook that runs does the work.
#
# Copyright (C) 2026 The vmfwupdate authors

type getargbool >/dev/null 2>&1 || . /lib/dracut-lib.sh

vmfwupdate_auto()
{
	local messages=/run/initramfs/vmfwupdate.messages status=0
	[ ! -e $messages ] || return 0
	: >$messages
	getargbool 1 vmfwupdate && getargbool 1 rd.vmfwupdate || return 0

	modprobe -q vmfwupdate
	[ -e /dev/vmfwupdate ] || [ -e /etc/vmfwupdate.required ] || return 0
	timeout -k 5 60 vmfwupdate-ctl auto >$messages 2>&1 || status=$?
	case $status in
	0 | 3)
		vinfo <$messages
		return 0
		;;
	esac
	# Print warnings: the kernel's log keeps them, and most consoles show them.
	vwarn <$messages
	[ ! -e /etc/vmfwupdate.required ] ||
		emergency_shell "vmfwupdate: required=yes stops this boot; to boot without it, add vmfwupdate=0 to the kernel command line"
}

vmfwupdate_auto
