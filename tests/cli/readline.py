#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Print a command line of bash after the Tab key, as readline leaves it.

usage: readline.py DIRECTORY LINE
       DIRECTORY: has the completion of vmfwupdate-ctl

Copyright (C) 2026 The vmfwupdate authors
"""
import os
import pty
import re
import sys

START = r"""
bind 'set enable-bracketed-paste off'
bind -x '"\C-x\C-p": printf "<%s>\n" "$READLINE_LINE"'
. /usr/share/bash-completion/bash_completion
. "$DIRECTORY/vmfwupdate-ctl"
printf 'rea%s\n' dy
"""
KEYS = b"\t\x18\x10"


def read_until(terminal, pattern):
    output = b""
    while not (found := re.search(pattern, output)):
        output += os.read(terminal, 4096)
    return found


def main(directory, line):
    pid, terminal = pty.fork()
    if not pid:
        os.environ |= {"TERM": "dumb", "DIRECTORY": directory}
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    os.write(terminal, START.encode())
    read_until(terminal, rb"ready")
    os.write(terminal, line.encode() + KEYS)
    print(read_until(terminal, rb"<(.*)>\r?\n")[1].decode())
    os.close(terminal)


main(*sys.argv[1:])
