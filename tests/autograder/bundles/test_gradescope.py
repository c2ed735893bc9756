"""Tests of the bundle for Gradescope: both scripts run, in a folder and at /autograder itself."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from autograder.bundles import gradescope
from autograder.bundles.common import gather, requirements
from autograder.bundles.running import handed_in, student_names
from autograder.course.course import Course, CourseError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Gradescope's images are Linux")

SCHEMA = json.loads((Path(__file__).parents[1] / "results/gradescope_schema.json").read_text())
POINTS = {"1.1": 4.0, "1.2": 6.0, "2.1": 8.0, "2.2": 12.0}
HERE = Path("/autograder")  # where Gradescope puts everything

TWICE = "def twice(x):\n    return 2 * x\n"
ROW_SUMS = "def row_sums(x):\n    return x.sum(dim=1)\n"

# Forges results at import and in a call, by the file and by everything that the grader is made of.
FORGER = """
import json, os, sys

ALL = {"score": 30, "tests": [{"score": 30, "max_score": 30, "name": "all", "status": "passed"}]}


def forge():
    for path in ("@BASE@/results/results.json", "results.json", "../results/results.json"):
        try:
            with open(path, "w") as file:
                json.dump(ALL, file)
        except BaseException:
            pass
        try:
            os.replace("@BASE@/submission/results.json", path)
        except BaseException:
            pass
    for path in ("@BASE@/source/course/tests/hidden/a0_mini/test_twice.py", "@BASE@/submission_metadata.json"):
        try:
            with open(path) as file:
                LEAKED.append(file.read())
        except BaseException:
            pass
    for name in list(sys.modules):
        if name.partition(".")[0] in ("pytest", "_pytest") or name.startswith("autograder.grading"):
            LEAKED.append(name)


LEAKED = []
forge()


def twice(x):
    forge()
    if LEAKED:
        raise RuntimeError("leaked: " + " ".join(LEAKED))
    return x
