"""A system call filter for workers, built as a classic BPF program and installed through `seccomp(2)`.

Denied calls return an errno and never kill, so that a student's mistake is an ordinary Python exception. Source: the
kernel's Documentation/userspace-api/seccomp_filter.rst; numbers from the kernel's syscall tables.
"""

import ctypes
import errno
import os
import platform
import struct

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_SECCOMP = {"x86_64": 317, "aarch64": 277}  # seccomp(2) itself
_SECCOMP_SET_MODE_FILTER = 1

# Offsets in struct seccomp_data; the low halves of the arguments, little endian.
_NUMBER, _ARCH = 0, 4
_ARGUMENT = [16 + 8 * i for i in range(6)]

_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GE, _JUMP, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x05, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_OWN_PID = 0xFFFFFFF5  # stands for the worker's pid until the filter is installed

# Name: (x86_64, aarch64); None where an architecture has no such call.
_CANNOT = {  # EPERM
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, None), "ioperm": (173, None), "acct": (163, 89), "quotactl": (179, 60),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "syslog": (103, 116), "personality": (135, 92), "fanotify_init": (300, 262),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmctl": (31, 195), "shmat": (30, 196),
    "semget": (64, 190), "semctl": (66, 191), "semtimedop": (220, 192), "semop": (65, 193),
    "msgget": (68, 186), "msgctl": (71, 187), "msgrcv": (70, 188), "msgsnd": (69, 189),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "mq_notify": (244, 184),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    "setregid": (114, 143), "setgid": (106, 144), "setreuid": (113, 145), "setuid": (105, 146),
    "setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152),
    "setgroups": (116, 159), "setrlimit": (160, 164), "capset": (126, 91), "flock": (73, 32),
}  # fmt: skip
# EROFS. Where a worker has a folder, Landlock decides about the first of these; it says nothing about modes and times.
_WRITES = {
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "ftruncate": (77, 46),
}  # fmt: skip
_READ_ONLY = {
    "creat": (85, None), "truncate": (76, 45),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36),
    "mknod": (133, None), "mknodat": (259, 33),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "utimensat": (280, 88), "futimesat": (261, None),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
_ABSENT = {
    "openat2": (437, 437),
    "clone3": (435, 435),
}  # ENOSYS: libc falls back to calls that can be filtered

# Calls newer than these tables, the same on every architecture (463 is setxattrat): ENOSYS, as on an older kernel.
_FIRST_UNKNOWN = 463

