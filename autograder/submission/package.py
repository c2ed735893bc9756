"""Find the package that an assignment asks for, and give its modules in canonical form."""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from autograder.submission import limits
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Kind, Parts, Refused, Tree, show

File = tuple[Parts, Parts]  # its path in the tree, and below the package
_JUNK = {"__pycache__", "__MACOSX"}
# PEP 263: in the first two lines, and in the second only below a comment or an empty line.
_DECLARATION = re.compile(
    r"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)", re.A
)


@dataclass(frozen=True)
class Wanted:
    """What an assignment asks for: its package and, for each module of its tasks, the names to
    define there.
    """

    package: str
    names: dict[str, list[str]]  # "recurrent/cells.py" -> ["LSTMCell", ...]

    @classmethod
    def by(cls, assignment_policy) -> "Wanted":
        """From anything with `.package` and `.tasks`, whose values have `.module` and `.names`."""
        package, names = assignment_policy.package, {}
        for task in assignment_policy.tasks.values():
            path = task.module.replace(".", "/")
            path += "/__init__.py" if task.module == package else ".py"
            known = names.setdefault(path, [])
            known += [name for name in task.names if name not in known]
        return cls(package, names)

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


def places(tree: Tree, skip: str) -> tuple[list[Parts], list[Parts]]:
    """Where work may lie: the root, and then the folders in it, except those named `skip`."""
    top = tree.children(())
    folders = [
        name
        for name, kind in top.items()
        if kind == "folder" and name != skip and not is_hidden(name)
    ]
    return [()], [(name,) for name in sorted(folders)]


def read_package(tree: Tree, wanted: Wanted, problems: Problems) -> dict[str, bytes] | None:
    """The modules of the package at the root or one folder down, or None where there is no such
    package.

    Where the package folder is missing but its files are there (uploaded one by one, or zipped from
    inside the folder), the place that holds them counts as the folder. Raises Refused where several
    places could be meant.
    """
    search = places(tree, wanted.package)
    for group in search:
        candidates = []
        for place in group:
            root = (*place, wanted.package)
            kind = listing(tree, place, problems).get(wanted.package)
            if kind == "folder":
                candidates.append(_walk(tree, root, problems))
            elif kind == "other":
                problems.add(
                    f"{show(root)} is a link or a special file and is not read. Hand in the folder "
                    "itself."
                )
        if found := _only(candidates, f"The folder {wanted.package}/"):
            return _read(tree, found, wanted, problems)
    for group in search:
        candidates = [_loose(place, listing(tree, place, problems), wanted) for place in group]
        if found := _only(candidates, "The work"):
            return _read(tree, found, wanted, problems)
    return None


def _only(candidates: list[list[File]], what: str) -> list[File]:
    """The only candidate that holds a file, or nothing. Raises Refused where there are several."""
    candidates = [candidate for candidate in candidates if candidate]
    if len(candidates) > 1:
        homes = ", ".join(sorted(show(files[0][0][:1]) for files in candidates)[:5])
        raise Refused(
            f"{what} is there more than once (in {homes}), and which one counts is unclear. Keep "
            "one of them."
        )
    return candidates[0] if candidates else []


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
            elif kind == "file" and name.endswith(".py"):
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
    if not any(names.get(inside[0]) == "file" for inside in wanted.inside() if len(inside) == 1):
        return []
    files = sorted(name for name, kind in names.items() if kind == "file" and name.endswith(".py"))
    return [((*place, name), (name,)) for name in files if not is_hidden(name)]


def _read(tree: Tree, found: list[File], wanted: Wanted, problems: Problems) -> dict[str, bytes]:
    canonical = [
        unicodedata.normalize("NFC", "/".join((wanted.package, *inside))) for _, inside in found
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


def _report_missing(
    files: dict[str, bytes], present: list[str], wanted: Wanted, problems: Problems
) -> None:
    for path, names in wanted.names.items():
        alternative = path.removesuffix(".py") + "/__init__.py"
        if path in files or alternative in files or path in present:
            continue  # there, or refused with a reason of its own
        alike = [name for name in present if name.lower() == path.lower()]
        if alike:
            problems.add(
                f"{path} is missing, but there is {clean(alike[0])}. Rename it: upper and lower "
                "case differ."
            )
        else:
            there = ", ".join(clean(name, 40) for name in present[:6])
            problems.add(
                f"{path} is missing; it should define {', '.join(names)}. There is: {there}."
            )


def canonical_source(data: bytes, where: str, problems: Problems) -> bytes:
    """Source text as UTF-8 that means the same to every reader, whether it is compiled as bytes or
    as text.

    A byte order mark goes, and an encoding declaration says utf-8 afterwards: otherwise a declared
    encoding could show one program to a check and run another. Raises Refused past the size limit.
    """
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
