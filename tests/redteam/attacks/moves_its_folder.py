"""Move its folder to where nobody removes it.

kind: escaping
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    here = os.getcwd()
    os.rename(here, f"{here}-redteam")
    os.rename(f"{here}-redteam", here)
    return True
