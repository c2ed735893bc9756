"""The hook that MkDocs runs for the site: handouts and notebooks from assignments/, and equations drawn as SVG.

Whatever the site shows of an assignment is from its released folder, so that it tells no more than students have.
"""

import html
import re
from pathlib import Path

import nbformat
import ziamath
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

HANDOUT, NOTEBOOK, CHANGES, FIGURES = "README.md", "notebook.ipynb", "CHANGELOG.md", "figures"
_LIST = "<!-- assignments -->"  # in the place of which a page lists them
_SIZE = 18  # pixels of an equation's letters
_EQUATION = re.compile(r'<(div|span) class="arithmatex">\\[\[(](.*?)\\[\])]</\1>', re.DOTALL)
_REMOTE_IMAGE = re.compile(r"!\[([^\]]*)\]\(https?://[^)]*\)")

ziamath.config.svg2 = False  # paths that need no ids, which a page may have only once


def on_config(config: MkDocsConfig) -> None:
    """Put a section for each assignment behind the first page, and what is not named at the end of the last section."""
    [last] = config.nav[-1].values()
    found = (path.name for path in sorted(Path(config.docs_dir).glob("*.md")))
    last += [name for name in found if name != "index.md" and name not in last]
    config.nav.insert(1, {"Assignments": [_section(folder) for folder in _folders(config)]})


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add what belongs to each assignment."""
    for folder in _folders(config):
        where = f"assignments/{folder.name}"
        shown = [folder / HANDOUT, folder / CHANGES, *(folder / FIGURES).rglob("*")]
        for path in shown:
            if path.is_file():
                name = f"{where}/{path.relative_to(folder).as_posix()}"
                files.append(File.generated(config, name, abs_src_path=str(path)))
        if (folder / NOTEBOOK).is_file():
            files.append(
                File.generated(config, f"{where}/notebook.md", content=_text(folder / NOTEBOOK))
            )


def on_page_markdown(markdown: str, config: MkDocsConfig, **_) -> str:
    """List the assignments where a page asks for it; leave only the words of pictures that come from the network."""
    links = (
        f"- [{_title(folder)}](assignments/{folder.name}/{HANDOUT})" for folder in _folders(config)
    )
    return _REMOTE_IMAGE.sub(r"\1", markdown).replace(_LIST, "\n".join(links))


def on_page_content(content: str, page, **_) -> str:
    """Draw the equations."""

    def drawn(match: re.Match) -> str:
        try:
            return _drawing(html.unescape(match[2]), inline=match[1] == "span")
        except ValueError as error:
            raise PluginError(f"{page.file.src_uri}: {error}") from error

    return _EQUATION.sub(drawn, content)


def _folders(config: MkDocsConfig) -> list[Path]:
    root = Path(config.config_file_path).parent / "assignments"
    return sorted(path.parent for path in root.glob(f"*/{HANDOUT}"))


def _section(folder: Path) -> dict[str, list]:
    """The part of the navigation for one assignment."""
    where = f"assignments/{folder.name}"
    pages = [f"{where}/{HANDOUT}"]
    if (folder / NOTEBOOK).is_file():
        pages.append({"Notebook": f"{where}/notebook.md"})
    if (folder / CHANGES).is_file():
        pages.append({"Changes": f"{where}/{CHANGES}"})
    return {_title(folder): pages}


def _title(folder: Path) -> str:
    return (folder / HANDOUT).read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def _text(path: Path) -> str:
    """A notebook as Markdown, its code in fences."""
    cells = nbformat.read(path, as_version=4).cells
    parts = [
        f"```python\n{cell.source}\n```" if cell.cell_type == "code" else cell.source
        for cell in cells
    ]
    return "\n\n".join(parts)


def _drawing(latex: str, inline: bool) -> str:
    """An equation as a picture that has the colour of the text around it and can be read aloud."""
    source = " ".join(latex.split())
    equation = ziamath.Latex(source, size=_SIZE, color="currentColor", inline=inline)
    # What the converter does not know becomes a name that still has its backslash.
    unknown = re.findall(r"\\[a-zA-Z]+", "".join(equation.mathml.itertext()))
    if unknown:
        raise ValueError(f"no drawing for {', '.join(unknown)} in {source}")
    label = html.escape(source, quote=True)
    begin = f'<svg class="equation" role="img" aria-label="{label}"'
    if inline:
        begin += f' style="vertical-align: {equation.getyofst():.1f}px"'
    svg = equation.svg().replace("<svg", begin, 1)
    return svg if inline else f'<div class="equation">{svg}</div>'
