"""Take the parent's resources away.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os
import resource


def attack():
    return resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE) is not None
