#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""AMD's server processors as QEMU knows them: name, and EAX of CPUID leaf 1.

usage: cpumodels.py QEMU

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import subprocess
import sys

MODELS = "EPYC"


class Qmp:
    """QEMU without a machine, and its control channel."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "-machine", "none", "-accel", "tcg", "-nodefaults",
             "-display", "none", "-qmp", "stdio"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        json.dump({"execute": command, "arguments": arguments},
                  self.process.stdin)
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if "event" not in answer:
                return answer["return"]
        raise EOFError(f"no answer to {command}")


def signature(family, model, stepping):
    return ((family - 15) << 20 | (model >> 4) << 16 | 15 << 8 |
            (model & 15) << 4 | stepping)


def main(program):
    qmp = Qmp(program)
    for cpu in qmp.run("query-cpu-definitions"):
        if not cpu["name"].startswith(MODELS):
            continue
        told = qmp.run("query-cpu-model-expansion", type="full",
                       model={"name": cpu["name"]})["model"]["props"]
        eax = signature(told["family"], told["model"], told["stepping"])
        print(cpu["name"], hex(eax))
    qmp.run("quit")
    return qmp.process.wait(10)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