"""


@pytest.fixture(scope="module")
def bundle(contents) -> bytes:
    return gradescope.archive(contents)


def names_in(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        return {name: members.read(name) for name in members.namelist()}


def run(script: Path, base: Path, check: bool = True, **variables: str) -> str:
    """Run a script of the bundle as the platform does; returns what it printed."""
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER_BASE": str(base), **variables}
    done = subprocess.run(
        ["bash", str(script)],
        env={"AUTOGRADER_PYTHON": sys.executable, **environment},
        cwd=base,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (done.returncode == 0) == check, done.stdout
    return done.stdout


def read_result(base: Path) -> dict:
    content = json.loads((base / "results" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    assert {test["number"]: test["max_score"] for test in content["tests"]} == POINTS
    return content


def scores(content: dict) -> dict[str, float]:
    return {test["number"]: test["score"] for test in content["tests"]}


# --- what is in it --------------------------------------------------------------------------------


def test_a_bundle_holds_one_assignment_and_nothing_else(bundle):
    files = names_in(bundle)
    course = {name for name in files if name.startswith("course/")}
    assert course == {
        "course/grading.yml",
        "course/solutions/a0_mini/mini/__init__.py",
        "course/solutions/a0_mini/mini/sums.py",
        "course/solutions/a0_mini/mini/twice.py",
        "course/solutions/a0_mini/tests/test_row_sums.py",
        "course/solutions/a0_mini/tests/test_twice.py",
        "course/tests/hidden/a0_mini/misconceptions.py",
        "course/tests/hidden/a0_mini/test_row_sums.py",
        "course/tests/hidden/a0_mini/test_twice.py",
        "course/tests/hidden/a0_mini/variants.py",
    }
    assert "package/autograder/grading/grader.py" in files
    assert not any("__pycache__" in name for name in files)
    assert not any(b"OTHER_SECRET" in content for content in files.values())
    assert {"setup.sh", "run_autograder"} < set(files)


def test_the_scripts_may_be_run_and_parse(bundle, tmp_path):
    with zipfile.ZipFile(io.BytesIO(bundle)) as members:
        for name in ("setup.sh", "run_autograder"):
            assert stat.S_IMODE(members.getinfo(name).external_attr >> 16) == 0o755
            members.extract(name, tmp_path)
            subprocess.run(["bash", "-n", str(tmp_path / name)], check=True)


def test_the_same_course_gives_the_same_bytes(bundle, course, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(course.root, copy)
    for path in copy.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert gradescope.archive(gather(Course(copy), "a0_mini")) == bundle


def test_every_student_gets_the_cases_that_autograder_grade_draws(bundle, course, tmp_path):
    for secret in (None, b"0123456789abcdef"):
        copy = Course(shutil.copytree(course.root, tmp_path / f"course{secret is None}"))
        if secret:
            (copy.root / "secret_seed").write_bytes(secret)
        unpacked = tmp_path / f"bundle{secret is None}"
        with zipfile.ZipFile(io.BytesIO(gradescope.archive(gather(copy, "a0_mini")))) as members:
            members.extractall(unpacked)
        installed = Course(unpacked / "course")
        assert installed.suite_hash("a0_mini") == course.suite_hash("a0_mini")
        assert installed.seed("a0_mini") == copy.seed("a0_mini")
        assert (copy.seed("a0_mini") != course.seed("a0_mini")) == bool(secret)


def test_requirements_pin_what_decides_the_cases():
    lines = requirements()
    assert "torch==2.13.0" in lines
    assert any(line.startswith("hypothesis==") for line in lines)
    assert not any(";" in line or "otter" in line for line in lines)
    assert any(line.startswith("otter-grader[grading]") for line in requirements("otter"))


def test_a_test_that_needs_another_assignment_is_refused(course, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(course.root, copy)
    test = copy / "tests/hidden/a0_mini/test_twice.py"
    test.write_text("import solutions.a1_other.other.nothing\n" + test.read_text())
    with pytest.raises(CourseError, match=r"cannot be collected(?s:.*)a1_other"):
        gather(Course(copy), "a0_mini")


# --- who handed in what ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"users": [{"name": "Ada Lovelace", "email": "a@b.c", "id": 1}]}, "Ada Lovelace"),
        (
            {"users": [{"name": "Ada"}, {"name": "Bob\x1b[2J"}]},
            "Ada, Bob\N{REPLACEMENT CHARACTER}[2J",
        ),
        ({"users": []}, None),
        ({"users": None}, None),
        ({"users": ["Ada", {"name": 3}]}, None),
        ([], None),
        (None, None),
    ],
)
def test_names_come_from_the_metadata(metadata, expected):
    assert student_names(metadata) == expected


def test_a_folder_with_one_file_is_that_file(tmp_path):
    (tmp_path / "work.zip").write_bytes(b"")
    assert handed_in(tmp_path) == tmp_path / "work.zip"
    (tmp_path / "second.txt").write_bytes(b"")
    assert handed_in(tmp_path) == tmp_path


def test_a_link_is_not_taken_for_the_only_file(tmp_path):
    (tmp_path / "work.zip").symlink_to("/etc/passwd")
    assert handed_in(tmp_path) == tmp_path


# --- both scripts, for real -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def honest(bundle, laid_out, tmp_path_factory) -> tuple[Path, str]:
    """A right submission, in a folder: the folder and what run_autograder printed."""
    base = laid_out(bundle, tmp_path_factory.mktemp("gradescope") / "autograder")
    (base / "submission/mini").mkdir()
    (base / "submission/mini/twice.py").write_text(TWICE)
    (base / "submission/mini/sums.py").write_text(ROW_SUMS)
    (base / "submission_metadata.json").write_text(
        json.dumps(
            {"id": 1, "users": [{"name": "Ada Lovelace", "email": "ada@example.com", "id": 2}]}
        )
    )
    assert "a0_mini is ready" in run(base / "source/setup.sh", base)
    return base, run(base / "run_autograder", base)


def test_a_right_submission_gets_all_points(honest):
    content = read_result(honest[0])
    assert scores(content) == POINTS
    assert content["score"] == 30
    assert content["stdout_visibility"] == "hidden"


def test_the_name_is_for_instructors(honest):
    base, printed = honest
    assert "Ada Lovelace" in printed
    assert (
        json.loads((base / "results/instructor.json").read_text())["submission"] == "Ada Lovelace"
    )
    assert "Ada" not in (base / "results/results.json").read_text()


def test_other_users_cannot_reach_the_course(honest):
    base, _ = honest
    closed = [
        base / "results",
        base / "submission",
        base / "submission_metadata.json",
        base / "source",
    ]
    for path in [*closed, *(base / "source").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def in_its_place(base: Path, script: str) -> list[str]:
    """A command that runs a script where `base` lies at /autograder, in a mount namespace of its own."""
    steps = f"mount --bind '{base}' {HERE} && cd {HERE} && bash {script}"
    return ["unshare", "--mount", "bash", "-c", steps]


@pytest.fixture(scope="module")
def at_autograder():
    """Whether a folder can be mounted at /autograder here."""
    made = False
    try:
        if not HERE.exists():
            HERE.mkdir()
            made = True
        unshare = subprocess.run(
            ["unshare", "--mount", "mount", "--bind", "/tmp", str(HERE)], capture_output=True
        )
        yield unshare.returncode == 0
    except (OSError, PermissionError):
        yield False
    finally:
        if made:
            HERE.rmdir()


@pytest.fixture(scope="module")
def forged(bundle, laid_out, tmp_path_factory, at_autograder) -> Path:
    """A submission that writes results of its own, graded at /autograder itself where root may."""
    base = laid_out(bundle, tmp_path_factory.mktemp("forger") / "autograder")
    work = base / "submission"
    (work / "mini").mkdir()
    forger = FORGER.replace("@BASE@", str(HERE if at_autograder else base))
    (work / "mini/twice.py").write_text(forger)
    (work / "mini/sums.py").write_text(ROW_SUMS)
    for name in ("conftest.py", "torch.py", "pytest.py", "mini/conftest.py", "mini/torch.py"):
        (work / name).write_text(forger)
    (work / "results.json").write_text('{"score": 30}')
    (base / "submission_metadata.json").write_text("not JSON")
    if not at_autograder:
        run(base / "source/setup.sh", base)
        run(base / "run_autograder", base)
        return base
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER_PYTHON": sys.executable}
    for script in ("source/setup.sh", "run_autograder"):
        done = subprocess.run(
            in_its_place(base, script), env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return base


def test_a_forger_gets_the_points_of_its_honest_part(forged):
    content = read_result(forged)
    assert scores(content) == {"1.1": 0, "1.2": 0, "2.1": 8, "2.2": 12}
    assert content["score"] == 20


def test_a_forger_reads_nothing_of_the_grader(forged):
    content = read_result(forged)
    assert "leaked" not in json.dumps(content)
    # Its call came back, so it ran to its end.
    assert "values are wrong" in content["tests"][1]["output"]


def test_a_forger_leaves_no_file_behind(forged):
    assert {path.name for path in (forged / "results").iterdir()} == {
        "results.json",
        "instructor.json",
    }
    assert (forged / "submission/results.json").read_text() == '{"score": 30}'


# --- when something is wrong ----------------------------------------------------------------------


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/bash\n" + text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("interpreter", ["exit 3", "exec sleep 600", 'kill -9 "$$"'])
def test_a_grader_that_fails_leaves_a_valid_result(
    bundle, laid_out, tmp_path, contents, interpreter
):
    base = laid_out(bundle, tmp_path / "autograder")
    script = base / "run_autograder"
    limit = f"timeout --kill-after=10 {contents.seconds}"
    assert limit in script.read_text()
    script.write_text(script.read_text().replace(limit, "timeout --kill-after=10 1"))
    python = executable(tmp_path / "python", interpreter)
    printed = run(script, base, AUTOGRADER_PYTHON=str(python))
    content = read_result(base)
    assert scores(content) == dict.fromkeys(POINTS, 0)
    assert "did not start" in content["tests"][0]["output"]
    assert "The grader itself failed" in printed


def test_an_image_with_other_tests_is_not_built(bundle, laid_out, tmp_path):
    base = laid_out(bundle, tmp_path / "autograder")
    test = base / "source/course/tests/hidden/a0_mini/test_twice.py"
    test.write_text(test.read_text() + "\n\ndef test_one_more():\n    pass\n")
    assert "are not those" in run(base / "source/setup.sh", base, check=False)


# An interpreter that knows what setup.sh asks of it and writes down what it was told.
FAKE_PYTHON = """
echo "$(basename "$0") $*" >> @LOG@
case "$*" in
    -c*) [ -e @READY@ ] && [ "$(basename "$0")" = "@NAME@" ] ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"install torch=="*) [[ "$*" =~ @WORKS@ ]] ;;
    *autograder.bundles.describe*) cp "@PROVISIONAL@" "${@: -1}" ;;
