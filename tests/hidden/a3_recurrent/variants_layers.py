"""Correct ways to run cells over sequences and to handle gradients, written differently."""

import torch
from torch import Tensor, nn

from autograder.testing import Variant


def unroll_by_zip(cell, inputs, lengths=None, state=None):
    steps = inputs.shape[1]
    kept = []
    for t, x in enumerate(inputs.unbind(1)):
        new = cell(x, state)
        pair = new if isinstance(new, tuple) else (new,)
        if state is None:
            old = tuple(torch.zeros_like(part) for part in pair)
        else:
            old = state if isinstance(state, tuple) else (state,)
        alive = (
            torch.ones(len(x), 1, dtype=torch.bool) if lengths is None else (t < lengths)[:, None]
        )
        merged = tuple(alive * a + ~alive * b for a, b in zip(pair, old, strict=True))
        kept.append(pair[0] * alive)
        state = merged if isinstance(new, tuple) else merged[0]
    return torch.stack(kept, 1).reshape(len(inputs), steps, -1), state


def unroll_by_gathering(cell, inputs, lengths=None, state=None):
    """Runs over everything, then picks the state after the last real step."""
    batch, steps = inputs.shape[:2]
    lengths = torch.full((batch,), steps) if lengths is None else lengths.long()
    states, current = [], state
    for t in range(steps):
        current = cell(inputs[:, t], current)
        states.append(current if isinstance(current, tuple) else (current,))
    if state is None:
        start = tuple(torch.zeros_like(part) for part in states[0])
    else:
        start = state if isinstance(state, tuple) else (state,)
    history = [
        torch.stack([before, *after], 1) for before, *after in zip(start, *states, strict=True)
    ]
    final = tuple(parts[torch.arange(batch), lengths] for parts in history)
    real = torch.arange(steps)[None] < lengths[:, None]
    outputs = torch.where(real[..., None], history[0][:, 1:], torch.zeros_like(history[0][:, 1:]))
    return outputs, final if isinstance(current, tuple) else final[0]


def unroll_row_by_row(cell, inputs, lengths=None, state=None):
    """Every sequence by itself."""
    probe = cell(inputs[:1, 0], None)
    is_pair = isinstance(probe, tuple)
    nothing = tuple(torch.zeros_like(part) for part in (probe if is_pair else (probe,)))
    rows, finals = [], []
    for i, sequence in enumerate(inputs):
        length = sequence.shape[0] if lengths is None else int(lengths[i])
        current = nothing if is_pair else nothing[0]
        if state is not None:
            current = tuple(part[i : i + 1] for part in state) if is_pair else state[i : i + 1]
        outputs = []
        for x in sequence[:length]:
            current = cell(x[None], current)
            outputs.append(current[0] if is_pair else current)
        rows.append(torch.cat([*outputs, *[nothing[0]] * (sequence.shape[0] - length)]))
        finals.append(current)
    if is_pair:
        return torch.stack(rows), tuple(torch.cat(parts) for parts in zip(*finals, strict=True))
    return torch.stack(rows), torch.cat(finals)


def unroll_in_preallocated(cell, inputs, lengths=None, state=None):
    outputs, mask = [], None
    for t in range(inputs.size(1)):
        new = cell(inputs[:, t, :], state)
        if lengths is not None:
            mask = (lengths.to(torch.int64) - t).clamp(0, 1).to(inputs.dtype).view(-1, 1)
            if state is None:
                state = tuple(0 * part for part in new) if isinstance(new, tuple) else 0 * new
            if isinstance(new, tuple):
                state = tuple(
                    old + mask * (part - old) for part, old in zip(new, state, strict=True)
                )
            else:
                state = state + mask * (new - state)
        else:
            state = new
        h = new[0] if isinstance(new, tuple) else new
        outputs.append(h if mask is None else h * mask)
    return torch.cat([h.unsqueeze(1) for h in outputs], dim=1), state


class StackedByIndex(nn.Module):
    def __init__(self, cells, unroll=None):
        super().__init__()
        cells = list(cells)
        if not cells:
            raise ValueError("at least one layer is needed")
        self.cells = nn.ModuleList(cells)
        self.run = unroll

    def forward(self, inputs, lengths=None, state=None):
        finals = ()
        for i in range(len(self.cells)):
            inputs, last = self.run(
                self.cells[i], inputs, lengths, None if state is None else state[i]
            )
            finals += (last,)
        return inputs, finals


