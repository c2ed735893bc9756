"""Leave a note in shared memory.

kind: escaping
attacks: cell
mentions: PermissionError | OSError
twin: yes
"""

from multiprocessing import shared_memory


def attack():
    note = shared_memory.SharedMemory(name="redteam-left", create=True, size=9)
    note.close()
    note.unlink()
    return True
