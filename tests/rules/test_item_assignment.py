"""Assignments to elements of tensors."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "item-assignment"


def loss(line: str) -> str:
    return (
        "def some_loss(y_true, y_pred):\n"
        "    e = y_true - y_pred\n"
        f"    {line}\n"
        "    return tf.reduce_mean(e)\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("e[e < 0] = 0", "e = tf.where(e < 0, 0.0, e)"),
        ("e[y_true == -1] = 0.0", "e = tf.where(y_true == -1, 0.0, e)"),
        ("e[e > 1] *= 2", "e = tf.where(e > 1, e * 2.0, e)"),
        ("e[e > 1] = e[e > 1] ** 2", "e = tf.where(e > 1, e ** 2, e)"),
        ("e[e > 1] = y_pred[e > 1]", "e = tf.where(e > 1, y_pred, e)"),
    ],
)
def test_an_assignment_by_condition_becomes_a_choice(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "line",
    [
        "e[0] = 0.0",
        "e[:, 1] = 0.0",
        "e[mask] = 0.0",
        "e[e > 1] = y_pred",
        "e[e > 1] = y_pred[e > 2]",
        "e[e > 1] = 1.0 / e[e > 1]",
        "e[e > 0] = e[e > 0] ** 0.5",
    ],
)
def test_any_other_assignment_is_reported(line: str) -> None:
    (finding,) = findings(loss(line), RULE)
    assert finding.reason
    assert rewritten(loss(line), RULE) == loss(line)


@pytest.mark.parametrize(
    "line",
    [
        "w = np.ones(3); w[0] = 2.0; e = e * w",
        "parts = [None, None]; parts[0] = e; e = tf.stack(parts)",
        "cache['last'] = e",
        "self_.parts[0] = e",
    ],
)
def test_what_is_no_tensor_can_be_assigned_to(line: str) -> None:
    assert findings(loss(line), RULE) == ()
