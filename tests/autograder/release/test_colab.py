"""Tests of autograder.release.colab: the badge, and the cell that fetches the folder in Colab.

The cell runs as Colab runs it, in a fresh Python with a module google.colab, in an empty folder.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.release import colab as colab_module
from autograder.release.colab import Colab
from autograder.release.folder import release
from autograder.release.notebooks import student_notebook

NAME = "a0_sums"
PUBLISHED = "https://github.com/owner/course/tree/main/assignments"
ARCHIVE = "https://github.com/owner/course/archive/main.zip"

COLAB = """
import sys, types
google, colab = types.ModuleType("google"), types.ModuleType("google.colab")
google.colab = colab
colab.files = types.SimpleNamespace(upload=lambda: {"work.zip": open("../given.zip", "rb").read()})
sys.modules |= {"google": google, "google.colab": colab}
"""
REPORT = """
import json, os, sums.counting
print(json.dumps([os.getcwd(), sums.counting.__file__]))
"""


def cell(published: str | None, requirements: tuple[str, ...] = ()) -> str:
    [made] = [
        cell
        for cell in Colab(NAME, list(requirements), published).added_to([])
        if cell.cell_type == "code"
    ]
    return made.source + "\n"


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def released(shared_course) -> dict[str, bytes]:
    folder = shared_course / "assignments" / NAME
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def online(tmp_path, released) -> str:
    """The cell of a published course, whose archive, as GitHub makes it, is a file here."""
    files = {f"course-main/assignments/{NAME}/{name}": text for name, text in released.items()}
    files["course-main/assignments/more_a0_sums/requirements.txt"] = b"of another assignment"
    files["course-main/requirements.txt"] = b"of the course"
    path = zipped(tmp_path / "main.zip", dict(sorted(files.items())))
    source = cell(PUBLISHED)
    assert source.count(ARCHIVE) == 1
    return source.replace(ARCHIVE, path.as_uri())


def test_in_colab_the_folder_is_fetched_and_entered(online, tmp_path, released):
    content = tmp_path / "content"
    ran = python(COLAB + online + REPORT, content)
    assert ran.returncode == 0, ran.stderr
    cwd, module = json.loads(ran.stdout.splitlines()[-1])
    assert cwd == str(content / NAME) and module.startswith(cwd)
    for name, text in released.items():
        assert (content / NAME / name).read_bytes() == text
    assert [path.name for path in content.iterdir()] == [NAME]


def test_what_a_student_has_written_stays(online, tmp_path):
    content = tmp_path / "content"
    again = COLAB + online + "open('sums/counting.py', 'w').write('MINE = 1')\n" + online
    assert python(again, content).returncode == 0
    assert python(COLAB + online, content).returncode == 0
    assert (content / NAME / "sums" / "counting.py").read_text() == "MINE = 1"
    assert not (content / NAME / NAME).exists()


def test_outside_colab_nothing_happens(online, tmp_path):
    content = tmp_path / "content"
    ran = python(online + "import os; print(os.getcwd())", content)
    assert (ran.stdout, ran.stderr) == (f"{content}\n", "")
    assert list(content.iterdir()) == []


@pytest.mark.parametrize("top", ["", f"{NAME}/", f"Downloads/{NAME}/"])
def test_without_a_published_course_a_zip_is_asked_for(tmp_path, released, top):
    zipped(tmp_path / "given.zip", {top + name: text for name, text in released.items()})
    ran = python(COLAB + cell(None) + REPORT, tmp_path / "content")
    assert "Choose the zip" in ran.stdout
    assert json.loads(ran.stdout.splitlines()[-1])[0] == str(tmp_path / "content" / NAME)


def test_another_zip_is_refused(tmp_path):
    zipped(tmp_path / "given.zip", {"a1_other/requirements.txt": b""})
    ran = python(COLAB + cell(None), tmp_path / "content")
    assert "FileNotFoundError: the zip does not hold the folder a0_sums" in ran.stderr
    assert list((tmp_path / "content").iterdir()) == []


def test_what_colab_lacks_is_installed_and_nothing_else(tmp_path, online, monkeypatch):
    wheels, target = tmp_path / "wheels", tmp_path / "target"
    wheels.mkdir()
    wheel = {
        "tiny_lacking.py": b"VALUE = 7",
        "tiny_lacking-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-lacking\n"
        b"Version: 1.0\n",
        "tiny_lacking-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
        "tiny_lacking-1.0.dist-info/RECORD": b"",
    }
    zipped(wheels / "tiny_lacking-1.0-py3-none-any.whl", wheel)
    # numpy is there; from these wheels it could not be installed.
    libraries = {"tiny_lacking": "tiny-lacking>=1", "numpy": "numpy>=1.26", "torch": "torch>=2.4"}
    monkeypatch.setattr(colab_module, "LIBRARIES", libraries)
    source = cell(PUBLISHED, ("tiny-lacking>=1", "numpy>=1.26")).replace(
        ARCHIVE, (tmp_path / "main.zip").as_uri()
    )
    assert "torch" not in source
    environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_TARGET": str(target)}
    ask = "import tiny_lacking; print(tiny_lacking.VALUE)"
    target.mkdir()
    ran = python(COLAB + source + ask, tmp_path / "content", PYTHONPATH=str(target), **environment)
    assert ran.stdout.endswith("\n7\n"), ran.stderr
    assert sorted(path.name.partition("-")[0] for path in target.glob("*lacking*")) == [
        "tiny_lacking",
        "tiny_lacking.py",
    ]


def test_the_badge_opens_the_published_notebook(course, edit):
    edit("grading.yml", "defaults:", f"published: {PUBLISHED}\ndefaults:")
    release(course)
    notebook = nbformat.read(course / "assignments" / NAME / "notebook.ipynb", as_version=4)
    badge = notebook.cells[0].source
    github = "colab.research.google.com/github/owner/course/blob/main/assignments/"
    assert f"(https://{github}{NAME}/notebook.ipynb)" in badge
    assert ARCHIVE in notebook.cells[2].source
    edit("grading.yml", f"published: {PUBLISHED}\n", "")
    release(course)
    text = (course / "assignments" / NAME / "notebook.ipynb").read_text()
    assert "colab.research" not in text and "github.com" not in text


def test_nothing_else_of_the_notebook_changes(shared_course):
    master = (shared_course / "solutions" / NAME / "notebook.py").read_text()
    plain = nbformat.reads(student_notebook(master, "n.py"), as_version=4)
    cells = nbformat.reads(
        student_notebook(master, "n.py", Colab(NAME, [], PUBLISHED)), as_version=4
    ).cells
    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    assert "google.colab" in cells[first].source
    assert cells[1:first] + cells[first + 1 :] == plain.cells


def test_a_broken_download_leaves_no_folder(tmp_path):
    (tmp_path / "main.zip").write_bytes(b"<html>busy</html>")
    source = cell(PUBLISHED).replace(ARCHIVE, (tmp_path / "main.zip").as_uri())
    ran = python(COLAB + source, tmp_path / "content")
    assert "BadZipFile" in ran.stderr
    assert list((tmp_path / "content").iterdir()) == []
