# SPDX-License-Identifier: GPL-2.0-or-later
"""IGVM files at the reset: the model loads sound ones, and refuses the others.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import unittest
import zlib

import igvmgen
import qemu
from igvmgen import (CPUID_DATA, FLAG_2MB, FLAG_SHARED, FLAG_UNMEASURED,
                     OPTIONAL, PAGE, SEV_SNP, Image)

GPA = 0x200000
MARK = b"what was there before"


def native(**arguments):
    image = Image(**arguments)
    image.platform()
    return image


def with_page(**arguments):
    """Make a native image of one page. Return the image and the page's header."""
    image = native(**arguments)
    return image, image.page_data(GPA, b"a page")


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # All tests use the same RAM, and check whether a reset changes it.
        cls.vm = qemu.Machine(plugin=["reload=off"])
        cls.addClassCleanup(cls.vm.end)

    def reset_with(self, file):
        vm = self.vm
        vm.write(GPA, MARK.ljust(2 * PAGE, b"\x55"))
        vm.write(vm.image_addr, file)
        vm.offer(vm.image_addr, len(file))
        self.assertEqual(vm.last_write()["verdict"], "accepted")
        return vm.reset()

    def refused(self, reason, file):
        events = self.reset_with(file)
        self.assertEqual([e.name for e in events],
                         ["image", "refused", "reset"])
        self.assertEqual(events[1].reason, reason)
        self.assertEqual((events[2].values, events[2].reason),
                         ({"kind": "ordinary"}, "image refused"))
        self.assertEqual(self.vm.read(GPA, 2 * PAGE),
                         MARK.ljust(2 * PAGE, b"\x55"))
        self.assertEqual(self.vm.read(0xfffffff0, 16), qemu.seabios()[-16:])

    def loaded(self, file, *contents):
        """Expect a load, and each (gpa, bytes) in memory."""
        events = [e for e in self.reset_with(file)
                  if e.name not in ("parameters", "context")]
        self.assertEqual([e.name for e in events],
                         ["image", "loaded", "reset"], events)
        for gpa, data in contents:
            self.assertEqual(self.vm.read(gpa, len(data)), data)
        return events[1]

    def field(self, name, value, reason, flags=0):
        """Expect a refusal when a field of a page's header has this value."""
        image = native()
        page = image.page_data(GPA, b"a page", flags=flags)
        page.fields[name] = value
        with self.subTest(field=name, value=hex(value)):
            self.refused(reason, image.build())


class FixedHeader(Images):
    def fixed(self, reason, **fields):
        image, _ = with_page(version=fields.pop("version", 1))
        with self.subTest(**fields):
            self.refused(reason, image.build(**fields))

    def test_magic(self):
        self.fixed("not an IGVM file", magic=b"IGVN")
        self.fixed("not an IGVM file", magic=bytes(4))

    def test_version(self):
        self.fixed("format version 0", format_version=0)
        self.fixed("format version 3", format_version=3)
        self.fixed("format version 4294967295", format_version=0xffffffff)

    def test_short(self):
        """files that end within the fixed header"""
        image, _ = with_page(version=2)
        file = image.build()
        for size in (1, 4, 23, 24, 31):
            words = f"{size:#x} bytes are too few for a header"
            with self.subTest(size=size):
                self.refused(words, file[:size])
        file = with_page()[0].build()
        self.refused(f"total_file_size is {len(file):#x}, 0x18 bytes are here",
                     file[:24])

    def test_total_file_size(self):
        """a file has the size that its header claims"""
        size = len(with_page()[0].build())
        for claimed in (0, size - 1, size + 1, 0xffffffff):
            self.fixed(f"total_file_size is {claimed:#x}, {size:#x} bytes "
                       "are here", total_file_size=claimed)

    def test_offset(self):
        """the variable headers are aligned, after the fixed header, and in the file"""
        size = len(with_page()[0].build())
        for offset in (0, 16, 25, 28, 0xfffffff9):
            self.fixed(f"variable headers at offset {offset:#x}",
                       variable_header_offset=offset)
        self.fixed("variable headers at offset 0x18", version=2,
                   variable_header_offset=24)
        for offset in (size + 7 & ~7, 0xfffffff8):
            self.fixed("variable headers do not end within the file",
                       variable_header_offset=offset)

    def test_size(self):
        """the variable headers end within the file"""
        size = len(with_page()[0].build())
        for length in (size - 24 + 1, 0xffffffff, 0xffffffe8):
            self.fixed("variable headers do not end within the file",
                       variable_header_size=length)

    def test_checksum(self):
        image, _ = with_page()
        good = struct.unpack_from("<I", image.build(), 20)[0]
        for bad in (0, good ^ 1, good ^ 0xffffffff):
            self.fixed(f"checksum is {bad:#010x}, the headers have "
                       f"{good:#010x}", checksum=bad)

    def test_checksum_covers(self):
        """the checksum covers the headers, not a gap and not the data"""
        image, _ = with_page()
        self.loaded(image.build(gap=b"junk" * 4), (GPA, b"a page"))
        file = bytearray(image.build())
        file[-1] ^= 1
        self.loaded(bytes(file))
        # A checksum over the whole file is wrong.
        file[20:24] = bytes(4)
        whole = zlib.crc32(file)
        self.fixed_checksum_refused(file, whole)

    def fixed_checksum_refused(self, file, checksum):
        struct.pack_into("<I", file, 20, checksum)
        events = self.reset_with(bytes(file))
        self.assertTrue(events[1].reason.startswith(
            f"checksum is {checksum:#010x}, the headers have"), events)

    def test_architecture(self):
        self.fixed("for architecture 1, this machine has 0", version=2,
                   architecture=1)
        self.fixed("for architecture 7, this machine has 0", version=2,
                   architecture=7)

    def test_page_size(self):
        for size in (0, 4097, 65536):
            self.fixed(f"page size {size:#x}", version=2, page_size=size)


