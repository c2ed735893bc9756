"""The bundle for Otter 7: student code never shares a process with a verdict, nor with Otter.

What Otter does by itself runs a submission in the kernel that also runs the tests, and whatever lies
in the submission's folder can be imported there and by unpickling (`.OTTER_LOG`) in Otter's own
process. So a plugin (otter_plugin.py) takes the submission out of Otter's folder before any of that,
has it graded by `autograder grade` in a process of its own, and puts those results into Otter's. The
zip, as Otter wants it:

    otter_config.json         names the plugin and the hash of the archive
    tests/001.py ...          one test of Otter's for each of ours, with the same points
    files/                    copied beside every submission by Otter:
      autograder_bundle.zip     package/ and course/, in one hashed archive
      otter_placeholder.py      the one Python file that Otter insists on
    setup.sh  run_autograder  run_otter.py  requirements.txt  environment.yml
    provisional.json          for images (`otter grade`, Gradescope)
"""

import hashlib
import json

from autograder.bundles.common import (
    PROVISIONAL,
    Contents,
    render,
    requirements,
    torch_version,
)
from autograder.bundles.otter_names import ARCHIVE, PLUGIN, test_name
from autograder.release.archive import zip_bytes

# Otter grades a notebook or, where there is none, the only Python file at the top of a submission.
# A submission that is a package has neither.
PLACEHOLDER = "otter_placeholder.py"
_SCRIPTS = ("setup.sh", "run_autograder")

ADVICE = """\
One submission, where otter-grader[grading] and this autograder are installed: otter run -a {name} SUBMISSION
Many, in containers: otter grade -a {name} -n NAME SUBMISSIONS
A submission is a notebook, or a zip with the package {package}/ and no other Python file at its top."""


def archive(contents: Contents) -> bytes:
    """The zip that `otter run -a` and `otter grade -a` take."""
    packed = zip_bytes(contents.files)
    options = {
        "assignment": contents.policy.name,
        "archive": ARCHIVE,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "seconds": contents.seconds,
    }
    config = {"lang": "python", "plugins": [{PLUGIN: options}], **_visibility(contents.tests)}
    values = {
        "assignment": contents.policy.name,
        "torch": torch_version(),
        "seconds": contents.seconds + contents.seconds // 2,
    }
    files = {
        "otter_config.json": (json.dumps(config, indent=2) + "\n").encode(),
        f"files/{ARCHIVE}": packed,
        f"files/{PLACEHOLDER}": render("placeholder.py"),
        **_tests(contents.tests),
        PROVISIONAL: contents.provisional,
        "requirements.txt": "".join(f"{line}\n" for line in requirements("otter")).encode(),
        "environment.yml": render("environment.yml"),
        "run_otter.py": render("run_otter.py"),
        "setup.sh": render("setup.sh", **values, check=False),
        "run_autograder": render("run_autograder", **values, otter=True),
    }
    return zip_bytes(files, executable=_SCRIPTS)


def advice(contents: Contents) -> str:
    """What to do with the zip."""
    return ADVICE.format(name="ZIP", package=contents.policy.package)


def _tests(tests: list[dict]) -> dict[str, bytes]:
    """A test file of Otter's for each of our tests. They only hold names and points."""
    digits = max(
        3, len(str(len(tests)))
    )  # equally long names, because Otter looks for one in another
    return {
        f"tests/{index:0{digits}}.py": render(
            "otter_test.py",
            name=json.dumps(test_name(test)),
            points=test["max_score"],
            hidden=test["visibility"] != "visible",
        )
        for index, test in enumerate(tests, 1)
    }


def _visibility(tests: list[dict]) -> dict[str, bool]:
    """Otter's settings for our visibilities.

    It has one for all tests that are not public: never shown, or shown with the grades.
    """
    kinds = {test["visibility"] for test in tests}
    return {
        "show_hidden": "hidden" not in kinds,
        "show_all_public": True,  # counts only where every test is visible
        "force_public_test_summary": kinds != {"visible"},
    }
