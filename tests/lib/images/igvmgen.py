#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write IGVM files for tests: sound ones, and ones broken in a chosen place.

Written from the text of the igvm_defs crate. It shares no code with the readers
under test, so that tests notice a misreading.

    image = Image()
    image.platform()
    page = image.page_data(0xfffff000, bytes(4096))
    page.fields["gpa"] = 1              # any field of any header
    page.length = 20                    # or its length, type, padding
    image.build(total_file_size=7)      # or any field of the fixed header

usage: igvmgen.py --list
       igvmgen.py [--total-size SIZE] NAME FILE
       igvmgen.py [--total-size SIZE] [--arch x64|aarch64] [--registers reset|elsewhere]
                  --wrap ROM FILE
       igvmgen.py --all DIRECTORY

Copyright (C) 2026 The vmfwupdate authors
"""

import argparse
import pathlib
import struct
import sys
import zlib

import p384

PAGE = 4096
PAGE_2M = 2 << 20
GIB4 = 1 << 32
MIB1 = 1 << 20
# The end of a firmware is also below 1 MiB. A PC shows the last 128 KiB there.
# A BIOS needs the last 256 KiB there.
LOW_ALIAS = 128 << 10
LOW_BIOS = 256 << 10

ARCH_X64 = 0
ARCH_AARCH64 = 1

# Platform types.
NATIVE = 0
VSM_ISOLATION = 1
SEV_SNP = 2
TDX = 3
SEV = 4
SEV_ES = 5

# Variable headers: type, layout and names of the content. All little-endian,
# packed as written here.
SUPPORTED_PLATFORM = 0x001
GUEST_POLICY = 0x101
RELOCATABLE_REGION = 0x102
PAGE_TABLE_RELOCATION_REGION = 0x103
PARAMETER_AREA = 0x301
PAGE_DATA = 0x302
PARAMETER_INSERT = 0x303
VP_CONTEXT = 0x304
REQUIRED_MEMORY = 0x305
VP_COUNT = 0x307
SRAT = 0x308
MADT = 0x309
MMIO_RANGES = 0x30A
SNP_ID_BLOCK = 0x30B
MEMORY_MAP = 0x30C
ERROR_RANGE = 0x30D
COMMAND_LINE = 0x30E
SLIT = 0x30F
PPTT = 0x310
VBS_MEASUREMENT = 0x311
DEVICE_TREE = 0x312
ENVIRONMENT_INFO = 0x313
# A reader that does not know a type with this bit may skip the header.
OPTIONAL = 1 << 31

# Flags of page data.
FLAG_2MB = 1 << 0
FLAG_UNMEASURED = 1 << 1
FLAG_SHARED = 1 << 2

# Data types of page data.
NORMAL = 0
SECRETS = 1
CPUID_DATA = 2
CPUID_XF = 3

LAYOUTS = {
    SUPPORTED_PLATFORM: ("<IBBHQ", "compatibility_mask highest_vtl "
                         "platform_type platform_version "
                         "shared_gpa_boundary"),
    GUEST_POLICY: ("<QII", "policy compatibility_mask reserved"),
    RELOCATABLE_REGION: ("<IHBBQQQQQ", "compatibility_mask vp_index vtl flags "
                         "relocation_alignment relocation_region_gpa "
                         "relocation_region_size minimum_relocation_gpa "
                         "maximum_relocation_gpa"),
    PAGE_TABLE_RELOCATION_REGION: ("<IHBBQQQ", "compatibility_mask vp_index "
                                   "vtl reserved gpa size used_size"),
    PARAMETER_AREA: ("<QII", "number_of_bytes parameter_area_index "
                     "file_offset"),
    PAGE_DATA: ("<QIIIHH", "gpa compatibility_mask file_offset flags "
                "data_type reserved"),
    PARAMETER_INSERT: ("<QII", "gpa compatibility_mask parameter_area_index"),
    VP_CONTEXT: ("<QIIHH", "gpa compatibility_mask file_offset vp_index "
                 "reserved"),
    REQUIRED_MEMORY: ("<QIIII", "gpa compatibility_mask number_of_bytes flags "
                      "reserved"),
    ERROR_RANGE: ("<QII", "gpa compatibility_mask size_bytes"),
}
PARAMETER_LAYOUT = ("<II", "parameter_area_index byte_offset")


def ecdsa_numbers(*numbers):
    return b"".join(number.to_bytes(72, "little") for number in numbers)


def ecdsa_key(private):
    """Curve (2: P-384), a reserved word, the public point."""
    return struct.pack("<II", 2, 0) + ecdsa_numbers(
        *p384.multiply(private, p384.G))


def ecdsa_signature(private, message):
    return ecdsa_numbers(*p384.sign(private, message))


def low_pages(rom):
    """(address, page) below 1 MiB, the highest first."""
    low = rom[-(LOW_ALIAS if rom[40:44] == b"_FVH" else LOW_BIOS):]
    for at in range(len(low) - PAGE, -1, -PAGE):
        yield MIB1 - len(low) + at, low[at:at + PAGE]


class Header:
    """One variable header; a test may change every attribute before build().

    length: of the content; None: the real length.
    padding: None: zeroes up to the next multiple of 8.
    raw: the bytes of the content, in place of fields.
    A field file_offset of None becomes the offset of data, or 0 without data.
    """

    def __init__(self, header_type, fields=None, data=None, raw=None):
        self.type = header_type
        self.fields = fields or {}
        self.data = data
        self.raw = raw
        self.length = None
        self.padding = None
        self.layout = LAYOUTS.get(header_type, PARAMETER_LAYOUT)

    def content(self, offset):
        if self.raw is not None:
            return self.raw
        layout, names = self.layout
        values = dict(self.fields)
        if values.get("file_offset", 0) is None:
            values["file_offset"] = offset
        return struct.pack(layout, *(values[name] for name in names.split()))

    def encode(self, offset):
        content = self.content(offset)
        length = len(content) if self.length is None else self.length
        padding = self.padding
        if padding is None:
            padding = bytes(-len(content) % 8)
        return struct.pack("<II", self.type, length) + content + padding


class Image:
    """An IGVM file to build: headers in the order of the calls."""

    def __init__(self, version=1, architecture=ARCH_X64, page_size=PAGE):
        self.version = version
        self.architecture = architecture
        self.page_size = page_size
        self.headers = []

    def add(self, header):
        self.headers.append(header)
        return header

    def header(self, header_type, raw):
        """Add any header, by its type and the bytes of its content."""
        return self.add(Header(header_type, raw=raw))

    def platform(self, mask=1, platform_type=NATIVE, version=1, vtl=0,
                 boundary=0):
        return self.add(Header(SUPPORTED_PLATFORM, {
            "compatibility_mask": mask, "highest_vtl": vtl,
            "platform_type": platform_type, "platform_version": version,
            "shared_gpa_boundary": boundary}))

    def guest_policy(self, policy=0x30000, mask=1):
        return self.add(Header(GUEST_POLICY, {
            "policy": policy, "compatibility_mask": mask, "reserved": 0}))

    def page_data(self, gpa, data=None, mask=1, flags=0, data_type=NORMAL):
        """Add a page. Without data, it has zeroes and takes no file space."""
        size = PAGE_2M if flags & FLAG_2MB else PAGE
        if data is not None and len(data) > size:
            raise ValueError(f"{len(data)} bytes in a page of {size}")
        if data is not None:
            data = bytes(data).ljust(size, b"\0")
        return self.add(Header(PAGE_DATA, {
            "gpa": gpa, "compatibility_mask": mask, "file_offset": None,
            "flags": flags, "data_type": data_type, "reserved": 0}, data))

    def pages(self, gpa, data, mask=1, flags=0, data_type=NORMAL):
        """Add consecutive pages. Pages of zeroes have no data in the file."""
        size = PAGE_2M if flags & FLAG_2MB else PAGE
        if len(data) % size:
            raise ValueError(f"{len(data)} bytes are no whole pages")
        for offset in range(0, len(data), size):
            page = data[offset:offset + size]
            self.page_data(gpa + offset, page if any(page) else None, mask,
                           flags, data_type)

    def required_memory(self, gpa, size, mask=1, flags=0):
        return self.add(Header(REQUIRED_MEMORY, {
            "gpa": gpa, "compatibility_mask": mask, "number_of_bytes": size,
            "flags": flags, "reserved": 0}))

    def parameter_area(self, index, size=PAGE, data=None):
        return self.add(Header(PARAMETER_AREA, {
            "number_of_bytes": size, "parameter_area_index": index,
            "file_offset": None}, data))

    def parameter(self, header_type, index, offset=0):
        return self.add(Header(header_type, {
            "parameter_area_index": index, "byte_offset": offset}))

    def parameter_insert(self, gpa, index, mask=1):
        return self.add(Header(PARAMETER_INSERT, {
            "gpa": gpa, "compatibility_mask": mask,
            "parameter_area_index": index}))

    def vp_context(self, data, gpa=0, vp_index=0, mask=1):
        return self.add(Header(VP_CONTEXT, {
            "gpa": gpa, "compatibility_mask": mask, "file_offset": None,
            "vp_index": vp_index, "reserved": 0}, data))

    def error_range(self, gpa, size=PAGE, mask=1):
        return self.add(Header(ERROR_RANGE, {
            "gpa": gpa, "compatibility_mask": mask, "size_bytes": size}))

    def id_block(self, digest, policy=0x30000, mask=1, key=1, author=None):
        """Add a signed ID block. key and author are private keys, as numbers."""
        block = digest + bytes(32) + struct.pack("<II", 1, 0)
        fields = ecdsa_signature(key, block + struct.pack("<Q", policy))
        fields += ecdsa_key(key)
        if author:
            # The author signs the key without the reserved word after the curve.
            signed = ecdsa_key(key)[:4] + ecdsa_key(key)[8:]
            fields += ecdsa_signature(author, signed.ljust(0x404, b"\0"))
            fields += ecdsa_key(author)
        algorithms = struct.pack("<II", 1, 1 if author else 0)
        return self.header(SNP_ID_BLOCK, (
            struct.pack("<IB3x", mask, bool(author)) + block + algorithms +
            fields).ljust(696, b"\0"))

    def flat(self, rom, mask=1):
        """A PC's flat firmware: it ends at 4 GiB, its tail also at 1 MiB."""
        self.pages(GIB4 - len(rom), rom, mask)
        for gpa, page in low_pages(rom):
            self.page_data(gpa, page if any(page) else None, mask)

    def fixed_header_size(self):
        return 32 if self.version >= 2 else 24

    def encode_headers(self, start):
        """Return (variable headers, file data); start: the offset of the data."""
        offsets = {}
        encoded = []
        for header in self.headers:
            if header.data is None:
                offset = 0
            elif header.data in offsets:
                offset = offsets[header.data]
            else:
                offset = offsets[header.data] = start
                start += len(header.data)
            encoded.append(header.encode(offset))
        return b"".join(encoded), b"".join(offsets)

    def build(self, gap=b"", trailer=b"", **fields):
        """The file's bytes.

        gap: bytes between fixed and variable headers; trailer: bytes after the
        file data. fields replace those of the fixed header, by name. The checksum
        covers these values, unless fields replace the checksum, too.
        """
        offset = self.fixed_header_size() + len(gap)
        size = len(self.encode_headers(0)[0])
        headers, data = self.encode_headers(offset + size)
        fixed = {
            "magic": b"IGVM", "format_version": self.version,
            "variable_header_offset": offset, "variable_header_size": size,
            "total_file_size": offset + size + len(data) + len(trailer),
            "checksum": 0, "architecture": self.architecture,
            "page_size": self.page_size}
        unknown = set(fields) - set(fixed)
        if unknown:
            raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
        fixed.update(fields)

        body = gap + headers + data + trailer
        if "checksum" not in fields:
            start = fixed["variable_header_offset"]
            file = self.encode_fixed(fixed) + body
            covered = file[start:start + fixed["variable_header_size"]]
            fixed["checksum"] = zlib.crc32(covered,
                                           zlib.crc32(self.encode_fixed(fixed)))
        return self.encode_fixed(fixed) + body

    def encode_fixed(self, fixed):
        encoded = struct.pack(
            "<4s5I", fixed["magic"], fixed["format_version"],
            fixed["variable_header_offset"], fixed["variable_header_size"],
            fixed["total_file_size"], fixed["checksum"])
        if self.version >= 2:
            encoded += struct.pack("<II", fixed["architecture"],
                                   fixed["page_size"])
        return encoded


