"""Lines of styled text, as plain text or with a terminal's colours."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TypeAlias

Line: TypeAlias = "list[tuple[str, str]]"
"""Pieces of a line, each with a rich style; an empty style is the terminal's own."""


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
