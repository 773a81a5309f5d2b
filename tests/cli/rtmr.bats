#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# measure --event-log: the registers of a TD. Two other programs read the same log for
# comparison: eventlog.py in tests/lib/attest, and tpm2_eventlog. Also the predicted
# registers of a changed boot, compared with the log of such a boot.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

EVENTLOG=$top/tests/lib/attest/eventlog.py

# make_log FILE EXPRESSION: write a log by a Python EXPRESSION with the names of
# eventlog.py.
make_log()
{
	PYTHONPATH=$top/tests/lib/attest python3 -c '
import sys
from eventlog import *
open(sys.argv[1], "wb").write(eval(sys.argv[2]))' "$@"
}

# Expect that measure prints the registers of the log ccel after the digest of the image.
expect_registers()
{
	run_ctl 0 measure --for=tdx image.igvm
	local digest=$output
	run_ctl 0 measure --for=tdx --event-log=ccel image.igvm
	is "$output" "$digest"$'\n'"$("$EVENTLOG" registers ccel)"
	is "$stderr" ''
}

@test "the registers of a log, computed twice" {
	sample measured image.igvm
	local log
	for log in 'td().area()' 'td().area(fill=0)' 'td().bytes' 'td(register=0).area()' \
		'td(algorithms=(SHA256, SHA384), vendor=b"vendor").area()' \
		'td({"PK": b"p" * 900, "KEK": b"k", "db": b"d" * 3000, "dbx": b""}).area()' \
		'td(authority=b"an entry", sections=((".linux", b"kernel"),)).area()' \
		'td().event(4, IPL, b"a guest").area()' \
		'td().event(4, 0x12345678, b"unknown").area()' \
		'Log().area()'; do
		make_log ccel "$log"
		expect_registers
	done
}

# tpm2_eventlog assigns the header, and events that extend nothing, to MRTD. It stops at
# padding.
@test "tpm2_eventlog has the same registers" {
	needs /usr/bin/tpm2_eventlog tpm2-tools
	sample measured image.igvm
	make_log ccel 'td({"PK": b"p", "KEK": b"k", "db": b"d", "dbx": b"x"}, register=0,
		algorithms=(SHA256, SHA384)).event(4, IPL, b"a guest").bytes'
	tpm2_eventlog ccel >log.yaml
	run_ctl 0 measure --for=tdx --event-log=ccel image.igvm
	is "$(sed 1d <<<"$output")" "$(sed '1,/sha384:/d' log.yaml |
		sed -n 's/^ *\([1-4]\) *: 0x/\1 /p' |
		while read -r number value; do echo "RTMR $((number - 1)): $value"; done)"
}

@test "a flat firmware and a log" {
	PYTHONPATH=$top/tests/lib/images python3 -c '
import ovmf
open("rom.fd", "wb").write(ovmf.make())'
	make_log ccel 'td().area()'
	run_ctl 0 measure --for=tdx rom.fd
	local digest=$output
	run_ctl 0 measure --for=tdx --event-log=ccel rom.fd
	is "$output" "$digest"$'\n'"$("$EVENTLOG" registers ccel)"
	run_ctl 2 measure --for=sev --event-log=ccel rom.fd
	stderr_has '--event-log is only for the platform tdx'
	is "$output" ''
}

@test "JSON and base64" {
	sample measured image.igvm
	make_log ccel 'td().area()'
	run_ctl_json 0 measure --for=tdx --event-log=ccel image.igvm
	is "$(json event_log file)" ccel
	is "$(json event_log rtmrs 0 rtmr)" 0
	is "$(json event_log rtmrs 0 events)" 13
	is "RTMR 1: $(json event_log rtmrs 1 digest)" \
		"$("$EVENTLOG" registers ccel | sed -n 2p)"
	is "$(json event_log rtmrs 3 events)" 0
	[[ $output != *base64* && $output != *'"events": ['* ]] || fail "$output"
	run_ctl 0 measure --for=tdx --event-log=ccel --base64 image.igvm
	local line
	line=$(sed -n 's/^RTMR 2: //p' <<<"$output")
	is "$(base64 -d <<<"$line" | od -An -v -tx1 | tr -d ' \n')" \
		"$("$EVENTLOG" registers ccel | sed -n 's/^RTMR 2: //p')"
	run_ctl_json 0 measure --for=tdx --event-log=ccel --base64 image.igvm
	is "$(json event_log rtmrs 2 digest_base64)" "$line"
}

