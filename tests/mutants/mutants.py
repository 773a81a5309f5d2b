#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Change the code, one small thing at a time, and check whether a test notices.

The script builds a copy of the tree in O/mutants. First it measures, with probes in the
sources, which test reaches which code. Each mutant is one changed source. The script
compiles it, and links it into the unit programs that reach the changed statement. If
these pass, it links the tool, and runs the tests of the command line that reach the
statement. As in the suite "cli", most of these run the tool with sanitizers. A mutant
with the same object file as the original is equivalent. The file "equivalent" names
others, with a reason.

usage: mutants.py [OPTION]...    (as root; see --help)

Copyright (C) 2026 The vmfwupdate authors
"""

import argparse
import bisect
import collections
import fcntl
import fnmatch
import hashlib
import json
import os
import pathlib
import pickle
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback

import sites

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
OUT = pathlib.Path(os.environ.get("O", TOP / "build")).resolve() / "mutants"
TREE, BUILD = OUT / "tree", OUT / "build"
SANITIZED = OUT / "sanitized"
PROBED_TREE, PROBED = OUT / "probed-tree", OUT / "probed"
WORK = OUT / "work"
PARTS = ("efi", "igvm", "lib", "ctl", "kmod")
LEAST = 95.0

# The mutants of "kmod" are in files that the unit tests compile in user space.
ROOMS = {
    **{f"igvm/{room}": f"userspace/igvm/{room}/*.c"
       for room in ("format", "memory", "measure", "check", "build")},
    "efi": "userspace/efi/*.c",
    **{f"lib/{room}": f"userspace/lib/{room}/*.c"
       for room in ("base", "guest", "device", "attest", "disk", "record", "source",
                    "stage", "compose", "install", "flow")},
    "ctl": "userspace/ctl/*.c",
    "kmod": "kmod/*.c",
}
# No mutant needs these files. They test scripts for shells and for an initramfs, the
# installed library and a unit file.
NOT_KILLERS = {"completion.bats", "initramfs.bats", "library.bats", "units.bats"}
# Single tests that notice no mutant. This one checks the exit codes that the other tests
# of its file have reached.
NO_KILLERS = {"each exit code of each verb was reached"}
TAKES_LONG = 60
# How to build the tool that the suite "cli" runs, and the tag of tests that run another.
SANITIZE = ("SANITIZE=1", "CFLAGS=-O1")
UNSANITIZED = "unsanitized"
# A time-out counts processor time. On a busy machine, a run may take this factor longer.
PATIENCE = 10

TIMED_OUT = "time-out"

MAP_SIZE = 1 << 20
MAP_FD = 199


def say(words):
    print(f"# {words}", flush=True)


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


# Processes

def limits(memory, seconds):
    def set_limits():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return set_limits


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_tap(command, timeout, environment, cwd, memory=0):
    """Run until the first failure, and return its reason, or None."""
    temporary = pathlib.Path(os.environ["TMPDIR"]) / "mutant"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "TMPDIR": str(temporary),
                   **environment}
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=limits(memory, int(timeout) + 1), pass_fds=map_fds())
    late = threading.Event()
    timer = threading.Timer(PATIENCE * timeout, lambda: (late.set(), kill_group(process)))
    timer.start()
    failure = None
    try:
        for line in process.stdout:
            line = line.decode(errors="replace").strip()
            if line.startswith("not ok"):
                failure = line
                break
        if failure:
            kill_group(process)
        status = process.wait()
    finally:
        timer.cancel()
        kill_group(process)
        process.stdout.close()
        process.wait()
    if failure:
        return failure
    if late.is_set() or status in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"{TIMED_OUT} of {timeout:.0f} s"
    return f"exit status {status}" if status else None


def map_fds():
    try:
        os.fstat(MAP_FD)
    except OSError:
        return ()
    return (MAP_FD,)


def make(directory, out, *arguments):
    command = ["make", f"-j{os.cpu_count()}", "--no-print-directory", "-C", directory,
               f"O={out}", *arguments]
    run = subprocess.run([*map(str, command)], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, check=False)
    if run.returncode:
        sys.exit(f"{shlex.join(map(str, command))}\n"
                 f"{run.stdout.decode(errors='replace')[-4000:]}")


def in_parallel(jobs, work):
    """Run work(0), work(1) ... in as many processes, each with directories of its own."""
    global WORK
    workers = []
    for number in range(jobs):
        worker = os.fork()
        if worker:
            workers.append(worker)
            continue
        status = 1
        try:
            WORK = work_of(number)
            WORK.mkdir(exist_ok=True)
            os.environ["TMPDIR"] += f"/{number}"
            pathlib.Path(os.environ["TMPDIR"]).mkdir(exist_ok=True)
            work(number)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    if any([os.waitpid(worker, 0)[1] for worker in workers]):
        sys.exit("a process of this script has failed")


def work_of(number):
    return OUT / f"work-{number}"


# The copies of the tree

def write_if_changed(path, data):
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def copy_tree(target, changed):
    """Copy all sources, committed or not, except those in changed."""
    names = subprocess.run(
        ["git", "-c", f"safe.directory={TOP}", "ls-files", "-co", "--exclude-standard"],
        cwd=TOP, stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
    wanted = set()
    for name in filter(None, names):
        source, copy = TOP / name, target / name
        if source.is_symlink():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            copy.symlink_to(os.readlink(source))
        elif source.is_file():
            write_if_changed(copy, changed.get(name) or source.read_bytes())
            shutil.copymode(source, copy)
        else:
            continue
        wanted.add(copy)
    for copy in target.rglob("*"):
        if copy not in wanted and (copy.is_file() or copy.is_symlink()):
            copy.unlink()


def without_dependencies(words):
    """Leave out the options by which a compiler writes a file of dependencies."""
    return [word for before, word in zip(["", *words], words)
            if before not in ("-MF", "-MT") and
            word not in ("-MF", "-MT", "-MMD", "-MP")]


class Tool:
    """A build of vmfwupdate-ctl."""

    def __init__(self, out, *flags):
        self.out = out
        self.flags = flags
        self.path = out / "userspace/vmfwupdate-ctl"
        self.link = []		# the command
        self.igvm = []		# the objects of libvmfw-igvm

    def object(self, name):
        return str(self.out / name[:-2]) + ".o"


class Commands:
    """The commands by which make compiles and links, without files of dependencies."""

    def __init__(self):
        self.compile = {}	# (variant, source) -> command
        self.link = {}		# unit program -> command
        self.tools = {		# variant -> tool
            "tool": Tool(BUILD), "sanitized tool": Tool(SANITIZED, *SANITIZE)}
        for part in PARTS:
            directory = TREE / "tests/unit" / part
            for words in self.ask(directory, "all"):
                self.learn(directory, part, words)
        for variant, tool in self.tools.items():
            self.learn_tool(variant, tool)

    def learn_tool(self, variant, tool):
        directory = TREE / "userspace"
        for words in self.ask(directory, tool.path, tool.out, *tool.flags):
            if "-c" in words:
                name = self.name(directory, words[-1])
                self.compile[variant, name] = words
                if name.startswith("userspace/igvm/"):
                    tool.igvm.append(tool.object(name))
            elif words[words.index("-o") + 1].endswith("vmfwupdate-ctl"):
                tool.link = words

    @staticmethod
    def ask(directory, goal, out=BUILD, *variables):
        """The commands that make would run if nothing were built."""
        nowhere = OUT / "nowhere"
        run = subprocess.run(
            ["make", "--no-print-directory", "-n", "V=1", f"O={nowhere}", *variables,
             str(goal).replace(str(out), str(nowhere))],
            cwd=directory, stdout=subprocess.PIPE, check=True)
        text = run.stdout.decode().replace("\\\n", " ").replace(str(nowhere), str(out))
        for line in text.splitlines():
            if re.match(r"\s*(cc|gcc|clang)\S* .*\s-o ", line) and " -r " not in line and \
                    " -shared " not in line:
                yield without_dependencies(shlex.split(line.split("&&")[0]))

    @staticmethod
    def name(directory, path):
        return str((directory / path).resolve().relative_to(TREE))

    def learn(self, directory, part, words):
        output = pathlib.Path(words[words.index("-o") + 1])
        if part == "kmod":
            program = Program(part, "sanitized", output)
            program.sources = [self.name(directory, word) for word in words
                               if word.endswith(".c") and "kmod/" in word]
            self.link[program] = words
            for name in program.sources:
                self.compile["kmod", name] = words
        elif "-c" in words:
            variant = output.relative_to(BUILD / "tests/unit" / part).parts[0]
            self.compile[variant, self.name(directory, words[-1])] = words
        else:
            self.link[Program(part, output.parent.name, output)] = words


# Killers

class Test:
    """A test, which may notice a change. measure() finds the code that it runs."""

    def __init__(self, name, sources):
        self.name = name
        self.sources = sources
        self.reached = frozenset()
        self.seconds = 0.0
        self.key = ""		# a hash of its sources and of those that it reaches


class Program(Test):
    """A unit program."""

    def __init__(self, part, variant, path):
        super().__init__(f"unit/{part}/{path.name}" +
                         ("" if variant == "plain" else ", sanitized"), [])
        self.part = part
        self.variant = variant
        self.path = path

    def probed(self):
        """The plain program with probes, which reaches the same code."""
        path = str(self.path).replace(str(BUILD), str(PROBED))
        return pathlib.Path(path.replace("/sanitized/", "/plain/"))

    def run(self, tree, out, program, timeout):
        return run_tap([program], timeout, {"O": str(out)}, tree / "tests/unit" / self.part,
                       0 if self.variant == "sanitized" else 4 << 30)


class Bats(Test):
    """One test of the command line."""

    def __init__(self, path, words, tags):
        super().__init__(f"cli/{path.name}: {words}", [path])
        self.path = path
        self.words = words
        self.tool = "tool" if UNSANITIZED in tags else "sanitized tool"


class Cases(Test):
    """A file of Python's unittest that runs the tool."""

    def __init__(self, path):
        super().__init__(f"unit/igvm/{path.name}", [path])
        self.path = path
        self.tool = "tool"


