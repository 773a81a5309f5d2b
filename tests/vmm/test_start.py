# SPDX-License-Identifier: GPL-2.0-or-later
"""Starting QEMU with the model: messages and refusals.

Copyright (C) 2026 The vmfwupdate authors
"""

import ctypes
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import qemu

# A program that loads the model, but lacks QEMU's functions.
FOREIGN_PROGRAM = """
import ctypes, sys
model = ctypes.CDLL(sys.argv[1])
sys.exit(0 if model.qemu_plugin_install(0, None, 0, None) == 0 else 7)
"""


def start(*plugin, machine=None, architecture=qemu.X86):
    """Run QEMU, which should refuse these arguments, until it ends."""
    return subprocess.run(
        qemu.command_line(architecture, plugin, machine),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=qemu.PATIENCE)


class Arguments(unittest.TestCase):
    def refused(self, words, *plugin, **arguments):
        result = start(*plugin, **arguments)
        self.assertNotEqual(result.returncode, 0)
        self.assertNotEqual(result.returncode, 124, "timed out")
        self.assertIn("vmfwupdate-vmm: " + words, result.stderr)

    def test_unknown(self):
        """an unknown argument: the message lists the known ones"""
        self.refused("colour=red: unknown argument; expected one of log, bios-resize",
                     "colour=red")

    def test_similar(self):
        """a name that only begins like an argument is unknown"""
        self.refused("logs=/dev/null: unknown argument", "logs=/dev/null")
        self.refused("lo=/dev/null: unknown argument", "lo=/dev/null")

    def test_fault(self):
        """an unknown fault: the message names it and lists the known ones"""
        for value, named in (("broken", "broken"), ("size16+nope", "nope"),
                             ("", ""), ("size16+", "")):
            with self.subTest(value=value):
                self.refused(f"fault={named}: unknown fault; expected one of "
                             "no-interface, no-igvm, ignore-write, size16, "
                             "refuse-image, refuse-reset, no-withdraw, "
                             "no-disable, vanish", f"fault={value}")

    def test_values(self):
        """a bad value: the message names the possible ones"""
        for argument, words in (
                ("pam=yes", "expected keep or reset"),
                ("ram=0", "expected keep or clear"),
                ("trace=1", "expected on or off"),
                ("power-cut=reset", "expected COUNT:TEXT"),
                ("power-cut=0:reset", "expected COUNT:TEXT"),
                ("power-cut=-1:reset", "expected COUNT:TEXT"),
                ("power-cut=1:", "expected COUNT:TEXT"),
                ("bios-resize=yes", "expected on or off"),
                ("revision=v9", "unknown revision; expected igvm, v6 or "
                 "vmlaunchupdate"),
                ("max-size=", "expected a number of bytes"),
                ("max-size=0", "expected a number of bytes"),
                ("max-size=-1", "expected a number of bytes"),
                ("max-size=5T", "expected a number of bytes"),
                ("max-size=1Mi", "expected a number of bytes"),
                ("max-size=99999999999999999999", "expected a number of bytes"),
                ("max-size=17179869184G", "expected a number of bytes")):
            with self.subTest(argument=argument):
                self.refused(f"{argument}: {words}", argument)

    def test_revisions(self):
        """each revision of several must be known"""
        for value, named in (("igvm+v9", "v9"), ("v6+", ""), ("", "")):
            with self.subTest(value=value):
                self.refused(f"revision={named}: unknown revision",
                             f"revision={value}")

    def test_bios_resize(self):
        """bios-resize=on without a firmware area, or without v6, is an error"""
        self.refused("bios-resize=on: only revision v6 has it",
                     "bios-resize=on")
        self.refused("bios-resize=on: only a PC has a firmware area",
                     "bios-resize=on", "revision=v6",
                     architecture=qemu.AARCH64)

    def test_host_igvm(self):
        """host-igvm= needs vmlaunchupdate, which needs an x86_64 machine"""
        self.refused("host-igvm=: expected a file", "host-igvm=")
        self.refused("host-igvm: only for revision=vmlaunchupdate",
                     "host-igvm=/dev/null", "revision=igvm")
        self.refused("revision=vmlaunchupdate: only for x86_64",
                     "revision=vmlaunchupdate", architecture=qemu.AARCH64)

    def test_log(self):
        """a log that the model cannot open is an error"""
        self.refused("cannot open the log /nonexistent/log: "
                     "No such file or directory", "log=/nonexistent/log")

    def test_pam(self):
        """pam=reset on a machine without such registers is an error"""
        self.refused("pam=reset: this machine has no PAM registers",
                     "pam=reset", machine="microvm")