@test "a trace has each event that extends a register" {
	sample measured image.igvm
	make_log ccel 'td().event(4, 0x12345678, b"unknown").area()'
	run_ctl 0 measure --for=tdx --event-log=ccel --trace image.igvm
	is "$(sed 1d <<<"$output")" "$("$EVENTLOG" registers ccel)"
	is "$(grep -c '^event ' <<<"$stderr")" 22
	stderr_has 'event 5 RTMR 0 EV_EFI_VARIABLE_DRIVER_CONFIG PK 6f2e3cbc14f9def8'
	stderr_has 'event 16 RTMR 1 EV_SEPARATOR 394341b7182cd227'
	stderr_has 'event 23 RTMR 3 0x12345678 '
	run_ctl_json 0 measure --for=tdx --event-log=ccel --trace image.igvm
	is "$(json event_log events 0 event)" 2
	is "$(json event_log events 0 type)" EV_EFI_HANDOFF_TABLES2
	is "$(json event_log events 0 data)" unknown
	is "$(json event_log events 3 name)" PK
	is "$(json event_log events 3 data)" matches
}

@test "an event whose digest is not that of its data" {
	sample measured image.igvm
	make_log ccel 'td().area().replace(b"Exit Boot", b"exit boot", 1)'
	run_ctl 9 measure --for=tdx --event-log=ccel image.igvm
	stderr_has "ccel: event 21 (EV_EFI_ACTION): the digest does not match the event's data"
	is "$(sed 1d <<<"$output")" "$("$EVENTLOG" registers ccel)"
	run_ctl_json 9 measure --for=tdx --event-log=ccel --trace image.igvm
	is "$(json event_log events 19 data)" differs
}

# The digest comes first, also if a file buffers it.
@test "output and messages in one file have the order in time" {
	local digest status=0
	sample measured image.igvm
	make_log ccel 'td().area().replace(b"Exit Boot", b"exit boot", 1)'
	run_ctl 0 measure --for=tdx image.igvm
	digest=$output
	timeout "$CTL_TIMEOUT" "$CTL" measure --for=tdx --event-log=ccel image.igvm \
		>both 2>&1 || status=$?
	is "$status" 9
	is "$(head -n 1 both)" "$digest"
	grep -q '^vmfwupdate-ctl: ccel: event 21 ' both || fail "$(<both)"
}

@test "files that are no event log" {
	sample measured image.igvm
	echo rubbish >rubbish
	run_ctl 4 measure --for=tdx --event-log=rubbish image.igvm
	stderr_has 'rubbish: cannot read this event log: the log ends within its header (0x8 at offset 0x0)'
	make_log ccel 'td().bytes[:-1]'
	run_ctl 4 measure --for=tdx --event-log=ccel image.igvm
	stderr_has 'an event has more bytes than the rest of the log'
	[[ $output != *RTMR* ]] || fail "$output"
	run_ctl_json 4 measure --for=tdx --event-log=ccel image.igvm
	make_log ccel 'td().event(5, SEPARATOR, bytes(4)).bytes'
	run_ctl 4 measure --for=tdx --event-log=ccel image.igvm
	stderr_has 'firmware cannot extend a register of this index (0x5 at offset 0x'
	[[ $output != *RTMR* ]] || fail "$output"
	run_ctl 1 measure --for=tdx --event-log=missing image.igvm
	stderr_has 'missing: cannot use this file: No such file or directory'
	run_ctl 2 measure --for=snp --event-log=ccel image.igvm
	stderr_has '--event-log is only for the platform tdx'
	is "$output" ''
	run_ctl 2 measure --for=tdx --event-log=- -
	stderr_has 'cannot read more than one file from standard input'
	# verify judges by MRTD alone.
	run_ctl 2 verify --event-log=ccel image.igvm
}

