"""The bundle for Gradescope: setup.sh and run_autograder as its autograder specification asks.

https://gradescope-autograders.readthedocs.io/en/latest/specs/

On the platform /autograder/source holds what the zip holds:

    setup.sh  run_autograder  requirements.txt  provisional.json
    package/autograder/       the grader's code
    course/                   grading.yml and one assignment
"""

from autograder.bundles.common import PROVISIONAL, Contents, render, requirements, torch_version
from autograder.release.archive import zip_bytes

_SCRIPTS = ("setup.sh", "run_autograder")

ADVICE = """\
In Gradescope: a programming assignment of {points:g} points; upload the zip under "Configure Autograder" with
Ubuntu 24.04 as the base image; under "Settings" give it at least 3 GB of memory, 1 CPU and {minutes} minutes."""


def archive(contents: Contents) -> bytes:
    """The zip to upload."""
    name = contents.policy.name
    values = {"assignment": name, "torch": torch_version(), "seconds": contents.seconds}
    files = {
        **contents.files,
        PROVISIONAL: contents.provisional,
        "requirements.txt": "".join(f"{line}\n" for line in requirements()).encode(),
        "setup.sh": render("setup.sh", **values, check=True),
        "run_autograder": render("run_autograder", **values, otter=False),
    }
    return zip_bytes(files, executable=_SCRIPTS)


def advice(contents: Contents) -> str:
    """What to set on the platform."""
    return ADVICE.format(points=contents.policy.points, minutes=-(-contents.seconds // 60))