def reset_registers(code_base=0xFFFF0000, ip=0xFFF0, selector=0xF000):
    """The page of a native VP context: the registers after a reset."""
    numbers = [0] * 16 + [ip, 2]                        # RIP, RFLAGS
    page = struct.pack("<18Q", *numbers)
    page += struct.pack("<QH4xHQ", 0, 0xFFFF, 0xFFFF, 0)  # IDTR, GDTR
    page += struct.pack("<HHII", selector, 0x9B, code_base, 0xFFFF)
    page += struct.pack("<HHII", 0, 0x93, 0, 0xFFFF)
    page += struct.pack("<5Q", 0, 0x60000010, 0, 0, 0)  # GS base, CR0, CR3, ...
    return page.ljust(PAGE, b"\0")


def wrap(rom, version=1, registers=None):
    """A flat PC firmware as an image for the native platform."""
    image = Image(version=2 if registers else version)
    image.platform()
    image.flat(rom)
    if registers:
        image.vp_context(registers)
    return image


def wrap_elsewhere(rom):
    """A BIOS whose registers start it at its first byte, a jump to f000:fff0.

    The registers of this image do not fit another image."""
    jump = b"\xea\xf0\xff\x00\xf0"             # jmp f000:fff0
    assert not any(rom[:len(jump)]), "there is code"
    base = GIB4 - len(rom)
    return wrap(jump + rom[len(jump):],
                registers=reset_registers(base, 0, base >> 4 & 0xFFFF))


