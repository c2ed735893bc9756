"""Otter's side of isolated grading: nothing of a submission runs in Otter's processes.

Otter starts a kernel in the submission's folder, in which any file there can be imported, and
unpickles a log that may lie there. Both come after `before_grading`, which therefore empties the
folder. What is graded is graded in a fresh process from an archive whose hash is checked, and has
ended, with all its workers, before Otter goes on.
"""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from otter.plugins import AbstractOtterPlugin
from otter.test_files.abstract_test import TestCaseResult

from autograder.bundles.otter_names import PLUGIN, test_name
from autograder.bundles.running import environment, handed_in, module_command, student_names

_TAIL = 4000  # characters of the grader's output that an error shows


class GradingFailed(RuntimeError):
    """The grader itself failed. Otter stops, and no points are given or taken."""


class IsolatedGrading(AbstractOtterPlugin):
    """Has the submission graded by `autograder grade` and puts those results into Otter's.

    Settings in otter_config.json: `assignment`; `archive`, the name of the bundle's archive in
    files/, and its `sha256`; `seconds` that grading may take; and `submission`, the folder to
    grade, where it is not the one that Otter works in.
    """

    def before_grading(self, config) -> None:
        """Grade, before Otter has touched anything of the submission but its file names."""
        here = Path(self.submission_path).parent
        source = here.parent / "source"
        given = self.plugin_config.get("submission")
        folder = Path(given) if given else _take_out(here, {*os.listdir(source / "files"), "tests"})
        if not given:
            _leave_empty(Path(self.submission_path))
        archive = _checked(
            source / "files" / self.plugin_config["archive"], self.plugin_config["sha256"]
        )
        self._results, self._instructor = self._grade(archive, handed_in(folder))

    def before_execution(self, submission):
        """A notebook without cells: what Otter executes besides its own."""
        return _empty_notebook()

    def after_grading(self, results) -> None:
        """Replace what Otter's tests gave by what isolated grading gave."""
        entries = {test_name(entry): entry for entry in self._results["tests"]}
        points = {name: round(float(file.possible), 2) for name, file in results.results.items()}
        if points != {name: round(float(entry["max_score"]), 2) for name, entry in entries.items()}:
            raise GradingFailed(
                "Otter's tests are not those that were graded; make the bundle anew"
            )
        for name, file in results.results.items():
            entry = entries[name]
            passed = entry.get("status") == "passed"
            message = entry["output"] or ("passed" if passed else "no points")
            [case] = file.test_cases
            file.test_case_results = [
                TestCaseResult(test_case=case, message=message, passed=passed)
            ]
        results.set_output(self._results["output"])
        results.set_plugin_data(PLUGIN, {"results": self._results, "instructor": self._instructor})

    def generate_report(self) -> str:
        """What Otter prints at the end, for instructors."""
        if self._instructor is None:
            return f"{self._results['output']}\ngrading did not come to its end"
        facts = self._instructor["facts"]
        level = facts["isolation"]["level"]
        return f"{self._results['output']}\nisolation level {level}, seed {facts['seed']}"

    def _grade(self, archive: bytes, work: Path) -> tuple[dict, dict | None]:
        """results.json and instructor.json of a fresh process."""
        with tempfile.TemporaryDirectory() as name:  # mode 0700: closed to the workers' own users
            folder = Path(name)
            with zipfile.ZipFile(io.BytesIO(archive)) as members:
                members.extractall(folder)
            results, instructor = folder / "results.json", folder / "instructor.json"
            who = student_names(self.submission_metadata)
            arguments = ["--course", folder / "course", "grade", self.plugin_config["assignment"]]
            arguments += ["--results", results, *([f"--name={who}"] if who else []), "--", work]
            command = module_command(sys.executable, "autograder", *arguments)
            said = _run(
                command, folder, environment(folder / "package"), self.plugin_config["seconds"]
            )
            if not results.exists():
                raise GradingFailed(f"the grader ended without a result:\n{said}")
            told = json.loads(instructor.read_bytes()) if instructor.exists() else None
            return json.loads(results.read_bytes()), told


def _checked(path: Path, sha256: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise GradingFailed(f"{path.name} is not what otter_config.json says; make the bundle anew")
    return content


def _take_out(here: Path, ours: set[str]) -> Path:
    """Move all that a student handed in out of the folder that Otter works in; returns where it is.

    `ours` are the names that Otter has just written there.
    """
    away = here.parent / "handed_in"
    away.mkdir()
    for entry in os.scandir(here):
        added = entry.name == "__init__.py" and entry.stat(follow_symlinks=False).st_size == 0
        if entry.name not in ours and not added:
            os.rename(entry.path, away / entry.name)
    return away


def _leave_empty(path: Path) -> None:
    """Put something without content where Otter will read the submission."""
    text = nbformat.writes(_empty_notebook()) if path.suffix == ".ipynb" else ""
    path.write_text(text, encoding="utf-8")


def _empty_notebook() -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(metadata={"kernelspec": kernel})


def _run(command: list[str], folder: Path, variables: dict[str, str], seconds: float) -> str:
    """Run the grader; returns the end of what it printed.

    After `seconds` it is killed, and the result that it wrote first stays: every test, no points.
    """
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = 0
    said = log.read_text("utf-8", "replace")[-_TAIL:].strip()
    if status != 0:
        raise GradingFailed(f"the grader ended with exit code {status}:\n{said}")
    return said
