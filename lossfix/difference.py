"""What a rewrite changes, as people read it: a notebook cell by cell, and no JSON."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from lossfix.model import Report
from lossfix.report.paint import Line
from lossfix.report.style import printable
from lossfix.source import Document, cell_changes, cells_between, decode

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def difference(document: Document, before: str, after: str) -> list[Line]:
    """The lines of a unified diff between two texts of a document, coloured.

    Args:
        before, after: texts as ``Document.source.text`` is one, magics masked for a notebook.

    Raises:
        SourceError: a boundary between a notebook's cells, or a magic, was lost.
    """
    if not document.source.cells:
        return list(_hunks(before, after))
    old = {each.cell: each.after for each in cell_changes(document, before)}
    new = {each.cell: each for each in cell_changes(document, after)}
    lines: list[Line] = []
    for number, change in sorted(new.items()):
        was = old.get(number, change.before)
        if was != change.after:
            lines += _of_cell(number, was, change.after)
    return lines


def of_notebooks(report: Report) -> list[Line]:
    """What a run changes in notebooks, cell by cell: their patch is one of JSON."""
    lines: list[Line] = []
    for file in report.files:
        if file.changed and file.path.endswith(".ipynb"):
            lines.append([(printable(file.path), "bold")])
            before, after = (decode(file.path, each) for each in (file.before, file.after))
            for change in cells_between(before, after):
                lines += _of_cell(change.cell, change.before, change.after)
    return lines


def _of_cell(number: int, before: str, after: str) -> Iterator[Line]:
    yield [(f"cell {number}", "bold")]
    yield from _hunks(before, after)


def _hunks(before: str, after: str) -> Iterator[Line]:
    for line in list(unified_diff(before.split("\n"), after.split("\n"), lineterm=""))[2:]:
        code = line[1:].expandtabs()
        indent = code[: len(code) - len(code.lstrip(" "))]
        yield [(line[:1] + indent + printable(code[len(indent) :]), _COLORS.get(line[:1], ""))]
