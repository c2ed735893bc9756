"""Whether scores depend on how busy the machine is: programs of one assignment, graded beside processes that compute.

    python -m benchmarks.busy_machine [ASSIGNMENT] [PROCESSES ...]

The reference, a variant, and the reference with a first task that sleeps for ever, loops for ever, or computes half as long
as a call may. Works with earlier versions of the grader, too, so that they can be compared.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course.course import Course
from autograder.grading.misconceptions import variants_of

ROOT = Path(__file__).parents[1]
_LOOP = "import time\nend = time.monotonic() + 3600\nwhile time.monotonic() < end: pass\n"
_WHILE_IMPORTED = {
    "sleeps": "time.sleep(1e6)",
    "loops": "while True: pass",
    "slow": "end = time.process_time() + {half}\nwhile time.process_time() < end: pass",
}


def programs(course: Course, name: str) -> dict[str, dict[str, bytes]]:
    """The files of each program."""
    policy = course.policy.assignment(name)
    reference = course.reference_files(policy)
    task = next(iter(policy.tasks.values()))
    path = task.module.replace(".", "/") + ".py"
    found = {"reference": reference}
    for variant in variants_of(course, name)[:1]:
        found[f"variant {variant.name}"] = variant.files(course.root, policy)
    for kind, line in _WHILE_IMPORTED.items():
        text = "\nimport time\n" + line.format(half=task.limits.call / 2) + "\n"
        found[kind] = reference | {path: reference[path] + text.encode()}
    return found


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    loops = [subprocess.Popen([sys.executable, "-S", "-c", _LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def grade(name: str, folder: Path, output: Path) -> tuple[float, list[str], float]:
    """The score, the tests about which the result is not sure, and the seconds on the clock."""
    command = [sys.executable, "-m", "autograder", "grade", name, str(folder)]
    started = time.monotonic()
    subprocess.run([*command, "--results", str(output)], cwd=ROOT, check=True, capture_output=True)
    found = json.loads(output.read_text())
    busy_tests = found["extra_data"].get("busy", [])
    return found["score"], busy_tests, time.monotonic() - started


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "a4_seq2seq"
    counts = [int(each) for each in sys.argv[2:]] or [0, 8, 16]
    course, table = Course(ROOT), Table(title=name, title_justify="left")
    table.add_column("program")
    for count in counts:
        table.add_column(f"beside {count}", justify="right")
    with tempfile.TemporaryDirectory() as temporary:
        for number, (title, files) in enumerate(programs(course, name).items()):
            folder, row = Path(temporary) / str(number), []
            for path, content in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            for count in counts:
                with busy(count):
                    score, unsure, seconds = grade(name, folder, Path(temporary) / "results.json")
                row.append(f"{score:g} ({seconds:.0f} s{', unsure' if unsure else ''})")
                print(f"{title}, beside {count}: {row[-1]}", file=sys.stderr, flush=True)
            table.add_row(title, *row)
    Console().print(table)


if __name__ == "__main__":
    main()
