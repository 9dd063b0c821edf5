"""Every output format is a pure function of a report and of how it is to look.

The text that a renderer returns is to be written as UTF-8 with ``surrogateescape`` and without newline
translation: file names and patches may hold bytes that are no text.

Formats: ``text``, ``diff``, ``json``, ``sarif``, ``github``, ``gitlab``, ``html``. Of several of them:
``style`` (how it is to look), ``summary``, ``changes``, ``excerpt``, ``fingerprint``, ``inputs`` (in
words), ``paint`` (on a terminal), ``spark`` and ``picture`` (curves).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import cast

from lossfix.model import Report
from lossfix.report.style import PLAIN, ReportError, RulePage, Style
from lossfix.report.summary import counts, statistics, summary

Renderer = Callable[[Report, Style], str]


class _Renderers(Mapping[str, Renderer]):
    """Renderers by their names. Each is loaded when it is asked for: a run shows one, of eight."""

    def __init__(self, places: Mapping[str, tuple[str, str]]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Renderer:
        module, function = self._places[name]
        return cast(Renderer, getattr(import_module(f"{__name__}.{module}"), function))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


RENDERERS: Mapping[str, Renderer] = _Renderers(
    {
        "full": ("text", "full"),
        "concise": ("text", "concise"),
        "json": ("json", "render"),
        "sarif": ("sarif", "render"),
        "github": ("github", "render"),
        "gitlab": ("gitlab", "render"),
        "diff": ("diff", "render"),
        "html": ("html", "render"),
    }
)
"""The formats by the names that ``--output-format``, ``--diff`` and ``--report`` know them by."""

__all__ = [
    "PLAIN",
    "RENDERERS",
    "Renderer",
    "ReportError",
    "RulePage",
    "Style",
    "counts",
    "statistics",
    "summary",
]
