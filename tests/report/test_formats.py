"""Each format, whole, as golden files: regenerate with ``--regen-all`` and read the diff."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sample_report import PAGES, check_report, fix_report, verify_report

from lossfix.report import RENDERERS, Style, statistics, summary

REPORTS = {
    "check": check_report(),
    "fix": fix_report(),
    "diff": fix_report(undo=""),
    "verify": verify_report(),
}
EXTENSIONS = {
    "json": ".json",
    "sarif": ".json",
    "gitlab": ".json",
    "diff": ".diff",
    "html": ".html",
}

FORMATS = {**RENDERERS, "summary": summary, "statistics": statistics}

CASES = [
    *(("check", name) for name in FORMATS if name != "diff"),
    *(("fix", name) for name in ("full", "json", "diff", "html", "summary")),
    *(("diff", name) for name in ("summary", "html")),
    *(("verify", name) for name in ("json", "html", "summary")),
]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_the_format_is_as_it_was(command, name, file_regression):
    text = FORMATS[name](REPORTS[command], Style(pages=PAGES))
    extension = EXTENSIONS.get(name, ".txt")
    file_regression.check(
        text, basename=f"{command}-{name}", extension=extension, encoding="utf-8", newline=""
    )


def test_the_curves_are_drawn_under_their_losses(file_regression):
    text = summary(fix_report(), Style(curves=True))
    file_regression.check(text, extension=".txt", encoding="utf-8", newline="")


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_without_anything_can_be_rendered(name):
    from lossfix.model import Report

    assert isinstance(FORMATS[name](Report("check", "0.1.0"), Style()), str)


@pytest.mark.parametrize("name", FORMATS)
def test_rendering_twice_gives_the_same_text(name):
    style = Style(pages=PAGES)
    assert FORMATS[name](fix_report(), style) == FORMATS[name](fix_report(), style)


def test_importing_the_formats_loads_nothing_heavy():
    code = "import sys, lossfix.report; print(*{'rich', 'jinja2', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
