"""A Jupyter notebook as one module of Python, and its cells spliced back into the file.

The file is never serialised again: only the JSON of a changed cell's ``source`` (``input`` before
format 4) is replaced, in the form that it had (a string or a list of lines, escaped or not), so outputs,
identifiers, metadata, indentation and the order of keys stay as they are.
Format: https://nbformat.readthedocs.io/
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from lossfix.model import Cell, Finding, Source
from lossfix.source.error import SourceError, Unreadable
from lossfix.source.json_source import (
    Extent,
    JsonSource,
    SyntaxFault,
    cell_source,
    items,
    members,
    respelled,
)
from lossfix.source.lines import unified, with_line_ends
from lossfix.source.magics import is_python, masked, unmasked
from lossfix.syntax.quiet import NOT_PYTHON, parsed

_LINE = re.compile(r"\bline (\d+)\b(?! of )")
"""How a reason names a line of the file that it is about."""
_MARKER = "# %% cell "
_MAGIC = "# magic "


@dataclass(frozen=True)
class Unparsed:
    """A code cell that is neither Python nor a magic that is known."""

    cell: int
    line: int
    """Within the cell, from 1."""
    column: int
    message: str


@dataclass(frozen=True)
class CellChange:
    """A cell before and after, magics and all: what people want to see of a notebook's diff."""

    cell: int
    before: str
    after: str


@dataclass(frozen=True)
class _Code:
    """A Python cell of the file."""

    number: int
    json: JsonSource
    text: str
    """With ``\\n`` as its only line end."""


def source(path: str, text: str) -> tuple[Source, tuple[Unparsed, ...]]:
    """The Python cells of a notebook joined into one module, and the cells that do not parse.

    Each cell follows a comment line ``# %% cell N``. These comments and those that stand for a
    magic must come back in their order; they are how ``spliced`` finds its way.

    Raises:
        Unreadable: The text is no notebook of format 2, 3 or 4.
    """
    cells, unparsed = _python_cells(path, text)
    marker, magic = _signs(cells)
    lines: list[str] = []
    placed: list[Cell] = []
    for code in cells:
        body = masked(code.text, f"{magic}{code.number}:").split("\n")
        lines.append(f"{marker}{code.number}")
        placed.append(Cell(code.number, len(lines) + 1, len(body)))
        lines += body
    return Source(path, "".join(f"{line}\n" for line in lines), tuple(placed)), unparsed


def spliced(source: Source, original: str, text: str) -> str:
    """The notebook ``original`` after the text of its joined cells became ``text``.

    Raises:
        SourceError: A boundary between cells, or a magic, was lost.
    """
    for code, new in reversed(list(_changed(source, original, text))):
        replacement = respelled(original, code.json, with_line_ends(code.json.text, new))
        original = original[: code.json.start] + replacement + original[code.json.end :]
    return original


def cell_changes(source: Source, original: str, text: str) -> tuple[CellChange, ...]:
    """The cells that differ, for people: before and after with their magics."""
    changed = _changed(source, original, text)
    return tuple(CellChange(code.number, code.text, new) for code, new in changed)


def cells_between(path: str, before: str, after: str) -> tuple[CellChange, ...]:
    """The cells that differ between two states of a notebook."""
    old = {code.number: code.text for code in _python_cells(path, before)[0]}
    return tuple(
        CellChange(code.number, old.get(code.number, ""), code.text)
        for code in _python_cells(path, after)[0]
        if old.get(code.number) != code.text
    )


def localised(finding: Finding, source: Source) -> Finding:
    """The finding with its lines counted within its cell; as it is for a Python file."""
    cell = _cell_at(source, finding.span.line)
    if cell is None or finding.cell is not None:
        return finding
    shift = cell.line - 1
    span = replace(
        finding.span, line=finding.span.line - shift, end_line=finding.span.end_line - shift
    )
    reason = _LINE.sub(lambda match: _line_of_cell(source, int(match[1])), finding.reason or "")
    return replace(finding, span=span, cell=cell.number, reason=reason)


def place_of_line(source: Source, line: int) -> str:
    """Where a line of the joined text stands, for people: ``12``, or ``cell 3:2`` in a notebook."""
    cell = _cell_at(source, line)
    return f"{line}" if cell is None else f"cell {cell.number}:{line - cell.line + 1}"


def _line_of_cell(source: Source, line: int) -> str:
    cell = _cell_at(source, line)
    return f"line {line}" if cell is None else f"line {line - cell.line + 1} of cell {cell.number}"


def _cell_at(source: Source, line: int) -> Cell | None:
    return next((each for each in reversed(source.cells) if each.line <= line), None)


def in_joined(finding: Finding, source: Source) -> Finding:
    """The finding with its lines counted in the joined cells again: undoes ``localised``."""
    cell = next((each for each in source.cells if each.number == finding.cell), None)
    if cell is None:
        return finding
    shift = cell.line - 1
    span = replace(
        finding.span, line=finding.span.line + shift, end_line=finding.span.end_line + shift
    )
    return replace(finding, span=span, cell=None)


