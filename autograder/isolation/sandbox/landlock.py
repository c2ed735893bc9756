"""Landlock: the kernel's own sandbox for unprivileged processes. Limits reads to named folders and writes to one.

Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MOVE, _TRUNCATE = 1 << 13, 1 << 14  # between folders, from ABI 2; from ABI 3
# In the folder: files and folders. No links, pipes, sockets and devices, and nothing in it can be run.
_OWN = (
    _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE
    | _MAKE_FILE | _MAKE_DIR | _REMOVE_FILE | _REMOVE_DIR | _MOVE
)  # fmt: skip
_NOWHERE = "/dev/null"  # which may be written
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


def create_ruleset(readable: list[str], folder: str | None = None) -> int:
    """A ruleset, as a file descriptor, that allows reading below `readable`, files and folders in `folder`, and nothing
    else.

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
        of_folder = _READ_DIR if os.path.isdir(path) else 0
        _allow(ruleset, path, _READ_FILE | _EXECUTE | of_folder)
    _allow(ruleset, _NOWHERE, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & files)
    if folder is not None:
        _allow(ruleset, folder, _OWN & files)
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rule = struct.pack("=Qi", rights, parent)
    try:
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(parent)


def restrict(ruleset: int) -> None:
    """Apply the ruleset to this thread, for good. Needs no_new_privs.

    Raises:
        OSError: the kernel refuses it.
    """
    _call(_RESTRICT_SELF, ruleset, 0)
