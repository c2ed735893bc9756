"""Import the reference by its path and use it.

kind: reading
attacks: cell
mentions: ImportError | PermissionError
twin: yes
"""

import importlib.util


def attack():
    path = "COURSE/solutions/a0_mini/mini/ops.py"
    source = importlib.util.spec_from_file_location("reference", path).loader.get_source(
        "reference"
    )
    return "torch.tanh" in source
