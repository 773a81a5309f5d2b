#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch measurements of IGVM files, computed a second time for tests.

Written from the specifications of the platforms (SEV-SNP firmware ABI, SEV
API, TDX module). It shares no code with userspace/igvm, reads only sound files,
and does not try to be fast.

usage: igvmmeasure.py FILE PLATFORM [qemu|generic|native-zero]

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import struct
import sys

import igvmgen

PAGE = igvmgen.PAGE
PLATFORMS = {
    "vbs": igvmgen.VSM_ISOLATION, "snp": igvmgen.SEV_SNP,
    "tdx": igvmgen.TDX, "sev": igvmgen.SEV, "sev-es": igvmgen.SEV_ES,
}
KVM_VMSA_GPA = 0xFFFFFFFFF000


class File:
    """A file as one platform sees it; pages of 2 MiB are split into 4 KiB."""

    def __init__(self, data, platform):
        self.data = data
        offset, size = struct.unpack_from("<II", data, 8)
        self.headers = list(self.walk(offset, offset + size))
        wanted = PLATFORMS[platform]
        self.mask, = (struct.unpack_from("<I", content)[0]
                      for kind, content in self.headers
                      if kind == igvmgen.SUPPORTED_PLATFORM and
                      content[5] == wanted)

    def walk(self, at, end):
        while at < end:
            kind, length = struct.unpack_from("<II", self.data, at)
            yield kind, self.data[at + 8:at + 8 + length]
            at += 8 + (length + 7) // 8 * 8

    def events(self):
        """The events of a launch, measured or not, in the order of the file.

        ("page", gpa, flags, type, bytes or None), ("insert", gpa),
        ("context", gpa, file offset, VP index) and ("error", gpa).
        """
        areas = {}
        for kind, content in self.headers:
            if kind == igvmgen.PARAMETER_AREA:
                size, index, _ = struct.unpack("<QII", content)
                areas[index] = size
            if kind not in (igvmgen.PAGE_DATA, igvmgen.PARAMETER_INSERT,
                            igvmgen.VP_CONTEXT, igvmgen.ERROR_RANGE):
                continue
            gpa, mask, third = struct.unpack_from("<QII", content)
            if not mask & self.mask:
                continue
            if kind == igvmgen.PAGE_DATA:
                flags, data_type = struct.unpack_from("<IH", content, 16)
                yield from self.pages(gpa, third, flags, data_type)
            elif kind == igvmgen.VP_CONTEXT:
                yield ("context", gpa, third,
                       struct.unpack_from("<H", content, 16)[0])
            else:
                size = third if kind == igvmgen.ERROR_RANGE else areas[third]
                word = "error" if kind == igvmgen.ERROR_RANGE else "insert"
                for step in range(0, size, PAGE):
                    yield (word, gpa + step)

    def qemu_events(self):
        """The events as QEMU's loader makes them, for SEV, SEV-ES and SEV-SNP.

        Page headers that continue each other form a group. QEMU loads a group only
        when it reads the next group. So other headers between two groups, such as
        inserts of parameter areas, come before the first group.
        """
        areas, groups, others = {}, [], []
        for number, (kind, content) in enumerate(self.headers):
            if kind == igvmgen.PARAMETER_AREA:
                size, index, _ = struct.unpack("<QII", content)
                areas[index] = size
            if kind not in (igvmgen.PAGE_DATA, igvmgen.PARAMETER_INSERT,
                            igvmgen.VP_CONTEXT):
                continue
            gpa, mask, third = struct.unpack_from("<QII", content)
            if not mask & self.mask:
                continue
            if kind == igvmgen.PARAMETER_INSERT:
                others.append((number, [("insert", gpa + step) for step in
                                        range(0, areas[third], PAGE)]))
            elif kind == igvmgen.VP_CONTEXT:
                others.append((number, [
                    ("context", gpa, third,
                     struct.unpack_from("<H", content, 16)[0])]))
            else:
                flags, data_type = struct.unpack_from("<IH", content, 16)
                alike = (mask, flags, data_type, third != 0)
                size = (igvmgen.PAGE_2M if flags & igvmgen.FLAG_2MB
                        else PAGE)
                if not groups or groups[-1]["next"] != (number, gpa, alike):
                    groups.append({"events": [], "held": None})
                    if len(groups) > 1:
                        groups[-2]["held"] = number
                groups[-1]["next"] = (number + 1, gpa + size, alike)
                groups[-1]["events"] += self.loaded(gpa, third, flags,
                                                    data_type)
        # QEMU loads a group when it reads the first page of the next one.
        timed = [(len(self.headers) if group["held"] is None
                  else group["held"], group["events"]) for group in groups]
        for _, events in sorted(timed + others, key=lambda entry: entry[0]):
            yield from events

    def loaded(self, gpa, offset, flags, data_type):
        """A page as QEMU loads it: private, with at most 4 KiB of data."""
        size = igvmgen.PAGE_2M if flags & igvmgen.FLAG_2MB else PAGE
        for step in range(0, size, PAGE):
            data = bytes(PAGE)
            if offset and not step:
                data = self.data[offset:offset + PAGE]
            yield ("page", gpa + step, flags & ~igvmgen.FLAG_SHARED,
                   data_type, data)

    def launched(self, vmm):
        return self.qemu_events() if vmm == "qemu" else self.events()

    def pages(self, gpa, offset, flags, data_type):
        size = igvmgen.PAGE_2M if flags & igvmgen.FLAG_2MB else PAGE
        for step in range(0, size, PAGE):
            data = None
            if offset:
                data = self.data[offset + step:offset + step + PAGE]
            yield ("page", gpa + step, flags, data_type, data)


