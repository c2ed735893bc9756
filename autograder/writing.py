"""Files that readers see old or new, never in part."""

import json
import os
import tempfile
from pathlib import Path


def write_json(path: Path, content: dict) -> None:
    """Write a file atomically, as `write_text` does."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file atomically: readers see the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)  # after Ctrl-C it may have its name already
        raise