class Headers(Images):
    def test_empty(self):
        """no headers at all, and platforms without anything to load"""
        self.refused("no native platform in it", Image().build())
        self.refused("it puts nothing into memory", native().build())

    def test_length(self):
        """each type has one length"""
        for change in (0, 16, 32):
            image, page = with_page()
            page.length = change
            page.padding = bytes(max(0, change - 24))
            self.refused(f"page data at 0x30 is {change} bytes long, not 24",
                         image.build())

    def test_length_past_end(self):
        """a header must end within the headers"""
        for length in (25, 0x1000, 0x7ffffff8, 0xfffffff9, 0xffffffff):
            image, page = with_page()
            page.length = length
            with self.subTest(length=hex(length)):
                self.refused("header at 0x30 does not end within the headers",
                             image.build())

    def test_stray(self):
        """a remainder that is shorter than a header's first two words"""
        image, page = with_page()
        page.padding = bytes(4)
        self.refused("4 stray bytes after the last header", image.build())

    def test_type_zero(self):
        image, page = with_page()
        page.padding = bytes(8)
        self.refused("header type 0x0 at 0x50 is unknown and not optional",
                     image.build())

    def test_padding(self):
        """padding is zeroes"""
        image, _ = with_page()
        image.platform(mask=2, platform_type=SEV_SNP)
        image.headers.insert(1, image.headers.pop())
        context = image.vp_context(bytes(PAGE), gpa=0x300000, mask=2)
        context.padding = b"\0\0\0\x01"
        self.refused("padding after the header at 0x68 is not zero",
                     image.build())
        # Nor may the headers end before the padding.
        context.padding = b""
        self.refused("header at 0x68 does not end within the headers",
                     image.build())

    def test_unknown(self):
        """the model refuses an unknown header, unless it is optional"""
        for number in (0x2, 0x107, 0x201, 0x306, 0x314, 0x401, 0x7fffffff):
            image, _ = with_page()
            image.header(number, b"12345678")
            with self.subTest(number=hex(number)):
                self.refused(f"header type {number:#x} at 0x50 is unknown "
                             "and not optional", image.build())
        for number in (0x2, 0x107, 0x314, 0x7fffffff):
            image, _ = with_page()
            image.header(number | OPTIONAL, b"12345")
            with self.subTest(optional=hex(number)):
                self.loaded(image.build(), (GPA, b"a page"))

    def test_known_optional(self):
        """the model refuses a known header that is marked optional"""
        image, page = with_page()
        page.type |= OPTIONAL
        self.refused("page data at 0x30 is marked optional: loaders would "
                     "differ", image.build())

    def test_order(self):
        """the order of headers is platforms, initialization, directives"""
        image, _ = with_page()
        image.platform(mask=2, platform_type=SEV_SNP)
        self.refused("supported platform at 0x50 belongs into an earlier "
                     "section", image.build())
        image, _ = with_page()
        image.guest_policy()
        self.refused("guest policy at 0x50 belongs into an earlier section",
                     image.build())

    def test_policy(self):
        """a guest policy has no effect without isolation"""
        image = native()
        image.guest_policy()
        image.page_data(GPA, b"a page")
        self.loaded(image.build(), (GPA, b"a page"))


