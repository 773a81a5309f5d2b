#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line itself: help, usage errors, and the two streams of output.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

# List every verb of the help, so that the tests leave none out.
verbs()
{
	"$CTL" --help | awk '/^Verbs:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }'
}

setup_file()
{
	verbs=$(verbs)
	export verbs
	[[ $(wc -w <<<"$verbs") -ge 17 && $verbs == *list* ]] || fail "verbs: $verbs"
}

@test "help names every verb and goes to standard output" {
	local verb
	run_ctl 0 --help
	output_has 'Usage:'
	output_has 'vmfwupdate-ctl(8)'
	for verb in $verbs; do
		output_has " $verb "
	done
	is "$stderr" ''
}

@test "every verb prints help" {
	local verb
	for verb in $verbs; do
		run_ctl 0 "$verb" --help
		output_has "vmfwupdate-ctl $verb [options]"
		[[ $output == *$'\n'"For more details see vmfwupdate-ctl-$verb(8)." ]] || fail "$output"
		output_has --json
		is "$stderr" ''
	done
}

@test "the help of a verb has its summary, its text and its exit statuses" {
	run_ctl 0 help --json
	python3 - "$CTL" <<-'END' 3<<<"$output"
	import json, re, subprocess, sys
	verbs = json.load(open(3))["verbs"]
	assert len(verbs) > 20, len(verbs)
	for verb in verbs:
	    name = verb["name"]
	    text = subprocess.run([sys.argv[1], "help", *name.split()], check=True,
	                          stdout=subprocess.PIPE, text=True).stdout
	    operand = " " + verb["operand"] if "operand" in verb else ""
	    summary = verb["summary"][0].upper() + verb["summary"][1:]
	    begin = f"\nUsage:\n vmfwupdate-ctl {name} [options]{operand}\n\n{summary}.\n"
	    assert text.startswith(begin), text
	    about, options = text[len(begin):].split("\n\nOptions:\n")
	    assert len(about.split()) > 3, text
	    codes = options.split("\n\nExit status:\n")[1].split("\n\n")[0]
	    found = [re.fullmatch(r" +(\d+)  \S.*", line)[1] for line in codes.split("\n")]
	    assert [int(code) for code in found] == verb["exit_codes"], text
	END
	run_ctl 0 help partition
	output_has $'\n\nVerbs:\n partition list                list partitions for firmware, on any disk\n'
	output_has $'\n partition install FILE        install an image, in place of the old one\n'
	run_ctl 0 help
	output_has $'\n\nVerbs:\n wrap '
	output_has $'\n stage     FILE        hand an image to the VMM, for the next reset\n'
	output_has $'\n\nOptions:\n -j, --json '
}

@test "no line of help is wider than 80 columns" {
	local verb
	for verb in '' $verbs; do
		# shellcheck disable=SC2086 # an empty verb must add no argument
		run_ctl 0 $verb --help
		is "$(awk 'length > 80' <<<"$output")" ''
	done
}

# The left column of the help has the short form, the name and the argument.
@test "help explains the options of each verb, and the checks that --force overrides" {
	run_ctl 0 help --json
	python3 - "$CTL" <<-'END' 3<<<"$output"
	import json, re, subprocess, sys
	def lines_of(text, title):
	    part = re.search(rf"^{title}:\n((?: .*\n)*)", text, re.M)
	    return part[1].splitlines() if part else []
	overrides = 0
	for verb in json.load(open(3))["verbs"]:
	    text = subprocess.run([sys.argv[1], *verb["name"].split(), "--help"], check=True,
	                          capture_output=True, text=True).stdout
	    expected, words = [], []
	    for option in verb["options"]:
	        left = f"-{option['letter']}, " if "letter" in option else "    "
	        left += "--" + option["name"]
	        if "argument" in option:
	            left += "=" + option["argument"]
	        expected.append(f" {left:23} {option['summary']}")
	        if option["name"] == "force":
	            words = option["values"]
	    assert lines_of(text, "Options") == expected, text
	    checks = lines_of(text, "Checks to override")
	    assert [line[:25].strip() for line in checks] == words, text
	    assert ("Checks to override" in text) == bool(words), text
	    assert all(re.match(r" {5}\S+ +\S.{20}", line) for line in checks), text
	    overrides += bool(words)
	assert overrides >= 5
	END
}

