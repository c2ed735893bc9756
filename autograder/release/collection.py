"""Which public tests a student will have, according to pytest itself."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autograder.course.policy import AssignmentPolicy
from autograder.release.errors import ReleaseError

SECONDS = 300
# What somebody has set for tests of their own: options, plugins.
PYTEST_SETTINGS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
# What could make this run differ from a student's first one.
DROPPED = ("PYTHONPATH", *PYTEST_SETTINGS)


def collect_public_tests(
    files: Mapping[str, bytes], assignment: AssignmentPolicy
) -> dict[str, list[str]]:
    """Let pytest collect the tests of a folder as students get it.

    Args:
        files: path inside the folder -> content, for all files that the tests need.
        assignment: whose folder it is.

    Returns:
        Task -> its tests, by the part of pytest's name for them that follows the file
        ("test_shapes", "TestLSTM::test_bias[True]"), in pytest's order.

    Raises:
        ReleaseError: a file of tests does not load with the stubs, or is empty.
    """
    environment = {key: value for key, value in os.environ.items() if key not in DROPPED}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
    # Without the folder's own options: with one more -q, pytest would only count the tests.
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts="]
    command += ["-p", "no:cacheprovider"]
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        for path, content in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        ran = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    where = f"solutions/{assignment.name}/tests"
    if ran.returncode not in (0, 5):  # 5: there are no tests
        wrong = f"pytest cannot load these tests with the stubs:\n{ran.stdout}{ran.stderr}"
        raise ReleaseError(where, None, wrong)
    tests: dict[str, list[str]] = {name: [] for name in assignment.tasks}
    for line in ran.stdout.splitlines():
        file, separator, test = line.partition("::")
        task = file.rpartition("/")[2].removeprefix("test_").removesuffix(".py")
        if separator and file.startswith("tests/") and task in tests:
            tests[task].append(test)
    for name, task in assignment.tasks.items():
        if task.public_share and not tests[name]:
            raise ReleaseError(f"{where}/test_{name}.py", None, "pytest finds no test here")
    return tests
