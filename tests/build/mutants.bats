#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The part of the suite "mutants" that reads a source. The suite itself takes an hour.
#
# Copyright (C) 2026 The vmfwupdate authors

# Without preprocessed text, ccache cannot tell the syntax trees of two sources apart.
@test "mutants: the places to change come from the source itself, also with ccache" {
	local name
	cd "$BATS_TEST_TMPDIR"
	for name in first second; do
		echo "int $name(int a) { return a < 1; }" >$name.c
		PATH=/usr/lib/ccache:$PATH PYTHONPATH=$BATS_TEST_DIRNAME/../mutants \
			python3 -B - $name <<-'E'
			import pathlib
			import sys
			import sites
			name = sys.argv[1]
			source = sites.Source(pathlib.Path(name + ".c"), name, ["clang", name + ".c"], ".")
			functions = {mutant.function for mutant in source.mutants}
			sys.exit(0 if functions == {name} else f"{name}: {functions}")
		E
	done
}
