# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine from power-on to power-off, as it is visible from outside.

The machine is QEMU with the device model. Its guest boots without commands of the test.

Environment: O, QEMU_X86, VMM_SO, VM_TIMEOUT, VM_ACCEL as in vm.bash.

Copyright (C) 2026 The vmfwupdate authors
"""

import base64
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[3]
sys.path.insert(0, str(TOP / "tests/vmm"))

# pylint: disable=wrong-import-position
import qemu         # noqa: E402

O = pathlib.Path(os.environ.get("O") or TOP / "build")
KERNEL = O / "kernel/vmlinuz"
PATIENCE = int(os.environ.get("VM_TIMEOUT") or 180)
APPEND = ("console=ttyS0 panic=-1 quiet loglevel=5 watchdog_thresh=60 "
          "rcupdate.rcu_cpu_stall_timeout=120")
# Reports of stalls do not count: on a busy host, a guest may be wrong about its clock
# by orders of magnitude.
COMPLAINT = re.compile(rb"BUG:|WARNING:|Oops|refcount_t|stopped: .*")
POLL = 0.004
# The most kernels in one boot. More of them would be a loop of resets.
KERNELS = 4


class Stuck(Exception):
    """The guest does not answer in time, or it resets the machine too often."""


class Machine:
    """A QEMU that is running.

    directory: for files of the machine, which outlive it;
    boot: text of the script that each boot runs;
    firmware: the file with the machine's firmware at power-on.
    """

    def __init__(self, directory, disk, boot, kernel, initramfs, firmware,
                 fault=None, read_only=False, append=""):
        self.directory = directory
        self.disk = disk
        self.kernels = 0
        self.number = 0
        self.pending = b""
        directory.mkdir()
        (directory / "boot").write_text(boot)
        (directory / "vmm.log").touch()
        model = f"{qemu.VMM_SO},log={directory}/vmm.log,ram=clear,revision=igvm"
        if fault:
            model += f",fault={fault}"
        drive = f"file={disk.path},if=none,format=raw,id=esp"
        with open(directory / "qemu.err", "wb") as errors:
            # QEMU must end when the thread that started it ends for any reason.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM",
                 "timeout", "--kill-after=5", "1800", qemu.X86.qemu(),
                 "-machine", "q35", "-accel", os.environ.get("VM_ACCEL", "tcg"),
                 "-m", "256M", "-nodefaults", "-no-user-config", "-net", "none",
                 "-display", "none", "-bios", str(firmware), "-plugin", model,
                 "-kernel", str(kernel), "-initrd", str(initramfs),
                 "-append", f"{APPEND} {append}",
                 "-pidfile", f"{directory}/pid",
                 "-serial", f"file:{directory}/console",
                 "-qmp", f"unix:{directory}/qmp,server=on,wait=off",
                 "-chardev", f"socket,id=channel,path={directory}/channel,"
                 "server=on,wait=off",
                 "-device", "virtio-serial-pci",
                 "-device", "virtserialport,chardev=channel,name=vmfwupdate.test",
                 "-drive", drive + (",readonly=on" if read_only else ""),
                 "-device", "virtio-blk-pci,drive=esp",
                 "-fw_cfg", f"name=opt/vmfwupdate.boot,file={directory}/boot"],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        self.qmp = None
        self.channel = socket.socket(socket.AF_UNIX)
        try:
            self.qmp = qemu.Qmp(directory / "qmp",
                                lambda: self.process.poll() is None)
            self.channel.connect(f"{directory}/channel")
        except Exception:
            self.cut_power()
            raise

    # Output of the guest

    def line(self, seconds):
        """Return a line from the guest, or None if none arrives in that time."""
        if b"\n" not in self.pending:
            if not select.select([self.channel], [], [], seconds)[0]:
                return None
            data = self.channel.recv(1 << 16)
            if not data:
                raise Stuck("QEMU is gone")
            self.pending += data
            if b"\n" not in self.pending:
                return None
        line, _, self.pending = self.pending.partition(b"\n")
        # The beginning of a line that a reset has cut off may precede the word.
        if line.endswith(b"KERNEL"):
            self.kernels += 1
        return line

    def wait_boot(self, interrupt=None):
        """Wait until a boot has come to its end.

        interrupt: a function that ends the wait when it returns true.
        Returns: whether the boot has come to its end.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            line = self.line(POLL if interrupt else 1)
            if line and re.search(rb"BOOT (BIOS|UEFI)$", line):
                return True
            if self.kernels > KERNELS:
                raise Stuck(f"{self.kernels} kernels started, and the boot has not come to its end")
            if interrupt and interrupt():
                return False
        raise Stuck(f"userspace did not come up within {PATIENCE} s")

    def run(self, command):
        """Run a shell command in the guest. Return its output and exit status."""
        self.send(command)
        deadline = time.monotonic() + PATIENCE
        output = ""
        while time.monotonic() < deadline:
            words = (self.line(1) or b"").decode(errors="replace").split(" ")
            if words[:2] == ["OUTPUT", str(self.number)]:
                output = base64.b64decode(words[2]).decode(errors="replace")
            elif words[:2] == ["EXIT", str(self.number)]:
                return output, int(words[2])
            elif words[0] in ("KERNEL", "BOOT"):
                raise Stuck(f"the machine was reset during: {command}")
        raise Stuck(f"no answer within {PATIENCE} s: {command}")

    def send(self, command):
        self.number += 1
        text = base64.b64encode(command.encode()).decode()
        self.channel.sendall(f"{self.number} {text}\n".encode())

    def log(self):
        text = (self.directory / "vmm.log").read_text(encoding="ascii")
        return [qemu.Event(line.rstrip()) for line in text.splitlines(True)
                if line.endswith("\n")]

    def complaints(self):
        return b"; ".join(COMPLAINT.findall(
            (self.directory / "console").read_bytes())).decode()

    # Actions on the guest

    def host_reset(self):
        """Reset the machine as a host does. Return the record at that moment."""
        self.qmp.command("stop")
        while self.line(0) is not None:
            pass
        self.pending = b""
        self.kernels = 0
        record = self.disk.record()
        self.qmp.command("system_reset")
        self.qmp.command("cont")
        return record

    def guest_reset(self, command):
        """Let the guest reset itself by this command. Return the record before that."""
        record = self.disk.record()
        self.kernels = 0
        self.send(command)
        return record

    def cut_power(self):
        """Kill QEMU."""
        try:
            os.kill(int((self.directory / "pid").read_text()), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            self.process.terminate()
        self.process.wait()
        if self.qmp:
            self.qmp.close()
        self.channel.close()
