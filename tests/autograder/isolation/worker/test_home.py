"""What runs at home runs in a worker: sources that can be looked at, imports of files beside, and requests for what a
worker has not got but can do without."""

import contextlib

import pytest

from autograder.isolation.grader.host import Zygote
from autograder.isolation.wire.errors import StudentError
from autograder.isolation.worker.warming import libraries_in

PROGRAMS = {
    "threads between operations": (
        """
        import torch
        torch.set_num_interop_threads(1)
        torch.set_num_threads(4)
        def work():
            return (torch.ones(300, 300) @ torch.ones(300, 300)).sum().item(), torch.get_num_threads()
        """,
        (27_000_000.0, 1),
    ),
    "threads in a function": (
        """
        import os, torch
        def work():
            torch.set_num_interop_threads(os.cpu_count() or 1)
            torch.set_num_threads(64)
            return torch.get_num_threads()
        """,
        1,
    ),
    "a compiled function": (
        """
        import torch
        @torch.jit.script
        def double(x: torch.Tensor) -> torch.Tensor:
            return x + x
        def work():
            return double(torch.ones(2)).tolist()
        """,
        [2.0, 2.0],
    ),
    "a compiled module": (
        """
        import torch
        class Double(torch.nn.Module):
            def forward(self, x):
                return 2 * x
        def work():
            script, trace = torch.jit.script(Double()), torch.jit.trace(Double(), torch.ones(2))
            return script(torch.ones(2)).tolist(), trace(torch.ones(1)).tolist()
        """,
        ([2.0, 2.0], [2.0]),
    ),
    "a compiler": (
        """
        import torch
        @torch.compile
        def double(x):
            return x + x
        @torch.compile(mode="reduce-overhead", fullgraph=True)
        def triple(x):
            return 3 * x
        model = torch.compile(torch.nn.Identity())
        model.compile()
        def work():
            return double(torch.ones(1)).item(), triple(torch.ones(1)).item(), model(torch.ones(1)).item()
        """,
        (2.0, 3.0, 1.0),
    ),
    "type variables": (
        """
        from typing import Generic, ParamSpec, TypeVar
        T = TypeVar("T")
        P = ParamSpec("P")
        class Box(Generic[T]):
            def __init__(self, value: T):
                self.value = value
        def work():
            return Box[int](3).value, T.__module__
        """,
        (3, "student.code"),
    ),
    "the user": (
        """
        import getpass, os, pwd
        from pathlib import Path
        USER = getpass.getuser()
        def work():
            entry = pwd.getpwuid(os.getuid())
            return bool(USER), entry.pw_uid == os.getuid(), Path("~").expanduser() == Path.home()
        """,
        (True, True, True),
    ),
    "a lock": (
        """
        import multiprocessing
        LOCK = multiprocessing.Lock()
        def work():
            with LOCK:
                inside = LOCK.acquire(block=False)
            return inside, LOCK.acquire(timeout=0.1), LOCK.release()
        """,
        (False, True, None),
    ),
    "a lock of the same thread": (
        """
        from multiprocessing import RLock
        lock = RLock()
        def work():
            with lock, lock:
                return repr(lock)
        """,
        "<RLock(MainProcess, 2)>",
    ),
    "semaphores, events and queues": (
        """
        import multiprocessing as mp
        places, done, queue = mp.BoundedSemaphore(2), mp.Event(), mp.Queue()
        def work():
            places.acquire()
            places.acquire()
            full = places.acquire(block=False)
            places.release()
            places.release()
            try:
                places.release()
            except ValueError:
                full = (full, "bounded")
            done.set()
            queue.put(3)
            return full, done.wait(1), queue.get(timeout=2)
        """,
        ((False, "bounded"), True, 3),
    ),
    "sources": (
        """
        import inspect, linecache
        def work():
            \"\"\"Look.\"\"\"
            return inspect.getsource(work).splitlines()[1].strip(), inspect.getsourcelines(Odd)[1], linecache.getline(
                work.__code__.co_filename, 2)
        class Odd: pass
        """,
        ('"""Look."""', 7, "import inspect, linecache\n"),
    ),
    "sources from another folder": (
        """
        import inspect, os, sys
        def work():
            os.makedirs("elsewhere")
            os.chdir("elsewhere")
            return inspect.getsource(work)[:11], len(inspect.getsource(sys.modules[__name__])) > 100
        """,
        ("def work():", True),
    ),
    "a traceback": (
        """
        import io, traceback
        def work():
            text = io.StringIO()
            try:
                1 / 0
            except ZeroDivisionError:
                traceback.print_exc(file=text)
                traceback.print_exc()
            return [line.strip() for line in text.getvalue().splitlines()[1:3]]
        """,
        ['File "student/code.py", line 6, in work', "1 / 0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_runs_at_home_runs_here(name, submission):
    source, expected = PROGRAMS[name]
    with submission(source) as code:
        assert code.work() == expected


@pytest.mark.parametrize(
    "reach",
    [
        "sys.path.append(os.path.dirname(os.path.abspath(__file__)))",
        "sys.path.insert(0, os.path.dirname(__file__))",
        "sys.path.append(str(Path(__file__).resolve().parent))",
        "sys.path.append('student')",
        "os.chdir(os.path.dirname(os.path.abspath(__file__))); sys.path.insert(0, '')",
    ],
)
def test_a_module_beside_is_found_as_at_home(reach, submission):
    head = "import inspect, os, sys\nfrom pathlib import Path\n"
    source = f"{head}{reach}\nimport random\nfrom helpers import f\nfrom deeper.inner import g\n"
    source += "def work():\n    return f(), g(), f.__code__.co_filename, inspect.getsource(g)[:7], random.__name__\n"
    beside = {
        "helpers.py": "def f():\n    return 1\n",
        "random.py": "raise ImportError('found first')\n",
        "deeper/__init__.py": "",
        "deeper/inner.py": "from helpers import f\ndef g():\n    return f() + 1\n",
    }
    with submission(source, beside=beside) as code:
        assert code.work() == (1, 2, "student/helpers.py", "def g()", "random")
    with (
        submission(source.replace(reach, ""), beside=beside) as code,
        pytest.raises(StudentError) as caught,
    ):
        code.work()
    assert caught.value.failure.type_name == "ModuleNotFoundError"


def test_a_user_that_is_not_there_and_a_lock_that_is_not_taken_are_errors(submission):
    source = """
        import os, pwd, torch
        from multiprocessing import RLock
        def nobody():
            return pwd.getpwuid(os.getuid() + 1)
        def release():
            RLock().release()
        def threads():
            torch.set_num_threads(0)
        def touch():
            os.utime("nowhere")
    """
    with submission(source) as code:
        for name, error in (
            ("nobody", "KeyError"),
            ("release", "AssertionError"),
            ("threads", "RuntimeError"),
            ("touch", "FileNotFoundError"),
        ):
            with pytest.raises(StudentError) as caught:
                getattr(code, name)()
            assert caught.value.failure.type_name == error


FIGURES = {
    "at the top": """
        import matplotlib.pyplot as plt
        plt.plot([1])
        plt.show()
        def work():
            return plt.get_backend().lower()
        """,
    "with a window": """
        import matplotlib
        matplotlib.use("TkAgg")
        import matplotlib.pyplot as plt
        fig, axes = plt.subplots()
        axes.hist([1, 2, 2])
        plt.show(block=True)
        def work():
            return plt.get_backend().lower()
        """,
    "another window, later": """
        from matplotlib import pyplot as plt
        plt.switch_backend("QtAgg")
        plt.ion()
        def work():
            plt.plot([1])
            plt.pause(0.01)
            return plt.get_backend().lower()
        """,
    "in a function, to a file": """
        import os
        def work():
            import matplotlib.pyplot as plt
            plt.title("loss")
            plt.savefig("loss.png")
            plt.savefig("loss.pdf")
            assert os.path.getsize("loss.png") > 1000 < os.path.getsize("loss.pdf")
            return plt.get_backend().lower()
        """,
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("ahead", [True, False])
def test_figures_are_drawn_without_a_display(name, ahead, submission, zygote):
    source = FIGURES[name]
    with Zygote() if ahead else contextlib.nullcontext(zygote) as used:
        if ahead:
            used.import_libraries(libraries_in({"student/code.py": source.encode()}))
        elif "window" in name:
            pytest.skip("what asks for a window names matplotlib, so it is imported ahead")
        with submission(source, zygote=used) as code:
            assert code.work() == "agg"


def test_what_takes_long_is_imported_ahead_and_only_that(submission):
    assert libraries_in({"a.py": b"import torch", "b.py": b"x = 1"}) == []
    [library] = libraries_in({"a.py": b"import torch", "b.py": b"from matplotlib import pyplot"})
    source = "import sys\ndef ahead():\n    return 'matplotlib.pyplot' in sys.modules\n"
    with Zygote() as zygote:
        for expected in (False, True):
            with submission(source, zygote=zygote) as code:
                assert code.ahead() is expected
            with zygote.clone() as clone:
                clone.import_libraries([library])
                with submission(source, zygote=clone) as code:
                    assert code.ahead() is True
            zygote.import_libraries([library])
