# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random events in the life of a machine, as data. lives.py carries them out.

Copyright (C) 2026 The vmfwupdate authors
"""

import dataclasses

# The number of random steps. After them, the machine must recover without faults.
STEPS = 3

FAULTS = ("refuse-image", "refuse-reset", "ignore-write", "size16",
          "no-interface", "no-igvm", "no-withdraw", "vanish", "no-disable")
SPOILT = ("missing", "corrupt", "truncated", "empty")
# Moments that are visible from outside: a write to the disk, the boot of a kernel, and for
# an image its offer, withdrawal, arming and application.
MOMENTS = ("disk", "disk", "offered", "withdrawn", "armed", "applied",
           "kernel", "kernel", "kernel", "second-kernel")
CONFIGURATION = "image=ESP:/EFI/fw/fw.igvm"


@dataclasses.dataclass(frozen=True)
class Life:
    """Properties of the machine that stay the same from power-on to power-off."""

    provider: str = "provider"
    fault: str = None
    read_only: bool = False
    module: bool = True
    configured: bool = True
    switched_off: bool = False
    disable: bool = False

    def words(self):
        return [words for words, holds in (
            (f"from-{self.provider}", self.provider != "provider"),
            (self.fault, self.fault),
            ("disk-read-only", self.read_only),
            ("no-module", not self.module),
            ("configuration-broken", not self.configured),
            ("switched-off", self.switched_off),
            ("disable-after-success", self.disable)) if holds]

    def configuration(self):
        lines = [CONFIGURATION if self.configured else CONFIGURATION + "\nimage"]
        if self.disable:
            lines.append("disable-after-success=yes")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Cut:
    """An interruption of a boot from outside.

    how: "power" or "reset"; at: a moment; count: how often the moment must come;
    delay: seconds after that.
    """

    how: str
    at: str
    count: int
    delay: float

    def __str__(self):
        return f"{self.how}-cut@{self.at}{self.count}+{self.delay:.2f}"


@dataclasses.dataclass(frozen=True)
class Step:
    """Changes, and the boot after them.

    cause: cause of the boot: "cold", "reboot", "crash" or "host-reset";
    image: the image that replaces the wanted one, or None;
    record: damage to the record, or None;
    full: whether the ESP is full from now on, or None if that does not change;
    cut: an interruption of this boot, or None.
    """

    cause: str
    life: Life
    image: str = None
    record: str = None
    full: bool = None
    cut: Cut = None

    def words(self):
        words = [self.cause]
        if self.cause == "cold":
            words += self.life.words()
        if self.image:
            words.append(f"image-{self.image}")
        if self.record:
            words.append(f"record-{self.record}")
        if self.full is not None:
            words.append("disk-full" if self.full else "disk-has-room")
        return words

    def __str__(self):
        return "/".join(self.words() + ([str(self.cut)] if self.cut else []))


def draw_life(dice):
    kind = dice.random()
    provider = "provider" if dice.random() < 0.8 else "update"
    if kind < 0.5:
        return Life(provider, disable=dice.random() < 0.15)
    if kind < 0.85:
        return Life(provider, fault=dice.choice(FAULTS))
    return Life(provider, **dice.choice((
        {"read_only": True}, {"module": False}, {"configured": False},
        {"switched_off": True})))


def draw_image(dice, now):
    """Choose another image, mostly a sound one that boots quickly."""
    if dice.random() < 0.3:
        return dice.choice(SPOILT)
    if dice.random() < 0.06:
        return "ovmf"
    return "beta" if now == "alpha" else "alpha"


def draw_cut(dice):
    how = dice.choice(("power", "reset"))
    at = dice.choice(MOMENTS)
    count = dice.randint(1, 8) if at == "disk" else 1
    most = 3.0 if at.endswith("kernel") else 0.2
    return Cut(how, at, count, dice.choice((0, dice.uniform(0, most))))


def draw_step(dice, running, life, image):
    """Choose a step for a machine with this life and image, on or off."""
    first = not life
    cold = not running or dice.random() < 0.4
    spoilt = image in SPOILT
    if cold:
        life = draw_life(dice)
    change = not (life.read_only and not cold) and \
        dice.random() < (0.7 if spoilt else 0.3)
    return Step(
        cause="cold" if cold else dice.choice(("reboot", "crash", "host-reset")),
        life=life,
        image=draw_image(dice, image) if change else None,
        record=dice.choice(("torn", "damaged", "gone"))
        if cold and not first and dice.random() < 0.25 else None,
        full=dice.random() < 0.5 if cold and dice.random() < 0.15 else None,
        cut=draw_cut(dice) if dice.random() < 0.3 else None)


def draw(dice):
    """Choose the steps of a life."""
    steps, running, life, image = [], False, None, "alpha"
    for _ in range(STEPS):
        step = draw_step(dice, running, life, image)
        steps.append(step)
        running = not (step.cut and step.cut.how == "power")
        life, image = step.life, step.image or image
    return steps


def recovery(image):
    """Return a cold start without faults, with a sound image."""
    return Step("cold", Life(), full=False,
                image="alpha" if image in SPOILT else None)
