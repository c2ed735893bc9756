"""Cheats: programs that answer every call of a task with something trivial. None may earn a point."""

from collections.abc import Iterator

from autograder.course.policy import TaskPolicy

# What stands in for the answer of a call; `first` is its first argument.
_ANSWERS = {
    "zeros": "_change(answer, torch.zeros_like, 0)",
    "ones": "_change(answer, torch.ones_like, 1)",
    "nan": "_change(answer, lambda t: torch.full_like(t, float('nan')) if t.is_floating_point() else t * 0, float('nan'))",
    "the first argument": "first",
    "nothing": "None",
}

_WRAPPER = """


import functools as _functools

import torch


def _change(value, tensor, number):
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return type(value)(number) if number == number else float("nan")
    if isinstance(value, str):
        return ""
    if isinstance(value, (tuple, list)):
        return type(value)(_change(item, tensor, number) for item in value)
    if isinstance(value, dict):
        return {{key: _change(item, tensor, number) for key, item in value.items()}}
    return value


def _cheat(function, is_method):
    @_functools.wraps(function)
    def wrapper(*args, **kwargs):
        answer = function(*args, **kwargs)
        given = [*args[is_method:], *kwargs.values()]
        first = given[0] if given else None
        return {answer}

    return wrapper


for _name in {names!r}:
    _found = globals()[_name]
    if isinstance(_found, type):
        for _method, _function in list(vars(_found).items()):
            if callable(_function) and (not _method.startswith("__") or _method in {special!r}):
                setattr(_found, _method, _cheat(_function, True))
    else:
        globals()[_name] = _cheat(_found, False)
"""
_SPECIAL = ("__len__", "__getitem__", "__contains__", "__call__")


def cheats_of(
    reference: dict[str, bytes], task: TaskPolicy
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Name and files of each cheat on one task: the reference, its answers thrown away."""
    path = task.module.replace(".", "/") + ".py"
    for name, answer in _ANSWERS.items():
        wrapper = _WRAPPER.format(answer=answer, names=task.names, special=_SPECIAL)
        yield name, {**reference, path: reference[path] + wrapper.encode()}
