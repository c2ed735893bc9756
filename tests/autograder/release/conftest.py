"""A small course, made up: one assignment of two tasks, without torch so that all is fast."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autograder.release.folder import release

FILES = {
    "grading.yml": """\
        defaults:
          public_share: 0.3
          limits: {call: 5s, test: 20s, submission: 5min, memory: 1GiB}
          device: any
          visibility: {public: visible, hidden: visible}
          isolation: D
        assignments:
          a0_sums:
            title: "Sums"
            package: sums
            tasks:
              total:
                points: 40
                module: sums.adding
                names: [total, running_totals]
              counter:
                points: 60
                module: sums.counting
                names: [Counter]
        """,
    "solutions/a0_sums/README.md": """\
        # Sums

        Add numbers up, then count things.

        ## 1. `total`: adding up

        ## `Counter` and `counter`, ≥ 0
        """,
    "solutions/a0_sums/CHANGELOG.md": """\
        # Changes

        ## 1.0

        - First version.
        """,
    "solutions/a0_sums/sums/__init__.py": '''\
        """Sums."""

        from .adding import total
        ''',
    "solutions/a0_sums/sums/adding.py": '''\
        """Adding up."""

        import operator
        from functools import partial, reduce
        from itertools import accumulate

        # BEGIN SOLUTION
        START = 0


        def _plus(left, right):
            return operator.add(left, right)


        # END SOLUTION
        def total(numbers):
            """The sum of some numbers; 0 for none."""
            # BEGIN SOLUTION
            return reduce(_plus, numbers, START)
            # END SOLUTION


        def running_totals(numbers):
            """The sum so far, after each number."""
            numbers = list(numbers)
            # BEGIN SOLUTION
            return list(accumulate(numbers, _plus))
            # END SOLUTION


        half = partial(operator.mul, 0.5)
        ''',
    "solutions/a0_sums/sums/counting.py": '''\
        """Counting."""

        from collections import defaultdict


        class Counter:
            """Counts how often each thing was added."""

            def __init__(self):
                # BEGIN SOLUTION
                self.times_seen_so_far = defaultdict(int)
                # END SOLUTION

            def add(self, thing):
                """Count a thing once more."""
                # BEGIN SOLUTION
                self.times_seen_so_far[thing] += 1
                # END SOLUTION

            def __getitem__(self, thing):
                # BEGIN SOLUTION
                return self.times_seen_so_far.get(thing, 0)
                # END SOLUTION
        ''',
    "solutions/a0_sums/tests/test_total.py": '''\
        """Public tests of the sums."""

        import pytest
        from hypothesis import given
        from hypothesis import strategies as st
        from sums.adding import running_totals, total


        @pytest.mark.parametrize("numbers, expected", [([], 0), ([2, 3], 5), ([-1], -1)])
        def test_by_hand(numbers, expected):
            assert total(numbers) == expected


        @given(st.lists(st.integers()))
        def test_the_last_running_total_is_the_total(numbers):
            assert [0, *running_totals(numbers)][-1] == total(numbers)


        def test_running_totals_by_hand():
            assert running_totals([1, 2, 3]) == [1, 3, 6]
        ''',
    "solutions/a0_sums/tests/test_counter.py": '''\
        """Public tests of the counter."""

        from pathlib import Path

        from sums.counting import Counter

        NUMBERS = Path(__file__).parents[1].joinpath("data", "numbers.csv").read_text()


        class TestCounter:
            def test_counts(self):
                counter = Counter()
                counter.add("a")
                counter.add("a")
                assert counter["a"] == 2

            def test_unseen(self):
                assert Counter()["b"] == 0
        ''',
    "solutions/a0_sums/notebook.py": """\
        # %% [markdown]
        # # Sums

        # %%
        import numpy as np
        from sums import total

        # %%
        # BEGIN SOLUTION
        print(total(np.arange(10) * 10).item())
        # END SOLUTION

        # %% [raw]
        # # BEGIN QUESTION
        # name: why
        # manual: true

        # %% [markdown]
        # Why does the order not matter?

        # %% [raw]
        # # BEGIN SOLUTION

        # %% [markdown]
        # Because integers commute
        # and floating-point numbers only nearly so.

        # %% [raw]
        # # END SOLUTION

        # %% [raw]
        # # END QUESTION
        """,
    "solutions/a0_sums/data/numbers.csv": "1,2,3\n",
    "tests/hidden/a0_sums/test_total.py": '''\
        """Hidden tests of the sums."""

        import random

        from sums.adding import total

        from solutions.a0_sums.sums.adding import total as reference


        def test_many_numbers():
            numbers = [random.Random(73571).random() for _ in range(1000)]
            assert abs(total(numbers) - reference(numbers)) < 1e-9


        def test_seed():
            random.seed(91827)
            assert total([0.4375918, random.random()]) > 0.4375918
        ''',
    "tests/hidden/a0_sums/test_counter.py": """\
        from sums.counting import Counter


        def test_many_things():
            counter = Counter()
            for index in range(100):
                counter.add(index % 7)
            assert [counter[k] for k in range(7)] == [15, 15, 14, 14, 14, 14, 14]
        """,
    "tests/hidden/a0_sums/misconceptions.py": """\
        from autograder.testing import Misconception

        MISCONCEPTIONS = [
            Misconception(
                "total",
                "drops the last number",
                says="the last number of the list is left out of the sum",
                hint="Look at where your loop ends.",
                edits={"numbers, START": "numbers[:-1], START"},
            ),
        ]
        """,
}


def write_course(root: Path) -> None:
    """Write the files above, without the indentation that they have here."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def course(tmp_path) -> Path:
    """The root of a course of one's own."""
    write_course(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def shared_course(tmp_path_factory) -> Path:
    """The root of a course that is released, and that tests only read."""
    root = tmp_path_factory.mktemp("course")
    write_course(root)
    release(root)
    return root


@pytest.fixture
def edit(course):
    """Replace a piece of a file of the course, which must be there exactly once."""

    def edit(name: str, old: str, new: str) -> None:
        path = course / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


@pytest.fixture
def run():
    """Run Python as a student would: in a folder, knowing nothing of this repository."""

    def run(
        folder: Path, *arguments: str, environment: dict[str, str] | None = None, **options
    ) -> subprocess.CompletedProcess[str]:
        environment = {"COLUMNS": "200"} | (environment or {})
        environment = {"PYTHONDONTWRITEBYTECODE": "1"} | os.environ | environment
        environment.pop("PYTHONPATH", None)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    return run
