"""``lossfix verify`` names the fault of every loss of the catalogue whose fault is its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from program import lossfix

CATALOGUE = Path(__file__).parents[2] / "fixtures" / "catalogue"

FEW = (30, 47, 59, 65, 77, 80, 82, 99)
"""Rows of the default run, one for each way to name a fault; all run with ``-m slow``."""

ELSEWHERE = {
    11: "needs a package that may not be there",
    12: "needs a package that may not be there",
    66: "the labels that it is fed",
    67: "the labels that it is fed",
    69: "the order of its arguments",
    70: "its sign",
    85: "works",
    **dict.fromkeys((91, 92, 93), "how it is handed to compile"),
    95: "how its method is called: `check` finds it, and what is measured is its function",
    96: "how Keras calls it",
    98: "a lambda that is no loss by itself",
    100: "the weights that it is given",
    **dict.fromkeys(range(102, 112), "the model around it"),
    113: "the data",
}
"""Rows whose fault is none of the loss itself, and where it lies."""

NONE = (*range(1, 8), 10, 13, 14, 15, *range(17, 23), *range(24, 30), *range(31, 45), 46)
RAISES = (9, 16, 23, *range(52, 59), *range(60, 65), 68, 84, *range(86, 90), 94, 97)
NAMED = {
    **dict.fromkeys(NONE, "^gradient none"),
    **dict.fromkeys(RAISES, r"^gradient raises, \w+Error: "),
    **dict.fromkeys((8, 30, 45, 112), "^gradient zero"),
    **dict.fromkeys((48, 49, 50, 51), "^gradient jumps"),
    47: "the term at line 5 has no gradient",
    59: "batches of 16 alone",
    65: r"rank: y_true \(\d+,\) against y_pred",
    71: "the value is not finite at .*overflow at y_pred",
    72: "the gradient is not finite at y_pred = y_true",
    73: "the gradient is not finite at y_pred = y_true",
    74: "the value is not finite at .*y_pred = 0",
    75: "the value is not finite at y_true = 0",
    76: "the gradient is not finite at .*y_true all 0",
    77: "the value is not finite at y_true all -1",
    78: "overflow at y_pred = 100",
    79: "overflow at y_pred = -100, y_pred = 100",
    80: "the gradient is exactly zero, and the loss is not, at y_pred = -",
    81: "the gradient is exactly zero, and the loss is not, at y_pred = -100",
    82: "some samples have no gradient any more at y_pred = -100",
    83: "the gradient is exactly zero, and the loss is not, at y_pred = 0",
    90: "image_dim_ordering",
    99: "Keras cannot call it: it takes .*alpha",
    101: "the value has the shape",
}
"""What the line on a loss must say."""


def said(rows: tuple[int, ...], at: Path) -> dict[int, str]:
    """The lines of one run, by row; of several losses in a file, all of them."""
    files = [str(path) for row in rows for path in CATALOGUE.glob(f"c{row:03}_*.py")]
    lossfix("verify", "--no-cache", "--output-format", f"json:{at / 'out.json'}", *files, at=at)
    found: dict[int, str] = {}
    for outcome in json.loads((at / "out.json").read_text())["outcomes"]:
        row = int(re.search(r"/c(\d{3})_", outcome["filename"])[1])  # type: ignore[index]
        found[row] = f"{found.get(row, '')}{outcome['verification']['summary']}"
    return found


def missed(rows: tuple[int, ...], at: Path) -> dict[int, str]:
    found = said(rows, at)
    return {
        row: found.get(row, "not measured")
        for row in rows
        if not re.search(NAMED[row], found.get(row, ""))
    }


def test_every_row_is_named_or_lies_elsewhere():
    rows = {int(path.name[1:4]) for path in CATALOGUE.glob("c*.py")}
    assert rows == NAMED.keys() | ELSEWHERE.keys()
    assert not NAMED.keys() & ELSEWHERE.keys()


def test_a_few_faults_are_named(tmp_path):
    assert missed(FEW, tmp_path) == {}


@pytest.mark.slow
def test_every_fault_of_a_loss_itself_is_named(tmp_path):
    assert missed(tuple(sorted(NAMED)), tmp_path) == {}