def cell_extents(original: str) -> tuple[tuple[int, int, int], ...]:
    """For each Python cell: its number, and the first and last line of its ``source`` in the file."""
    return tuple(
        (
            code.number,
            original.count("\n", 0, code.json.start) + 1,
            original.count("\n", 0, code.json.end) + 1,
        )
        for code in _python_cells("", original)[0]
    )


def cell_texts(path: str, text: str, numbers: Collection[int]) -> tuple[str, ...]:
    """The sources of some code cells, as they are."""
    return tuple(found.text for number, found in _code_cells(path, text) if number in numbers)


def _changed(source: Source, original: str, text: str) -> Iterator[tuple[_Code, str]]:
    cells, _ = _python_cells(source.path, original)
    marker, magic = _signs(cells)
    for code, new in zip(cells, _parts(source, cells, marker, text), strict=True):
        body = unmasked(_edged(new, code.text), code.text, f"{magic}{code.number}:")
        if body is None:
            raise SourceError(
                f"{source.path}: cell {code.number}: a magic would be lost; not written"
            )
        if body != code.text:
            yield code, body


def _parts(source: Source, cells: list[_Code], marker: str, text: str) -> list[str]:
    """The text of each cell. What stands before the first marker belongs to the first cell."""
    pieces = re.split(rf"^{re.escape(marker)}(\d+)\n", text, flags=re.MULTILINE)
    if [int(number) for number in pieces[1::2]] != [code.number for code in cells] or (
        text.count(marker) != len(cells)
    ):
        raise SourceError(f"{source.path}: a boundary between cells would be lost; not written")
    parts = [piece.removesuffix("\n") for piece in pieces[2::2]]
    if pieces[0].strip():
        if not parts:
            raise SourceError(f"{source.path}: has no cell of Python that could be written to")
        parts[0] = pieces[0] + parts[0]
    return parts


def _edged(new: str, old: str) -> str:
    """The new text of a cell with as many empty lines at its start and end as the old one has."""
    head = len(old) - len(old.lstrip("\n"))
    tail = len(old) - len(old.rstrip("\n"))
    return "\n" * head + new.strip("\n") + "\n" * tail


def _python_cells(path: str, text: str) -> tuple[list[_Code], tuple[Unparsed, ...]]:
    cells: list[_Code] = []
    unparsed: list[Unparsed] = []
    for number, found in _code_cells(path, text):
        code = unified(found.text)
        if not code.strip() or not is_python(code):
            continue
        fault = _fault(number, masked(code, _MAGIC))
        if fault:
            unparsed.append(fault)
        else:
            cells.append(_Code(number, found, code))
    return cells, tuple(unparsed)


def _fault(number: int, code: str) -> Unparsed | None:
    try:
        parsed(code)
    except SyntaxError as error:
        return Unparsed(number, error.lineno or 1, error.offset or 1, error.msg)
    except NOT_PYTHON as error:
        return Unparsed(number, 1, 1, str(error))
    return None


def _signs(cells: list[_Code]) -> tuple[str, str]:
    """The beginnings of our own comments, such that no comment of the user's begins like them."""
    marker, magic = _MARKER, _MAGIC
    while any(marker in code.text or magic in code.text for code in cells):
        marker, magic = marker.replace("# ", "# %", 1), magic.replace("# ", "# %", 1)
    return marker, magic


def _code_cells(path: str, text: str) -> Iterator[tuple[int, JsonSource]]:
    """The code cells of a Python notebook, with their number among all of its cells."""
    try:
        top = dict(members(text, 0))
        if not _is_python_notebook(text, top):
            return
        for number, (start, _) in enumerate(_cells(text, top), start=1):
            cell = dict(members(text, start))
            place = cell.get("source", cell.get("input"))
            language = _string(text, cell, "language") or "python"
            if _string(text, cell, "cell_type") == "code" and place and _is_python_name(language):
                yield number, cell_source(text, place)
    except SyntaxFault as fault:
        line = text.count("\n", 0, fault.position) + 1
        column = fault.position - text.rfind("\n", 0, fault.position)
        cure = "open it in Jupyter and save it again"
        raise Unreadable(path, fault.message, line, column, cure) from fault


def _cells(text: str, top: dict[str, Extent]) -> Iterator[Extent]:
    """Where the cells of a notebook stand: format 3 keeps them in worksheets."""
    if "cells" in top:
        return items(text, top["cells"][0])
    if "worksheets" in top:
        sheets = (dict(members(text, start)) for start, _ in items(text, top["worksheets"][0]))
        cells = (items(text, sheet["cells"][0]) for sheet in sheets if "cells" in sheet)
        return chain.from_iterable(cells)
    raise SyntaxFault("not a notebook: it has no cells", 0)


def _string(text: str, cell: dict[str, Extent], key: str) -> str | None:
    value = json.loads(text[slice(*cell[key])]) if key in cell else None
    return value if isinstance(value, str) else None


def _is_python_name(language: str) -> bool:
    return bool(re.match("i?python", language.lower()))


def _is_python_notebook(text: str, top: dict[str, Extent]) -> bool:
    metadata = json.loads(text[slice(*top["metadata"])]) if "metadata" in top else {}
    if not isinstance(metadata, dict):
        return True
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(key)
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            return _is_python_name(entry[name])
    return True
