"""Open a file of hidden tests by its path.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""


def attack():
    with open("COURSE/tests/hidden/a0_mini/test_cell.py") as file:
        return "Reference" in file.read()
