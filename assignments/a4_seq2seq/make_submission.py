# Generated together with this assignment: nothing to change here.
"""Packs your work into a4_seq2seq.zip, which is what you hand in.

    python make_submission.py               also checks it and runs the public tests
    python make_submission.py --no-tests    does not run them

It tries your work under the rules of the machine that grades: no other processes, no network, no
files but those that your code writes into an empty folder.

What looks wrong is said, but the zip is made all the same, as long as there is anything in it that
can be graded.
"""

import argparse
import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ASSIGNMENT = "a4_seq2seq"
PACKAGE = "seq2seq"
NOTEBOOK = "notebook.ipynb"

# The files that must be there.
REQUIRED = [
    "seq2seq/__init__.py",
    "seq2seq/attention.py",
    "seq2seq/batching.py",
    "seq2seq/bleu.py",
    "seq2seq/data.py",
    "seq2seq/decoding.py",
    "seq2seq/model.py",
]

# The files that you were given, besides those in this folder that were generated with this one.
GIVEN = [
    "CHANGELOG.md",
    "README.md",
    "notebook.ipynb",
    "seq2seq/__init__.py",
    "seq2seq/attention.py",
    "seq2seq/batching.py",
    "seq2seq/bleu.py",
    "seq2seq/data.py",
    "seq2seq/decoding.py",
    "seq2seq/model.py",
    "tests/checks.py",
    "tests/failures.py",
    "tests/test_additive_attention.py",
    "tests/test_beam_search.py",
    "tests/test_corpus_bleu.py",
    "tests/test_decoder.py",
    "tests/test_encoder.py",
    "tests/test_greedy_decode.py",
    "tests/test_luong_attention.py",
    "tests/test_masked_cross_entropy.py",
    "tests/test_pad_batch.py",
    "tests/test_parallel_dataset.py",
    "tests/test_sample_decode.py",
]
GENERATED = ["conftest.py", "grader.py", "make_submission.py", "pytest.ini"]

# Task -> the module in which it is written, and what that module must define.
TASKS = {
    "greedy_decode": ["seq2seq.decoding", ["greedy_decode"]],
    "sample_decode": ["seq2seq.decoding", ["sample_decode"]],
    "beam_search": ["seq2seq.decoding", ["beam_search"]],
    "parallel_dataset": ["seq2seq.batching", ["add_special_tokens", "ParallelDataset"]],
    "pad_batch": ["seq2seq.batching", ["pad_batch"]],
    "masked_cross_entropy": ["seq2seq.batching", ["masked_cross_entropy"]],
    "corpus_bleu": ["seq2seq.bleu", ["corpus_bleu"]],
    "additive_attention": ["seq2seq.attention", ["AdditiveAttention"]],
    "luong_attention": ["seq2seq.attention", ["LuongAttention"]],
    "encoder": ["seq2seq.model", ["Encoder"]],
    "decoder": ["seq2seq.model", ["Decoder"]],
}

# The grader reads no more than this, in bytes.
PYTHON_FILE_LIMIT = 1048576
NOTEBOOK_LIMIT = 20971520
ZIP_LIMIT = 52428800

# The oldest Python that may grade, and what is sure to be installed with it.
GRADED_BY = (3, 11)
INSTALLED = ["torch", "numpy", "jaxtyping", "matplotlib", "tqdm"]

IMPORT_SECONDS = 120  # PyTorch alone may need half a minute, the first time
TEST_SECONDS = 600
SHOWN = 5  # files in one line

# What to do about what is refused where your work is graded.
WORDS = {
    "processes": "It starts another process, and there can be none while it is graded: do the work "
    "in this one, without subprocess and multiprocessing.",
    "loader": "A DataLoader with num_workers above 0 starts processes, and there can be none while "
    "it is graded: leave num_workers at 0.",
    "network": "It asks for the network, and there is none while it is graded: download nothing in "
    "the code that you hand in.",
    "asyncio": "asyncio needs sockets, and there are none while it is graded: call one function "
    "after the other.",
    "outside": "It opens a file outside its own folder, and there is nothing else while it is "
    "graded: write to the working directory or with tempfile, and read only what your code has "
    "written.",
    "own files": "It changes a file that you handed in, and those can only be read.",
    "notebook": "This line belongs to a notebook: leave it out of the file that you hand in.",
}

