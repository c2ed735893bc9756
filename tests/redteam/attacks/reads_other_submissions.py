"""Read the work of somebody else that is graded in the same run.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""


def attack():
    with open("SUBMISSIONS/right/mini/ops.py") as file:
        return "Cell" in file.read()
