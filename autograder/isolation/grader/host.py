"""The grader's side of processes: start a zygote, have workers forked, talk to them, end them."""

import collections
import functools
import hashlib
import json
import os
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autograder.errors import AutograderError
from autograder.isolation.grader.clocks import Clock
from autograder.isolation.wire.frames import Connection
from autograder.isolation.worker import restart

USER = "student"  # whom workers take themselves for
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[3])
_START_LIMIT = 600.0  # seconds for a zygote to import torch on a cold, busy machine
_CONTROL_LIMIT = 120.0  # for a fork, on a machine as busy
_BOOT = "import sys; sys.path.insert(0, {parent!r}); from autograder.isolation.worker import zygote; zygote.{call}"


class IsolationError(AutograderError):
    """The machinery itself failed: no zygote, or one that stopped answering. Never a student's fault."""


@dataclass(frozen=True)
class Usage:
    """What a worker used: its exit code (negative for a signal), CPU seconds, peak memory in bytes; whether it was ended
    because it had filled its folder."""

    exit: int
    cpu: float
    memory: int
    overfull: bool


class _Forker:
    """A process that forks workers, at the other end of a control socket. Use as a context manager."""

    ready: dict  # what it says of itself; there once it has imported torch

    def __init__(self, control: socket.socket):
        # Whether workers get a user of their own.
        self.other_uid = hasattr(os, "geteuid") and os.geteuid() == 0
        self._control = control
        self._lock = threading.Lock()
        self._line = b""
        self._spare: tuple[dict, socket.socket, _Ticket] | None = None
        self._tickets: collections.deque[_Ticket] = collections.deque()
        self._libraries: set[str] = set()

    def import_libraries(self, modules: Iterable[str]) -> None:
        """Have modules in the memory of all further workers, so that importing them takes none of their time."""
        for module in modules:
            if module not in self._libraries:
                self._libraries.add(module)
                with self._lock:
                    if self._spare is not None:
                        self._discard_spare()
                    self._wait(self._send({"library": module}))

    def start_worker(self, memory: int, cpu: float) -> "Worker":
        """A worker that may use `memory` bytes above its size at rest and `cpu` seconds.

        One of the same kind is forked ahead, so that the next caller need not wait.
        """
        _ = self.ready
        limits = {"memory": memory, "cpu": cpu, "other_uid": self.other_uid}
        with self._lock:
            if self._spare is not None and self._spare[0] != limits:
                self._discard_spare()
            spare, self._spare = self._spare or (limits, *self._fork(limits)), None
            worker = Worker(self, self._wait(spare[2])["pid"], spare[1])
            self._spare = (limits, *self._fork(limits))
            return worker

    def _fork(self, limits: dict) -> tuple[socket.socket, "_Ticket"]:
        here, there = socket.socketpair()
        with there:
            try:
                return here, self._send({"fork": limits}, [there.fileno()])
            except BaseException:
                here.close()
                raise

    def _discard_spare(self) -> None:
        _, here, ticket = self._spare
        self._spare = None
        here.close()
        self._send({"reap": self._wait(ticket)["pid"]})

    def reap(self, pid: int) -> "_Ticket":
        """Have a worker killed; `usage` of the ticket waits until it is gone and says what it used."""
        with self._lock:
            return self._send({"reap": pid})

    def usage(self, ticket: "_Ticket") -> Usage:
        with self._lock:
            return Usage(**self._wait(ticket))

    def _send(self, request: dict, descriptors=()) -> "_Ticket":
        _ = self.ready
        try:
            socket.send_fds(self._control, [json.dumps(request).encode() + b"\n"], descriptors)
        except OSError as error:
            raise self._lost() from error
        ticket = _Ticket()
        self._tickets.append(ticket)
        return ticket

    def _wait(self, ticket: "_Ticket") -> dict:
        """The answer to one request; answers come in the order of the requests."""
        while ticket.answer is None:
            answer = self._answer(_CONTROL_LIMIT)
            self._tickets.popleft().answer = answer
        return ticket.answer

    def _answer(self, limit: float) -> dict:
        deadline = time.monotonic() + limit
        while b"\n" not in self._line:
            self._control.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._control.recv(65536)
            except TimeoutError:
                raise IsolationError(f"the zygote did not answer within {limit:g} s") from None
            except ConnectionError:
                data = b""
            if not data:
                raise self._lost()
            self._line += data
        line, _, self._line = self._line.partition(b"\n")
        return json.loads(line)

    def _lost(self) -> IsolationError:
        return IsolationError("the zygote ended: " + (self._last_words() or "no message"))

    def _last_words(self) -> str:
        return ""

    def close(self) -> None:
        """End it and with it every worker."""
        if self._spare is not None:
            self._spare[1].close()
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception) -> None:
        self.close()