# Has it refused here.
RULES = r'''
# What may not be done where your work is graded may not be done here: stops it, and notes it down.
import json, multiprocessing.process, os, sys, tempfile

def keep_rules(folder, package, given, notes, words):
    """From now on. `given` is the folder that you work in; lines of [place, what to do about it] go
    to the file `notes`; `words` is what to do about each kind, as JSON."""
    words = json.loads(words)
    own = os.path.join(folder, package) + os.sep
    at_home = [os.path.realpath(os.path.expanduser("~")), given]
    libraries = [sys.prefix, sys.base_prefix, *filter(None, sys.path)]
    libraries = [os.path.realpath(each) for each in libraries]
    places = {folder, os.path.realpath(os.path.dirname(notes))}
    processes = ["subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty"]
    processes += ["os.posix_spawn", "os.spawn", "os.startfile"]
    network = ["socket.__new__", "socket.connect", "socket.getaddrinfo", "urllib.Request"]
    kinds = dict.fromkeys(processes, "processes") | dict.fromkeys(network, "network")
    paths = {"os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.rename": 2, "os.truncate": 1}
    noted = set()
    out = open(notes, "a", encoding="utf-8")

    def is_in(path, tops):
        return any(path == top or path.startswith(top.rstrip(os.sep) + os.sep) for top in tops)

    def real(path):
        return os.path.realpath(os.fsdecode(path)) if isinstance(path, (str, bytes)) else None

    def caller():
        """The line of your package that leads here, and the modules on the way; None for what
        the import of a library does."""
        frame, modules = sys._getframe(2), []
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return None
            if name.startswith(own):
                file = name[len(folder) + 1:].replace(os.sep, "/")
                return f"{file}, line {frame.f_lineno}", modules
            modules.append(str(frame.f_globals.get("__name__")))
            frame = frame.f_back
        return None

    def refuse(kind, stop=True):
        found = caller()
        if found is None:
            return
        place, modules = found
        if any(each.startswith("torch.utils.data") for each in modules):
            kind = "loader"
        elif any(each.startswith("asyncio") for each in modules):
            kind = "asyncio"
        if (place, kind) not in noted:
            noted.add((place, kind))
            out.write(json.dumps([place, words[kind]]) + "\n")
            out.flush()
        if stop:
            raise PermissionError(words[kind])

    def watch(event, args):
        if event in kinds:
            refuse(kinds[event])
        elif event in paths:
            if not all(is_in(real(each) or folder, places) for each in args[: paths[event]]):
                refuse("outside")
        elif event == "open":
            path = real(args[0])
            writes = (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if path is None or path == os.path.realpath(os.devnull):
                return
            if writes and path.startswith(own) and path.endswith(".py"):
                refuse("own files")
            elif writes and not is_in(path, places):
                refuse("outside")
            elif is_in(path, at_home) and not is_in(path, [*places, *libraries]):
                refuse("outside", stop=False)

    def start(process):
        refuse("processes")
        return begin(process)

    begin = multiprocessing.process.BaseProcess.start
    multiprocessing.process.BaseProcess.start = start
    os.environ.update(dict.fromkeys(["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"], folder))
    os.environ.update(MPLBACKEND="agg", TORCH_COMPILE_DISABLE="1")
    tempfile.tempdir = None
    sys.dont_write_bytecode = True  # which Python writes beside your modules
    sys.addaudithook(watch)
'''

# Imports modules in the folder argv[1] and writes what became of each to the file argv[2].
IMPORTER = """
import importlib, json, sys, traceback
folder, report, modules = sys.argv[1], sys.argv[6], sys.argv[7:]
sys.path.insert(0, folder)
keep_rules(*sys.argv[1:6])
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
with open(report, "w", encoding="utf-8") as file:
    json.dump(found, file)
"""

# Runs pytest with the arguments from argv[6] on.
TESTER = """
import sys, pytest
keep_rules(*sys.argv[1:6])
sys.exit(pytest.main(sys.argv[6:]))
"""


def main():
    options = argparse.ArgumentParser(description=f"Pack your work into {ASSIGNMENT}.zip.")
    options.add_argument("--no-tests", action="store_true", help="do not run the public tests")
    no_tests = options.parse_args().no_tests
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a console may lack letters of your file names

    files = collect()
    if not files:
        print(f"Nothing to hand in: there is no Python file in {FOLDER / PACKAGE}.")
        return 1
    target = FOLDER / f"{ASSIGNMENT}.zip"
    write_zip(target, files)
    size = target.stat().st_size
    print(f"{target.name} holds {len(files)} files, {in_words(size)}: {', '.join(sorted(files))}")
    states, problems, notes = check(target, files, no_tests)
    problems += [f"{name} is missing" for name in REQUIRED if name not in files]
    problems += size_problems(files, size)
    notes += left_behind(files)

    print()
    width = max(len(task) for task in TASKS)
    for task, state in states.items():
        print(f"{task:{width}}  {state}")
    wrong = "Something is wrong. You can hand the zip in as it is, but this will cost points:"
    for head, lines in [(wrong, problems), ("Look at this before you hand it in:", notes)]:
        if lines:
            print("\n".join(["", head, *(f"- {line}" for line in lines)]))
    return 1 if problems else 0


