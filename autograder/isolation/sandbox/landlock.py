"""Landlock: the kernel's own sandbox for unprivileged processes. Limits reads to named folders and forbids all writes.

Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_ACCESS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}  # file system rights by ABI; 5 and later have 16
_NETWORK = 0b11  # bind and connect TCP, from ABI 4
_SCOPED = 0b11  # abstract unix sockets and signals, from ABI 6

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    if os.name != "posix" or os.uname().sysname != "Linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    except OSError:
        return 0


def create_ruleset(readable: list[str]) -> int:
    """A ruleset, as a file descriptor, that allows reading below `readable` and nothing else.

    Paths that do not exist are passed over.

    Raises:
        OSError: the kernel has no Landlock.
    """
    version = abi()
    files = (1 << _ACCESS_BITS.get(version, 16)) - 1
    attributes = struct.pack(
        "QQQ", files, _NETWORK if version >= 4 else 0, _SCOPED if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_CREATE_RULESET, attributes[:size], ctypes.c_size_t(size), 0)
    for path in readable:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        is_folder = os.path.isdir(path)
        allowed = _READ_FILE | _EXECUTE | (_READ_DIR if is_folder else 0)
        rule = struct.pack("=Qi", allowed, parent)
        try:
            _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
        finally:
            os.close(parent)
    return ruleset


def restrict(ruleset: int) -> None:
    """Apply the ruleset to this thread, for good. Needs no_new_privs.

    Raises:
        OSError: the kernel refuses it.
    """
    _call(_RESTRICT_SELF, ruleset, 0)
