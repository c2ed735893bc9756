"""A zygote for all tests of the isolation, and a way to run code of a submission under a test's hands."""

import contextlib
import sys
import textwrap

import pytest

from autograder.isolation.grader import proxies
from autograder.isolation.grader.host import Zygote
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.proxies import RemoteTarget, StudentPackages, bound_to
from autograder.isolation.grader.session import Session


@pytest.fixture(scope="session")
def zygote():
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def submission(zygote):
    """`with submission(source) as module:` gives the proxied module `student.code` of that source."""

    @contextlib.contextmanager
    def open_submission(
        source: str,
        call: float = 5.0,
        memory: int = 2**29,
        forbidden=None,
        skip=(),
        beside=(),
        zygote=zygote,
    ):
        sessions = []

        def start() -> Session:
            session = Session(
                zygote.start_worker(memory=memory, cpu=20), Budget(call=call, test=20.0)
            )
            files = {
                "student/__init__.py": b"",
                "student/code.py": textwrap.dedent(source).encode(),
                **{f"student/{name}": text.encode() for name, text in dict(beside).items()},
            }
            session.load(files, "student.code", seed=0, forbidden=forbidden or {}, skip=skip)
            sessions.append(session)
            return session

        with StudentPackages({"student"}, {"student.code"}), bound_to(RemoteTarget(start)):
            import student.code

            try:
                yield student.code
            finally:
                for session in sessions:
                    session.close()
                sys.modules.pop("student.code", None)

    return open_submission


@pytest.fixture
def next_test():
    """Inside `with submission(...)`, `next_test(seed)` goes on with the same worker as another test would."""

    def begin(seed: int = 0) -> None:
        target = proxies.current_target()
        target.session = target.session.next(Budget(call=5.0, test=20.0), seed)

    return begin
