"""Tests of the checker of pages: a page that is not true fails."""

import pytest

from tests.docs.pages import PageError, follow

TRUE = """\
# A page

```console
$ cat notes.txt
one
two
three
$ echo done; exit 3
done
```

```text title="new/file.txt"
four
```

- In a list:

  ```diff title="notes.txt"
   one
  -two
  +five
  ```

```bash
exit 1
```

```console
$ cat notes.txt new/file.txt
...
one
...
four
$ echo; echo; echo last
last
```
"""


def on(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("one\ntwo\nthree\n")
    return follow(page, folder)


def test_a_page_that_is_true(tmp_path):
    assert on(tmp_path, TRUE) == 4
    assert (tmp_path / "folder/notes.txt").read_text() == "one\nfive\nthree\n"


@pytest.mark.parametrize(
    "old, new, says",
    [
        (
            "\ntwo\nthree",
            "\ntwo\nfour",
            r"page\.md, line 4: cat notes\.txt\n(.|\n)*-four\n +\+three",
        ),
        ("two\nthree\n", "two\n", r"page\.md, line 4: cat"),
        ("$ echo done", "$ echo dome", r"page\.md, line 8: echo dome"),
        ("...\nfour", "...\nfive", r"page\.md, line 29: cat"),
        ("...\none", "...\nfive\none", r"page\.md, line 29: cat"),
        ("last\nlast", "last\nlost", r"page\.md, line 34: echo"),
        ("-two", "-twice", r"page\.md, line 19: .*notes\.txt has these lines 0 times"),
        ("$ cat notes.txt\none", "one", r"page\.md, line 4: a console block begins with"),
    ],
)
def test_a_page_that_is_not_true(old, new, says, tmp_path):
    assert TRUE.count(old) == 1
    with pytest.raises(PageError, match=says):
        on(tmp_path, TRUE.replace(old, new))
