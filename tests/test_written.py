"""The steepness of a smoothing by hand, read off its text."""

from __future__ import annotations

import pytest

from lossfix.losses.probing.written import written_steepness
from lossfix.model import Subject

SOURCE = """
WIDE = 3.0

class Soft(Loss):
    def __init__(self, weight, steepness=8.0, name="soft"):
        pass

class Named(Loss):
    def __init__(self, steepness=WIDE, *, tau=0.25):
        pass

def make(tau=0.5):
    def loss(y_true, y_pred):
        return 0
    return loss

def plain(y_true, y_pred, k=5):
    return 0
"""


@pytest.mark.parametrize(
    ("expression", "steepened", "found"),
    [
        ("Soft(1.0)", "Soft(1.0, steepness={steepness})", 8.0),
        ("Soft(1.0, steepness=20)", "Soft(1.0, steepness={steepness})", 20.0),
        ("Soft(1.0, 7.5)", "Soft(1.0, {steepness})", 7.5),
        ("make()", "make(tau=1.0 / {steepness})", 2.0),
        ("make(tau=0.1)", "make(tau=1.0 / {steepness})", 10.0),
        ("Named()", "Named(tau=1.0 / {steepness})", 4.0),
        ("plain", "lambda y_true, y_pred: plain(y_true, y_pred, k={steepness})", 5.0),
        ("Named()", "Named(steepness={steepness})", None),
        ("Soft(1.0, steepness=-2.0)", "Soft(1.0, steepness={steepness})", None),
        ("Soft(1.0)", "", None),
    ],
)
def test_it_is_an_argument_or_a_default(
    expression: str, steepened: str, found: float | None
) -> None:
    assert written_steepness(Subject(SOURCE, expression, steepened)) == found
