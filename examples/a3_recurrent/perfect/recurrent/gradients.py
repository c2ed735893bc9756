"""Gradients through time, clipped and measured."""

import torch


def clip_gradients(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = sum(g.detach().square().sum() for g in gradients).sqrt()
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for g in gradients:
            g *= scale
    return norm


def gradient_norm_by_step(cell, inputs):
    with torch.enable_grad():
        steps = [x.detach().clone().requires_grad_() for x in inputs.unbind(1)]
        state = None
        for x in steps:
            state = cell(x, state)
        h = state if torch.is_tensor(state) else state[0]
        gradients = torch.autograd.grad(h.sum(), steps)
    return torch.stack([g.square().sum(-1).sqrt().mean() for g in gradients])
