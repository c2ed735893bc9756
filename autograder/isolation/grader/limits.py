"""How long the calls of a test may take, whatever else the machine has to do.

What counts is processor time: of the worker, and of the grader while it asks, reads answers and runs functions of the test
for the worker.
Who sleeps or waits uses none, and is given `PATIENCE` times as long. Time in which worker or grader were ready and had
no core is nobody's: how much there is of it says how busy the machine was.
"""

import contextlib
import time
from collections.abc import Iterator

from autograder.isolation.grader.clocks import Clock, own_delay

PATIENCE = 2.0  # seconds of waiting for each second of a limit
_STARVED = 10.0  # the same for a process that is ready when it is looked at: some systems hide that it had no core
_SHORT = 0.02  # seconds; in an exchange that is over by then nobody asks the system who had no core
_LOOK_AGAIN = 0.01  # seconds, at least, between two looks at the clocks


class Budget:
    """What the calls of one test may take: `call` for each, `test` in all, in seconds."""

    def __init__(self, call: float, test: float):
        self.call, self.test = call, test
        self.waited = 0.0  # seconds on the clock in which an answer was awaited
        self._clock: Clock | None = None
        self._own = 0.0  # processor seconds of the grader
        self._since: float | None = (
            None  # of the grader's thread, while it is at work for the worker
        )

    def start(self, clock: Clock) -> None:
        """Begin to count what a worker uses, unless that has begun."""
        if self._clock is None:
            self._clock = clock
            self._started, self._used = time.monotonic(), clock.used()
            self._delays = self._delayed()

    def used(self) -> float:
        """Processor seconds so far."""
        return self._clock.used() - self._used + self._own + self._working()

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """For the length of a with statement: what the grader does counts, too."""
        if self._since is not None:
            yield
            return
        self._since = time.thread_time()
        try:
            yield
        finally:
            self._own += self._working()
            self._since = None

    def _working(self) -> float:
        return 0.0 if self._since is None else time.thread_time() - self._since

    def delayed(self) -> float:
        """Seconds for which worker or grader had no core so far."""
        return self._delayed() - self._delays

    def _delayed(self) -> float:
        return self._clock.delayed() + own_delay()

    def ready(self) -> bool:
        """Whether the worker computes, or would with a core."""
        return self._clock.ready()

    @property
    def spent(self) -> float:
        """What counts against the limit of the test, in its seconds."""
        waited = max(self.waited - self.delayed(), 0.0)
        return max(self.used(), waited / PATIENCE)

    @property
    def starved(self) -> bool:
        """Whether others had so much of the machine that it may have made the worker slower."""
        passed = time.monotonic() - self._started
        return self.delayed() > 0.1 * passed


class Allowance:
    """What one exchange with a worker may take; what a connection takes for a deadline.

    Args:
        since: what was used of the budget when the worker began with it, if that is not now.
        nested: whether another exchange waits for this one, so that its time is not counted twice.
    """

    def __init__(self, budget: Budget, since: float | None = None, nested: bool = False):
        self._budget = budget
        self._started = time.monotonic()
        self._since = budget.used() if since is None else since
        left = budget.test - self._since
        if budget.waited > PATIENCE * budget.test / 2:  # else it is not worth looking
            left = min(left, budget.test - budget.spent)
        self._limit = min(budget.call, left)
        self._nested = nested
        self._counted = 0.0  # seconds on the clock that the budget knows of
        self._delays: float | None = None
        self._waits = False  # whether it was over because of waiting

    def remaining(self) -> float:
        """Seconds after which it may be over, not before; 0 when it is."""
        passed = time.monotonic() - self._started
        if self._delays is None:
            if passed < min(_SHORT, self._limit):
                return min(_SHORT, self._limit) - passed
            self._delays = self._budget.delayed()
        if passed < self._limit:
            return self._limit - passed
        computing = self._limit - self._used()
        waiting = PATIENCE * self._limit - self._waited(passed)
        if waiting <= 0 and self._budget.ready():
            waiting += (_STARVED - PATIENCE) * self._limit
        self._waits = waiting < computing
        left = min(computing, waiting)
        return max(left, _LOOK_AGAIN) if left > 0 else 0.0

    def _used(self) -> float:
        return self._budget.used() - self._since

    def _waited(self, passed: float) -> float:
        return passed - (self._budget.delayed() - self._delays)

    def expired(self) -> TimeoutError:
        """The error for its end, in words for people."""
        budget = self._budget
        if self._limit < budget.call:
            said = f"your code took longer than the {budget.test:g} s that this test may take"
        else:
            said = f"a call of your code did not return within {budget.call:g} s"
        idle = ", though it computed little: does it sleep, or wait for something?"
        return TimeoutError(said + (idle if self._waits else " of processor time"))

    def check(self) -> None:
        """Look whether what has come is in time.

        Raises:
            TimeoutError: it is not; on a busy machine nobody may have looked before.
        """
        passed = time.monotonic() - self._started
        if not self._nested:
            self._budget.waited += passed - self._counted
            self._counted = passed
        # Without a look in between it is not known how much of the time there was no core.
        late = passed > self._limit and self._delays is not None and self.remaining() <= 0
        if late or self._used() > self._limit:
            raise self.expired()
