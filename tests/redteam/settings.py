"""The settings that the corpus is graded in: as root, as an ordinary user, in a container.

A setting is how the grader's process is started. `container` emulates what Docker does by default: the 14 capabilities
that it keeps, and its seccomp profile as far as it denies calls that the grader or an attack could try. `old_container`
adds that profiles before Docker 23 know no Landlock.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass

from autograder.isolation.sandbox import seccomp

# Docker's default: moby/daemon/pkg/oci/caps/defaults.go, by their numbers in linux/capability.h.
_KEPT_CAPABILITIES = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
    "NET_BIND_SERVICE": 10, "NET_RAW": 13, "SYS_CHROOT": 18, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31,
}  # fmt: skip
_LAST_CAPABILITY = 40
_PR_CAPBSET_DROP, _CAPABILITY_VERSION = 24, 0x20080522

# What moby/profiles/seccomp/default.json does not allow without further capabilities: (x86_64, aarch64).
_DENIED = {
    "mount": (165, 40), "umount2": (166, 39), "unshare": (272, 97), "setns": (308, 268), "pivot_root": (155, 41),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_by_handle_at": (304, 265), "kcmp": (312, 272), "quotactl": (179, 60),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "acct": (163, 89), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "move_pages": (279, 239), "fsopen": (430, 430), "fsmount": (432, 432),
    "move_mount": (429, 429), "open_tree": (428, 428), "fanotify_init": (300, 262), "lookup_dcookie": (212, 18),
}  # fmt: skip
_LANDLOCK = {
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}
_CLONE = (56, 220)
_NEW_NAMESPACES = 0x7E020000


@dataclass(frozen=True)
class Setting:
    """How a grader is started, and the level that it must then measure and reach."""

    name: str
    level: str
    uid: int | None = None  # another user than root
    restrict: Callable[[], None] | None = None  # called in the new process before it becomes Python

    def command(self, arguments: list[str]) -> list[str]:
        """The command line that starts `python arguments` in this setting."""
        if self.restrict is None:
            return [sys.executable, *arguments]
        return [sys.executable, "-m", "tests.redteam.settings", self.name, *arguments]


def _drop_capabilities() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    kept = sum(1 << number for number in _KEPT_CAPABILITIES.values())
    for number in range(_LAST_CAPABILITY + 1):
        if not kept >> number & 1:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    if libc.capset(header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capabilities cannot be dropped")


def _install_profile(denied: dict[str, tuple[int, int]]) -> None:
    """A filter that answers as Docker's default profile does."""
    column = ["x86_64", "aarch64"].index(platform.machine())
    no, absent = seccomp._deny(errno.EPERM), seccomp._deny(errno.ENOSYS)
    allow = seccomp._instruction(seccomp._RETURN, seccomp._ALLOW)
    program = [seccomp._instruction(seccomp._LOAD, seccomp._NUMBER)]
    for numbers in denied.values():
        program += seccomp._when(numbers[column], [no])
    program += seccomp._when(_CLONE[column], seccomp._argument_has(0, _NEW_NAMESPACES, no, allow))
    program += seccomp._when(435, [absent])  # clone3, whose flags a filter cannot see
    seccomp.install(b"".join([*program, allow]))


def _docker() -> None:
    _install_profile(_DENIED)
    _drop_capabilities()


def _old_docker() -> None:
    _install_profile(_DENIED | _LANDLOCK)
    _drop_capabilities()


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("root", "A"),
        Setting("user", "C", uid=12345),
        Setting("container", "A", restrict=_docker),
        Setting("old_container", "B", restrict=_old_docker),
    )
}


def available() -> list[str]:
    """The settings that this process can make: all of them as root on Linux, else its own."""
    if sys.platform != "linux":
        return []
    return list(SETTINGS) if os.geteuid() == 0 else ["user"]


if __name__ == "__main__":
    SETTINGS[sys.argv[1]].restrict()
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
