# Generated together with this assignment: nothing to change here.
"""Runs public tests from the notebook: grader.check("greedy_decode").

They run in a process of their own, on the files as they are saved: a check needs no restart of the
kernel, and what the notebook itself defines does not count.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TASKS = [
    "greedy_decode",
    "sample_decode",
    "beam_search",
    "parallel_dataset",
    "pad_batch",
    "masked_cross_entropy",
    "corpus_bleu",
    "additive_attention",
    "luong_attention",
    "encoder",
    "decoder",
]

# Task -> the state of the files when it was last checked, and what was said.
_checked = {}


def check(task):
    """Print how far a task is, by its public tests, and the tests that fail."""
    if task not in TASKS:
        raise ValueError(f"there is no task {task!r}, only {', '.join(TASKS)}")
    state = saved_files()
    if _checked.get(task, (None, ""))[0] != state:
        # The first time all tasks, because starting PyTorch takes longer than their tests.
        tasks = [task] if _checked else TASKS
        _checked.update(dict.fromkeys(tasks, (None, "")))
        results, printed = run_pytest(tasks)
        _checked.update({name: (state, verdict(name, results, printed)) for name in tasks})
    print(_checked[task][1])


def saved_files():
    """Every Python file in this folder, and when it was saved."""
    return {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*.py")}


def run_pytest(tasks):
    """Run the tests of some tasks; return what conftest.py found, and what pytest printed."""
    files = [FOLDER / "tests" / f"test_{task}.py" for task in tasks]
    command = [sys.executable, "-m", "pytest", "--color=no"]
    command += [str(file) for file in files if file.exists()]
    with tempfile.TemporaryDirectory() as name:
        results = Path(name, "results.json")
        ran = subprocess.run(
            command,
            cwd=FOLDER,
            env={**os.environ, "PUBLIC_RESULTS": str(results), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    return found, ran.stdout


def verdict(task, results, printed):
    """What to say about a task."""
    file = f"tests/test_{task}.py"
    if not (FOLDER / file).exists():
        return f"{task}: no public tests, hidden tests decide"
    if task not in results:
        return printed  # pytest could not even begin, and says why
    return "\n".join([f"{task}: {results[task]['says']}", *results[task]["told"]])
