"""What was freed in the middle of the heap goes back to the system."""

import sys

import psutil
import pytest

from autograder.grading.memory import give_back

_SIZE, _COUNT = 10_000, 5_000


@pytest.mark.skipif(sys.platform != "linux", reason="needs the C library of Linux")
def test_free_memory_is_given_back():
    parts = [bytearray(_SIZE) for _ in range(_COUNT)]
    kept = parts[:: _COUNT // 50]  # so that the heap cannot just end earlier
    before = psutil.Process().memory_info().rss
    del parts
    freed = psutil.Process().memory_info().rss
    give_back()
    given_back = psutil.Process().memory_info().rss
    assert before - freed < 0.2 * _SIZE * _COUNT
    assert before - given_back > 0.8 * _SIZE * _COUNT
    assert len(kept) == 50
