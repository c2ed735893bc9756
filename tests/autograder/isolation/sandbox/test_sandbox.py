"""What a worker cannot do, each with a twin: the same code works where there is no sandbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autograder.isolation.grader import levels
from autograder.isolation.grader.host import Zygote
from autograder.isolation.grader.levels import Level, LevelError
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire import protocol
from autograder.isolation.wire.errors import StudentError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

# Each is a function body that returns "done" when nothing stops it.
ATTEMPTS = {
    "write a file": "open('/tmp/autograder-test-marker', 'w').close()",
    "append to a file": "os.open(PATH, os.O_WRONLY | os.O_APPEND)",
    "make a folder": "os.mkdir('/tmp/autograder-test-folder')",
    "remove a file": "os.unlink(PATH)",
    "change a mode": "os.chmod(PATH, 0o611); assert os.stat(PATH).st_mode & 0o777 == 0o611",
    "empty a file by reading it": "os.open(PATH, os.O_RDONLY | os.O_TRUNC)",
    "empty a file by its name": "os.truncate(PATH, 0)",
    "link": "os.symlink('/etc/passwd', '/tmp/autograder-test-link')",
    "open a socket": "import socket; socket.socket()",
    "open a unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "make a socket pair": "import socket; socket.socketpair()",
    "fork": "pid = os.fork(); os._exit(0) if pid == 0 else os.waitpid(pid, 0)",
    "run a program": "import subprocess; subprocess.run(['/bin/true'], check=True)",
    "start a process": "import multiprocessing as m; p = m.get_context('fork').Process(target=int); p.start(); p.join()",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "limit its parent": "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "share memory": "from multiprocessing import shared_memory; s = shared_memory.SharedMemory(create=True, size=9); s.unlink()",
    "make a memory file": "os.memfd_create('x')",
    "change its priority": "os.setpriority(os.PRIO_PROCESS, 0, 5)",
    "lock a file": "import fcntl; fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_SH)",
    "trace": "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert c.ptrace(0, 0, 0, 0) == 0",
    "become dumpable": "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert c.prctl(4, 1, 0, 0, 0) == 0",
    "survive the grader": "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert c.prctl(1, 0, 0, 0, 0) == 0",
    "make a namespace": "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert c.unshare(0x10000000) == 0",
    "use io_uring": "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert c.syscall(425, 4, ctypes.create_string_buffer(120)) >= 0",
    "read a file of the course": "open(PATH).read()",
    "list the course": "os.listdir(os.path.dirname(PATH))",
    "read another process": "open(f'/proc/{os.getppid()}/cmdline').read()",
}  # fmt: skip
# What an ordinary process cannot do here either, or that would harm the test itself: no twin.
WITHOUT_TWIN = {"trace", "use io_uring"}


def source_of(attempt: str, path: Path) -> str:
    return f"import os\nPATH = {str(path)!r}\ndef attempt():\n    {attempt}\n    return 'done'\n"


@pytest.fixture
def course_file(tmp_path) -> Path:
    path = tmp_path / "hidden.py"
    path.write_text("secret = 1\n")
    path.chmod(0o644)
    tmp_path.chmod(0o700)
    return path


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_worker_cannot(name, submission, course_file):
    with (
        submission(source_of(ATTEMPTS[name], course_file)) as code,
        pytest.raises(StudentError) as caught,
    ):
        code.attempt()
    assert caught.value.failure.kind == "raised"  # denied with an errno, not killed
    assert course_file.read_text() == "secret = 1\n"
    assert course_file.stat().st_mode & 0o777 == 0o644
    assert not list(Path("/tmp").glob("autograder-test-*"))


@pytest.mark.parametrize("name", [name for name in ATTEMPTS if name not in WITHOUT_TWIN])
def test_an_ordinary_process_can(name, course_file):
    source = source_of(ATTEMPTS[name], course_file) + "print(attempt())\n"
    try:
        found = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, timeout=60
        )
        assert found.stdout == "done\n", found.stderr
    finally:
        for left in Path("/tmp").glob("autograder-test-*"):
            left.rmdir() if left.is_dir() and not left.is_symlink() else left.unlink()


def test_a_worker_can_do_what_an_assignment_needs(submission):
    source = """
        import collections, math, random, threading
        import numpy as np
        import torch
        from torch.utils.data import DataLoader

        def work():
            found = []
            thread = threading.Thread(target=lambda: found.append(1))
            thread.start()
            thread.join()
            loader = DataLoader(torch.arange(6.0), batch_size=2)
            import statistics, fractions
            return found, [b.sum().item() for b in loader], float(np.mean([1, 2])), random.Random(1).random()
    """
    with submission(source) as code:
        found, sums, mean, drawn = code.work()
    assert (found, sums, mean) == ([1], [1.0, 5.0, 9.0], 1.5)
    assert 0 < drawn < 1


def test_torch_can_import_its_compiler_and_makes_no_folder(submission):
    source = """
        def folder():
            from torch._inductor.runtime.cache_dir_utils import cache_dir
            return cache_dir()
    """
    with submission(source) as module:
        assert module.folder() == "/"


def test_memory_is_limited_and_less_is_allowed(submission):
    source = "def take(n):\n    return len(bytearray(n))\n"
    with submission(source, memory=2**28) as code:
        assert code.take(2**26) == 2**26
        with pytest.raises(MemoryError):
            code.take(2**29)
        assert code.take(10) == 10


def test_a_call_that_never_returns_ends_and_the_worker_is_gone(submission):
    source = """
        import signal
        def loop():
            for number in range(1, 64):
                try:
                    signal.signal(number, signal.SIG_IGN)
                    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
                except (OSError, ValueError):
                    pass
            while True:
                pass
        def fine():
            return 1
    """
    with submission(source, call=0.3) as code:
        with pytest.raises(StudentError, match=r"within 0\.3 s"):
            code.loop()
        with pytest.raises(StudentError, match=r"within 0\.3 s"):
            code.fine()  # the rest of the same test fails in the same way
    with submission(source, call=5) as code:
        assert code.fine() == 1


def test_workers_are_reaped(zygote):
    worker = zygote.start_worker(memory=2**28, cpu=5)
    session = Session(worker, Budget(5, 5))
    assert session.request(protocol.Probe, paths=[])["reads"] == []
    assert Path(f"/proc/{worker.pid}").exists()
    assert worker.usage.exit in (0, -9)  # hung up on, or killed
    assert not Path(f"/proc/{worker.pid}").exists()


def test_the_level_is_measured_and_named(zygote, course_file):
    level = levels.measure(zygote, course_file)
    assert level.name in "ABCD"
    assert "seccomp" in level.layers
    assert ("uid" in level.layers) == (level.name in "AB")


def test_a_readable_course_is_not_called_secret(course_file):
    with Zygote() as open_zygote:
        readable = Path(torch.__file__)  # what any worker can read
        level = levels.measure(open_zygote, readable)
        assert level.name == "D"
        assert any("can read" in note for note in level.notes)
        assert levels.measure(open_zygote, course_file).name != "D"


def test_a_required_level_is_enforced():
    here = Level("C", ("landlock", "seccomp", "rlimits"), ("no root",))
    levels.require(here, "C", "a0")
    levels.require(here, "D", "a0")
    with pytest.raises(
        LevelError, match=r"a0 requires isolation level B .* offers C .* Missing: no root"
    ):
        levels.require(here, "B", "a0")


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can become an ordinary user"
)
def test_as_an_ordinary_user_the_level_is_c(tmp_path):
    root = Path(__file__).parents[4]
    secret = tmp_path / "secret"
    secret.write_text("x")
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; os.setgroups([]); os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345); "
        f"sys.path.insert(0, {str(root)!r}); "
        "from pathlib import Path; from autograder.isolation.grader.host import Zygote; z = Zygote(); "
        f"from autograder.isolation.grader import levels; print(levels.measure(z, Path({str(secret)!r})).name); z.close()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert found.stdout.strip() == "C", found.stderr[-2000:]