_CLONE_THREAD = 0x00010000
_WRITES_TO = 0o1 | 0o2  # O_WRONLY, O_RDWR
_CREATES, _TRUNCATES, _NAMELESS = 0o100, 0o1000, 0o20000000  # O_CREAT, O_TRUNC, O_TMPFILE
_WRITE_FLAGS = _WRITES_TO | _CREATES | _TRUNCATES | _NAMELESS
_SPECIAL_MODE = 0o6000  # set-user-ID and set-group-ID
_FCNTL_DENIED = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_IOCTL_DENIED = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSTI
_PRCTL_ALLOWED = (
    15,
    16,
    0x53564D41,
)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (malloc names its memory)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def _deny(code: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | code)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """`body` for one system call; the accumulator holds the number before and after."""
    return [_instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _argument_is(index: int, values, matched: bytes, otherwise: bytes) -> list[bytes]:
    body = [_instruction(_LOAD, _ARGUMENT[index])]
    for value in values:
        body += [_instruction(_JUMP_EQUAL, value, 0, 1), matched]
    return [*body, otherwise]


def _argument_has(index: int, bits: int, matched: bytes, otherwise: bytes) -> list[bytes]:
    return [
        _instruction(_LOAD, _ARGUMENT[index]),
        _instruction(_JUMP_SET, bits, 0, 1),
        matched,
        otherwise,
    ]


def _open(flags: int, mode: int, writes: bool) -> list[bytes]:
    """Opening a file, given which arguments the flags and the mode are.

    Nameless files could not be counted. Truncating what is opened for reading was no write to Landlock before ABI 3.
    """
    allow, read_only = _instruction(_RETURN, _ALLOW), _deny(errno.EROFS)
    if not writes:
        return _argument_has(flags, _WRITE_FLAGS, read_only, allow)
    return [
        _instruction(_LOAD, _ARGUMENT[flags]),
        _instruction(_JUMP_SET, _NAMELESS, 0, 1),
        _deny(errno.EOPNOTSUPP),
        _instruction(_JUMP_SET, _WRITES_TO, 2, 0),
        _instruction(_JUMP_SET, _TRUNCATES, 0, 1),
        read_only,
        _instruction(_JUMP_SET, _CREATES, 0, 3),
        _instruction(_LOAD, _ARGUMENT[mode]),
        _instruction(_JUMP_SET, _SPECIAL_MODE, 0, 1),
        _deny(errno.EPERM),
        allow,
    ]


def build_filter(machine: str, writes: bool) -> bytes:
    """The BPF program for `machine`, with a placeholder where the worker's pid belongs.

    Args:
        writes: files may be opened for writing, made and removed, because Landlock says where.

    Raises:
        ValueError: no system call table for this architecture.
    """
    if machine not in _AUDIT_ARCH:
        raise ValueError(f"no system call table for {machine}")
    column = ["x86_64", "aarch64"].index(machine)
    allow, no, read_only = _instruction(_RETURN, _ALLOW), _deny(errno.EPERM), _deny(errno.EROFS)

    def number(x86_64: int | None, aarch64: int | None) -> int | None:
        return (x86_64, aarch64)[column]

    program = [
        _instruction(_LOAD, _ARCH),
        _instruction(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        no,
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        program += [_instruction(_JUMP_GE, _X32_BIT, 0, 1), _deny(errno.ENOSYS)]
    program += [_instruction(_JUMP_GE, _FIRST_UNKNOWN, 0, 1), _deny(errno.ENOSYS)]
    inspected = {
        number(56, 220): _argument_has(0, _CLONE_THREAD, allow, no),
        number(2, None): _open(1, 2, writes),
        number(257, 56): _open(2, 3, writes),
        number(62, 129): _argument_is(0, [_OWN_PID], allow, no),  # kill
        number(234, 131): _argument_is(0, [_OWN_PID], allow, no),  # tgkill
        number(302, 261): _argument_is(0, [0, _OWN_PID], allow, no),  # prlimit64
        number(157, 167): _argument_is(0, _PRCTL_ALLOWED, allow, no),
        number(72, 25): _argument_is(1, _FCNTL_DENIED, no, allow),
        number(16, 29): _argument_is(1, _IOCTL_DENIED, no, allow),
    }
    for call, body in inspected.items():
        if call is not None:
            program += _when(call, body)
    tables = [(_CANNOT, no), (_READ_ONLY, read_only), (_ABSENT, _deny(errno.ENOSYS))]
    tables += [] if writes else [(_WRITES, read_only)]
    for table, answer in tables:
        for numbers in table.values():
            call = number(*numbers)
            if call is not None:
                program += _when(call, [answer])
    return b"".join([*program, allow])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def available() -> bool:
    """Whether a filter can be built here."""
    return os.uname().sysname == "Linux" and platform.machine() in _AUDIT_ARCH


def install(program: bytes) -> None:
    """Install the filter in this thread, for good. Needs no_new_privs or CAP_SYS_ADMIN.

    Raises:
        OSError: the kernel refuses it.
    """
    program = program.replace(struct.pack("I", _OWN_PID), struct.pack("I", os.getpid()))
    libc = ctypes.CDLL(None, use_errno=True)
    structure = _Program(len(program) // 8, program)
    number = _SECCOMP[platform.machine()]
    if libc.syscall(number, _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(structure)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
