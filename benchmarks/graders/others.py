"""What graders other than ours need: an environment of their own, and hand-ins in the form of notebooks."""

import subprocess
import sys
import sysconfig
import venv

import nbformat

from benchmarks.graders.setting import REPOSITORY, Setting

CACHE = REPOSITORY / ".benchmark"
_PACKAGES = ("nbgrader==0.9.6", "gradescope-utils==0.5.0")


def others_python() -> str:
    """The interpreter of the others' environment: this one's packages, torch among them, and theirs on top."""
    return str(CACHE / "venv/bin/python")


def install_others() -> None:
    """Make the environment, if it is not there yet.

    Raises:
        SystemExit: pip cannot install it, which has said why.
    """
    marker = CACHE / "installed"
    if marker.exists() and marker.read_text().split() == list(_PACKAGES):
        return
    venv.create(CACHE / "venv", clear=True)
    paths = sysconfig.get_paths()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = CACHE / "venv/lib" / version / "site-packages"
    (site / "this.pth").write_text(f"{paths['purelib']}\n{paths['platlib']}\n")
    pip = [others_python(), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if subprocess.run([*pip, *_PACKAGES]).returncode:
        raise SystemExit(f"{' and '.join(_PACKAGES)} could not be installed in {CACHE / 'venv'}")
    marker.write_text("\n".join(_PACKAGES))


def importing_notebook(setting: Setting) -> nbformat.NotebookNode:
    """The notebook that lies beside a student's package and imports what the tasks ask for."""
    lines = [f"from {t.module} import {', '.join(t.names)}" for t in setting.policy.tasks.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook
