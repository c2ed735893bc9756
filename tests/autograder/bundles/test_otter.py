"""Tests of the bundle for Otter: `otter run` on a zip and a notebook, and the scripts of its image.

Everything handed in here is hostile and partly right: it tries to run in Otter's processes, where the
verdicts are, and leaves a mark if it does.
"""

import io
import json
import os
import pickle
import runpy
import stat
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("otter")

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import GradingResults, create_test_file

from autograder.bundles import otter
from autograder.bundles.otter_names import ARCHIVE, PLUGIN
from autograder.bundles.otter_plugin import GradingFailed, IsolatedGrading

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="levels A to D need Linux")

ROW_SUMS = "def row_sums(x):\n    return x.sum(dim=1)\n"
SQUARED = "def twice(x):\n    return x * x\n"  # a known misconception
# Score by test: row_sums is right, twice is not.
EARNED = {"1.1": 0, "1.2": 0, "2.1": 8, "2.2": 12}
POINTS = {"1.1": 4, "1.2": 6, "2.1": 8, "2.2": 12}


def marking(mark: Path) -> str:
    """Code that shows that it ran where it may write."""
    return f"try:\n    open({str(mark)!r}, 'a').write(__name__ + ' ')\nexcept OSError:\n    pass\n"


class Unpickled:
    """An entry of `.OTTER_LOG` that runs code when it is read."""

    def __init__(self, code: str):
        self.code = code

    def __reduce__(self):
        return exec, (self.code,)


