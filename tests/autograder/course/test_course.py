"""What a course says of itself."""

import pytest

from autograder.course.course import Course
from tests.autograder.minicourse import write_course

USE = "import torch\nOPTIMIZER = torch.optim.SGD\n"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("tests/hidden/a0_mini/helpers.py", True),
        ("solutions/a0_mini/tests/helpers.py", True),
        ("solutions/a0_mini/mini/more.py", True),
        ("tests/hidden/a0_mini/misconceptions_more.py", False),
        ("solutions/a0_mini/notebook.py", False),
    ],
)
def test_optimizers_count_where_every_submission_meets_them(path, answer, tmp_path):
    assert not Course(write_course(tmp_path / "without")).uses_optimizers("a0_mini")
    course = Course(write_course(tmp_path / "with", {path: USE}))
    assert course.uses_optimizers("a0_mini") == answer
