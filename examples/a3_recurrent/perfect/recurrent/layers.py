"""Whole sequences: every step is taken for every row; what lies past an end is dropped at last."""

import torch
from torch import nn


def map_state(function, *states):
    if torch.is_tensor(states[0]):
        return function(*states)
    return tuple(function(*parts) for parts in zip(*states, strict=True))


def hidden_of(state):
    return state if torch.is_tensor(state) else state[0]


def unroll(cell, inputs, lengths=None, state=None):
    batch, steps, _ = inputs.shape
    rows = torch.arange(batch, device=inputs.device)
    ends = torch.full_like(rows, steps) if lengths is None else lengths.long()
    states = [state]
    for x in inputs.unbind(1):
        states.append(cell(x, states[-1]))
    if state is None:
        states[0] = map_state(torch.zeros_like, states[1])
    outputs = torch.stack([hidden_of(after) for after in states[1:]], dim=1)
    padding = torch.arange(steps, device=inputs.device) >= ends[:, None]
    outputs = torch.where(padding[:, :, None], torch.zeros_like(outputs), outputs)
    return outputs, map_state(lambda *parts: torch.stack(parts)[ends, rows], *states)


class Stacked(nn.Module):
    def __init__(self, cells, unroll=unroll):
        super().__init__()
        self.cells = nn.ModuleList(cells)
        self.run = unroll
        if not self.cells:
            raise ValueError("at least one cell is needed")

    def forward(self, inputs, lengths=None, state=None):
        final = []
        for layer, cell in enumerate(self.cells):
            inputs, after = self.run(cell, inputs, lengths, state[layer] if state else None)
            final.append(after)
        return inputs, tuple(final)


class Bidirectional(nn.Module):
    def __init__(self, forward_cell, backward_cell, unroll=unroll):
        super().__init__()
        self.forward_cell, self.backward_cell = forward_cell, backward_cell
        self.run = unroll

    def forward(self, inputs, lengths=None, state=None):
        left, right = state or (None, None)
        ends = [inputs.size(1)] * len(inputs) if lengths is None else lengths.tolist()

        def turned(sequences):
            rows = zip(sequences, ends, strict=True)
            return torch.stack([torch.cat([row[:end].flip(0), row[end:]]) for row, end in rows])

        ahead, left = self.run(self.forward_cell, inputs, lengths, left)
        behind, right = self.run(self.backward_cell, turned(inputs), lengths, right)
        return torch.cat([ahead, turned(behind)], dim=-1), (left, right)
