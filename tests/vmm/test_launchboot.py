# SPDX-License-Identifier: GPL-2.0-or-later
"""Real firmware with vmlaunchupdate: the machine starts from an IGVM file.

Copyright (C) 2026 The vmfwupdate authors
"""

import unittest

import launchupdate
import qemu
import test_boot


class Boot(test_boot.Boot):
    def start_from(self, machine, name, plugin=()):
        path = self.directory / "host.igvm"
        path.write_bytes(launchupdate.wrap(self.firmware(name)))
        return self.start(machine, qemu.seabios(), [
            "revision=vmlaunchupdate", f"host-igvm={path}", *plugin])

    def firmware(self, name):
        return {"ovmf": qemu.ovmf, "seabios": qemu.seabios}[name]()

    def cycle(self, machine, before, after, plugin=()):
        vm = self.start_from(machine, before, plugin)
        seen = self.starts(before)
        launchupdate.hand_over(vm, launchupdate.wrap(self.firmware(after)))
        vm.reset()
        seen = self.starts(after, seen)
        vm.reset()
        seen = self.starts(after, seen)
        launchupdate.restore(vm)
        vm.reset()
        self.starts(before, seen)
        kinds = [e["kind"] for e in vm.log() if e.name == "reset"]
        # A firmware may reset the machine once or twice while it starts.
        self.assertEqual([kind for kind in kinds if kind != "ordinary"],
                         ["update", "restore"])

    # The inherited tests run on this interface. Each also restores the host's image. The
    # interface takes no flat images.
    test_v6 = None
    test_v6_back = None


if __name__ == "__main__":
    unittest.main()
