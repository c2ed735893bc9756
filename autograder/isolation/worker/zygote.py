"""The process that workers are forked from: torch imported and warm, one thread, no secret, one control socket.

Started by `autograder.isolation.grader.host` with a clean environment. Requests and answers are JSON lines; a `fork` request
carries the worker's end of a socket pair.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

import torch

from autograder.isolation.sandbox import folder
from autograder.isolation.sandbox.sandbox import Sandbox, WorkerLimits
from autograder.isolation.worker import (
    huge_pages,
    restart,
    stand_ins,
    worker,
)
from autograder.isolation.worker.compiling import leave_uncompiled
from autograder.isolation.worker.warming import first_use, import_library

# What student code imports most: found once here instead of in every worker.
_PRELOADED = (
    "collections", "copy", "dataclasses", "functools", "heapq", "itertools", "json", "math", "operator", "random",
    "re", "statistics", "string", "typing", "jaxtyping", "numpy", "numpy.random", "torch.nn.functional",
    "torch.nn.utils", "torch.nn.utils.rnn", "torch.optim", "torch.utils.data", "traceback",
)  # fmt: skip


def warm_up(optimizers: bool) -> None:
    """One thread; the modules that student code imports; what torch prepares on first use."""
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    for name in _PRELOADED:
        importlib.import_module(name)
    first_use(optimizers)
    leave_uncompiled()


def _threads() -> int:
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1


class Zygote:
    def __init__(self, control: socket.socket):
        self.control = control
        self.sandbox = Sandbox.prepare()
        self.folders = self.sandbox.folders
        self.overfull: set[int] = set()  # workers that were ended because their folders were
        self.line = b""
        self.descriptors: list[int] = []

    def serve(self) -> None:
        """Answer requests until the grader closes the control socket."""
        self._answer({"ready": True, "missing": self.sandbox.missing, "torch": torch.__version__})
        while (request := self._request()) is not None:
            if "fork" in request:
                self._answer({"pid": self._fork(request["fork"], self.descriptors.pop(0))})
            elif "clone" in request:
                self._clone(self.descriptors.pop(0))
            elif "reap" in request:
                self._answer(self._reap(request["reap"]))
            elif "library" in request:
                import_library(request["library"])
                compact()
                self._answer({})

    def close(self) -> None:
        """Leave nothing behind."""
        if self.folders is not None:
            for pid in self.folders.ordinary:
                self._reap(pid)
            self.folders.close()

    def _request(self) -> dict | None:
        """The next request, None when the grader is gone. Requests may come together, their descriptors before them."""
        while b"\n" not in self.line:
            while self._watching() and not self._asked():
                self._look()
            try:
                data, received, _, _ = socket.recv_fds(self.control, 65536, 16)
            except ConnectionError:
                return None
            self.descriptors += received
            if not data:
                return None
            self.line += data
        line, _, self.line = self.line.partition(b"\n")
        return json.loads(line)

    def _watching(self) -> bool:
        return self.folders is not None and bool(self.folders.ordinary)

    def _asked(self) -> bool:
        """Whether something comes within a short time."""
        return bool(select.select([self.control], [], [], folder.EVERY)[0])

    def _look(self) -> None:
        """End the workers that have filled their folders."""
        for pid in self.folders.overfull():
            if pid not in self.overfull:
                self.overfull.add(pid)
                os.kill(pid, signal.SIGKILL)

    def _answer(self, answer: dict) -> None:
        self.control.sendall(json.dumps(answer).encode() + b"\n")

    def _fork(self, limits: dict, descriptor: int) -> int:
        if _threads() != 1:
            raise RuntimeError("the zygote has more than one thread; a fork would hang")
        if self.folders is not None:
            self.folders.open()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                self.control.close()
                self._become_worker(WorkerLimits(**limits), descriptor)
                status = 0
            finally:
                os._exit(status)
        os.close(descriptor)
        if self.folders is not None:
            self.folders.forked(pid)
        return pid

    def _clone(self, descriptor: int) -> None:
        """Go on as two processes, the new one with a control socket of its own."""
        if self.folders is not None:
            self.folders.open()
        pid = os.fork()
        if pid == 0:
            self.control.close()
            self.control = socket.socket(fileno=descriptor)
            if self.folders is not None:
                self.folders.cloned()
        else:
            os.close(descriptor)
            self._answer({"pid": pid})

    def _become_worker(self, limits: WorkerLimits, descriptor: int) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        keep = {0, 1, 2, descriptor}
        for other in _open_descriptors():
            if other not in keep:
                try:
                    os.close(other)
                except OSError:
                    continue
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        if hasattr(os, "setsid"):
            os.setsid()
        layers, home = self.sandbox.enter(limits)
        stand_ins.install()
        worker.serve(socket.socket(fileno=descriptor), layers, home)

    def _reap(self, pid: int) -> dict:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        if self.folders is not None:
            self.folders.remove(pid)
        overfull = pid in self.overfull
        self.overfull.discard(pid)
        return {
            "overfull": overfull,
            "exit": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }


def _open_descriptors() -> list[int]:
    if os.path.isdir("/proc/self/fd"):
        return [int(name) for name in os.listdir("/proc/self/fd")]
    return list(range(3, 256))


def prepare(optimizers: bool) -> None:
    """Have everything in memory that workers share, in as few pages as possible."""
    warm_up(optimizers)
    compact()


def compact() -> None:
    """Put what is in memory where forks cost least."""
    gc.collect()
    gc.freeze()
    huge_pages.collapse()


def serve(control: socket.socket, hidden_paths: list[str]) -> None:
    """Be the zygote of the grader at the other end. `hidden_paths`: entries of sys.path that lead to the course; workers
    must not look there."""
    # Ctrl-C is for the grader, which then closes the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = [entry for entry in sys.path if entry and entry not in hidden_paths]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "__editable__" not in repr(finder)]
    sys.argv[:] = ["worker"]
    zygote = Zygote(control)
    try:
        zygote.serve()
    finally:
        zygote.close()


def main(descriptor: int, hidden_paths: list[str], optimizers: bool) -> None:
    """A program of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare(optimizers)
    serve(socket.socket(fileno=descriptor), hidden_paths)
    restart.end_at_once(0)


def main_of_a_command(hidden_paths: list[str], optimizers: bool) -> None:
    """The program that a command replaces itself by: the zygote is its child."""
    restart.go_on(lambda: prepare(optimizers), lambda control: serve(control, hidden_paths))
