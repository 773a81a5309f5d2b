#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A picture of the numbers of a benchmark: the ratios as bars.

usage: picture.py JSON SVG

A group of numbers has its own scale. Its thin line stands at 1, the yardstick.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import sys
from xml.sax.saxutils import escape

from report import LICENCE, load, machine_line, ratio_text, text

# The reader's system chooses a theme. The picture has its own background, because the
# page may have the other theme.
THEMES = {
    "light": {"ground": "#ffffff", "text": "#1f2328", "small": "#59636e",
              "bar": "#0969da", "mark": "#bc4c00"},
    "dark": {"ground": "#0d1117", "text": "#e6edf3", "small": "#9198a1",
             "bar": "#4493f8", "mark": "#f0883e"},
}
PARTS = {"host": "On the host", "vm": "In a VM"}
# The width of a character of a wide font, per pixel of height.
WIDTH = 0.62
SIZES = {"title": 17, "group": 14, "text": 13, "small": 11}
MARGIN, BAR, ROW = 16, 260, 40


def style():
    def rules(theme):
        return (f".ground{{fill:{theme['ground']}}}"
                f".title,.group,.text{{fill:{theme['text']}}}"
                f".small{{fill:{theme['small']}}}"
                f".bar{{fill:{theme['bar']}}}"
                f".mark{{stroke:{theme['mark']};stroke-width:1.5}}"
                f".spread{{stroke:{theme['text']};stroke-width:1}}")
    fonts = "".join(f".{name}{{font-size:{size}px}}" for name, size in SIZES.items())
    return (f"<style>text{{font-family:sans-serif}}{fonts}"
            ".title,.group{font-weight:bold}"
            f"{rules(THEMES['light'])}"
            f"@media(prefers-color-scheme:dark){{{rules(THEMES['dark'])}}}</style>")


def words(kind, x, y, string):
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{escape(string)}</text>'


def vertical(kind, x, y, height):
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}v{height:.1f}"/>'


def details(item):
    yardstick = item["yardstick"]
    return (f"{text(item['value'], item['unit'])}; {yardstick['name']}: "
            f"{text(yardstick['value'], item['unit'])}")


def groups(numbers):
    """The numbers of each group, in the order of the file."""
    found = {}
    for item in numbers:
        found.setdefault(item["group"], []).append(item)
    return found.items()


def bar(item, x, y, scale):
    """The bar of a ratio, its value, and the spread on its end."""
    value, spread = item["ratio"]["value"], item["ratio"]["spread"]
    end, reach = x + value * scale, spread * scale
    yield f'<rect class="bar" x="{x}" y="{y}" width="{value * scale:.1f}" height="14"/>'
    yield f'<path class="spread" d="M{end - reach:.1f} {y + 7}h{2 * reach:.1f}"/>'
    yield words("text", max(end + reach, x + scale) + 8, y + 12, ratio_text(value))


class Sheet:
    """Elements from top to bottom."""

    def __init__(self, report):
        numbers = [item for part in report["parts"].values()
                   for item in part["numbers"]]
        self.x = 2 * MARGIN + int(WIDTH * max(
            [SIZES["text"] * len(item["name"]) for item in numbers] +
            [SIZES["small"] * len(details(item)) for item in numbers] + [0]))
        titles = [machine_line(part["machine"]) for part in report["parts"].values()]
        self.width = max([self.x + BAR + 80] + [
            2 * MARGIN + int(WIDTH * SIZES["small"] * len(title)) for title in titles])
        self.y = MARGIN
        self.elements = []
        for name, part in report["parts"].items():
            self.add_part(PARTS.get(name, name), part)

    def add(self, *elements):
        self.elements += elements

    def add_part(self, title, part):
        self.add(words("title", MARGIN, self.y + 16, title),
                 words("small", MARGIN, self.y + 34, machine_line(part["machine"])))
        self.y += 48
        for group, numbers in groups(part["numbers"]):
            self.add_group(group, numbers)
        self.y += MARGIN

    def add_group(self, group, numbers):
        # Leave room for the mark at 1, and for each bar with its spread.
        most = max([1] + [item["ratio"]["value"] + item["ratio"]["spread"]
                          for item in numbers])
        scale = BAR / most
        self.add(words("group", MARGIN, self.y + 18, group),
                 words("small", self.x + scale - 3, self.y + 18, "1"))
        self.y += 26
        for at, item in enumerate(numbers):
            y = self.y + at * ROW
            self.add(words("text", MARGIN, y + 14, item["name"]),
                     words("small", MARGIN, y + 29, details(item)),
                     *bar(item, self.x, y + 6, scale))
        self.add(vertical("mark", self.x + scale, self.y - 4, len(numbers) * ROW - 4))
        self.y += len(numbers) * ROW + 8


def draw(report):
    """The picture as the text of an SVG file."""
    sheet = Sheet(report)
    size = f'width="{sheet.width}" height="{sheet.y}"'
    return "\n".join([
        f"<!-- {LICENCE} -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {sheet.width} {sheet.y}" role="img">',
        "<title>vmfwupdate-ctl beside known programs: shorter bars are better</title>",
        style(), f'<rect class="ground" {size}/>', *sheet.elements, "</svg>", ""])


def main(arguments):
    if len(arguments) != 2:
        sys.exit("usage: picture.py JSON SVG")
    source, target = arguments
    report = load(source)
    if not report["parts"]:
        sys.exit(f"{source}: there are no numbers; run make bench first")
    pathlib.Path(target).write_text(draw(report), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
