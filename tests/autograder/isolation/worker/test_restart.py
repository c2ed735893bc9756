"""A command starts again to import torch once, and is then what it was; its zygote knows nothing of it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import json, os, sys, time

from autograder.isolation.grader.host import Zygote
from autograder.isolation.worker.restart import can_restart


def run():
    if sys.argv[1] != "plain":
        can_restart("program:run")
    sys.stderr.write(f"started as {os.getpid()}\\n")
    Zygote.fork_off(hash_seed=int(sys.argv[2]), optimizers=False)
    imported = "torch" in sys.modules
    with Zygote(hash_seed=3, optimizers=False) as zygote:
        zygote.ready
        worker = zygote.start_worker(2**29, 5)
        pids = [zygote._process.pid, worker.pid]
        print(json.dumps({
            "pid": os.getpid(), "pids": pids, "imported": imported, "argv": sys.argv, "path": sys.path,
            "cwd": os.getcwd(), "environ": dict(os.environ), "bytecode": sys.dont_write_bytecode,
        }), flush=True)
        sys.stdin.read()
    print("ended", flush=True)


if __name__ == "__main__":
    run()
"""
ENDING = """
import atexit, os, sys, threading, time

from autograder.isolation.grader.host import Zygote
from autograder.isolation.worker.restart import can_restart


class Kept:
    def __del__(self):
        os.write(1, b" taken apart ")


kept = Kept()


def later():
    time.sleep(0.5)
    print("thread ended")


def run():
    can_restart("program:run")
    Zygote.fork_off(hash_seed=3, optimizers=False)
    atexit.register(print, "at exit")
    if "thread" in sys.argv:
        threading.Thread(target=later).start()
    print("done")
    if sys.argv[1] != "returns":
        sys.exit(int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1])


if __name__ == "__main__":
    run()
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a command does not restart")
pytestmark = linux


class Command:
    """A running program: what it said of itself, and where to look for its secret."""

    def __init__(self, folder: Path, *arguments: str):
        (folder / "program.py").write_text(PROGRAM)
        self.secret = os.urandom(12).hex()
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "TOKEN": self.secret,
            "ODD": "\udcff",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "program", *arguments, self.secret],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = json.loads(self.process.stdout.readline())

    def end(self) -> tuple[str, str]:
        out, err = self.process.communicate("", timeout=60)
        return out, err


@pytest.fixture
def command(tmp_path):
    started = []

    def start(*arguments: str) -> Command:
        started.append(Command(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_it_is_the_same_command_afterwards(command, tmp_path):
    one = command("restart", "3")
    said = one.said
    assert said["imported"]
    assert said["argv"][1:] == ["restart", "3", one.secret]
    assert (said["environ"]["TOKEN"], said["environ"]["ODD"]) == (one.secret, "\udcff")
    assert "OMP_NUM_THREADS" not in said["environ"].keys() - os.environ.keys()
    assert said["cwd"] == str(tmp_path) and str(tmp_path) in said["path"]
    assert said["bytecode"] is sys.dont_write_bytecode
    out, err = one.end()
    assert (out, one.process.returncode) == ("ended\n", 0)
    # It has begun twice, as one process: signals and exit codes need no help.
    assert re.findall(r"started as (\d+)", err) == [str(one.process.pid)] * 2
    assert said["pid"] == one.process.pid


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["returns"], 0, "done at exit", ""),
        (["0"], 0, "done at exit", ""),
        (["3"], 3, "done at exit", ""),
        # Where Python has something to do, it does it, and takes the program apart.
        (["a word"], 1, "done at exit taken apart", "a word"),
        (["3", "thread"], 3, "done thread ended at exit taken apart", ""),
    ],
)
def test_it_ends_at_once_with_all_that_has_to_be_done(arguments, status, out, err, tmp_path):
    found = ended(arguments, tmp_path)
    assert (found.returncode, found.stdout.split(), found.stderr.strip()) == (
        status,
        out.split(),
        err,
    )


def test_it_ends_without_anybody_who_reads(tmp_path):
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as nobody:
        assert ended(["0"], tmp_path, stdout=nobody).returncode == 120


def ended(arguments: list[str], folder: Path, **options) -> subprocess.CompletedProcess:
    """A program that has nothing more to do."""
    (folder / "program.py").write_text(ENDING)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    command = [sys.executable, "-m", "program", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, text=True, timeout=60, **options)


def test_a_program_that_did_not_ask_for_it_does_not_start_again(command):
    one = command("plain", "3")
    assert not one.said["imported"]
    out, err = one.end()
    assert err.count("started as") == 1 and out == "ended\n"


def test_a_zygote_of_another_kind_is_not_taken(command):
    """The hash seed of 3 is asked for, after a restart with that of 4."""
    one = command("restart", "4")
    environment = Path(f"/proc/{one.said['pids'][0]}/environ").read_bytes()
    other = Path(f"/proc/{one.said['pid']}/environ").read_bytes()
    seed = re.compile(rb"PYTHONHASHSEED=(\d+)")
    assert seed.search(environment)[1] != seed.search(other)[1]
    one.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read the memory of other processes")
def test_neither_zygote_nor_worker_has_what_the_command_knows_in_memory(command):
    one = command("restart", "3")
    zygote, worker = one.said["pids"]
    secret = one.secret.encode()
    assert holds(one.said["pid"], secret)
    assert not holds(zygote, secret)
    assert not holds(worker, secret)
    one.end()


def holds(pid: int, secret: bytes) -> bool:
    """Whether a process has some bytes in memory that it can write, or in its environment and arguments."""
    with open(f"/proc/{pid}/mem", "rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "w" not in line.split()[1]:
                continue
            try:
                memory.seek(start)
                if secret in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def test_the_zygote_ends_with_the_command(command):
    one = command("restart", "3")
    one.process.kill()
    one.process.wait()
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in one.said["pids"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
