"""Replace the byte code of a module that the grader imports.

kind: escaping
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    import autograder

    folder = (
        os.path.dirname(autograder.__file__) if not os.environ.get("REDTEAM_TWIN") else os.getcwd()
    )
    os.makedirs(f"{folder}/__pycache__/redteam-left")
    return True
