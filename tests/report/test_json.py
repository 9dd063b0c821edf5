from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_report import ROUND_TRIP, check_report, fix_report, verify_report

from lossfix.model import FileReport, Outcome, Report, Status, Step
from lossfix.report import RENDERERS, Style

SCHEMA = json.loads(
    resources.files("lossfix.report").joinpath("lossfix.schema.json").read_text("utf-8")
)
render = RENDERERS["json"]


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "report",
    [check_report(), fix_report(), verify_report(), Report("check", "0.1.0")],
    ids=["check", "fix", "verify", "empty"],
)
def test_the_report_is_valid_against_the_shipped_schema(report):
    jsonschema.validate(json.loads(render(report, Style())), SCHEMA)


def test_a_finding_has_the_fields_of_ruff():
    fields = {"code", "message", "filename", "cell", "location", "end_location", "fix", "url"}
    finding = json.loads(render(check_report(), Style()))["findings"][0]
    assert fields <= finding.keys()
    assert finding["location"] == {"row": 2, "column": 12}


def test_numbers_that_are_not_finite_are_null():
    report = json.loads(render(fix_report(), Style()), parse_constant=pytest.fail)
    kept = next(outcome for outcome in report["outcomes"] if outcome["status"] == "kept")
    assert kept["verification"]["deviation"] is None


def test_every_fix_has_its_verification_beside_it():
    for outcome in json.loads(render(fix_report(), Style()))["outcomes"]:
        assert outcome["verification"] or not outcome["verified"]


def applied(edits: list[dict], text: str) -> str:
    """The text after the edits, as a consumer that knows only the JSON applies them."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:row]) for row in range(len(lines))]

    def offset(place: dict) -> int:
        return starts[place["row"] - 1] + place["column"] - 1

    for edit in reversed(edits):
        start, end = offset(edit["location"]), offset(edit["end_location"])
        text = text[:start] + edit["content"] + text[end:]
    return text


TEXTS = st.lists(st.sampled_from(["a", "b", "\n", "\r\n", "損"]), max_size=12).map("".join)


@given(TEXTS, TEXTS)
def test_the_edits_of_a_step_make_its_after_from_its_before(before, after):
    outcome = Outcome("losses.py", "loss", Status.FIXED, steps=(Step(ROUND_TRIP, before, after),))
    report = Report("fix", "0.1.0", (FileReport("losses.py", outcomes=(outcome,)),))
    (fixed,) = json.loads(render(report, Style()))["outcomes"][0]["fixes"]
    assert applied(fixed["fix"]["edits"], before) == after