def wrap_aarch64(rom, gpa=0):
    """A flat firmware for the arm64 virt machine, which starts at 0."""
    image = Image(version=2, architecture=ARCH_AARCH64)
    image.platform()
    image.pages(gpa, rom)
    return image


def halting_rom(size=64 << 10):
    """A PC firmware that does nothing: halt, again and again."""
    rom = bytearray(size)
    rom[-16:-13] = b"\xf4\xeb\xfd"      # hlt; jmp .-1
    rom[:16] = b"vmfwupdate test\0"
    return bytes(rom)


def sample_native():
    return wrap(halting_rom())


def sample_native_v2():
    return wrap(halting_rom(), version=2)


def sample_zero_pages():
    image = wrap(halting_rom())
    image.page_data(0x100000)
    image.page_data(0x200000, flags=FLAG_2MB)
    return image


def sample_required_memory():
    image = wrap(halting_rom())
    image.required_memory(0x100000, 1 << 20)
    return image


def sample_large_page():
    image = wrap(halting_rom())
    image.page_data(0x400000, b"large page", flags=FLAG_2MB)
    return image


def sample_apic():
    """A page over the local APIC: a sound file that a PC cannot load."""
    image = wrap(halting_rom())
    image.page_data(0xFEE00000, b"page")
    return image


