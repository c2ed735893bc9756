"""The released folders as a new student finds them, on any system: in another place, nothing of the course at hand."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.course import Course
from benchmarks.first_attempts import attempts, printed

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = Course(ROOT).policy.assignments

# Assignment -> a task, its module, a wrong attempt at it, and what the student is to read.
WRONG = {
    "a1_text_classification": (
        "mse_gradients",
        "regression",
        "def mse_gradients(x, y, w, b):\n    return w[None], b\n",
        ["expected  (d=1)", "got       (1, 1)", "1 axis too many"],
    ),
    "a2_embeddings": (
        "co_occurrence",
        "items",
        "def co_occurrence(*_, **__):\n    return torch.ones(4, 4)\n",
        ["the counts: 10 of 16 values are wrong", "expected 0, got 1, off by 1"],
    ),
    "a3_recurrent": (
        "lstm_cell",
        "cells",
        "LSTMCell.forward = lambda self, input, hx=None: (input, input)\n",
        ["expected  (batch=1, hidden_size=1)", "got       (batch=1, hidden_size=2)"],
    ),
    "a4_seq2seq": (
        "greedy_decode",
        "decoding",
        "def greedy_decode(*_):\n    return [0]\n",
        ["expected the tokens [2], got [0]"],
    ),
    "a5_transformers": (
        "causal_mask",
        "attention",
        "import torch\n\n\ndef causal_mask(n):\n    return torch.ones(n, n, dtype=torch.bool)\n",
        ["the mask: 3 of 9 values are wrong", "at query=0, key=1: expected False, got True"],
    ),
}


def run_pytest(folder: Path) -> list[str]:
    environment = {"COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1", **os.environ}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_one_wrong_attempt_in_an_untouched_folder(name, tmp_path):
    folder = tmp_path / "été 1"
    shutil.copytree(ROOT / "assignments" / name, folder)
    policy = ASSIGNMENTS[name]
    task, module, attempt, says = WRONG[name]
    with (folder / policy.package / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{attempt}")
    lines = run_pytest(folder)

    others = [other for other in policy.tasks if other != task]
    head = next(number for number, line in enumerate(lines) if line.startswith("task "))
    rows = [row.split(maxsplit=1) for row in lines[head + 2 : head + 2 + len(policy.tasks)]]
    assert [row[0] for row in rows] == list(policy.tasks)
    assert [row[0] for row in rows if row[1].startswith("not started ")] == others
    told = [line for line in lines[:head] if re.match(r"\w+: test_", line)]
    assert told and all(line.startswith(f"{task}: test_") for line in told)
    assert re.search(
        rf"\nnext: {task}: look at .* above,\s+and\s+read\s+section\s+\d+", "\n".join(lines)
    )
    output = "\n".join(lines)
    assert "NotImplementedError" not in output
    for text in says:
        assert text in output
    assert len(lines) <= 60 and max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_first_wrong_attempt_at_everything_prints_a_page(name):
    course = Course(ROOT)
    files = attempts(course, ASSIGNMENTS[name])["mistake 1 of each task"]
    lines = printed(course, ASSIGNMENTS[name], files).splitlines()
    assert "next: " in "".join(lines[-3:]) and "not started" not in "".join(lines)
    assert len(lines) <= 60 and max(map(len, lines)) <= 80


# --- any system -----------------------------------------------------------------------------------

POSIX_MODULES = {"crypt", "curses", "fcntl", "grp", "posix", "pty", "pwd", "resource", "termios"}
POSIX_NAMES = {
    *("fork", "forkpty", "geteuid", "getuid", "killpg", "mkfifo", "setsid", "setuid", "symlink"),
    *("uname", "SIGALRM", "SIGHUP", "SIGKILL", "setitimer", "alarm", "get_context"),
}
POSIX_PATHS = re.compile(r"/(bin|dev|etc|home|proc|sys|tmp|usr|var)\b")
# Names that Windows refuses, as files or before a dot.
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def not_for_every_system(source: str) -> list[str]:
    """What in a program would not work on every system, or not with every encoding of files."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in POSIX_MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names} & POSIX_NAMES
            found += [node.module] if node.module in POSIX_MODULES else sorted(names)
        elif isinstance(node, ast.Attribute) and node.attr in POSIX_NAMES:
            found.append(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [match[0] for match in [POSIX_PATHS.match(node.value)] if match]
        elif isinstance(node, ast.Call) and opens_text(node):
            found.append(f"{ast.unparse(node.func)} without an encoding")
    return found


def opens_text(call: ast.Call) -> bool:
    """Whether a call opens, reads or writes text in whatever encoding the system has."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in ("open", "read_text", "write_text"):
        return False
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = {value.value for value in given if isinstance(value, ast.Constant)}
    return not (modes & {"rb", "wb", "ab", "xb"} or any(k.arg == "encoding" for k in call.keywords))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os, fcntl", ["fcntl"]),
        ("from pwd import getpwnam", ["pwd"]),
        ("from signal import SIGALRM, signal", ["SIGALRM"]),
        ("import os\nos.fork()", ["fork"]),
        ("path = '/tmp/x'", ["/tmp"]),
        ("open('x')", ["open without an encoding"]),
        ("path.open('w')", ["path.open without an encoding"]),
        ("path.read_text()", ["path.read_text without an encoding"]),
        ("open('x', 'rb'); open('x', encoding='utf-8'); path.open(mode='wb')", []),
        ("import os, signal\nos.replace('a', 'b'); signal.SIGINT; 'a/usr', 'and/or'", []),
    ],
)
def test_the_search_below_finds_what_it_looks_for(source, found):
    assert not_for_every_system(source) == found


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_nothing_that_only_some_systems_have_reaches_a_student(name):
    folder = ROOT / "assignments" / name
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    names = [name for name in names if not re.search(r"(^|/)(\.|__pycache__)", name)]
    paths = [folder / name for name in names]
    assert len({name.lower() for name in names}) == len(names) > 10
    for path in paths:
        assert re.fullmatch(r"[\w.-]*[\w-]", path.name) and not RESERVED.fullmatch(path.name)
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
            assert not_for_every_system(source) == [], path
            assert not re.search(r"[\"']cuda|\.cuda\(|[\"']mps", source), path
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
            assert not_for_every_system(code) == [], path