class Platforms(Images):
    def platform(self, reason, **arguments):
        image = Image()
        image.platform(**arguments)
        image.page_data(GPA, b"a page")
        with self.subTest(**arguments):
            self.refused(reason, image.build())

    def test_mask(self):
        for mask in (0, 3, 0xffffffff):
            self.platform(f"platform mask {mask:#x} is not one bit",
                          mask=mask)

    def test_values(self):
        self.platform("platform type 7 is unknown", platform_type=7)
        self.platform("native platform of version 2", version=2)
        self.platform("native platform with VTL 2 and shared boundary 0x0",
                      vtl=2)
        self.platform("native platform with VTL 0 and shared boundary "
                      "0x400000000000", boundary=1 << 46)

    def test_other(self):
        """a file for other platforms only"""
        for kind in (igvmgen.VSM_ISOLATION, SEV_SNP, igvmgen.TDX,
                     igvmgen.SEV, igvmgen.SEV_ES):
            self.platform("no native platform in it", platform_type=kind)
        self.refused("no native platform in it",
                     igvmgen.sample_snp().build())

    def test_twice(self):
        image = native()
        image.platform(mask=1, platform_type=SEV_SNP)
        image.page_data(GPA, b"a page")
        self.refused("platform mask 0x1 is there twice", image.build())
        image = native()
        image.platform(mask=2)
        image.page_data(GPA, b"a page")
        self.refused("the native platform is there twice", image.build())

    def test_any_bit(self):
        """the mask of a platform may be any one bit, in any order"""
        for mask in (1 << 31, 1 << 8):
            image = Image()
            image.platform(mask=1, platform_type=SEV_SNP)
            image.platform(mask=mask)
            image.page_data(GPA, b"ours", mask=mask)
            image.page_data(GPA, b"theirs", mask=1)
            self.loaded(image.build(), (GPA, b"ours"))

    def test_undeclared(self):
        """masks that name no platform"""
        for mask in (0, 2, 3, 1 << 31):
            image = native()
            image.page_data(GPA, b"a page", mask=mask)
            with self.subTest(mask=hex(mask)):
                self.refused(f"page data has mask {mask:#x}, the platforms "
                             "have 0x1", image.build())

    def test_not_ours(self):
        """the model skips headers that are only for another platform"""
        image = native()
        image.platform(mask=2, platform_type=SEV_SNP)
        image.guest_policy(mask=2)
        image.page_data(GPA, b"ours")
        image.page_data(GPA + PAGE, mask=2, data_type=CPUID_DATA)
        image.parameter_area(0)
        image.parameter(igvmgen.MEMORY_MAP, 0)
        image.parameter_insert(GPA + PAGE, 0, mask=2)
        image.required_memory(0xC0000000, PAGE, mask=2)
        image.vp_context(bytes(PAGE), gpa=0xfffffffff000, mask=2)
        event = self.loaded(image.build(), (GPA, b"ours".ljust(PAGE, b"\0")),
                            (GPA + PAGE, b"\x55" * PAGE))
        self.assertEqual(event["bytes"], PAGE)


