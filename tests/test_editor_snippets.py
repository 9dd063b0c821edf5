"""What ``lossfix doctor`` prints for editors is what docs/editors.md gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import ROOT, lossfix

from lossfix.editors import SNIPPETS, Snippet, snippets

PAGE = (ROOT / "docs" / "editors.md").read_text("utf-8")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.editor)
def test_the_page_gives_the_same_settings(snippet: Snippet) -> None:
    if snippet.editor == "PyCharm":
        # There they are fields of a dialogue, on the page a table of them.
        for line in snippet.text_for().splitlines():
            name, _, value = line.partition(":")
            row = next(row for row in PAGE.splitlines() if row.startswith("| ") and name in row)
            assert f"`{value.strip()}`" in row
    else:
        assert f"\n{snippet.text_for()}```" in PAGE


def test_the_settings_name_the_program_that_was_asked_for() -> None:
    text = snippets("/opt/env/bin/lossfix")
    assert '"command": "/opt/env/bin/lossfix"' in text
    assert '{ "/opt/env/bin/lossfix", "lsp" }' in text
    assert "{program}" not in text


def test_the_doctor_prints_them_also_where_nothing_can_be_measured(tmp_path: Path) -> None:
    nothing = tmp_path / "python"
    nothing.write_text("#!/bin/sh\nexit 1\n")
    nothing.chmod(0o755)
    ended = lossfix("doctor", "--python", nothing, at=tmp_path)
    assert ended.code == 2
    assert "language server: pygls" in ended.text
    for snippet in SNIPPETS:
        assert f"  {snippet.editor}, {snippet.place}:" in ended.text