def sample_snp():
    """An image for SEV-SNP alone, without the native platform."""
    image = Image()
    image.platform(platform_type=SEV_SNP)
    image.guest_policy()
    image.flat(halting_rom())
    image.page_data(0x800000, data_type=SECRETS)
    image.page_data(0x801000, data_type=CPUID_DATA)
    image.vp_context(bytes(PAGE), gpa=0xFFFFFFFFF000)
    return image


def sample_both():
    """An image for the native platform and SEV-SNP, which share most pages."""
    image = Image()
    image.platform(mask=1)
    image.platform(mask=2, platform_type=SEV_SNP)
    image.guest_policy(mask=2)
    image.flat(halting_rom(), mask=3)
    image.page_data(0x800000, mask=2, data_type=SECRETS)
    image.page_data(0x801000, mask=2, data_type=CPUID_DATA)
    image.vp_context(bytes(PAGE), gpa=0xFFFFFFFFF000, mask=2)
    return image


def sample_parameters():
    image = wrap(halting_rom())
    image.parameter_area(0)
    image.parameter(VP_COUNT, 0)
    image.parameter(MEMORY_MAP, 0, 16)
    image.parameter_insert(0x800000, 0)
    return image


def sample_aarch64():
    return wrap_aarch64(b"\0\0\0\x14".ljust(64 << 10, b"\0"))   # b .


