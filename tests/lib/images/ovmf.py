#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A second implementation that makes, reads, measures and wraps flat OVMF firmware.

Written from edk2's OvmfPkg/ResetVector, the SEV-SNP firmware ABI, the TDX module
specification and QEMU's sources. It shares no code with userspace/igvm.

For machines of EC2 and GCE, the script computes the digests that the tests of
sev-snp-measure (github.com/virtee) expect.

usage: ovmf.py FILE PLATFORM [VCPUS SIGNATURE]

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import struct
import sys
import uuid

import igvmgen
import igvmmeasure

PAGE = 4096
GIB4 = 1 << 32
RESET_VECTOR = 0xFFFFFFF0

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
RESET = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
SEV = "dc886566-984a-4798-a75e-5585a7bf67cc"
TDX = "e47a6535-984a-4798-865e-4685a7bf8ec2"
IGVM = "784fa70e-3176-4677-8a20-04b68699e374"
HASHES = "7255371f-3a3b-4b04-927b-1da6efa8d454"

# Types of SEV's sections.
SEC_MEM, SECRETS, CPUID, SVSM_CAA, KERNEL_HASHES = 1, 2, 3, 4, 0x10
# Types of TDX's sections.
BFV, CFV, TD_HOB, TEMP_MEM = range(4)
# The attribute of a section whose bytes TDX measures.
EXTEND = 1

SEV_SECTIONS = ((0x800000, 0x9000, SEC_MEM), (0x80A000, 0x3000, SEC_MEM),
                (0x80D000, 0x1000, SECRETS), (0x80E000, 0x1000, CPUID),
                (0x80F000, 0x1000, SVSM_CAA),
                (0x811000, 0xF000, SEC_MEM), (0x810000, 0x1000, KERNEL_HASHES))


# The areas for IGVM files, as in Debian's OVMF of 2026.
PARAMETER_AREA, MEMORY_MAP, VP_COUNT, HOB_AREA = 0x100, 0x101, 0x102, 0x200
IGVM_AREAS = ((0x812000, 0x1000, PARAMETER_AREA), (0, 0xC0, MEMORY_MAP),
              (0xC0, 0x10, VP_COUNT), (0x813000, 0x1000, HOB_AREA))


def tdx_sections(size):
    """Rows (offset, bytes, address, bytes of memory, type, attributes)."""
    code = size - 2 * PAGE
    return ((2 * PAGE, code, GIB4 - code, code, BFV, EXTEND),
            (0, 2 * PAGE, GIB4 - size, 2 * PAGE, CFV, 0),
            (0, 0, 0x810000, 0x10000, TEMP_MEM, 0),
            (0, 0, 0x80B000, 0x2000, TEMP_MEM, EXTEND),
            (0, 0, 0x809000, 0x2000, TD_HOB, 0))


def entry(guid, content):
    return (content + struct.pack("<H", len(content) + 18) +
            uuid.UUID(guid).bytes_le)


def make(size=64 << 10, reset=0x80B004, sev=SEV_SECTIONS, tdx=None, igvm=None,
         hashes=None, **heads):
    """A firmware of pseudo-random bytes with a sound table.

    hashes: address and bytes of the area for hashes of a kernel.
    heads: sev_head and tdx_head replace the head of a list of sections
    (signature, bytes, version, number); table replaces the bytes of the table
    before the footer.
    """
    rom = bytearray(hashlib.shake_128(b"firmware").digest(size))
    rom[0:64] = bytes(40) + b"_FVH" + bytes(20)
    rom[-16:-13] = b"\x90\x90\xe9"
    entries = b""
    at = size - 2048
    if sev is not None:
        head = heads.get("sev_head", struct.pack(
            "<4sIII", b"ASEV", 16 + 12 * len(sev), 1, len(sev)))
        data = head + b"".join(struct.pack("<III", *row) for row in sev)
        rom[at:at + len(data)] = data
        entries += entry(SEV, struct.pack("<I", size - at))
    at = size - 1024
    if tdx is None:
        tdx = tdx_sections(size)
    if tdx:
        head = heads.get("tdx_head", struct.pack(
            "<4sIII", b"TDVF", 16 + 32 * len(tdx), 1, len(tdx)))
        data = head + b"".join(struct.pack("<IIQQII", *row) for row in tdx)
        rom[at:at + len(data)] = data
        entries += entry(TDX, struct.pack("<I", size - at))
    at = size - 512
    if igvm:
        data = struct.pack("<4sIII", b"IGVM", 16 + 12 * len(igvm), 1, len(igvm))
        data += b"".join(struct.pack("<III", *row) for row in igvm)
        rom[at:at + len(data)] = data
        entries += entry(IGVM, struct.pack("<I", size - at))
    if hashes:
        entries += entry(HASHES, struct.pack("<II", *hashes))
    if reset is not None:
        entries += entry(RESET, struct.pack("<I", reset))
    entries = heads.get("table", entries)
    table = entries + struct.pack("<H", len(entries) + 18)
    table += uuid.UUID(FOOTER).bytes_le
    rom[-32 - len(table):-32] = table
    return bytes(rom)


