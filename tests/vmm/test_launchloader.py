# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that libigvm and QEMU's loader take, and the memory after the load.

Copyright (C) 2026 The vmfwupdate authors
"""

import re
import struct
import unittest

import igvmgen
import launchupdate
import qemu
import test_launchupdate
from igvmgen import PAGE
from launchupdate import DONE, IGVM, NOT_LOADED
from test_launchupdate import MARK, PERSISTS, image

MIB1 = 1 << 20
IO_APIC = 0xfec00000
RAM = 512 << 20
VGA = 0xa0000


def context(rip=0xfff0):
    """A VP context with the registers after a reset, except RIP."""
    return struct.pack(
        "<16QQQQHIHQHHIIHHIIQQQQQ", *[0] * 16, rip, 2, 0, 0xffff, 0, 0xffff,
        0, 0xf000, 0x9b, 0xffff0000, 0xffff, 0, 0x93, 0, 0xffff, 0,
        0x60000010, 0, 0, 0)


class Loader(test_launchupdate.Launch):
    def load(self, made, **fields):
        """Hand an image over and reset. Return the events."""
        data = made if isinstance(made, bytes) else made.build(**fields)
        self.taken(data)
        return self.reset("update")

    def page(self, addr=MARK, size=PAGE):
        return self.vm.read(addr, size)


class Parsed(Loader):
    """Files that the device refuses at the write: status 1, and nothing else changes."""

    def refuses(self, reason, made, **fields):
        data = made if isinstance(made, bytes) else made.build(**fields)
        self.vm.write(self.vm.image_addr, data)
        launchupdate.write(self.vm, IGVM, self.vm.image_addr, len(data))
        self.shows(NOT_LOADED, self.vm.image_addr, len(data))
        self.verdict("refused")
        if not qemu.DEVICE:
            self.assertIn(reason, self.vm.last_write().reason)

    def test_fixed_header(self):
        """magic, version, architecture, page size, sizes and checksum"""
        self.start()
        for fields, reason in (
                ({"magic": b"IGVN"}, "not an IGVM file"),
                ({"format_version": 3}, "an unknown version"),
                ({"format_version": 0}, "an unknown version"),
                ({"total_file_size": 4096}, "total_file_size"),
                ({"checksum": 1}, "the checksum is wrong"),
                ({"variable_header_offset": 1 << 20}, "no file data"),
                ({"variable_header_size": 1 << 31}, "no file data")):
            with self.subTest(fields=fields):
                self.refuses(reason, image("bad"), **fields)
        for arguments, reason in (
                ({"architecture": 2}, "an unknown architecture"),
                ({"page_size": 16384}, "pages that are not of 4 KiB")):
            made = igvmgen.Image(version=2, **arguments)
            made.platform()
            made.page_data(MARK, b"bad")
            with self.subTest(arguments=arguments):
                self.refuses(reason, made)

    def test_no_data(self):
        """a file without any file data"""
        self.start()
        made = igvmgen.Image()
        made.platform()
        made.page_data(MARK)
        self.refuses("no file data", made)

    def test_headers(self):
        """a header of unknown type, wrong length or in the wrong section"""
        self.start()
        for number in (0x380, 0x380 | igvmgen.OPTIONAL, 0x200, 0x280, 0x2):
            made = image("bad")
            made.header(number, bytes(8))
            with self.subTest(number=hex(number)):
                self.refuses(f"unknown header type 0x{number:x}", made)
        made = image("bad")
        made.headers[-1].length = 16
        self.refuses("unknown header type 0x302 of 16 bytes", made)
        made = image("bad")
        made.platform(mask=2, platform_type=igvmgen.SEV_SNP)
        self.refuses("wrong section", made)
        made = image("bad")
        made.guest_policy()
        self.refuses("wrong section", made)

    def test_platforms(self):
        """no platform, an invalid platform, a platform that is there twice"""
        self.start()
        made = igvmgen.Image()
        made.page_data(MARK, b"bad")
        self.refuses("no platform", made)
        for arguments, reason in (
                ({"mask": 3}, "not one bit"), ({"mask": 0}, "not one bit"),
                ({"platform_type": 9}, "unknown type"),
                ({"version": 2}, "unknown version"), ({"vtl": 1}, "highest VTL"),
                ({"boundary": 1}, "shared boundary")):
            made = igvmgen.Image()
            made.platform(**arguments)
            made.page_data(MARK, b"bad")
            with self.subTest(arguments=arguments):
                self.refuses(reason, made)
        made = igvmgen.Image()
        made.platform()
        made.platform(mask=2)
        made.page_data(MARK, b"bad")
        self.refuses("there twice", made)
        made = igvmgen.Image(version=2, architecture=igvmgen.ARCH_AARCH64)
        made.platform()
        made.page_data(MARK, b"bad")
        self.refuses("another architecture", made)

    def test_pages(self):
        """page data at an unaligned address, of unknown type, or outside of the file"""
        self.start()
        for field, value, reason in (
                ("gpa", MARK + 8, "at no page"), ("data_type", 4, "type"),
                ("reserved", 1, "reserved"),
                ("file_offset", 8, "not in the file"),
                ("file_offset", 1 << 20, "not in the file")):
            made = image("bad")
            made.headers[-1].fields[field] = value
            with self.subTest(field=field):
                self.refuses(reason, made)

    def test_areas(self):
        """a parameter area: unaligned, unknown, declared twice, or used after its insertion"""
        self.start()
        for change, reason in (
                (lambda i: i.parameter_area(0, 100), "not in pages"),
                (lambda i: i.parameter(igvmgen.VP_COUNT, 5), "not declared"),
                (lambda i: i.parameter_insert(MARK, 5), "not declared"),
                (lambda i: [i.parameter_area(0), i.parameter_area(0)],
                 "there twice"),
                (lambda i: [i.parameter_area(0), i.parameter_insert(MARK, 0),
                            i.parameter_insert(MARK, 0)],
                 "after it was inserted"),
                (lambda i: [i.parameter_area(0), i.parameter_insert(MARK, 0),
                            i.parameter(igvmgen.VP_COUNT, 0)],
                 "after it was inserted"),
                (lambda i: [i.parameter_area(0),
                            i.parameter_insert(MARK + 1, 0)], "at no page"),
                (lambda i: i.required_memory(MARK, 100), "not in pages"),
                (lambda i: i.required_memory(MARK + 1, PAGE), "not in pages"),
                (lambda i: i.error_range(MARK + 1), "at no page")):
            made = image("bad")
            change(made)
            with self.subTest(reason=reason):
                self.refuses(reason, made)

    def test_contexts(self):
        """a VP context: of no platform or two, outside of the file, or with a tail"""
        self.start()
        page = context().ljust(PAGE, b"\0")
        for arguments, reason in (
                ({"data": page, "mask": 2}, "not for one platform"),
                ({"data": page, "mask": 3}, "not for one platform"),
                ({"data": None}, "not in the file"),
                ({"data": page[:-1] + b"x"}, "bytes after its end")):
            made = image("bad")
            made.vp_context(**arguments)
            with self.subTest(reason=reason):
                self.refuses(reason, made)


    def test_relocation(self):
        """a relocatable region, which needs the VP context of another platform"""
        self.start()
        made = igvmgen.Image()
        made.platform()
        made.header(igvmgen.RELOCATABLE_REGION, struct.pack(
            "<IHBBQQQQQ", 1, 0, 0, 0, PAGE, MARK, PAGE, 0, 1 << 32))
        made.page_data(MARK, b"bad")
        self.refuses("a relocation without its VP context", made)


class Refused(Loader):
    """Files that get status 0 at the write, and end QEMU at the reset."""

    def kills(self, reason, made, **options):
        self.start(**options)
        self.taken(made.build())
        self.ends(reason)

    def test_platform(self):
        """a file that is only for another platform"""
        self.kills("does not describe a compatible supported platform",
                   igvmgen.sample_snp())

    def test_directives(self):
        """a file without directives"""
        made = igvmgen.Image()
        made.platform()
        self.start()
        self.taken(made.build(trailer=b"x"))
        self.ends("no directives")

    def test_other_processor(self):
        """a context of another processor than the first"""
        made = image("bad")
        made.vp_context(context().ljust(PAGE, b"\0"), vp_index=1)
        self.kills("context can be set for BSP only", made)

    def test_devices(self):
        """a page over the local APIC, the I/O APIC, or the VGA window"""
        for addr, options in (
                (test_launchupdate.LOCAL_APIC, []), (IO_APIC, []),
                (VGA, ["-device", "VGA"])):
            with self.subTest(addr=hex(addr)):
                self.kills("existing non-RAM region", image("bad", addr),
                           options=options)

    def test_end_of_ram(self):
        """a run, required memory or an area across the end of RAM"""
        run = image("bad", RAM - PAGE)
        run.page_data(RAM, b"behind")
        required = image("bad")
        required.required_memory(RAM - PAGE, 2 * PAGE)
        area = image("bad")
        area.parameter_area(0, 2 * PAGE)
        area.parameter_insert(RAM - PAGE, 0)
        for made in (run, required, area):
            with self.subTest():
                self.kills("exceeded", made)

    def test_no_handler(self):
        """headers without a handler, and a device tree"""
        for number in (igvmgen.SRAT, igvmgen.MMIO_RANGES, igvmgen.SLIT,
                       igvmgen.COMMAND_LINE, igvmgen.PPTT):
            made = image("bad")
            made.parameter_area(0)
            made.parameter(number, 0)
            with self.subTest(number=hex(number)):
                self.kills(f"unknown header type 0x{number:x}", made)
        made = image("bad")
        made.error_range(MARK)
        self.kills("unknown header type 0x30d", made)
        made = image("bad")
        made.parameter_area(0)
        made.parameter(igvmgen.DEVICE_TREE, 0)
        self.kills("no device tree", made)

    def test_parameter(self):
        """a parameter that does not fit into its area: the model ends QEMU"""
        if qemu.DEVICE:
            self.skipTest("QEMU writes behind its own memory")
        made = image("bad")
        made.parameter_area(0)
        made.parameter(igvmgen.VP_COUNT, 0, PAGE - 2)
        self.kills("does not fit", made)


class Pam(Loader):
    """Memory at 0xC0000-0xFFFFF, which PAM registers divide into regions."""

    def low(self, order):
        made = image("new")
        for at in order(range(0, 0x20000, PAGE)):
            made.page_data(0xe0000 + at, bytes([1 + (at >> 12)]))
        return made

    def shadow(self, register, value):
        """Set a PAM register of q35's host bridge."""
        self.vm.qtest("outl", "0xcf8", hex(0x80000000 | register & ~3))
        self.vm.qtest("outb", hex(0xcfc + (register & 3)), hex(value))

    def test_whole(self):
        """without a write to PAM, a run over 0xE0000-0xFFFFF loads"""
        self.start()
        self.load(self.low(list))
        self.assertEqual(self.page(0xff000, 1), b"\x20")

    def test_split(self):
        """with read-only RAM at 0xF0000, a run over 0xE0000-0xFFFFF ends QEMU"""
        self.start()
        self.load(self.low(list))
        # SeaBIOS leaves this value: reads go to RAM, writes to ROM.
        self.shadow(0x90, 0x10)
        self.ends("exceeded")

    def test_descending(self):
        """in descending order, each page is a run of its own and loads"""
        self.start()
        self.shadow(0x90, 0x10)
        self.shadow(0x96, 0x33)
        self.load(self.low(reversed))
        for at in (0xe0000, 0xeffff & ~0xfff, 0xf0000, 0xff000):
            self.assertEqual(self.page(at, 1), bytes([1 + (at - 0xe0000 >> 12)]))
        self.reset("ordinary", PERSISTS)

    def test_power_on(self):
        """at power-on a q35 has RAM at 0xC0000, also under the option ROMs"""
        made = image("host")
        for at in range(0, 0x40000, PAGE):
            made.page_data(0xc0000 + at, b"x")
        self.host_file.write_bytes(made.build())
        self.start()
        self.runs("host")


