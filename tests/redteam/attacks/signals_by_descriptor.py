"""Signal the grader through a process descriptor.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os
import signal


def attack():
    descriptor = os.pidfd_open(os.getppid())
    signal.pidfd_send_signal(descriptor, 0)
    os.close(descriptor)
    return True
