"""Predictions that reach the loss only through ``stop_gradient``."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "detached-prediction"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ["return tf.reduce_mean(tf.abs(tf.stop_gradient(y_pred) - y_true))"],
            ["return tf.reduce_mean(tf.abs(y_pred - y_true))"],
        ),
        (
            ["p = tf.stop_gradient(tf.sigmoid(y_pred) + 1)", "return p * 2"],
            ["p = tf.sigmoid(y_pred) + 1", "return p * 2"],
        ),
        (["return 2 * tf.stop_gradient(y_pred + 1)"], ["return 2 * (y_pred + 1)"]),
    ],
)
def test_the_one_that_cuts_the_only_path_goes(before: list[str], after: list[str]) -> None:
    assert rewritten(loss(*before), RULE) == loss(*after)


@pytest.mark.parametrize(
    "lines",
    [
        ["weight = tf.stop_gradient(tf.abs(y_true - y_pred))", "return weight * y_pred"],
        ["return y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)"],
        ["target = y_true + tf.stop_gradient(y_pred)", "return tf.abs(target - y_pred)"],
        ["return tf.stop_gradient(y_true) * y_pred"],
        ["return tf.reduce_mean(y_pred)"],
        ["return tf.reduce_mean(y_true)"],
        ["return own(tf.stop_gradient(y_pred)) + y_pred"],
    ],
)
def test_beside_a_path_with_a_gradient_it_is_left_alone(lines: list[str]) -> None:
    assert findings(loss(*lines), RULE) == ()


def test_a_gradient_of_its_own_is_left_alone() -> None:
    source = "@tf.custom_gradient\n" + loss(
        "value = tf.stop_gradient(y_pred)", "return value, lambda up: (None, up)"
    )
    assert findings(source, RULE) == ()


def test_of_several_it_is_not_clear_which_was_meant() -> None:
    source = loss("return tf.stop_gradient(y_pred) * tf.stop_gradient(y_pred - y_true)")
    found = findings(source, RULE)
    assert len(found) == 2
    assert all(finding.reason for finding in found)
    assert rewritten(source, RULE) == source


def test_a_part_may_hand_back_what_is_only_weighed_with() -> None:
    part = "def weight(y_true, y_pred):\n    return tf.stop_gradient(tf.abs(y_true - y_pred))\n\n\n"
    whole = loss("return tf.reduce_mean(weight(y_true, y_pred) * tf.square(y_true - y_pred))")
    assert findings(part + whole, RULE) == ()


PART = """
def frozen(error):
    return tf.stop_gradient(tf.square(error))

def gap_loss(y_true, y_pred):
    return tf.reduce_mean(frozen(y_pred - y_true))
"""


def test_a_part_that_detaches_all_is_told_where_it_is_called() -> None:
    (finding,) = findings(PART, "detached-prediction")
    assert "`frozen` gives what `tf.stop_gradient(tf.square(error))` does" in finding.message
    assert finding.reason
    beside = PART.replace("tf.reduce_mean(frozen", "tf.reduce_mean(tf.abs(y_pred) * frozen")
    assert findings(beside, "detached-prediction") == ()
    weight = PART.replace(
        "return tf.stop_gradient(tf.square(error))", "return tf.stop_gradient(error) * error"
    )
    assert findings(weight, "detached-prediction") == ()
    gate = PART.replace("tf.square(error)", "tf.cast(error > 0, tf.float32)")
    assert findings(gate, "detached-prediction") == ()
