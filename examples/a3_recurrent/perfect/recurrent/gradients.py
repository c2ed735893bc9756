"""Clipping and measuring gradients."""

import torch


def clip_gradients(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.cat([g.reshape(-1) for g in gradients]).norm()
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for g in gradients:
            g *= scale
    return norm


def gradient_norm_by_step(cell, inputs):
    steps = [x.detach().clone().requires_grad_() for x in inputs.unbind(1)]
    state = None
    for x in steps:
        state = cell(x, state)
    h = state[0] if isinstance(state, tuple) else state
    gradients = torch.autograd.grad(h.sum(), steps)
    return torch.stack([g.norm(dim=1).mean() for g in gradients])
