"""Look for the folders of other workers.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    return [name for place in ("..", "/dev/shm", "/tmp") for name in os.listdir(place)]
