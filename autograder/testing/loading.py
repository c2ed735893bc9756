"""Importing a program that exists only in memory, in this process, under a name of its own.

For trusted programs alone: the reference with one change. A submission never comes here; its code
runs in an isolated worker.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import itertools
import linecache
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

_numbers = itertools.count(1)


class LoadedProgram(dict[str, ModuleType]):
    """The modules of a program by the names they have in a submission, such as "recurrent.cells".

    `close()`, or leaving the `with` block, forgets the modules and their source. What was taken
    from them still works, except imports that run only then.
    """

    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root

    def close(self) -> None:
        """Forget the program; doing it again does nothing."""
        _finder.forget(self._root)

    def __enter__(self) -> LoadedProgram:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def load_program(files: Mapping[str, bytes], package: str) -> LoadedProgram:
    """Import every module of `package` from sources in memory.

    The package gets a private name, so that many programs with the same modules can be loaded side
    by side; its relative imports work. Nothing is written to disk. Tracebacks show the source.

    Args:
        files: contents by path, such as "recurrent/cells.py"; other files than the Python
            files of the package are left alone. A missing `__init__.py` is empty.
        package: the package to import.

    Raises:
        ValueError: there is no Python file in `package`.
        Exception: whatever a module raises; nothing of the program stays behind.
    """
    root = f"{package}__program_{next(_numbers)}"
    sources: dict[str, tuple[str, bytes]] = {}
    for path in sorted(files):
        parts = PurePosixPath(path).with_suffix("").parts
        if len(parts) < 2 or parts[0] != package or not path.endswith(".py"):
            continue
        for depth in range(1, len(parts)):  # the packages around it
            folder = "/".join(parts[:depth])
            sources.setdefault(".".join(parts[:depth]), (f"{folder}/__init__.py", b""))
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        sources[name] = (path, files[path])
    if not sources:
        raise ValueError(f"there is no Python file in the folder {package}/")

    program = LoadedProgram(root)
    _finder.add(root, {root + name[len(package) :]: entry for name, entry in sources.items()})
    try:
        for name in sources:
            program[name] = importlib.import_module(root + name[len(package) :])
    except BaseException:
        program.close()
        raise
    return program


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds and loads the modules of all programs; on `sys.meta_path` while there are any."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[str, bytes]] = {}

    def add(self, root: str, sources: dict[str, tuple[str, bytes]]) -> None:
        """Make a program importable: by full module name, the path in the program, the source."""
        if not self._sources:
            sys.meta_path.insert(0, self)
        for name, (path, source) in sources.items():
            self._sources[name] = (f"<{root}>/{path}", source)
            filename, text = self.get_filename(name), self.get_source(name)
            # No time of change: `linecache.checkcache` then does not look for the file.
            linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)

    def forget(self, root: str) -> None:
        """Undo `add` and every import from the program."""
        for name in [n for n in self._sources if n == root or n.startswith(f"{root}.")]:
            filename, _ = self._sources.pop(name)
            linecache.cache.pop(filename, None)
            sys.modules.pop(name, None)
        if not self._sources and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """The specification of a module of a program, None for all other modules."""
        if fullname not in self._sources:
            return None
        filename, is_package = self.get_filename(fullname), self.is_package(fullname)
        spec = ModuleSpec(fullname, self, origin=filename, is_package=is_package)
        spec.has_location = True  # so that `__file__` is set, for `inspect.getsource`
        return spec

    def is_package(self, fullname: str) -> bool:
        """Whether the module is the `__init__` of a package."""
        return self.get_filename(fullname).endswith("/__init__.py")

    def get_filename(self, fullname: str) -> str:
        """What tracebacks call the file."""
        return self._entry(fullname)[0]

    def get_source(self, fullname: str) -> str:
        """The text of the module."""
        return importlib.util.decode_source(self._entry(fullname)[1])

    def _entry(self, fullname: str) -> tuple[str, bytes]:
        try:
            return self._sources[fullname]
        except KeyError:
            raise ImportError(f"{fullname} is in no loaded program", name=fullname) from None


_finder = _Finder()
