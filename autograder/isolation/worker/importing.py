"""Import a package from sources in memory. Nothing beside the sources can be reached, whatever lies in the folder."""

import importlib.abc
import importlib.util
import os
import sys


class MemoryFinder(importlib.abc.MetaPathFinder):
    """Finds modules among `files` (path -> source bytes) and, for their packages, nowhere else.

    An entry of `sys.path` that names one of their folders leads to the modules in it, as it would at home. Python and
    inspect get the source from the loader, so that they need no file.
    """

    def __init__(self, files: dict[str, bytes], root: str | None = None):
        """
        Args:
            files: paths are relative, with slashes.
            root: where they lie; None if they lie nowhere.
        """
        self.files = files
        self.root = root
        self.folders = {"."}
        for path in files:
            while path := path.rpartition("/")[0]:
                self.folders.add(path)
        self.tops = {path.partition("/")[0].removesuffix(".py") for path in files}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.tops:
            return None
        return self.find(name, name.replace(".", "/"))

    def find(self, name: str, place: str):
        """The spec of a module, given its path without what files end in."""
        for file in (f"{place}/__init__.py", f"{place}.py"):
            if file in self.files:
                return self._spec(name, file, file.endswith("/__init__.py"))
        if place in self.folders:  # a folder without __init__
            return self._spec(name, None, True)
        return None

    def _spec(self, name: str, file: str | None, is_package: bool):
        loader = _Loader(self, name, file)
        spec = importlib.util.spec_from_loader(name, loader, is_package=is_package)
        if file is not None:
            spec.origin = self.place(file)
            if is_package:
                spec.submodule_search_locations = [os.path.dirname(spec.origin)]
        return spec

    def place(self, file: str) -> str:
        """Where a file lies."""
        return file if self.root is None else os.path.join(self.root, file)

    def entry(self, path: str) -> "_Entry":
        """What an entry of `sys.path` stands for (see `sys.path_hooks`)."""
        folder = os.path.relpath(path, self.root)
        if folder not in self.folders:
            raise ImportError(f"{path} is no folder of the submission")
        return _Entry(self, "" if folder == "." else f"{folder}/")

    def install(self) -> None:
        sys.meta_path.insert(0, self)
        sys.path_hooks.insert(0, self.entry)


class _Entry(importlib.abc.PathEntryFinder):
    """A folder of the submission in `sys.path`: what its paths begin with."""

    def __init__(self, finder: MemoryFinder, start: str):
        self.finder = finder
        self.start = start

    def find_spec(self, name, target=None):
        return self.finder.find(name, self.start + name.rpartition(".")[2])


class _Loader(importlib.abc.InspectLoader):
    """Runs one file, or nothing for a folder."""

    def __init__(self, finder: MemoryFinder, name: str, file: str | None):
        self.finder = finder
        self.name = name
        self.file = file

    def is_package(self, name):
        return self.file is None or self.file.endswith("/__init__.py")

    def get_source(self, name):
        source = self.finder.files.get(self.file)
        return None if source is None else importlib.util.decode_source(source)

    def exec_module(self, module) -> None:
        if self.file is None:
            return
        module.__file__ = self.finder.place(self.file)
        # Places in errors are told as the student knows them, whatever the folder is called.
        code = compile(self.finder.files[self.file], self.file, "exec", dont_inherit=True)
        exec(code, module.__dict__)
