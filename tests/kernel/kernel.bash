# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Functions that configure and build a kernel in a tree made by tests/kernel/source. They
# use these variables:
#
#	linux		the source tree
#	objects		where its output goes
#	arch		ARCH=, empty for the machine's own
#	llvm		LLVM=, empty or unset for the machine's own compiler
#	JOBS		the number of parallel jobs, by default the number of CPUs
#
# Copyright (C) 2026 The vmfwupdate authors

run()
{
	nice make -s -C "$linux" O="$objects" ${arch:+ARCH="$arch"} ${llvm:+LLVM="$llvm"} \
		-j "${JOBS:-$(nproc)}" "$@"
}

# configure FILE: set the options of FILE, and turn off all others that can be off.
configure()
{
	local config=$1 option
	mkdir -p "$objects"
	if ! cmp -s "$config" "$objects/wanted.config"; then
		run KCONFIG_ALLCONFIG="$config" allnoconfig
		cp "$config" "$objects/wanted.config"
	fi
	run olddefconfig

	# make drops an option whose dependency is missing. Tests would then check less,
	# without a message.
	while IFS= read -r option; do
		case $option in
		*=n) ! grep -q "^${option%=n}=" "$objects/.config" ;;
		*) grep -qx "$option" "$objects/.config" ;;
		esac || {
			echo "${0##*/}: the configuration lost $option" >&2
			return 1
		}
	done < <(grep '^CONFIG_' "$config")
}
