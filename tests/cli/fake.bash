# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The fake device of tests/lib/device/fakedevice.c, for verbs that need a device. Load
# this file after helpers.bash.
#
# Copyright (C) 2026 The vmfwupdate authors

# Build the library of the fake device.
setup_file()
{
	local first
	FAKE_OBJECT=$BATS_FILE_TMPDIR/fakedevice.so
	${CC:-cc} -shared -fPIC -Wall -Wextra -D_GNU_SOURCE -I"$top/kmod/uapi" \
		-o "$FAKE_OBJECT" "$top/tests/lib/device/fakedevice.c"
	# In a tool with AddressSanitizer, libasan must be the first library.
	first=$(ldd "$CTL" | awk '/libasan/ { print $3 }')
	export FAKE_PRELOAD=${first:+$first:}$FAKE_OBJECT
}

eval "$(declare -f setup | sed '1s/setup/setup_tool/')"

# Prepare the tool with the device ./device, and an image.
setup_on_fake()
{
	setup_tool
	cat >"$BATS_TEST_TMPDIR/ctl" <<-END
	#!/bin/sh
	exec env LD_PRELOAD='$FAKE_PRELOAD' '$CTL' "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/ctl"
	CTL=$BATS_TEST_TMPDIR/ctl
	export FAKE_DEVICE=$BATS_TEST_TMPDIR/device
	export FAKE_LOG=$BATS_TEST_TMPDIR/calls FAKE_STATUS=
	: >"$FAKE_LOG"
	sample native image.igvm
}

setup()
{
	setup_on_fake
}

# device NAME=VALUE...: make ./device of a plain guest. Values are numbers of the ABI.
device()
{
	python3 - "$FAKE_DEVICE" "$@" <<-'END'
	import struct, sys
	names = ("size abi_version interface state isolation formats "
	         "vmm_capabilities max_size max_ranges image_format image_size "
	         "image_written image_addr commit_time leaked tag size_multiple "
	         "opaque_size properties held start reserved").split()
	values = dict.fromkeys(names, 0)
	values.update(size=struct.calcsize("<6I2Q2I5Q32s6I"), abi_version=1,
	              formats=1, max_size=0xffffffff, max_ranges=4096, tag=b"",
	              size_multiple=1)
	for argument in sys.argv[2:]:
	    name, value = argument.split("=")
	    assert name in values
	    values[name] = int(value)
	packed = struct.pack("<6I2Q2I5Q32s6I", *values.values())
	open(sys.argv[1], "wb").write(packed[:values["size"]])
	END
}

# A device on QEMU's vm-launch-update: copies, persists, restore, once, disable-stays.
device_keeps()
{
	device interface=3 properties=$((2 | 4 | 8 | 16 | 64)) start=1 "$@"
}

# A device on the draft "igvm": trial.
device_tries()
{
	device interface=1 properties=1 held=1 "$@"
}

# A device on the draft "igvm". Its module is older, and does not know the properties.
device_older()
{
	device size=128 interface=1 "$@"
}

# States, and kinds of held images, by their numbers in the ABI.
# shellcheck disable=SC2034 # for files that load this one
disabled=4 reverting=5 held_host=3

# calls_are CALL...: expect these requests to the device. Flags that are not 0 follow the
# name of a request.
calls_are()
{
	local calls
	calls=$(sed 's/ 0$//' "$FAKE_LOG" | tr '\n' ';')
	is "${calls%;}" "$(IFS=';'; echo "$*")"
}
