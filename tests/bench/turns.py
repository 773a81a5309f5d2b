# SPDX-License-Identifier: LGPL-2.1-or-later
"""Times of commands that take turns, and the memory that a command needs.

Turns are rows with a number for each command. Commands alternate, so that other
load hits all of them.

Copyright (C) 2026 The vmfwupdate authors
"""

import math
import os
import statistics
import subprocess
import time
import typing


class Times(typing.NamedTuple):
    """Seconds of one run. Other load adds little to the processor time."""
    processor: float
    wall: float


def run(*command, codes=(0,)):
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Times(usage.ru_utime + usage.ru_stime, wall)


def take_turns(*commands, turns=30, codes=(0,)):
    """Rows of processor time, and rows of wall time; codes: allowed exit codes."""
    rows = [[run(*command, codes=codes) for command in commands]
            for _ in range(turns)]
    return ([[taken.processor for taken in row] for row in rows],
            [[taken.wall for taken in row] for row in rows])


def memory(*command):
    """The least address space, in bytes, with which a command succeeds.

    The kernel's count of resident memory would include that of this process, which forks
    the command.
    """
    least, enough = 0, 1 << 20      # KiB
    while enough - least > 4:
        limit = (least + enough) // 2
        status = subprocess.run(
            ["sh", "-c", 'ulimit -v "$0"; exec "$@"', str(limit), *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode
        if status:
            least = limit
        else:
            enough = limit
    return enough << 10


def memory_turns(*commands, turns=3):
    return [[memory(*command) for command in commands] for _ in range(turns)]


def estimate(rows, function):
    """(value, spread) of a function of a row.

    The value is that of the least numbers of all turns, which other load has
    disturbed least. At least half of the turns differ from it by the spread or less.
    """
    value = function([min(column) for column in zip(*rows)])
    return value, statistics.median(abs(function(row) - value) for row in rows)


def slope(xs, ys):
    """How much y grows with x, by least squares."""
    return statistics.linear_regression(xs, ys).slope


def exponent(xs, ys):
    """The power of x with which y grows: 1 is in proportion, 2 by the square.

    In a disturbed turn, a difference of two times may be below zero.
    """
    return slope([math.log(x) for x in xs], [math.log(max(y, 1e-6)) for y in ys])