# Make UKIs, databases for two images, and boots.py, which makes logs of boots.
setup_boots()
{
	cat >boots.py <<-'END'
		import ukigen
		import secureboot
		import eventlog
		from eventlog import SHA384

		def uki(name, sections):
		    program = ukigen.Pe().section(".text", b"a stub")
		    for section, content in sections:
		        program.section(section, content)
		    data = program.build()
		    open(name, "wb").write(data)
		    return data

		def linux(text):
		    return ukigen.Pe().section(".text", text).build()

		OLD = [(".osrel", b"ID=old"), (".cmdline", b" quiet\tsplash \n"),
		       (".linux", linux(b"old")), (".initrd", b"an old initrd" * 9000)]
		NEW = [(".osrel", b"ID=new"), (".cmdline", b"debug\n"),
		       (".linux", linux(b"new kernel")), (".initrd", b"a new initrd" * 9000)]
		OPTIONS = {"old": "quiet splash\0", "new": "debug\0"}
		DATABASES = {
		    which: {
		        "PK": secureboot.signature_list(secureboot.X509, which + b" key"),
		        "KEK": secureboot.signature_list(secureboot.X509, b"a KEK"),
		        "db": secureboot.signature_list(secureboot.SHA256, which[:1] * 32),
		        "dbx": secureboot.signature_list(secureboot.SHA256, b"x" * 32),
		    } for which in (b"old", b"new")
		}

		def boot(which, databases=None, inner=False, initrd=None, **keywords):
		    """The log of a boot of uki(which): inner, the stub starts .linux."""
		    sections = {"old": OLD, "new": NEW}[which]
		    contents = dict(sections)
		    program = open(which + ".efi", "rb").read()
		    log = eventlog.td(
		        databases=databases and DATABASES[databases],
		        application={SHA384: secureboot.authenticode(program, "sha384")},
		        sections=sections, options=OPTIONS[which].encode("utf-16-le"),
		        initrd=contents[".initrd"] if initrd is None else initrd, **keywords)
		    if inner:
		        digest = secureboot.authenticode(contents[".linux"], "sha384")
		        log.event(2, eventlog.APPLICATION, bytes(32), digests={SHA384: digest})
		    return log

		if __name__ == "__main__":
		    import ovmf
		    open("rom.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
		    uki("old.efi", OLD)
		    uki("new.efi", NEW)
		    uki("fewer.efi", NEW[:-1])
		    uki("more.efi", NEW + [(".splash", b"a picture")])
		    uki("other.efi", [NEW[0], NEW[1], NEW[3], NEW[2]])
		    uki("arm.efi", [(name, b"no program" if name == ".linux" else content)
		                    for name, content in NEW])
		    for which, contents in DATABASES.items():
		        for name, content in contents.items():
		            with open(f"{which.decode()}-{name}", "wb") as file:
		                file.write(secureboot.variable(content))
	END
	boots boots.py
	run_ctl 0 wrap --for=tdx rom.fd -o base.igvm
}

boots()
{
	PYTHONPATH=$top/tests/lib/attest:$top/tests/lib/images:. python3 "$@"
}

# log_boot FILE EXPRESSION: write the log of a boot.
log_boot()
{
	boots -c '
import sys
from boots import *
open(sys.argv[1], "wb").write(eval(sys.argv[2]).area())' "$@"
}

# predicts LOG IMAGE [OPTION...]: expect that measure predicts the registers of LOG.
predicts()
{
	local log=$1
	shift
	run_ctl 0 measure --for=tdx --event-log=ccel "$@"
	is "$(grep '^RTMR .: ' <<<"$output")" "$("$EVENTLOG" registers "$log")"
}

with_uki=(--recorded-uki=old.efi --uki=new.efi)

@test "another UKI changes RTMR 1 and 2 as its boot would" {
	setup_boots
	local boot
	for boot in '' inner=True register=0 'algorithms=(SHA384,)'; do
		log_boot ccel "boot('old', $boot)"
		log_boot wanted "boot('new', $boot)"
		predicts wanted base.igvm "${with_uki[@]}"
		[[ $stderr != *warning* ]] || fail "$stderr"
		stderr_has 'RTMR 1, event 18 (EV_EFI_BOOT_SERVICES_APPLICATION): the digest of the UKI replaces the recorded one'
		stderr_has '(EV_IPL): the digest of .osrel replaces'
		stderr_has '(EV_EVENT_TAG): the digest of the options in .cmdline replaces'
		is "$(sed -n 's/ as recorded//p' <<<"$output")" \
			"$("$EVENTLOG" registers ccel | sed -n '2,3p')"
	done
	# The same UKI again.
	cp wanted ccel
	predicts wanted base.igvm --recorded-uki=new.efi --uki=new.efi
	is "$stderr" ''
	# Each UKI can come from standard input.
	is "$(cat new.efi | timeout "$CTL_TIMEOUT" "$CTL" measure --for=tdx --event-log=ccel \
		--recorded-uki=new.efi --uki=- base.igvm)" "$output"
	is "$(cat new.efi | timeout "$CTL_TIMEOUT" "$CTL" measure --for=tdx --event-log=ccel \
		--recorded-uki=- --uki=new.efi base.igvm)" "$output"
}

@test "the UKI of a flat firmware, in JSON" {
	setup_boots
	log_boot ccel "boot('old', inner=True)"
	log_boot wanted "boot('new', inner=True)"
	predicts wanted rom.fd "${with_uki[@]}"
	run_ctl_json 0 measure --for=tdx --event-log=ccel --trace "${with_uki[@]}" rom.fd
	is "RTMR 1: $(json event_log rtmrs 1 digest)" \
		"$("$EVENTLOG" registers wanted | sed -n 2p)"
	is "RTMR 1: $(json event_log rtmrs 1 recorded)" \
		"$("$EVENTLOG" registers ccel | sed -n 2p)"
	is "$(json event_log rtmrs 0 replaced)" 0
	is "$(json event_log rtmrs 1 replaced)" 2
	is "$(json event_log rtmrs 2 replaced)" 6
	is "$(json event_log events 16 origin)" 'the UKI'
	[[ $(json event_log events 16 instead) =~ ^[0-9a-f]{96}$ ]]
	is "$(json messages 0 level)" note
}

@test "digests of no known part of the recorded UKI stay, with a warning" {
	setup_boots
	# systemd-stub may add files of its own to the initial RAM disk.
	log_boot ccel "boot('old', initrd=b'more')"
	log_boot wanted "boot('new', initrd=b'more')"
	predicts wanted base.igvm "${with_uki[@]}"
	stderr_has 'ccel: RTMR 1 and 2 keep 1 of the recorded digests, because no known part of old.efi has them; see --trace'
	# A kernel that is no program.
	log_boot ccel "boot('old', inner=True)"
	run_ctl 0 measure --for=tdx --event-log=ccel --recorded-uki=old.efi --uki=arm.efi \
		base.igvm
	stderr_has 'ccel: RTMR 1 and 2 keep 1 of the recorded digests'
}

@test "UKIs between which measure can predict nothing" {
	setup_boots
	log_boot ccel "boot('old')"
	local name
	for name in fewer more other; do
		run_ctl 4 measure --for=tdx --event-log=ccel --recorded-uki=old.efi \
			--uki=$name.efi base.igvm
		stderr_has "$name.efi: cannot predict RTMR 2: the names or the order of its measured sections differ from those of old.efi"
		[[ $output != *RTMR* ]] || fail "$output"
	done
	run_ctl 9 measure --for=tdx --event-log=ccel --recorded-uki=new.efi --uki=old.efi \
		base.igvm
	stderr_has 'ccel: cannot predict RTMR 1: the log has no event of new.efi; name the UKI of the recorded boot by --recorded-uki=FILE'
	[[ $output != *RTMR* ]] || fail "$output"
	run_ctl_json 9 measure --for=tdx --event-log=ccel --recorded-uki=new.efi \
		--uki=old.efi base.igvm
	boots -c '
from boots import *
same = [(name, b"same" if name != ".linux" else content) for name, content in OLD]
uki("same.efi", same)'
	run_ctl 4 measure --for=tdx --event-log=ccel --recorded-uki=same.efi --uki=new.efi \
		base.igvm
	stderr_has 'new.efi: cannot predict RTMR 2: two of its sections differ, but are the same in same.efi, so the log does not tell them apart'
	echo rubbish >rubbish
	run_ctl 4 measure --for=tdx --event-log=ccel --recorded-uki=old.efi --uki=rubbish \
		base.igvm
	stderr_has 'rubbish: this is not a UEFI program'
	run_ctl 1 measure --for=tdx --event-log=ccel --recorded-uki=missing --uki=new.efi \
		base.igvm
	stderr_has 'missing: cannot use this file: No such file or directory'
}

@test "options for UKIs that need each other" {
	setup_boots
	local options
	for options in --uki=new.efi --recorded-uki=old.efi "${with_uki[*]}" \
		'--uki=new.efi --event-log=ccel' '--recorded-uki=old.efi --event-log=ccel'; do
		# shellcheck disable=SC2086 # several options
		run_ctl 2 measure --for=tdx $options base.igvm
		stderr_has '--uki=FILE and --recorded-uki=FILE: each needs the other and --event-log=FILE; give all three'
		is "$output" ''
	done
	run_ctl 2 measure --for=tdx --event-log=ccel --uki=- --recorded-uki=- base.igvm
	stderr_has 'cannot read more than one file from standard input'
}

# compose_boot WHICH IMAGE [OPTION...]: make IMAGE with Secure Boot variables from the
# files WHICH-PK, WHICH-KEK, WHICH-db and WHICH-dbx
compose_boot()
{
	local which=$1 image=$2
	shift 2
	run_ctl 0 compose base.igvm --pk="$which-PK" --kek="$which-KEK" --db="$which-db" \
		--dbx="$which-dbx" -o "$image" "$@"
}

@test "the Secure Boot variables of the image change RTMR 0 as its boot would" {
	setup_boots
	compose_boot new new.igvm
	log_boot ccel "boot('old', b'old')"
	log_boot wanted "boot('old', b'new')"
	predicts wanted new.igvm
	stderr_has 'RTMR 0, event 5 (EV_EFI_VARIABLE_DRIVER_CONFIG): the digest of PK replaces the recorded one'
	stderr_has 'the digest of db replaces'
	[[ $stderr != *' KEK '* && $stderr != *' dbx '* ]] || fail "$stderr"
	# The boot to come also has another UKI.
	log_boot wanted "boot('new', b'new')"
	predicts wanted new.igvm "${with_uki[@]}"
	# The image has the recorded databases, so nothing changes.
	compose_boot old old.igvm
	predicts ccel old.igvm
	is "$stderr" ''
	# An image without variables changes none.
	predicts ccel base.igvm
	is "$stderr" ''
}

# edk2 measures each variable that is missing, and measures it again when something sets
# it.
@test "variables that the firmware sets up after it has measured them" {
	setup_boots
	compose_boot new new.igvm
	boots -c '
from boots import *
for path, which in (("ccel", b"old"), ("wanted", b"new")):
    log = boot("old")
    for name, content in DATABASES[which].items():
        log.event(1, eventlog.VARIABLE_CONFIG,
                  eventlog.variable(name, content, eventlog.VENDORS[name]))
    open(path, "wb").write(log.area())'
	predicts wanted new.igvm
}

@test "an entry of db that accepted a program stays, with a warning" {
	setup_boots
	compose_boot new new.igvm
	log_boot ccel "boot('old', b'old', authority=b'an entry')"
	log_boot wanted "boot('old', b'new', authority=b'an entry')"
	predicts wanted new.igvm
	stderr_has 'ccel: RTMR 0 keeps the recorded entry of db that accepted a program; the predicted boot may use another entry'
	predicts ccel base.igvm
	is "$stderr" ''
}

@test "a log without the variables of the image, and an image with a kernel" {
	setup_boots
	compose_boot new new.igvm
	log_boot ccel "boot('old')"
	run_ctl 9 measure --for=tdx --event-log=ccel new.igvm
	stderr_has 'ccel: cannot predict RTMR 0: the log has no event of a db with contents; record a boot from an image with Secure Boot variables'
	[[ $output != *RTMR* ]] || fail "$output"
	run_ctl 0 compose base.igvm --kernel=new.efi -o kernel.igvm
	predicts ccel kernel.igvm
	stderr_has 'kernel.igvm: RTMR 1 and 2 are as recorded; for the kernel in this image, give --uki=FILE and --recorded-uki=FILE'
	log_boot wanted "boot('new')"
	predicts wanted kernel.igvm "${with_uki[@]}"
	[[ $stderr != *warning* ]] || fail "$stderr"
}

@test "variables in an image that firmware would refuse" {
	setup_boots
	compose_boot new new.igvm
	log_boot ccel "boot('old', b'old')"
	# Change the size of the list in db, which is 76.
	boots -c '
from boots import *
data = bytearray(open("new.igvm", "rb").read())
at = data.index(DATABASES[b"new"]["db"])
data[at + 16] = 77
open("bad.igvm", "wb").write(data)'
	run_ctl 4 measure --for=tdx --event-log=ccel bad.igvm
	stderr_has 'cannot predict RTMR 0: firmware would refuse db of this image: '
	stderr_has ' at offset 0x38)'
}
