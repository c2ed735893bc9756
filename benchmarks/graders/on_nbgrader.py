"""nbgrader, which grades a class by itself, one notebook after the other."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat

from benchmarks.graders.contestants import Contestant, Scores
from benchmarks.graders.others import importing_notebook, others_python
from benchmarks.graders.setting import Student

_NAME = "assignment"  # of the assignment and its notebook
_DATABASE = "gradebook.db"
_READ = """\
import json
import sys

from nbgrader.api import Gradebook

scores = {}
with Gradebook("sqlite:///gradebook.db") as book:
    for submission in book.assignment_submissions("assignment"):
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        if all(grade.auto_score is not None for grade in grades):
            shares = {grade.name: grade.auto_score / grade.max_score for grade in grades}
            scores[submission.student.id] = shares
json.dump(scores, sys.stdout)
"""


class Nbgrader(Contestant):
    """`nbgrader autograde` on a class; a cell for each task, which runs all its checks and fails if one does."""

    name = "nbgrader autograde"
    batch = True
    at_once = 1

    def set_up(self) -> None:
        notebook = importing_notebook(self.setting)
        for task in self.setting.policy.tasks.values():
            text = f'from benchmarks.graders.adapter import run_all\n\nrun_all("{task.name}")'
            cell = nbformat.v4.new_code_cell(text)
            cell.metadata["nbgrader"] = {
                "grade": True,
                "grade_id": task.name,
                "locked": True,
                "points": task.points,
                "schema_version": 3,
                "solution": False,
                "task": False,
            }
            notebook.cells.append(cell)
        source = self.home / "source" / _NAME
        source.mkdir(parents=True)
        nbformat.write(notebook, source / f"{_NAME}.ipynb")
        self._python("-m", "nbgrader", "generate_assignment", _NAME)
        shutil.copy(self.home / _DATABASE, self.home / "empty.db")

    def before(self, students: list[Student]) -> None:
        self._scores: dict[str, Scores] | None = None
        shutil.copy(self.home / "empty.db", self.home / _DATABASE)
        for folder in ("submitted", "autograded"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        for student in students:
            target = self.home / "submitted" / student.name / _NAME
            shutil.copytree(student.folder, target)
            shutil.copy(self.home / "release" / _NAME / f"{_NAME}.ipynb", target)

    def grade_class(self, students: list[Student]) -> list[str]:
        return [others_python(), "-m", "nbgrader", "autograde", _NAME]

    def result(self, student: Student) -> Path:
        return self.home / "autograded" / student.name / _NAME / f"{_NAME}.ipynb"

    def read(self, student: Student) -> Scores:
        if self._scores is None:
            self._scores = json.loads(self._python("-c", _READ))
        return self._scores[student.name]

    def environment(self, student: Student | None) -> dict[str, str]:
        found = super().environment(student)
        # nbgrader starts `alembic`, which lies beside its interpreter.
        return found | {"PATH": f"{Path(others_python()).parent}{os.pathsep}{found['PATH']}"}

    def _python(self, *arguments: str) -> str:
        command = [others_python(), *arguments]
        environment = self.environment(None)
        found = subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, text=True
        )
        if found.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{found.stderr[-2000:]}")
        return found.stdout
