# Generated together with this assignment: nothing to change here.
"""Packs your work into a2_embeddings.zip, which is what you hand in.

    python make_submission.py

Checks first that everything is there and can be imported, and says what is missing. The zip is made
all the same, as long as there is anything in it that can be graded.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ASSIGNMENT = "a2_embeddings"
PACKAGE = "embeddings"
NOTEBOOK = "notebook.ipynb"

# The files that must be there.
REQUIRED = ["embeddings/__init__.py", "embeddings/data.py", "embeddings/items.py"]

# Task -> the module in which it is written, and what that module must define.
TASKS = {
    "co_occurrence": ["embeddings.items", ["co_occurrence"]],
    "factorization_loss": ["embeddings.items", ["factorization_loss"]],
    "item_embeddings": ["embeddings.items", ["ItemEmbeddings"]],
    "fit": ["embeddings.items", ["fit"]],
    "recommend": ["embeddings.items", ["recommend"]],
}

IMPORT_SECONDS = 120  # PyTorch alone may need half a minute, the first time

# Imports modules in the folder argv[1] and writes what became of each to the file argv[2].
IMPORTER = """
import importlib, json, sys, traceback
folder, report, modules = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path.insert(0, folder)
found = {}
for name in modules:
    try:
        found[name] = {"defines": dir(importlib.import_module(name))}
    except BaseException as error:
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        lines = [(error.filename, error.lineno)] if isinstance(error, SyntaxError) else [
            (frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)
        ]
        lines = [(file, line) for file, line in lines if file and file.startswith(folder)]
        place = f"{lines[-1][0][len(folder) + 1:]}, line {lines[-1][1]}: " if lines else ""
        found[name] = {"error": place.replace(chr(92), "/") + last}
with open(report, "w") as file:
    json.dump(found, file)
"""


def main():
    files = collect()
    if not files:
        print(f"Nothing to hand in: there is no Python file in {FOLDER / PACKAGE}.")
        return 1
    target = FOLDER / f"{ASSIGNMENT}.zip"
    write_zip(target, files)
    problems = [f"{name} is missing" for name in REQUIRED if name not in files]
    problems += notebook_problems(files)
    states, more = check_tasks(target, files)
    problems += more

    print(f"{target.name} holds {len(files)} files: {', '.join(sorted(files))}")
    print()
    width = max(len(task) for task in TASKS)
    for task, state in states.items():
        print(f"{task:{width}}  {state}")
    if problems:
        print()
        print("Something is wrong. You can hand the zip in as it is, but this will cost points:")
        for problem in problems:
            print(f"- {problem}")
        return 1
    return 0


def collect():
    """What goes into the zip: path in it -> content."""
    package = FOLDER / PACKAGE
    paths = [path for path in sorted(package.rglob("*.py")) if path.is_file()]
    if (FOLDER / NOTEBOOK).is_file():
        paths.append(FOLDER / NOTEBOOK)
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}


def write_zip(target, files):
    """Write the zip; the same files give the same bytes."""
    part = target.with_suffix(".zip.part")
    with zipfile.ZipFile(part, "w") as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # otherwise it would tell Windows from the rest
            member.external_attr = 0o100644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    os.replace(part, target)


def notebook_problems(files):
    if NOTEBOOK not in files:
        return []
    try:
        json.loads(files[NOTEBOOK].decode("utf-8"))
    except ValueError as error:
        return [f"{NOTEBOOK} is not a notebook any more ({error}); save it again in Jupyter"]
    return []


def check_tasks(archive, files):
    """How far each task is, and the problems found on the way."""
    modules = sorted({module for module, _ in TASKS.values()})
    found = import_from(archive, modules)
    problems = [explain(report["error"]) for report in found.values() if "error" in report]
    states = {}
    for task, (module, names) in TASKS.items():
        report = found[module]
        if "error" in report:
            states[task] = f"{module} cannot be imported"
            continue
        missing = [name for name in names if name not in report["defines"]]
        if missing:
            states[task] = "incomplete"
            problems.append(f"{module} does not define {', '.join(missing)}")
        elif is_not_started(task, module, files):
            states[task] = "not started"
        else:
            states[task] = "ready"
    return states, list(dict.fromkeys(problems))


def explain(error):
    if "No module named" not in error:
        return error
    return f"{error} (only {PACKAGE}/ is handed in; libraries: pip install -r requirements.txt)"


def is_not_started(task, module, files):
    """Whether a line of the stub is still there."""
    path = module.replace(".", "/")
    source = files.get(f"{path}.py", files.get(f"{path}/__init__.py", b""))
    stub = rf"^\s*raise NotImplementedError\(.{task}: not started.\)"
    return re.search(stub, source.decode("utf-8", "replace"), re.MULTILINE) is not None


def import_from(archive, modules):
    """Import modules from the zip, as the grader will: in a folder with nothing else in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        with zipfile.ZipFile(archive) as members:
            members.extractall(folder)
        report = folder / "report.json"
        command = [sys.executable, "-c", IMPORTER, str(folder), str(report), *modules]
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=IMPORT_SECONDS,
            )
            if report.exists():
                return json.loads(report.read_text())
            wrong = f"importing {PACKAGE} ended Python (exit code {ended.returncode})"
        except subprocess.TimeoutExpired:
            wrong = f"importing {PACKAGE} takes more than {IMPORT_SECONDS} seconds"
    return {module: {"error": wrong} for module in modules}


if __name__ == "__main__":
    sys.exit(main())
