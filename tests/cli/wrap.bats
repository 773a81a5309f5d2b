#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# wrap: images from flat firmware, whole or not at all.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_rom()
{
	needs "$SEABIOS" seabios
	cp "$SEABIOS" rom.fd
}

@test "SeaBIOS becomes a sound image, the same every time" {
	setup_rom
	run_ctl 0 wrap rom.fd -o one.igvm
	run_ctl 0 wrap rom.fd --output=two.igvm
	cmp one.igvm two.igvm
	run_ctl 0 check one.igvm
	output_has 'platforms: native'
	output_has 'warnings: 0'
	files_are ./one.igvm ./rom.fd ./two.igvm
}

@test "an independent writer makes the same bytes" {
	local rom
	for rom in "$SEABIOS" "$OVMF_CODE"; do
		needs "$rom" 'seabios ovmf'
		rm -f ./*.igvm
		run_ctl 0 wrap "$rom" -o ours.igvm
		python3 "$IGVMGEN" --wrap "$rom" theirs.igvm
		cmp ours.igvm theirs.igvm
		run_ctl 0 wrap "$rom" --registers --force=overwrite -o ours.igvm
		python3 "$IGVMGEN" --registers=reset --wrap "$rom" theirs.igvm
		cmp ours.igvm theirs.igvm
	done
}

@test "registers for plain guests: format 2, and no warning of --vmm=qemu" {
	setup_rom
	run_ctl 0 wrap rom.fd -o plain.igvm
	run_ctl 0 check --vmm=qemu --memory=1G plain.igvm
	output_has '[qemu-registers]'
	run_ctl 0 wrap rom.fd --registers -o image.igvm
	run_ctl 0 check --strict --vmm=qemu --memory=1G image.igvm
	output_has 'IGVM format 2 for x64'
	run_ctl 2 wrap rom.fd --registers --for=tdx -o other.igvm
	stderr_has '--registers is only for the platform native'
}

@test "registers for plain guests beside those of SEV-SNP: each has its own" {
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import ovmf
		open("rom.fd", "wb").write(ovmf.make())
	END
	local wrap=(wrap rom.fd --for=native,snp --cpu-signature=0xa00f11)
	run_ctl 0 "${wrap[@]}" -o plain.igvm
	run_ctl 0 "${wrap[@]}" --registers -o image.igvm
	run_ctl 0 check image.igvm
	output_has 'warnings: 0'
	run_ctl 0 measure --for=snp plain.igvm
	local digest=$output
	run_ctl 0 measure --for=snp image.igvm
	is "$output" "$digest"
}

@test "memory where the firmware would read parameters has zeroes, on native alone" {
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import ovmf
		open("rom.fd", "wb").write(ovmf.make(igvm=ovmf.IGVM_AREAS))
		open("other.fd", "wb").write(ovmf.make())
	END
	run_ctl 0 wrap rom.fd -o image.igvm
	run_ctl_json 0 check image.igvm
	[[ $(json memory 0 ranges populated) == *"'0x812000', '0x813000'"* ]]
	run_ctl 0 inspect --page=0x812000 image.igvm
	is "$(sed 's/^[^ ]* //' <<<"$output" | tr -d ' 0.*|\n')" ''
	run_ctl 0 wrap other.fd -o other.igvm
	run_ctl_json 0 check other.igvm
	[[ $(json memory 0 ranges populated) != *0x812000* ]]
	run_ctl 0 wrap rom.fd --for=tdx -o tdx.igvm
	run_ctl 0 wrap other.fd --for=tdx -o plain.igvm
	is "$(stat -c %s tdx.igvm)" "$(stat -c %s plain.igvm)"
}

@test "OVMF with and without its variables" {
	needs "$OVMF_CODE" ovmf
	needs "$OVMF_VARS" ovmf
	cat "$OVMF_VARS" "$OVMF_CODE" >OVMF.fd
	run_ctl 0 wrap "$OVMF_CODE" -o code.igvm
	run_ctl 0 wrap OVMF.fd -o whole.igvm
	run_ctl_json 0 check whole.igvm
	is "$(json memory 0 ranges populated)" \
		"[['0xe0000', '0x100000'], ['0xffc00000', '0x100000000']]"
}

@test "code and variable store in two files are the same as both in one" {
	needs "$OVMF_CODE" ovmf
	needs "$OVMF_VARS" ovmf
	cat "$OVMF_VARS" "$OVMF_CODE" >OVMF.fd
	run_ctl 0 wrap OVMF.fd -o whole.igvm
	run_ctl 0 wrap "$OVMF_CODE" --vars="$OVMF_VARS" -o parts.igvm
	cmp whole.igvm parts.igvm
	"$CTL" wrap "$OVMF_CODE" --vars=- -o - <"$OVMF_VARS" | cmp - whole.igvm
	"$CTL" wrap - --vars "$OVMF_VARS" -o - <"$OVMF_CODE" | cmp - whole.igvm
}

# Make code.fd, and vars.fd with an empty variable store.
make_code_and_store()
{
	PYTHONPATH=$top/tests/lib/images python3 - <<-'END'
		import ovmf
		guid = bytes.fromhex("8d2bf1ff96768b4ca9852747075b4f50")
		volume = (bytes(16) + guid + (8192).to_bytes(8, "little") + b"_FVH").ljust(8192, b"\xff")
		open("code.fd", "wb").write(ovmf.make())
		open("vars.fd", "wb").write(volume)
	END
}

@test "code and variable store in two files: platforms see the whole" {
	make_code_and_store
	cat vars.fd code.fd >whole.fd
	local platforms=(--for=native,snp,sev-es,tdx --cpu-signature=0xa00f11)
	run_ctl 0 wrap whole.fd "${platforms[@]}" -o whole.igvm
	run_ctl 0 wrap code.fd --vars=vars.fd "${platforms[@]}" -o parts.igvm
	cmp whole.igvm parts.igvm
	run_ctl 0 inspect --rom --for=native -o rom.fd parts.igvm
	cmp rom.fd whole.fd
}

@test "code and variable store have whole pages, and at most 16 MiB" {
	local size
	make_code_and_store
	cp vars.fd odd.fd
	echo >>odd.fd
	run_ctl 4 wrap code.fd --vars=odd.fd -o image.igvm
	stderr_has 'odd.fd: this is not a variable store; expected whole pages'
	size=$(((16 << 20) - $(stat -c %s code.fd)))
	truncate -s "$size" vars.fd
	run_ctl 0 wrap code.fd --vars=vars.fd -o image.igvm
	run_ctl_json 0 check image.igvm
	[[ $(json memory 0 ranges populated) == *"['0xff000000', '0x100000000']"* ]]
	truncate -s $((size + 4096)) vars.fd
	run_ctl 4 wrap code.fd --vars=vars.fd -o other.igvm
	stderr_has 'vars.fd: cannot join this variable store with the firmware'
	files_are ./code.fd ./image.igvm ./odd.fd ./vars.fd
}

@test "wrap refuses a file that is no variable store, or a second one" {
	needs "$OVMF_CODE" ovmf
	needs "$OVMF_VARS" ovmf
	cat "$OVMF_VARS" "$OVMF_CODE" >OVMF.fd
	run_ctl 4 wrap OVMF.fd --vars="$OVMF_VARS" -o image.igvm
	stderr_has 'OVMF.fd: this firmware begins with a variable store already; leave out --vars'
	run_ctl 4 wrap "$OVMF_CODE" --vars="$OVMF_CODE" -o image.igvm
	stderr_has "$OVMF_CODE: this is not a variable store; expected whole pages"
	head -c -1 "$OVMF_VARS" >short.fd
	run_ctl 4 wrap "$OVMF_CODE" --vars=short.fd -o image.igvm
	stderr_has 'short.fd: this is not a variable store'
	head -c -4096 "$OVMF_VARS" >short.fd
	run_ctl 4 wrap "$OVMF_CODE" --vars=short.fd -o image.igvm
	stderr_has 'short.fd: this is not a variable store'
	echo x >short.fd
	run_ctl 4 wrap "$OVMF_CODE" --vars=short.fd -o image.igvm
	stderr_has 'short.fd: this is not a variable store'
	cp "$OVMF_VARS" long.fd
	truncate -s 16M long.fd
	run_ctl 4 wrap "$OVMF_CODE" --vars=long.fd -o image.igvm
	stderr_has 'long.fd: cannot join this variable store with the firmware'
	run_ctl 1 wrap "$OVMF_CODE" --vars=none.fd -o image.igvm
	stderr_has 'none.fd: cannot use this file: No such file or directory'
	run_ctl 2 wrap - --vars=- -o image.igvm
	stderr_has 'cannot read more than one file from standard input'
	[[ ! -e image.igvm ]]
}

@test "the image loads the ROM, byte for byte, below 4 GiB and below 1 MiB" {
	setup_rom
	run_ctl 0 wrap rom.fd -o image.igvm
	python3 - <<-'END'
		import struct
		rom = open("rom.fd", "rb").read()
		file = open("image.igvm", "rb").read()
		start, size = struct.unpack_from("<II", file, 8)
		memory, at = {}, start
		while at < start + size:
		    kind, length = struct.unpack_from("<II", file, at)
		    if kind == 0x302:
		        gpa, mask, offset = struct.unpack_from("<QII", file, at + 8)
		        memory[gpa] = file[offset:offset + 4096] if offset else bytes(4096)
		    at += 8 + (length + 7) // 8 * 8
		high = b"".join(memory[g] for g in sorted(memory) if g >= 1 << 20)
		low = b"".join(memory[g] for g in sorted(memory) if g < 1 << 20)
		assert high == rom, "above"
		assert low == rom[-(256 << 10):], "below"
		below = [g for g in memory if g < 1 << 20]
		assert below == sorted(below, reverse=True), "in descending order"
		assert max(memory) == (1 << 32) - 4096
	END
}

# This firmware needs flash. If a VMM launches it from memory, it stops before it boots a
# system.
@test "wrap and check warn of firmware that is built for SMM and flash" {
	local secboot=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
	needs "$secboot" ovmf
	run_ctl 0 wrap "$secboot" -o image.igvm
	stderr_has "warning: $secboot: this firmware is built for SMM and for variables in flash"
	run_ctl_json 0 check image.igvm
	is "$(json messages 0 level)" warning
	run_ctl 0 wrap /usr/share/OVMF/OVMF_CODE_4M.fd -o plain.igvm
	is "$stderr" ''
	run_ctl 0 check plain.igvm
	is "$stderr" ''
	# A compressed volume that is cut or broken causes no warning and no error.
	head -c 2M "$secboot" >cut.fd
	printf 'code' | dd of=cut.fd bs=1 seek=$((2 * 1024 * 1024 - 16)) conv=notrunc status=none
	dd if=/dev/urandom of=cut.fd bs=4096 seek=2 count=100 conv=notrunc status=none
	run_ctl 0 wrap cut.fd -o cut.igvm
	[[ $stderr != *SMM* ]]
}

# The reset vector may have any instruction: cli and jmp, wbinvd, nop and jmp short, ...
@test "wrap takes firmware with any instruction at the reset vector" {
	local code
	for code in '\xfa\xe9' '\xfa\xfc\xe9' '\x0f\x09\xe9' '\x90\x90\xeb' '\xf4'; do
		head -c 65520 /dev/zero >rom.fd
		printf "$code" >>rom.fd
		truncate -s 64K rom.fd
		run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
		run_ctl 0 check image.igvm
	done
	truncate -s 64K blank.fd
	run_ctl 4 wrap blank.fd -o blank.igvm
	stderr_has 'not flat PC firmware; expected whole 4 KiB pages'
	truncate -s 16777216 large.fd
	cat large.fd rom.fd >toolarge.fd
	run_ctl 4 wrap toolarge.fd -o blank.igvm
	stderr_has 'not flat PC firmware; expected whole 4 KiB pages'
}

@test "standard output takes the image, and nothing else" {
	setup_rom
	run_ctl 0 wrap rom.fd -o image.igvm
	timeout "$CTL_TIMEOUT" "$CTL" wrap rom.fd -o - >piped.igvm
	cmp image.igvm piped.igvm
	run_ctl_json 2 wrap rom.fd -o -
	output_has '--output=-: cannot write both the image and JSON to standard output; name a file'
}

@test "JSON names the written file" {
	setup_rom
	run_ctl_json 0 wrap rom.fd -o image.igvm
	is "$(json output file)" image.igvm
	is "$(json output size)" "$(stat -c %s image.igvm)"
	is "$(json output already)" False
	run_ctl_json 0 wrap rom.fd -o image.igvm
	is "$(json output already)" True
}

@test "wrap overwrites another file only with --force=overwrite" {
	setup_rom
	echo mine >image.igvm
	run_ctl 1 wrap rom.fd -o image.igvm
	stderr_has '--force=overwrite'
	is "$(<image.igvm)" mine
	run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
	run_ctl 0 check image.igvm
	files_are ./image.igvm ./rom.fd
}

@test "wrap replaces no device and no directory" {
	setup_rom
	mkdir directory
	run_ctl 1 wrap rom.fd -o directory --force=overwrite
	stderr_has 'directory: this is not a regular file'
	run_ctl 1 wrap rom.fd -o /dev/null --force=overwrite
	stderr_has '/dev/null: this is not a regular file'
	[[ -c /dev/null ]]
	run_ctl 1 wrap rom.fd -o no/such/directory/image.igvm
	stderr_has 'No such file or directory'
}

@test "the new file has the mode that umask leaves" {
	setup_rom
	(umask 027; run_ctl 0 wrap rom.fd -o image.igvm)
	is "$(stat -c %a image.igvm)" 640
}

@test "a file that is overwritten keeps its mode and its owner" {
	setup_rom
	echo mine >image.igvm
	chmod 600 image.igvm
	run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
	is "$(stat -c %a image.igvm)" 600
	echo mine >image.igvm
	chmod 4664 image.igvm
	run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
	is "$(stat -c %a image.igvm)" 664
	[[ $EUID -eq 0 ]] || return 0
	echo mine >image.igvm
	chown 12345:23456 image.igvm
	run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
	is "$(stat -c %u:%g image.igvm)" 12345:23456
}

@test "the error for a link that leads nowhere says so" {
	setup_rom
	ln -s nowhere image.igvm
	run_ctl 1 wrap rom.fd -o image.igvm
	stderr_has 'image.igvm: this is a symbolic link to a file that does not exist'
	[[ -L image.igvm && ! -e nowhere ]]
	run_ctl 0 wrap rom.fd -o image.igvm --force=overwrite
	[[ -f image.igvm && ! -L image.igvm && ! -e nowhere ]]
}

@test "a file that cannot be read does not count as one with other content" {
	setup_rom
	[[ $EUID -eq 0 ]] || skip 'needs root, to become another user'
	chmod 755 .
	mkdir -m 777 open
	cp rom.fd open
	run_ctl 0 wrap rom.fd -o open/image.igvm
	chmod 600 open/image.igvm
	status=0
	stderr=$(setpriv --reuid=65534 --clear-groups "$CTL" wrap rom.fd \
		-o open/image.igvm 2>&1) || status=$?
	is "$status" 1
	stderr_has 'open/image.igvm: cannot compare the existing file: Permission denied'
}

# slowly FILE COMMAND...: run COMMAND with a non-blocking pipe as output. A slow reader
# copies the content of the pipe to FILE.
slowly()
{
	timeout "$CTL_TIMEOUT" python3 -c '
import fcntl, os, subprocess, sys, time
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
os.set_blocking(write, False)
tool = subprocess.Popen(sys.argv[2:], stdout=write)
os.close(write)
time.sleep(0.5)
with open(sys.argv[1], "wb") as file, os.fdopen(read, "rb", 0) as pipe:
    while piece := pipe.read(4096):
        file.write(piece)
sys.exit(tool.wait())' "$@"
}

@test "a non-blocking pipe gets the whole output, images and text" {
	setup_rom
	run_ctl 0 wrap rom.fd -o image.igvm
	slowly piped.igvm "$CTL" wrap rom.fd -o -
	cmp image.igvm piped.igvm
	"$CTL" inspect --json image.igvm >whole.json
	[[ $(stat -c %s whole.json) -gt 8192 ]]
	slowly piped.json "$CTL" inspect --json image.igvm
	cmp whole.json piped.json
}

@test "a full disk leaves no partial file" {
	setup_rom
	if ! mkdir small || ! mount -t tmpfs -o size=64k tmpfs small 2>why; then
		skip "a small tmpfs cannot be mounted here: $(<why)"
	fi
	local left failed=
	run_ctl 1 wrap rom.fd -o small/image.igvm || failed=1
	left=$(ls -A small)
	umount small
	is "$failed" ''
	stderr_has 'No space left'
	is "$left" ''
}

@test "a limit on the size of files leaves no partial file" {
	setup_rom
	(ulimit -f 32; run_ctl 1 wrap rom.fd -o image.igvm; stderr_has 'too large')
	files_are ./rom.fd
}

@test "an interrupted wrap leaves no partial file, and reports the signal" {
	setup_rom
	# Nobody reads the pipe, so the tool stops in the middle of a write.
	python3 - "$CTL" <<-'END'
		import os, signal, subprocess, sys, time
		read, write = os.pipe()
		tool = subprocess.Popen([sys.argv[1], "wrap", "rom.fd", "-o", "-"],
		                        stdout=write, stderr=subprocess.PIPE)
		time.sleep(0.5)
		tool.send_signal(signal.SIGTERM)
		_, errors = tool.communicate(timeout=20)
		assert tool.returncode == 128 + signal.SIGTERM, tool.returncode
		assert b"interrupted (SIGTERM)" in errors, errors
	END
	files_are ./rom.fd
}

@test "wrap refuses files without firmware, with a reason" {
	needs "$OVMF_VARS" ovmf
	run_ctl 4 wrap "$OVMF_VARS" -o image.igvm
	stderr_has 'reset vector'
	head -c 262144 /dev/zero >zero.fd
	run_ctl 4 wrap zero.fd -o image.igvm
	stderr_has 'reset vector'
	echo short >short.fd
	run_ctl 4 wrap short.fd -o image.igvm
	stderr_has 'not flat PC firmware; expected whole 4 KiB pages'
	: >empty.fd
	run_ctl 4 wrap empty.fd -o image.igvm
	stderr_has 'not flat PC firmware; expected whole 4 KiB pages'
	sample native image.igvm
	run_ctl 4 wrap image.igvm -o other.igvm
	stderr_has 'already'
	[[ ! -e other.igvm ]]
}

@test "a ROM that is no whole number of pages, or too large" {
	setup_rom
	{ echo odd; cat rom.fd; } >odd.fd
	run_ctl 4 wrap odd.fd -o image.igvm
	stderr_has 'not flat PC firmware; expected whole 4 KiB pages'
	{ head -c 17M /dev/zero; cat rom.fd; } >large.fd
	run_ctl 4 wrap large.fd -o image.igvm
	stderr_has '16 MiB'
	files_are ./large.fd ./odd.fd ./rom.fd
}

@test "a missing ROM is a system error" {
	run_ctl 1 wrap missing.fd -o image.igvm
	stderr_has 'missing.fd'
}

# make_ovmf: make a small firmware with metadata for SEV-SNP, SEV-ES and TDX.
make_ovmf()
{
	PYTHONPATH=$top/tests/lib/images python3 -c \
		'import ovmf; open("ovmf.fd", "wb").write(ovmf.make())'
}

@test "several platforms in one image, measured as the flat firmware" {
	make_ovmf
	run_ctl 0 wrap ovmf.fd -o image.igvm --for=native,snp,sev-es,tdx \
		--cpu-signature=0xa00f11 --vcpus=2
	stderr_has 'bytes of zeroes differently than in flat firmware, so the launch digest differs'
	run_ctl 0 check image.igvm
	output_has 'platforms: native, snp, sev-es, tdx'
	local platform
	for platform in snp sev-es tdx; do
		run_ctl 0 measure image.igvm --for="$platform" --vmm=native-zero
		is "$output" "$(timeout "$CTL_TIMEOUT" "$CTL" measure ovmf.fd --vcpus=2 \
			--for="$platform" --cpu-signature=0xa00f11)"
	done
	run_ctl 0 measure image.igvm --for=snp
	[[ $output != "$(timeout "$CTL_TIMEOUT" "$CTL" measure ovmf.fd --vcpus=2 \
		--for=snp --cpu-signature=0xa00f11)" ]]
	run_ctl 0 inspect image.igvm --rom --for=snp -o back.fd
	cmp ovmf.fd back.fd
}

@test "the policy of SEV-SNP is in the image" {
	make_ovmf
	run_ctl 0 wrap ovmf.fd -o image.igvm --for=snp --cpu-signature=1
	run_ctl 0 inspect --all image.igvm
	output_has '0x30000'
	run_ctl 0 wrap ovmf.fd -o other.igvm --for=snp --cpu-signature=1 \
		--policy=0xb0000
	run_ctl 0 inspect --all other.igvm
	output_has '0xb0000'
	run_ctl 2 wrap ovmf.fd -o bad.igvm --for=snp --cpu-signature=1 --policy=1
	stderr_has 'bit 17'
}

@test "options that platforms need, and options that mean nothing to them" {
	make_ovmf
	run_ctl 2 wrap ovmf.fd -o image.igvm --for=snp
	stderr_has 'give --cpu-signature or --vcpu-type'
	run_ctl 2 wrap ovmf.fd -o image.igvm --for=native,sev-es
	stderr_has 'give --cpu-signature or --vcpu-type'
	run_ctl 2 wrap ovmf.fd -o image.igvm --vcpus=2
	stderr_has 'only for the platforms snp and sev-es'
	run_ctl 2 wrap ovmf.fd -o image.igvm --for=tdx --cpu-signature=1
	stderr_has 'only for the platforms snp and sev-es'
	run_ctl 2 wrap ovmf.fd -o image.igvm --for=tdx --policy=0x30000
	stderr_has '--policy is only for the platform snp'
	local list
	for list in '' , native, ,tdx nativ natives cca native,vbs 'native tdx'; do
		run_ctl 2 wrap ovmf.fd -o image.igvm --for="$list"
		stderr_has 'native, snp, sev-es or tdx'
	done
	files_are ./ovmf.fd
}

@test "wrap refuses firmware that is not made for the platform" {
	setup_rom
	local platform
	for platform in snp sev-es; do
		run_ctl 4 wrap rom.fd -o image.igvm --cpu-signature=1 \
			--for="native,$platform"
		stderr_has "cannot use this firmware for $platform"
	done
	run_ctl 4 wrap rom.fd -o image.igvm --for=tdx
	stderr_has 'cannot use this firmware for tdx'
	files_are ./rom.fd
}

@test "a processor by QEMU's name has the signature that QEMU gives it" {
	local name eax nr=0
	make_ovmf
	while read -r name eax; do
		run_ctl 0 wrap ovmf.fd -o image.igvm --for=snp \
			--cpu-signature="$eax" --force=overwrite
		# Without --force, this succeeds only if the file has the same content.
		run_ctl 0 wrap ovmf.fd -o image.igvm --for=snp --vcpu-type="$name"
		nr=$((nr + 1))
	done < <(timeout 60 python3 "$top/tests/lib/attest/cpumodels.py" qemu-system-x86_64)
	[[ $nr -gt 5 ]]
	run_ctl 0 wrap ovmf.fd -o genoa.igvm --for=snp --vcpu-type=EPYC-Genoa-v2
	run_ctl 0 wrap ovmf.fd -o genoa.igvm --for=snp --cpu-signature=0xa10f10
}

@test "the error for an unknown processor names it" {
	local name
	make_ovmf
	for name in '' epyc EPYC- EPYC-v EPYC-v1x EPYC-Rom EPYC-Romev1 host; do
		run_ctl 2 wrap ovmf.fd -o image.igvm --for=snp --vcpu-type="$name"
		stderr_has "--vcpu-type=$name: "
	done
	[[ ! -e image.igvm ]]
}
