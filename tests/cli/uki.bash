# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A function for tests with UKIs that contain images.
#
# Copyright (C) 2026 The vmfwupdate authors

# uki FILE PYTHON: make a UKI by a statement. "native" and "both" are images, "pe" is the
# file.
uki()
{
	PYTHONPATH=$top/tests/lib/images python3 -c '
import sys
from ukigen import *
native = open("native.igvm", "rb").read()
both = open("both.igvm", "rb").read()
pe = Pe().section(".osrel", b"ID=test\n")
exec(sys.argv[2])
open(sys.argv[1], "wb").write(pe.build())' "$1" "$2"
}
