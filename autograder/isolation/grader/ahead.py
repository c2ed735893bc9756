"""Requests that are known before a test asks them, because it asked the same of another submission.

They are sent all at once, so that a worker need not wait for the grader between them. `Recorder` stands where a session
has its connection and writes down what is asked and answered; `Playback` stands there afterwards: it lets a test ask
what has been sent ahead, and nothing else, and gives it the answers that came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.isolation.wire.frames import Connection, Deadline, ProtocolError, RawFrame, pack

MAX_RECORDED = 2**20  # bytes of requests; longer ones are asked one by one


class DivergedError(BaseException):
    """A test asks something else than was sent ahead. No Exception: a test that expects one must not take it for that."""


@dataclass(frozen=True)
class Answers:
    """What a worker answered to requests that were sent ahead. `end` is why there are not more."""

    frames: list[RawFrame]
    end: TimeoutError | ConnectionError | ProtocolError | None = None


class Recorder:
    """A connection, and what goes through it: `asked`, or None when it cannot be asked ahead, and `answered`."""

    def __init__(self, connection: Connection):
        self.asked: list[bytes] | None = []
        self.answered: list[RawFrame] = []
        self._connection = connection
        self._room = MAX_RECORDED

    def send(self, tree, buffers, deadline: Deadline | None) -> None:
        if self.asked is not None:
            request = b"".join(pack(tree, buffers))
            self._room -= len(request)
            self.asked.append(request)
            if self._room < 0:
                self._give_up()
        self._connection.send(tree, buffers, deadline)

    def receive(self, deadline: Deadline | None) -> tuple[object, bytearray]:
        frame = self._connection.receive_raw(deadline)
        tree, buffer = frame.parse()
        if self.asked is not None:
            self.answered.append(frame)
            if type(tree) is dict and ("callback" in tree or "callback_backward" in tree):
                self._give_up()  # what comes next answers the worker, and may follow from what it asks
        return tree, buffer

    def _give_up(self) -> None:
        self.asked = None
        self.answered.clear()


class Playback:
    """What a session has in place of its connection when requests were sent ahead; `take` brings the answers. With a
    connection, what the test asks after that goes there."""

    def __init__(self, asked: Sequence[bytes], connection: Connection | None = None):
        self.count = 0  # of requests that the test has asked
        self._asked = asked
        self._answered: Iterator[RawFrame] = iter(())
        self._end: Exception | None = None
        self._connection = connection

    def take(self, answers: Answers) -> None:
        """Give the test these answers to what was sent ahead."""
        self._answered, self._end = iter(answers.frames), answers.end

    @property
    def complete(self) -> bool:
        """Whether the test has asked all that was sent ahead."""
        return self.count == len(self._asked)

    def send(self, tree, buffers, deadline: Deadline | None) -> None:
        if not self.complete:
            if self._asked[self.count] != b"".join(pack(tree, buffers)):
                raise DivergedError
            self.count += 1
        elif self._connection is not None:
            self._connection.send(tree, buffers, deadline)
        else:
            raise DivergedError

    def receive(self, deadline: Deadline | None) -> tuple[object, bytearray]:
        frame = next(self._answered, None)
        if frame is not None:
            return frame.parse()
        if self._end is not None:
            raise self._end
        return self._connection.receive(deadline)
