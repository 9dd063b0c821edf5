"""Every output format is a pure function of a report and of how it is to look.

The text that a renderer returns is to be written as UTF-8 with ``surrogateescape`` and without
newline translation: file names and patches may hold bytes that are no text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lossfix.model import Report
from lossfix.report import diff, github, gitlab, html, json, sarif
from lossfix.report.diff import patch
from lossfix.report.spark import sparklines
from lossfix.report.style import PLAIN, ReportError, RulePage, Style
from lossfix.report.summary import counts, statistics, summary
from lossfix.report.text import concise, full

RENDERERS: Mapping[str, Callable[[Report, Style], str]] = MappingProxyType(
    {
        "full": full,
        "concise": concise,
        "json": json.render,
        "sarif": sarif.render,
        "github": github.render,
        "gitlab": gitlab.render,
        "diff": diff.render,
        "html": html.render,
    }
)
"""The formats by the names that ``--output-format``, ``--diff`` and ``--report`` know them by."""

__all__ = [
    "PLAIN",
    "RENDERERS",
    "ReportError",
    "RulePage",
    "Style",
    "concise",
    "counts",
    "full",
    "patch",
    "sparklines",
    "statistics",
    "summary",
]
