"""The benchmark measures what it says: everything that a command starts, and nothing is left running."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.graders.setting import make_class, make_setting

ROOT = Path(__file__).parents[2]

# In a process of its own: `measure` ends every child of the process that calls it.
_MEASURE = """
import json, os, sys
from pathlib import Path
from benchmarks.graders.measure import Command, adopt_orphans, measure

adopt_orphans()
commands = [Command([sys.executable, "-c", text], Path("."), dict(os.environ), Path(sys.argv[2])) for text in json.loads(sys.argv[1])]
found = measure(commands, 2, float(sys.argv[3]))
print(json.dumps({"cpu": found.cpu, "codes": found.codes, "seconds": found.seconds}))
"""
_SLEEP = "import time\ntime.sleep(1000)"
_BURN = "import time\nwhile time.process_time() < 0.6: pass"


def measured(tmp_path, *programs: str, patience: float = 300) -> tuple[dict, str]:
    """What `measure` found, and what the programs printed."""
    log = tmp_path / "log"
    arguments = [sys.executable, "-c", _MEASURE, json.dumps(programs), str(log), str(patience)]
    found = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(found.stdout), log.read_text()


def starts(program: str, wait: bool) -> str:
    """A program that starts another one, in a session of its own as kernels of notebooks are, and prints its number."""
    options = "stdout=subprocess.DEVNULL, start_new_session=True"
    start = f"subprocess.Popen([sys.executable, '-c', {program!r}], {options})"
    return f"import subprocess, sys\nchild = {start}\nprint(child.pid, flush=True)\n" + (
        "child.wait()" if wait else ""
    )


def is_running(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    return True


def test_processor_time_of_a_process_that_a_command_starts_counts(tmp_path):
    found, _ = measured(tmp_path, starts(_BURN, wait=True))
    assert found["codes"] == [0]
    assert found["cpu"] >= 0.6


def test_exit_codes_are_kept_in_order(tmp_path):
    found, _ = measured(tmp_path, "raise SystemExit(3)", "pass", "raise SystemExit(5)")
    assert found["codes"] == [3, 0, 5]


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
@pytest.mark.parametrize("wait", [True, False], ids=["too slow", "orphan"])
def test_nothing_is_left_running(tmp_path, wait):
    patience = 5 if wait else 300
    found, printed = measured(tmp_path, starts(_SLEEP, wait), patience=patience)
    assert found["codes"] == [None if wait else 0]
    assert not is_running(printed.split()[0])


def test_an_orphan_of_a_program_that_is_not_measured_runs_on():
    arguments = [sys.executable, "-c", starts(_SLEEP, wait=False)]
    number = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert is_running(number)
    os.kill(int(number), signal.SIGKILL)


def contents(students) -> list[dict[str, bytes]]:
    return [
        {path.name: path.read_bytes() for path in student.folder.rglob("*.py")}
        for student in students
    ]


def test_a_class_is_always_the_same_and_no_two_in_it_are_alike(tmp_path):
    tasks = ["lstm_cell", "gru_cell"]
    one, other = (make_setting(tmp_path / name, "a3_recurrent", tasks, True) for name in "ab")
    assert one.tasks == tasks
    first, second = contents(make_class(one, 12)), contents(make_class(other, 12))
    assert first == second
    modules = [files["cells.py"] for files in first]
    assert len(set(modules)) == len(modules)
    code = [module.rpartition(b"#")[0] for module in modules]
    assert len(set(code)) == len(code), "they differ in more than the student's name"


def test_the_course_of_a_benchmark_has_the_tests_of_its_tasks_only(tmp_path):
    setting = make_setting(tmp_path / "work", "a3_recurrent", ["lstm_cell"], True)
    found = sorted(path.name for path in setting.course.root.rglob("test_*.py"))
    assert found == ["test_lstm_cell.py", "test_lstm_cell.py"]
