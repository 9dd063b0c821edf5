"""Annotations on a pull request: GitHub's workflow commands, one line per finding."""

from __future__ import annotations

from lossfix.model import Finding, Report, Severity
from lossfix.report.style import PLAIN, Style, mark, place_in_cell, sentence, shown_path

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, style: Style = PLAIN) -> str:
    """A command per finding, and an error per file that could not be read."""
    commands = [_command(finding, style) for finding in report.findings]
    commands += [f"::error title=lossfix::{_data(text)}" for text in report.unreadable]
    return "".join(f"{command}\n" for command in commands)


def _command(finding: Finding, style: Style) -> str:
    properties: dict[str, str | int] = {
        "title": f"lossfix {finding.code} ({finding.rule})",
        "file": shown_path(finding.path, style),
    }
    # A line of a cell is not a line of the notebook's file: the message names it instead.
    if finding.cell is None:
        span = finding.span
        properties |= {"line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:  # columns count only within one line
            properties |= {"col": span.column, "endColumn": span.end_column}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = f"{place_in_cell(finding)}{mark(finding)} {sentence(finding)}"
    return f"::{LEVELS[finding.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
