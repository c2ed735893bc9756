"""Tests of autograder.release.strip: from a master module to a stub."""

import subprocess
import sys
from dataclasses import dataclass, field
from textwrap import dedent

import pytest

from autograder.release.errors import ReleaseError
from autograder.release.strip import strip_cell, strip_module


@dataclass
class Task:
    name: str
    names: list[str] = field(default_factory=list)


def strip(source: str, **names: str) -> str:
    """Strip a module; names are TASK="Name Name"."""
    tasks = {task: Task(task, listed.split()) for task, listed in names.items()}
    return strip_module(dedent(source), "m.py", tasks)


def assert_strips(source: str, expected: str, **names: str) -> None:
    result = strip(source, **names)
    assert result == dedent(expected)
    assert_looks_hand_written(result)


def assert_looks_hand_written(source: str) -> None:
    """The formatter has nothing to change and the linter finds no unused import but torch."""
    source = source.replace("import torch\n", "import torch  # noqa: F401\n")
    for command in (
        ["format", "--diff", "--line-length=100"],
        ["check", "--select=E,F401,I", "--line-length=100", "--output-format=concise"],
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "-"],
            input=source,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_bodies_become_one_line_that_names_the_task():
    assert_strips(
        '''\
        """A module."""

        import math

        import torch
        from torch import Tensor, nn


        def first(x: Tensor) -> Tensor:
            """Docstring."""
            # BEGIN SOLUTION
            y = torch.sigmoid(x)

            return y * math.pi
            # END SOLUTION


        class Second(nn.Module):
            """Docstring of the class."""

            def __init__(self, size):
                super().__init__()
                # BEGIN SOLUTION
                self.size = size
                # END SOLUTION

            def forward(self, x):
                """Docstring of the method."""

                # BEGIN SOLUTION
                return x
                # END SOLUTION
        ''',
        '''\
        """A module."""

        import torch
        from torch import Tensor, nn


        def first(x: Tensor) -> Tensor:
            """Docstring."""
            raise NotImplementedError("one: not started")


        class Second(nn.Module):
            """Docstring of the class."""

            def __init__(self, size):
                super().__init__()
                raise NotImplementedError("two: not started")

            def forward(self, x):
                """Docstring of the method."""

                raise NotImplementedError("two: not started")
        ''',
        one="first",
        two="Second",
    )


def test_what_is_around_a_solution_inside_a_function_stays():
    assert_strips(
        """\
        def f(items):
            result = []
            # Step 1: the start.
            # BEGIN SOLUTION
            start = 0
            # END SOLUTION

            # Step 2: the loop.
            for item in items:
                # BEGIN SOLUTION
                result.append(start + item)
                # END SOLUTION
            if result:
                pass
            else:
                result = None  # SOLUTION
            return result
        """,
        """\
        def f(items):
            result = []
            # Step 1: the start.
            raise NotImplementedError("t: not started")

            # Step 2: the loop.
            for item in items:
                raise NotImplementedError("t: not started")
            if result:
                pass
            else:
                raise NotImplementedError("t: not started")
            return result
        """,
        t="f",
    )


def test_solutions_in_a_row_leave_one_line():
    assert_strips(
        """\
        def f(x):
            # BEGIN SOLUTION
            y = x
            # END SOLUTION

            # BEGIN SOLUTION
            y += 1
            # END SOLUTION
            x = (
                y,
                2,
            )  # SOLUTION
            return x
        """,
        """\
        def f(x):
            raise NotImplementedError("t: not started")
            return x
        """,
        t="f",
    )


def test_helpers_outside_functions_leave_no_trace():
    assert_strips(
        '''\
        """A module."""

        LIMIT = 3
        # BEGIN SOLUTION
        _TABLE = {1: 2}
        # END SOLUTION
        OTHER = 4


        # BEGIN SOLUTION
        def _helper(x):
            return _TABLE[x]


        # END SOLUTION
        def f(x):
            """Docstring."""
            # BEGIN SOLUTION
            return _helper(x)
            # END SOLUTION


        class C:
            """Docstring."""

            # BEGIN SOLUTION
            @property
            def _secret(self):
                return 1

            # END SOLUTION

            def open(self):
                return 2

            # BEGIN SOLUTION
            def _other_secret(self):
                return self._secret
            # END SOLUTION


        # BEGIN SOLUTION
        def _last(x):
            return x
        # END SOLUTION
        ''',
        '''\
        """A module."""

        LIMIT = 3
        OTHER = 4


        def f(x):
            """Docstring."""
            raise NotImplementedError("t: not started")


        class C:
            """Docstring."""

            def open(self):
                return 2
        ''',
        t="f",
    )


def test_marked_assignments_outside_functions_become_dots():
    assert_strips(
        """\
        RATE = 0.1  # SOLUTION
        NAMES: list[str] = [
            "a",
            "b",
        ]  # SOLUTION
        KEPT = 1


        class C:
            size = 3  # SOLUTION
        """,
        """\
        RATE = ...
        NAMES: list[str] = ...
        KEPT = 1


        class C:
            size = ...
        """,
        t="RATE",
        u="NAMES C",
    )


