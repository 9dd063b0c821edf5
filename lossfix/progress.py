"""Whom a long run tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _unheard(text: str) -> None:
    pass


@dataclass(frozen=True)
class Progress:
    """Two ways to be told something; by default nobody listens."""

    say: Callable[[str], None] = _unheard
    """Takes a line that is worth keeping."""
    tick: Callable[[str], None] = _unheard
    """Takes the state of the work, which the next one replaces; nothing (``""``) removes it."""


SILENT = Progress()
