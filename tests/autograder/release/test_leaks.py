"""Tests of autograder.release.leaks: nothing secret leaves, and nothing harmless is held back."""

import json

import pytest

from autograder.course.course import Course
from autograder.release.errors import ReleaseError
from autograder.release.leaks import refuse_leaks

CLEAN = {
    "README.md": b"# Sums\n\nThere are many solutions. Write yours into sums/adding.py.\n",
    "sums/adding.py": b'def total(numbers):\n    raise NotImplementedError("total: not started")\n',
    "tests/test_total.py": b"from sums.adding import total\n\n\ndef test_total():\n    total([])\n",
    "data/numbers.csv": b"1,2,3\n",
    "data/picture.png": b"\x89PNG\xff\x00",
    "data/given.pt": b"PK weights that students are given",
}


@pytest.fixture
def scan(course):
    """Look for leaks in a clean folder into which something was put."""
    opened = Course(course)

    def scan(files: dict[str, str | bytes]) -> None:
        added = {name: f.encode() if isinstance(f, str) else f for name, f in files.items()}
        refuse_leaks(opened, opened.policy.assignment("a0_sums"), {**CLEAN, **added})

    return scan


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]})


LEAKS = {
    "a line of a solution": (
        "sums/adding.py",
        "def total(numbers):\n    return reduce( _plus, numbers, START )\n",
        "line 2: contains a line of the solution in solutions/a0_sums/sums/adding.py, line 19",
    ),
    "the same in the handout, inside other words": (
        "README.md",
        "# Sums\n\nUse `self.times_seen_so_far[thing] += 1`, say.\n",
        "line 3: contains a line of the solution in solutions/a0_sums/sums/counting.py",
    ),
    "the same as a comment": (
        "tests/test_total.py",
        "# return list(accumulate(numbers, _plus))\n",
        "line 1: contains a line of the solution",
    ),
    "a helper of the solution": (
        "sums/adding.py",
        "def plus(left, right):\n    return operator.add(left, right)\n",
        "line 2: contains a line of the solution",
    ),
    "the solution of the notebook": (
        "notebook.ipynb",
        notebook("x = 1", "y = 2\nprint(total(np.arange(10) * 10).item())"),
        "notebook.ipynb, cell 2, line 2: contains a line of the solution in "
        "solutions/a0_sums/notebook.py",
    ),
    "the answer to a written question": (
        "README.md",
        "Think! (and floating-point numbers only nearly so.)\n",
        "line 1: contains a line of the solution in solutions/a0_sums/notebook.py",
    ),
    "a line of a hidden test": (
        "tests/test_total.py",
        "x = 1\nassert abs(total(numbers) - reference(numbers)) < 1e-9\n",
        "line 2: contains a line of tests/hidden/a0_sums/test_total.py",
    ),
    "a hint": (
        "README.md",
        "Common mistake: the last number of the list is left out of the sum.\n",
        "line 1: contains a text from tests/hidden/a0_sums/misconceptions.py",
    ),
    "a seed": (
        "tests/test_total.py",
        "random.seed(91827)\n",
        "line 1: contains the seed 91827 of tests/hidden/a0_sums/test_total.py",
    ),
    "a number": ("README.md", "about 0.4375918\n", "line 1: contains the number 0.4375918"),
    "the name of the reference": (
        "tests/test_total.py",
        "from solutions.a0_sums.sums.adding import other\n",
        "line 1: contains the path of the master copy",
    ),
    "the path of the hidden tests": ("README.md", "see tests/hidden\n", "the path of the hidden"),
    "the grader": (
        "tests/test_total.py",
        "import x\nfrom autograder.testing import inputs_of\n",
        "line 2: contains the grader's own package",
    ),
    "a marker": ("sums/adding.py", "x = 1\n# END SOLUTION\n", "line 2: contains a solution marker"),
    "weights": ("sums/model.pt", b"\x80\x02\xff", "model.pt: looks like weights"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_refused_with_its_file_and_line(name, scan):
    file, content, says = LEAKS[name]
    scan({})
    with pytest.raises(ReleaseError) as caught:
        scan({file: content})
    assert str(caught.value).startswith(f"assignments/a0_sums/{file}")
    assert says in str(caught.value)


def test_a_hidden_file_is_refused_whatever_its_name(scan, course):
    secret = course / "tests/hidden/a0_sums/weights.npy"
    secret.write_bytes(b"\x93NUMPY\xff")
    scan({"data/other.npy": b"\x93NUMPY\xfe"})
    with pytest.raises(
        ReleaseError, match=r"other\.npy: is the hidden file tests/hidden/a0_sums/w"
    ):
        scan({"data/other.npy": secret.read_bytes()})


def test_several_leaks_are_all_named(scan):
    with pytest.raises(ReleaseError) as caught:
        scan({"README.md": "random.seed(91827)\n# SOLUTION\n", "sums/model.pt": b"\xff"})
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "assignments/a0_sums/README.md, line 1",
        "assignments/a0_sums/README.md, line 2",
        "assignments/a0_sums/sums/model.pt",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "from itertools import accumulate",  # an import
        "for index in range(100):",  # the header of a block
        "counter = Counter()",  # short
        "numbers = list(numbers)",  # given to students in the stub
        "half = partial(operator.mul, 0.5)",
        "random.seed(0)",
        "assert total([]) == 0",
    ],
)
def test_common_lines_are_no_leak(line, scan, edit):
    # Also where such a line is in a solution or a hidden test.
    edit("tests/hidden/a0_sums/test_counter.py", "def test_many", f"# {line}\n\n\ndef test_many")
    scan({"README.md": f"{line}\n", "sums/adding.py": f"{line}\n"})


def test_solutions_are_found_even_where_stripping_them_would_go_wrong(course, edit, scan):
    edit("solutions/a0_sums/sums/adding.py", "# END SOLUTION\n\n\ndef running", "\n\ndef running")
    with pytest.raises(ReleaseError, match="line of the solution"):
        scan({"sums/adding.py": "    return reduce(_plus, numbers, START)\n"})


def test_a_line_that_a_public_test_shares_is_no_leak_but_a_whole_hidden_test_is(course, edit, scan):
    line = "assert abs(total(numbers) - reference(numbers)) < 1e-9"
    with pytest.raises(ReleaseError, match="a line of tests/hidden"):
        scan({"tests/test_total.py": f"{line}\n"})
    public = course / "solutions/a0_sums/tests/test_total.py"
    public.write_text(public.read_text() + f"\n\ndef test_more(numbers):\n    {line}\n")
    scan({"tests/test_total.py": f"{line}\n"})
    hidden = course / "tests/hidden/a0_sums/test_total.py"
    body = f"    numbers = list(map(float, range(4)))\n    {line}\n"
    hidden.write_text(hidden.read_text() + f"\n\ndef test_whole():\n{body}")
    with pytest.raises(ReleaseError, match="the test of tests/hidden"):
        scan({"tests/test_total.py": f"def test_mine():\n{body}"})
