"""Graders that start a fresh process for each submission."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat

from autograder.release.archive import zip_bytes
from benchmarks.graders.adapter import test_files
from benchmarks.graders.contestants import Contestant, Scores, shares
from benchmarks.graders.others import importing_notebook, others_python
from benchmarks.graders.setting import Student


class Pytest(Contestant):
    """Plain pytest, a fresh process for each submission."""

    name = "pytest"

    def set_up(self) -> None:
        self.home = self.setting.course.root

    def grade(self, student: Student) -> list[str]:
        course, name = self.setting.course.root, self.setting.policy.name
        files = [str(f) for task in self.setting.tasks for f in test_files(course, name, task)]
        return [sys.executable, "-m", "pytest", f"--junitxml={self.result(student)}", *files]

    def result(self, student: Student) -> Path:
        return self.output / f"{student.name}.xml"

    def read(self, student: Student) -> Scores:
        cases = ElementTree.parse(self.result(student)).iter("testcase")
        return shares(
            (case.attrib["classname"].rpartition("test_")[2], len(case) == 0) for case in cases
        )


class Unittest(Contestant):
    """unittest with gradescope-utils' weights, visibilities and JSON reporter, a fresh process for each submission."""

    name = "gradescope-utils"
    _RUN = """\
import sys
import unittest

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.discover("tests")
    with open(sys.argv[1], "w") as results:
        JSONTestRunner(visibility="visible", stream=results).run(suite)
"""
    _TEST = """\
import unittest

from gradescope_utils.autograder_utils.decorators import visibility, weight

from benchmarks.graders.adapter import checks_of


class Test_{task}(unittest.TestCase):
    pass


for label, check in checks_of("{task}").items():
    method = weight(1)(visibility("visible")(lambda self, check=check: check()))
    setattr(Test_{task}, f"test_{{label}}", method)
"""

    def set_up(self) -> None:
        (self.home / "run_tests.py").write_text(self._RUN)
        (self.home / "tests").mkdir()
        for task in self.setting.tasks:
            (self.home / f"tests/test_{task}.py").write_text(self._TEST.format(task=task))

    def grade(self, student: Student) -> list[str]:
        return [others_python(), "run_tests.py", str(self.result(student))]

    def result(self, student: Student) -> Path:
        return self.output / f"{student.name}.json"

    def read(self, student: Student) -> Scores:
        tests = json.loads(self.result(student).read_text())["tests"]
        # str() of a test: its method, then module and class in brackets
        return shares(
            (test["name"].split("(test_")[1].split(".")[0], test["status"] == "passed")
            for test in tests
        )


class Otter(Contestant):
    """`otter run` with a zip of Otter's own exception-based tests; a submission is a notebook beside the package."""

    name = "otter run"
    _TEST = """\
from otter.test_files import test_case

from benchmarks.graders.adapter import checks_of

OK_FORMAT = False
name = "{task}"
points = {points}

for label, check in checks_of("{task}").items():
    globals()[f"case_{{label}}"] = test_case(name=label)(check)
"""

    def set_up(self) -> None:
        tasks = self.setting.policy.tasks.values()
        files = {
            f"tests/{t.name}.py": self._TEST.format(task=t.name, points=t.points) for t in tasks
        }
        files["otter_config.json"] = json.dumps({"show_hidden": True})
        packed = zip_bytes({path: text.encode() for path, text in files.items()})
        (self.home / "autograder.zip").write_bytes(packed)

    def before(self, students: list[Student]) -> None:
        notebook = nbformat.writes(importing_notebook(self.setting))
        for student in students:
            files = {
                path.relative_to(student.folder).as_posix(): path.read_bytes()
                for path in student.folder.rglob("*.py")
            }
            (self.output / student.name).mkdir()
            packed = zip_bytes({**files, "submission.ipynb": notebook.encode()})
            (self.output / student.name / "submission.zip").write_bytes(packed)

    def grade(self, student: Student) -> list[str]:
        folder = self.output / student.name
        submission = str(folder / "submission.zip")
        command = [sys.executable, "-m", "otter", "run", "-a", "autograder.zip", "--no-logo"]
        return [*command, "-o", str(folder), submission]

    def result(self, student: Student) -> Path:
        return self.output / student.name / "results.json"

    def read(self, student: Student) -> Scores:
        tests = json.loads(self.result(student).read_text())["tests"]
        found = {
            test["name"]: test["score"] / test["max_score"] for test in tests if "score" in test
        }
        return {task: found[task] for task in self.setting.tasks}
