"""The trees of a file are gone when the next is looked at: a run over many files takes no more memory."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from benchmarks.trees import with_losses
from lossfix import checking, run, scan
from lossfix.config import Config
from lossfix.pool import Pool, Result
from lossfix.repairs import Proposal
from lossfix.syntax import remembered
from lossfix.syntax.remembered import one_file

SOURCES = Path(checking.__file__).parent
TEXT = "import keras\n\ndef a_loss(y_true, y_pred):\n    return (y_true - y_pred) ** 2\n"
PLAIN = {"str", "bytes", "tuple", "Path", "Settings", "object"}
"""What ``lru_cache`` may have as keys, by its name."""


@pytest.fixture
def trees() -> Iterator[Callable[[], int]]:
    """Counts the trees of whole files, of either parser, that there are now and were not before."""
    with one_file():
        pass
    gc.collect()

    def counted() -> int:
        return sum(1 for each in gc.get_objects() if type(each) in (cst.Module, ast.Module))

    before = counted()
    gc.disable()
    yield lambda: counted() - before
    gc.enable()


class Watched(Pool):
    """Counts, whenever it is done with a file, the trees that are left."""

    def __init__(self, trees: Callable[[], int]) -> None:
        super().__init__()
        self.left: list[int] = []
        self._trees = trees

    def map(
        self,
        function: Callable[..., Result],
        rows: Iterable[tuple[Any, ...]],
        size: Callable[[tuple[Any, ...]], int],
    ) -> Iterator[Result]:
        for result in super().map(function, rows, size):
            self.left.append(self._trees())
            yield result


@pytest.fixture
def many(tmp_path: Path) -> list[str]:
    """The paths of files with losses."""
    return sorted(map(str, with_losses(tmp_path, 4).rglob("*.py")))


def test_a_check_keeps_no_tree_of_the_files_before(
    many: list[str],
    trees: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "_LITTER", 0)
    pool, config = Watched(trees), Config(root=Path(many[0]).parent)
    files = scan.open_all(many, config.naming, pool)
    report = run.check(run.Request(config, pool=pool), files)
    assert len(report.files) == 4
    # Each file is parsed twice: for what it says of the others, and for its losses.
    assert pool.left == [0] * 8


def test_a_fix_keeps_no_tree_of_the_losses_that_wait_for_it(
    many: list[str], trees: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_LITTER", 0)
    left = list[int]()

    def chosen(proposal: Proposal) -> str:
        left.append(trees())
        return proposal.after

    config = Config(root=Path(many[0]).parent)
    files = scan.open_all(many[:2], config.naming)
    report = run.fix(run.Request(config), files, None, chosen)
    assert len(report.outcomes) == len(left) > 2
    assert set(left) == {0}


def test_who_looks_at_a_file_keeps_its_trees_as_long_as_anyone_else_does(
    trees: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_LITTER", 0)
    with one_file():
        checking.check("a.py", TEXT, checking.Options(checking.RULES))
        assert trees() > 0
    assert trees() == 0


def test_only_what_is_about_no_tree_is_remembered_from_file_to_file() -> None:
    taken: dict[str, set[str]] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        text = path.read_text("utf-8")
        if "probe" in path.parts or "cache" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(each).startswith(("lru_cache", "cache(", "functools."))
                for each in node.decorator_list
            ):
                written = [ast.unparse(each.annotation or each) for each in node.args.args]
                taken[f"{path.stem}.{node.name}"] = set(re.findall(r"\w+", " ".join(written)))
    assert taken, "there are some"
    assert {name: kinds - PLAIN for name, kinds in taken.items() if kinds - PLAIN} == {}