def run_bats(tree, out, path, tests, ctl, timeout):
    """Run some tests of one file."""
    words = "|".join(re.sub(r"([][\\.^$*+?(){}|/])", r"\\\1", test.words) for test in tests)
    return run_tap(["bats", "--tap", "--filter", f"^({words})$",
                    tree / path.relative_to(TREE)], timeout,
                   {"O": str(out), "CTL": str(ctl), "CTL_TIMEOUT": "30",
                    "ASAN_OPTIONS": "detect_leaks=1"}, tree)


def run_cases(tree, out, path, ctl, timeout):
    return run_tap(["python3", tree / "tests/lib/run/tap.py", tree / path.relative_to(TREE)],
                   timeout, {"O": str(out), "CTL": str(ctl)}, tree / "tests/unit/igvm")


def tool_tests():
    tests = []
    for path in sorted((TREE / "tests/cli").glob("*.bats")):
        if path.name in NOT_KILLERS:
            continue
        text = path.read_text(encoding="utf-8")
        of_file = " ".join(re.findall(r"^# bats file_tags=(.*)", text, re.M))
        for tags, words in re.findall(
                r'^(?:# bats test_tags=(.*)\n)?@test "((?:[^"\\]|\\.)*)"', text, re.M):
            words = re.sub(r"\\(.)", r"\1", words)
            if words not in NO_KILLERS:
                tests.append(Bats(path, words, of_file + tags))
    unit = TREE / "tests/unit/igvm"
    tests += [Cases(path) for path in sorted([*unit.glob("test_*.py"),
                                              *unit.glob("*/test_*.py")])]
    return tests


