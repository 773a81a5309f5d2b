#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmark's arithmetic, file, comparison and picture, on numbers made by hand.

Copyright (C) 2026 The vmfwupdate authors
"""

import contextlib
import copy
import io
import json
import pathlib
import re
import subprocess
import tempfile
import unittest
from xml.etree import ElementTree

import guest
import picture
import report
import turns

SVG = "{http://www.w3.org/2000/svg}"


def item(group, name, ratio, spread=0.01, unit="s"):
    """A number whose yardstick is 0.02."""
    return {"group": group, "name": name, "unit": unit,
            "value": 0.02 * ratio, "spread": 0.02 * spread,
            "yardstick": {"name": "openssl of 32 MiB", "value": 0.02, "spread": 0.0001},
            "ratio": {"value": ratio, "spread": spread}}


def sample():
    machine = {"processor": "Example 9000", "cores": 4, "kernel": "Linux 6.12.1",
               "date": "2026-03-04", "load": 0.2, "tool": "vmfwupdate-ctl 0.1.0",
               "openssl": "OpenSSL 3.0.0"}
    return {"schema": 1, "parts": {
        "host": {"machine": machine, "numbers": [
            item("check", "20,000 headers", 0.4), item("check", "a <small> & odd file", 1),
            item("start-up", "help", 2.5, 0.5)]},
        "vm": {"machine": {**machine, "processor": "Guest 1", "cores": 1}, "numbers": [
            item("stage", "256 MiB", 0.6)]}}}


class Turns(unittest.TestCase):

    def test_the_estimate_is_of_the_best_and_its_spread_holds_half_of_the_turns(self):
        rows = [[6, 4], [9, 3], [6, 2], [20, 2], [5, 5]]
        # The best times are 5 and 2. The ratios of the turns are 1.5, 3, 3, 10 and 1.
        self.assertEqual(turns.estimate(rows, lambda row: row[0] / row[1]), (2.5, 1))
        self.assertEqual(turns.estimate(rows[:1], lambda row: row[0] - row[1]), (2, 0))

    def test_slope_and_exponent(self):
        xs = [5, 10, 20, 40]
        self.assertAlmostEqual(turns.slope(xs, [3 * x + 7 for x in xs]), 3)
        self.assertAlmostEqual(turns.exponent(xs, [2 * x for x in xs]), 1)
        self.assertAlmostEqual(turns.exponent(xs, [x * x / 9 for x in xs]), 2)
        # Other load has disturbed one turn.
        self.assertGreater(turns.exponent(xs, [-1, 10, 20, 40]), 2)

    def test_processor_time_and_wall_time(self):
        processor, wall = turns.take_turns(("sleep", "0.2"), ("true",), turns=2)
        self.assertEqual([len(row) for row in processor + wall], [2] * 4)
        for row in wall:
            self.assertGreaterEqual(row[0], 0.2)
        for row in processor:
            self.assertTrue(0 < row[0] < 0.2, row)

    def test_a_command_that_fails_is_not_measured(self):
        with self.assertRaises(subprocess.CalledProcessError):
            turns.run("false")
        turns.run("false", codes=(0, 1))

    def test_memory_of_a_buffer(self):
        rows = turns.memory_turns(*[
            ("dd", "if=/dev/zero", "of=/dev/null", "count=1", f"bs={size}")
            for size in ("4M", "20M")], turns=1)
        self.assertAlmostEqual(rows[0][1] - rows[0][0], 16 << 20, delta=64 << 10)


class Report(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "new/bench.json"

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.main([str(each) for each in arguments])
        return out.getvalue()

    def test_a_number_beside_its_yardstick(self):
        rows = [[0.03, 0.01], [0.02, 0.01], [0.08, 0.02]]
        self.assertEqual(
            report.number("check", "name", "s", rows, lambda row: row[0],
                          "openssl", lambda row: 2 * row[1]),
            {"group": "check", "name": "name", "unit": "s",
             "value": 0.02, "spread": 0.01,
             "yardstick": {"name": "openssl", "value": 0.02, "spread": 0},
             "ratio": {"value": 1, "spread": 0.5}})

    def test_values_as_people_read_them(self):
        for value, unit, expected in (
                (1.5, "s", "1.50 s"), (0.0134, "s", "13.4 ms"), (-0.002, "s", "-2.00 ms"),
                (6.2e-6, "s", "6.20 µs"), (861e-9, "s", "861 ns"), (0, "s", "0.00 ns"),
                (9.33 * (1 << 20), "bytes", "9.33 MiB"), (460 << 10, "bytes", "460 KiB"),
                (58.7, "bytes", "58.7 bytes"), (1.049, "", "1.05")):
            self.assertEqual(report.text(value, unit), expected)

    def test_a_line_has_the_number_its_yardstick_and_the_ratio(self):
        self.assertEqual(report.line(item("check", "20,000 headers", 0.4)),
                         "check: 20,000 headers: 8.00 ms; openssl of 32 MiB: 20.0 ms; "
                         "ratio 0.40, spread 0.010")

    def test_a_small_ratio_keeps_its_digits(self):
        self.assertEqual([report.ratio_text(value) for value in (0.0139, 0.1, 1.834)],
                         ["0.014", "0.10", "1.83"])

    def test_the_machine(self):
        machine = report.machine(tool="tool 1")
        self.assertTrue(machine["processor"])
        self.assertGreater(machine["cores"], 0)
        self.assertTrue(machine["kernel"].startswith("Linux "))
        self.assertRegex(machine["date"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(machine["tool"], "tool 1")
        self.assertRegex(report.machine_line(machine), r" CPUs?, Linux .* load [\d.]+ at")

    def test_a_part_is_replaced_and_the_others_stay(self):
        parts = sample()["parts"]
        report.save(self.path, parts)
        self.assertEqual(report.load(self.path)["parts"], parts)
        report.save(self.path, {"host": {"machine": {}, "numbers": []}})
        self.assertEqual(report.load(self.path)["parts"],
                         {"host": {"machine": {}, "numbers": []}, "vm": parts["vm"]})
        self.assertIn(report.LICENCE, "".join(self.path.read_text().splitlines()[:3]))

    def test_a_file_with_another_schema_is_refused(self):
        report.save(self.path, {})
        self.path.write_text(json.dumps({**report.load(self.path), "schema": 2}))
        with self.assertRaisesRegex(SystemExit, "schema 2, not 1"):
            report.load(self.path)

    def test_without_a_change_all_ratios_are_within_the_spreads(self):
        rows = list(report.compare(sample(), sample()))
        self.assertEqual(rows, [
            "host: compared with Example 9000, 4 CPUs, Linux 6.12.1, 2026-03-04, "
            "load 0.2 at the start",
            "host: ratios within the spreads: 3",
            "vm: compared with Guest 1, 1 CPU, Linux 6.12.1, 2026-03-04, "
            "load 0.2 at the start",
            "vm: ratios within the spreads: 1"])

    def compare_numbers(self, *numbers):
        """Compare these numbers of a host, without the line about the machine."""
        new, old = sample(), sample()
        del new["parts"]["vm"]
        new["parts"]["host"]["numbers"] = list(numbers)
        return list(report.compare(new, old))[1:]

    def test_worse_and_better_are_beyond_the_spreads_of_both_runs(self):
        same = item("check", "a <small> & odd file", 1)
        self.assertEqual(
            self.compare_numbers(item("check", "20,000 headers", 0.45, 0.02), same,
                                 item("start-up", "help", 1.5, 0.4)),
            ["host: worse: check: 20,000 headers: 0.40 -> 0.45 of openssl of 32 MiB "
             "(spreads 0.030)",
             "host: better: start-up: help: 2.50 -> 1.50 of openssl of 32 MiB "
             "(spreads 0.90)",
             "host: ratios within the spreads: 1"])
        # A difference below the sum of the spreads is no change.
        self.assertEqual(
            self.compare_numbers(item("check", "20,000 headers", 0.45, 0.05), same,
                                 item("start-up", "help", 1.5, 0.6)),
            ["host: ratios within the spreads: 3"])

    def test_a_small_share_is_no_change_even_without_a_spread(self):
        new, old = (report.by_name(sample()["parts"]["host"]) for _ in range(2))
        for numbers, value in ((new, 1.015), (old, 1)):
            numbers["check", "a <small> & odd file"]["ratio"] = {"value": value, "spread": 0}
        rows = report.compare_part({"numbers": new.values()}, {"numbers": old.values()})
        self.assertEqual(list(rows), ["ratios within the spreads: 3"])

    def test_numbers_of_one_file_only(self):
        self.assertEqual(
            self.compare_numbers(item("check", "20,000 headers", 0.4),
                                 item("memory", "check", 1.1)),
            ["host: new: memory: check: 1.10 of openssl of 32 MiB",
             "host: not measured: check: a <small> & odd file",
             "host: not measured: start-up: help",
             "host: ratios within the spreads: 1"])

    def test_another_machine_and_a_part_without_older_numbers(self):
        new, old = sample(), sample()
        new["parts"]["host"]["machine"].update(cores=2, openssl="OpenSSL 3.5.0")
        del old["parts"]["vm"]
        rows = list(report.compare(new, old))
        self.assertEqual(rows[1], "host: this machine differs in cores, openssl")
        self.assertEqual(rows[-1], "vm: there are no older numbers")

    def test_the_command_compares(self):
        old = self.path.with_name("old.json")
        report.save(self.path, sample()["parts"])
        self.assertEqual(self.run_main("compare", self.path, old),
                         f"# {old}: there are no numbers to compare with; "
                         "make bench-record puts them there\n")
        worse = copy.deepcopy(sample()["parts"]["host"])
        worse["numbers"][0]["ratio"]["value"] = 0.1
        report.save(old, {"host": worse})
        out = self.run_main("compare", self.path, old)
        self.assertIn("# host: worse: check: 20,000 headers: 0.10 -> 0.40 of", out)
        self.assertEqual([line for line in out.splitlines() if not line.startswith("# ")], [])

    def test_the_command_merges(self):
        old = self.path.with_name("old.json")
        parts = sample()["parts"]
        report.save(self.path, {"host": parts["host"]})
        report.save(old, {"host": parts["vm"], "vm": parts["vm"]})
        self.run_main("merge", self.path, old)
        self.assertEqual(report.load(old)["parts"], parts)
        # If there is no old file, merge copies the new one.
        old.unlink()
        self.run_main("merge", self.path, old)
        self.assertEqual(old.read_text(), self.path.read_text())

    def test_without_numbers_the_commands_fail(self):
        target = str(self.path.with_name("target"))
        for main, arguments in ((report.main, ["compare", str(self.path), target]),
                                (report.main, ["merge", str(self.path), target]),
                                (picture.main, [str(self.path), target])):
            with self.assertRaisesRegex(SystemExit, "no numbers; run make bench first"):
                main(arguments)
        self.assertFalse(pathlib.Path(target).exists())


def luminance(colour):
    channels = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4
                        for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The contrast of two colours, as the W3C's guidelines define it."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


class Guest(unittest.TestCase):

    def test_rows_of_a_guest_become_numbers_of_the_part_vm(self):
        stage = "1e9 2e9 3e9 4e9 0 5e8 2e9 3e9\n"      # cp, sha256sum, allocate, stage
        tables = {"stage-4": stage, "stage-64": stage, "stage-256": stage + stage,
                  "update": "10 11\n", "no-interface": "1e6 9e9 4e6 9e9\n",
                  "running": "2e6 9e9 8e6 9e9\n", "tool": "the tool 1\n", "qemu": "QEMU 2\n"}
        with tempfile.TemporaryDirectory() as directory:
            for name, text in tables.items():
                pathlib.Path(directory, name).write_text(text, encoding="utf-8")
            path = pathlib.Path(directory, "bench.json")
            with contextlib.redirect_stdout(io.StringIO()):
                guest.main([directory, str(path)])
            part = report.load(path)["parts"]["vm"]
        self.assertEqual((part["machine"]["tool"], part["machine"]["qemu"]),
                         ("the tool 1", "QEMU 2"))
        ratios = {each["name"]: each["ratio"]["value"] for each in part["numbers"]}
        self.assertEqual(ratios["64 MiB, processor time"], 0.5)
        self.assertEqual(ratios["256 MiB, wall time"], 0.5)
        self.assertEqual(ratios["stage of 4 MiB, wall time"], 6)
        self.assertEqual(ratios["with an update to the same firmware"], 1.1)
        self.assertEqual(ratios["load of the module, without the interface"], 4)
        self.assertEqual(ratios["auto, while the wanted firmware runs"], 4)


class Picture(unittest.TestCase):

    def setUp(self):
        self.text = picture.draw(sample())
        self.root = ElementTree.fromstring(self.text)
        self.width, self.height = (int(self.root.get(key)) for key in ("width", "height"))

    def elements(self, tag, kind):
        return [each for each in self.root.iter(SVG + tag) if each.get("class") == kind]

    def words(self):
        return [each.text for each in self.root.iter(SVG + "text")]

    def test_it_has_the_machines_and_each_number_from_top_to_bottom(self):
        self.assertEqual(self.words(), [
            "On the host",
            "Example 9000, 4 CPUs, Linux 6.12.1, 2026-03-04, load 0.2 at the start",
            "check", "1",
            "20,000 headers", "8.00 ms; openssl of 32 MiB: 20.0 ms", "0.40",
            "a <small> & odd file", "20.0 ms; openssl of 32 MiB: 20.0 ms", "1.00",
            "start-up", "1", "help", "50.0 ms; openssl of 32 MiB: 20.0 ms", "2.50",
            "In a VM",
            "Guest 1, 1 CPU, Linux 6.12.1, 2026-03-04, load 0.2 at the start",
            "stage", "1", "256 MiB", "12.0 ms; openssl of 32 MiB: 20.0 ms", "0.60"])
        places = [float(each.get("y")) for each in self.root.iter(SVG + "text")
                  if each.get("class") in ("title", "group")]
        self.assertEqual(places, sorted(set(places)))

    def test_bars_are_as_long_as_their_ratios_and_the_mark_is_at_1(self):
        bars = self.elements("rect", "bar")
        widths = [float(each.get("width")) for each in bars]
        self.assertAlmostEqual(widths[0] / widths[1], 0.4, places=2)
        # A group whose longest bar is 2.5 with a spread of 0.5 has its own scale.
        self.assertAlmostEqual(widths[2] / picture.BAR, 2.5 / 3, places=2)
        marks = [float(re.match(r"M([\d.]+) ", each.get("d"))[1])
                 for each in self.elements("path", "mark")]
        at = float(bars[0].get("x"))
        self.assertEqual(len(marks), 3)
        self.assertAlmostEqual(marks[0] - at, widths[1], delta=0.2)
        self.assertAlmostEqual(marks[1] - at, widths[2] / 2.5, delta=0.2)
        self.assertAlmostEqual(marks[2] - at, widths[3] / 0.6, delta=0.2)

    def test_the_spread_is_on_both_sides_of_the_end_of_the_bar(self):
        x, length = map(float, re.fullmatch(
            r"M([\d.]+) [\d.]+h([\d.]+)",
            self.elements("path", "spread")[2].get("d")).groups())
        bar = self.elements("rect", "bar")[2]
        end, scale = float(bar.get("x")) + float(bar.get("width")), picture.BAR / 3
        self.assertAlmostEqual(x, end - 0.5 * scale, delta=0.2)
        self.assertAlmostEqual(length, scale, delta=0.2)

    def test_words_stay_within_the_picture_and_beside_the_bars(self):
        report_of_long_names = sample()
        report_of_long_names["parts"]["host"]["numbers"][0]["name"] = "long name " * 9
        report_of_long_names["parts"]["vm"]["machine"]["processor"] = "Processor " * 20
        for drawn in self.text, picture.draw(report_of_long_names):
            root = ElementTree.fromstring(drawn)
            width, height = (int(root.get(key)) for key in ("width", "height"))
            bar = min(float(each.get("x")) for each in root.iter(SVG + "rect")
                      if each.get("class") == "bar")
            for each in root.iter(SVG + "text"):
                x, y = float(each.get("x")), float(each.get("y"))
                end = x + picture.WIDTH * picture.SIZES[each.get("class")] * len(each.text)
                whole = " at the start" in each.text
                self.assertLessEqual(end, width if whole or x > bar else bar, each.text)
                self.assertTrue(0 < y < height, each.text)

    def test_text_and_bars_are_legible_in_both_themes(self):
        for name, theme in picture.THEMES.items():
            for kind, least in (("text", 4.5), ("small", 4.5), ("bar", 3), ("mark", 3)):
                self.assertGreater(contrast(theme[kind], theme["ground"]), least, (name, kind))
        light, dark = self.root.find(SVG + "style").text.split(
            "@media(prefers-color-scheme:dark)")
        for rules, theme in ((light, "light"), (dark, "dark")):
            for kind in ("ground", "text", "small", "bar"):
                self.assertRegex(rules, rf"\.{kind}{{fill:{picture.THEMES[theme][kind]}}}")
        # The ground covers all of the picture, below everything else.
        ground = self.root.find(SVG + "rect")
        self.assertEqual([ground.get(key) for key in ("class", "width", "height")],
                         ["ground", str(self.width), str(self.height)])

    def test_it_needs_no_other_file_and_names_its_licence(self):
        self.assertEqual(re.findall(r"https?://[^\"]*", self.text),
                         ["http://www.w3.org/2000/svg"])
        self.assertNotRegex(self.text, r"@import|@font-face|url\(|href|<image|<script")
        self.assertEqual(set(re.findall(r"font-family:([^;}]*)", self.text)), {"sans-serif"})
        self.assertIn(report.LICENCE, self.text.splitlines()[0])

    def test_the_command_draws(self):
        with tempfile.TemporaryDirectory() as directory:
            source, target = pathlib.Path(directory) / "json", pathlib.Path(directory) / "svg"
            report.save(source, sample()["parts"])
            picture.main([str(source), str(target)])
            self.assertEqual(target.read_text(encoding="utf-8"), self.text)


if __name__ == "__main__":
    unittest.main()
