"""Cells over sequences, my way: masks that are multiplied, one row reversed at a time."""

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
        old = [torch.zeros_like(p) for p in parts_of(new)] if state is None else parts_of(state)
        merged = tuple(torch.where(alive, a, b) for a, b in zip(parts_of(new), old))
        outputs.append(parts_of(new)[0] * alive)
        state = merged if isinstance(new, tuple) else merged[0]
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


class Bidirectional(nn.Module):
    def __init__(self, forward_cell, backward_cell, unroll=unroll):
        super().__init__()
        self.forward_cell = forward_cell
        self.backward_cell = backward_cell
        self.unroll = unroll

    @staticmethod
    def turn(x, lengths):
        if lengths is None:
            return x.flip(1)
        rows = [torch.cat([row[:n].flip(0), row[n:]]) for row, n in zip(x, lengths.tolist())]
        return torch.stack(rows)

    def forward(self, inputs, lengths=None, state=None):
        first, second = (None, None) if state is None else state
        left, first = self.unroll(self.forward_cell, inputs, lengths, first)
        right, second = self.unroll(self.backward_cell, self.turn(inputs, lengths), lengths, second)
        return torch.cat([left, self.turn(right, lengths)], 2), (first, second)
