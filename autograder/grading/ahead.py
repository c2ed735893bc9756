"""A class's tests ask the same of every submission: ask ahead what is known, and judge no answer twice.

What a test asks a worker on one of its examples is learnt from submissions that passed there. The next submission's
worker is sent all of that at once, for all examples of a test. Answers that are equal in every bit to some that have
passed pass again; on any others the test itself runs, with the answers at hand. A test that then asks something else
starts again with a new worker that is asked one thing after the other.

So no verdict is another one than without it, because a test has nothing else to judge by. That rests on these premises
(`tests/autograder/grading/test_ahead.py` fails without each):

1. Answers are those to the same requests on the same example: its number and what was asked are in their name.
2. Every bit of the answers is in it, too: heads, texts and buffers, of each and in their order.
3. What a test draws for itself on an example is the same for every submission (`Suite` seeds it by the example), and so
   is what the worker's generators give (`Session.next` sends their seed).
4. Nobody answers the worker: what it asks back is decided by the submission, so a script ends there for good (`Recorder`).
5. The examples of a test share no object of the submission: where a fixture has made one, each example asks in turn.
"""

import collections
import contextlib
import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autograder.isolation.grader.ahead import DivergedError, Playback, Recorder
from autograder.isolation.grader.proxies import RemoteTarget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire.errors import StudentError
from autograder.isolation.wire.frames import RawFrame

_MISSES = 3  # in a task of a submission, before nothing is asked ahead any more
_PATIENCE = 2  # submissions that ask something else, at least, before a script is cut
_LOOK_ON = 1.0  # seconds of the processor, after which a test that has failed goes on no longer
_ROOM = 16 * 2**20  # bytes of requests in all
_HEARD = 100_000  # answers, at most, of which a process hears before a submission

Example = tuple[int, str, int]  # seed of the suite, test, number


class Script:
    """What a test asks on one example. A script that is `cut` ends where what is asked follows from what was answered."""

    def __init__(self, example: Example, asked: list[bytes]):
        self.example = example
        self.cut = False
        self.followed = 0  # submissions that were asked this, and others
        self.missed = 0
        self._ask(asked)

    def _ask(self, asked: list[bytes]) -> None:
        self.asked = asked
        self._common = len(asked)
        self._hash = hashlib.sha256(repr(self.example).encode() + b"".join(asked))

    def name(self, answers: Iterable[RawFrame]) -> bytes:
        """A name of these answers to this script, in which all of their bits count."""
        found = self._hash.copy()
        for frame in answers:
            for part in frame:  # the head has the lengths of the others
                found.update(part)
        return found.digest()

    def compare(self, asked: list[bytes]) -> None:
        """Note what was asked of a submission that did not follow this script."""
        pairs = zip(self.asked, asked, strict=False)
        same = list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        if len(same) == len(self.asked) and (self.cut or len(asked) == len(same)):
            self.followed += 1
        else:
            self.miss(len(same))

    def miss(self, count: int) -> None:
        """Note that a submission was asked something else after so many requests."""
        self.missed += 1
        self._common = min(self._common, count)
        if self.missed >= _PATIENCE and self.missed > self.followed:
            self._ask(self.asked[: self._common])
            self.cut = True
            self.followed = self.missed = 0


@dataclass
class Way:
    """How a submission fares in one task: `failed` is whether a test has failed, so that each gets its own worker, `slow`
    whether one ran into a time limit with nothing beside it."""

    failed: bool = False
    slow: bool = False
    misses: int = 0  # how often it was asked something else than others

    @property
    def lost(self) -> bool:
        """Whether there is no use in asking ahead."""
        return self.misses >= _MISSES


class Scripts:
    """The scripts of a suite, learnt as submissions are graded, and which answers have passed. Processes that are forked
    from one that has this tell each other what passed."""

    def __init__(self):
        self._known: dict[Example, Script] = {}
        self._room = _ROOM
        self._passing: set[bytes] = set()
        self._told = tempfile.TemporaryFile("a+b", buffering=0)  # noqa: SIM115 (as long as this object)
        self._heard = 0

    def find(self, example: Example) -> Script | None:
        """What is known of an example, unless that is nothing."""
        script = self._known.get(example)
        return script if script is not None and script.asked else None

    def learn(self, example: Example, recorded: Recorder) -> None:
        """Take over what passed."""
        script = self._known.get(example)
        if script is not None:
            script.compare(recorded.asked or [])
        elif recorded.asked and self._room > 0:
            self._room -= sum(map(len, recorded.asked))
            script = self._known[example] = Script(example, recorded.asked)
            script.followed = 1
            self.passed(script.name(recorded.answered))

    def passes(self, name: bytes) -> bool:
        """Whether answers of this name have passed."""
        return name in self._passing

    def passed(self, name: bytes) -> None:
        """Remember that answers of this name have passed."""
        if name not in self._passing:
            self._passing.add(name)
            self._told.write(name)  # to the end of the file, whoever else writes

    def listen(self) -> None:
        """Learn what passed in other processes."""
        size = hashlib.sha256().digest_size
        told = os.pread(self._told.fileno(), _HEARD * size, self._heard)
        whole = len(told) - len(told) % size
        self._passing.update(told[at : at + size] for at in range(0, whole, size))
        self._heard += whole