class Map:
    """Bytes that probes set, shared with programs."""

    def __init__(self):
        self.path = WORK / "reached"
        self.path.write_bytes(b"")
        fd = os.open(self.path, os.O_RDWR)
        os.dup2(fd, MAP_FD, inheritable=True)
        os.close(fd)
        os.environ["MUTANT_REACHED"] = str(self.path)

    def clear(self):
        os.ftruncate(MAP_FD, 0)
        os.ftruncate(MAP_FD, MAP_SIZE)

    @staticmethod
    def read():
        data = os.pread(MAP_FD, MAP_SIZE, 0)
        return [found.start() for found in re.finditer(b"\1", data)]

    @staticmethod
    def close():
        os.close(MAP_FD)
        del os.environ["MUTANT_REACHED"]


def select(tests, patterns):
    """Tests whose name matches a pattern, or all tests if there are no patterns."""
    return [test for test in tests if not patterns or
            any(fnmatch.fnmatch(test.name, pattern) for pattern in patterns)]


class Suite:
    """Everything that is built and measured before the first mutant."""

    def __init__(self, plain, unit, patterns, jobs):
        for path in (TREE, BUILD, PROBED_TREE, PROBED, WORK):
            path.mkdir(parents=True, exist_ok=True)
        say("building")
        copy_tree(TREE, {})
        self.commands = Commands()
        self.programs = [test for test in self.commands.link if not plain or
                         test.variant == "plain" or test.part == "kmod"]
        self.programs = select(self.programs, patterns)
        for tool in self.commands.tools.values():
            make(TREE / "userspace", tool.out, "all", *tool.flags)
        for part in PARTS:
            self.make_programs(TREE, BUILD, part, lambda test: test.path)
        self.read_sources()
        self.build_probed()
        self.tests = [*self.programs,
                      *([] if unit else select(tool_tests(), patterns))]
        self.bad = []
        self.measure(jobs)

    def read_source(self, path, name, command):
        """Read a source's syntax tree, and keep the result, because this takes a while."""
        kept = OUT / "sites" / sha256(self.headers, path.read_bytes(), name,
                                      (HERE / "sites.py").read_bytes())
        if kept.exists():
            return pickle.loads(kept.read_bytes())
        source = sites.Source(path, name, command, self.directory(name))
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(pickle.dumps(source))
        return source

    def read_sources(self):
        self.headers = sha256(*[header.read_bytes() for place in ("userspace", "kmod")
                                for header in sorted((TREE / place).rglob("*.h"))])
        self.rooms = collections.defaultdict(list)
        self.base = {}
        number = 0
        for room, glob in ROOMS.items():
            for path in sorted(TREE.glob(glob)):
                name = str(path.relative_to(TREE))
                command = self.command(name)
                if not command:
                    continue
                source = self.read_source(path, name, self.clang(command, path))
                self.rooms[room].append(source)
                self.base[name] = number
                number += source.probes
        assert number < MAP_SIZE

    def command(self, name):
        return self.commands.compile.get(("kmod" if name.startswith("kmod/") else "tool",
                                          name))

    @staticmethod
    def directory(name):
        return TREE / ("tests/unit/kmod" if name.startswith("kmod/") else "userspace")

    @staticmethod
    def clang(command, path):
        kept = [word for word in command[1:] if re.match(r"-([ID]|std=)", word)]
        rooms = [part for number, word in enumerate(command) if word == "-iquote"
                 for part in command[number:number + 2]]
        return ["clang", *kept, *rooms, str(path)]

    def build_probed(self):
        say("building with probes")
        changed = {source.name: source.probed(self.base[source.name]).encode("latin-1")
                   for sources in self.rooms.values() for source in sources}
        copy_tree(PROBED_TREE, changed)
        header = f"-include {TREE}/tests/mutants/reached.h"
        flags = f"CFLAGS=-O0 -w {header}"
        make(PROBED_TREE / "userspace", PROBED, "all", flags)
        for part in PARTS:
            self.make_programs(PROBED_TREE, PROBED, part, Program.probed,
                               flags + (" -std=gnu11" if part == "kmod" else ""))

    def make_programs(self, tree, out, part, path, *arguments):
        """Build the programs of the tests from objects of the tool, or all programs of kmod."""
        objects = out / "userspace"
        for room in ("efi", "igvm", "lib"):
            for one in (objects / room).rglob("*.o"):
                copy = out / "tests/unit" / part / "plain" / one.relative_to(objects)
                if part != "kmod" and not (copy.exists() and copy.samefile(one)):
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.unlink(missing_ok=True)
                    copy.hardlink_to(one)
        programs = {str(path(test)) for test in self.programs if test.part == part}
        if part != "kmod":
            arguments += ("PROGRAMS=" + " ".join(sorted(programs)),)
        make(tree / "tests/unit" / part, out, "all", *arguments)

    def measure(self, jobs):
        """Find out which probes each test reaches, and how long it takes."""
        self.common = sha256(self.headers, *[
            path.read_bytes() for place in ("tests/lib", "tests/mutants/reached.h",
                                            "tests/mutants/sites.py")
            for path in self.files(TREE / place)])
        self.sums = {source.name: sha256(source.text) for sources in self.rooms.values()
                     for source in sources}
        (OUT / "reached").mkdir(exist_ok=True)
        say("measuring which probes each test reaches")
        self.test_sums = {test: sha256(self.common, *self.test_sources(test))
                          for test in self.tests}
        found, unknown = self.look_up(self.tests)
        in_parallel(jobs, lambda number: self.reach(unknown[number::jobs]))
        measured, failed = self.look_up(unknown)
        # A test that failed beside others gets a second chance, alone.
        found |= measured | self.reach(failed)
        for test in self.tests:
            self.take(test, found[test])
        self.tests = [test for test in self.tests if test.name not in self.bad]

    def reach(self, tests):
        """Measure tests. Keep the measurements of those that pass."""
        reached, found = Map(), {}
        for test in tests:
            reached.clear()
            started = time.monotonic()
            failure = self.run_probed(test)
            known = {"seconds": time.monotonic() - started, "failure": failure,
                     "test": self.test_sums[test],
                     "reached": self.by_source(reached.read())}
            known["sums"] = {name: self.sums[name] for name in known["reached"]}
            if not failure:
                self.kept(test).write_text(json.dumps(known))
            found[test] = known
        reached.close()
        return found

    @staticmethod
    def kept(test):
        return OUT / "reached" / sha256(test.name)

    def look_up(self, tests):
        """Return the valid measurements of tests, and the tests that have none."""
        found = {test: self.known(test) for test in tests}
        return ({test: known for test, known in found.items() if known},
                [test for test, known in found.items() if not known])

    def known(self, test):
        """The earlier measurement, if nothing that the test runs has changed."""
        if not self.kept(test).exists():
            return None
        known = json.loads(self.kept(test).read_text())
        same = known["test"] == self.test_sums[test] and all(
            self.sums.get(name) == value for name, value in known["sums"].items())
        return known if same else None

    def take(self, test, known):
        test.seconds = known["seconds"]
        test.reached = frozenset(self.base[name] + number for name, numbers in
                                 known["reached"].items() for number in numbers)
        test.key = sha256(test.name, known["test"], *sorted(known["sums"].items()))
        if known["failure"]:
            say(f"fails without a mutant, not used: {test.name}: {known['failure']}")
            self.bad.append(test.name)

    def by_source(self, numbers):
        """Probes that ran, numbered within their source."""
        found = collections.defaultdict(list)
        names = list(self.base)
        for number in numbers:
            name = names[bisect.bisect_right(list(self.base.values()), number) - 1]
            found[name].append(number - self.base[name])
        return found

    @staticmethod
    def files(place):
        return sorted(path for path in place.rglob("*") if path.is_file()) \
            if place.is_dir() else [place]

    def test_sources(self, test):
        """The contents of the files that a test is made of."""
        if isinstance(test, Program):
            name = test.path.name + ".c"
            directory = TREE / "tests/unit" / test.part
            found = [*directory.rglob(name), *directory.glob("*.[ch]"), directory / "Makefile"]
        else:
            found = [test.path, *sorted((TREE / "tests/cli").glob("*.bash"))]
        return [path.read_bytes() for path in found]

    def run_probed(self, test):
        ctl = PROBED / "userspace/vmfwupdate-ctl"
        if isinstance(test, Program):
            return test.run(PROBED_TREE, PROBED, test.probed(), 300)
        if isinstance(test, Bats):
            return run_bats(PROBED_TREE, PROBED, test.path, [test], ctl, 300)
        return run_cases(PROBED_TREE, PROBED, test.path, ctl, 300)


