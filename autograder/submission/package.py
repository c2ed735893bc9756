"""Find the package that an assignment asks for, and give its modules in canonical form."""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.submission import limits
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Kind, Parts, Refused, Tree, show

File = tuple[Parts, Parts]  # its path in the tree, and below the package
_JUNK = {"__pycache__", "__MACOSX"}
_COPY = re.compile(r"(?:(?: ?\(\d+\)|-\d+| - Copy)+|_copy)$", re.I)
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LONGEST = 100  # characters of a name that is looked at for marks of a copy
# PEP 263: in the first two lines, and in the second only below a comment or an empty line.
_DECLARATION = re.compile(
    r"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)", re.A
)


@dataclass(frozen=True)
class Wanted:
    """What an assignment asks for: its package and, for each module of its tasks, the names to
    define there and the tasks that ask for them.
    """

    package: str
    names: dict[str, list[str]]  # "recurrent/cells.py" -> ["LSTMCell", ...]
    tasks: dict[str, list[str]]  # "recurrent/cells.py" -> ["lstm_cell", ...]

    @classmethod
    def by(cls, assignment_policy) -> "Wanted":
        """From anything with `.package` and `.tasks`, whose values have `.module` and `.names`."""
        package, names, tasks = assignment_policy.package, {}, {}
        for task_name, task in assignment_policy.tasks.items():
            path = task.module.replace(".", "/")
            path += "/__init__.py" if task.module == package else ".py"
            known = names.setdefault(path, [])
            known += [name for name in task.names if name not in known]
            tasks.setdefault(path, []).append(task_name)
        return cls(package, names, tasks)

    def untouched(self, path: str, source: bytes) -> bool:
        """Whether a module is as it was handed out: each of its tasks still says that it is not started."""
        return all(f'NotImplementedError("{task}: '.encode() in source for task in self.tasks[path])

    def inside(self) -> list[Parts]:
        """The paths of the modules below the package folder."""
        return [tuple(path.split("/")[1:]) for path in self.names]


def is_hidden(name: str) -> bool:
    """Whether a name is a program's or system's own: dot files, byte code, what macOS adds to
    archives.
    """
    return name.startswith(".") or name in _JUNK


def listing(tree: Tree, folder: Parts, problems: Problems) -> dict[str, Kind]:
    """The entries of a folder; one that cannot be listed is a problem and counts as empty, unless
    it is the root.
    """
    try:
        return tree.children(folder)
    except Refused as refused:
        if not folder:
            raise
        problems.add(str(refused))
        return {}


def shallow(tree: Tree, problems: Problems) -> list[list[Parts]]:
    """Where work usually lies: the root, and then the folders in it."""
    return [[()], _inside([()], tree, problems)]


def deep(tree: Tree, problems: Problems) -> Iterator[list[Parts]]:
    """Where work lies otherwise: the folders further down, level by level."""
    group = shallow(tree, problems)[-1]
    while group := _inside(group, tree, problems):
        yield group


def _inside(group: list[Parts], tree: Tree, problems: Problems) -> list[Parts]:
    """The folders in some folders."""
    return [
        (*place, name)
        for place in group
        if len(place) < limits.DEPTH
        for name, kind in sorted(listing(tree, place, problems).items())
        if kind == "folder" and not is_hidden(name)
    ]


def read_package(
    tree: Tree, wanted: Wanted, problems: Problems, levels: Iterable[list[Parts]]
) -> dict[str, bytes] | None:
    """The modules of the package on the first of these levels that has it, or None where none has.

    Where the package folder is missing but its files are there (uploaded one by one, or zipped from
    inside the folder), the place that holds them counts as the folder. Raises Refused where several
    places of one level could be meant.
    """
    levels = list(levels)
    for group in levels:
        found = [files for files in packages(tree, wanted, problems, group) if holds(files, wanted)]
        if only := _only(found, f"The folder {wanted.package}/"):
            return read_files(tree, only, wanted, problems)
    for group in levels:
        loose = [
            _loose(place, listing(tree, place, problems), wanted)
            for place in group
            if place[-1:] != (wanted.package,)
        ]
        if only := _only(loose, "The work"):
            return read_files(tree, only, wanted, problems)
    return None