def hostile_zip(path: Path, mark: Path, top: tuple[str, ...] = ()) -> Path:
    """A package with everything beside it that Otter, its kernel or the grader might import or read."""
    code = marking(mark)
    shadows = (
        "otter",
        "autograder",
        "IPython",
        "ipykernel",
        "pickle",
        "json",
        "logging",
        "nbconvert",
        "torch",
    )
    files = {
        "mini/twice.py": code + SQUARED,
        "mini/sums.py": ROW_SUMS,
        "mini/conftest.py": code,
        "__init__.py": code,
        "tests/conftest.py": code,
        "tests/001.py": "OK_FORMAT = False\nname = 'all'\npoints = 30\n",
        "results.json": '{"score": 30}',
        "files/autograder_bundle.zip": "not the archive",
        ARCHIVE: "not the archive",
        "otter_config.json": "{}",
        **{f"{name}/__init__.py": code for name in shadows},
        **dict.fromkeys(top, code),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(".OTTER_LOG", pickle.dumps(Unpickled(code)))
    return path


def hostile_notebook(path: Path, mark: Path) -> Path:
    """Cells and metadata that Otter would execute."""
    code = marking(mark)
    injected = f'x")\n{code}print("'
    cells = [
        new_code_cell("import torch"),
        new_code_cell(code),
        new_code_cell(SQUARED, metadata={"otter": {"tests": [injected]}}),
        new_code_cell(ROW_SUMS),
        new_code_cell("import os\nos._exit(0)"),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "None"}
    path.write_text(nbformat.writes(notebook))
    return path


@pytest.fixture(scope="module")
def bundle(contents, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "otter.zip"
    path.write_bytes(otter.archive(contents))
    return path


@pytest.fixture(scope="module")
def runs(bundle, graded, laid_out, tmp_path_factory):
    """Otter's and our results for each submission, and the marks that were left."""
    root = tmp_path_factory.mktemp("otter")
    mark = root / "mark"
    submissions = {
        "zip": hostile_zip(root / "work.zip", mark),
        "notebook": hostile_notebook(root / "work.ipynb", mark),
    }
    command = [str(Path(sysconfig.get_path("scripts")) / "otter"), "run", "-a", str(bundle)]
    started = {}
    for kind, path in submissions.items():
        (root / kind).mkdir()
        arguments = [*command, "-o", str(root / kind), str(path)]
        started[kind] = start(arguments, root)
    # In an image, with a zip that Otter itself would not take: it has Python files at its top.
    base = laid_out(bundle.read_bytes(), root / "image" / "autograder")
    hostile_zip(base / "submission" / "work.zip", mark, top=("conftest.py", "torch.py", "cells.py"))
    (base / "submission_metadata.json").touch()  # as in Otter's images
    environment = {"AUTOGRADER_BASE": str(base), "AUTOGRADER_PYTHON": sys.executable}
    started["image"] = start(["bash", str(base / "run_autograder")], base, **environment)
    printed = {kind: finished(process) for kind, process in started.items()}
    ours = graded(*submissions.values())
    return {
        "mark": mark,
        "printed": printed,
        "zip": (read(root / "zip"), ours["work.zip"]),
        "notebook": (read(root / "notebook"), ours["work.ipynb"]),
        "image": (read(base / "results"), ours["work.zip"]),
        "base": base,
    }


def start(command: list[str], folder: Path, **variables: str) -> subprocess.Popen:
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen) -> str:
    printed, _ = process.communicate()
    assert process.returncode == 0, printed
    return printed


def read(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def by_number(content: dict, key: str) -> dict[str, float]:
    """A value of every test, by our number, which is the first word of Otter's name."""
    return {test.get("number", test["name"].split()[0]): test[key] for test in content["tests"]}


@pytest.mark.parametrize("kind", ["zip", "notebook", "image"])
def test_otter_gives_the_scores_of_autograder_grade(runs, kind):
    theirs, ours = runs[kind]
    assert by_number(ours, "score") == EARNED
    assert by_number(theirs, "score") == EARNED
    assert by_number(theirs, "max_score") == by_number(ours, "max_score") == POINTS
    assert theirs["output"] == ours["output"]


@pytest.mark.parametrize("kind", ["zip", "notebook", "image"])
def test_every_test_of_ours_is_one_of_otters_with_its_feedback(runs, kind):
    theirs, ours = runs[kind]
    assert [test["name"] for test in theirs["tests"]] == [
        f"{test['number']} {test['name']}" for test in ours["tests"]
    ]
    feedback = by_number(theirs, "output")
    assert "x is multiplied by itself" in feedback["1.2"]
    assert "All test cases passed" in feedback["2.2"]
    assert set(by_number(theirs, "visibility").values()) == {"visible"}


def test_nothing_of_a_submission_runs_in_otters_processes(runs, tmp_path):
    assert not runs["mark"].exists()
    # The marks work: the same code, where nothing keeps it apart.
    mark = tmp_path / "mark"
    module = tmp_path / "code.py"
    module.write_text(marking(mark))
    runpy.run_path(str(module), run_name="cell")
    pickle.loads(pickle.dumps(Unpickled(marking(mark).replace("__name__", "'log'"))))
    assert mark.read_text() == "cell log "


def test_the_report_for_instructors_says_what_reproduces_the_run(runs, course):
    seed = course.seed("a0_mini")
    for printed in runs["printed"].values():
        assert "a0_mini: 20 of 30 points" in printed
        assert f"seed {seed}" in printed


def test_an_image_closes_its_files_and_keeps_otters_results(runs):
    base = runs["base"]
    assert {path.name for path in (base / "results").iterdir()} == {"results.json", "results.pkl"}
    assert stat.S_IMODE((base / "source/files" / ARCHIVE).stat().st_mode) & 0o077 == 0
    assert (base / "submission/work.zip").is_file()  # `otter grade` copies it back


# --- what is in it --------------------------------------------------------------------------------


def test_the_same_contents_give_the_same_bytes(contents, bundle):
    assert otter.archive(contents) == bundle.read_bytes()


def test_the_course_lies_in_the_hashed_archive_only(bundle):
    with zipfile.ZipFile(bundle) as members:
        names = members.namelist()
        packed = members.read(f"files/{ARCHIVE}")
        outside = b"".join(members.read(name) for name in names if not name.endswith(ARCHIVE))
    assert not any(name.startswith(("course/", "package/")) for name in names)
    assert b"OTHER_SECRET" not in outside + packed
    assert b"assert_matches" not in outside
    with zipfile.ZipFile(io.BytesIO(packed)) as inner:
        assert "course/tests/hidden/a0_mini/test_twice.py" in inner.namelist()
        assert not any("a1_other" in name for name in inner.namelist())


def test_an_otter_test_without_the_plugin_gives_nothing(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as members:
        members.extractall(tmp_path)
    paths = sorted((tmp_path / "tests").iterdir())
    files = [create_test_file(str(path), NBMetadataConfig()) for path in paths]
    for file in files:
        file.run({})
    results = GradingResults(files)
    assert (results.total, results.possible) == (0, 30)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["visible", "visible"], ["visible", "visible"]),
        (["visible", "hidden"], ["hidden", "hidden"]),
        (["visible", "after_published"], ["after_published", "after_published"]),
        (["after_due_date", "hidden"], ["hidden", "hidden"]),
    ],
)
def test_otter_shows_no_test_earlier_than_the_policy_does(contents, tmp_path, kinds, expected):
    from dataclasses import replace

    from otter.run import AutograderConfig

    content = json.loads(contents.provisional)
    content["tests"] = content["tests"][:2]
    for test, kind in zip(content["tests"], kinds, strict=True):
        test["visibility"] = kind
    archive = otter.archive(replace(contents, provisional=json.dumps(content).encode()))
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        members.extractall(tmp_path)
    files = [
        create_test_file(str(path), NBMetadataConfig())
        for path in sorted((tmp_path / "tests").iterdir())
    ]
    for file in files:
        file.run({})
    config = AutograderConfig(json.loads((tmp_path / "otter_config.json").read_text()))
    shown = GradingResults(files).to_gradescope_dict(config)["tests"]
    assert [test["visibility"] for test in shown if "max_score" in test] == expected