# Mutants

class Judge:
    """Tests mutants."""

    def __init__(self, suite, most, again):
        self.suite = suite
        self.most = most
        self.again = again
        self.originals = {}
        self.known = dict(read_equivalent(HERE / "equivalent"))

    def object(self, mutant_text, source, variant, output, errors=subprocess.DEVNULL):
        """Compile a mutant. Return False if that fails."""
        command = self.suite.commands.compile.get((variant, source.name))
        if not command:
            return False
        changed = WORK / pathlib.Path(source.name).name
        changed.write_bytes(mutant_text.encode("latin-1"))
        words = [word for word in command if word not in ("-g", "-Werror")]
        words = [str(changed) if word.endswith(".c") else word for word in words]
        words[words.index("-o") + 1] = str(output)
        if variant == "kmod":
            words = self.kernel_object(words, changed)
        run = subprocess.run([*words, "-w", "-g0"], check=False,
                             cwd=self.suite.directory(source.name)
                             if variant in ("kmod", *self.suite.commands.tools) else
                             TREE / "tests/unit" / self.part(source.name),
                             stdout=subprocess.DEVNULL, stderr=errors)
        return run.returncode == 0

    @staticmethod
    def part(name):
        return name.split("/")[1] if not name.startswith("userspace/lib") else "lib"

    @staticmethod
    def kernel_object(words, changed):
        """Turn a command that compiles and links into one that only compiles."""
        kept = [word for word in words
                if not word.startswith("-l") and word != str(changed)]
        return [*kept, "-c", str(changed)]

    def original(self, source, variant):
        if source.name not in self.originals:
            output = WORK / "original.o"
            if not self.object(source.text, source, variant, output, errors=None):
                sys.exit(f"{source.name} does not compile")
            self.originals[source.name] = output.read_bytes()
        return self.originals[source.name]

    def candidates(self, mutant):
        """Tests that run the changed statement, or else any code of its file."""
        source = mutant.source
        base = self.suite.base[source.name]
        if mutant.probe is None:
            numbers = set(range(base, base + source.probes))
        else:
            numbers = {base + mutant.probe}
        # No code of a verb reads its table. That of the help does, for instance.
        table = mutant.probe is None and source.name.startswith("userspace/ctl/")
        return [test for test in self.suite.tests if test.reached & numbers or
                table and not isinstance(test, Program)]

    def judge(self, mutant):
        """Return (verdict, the test or reason for it)."""
        if mutant.name in self.known:
            return "equivalent", "listed"
        variant = "kmod" if mutant.source.name.startswith("kmod/") else "tool"
        original = self.original(mutant.source, variant)
        changed = WORK / "mutant.o"
        if not self.object(mutant.text(), mutant.source, variant, changed):
            return "uncompiled", ""
        if changed.read_bytes() == original:
            return "equivalent", "same object"
        tests = self.candidates(mutant)
        # The same tests of the same object give the same verdict.
        sanitized = self.suite.commands.tools["sanitized tool"].link
        kept = OUT / "verdicts" / sha256(changed.read_bytes(), self.most, *sanitized, *sorted(
            test.key for test in tests))
        if kept.exists() and not self.again:
            return tuple(json.loads(kept.read_text()))
        killer = self.try_units(mutant, changed, tests) or \
            self.try_tool(mutant, changed, tests)
        verdict = ("killed", killer) if killer else \
            ("survived", "" if tests else "no test runs this")
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(verdict))
        return verdict

    def try_units(self, mutant, plain, tests):
        programs = [test for test in tests if isinstance(test, Program)]
        programs.sort(key=lambda test: (test.variant == "sanitized", test.seconds))
        sanitized = WORK / "sanitized.o"
        sanitized.unlink(missing_ok=True)
        for test in programs:
            changed = plain
            if test.variant == "sanitized" and test.part != "kmod":
                if not sanitized.exists() and not self.object(
                        mutant.text(), mutant.source, "sanitized", sanitized):
                    return "the compiler, with sanitizers"
                changed = sanitized
            program = self.link(test, mutant.source, changed)
            failure = test.run(TREE, BUILD, program, 10 + 5 * test.seconds)
            if failure:
                return f"{test.name}: {failure}"
        return None

    def link(self, test, source, changed):
        program = WORK / test.path.name
        words = list(self.suite.commands.link[test])
        words[words.index("-o") + 1] = str(program)
        if test.part == "kmod":
            words = [str(changed) if word.endswith("/" + source.name) else word
                     for word in words]
        else:
            at = [word.endswith("library.a") for word in words].index(True)
            words.insert(at, str(changed))
        subprocess.run([*words], check=True, cwd=TREE / "tests/unit" / test.part)
        return program

    def try_tool(self, mutant, changed, tests):
        tests = [test for test in tests if not isinstance(test, Program)]
        if not tests:
            return None
        ctls = {"tool": self.link_tool("tool", mutant.source, changed)}
        for (path, variant), chosen in self.choose(mutant, tests):
            seconds = sum(test.seconds for test in chosen)
            if variant not in ctls:
                changed = WORK / "sanitized-tool.o"
                if not self.object(mutant.text(), mutant.source, variant, changed):
                    return "the compiler, with sanitizers"
                ctls[variant] = self.link_tool(variant, mutant.source, changed)
            ctl = ctls[variant]
            if isinstance(chosen[0], Cases):
                failure = run_cases(TREE, BUILD, path, ctl, 20 + 5 * seconds)
            else:
                failure = run_bats(TREE, BUILD, path, chosen, ctl, 20 + 5 * seconds)
            if failure:
                return f"{path.name}: {failure}"
        return None

    def choose(self, mutant, tests):
        """Choose tests within the time, those about the source first. Return them by file."""
        stems = pathlib.Path(mutant.source.name).stem.split("-")
        base = self.suite.base[mutant.source.name]
        here = range(base, base + mutant.source.probes)

        def rank(test):
            about = test.path.stem.replace("test_", "").split("_")[0] in stems
            return (not about, -sum(number in test.reached for number in here),
                    test.seconds)
        left, files = self.most, {}
        for test in sorted(tests, key=rank):
            if test.seconds > left and files:
                continue
            left -= test.seconds
            files.setdefault((test.path, test.tool), []).append(test)
        return files.items()

    def link_tool(self, variant, source, changed):
        """Link a tool with the changed object. Return its path."""
        tool = self.suite.commands.tools[variant]
        ctl = WORK / variant.split()[0] / "vmfwupdate-ctl"
        ctl.parent.mkdir(exist_ok=True)
        words = list(tool.link)
        words[words.index("-o") + 1] = str(ctl)
        object_file = tool.object(source.name)
        if source.name.startswith("userspace/ctl/"):
            words[words.index(object_file)] = str(changed)
        elif source.name.startswith("userspace/igvm/"):
            at = [word.endswith("libvmfw-igvm.a") for word in words].index(True)
            words[at:at + 1] = [str(changed) if name == object_file else name
                                for name in tool.igvm]
        else:
            at = [word.endswith("libvmfw.a") for word in words].index(True)
            words.insert(at, str(changed))
        subprocess.run([*words], check=True, cwd=TREE / "userspace")
        return ctl


