#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by an initramfs of dracut's without systemd, in two hooks: the first
# that comes does it.
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
	# Warnings, which the kernel's log keeps and most consoles show.
	vwarn <$messages
	[ ! -e /etc/vmfwupdate.required ] ||
		emergency_shell "vmfwupdate: this machine must not run on its provider's firmware"
}

vmfwupdate_auto
