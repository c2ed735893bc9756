"""How well student code is kept apart on this machine: found out by a canary worker, named A to E."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError
from autograder.isolation.grader.host import IsolationError, Zygote
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire import protocol

LEVELS = "ABCDE"
MEANING = {
    "A": "a user of its own, Landlock, seccomp, resource limits",
    "B": "a user of its own, seccomp, resource limits; hidden files closed to that user",
    "C": "the grader's user, Landlock, seccomp, resource limits",
    "D": "seccomp and resource limits: marks are safe, files are not secret",
    "E": "a plain subprocess with deadlines: for development only",
}


@dataclass(frozen=True)
class Level:
    """A level, the layers in force, and in plain words what is missing for a better one."""

    name: str
    layers: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def reaches(self, required: str) -> bool:
        return LEVELS.index(self.name) <= LEVELS.index(required)


class LevelError(AutograderError):
    """This machine does not offer the isolation level that an assignment requires."""


def measure(zygote: Zygote, secret: Path) -> Level:
    """The level of a zygote's workers. `secret` is a file that they must not be able to read.

    As root, workers get a user of their own; where the interpreter is closed to other users, they keep the grader's.
    """
    level, usable = _examine(zygote, secret)
    if usable or not zygote.other_uid:
        return level
    zygote.other_uid = False
    level, _ = _examine(zygote, secret)
    note = (
        f"no user of their own for workers: other users cannot read the interpreter in {sys.base_prefix}; "
        "use one that they can (for example /usr/bin/python3)"
    )
    return Level(level.name, level.layers, (note,))


def require(level: Level, required: str, assignment: str) -> None:
    """Refuse to grade below the required level.

    Raises:
        LevelError: says which level is required, which is there, and what is missing.
    """
    if not level.reaches(required):
        missing = "; ".join(level.notes) or "see docs on isolation levels"
        raise LevelError(
            f"{assignment} requires isolation level {required} ({MEANING[required]}), this machine offers "
            f"{level.name} ({MEANING[level.name]}). Missing: {missing}"
        )


def _examine(zygote: Zygote, secret: Path) -> tuple[Level, bool]:
    """The level of a zygote's workers, and whether they can read their own interpreter."""
    interpreter = (
        [os.__file__, sys.modules["torch"].__file__] if "torch" in sys.modules else [os.__file__]
    )
    worker = zygote.start_worker(memory=2**29, cpu=10)
    try:
        session = Session(worker, Budget(call=20, test=20))
        found = session.request(protocol.Probe, paths=[str(secret), *interpreter])
    finally:
        worker.end()
    if type(found) is not dict:
        raise IsolationError("the canary worker did not answer")
    layers, reads = set(found["layers"]), set(found["reads"])
    usable = all(path in reads for path in interpreter)
    leaks = str(secret) in reads
    notes = [f"not available: {name}" for name in zygote.ready["missing"]]
    if leaks:
        notes.append(
            f"workers can read {secret}; close it to other users (chmod -R go= on its folder)"
        )
    if "seccomp" not in layers:
        name = "E"
    elif "uid" in layers and not leaks:
        name = "A" if "landlock" in layers else "B"
    elif "landlock" in layers and not leaks:
        name = "C"
    else:
        name = "D"
    if "uid" not in layers:
        notes.append("workers have the grader's user (run as root to give them their own)")
    order = ("uid", "landlock", "seccomp", "rlimits")
    return Level(name, tuple(layer for layer in order if layer in layers), tuple(notes)), usable