def read_equivalent(path):
    """(name, reason) of each mutant: a line "# reason" stands above its mutants."""
    reason = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = line[1:].strip()
        elif line.strip():
            yield line.split()[0], reason


def find_stale(suite):
    """Names in the list of equivalent mutants that no mutant has."""
    names = {mutant.name for sources in suite.rooms.values() for source in sources
             for mutant in source.mutants}
    return [name for name, _ in read_equivalent(HERE / "equivalent") if name not in names]


def draw(suite, arguments):
    """Mutants by room and kind, in a random order that the seed determines."""
    wanted = {}
    for room, sources in suite.rooms.items():
        if arguments.room and room not in arguments.room:
            continue
        lot = random.Random(f"{arguments.seed} {room}")
        kinds = collections.defaultdict(list)
        for source in sources:
            if arguments.file and source.name not in arguments.file:
                continue
            for mutant in source.mutants:
                if not arguments.kind or mutant.kind in arguments.kind:
                    kinds[mutant.kind].append(mutant)
        for mutants in kinds.values():
            lot.shuffle(mutants)
        if kinds:
            wanted[room] = kinds
    return wanted


def in_turn(kinds):
    while any(kinds.values()):
        for kind in sites.KINDS:
            if kinds[kind]:
                yield kinds[kind].pop()