@dataclass(frozen=True)
class Judged:
    """What a test had used when its verdict was known: nothing that comes after counts. `doubtful` is that of a session."""

    spent: float
    doubtful: bool


class AheadTarget(RemoteTarget):
    """The target of one test of one submission, whose examples run one after the other."""

    def __init__(
        self,
        start: Callable[[], Session],
        seed: Callable[[int], int],
        key: Callable[[int], Example],
        scripts: Scripts | None,
        way: Way,
    ):
        """
        Args:
            start: gives a loaded session.
            seed: of a worker's generators, by the number of an example.
            key: what scripts call an example, by its number.
            scripts: None where nothing is asked ahead.
            way: what is known of the submission's task.
        """
        super().__init__(self._open)
        self._start_worker, self._seed, self._key = start, seed, key
        self._scripts, self._way = scripts, way
        self._ahead: collections.deque[Script] = collections.deque()
        self._recorder: Recorder | None = None
        self._number: int | None = None  # of the running example
        self._reach = 1  # examples to ask together where the next is likely to be the last
        self.judged: Judged | None = None  # None while nothing has failed
        self._whole = False  # whether the examples share something of the submission

    @property
    def idle(self) -> bool:
        """Whether all that was sent ahead has been answered."""
        return not self._ahead

    def goes_on(self) -> bool:
        if self.session is None:
            return False
        spent, doubtful = self.session.budget.spent, self.session.loaded.doubtful
        if self.judged is None:
            self.judged = Judged(spent, doubtful)
        return not doubtful and self.session.usable and spent - self.judged.spent < _LOOK_ON

    def example(self, number: int, count: int, body: Callable[[], None]) -> None:
        if number == 0:
            self._whole = self.session is not None  # a fixture has made something for all of them
        if self._whole:
            body()
            return
        self._number, self._recorder = number, None
        script = self._ahead.popleft() if self._ahead else self._send_ahead(count)
        if script is None or not self._follow(script, body):
            self._ask(body)

    def _ask(self, body: Callable[[], None]) -> None:
        """Run an example that asks one thing after the other."""
        if self.session is not None:
            self.session = self._recorded(self.session)
        body()
        if self._recorder is not None:
            self._scripts.learn(self._key(self._number), self._recorder)

    def _open(self) -> Session:
        session = self._start_worker()
        return session if self._number is None else self._recorded(session)

    def _next(self, session: Session) -> Session:
        """A session of the running example."""
        return session.next(session.budget, self._seed(self._number), self._number)

    def _recorded(self, session: Session) -> Session:
        """The same, in a class with a record of what is asked."""
        following = self._next(session)
        if self._scripts is not None:
            following.channel = self._recorder = Recorder(following.worker.connection)
        return following

    def _send_ahead(self, count: int) -> Script | None:
        """Send what this example and those after it are going to ask, as far as it is known; the script of this one."""
        found: list[Script] = []
        if self._scripts is not None and not self._way.lost:
            reach = self._reach if self._way.failed else count
            self._reach *= 2
            for number in range(self._number, min(count, self._number + reach)):
                script = self._scripts.find(self._key(number))
                if script is None:
                    break
                found.append(script)
                if script.cut:
                    break
        if not found:
            return None
        if self.session is None:
            try:
                self.session = self._start_worker()
            except StudentError:  # the test will meet it when it asks
                return None
        if self.session.lost:
            return None
        asked = itertools.chain.from_iterable(each.asked for each in found)
        self.session.worker.connection.send_ahead(b"".join(asked))
        self._ahead.extend(found[1:])
        return found[0]

    def _follow(self, script: Script, body: Callable[[], None]) -> bool:
        """Judge the answers to a script; False if the test asks something else, and has to run again."""
        session = self.session = self._next(self.session)
        connection = session.worker.connection if script.cut else None
        session.channel = playback = Playback(script.asked, connection)
        with contextlib.suppress(DivergedError):
            answers = session.collect(len(script.asked))
            whole = answers.end is None and not script.cut
            found = script.name(answers.frames)
            if whole and self._scripts.passes(found):
                script.followed += 1
                return True
            playback.take(answers)
            body()
            if playback.complete:
                script.followed += 1
                if whole:
                    self._scripts.passed(found)
                return True
        script.miss(playback.count)
        self._way.misses += 1
        session.close()
        self.session = None
        self._ahead.clear()
        return False
