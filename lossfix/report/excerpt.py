"""The lines of source that a finding points at.

A finding's position refers to the text as the run leaves it (``FileReport.after``); for a notebook,
to the source of one cell.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
import unicodedata

from lossfix.model import FileReport, Finding

TAB = 4
"""Columns of the terminal that an excerpt gives to a tab."""


def lines_of(file: FileReport, cell: int | None = None) -> tuple[str, ...]:
    """The lines of the file, or of the notebook's cell, without their ends; none if they are unknown."""
    text = _decode(file.after)
    if cell is not None:
        text = _cell_source(text, cell)
    return split_lines(text) if text else ()


def split_lines(text: str) -> tuple[str, ...]:
    """The lines as Python counts them, without their ends: a form feed ends none."""
    return tuple(re.split(r"\r\n|\r|\n", text))


def line_of(file: FileReport, finding: Finding) -> str:
    """The line at which the finding starts; empty if it is unknown."""
    lines = lines_of(file, finding.cell)
    return lines[finding.span.line - 1] if 0 < finding.span.line <= len(lines) else ""


def underline(line: str, start: int, end: int) -> tuple[str, str]:
    """The line with its tabs expanded, and carets under the columns ``start`` to ``end`` of it.

    Columns are code points counted from 1, the end exclusive. Carets are aligned in the columns of
    a terminal, where East Asian wide characters take two and combining marks none.
    """
    before = line[: start - 1]
    marked = line[start - 1 : end - 1]
    indent = " " * width(before)
    return line.replace("\t", " " * TAB), indent + "^" * max(1, width(marked))


def width(text: str) -> int:
    """The columns of a terminal that the text takes."""
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if char == "\t":
        return TAB
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _decode(data: bytes) -> str:
    """The text of a Python file by its own coding cookie; an excerpt survives a wrong one."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")


def _cell_source(notebook: str, number: int) -> str:
    try:
        source = json.loads(notebook)["cells"][number - 1]["source"]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return source if isinstance(source, str) else "".join(source)
