# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A function for tests with UKIs that contain images.
#
# Copyright (C) 2026 The vmfwupdate authors

# uki FILE PYTHON: run a statement of Python that changes a UKI, and write the UKI to FILE.
# The statement can use the images "native" and "both". "pe" is the UKI.
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
