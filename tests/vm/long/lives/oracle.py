# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules for every boot, by the documentation of the boot flow alone.

The rules share no code with the tool. Here, a boot follows a power-on, a reboot, a crash
or a reset by the host. It includes the extra resets of auto. Before describes the state
before a boot. After describes its visible result. broken_rules() names the rules that the
boot has broken.

Copyright (C) 2026 The vmfwupdate authors
"""

import dataclasses

from disk import Record

# With these faults, or with none, a VMM still loads the image.
HARMLESS = (None, "no-disable")
# With these faults, a VMM keeps an image in spite of later requests.
KEEPS = ("no-withdraw", "vanish")
# With these faults, a VMM never loads anything.
NEVER_LOADS = ("no-interface", "no-igvm", "ignore-write", "size16",
               "refuse-image", "refuse-reset")

VERIFY_RUNNING = 0
VERIFY_NOT_RUNNING = 9


@dataclasses.dataclass
class Before:
    """The state before a boot.

    firmware: names of all firmware that may be running when the boot begins;
    wanted: the name of the wanted firmware, or None if there is no sound
    image;
    record: the record of attempts on the disk;
    known: the previous boot has verified that the wanted firmware is running.
    """

    firmware: set
    wanted: str
    record: Record
    fault: str = None
    read_only: bool = False
    full: bool = False
    module: bool = True
    configured: bool = True
    switched_off: bool = False
    known: bool = False

    def acts(self):
        """Is the boot flow switched on?"""
        return self.configured and not self.switched_off

    def barred(self):
        """Return the reasons against an attempt, as the documentation lists them."""
        reasons = {
            "switched off": self.switched_off,
            "configuration broken": not self.configured,
            "no module": not self.module,
            "no interface": self.fault in ("no-interface", "no-igvm"),
            "no sound image": not self.wanted,
            "record read-only": self.read_only,
            "no room for a record": self.full and self.record is Record.NONE,
            f"record {self.record.value}":
                self.record in (Record.OPEN, Record.TORN, Record.DAMAGED),
        }
        return [reason for reason, holds in reasons.items() if holds]

    def gets_there(self):
        """Must this boot reach the wanted firmware?"""
        return not self.barred() and self.fault in HARMLESS and \
            self.record is not Record.UNFINISHED


@dataclasses.dataclass
class After:
    """The visible result of a boot.

    complete: no cut has interrupted the boot;
    kernels: the number of kernels that have run;
    updates: the number of resets that loaded an image;
    loaded: the name of the last firmware that the VMM loaded, or None;
    firmware: the name of the running firmware;
    verify: exit status of "verify".
    """

    complete: bool
    kernels: int
    updates: int
    loaded: str
    firmware: str = None
    verify: int = None
    record: Record = None
    complaints: str = ""


def broken_rules(before, after):
    """Return the rules that a boot has broken, in words."""
    rules = limits(before, after)
    if after.complete:
        rules += firmware(before, after) + record(before, after)
    return [words for words, broken in rules if broken]


def limits(before, after):
    """Rules for complete and interrupted boots: at most one extra reset, for example."""
    barred = before.barred()
    return [
        (f"{after.kernels} kernels were started", after.kernels > 2),
        (f"an extra reset in spite of: {', '.join(barred)}",
         barred and after.kernels > 1),
        ("an extra reset, though the wanted firmware was known to be running",
         before.known and after.kernels > 1),
        # A reset may load an image that the VMM kept. Then the attempt is a second
        # update.
        (f"{after.updates} updates",
         after.updates > 1 + (before.fault in KEEPS)),
        (f"an update by a VMM with the fault {before.fault}",
         after.updates and before.fault in NEVER_LOADS),
        (f"the VMM loaded {after.loaded}",
         after.updates and after.loaded not in before.firmware and
         after.loaded != before.wanted),
        (f"the kernel complained: {after.complaints}", after.complaints),
    ]


def firmware(before, after):
    """Rules for the firmware: the wanted one must run if it can, else an earlier one."""
    possible = set(before.firmware)
    if not before.barred():
        possible.add(before.wanted)
    running = after.firmware == before.wanted
    return [
        (f"{after.firmware} is running, wanted: {before.wanted}",
         before.gets_there() and not running),
        (f"{after.firmware} is running, possible: {sorted(possible)}",
         after.firmware not in possible),
        (f"{after.loaded} was loaded last, and {after.firmware} is running",
         after.updates and after.loaded != after.firmware),
        ("verify says that the wanted firmware is running",
         after.verify == VERIFY_RUNNING and not running),
        ("verify says that the wanted firmware is not running",
         after.verify == VERIFY_NOT_RUNNING and running),
    ]


def record(before, after):
    """Rules for the record: a boot that follows an attempt records its outcome."""
    return [
        ("the attempt is still open",
         after.record is Record.OPEN and before.acts() and
         not before.read_only),
        (f"the record is {after.record.value} after the boot",
         before.acts() and not before.read_only and
         before.record is not Record.DAMAGED and
         after.record in (Record.TORN, Record.DAMAGED)),
    ]
