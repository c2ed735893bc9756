"""One import of torch for a command: it starts again, with nothing in its memory, imports torch, forks, and goes on.

The child is the zygote, which must know neither the environment nor the arguments of the command. So the process replaces
itself first: what it knows waits in a file that only the parent reads, after the fork.
"""

import atexit
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_goes_on: str | None = None  # the function that this command consists of


def can_restart(function: str) -> None:
    """Declare that "module:name", called without arguments in a fresh process, does the same as this one has to, and that
    nothing has been done yet which may not be done twice."""
    global _goes_on
    _goes_on = function


@dataclass
class Forked:
    """The zygote that this process has forked off, with as much of `subprocess.Popen` as its owner needs."""

    control: socket.socket
    pid: int
    stderr: object
    kind: list  # what it was started for

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def communicate(self) -> tuple[None, bytes]:
        return None, self.stderr.read()

    def wait(self, timeout: float | None = None) -> None:
        """Raises TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while os.waitpid(self.pid, os.WNOHANG if deadline else 0) == (0, 0):
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.001)


_forked: Forked | None = None


def take(kind: list) -> Forked | None:
    """The zygote of this kind that the process has forked off, once."""
    global _forked
    found = _forked if _forked is not None and _forked.kind == kind else None
    if found is not None:
        _forked = None
    return found


def restart(command: list[str], environment: dict[str, str], kind: list) -> None:
    """Replace this process by `command`, which has to call `go_on`. Returns where that is not possible or of no use."""
    possible = sys.platform == "linux" and threading.active_count() == 1
    if not possible or _goes_on is None or "torch" in sys.modules:
        return
    known = {
        "goes on": _goes_on,
        "kind": kind,
        "environ": {name.decode("latin-1"): v.decode("latin-1") for name, v in os.environb.items()},
        "argv": [os.fsencode(each).decode("latin-1") for each in sys.argv],
        "path": sys.path,
        "bytecode": sys.dont_write_bytecode,
    }
    file = tempfile.TemporaryFile()  # noqa: SIM115 (its descriptor outlives this program)
    file.write(json.dumps(known).encode())
    file.flush()
    os.set_inheritable(file.fileno(), True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], [*command, str(file.fileno())], environment)


def go_on(prepare: Callable[[], None], serve: Callable[[socket.socket], None]) -> None:
    """In the new program: prepare, fork a child that serves, and do in the parent what the old one had to.

    The last argument of the program is the descriptor of what the old one knew.
    """
    global _forked
    descriptor = int(sys.argv[-1])
    prepare()
    here, there = socket.socketpair()
    words, to_say = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            for other in (descriptor, here.detach(), words):
                os.close(other)
            _leave_the_parent(to_say)
            serve(there)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    there.close()
    os.close(to_say)
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        known = json.load(file)
    _forked = Forked(here, pid, os.fdopen(words, "rb"), known["kind"])
    os.environb.clear()
    for name, value in known["environ"].items():
        os.environb[name.encode("latin-1")] = value.encode("latin-1")
    sys.argv[:] = [os.fsdecode(each.encode("latin-1")) for each in known["argv"]]
    sys.path[:] = known["path"]
    sys.dont_write_bytecode = known["bytecode"]
    module, _, name = known["goes on"].partition(":")
    try:
        getattr(importlib.import_module(module), name)()
        status = 0
    except SystemExit as end:
        status = end.code
    if threading.active_count() > 1 or not isinstance(status, int | None):
        sys.exit(status)  # Python knows how to wait for threads, and prints a status that is a text
    end_at_once(status or 0)


def end_at_once(status: int) -> None:
    """End a program that has imported torch, without the 0.3 seconds in which Python would take it apart.

    Functions registered with atexit run, and what was printed is printed.
    """
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:  # nobody reads it any more
            status = status or 120  # as Python itself says it
    os._exit(status)


def _leave_the_parent(stderr: int) -> None:
    """Be a process of its own session, with nothing of its parent's terminal and folder."""
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    os.dup2(stderr, 2)
    os.close(null)
    os.close(stderr)
