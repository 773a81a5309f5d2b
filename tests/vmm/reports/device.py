# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU with its own vm-launch-update device, driven without a guest.

The machine is stopped before its first instruction. A test plays the guest through
QEMU's test protocol, and resets the machine through QEMU's monitor.

Environment: QEMU_X86 (program).

Copyright (C) 2026 The vmfwupdate authors
"""

import collections
import pathlib
import subprocess
import struct
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import qemu     # makes igvmgen in tests/lib/images importable
import igvmgen

FILE = "etc/vmlaunchupdate"
LAYOUT = struct.Struct("<HHIQQQQQQ")
Words = collections.namedtuple(
    "Words", "version status padding capabilities control addr size "
    "opaque_addr opaque_size")

DISABLE = 1 << 0
HOST = 1 << 1
IGVM = 1 << 32

# Every test image puts its name at this address.
NAME_GPA = 0x200000


def require_device():
    """Skip the test, with a reason, if this QEMU lacks the device."""
    program = qemu.X86.qemu()
    known = subprocess.run([program, "-device", "help"], text=True,
                           capture_output=True, check=True).stdout
    if '"vm-launch-update"' not in known:
        raise unittest.SkipTest(
            f"{program} has no device vm-launch-update; set QEMU_X86 to a "
            "QEMU that has it")


def image(name, *pages, version=1):
    """An image that leaves its name in RAM, with further zero pages."""
    made = igvmgen.Image(version=version)
    made.platform()
    made.page_data(NAME_GPA, name.encode())
    for gpa in pages:
        made.page_data(gpa)
    return made


class LaunchUpdate(qemu.Machine):
    """A stopped machine with the device. A context manager.

    host: the image that the machine starts from, bytes; None: no igvm-cfg.
    """

    def __init__(self, host=None, machine="q35", options=(), memory="1G"):
        self.architecture = qemu.X86
        self.ram = self.architecture.ram
        self.descriptor = self.ram
        self.buffer = self.ram + 0x1000
        self.pending = b""
        self.qmp = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfwupdate-"))
        self.host = self.directory / "host.igvm"
        igvm = []
        if host is not None:
            self.host.write_bytes(host)
            machine += ",igvm-cfg=igvm0"
            igvm = ["-object", f"igvm-cfg,id=igvm0,file={self.host}"]
        self.errors = open(self.directory / "errors", "w+b")
        self.process = subprocess.Popen(
            [self.architecture.qemu(), "-machine", machine, "-accel", "tcg",
             "-m", memory, "-nodefaults", "-no-user-config", "-display",
             "none", "-S", *igvm, "-device", "vm-launch-update",
             "-qtest", "stdio", "-qtest-log", "/dev/null",
             "-qmp", f"unix:{self.directory}/qmp,server=on,wait=off",
             *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        try:
            self.qmp = qemu.Qmp(self.directory / "qmp",
                                lambda: self.process.poll() is None)
        except Exception as error:
            text = self.stderr()
            self.end()
            raise RuntimeError(f"{error}\n{text}") from error

    def put(self, control, addr=0, size=0):
        """Write all 56 bytes. Do not read, because a read changes the file."""
        words = Words(0, 0, 0, 0, control, addr, size, 0, 0)
        status = self.write_file(LAYOUT.pack(*words), file=FILE)
        if status:
            raise RuntimeError(f"fw_cfg write failed: {status:#x}")

    def get(self):
        return Words(*LAYOUT.unpack(
            self.read_file(size=LAYOUT.size, file=FILE)))

    def hand_over(self, data, control=IGVM):
        self.write(self.image_addr, data)
        self.put(control, self.image_addr, len(data))

    def reset(self):
        """Reset. Return the name that the loaded image put into RAM."""
        self.write(NAME_GPA, bytes(16))
        self.qmp.command("system_reset")
        self.qmp.wait_event("RESET")
        return self.read(NAME_GPA, 16).rstrip(b"\0").decode()

    def reset_ends(self):
        """Do a reset that ends QEMU. Return the exit status."""
        try:
            self.qmp.command("system_reset")
            self.qmp.wait_event("RESET")
        except (OSError, RuntimeError):
            return self.process.wait(timeout=qemu.PATIENCE)
        raise AssertionError("QEMU has survived the reset")

    def resident(self):
        """Return the KiB of memory that QEMU occupies."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])
