"""Start a process through multiprocessing.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import multiprocessing


def attack():
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()
    return process.exitcode == 0
