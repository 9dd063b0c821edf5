"""GitHub's workflow commands and GitLab's code quality report."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from sample_report import check_report

from lossfix.report import RENDERERS, Style

HOSTILE = "100 %, a:b\r\n::error::forged"


def hostile_report():
    report = check_report()
    first, *rest = report.files
    finding = replace(first.findings[0], message=HOSTILE, path=HOSTILE, rule=HOSTILE)
    return replace(report, files=(replace(first, findings=(finding,)), *rest))


def test_a_github_command_is_one_line_per_finding_and_per_unreadable_file():
    report = check_report()
    lines = RENDERERS["github"](report, Style()).splitlines()
    assert len(lines) == len(report.findings) + len(report.unreadable)
    assert all(re.match(r"::(error|warning|notice) [^\n]*::", line) for line in lines)


def test_no_text_can_forge_a_github_command():
    line = RENDERERS["github"](hostile_report(), Style()).splitlines()[0]
    properties = line.split(" ", 1)[1].split("::", 1)[0]
    file = dict(item.split("=", 1) for item in properties.split(","))["file"]
    assert file == "100 %25%2C a%3Ab%0D%0A%3A%3Aerror%3A%3Aforged"
    assert "\r" not in line


def test_gitlab_reads_what_it_requires():
    issues = json.loads(RENDERERS["gitlab"](check_report(), Style()))
    assert len(issues) == len(check_report().findings)
    for issue in issues:
        assert issue["description"]
        assert issue["check_name"].startswith("LF")
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