class PageData(Images):
    def test_contents(self):
        """pages with data, short data, none, and the same data twice"""
        image = native()
        full = bytes(range(256)) * 16
        image.page_data(GPA, full)
        image.page_data(GPA + PAGE)
        image.page_data(GPA + 3 * PAGE, full)
        image.page_data(GPA + 2 * PAGE, b"short")
        event = self.loaded(image.build(), (GPA, full),
                            (GPA + PAGE, bytes(PAGE)),
                            (GPA + 2 * PAGE, b"short".ljust(PAGE, b"\0")),
                            (GPA + 3 * PAGE, full))
        self.assertEqual((event["pages"], event["bytes"]), ("4", 4 * PAGE))

    def test_large(self):
        """2 MiB pages, with data and without"""
        data = bytes(range(251)) * (2 << 20 // 251)
        image = native()
        image.page_data(GPA, data[:2 << 20], flags=FLAG_2MB)
        image.page_data(GPA + (2 << 20), flags=FLAG_2MB)
        self.vm.write(GPA + (4 << 20) - 8, b"leftover")
        event = self.loaded(image.build(),
                            (GPA, data[:2 << 20].ljust(2 << 20, b"\0")),
                            (GPA + (2 << 20), bytes(2 << 20)))
        self.assertEqual((event["pages"], event["bytes"]), ("2", 4 << 20))

    def test_flags(self):
        """the flags unmeasured and shared have no effect without isolation"""
        image = native()
        image.page_data(GPA, b"a page", flags=FLAG_UNMEASURED | FLAG_SHARED)
        self.loaded(image.build(), (GPA, b"a page"))
        for flags in (1 << 3, 1 << 31):
            self.field("flags", flags, f"page data at {GPA:#x} has flags "
                       f"{flags:#x} and reserved 0x0")
        self.field("reserved", 1, f"page data at {GPA:#x} has flags 0x0 and "
                   "reserved 0x1")

    def test_type(self):
        """the model takes only normal pages"""
        for data_type in (1, 2, 3, 4, 0xffff):
            self.field("data_type", data_type, f"page data at {GPA:#x} is of "
                       f"type {data_type}, which the native platform does "
                       "not have")

    def test_alignment(self):
        for gpa in (GPA + 1, GPA + 0x800):
            self.field("gpa", gpa, f"page data at {gpa:#x} of 0x1000 bytes "
                       "is not in pages of 0x1000")
        self.field("gpa", GPA + PAGE, f"page data at {GPA + PAGE:#x} of "
                   "0x200000 bytes is not in pages of 0x200000",
                   flags=FLAG_2MB)

    def test_wrap(self):
        self.field("gpa", 0xfffffffffffff000,
                   "page data at 0xfffffffffffff000 wraps around")

    def test_offset(self):
        """data lie after the headers and within the file"""
        image, page = with_page()
        size = len(image.build())
        for offset in (1, 24, 0x50 - 1, size - PAGE + 1, size, size + 1,
                       0xffffffff):
            self.field("file_offset", offset, f"page data at {GPA:#x} is not "
                       f"within the file's data: offset {offset:#x}")

    def test_offset_unaligned(self):
        """data may begin at any byte after the headers"""
        image, page = with_page()
        page.fields["file_offset"] = 0x51
        self.loaded(image.build(trailer=b"!"), (GPA, b" page"))

    def test_offset_large(self):
        """a page of 2 MiB whose data end after the file"""
        image = native()
        page = image.page_data(GPA, flags=FLAG_2MB)
        page.fields["file_offset"] = 0x50
        self.refused(f"page data at {GPA:#x} is not within the file's data: "
                     "offset 0x50", image.build(trailer=bytes(PAGE)))

    def test_overlap(self):
        """the model refuses contents that overlap"""
        image, _ = with_page()
        image.page_data(GPA + PAGE)
        image.page_data(GPA, b"again")
        self.refused(f"contents overlap at {GPA:#x}", image.build())
        image = native()
        image.page_data(GPA + 0x1ff000, b"within")
        image.page_data(GPA, flags=FLAG_2MB)
        self.refused(f"contents overlap at {GPA + 0x1ff000:#x}",
                     image.build())

    def test_many(self):
        """16384 pages that are not in the order of addresses"""
        image = native()
        for number in reversed(range(0x4000)):
            image.page_data(GPA + number * PAGE * 2 % 0x4000000
                            + (number >= 0x2000) * PAGE)
        self.vm.offer(0, 0, 0)
        file = image.build()
        self.vm.write(0x10000000, file)
        self.vm.offer(0x10000000, len(file))
        self.assertEqual(self.vm.reset()[1]["pages"], "16384")


class RequiredMemory(Images):
    def required(self, reason, **fields):
        image, _ = with_page()
        header = image.required_memory(0x300000, PAGE)
        header.fields.update(fields)
        with self.subTest(**fields):
            self.refused(reason, image.build())

    def test_values(self):
        self.required("required memory at 0x300001 of 0x1000 bytes is not in "
                      "pages of 0x1000", gpa=0x300001)
        self.required("required memory at 0x300000 of 0x1001 bytes is not in "
                      "pages of 0x1000", number_of_bytes=0x1001)
        self.required("required memory at 0x300000 of 0x0 bytes is not in "
                      "pages of 0x1000", number_of_bytes=0)
        self.required("required memory at 0xfffffffffffff000 wraps around",
                      gpa=0xfffffffffffff000)
        for field in ("flags", "reserved"):
            self.required("required memory at 0x300000 has flags or reserved "
                          "bits", **{field: 1})


def memory_map(vm):
    """The bytes of the parameter, made from QEMU's own map for firmware."""
    size = vm.files()["etc/e820"][1]
    rows = struct.iter_unpack("<QQI", vm.read_file(size=size, file="etc/e820"))
    # QEMU numbers RAM 1 and reserved memory 2. IGVM numbers them 0 and 1.
    return b"".join(
        struct.pack("<QQHHI", start // PAGE, size // PAGE, kind - 1, 0, 0)
        for start, size, kind in sorted(rows)) + bytes(24)


class Parameters(Images):
    AREA = 0x300000

    def inserted(self, *parameters, size=PAGE, data=None):
        """An image whose only area has these parameters (type, offset)."""
        image, _ = with_page()
        image.parameter_area(0, size, data)
        for kind, offset in parameters:
            image.parameter(kind, 0, offset)
        image.parameter_insert(self.AREA, 0)
        return image

    def test_area(self):
        """an area holds zeroes, or the file's data for it"""
        self.vm.write(self.AREA, b"\x55" * 3 * PAGE)
        self.loaded(self.inserted(size=2 * PAGE).build(), (GPA, b"a page"),
                    (self.AREA, bytes(2 * PAGE) + b"\x55" * PAGE))
        data = bytes(range(256)) * 32
        event = self.loaded(self.inserted(size=2 * PAGE, data=data).build(),
                            (self.AREA, data))
        self.assertEqual((event["pages"], event["bytes"]), ("2", 3 * PAGE))

    def test_values(self):
        """processors, environment and RAM of this machine"""
        image = self.inserted((igvmgen.VP_COUNT, 0x10),
                              (igvmgen.ENVIRONMENT_INFO, 0x14),
                              (igvmgen.MEMORY_MAP, 0x20),
                              data=b"\xaa" * PAGE)
        self.loaded(image.build(), (self.AREA, b"\xaa" * 16 + struct.pack(
            "<II", 1, 0) + b"\xaa" * 8 + memory_map(self.vm) + b"\xaa" * 16))

    def test_told(self):
        """the log has the place and the parameters of each area"""
        image = self.inserted((igvmgen.MEMORY_MAP, 0),
                              (igvmgen.VP_COUNT, 0xc0))
        image.parameter_area(1, 2 * PAGE)
        image.parameter_insert(self.AREA + PAGE, 1)
        told = [e for e in self.reset_with(image.build())
                if e.name == "parameters"]
        self.assertEqual([(e["addr"], e["size"], e.reason) for e in told],
                         [(self.AREA, PAGE, "memory map, VP count"),
                          (self.AREA + PAGE, 2 * PAGE, None)])

    def test_larger_machine(self):
        """three processors, RAM below and above 4 GiB, by address"""
        image = self.inserted((igvmgen.VP_COUNT, 0), (igvmgen.MEMORY_MAP, 8))
        file = image.build()
        for machine, low in (("q35", 2 << 30), ("pc", 3 << 30)):
            with self.subTest(machine=machine), qemu.Machine(
                    machine=machine, memory="6G", options=["-smp", "3"]) as vm:
                vm.hand_over(file)
                self.assertEqual(vm.reset()[2].name, "loaded")
                found = memory_map(vm)
                self.assertEqual(vm.read(self.AREA, 8 + len(found)),
                                 struct.pack("<Q", 3) + found)
                rows = list(struct.iter_unpack("<QQHHI", found))
                ram = [(start * PAGE, pages * PAGE)
                       for start, pages, kind, *_ in rows if kind == 0]
                self.assertEqual(ram[:-1], [(0, low),
                                            (1 << 32, (6 << 30) - low)])
                # The map also contains ranges that are not RAM.
                self.assertEqual({kind for *_, kind, _, _ in rows}, {0, 1})

    def test_fit(self):
        """a parameter must fit into its area, with the last entry of a memory map"""
        size = len(memory_map(self.vm))
        for kind, name, last in ((igvmgen.VP_COUNT, "VP count", 4),
                                 (igvmgen.MEMORY_MAP, "memory map", size),
                                 (igvmgen.ENVIRONMENT_INFO,
                                  "environment info", 4)):
            self.loaded(self.inserted((kind, PAGE - last)).build())
            for offset in (PAGE - last + 1, PAGE, 0xffffffff):
                with self.subTest(name=name, offset=offset):
                    self.refused(f"{name} does not fit into parameter area 0",
                                 self.inserted((kind, offset)).build())

    def test_not_known(self):
        """the model refuses an area for a parameter that it does not support"""
        for kind, name in ((igvmgen.SRAT, "SRAT"),
                           (igvmgen.MMIO_RANGES, "MMIO ranges"),
                           (igvmgen.COMMAND_LINE, "command line"),
                           (igvmgen.SLIT, "SLIT"), (igvmgen.PPTT, "PPTT"),
                           (igvmgen.DEVICE_TREE, "device tree")):
            with self.subTest(name=name):
                self.refused(f"parameter area 0 is to hold a {name}: this "
                             "VMM does not support it",
                             self.inserted((kind, 0)).build())

    def test_madt(self):
        """ACPI's table of processors, where QEMU can make it by itself"""
        file = self.inserted((igvmgen.MADT, 8)).build()
        version = self.vm.qmp.command("query-version")["qemu"]["major"]
        if version < 11:
            self.refused("parameter area 0 is to hold a MADT: this VMM does "
                         "not support it", file)
            return
        self.loaded(file)
        table = self.vm.read(self.AREA, PAGE)[8:]
        length, = struct.unpack_from("<I", table, 4)
        self.assertEqual((table[:4], sum(table[:length]) & 0xff, table[length:]),
                         (b"APIC", 0, bytes(PAGE - 8 - length)))
        # The only processor's entry: local APIC, 8 bytes, ID 0, enabled.
        self.assertIn(struct.pack("<BBBBI", 0, 8, 0, 0, 1), table[44:length])

    def test_unused(self):
        """an area that the file never inserts has no effect"""
        image, _ = with_page()
        image.parameter_area(0)
        for kind in (igvmgen.VP_COUNT, igvmgen.MEMORY_MAP, igvmgen.SRAT):
            image.parameter(kind, 0)
        self.loaded(image.build(), (GPA, b"a page"))

    def test_declaration(self):
        """an area is declared once, consists of pages, and has its data in the file"""
        image = self.inserted()
        image.parameter_area(0)
        self.refused("parameter area 0 is there twice", image.build())
        for size in (0, 1, PAGE - 1, PAGE + 8):
            self.refused(f"parameter area 0 of {size:#x} bytes is not in "
                         "pages", self.inserted(size=size).build())
        image = self.inserted(size=2 * PAGE, data=bytes(PAGE))
        area = next(h for h in image.headers
                    if h.type == igvmgen.PARAMETER_AREA)
        for offset in (8, 0x1080, 0xffffffff):
            area.fields["file_offset"] = offset
            self.refused("parameter area 0 is not within the file's data: "
                         f"offset {offset:#x}", image.build())

    def test_use(self):
        """a file declares each area before its use, and inserts it once"""
        for add in (lambda i: i.parameter(igvmgen.VP_COUNT, 1),
                    lambda i: i.parameter_insert(0x400000, 1)):
            image = self.inserted()
            add(image)
            name = {igvmgen.VP_COUNT: "VP count", igvmgen.PARAMETER_INSERT:
                    "parameter insert"}[image.headers[-1].type]
            self.refused(f"{name}: parameter area 1 is not declared",
                         image.build())
        image = self.inserted()
        image.parameter_insert(0x400000, 0)
        self.refused("parameter insert: parameter area 0 is inserted already",
                     image.build())
        image = self.inserted()
        image.parameter(igvmgen.VP_COUNT, 0)
        self.refused("VP count: parameter area 0 is inserted already",
                     image.build())

    def test_once_for_all(self):
        """after an insertion for one platform, no other can use the area"""
        image = native()
        image.platform(mask=2, platform_type=SEV_SNP)
        image.parameter_area(0)
        image.parameter_insert(self.AREA, 0, mask=2)
        image.parameter_insert(self.AREA, 0, mask=1)
        self.refused("parameter insert: parameter area 0 is inserted already",
                     image.build())

    def test_place(self):
        """the place of an area follows the rules of pages"""
        for gpa, words in (
                (self.AREA + 8, f"parameter insert at {self.AREA + 8:#x} of "
                 "0x1000 bytes is not in pages of 0x1000"),
                (0xfffffffffffff000,
                 "parameter insert at 0xfffffffffffff000 wraps around"),
                (GPA, f"contents overlap at {GPA:#x}"),
                (0xC0000000, "no memory at 0xc0000000"),
                (self.vm.image_addr, "the image lies where a part of it must go, at "
                 f"{self.vm.image_addr:#x}")):
            image, _ = with_page()
            image.parameter_area(0)
            image.parameter_insert(gpa, 0)
            with self.subTest(gpa=hex(gpa)):
                self.refused(words, image.build())
        image = self.inserted()
        image.headers[-1].fields["compatibility_mask"] = 2
        self.refused("parameter insert has mask 0x2, the platforms have 0x1",
                     image.build())

    def test_huge(self):
        """areas that are too large for the host or for the guest"""
        for size in (1 << 30, 1 << 40, 1 << 62, (1 << 64) - PAGE):
            image = self.inserted(size=size)
            image.headers[-1].fields["gpa"] = 0x10000000
            events = self.reset_with(image.build())
            self.assertEqual(events[1].name, "refused")
            self.assertRegex(events[1].reason,
                             "no memory (at|for)|wraps around")


class NotDone(Images):
    """Headers that the format defines, but this VMM does not support."""

    def not_done(self, name, add):
        image = native()
        add(image)
        if not any(h.type == igvmgen.PAGE_DATA for h in image.headers):
            image.page_data(GPA, b"a page")
        self.refused(f"{name} for the native platform: this VMM does not "
                     "support it", image.build())

    def test_error_range(self):
        self.not_done("error range", lambda image: image.header(
            igvmgen.ERROR_RANGE, struct.pack("<QII", 0x300000, 1, PAGE)))

    def test_relocation(self):
        self.not_done("relocatable region", lambda image: image.header(
            igvmgen.RELOCATABLE_REGION, struct.pack(
                "<IHBB5Q", 1, 0, 0, 0, PAGE, GPA, PAGE, 0, 1 << 32)))
        self.not_done("page table relocation region",
                      lambda image: image.header(
                          igvmgen.PAGE_TABLE_RELOCATION_REGION, struct.pack(
                              "<IHBBQQQ", 1, 0, 0, 0, GPA, PAGE, PAGE)))

    def test_measurements(self):
        self.not_done("SNP ID block", lambda image: image.header(
            igvmgen.SNP_ID_BLOCK, struct.pack("<I", 1).ljust(696, b"\0")))
        self.not_done("VBS measurement", lambda image: image.header(
            igvmgen.VBS_MEASUREMENT, struct.pack("<I", 1).ljust(864, b"\0")))


class Mutations(Images):
    def test_every_byte(self):
        """a change of any byte of the headers: the model refuses or loads the file

        The test corrects the checksum, so that the reader sees the change.
        """
        image = native(version=2)
        image.page_data(GPA, b"a page")
        image.page_data(GPA + PAGE)
        image.required_memory(0x300000, PAGE)
        good = image.build()
        headers = 32 + 24 + 3 * 32
        outcomes = set()
        for at in list(range(20)) + list(range(24, headers)):
            file = bytearray(good)
            file[at] ^= 0xff
            file[20:24] = bytes(4)
            struct.pack_into("<I", file, 20, zlib.crc32(file[:headers]))
            events = self.reset_with(bytes(file))
            outcomes.add(events[1].name)
            self.assertIn([e.name for e in events],
                          (["image", "loaded", "reset"],
                           ["image", "refused", "reset"]))
            if events[1].name == "refused":
                self.assertEqual(self.vm.read(GPA, 2 * PAGE),
                                 MARK.ljust(2 * PAGE, b"\x55"))
        self.assertEqual(outcomes, {"loaded", "refused"})

    def test_every_length(self):
        """the model refuses a file that ends anywhere in its headers"""
        image, _ = with_page()
        good = image.build()
        for size in range(1, 0x58):
            file = bytearray(good[:size])
            if size >= 24:
                struct.pack_into("<I", file, 16, size)
                file[20:24] = bytes(4)
                struct.pack_into("<I", file, 20, zlib.crc32(file))
            self.assertEqual(self.reset_with(bytes(file))[1].name, "refused")


if __name__ == "__main__":
    unittest.main()