def table_of(rom):
    """The firmware's table: GUID to content."""
    found = {}
    footer = len(rom) - 32
    if rom[footer - 16:footer] != uuid.UUID(FOOTER).bytes_le:
        return found
    length, = struct.unpack_from("<H", rom, footer - 18)
    rest = rom[footer - length:footer - 18]
    while rest:
        length, = struct.unpack_from("<H", rest, len(rest) - 18)
        found[str(uuid.UUID(bytes_le=rest[-16:]))] = rest[-length:-18]
        rest = rest[:-length]
    return found


def sections_of(rom, guid, layout):
    from_end, = struct.unpack("<I", table_of(rom)[guid])
    start = len(rom) - from_end
    number, = struct.unpack_from("<I", rom, start + 12)
    size = struct.calcsize(layout)
    return [struct.unpack_from(layout, rom, start + 16 + size * index)
            for index in range(number)]


def kernel_table(kernel=b"", initrd=b"", append=""):
    """Hashes of a kernel, of its initial RAM disk and of its arguments."""
    entries = b""
    for guid, content in (
            ("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", append.encode() + b"\0"),
            ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
            ("4de79437-abd2-427f-b835-d5b172d2045b", kernel)):
        entries += uuid.UUID(guid).bytes_le + struct.pack("<H", 50)
        entries += hashlib.sha256(content).digest()
    table = (uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le +
             struct.pack("<H", 18 + len(entries)) + entries)
    return table.ljust((len(table) + 15) & ~15, b"\0")


def kernel_page(offset, *kernel):
    return (bytes(offset) + kernel_table(*kernel)).ljust(PAGE, b"\0")


def save_area(start, features, signature, fpu=True, vmm="qemu"):
    """Registers after reset. KVM before Linux 6.10 left out those of the FPU."""
    page = bytearray(igvmmeasure.reset_state(features, signature))
    struct.pack_into("<Q", page, 0x18, start & 0xFFFF0000)
    struct.pack_into("<Q", page, 0x178, start & 0xFFFF)
    if vmm != "qemu":
        struct.pack_into("<Q", page, 0x310, 0x600)
    if not fpu or vmm != "qemu":
        struct.pack_into("<IHHH", page, 0x408, 0, 0, 0, 0)
    if vmm == "gce":
        struct.pack_into("<Q", page, 0x268, 0x70106)
    if vmm == "ec2":
        struct.pack_into("<H", page, 0x12,
                         0x9A if start == RESET_VECTOR else 0x9B)
        struct.pack_into("<H", page, 0x22, 0x92)
        struct.pack_into("<H", page, 0x92, 0x83)
    return bytes(page)


def save_areas(reset, features, vcpus, signature, **how):
    for index in range(vcpus):
        yield save_area(reset if index else RESET_VECTOR, features, signature,
                        **how)


class Snp:
    """A launch of SEV-SNP, page by page."""

    def __init__(self, digest=bytes(48), vmm="qemu"):
        self.digest = digest
        self.vmm = vmm

    def update(self, kind, gpa, data=None):
        contents = hashlib.sha384(data).digest() if data else bytes(48)
        self.digest = hashlib.sha384(
            self.digest + contents +
            struct.pack("<HBBIQ", 0x70, kind, 0, 0, gpa)).digest()

    def firmware(self, rom):
        for at in range(0, len(rom), PAGE):
            self.update(1, GIB4 - len(rom) + at, rom[at:at + PAGE])

    def section(self, gpa, size, kind, hashes):
        kinds = {SECRETS: 5, CPUID: 6}
        if self.vmm == "gce":
            kinds[SEC_MEM] = 4
        for at in range(gpa, gpa + size, PAGE):
            if kind == KERNEL_HASHES and hashes:
                self.update(1, at, hashes)
                hashes = bytes(PAGE)
            else:
                self.update(kinds.get(kind, 3), at)

    def sections(self, sections, hashes=None):
        late = [row for row in sections
                if row[2] == CPUID and self.vmm == "ec2"]
        for row in [row for row in sections if row not in late] + late:
            self.section(*row, hashes)

    def processors(self, *machine, fpu=True, features=1):
        reset, vcpus, signature = machine
        for area in save_areas(reset, features, vcpus, signature, fpu=fpu,
                               vmm=self.vmm):
            self.update(2, igvmmeasure.KVM_VMSA_GPA, area)


