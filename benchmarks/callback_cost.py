"""What it costs that student code calls a function of the test, as a decoder calls the `step` of a test's model.

    python -m benchmarks.callback_cost [CALLS] [ROUNDS]

CPU microseconds of a call, of all rounds the cheapest: in the function itself, in the student's loop around it, and for
the way there and back. The same function in a loop of its own is several times as fast as between two waits, after which
caches are cold: that part no format of frames can save.
"""

import os
import sys
import time

import torch
from rich.console import Console
from rich.table import Table

from autograder.isolation.grader.host import Worker, Zygote
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire import protocol

_SOURCE = b"""
import time

import torch


def decode(step, state, count):
    spent, last = 0, torch.tensor([1])
    for _ in range(count):
        log_probs, state = step(last, state)
        started = time.thread_time_ns()
        last = torch.tensor([int(log_probs[0].argmax())])
        spent += time.thread_time_ns() - started
    return spent / 1000
"""


class Model:
    """A table of rates; it knows how long its step took."""

    def __init__(self):
        self.table = torch.randn(8, 8)
        self.spent = 0.0

    def step(self, tokens, state):
        started = time.thread_time_ns()
        result = torch.log_softmax(self.table[tokens] + state[:, :1], dim=-1), state + 1
        self.spent += (time.thread_time_ns() - started) / 1000
        return result


def measure(worker: Worker, calls: int, rounds: int) -> dict[str, float]:
    """Microseconds of one call."""
    session = Session(worker, Budget(call=600, test=3600))
    session.load({"student/code.py": _SOURCE}, "student.code", seed=0)

    def once() -> dict[str, float]:
        model, started = Model(), time.process_time()
        before = _cpu(worker)
        arguments = [model.step, torch.zeros(1, 4), calls]
        target = {"n": ["student.code", "decode"]}
        loop = session.request(protocol.Call, target=target, args=arguments, kwargs={})
        there = _cpu(worker) - before
        here = (time.process_time() - started) * 1e6
        found = {"the function": model.spent, "the loop": loop}
        found["there and back, grader"] = here - model.spent
        found["there and back, worker"] = there - loop
        return {name: spent / calls for name, spent in found.items()}

    once()
    return min((once() for _ in range(rounds)), key=lambda found: sum(found.values()))


def alone(calls: int) -> float:
    """Microseconds of the function in a loop of its own."""
    model, state, tokens = Model(), torch.zeros(1, 4), torch.tensor([1])
    for _ in range(calls):
        model.step(tokens, state)
    return model.spent / calls


def _cpu(worker: Worker) -> float:
    """Microseconds that a worker has spent so far (Linux)."""
    with open(f"/proc/{worker.pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1000


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.set_num_threads(1)
    with Zygote() as zygote:
        found = measure(zygote.start_worker(memory=2**29, cpu=3600), calls, rounds)
    found["together"] = sum(found.values())
    found["the function in a loop of its own"] = alone(calls)
    load = os.getloadavg()[0]
    table = Table(title=f"a call of the test's function, load {load:.0f}", title_justify="left")
    table.add_column("what")
    table.add_column("CPU µs", justify="right")
    for what, spent in found.items():
        table.add_row(what, f"{spent:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
