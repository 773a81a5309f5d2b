# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Helpers for all tests of the command line. run_ctl calls the tool with a time-out, and
# checks its exit status. Assertions print expected and actual values.
#
# Copyright (C) 2026 The vmfwupdate authors

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$here/../..")
: "${O:=$top/build}"
: "${CTL:=$O/userspace/vmfwupdate-ctl}"
: "${CTL_TIMEOUT:=20}"
IGVMGEN=$top/tests/lib/images/igvmgen.py

SEABIOS=/usr/share/seabios/bios-256k.bin
OVMF_CODE=/usr/share/OVMF/OVMF_CODE_4M.fd
OVMF_VARS=/usr/share/OVMF/OVMF_VARS_4M.fd

setup()
{
	[[ -x $CTL ]] || fail "$CTL is missing; run make -C userspace"
	cd "$BATS_TEST_TMPDIR"
}

fail()
{
	printf '%s\n' "$@" >&2
	return 1
}

# needs FILE PACKAGE: skip the test if FILE is not installed.
needs()
{
	[[ -r $1 ]] || skip "$1 is missing; apt-get install $2"
}

is_traceable()
{
	command -v strace >/dev/null && strace -qq -o /dev/null true
}

# can_trace: skip the test if strace cannot run a program.
can_trace()
{
	command -v strace >/dev/null || skip 'strace is missing; apt-get install strace'
	is_traceable || skip 'nothing can be traced here'
}

# traced SECONDS OPTION... COMMAND...: run a command under strace, with a time-out.
# LeakSanitizer does not work there.
traced()
{
	ASAN_OPTIONS=detect_leaks=0 timeout "$1" strace -qq "${@:2}"
}

# run_ctl CODE ARGUMENT...: run the tool, and expect exit status CODE.
# Standard output is in $output, standard error in $stderr.
run_ctl()
{
	local expected=$1 errors=$BATS_TEST_TMPDIR/.stderr
	shift
	status=0
	output=$(timeout "$CTL_TIMEOUT" "$CTL" "$@" 2>"$errors" </dev/null) ||
		status=$?
	stderr=$(<"$errors")
	printf '$ vmfwupdate-ctl %s\n%s\n%s\n(%s)\n' "$*" "$output" "$stderr" \
		"$status"
	[[ $status -eq $expected ]] ||
		fail "exit status $status, expected $expected"
}

# run_ctl_json CODE ARGUMENT...: run the tool with --json. The output must be one JSON
# object that fits the schema, without other members, and with the exit status. Nothing
# may go to standard error.
run_ctl_json()
{
	local expected=$1
	shift
	run_ctl "$expected" "$@" --json
	python3 "$top/tests/lib/run/jsonoutput.py" "$expected" <<<"$output" ||
		fail 'the output does not fit the schema'
	[[ -z $stderr ]] || fail "expected nothing on standard error, not: $stderr"
}

# json PATH...: print a value in $output. PATH has keys and numbers.
json()
{
	python3 -c '
import json, sys
value = json.loads(sys.argv[1])
for key in sys.argv[2:]:
    value = value[int(key) if key.isdigit() else key]
print(value)' "$output" "$@"
}

output_has()
{
	[[ $output == *"$1"* ]] ||
		fail "expected in the output: $1" "the output: $output"
}

stderr_has()
{
	[[ $stderr == *"$1"* ]] ||
		fail "expected on standard error: $1" "there is: $stderr"
}

is()
{
	[[ $1 == "$2" ]] || fail "is:       $1" "expected: $2"
}

# files_are FILE...: expect that the directory has these files, and no others.
files_are()
{
	local files
	files=$(find . -mindepth 1 ! -name .stderr | sort | tr '\n' ' ')
	is "${files% }" "$*"
}

sample()
{
	python3 "$IGVMGEN" "$1" "$2"
}

# Set $samples to the names of the sound samples. The sample aarch64 is unsound, because
# the format has no native platform for AArch64.
list_samples()
{
	samples=$(python3 "$IGVMGEN" --list | grep -vx aarch64)
	(($(wc -w <<<"$samples") >= 4)) || fail "samples: $samples"
}

# broken FILE PYTHON: make a sample with changes to "image" or "fields" by a statement.
broken()
{
	PYTHONPATH=$top/tests/lib/images python3 -c '
import sys
from igvmgen import *
image = sample_both()
fields = {}
exec(sys.argv[2])
open(sys.argv[1], "wb").write(image.build(**fields))' "$1" "$2"
}

# Expect no line of the output to be wider than a terminal.
fits_terminal()
{
	local wide
	wide=$(LC_ALL=C.UTF-8 awk 'length($0) > 80' <<<"$output")
	[[ -z $wide ]] || fail 'wider than 80 columns:' "$wide"
}
