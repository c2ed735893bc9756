"""Leave a note in its folder and look for one of an earlier worker, wherever its folder may have been.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import contextlib
import glob
import os

NOTE = "redteam-note"
TWIN = os.environ.get("REDTEAM_TWIN")


def look():
    places = (".", "..", "../*", "/dev/shm", "/dev/shm/*", "/dev/shm/*/*", "/tmp/autograder-*/*")
    return any(glob.glob(f"{place}/{NOTE}") for place in places)


FOUND = look()  # nothing was written yet, so it would be another's
for folder in (".",) if TWIN else (".", "..", "/tmp", "/dev/shm", "/var/tmp"):
    with contextlib.suppress(OSError):
        open(os.path.join(folder, NOTE), "x").close()


def attack():
    return look() if TWIN else FOUND
