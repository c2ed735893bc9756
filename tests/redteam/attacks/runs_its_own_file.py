"""Write a program into its folder and run it.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os
import subprocess


def attack():
    name = f"./redteam-program-{os.getpid()}"
    descriptor = os.open(name, os.O_CREAT | os.O_WRONLY, 0o755)
    os.write(descriptor, b"#!/bin/sh\n")
    os.close(descriptor)
    return subprocess.run([name]).returncode == 0
