"""Collapsing a process's memory puts it into huge pages and changes no value in it."""

import os
import platform
import re
import subprocess
import sys

PROGRAM = """
import hashlib
from autograder.isolation.worker import huge_pages
data = [bytes([i % 256]) * 4096 for i in range(5000)]
before = hashlib.sha256(b"".join(data)).hexdigest()
done = huge_pages.collapse()
same = before == hashlib.sha256(b"".join(data)).hexdigest()
rollup = dict(line.split()[:2] for line in open("/proc/self/smaps_rollup") if "kB" in line) if done else {}
print(done, same, rollup.get("AnonHugePages:", 0))
"""


def test_contents_stay_and_lie_in_huge_pages():
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    done, same, huge = found.stdout.split()
    assert same == "True"
    if can_collapse():
        assert int(done) >= 2**24 and int(huge) >= 2**13  # of the 20 MB: bytes, KiB


def can_collapse() -> bool:
    """Linux 6.1 or newer, built with transparent huge pages."""
    version = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    return os.path.isdir("/sys/kernel/mm/transparent_hugepage") and version >= (6, 1)
