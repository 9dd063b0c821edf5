"""Findings for people: one line each (``concise``), or with the source and the reason (``full``)."""

from __future__ import annotations

from lossfix.model import FileReport, Finding, Report, Severity
from lossfix.report.excerpt import lines_of, underline
from lossfix.report.paint import Line, paint, wrapped
from lossfix.report.style import PLAIN, Style, mark, place, printable, sentence

COLORS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}

LINES_BEFORE = 2
"""Lines of source shown above the one that a finding points at."""

_INDENT = 4
"""Columns by which what is wrapped stands further right."""


def concise(report: Report, style: Style = PLAIN) -> str:
    """``PATH:LINE:COL: SEVERITY CODE [*] MESSAGE``, one line per finding."""
    return paint([_headline(f, style, sentence(f)) for f in report.findings], style.color)


def full(report: Report, style: Style = PLAIN) -> str:
    """The concise line of each finding, then its source, a caret and, if there is one, the reason."""
    lines = [
        line
        for file in report.files
        for finding in file.findings
        for line in _paragraph(file, finding, style)
    ]
    return paint(lines, style.color)


def _headline(finding: Finding, style: Style, message: str) -> Line:
    return [
        (place(finding, style), "bold"),
        (": ", ""),
        (finding.severity.value, COLORS[finding.severity]),
        (" ", ""),
        (finding.code, "bold"),
        (f" {mark(finding)} ", "cyan"),
        (message, ""),
    ]


def _paragraph(file: FileReport, finding: Finding, style: Style) -> list[Line]:
    headline = _headline(finding, style, printable(finding.message))
    lines: list[Line] = wrapped(headline, style.columns, _INDENT)
    lines += _excerpt(file, finding)
    about = ", ".join(
        part for part in (finding.rule, finding.loss and f"in {finding.loss}") if part
    )
    if about:
        lines.append([("  = ", "blue"), (printable(about), "dim")])
    if finding.reason:
        why: Line = [
            ("  = ", "blue"),
            ("not rewritten: ", "bold"),
            (printable(finding.reason), ""),
        ]
        lines += wrapped(why, style.columns, _INDENT)
    lines.append([])
    return lines


def _excerpt(file: FileReport, finding: Finding) -> list[Line]:
    span, source = finding.span, lines_of(file, finding.cell)
    if not 0 < span.line <= len(source):
        return []
    margin = len(str(span.line))
    gutter: Line = [(f" {'':{margin}} |", "blue")]
    rows = [gutter]
    for number in range(max(1, span.line - LINES_BEFORE), span.line + 1):
        line = source[number - 1]
        shown, carets = underline(line, span.column, _end_column(finding, line))
        rows.append([(f" {number:{margin}} | ", "blue"), (_safe(shown), "")])
    rows.append([(f" {'':{margin}} | ", "blue"), (carets, COLORS[finding.severity])])
    return rows


def _end_column(finding: Finding, line: str) -> int:
    """The end on the first line of the span: an excerpt underlines no more than that."""
    return finding.span.end_column if finding.span.end_line == finding.span.line else len(line) + 1


def _safe(line: str) -> str:
    """A source line whose control characters cannot move the cursor; columns are kept."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
