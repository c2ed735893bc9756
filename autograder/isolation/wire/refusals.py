"""What a worker cannot have, in words that say what to do. A worker names the kind; the words are the grader's."""

import sys

TEXTS = {
    "processes": "It starts another process, and there can be none while it is graded: do the work in this one, without "
    "subprocess and multiprocessing.",
    "loader": "A DataLoader with num_workers above 0 starts processes, and there can be none while it is graded: leave "
    "num_workers at 0.",
    "network": "It asks for the network, and there is none while it is graded: download nothing in the code that you hand in.",
    "asyncio": "asyncio needs sockets, and there are none while it is graded: call one function after the other.",
    "outside": "It opens a file outside its own folder, and there is nothing else while it is graded: write to the working "
    "directory or with tempfile, and read only what your code has written.",
    "own files": "It changes a file that you handed in, and those can only be read.",
    "no file": "It opens a file that is not there: only the Python files of your package are handed in.",
    "full": "Its folder is full: while it is graded it may write 32 MB in all, 8 MB in one file, and 1000 files.",
    "display": "It asks for a display, and there is none while it is graded: draw with matplotlib, or leave windows out.",
    "notebook": "This line belongs to a notebook: leave it out of the file that you hand in.",
    "module": "It imports a module that is neither among the files handed in nor installed where they are graded: use what "
    "requirements.txt names.",
    "input": "It waits for input, and nobody is there to answer: leave input() out.",
    "python": f"It is read by Python {sys.version_info.major}.{sys.version_info.minor}, which does not know what newer "
    "versions have added.",
    "system": "It asks the system for something that no program may have while it is graded.",
}  # fmt: skip


def text_for(kind: object) -> str:
    """The words for a kind that a worker names; none for anything else."""
    return TEXTS.get(kind, "") if isinstance(kind, str) else ""