def reset_state(features, signature):
    """The save area of a processor after reset, under KVM."""
    def segment(selector=0, attributes=0x93, base=0):
        return struct.pack("<HHIQ", selector, attributes, 0xFFFF, base)

    page = bytearray(PAGE)
    page[0:0xA0] = (
        segment() + segment(0xF000, 0x9B, 0xFFFF0000) + 4 * segment() +
        segment(attributes=0) + segment(attributes=0x82) +
        segment(attributes=0) + segment(attributes=0x8B))
    for at, layout, value in (
            (0xD0, "<Q", 0x1000), (0x148, "<Q", 0x40), (0x158, "<Q", 0x10),
            (0x160, "<Q", 0x400), (0x168, "<Q", 0xFFFF0FF0),
            (0x170, "<Q", 2), (0x178, "<Q", 0xFFF0),
            (0x268, "<Q", 0x0007040600070406), (0x310, "<Q", signature),
            (0x3B0, "<Q", features), (0x3E8, "<Q", 1),
            (0x408, "<I", 0x1F80), (0x410, "<H", 0x37F)):
        struct.pack_into(layout, page, at, value)
    return bytes(page)


def launched(contexts, snp_active, vcpus, signature):
    """Save areas in the order of VPs; those not in the file are as after a reset."""
    features = 1 if snp_active else 0
    if 0 in contexts:
        features, = struct.unpack_from("<Q", contexts[0], 0x3B0)
    every = {index: reset_state(features, signature)
             for index in range(vcpus)}
    every.update(contexts)
    return [every[index] for index in sorted(every)]


def sha384(data):
    return hashlib.sha384(data).digest()


def snp(file, vmm, *machine):
    digest = bytes(48)
    contexts = {}

    def update(page_type, gpa, data=None):
        nonlocal digest
        contents = bytes(48) if data is None else sha384(data)
        digest = sha384(digest + contents +
                        struct.pack("<HBBIQ", 0x70, page_type, 0, 0, gpa))

    for word, gpa, *rest in file.launched(vmm):
        if word == "insert":
            update(4, gpa)
        elif word == "context":
            vmsa = file.data[rest[0]:rest[0] + PAGE]
            if vmm != "generic":
                contexts[rest[1]] = vmsa
            else:
                update(2, gpa, vmsa)
        elif word == "page":
            flags, data_type, data = rest
            if flags & igvmgen.FLAG_SHARED:
                continue
            if data_type == igvmgen.SECRETS:
                update(5, gpa)
            elif data_type in (igvmgen.CPUID_DATA, igvmgen.CPUID_XF):
                update(6, gpa)
            elif flags & igvmgen.FLAG_UNMEASURED:
                update(4, gpa)
            elif data is None and vmm == "native-zero":
                update(3, gpa)
            else:
                update(1, gpa, data or bytes(PAGE))
    if vmm != "generic":
        for vmsa in launched(contexts, True, *machine):
            update(2, KVM_VMSA_GPA, vmsa)
    return digest


