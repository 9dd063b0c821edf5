"""GitLab's code quality report: an array of issues, as its merge requests read it."""

from __future__ import annotations

import json
from typing import Any

from lossfix.model import Finding, Report, Severity
from lossfix.report.fingerprint import fingerprints
from lossfix.report.style import PLAIN, Style, place_in_cell, sentence, shown_path

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report, style: Style = PLAIN) -> str:
    """The findings as JSON; a fingerprint stays the same while lines around the finding move."""
    issues = [_issue(finding, name, style) for finding, name in fingerprints(report)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str, style: Style) -> dict[str, Any]:
    # A line of a cell is not a line of the notebook's file: the description names it instead.
    begin, end = (finding.span.line, finding.span.end_line) if finding.cell is None else (1, 1)
    return {
        "description": f"{finding.code} {place_in_cell(finding)}{sentence(finding)}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": shown_path(finding.path, style),
            "lines": {"begin": begin, "end": end},
        },
    }
