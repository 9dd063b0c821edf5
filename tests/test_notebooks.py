"""Notebooks are one module of Python, and only a changed cell's source changes in the file."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossfix import source
from lossfix.difference import difference
from lossfix.model import Finding, Safety, Severity, Source, Span
from lossfix.source import SourceError, Unreadable


def notebook(*cells: str | list[str], **style: object) -> bytes:
    """A notebook of code cells, each with an output, an identifier and odd metadata."""
    content = {
        "nbformat": 4,
        "metadata": {"kernelspec": {"language": "python"}, "z": "é"},
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 7,
                "id": f"id{number}",
                "metadata": {"b": 1, "a": [1.50, "\u2028"]},
                "outputs": [{"output_type": "stream", "text": ["source", "x"]}],
                "source": cell,
            }
            for number, cell in enumerate(cells)
        ],
        "nbformat_minor": 5,
    }
    return json.dumps(content, **({"indent": 1, "ensure_ascii": False} | style)).encode()


def changed(data: bytes, old: str, new: str) -> bytes:
    document = source.decode("nb.ipynb", data)
    assert old in document.source.text
    return source.encode(document, document.source.text.replace(old, new))


CODE = st.lists(
    st.sampled_from(
        [
            "x = 1",
            "",
            "def f():",
            "    return 'é\\n'",
            "!pip install a",
            "%matplotlib inline",
            "y = '''",
            "f?",
            "files = !ls *.py",
            "# %% cell 1",
            "# magic 1:0",
            "%%time",
            "print('😀')",
            'é = "\\\\"',
        ]
    ),
    max_size=5,
).map("\n".join)
CELLS = st.lists(st.one_of(CODE, CODE.map(lambda code: code.splitlines(keepends=True))), max_size=5)
STYLES = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 1, 2, "\t"]), "ensure_ascii": st.booleans()}
)


@settings(deadline=None)
@given(cells=CELLS, style=STYLES, end=st.sampled_from([b"", b"\n", b"\r\n  "]))
def test_a_notebook_without_change_comes_back_byte_for_byte(cells, style, end):
    data = notebook(*cells, **style) + end
    document = source.decode("nb.ipynb", data)
    assert source.encode(document, document.source.text) == data
    ast.parse(document.source.text)


@settings(deadline=None)
@given(cells=CELLS, other=CELLS, style=STYLES, listed=st.booleans(), lines=st.booleans())
def test_a_change_in_one_cell_changes_only_that_cell(cells, other, style, listed, lines):
    old, new = "def loss(e):\n    return e\n", "def loss(e):\n    'é'\n    return -e\n"

    def form(code: str) -> str | list[str]:
        return code.splitlines(keepends=True) if listed else code

    data = notebook(*cells, form(old), *other, **style)
    document = source.decode("nb.ipynb", data)
    text = document.source.text.replace(old, new)
    assert source.encode(document, text) == notebook(*cells, form(new), *other, **style)


def test_the_cells_are_one_module():
    document = source.decode(
        "nb.ipynb", notebook("import keras\n", "", "%%bash\nls", "def f(): pass")
    )
    assert document.source.text == "# %% cell 1\nimport keras\n\n# %% cell 4\ndef f(): pass\n"
    assert [(cell.number, cell.line, cell.lines) for cell in document.source.cells] == [
        (1, 2, 2),
        (4, 5, 1),
    ]


MAGICS = """\
!pip install \\
    keras
%matplotlib inline
loss?
?loss
files = !ls
if files:
    !echo {files}
x = (7
  % 3)
