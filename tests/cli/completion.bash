# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Print the words that bash offers after "vmfwupdate-ctl WORD...", one per line.
#
# usage: bash --norc completion.bash DIRECTORY WORD...
#
# Copyright (C) 2026 The vmfwupdate authors

. /usr/share/bash-completion/bash_completion || exit 1
. "$1/vmfwupdate-ctl" || exit 1
shift

# Split the line as readline does: = and : are words of their own.
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_LINE="vmfwupdate-ctl $*" COMP_POINT=0
COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
COMP_WORDS=(vmfwupdate-ctl)
for word; do
	while [[ $word == *[=:]* ]]; do
		part=${word%%[=:]*}
		[[ -z $part ]] || COMP_WORDS+=("$part")
		COMP_WORDS+=("${word:${#part}:1}")
		word=${word:${#part}+1}
		[[ $word ]] || continue 2
	done
	COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))

# bash allows compopt only in a call by readline, so replace it.
compopt()
{
	:
}

_vmfwupdate_ctl
printf '%s\n' "${COMPREPLY[@]}"
