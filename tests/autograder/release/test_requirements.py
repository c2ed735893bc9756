"""Tests of autograder.release.requirements."""

import pytest

from autograder.release.errors import ReleaseError
from autograder.release.requirements import requirements


def names(lines: list[str]) -> list[str]:
    assert all(">=" in line for line in lines)
    return [line.partition(">=")[0] for line in lines]


ALWAYS = ["torch", "numpy", "pytest", "hypothesis", "jaxtyping"]


def test_what_is_imported_is_required():
    sources = {
        "m.py": "import os.path\nimport torch.nn\nfrom .other import x\nfrom sums import total\n",
        "t.py": "def f():\n    from sklearn.manifold import TSNE\n    import tqdm.auto, helper\n",
    }
    found = requirements(sources, own=["sums", "helper"], notebook=False)
    assert names(found) == [*ALWAYS, "scikit-learn", "tqdm"]


def test_a_notebook_needs_jupyter():
    assert names(requirements({}, own=[], notebook=True)) == [*ALWAYS, "jupyterlab", "ipywidgets"]


def test_an_unknown_library_is_refused():
    with pytest.raises(ReleaseError, match="imports sums, whose requirement") as caught:
        requirements({"a/m.py": "import os\nimport sums\n"}, own=["total"], notebook=False)
    assert (caught.value.file, caught.value.line) == ("a/m.py", 2)