def test_no_prompt_leaves_nothing():
    assert_strips(
        """\
        def f(x):
            # BEGIN SOLUTION NO PROMPT
            x = x + 1
            # END SOLUTION
            y = 2
            z = 3  # SOLUTION NO PROMPT

            # BEGIN SOLUTION
            return x + y + z
            # END SOLUTION
        """,
        """\
        def f(x):
            y = 2

            raise NotImplementedError("t: not started")
        """,
        t="f",
    )


def test_no_prompt_beside_a_stub_leaves_the_stub():
    assert_strips(
        """\
        def f(x):
            x = x + 1  # SOLUTION NO PROMPT
            return x  # SOLUTION
        """,
        """\
        def f(x):
            raise NotImplementedError("t: not started")
        """,
        t="f",
    )
    with pytest.raises(ReleaseError, match="this block of code is empty"):
        strip("def f(x):\n    return x  # SOLUTION NO PROMPT\n", t="f")


def test_imports_that_only_the_solution_used_vanish():
    assert_strips(
        '''\
        """A module."""

        from __future__ import annotations

        import math
        import os.path
        import re as regex
        from collections import Counter, defaultdict, deque  # containers

        import torch
        import torch.nn.functional as F
        from jaxtyping import Float, Int
        from torch import (
            Tensor,
            arange,
            zeros,
        )

        PATTERN = regex.compile("a")


        def f(x: Float[Tensor, "batch size"]) -> "Counter[str]":
            # BEGIN SOLUTION
            import itertools

            math.sqrt(defaultdict(int)[0])
            index: Int[Tensor, "batch"] = F.relu(arange(3) + zeros(3))
            return itertools.chain(os.path.join("a"), deque())
            # END SOLUTION


        def g(x):
            import json
            import string

            # BEGIN SOLUTION
            x = json.dumps(x)
            # END SOLUTION
            return torch.stack(x), string.digits
        ''',
        '''\
        """A module."""

        from __future__ import annotations

        import re as regex
        from collections import Counter  # containers

        import torch
        from jaxtyping import Float
        from torch import Tensor

        PATTERN = regex.compile("a")


        def f(x: Float[Tensor, "batch size"]) -> "Counter[str]":
            raise NotImplementedError("t: not started")


        def g(x):
            import string

            raise NotImplementedError("t: not started")
            return torch.stack(x), string.digits
        ''',
        t="f g",
    )


def test_torch_stays_whatever_else_goes():
    assert_strips(
        '''\
        """A module."""

        import math

        import torch
        from torch.nn import functional as F


        def f(x):
            # BEGIN SOLUTION
            return torch.sin(F.relu(x) * math.pi)
            # END SOLUTION
        ''',
        '''\
        """A module."""

        import torch


        def f(x):
            raise NotImplementedError("t: not started")
        ''',
        t="f",
    )


def test_without_any_import_left_the_spacing_is_right():
    assert_strips(
        '''\
        """A module."""

        import math
        import string


        def f(x):
            # BEGIN SOLUTION
            return string.digits[int(math.pi)]
            # END SOLUTION
        ''',
        '''\
        """A module."""


        def f(x):
            raise NotImplementedError("t: not started")
        ''',
        t="f",
    )
    assert_strips(
        """\
        import math

        ONE = 1


        def f(x):
            return math.pi  # SOLUTION
        """,
        """\
        ONE = 1


        def f(x):
            raise NotImplementedError("t: not started")
        """,
        t="f",
    )


def test_a_block_that_only_imports_for_the_solution_is_refused():
    source = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n{}\n\n"
    source += "def f() -> int:\n    x: os.PathLike  # SOLUTION\n"
    with pytest.raises(ReleaseError, match="only the solution needs 'import os'"):
        strip(source.format(""), t="f")
    assert "import sys" in strip(source.format("    import sys\n"), t="f")


def test_a_long_import_stays_on_several_lines():
    names = [f"a_rather_long_name_number_{i}" for i in range(6)]
    imports = "from package import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    body = f"\n\ndef f():\n    return {names[5]}  # SOLUTION\n"
    used = "\nUSED = [\n" + "".join(f"    {name},\n" for name in names[:5]) + "]\n"
    stub = strip(imports + used + body, t="f")
    assert stub.startswith(imports.replace(f"    {names[5]},\n", "") + used)
    assert_looks_hand_written(stub)


def test_what_the_master_copy_does_not_use_either_stays():
    source = '"""Package."""\n\nfrom .cells import Cell\n'
    assert strip(source) == source


def test_a_source_without_solutions_stays_as_it_is():
    source = "import os\n\n\ndef f():\n    return os.sep  # the solution is elsewhere\n"
    assert strip(source) == source


