"""Builtin functions of Python that are given tensors."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "python-builtin"


def loss(value: str) -> str:
    return f"def some_loss(y_true, y_pred):\n    return {value}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("max(y_pred)", "tf.reduce_max(y_pred)"),
        ("sum(y_true - y_pred)", "tf.reduce_sum(y_true - y_pred, axis=0)"),
        ("max(0, 1 - y_true * y_pred)", "tf.maximum(0.0, 1 - y_true * y_pred)"),
        ("sorted(y_pred)", "tf.sort(y_pred)"),
        ("round(tf.reduce_sum(y_pred))", "tf.round(tf.reduce_sum(y_pred))"),
    ],
)
def test_a_builtin_becomes_an_operation(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "value",
    [
        "abs(y_pred - y_true)",
        "pow(y_pred, 2)",
        "max(1, y_pred.shape[-1]) * y_pred",
        "max(alpha, beta) * y_pred",
        "sum([y_true, y_pred])",
        "sum(weights) * y_pred",
        "sum(part(y_pred) for part in parts)",
        "max(parts, key=len)(y_true, y_pred)",
        "y_pred * len(weights)",
        "my.max(y_pred)",
    ],
)
def test_numbers_lists_and_operators_are_left_alone(value: str) -> None:
    assert findings(loss(value), RULE) == ()


def test_a_function_of_the_same_name_is_left_alone() -> None:
    source = "from helpers import max\n\n\n" + loss("max(y_pred)")
    assert findings(source, RULE) == ()


@pytest.mark.parametrize("value", ["int(tf.reduce_sum(y_pred))", "max(y_pred, key=abs)"])
def test_what_has_no_counterpart_is_reported(value: str) -> None:
    (finding,) = findings(loss(value), RULE)
    assert finding.reason
    assert rewritten(loss(value), RULE) == loss(value)


@pytest.mark.parametrize("value", ["max(0.0, y_pred)", "max(y_pred, 0.0)"])
def test_what_is_not_a_number_is_shown_in_either_order(value: str) -> None:
    tf = pytest.importorskip("tensorflow")
    names = {"tf": tf}
    exec(rewritten(loss(value), RULE), names)
    given = tf.constant([float("nan"), -1.0, 2.0])
    assert [str(float(each)) for each in names["some_loss"](given, given)] == ["nan", "0.0", "2.0"]
