"""The patterns of docs/editors.md, taken from the page itself, read the one-line format."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sample_report import check_report

from lossfix.report import Style
from lossfix.report.text import concise

PAGE = (Path(__file__).parents[2] / "docs" / "editors.md").read_text("utf-8")

FINDINGS = [finding for finding in check_report().findings if finding.cell is None]
PLACES = [(f.path, str(f.span.line), str(f.span.column)) for f in FINDINGS]
LINES = concise(check_report()).splitlines()


def snippet(editor: str) -> str:
    """The code block that follows the comment ``<!-- editor -->``."""
    found = re.search(rf"<!-- {editor} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def places(pattern: str, lines: list[str]) -> list[tuple[str, ...]]:
    return [match.group(1, 2, 3) for line in lines if (match := re.search(pattern, line))]


def test_visual_studio_code_reads_every_part():
    pattern = json.loads(snippet("vscode"))["tasks"][0]["problemMatcher"]["pattern"]
    parts = {name: number for name, number in pattern.items() if name != "regexp"}
    read = [re.match(pattern["regexp"], line) for line in LINES]
    found = [{name: m[number] for name, number in parts.items()} for m in read if m]
    assert [(f["file"], f["line"], f["column"]) for f in found] == PLACES
    assert [(f["severity"], f["code"]) for f in found] == [
        (f.severity.value, f.code) for f in FINDINGS
    ]
    assert all(f["message"].startswith("[") for f in found)


def test_sublime_jumps_to_every_place():
    assert places(json.loads(snippet("sublime"))["file_regex"], LINES) == PLACES


def test_emacs_jumps_to_every_place():
    quoted = re.search(r'\(lossfix\s+"((?:[^"\\]|\\.)*)"', snippet("emacs"))
    assert quoted
    elisp = quoted[1].replace("\\n", "\n").replace("\\\\", "\\")
    swapped = {r"\(": "(", r"\)": ")", r"\|": "|"}
    assert places(re.sub(r"\\[()|]", lambda m: swapped[m[0]], elisp), LINES) == PLACES


def test_jetbrains_jumps_to_every_place():
    macros = {"$FILE_PATH$": "((?:[A-Za-z]:)?/[^:]+)", "$LINE$": r"(\d+)", "$COLUMN$": r"(\d+)"}
    filters = set(re.findall(r"`(\$FILE_PATH\$[^`]*)`", PAGE))
    assert filters == {"$FILE_PATH$:$LINE$:$COLUMN$"}
    pattern = re.sub(r"\$\w+\$", lambda macro: macros[macro[0]], filters.pop())
    lines = concise(check_report(), Style(root="/project")).splitlines()
    assert places(pattern, lines) == [(f"/project/{path}", *rest) for path, *rest in PLACES]


def test_vim_jumps_to_every_place(tmp_path):
    vim = shutil.which("vim")
    if (
        vim is None
        or "+quickfix"
        not in subprocess.run(
            [vim, "--version"], capture_output=True, text=True, check=False
        ).stdout
    ):
        pytest.skip("Vim with +quickfix is not installed")
    (tmp_path / "lossfix.vim").write_text(snippet("vim"), "utf-8")
    (tmp_path / "output").write_text("\n".join(LINES), "utf-8")
    script = (
        "source lossfix.vim | cgetfile output | "
        "call writefile(map(filter(getqflist(), 'v:val.bufnr'), "
        "{_, e -> json_encode([bufname(e.bufnr), e.lnum, e.col, e.type])}), 'places')"
    )
    options = ["-e", "-s", "-u", "NONE", "-i", "NONE", "--not-a-term", "-c", "set encoding=utf-8"]
    subprocess.run(
        [vim, "-N", *options, "-c", script, "-c", "qall!"], cwd=tmp_path, timeout=30, check=False
    )
    read = [json.loads(line) for line in (tmp_path / "places").read_text("utf-8").splitlines()]
    assert read == [[f.path, f.span.line, f.span.column, f.severity.value[0]] for f in FINDINGS]


def test_the_hooks_run_the_commands_that_they_name():
    hooks = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
    entries = dict(re.findall(r"- id: (\S+)\n(?:  .*\n)*?  entry: (.*)\n", hooks))
    assert {name: entry.split()[:2] for name, entry in entries.items()} == {
        "lossfix-check": ["lossfix", "check"],
        "lossfix-fix": ["lossfix", "fix"],
    }
    assert all(f"id: {name}" in PAGE for name in entries)
