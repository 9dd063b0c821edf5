"""What a format may be told besides the report itself, and how all formats name places and paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lossfix.model import Finding, Outcome, Safety


class ReportError(Exception):
    """A report cannot be rendered in the format that was asked for."""


@dataclass(frozen=True)
class RulePage:
    """What a format says of a rule: plain data, since reports know no rules."""

    code: str
    name: str
    summary: str
    """One line: what the rule finds."""
    text: str = ""
    """The rule's whole page, in Markdown."""
    url: str = ""
    """Where the page is published; empty where it is not."""


@dataclass(frozen=True)
class Style:
    """How a report is to look. Every format takes one and heeds what concerns it."""

    pages: Mapping[str, RulePage] = field(default_factory=dict)
    """The rules' pages by code."""
    root: str = ""
    """An absolute POSIX folder that relative paths are joined to (``--absolute-paths``)."""
    prefix: str = ""
    """The working directory below the root of its repository, such as ``src/``: git reads the
    paths of a patch from the root, whatever the folder in which it is applied."""
    color: bool = False
    columns: int = 0
    """The width of the terminal, to which what is said to people is wrapped; 0: no terminal."""
    curves: bool = False
    """Whether the summary draws loss and slope as sparklines (``-v``)."""


PLAIN = Style()

MARKS: Mapping[Safety, str] = {
    Safety.EXACT: "[*]",
    Safety.RELAXED: "[~]",
    Safety.MANUAL: "[ ]",
}


def fixable(finding: Finding) -> bool:
    """Whether lossfix offers a rewrite for this finding."""
    return finding.safety is not Safety.MANUAL and not finding.reason


def mark(finding: Finding) -> str:
    """``[*]`` fixable exactly, ``[~]`` fixable by smoothing, ``[ ]`` not fixable."""
    return MARKS[finding.safety if fixable(finding) else Safety.MANUAL]


def sentence(finding: Finding) -> str:
    """The message on one line, with the reason where the finding is not rewritten."""
    message = printable(finding.message)
    return f"{message} (not rewritten: {printable(finding.reason)})" if finding.reason else message


def shown_path(path: str, style: Style) -> str:
    """The path as the user asked to see it; an absolute one stays as it is."""
    return posixpath.join(style.root, path) if style.root else path


def place(finding: Finding, style: Style = PLAIN) -> str:
    """``PATH:LINE:COL``, and ``PATH:cell N:LINE:COL`` in a notebook."""
    path = printable(shown_path(finding.path, style))
    cell = f"cell {finding.cell}:" if finding.cell is not None else ""
    return f"{path}:{cell}{finding.span.line}:{finding.span.column}"


def place_in_cell(finding: Finding) -> str:
    """``cell 3, line 4: `` for formats that can only point at a line of the file; else empty."""
    return f"cell {finding.cell}, line {finding.span.line}: " if finding.cell is not None else ""


def printable(text: str) -> str:
    """The text on one line: runs of line breaks and tabs become a space, control characters their
    escapes, so that neither a message nor a file's name can move a terminal's cursor."""
    flat = re.sub(r"[ \t]*[\r\n\t]+[ \t]*", " ", text)
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in flat
    )


def named(outcome: Outcome) -> str:
    """A loss by its name, and by the one that it has afterwards: ``my_loss → MyLoss``."""
    renamed = outcome.becomes and outcome.becomes != outcome.loss
    return f"{outcome.loss} → {outcome.becomes}" if renamed else outcome.loss


def plural(count: int, noun: str) -> str:
    """``1 loss``, ``2 losses``, ``0 fixes``."""
    ending = "es" if noun.endswith(("s", "x")) else "s"
    return f"{count} {noun}{'' if count == 1 else ending}"
