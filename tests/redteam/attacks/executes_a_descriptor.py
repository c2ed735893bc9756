"""Run a program by its descriptor.

kind: escaping
attacks: cell
mentions: PermissionError
twin: no: the file is no program
"""

import errno
import os


def attack():
    descriptor = os.open("/usr/lib/os-release", os.O_RDONLY)
    try:
        os.execve(descriptor, ["program"], {})
    except OSError as error:
        if error.errno == errno.EPERM:
            raise
        return True  # the kernel looked at the file: executing was allowed