class Taken(Loader):
    def test_version_1_context(self):
        """a native context in a file of version 1"""
        self.start()
        made = image("new")
        made.vp_context(context(0x1234).ljust(PAGE, b"\0"))
        self.load(made)
        self.starts_at(0x1234)

    def starts_at(self, rip):
        said = self.vm.qmp.command("human-monitor-command", **{
            "command-line": "info registers"})
        found = re.search(r"[RE]IP=([0-9a-f]+)", said)[1]
        self.assertEqual(int(found, 16), rip, said)

    def test_stale_context(self):
        """a context stays in force for a later image that has none"""
        self.start()
        made = image("new")
        made.vp_context(context(0x1234).ljust(PAGE, b"\0"))
        self.load(made)
        for _ in range(2):
            self.load(image("next"))
            self.starts_at(0x1234)
            self.runs("next")

    def test_overlap(self):
        """of overlapping contents, the last one counts"""
        self.start()
        made = image("one")
        made.page_data(MARK, b"two")
        self.load(made)
        self.runs("two")

    def test_large_page(self):
        """a page of 2 MiB gets its first 4 KiB, then zeroes"""
        self.start()
        self.vm.write(MARK + PAGE, b"left")
        made = igvmgen.Image()
        made.platform()
        data = b"a" * PAGE + b"b" * PAGE
        made.page_data(MARK, data, flags=igvmgen.FLAG_2MB)
        self.load(made)
        self.assertEqual(self.page(size=2 * PAGE), b"a" * PAGE + bytes(PAGE))

    def test_zero_page(self):
        """a page without data is zeroes"""
        self.start()
        self.vm.write(MARK + PAGE, b"left")
        made = image("new")
        made.page_data(MARK + PAGE)
        self.load(made)
        self.assertEqual(self.page(MARK + PAGE), bytes(PAGE))

    def test_mask(self):
        """the loader skips headers for other platforms"""
        self.start()
        made = igvmgen.Image()
        made.platform()
        made.platform(mask=2, platform_type=igvmgen.SEV_SNP)
        made.guest_policy(mask=2)
        made.page_data(MARK, b"new", mask=3)
        made.page_data(MARK, b"other", mask=2)
        made.page_data(test_launchupdate.LOCAL_APIC, b"x", mask=2)
        self.load(made)
        self.runs("new")

    def test_types(self):
        """secrets, CPUID, unmeasured and shared pages load as data"""
        self.start()
        made = image("new")
        for number, arguments in enumerate((
                {"data_type": igvmgen.SECRETS},
                {"data_type": igvmgen.CPUID_DATA},
                {"flags": igvmgen.FLAG_UNMEASURED},
                {"flags": igvmgen.FLAG_SHARED}), 1):
            made.page_data(MARK + number * PAGE, bytes([number]), **arguments)
        self.load(made)
        for number in range(1, 5):
            self.assertEqual(self.page(MARK + number * PAGE, 1),
                             bytes([number]))

    def test_hole(self):
        """the loader adds memory in a hole, until the next load"""
        self.start()
        made = image("new", RAM + PAGE)
        made.required_memory(RAM + (1 << 20), 1 << 20)
        self.load(made)
        self.runs("new", RAM + PAGE)
        self.vm.write(RAM + (1 << 20), b"kept")
        self.assertEqual(self.page(RAM + (1 << 20), 4), b"kept")
        self.reset("ordinary", PERSISTS)
        self.runs("new", RAM + PAGE)
        self.load(image("next"))
        self.assertNotEqual(self.page(RAM + PAGE, 3), b"new")

    def parameters(self, number, offset=0, size=PAGE):
        made = image("new")
        made.parameter_area(0, size, b"x" * size)
        made.parameter(number, 0, offset)
        made.parameter_insert(MARK + PAGE, 0)
        self.load(made)
        return self.page(MARK + PAGE, size)

    def test_vp_count(self):
        """the number of processors, at its byte_offset"""
        self.start(options=["-smp", "3"])
        self.assertEqual(self.parameters(igvmgen.VP_COUNT, 8),
                         struct.pack("<QII", 0, 3, 0).ljust(PAGE, b"\0"))

    def test_environment(self):
        """memory_is_shared is 1, and the loader ignores the file's data"""
        self.start()
        self.assertEqual(self.parameters(igvmgen.ENVIRONMENT_INFO),
                         struct.pack("<I", 1).ljust(PAGE, b"\0"))

    def test_memory_map(self):
        """the memory map is at byte 0 with any byte_offset"""
        self.start()
        page = self.parameters(igvmgen.MEMORY_MAP, 16)
        start, pages, kind = struct.unpack_from("<QQH", page)
        self.assertEqual((start, pages, kind), (0, RAM // PAGE, 0))

    def test_madt(self):
        """MADT at byte 0, where this QEMU can make it"""
        self.start()
        page = self.parameters(igvmgen.MADT, 64)
        lacks = any(event.name == "lacks" for event in self.vm.log())
        self.assertEqual(page[:4], bytes(4) if lacks else b"APIC")

    def test_id_block(self):
        """an SNP ID block has no effect"""
        self.start()
        made = image("new")
        made.id_block(bytes(48))
        self.load(made)
        self.runs("new")


if __name__ == "__main__":
    unittest.main()