def collect():
    """What goes into the zip: path in it -> content."""
    package = FOLDER / PACKAGE
    paths = [path for path in files_in(package) if path.suffix == ".py"]
    if (FOLDER / NOTEBOOK).is_file():
        paths.append(FOLDER / NOTEBOOK)
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}


def files_in(folder):
    """The files in a folder and below, without what Python and Jupyter keep for themselves."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_file():
            yield path
        elif not (path / "pyvenv.cfg").exists():
            yield from files_in(path)


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


def size_problems(files, size):
    """What is too large to be graded."""
    sizes = {name: (len(content), PYTHON_FILE_LIMIT) for name, content in files.items()}
    if NOTEBOOK in files:
        sizes[NOTEBOOK] = len(files[NOTEBOOK]), NOTEBOOK_LIMIT
    sizes["the zip"] = size, ZIP_LIMIT
    problems = [
        f"{name} has {in_words(size)}; at most {in_words(limit)} are read"
        for name, (size, limit) in sizes.items()
        if size > limit
    ]
    if problems and NOTEBOOK in files:
        problems[-1] += " (clearing the outputs of a notebook makes it smaller)"
    return problems


def in_words(size):
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 2**10))} KB"


def check(archive, files, no_tests):
    """Try what is in the zip in a folder with nothing else in it.

    Returns how far each task is, what is wrong, and what is to be noted.
    """
    problems, notes = look_at_notebook(files)
    for name, content in files.items():
        if name != NOTEBOOK:
            more, noted = look_at_module(name, content)
            problems, notes = problems + more, notes + noted
    rows = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        with zipfile.ZipFile(archive) as members:
            members.extractall(folder)
        found = import_from(folder)
        if all("error" in report for report in found.values()):
            notes.append("the public tests were not run: nothing can be imported")
        elif not no_tests and any(file.startswith("tests/test_") for file in GIVEN):
            print("Running the public tests (--no-tests leaves this out) ...", flush=True)
            rows, more = run_tests(folder)
            notes += more
        problems += broken_rules(folder)
    states, more = check_tasks(files, found, rows)
    left = [task for task, state in states.items() if state == "not started"]
    if left:
        notes.append(f"{len(left)} of {len(states)} tasks are not started")
    return states, more + problems, notes


def look_at_notebook(files):
    """What is wrong with the notebook, and else what is to be noted: whether it was run, say."""
    if NOTEBOOK not in files:
        return [], [f"{NOTEBOOK} is not there"] if NOTEBOOK in GIVEN else []
    try:
        cells = json.loads(files[NOTEBOOK].decode("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
        outputs = [output for cell in code for output in cell["outputs"]]
        errors = [output["ename"] for output in outputs if output["output_type"] == "error"]
        left = sum(cell["execution_count"] is None for cell in code)
    except (ValueError, KeyError, TypeError):
        return [f"{NOTEBOOK} is not a notebook any more; save it again in Jupyter"], []
    notes = []
    if errors:
        notes.append(f"a cell of {NOTEBOOK} ends in {errors[0]}")
    elif left == len(code) > 0:
        notes.append(f"{NOTEBOOK} has not been run: open it, run all cells, and save it")
    elif left:
        notes.append(f"{left} of {len(code)} cells of code in {NOTEBOOK} have not been run")
    elif code and not outputs:
        notes.append(f"{NOTEBOOK} was saved without its outputs")
    return [], notes


def look_at_module(name, content):
    """What in a module works at home and will not where it is graded."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return [], []  # importing it says more
    problems, notes = [], []
    if sys.version_info[:2] > GRADED_BY:
        try:
            ast.parse(content, feature_version=GRADED_BY)
        except SyntaxError as error:
            version = ".".join(map(str, GRADED_BY))
            where = f"{name}, line {error.lineno}"
            problems.append(f"{where}: Python {version} may grade it: {error.msg}")
    for node in sorted(ast.walk(tree), key=lambda node: getattr(node, "lineno", 0)):
        if isinstance(node, ast.Name) and node.id == "get_ipython":
            problems.append(f"{name}, line {node.lineno}: {WORDS['notebook']}")
        for module in imported_by(node):
            if module in ("google", "IPython"):
                problems.append(f"{name}, line {node.lineno}: {WORDS['notebook']}")
            elif not is_sure(module):
                where = f"{name}, line {node.lineno}"
                notes.append(f"{where} imports {module}, which may not be there when it is graded")
    return problems, notes


