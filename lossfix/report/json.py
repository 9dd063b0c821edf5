"""One versioned JSON object, held to ``lossfix.schema.json``.

A finding has the fields of a diagnostic in Ruff's JSON (``code``, ``message``, ``filename``,
``location``, ``end_location``, ``fix``), so that what reads the one can read the other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lossfix.model import Curve, Finding, Outcome, Reach, Report, Safety, Status, Step, Verdict
from lossfix.report.changes import hunks
from lossfix.report.style import PLAIN, Style, fixable, shown_path

SCHEMA_VERSION = 1
"""Grows by one when a field goes away or changes its meaning; new fields leave it alone."""

APPLICABILITY = {Safety.EXACT: "safe", Safety.RELAXED: "unsafe", Safety.MANUAL: "display"}
"""Ruff's words for how freely a fix may be applied."""


def render(report: Report, style: Style = PLAIN) -> str:
    """The whole report. Numbers that are not finite are ``null``, since JSON has no word for them."""
    everything = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "lossfix", "version": report.version},
        "command": report.command,
        "arguments": list(report.arguments),
        "environment": asdict(report.environment) if report.environment else None,
        "summary": _summary(report),
        "findings": [_finding(finding, style, edits=[]) for finding in report.findings],
        "outcomes": [_outcome(outcome, style) for outcome in report.outcomes],
        "changed": [shown_path(file.path, style) for file in report.files if file.changed],
        "unreadable": list(report.unreadable),
        "undo": report.undo or None,
    }
    return json.dumps(everything, indent=2, allow_nan=False) + "\n"


def _summary(report: Report) -> dict[str, int]:
    tally = {status.value: sum(o.status is status for o in report.outcomes) for status in Status}
    return {
        "checked": report.checked,
        "findings": len(report.findings),
        **tally,
        "unreadable": len(report.unreadable),
    }


def _finding(finding: Finding, style: Style, edits: list[dict[str, Any]]) -> dict[str, Any]:
    page, span = style.pages.get(finding.code), finding.span
    fix = {
        "applicability": APPLICABILITY[finding.safety],
        "message": page.summary if page else finding.rule,
        "edits": edits,
    }
    return {
        "code": finding.code,
        "name": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "filename": shown_path(finding.path, style),
        "cell": finding.cell,
        "location": {"row": span.line, "column": span.column},
        "end_location": {"row": span.end_line, "column": span.end_column},
        "loss": finding.loss,
        "fix": fix if fixable(finding) else None,
        "reason": finding.reason or None,
        "url": (page.url or None) if page else None,
    }


def _outcome(outcome: Outcome, style: Style) -> dict[str, Any]:
    return {
        "filename": shown_path(outcome.path, style),
        "loss": outcome.loss,
        "becomes": outcome.becomes or None,
        "elsewhere": [shown_path(path, style) for path in outcome.elsewhere],
        "status": outcome.status.value,
        "codes": list(outcome.codes),
        "reason": outcome.reason or None,
        "gate": outcome.gate.value if outcome.gate else None,
        "fixes": [_finding(step.finding, style, _edits(step)) for step in outcome.steps],
        "smoothed": outcome.smoothed,
        "verified": outcome.verified,
        "verification": _verdict(outcome.verdict) if outcome.verdict else None,
    }


def _edits(step: Step) -> list[dict[str, Any]]:
    """Whole lines that replace others, in the text that the step before this one left."""
    old = re.split(r"(?<=\n)", step.before)
    new = re.split(r"(?<=\n)", step.after)
    return [
        {
            "content": "".join(new[change.new_start : change.new_end]),
            "location": {"row": change.old_start + 1, "column": 1},
            "end_location": _end(old, change.old_end),
        }
        for hunk in hunks(old, new, context=0)
        for change in hunk
        if not change.same
    ]


def _end(lines: list[str], count: int) -> dict[str, int]:
    """Where the first ``count`` lines end; the last line has no line break to end with."""
    if count < len(lines):
        return {"row": count + 1, "column": 1}
    return {"row": count, "column": len(lines[-1]) + 1}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    crossed, gates = verdict.coverage
    return {
        "ruling": verdict.ruling.value,
        "writable": verdict.writable,
        "summary": verdict.summary,
        "gradient": {
            "before": verdict.before.value,
            "after": verdict.after.value if verdict.after else None,
        },
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
        "assumptions": list(verdict.assumptions),
        "family": verdict.family or None,
        "steepness": _number(verdict.steepness),
        "deviation": _number(verdict.deviation),
        "reach": _reach(verdict.reach) if verdict.reach else None,
        "gates": {"crossed": crossed, "seen": gates},
        "curve": _curve(verdict.curve) if verdict.curve else None,
        "seconds": _number(verdict.seconds),
    }


def _reach(reach: Reach) -> dict[str, Any]:
    return {"jump_share": _number(reach.jump_share), "distance": _number(reach.distance)}


def _curve(curve: Curve) -> dict[str, Any]:
    def numbers(values: Sequence[float | None]) -> list[float | None]:
        return [_number(value) for value in values]

    return {
        "y_true": _number(curve.y_true),
        "y_pred": numbers(curve.y_pred),
        "before": numbers(curve.before),
        "before_slope": numbers(curve.before_slope),
        "after": numbers(curve.after),
        "after_slope": numbers(curve.after_slope),
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