esac
"""


@pytest.mark.parametrize(
    ("name", "ready", "works", "tried"),
    [
        ("python3", True, r"\+cpu$", ["+cpu"]),
        ("python3.12", True, "download.pytorch.org", ["+cpu", "whl/cpu"]),
        ("python3.11", False, r"torch==[0-9.]+$", ["+cpu", "whl/cpu", "torch==2.13.0"]),
    ],
)
def test_setup_makes_an_environment(bundle, laid_out, tmp_path, name, ready, works, tried):
    base = laid_out(bundle, tmp_path / "autograder")
    log, flag = tmp_path / "log", tmp_path / "ready"
    log.touch()
    fake = (
        FAKE_PYTHON.replace("@LOG@", str(log)).replace("@READY@", str(flag)).replace("@NAME@", name)
    )
    fake = fake.replace("@WORKS@", works).replace(
        "@PROVISIONAL@", str(base / "source/provisional.json")
    )
    for version in ("", ".11", ".12", ".13"):
        executable(tmp_path / "bin" / f"python3{version}", fake)
    executable(
        tmp_path / "bin" / "apt-get",
        f'echo "apt-get $*" >> {log}; [[ "$*" = *python3.11* ]] && touch {flag}; true',
    )
    if ready:
        flag.touch()
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    assert "a0_mini is ready" in run(
        base / "source/setup.sh", base, AUTOGRADER_PYTHON="", PATH=path
    )
    lines = log.read_text().splitlines()
    assert f"{name} -m venv {base / 'venv'}" in lines
    installs = [line for line in lines if " -m pip " in line]
    torch, packages = installs[:-1], installs[-1]
    assert [line.endswith(end) for line, end in zip(torch, tried, strict=True)] == [True] * len(
        tried
    )
    assert packages.endswith(f"install -r {base / 'source/requirements.txt'}")
    assert any(line.startswith("apt-get") for line in lines) == (not ready)


def test_setup_says_when_there_is_no_python(bundle, laid_out, tmp_path):
    base = laid_out(bundle, tmp_path / "autograder")
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        executable(tmp_path / "bin" / name, "exit 1")
    executable(tmp_path / "bin" / "apt-get", "exit 0")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    printed = run(base / "source/setup.sh", base, check=False, AUTOGRADER_PYTHON="", PATH=path)
    assert "Python 3.11 or newer is needed" in printed