class Zygote(_Forker):
    """The warm process that workers are forked from."""

    def __init__(self, *, hash_seed: int = 0, optimizers: bool = False):
        """Start it.

        Args:
            hash_seed: what Python's string hash seed in all workers follows from, so that a run can be repeated. Workers
                cannot tell it from theirs: it is the seed of the hidden cases.
            optimizers: have torch's optimisers ready, because many workers will use one; in another the first takes
                most of a second.
        """
        forked = restart.take([hash_seed, optimizers])
        if forked is not None:
            super().__init__(forked.control)
            self._process = forked
            return
        here, there = socket.socketpair()
        super().__init__(here)
        command = _program(f"main({there.fileno()}, {_hidden()!r}, {optimizers})")
        with there:
            self._process = subprocess.Popen(
                command,
                env=_clean_environment(hash_seed),
                cwd="/" if os.name == "posix" else None,
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )

    @staticmethod
    def fork_off(*, hash_seed: int, optimizers: bool) -> None:
        """Start this command again as a process that has forked such a zygote, so that torch is imported once for both.
        Returns where that cannot be done."""
        command = _program(f"main_of_a_command({_hidden()!r}, {optimizers})")
        restart.restart(command, _clean_environment(hash_seed), [hash_seed, optimizers])

    @functools.cached_property
    def ready(self) -> dict:
        return self._answer(_START_LIMIT)

    def clone(self) -> "Clone":
        """Another process like this one, for a second grading process. It has to be closed before this one."""
        here, there = socket.socketpair()
        with there, self._lock:
            pid = self._wait(self._send({"clone": True}, [there.fileno()]))["pid"]
        return Clone(self, pid, here)

    def _last_words(self) -> str:
        self._process.kill()
        _, text = self._process.communicate()
        return " | ".join(text.decode("utf-8", "replace").strip().splitlines()[-5:])

    def close(self) -> None:
        super().close()
        try:
            self._process.wait(5)
        except (subprocess.TimeoutExpired, TimeoutError):
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()


class Clone(_Forker):
    """A zygote's copy: it costs a fork, not an import."""

    def __init__(self, original: Zygote, pid: int, control: socket.socket):
        super().__init__(control)
        self.other_uid = original.other_uid
        self.ready = original.ready
        self._original = original
        self._libraries = set(original._libraries)
        self.pid = pid

    def close(self) -> None:
        super().close()
        self._original.usage(self._original.reap(self.pid))


@dataclass
class _Ticket:
    """A request to the zygote; its answer, once it has come."""

    answer: dict | None = None


class Worker:
    """One forked worker: a connection and a pid."""

    def __init__(self, zygote: _Forker, pid: int, sock: socket.socket):
        self.zygote = zygote
        self.pid = pid
        self.clock = Clock(pid)
        self.connection = Connection(sock)
        self._ticket: _Ticket | None = None

    def end(self) -> None:
        """Have the worker killed, whatever it is doing; does not wait."""
        if self._ticket is None:
            self.clock.stop()
            self.connection.close()
            self._ticket = self.zygote.reap(self.pid)

    @property
    def usage(self) -> Usage:
        """What the worker used in all; ends it, and waits until it is gone."""
        self.end()
        return self.zygote.usage(self._ticket)


def _program(call: str) -> list[str]:
    """A command line that calls a function of the zygote's module."""
    return [sys.executable, "-s", "-P", "-c", _BOOT.format(parent=_PACKAGE_PARENT, call=call)]


def _hidden() -> list[str]:
    """The entry of sys.path that leads to the course, if the package lies beside it."""
    installed = {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}
    return [] if _PACKAGE_PARENT in installed else [_PACKAGE_PARENT]


def _clean_environment(hash_seed: int) -> dict[str, str]:
    """Nothing of the grader's environment, one thread, no CUDA in the zygote."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "USER": USER,
        "LOGNAME": USER,
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": str(
            int.from_bytes(hashlib.sha256(f"{hash_seed}/hash".encode()).digest()[:4])
        ),
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "MPLBACKEND": "agg",  # there is no display
        # Torch's compiler, which an optimiser imports, makes this folder; one that is there it leaves alone.
        "TORCHINDUCTOR_CACHE_DIR": "/",
    }
    for name in ("SYSTEMROOT", "LD_LIBRARY_PATH"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