def packages(
    tree: Tree, wanted: Wanted, problems: Problems, group: list[Parts]
) -> Iterator[list[File]]:
    """The Python files of each folder of the package's name in some places."""
    for place in group:
        root = (*place, wanted.package)
        kind = listing(tree, place, problems).get(wanted.package)
        if kind == "folder":
            yield _walk(tree, root, problems)
        elif kind == "other":
            problems.add(
                f"{show(root)} is a link or a special file and is not read. Hand in the folder "
                "itself."
            )


def holds(files: list[File], wanted: Wanted) -> bool:
    """Whether some module that is asked for is among the files of a package."""
    return any(_alike(files, inside) for inside in wanted.inside())


def plain_name(name: str) -> str:
    """The name that a file had before a browser or a system made a copy: "ops (1).PY" was ops.py."""
    stem, _, suffix = name.rpartition(".")
    stem = _COPY.sub("", stem) if len(stem) < _LONGEST else stem
    return f"{stem}.{suffix.lower()}"


def _alike(files: list[File], inside: Parts) -> list[File]:
    """The files that can be meant by a module: the one of its name, or else all of nearly its name."""
    package = (*inside[:-1], inside[-1].removesuffix(".py"), "__init__.py")
    exact = [file for file in files if file[1] in (inside, package)]
    return exact or [
        (path, found)
        for path, found in files
        if found[:-1] == inside[:-1] and plain_name(found[-1]).casefold() == inside[-1].casefold()
    ]


def _only(candidates: list[list[File]], what: str) -> list[File]:
    """The only candidate that holds a file, or nothing. Raises Refused where there are several."""
    candidates = [candidate for candidate in candidates if candidate]
    if len(candidates) > 1:
        homes = ", ".join(sorted(show(_home(files)) for files in candidates)[:5])
        raise Refused(
            f"{what} is there more than once (in {homes}), and which one counts is unclear. Keep "
            "one of them."
        )
    return candidates[0] if candidates else []


def _home(files: list[File]) -> Parts:
    """The folder that the package lies in, or that its files lie in."""
    path, inside = files[0]
    return path[: len(path) - len(inside)][:-1] or path[:1]


def _walk(tree: Tree, root: Parts, problems: Problems) -> list[File]:
    """Every Python file below `root`."""
    files, waiting = [], [root]
    while waiting:
        folder = waiting.pop()
        for name, kind in sorted(listing(tree, folder, problems).items()):
            path = (*folder, name)
            if is_hidden(name):
                continue
            if kind == "other":
                problems.add(
                    f"{show(path)} is a link or a special file and is not read. Hand in a plain "
                    "file."
                )
            elif kind == "file" and name.lower().endswith(".py"):
                files.append((path, path[len(root) :]))
            elif kind == "folder" and len(path) > limits.DEPTH:
                problems.add(
                    f"{show(path)} lies more than {limits.DEPTH} folders deep and is not read."
                )
            elif kind == "folder":
                waiting.append(path)
    return sorted(files)


def _loose(place: Parts, names: dict[str, Kind], wanted: Wanted) -> list[File]:
    """The Python files directly in `place` if the assignment's modules are among them."""
    files: list[File] = [
        ((*place, name), (name,))
        for name, kind in sorted(names.items())
        if kind == "file" and name.lower().endswith(".py") and not is_hidden(name)
    ]
    top = [inside for inside in wanted.inside() if len(inside) == 1]
    return files if any(_alike(files, inside) for inside in top) else []


def read_files(
    tree: Tree, found: list[File], wanted: Wanted, problems: Problems
) -> dict[str, bytes]:
    """The sources of a package, by their canonical paths."""
    meant = _meant(found, wanted, problems)
    canonical = [
        unicodedata.normalize(
            "NFC", "/".join((wanted.package, *meant.get(path, _with_suffix(inside))))
        )
        for path, inside in found
    ]
    count = Counter(canonical)
    files: dict[str, bytes] = {}
    for (path, _), name in zip(found, canonical, strict=True):
        if not all(part.isidentifier() for part in name.removesuffix(".py").split("/")):
            problems.add(
                f"{show(path)} cannot be imported: its name is not a Python name. Rename it if it "
                "is your work."
            )
        elif count[name] > 1:
            problems.add(
                f"{show(path)} has the same name as another file beside it. Keep one of them."
            )
        else:
            try:
                files[name] = canonical_source(
                    tree.read(path, limits.PYTHON_FILE), show(path), problems
                )
            except Refused as refused:
                problems.add(str(refused))
    _report_missing(files, canonical, wanted, problems)
    return files


