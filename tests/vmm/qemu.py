# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU with the device model in it, driven without a guest.

The machine is stopped and never runs an instruction, except in tests that start
it. The tests play the guest, through QEMU's test protocol (ports, memory) and its
monitor (resets).

Environment: QEMU_X86, QEMU_AARCH64 (programs), VMM_SO (the model).

Copyright (C) 2026 The vmfwupdate authors
"""

import base64
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "lib/images"))

VMM_SO = pathlib.Path(os.environ.get("VMM_SO") or pathlib.Path(
    os.environ.get("O") or TOP / "build") / "tests/vmm/vmfwupdate-vmm.so")

FILE = "etc/vmfwupdate"
FILE_SIZE = 32
CAPABILITY_IGVM = 1 << 32
FORMAT_IGVM = 1 << 32
DISABLE = 1 << 0

# fw_cfg: bits of the DMA control word.
DMA_ERROR = 1 << 0
DMA_READ = 1 << 1
DMA_SKIP = 1 << 2
DMA_SELECT = 1 << 3
DMA_WRITE = 1 << 4
FW_CFG_DIRECTORY = 0x19

# QEMU's own vm-launch-update in place of the model: for tests of vmlaunchupdate.
DEVICE = os.environ.get("VMM") == "qemu"

# Seconds that one answer of QEMU may take on a busy machine.
PATIENCE = 240


class Architecture:
    def __init__(self, variable, program, package, machine, options, ram):
        self.variable = variable
        self.program = program
        self.package = package
        self.machine = machine
        self.options = options
        self.ram = ram

    def qemu(self):
        """Return the program, or skip the test and name the missing package."""
        wanted = os.environ.get(self.variable) or self.program
        found = shutil.which(wanted)
        if not found:
            raise unittest.SkipTest(
                f"{wanted} is missing: install {self.package}, or set "
                f"{self.variable}")
        return found


X86 = Architecture("QEMU_X86", "qemu-system-x86_64", "qemu-system-x86",
                   "q35", [], 0x1000000)
AARCH64 = Architecture("QEMU_AARCH64", "qemu-system-aarch64",
                       "qemu-system-arm", "virt", ["-cpu", "cortex-a57"],
                       0x41000000)


def firmware_file(name, package):
    """Return a path below /usr/share, or skip the test if no file is there."""
    path = pathlib.Path("/usr/share") / name
    if not path.exists():
        raise unittest.SkipTest(f"{path} is missing: install {package}")
    return path


def seabios_file():
    return firmware_file("seabios/bios-256k.bin", "seabios")


def seabios():
    return seabios_file().read_bytes()


def ovmf():
    """OVMF as a VMM maps it: the variables, then code up to 4 GiB."""
    return b"".join(
        firmware_file(f"OVMF/OVMF_{part}_4M.fd", "ovmf").read_bytes()
        for part in ("VARS", "CODE"))


class Event:
    """A line of the model's log."""

    LINE = re.compile(r"\[ *\d+\.\d{3}\] (\w+)((?: [\w-]+=[^\s\"]+)*)"
                      r"(?: reason=\"([^\"]*)\")?$")

    def __init__(self, line):
        match = self.LINE.match(line)
        if not match:
            raise ValueError(f"not a line of the log: {line!r}")
        self.line = line
        self.name = match[1]
        self.reason = match[3]
        self.values = dict(pair.split("=", 1) for pair in match[2].split())

    def __getitem__(self, key):
        value = self.values[key]
        return int(value, 16) if value.startswith("0x") else value

    def __repr__(self):
        return self.line


