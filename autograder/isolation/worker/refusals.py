"""Which of the things that a worker cannot have an exception is about, so that the student can be told what to do."""

import errno
import os

_NOTEBOOK_NAMES = {"get_ipython", "display"}
_NOTEBOOK_MODULES = {"IPython", "google", "ipywidgets"}
_WINDOWS = {"tkinter", "_tkinter", "turtle"}
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_REFUSED = {errno.EPERM, errno.EACCES, errno.EROFS}
# Where the exception comes from -> what it is about; the first that fits counts.
_LIBRARIES = {
    "torch.utils.data": "loader",
    "asyncio": "asyncio",
    "multiprocessing": "processes",
    "concurrent.futures.process": "processes",
    "subprocess": "processes",
    "socket": "network",
    "urllib": "network",
    "http": "network",
    "requests": "network",
    "ssl": "network",
}
# What libraries say without an errno -> what it is about.
_WORDS = {
    "strerror: Permission denied": "outside",
    "strerror: Read-only file system": "outside",
    "shared memory": "processes",
    "no internet connection": "network",
    "requested and": "full",  # numpy, "9 requested and 7 written"
}


def refusal(error: BaseException) -> str | None:
    """The kind (see `wire.refusals`), None for an exception that is about something else."""
    if isinstance(error, SyntaxError):
        return "python"
    if isinstance(error, NameError):
        return "notebook" if error.name in _NOTEBOOK_NAMES else None
    if isinstance(error, ModuleNotFoundError):
        return _missing(str(error.name).partition(".")[0])
    if isinstance(error, EOFError):
        return "input" if "reading a line" in str(error) else None
    if type(error).__name__ == "TclError":
        return "display"
    if isinstance(error, OSError) and (kind := _of_the_system(error)):
        return kind
    if isinstance(error, RuntimeError | OSError):
        return next((kind for words, kind in _WORDS.items() if words in str(error)), None)
    return None


def _missing(module: str) -> str:
    if module in _NOTEBOOK_MODULES:
        return "notebook"
    return "display" if module in _WINDOWS else "module"


def _of_the_system(error: OSError) -> str | None:
    if error.errno in _FULL:
        return "full"
    path = os.path.abspath(error.filename) if isinstance(error.filename, str) else None
    modules = _modules(error)
    if path is None or "multiprocessing.shared_memory" in modules:
        for name, kind in _LIBRARIES.items():
            if any(module == name or module.startswith(f"{name}.") for module in modules):
                return kind
    if error.errno in _REFUSED:
        if path is None:
            return "system" if error.errno == errno.EPERM else None
        home = os.environ.get("HOME", "")
        return "own files" if path.startswith(f"{home}/") else "outside"
    return "no file" if error.errno == errno.ENOENT and path is not None else None


def _modules(error: BaseException) -> list[str]:
    """The modules that the exception came through."""
    found, place = [], error.__traceback__
    while place is not None:
        found.append(str(place.tb_frame.f_globals.get("__name__")))
        place = place.tb_next
    return found
