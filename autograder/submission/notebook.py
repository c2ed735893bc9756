"""A notebook's modules, made by `extraction/program.py` in a process of its own, because parsing
hostile text can eat time and memory.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from autograder.submission import limits
from autograder.submission.package import Wanted, canonical_source
from autograder.submission.text import Problems
from autograder.submission.tree import Refused

# Its modules need nothing of ours, nor the packages that are installed here: -I and -S leave both out.
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from extraction.program import main; main()"
_FOLDER = Path(__file__).parent
_SECONDS = 30
_CPU_SECONDS = 10
_MEMORY = 1 << 30


def read_notebook(data: bytes, where: str, wanted: Wanted, problems: Problems) -> dict[str, bytes]:
    """The modules whose names the notebook defines: path -> source. Raises Refused."""
    request = {
        "package": wanted.package,
        "modules": wanted.names,
        "limit": limits.PYTHON_FILE,
        "cpu_seconds": _CPU_SECONDS,
        "memory": _MEMORY,
    }
    # Windows needs SYSTEMROOT to start Python at all; nothing else of our environment goes along.
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _PROGRAM, str(_FOLDER)],
            input=json.dumps(request).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_FOLDER,
            env=environment,
            timeout=_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise Refused(
            f"{where} takes too much time or memory to read. Keep only the cells that define what "
            "is asked for."
        ) from None
    result = json.loads(done.stdout)
    for text in result["problems"]:
        problems.add(f"{where}: {text}")
    files = {}
    for path, source in result["files"].items():
        try:
            files[path] = canonical_source(source.encode(), f"{where}: {path}", problems)
        except Refused as refused:
            problems.add(str(refused))
    return files
