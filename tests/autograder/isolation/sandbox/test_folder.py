"""A worker's private folder: programs find in it what they have at home, and nothing in it leads out, lasts or is read by
others. As root a worker has a file system of its own; the same tests run again where it has an ordinary folder."""

import glob
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.isolation.grader.host import Zygote
from autograder.isolation.sandbox import folder, landlock
from autograder.isolation.wire.errors import StudentError
from tests.redteam.settings import SETTINGS, available

REPOSITORY = Path(__file__).parents[4]
ELSEWHERE = "AUTOGRADER_TEST_SETTING"  # the setting that this file runs in already
pytestmark = pytest.mark.skipif(not landlock.abi(), reason="without Landlock there is no folder")

# Programs as people write them, with what `work()` then returns.
PROGRAMS = {
    "a log file": (
        """
        import logging
        logging.basicConfig(filename="debug.log", level=logging.INFO)
        def work():
            logging.info("step 1")
            return open("debug.log").read()
        """,
        "INFO:root:step 1\n",
    ),
    "a log of its own": (
        """
        import logging
        def work():
            logger = logging.getLogger("mine")
            logger.addHandler(logging.FileHandler("mine.log"))
            logger.error("lost")
            return open("mine.log").read()
        """,
        "lost\n",
    ),
    "print to a file": (
        """
        def work():
            for step in range(2):
                with open("losses.txt", "a") as file:
                    print(step, file=file)
            return open("losses.txt").read()
        """,
        "0\n1\n",
    ),
    "checkpoints": (
        """
        import os, torch
        os.makedirs("checkpoints", exist_ok=True)
        def work():
            torch.save({"weight": torch.ones(2)}, "checkpoints/best.pt")
            return torch.load("checkpoints/best.pt")["weight"].tolist()
        """,
        [1.0, 1.0],
    ),
    "checkpoints by steps": (
        """
        import os, shutil
        from pathlib import Path
        runs = Path("runs") / "1"
        runs.mkdir(parents=True, exist_ok=True)
        def work():
            (runs / "last.txt").write_text("7")
            shutil.copy2(runs / "last.txt", runs / "best.txt")
            os.replace(runs / "last.txt", "moved.txt")
            shutil.copytree("runs", "copy")
            shutil.rmtree("runs")
            return Path("copy/1/best.txt").read_text(), sorted(os.listdir("copy/1"))
        """,
        ("7", ["best.txt"]),
    ),
    "a temporary folder": (
        """
        import os, tempfile
        cache = tempfile.mkdtemp()
        def work():
            open(os.path.join(cache, "x"), "w").close()
            return os.listdir(cache)
        """,
        ["x"],
    ),
    "temporary files": (
        """
        import os, tempfile, torch
        def work():
            with tempfile.TemporaryFile("w+") as file:
                file.write("a")
                file.seek(0)
                read = file.read()
            with tempfile.NamedTemporaryFile(suffix=".pt") as file:
                torch.save(torch.arange(3), file.name)
                loaded = torch.load(file.name).tolist()
            with tempfile.TemporaryDirectory() as name:
                there = os.path.isdir(name)
            return read, loaded, there, os.path.exists(name)
        """,
        ("a", [0, 1, 2], True, False),
    ),
    "an output thrown away": (
        """
        import contextlib, os
        def work():
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                print("nothing")
            return 1
        """,
        1,
    ),
    "a cache at home": (
        """
        import os
        from pathlib import Path
        CACHE = Path.home() / ".cache" / "words"
        CACHE.mkdir(parents=True, exist_ok=True)
        def work():
            (CACHE / "x").touch()
            return os.listdir(os.path.expanduser("~/.cache/words"))
        """,
        ["x"],
    ),
    "its own text": (
        """
        from pathlib import Path
        def work():
            with open(__file__) as file:
                return file.read().split()[0], Path(__file__).resolve().parent.name, Path("student/code.py").exists()
        """,
        ("from", "student", True),
    ),
    "a value for processes": (
        """
        import multiprocessing
        STEPS = multiprocessing.Value("i", 3)
        def work():
            with STEPS.get_lock():
                STEPS.value += 1
            return STEPS.value
        """,
        4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_programs_write_can_be_written(name, submission):
    source, expected = PROGRAMS[name]
    with submission(source) as code:
        assert code.work() == expected


WRITES_AND_LOOKS = """
    import os
    os.makedirs("made/at/import")
    open("log", "w").close()
    def write():
        os.makedirs("made/later/deep")
        for name in ("new", "made/at/import/new", "made/later/deep/new"):
            open(name, "w").close()
        os.chdir("made")
    def look():
        return sorted(os.listdir(".")), sorted(os.listdir("made")), os.listdir("made/at/import")
"""
AFTER_IMPORT = (["log", "made", "student"], ["at"], [])


def test_what_one_test_writes_is_gone_before_the_next(submission, next_test):
    with submission(WRITES_AND_LOOKS) as code:
        assert code.look() == AFTER_IMPORT
        code.write()
        with pytest.raises(StudentError):  # within a test, it works in the folder it chose
            code.look()
        next_test()
        assert code.look() == AFTER_IMPORT


def test_no_worker_sees_what_another_writes(submission):
    source = """
        import os
        def write():
            open("note", "w").write("remember")
            return os.getcwd()
        def read(place):
            try:
                return open(os.path.join(place, "note")).read()
            except OSError as error:
                return type(error).__name__
    """
    with submission(source) as first:
        place = first.write()
        assert first.read(place) == "remember"
        with submission(source) as second:
            assert second.read(place) in ("FileNotFoundError", "PermissionError")
        assert not os.path.exists(os.path.join(place, "note")) or _ordinary(place)


def _ordinary(place: str) -> bool:
    """Whether a folder is one that this process sees."""
    return os.path.basename(place).isdigit()


def _left() -> list[str]:
    """What lies in the folders of the zygotes that are running."""
    places = {"/dev/shm", tempfile.gettempdir()}
    bases = [base for place in places for base in glob.glob(f"{place}/autograder-*")]
    return [path for base in bases if os.access(base, os.R_OK) for path in glob.glob(f"{base}/*/*")]


def test_nothing_is_left_of_a_worker(submission, zygote):
    source = """
        import os
        def work():
            for _ in range(300):
                os.mkdir("d")
                os.chdir("d")
                open("f", "wb").write(bytes(1000))
            os.mkdir("closed", 0)
            return 1
    """
    with submission(source) as code:
        assert code.work() == 1
    worker = zygote.start_worker(memory=2**29, cpu=20)
    assert worker.usage.exit in (0, -9)  # by now the other one is gone as well
    assert not [path for path in _left() if path.endswith(("/d", "/.moved"))]


# Each is a function body that returns "done" when nothing stops it; the twin runs in an empty folder.
ATTEMPTS = {
    "write a large file": f"open('x', 'wb').write(bytes({folder.FILE + 2**20}))",
    "make a large file of nothing": f"os.ftruncate(os.open('x', os.O_RDWR | os.O_CREAT), {2**40})",
    "reserve a large file": f"os.posix_fallocate(os.open('x', os.O_RDWR | os.O_CREAT), 0, {folder.FILE + 2**20})",
    "write many bytes": f"[open(f'x{{i}}', 'wb').write(bytes(2**20)) for i in range({folder.TOTAL // 2**20 + 2})]; time.sleep(0.2)",
    "make many files": f"[open(f'x{{i}}', 'w').close() for i in range({folder.ENTRIES + 2})]; time.sleep(0.2)",
    "make a deep tree": f"[(os.mkdir('deeper'), os.chdir('deeper')) for _ in range({folder.ENTRIES + 2})]; time.sleep(0.2)",
    "make many files without names": f"files = [open('x', 'wb') for i in range(90) if not os.path.exists('x') or not os.unlink('x')]; [f.write(bytes({folder.FILE})) for f in files]",
    "link to a hidden file": "os.symlink(PATH, 'x')",
    "link to a hidden file by its number": "os.link(PATH, 'x')",
    "link to its own file": "open('x', 'w').close(); os.link('x', 'y')",
    "make a pipe": "os.mkfifo('x')",
    "make a file without a name": "os.open('.', os.O_TMPFILE | os.O_RDWR)",
    "make a file with its user's rights": "os.close(os.open('x', os.O_CREAT | os.O_WRONLY, 0o4755)); assert os.stat('x').st_mode & 0o4000",
    "give a file its user's rights": "open('x', 'w').close(); os.chmod('x', 0o4755); assert os.stat('x').st_mode & 0o4000",
    "move a file out": "open('x', 'w').close(); os.rename('x', os.path.join(os.path.dirname(os.getcwd()), 'x'))",
    "write beside its folder": "open(os.path.join(os.path.dirname(os.getcwd()), 'x'), 'w').close()",
    "write through a descriptor": "open(f'/proc/self/fd/{os.open(os.__file__ if WORKER else PATH, os.O_RDONLY)}', 'r+').close()",
    "run its own file": "open('x', 'w').write('#!/bin/sh\\n'); os.chmod('x', 0o755); subprocess.run(['./x'], check=True)",
    "write its own source": "open(SOURCE, 'w').close()",
    "change its own source": "os.chmod(SOURCE, 0o644); open(SOURCE, 'a').close()",
    "add an attribute": "open('x', 'w').close(); os.setxattr('x', 'user.note', b'1')",
}  # fmt: skip
NEEDS_OTHERS = {
    "make many files without names"
}  # an ordinary process has fewer limits than this one


def source_of(attempt: str, hidden: Path, worker: bool) -> str:
    lines = ["import os, subprocess, time", f"PATH = {str(hidden)!r}", f"WORKER = {worker}"]
    lines += ["SOURCE = __file__ if WORKER else 'own'", "def attempt():", f"    {attempt}"]
    return "\n".join([*lines, "    return 'done'", ""])


@pytest.fixture
def hidden(tmp_path) -> Path:
    path = tmp_path / "course" / "hidden.py"
    path.parent.mkdir()
    path.write_text("secret = 1\n")
    return path


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_folder_leads_nowhere_and_has_an_end(name, submission, hidden):
    source = source_of(ATTEMPTS[name], hidden, worker=True)
    with submission(source) as code, pytest.raises(StudentError) as caught:
        code.attempt()
    assert caught.value.failure.kind in ("raised", "died")
    assert "signal" not in caught.value.failure.message
    assert hidden.read_text() == "secret = 1\n"
    with submission(
        "def work():\n    open('x', 'w').write('fine')\n    return open('x').read()\n"
    ) as other:
        assert other.work() == "fine"


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_ordinary_process_can(name, hidden, tmp_path):
    place = tmp_path / "work" / "folder"
    place.mkdir(parents=True)
    (place / "own").write_text("")
    (place / "own").chmod(0o444)
    if os.geteuid() != 0 and name == "write its own source":
        pytest.skip("a file that is read-only is so for an ordinary user as well")
    source = source_of(ATTEMPTS[name], hidden, worker=False) + "print(attempt())\n"
    try:
        found = subprocess.run(
            [sys.executable, "-c", source], cwd=place, capture_output=True, text=True, timeout=60
        )
        assert found.stdout == "done\n", found.stderr
    finally:
        folder.empty(str(place))


def test_zygotes_and_their_clones_leave_no_folder(submission):
    source = "import os\nopen('x', 'w').close()\ndef place():\n    return os.getcwd()\n"
    places = []
    with Zygote() as zygote, zygote.clone() as clone:
        for one in (zygote, clone, zygote):
            with submission(source, zygote=one) as code:
                places.append(code.place())
                assert os.path.isdir(places[-1])
    assert len({os.path.realpath(place) for place in places}) >= 2
    assert not [place for place in places if os.path.exists(place)]
    tops = [place.partition("/autograder-")[2].partition("/")[0] for place in places]
    assert len(set(tops)) == 1  # and so with all that was in it
    assert not glob.glob(f"/dev/shm/autograder-{tops[0]}") + glob.glob(f"/tmp/autograder-{tops[0]}")


def test_what_is_removed_may_be_deep_and_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    top = tmp_path / "top"
    top.mkdir()
    os.symlink(outside, top / "link")
    before = os.getcwd()
    os.chdir(top)
    try:
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
            os.symlink(outside, "link")
    finally:
        os.chdir(before)
    assert folder.is_overfull(str(top))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "ENTRIES", 10**6)
        assert folder.is_overfull(str(top))  # whose depth hides the rest
    folder.empty(str(top))
    assert not list(top.iterdir()) and (outside / "kept").exists()
    assert not folder.is_overfull(str(top))


OTHERS = [name for name in ("user", "container") if name in available()]


@pytest.mark.skipif(ELSEWHERE in os.environ or not OTHERS[1:], reason="only root can become others")
@pytest.mark.parametrize("name", OTHERS)
def test_all_of_this_holds_with_an_ordinary_folder(name):
    setting = SETTINGS[name]
    place = Path(tempfile.mkdtemp(prefix="folder-tests-"))
    try:
        os.chown(place, setting.uid or 0, -1)
        command = setting.command(
            [
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                f"--basetemp={place / 'base'}",
                __file__,
            ]
        )
        user = (
            {"user": setting.uid, "group": setting.uid, "extra_groups": []} if setting.uid else {}
        )
        found = subprocess.run(
            command, cwd=REPOSITORY, env=os.environ | {ELSEWHERE: name, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, timeout=600, **user,
        )  # fmt: skip
        assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
        assert "[100%]" in found.stdout
    finally:
        folder.empty(str(place))
        place.rmdir()


@pytest.mark.skipif(
    ELSEWHERE in os.environ or "old_container" not in available(),
    reason="only root can make this setting",
)
def test_without_landlock_nothing_can_be_written_anywhere():
    code = (
        "import sys; from autograder.isolation.grader.host import Zygote\n"
        "from autograder.isolation.grader.limits import Budget\n"
        "from autograder.isolation.grader.session import Session\n"
        "from autograder.isolation.wire import protocol\n"
        "with Zygote() as zygote:\n"
        "    session = Session(zygote.start_worker(memory=2**29, cpu=9), Budget(9, 9))\n"
        "    source = b'import os\\nPLACE = os.getcwd()\\ndef work(name): open(name, \"w\")\\n'\n"
        "    session.load({'student.py': source}, 'student', seed=0)\n"
        "    for name in ('x', '/tmp/x', '/dev/shm/x'):\n"
        "        try: session.request(protocol.Call, target={'n': ['student', 'work']}, args=[name], kwargs={})\n"
        "        except Exception as error: print(error)\n"
    )
    found = subprocess.run(
        SETTINGS["old_container"].command(["-c", code]), cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )  # fmt: skip
    assert found.stdout.count("Read-only file system") == 3, found.stdout + found.stderr
