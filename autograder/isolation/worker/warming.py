"""Before a fork: have done what would otherwise be done, and held in memory, by each child anew."""

import contextlib
import importlib
import os
import tempfile

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


# What submissions import and no worker should have to: what their text says -> the module that is then imported.
_LIBRARIES = {b"matplotlib": "matplotlib.pyplot"}


def libraries_in(sources: dict[str, bytes]) -> list[str]:
    """The modules that a submission seems to import and that take long."""
    text = b"\n".join(sources.values())
    return [module for word, module in _LIBRARIES.items() if word in text]


def import_library(module: str) -> None:
    """Import one of these, if it is installed; figures are then drawn without a display."""
    if module not in _LIBRARIES.values():
        raise ValueError(f"{module} is none of the libraries that are imported ahead")
    with (
        tempfile.TemporaryDirectory(prefix="autograder-") as folder,
        contextlib.suppress(ImportError),
    ):
        os.environ["MPLCONFIGDIR"] = folder  # for a list of fonts, which is then in memory
        try:
            importlib.import_module(module).switch_backend("agg")
        finally:
            del os.environ["MPLCONFIGDIR"]