def sample_measured(large=False):
    """All headers that a launch measurement distinguishes, for each such platform.

    large: one page of 2 MiB has bytes in the file.
    """
    image = Image()
    snp, sev_es, sev, tdx, vbs = (1 << bit for bit in range(5))
    everyone = snp | sev_es | sev | tdx | vbs
    image.platform(mask=snp, platform_type=SEV_SNP)
    image.platform(mask=sev_es, platform_type=SEV_ES)
    image.platform(mask=sev, platform_type=SEV)
    image.platform(mask=tdx, platform_type=TDX, boundary=1 << 47)
    image.platform(mask=vbs, platform_type=VSM_ISOLATION, vtl=2)
    image.guest_policy(mask=snp)
    vmsa = bytes(range(256)) * 16
    # QEMU measures contexts last, so they are not last in the file.
    image.vp_context(vmsa, gpa=0xFFFFFFFFE000, mask=snp)
    image.vp_context(vmsa[::-1], gpa=0xFFFFFFFFF000, vp_index=1, mask=snp)
    image.vp_context(vmsa, gpa=0xFFFFFFFFF000, mask=sev_es)
    registers = struct.pack("<I", 2)
    for name, value in ((0x40002, 0x1000), (0x20010, 0xFFF0)):
        registers += struct.pack("<BI11xQQ", 2, name, value, 0)
    image.vp_context(registers, mask=vbs)
    image.pages(0xFFFFE000, b"code" * 2048, mask=everyone)
    image.page_data(0x10000, mask=everyone)
    image.page_data(0x11000, b"unmeasured", everyone, FLAG_UNMEASURED)
    image.page_data(0x12000, mask=everyone, flags=FLAG_UNMEASURED)
    image.page_data(0x13000, b"shared", everyone, FLAG_SHARED)
    image.page_data(0x14000, mask=snp, data_type=SECRETS)
    image.page_data(0x15000, mask=snp, data_type=CPUID_DATA)
    image.page_data(0x16000, mask=snp, data_type=CPUID_XF)
    data = b"".join(bytes([n & 0xff]) * PAGE for n in range(512))
    image.page_data(0x200000, data if large else None, everyone, FLAG_2MB)
    image.page_data(0x400000, mask=everyone, flags=FLAG_2MB)
    image.parameter_area(3, 2 * PAGE)
    image.parameter(MEMORY_MAP, 3)
    image.parameter_insert(0x20000, 3, mask=everyone)
    image.error_range(0x30000, 2 * PAGE, mask=everyone)
    return image


SAMPLES = {
    "native": sample_native,
    "native-v2": sample_native_v2,
    "zero-pages": sample_zero_pages,
    "required-memory": sample_required_memory,
    "large-page": sample_large_page,
    "apic": sample_apic,
    "snp": sample_snp,
    "both": sample_both,
    "parameters": sample_parameters,
    "measured": sample_measured,
    "aarch64": sample_aarch64,
}


def parse_size(text):
    units = {"K": 10, "M": 20, "G": 30}
    shift = units.get(text[-1:].upper(), 0)
    return int(text[:-1] if shift else text, 0) << shift


def main(arguments):
    parser = argparse.ArgumentParser(
        description="Write IGVM files for tests.")
    parser.add_argument("--list", action="store_true",
                        help="names of the samples")
    parser.add_argument("--all", metavar="DIRECTORY", type=pathlib.Path,
                        help="write every sample as DIRECTORY/NAME.igvm")
    parser.add_argument("--wrap", metavar="ROM", type=pathlib.Path,
                        help="write a flat firmware file as an image")
    parser.add_argument("--registers", choices=("reset", "elsewhere"),
                        help="with a context: that of a reset, or one that "
                        "starts at the first byte")
    parser.add_argument("--arch", choices=("x64", "aarch64"), default="x64",
                        help="architecture of the flat firmware")
    parser.add_argument("--total-size", metavar="SIZE", type=parse_size,
                        help="size in the header (K, M, G); the caller appends "
                        "zeroes to the file")
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("file", nargs="?", metavar="FILE", type=pathlib.Path)
    args = parser.parse_args(arguments)

    if args.list:
        print("\n".join(SAMPLES))
        return 0
    if args.all:
        args.all.mkdir(parents=True, exist_ok=True)
        for name, sample in SAMPLES.items():
            (args.all / f"{name}.igvm").write_bytes(sample().build())
        return 0
    fields = {}
    if args.total_size is not None:
        fields["total_file_size"] = args.total_size
    if args.wrap:
        if not args.name or args.file:
            parser.error("--wrap ROM takes one FILE")
        rom = args.wrap.read_bytes()
        if args.arch == "aarch64":
            image = wrap_aarch64(rom)
        elif args.registers == "elsewhere":
            image = wrap_elsewhere(rom)
        else:
            image = wrap(rom, registers=args.registers and reset_registers())
        pathlib.Path(args.name).write_bytes(image.build(**fields))
        return 0
    if not args.file:
        parser.error("NAME and FILE are missing")
    if args.name not in SAMPLES:
        parser.error(f"no sample {args.name}; there are {', '.join(SAMPLES)}")
    args.file.write_bytes(SAMPLES[args.name]().build(**fields))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
