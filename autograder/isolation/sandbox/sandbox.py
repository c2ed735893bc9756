"""What a worker gives up before it sees a line of student code. The order matters; isolation.md says why.

`Sandbox` is prepared once, in the zygote; `enter` runs in each forked worker.
"""

import ctypes
import os
import platform
import signal
import sys
import sysconfig
from dataclasses import dataclass, field

from autograder.isolation.sandbox import folder, landlock, seccomp

try:
    import resource
except ImportError:  # Windows
    resource = None

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_FIRST_UID = 61_000  # uncommon, and inside the ids that a container maps
_UIDS = 4_000
_MAX_DESCRIPTORS = 64
_CPU_SLACK = 5  # seconds of CPU time above what the grader allows before the kernel ends the worker


@dataclass(frozen=True)
class WorkerLimits:
    """What one worker may use: bytes of memory above its size at rest, seconds of CPU time; whether it changes its user
    (which needs root)."""

    memory: int
    cpu: float
    other_uid: bool


@dataclass
class Sandbox:
    """The layers that this machine offers to a zygote, ready to be entered by its children."""

    readable: list[str] | None = None  # for Landlock
    folders: folder.Folders | None = None
    filter: bytes | None = None
    missing: list[str] = field(default_factory=list)

    @classmethod
    def prepare(cls) -> "Sandbox":
        """Find out what there is."""
        sandbox = cls()
        if landlock.abi():
            sandbox.readable = readable_paths()
            try:
                sandbox.folders = folder.Folders()
            except OSError as error:
                sandbox.missing.append(f"a place for the folders of workers ({error})")
        else:
            sandbox.missing.append("Landlock (Linux 5.13 or newer)")
        if seccomp.available():
            writes = sandbox.folders is not None
            sandbox.filter = seccomp.build_filter(platform.machine(), writes)
        else:
            sandbox.missing.append("seccomp (Linux on x86-64 or arm64)")
        return sandbox

    def enter(self, limits: WorkerLimits) -> tuple[list[str], str | None]:
        """Give everything up, for good; returns the names of the layers in force, and the private folder."""
        layers = []
        uid = _FIRST_UID + os.getpid() % _UIDS if limits.other_uid else _own_uid()
        home = self.folders.make(uid) if self.folders is not None else None
        if resource is not None:
            self._limit_resources(limits)
            layers.append("rlimits")
        if limits.other_uid:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            layers.append("uid")
        if sys.platform == "linux":
            self._harden_process(limits.other_uid)
        if self.readable is not None:
            ruleset = landlock.create_ruleset(self.readable, home)
            landlock.restrict(ruleset)
            os.close(ruleset)
            layers.append("landlock")
        if self.filter is not None:
            seccomp.install(self.filter)
            layers.append("seccomp")
        if home is not None:
            folder.settle(home)
        return layers, home

    def _limit_resources(self, limits: WorkerLimits) -> None:
        cpu = int(limits.cpu) + _CPU_SLACK
        wanted = {
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": folder.FILE if self.folders is not None else 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_NOFILE": _MAX_DESCRIPTORS,
            "RLIMIT_CPU": cpu,
        }
        if sys.platform == "linux":
            wanted["RLIMIT_AS"] = _address_space() + limits.memory
        if limits.other_uid:  # counts per user, so only a user of the worker's own can be limited
            wanted["RLIMIT_NPROC"] = 16
        for name, value in wanted.items():
            if hasattr(resource, name):
                # The hard limit of processor time kills without a word, so that it has to be a later one.
                hard = value + 1 if name == "RLIMIT_CPU" else value
                resource.setrlimit(getattr(resource, name), (value, hard))

    def _harden_process(self, other_uid: bool) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if not other_uid and os.geteuid() == 0:
            _drop_capabilities(libc)
        end_with_parent()
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")


def end_with_parent() -> None:
    """Have this process killed when the one that forked it ends, however that happens (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def readable_paths() -> list[str]:
    """What a worker may read: the interpreter, the installed packages and the system's libraries."""
    paths = sysconfig.get_paths()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found |= {os.path.join(sys.base_prefix, "lib"), os.path.join(sys.prefix, "lib")}
    found |= {os.path.realpath(path) for path in found}
    found |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo"}
    found |= {"/etc/ld.so.cache", "/dev/null", "/dev/urandom", "/dev/random"}
    return sorted(found)


def _own_uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _drop_capabilities(libc) -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capabilities cannot be dropped")
