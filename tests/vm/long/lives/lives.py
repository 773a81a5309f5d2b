#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lives of a machine. A life is a random sequence of cold starts, reboots, crashes, power
cuts, new images and faults. The machine must never loop or stop. It must reach the wanted
firmware if that is possible.

usage: lives.py [--show]

Prints TAP, a test for each life. The name of the test begins with the seed of the random
numbers. --show only prints the plan.

Environment:
    SEED (1), COUNT (200): the first seed, and the number of lives
    JOBS: lives at a time; default: the number of CPUs
    O, VMM_SO, VM_TIMEOUT: as for other VM tests

Copyright (C) 2026 The vmfwupdate authors
"""

import collections
import concurrent.futures
import hashlib
import lzma
import os
import pathlib
import random
import shutil
import struct
import sys
import tempfile
import time
import traceback

import disk as disks
import guest
import oracle
import plan

SEABIOS = os.environ.get("SEABIOS") or "/usr/share/seabios/bios-256k.bin"
SEABIOS_DATE = b"04/01/2014"
# Names of copies of SeaBIOS. Their dates differ, so the guest can tell them apart.
DATES = {"provider": SEABIOS_DATE, "update": b"01/02/2015",
         "alpha": b"03/04/2016", "beta": b"05/06/2017"}
IMAGES = ("alpha", "beta", "ovmf")
RESETS = {"reboot": "reboot -f", "crash": "echo b >/proc/sysrq-trigger"}
LOOK = """cat /sys/class/dmi/id/bios_date; [ -d /sys/firmware/efi ] && echo UEFI || echo BIOS
vmfwupdate-ctl verify >/tmp/verify 2>&1; echo $?
cat /tmp/initramfs /tmp/auto /tmp/verify"""
CHANGE = """mkdir -p /mnt && mount -t vfat /dev/vda1 /mnt || exit 1
rm -f /mnt/full; cp /mnt/EFI/stock/{}.igvm /mnt/new && mv /mnt/new /mnt/EFI/fw/fw.igvm
status=$?; umount /mnt; exit $status"""
REMOVE = """mkdir -p /mnt && mount -t vfat /dev/vda1 /mnt && rm -f /mnt/EFI/fw/fw.igvm
umount /mnt"""


class Stock:
    """The files that all lives share: firmware, images, a guest, a disk.

    digests: names of firmware by the SHA-256 of its image.
    """

    def __init__(self, directory):
        self.directory = directory
        self.initramfs = directory / "initramfs"
        self.digests = {}
        rom = pathlib.Path(SEABIOS).read_bytes()
        if rom.count(SEABIOS_DATE) != 1:
            raise RuntimeError(f"{SEABIOS}: no date to change")
        for name, date in DATES.items():
            self.rom(name).write_bytes(rom.replace(SEABIOS_DATE, date))
        for name in IMAGES:
            self.make_image(name)
        self.spoil()
        self.kernel = self.unpack_kernel()
        self.make_initramfs()
        self.disk = disks.Disk.make(
            directory / "disk", [self.image(name) for name in (
                *IMAGES, *(name for name in plan.SPOILT if name != "missing"))])

    def rom(self, name):
        return self.directory / f"{name}.fd"

    def image(self, name):
        return self.directory / f"{name}.igvm"

    def make_image(self, name):
        if name in DATES:
            disks.run(guest.O / "userspace/vmfwupdate-ctl", "wrap", "--quiet",
                      "-o", self.image(name), self.rom(name))
        else:
            shutil.copy(guest.O / f"tests/vm/images/{name}.igvm",
                        self.image(name))
        digest = hashlib.sha256(self.image(name).read_bytes()).hexdigest()
        self.digests[digest] = name

    def spoil(self):
        """Make images with one fault each."""
        data = bytearray(self.image("alpha").read_bytes())
        self.image("truncated").write_bytes(data[:len(data) // 2])
        self.image("empty").write_bytes(b"")
        data[40] ^= 0x10
        self.image("corrupt").write_bytes(data)

    def unpack_kernel(self):
        """Unpack the kernel here, because a guest would need half of its boot for that.

        SeaBIOS starts such a kernel by its PVH entry. OVMF cannot start it.
        """
        packed = pathlib.Path(guest.KERNEL).read_bytes()
        start, size = struct.unpack_from("<II", packed, 0x248)
        start += (packed[0x1f1] + 1) * 512
        if packed[start:start + 6] != b"\xfd7zXZ\0":
            return guest.KERNEL
        path = self.directory / "vmlinux"
        path.write_bytes(lzma.LZMADecompressor().decompress(
            packed[start:start + size]))
        return path

    def make_initramfs(self):
        disks.run(guest.TOP / "tests/vm/mkinitramfs", "-k", guest.O / "kernel",
                  "-m", guest.TOP / "kmod/vmfwupdate.ko",
                  "-t", guest.O / "userspace/vmfwupdate-ctl", "-o", self.initramfs,
                  guest.TOP / "userspace/initramfs-tools/scripts/init-premount/"
                  "vmfwupdate")


class Broken(Exception):
    """A boot has broken a rule."""


class Trigger:
    """Finds out when the moment of a cut has come."""

    def __init__(self, cut, machine, seen):
        self.cut = cut
        self.machine = machine
        self.seen = seen
        self.count = 0
        self.when = None
        self.changed = os.stat(machine.disk.path).st_mtime_ns

    def __call__(self):
        if self.when is None:
            if self.moment() >= self.cut.count:
                self.when = time.monotonic() + self.cut.delay
        return self.when is not None and time.monotonic() >= self.when

    def moment(self):
        """Return how often the moment has come."""
        at = self.cut.at
        if at == "kernel":
            return self.machine.kernels
        if at == "second-kernel":
            return self.machine.kernels - 1
        if at == "disk":
            changed = os.stat(self.machine.disk.path).st_mtime_ns
            self.count += changed != self.changed
            self.changed = changed
            return self.count
        events = self.machine.log()[self.seen:]
        if at == "applied":
            return sum(is_update(event) for event in events)
        verdicts = [event.values.get("verdict") for event in events
                    if event.name == "write"]
        if at == "withdrawn":
            return verdicts.count("cleared")
        return verdicts.count("accepted") - (at == "armed")


def is_update(event):
    return event.name == "reset" and event["kind"] == "update"


class World:
    """A machine, its disk, and all facts about them that are visible from outside.

    uefi: some image is UEFI firmware.
    """

    def __init__(self, stock, directory, uefi):
        self.stock = stock
        self.directory = directory
        self.uefi = uefi
        self.provider = None
        self.disk = stock.disk.copy(directory / "disk")
        self.disk.want("alpha")
        self.image = "alpha"
        self.full = False
        self.machine = None
        self.lives = 0
        self.kernels = 0
        self.cuts = 0
        self.firmware = set()
        self.known = False
        self.story = []

    def tell(self, *words):
        self.story.append(" ".join(map(str, words)))

    # Changes

    def change(self, step):
        """Make the changes of a step that come before its boot."""
        if step.cause == "cold":
            self.end()
        if step.full is not None:
            self.disk.make_room()
        if step.image:
            self.change_image(step.image)
        if step.record:
            {"torn": self.disk.tear, "damaged": self.disk.damage,
             "gone": self.disk.forget}[step.record]()
        if step.full is not None:
            self.full = step.full
            if step.full:
                self.disk.fill()

    def change_image(self, name):
        self.image = name
        self.known = False
        if not self.machine:
            self.disk.make_room()
            self.disk.want(None if name == "missing" else name)
        else:
            output, status = self.machine.run(
                REMOVE if name == "missing" else CHANGE.format(name))
            if status:
                raise RuntimeError(f"the image cannot be changed: {output}")
        self.full = False

    def end(self):
        if self.machine:
            self.machine.cut_power()
            self.machine = None
        self.known = False

    # Boots

    def power_on(self, life):
        self.lives += 1
        kernel = guest.KERNEL if self.uefi else self.stock.kernel
        self.machine = guest.Machine(
            self.directory / f"life-{self.lives}", self.disk,
            f"configuration='{life.configuration()}'\n"
            f"module={'there' if life.module else 'missing'}\n" +
            (guest.HERE / "boot").read_text(), kernel, self.stock.initramfs,
            self.stock.rom(self.provider), life.fault, life.read_only,
            "vmfwupdate=0" if life.switched_off else "")

    def begin(self, step):
        """Reset the machine or power it on. Return the record from before that."""
        if step.cause == "cold":
            record = self.disk.record()
            # While an attempt is open, auto would take a new firmware of the provider
            # for the wanted one. So do not change the provider's firmware then.
            if record is not disks.Record.OPEN:
                self.provider = step.life.provider
            self.power_on(step.life)
            self.firmware = {self.provider}
            return record
        if step.cause == "host-reset":
            return self.machine.host_reset()
        return self.machine.guest_reset(RESETS[step.cause])

    def before(self, step, record):
        life = step.life
        return oracle.Before(
            firmware=set(self.firmware), record=record,
            wanted=self.image if self.image in IMAGES else None,
            fault=life.fault, read_only=life.read_only, full=self.full,
            module=life.module, configured=life.configured,
            switched_off=life.switched_off, known=self.known)

    def boot(self, step):
        """Make the changes of a step, boot the machine, and check the rules."""
        self.change(step)
        seen = len(self.machine.log()) if self.machine else 0
        before = self.before(step, self.begin(step))
        trigger = step.cut and Trigger(step.cut, self.machine, seen)
        complete = self.machine.wait_boot(trigger)
        after = self.after(seen, complete)
        self.check(step, before, after)
        if step.cut:
            self.interrupt(step, before, after)

    def after(self, seen, complete):
        """Return the facts that are visible after a boot."""
        machine = self.machine
        events = machine.log()[seen:]
        loaded = [self.stock.digests.get(event["sha256"], "something else")
                  for event in events if event.name == "loaded"]
        after = oracle.After(
            complete, machine.kernels, sum(map(is_update, events)),
            loaded[-1] if loaded else None, complaints=machine.complaints())
        self.kernels += machine.kernels
        self.cuts += not complete
        if complete:
            self.look(after)
        return after

    def look(self, after):
        output, _ = self.machine.run(LOOK)
        date, kind, verify = output.split("\n")[:3]
        names = {date.decode(): name for name, date in DATES.items()}
        after.firmware = "ovmf" if kind == "UEFI" else names.get(date, date)
        after.verify = int(verify)
        after.record = self.disk.record()
        for line in output.split("\n")[3:]:
            self.tell("   |", line)

    def check(self, step, before, after):
        self.tell("  ", before)
        self.tell("  ", after)
        broken = oracle.broken_rules(before, after)
        if broken:
            raise Broken("; ".join(broken))
        if after.complete:
            self.firmware = {after.firmware}
            self.known = after.verify == oracle.VERIFY_RUNNING
        if before.wanted and (not after.complete or
                              before.fault in oracle.KEEPS):
            self.firmware.add(before.wanted)

    def interrupt(self, step, before, after):
        """Cut the power, or reset the machine as a host does and check its boot."""
        if step.cut.how == "power":
            self.end()
            return
        self.known = self.known and after.complete
        seen = len(self.machine.log())
        record = self.machine.host_reset()
        before = self.before(step, record)
        complete = self.machine.wait_boot()
        self.check(step, before, self.after(seen, complete))

    # A life

    def live(self, steps):
        for step in steps:
            self.tell(f"{step}:")
            self.boot(step)
        self.recover()

    def recover(self):
        """Expect that without faults, two cold starts reach the wanted firmware."""
        for _ in range(2):
            step = plan.recovery(self.image)
            self.tell(f"in peace, {step}:")
            self.change(step)
            self.end()
            barred = not self.before(step, self.disk.record()).gets_there()
            self.boot(step)
            if not barred:
                return
            if self.disk.record() is disks.Record.DAMAGED:
                self.machine.run("vmfwupdate-ctl history --clear")
        raise Broken("it does not recover")


class Life:
    """A life, and its result."""

    def __init__(self, stock, seed):
        self.stock = stock
        self.seed = seed
        self.steps = plan.draw(random.Random(seed))
        self.why = None
        self.story = []
        self.kernels = 0
        self.cuts = 0
        self.seconds = 0

    def __str__(self):
        return f"{self.seed}: {', '.join(map(str, self.steps))}"

    def run(self):
        began = time.monotonic()
        directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfwupdate-life."))
        world = World(self.stock, directory,
                      any(step.image == "ovmf" for step in self.steps))
        try:
            world.live(self.steps)
        except Exception as error:      # pylint: disable=broad-except
            self.why = f"{type(error).__name__}: {error}"
            self.story = world.story
            if not isinstance(error, (Broken, guest.Stuck)):
                self.story += traceback.format_exc().splitlines()
            self.keep(directory)
        finally:
            world.end()
            shutil.rmtree(directory, ignore_errors=True)
        self.kernels = world.kernels
        self.cuts = world.cuts
        self.seconds = time.monotonic() - began
        return self

    def keep(self, directory):
        kept = guest.O / f"tests/vm/failed/life.{self.seed}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(directory, kept, ignore=lambda _, names: [
            name for name in names if name in ("qmp", "channel")])
        self.story.append(f"logs kept in {kept}")
        for log in sorted(kept.glob("life-*/vmm.log")):
            self.story += [log.parent.name, *log.read_text().splitlines()]

    def report(self, number):
        print(f"{'not ok' if self.why else 'ok'} {number} - {self}")
        print(f"# {self.seconds:.1f} s, {self.kernels} kernels, {self.cuts} cut "
              "short")
        if self.why:
            print(f"# {self.why}")
            for line in self.story:
                print(f"#   {line}")
        sys.stdout.flush()


def summary(lives):
    seconds = sum(life.seconds for life in lives)
    kernels = sum(life.kernels for life in lives)
    cuts = sum(life.cuts for life in lives)
    print(f"# {len(lives)} lives, {kernels} kernels, {cuts} boots cut short, "
          f"{seconds / len(lives):.1f} s each")
    events = collections.Counter(
        word for life in lives for step in life.steps
        for word in step.words() + ([f"{step.cut.how}-cut@{step.cut.at}"]
                                    if step.cut else []))
    for word, count in events.most_common():
        print(f"# {count:5} {word}")


def main():
    first = int(os.environ.get("SEED") or 1)
    count = int(os.environ.get("COUNT") or 200)
    seeds = range(first, first + count)
    if sys.argv[1:] == ["--show"]:
        for seed in seeds:
            print(Life(None, seed))
        return 0
    if sys.argv[1:]:
        print("usage: lives.py [--show]", file=sys.stderr)
        return 2
    print(f"TAP version 13\n1..{count}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vmfwupdate-lives.") as directory:
        stock = Stock(pathlib.Path(directory))
        with concurrent.futures.ThreadPoolExecutor(
                int(os.environ.get("JOBS") or os.cpu_count())) as pool:
            lives = [pool.submit(Life(stock, seed).run) for seed in seeds]
            done = []
            for life in concurrent.futures.as_completed(lives):
                done.append(life.result())
                done[-1].report(len(done))
    summary(done)
    return any(life.why for life in done)


if __name__ == "__main__":
    sys.exit(main())