def sev(file, vmm, *_):
    """Plain SEV: one hash over all memory that is encrypted in place."""
    running = hashlib.sha256()
    for word, _, *rest in file.launched(vmm):
        if word == "page":
            flags, _, data = rest
            if not flags & (igvmgen.FLAG_SHARED | igvmgen.FLAG_UNMEASURED):
                running.update(data or bytes(PAGE))
    return running.digest()


def sev_es(file, vmm, *machine):
    """SEV-ES: the hash of plain SEV, with the registers."""
    running = hashlib.sha256()
    contexts = {}
    for word, _, *rest in file.launched(vmm):
        if word == "context":
            vmsa = file.data[rest[0]:rest[0] + PAGE]
            if vmm != "generic":
                contexts[rest[1]] = vmsa
            else:
                running.update(vmsa)
        elif word == "page":
            flags, _, data = rest
            if not flags & (igvmgen.FLAG_SHARED | igvmgen.FLAG_UNMEASURED):
                running.update(data or bytes(PAGE))
    if vmm != "generic":
        for vmsa in launched(contexts, False, *machine):
            running.update(vmsa)
    return running.digest()


def tdx(file, *_):
    running = hashlib.sha384()

    def add(gpa):
        running.update(b"MEM.PAGE.ADD".ljust(16, b"\0") +
                       struct.pack("<Q", gpa) + bytes(104))

    for word, gpa, *rest in file.events():
        if word == "insert":
            add(gpa)
        elif word == "page":
            flags, _, data = rest
            if flags & igvmgen.FLAG_SHARED:
                continue
            add(gpa)
            if flags & igvmgen.FLAG_UNMEASURED:
                continue
            data = data or bytes(PAGE)
            for at in range(0, PAGE, 256):
                running.update(b"MR.EXTEND".ljust(16, b"\0") +
                               struct.pack("<Q", gpa + at) + bytes(104) +
                               data[at:at + 256])
    return running.digest()


def vbs(file, *_):
    digest = bytes(32)
    registers = []

    def record(chunk_type, body):
        nonlocal digest
        digest = hashlib.sha256(
            digest + struct.pack("<IIQ", 16 + len(body), chunk_type, 0) +
            body).digest()

    def page(gpa, metadata, data=None):
        record(2, struct.pack("<QQ", metadata, gpa // PAGE) +
               (data or bytes(PAGE)))

    for word, gpa, *rest in file.events():
        if word == "insert":
            page(gpa, 4)
        elif word == "error":
            page(gpa, 7)
        elif word == "context":
            count, = struct.unpack_from("<I", file.data, rest[0])
            for index in range(count):
                registers.append(struct.unpack_from(
                    "<BI11s16s", file.data, rest[0] + 4 + 32 * index))
        else:
            flags, _, data = rest
            if flags & igvmgen.FLAG_SHARED:
                continue
            if flags & igvmgen.FLAG_UNMEASURED:
                page(gpa, 4)
            else:
                page(gpa, 0, data)
    for vtl, name, _, value in registers:
        record(0, struct.pack("<IBBHII", 0, vtl, 0, 0, 0, name) + value)
    return digest


MEASURES = {"snp": snp, "sev": sev, "sev-es": sev_es, "tdx": tdx,
            "vbs": vbs}


def measure(data, platform, vmm="qemu", vcpus=0, signature=0):
    """The digest in hexadecimal; signature: EAX of CPUID leaf 1."""
    return MEASURES[platform](File(data, platform), vmm, vcpus,
                              signature).hex()


def main(arguments):
    path, platform, *vmm = arguments
    with open(path, "rb") as file:
        print(measure(file.read(), platform, *vmm))


if __name__ == "__main__":
    main(sys.argv[1:])
