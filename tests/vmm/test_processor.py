# SPDX-License-Identifier: GPL-2.0-or-later
"""VP contexts: the registers with which the boot processor starts.

Some tests read the registers from QEMU's monitor while the machine is stopped.
Others run a few instructions, which write registers to the debug port.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import random
import re
import struct
import tempfile
import time
import unittest

import igvmgen
import qemu
from igvmgen import PAGE

CODE = 0x100000
DATA = 0x200000
TABLES = 0x300000
DEBUG_PORT = 0x402

# Segment attributes: present, code or data, accessed, and 32 or 64 bits wide.
CODE_32, CODE_64, DATA_32 = 0xC09B, 0xA09B, 0xC093
REGISTERS = ("rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 "
             "r15").split()
PE, ET, PG = 1 << 0, 1 << 4, 1 << 31
PAE = 1 << 5
LME, LMA = 1 << 8, 1 << 10

LAYOUT = "<18QQHIHQ" + 2 * "HHII" + "5Q"


def context(code=(8, CODE_32, 0, 0xFFFFFFFF), data=(16, DATA_32, 0, 0xFFFFFFFF),
            **values):
    """Return the page of a VP context. Registers without a value here are zero."""
    values = {"rflags": 2, "cr0": PE | ET, "idtr_base": 0, "idtr_limit": 0,
              "gdtr_base": 0, "gdtr_limit": 0, **values}
    numbers = [values.get(name, 0) for name in (*REGISTERS, "rip", "rflags")]
    page = struct.pack(
        LAYOUT, *numbers, values["idtr_base"], values["idtr_limit"], 0,
        values["gdtr_limit"], values["gdtr_base"], code[0], code[1], code[2],
        code[3], *data, *(values.get(name, 0) for name in
                          ("gs_base", "cr0", "cr3", "cr4", "efer")))
    assert len(page) == 232
    return page.ljust(PAGE, b"\0")


def identity():
    """Page tables at TABLES, which map 4 GiB one to one in pages of 2 MiB."""
    present, large = 3, 1 << 7
    pointers = struct.pack("<4Q", *(TABLES + PAGE * (2 + n) | present
                                    for n in range(4)))
    entries = struct.pack("<2048Q", *(n << 21 | large | present
                                      for n in range(2048)))
    return (struct.pack("<Q", TABLES + PAGE | present).ljust(PAGE, b"\0") +
            pointers.ljust(PAGE, b"\0") + entries)


LONG_MODE = {"code": (8, CODE_64, 0, 0xFFFFFFFF), "cr0": PE | ET | PG,
             "cr3": TABLES, "cr4": PAE, "efer": LME | LMA}


def image_of(page, version=2, **arguments):
    image = igvmgen.Image(version=version)
    image.platform()
    image.flat(igvmgen.halting_rom())
    image.vp_context(page, **arguments)
    return image


class Context(unittest.TestCase):
    def registers(self, vm, index=0):
        """Registers as the monitor prints them, {name: value or values}."""
        text = vm.qmp.command("human-monitor-command", **{
            "command-line": "info registers", "cpu-index": index})
        found = {}
        for name, value in re.findall(r"\b([A-Z0-9]+) *=([0-9a-f]+)", text):
            found.setdefault(name, int(value, 16))
        for name, values in re.findall(
                r"^(\w+) *= *([0-9a-f]+(?: [0-9a-f]+)+)", text, re.M):
            found[name] = tuple(int(word, 16) for word in values.split())
        return found

    def start(self, page, **arguments):
        vm = qemu.Machine(**arguments)
        self.addCleanup(vm.end)
        vm.hand_over(image_of(page).build())
        return vm, vm.reset()

    def test_registers(self):
        """each register, by itself"""
        values = {name: 0x1111111111111111 * n & (1 << 64) - 1
                  for n, name in enumerate(REGISTERS, 1)}
        vm, events = self.start(context(
            **values, code=(0x28, CODE_32, 0x12345000, 0xFFFFF),
            data=(0x30, DATA_32, 0x54321000, 0xFFFFFFFF), rip=0xabcd,
            rflags=0x42, idtr_base=0x1000, idtr_limit=0xfff, gdtr_base=0x2000,
            gdtr_limit=0x7f, gs_base=0x77665000, cr3=0x123000, cr4=PAE))
        self.assertEqual([e.name for e in events],
                         ["image", "loaded", "reset", "context"])
        self.assertEqual(events[-1].values, {
            "rip": "0xabcd", "cr0": "0x11", "cr3": "0x123000", "cr4": "0x20",
            "efer": "0x0"})
        found = self.registers(vm)
        # Outside long mode the monitor shows the lower halves.
        for short, long in zip("EAX ECX EDX EBX ESP EBP ESI EDI".split(),
                               REGISTERS):
            self.assertEqual(found[short], values[long] & 0xffffffff, short)
        self.assertEqual(found["EIP"], 0xabcd)
        self.assertEqual(found["EFL"], 0x42)
        self.assertEqual(found["CS"],
                         (0x28, 0x12345000, 0xFFFFF, CODE_32 << 8))
        for name in ("DS", "ES", "FS", "SS"):
            self.assertEqual(found[name], (0x30, 0x54321000, 0xFFFFFFFF,
                                           DATA_32 << 8), name)
        self.assertEqual(found["GS"][:2], (0x30, 0x77665000))
        self.assertEqual(found["IDT"], (0x1000, 0xfff))
        self.assertEqual(found["GDT"], (0x2000, 0x7f))
        self.assertEqual([found[name] for name in ("CR0", "CR3", "CR4", "EFER")],
                         [PE | ET, 0x123000, PAE, 0])

    def test_long_mode(self):
        """64 bits: whole registers, and the mode is active"""
        values = {name: 0x1111111111111111 * n & (1 << 64) - 1
                  for n, name in enumerate(REGISTERS, 1)}
        vm, _ = self.start(context(**values, **LONG_MODE, rip=CODE))
        found = self.registers(vm)
        for name in REGISTERS:
            self.assertEqual(found[name.upper()], values[name], name)
        self.assertEqual((found["RIP"], found["EFER"]), (CODE, LME | LMA))

    def test_others_wait(self):
        """of several processors, only the first gets a context"""
        vm, _ = self.start(context(rip=CODE), options=["-smp", "2"])
        found = self.registers(vm, 1)
        self.assertEqual((found["EIP"], found["HLT"]), (0xfff0, 1))

    def test_later_resets(self):
        """a context stays until the VMM loads an image without one"""
        vm, _ = self.start(context(rip=CODE))
        self.assertEqual([e.name for e in vm.reset()], ["reset", "context"])
        self.assertEqual(self.registers(vm)["EIP"], CODE)
        vm.hand_over(igvmgen.sample_native().build())
        self.assertEqual(vm.reset()[-1].name, "reset")
        found = self.registers(vm)
        self.assertEqual((found["EIP"], found["CS"][:2]),
                         (0xfff0, (0xf000, 0xffff0000)))

    def test_refused(self):
        """contexts that are not for this processor, or not sound"""
        page = context()
        twice = image_of(page)
        twice.vp_context(page)
        reserved = image_of(page)
        reserved.headers[-1].fields["reserved"] = 1
        nowhere = image_of(page)
        nowhere.headers[-1].fields["file_offset"] = 0
        behind = page[:-1] + b"\1"
        within = page[:154] + b"\1" + page[155:]
        zeroes = "VP context has reserved bytes that are not zero"
        cases = (
            ("VP context of the native platform in a file of version 1: it "
             "needs version 2", image_of(page, version=1)),
            ("VP context of VP 1: this VMM has one for the boot processor only",
             image_of(page, vp_index=1)),
            ("VP context of VP 0 is there twice", twice),
            ("VP context has reserved bits", reserved),
            ("VP context is not within the file's data: offset 0x0", nowhere),
            (zeroes, image_of(behind)), (zeroes, image_of(within)),
            ("VP context has a privilege level in real mode", image_of(context(
                cr0=ET, data=(0, DATA_32 | 1 << 5, 0, 0xFFFF)))),
            ("VP context has paging in real mode",
             image_of(context(cr0=ET | PG))),
            ("VP context has long mode without PAE",
             image_of(context(**{**LONG_MODE, "cr4": 0}))))
        with qemu.Machine() as vm:
            for reason, image in cases:
                with self.subTest(reason=reason):
                    vm.hand_over(image.build())
                    self.assertEqual(vm.reset()[1].reason, reason)
                    self.assertEqual(self.registers(vm)["EIP"], 0xfff0)


    def test_any(self):
        """random contexts: the model loads or refuses each, and QEMU goes on"""
        rand = random.Random(1)
        outcomes = set()
        with qemu.Machine() as vm:
            for _ in range(200):
                page = bytearray(rand.randbytes(232).ljust(PAGE, b"\0"))
                page[154:158] = bytes(4)
                vm.hand_over(image_of(bytes(page)).build())
                outcomes.add(vm.reset()[1].name)
            self.assertEqual(outcomes, {"loaded", "refused"})
            self.assertEqual(vm.end(), 0)


class Running(unittest.TestCase):
    """A few instructions, assembled by hand."""

    # SHOW_32, SHOW_64: write the bytes of EBX or RBX to the port. ECX counts the bytes.
    PORT = b"\x66\xba" + struct.pack("<H", DEBUG_PORT)
    HALT = b"\xf4\xeb\xfd"
    SHOW_32 = b"\xb9\x04\0\0\0\x88\xd8\xee\xc1\xeb\x08\xe2\xf8"
    SHOW_64 = b"\xb9\x08\0\0\0\x88\xd8\xee\x48\xc1\xeb\x08\xe2\xf7"

    def run_image(self, image, expected):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "debug")
            with qemu.Machine(running=True, options=[
                    "-chardev", f"file,id=debug,path={path}", "-device",
                    f"isa-debugcon,iobase={DEBUG_PORT},chardev=debug"]) as vm:
                vm.hand_over(image.build())
                vm.reset()
                self.wait(path, expected)
                vm.reset()
                self.wait(path, 2 * expected)

    def wait(self, path, expected):
        deadline = time.monotonic() + qemu.PATIENCE
        # Earlier output of SeaBIOS may precede the expected bytes.
        while not path.read_bytes().endswith(expected):
            if time.monotonic() > deadline:
                self.fail(f"{path.read_bytes()[-80:]} does not end with "
                          f"{expected}")
            time.sleep(0.05)

    def test_32_bits(self):
        """protected mode: registers, a stack, data at a segment's base"""
        code = self.PORT + self.SHOW_32
        code += b"\x5b" + self.SHOW_32                      # pop ebx
        code += b"\x8b\x1d\0\x01\0\0" + self.SHOW_32       # mov ebx, [0x100]
        code += b"\x65\x8b\x1d\0\0\0\0" + self.SHOW_32     # mov ebx, gs:[0]
        image = image_of(context(
            rip=CODE, rsp=0x10, rbx=int.from_bytes(b"ebx ", "little"),
            data=(16, DATA_32, DATA, 0xFFFFFFFF), gs_base=DATA + 0x200))
        image.page_data(CODE, code + self.HALT)
        image.page_data(DATA, (bytes(16) + b"pop ").ljust(0x100, b"\0") +
                        b"data".ljust(0x100, b"\0") + b"gs  ")
        self.run_image(image, b"ebx pop datags  ")

    def test_64_bits(self):
        """long mode: the same, with registers that only this mode has"""
        code = self.PORT + self.SHOW_64
        code += b"\x4c\x89\xfb" + self.SHOW_64              # mov rbx, r15
        code += b"\x5b" + self.SHOW_64                      # pop rbx
        code += b"\x65\x48\x8b\x1c\x25\0\0\0\0" + self.SHOW_64
        image = image_of(context(
            **LONG_MODE, rip=CODE, rsp=DATA,
            rbx=int.from_bytes(b"from rbx", "little"),
            r15=int.from_bytes(b" and r15", "little"), gs_base=DATA + 0x100))
        image.page_data(CODE, code + self.HALT)
        image.page_data(DATA, b" and rsp".ljust(0x100, b"\0") + b" and gs.")
        image.pages(TABLES, identity())
        self.run_image(image, b"from rbx and r15 and rsp and gs.")


if __name__ == "__main__":
    unittest.main()