s = '''
!no magic
%nor this
'''
%timeit x"""


def test_magics_are_hidden_line_for_line_and_come_back():
    document = source.decode("nb.ipynb", notebook(MAGICS))
    text = document.source.text
    ast.parse(text)
    assert text.count("\n") == MAGICS.count("\n") + 2
    assert "!no magic\n%nor this" in text
    assert "files = None" in text
    assert "pip" not in text
    new = source.encode(document, text.replace("x = (7", "x = (8"))
    assert json.loads(new)["cells"][0]["source"] == MAGICS.replace("x = (7", "x = (8")


def older(*cells: str | list[str], language: str = "python") -> bytes:
    """A notebook of format 3, each of whose cells has a worksheet of its own."""
    heading = {"cell_type": "heading", "level": 1, "source": ["x = 7"]}
    code = {"cell_type": "code", "collapsed": False, "language": language, "outputs": ["x = 7"]}
    sheets = [{"cells": [heading, code | {"input": cell}], "metadata": {}} for cell in cells]
    return json.dumps({"nbformat": 3, "metadata": {"name": "é"}, "worksheets": sheets}).encode()


def test_a_notebook_of_format_3_is_one_module_and_is_spliced_alike():
    cells = ["import keras", ["%matplotlib inline\n", "x = 7\n", "y = x"]]
    assert source.decode("nb.ipynb", older(*cells)).source.text == (
        "# %% cell 2\nimport keras\n# %% cell 4\npass  # magic 4:0\nx = 7\ny = x\n"
    )
    cells[1][1] = "x = 8\n"
    assert changed(older(cells[0], [*cells[1][:1], "x = 7\n", "y = x"]), "7", "8") == older(*cells)
    assert source.decode("nb.ipynb", older(*cells, language="julia")).source.text == ""
    assert source.decode("nb.ipynb", older()).source.text == ""


def test_a_timed_cell_is_python_and_a_shell_cell_is_none():
    document = source.decode("nb.ipynb", notebook("%%time\nx = 1", "%%bash\nx = 1"))
    assert [cell.number for cell in document.source.cells] == [1]
    assert document.unparsed == ()


def test_a_cell_that_does_not_parse_is_left_out_and_said():
    document = source.decode("nb.ipynb", notebook("x = 1", "y = 1\ndef f(:", "z = 1"))
    assert [cell.number for cell in document.source.cells] == [1, 3]
    assert [(fault.cell, fault.line) for fault in document.unparsed] == [(2, 2)]


def test_a_lost_magic_is_refused():
    document = source.decode("nb.ipynb", notebook("%matplotlib inline\nx = 1"))
    with pytest.raises(SourceError, match=r"nb\.ipynb: cell 1"):
        source.encode(document, "# %% cell 1\nx = 1\n")


@pytest.mark.parametrize("text", ["x = 2\ny = 1\n", "# %% cell 1\nx = 1\n    # %% cell 2\ny = 1\n"])
def test_a_lost_boundary_is_refused(text):
    document = source.decode("nb.ipynb", notebook("x = 1", "y = 1"))
    with pytest.raises(SourceError, match="boundary"):
        source.encode(document, text)


def test_an_import_before_the_first_cell_goes_into_it():
    document = source.decode("nb.ipynb", notebook("x = 1", "y = 1"))
    new = json.loads(source.encode(document, "import keras\n" + document.source.text))
    assert [cell["source"] for cell in new["cells"]] == ["import keras\nx = 1", "y = 1"]


def test_unchanged_lines_of_a_changed_cell_keep_their_escapes():
    data = notebook("a = '@'\nb = 2").replace(b"@", b"\\u00e9\\/")
    new = changed(data, "b = 2", "b = 'ü'")
    assert new == data.replace(b"b = 2", "b = 'ü'".encode())


def test_line_ends_inside_a_cell_stay():
    data = notebook("a = 1\r\nb = 2\r\nc = 3")
    new = json.loads(changed(data, "b = 2", "b = 4\nd = 5"))
    assert new["cells"][0]["source"] == "a = 1\r\nb = 4\r\nd = 5\r\nc = 3"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends too early"),
        (b"[]", "expected '{'"),
        (b'{"cells": [{"cell_type": "code", "source": 3}]}', "expected '\\['"),
        (b'{"cells": [', "1:12: not JSON"),
        (b'{"sheets": []}', "not a notebook: it has no cells"),
        (b'{"cells": [{"a": nope}]}', "not JSON"),
        (b'{"a": ' + b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_notebook_is_unreadable(data, message):
    with pytest.raises(Unreadable, match=message):
        source.decode("nb.ipynb", data)


def test_a_notebook_of_another_language_has_no_cells():
    data = notebook("x <- 1").replace(b'"python"', b'"R"')
    document = source.decode("nb.ipynb", data)
    assert document.source.text == ""
    assert document.unparsed == ()


def finding(line: int) -> Finding:
    return Finding(
        "nb.ipynb",
        Span(line, 1, line, 4),
        "LF201",
        "hard-gate",
        Severity.ERROR,
        Safety.EXACT,
        "",
        "f",
    )


def test_a_finding_is_counted_within_its_cell():
    document = source.decode("nb.ipynb", notebook("a = 1\nb = 2", "def (", "c = 3\nd = 4"))
    place = source.localised(finding(6), document.source)
    assert (place.cell, place.span) == (3, Span(2, 1, 2, 4))
    assert source.localised(place, document.source) == place


def test_a_line_that_a_reason_names_is_counted_within_its_cell():
    document = source.decode("nb.ipynb", notebook("a = 1\nb = 2", "def (", "c = 3\nd = 4"))
    reason = "line 6 uses it, and line 2 as well; line 3 of `other` does not"
    place = source.localised(replace(finding(2), reason=reason), document.source)
    assert place.reason == (
        "line 2 of cell 3 uses it, and line 1 of cell 1 as well; line 3 of `other` does not"
    )
    alone = Source("a.py", "a = 1\n")
    assert source.localised(replace(finding(2), reason=reason), alone).reason == reason


def test_people_see_the_cells_that_changed_with_their_magics():
    document = source.decode("nb.ipynb", notebook("a = 1", "%time b\nb = 2"))
    text = document.source.text.replace("b = 2", "b = 3")
    (change,) = source.cell_changes(document, text)
    assert (change.cell, change.before, change.after) == (2, "%time b\nb = 2", "%time b\nb = 3")


def test_a_large_notebook_is_split_at_its_own_cells_only():
    cells = [f"# %% cell {number}\nx = {number}" for number in range(1, 40)]
    document = source.decode("nb.ipynb", notebook(*cells))
    new = json.loads(
        source.encode(document, document.source.text.replace("x = 7\n", "x = 'seven'\n"))
    )
    assert [c["source"] for c in new["cells"]] == [
        c.replace("x = 7", "x = 'seven'") if c.endswith("x = 7") else c for c in cells
    ]


@settings(deadline=None, max_examples=300)
@given(
    position=st.integers(0, 10_000),
    length=st.integers(0, 20),
    new=st.text('{}[]",:\\nu0\n x%', max_size=4),
)
@example(position=0, length=0, new="{[]:")
def test_a_damaged_notebook_comes_back_or_is_said_to_be_unreadable(position, length, new):
    data = notebook("x = 1\n%time y", ["a = '\\n'\n", "b = 2"], "def (")
    start = position % len(data)
    damaged = data[:start] + new.encode() + data[start + length :]
    try:
        document = source.decode("nb.ipynb", damaged)
    except Unreadable:
        return
    assert source.encode(document, document.source.text) == damaged


def test_people_see_the_cells_that_changed_when_a_line_came_above_a_magic():
    old = source.decode("nb.ipynb", notebook("%matplotlib inline\nx = 1", "y = 2"))
    new = source.decode("nb.ipynb", notebook("import os\n%matplotlib inline\nx = 1", "y = 2"))
    (change,) = source.cells_between(old, new)
    assert (change.cell, change.before) == (1, "%matplotlib inline\nx = 1")
    assert change.after == "import os\n%matplotlib inline\nx = 1"


def test_people_see_the_indentation_of_a_cell():
    shown = difference(source.decode("a.py", b"if x:\n"), "if x:\n", "if x:\n\t\ty = 1\n")
    assert [("+" + 16 * " " + "y = 1", "green")] in shown
