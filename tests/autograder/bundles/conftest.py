"""A miniature course with one assignment of two tasks beside another assignment, and submissions."""

import io
import json
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from autograder.bundles.common import Contents, gather
from autograder.course.course import Course

REPOSITORY = Path(__file__).parents[3]

ASSIGNMENT = "a0_mini"

FILES = {
    "grading.yml": """\
        defaults:
          public_share: 0.4
          limits: {call: 5s, test: 20s, submission: 1min, memory: 512MiB}
          device: any
          visibility: {public: visible, hidden: visible}
          isolation: D
        assignments:
          a0_mini:
            title: "Twice and row sums"
            package: mini
            tasks:
              twice:
                points: 10
                module: mini.twice
                names: [twice]
              row_sums:
                points: 20
                module: mini.sums
                names: [row_sums]
          a1_other:
            title: "Another one"
            package: other
            tasks:
              nothing:
                points: 1
                module: other.nothing
                names: [nothing]
        """,
    "solutions/a0_mini/README.md": "# Twice\n",
    "solutions/a0_mini/mini/__init__.py": "",
    "solutions/a0_mini/mini/twice.py": '''\
        """Twice."""


        def twice(x):
            """Twice x, of any shape."""
            # BEGIN SOLUTION
            return 2 * x
            # END SOLUTION
        ''',
    "solutions/a0_mini/mini/sums.py": '''\
        """Sums."""


        def row_sums(x):
            """The sum of each row of x (rows, columns)."""
            # BEGIN SOLUTION
            return x.sum(dim=1)
            # END SOLUTION
        ''',
    "solutions/a0_mini/tests/test_twice.py": """\
        import torch
        from mini.twice import twice


        def test_an_example():
            assert twice(torch.tensor([1.0, 3.0])).tolist() == [2.0, 6.0]
        """,
    "solutions/a0_mini/tests/test_row_sums.py": """\
        import torch
        from mini.sums import row_sums


        def test_an_example():
            assert row_sums(torch.tensor([[1.0, 3.0], [2.0, 5.0]])).tolist() == [4.0, 7.0]
        """,
    "tests/hidden/a0_mini/test_twice.py": """\
        import torch
        from hypothesis import given
        from hypothesis import strategies as st
        from mini.twice import twice

        from autograder.testing import assert_matches
        from solutions.a0_mini.mini.twice import twice as reference


        @given(st.lists(st.floats(3, 9), min_size=2, max_size=4, unique=True))
        def test_secret_numbers(numbers):
            x = torch.tensor(numbers, dtype=torch.float64)
            assert_matches(twice(x), reference(x))
        """,
    "tests/hidden/a0_mini/test_row_sums.py": """\
        import torch
        from mini.sums import row_sums

        from autograder.testing import assert_matches
        from solutions.a0_mini.mini.sums import row_sums as reference


        def test_secret_table():
            x = torch.arange(12, dtype=torch.float64).reshape(3, 4)
            assert_matches(row_sums(x), reference(x))
        """,
    "tests/hidden/a0_mini/misconceptions.py": """\
        from autograder.testing import Misconception

        MISCONCEPTIONS = [
            Misconception(
                "twice",
                "squared",
                says="x is multiplied by itself",
                hint="Read the handout once more.",
                edits={"2 * x": "x * x"},
            ),
            Misconception(
                "row_sums",
                "columns",
                says="the columns are summed",
                hint="Which axis holds the rows?",
                edits={"dim=1": "dim=0"},
            ),
        ]
        """,
    "tests/hidden/a0_mini/variants.py": """\
        from autograder.testing import Variant

        VARIANTS = [
            Variant("twice", "added", says="x is added to itself", edits={"2 * x": "x + x"}),
            Variant("row_sums", "last axis", says="counted from the end", edits={"dim=1": "dim=-1"}),
        ]
        """,
    # What a bundle of a0_mini must not hold.
    "solutions/a1_other/other/nothing.py": "OTHER_SECRET = 1\n",
    "tests/hidden/a1_other/test_nothing.py": "OTHER_SECRET = 2\n",
    "solutions/a0_mini/mini/__pycache__/twice.cpython-311.pyc": "byte code",
    "tests/hidden/a0_mini/.test_twice.py.swp": "an editor's",
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return root


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Course:
    return Course(write(tmp_path_factory.mktemp("course"), FILES))


@pytest.fixture(scope="session")
def contents(course) -> Contents:
    """What the bundles of the miniature assignment hold; torch is imported once for it."""
    return gather(course, ASSIGNMENT)


@pytest.fixture(scope="session")
def graded(course, tmp_path_factory):
    """A function: submissions -> what `autograder grade` writes for each, by its file name."""

    def grade(*paths: Path) -> dict[str, dict]:
        output = tmp_path_factory.mktemp("graded")
        command = [sys.executable, "-m", "autograder", "--course", str(course.root), "grade"]
        command += [ASSIGNMENT, *map(str, paths), "-o", str(output)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
        assert done.returncode == 0, done.stdout + done.stderr
        results = {path.name: output / path.name / "results.json" for path in paths}
        return {name: json.loads(path.read_text()) for name, path in results.items()}

    return grade


@pytest.fixture(scope="session")
def laid_out():
    """A function that lays a bundle out in a folder as Gradescope does in /autograder."""

    def lay_out(archive: bytes, base: Path) -> Path:
        for name in ("source", "submission", "results"):
            (base / name).mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(archive)) as members:
            members.extractall(base / "source")
            for member in members.infolist():
                (base / "source" / member.filename).chmod(member.external_attr >> 16)
        shutil.copy(base / "source" / "run_autograder", base)
        return base

    return lay_out
