"""Start a process through posix_spawn, which libc may do with vfork or clone.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    child = os.posix_spawn("/bin/true", ["true"], {})
    return os.waitpid(child, 0)[0] == child