def shares(wanted, number):
    """Numbers of mutants: a few of each room, and more of large rooms."""
    sizes = {room: sum(map(len, kinds.values())) for room, kinds in wanted.items()}
    least = min(12, number // max(len(sizes), 1))
    rest = number - least * len(sizes)
    return {room: min(size, least + round(rest * size / sum(sizes.values())))
            for room, size in sizes.items()}


def rounds(wanted, number):
    """The order of rooms, in which each room has about its share at any time."""
    share = shares(wanted, number)
    order = sorted((position / share[room], room)
                   for room in wanted for position in range(share[room]))
    return [room for _, room in order]


class Table:
    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)

    def join(self, counts):
        for room, count in counts.items():
            self.counts[room] += count

    def add(self, room, verdict, killer, seconds):
        count = self.counts[room]
        count[verdict] += 1
        count["late"] += verdict == "killed" and TIMED_OUT in killer
        count["seconds"] += seconds

    @staticmethod
    def rate(count):
        tried = count["killed"] + count["survived"]
        return 100 * count["killed"] / tried if tried else 0.0

    def total(self):
        return sum(self.counts.values(), collections.Counter())

    def show(self):
        heads = ("room", "mutants", "killed", "by time-out", "survived", "equivalent",
                 "uncompiled", "share killed", "seconds")
        say(f"| {' | '.join(heads)} |")
        say(f"| {' | '.join('-' * len(head) for head in heads)} |")
        for room, count in [*self.counts.items(), ("all", self.total())]:
            tried = count["killed"] + count["survived"]
            say(f"| {room} | {tried} | {count['killed']} | {count['late']} | "
                f"{count['survived']} | {count['equivalent']} | {count['uncompiled']} | "
                f"{self.rate(count):.0f} % | {count['seconds']:.0f} |")