def snp(rom, vcpus, signature, vmm="qemu", features=1, kernel=None,
        firmware=None):
    launch = Snp(firmware or bytes(48), vmm)
    if not firmware:
        launch.firmware(rom)
    hashes = None
    if kernel:
        base, _ = struct.unpack("<II", table_of(rom)[HASHES])
        hashes = kernel_page(base % PAGE, *kernel)
    launch.sections(sections_of(rom, SEV, "<III"), hashes)
    reset, = struct.unpack("<I", table_of(rom)[RESET])
    launch.processors(reset, vcpus, signature, features=features)
    return launch.digest


def sev_es(rom, vcpus, signature, features=0, kernel=None):
    reset, = struct.unpack("<I", table_of(rom)[RESET])
    return hashlib.sha256(
        rom + (kernel_table(*kernel) if kernel else b"") +
        b"".join(save_areas(reset, features, vcpus, signature))).digest()


def sev(rom, *_, kernel=None):
    return hashlib.sha256(
        rom + (kernel_table(*kernel) if kernel else b"")).digest()


def tdx(rom, *_, two_pass=False):
    running = hashlib.sha384()

    def record(word, gpa):
        running.update(word.ljust(16, b"\0") + struct.pack("<Q", gpa) +
                       bytes(104))

    def add(gpa, at):
        record(b"MEM.PAGE.ADD", gpa + at)

    def extend(gpa, at, data):
        for step in range(at, at + PAGE, 256):
            record(b"MR.EXTEND", gpa + step)
            running.update(data[step:step + 256])

    for offset, size, gpa, memory, _, attributes in sections_of(
            rom, TDX, "<IIQQII"):
        data = rom[offset:offset + size].ljust(memory, b"\0")
        pages = range(0, memory, PAGE)
        for at in pages if two_pass else ():
            add(gpa, at)
        for at in pages:
            if not two_pass:
                add(gpa, at)
            if attributes & EXTEND:
                extend(gpa, at, data)
    return running.digest()


MEASURES = {"snp": snp, "sev-es": sev_es, "sev": sev, "tdx": tdx}


def measure(rom, platform, vcpus=1, signature=0, **launch):
    """The digest in hexadecimal; signature: EAX of CPUID leaf 1.

    launch: vmm (qemu, ec2, gce), features, kernel (its bytes, those of its initial
    RAM disk, its arguments), firmware (digest of its pages) and two_pass.
    """
    return MEASURES[platform](rom, vcpus, signature, **launch).hex()


def wrap_sections(image, rom, mask, platform):
    """Add the sections of one platform. Those of TDX include the firmware."""
    if platform == "snp":
        types = {SECRETS: igvmgen.SECRETS, CPUID: igvmgen.CPUID_DATA}
        for gpa, size, kind in sections_of(rom, SEV, "<III"):
            for at in range(gpa, gpa + size, PAGE):
                image.page_data(at, mask=mask,
                                data_type=types.get(kind, igvmgen.NORMAL))
    elif platform == "tdx":
        for offset, size, gpa, memory, _, attributes in sections_of(
                rom, TDX, "<IIQQII"):
            flags = 0 if attributes & EXTEND else igvmgen.FLAG_UNMEASURED
            for at in range(0, memory, PAGE):
                data = rom[offset + at:offset + at + PAGE] if size else None
                image.page_data(gpa + at, data, mask, flags)


def wrap(rom, platforms, vcpus=1, signature=0, policy=0x30000):
    """An IGVM file that stores all pages of the firmware. platforms must contain snp."""
    types = {"native": igvmgen.NATIVE, "snp": igvmgen.SEV_SNP,
             "sev-es": igvmgen.SEV_ES, "tdx": igvmgen.TDX}
    masks = {}
    image = igvmgen.Image()
    for word, number in types.items():
        if word in platforms:
            masks[word] = 1 << len(masks)
            image.platform(masks[word], number)
    image.guest_policy(policy, masks["snp"])
    everyone = sum(mask for word, mask in masks.items() if word != "tdx")
    for at in range(0, len(rom), PAGE):
        image.page_data(GIB4 - len(rom) + at, rom[at:at + PAGE], everyone)
    for gpa, page in igvmgen.low_pages(rom) if "native" in masks else ():
        image.page_data(gpa, page, masks["native"])
    for word, mask in masks.items():
        wrap_sections(image, rom, mask, word)
    reset, = struct.unpack("<I", table_of(rom)[RESET])
    for word, features in (("snp", 1), ("sev-es", 0)):
        for index, area in enumerate(save_areas(reset, features, vcpus,
                                                signature)):
            if word in masks:
                image.vp_context(area, igvmmeasure.KVM_VMSA_GPA, index,
                                 masks[word])
    return image.build()


def main(arguments):
    path, platform, *machine = arguments
    with open(path, "rb") as file:
        print(measure(file.read(), platform,
                      *(int(word, 0) for word in machine)))


if __name__ == "__main__":
    main(sys.argv[1:])