class Symbols(unittest.TestCase):
    def test_missing(self):
        """a program without QEMU's functions: the messages name each missing function"""
        result = subprocess.run(
            [sys.executable, "-c", FOREIGN_PROGRAM, str(qemu.VMM_SO)],
            capture_output=True, text=True, timeout=qemu.PATIENCE)
        self.assertEqual(result.returncode, 7, result.stderr)
        for symbol in ("fw_cfg_add_file_callback", "address_space_memory",
                       "qemu_register_reset_nosnapshotload"):
            self.assertIn("vmfwupdate-vmm: this program (is it QEMU?) does "
                          f"not export {symbol}\n", result.stderr)

    def test_dependencies(self):
        """the model needs no library that QEMU does not load itself"""
        program = qemu.X86.qemu()
        needed = self.needed(qemu.VMM_SO)
        if pathlib.Path(program).read_bytes()[:4] != b"\x7fELF":
            self.skipTest(f"{program} is a script around QEMU; set QEMU_X86 "
                          "to the program itself")
        self.assertLessEqual(needed, self.needed(program))

    def tool(self, name, *arguments):
        if not shutil.which(name):
            self.skipTest(f"{name} is missing: install binutils")
        return subprocess.run([name, *arguments], check=True,
                              capture_output=True, text=True).stdout

    def needed(self, path):
        output = self.tool("objdump", "-p", str(path))
        return {line.split()[1] for line in output.splitlines()
                if line.strip().startswith("NEEDED")}

    def test_exports(self):
        """the model exports the plugin interface and nothing else"""
        output = self.tool("nm", "--dynamic", "--defined-only",
                           str(qemu.VMM_SO))
        names = {line.split()[-1] for line in output.splitlines()}
        self.assertEqual(names, {"qemu_plugin_install",
                                 "qemu_plugin_version"})

    def test_version(self):
        """the model claims a version of the plugin interface that QEMU takes"""
        with qemu.Machine() as vm:
            ready = vm.log()[0]
        self.assertIn(int(ready["plugin-api"]), (1, 2, 7))
        # Outside of QEMU, the model claims the oldest interface.
        model = ctypes.CDLL(str(qemu.VMM_SO))
        claimed = ctypes.c_int.in_dll(model, "qemu_plugin_version")
        self.assertEqual(claimed.value, 1)


class Ready(unittest.TestCase):
    def test_ready(self):
        """the log begins with the offered interface"""
        for machine in ("q35", "pc", "microvm"):
            with self.subTest(machine=machine), \
                    qemu.Machine(machine=machine) as vm:
                event, = vm.log()
                self.assertEqual(event.name, "ready")
                self.assertEqual(event["revision"], "igvm")
                self.assertEqual(event["capabilities"], 1 << 32)
                self.assertEqual(event["faults"], "none")

    def test_default(self):
        """without an argument, the model offers QEMU's own interface or igvm"""
        for architecture, revision in ((qemu.X86, "vmlaunchupdate"),
                                       (qemu.AARCH64, "igvm")):
            with self.subTest(revision=revision), \
                    qemu.Machine(architecture, revision=None) as vm:
                event, = vm.log()
                self.assertEqual((event.name, event["revision"]),
                                 ("ready", revision))

    def test_trace(self):
        """the argument trace needs no value"""
        with qemu.Machine(plugin=["trace"]) as vm:
            vm.words()
            self.assertIn("select", [event.name for event in vm.log()])

    def test_faults(self):
        """the log names the faults that are on"""
        with qemu.Machine(plugin=["fault=refuse-reset+size16"]) as vm:
            self.assertEqual(vm.log()[0]["faults"], "size16+refuse-reset")

    def test_append(self):
        """the model appends to an existing log"""
        with tempfile.NamedTemporaryFile(mode="w+") as log:
            log.write("before\n")
            log.flush()
            with qemu.Machine(plugin=[f"log={log.name}"]) as vm:
                vm.words()
            lines = pathlib.Path(log.name).read_text().splitlines()
        self.assertEqual(lines[0], "before")
        self.assertEqual(qemu.Event(lines[1]).name, "ready")

    def test_full(self):
        """a log on a full disk: the model reports it, and the machine goes on"""
        with qemu.Machine(plugin=["log=/dev/full"]) as vm:
            vm.offer(vm.image_addr, 1)
            self.assertEqual(vm.words()[2], vm.image_addr)
            self.assertIn("vmfwupdate-vmm: cannot write the log: "
                          "No space left on device\n", vm.stderr())

    def test_power_cut(self):
        """power-cut= ends QEMU after the named line of the log"""
        with qemu.Machine(plugin=["power-cut=2:reset kind="]) as vm:
            vm.reset()
            with self.assertRaises((OSError, RuntimeError)):
                vm.reset()
            vm.process.wait(timeout=qemu.PATIENCE)
            self.assertIn(vm.process.returncode,
                          (-signal.SIGKILL, 128 + signal.SIGKILL))
            self.assertEqual([event.name for event in vm.log()],
                             ["ready", "reset", "reset"])

    def test_end(self):
        """QEMU with the model ends with status 0"""
        with qemu.Machine() as vm:
            vm.words()
            self.assertEqual(vm.end(), 0)

    def test_no_dma(self):
        """without DMA in fw_cfg there is no interface, and the log has the reason"""
        with qemu.Machine(machine="microvm,acpi=off", options=[
                "-global", "fw_cfg.dma_enabled=off"]) as vm:
            event, = vm.log()
        self.assertEqual((event.name, event.reason),
                         ("absent", "this fw_cfg has no DMA"))

    def test_no_fw_cfg(self):
        """a machine without fw_cfg runs, and the log has the reason for no interface"""
        with qemu.Machine(machine="none") as vm:
            event, = vm.log()
            self.assertEqual((event.name, event.reason),
                             ("absent", "this machine has no fw_cfg"))
            event, = vm.reset()
            self.assertEqual(event.values["kind"], "ordinary")


if __name__ == "__main__":
    unittest.main()