def deal(suite, arguments):
    """Deal the mutants to the processes. All draws from one room go to the same process."""
    wanted = draw(suite, arguments)
    hands = [[] for _ in range(arguments.jobs)]
    if arguments.mutant:
        order = [(room, mutant) for room, kinds in wanted.items()
                 for mutants in kinds.values() for mutant in mutants
                 if mutant.name in arguments.mutant]
        return [order[number::arguments.jobs] for number in range(arguments.jobs)]
    streams = {room: in_turn(kinds) for room, kinds in wanted.items()}
    order = rounds(wanted, arguments.number)
    for room, number in collections.Counter(order).most_common():
        hand = min(hands, key=len)
        hand.extend([room] * number)
    return [[(room, streams[room]) for room in order if room in hand] for hand in hands]


def try_all(suite, arguments):
    """Try the mutants in some processes, and return the sum of their tables."""
    hands = deal(suite, arguments)
    started = time.monotonic()
    in_parallel(arguments.jobs, lambda number: try_hand(
        hands[number], Judge(suite, arguments.most, arguments.again), arguments, started))
    table = Table()
    for number in range(arguments.jobs):
        table.join(pickle.loads((work_of(number) / "table").read_bytes()))
    say(f"{time.monotonic() - started:.0f} s")
    return table


