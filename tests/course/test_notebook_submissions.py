"""A notebook is graded as the package is: two tasks of a real assignment, by the real grader."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
NAME, PACKAGE = "a3_recurrent", "recurrent"
TASKS = ("rnn_cell", "stacked")  # written in two modules
WRONG = "torch.tanh", "torch.sigmoid"  # costs all cells their points, so that scores say something


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """The real course with one assignment, and of that two tasks."""
    root = tmp_path_factory.mktemp("course")
    yaml = YAML()
    policy = yaml.load(ROOT / "grading.yml")
    policy["assignments"] = {NAME: policy["assignments"][NAME]}
    tasks = policy["assignments"][NAME]["tasks"]
    for task in set(tasks) - set(TASKS):
        del tasks[task]
    yaml.dump(policy, root / "grading.yml")
    shutil.copytree(ROOT / "solutions" / NAME / PACKAGE, root / "solutions" / NAME / PACKAGE)
    for folder in (f"solutions/{NAME}/tests", f"tests/hidden/{NAME}"):
        for path in (ROOT / folder).glob("*.py"):
            if path.stem.removeprefix("test_") in TASKS or not path.name.startswith("test_"):
                (root / folder).mkdir(parents=True, exist_ok=True)
                shutil.copy(path, root / folder)
    return root


@pytest.fixture(scope="module")
def results(course, tmp_path_factory) -> dict[str, dict]:
    """results.json of the same work in several forms, and of a notebook without any."""
    work = tmp_path_factory.mktemp("work")
    modules = {
        path.name: path.read_text().replace(*WRONG)
        for path in sorted((ROOT / "solutions" / NAME / PACKAGE).glob("*.py"))
    }
    released = (ROOT / "assignments" / NAME / "notebook.ipynb").read_text()

    (work / "folder" / PACKAGE).mkdir(parents=True)
    for name, source in modules.items():
        (work / "folder" / PACKAGE / name).write_text(source)
    with zipfile.ZipFile(work / "with_notebook.zip", "w") as archive:
        for name, source in modules.items():
            archive.writestr(f"{PACKAGE}/{name}", source)
        archive.writestr("notebook.ipynb", released)
    notebook = nbformat.reads(released, as_version=4)
    cells = [new_code_cell(source) for name, source in modules.items() if name != "__init__.py"]
    notebook.cells[5:5] = cells
    nbformat.write(notebook, work / "defines.ipynb")
    (work / "imports.ipynb").write_text(released)

    command = [sys.executable, "-m", "autograder", "--course", str(course), "grade", NAME]
    command += [*map(str, sorted(work.iterdir())), "-o", str(work / "out")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {
        path.parent.name: json.loads(path.read_text()) for path in work.glob("out/*/results.json")
    }


def scores(result: dict) -> dict[str, float]:
    return {test["name"]: test["score"] for test in result["tests"]}


def test_the_form_of_a_submission_changes_no_score(results):
    assert 0 < results["folder"]["score"] < results["folder"]["extra_data"]["max_score"]
    assert scores(results["defines.ipynb"]) == scores(results["folder"])
    assert scores(results["with_notebook.zip"]) == scores(results["folder"])


def test_a_notebook_that_only_imports_the_package_holds_no_work(results):
    alone = results["imports.ipynb"]
    assert scores(alone) == dict.fromkeys(scores(results["folder"]), 0)
    assert alone["extra_data"]["max_score"] == results["folder"]["extra_data"]["max_score"]
    assert "it holds none of the work: it imports recurrent" in alone["output"]
