"""Limits of time: what a program computes and how long it waits count, what others do to the machine does not."""

import os
import subprocess
import sys
import time

import pytest

from autograder.isolation.grader import clocks, limits
from autograder.isolation.grader.clocks import Clock
from autograder.isolation.grader.limits import PATIENCE, Allowance, Budget


class Machine:
    """A machine of one worker whose time passes when a test says so."""

    def __init__(self):
        self.now = self.computed = self.lacked = self.grader_lacked = 100.0
        self.is_ready = False

    def computes(self, seconds: float, share: float = 1.0) -> None:
        """The worker computes for so many seconds, with that share of a core."""
        self.now += seconds / share
        self.computed += seconds
        self.lacked += seconds / share - seconds

    def waits(self, seconds: float) -> None:
        self.now += seconds

    def grader_lacks(self, seconds: float) -> None:
        """The worker has answered, and the grader has no core in which to see that."""
        self.now += seconds
        self.grader_lacked += seconds

    # What a Clock has.

    def used(self) -> float:
        return self.computed

    def delayed(self) -> float:
        return self.lacked

    def ready(self) -> bool:
        return self.is_ready


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(limits.time, "monotonic", lambda: machine.now)
    monkeypatch.setattr(limits, "own_delay", lambda: machine.grader_lacked)
    return machine


def budget(machine: Machine, call: float = 5.0, test: float = 20.0) -> Budget:
    found = Budget(call, test)
    found.start(machine)
    return found


def begun(budget: Budget, machine: Machine) -> Allowance:
    """An allowance that has been looked at soon after it began, as a connection does."""
    allowance = Allowance(budget)
    allowance.remaining()
    machine.waits(2 * limits._SHORT)
    assert allowance.remaining() > 0
    return allowance


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
def test_what_a_program_computes_counts_on_any_machine(machine, share):
    allowance = begun(budget(machine), machine)
    machine.computes(4.9, share)
    assert allowance.remaining() > 0
    allowance.check()
    machine.computes(0.2, share)
    assert allowance.remaining() == 0
    with pytest.raises(TimeoutError, match=r"did not return within 5 s of processor time"):
        allowance.check()


def test_it_would_not_by_the_time_on_the_clock(machine):
    allowance = begun(budget(machine), machine)
    before = machine.now
    machine.computes(4.9, 0.05)
    assert machine.now - before > 90
    assert allowance.remaining() > 0


def test_an_answer_that_comes_too_late_is_late_whoever_sees_it_when(machine):
    allowance = Allowance(budget(machine))  # nobody has looked meanwhile
    machine.computes(5.1)
    with pytest.raises(TimeoutError):
        allowance.check()


def test_waiting_has_a_limit_of_its_own(machine):
    allowance = begun(budget(machine), machine)
    machine.waits(5 * PATIENCE - 0.1)
    assert allowance.remaining() > 0
    machine.waits(0.2)
    assert allowance.remaining() == 0
    assert "does it sleep" in str(allowance.expired())
    assert "within 5 s" in str(allowance.expired())


def test_that_the_grader_had_no_core_is_not_waiting(machine):
    allowance = begun(budget(machine), machine)
    machine.waits(4)
    machine.grader_lacks(60)
    allowance.check()
    machine.waits(7)
    with pytest.raises(TimeoutError):
        allowance.check()


def test_a_program_that_is_ready_gets_longer_where_the_system_hides_that_it_has_no_core(machine):
    allowance = begun(budget(machine), machine)
    machine.waits(5 * PATIENCE + 1)  # a virtual machine, or a container with a quota
    machine.is_ready = True
    assert allowance.remaining() > 0
    machine.waits(50)
    assert allowance.remaining() == 0


def test_several_threads_use_the_limit_up_together(machine):
    allowance = Allowance(budget(machine))
    machine.computes(6, share=4)
    assert machine.now < 105
    with pytest.raises(TimeoutError):
        allowance.check()


def test_a_test_has_a_limit_for_all_of_its_calls(machine):
    whole = budget(machine)
    for _ in range(4):
        allowance = Allowance(whole)
        machine.computes(4.5, share=0.1)
        allowance.check()
    assert whole.used() == pytest.approx(18)
    last = Allowance(whole)
    machine.computes(2.1, share=0.1)
    with pytest.raises(TimeoutError, match="the 20 s that this test may take"):
        last.check()


def test_a_test_has_a_limit_for_all_that_its_calls_wait(machine):
    whole, calls = budget(machine), 0
    with pytest.raises(TimeoutError, match="the 20 s that this test may take"):
        while True:
            allowance = begun(whole, machine)
            machine.waits(4.5)
            allowance.check()
            calls += 1
            assert calls < 20
    assert calls in (7, 8)  # 40 s are twice the limit


def test_calls_on_a_busy_machine_do_not_use_up_what_a_test_may_wait(machine):
    whole = budget(machine)
    for _ in range(100):
        allowance = begun(whole, machine)
        machine.computes(0.1, share=0.01)
        allowance.check()
    assert whole.spent == pytest.approx(10)
    assert whole.starved


def test_what_the_grader_does_for_a_worker_counts(machine, monkeypatch):
    monkeypatch.setattr(limits.time, "thread_time", lambda: machine.grader_lacked)
    whole = budget(machine)
    with whole.counting():
        allowance = Allowance(whole)
        machine.grader_lacks(3)  # here: computes
        assert whole.used() == pytest.approx(3)
        machine.computes(2.5)
        with pytest.raises(TimeoutError):
            allowance.check()
    machine.grader_lacks(3)
    assert whole.used() == pytest.approx(5.5)


BURN = (
    "import time\nwhile time.process_time() < 0.4: pass\nprint(time.process_time(), flush=True)\n"
)


def test_the_clock_of_another_process_says_what_it_computed():
    program = BURN + "time.sleep(0.3)\nprint(flush=True)\ninput()\n"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        clock = Clock(process.pid)
        said = float(process.stdout.readline())
        process.stdout.readline()
        used = clock.used()
        assert said - 0.01 <= used < said + 0.25  # less than what it slept
        while clock.ready():  # it is about to wait for input
            time.sleep(0.01)
        clock.stop()
        process.communicate("\n")
    assert clock.used() == pytest.approx(used, abs=0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
def test_the_clock_says_how_long_a_process_had_no_core():
    core = min(os.sched_getaffinity(0))
    program = f"import os; os.sched_setaffinity(0, [{core}])\n{BURN}input()\n"
    line = [sys.executable, "-c", program]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, **pipes) as one, subprocess.Popen(line, **pipes) as other:
        found = [Clock(process.pid) for process in (one, other)]
        for process in (one, other):
            process.stdout.readline()
        assert sum(clock.delayed() for clock in found) > 0.2
        for process in (one, other):
            process.communicate("\n")


def test_where_the_system_has_no_such_clock_the_time_on_the_clock_counts(monkeypatch):
    monkeypatch.setattr(clocks, "_library", lambda: None)
    clock = Clock(os.getpid())
    before = clock.used()
    time.sleep(0.05)
    assert clock.used() - before >= 0.05
