"""Losses that compute something and return nothing of it."""

from __future__ import annotations

import pytest
from rewriting import findings


def loss(*statements: str) -> str:
    return "def gap_loss(y_true, y_pred):\n" + "".join(f"    {each}\n" for each in statements)


@pytest.mark.parametrize(
    ("statements", "advice"),
    [
        (("1.0 - tf.reduce_mean(y_true * y_pred)",), "before its last expression"),
        (("gap = y_true - y_pred", "tf.reduce_mean(tf.abs(gap))"), "before its last expression"),
        (("gap = tf.abs(y_true - y_pred)",), "of `gap`"),
        (("if True:", "    return", "tf.abs(y_true - y_pred)"), "before its last expression"),
    ],
)
def test_a_value_that_is_thrown_away_is_told(statements: tuple[str, ...], advice: str) -> None:
    (finding,) = findings(loss(*statements), "missing-return")
    assert advice in (finding.reason or "")


@pytest.mark.parametrize(
    "statements",
    [
        ("return tf.abs(y_true - y_pred)",),
        ("pass",),
        ("...",),
        ('"""To be overridden."""',),
        ("raise NotImplementedError(y_pred)",),
        ("if y_true is None:", "    return y_pred", "tf.print(y_pred)"),
        ("yield y_true - y_pred",),
        ("def inner():", "    return y_true - y_pred", "return inner()"),
    ],
)
def test_what_returns_or_is_to_be_overridden_is_left_alone(statements: tuple[str, ...]) -> None:
    assert findings(loss(*statements), "missing-return") == ()


PART = """
def part(y_true, y_pred):
    value = tf.reduce_mean(tf.abs(y_true - y_pred))

def whole_loss(y_true, y_pred):
    return part(y_true, y_pred) + tf.reduce_mean(y_pred)
"""


def test_a_part_whose_value_is_used_and_is_none_is_told() -> None:
    (finding,) = findings(PART, "missing-return")
    assert "`part` returns nothing, and what calls it raises" in finding.message
    returned = PART.replace("    value = ", "    return ")
    assert findings(returned, "missing-return") == ()
    procedure = PART.replace("return part(y_true, y_pred) +", "part(y_true, y_pred)\n    return")
    assert findings(procedure, "missing-return") == ()
