"""Cells over sequences; the backward direction is not done yet, and the final state is the last column's."""

import torch
from torch import nn


def parts_of(state):
    return state if isinstance(state, tuple) else (state,)


def unroll(cell, inputs, lengths=None, state=None):
    outputs = []
    for t, x in enumerate(inputs.unbind(1)):
        new = cell(x, state)
        if lengths is None:
            alive = torch.ones(len(x), 1, dtype=torch.bool, device=x.device)
        else:
            alive = (t < lengths)[:, None]
        state = new
        outputs.append(parts_of(new)[0] * alive)
    return torch.stack(outputs, 1), state


class Stacked(nn.Module):
    def __init__(self, cells, unroll=unroll):
        super().__init__()
        cells = list(cells)
        if not cells:
            raise ValueError("a stack needs a cell")
        self.cells = nn.ModuleList(cells)
        self.unroll = unroll

    def forward(self, inputs, lengths=None, state=None):
        finals = []
        for i, cell in enumerate(self.cells):
            before = state[i] if state is not None else None
            inputs, after = self.unroll(cell, inputs, lengths, before)
            finals.append(after)
        return inputs, tuple(finals)