def imported_by(node):
    """The packages that a statement imports, without those of your own."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    is_absolute = isinstance(node, ast.ImportFrom) and node.level == 0
    return [node.module.partition(".")[0]] if is_absolute else []


def is_sure(module):
    """Whether a module can be imported wherever it is graded."""
    beside = FOLDER / PACKAGE / f"{module}.py", FOLDER / PACKAGE / module
    known = module in (PACKAGE, *INSTALLED, *sys.builtin_module_names)
    return known or module in sys.stdlib_module_names or any(path.exists() for path in beside)


def broken_rules(folder):
    """Where your modules did what they may not do where they are graded."""
    notes = folder / "rules.txt"
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return [f"{place}: {what}" for place, what in map(json.loads, lines)]


def left_behind(files):
    """What of your own will not be graded."""
    names = [path.relative_to(FOLDER).as_posix() for path in files_in(FOLDER)]
    yours = [
        name
        for name in names
        if name not in [*files, *GIVEN, *GENERATED]
        and (name.endswith((".py", ".ipynb")) or name.startswith(f"{PACKAGE}/"))
        and not name.rpartition("/")[2].startswith("test_")
    ]
    notes = []
    if yours:
        shown = ", ".join(yours[:SHOWN]) + (", ..." if len(yours) > SHOWN else "")
        notes.append(f"not in the zip, which is {PACKAGE}/*.py and {NOTEBOOK} only: {shown}")
    for name in files:
        if name != NOTEBOOK and not all(part.isidentifier() for part in name[:-3].split("/")):
            notes.append(f"{name} will not be graded: nobody can import a file of that name")
    return notes


def import_from(folder):
    """Import the modules of all tasks, as the grader will: in a folder with nothing else in it."""
    modules = sorted({module for module, _ in TASKS.values()})
    report = folder / "report.json"
    command = [sys.executable, "-c", RULES + IMPORTER, *rules_for(folder), str(report), *modules]
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
            return json.loads(report.read_text(encoding="utf-8"))
        wrong = f"importing {PACKAGE} ended Python (exit code {ended.returncode})"
    except subprocess.TimeoutExpired:
        wrong = f"importing {PACKAGE} takes more than {IMPORT_SECONDS} seconds"
    return {module: {"error": wrong} for module in modules}


def rules_for(folder):
    """The arguments of keep_rules."""
    return [str(folder), PACKAGE, str(FOLDER), str(folder / "rules.txt"), json.dumps(WORDS)]


def run_tests(folder):
    """Run the public tests in a folder with your work.

    Returns what conftest.py says of each task, and what is to be said.
    """
    if importlib.util.find_spec("pytest") is None:
        return {}, ["the public tests were not run: pytest is not installed"]
    for name in [*GIVEN, *GENERATED]:
        if (FOLDER / name).is_file() and not name.startswith(f"{PACKAGE}/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(FOLDER / name, folder / name)
    results = folder / "results.json"
    command = [sys.executable, "-c", RULES + TESTER, *rules_for(folder), "-p", "no:cacheprovider"]
    try:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PUBLIC_RESULTS": str(results)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        wrong = f"the public tests take more than {TEST_SECONDS} seconds: pytest says which one"
        return {}, [wrong]
    if not results.exists():
        return {}, ["the public tests could not be run: pytest says why"]
    rows = json.loads(results.read_text(encoding="utf-8"))
    failed = [task for task in rows if rows[task]["state"] == "failed"]
    return rows, [f"public tests fail: pytest tests/test_{task}.py says why" for task in failed]


def check_tasks(files, found, rows):
    """How far each task is, and the problems found on the way."""
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
        elif task in rows:
            states[task] = rows[task]["says"]
        elif is_not_started(task, module, files):
            states[task] = "not started"
        else:
            states[task] = "there, but not tested"
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


if __name__ == "__main__":
    sys.exit(main())
