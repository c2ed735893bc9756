"""What a worker cannot have is refused in words that say what to do, and nothing else gets them."""

import pytest

from autograder.isolation.sandbox import folder
from autograder.isolation.wire.errors import StudentError, failure_from
from autograder.isolation.wire.refusals import TEXTS

# Kind -> bodies of functions that ask for it.
REFUSED = {
    "processes": [
        "import subprocess; subprocess.run(['ls'])",
        "import os; os.popen('ls')",
        "import multiprocessing; multiprocessing.Pool(2)",
        "from concurrent.futures import ProcessPoolExecutor as P; P().submit(int).result()",
        "from multiprocessing import shared_memory; shared_memory.SharedMemory(create=True, size=9)",
        "import torch; torch.ones(3).share_memory_()",
    ],
    "loader": [
        "import torch; list(torch.utils.data.DataLoader(torch.arange(4), num_workers=2))",
        "import torch; next(iter(torch.utils.data.DataLoader([1, 2], num_workers=1, persistent_workers=True)))",
    ],
    "network": [
        "import urllib.request; urllib.request.urlopen('http://localhost')",
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        "import http.client; http.client.HTTPConnection('127.0.0.1').request('GET', '/')",
        "import torch; torch.hub.load('pytorch/vision', 'resnet18')",
    ],
    "asyncio": ["import asyncio; asyncio.run(asyncio.sleep(0))", "import asyncio; asyncio.new_event_loop()"],
    "outside": [
        "open('/etc/hostname').read()",
        "open('/var/tmp/autograder-test', 'w')",
        "import os; os.makedirs('/content/drive')",
        "import torch; torch.save(torch.ones(1), '/var/tmp/autograder-test.pt')",
    ],
    "own files": ["open(__file__, 'a')", "import os; open(os.path.abspath(__file__), 'w')"],
    "no file": [
        "open('data/reviews.txt')",
        "import torch; torch.load('model.pt')",
        "from pathlib import Path; Path('..', 'nowhere', 'x.json').read_text()",
    ],
    "full": ["open('x', 'wb').write(bytes(2**24))", "import numpy; numpy.save('x', numpy.zeros(2**22))"],
    "display": ["import tkinter; tkinter.Tk()", "import turtle; turtle.forward(1)"],
    "notebook": [
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "from google.colab import drive",
        "display(3)",
    ],
    "module": ["import tensorflow", "import student.other"],
    "input": ["input()", "int(input('size? '))"],
    "python": ["exec('def f[T](x): pass')", "exec('x = (')"],
    "system": ["import os; os.setpriority(os.PRIO_PROCESS, 0, -5)", "import os; os.fork()"],
}  # fmt: skip
# What looks alike and is the program's own.
ORDINARY = [
    "raise FileNotFoundError('no such word')",
    "raise PermissionError('not yet')",
    "raise OSError(5, 'broken')",
    "raise RuntimeError('the shapes differ')",
    "raise NameError('x')",
    "unknown",
    "raise EOFError",
    "raise ValueError('shared memory')",
    "import os; os.rmdir('student')",
    "[].pop()",
]


def refused(submission, body: str) -> str:
    with (
        submission(f"def work():\n    {body}\n", call=20) as code,
        pytest.raises(StudentError) as caught,
    ):
        code.work()
    return caught.value.failure.advice


def test_every_text_is_tried():
    assert set(REFUSED) == set(TEXTS)
    assert len(set(TEXTS.values())) == len(TEXTS)
    limits = f"{folder.TOTAL >> 20} MB in all, {folder.FILE >> 20} MB in one file, and {folder.ENTRIES} files"
    assert limits in TEXTS["full"]


@pytest.mark.parametrize("kind, body", [(kind, body) for kind in REFUSED for body in REFUSED[kind]])
def test_what_is_refused_is_told_with_what_to_do(kind, body, submission):
    assert refused(submission, body) == TEXTS[kind]


@pytest.mark.parametrize("body", ORDINARY)
def test_other_exceptions_get_no_advice(body, submission):
    assert refused(submission, body) == ""


@pytest.mark.parametrize("kind", ["full of hidden inputs", 3, None, ["full"], {"full": 1}])
def test_a_worker_can_only_choose_among_the_words(kind):
    failure, _ = failure_from({"type": ["OSError"], "refused": kind})
    assert failure.advice == ""
    assert failure_from({"type": ["OSError"], "refused": "full"})[0].advice == TEXTS["full"]
