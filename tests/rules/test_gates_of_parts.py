"""LF202 where the gate stands in a function of its own, and what it weighs in the loss that calls it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from rewriting import findings, lines, rewritten

RULE = "jump-gate"

GATE = """
def gate(a, b):
    return tf.where(a > b, 1.0, 0.0)
"""
HIT = """
def hit(p):
    return tf.cast(p > 0.5, tf.float32)
"""


def whole(part: str, body: str, name: str = "gap_loss") -> str:
    inner = dedent(body).strip("\n").replace("\n", "\n    ")
    return f"{part.strip()}\n\n\ndef {name}(y_true, y_pred):\n    {inner}\n"


FINE = {
    "where what it weighs is nothing": whole(
        GATE, "return tf.square(y_true - y_pred) * (1.0 + gate(y_pred, y_true))"
    ),
    "where how far channels cross is weighed": whole(
        GATE,
        """
        low, high = y_pred[..., 0], y_pred[..., 1]
        return tf.square(y_true[..., 0] - low) + gate(low, high) * (low - high)
        """,
    ),
    "where a part is continuous in itself": whole(
        "def positive(x):\n    return tf.where(x > 0.0, x, 0.0)",
        "return tf.square(positive(y_pred) - y_true)",
    ),
    "of a part of a part": whole(
        GATE + "\n\ndef twice(p, t):\n    return 2.0 * gate(p, t)",
        "return tf.abs(y_true - y_pred) * twice(y_pred, y_true)",
    ),
    "that selects by a distance": whole(
        "def near(d):\n    return tf.cast(d < 0.5, tf.float32)",
        "return near(tf.norm(y_true - y_pred, axis=-1)) * tf.reduce_sum(y_pred, axis=-1)",
    ),
    "that selects by a distance with a name": whole(
        "def near(d):\n    return tf.cast(d < 0.5, tf.float32)",
        """
        d = tf.square(y_true - y_pred)
        return near(d) * tf.abs(y_pred)
        """,
    ),
    "beside a stop": whole(
        HIT, "return tf.square(y_true - y_pred) * tf.stop_gradient(1.0 + hit(y_pred))"
    ),
    "that is only shown": whole(
        HIT, "tf.print('hits', hit(y_pred))\nreturn tf.square(y_true - y_pred)"
    ),
    "of targets": whole(HIT, "return tf.square(y_true - y_pred) * (1.0 + hit(y_true))"),
    "of a metric": whole(HIT, "return tf.abs(y_true - y_pred) * hit(y_pred)", "miss_rate_metric"),
    "whose loss has no value on one number": whole(
        HIT, "return tf.sort(y_pred, axis=0) * (1.0 + hit(y_pred))"
    ),
    "whose loss asks what nobody knows": whole(
        HIT, "return found_elsewhere(y_true) * y_pred * (1.0 + hit(y_pred))"
    ),
    "that is handed what is written nowhere": whole(
        HIT, "return tf.square(y_true - y_pred) * (1.0 + hit(*[y_pred]))"
    ),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_a_part_is_not_mentioned(source: str) -> None:
    assert findings(source, RULE) == ()
    assert rewritten(source, RULE) == lines(source)


JUMPS = {
    "by two tensors of the predictions": whole(
        GATE,
        """
        first, second = y_pred[..., 0], y_pred[..., 1]
        crossed = gate(first, second)
        return tf.square(y_true[..., 0] - first) + crossed * tf.square(second)
        """,
    ),
    "by the predictions and other targets": whole(
        GATE, "return tf.square(y_true - y_pred) * (1.0 + gate(y_pred, y_true - 1.0))"
    ),
    "through a part of a part": whole(
        HIT + "\n\ndef weight(p):\n    return 1.0 + 3.0 * hit(p=p)",
        "return tf.abs(y_true - y_pred) * weight(y_pred)",
    ),
    "with a bound of its own": whole(
        "BOUND = 0.25\n\n\ndef hit(p, bound=BOUND):\n    return tf.cast(p > bound, tf.float32)",
        "return tf.square(y_true - y_pred) * (1.0 + hit(y_pred))",
    ),
}


@pytest.mark.parametrize("source", JUMPS.values(), ids=JUMPS.keys())
def test_a_loss_that_jumps_by_its_part_is_told_where_it_does(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert finding.message.startswith("`gap_loss` jumps at ")
    assert not finding.reason
    text = rewritten(source, RULE)
    assert "tf.sigmoid(steepness" in text
    assert "tf.where" not in text
    assert "y_pred, steepness=10.0)" in text


def test_only_the_loss_that_jumps_gets_a_part_that_is_smooth() -> None:
    fine = whole(GATE, "return tf.square(y_true - y_pred) * (1.0 + gate(y_pred, y_true))")
    second = whole("", "return tf.abs(y_pred) * gate(y_pred, y_true)", "far_loss").lstrip()
    text = rewritten(f"{fine}\n\n{second}", RULE)
    assert lines(fine).rstrip() in text
    assert "* _soft_gate(y_pred, y_true, steepness)" in text


def test_a_part_whose_result_is_compared_stays() -> None:
    source = whole(HIT, "return tf.where(hit(y_pred) > 0.0, 0.0, tf.abs(y_true - y_pred))")
    (finding,) = findings(source, RULE)
    assert "compares what `hit` returns" in finding.reason
    assert rewritten(source, RULE) == lines(source)
