"""Carry the hidden inputs out in the names of the files and functions of a traceback.

kind: reading
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        name = "LEAK" + "".join(character for character in str(x.tolist()) if character.isdigit())
        exec(
            compile(f"def {name}():\n    raise ValueError\n{name}()", f"mini/{name}.py", "exec"), {}
        )
