"""How far a right answer may be from the expected one, by dtype, and how that was measured."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from autograder.errors import SuiteError


class Tolerance(NamedTuple):
    """A value is right when |actual - expected| <= atol + rtol * |expected|."""

    atol: float
    rtol: float


# Measured with torch 2.13 on a CPU over 150 drawn cases (axes of 1 to 7, normal values): how far
# correct variants are from the result in float64.
TOLERANCES: dict[Any, Tolerance] = {
    # Other algebra differs by 4e-15 (attention, LSTM cell, gradients included). But a constant such
    # as `torch.sqrt(torch.tensor(8.0))` is float32, and correct: with one, attention differs by
    # 5e-8 and its gradients by 1e-7. The smallest errors of wrong programs are 6e-6 (the eps of
    # LayerNorm outside the root: draw inputs of low variance, or give a smaller atol) and 1.5e-3.
    torch.float64: Tolerance(1e-6, 1e-6),
    # Attention differs by 4e-7 (gradients 1.3e-6), an LSTM cell by 5e-7 (gradients 2.5e-6). The
    # smallest errors of wrong programs are 1.5e-3 (an additive mask of -10 for -inf) and 2e-2.
    torch.float32: Tolerance(1e-4, 1e-5),
    # A Python float does not tell its precision: it often is the `.item()` of a float32 tensor.
    float: Tolerance(1e-4, 1e-5),
    # None for float16 and bfloat16, where correct variants differ by 4e-3 and 2e-2 (gradients 1e-2
    # and 9e-2): ten times that accepts nearly anything. A test in half precision gives its own.
}


def tolerance_for(dtype: torch.dtype | type[float], given: Tolerance | None) -> Tolerance:
    """`given`, or else the default for `dtype`; SuiteError if there is none."""
    if given is not None:
        return given
    if dtype not in TOLERANCES:
        raise SuiteError(f"there is no default tolerance for {dtype}: give atol")
    return TOLERANCES[dtype]
