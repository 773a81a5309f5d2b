# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Print the words that zsh offers at the end of LINE, one per line. zsh completes only on a
# terminal, so zpty gives one to a second zsh. There, compadd writes the words to a file.
#
# usage: zsh -f completion.zsh DIRECTORY DUMP LINE
#
# compinit reads hundreds of files, and keeps the result in DUMP, unless DUMP exists.
#
# Copyright (C) 2026 The vmfwupdate authors

if [[ ${COMPLETION_FOUND-} ]]; then
	# The second zsh reads this part.
	PS1=
	fpath=($COMPLETION_DIRECTORY $fpath)
	autoload -Uz compinit && compinit -u -d $COMPLETION_DUMP
	compadd()
	{
		local -a hits
		if [[ ${argv[(r)-[ODA]]} ]]; then
			builtin compadd "$@"
			return
		fi
		builtin compadd -A hits "$@"
		print -rl -- $hits >>$COMPLETION_FOUND
		builtin compadd "$@"
	}
	capture()
	{
		_main_complete
		print -r -- :end >>$COMPLETION_FOUND
	}
	zle -C capture complete-word capture
	bindkey '^I' capture
	print -r -- :ready >>$COMPLETION_FOUND
	return
fi

zmodload zsh/zpty || exit 1
export COMPLETION_DIRECTORY=$1 COMPLETION_DUMP=$2 COMPLETION_FOUND
COMPLETION_FOUND=$(mktemp) || exit 1
found=$COMPLETION_FOUND

wait_for()
{
	local tries=0 line
	until grep -qx -- "$1" $found; do
		# The second zsh blocks if nothing reads its output.
		zpty -rt shell line
		if (( tries++ == 1500 )); then
			print -u2 "no $1 from zsh"
			zpty -d shell
			exit 1
		fi
		sleep 0.02
	done
}

zpty -b shell zsh -f -i
zpty -w shell "source ${(q)${(%):-%x}:a}"
wait_for :ready
zpty -n -w shell "$3"$'\t'
wait_for :end
zpty -d shell
grep -v '^:' $found
rm -f $found
