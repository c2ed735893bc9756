"""Write beside its folder, by a descriptor of the folder above that allows nothing but to be named.

kind: escaping
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    above = os.open("..", os.O_PATH | os.O_DIRECTORY)
    name = f"redteam-beside-{os.getpid()}"
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=above))
    os.unlink(name, dir_fd=above)
    return True
