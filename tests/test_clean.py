"""What must not be touched is not touched: the clean losses, as bytes through the whole program."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from program import lossfix

from lossfix.model import Safety

CLEAN = Path(__file__).parents[1] / "fixtures" / "clean"
FILES = sorted(CLEAN.glob("*.py"))
FUNCTIONS = sorted((CLEAN / "functions").glob("*.py"))


def test_there_are_more_clean_losses_than_a_handful() -> None:
    assert len(FILES) >= 15


def test_no_clean_file_is_rewritten(tmp_path: Path) -> None:
    shutil.copytree(CLEAN, tmp_path / "clean")
    lossfix("fix", "--no-verify", "--ignore", "LF3", "clean", at=tmp_path)
    before = {path.relative_to(CLEAN): path.read_bytes() for path in sorted(CLEAN.rglob("*.py"))}
    after = {
        path.relative_to(tmp_path / "clean"): path.read_bytes()
        for path in sorted((tmp_path / "clean").rglob("*.py"))
    }
    assert after == before


def rewritable(path: Path) -> set[str]:
    from lossfix.checking import Options, check
    from lossfix.rules import RULES

    found = check(path.name, path.read_text(encoding="utf-8"), Options(RULES))
    return {finding.code for finding in found if finding.safety is not Safety.MANUAL}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_clean_file_has_nothing_to_rewrite(path: Path) -> None:
    assert rewritable(path) == set()


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_of_clean_functions_only_the_form_is_rewritten(path: Path) -> None:
    assert rewritable(path) <= {"LF301", "LF302", "LF303"}