# --- the plugin -----------------------------------------------------------------------------------


@pytest.fixture
def otters_folder(bundle, tmp_path) -> Path:
    """The folders that Otter makes, just before it asks the plugin."""
    base = tmp_path / "autograder"
    with zipfile.ZipFile(bundle) as members:
        members.extractall(base / "source")
    work = base / "submission"
    (work / "tests").mkdir(parents=True)
    (work / "__init__.py").touch()
    for path in (base / "source/files").iterdir():
        (work / path.name).write_bytes(path.read_bytes())
    return base


def plugin(base: Path, file: str = "otter_placeholder.py", **changes) -> IsolatedGrading:
    config = json.loads((base / "source/otter_config.json").read_text())
    options = config["plugins"][0][PLUGIN] | changes
    return IsolatedGrading(str(base / "submission" / file), {}, options)


def test_a_submission_is_taken_out_of_otters_folder(otters_folder, monkeypatch):
    work = otters_folder / "submission"
    for name in ("mini/twice.py", "otter/__init__.py", ".OTTER_LOG"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text("theirs")
    (work / "__init__.py").write_text("theirs")
    (work / "work.ipynb").write_text("theirs")
    instance = plugin(otters_folder, "work.ipynb")
    seen = []
    monkeypatch.setattr(instance, "_grade", lambda archive, path: seen.append(path) or ({}, None))
    instance.before_grading(None)
    assert seen == [otters_folder / "handed_in"]
    taken = {path.relative_to(seen[0]).as_posix() for path in seen[0].rglob("*") if path.is_file()}
    assert taken == {
        "mini/twice.py",
        "otter/__init__.py",
        ".OTTER_LOG",
        "__init__.py",
        "work.ipynb",
    }
    assert {path.name for path in work.iterdir()} == {
        "tests",
        "work.ipynb",
        ARCHIVE,
        otter.PLACEHOLDER,
    }
    assert nbformat.read(work / "work.ipynb", as_version=4).cells == []
    assert instance.before_execution("theirs").cells == []


def test_a_changed_archive_is_refused(otters_folder):
    archive = otters_folder / "source/files" / ARCHIVE
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(GradingFailed, match="make the bundle anew"):
        plugin(otters_folder).before_grading(None)


def grader(otters_folder: Path, code: str, **changes) -> IsolatedGrading:
    """The plugin with an archive whose grader is `code`."""
    import hashlib

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        members.writestr("package/autograder/__init__.py", "")
        members.writestr("package/autograder/__main__.py", code)
    (otters_folder / "source/files" / ARCHIVE).write_bytes(packed.getvalue())
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    return plugin(otters_folder, sha256=digest, **changes)


WRITE = """
import json, sys
path = sys.argv[sys.argv.index("--results") + 1]
tests = [{"number": "1.1", "name": "one", "score": 0, "max_score": 4, "output": "unfinished"}]
open(path, "w").write(json.dumps({"tests": tests, "output": "", "extra_data": {}}))
"""


def test_a_grader_that_fails_stops_otter(otters_folder):
    with pytest.raises(GradingFailed, match=r"exit code 3(?s:.*)out of paper"):
        grader(otters_folder, "print('out of paper'); raise SystemExit(3)").before_grading(None)


def test_a_grader_that_hangs_is_ended_and_its_first_result_stays(otters_folder):
    instance = grader(otters_folder, WRITE + "import time; time.sleep(600)", seconds=2)
    instance.before_grading(None)
    assert instance.generate_report() == "\ngrading did not come to its end"


def test_tests_that_were_not_graded_stop_otter(otters_folder, bundle):
    instance = grader(otters_folder, WRITE)
    instance.before_grading(None)
    paths = sorted((otters_folder / "source/tests").iterdir())
    files = [create_test_file(str(path), NBMetadataConfig()) for path in paths]
    with pytest.raises(GradingFailed, match="not those that were graded"):
        instance.after_grading(GradingResults(files))
