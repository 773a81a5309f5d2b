#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The test kills an installation while another tool changes the same partition
# table and takes no lock. The disk must have the whole old image or the whole
# new one. The other tool's changes must stay.
#
# Copyright (C) 2026 The vmfwupdate authors

load ../helpers

: "${ROUNDS:=500}"
IMAGE_TYPE=C647E858-C402-4D1E-9497-95FF0A4B4465

# make_start: make ./start of 16 MiB with an ESP, the old image in partition 2, and
# partition 4, which the rival changes. From 8 MiB on, no free space is as large as an
# image. There, the rival adds and removes partitions of 512 KiB.
make_start()
{
	local i
	truncate -s 16M start
	{
		echo 'label: gpt'
		echo '1: start=2048, size=2048, type=U'
		echo "2: start=4096, size=2048, type=$IMAGE_TYPE"
		echo '4: start=12288, size=4096, type=L, name=0'
		for ((i = 0; i < 8; i++)); do
			echo "$((10 + i)): start=$((16384 + i * 2048 + 1024)), size=$((i == 7 ? 512 : 1024)), type=L"
		done
	} | sfdisk --quiet start
	tr '\0' e </dev/zero | dd of=start bs=1M seek=1 count=1 iflag=fullblock \
		conv=notrunc status=none
	tr '\0' f </dev/zero | dd of=start bs=1M seek=6 count=2 iflag=fullblock \
		conv=notrunc status=none
	"$CTL" partition install old.igvm --disk=start --quiet
}

change_table()
{
	sfdisk --quiet --no-reread --no-tell-kernel "$@" >/dev/null 2>&1
}

# change_20 NUMBER: add or remove partition 20, which may already exist or be gone
change_20()
{
	if (($1 % 2)); then
		echo "start=$((16384 + RANDOM % 8 * 2048)), size=1024, type=L" |
			change_table -N 20 disk
	else
		change_table --delete disk 20
	fi
}

# rival: change the table until ./stop exists. The name of partition 4 counts the changes.
rival()
{
	local number=0
	while [[ ! -e stop ]]; do
		number=$((number + 1))
		if change_table --part-label disk 4 "$number"; then
			echo "$number" >last
		fi
		if [[ ! -e stop ]] && change_20 "$number"; then
			changed=1
		fi
	done
	return 0
}

# part DISK START SIZE BYTE: expect only BYTE in these MiB
part()
{
	is "$(dd if="$1" bs=1M skip="$2" count="$3" status=none | tr -d "$4" | wc -c)" 0
}

one_round()
{
	local installer other
	cp start disk
	rm -f stop last .read
	echo 0 >last
	rival &
	other=$!
	sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
	"$CTL" partition install new.igvm --disk=disk >output 2>&1 &
	installer=$!
	sleep "0.0$((RANDOM % 6))$((RANDOM % 10))"
	! kill -9 "$installer" 2>/dev/null || killed=$((killed + 1))
	wait "$installer" && finished=$((finished + 1))
	: >stop
	wait "$other"
	if ! "$CTL" partition read --disk=disk -o .read >output 2>&1; then
		fail "round $round, killed $killed, no image: $(<output)" "$(sfdisk -d disk 2>&1)"
	fi
	if cmp -s .read new.igvm; then
		new=$((new + 1))
	else
		cmp .read old.igvm
	fi
	sfdisk -d disk 2>/dev/null >table
	grep -qE ' *disk4 : start= *12288, size= *4096,.*name="'"$(<last)"'"' table ||
		fail "partition 4 has another place, size or name, expected name: $(<last)" "$(<table)"
	# Compare the ESP and the other partitions that neither tool changes.
	is "$(grep -E 'disk1[0-9]? : ' table)" "$(sfdisk -d start | sed 's/^start/disk/' | grep -E 'disk1[0-9]? : ')"
	part disk 1 1 e
	part disk 6 2 f
}

@test "killed $ROUNDS times beside a tool that takes no lock" {
	local round killed=0 finished=0 new=0
	sample native old.igvm
	sample both new.igvm
	make_start
	for ((round = 0; round < ROUNDS; round++)); do
		one_round
	done
	echo "# rounds: $round, killed: $killed, finished: $finished, new image: $new" >&3
	((killed > ROUNDS / 10 && new > 0 && new < ROUNDS))
}