class StackedRecursive(StackedByIndex):
    def forward(self, inputs, lengths=None, state=None):
        return self.climb(0, inputs, lengths, state)

    def climb(self, level, below, lengths, state):
        if level == len(self.cells):
            return below, ()
        before = state[level] if state is not None else None
        above, after = self.run(self.cells[level], below, lengths, before)
        outputs, rest = self.climb(level + 1, above, lengths, state)
        return outputs, (after, *rest)


class StackedWithEnumerate(StackedByIndex):
    def forward(self, inputs, lengths=None, state=None):
        states = list(state) if state is not None else [None for _ in self.cells]
        layer_input = inputs
        for i, cell in enumerate(self.cells):
            layer_input, states[i] = self.run(cell, layer_input, lengths, states[i])
        return layer_input, tuple(states)


class StackedKeepsAll(StackedByIndex):
    def forward(self, inputs, lengths=None, state=None):
        results = [(inputs, None)]
        for cell, before in zip(self.cells, state or [None] * len(self.cells), strict=True):
            results.append(self.run(cell, results[-1][0], lengths=lengths, state=before))
        return results[-1][0], tuple(after for _, after in results[1:])


class BidirectionalByRows(nn.Module):
    """Reverses each sequence by itself."""

    def __init__(self, forward_cell, backward_cell, unroll=None):
        super().__init__()
        self.forward_cell, self.backward_cell = forward_cell, backward_cell
        self.run = unroll

    def turn(self, x, lengths):
        if lengths is None:
            return x.flip(1)
        rows = [
            torch.cat([row[:n].flip(0), row[n:]])
            for row, n in zip(x, lengths.tolist(), strict=True)
        ]
        return torch.stack(rows)

    def forward(self, inputs, lengths=None, state=None):
        before = state if state is not None else (None, None)
        left, after_left = self.run(self.forward_cell, inputs, lengths, before[0])
        right, after_right = self.run(
            self.backward_cell, self.turn(inputs, lengths), lengths, before[1]
        )
        return torch.cat((left, self.turn(right, lengths)), -1), (after_left, after_right)


class BidirectionalByGather(BidirectionalByRows):
    def turn(self, x, lengths):
        batch, steps, width = x.shape
        lengths = torch.full((batch,), steps) if lengths is None else lengths
        index = (lengths.view(-1, 1) - 1 - torch.arange(steps)) % lengths.clamp(min=1).view(-1, 1)
        index = torch.where(torch.arange(steps) < lengths.view(-1, 1), index, torch.arange(steps))
        return x.gather(1, index.unsqueeze(-1).expand(-1, -1, width))


class BidirectionalByIndexing(BidirectionalByRows):
    def turn(self, x, lengths):
        batch, steps, _ = x.shape
        order = torch.arange(steps).repeat(batch, 1)
        for i in range(batch):
            n = steps if lengths is None else int(lengths[i])
            order[i, :n] = torch.arange(n - 1, -1, -1)
        return x[torch.arange(batch)[:, None], order]


class BidirectionalByMatrix(BidirectionalByRows):
    """Reverses by a product with a permutation matrix."""

    def turn(self, x, lengths):
        batch, steps, _ = x.shape
        matrix = torch.zeros(batch, steps, steps, dtype=x.dtype)
        for i in range(batch):
            n = steps if lengths is None else int(lengths[i])
            for t in range(steps):
                matrix[i, t, n - 1 - t if t < n else t] = 1
        return matrix @ x


def clip_by_flattening(parameters, max_norm):
    found = [p for p in parameters if p.grad is not None]
    if len(found) == 0:
        return torch.zeros(())
    flat = torch.cat([p.grad.reshape(-1) for p in found])
    total = flat.dot(flat).sqrt()
    scale = float(max_norm) / (float(total) + 1e-6)
    if scale < 1:
        for p in found:
            p.grad = p.grad * scale
    return total


def clip_by_squares(parameters, max_norm):
    gradients = []
    for parameter in parameters:
        if parameter.grad is not None:
            gradients.append(parameter.grad)
    squares = sum((g**2).sum() for g in gradients)
    total = torch.as_tensor(
        squares, dtype=torch.get_default_dtype() if not gradients else gradients[0].dtype
    ).sqrt()
    coefficient = torch.clamp(max_norm / (total + 1e-6), max=1)
    for g in gradients:
        g *= coefficient
    return total


