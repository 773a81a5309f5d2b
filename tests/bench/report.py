#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Numbers of a benchmark: their file, and the changes since another one.

usage: report.py compare NEW OLD    print which ratios are worse or better
       report.py merge NEW OLD      replace the parts of OLD that NEW has

The file has parts, for numbers of different machines: "host", and "vm" for a guest. Each
part has its machine and its numbers. A run replaces the part that it measured. The units
are "s", "bytes", and "" for a bare number. Less is better.

Copyright (C) 2026 The vmfwupdate authors
"""

import datetime
import json
import os
import pathlib
import platform
import sys

from turns import estimate

SCHEMA = 1
# In two parts, so that this line does not count as a licence line.
LICENCE = "SPDX-License-" "Identifier: LGPL-2.1-or-later"
# A change of a ratio by less than this share means nothing.
LEAST = 0.02


def number(group, name, unit, rows, ours, yardstick, theirs):
    """A number with its spread, compared with a yardstick of the same turns.

    ours and theirs compute number and yardstick from a row of the turns.
    """
    def both(function):
        value, spread = (float(f"{each:.6g}") for each in estimate(rows, function))
        return {"value": value, "spread": spread}
    return {"group": group, "name": name, "unit": unit, **both(ours),
            "yardstick": {"name": yardstick, **both(theirs)},
            "ratio": both(lambda row: ours(row) / theirs(row))}


def text(value, unit):
    """A value as people read it, with three digits."""
    steps = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
             "bytes": ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "bytes")),
             "": ((1, ""),)}[unit]
    factor, word = next((step for step in steps if abs(value) >= step[0]),
                        steps[-1])
    value /= factor
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {word}".strip()


def ratio_text(value):
    return f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"


def line(item):
    yardstick, ratio = item["yardstick"], item["ratio"]
    return (f"{item['group']}: {item['name']}: {text(item['value'], item['unit'])}; "
            f"{yardstick['name']}: {text(yardstick['value'], item['unit'])}; "
            f"ratio {ratio_text(ratio['value'])}, spread {ratio_text(ratio['spread'])}")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for row in file:
            if row.startswith("model name"):
                return row.split(":", 1)[1].strip()
    return platform.machine()


def machine(**programs):
    """This machine, at this date; programs: versions of the measured programs."""
    return {"processor": processor(), "cores": os.cpu_count(),
            "kernel": f"{platform.system()} {platform.release()}",
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "load": round(os.getloadavg()[0], 1), **programs}


def machine_line(of):
    cpus = "1 CPU" if of["cores"] == 1 else f"{of['cores']} CPUs"
    return (f"{of['processor']}, {cpus}, {of['kernel']}, {of['date']}, "
            f"load {of['load']} at the start")


def load(path):
    """The content of a file; empty if there is no file."""
    try:
        report = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"schema": SCHEMA, "parts": {}}
    if report.get("schema") != SCHEMA:
        sys.exit(f"{path}: schema {report.get('schema')}, not {SCHEMA}")
    return report


def save(path, parts):
    """Replace these parts of a file, and keep its other parts."""
    path = pathlib.Path(path)
    report = {"$comment": LICENCE, "schema": SCHEMA,
              "parts": {**load(path)["parts"], **parts}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n",
                    encoding="utf-8")
    return report


def by_name(part):
    return {(item["group"], item["name"]): item for item in part["numbers"]}


def compare_part(new, old):
    """Lines on ratios that are new, missing, or differ by more than both spreads."""
    same = 0
    before = by_name(old)
    for key, item in by_name(new).items():
        title, now = ": ".join(key), item["ratio"]
        if key not in before:
            yield f"new: {title}: {ratio_text(now['value'])} of {item['yardstick']['name']}"
            continue
        then = before.pop(key)["ratio"]
        least = max(now["spread"] + then["spread"], LEAST * then["value"])
        change = now["value"] - then["value"]
        if abs(change) <= least:
            same += 1
            continue
        yield (f"{'worse' if change > 0 else 'better'}: {title}: "
               f"{ratio_text(then['value'])} -> {ratio_text(now['value'])} of "
               f"{item['yardstick']['name']} (spreads {ratio_text(least)})")
    for key in before:
        yield f"not measured: {': '.join(key)}"
    yield f"ratios within the spreads: {same}"


def compare(new, old):
    """Lines on the parts of a report, compared with those of an older one."""
    for name, part in new["parts"].items():
        if name not in old["parts"]:
            yield f"{name}: there are no older numbers"
            continue
        than = old["parts"][name]
        yield f"{name}: compared with {machine_line(than['machine'])}"
        other = [key for key in ("processor", "cores", "openssl")
                 if part["machine"].get(key) != than["machine"].get(key)]
        if other:
            yield f"{name}: this machine differs in {', '.join(other)}"
        yield from (f"{name}: {row}" for row in compare_part(part, than))


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in ("compare", "merge"):
        sys.exit("usage: report.py compare|merge NEW OLD")
    verb, new, old = arguments
    parts = load(new)["parts"]
    if not parts:
        sys.exit(f"{new}: there are no numbers; run make bench first")
    if verb == "merge":
        save(old, parts)
    elif not load(old)["parts"]:
        print(f"# {old}: there are no numbers to compare with; "
              "make bench-record puts them there")
    else:
        for row in compare(load(new), load(old)):
            print(f"# {row}")


if __name__ == "__main__":
    main(sys.argv[1:])
