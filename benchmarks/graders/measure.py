"""Run commands, some at a time, and measure them with everything they start."""

import contextlib
import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_POLL = 0.05  # seconds between looks at the processes
_SAMPLE = 1.0  # seconds between looks at their memory, which cost some milliseconds each
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Command:
    """What to start, where, with what in its environment; what it prints goes to `log`."""

    arguments: list[str]
    folder: Path
    environment: dict[str, str]
    log: Path


@dataclass
class Measured:
    """What some commands took together.

    Attributes:
        wall: seconds from the first start to the last end.
        cpu: seconds of all processors, in all processes that the commands started.
        memory: the most bytes at one time: PSS, which counts shared memory once, over all processes, sampled.
        start_up: seconds until `begun()` was first true; 0 if never.
        codes: the exit code of each command; None for one that was ended because it took too long.
        seconds: how long each command took.
    """

    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    start_up: float = 0.0
    codes: list[int | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent ends, so that they are measured, and ended, too (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(
    commands: list[Command],
    at_once: int,
    patience: float,
    begun: Callable[[], bool] = lambda: True,
    look: Callable[[], None] = lambda: None,
) -> Measured:
    """Run the commands, `at_once` at a time, none for longer than `patience` seconds.

    `look` is called at every sample. No process is left when this returns or raises.
    """
    found = Measured(codes=[None] * len(commands), seconds=[0.0] * len(commands))
    waiting = list(enumerate(commands))
    running: dict[int, tuple[subprocess.Popen, float]] = {}
    cpu, started, sampled = _cpu_of_children(), time.monotonic(), 0.0
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, command = waiting.pop(0)
                running[index] = _start(command), time.monotonic()
            time.sleep(_POLL)
            now = time.monotonic()
            for index, (process, since) in list(running.items()):
                found.codes[index] = process.poll()
                if found.codes[index] is None and now - since > patience:
                    end(psutil.Process(process.pid))
                    process.wait()
                elif found.codes[index] is None:
                    continue
                found.seconds[index] = now - since
                del running[index]
            if not found.start_up and begun():
                found.start_up = now - started
            if now - sampled > _SAMPLE:
                sampled = now
                found.memory = max(found.memory, _memory_of_descendants())
                look()
        found.wall = time.monotonic() - started
    finally:
        for child in psutil.Process().children():
            end(child)
        for process, _ in running.values():
            process.wait()
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
    found.cpu = _cpu_of_children() - cpu
    return found


def end(process: psutil.Process) -> None:
    """Kill a process and all that it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


def _start(command: Command) -> subprocess.Popen:
    with open(command.log, "ab") as log:
        return subprocess.Popen(
            command.arguments,
            cwd=command.folder,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the benchmark
        )


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _memory_of_descendants() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total