def clip_in_double(parameters, max_norm):
    with torch.no_grad():
        gradients = [p.grad for p in parameters if p.grad is not None]
        if not gradients:
            return torch.tensor(0.0)
        total = torch.linalg.vector_norm(torch.cat([g.double().flatten() for g in gradients]))
        ratio = max_norm / (total + 1e-6)
        if ratio < 1.0:
            for g in gradients:
                g.copy_(g.double() * ratio)
        return total.to(gradients[0].dtype)


def clip_with_foreach(parameters, max_norm):
    gradients = [p.grad for p in list(parameters) if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    total = torch.hypot(
        torch.zeros(()), torch.stack(torch._foreach_norm(gradients)).pow(2).sum().sqrt()
    )
    total = total.to(gradients[0].dtype)
    torch._foreach_mul_(gradients, min(1.0, max_norm / (total.item() + 1e-6)))
    return total


def norms_by_leaves(cell, inputs):
    """A leaf for every step."""
    with torch.enable_grad():
        steps = [x.detach().clone().requires_grad_() for x in inputs.unbind(1)]
        state = None
        for x in steps:
            state = cell(x, state)
        h = state[0] if isinstance(state, tuple) else state
        gradients = torch.autograd.grad(h.sum(), steps)
    return torch.stack([g.pow(2).sum(-1).sqrt().mean() for g in gradients])


def norms_by_rows(cell, inputs):
    """Each sequence by itself."""
    found = []
    for sequence in inputs.detach():
        x = sequence.clone().requires_grad_()
        state = None
        for step in x:
            state = cell(step[None], state)
        h = state if torch.is_tensor(state) else state[0]
        found.append(torch.autograd.grad(h.sum(), x)[0].norm(dim=-1))
    return torch.stack(found).mean(0)


def norms_by_functional(cell, inputs):
    def last(x):
        state = None
        for t in range(x.shape[1]):
            state = cell(x[:, t], state)
        return (state if isinstance(state, Tensor) else state[0]).sum()

    _, gradient = torch.autograd.functional.vjp(last, inputs.detach())
    return torch.linalg.vector_norm(gradient, dim=2).mean(0)


def norms_with_einsum(cell, inputs):
    x = inputs.detach().clone()
    x.requires_grad = True
    state = None
    for t in range(x.size(1)):
        state = cell(x.select(1, t), state)
    h = state if isinstance(state, Tensor) else state[0]
    (g,) = torch.autograd.grad([h], [x], [torch.ones_like(h)])
    return torch.einsum("btd,btd->bt", g, g).sqrt().sum(0) / len(x)


def _of(task, *programs):
    return [Variant(task, name, says=says, code=code) for name, says, code in programs]


VARIANTS = [
    *_of(
        "unroll",
        ("zip", "masks multiplied", unroll_by_zip),
        ("gather", "the final state is picked afterwards", unroll_by_gathering),
        ("row-by-row", "every sequence by itself", unroll_row_by_row),
        ("difference", "old plus mask times difference", unroll_in_preallocated),
    ),
    *_of(
        "stacked",
        ("by-index", "a loop over indices", StackedByIndex),
        ("recursive", "recursion over the layers", (StackedRecursive, StackedByIndex)),
        ("enumerate", "states replaced in a list", (StackedWithEnumerate, StackedByIndex)),
        ("keeps-all", "all results kept", (StackedKeepsAll, StackedByIndex)),
    ),
    *_of(
        "bidirectional",
        ("by-rows", "each row reversed by itself", BidirectionalByRows),
        ("gather", "an index by remainders", (BidirectionalByGather, BidirectionalByRows)),
        ("indexing", "advanced indexing", (BidirectionalByIndexing, BidirectionalByRows)),
        ("matrix", "a permutation matrix", (BidirectionalByMatrix, BidirectionalByRows)),
    ),
    *_of(
        "clip_gradients",
        ("flattened", "one flat vector, new gradients assigned", clip_by_flattening),
        ("squares", "a sum of squares", clip_by_squares),
        ("double-inside", "float64 inside", clip_in_double),
        ("foreach", "torch's foreach functions", clip_with_foreach),
    ),
    *_of(
        "gradient_norm_by_step",
        ("leaves", "a leaf for every step", norms_by_leaves),
        ("rows", "each sequence by itself", norms_by_rows),
        ("functional", "a vector-Jacobian product", norms_by_functional),
        ("einsum", "a sum by einsum", norms_with_einsum),
    ),
]
