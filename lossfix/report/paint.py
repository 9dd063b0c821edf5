"""Lines of styled text, as plain text or with a terminal's colours."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TypeAlias

from lossfix.report.excerpt import width

Line: TypeAlias = "list[tuple[str, str]]"
"""Pieces of a line, each with a rich style; an empty style is the terminal's own."""


def wrapped(line: Line, columns: int, indent: int) -> list[Line]:
    """The line as several of at most ``columns``, broken before words; 0 columns break nothing."""
    if not columns or sum(width(text) for text, _ in line) <= columns:
        return [line]
    rows: list[Line] = [[]]
    used, breakable = 0, False
    for text, style in line:
        for word in re.findall(r"[^ ]+ *| +", text):
            if breakable and used > indent and used + width(word.rstrip()) > columns:
                last, look = rows[-1].pop()
                rows[-1].append((last.rstrip(), look))
                rows.append([(" " * indent, "")])
                used = indent
            rows[-1].append((word, style))
            used, breakable = used + width(word), word.endswith(" ")
    return rows


def paint(lines: Iterable[Line], color: bool) -> str:
    """The lines, each with its end. Whether there is colour is the caller's choice alone: neither
    the environment nor the terminal is asked."""
    if not color:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    from rich.console import Console
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as captured:
        for line in lines:
            console.print(Text.assemble(*line), soft_wrap=True)
    return captured.get()
