"""What hidden tests are written with.

    inputs_of       inputs for a function, drawn from its annotations
    observe         a call with all its gradients
    assert_matches  the one comparison
    assert_frequencies  that of what is drawn at random
    Misconception, Variant, load_program    programs that the tests are tested with

The grader itself also uses `Mismatch`, `SuiteError`, `count_comparisons` and `record_comparisons`.
"""

from .frequencies import assert_frequencies
from .inputs import Inputs, inputs_of
from .matching import (
    Comparison,
    Mismatch,
    SuiteError,
    assert_matches,
    count_comparisons,
    record_comparisons,
)
from .observing import observe
from .programs import LoadedProgram, Misconception, Variant, load_program

__all__ = [
    "Comparison",
    "Inputs",
    "LoadedProgram",
    "Misconception",
    "Mismatch",
    "SuiteError",
    "Variant",
    "assert_frequencies",
    "assert_matches",
    "count_comparisons",
    "inputs_of",
    "load_program",
    "observe",
    "record_comparisons",
]
