"""Import a package from sources in memory: nothing is written to disk, and nothing beside the sources can be reached."""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from pathlib import PurePosixPath


class MemoryFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules among `files` (path -> source bytes) and, for their packages, nowhere else."""

    def __init__(self, files: dict[str, bytes]):
        self.sources: dict[str, tuple[str, bytes, bool]] = {}
        for path, source in files.items():
            parts = list(PurePosixPath(path).with_suffix("").parts)
            is_package = parts[-1] == "__init__"
            if is_package:
                parts.pop()
            self.sources[".".join(parts)] = (path, source, is_package)
        self.tops = {name.partition(".")[0] for name in self.sources}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.tops:
            return None
        if name in self.sources:
            origin, _, is_package = self.sources[name]
            return importlib.util.spec_from_loader(name, self, origin=origin, is_package=is_package)
        if any(known.startswith(name + ".") for known in self.sources):  # a folder without __init__
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module) -> None:
        name = module.__spec__.name
        if name not in self.sources:
            return
        path, source, _ = self.sources[name]
        module.__file__ = path
        code = compile(source, path, "exec", dont_inherit=True)
        exec(code, module.__dict__)

    def install(self) -> None:
        sys.meta_path.insert(0, self)