class Qmp:
    def __init__(self, path, alive):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while self.socket.connect_ex(str(path)):
            if time.monotonic() > deadline or not alive():
                raise RuntimeError("QEMU opens no monitor")
            time.sleep(0.01)
        self.lines = self.socket.makefile("rw", encoding="utf-8")
        self.events = []
        try:
            self.receive()
            self.command("qmp_capabilities")
        except (OSError, RuntimeError):
            self.close()    # no caller has this object yet
            raise

    def receive(self):
        line = self.lines.readline()
        if not line:
            raise RuntimeError("QEMU has closed its monitor")
        return json.loads(line)

    def command(self, name, **arguments):
        self.lines.write(json.dumps({"execute": name,
                                     "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = self.receive()
            if "event" in answer:
                self.events.append(answer["event"])
            elif "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def wait_event(self, name):
        while name not in self.events:
            answer = self.receive()
            if "event" in answer:
                self.events.append(answer["event"])
        self.events.remove(name)

    def close(self):
        # A QEMU that has ended cannot receive the buffered rest.
        with contextlib.suppress(OSError):
            self.lines.close()
        self.socket.close()


def has_revision(plugin):
    return any(argument.startswith("revision=") for argument in plugin)


def command_line(architecture, plugin, machine=None, options=(),
                 memory="512M", running=False):
    model = []
    if plugin is not None:
        model = ["-plugin", ",".join([str(VMM_SO).replace(",", ",,"), *plugin])]
    return ["timeout", "--kill-after=5", "900", architecture.qemu(),
            "-machine", machine or architecture.machine, "-accel", "tcg",
            *architecture.options, "-m", memory, "-display", "none",
            "-nodefaults", "-no-user-config", "-net", "none",
            *([] if running else ["-S"]), *model, *options]


class Machine:
    """A machine, stopped before its first instruction. A context manager.

    plugin: further arguments of the model, "key=value" each; None: no model;
    revision: the interface, unless plugin names one; None: the model's default;
    running: not stopped.
    """

    def __init__(self, architecture=X86, machine=None, plugin=(), options=(),
                 memory="512M", running=False, revision="igvm"):
        if plugin is not None:
            if not VMM_SO.exists():
                raise RuntimeError(f"{VMM_SO} is missing: make -C {HERE}")
            if revision and not has_revision(plugin):
                plugin = [f"revision={revision}", *plugin]
        self.architecture = architecture
        self.ram = architecture.ram
        self.descriptor = self.ram
        self.buffer = self.ram + 0x1000
        self.pending = b""
        self.qmp = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfwupdate-"))
        if plugin is not None and machine in (None, "q35", "pc") and \
                architecture is X86 and not {"-bios", "-drive"} & set(options):
            # Tests compare memory with this file. QEMU's own SeaBIOS may differ.
            options = ["-bios", str(seabios_file()), *options]
        if plugin is not None:
            plugin = [f"log={self.directory}/log", *plugin]
        command = command_line(
            architecture, plugin, machine,
            ["-qtest", "stdio", "-qtest-log", "/dev/null", "-qmp",
             f"unix:{self.directory}/qmp,server=on,wait=off", *options],
            memory, running)
        self.errors = open(self.directory / "errors", "w+b")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors)
        try:
            self.qmp = Qmp(self.directory / "qmp",
                           lambda: self.process.poll() is None)
        except Exception as error:
            text = self.stderr()
            self.end()
            raise RuntimeError(f"{error}\n{text}") from error

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.end()

    def end(self):
        """End QEMU. Return its exit status, or None after a kill."""
        if self.qmp:
            try:
                self.qmp.command("quit")
            except (OSError, RuntimeError):
                pass    # QEMU may have ended already
            self.qmp.close()
            self.qmp = None
        else:
            self.process.terminate()
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        return status

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    # The test protocol: a command per line, an answer per line.

    def answer(self):
        output = self.process.stdout
        while b"\n" not in self.pending:
            if not select.select([output], [], [], PATIENCE)[0]:
                raise RuntimeError("QEMU does not answer")
            data = os.read(output.fileno(), 1 << 16)
            if not data:
                raise RuntimeError(f"QEMU is gone\n{self.stderr()}")
            self.pending += data
        line, _, self.pending = self.pending.partition(b"\n")
        return line.decode()

    def qtest(self, *words):
        self.process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            answer = self.answer()
            if answer.startswith("OK"):
                return answer[2:].strip()
            if not answer.startswith("IRQ"):
                raise RuntimeError(f"{words[0]}: {answer}")

    def write(self, addr, data):
        for at in range(0, len(data), 1 << 16):
            part = data[at:at + (1 << 16)]
            self.qtest("b64write", hex(addr + at), len(part),
                       base64.b64encode(part).decode())

    def read(self, addr, size):
        return b"".join(
            base64.b64decode(self.qtest("b64read", hex(addr + at),
                                        min(1 << 16, size - at)))
            for at in range(0, size, 1 << 16))

    # fw_cfg

    def dma(self, control, length, address):
        """Do one DMA transfer. Return the control word after it."""
        self.write(self.descriptor,
                   struct.pack(">IIQ", control, length, address))
        if self.architecture is X86:
            # The ports are little-endian, but fw_cfg's address is big-endian.
            for port, half in ((0x514, self.descriptor >> 32),
                               (0x518, self.descriptor & 0xffffffff)):
                swapped = int.from_bytes(half.to_bytes(4, "little"), "big")
                self.qtest("outl", hex(port), hex(swapped))
        else:
            swapped = int.from_bytes(self.descriptor.to_bytes(8, "little"),
                                     "big")
            self.qtest("writeq", "0x9020010", hex(swapped))
        return struct.unpack(">I", self.read(self.descriptor, 4))[0]

    def files(self):
        """The fw_cfg directory: {name: (selector, size)}."""
        size = 4 + 64 * 256
        control = FW_CFG_DIRECTORY << 16 | DMA_SELECT | DMA_READ
        if self.dma(control, size, self.buffer):
            raise RuntimeError("the fw_cfg directory cannot be read")
        data = self.read(self.buffer, size)
        found = {}
        for number in range(struct.unpack_from(">I", data)[0]):
            length, selector, _, name = struct.unpack_from(
                ">IHH56s", data, 4 + 64 * number)
            found[name.split(b"\0")[0].decode()] = (selector, length)
        return found

    def selector(self, file=FILE):
        return self.files()[file][0]

    def read_file(self, offset=0, size=FILE_SIZE, file=FILE):
        """Read bytes of a file. Raise an error if a transfer fails."""
        control = self.selector(file) << 16 | DMA_SELECT
        if offset:
            if self.dma(control | DMA_SKIP, offset, 0):
                raise RuntimeError("fw_cfg skip failed")
            control = 0
        if self.dma(control | DMA_READ, size, self.buffer):
            raise RuntimeError("fw_cfg read failed")
        return self.read(self.buffer, size)

    def write_file(self, data, offset=0, source=None, size=None, file=FILE):
        """Write at an offset. Return the control word of the transfer."""
        control = self.selector(file) << 16 | DMA_SELECT
        if source is None:
            source = self.buffer
            self.write(source, data)
        if offset:
            if self.dma(control | DMA_SKIP, offset, 0):
                raise RuntimeError("fw_cfg skip failed")
            control = 0
        return self.dma(control | DMA_WRITE,
                        len(data) if size is None else size, source)

    # The interface

    def words(self):
        """(capabilities, control, addr, size) as the guest reads them."""
        return struct.unpack("<4Q", self.read_file())

    def offer(self, addr, size, control=FORMAT_IGVM):
        """Offer an image. Return the control, address and size that the file then shows."""
        status = self.write_file(struct.pack("<4Q", 0, control, addr, size))
        if status:
            raise RuntimeError(f"fw_cfg write failed: {status:#x}")
        return self.words()[1:]

    # The place of images in tests, far from the memory that they populate.
    @property
    def image_addr(self):
        return self.ram + 0x4000000

    def hand_over(self, image, addr=None):
        addr = self.image_addr if addr is None else addr
        self.write(addr, image)
        shown = self.offer(addr, len(image))
        if shown != (FORMAT_IGVM, addr, len(image)):
            raise RuntimeError(f"not accepted: {shown}")

    def reset(self):
        """Reset the machine. Return the model's log of that reset."""
        seen = len(self.log())
        self.qmp.command("system_reset")
        self.qmp.wait_event("RESET")
        return self.log()[seen:]

    def log(self):
        path = self.directory / "log"
        if not path.exists():
            return []
        return [Event(line) for line in path.read_text().splitlines()]

    def last_write(self):
        return [event for event in self.log() if event.name == "write"][-1]