@test "JSON has the letters and the known values of options" {
	run_ctl 0 help --json
	python3 - <<-'END' 3<<<"$output"
	import json
	verbs = {verb["name"]: {option["name"]: option for option in verb["options"]}
	         for verb in json.load(open(3))["verbs"]}
	def values(verb, option):
	    return " ".join(verbs[verb][option]["values"])
	assert values("measure", "for") == "native vbs snp tdx sev sev-es cca"
	assert values("wrap", "for") == "native snp sev-es tdx"
	assert values("check", "vmm") == "qemu generic native-zero"
	assert values("measure", "vmm") == "qemu generic native-zero ec2 gce"
	assert values("stage", "progress") == "auto always never"
	assert values("stage", "force") == "kexec soft-reboot vmm"
	assert values("partition read", "force") == "overwrite"
	assert "values" not in verbs["measure"]["vcpus"]
	assert "values" not in verbs["stage"]["once"]
	letters = {name: option["letter"] for name, option in verbs["wrap"].items()
	           if "letter" in option}
	assert letters == {"output": "o", "json": "j", "quiet": "q", "help": "h"}
	END
}

@test "-h is --help, without a verb and after it" {
	run_ctl 0 -h
	output_has 'Verbs:'
	run_ctl 0 stage -h
	output_has --arm-now
}