def test_markers_in_strings_are_text():
    assert strip('TEXT = """\n# BEGIN SOLUTION\n"""\n') == 'TEXT = """\n# BEGIN SOLUTION\n"""\n'


@pytest.mark.parametrize(
    "source, line, says",
    [
        ("def f(:\n    pass\n", 1, "not valid Python"),
        ("# BEGIN SOLUTION\nx = 1\n", 1, "without END SOLUTION"),
        ("x = 1\n# END SOLUTION\n", 2, "END SOLUTION without"),
        ("# BEGIN SOLUTION\nx = 1\n# BEGIN SOLUTION\n", 3, "inside that of line 1"),
        ("# BEGIN SOLUTION\n# nothing\n# END SOLUTION\n", 1, "no whole statement"),
        ("x = 1  # BEGIN SOLUTION\n", 1, "on a line of its own"),
        ("#BEGIN SOLUTION\nx = 1\n", 1, "looks like a marker"),
        ("# begin solution\nx = 1\n", 1, "looks like a marker"),
        ("x = 1  # SOLUTIONS\n", 1, "looks like a marker"),
        ("if x:\n    a = 1\n# BEGIN SOLUTION\nelse:\n    a = 2\n# END SOLUTION\n", 4, "in two"),
        ("x = [\n    # BEGIN SOLUTION\n    1,\n    # END SOLUTION\n]\n", 2, "no whole statement"),
        ("f(\n    1,\n    # BEGIN SOLUTION\n    2,\n)\nx = 1\n# END SOLUTION\n", 4, "in two"),
        ("for a in b:  # SOLUTION\n    pass\n", 1, "must end a simple statement"),
        ("x = f(\n    1,  # SOLUTION\n)\n", 2, "must end a simple statement"),
        ("x = 1; y = 2  # SOLUTION\n", 1, "its own lines"),
        ("if x: y = 2  # SOLUTION\n", 1, "its own lines"),
        ("class C:\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n", 2, "is empty"),
        ('def f():\n    # BEGIN SOLUTION\n    """Doc."""\n    # END SOLUTION\n', 2, "docstring"),
        ("def g():\n    return 1  # SOLUTION\n", 2, "g has a solution inside but belongs to no"),
    ],
)
def test_wrong_markers_are_refused_with_their_line(source, line, says):
    with pytest.raises(ReleaseError, match=says) as caught:
        strip(source, t="f" if "def f" in source and "def f(:" not in source else "")
    assert (caught.value.file, caught.value.line) == ("m.py", line)


def test_a_task_must_be_left_to_do_and_to_see():
    inside = "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"
    assert "not started" in strip(inside, t="f")
    with pytest.raises(ReleaseError, match="f is given away"):
        strip("def f():\n    return 1\n", t="f")
    with pytest.raises(ReleaseError, match="take away the whole of f"):
        strip("# BEGIN SOLUTION\ndef f():\n    return 1\n# END SOLUTION\n", t="f")
    with pytest.raises(ReleaseError, match="g, which the task t asks for, is not defined"):
        strip(inside, t="f g")


def test_the_stub_raises_what_it_should():
    namespace = {}
    exec(strip("def f():\n    return 1  # SOLUTION\n", lstm_cell="f"), namespace)
    with pytest.raises(NotImplementedError, match=r"^lstm_cell: not started$"):
        namespace["f"]()


@pytest.mark.parametrize(
    "source, expected",
    [
        ("x = f(1)  # SOLUTION", "x = ..."),
        ("x, y = f(\n    1\n)  # SOLUTION\nprint(x)", "x, y = ...\nprint(x)"),
        ("print(1)  # SOLUTION", "..."),
        ("a = 1\n# BEGIN SOLUTION\nb = 2\n\nc = 3\n# END SOLUTION\nd = 4", "a = 1\n...\nd = 4"),
        ("def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION", "def f():\n    ..."),
        ("a = 1\n# BEGIN SOLUTION NO PROMPT\nb = 2\n# END SOLUTION", "a = 1"),
        ("b = 2  # SOLUTION NO PROMPT", ""),
        (
            "%matplotlib inline\n!pip list\nx = 1  # SOLUTION",
            "%matplotlib inline\n!pip list\nx = ...",
        ),
        (
            '# BEGIN SOLUTION NO PROMPT\nx = 1\n# END SOLUTION\n""" # BEGIN PROMPT\nx = ...\n'
            '"""; # END PROMPT',
            "x = ...",
        ),
        ("rng = 42  # SEED\nx = 1", "x = 1"),
        ("%%bash\nls *", "%%bash\nls *"),
        ("x = 1\n", "x = 1"),
    ],
)
def test_cells_follow_otter(source, expected):
    assert strip_cell(source, "cell 1") == expected


def test_a_wrong_cell_is_refused():
    with pytest.raises(ReleaseError, match="cell 3, line 2: END SOLUTION without"):
        strip_cell("x = 1\n# END SOLUTION", "cell 3")
