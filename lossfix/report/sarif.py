"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import quote

from lossfix.model import Finding, Report, Severity
from lossfix.report.fingerprint import fingerprints
from lossfix.report.style import PLAIN, RulePage, Style, place_in_cell, sentence, shown_path

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

ROOT = "%SRCROOT%"
"""The symbolic name of the folder that relative URIs start from; whoever reads the log resolves it."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report, style: Style = PLAIN) -> str:
    """One run of lossfix as a SARIF log."""
    codes = sorted({finding.code for finding in report.findings})
    rules = [_rule(code, report, style) for code in codes]
    results = [_result(finding, name, codes, style) for finding, name in fingerprints(report)]
    run = {
        "tool": {"driver": {"name": "lossfix", "version": report.version, "rules": rules}},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder that lossfix was run in."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, report: Report, style: Style) -> dict[str, Any]:
    name = next(finding.rule for finding in report.findings if finding.code == code)
    page = style.pages.get(code, RulePage(code, name, summary=name or code))
    rule: dict[str, Any] = {"id": code, "shortDescription": {"text": page.summary}}
    if page.name:
        rule["name"] = page.name
    if page.text:
        rule["help"] = {"text": page.text, "markdown": page.text}
    if page.url:
        rule["helpUri"] = page.url
    return rule


def _result(finding: Finding, fingerprint: str, codes: list[str], style: Style) -> dict[str, Any]:
    properties: dict[str, Any] = {"safety": finding.safety.value}
    if finding.reason:
        properties["reason"] = finding.reason
    if finding.cell is not None:
        properties |= {"cell": finding.cell, "line": finding.span.line}
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": LEVELS[finding.severity],
        "message": {"text": place_in_cell(finding) + sentence(finding)},
        "locations": [_location(finding, style)],
        "partialFingerprints": {"lossfix/v1": fingerprint},
        "properties": properties,
    }


def _location(finding: Finding, style: Style) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(shown_path(finding.path, style))}
    # A line of a cell is not a line of the notebook's file: the message names it instead.
    if finding.cell is None:
        span = finding.span
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.loss:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.loss, "kind": "function"}]
    return location


def _artifact(path: str) -> dict[str, Any]:
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": ROOT}


def _invocation(report: Report) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": not report.unreadable}
    if report.arguments:
        invocation["commandLine"] = shlex.join(["lossfix", *report.arguments])
    if report.unreadable:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": text}} for text in report.unreadable
        ]
    return invocation