@test "the version" {
	run_ctl 0 --version
	[[ $output =~ ^vmfwupdate-ctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run_ctl 0 -V
}

@test "without a verb, the tool runs status" {
	local expected code=0
	expected=$(timeout "$CTL_TIMEOUT" "$CTL" status 2>errors) || code=$?
	run_ctl $code
	is "$output" "$expected"
	is "$stderr" "$(<errors)"
	run_ctl_json $code
	is "$(json verb)" status
	run_ctl 2 partition
	stderr_has 'missing verb'
}

@test "help VERB prints the same as VERB --help" {
	local expected
	run_ctl 0 --help
	expected=$output
	run_ctl 0 help
	is "$output" "$expected"
	run_ctl 0 stage --help
	expected=$output
	run_ctl 0 help stage
	is "$output" "$expected"
	run_ctl 0 partition install --help
	expected=$output
	run_ctl 0 help partition install
	is "$output" "$expected"
	run_ctl 2 help stagr
	stderr_has "did you mean 'stage'?"
	run_ctl 2 help stage extra
	stderr_has extra
}

@test "the error for a mistyped verb or option suggests a similar one" {
	run_ctl 2 sttaus
	stderr_has "did you mean 'status'?"
	run_ctl 2 partition isntall
	stderr_has "did you mean 'install'?"
	run_ctl 2 stage --onec image.igvm
	stderr_has "did you mean '--once'?"
	run_ctl 2 check --memroy=1G image.igvm
	stderr_has "did you mean '--memory'?"
	# The word --onec misspells an option of stage. No option of status is similar.
	run_ctl 2 status --onec
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
	run_ctl 2 frobnicate
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
	run_ctl 2 "$(printf '%0100d' 0)"
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
}

@test "the error for a mistyped value suggests a similar one" {
	local verb value
	while read verb value; do
		# shellcheck disable=SC2086,SC2162 # a verb and its option, joined by a backslash
		run_ctl 2 $verb image.igvm
		stderr_has "did you mean '$value'?"
	done <<-END
	measure\ --for=spn --for=snp
	check\ --vmm=qmeu --vmm=qemu
	measure\ --vmm=ec3 --vmm=ec2
	measure\ --guest-features=snp-active,debugswap --guest-features=debug-swap
	measure\ --vcpu-type=EPYC-Mlian --vcpu-type=EPYC-Milan
	wrap\ --for=native,tbx --for=tdx
	stage\ --force=kexce --force=kexec
	stage\ --progress=alway5 --progress=always
	status\ --color=nevr --color=never
	END
	# The tool suggests no word of another verb, and none that is not similar.
	run_ctl 2 wrap --force=kexce rom
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
	run_ctl 2 measure --for=frobnicate image.igvm
	[[ $stderr != *'did you mean'* ]] || fail "$stderr"
}

# on_terminal COMMAND...: make standard error a terminal. $shown is its content.
on_terminal()
{
	shown=$(python3 -c '
import os, pty, subprocess, sys
mine, other = pty.openpty()
run = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=other)
run.wait(timeout=20)
os.close(other)
shown = b""
try:
    while piece := os.read(mine, 4096):
        shown += piece
except OSError:
    pass
sys.stdout.buffer.write(shown)' "$@")
}

@test "colours: on terminals, and with --color=always" {
	local escape=$'\033['
	export TERM=xterm
	unset NO_COLOR
	run_ctl 2 frobnicate
	[[ $stderr != *"$escape"* ]] || fail "$stderr"
	on_terminal "$CTL" frobnicate
	[[ $shown == "$escape"'1;31mvmfwupdate-ctl:'"$escape"'0m frobnicate: '* ]] || fail "$shown"
	on_terminal "$CTL" --color=never frobnicate
	[[ $shown != *"$escape"* ]] || fail "$shown"
	on_terminal "$CTL" --color=auto frobnicate
	[[ $shown == *"$escape"* ]] || fail "$shown"
	run_ctl 2 --color=auto frobnicate
	[[ $stderr != *"$escape"* ]] || fail "$stderr"
	TERM=dumb on_terminal "$CTL" frobnicate
	[[ $shown != *"$escape"* ]] || fail "$shown"
	NO_COLOR=1 on_terminal "$CTL" frobnicate
	[[ $shown != *"$escape"* ]] || fail "$shown"
	NO_COLOR='' on_terminal "$CTL" frobnicate
	[[ $shown == *"$escape"* ]] || fail "$shown"
	run_ctl 2 --color=always frobnicate
	[[ $stderr == *"$escape"* ]] || fail "$stderr"
	run_ctl_json 2 --color=always frobnicate
	[[ $output != *"$escape"* && $output != *u001b* ]] || fail "$output"
	# An escape sequence in a file's name does not reach the terminal.
	run_ctl 1 --color=always check $'\033[31mname'
	[[ $stderr != *"$escape"31m* ]] || fail "$stderr"
}

# fed FILE CODE ARGUMENT...: run the tool with FILE on standard input
fed()
{
	local file=$1 expected=$2
	shift 2
	status=0
	output=$(timeout "$CTL_TIMEOUT" "$CTL" "$@" 2>errors < <(cat "$file")) || status=$?
	stderr=$(<errors)
	[[ $status -eq $expected ]] || fail "$*: $status" "$output" "$stderr"
}

@test "- is standard input, a pipe or a file" {
	local verb expected
	sample snp image.igvm
	for verb in check inspect measure; do
		run_ctl 0 $verb image.igvm
		expected=${output//image.igvm/-}
		fed image.igvm 0 $verb -
		is "$output" "$expected"
		is "$(timeout "$CTL_TIMEOUT" "$CTL" $verb - <image.igvm)" "$expected"
	done
	fed image.igvm 0 check --json -
	is "$(json file)" -
	is "$(json size)" "$(stat -c %s image.igvm)"
	# The input is larger than a pipe, and arrives more slowly than the tool reads.
	truncate -s 2M rom.fd
	printf '\364%.0s' {1..16} | dd of=rom.fd bs=1 seek=$((0x1ffff0)) conv=notrunc status=none
	run_ctl 0 wrap rom.fd -o one.igvm
	(head -c 1M rom.fd; sleep 0.2; tail -c 1M rom.fd) | timeout "$CTL_TIMEOUT" "$CTL" wrap - -o two.igvm
	cmp one.igvm two.igvm
	fed one.igvm 0 inspect --rom - -o rom
	cmp rom rom.fd
	# With a directory in front, "-" is the name of a file.
	cp image.igvm ./-
	run_ctl 0 check ./-
	fed rom.fd 4 check -
}

@test "a part of standard input is no image if the rest cannot be copied" {
	sample snp image.igvm
	truncate -s 64K rest
	cat image.igvm rest >long.igvm
	(ulimit -f 32; fed long.igvm 1 measure -)
	[[ $(<errors) == *'-: cannot use this file: File too large'* ]] || fail "$(<errors)"
}

# The output must be the same if the file comes from a pipe. Each line below begins with the
# exit status, and has a "@" in front of the file.
@test "- is standard input for more verbs and options that read a file" {
	local attest=$top/tests/lib/attest code line file expected found=0
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf, ukigen
open("base.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
open("hashes.fd", "wb").write(ovmf.make(hashes=(0x810C00, 0x400)))
open("kernel", "wb").write(b"kernel")
program = ukigen.Pe().section(".text", b"kernel")
open("kernel.efi", "wb").write(program.build())'
	run_ctl 0 wrap base.fd -o base.igvm
	run_ctl 0 compose base.igvm --kernel=kernel.efi -o composed.igvm
	sample native image.igvm
	sample measured measured.igvm
	"$attest/eventlog.py" make ccel
	python3 "$attest/attestation.py" quote5 "$(printf '%096d' 5)" quote
	truncate -s 8M disk
	sfdisk --quiet disk <<<'label: gpt'
	while read -r code line; do
		file=${line#*@}
		file=${file%% *}
		# shellcheck disable=SC2086 # several words
		run_ctl "$code" ${line/@/}
		expected=$output
		[[ ! -e out ]] || mv out out.file
		# shellcheck disable=SC2086 # several words
		fed "$file" "$code" ${line/@$file/-}
		is "${output//-:/$file:}" "$expected"
		[[ ! -e out.file ]] || diff -r out out.file
		rm -rf out out.file
		found=$((found + 1))
	done <<-END
	5 stage @image.igvm --device=missing
	5 stage base.igvm --kernel=@kernel.efi --device=missing
	0 compose @base.igvm --kernel=kernel.efi -o out
	0 compose base.igvm --kernel=@kernel.efi -o out
	0 decompose @composed.igvm -o out
	0 partition install @image.igvm --dry-run --disk=disk
	0 measure --for=sev --kernel=@kernel hashes.fd
	0 measure --for=sev --kernel=kernel @hashes.fd
	0 measure --for=tdx --event-log=@ccel measured.igvm
	10 verify --report=@quote --nonce=any --digest=$(printf '%096d' 5)
	9 verify --report=quote --nonce=any --image=@measured.igvm
	END
	is "$found" 11
	# stage checks the file before it opens the device.
	echo rubbish >rubbish
	fed rubbish 4 stage - --device=missing
}

@test "- stands for one file only, and not for a directory or a closed input" {
	run_ctl 2 compose - --kernel=- -o out
	stderr_has '-: cannot read more than one file from standard input'
	run_ctl 2 compose - --db=- --db=- -o out
	stderr_has '-: cannot read more than one file from standard input'
	run_ctl 2 compose - --kernel=kernel --id-block --sign=- -o out
	stderr_has '-: cannot read more than one file from standard input'
	run_ctl 2 verify --report=- --nonce=any --digest="$(printf '%096d' 0)" --certificate=-
	stderr_has '-: cannot read more than one file from standard input'
	# Standard input is /dev/null, a directory, closed, or empty.
	run_ctl 4 check -
	output_has '-: error: '
	status=0
	timeout "$CTL_TIMEOUT" "$CTL" check - <. >out 2>&1 || status=$?
	is "$status" 1
	status=0
	timeout "$CTL_TIMEOUT" "$CTL" check - <&- >out 2>&1 || status=$?
	is "$status" 1
	printf '' | timeout "$CTL_TIMEOUT" "$CTL" check - >out 2>&1 || status=$?
	is "$status" 4
}

@test "an unknown verb is a usage error with a hint" {
	run_ctl 2 stag image.igvm
	stderr_has 'stag: unknown verb'
	stderr_has "try 'vmfwupdate-ctl --help'"
}

@test "an unknown option is a usage error with a hint, for every verb" {
	local verb
	run_ctl 2 --frobnicate
	stderr_has '--frobnicate'
	for verb in $verbs; do
		run_ctl 2 "$verb" --frobnicate
		stderr_has '--frobnicate'
		stderr_has "try 'vmfwupdate-ctl $verb --help'"
		run_ctl 2 "$verb" -Z
		stderr_has '-Z'
	done
}

@test "an option of another verb is not taken silently" {
	run_ctl 2 check --arm-now image.igvm
	stderr_has '--arm-now: unknown option'
	run_ctl 2 status --dry-run
	stderr_has '--dry-run: unknown option'
	run_ctl 2 stage -o out.igvm image.igvm
	stderr_has '-o: unknown option'
}

@test "an option without its argument, an argument without its option" {
	run_ctl 2 wrap rom --output
	stderr_has '--output: this option needs an argument'
	run_ctl 2 wrap rom -o
	stderr_has '-o: this option needs an argument'
	run_ctl 2 check --json=yes image.igvm
	stderr_has 'argument'
	run_ctl 2 check --strict=yes image.igvm
	stderr_has '--strict=yes: this option takes no argument'
	# An unknown letter in front of others, behind a long option.
	run_ctl 2 check --strict -zx image.igvm
	stderr_has '-z: unknown option'
	[[ $stderr != *'did you mean'* ]]
}

@test "the tool takes an abbreviated option, but not the beginning of several" {
	run_ctl 2 inspect --f image.igvm
	stderr_has '--f: this abbreviates several options'
	stderr_has "it may stand for '--force'"
	stderr_has "it may stand for '--fwid'"
	stderr_has "it may stand for '--for'"
	run_ctl 2 stage --on=x image.igvm
	stderr_has '--on=x: this option takes no argument'
	run_ctl 0 --vers
	output_has 'vmfwupdate-ctl'
}

@test "the tool refuses missing and extra operands" {
	run_ctl 2 check
	stderr_has FILE
	run_ctl 2 check one two
	stderr_has 'two: extra operand; check takes FILE'
	stderr_has "try 'vmfwupdate-ctl check --help'"
	run_ctl 2 status one
	stderr_has 'one: extra operand; status takes none'
	run_ctl 2 stage
	stderr_has 'stage needs FILE'
	stderr_has "try 'vmfwupdate-ctl stage --help'"
	run_ctl 2 wrap -o out
	stderr_has 'wrap needs ROM'
}

@test "wrap needs --output" {
	run_ctl 2 wrap rom
	stderr_has --output
}

@test "progress and force take known words only" {
	run_ctl 2 stage --progress=sometimes image.igvm
	stderr_has sometimes
	run_ctl 2 stage --force=everything image.igvm
	stderr_has '--force=everything: invalid value; expected kexec or soft-reboot or vmm'
	run_ctl 2 stage --force=overwrite image.igvm
	stderr_has '--force=overwrite: '
	run_ctl 2 wrap --force=kexec rom -o out
	stderr_has '--force=kexec: '
}

@test "--arm-now excludes --at-reboot and --once" {
	local when
	for when in --at-reboot --once; do
		run_ctl 2 stage --arm-now $when image.igvm
		stderr_has --arm-now
		run_ctl 2 stage $when --arm-now image.igvm
		stderr_has '--arm-now excludes --at-reboot and --once: it hands over the image at once'
	done
	# Both options wait for the reboot, so the error is about the missing file.
	run_ctl 1 stage --once --at-reboot image.igvm
	stderr_has image.igvm
}

@test "options stand before the verb and after the operands, too" {
	sample native image.igvm
	run_ctl 0 --json check image.igvm
	is "$(json sound)" True
	run_ctl 0 check image.igvm --json
	is "$(json sound)" True
}

@test "--json counts as an abbreviation, and as a letter among others" {
	local form
	sample native image.igvm
	for form in --js --j -j -qj -jq; do
		run_ctl 0 check "$form" image.igvm
		is "$(json sound)" True
	done
	# Here, the j is the value of an option in front of it, and does not ask for JSON.
	run_ctl 2 frobnicate -oj
	is "$output" ''
	for form in -o --output -qo --append; do
		run_ctl 2 frobnicate "$form" -j
		is "$output" ''
		# Here "--" is a value and does not end the options, so --json after it counts.
		run_ctl_json 2 frobnicate "$form" --
	done
}

@test "a file whose name looks like an option" {
	sample native ./--json
	run_ctl 0 check -- --json
	# The output is text, about the file "--json".
	is "${output%%:*}" --json
	output_has '--json: sound, IGVM format 1'
	# After "--" the word asks for no JSON, even if the command line has an error.
	run_ctl 2 frobnicate -- --json
	is "$output" ''
	stderr_has frobnicate
	run_ctl 2 check --frobnicate -- --json
	is "$output" ''
	stderr_has --frobnicate
}

@test "usage errors are JSON with --json" {
	run_ctl_json 2 frobnicate
	is "$(json messages 0 level)" error
	run_ctl_json 2 check --frobnicate
	output_has '--frobnicate: unknown option'
	run_ctl_json 2 check
	output_has 'check needs FILE'
}

@test "a full standard output is an error, as text and as JSON" {
	sample native image.igvm
	for arguments in '--help' 'check image.igvm' 'check --json image.igvm' \
			'wrap -o - rom'; do
		if [[ $arguments == wrap* ]]; then
			[[ -r $SEABIOS ]] || continue
			cp "$SEABIOS" rom
		fi
		status=0
		# shellcheck disable=SC2086 # several words
		timeout "$CTL_TIMEOUT" "$CTL" $arguments >/dev/full 2>errors || status=$?
		is "$status" 1
		grep -q 'No space left' errors || fail "$(<errors)"
	done
}

@test "a closed standard output is an error" {
	status=0
	timeout "$CTL_TIMEOUT" "$CTL" --help >&- 2>errors || status=$?
	is "$status" 1
	grep -q 'standard output' errors
}

@test "a reader that goes away ends the tool quietly, without a signal" {
	python3 -c '
import os, subprocess, sys
read, write = os.pipe()
os.close(read)
run = subprocess.run([sys.argv[1], "--help"], stdout=write, timeout=20,
	stderr=subprocess.PIPE)
sys.exit(run.returncode != 1 or run.stderr != b"")' "$CTL"
}

@test "--quiet does not suppress errors" {
	sample native image.igvm
	run_ctl 0 check --quiet image.igvm
	is "$output" ''
	run_ctl 1 stage --quiet missing.igvm
	stderr_has vmfwupdate-ctl:
}

# The build makes a page for each verb from the page of the tool. Comments in that page
# name the verbs of each option.
@test "the manual page has every verb, option and exit status, for each verb" {
	run_ctl 0 help --json
	python3 - "$top/Documentation/verb-page" "$top/Documentation/vmfwupdate-ctl.8.scd" \
		<<-'END' 3<<<"$output"
	import json, re, subprocess, sys
	script, page = sys.argv[1:]
	verbs = json.load(open(3))["verbs"]
	families = {}
	for verb in verbs:
	    families.setdefault(verb["name"].split()[0], []).append(verb)
	def run(*arguments):
	    return subprocess.run([script, *arguments, page], check=True,
	                          capture_output=True, text=True).stdout
	assert run().split() == sorted(families, key=run().split().index)
	def equal(what, found, wanted):
	    found, wanted = set(found), set(wanted)
	    if found != wanted:
	        sys.exit(f"{what}: the page has {found - wanted}, and lacks {wanted - found}")
	for name, family in families.items():
	    text = run(name)
	    parts = dict(re.findall(r"^# (.*)\n((?:(?!# ).*\n)*)", text, re.M))
	    terms = [line for line in parts["OPTIONS"].splitlines() if line.startswith("*-")]
	    equal(f"{name}: options", re.findall(r"--([a-z0-9-]+)", " ".join(terms)),
	          (option["name"] for verb in family for option in verb["options"]))
	    equal(f"{name}: exit statuses",
	          map(int, re.findall(r"^\*(\d+)\*$", parts["EXIT STATUS"], re.M)),
	          (code for verb in family for code in verb["exit_codes"]))
	    if len(family) == 1:
	        equal(f"{name}: summary", [parts["NAME"].strip()],
	              [f"vmfwupdate-ctl-{name} - {family[0]['summary']}"])
	    for verb in family:
	        if f"*vmfwupdate-ctl* *{verb['name']}*" not in parts["SYNOPSIS"] and \
	           f"*vmfwupdate-ctl {verb['name']}*" not in parts["SYNOPSIS"]:
	            sys.exit(f"no synopsis of {verb['name']}: {parts['SYNOPSIS']}")
	        for option in verb["options"]:
	            term, = (term for term in terms if f"--{option['name']}*" in term)
	            some = re.search(r" \((.*)\)$", term)
	            if some and verb["name"].split()[-1] not in some[1].split(", "):
	                sys.exit(f"{verb['name']}: not in {term}")
	    if not parts["DESCRIPTION"].strip():
	        sys.exit(f"{name}: no description")
	END
}

@test "an option that no comment gives to a verb is not on the page of the verb" {
	sed '/^; verbs: history$/d' "$top/Documentation/vmfwupdate-ctl.8.scd" >page
	run cmp -s page "$top/Documentation/vmfwupdate-ctl.8.scd"
	is "$status" 1
	run "$top/Documentation/verb-page" history page
	is "$status" 0
	[[ $'\n'$output != *$'\n*--clear'* ]] || fail "$output"
	grep -q '^\*--device' <<<"$output"
	run "$top/Documentation/verb-page" nonsense page
	is "$status" 1
	output_has 'cannot write the page of nonsense: no summary, options or exit statuses'
}

@test "with closed standard streams, the tool writes no text on a disk" {
	local closed before
	sample native image.igvm
	truncate -s 16M disk
	printf '%s\n' 'label: gpt' 'start=2048, size=2048, type=U' |
		sfdisk --quiet disk
	cp disk before
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		cp before disk
		# Install a file that is no image, then an image, with these streams closed.
		status=0
		eval "timeout $CTL_TIMEOUT '$CTL' partition install --disk=disk before $closed" ||
			status=$?
		is "$status" 8
		cmp disk before
		# The tool reports no success if it cannot write its output.
		status=0
		eval "timeout $CTL_TIMEOUT '$CTL' partition install --disk=disk --progress=always image.igvm $closed" ||
			status=$?
		is "$status" "$([[ " $closed" == *' >&-'* ]] && echo 1 || echo 0)"
		is "$(grep -caE 'write|image\.igvm' disk)" 0
		run_ctl 0 check disk
		sfdisk --verify --quiet disk
		run_ctl 0 partition remove --disk=disk
	done
}