def _with_suffix(inside: Parts) -> Parts:
    """The path with .py for .PY, as Windows means it."""
    return (*inside[:-1], inside[-1][:-3] + ".py")


def _meant(found: list[File], wanted: Wanted, problems: Problems) -> dict[Parts, Parts]:
    """Files of nearly the name of a module that is missing: their path -> the module's in the package."""
    meant: dict[Parts, Parts] = {}
    for inside in wanted.inside():
        alike = _alike(found, inside)
        if len(alike) > 1 and alike[0][1] != inside and alike[0][1][-1] != "__init__.py":
            names = ", ".join(show(path) for path, _ in alike[:5])
            problems.add(
                f"{'/'.join((wanted.package, *inside))} could be any of {names}. Keep one of them, "
                "and give it that name."
            )
        elif len(alike) == 1 and alike[0][1][-1] not in (inside[-1], "__init__.py"):
            path, _ = alike[0]
            meant[path] = inside
            problems.add(
                f"{show(path)} is read as {'/'.join((wanted.package, *inside))}. Give it that name."
            )
    return meant


def _report_missing(
    files: dict[str, bytes], present: list[str], wanted: Wanted, problems: Problems
) -> None:
    for path, names in wanted.names.items():
        alternative = path.removesuffix(".py") + "/__init__.py"
        if path in files or alternative in files or path in present:
            continue  # there, or refused with a reason of its own
        there = ", ".join(clean(name, 40) for name in present[:6])
        problems.add(f"{path} is missing; it should define {', '.join(names)}. There is: {there}.")


def canonical_source(data: bytes, where: str, problems: Problems) -> bytes:
    """Source text as UTF-8 that means the same to every reader, whether it is compiled as bytes or
    as text.

    A byte order mark goes, UTF-16 is read by it, and an encoding declaration says utf-8 afterwards: otherwise a declared
    encoding could show one program to a check and run another. Raises Refused past the size limit.
    """
    for mark, codec in _MARKS.items():
        if data.startswith(mark):
            problems.add(f"{where} is UTF-16 text, which Python cannot run. Save it as UTF-8.")
            data = data.decode(codec, "replace").encode("utf-8", "replace")
    marked = data.startswith(codecs.BOM_UTF8)
    match = _DECLARATION.match(data.decode("latin-1")) if not marked else None
    try:
        text = data.decode(_ordinary(match[1]) if match else "utf-8")
    except UnicodeError:
        problems.add(
            f"{where} is not UTF-8 text; what cannot be read in it was replaced. Save the file "
            "with the encoding UTF-8."
        )
        text = data.decode("utf-8", "replace")
    text = text.lstrip("\ufeff")
    if (match := _DECLARATION.match(text)) and _codec(match[1]) != "utf-8":
        text = text[: match.start(1)] + "utf-8" + text[match.end(1) :]
    if "\0" in text:
        kind = "seems to be UTF-16 text" if text.count("\0") * 3 > len(text) else "has zero bytes"
        problems.add(f"{where} {kind}, which Python cannot run. Save it as UTF-8.")
    source = text.encode()
    if len(source) > limits.PYTHON_FILE:
        raise Refused(f"{where} is too large as UTF-8 text and is not read. Make it smaller.")
    return source


def _codec(name: str) -> str | None:
    """Python's name of an encoding, or None."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def _ordinary(name: str) -> str:
    """The encoding that a file declares if it is one that editors write, else UTF-8."""
    codec = _codec(name) or ""
    return codec if codec.startswith(("iso8859", "cp125", "ascii", "mac-roman")) else "utf-8"
