"""Draw grading.svg, the picture in README.md: grade an example and keep what the terminal shows. `make picture` runs this."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

from autograder.course.course import Course
from autograder.grading.starting import with_pool

_ASSIGNMENT, _EXAMPLE = "a3_recurrent", "partial"
_COLUMNS = 100
_REMOTE_FONT = re.compile(r"@font-face \{[^}]*\}\s*")


def main() -> None:
    course = Course.find(Path(__file__).parent)

    def work(pool) -> None:
        from autograder.cli.tables import result_table

        example = course.root / "examples" / _ASSIGNMENT / _EXAMPLE
        console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
        console.print(result_table(pool.grade(pool.grader.read(example), lambda outcome: None)))
        svg = console.export_svg(
            title=f"autograder grade {_ASSIGNMENT} {_EXAMPLE}/",
            theme=SVG_EXPORT_THEME,
            unique_id="grading",  # the same on every run
        )
        text = _REMOTE_FONT.sub("", svg).replace("Fira Code, monospace", "monospace")
        Path(__file__).with_suffix(".svg").write_text(text, encoding="utf-8")

    with_pool(course, _ASSIGNMENT, "cpu", None, None, work)


if __name__ == "__main__":
    main()