def try_hand(order, judge, arguments, started):
    table = Table()
    with open(OUT / "results.jsonl", "a", encoding="utf-8") as log:
        try_in_order(order, judge, arguments, started, table, log)
    (WORK / "table").write_bytes(pickle.dumps(table.counts))


def try_in_order(order, judge, arguments, started, table, log):
    for room, stream in order:
        for mutant in [stream] if isinstance(stream, sites.Mutant) else stream:
            begun = time.monotonic()
            if arguments.budget and begun - started > arguments.budget:
                say("the time is over")
                return
            verdict, killer = judge.judge(mutant)
            seconds = time.monotonic() - begun
            table.add(room, verdict, killer, seconds)
            log.write(json.dumps({"room": room, "mutant": str(mutant), "name": mutant.name,
                                  "verdict": verdict, "by": killer,
                                  "seconds": round(seconds, 2)}) + "\n")
            log.flush()
            if verdict == "survived" or arguments.verbose:
                say(f"{verdict} ({seconds:.1f} s): {mutant}  {killer}")
            # If the mutant is equivalent or does not compile, try another one.
            if verdict in ("killed", "survived"):
                break


def last_survivors():
    names = {}
    for line in (OUT / "results.jsonl").read_text().splitlines():
        result = json.loads(line)
        names[result["name"]] = result["verdict"]
    return {name for name, verdict in names.items() if verdict == "survived"}


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", default="1", help="which mutants (1)")
    parser.add_argument("--number", type=int, default=480, help="how many (480)")
    parser.add_argument("--budget", type=float, default=0, help="seconds for all of them")
    parser.add_argument("--most", type=float, default=TAKES_LONG,
                        help="seconds of tests of the tool for one mutant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="processes that try mutants (one for each CPU)")
    parser.add_argument("--plain", action="store_true",
                        help="no programs with sanitizers")
    parser.add_argument("--unit", action="store_true",
                        help="only unit programs: quick, but not complete")
    parser.add_argument("--tests", action="append", metavar="PATTERN",
                        help="only tests with such a name: 'unit/lib/*', 'cli/json*'")
    parser.add_argument("--again", action="store_true",
                        help="try mutants again, though nothing has changed")
    parser.add_argument("--room", action="append", help="of this room only")
    parser.add_argument("--file", action="append", help="of this source only")
    parser.add_argument("--kind", action="append", choices=sites.KINDS)
    parser.add_argument("--mutant", action="append", help="this one, by its name")
    parser.add_argument("--survivors", action="store_true",
                        help="only mutants that survived their last try")
    parser.add_argument("--list", action="store_true", help="show all, try none")
    parser.add_argument("--verbose", action="store_true", help="show every mutant")
    return parser.parse_args(words)


def main(words):
    arguments = parse(words)
    if "MUTANTS_CELL" not in os.environ:
        OUT.mkdir(parents=True, exist_ok=True)
        os.nice(max(0, 10 - os.nice(0)))
        os.environ["MUTANTS_CELL"] = "1"
        os.execv(HERE / "cell", [str(HERE / "cell"), str(OUT), sys.executable,
                                 str(pathlib.Path(__file__).resolve()), *words])
    lock = os.open(OUT / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    suite = Suite(arguments.plain, arguments.unit, arguments.tests, arguments.jobs)
    if arguments.list:
        for kinds in draw(suite, arguments).values():
            for mutant in (mutant for mutants in kinds.values() for mutant in mutants):
                print(mutant)
        return 0
    if arguments.survivors:
        arguments.mutant = last_survivors()
    print("1..3")
    print(f"{'not ok' if suite.bad else 'ok'} 1 - mutants: the tests pass on the code "
          "as it is", flush=True)
    stale = find_stale(suite)
    for name in stale:
        say(f"no mutant has this name, remove it from tests/mutants/equivalent: {name}")
    print(f"{'not ok' if stale else 'ok'} 2 - mutants: each one in the list of equivalent "
          "mutants exists", flush=True)
    table = try_all(suite, arguments)
    table.show()
    total = table.total()
    enough = table.rate(total) >= LEAST and total["killed"]
    print(f"{'ok' if enough else 'not ok'} 3 - mutants: at least {LEAST:.0f} % of "
          f"{total['killed'] + total['survived']} are killed")
    return 0 if enough and not suite.bad and not stale else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
