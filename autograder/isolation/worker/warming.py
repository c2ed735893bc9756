"""Before a fork: have done what would otherwise be done, and held in memory, by each child anew."""

import torch

from autograder.isolation.wire import engine


def first_use(optimizers: bool) -> None:
    """Run once what torch prepares on first use: autograd, an LSTM, random numbers.

    Args:
        optimizers: also a step of an optimiser. The first in a process takes most of a second and 100 MiB.
    """
    lstm = torch.nn.LSTM(2, 3, batch_first=True)
    output, _ = lstm(torch.randn(1, 2, 2))
    engine.backward([output], [torch.ones_like(output)])
    if optimizers:
        torch.optim.Adam(lstm.parameters()).step()
    torch.autograd.grad(lstm(torch.randn(1, 2, 2))[0].sum(), list(lstm.parameters()))
    torch.linalg.norm(torch.randn(3, 3) @ torch.randn(3, 3)).item()
