# SPDX-License-Identifier: LGPL-2.1-or-later
"""Places in C sources that a mutant may change, from clang's syntax tree.

The tree has exact ranges and types, and marks the text of macros. So no mutant changes a
header, a comment or a part of a macro.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import json
import os
import re
import subprocess

BOUNDS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
EQUALITIES = {"==": ("!=",), "!=": ("==", "<", ">")}
LOGIC = {"&&": "||", "||": "&&"}
KINDS = ("bound", "comparison", "check", "call", "error", "swap", "constant", "logic")
# Calls of one family do not depend on each other's order.
FAMILIES = [re.compile(words) for words in (
    r"put_[lb]e\d+", r"get_([lb]e\d+|guid)", r"[mc]alloc", r"free|\w+_free", "dlsym")]
LEAVES = ("ReturnStmt", "GotoStmt", "BreakStmt", "ContinueStmt")
LOOPS = ("ForStmt", "WhileStmt", "DoStmt")
INTEGER = re.compile(r"\b(int|long|short|char|bool|_Bool|size_t|ssize_t|off_t|"
                     r"u?int\d+_t|[us]\d+|__[ul]e\d+|__u\d+|enum \w+)\b")


class Mutant:
    """One change of one range of a file."""

    def __init__(self, source, function, kind, place, new, probe):
        self.source = source
        self.function = function
        self.kind = kind
        self.begin, self.end = place
        # Keep the number of lines.
        lost = source.text.count("\n", *place) - new.count("\n")
        self.new = new + "\n" * max(lost, 0)
        self.probe = probe
        self.line = source.text.count("\n", 0, self.begin) + 1

    def text(self):
        text = self.source.text
        return text[:self.begin] + self.new + text[self.end:]

    def lines(self):
        """The lines that change, before and after, each as one text."""
        text = self.source.text
        first = text.rfind("\n", 0, self.begin) + 1
        last = text.find("\n", self.end)
        return [" ".join(words.split()) for words in (
            text[first:last],
            text[first:self.begin] + self.new + text[self.end:last])]

    @property
    def name(self):
        """A name that stays the same as long as lines() does."""
        words = "\0".join([self.source.name, self.function, self.kind, *self.lines()])
        return hashlib.sha256(words.encode()).hexdigest()[:10]

    def __str__(self):
        old, new = self.lines()
        return (f"{self.name} {self.source.name}:{self.line} {self.function}: "
                f"{self.kind}: {old}  =>  {new}")


class Source:
    """A file, its mutants, and its probes, which show the code that runs."""

    def __init__(self, path, name, command, cwd):
        self.name = name
        # Clang counts bytes, so each byte is a character.
        self.text = path.read_bytes().decode("latin-1")
        self.mutants = []
        # (place, text to insert). The number of a probe replaces "@".
        self.insertions = []
        self.probes = 0
        for node in self.tree(command, cwd):
            self.visit_top(node)
        seen = set()
        self.mutants = [m for m in self.mutants
                        if m.name not in seen and not seen.add(m.name)]

    @staticmethod
    def tree(command, cwd):
        # Where "clang" is ccache, it would print the tree of another source.
        run = subprocess.run([*command, "-w", "-fsyntax-only", "-Xclang", "-ast-dump=json"],
                             env={**os.environ, "CCACHE_DISABLE": "1"},
                             cwd=cwd, stdout=subprocess.PIPE, check=True)
        for node in json.loads(run.stdout)["inner"]:
            place = node.get("loc", {})
            place = place.get("expansionLoc", place)
            if "offset" in place and "includedFrom" not in place:
                yield node

    # Ranges

    def span(self, node):
        """Begin and end of a node whose text is in this file, or None."""
        span = node.get("range", {})
        begin, end = span.get("begin", {}), span.get("end", {})
        if "expansionLoc" in begin or "expansionLoc" in end:
            first = begin.get("expansionLoc", begin)
            last = end.get("expansionLoc", end)
            # The end of a macro with arguments is unknown.
            if "expansionLoc" in end and "offset" in last and re.match(
                    r"\s*\(", self.text[last["offset"] + last["tokLen"]:][:20]):
                return None
            if begin.get("isMacroArgExpansion") or end.get("isMacroArgExpansion"):
                return None
            begin, end = first, last
        if "offset" not in begin or "offset" not in end or \
                "includedFrom" in begin or "includedFrom" in end:
            return None
        return begin["offset"], end["offset"] + end["tokLen"]

    @staticmethod
    def macro(node):
        """The place of the macro whose whole text is this node, or None."""
        span = node.get("range", {})
        begin = span.get("begin", {}).get("expansionLoc", {})
        end = span.get("end", {}).get("expansionLoc", {})
        if "offset" in begin and begin.get("offset") == end.get("offset"):
            return begin["offset"]
        return None

    def statement_end(self, node):
        """The place after the semicolon of a statement, or None."""
        kind = node["kind"]
        span = self.span(node)
        if span is None:
            return None
        if kind == "CompoundStmt":
            return span[1]
        if kind in ("IfStmt", "ForStmt", "WhileStmt", "SwitchStmt", "LabelStmt",
                    "CaseStmt", "DefaultStmt"):
            return self.statement_end(node["inner"][-1])
        if self.text[span[1] - 1] == ";":
            return span[1]
        found = re.compile(r"\s*;").match(self.text, span[1])
        return found and found.end()

    def words(self, node):
        span = self.span(node)
        return self.text[slice(*span)] if span else ""

    # Changes

    def add(self, kind, place, new):
        if place and self.text[slice(*place)] != new:
            self.mutants.append(Mutant(self, self.function, kind, place, new, self.probe))

    def visit_top(self, node):
        self.function = node.get("name", "")
        self.probe = None
        if node["kind"] == "FunctionDecl":
            for child in node.get("inner", []):
                if child["kind"] == "CompoundStmt":
                    self.result = node["type"]["qualType"].split("(")[0].strip()
                    self.visit(child)
        elif node["kind"] == "VarDecl":
            for child in node.get("inner", []):
                self.visit(child)

    def visit(self, node):
        kind = node.get("kind")
        if kind is None:
            return
        getattr(self, f"visit_{kind}", lambda _: None)(node)
        inner = node.get("inner", [])
        if kind == "CompoundStmt":
            for child in inner:
                self.visit_statement(child)
            return
        bodies = self.bodies(node)
        for number, child in enumerate(inner):
            if number in bodies:
                self.visit_body(child)
            else:
                self.visit(child)

    @staticmethod
    def bodies(node):
        """Indices of the children that are statements, for a probe to wrap."""
        kind, inner = node["kind"], node.get("inner", [])
        if kind == "IfStmt":
            return range(len(inner) - (2 if node.get("hasElse") else 1), len(inner))
        if kind in ("ForStmt", "WhileStmt"):
            return (len(inner) - 1,)
        if kind == "DoStmt":
            return (0,)
        return ()

    def under_probe(self, node, begin, end):
        """Visit a node under a new probe. The tuples begin and end are (place, text)."""
        outer = self.probe
        self.insertions.append((begin[0], begin[1].replace("@", str(self.probes))))
        if end:
            self.insertions.append(end)
        self.probe = self.probes
        self.probes += 1
        self.visit(node)
        self.probe = outer

    def visit_statement(self, node):
        if node["kind"] in ("CaseStmt", "DefaultStmt", "LabelStmt"):
            for child in node["inner"][:-1]:
                self.visit(child)
            self.visit_statement(node["inner"][-1])
            return
        span = self.span(node)
        if span and node["kind"] != "CompoundStmt":
            self.under_probe(node, (span[0], "MUTANT_REACHED(@); "), None)
        else:
            self.visit(node)

    def visit_body(self, node):
        span = self.span(node)
        end = self.statement_end(node)
        if node["kind"] == "CompoundStmt" or not span or not end:
            self.visit(node)
        else:
            self.under_probe(node, (span[0], "{ MUTANT_REACHED(@); "), (end, " }"))

    def visit_CompoundStmt(self, node):
        inner = node.get("inner", [])
        for one, other in zip(inner, inner[1:]):
            if not (self.acts(one) and self.acts(other)) or self.are_alike(one, other):
                continue
            first, second = self.span(one), self.span(other)
            ends = self.statement_end(one), self.statement_end(other)
            if first and second and all(ends):
                self.add("swap", (first[0], ends[1]),
                         self.text[second[0]:ends[1]] + self.text[ends[0]:second[0]] +
                         self.text[first[0]:ends[0]])
        for child in inner:
            while child["kind"] in ("CaseStmt", "DefaultStmt", "LabelStmt"):
                child = child["inner"][-1]
            self.offer_dropped(child)

    def offer_dropped(self, node):
        """Add a mutant without this call, if nothing uses its result."""
        if node["kind"] == "CStyleCastExpr" and node["castKind"] == "ToVoid":
            node = node["inner"][0]
        span, end = self.span(node), self.statement_end(node)
        if node["kind"] == "CallExpr" and span and end:
            self.add("call", (span[0], end), ";")

    def acts(self, node):
        """Is the node a call, or an assignment of a call's result?"""
        if node["kind"] in ("BinaryOperator", "CompoundAssignOperator"):
            return node["opcode"].endswith("=") and self.calls(node)
        return node["kind"] == "CallExpr"

    def are_alike(self, one, other):
        """Do both statements call only functions of one family?"""
        names = self.callees(one) | self.callees(other)
        return any(all(family.fullmatch(name) for name in names) for family in FAMILIES)

    def callees(self, node):
        names = set()
        if node.get("kind") == "CallExpr":
            names.add(self.words(node["inner"][0]))
        return names.union(*map(self.callees, node.get("inner", [])))

    def calls(self, node):
        return node.get("kind") == "CallExpr" or any(
            self.calls(child) for child in node.get("inner", []))

    def visit_IfStmt(self, node):
        for body in self.bodies(node):
            self.offer_dropped(node["inner"][body])
        condition = self.span(node["inner"][0])
        if not node.get("hasElse") and condition:
            self.add("check", condition, f"({self.text[slice(*condition)]}) && 0")

    def visit_ForStmt(self, node):
        self.offer_dropped(node["inner"][-1])

    visit_WhileStmt = visit_ForStmt

    def visit_BinaryOperator(self, node):
        operator = node["opcode"]
        left, right = map(self.span, node["inner"])
        if not left or not right or self.macro(node) is not None:
            return
        gap = self.text[left[1]:right[0]]
        if gap.strip() != operator:
            return
        place = left[1] + gap.index(operator)
        place = place, place + len(operator)
        if operator in BOUNDS and not self.descriptor(node):
            self.add("bound", place, BOUNDS[operator])
        elif operator in EQUALITIES:
            integers = all(self.integer(child) for child in node["inner"])
            zero = self.words(node["inner"][1]) == "0"
            for other in EQUALITIES[operator][:3 if integers and not zero else 1]:
                self.add("comparison", place, other)
        elif operator in LOGIC:
            self.add("logic", place, LOGIC[operator])
            whole = left[0], right[1]
            self.add("check", whole, f"({self.text[slice(*left)]})")
            self.add("check", whole, f"({self.text[slice(*right)]})")

    def descriptor(self, node):
        """Does the node compare a descriptor with 0? No test gets descriptor 0."""
        left, right = map(self.words, node["inner"])
        return right == "0" and bool(re.search(r"(^|\W|_)(fd|dir)$", left))

    @staticmethod
    def integer(node):
        kind = node.get("type", {}).get("qualType", "")
        return "*" not in kind and "[" not in kind and bool(INTEGER.search(kind))

    def visit_ReturnStmt(self, node):
        if not node.get("inner"):
            return
        value = node["inner"][0]
        span = self.span(value)
        if not span:
            return
        words = self.text[slice(*span)]
        if "*" in self.result or not INTEGER.search(self.result + " "):
            return
        if self.calls(value) and self.result not in ("bool", "_Bool"):
            self.add("error", span, f"(({words}), 0)")
        elif re.fullmatch(r"-E[A-Z0-9]+", words) or re.fullmatch(r"[A-Z][A-Z0-9_]+", words) or \
                re.fullmatch(r"-?errno|error|result|ret|code|exit", words):
            self.add("error", span, "0")
        elif self.calls(value):
            self.add("error", span, f"(({words}), 1)")
            self.add("error", span, f"(({words}), 0)")

    def visit_IntegerLiteral(self, node):
        place = self.macro(node)
        if place is not None:
            word = re.match(r"\w+", self.text[place:])
            if word and word.group() in ("true", "false"):
                self.add("constant", (place, place + word.end()),
                         "false" if word.group() == "true" else "true")
            return
        span = self.span(node)
        before = self.text[:span[0]].rstrip()[-12:] if span else ""
        if re.search(r"(fd|dir) (<|>=|==|!=)$", before):
            return
        if span and self.words(node)[:1].isdigit():
            self.add("constant", span, f"({self.words(node)} + 1)")

    def visit_ImplicitCastExpr(self, node):
        self.named(node)

    visit_ParenExpr = visit_ImplicitCastExpr
    visit_UnaryOperator = visit_ImplicitCastExpr

    def named(self, node):
        """Add a mutant of an integer that a macro or an enumerator names."""
        place = self.macro(node)
        span = self.span(node)
        if not span or not self.integer(node):
            return
        words = self.text[slice(*span)]
        if place is None and node["kind"] != "DeclRefExpr":
            return
        if re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", words) and words != "NULL":
            self.add("constant", span, f"({words} + 1)")

    def visit_DeclRefExpr(self, node):
        if node.get("referencedDecl", {}).get("kind") == "EnumConstantDecl":
            self.named(node)

    def probed(self, base):
        """The text with probes, numbered from base on."""
        parts, last = [], 0
        for place, words in sorted(self.insertions, key=lambda pair: pair[0]):
            words = re.sub(r"\((\d+)\)", lambda found: f"({base + int(found[1])})", words)
            parts += [self.text[last:place], words]
            last = place
        return "".join([*parts, self.text[last:]])
