"""The wire format under a fuzzer that is guided by coverage: `python -m tests.redteam.guided [RUNS]`.

It starts from the answers of a real conversation and keeps whatever reaches new code of the grader. The exit code is not 0
if anything but a value or the one known error comes out, or if a frame takes more than ten seconds or two gigabytes.
Needs atheris, which installs on Linux with x86_64; elsewhere `test_wire.py` has to do.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

RUNS = 1_000_000
READERS = (
    "wire.frames",
    "wire.values",
    "wire.sharing",
    "wire.edits",
    "wire.forms",
    "grader.nodes",
    "grader.crossing",
    "grader.lending",
    "grader.session",
)
LONGEST = 1 << 14  # bytes of a frame
TAGS = (
    "T",
    "S",
    "G",
    "m",
    "a",
    "h",
    "L",
    "V",
    "t",
    "s",
    "fs",
    "d",
    "as",
    "i",
    "f",
    "c",
    "b",
    "r",
    "p",
    "grad",
)


def main(runs: int) -> None:
    """Fuzz; ends the process."""
    import atheris

    with atheris.instrument_imports([f"autograder.isolation.{name}" for name in READERS]):
        from autograder.isolation.wire import values
    from tests.redteam import test_wire

    def try_frame(data: bytes) -> None:
        """The lengths in front are always right, so that no example is lost to them; JSON has no zero byte."""
        text, _, buffer = data.partition(b"\0")
        header = test_wire.frames.HEADER.pack(test_wire.frames.MAGIC, len(text), len(buffer))
        test_wire.assert_a_grader_survives(header + text + buffer)

    with tempfile.TemporaryDirectory(prefix="redteam-guided-") as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        _, answers = test_wire.converse()
        for number, (tree, buffer) in enumerate(answers):
            (corpus / str(number)).write_bytes(json.dumps(tree).encode() + b"\0" + buffer)
        quoted = [f'"\\"{word}\\""' for word in (*TAGS, *values.DTYPES)]
        words.write_text("\n".join(quoted))
        options = {
            "runs": runs,
            "max_len": LONGEST,
            "timeout": 10,
            "rss_limit_mb": 2048,
            "dict": words,
        }
        flags = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup([sys.argv[0], *flags, f"-artifact_prefix={folder}/", str(corpus)], try_frame)
        atheris.Fuzz()


if __name__ == "__main__":
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: nothing is fuzzed by coverage")
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
