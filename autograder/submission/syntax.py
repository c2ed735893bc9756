"""What can be told of a module before it is imported: lines that only a notebook can run, and syntax that only a newer
Python than the one that grades can read.

A module is compiled for that in a process of its own, because compiling hostile text can eat time and memory; and only
where something in it looks like one of the two.
"""

import json
import platform
import re
import subprocess
import sys

from autograder.submission.text import Problems

PYTHON = "Python " + ".".join(platform.python_version_tuple()[:2])
_SECONDS = 5
_MEMORY = 1 << 30
_MODULES = 8  # of one submission are looked at
# What nbconvert makes of magics, and what only Colab has. At the beginning of a line: not guarded by anything.
_NOTEBOOK_LINE = re.compile(r"^(?:get_ipython\(\)|(?:from|import) google\.colab\b).*", re.M)
_MAGIC_LINE = re.compile(r"^[ \t]*(?:[%!][ \t]*\w|%%\w)", re.M)
_NEWER = re.compile(
    r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w{1,100}\["  # type parameters, 3.12
    r"|^[ \t]*type[ \t]+\w{1,100}[ \t\[=]"  # type statements, 3.12
    r"|^[ \t]*except[ \t]+[\w.]{1,100},"  # without brackets, 3.14
    r"|\b[rR]?[tT][rR]?[\"']"  # template strings, 3.14
    r"|\b[rR]?[fF][rR]?([\"'])[^\n\"'{]{0,80}\{[^\n}]{0,80}?\1",  # its quotes in an f-string, 3.12
    re.M,
)
_PROGRAM = """
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except (ImportError, OSError, ValueError):
    pass
try:
    compile(sys.stdin.buffer.read(), "module", "exec", dont_inherit=True)
except SyntaxError as error:
    print(json.dumps([error.lineno, error.msg]))
"""


def look_at(files: dict[str, bytes], problems: Problems) -> None:
    """Tell of modules what their import would tell in words that do not help."""
    for path, source in list(files.items())[:_MODULES]:
        text = source.decode("utf-8", "replace")
        for found in list(_NOTEBOOK_LINE.finditer(text))[:3]:
            _belongs_to_a_notebook(path, _line(text, found.start()), found[0], problems)
        if not _MAGIC_LINE.search(text) and not _NEWER.search(text):
            continue
        line, message = _error(source)
        if line is None:
            return
        if not line:
            continue
        wrong = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
        if _MAGIC_LINE.match(wrong):
            _belongs_to_a_notebook(path, line, wrong.strip(), problems)
        else:
            problems.add(f"{path}, line {line}: {PYTHON}, which grades, cannot read it: {message}.")


def _belongs_to_a_notebook(path: str, line: int, text: str, problems: Problems) -> None:
    problems.add(
        f"{path}, line {line} belongs to a notebook, and no module can run it: {text[:80]} Delete it."
    )


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _error(source: bytes) -> tuple[int | None, str]:
    """The line that this Python cannot read, and why; 0 where it can, None where that cannot be said."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _PROGRAM, str(_MEMORY)],
            input=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )
        line, message = json.loads(done.stdout) if done.stdout else (0, "")
    except (subprocess.SubprocessError, ValueError):
        return None, ""
    return (line or 0), message
