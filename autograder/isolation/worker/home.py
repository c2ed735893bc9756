"""The private folder as a submission finds it: its own files, read-only, and room for what it writes.

What importing the submission makes stays, like what its modules remember. What a test makes is gone before the next one
begins. Student code runs in this process and can prevent that, as it can remember anything; no other worker sees it.
"""

import contextlib
import os


class Home:
    def __init__(self, path: str):
        self.path = path
        self._kept: set[str] = set()  # below the folder

    def write(self, files: dict[str, bytes]) -> None:
        """Put a submission's files there. Those for which there is no room are left out: importing needs none."""
        made = {self.path}
        with contextlib.suppress(OSError):
            for path, source in files.items():
                place = os.path.join(self.path, path)
                self._make(os.path.dirname(place), made)
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
                os.write(descriptor, source)
                os.close(descriptor)

    def _make(self, folder: str, made: set[str]) -> None:
        if folder not in made:
            self._make(os.path.dirname(folder), made)
            os.mkdir(folder)
            made.add(folder)

    def keep(self) -> None:
        """Let what is there stay."""
        self._kept = {entry.path for entry in self._entries()}

    def start_over(self) -> None:
        """Remove what came since then, and work in the folder again."""
        os.chdir(self.path)
        for entry in reversed([each for each in self._entries() if each.path not in self._kept]):
            remove = os.rmdir if entry.is_dir(follow_symlinks=False) else os.unlink
            with contextlib.suppress(OSError):
                remove(entry.path)

    def _entries(self) -> list[os.DirEntry]:
        """All that lies in the folder, each behind the folder that it is in."""
        found, waiting = [], [self.path]
        while waiting:
            with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    found.append(entry)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        return found
