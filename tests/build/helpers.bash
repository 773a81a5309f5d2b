# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A copy of the tree, in which a test can build.
#
# Copyright (C) 2026 The vmfwupdate authors

# copy_tree DIRECTORY: copy tracked files and new ones from the current directory, the top
# of the tree.
copy_tree()
{
	local file
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do
			[[ ! -e $file ]] || printf '%s\0' "$file"
		done |
		xargs -0 cp --parents -t "$1"
}

# build_below DIRECTORY: let make write only below this copy of the tree. "make check
# O=OTHER" hands OTHER down in MAKEFLAGS, where it outweighs the environment.
build_below()
{
	export O=$1/build
	unset MAKEFLAGS MFLAGS
}
