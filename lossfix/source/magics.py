"""IPython's own syntax in a notebook cell, hidden behind Python of the same number of lines.

``!pip install x``, ``%matplotlib inline``, ``?loss`` and ``loss?`` become ``pass``, each with a
comment that says which line it stands for; ``files = !ls`` keeps its name bound. ``%%time`` and its
like are hidden alone, since the rest of their cell is Python; any other ``%%`` cell is none.

The syntax: https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PYTHON_CELLS = frozenset(
    {"capture", "memit", "mprun", "prun", "pypy", "python", "python3", "time", "timeit"}
)
_MAGIC = re.compile(r"[ \t]*(?:[!%]|\?{1,2}\w)")
_HELP = re.compile(r"[ \t]*%{0,2}[\w.*]+(?:\[\w+\])?\?{1,2}[ \t]*(?:#.*)?$")
_ASSIGNED = re.compile(r"(?P<target>[ \t]*[A-Za-z_][\w., \t]*=[ \t]*)[!%](?=\w|[./~$({])")
_TOKEN = re.compile(
    r"""(?P<string>[rRbBuUfF]{0,2}(?:\"""(?:\\.|[^\\])*?(?:\"""|\Z)|'''(?:\\.|[^\\])*?(?:'''|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))"""
    r"""|(?P<comment>\#[^\n]*)|(?P<joined>\\\n)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n)|(?P<other>\w+|.)""",
    re.DOTALL | re.VERBOSE,
)


def is_python(cell: str) -> bool:
    """Whether the cell holds Python: it has no ``%%`` magic, or one whose body is Python."""
    first = cell.lstrip()
    if not first.startswith("%%"):
        return True
    word = re.match(r"%%\s*(\w+)", first)
    return word is not None and word[1] in _PYTHON_CELLS


def masked(cell: str, prefix: str) -> str:
    """The cell with every line of IPython's own syntax hidden behind ``prefix`` and its line number."""
    lines = cell.split("\n")
    for number, stand_in in _magic_lines(cell):
        lines[number] = f"{stand_in}  {prefix}{number}"
    return "\n".join(lines)


def unmasked(text: str, cell: str, prefix: str) -> str | None:
    """``text`` with the lines of ``cell`` that ``masked`` hid; ``None`` if any is lost or there twice."""
    original, hidden = cell.split("\n"), masked(cell, prefix).split("\n")
    expected = {new: old for old, new in zip(original, hidden, strict=True) if old != new}
    lines = text.split("\n")
    if sorted(line for line in lines if prefix in line) != sorted(expected):
        return None
    return "\n".join(expected.get(line, line) for line in lines)


def _magic_lines(cell: str) -> Iterator[tuple[int, str]]:
    """The physical lines, counted from 0, that are IPython's own syntax, and Python to stand there."""
    position = 0
    while position < len(cell):
        end = _end_of_line(cell, position)
        line = cell[position:end]
        assigned = _ASSIGNED.match(line)
        if not (assigned or _MAGIC.match(line) or _HELP.match(line)):
            position = _end_of_statement(cell, position)
            continue
        number = cell.count("\n", 0, position)
        indent = line[: len(line) - len(line.lstrip())]
        yield number, f"{assigned['target']}None" if assigned else f"{indent}pass"
        while line.endswith("\\") and end < len(cell):
            start, end = end + 1, _end_of_line(cell, end + 1)
            line = cell[start:end]
            number += 1
            yield number, f"{indent}pass"
        position = end + 1


def _end_of_line(cell: str, position: int) -> int:
    end = cell.find("\n", position)
    return len(cell) if end < 0 else end


def _end_of_statement(cell: str, position: int) -> int:
    """Where the next logical line starts: brackets and strings may carry this one over several lines."""
    depth = 0
    for token in _TOKEN.finditer(cell, position):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "end" and depth <= 0:
            return token.end()
    return len(cell)
