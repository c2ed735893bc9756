"""torch.compile, which needs a compiler, processes and files, none of which a worker has: here it does nothing.

What is compiled gives the same as what is not, which is all that it promises; and a first compilation alone would take
longer than a test may.
"""

import torch


def leave_uncompiled() -> None:
    """Have `torch.compile` give back what it gets, `Module.compile` change nothing, and `torch.compiler.disable`, which
    would import the compiler, give back what it gets."""
    torch.compile = _compile
    torch.compiler.disable = _disable
    torch.nn.Module.compile = _compile_module


def _compile(model=None, **_options):
    return model if model is not None else lambda decorated: decorated


def _disable(fn=None, recursive=True, *, reason=None):
    return fn if fn is not None else lambda decorated: decorated


def _compile_module(self, *_args, **_options) -> None:
    return None
