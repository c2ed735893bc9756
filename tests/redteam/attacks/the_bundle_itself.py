"""Find the grader's own folder through its package, and in it the hidden tests.

kind: reading
attacks: cell
mentions: PermissionError | FileNotFoundError | ModuleNotFoundError
twin: yes
needs: landlock
"""

import os


def attack():
    import autograder

    root = os.path.dirname(os.path.dirname(os.path.abspath(autograder.__file__)))
    with open(f"{root}/autograder/grading/grader.py") as file:
        return "Grader" in file.read()
