"""Arc cosines of what is one at perfect predictions."""

from __future__ import annotations

import pytest
from rewriting import findings

RULE = "unguarded-arc"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


PRODUCT = "tf.reduce_sum(y_true * y_pred, axis=-1)"


@pytest.mark.parametrize(
    "inner",
    [
        PRODUCT,
        f"tf.abs({PRODUCT})",
        f"2.0 * tf.square({PRODUCT}) - 1.0",
        "(tf.linalg.trace(tf.matmul(y_true, y_pred, transpose_b=True)) - 1) / 2",
        f"{PRODUCT} / (tf.norm(y_true, axis=-1) * tf.norm(y_pred, axis=-1))",
    ],
)
def test_a_cosine_that_can_be_one_is_reported(inner: str) -> None:
    (finding,) = findings(loss(f"return tf.acos({inner})"), RULE)
    assert "1.0 - 1e-7" in finding.reason


@pytest.mark.parametrize(
    "bounds", ["-1.0, 1.0", "-1 + 1e-8, 1 - 1e-8", "-0.999999999, 0.999999999"]
)
def test_bounds_that_are_rounded_to_one_are_none(bounds: str) -> None:
    clip = f"tf.clip_by_value({PRODUCT}, {bounds})"
    named = (f"cosine = {PRODUCT}", f"cosine = tf.clip_by_value(cosine, {bounds})")
    for lines in ([f"return tf.math.acos({clip})"], [*named, "return tf.acos(cosine)"]):
        assert len(findings(loss(*lines), RULE)) == 1


@pytest.mark.parametrize(
    "inner",
    [
        f"tf.clip_by_value({PRODUCT}, -1 + 1e-6, 1 - 1e-6)",
        f"tf.clip_by_value({PRODUCT}, -1 + EPSILON, 1 - EPSILON)",
        f"tf.minimum(tf.abs({PRODUCT}), 0.9999)",
        f"0.999 * {PRODUCT}",
        "tf.reduce_sum(tf.square(y_true), axis=-1)",
        "y_true",
        "tf.clip_by_value(y_pred, -1.0 + 1e-7, 1.0 - 1e-7)",
        "0.99 * y_pred",
        "tf.tanh(y_pred)",
        "tf.tanh(y_pred * y_true)",
        "y_true * y_pred / 3.0",
    ],
)
def test_what_is_kept_away_or_may_be_anything_is_left_alone(inner: str) -> None:
    assert findings(loss(f"return tf.acos({inner}) * y_pred"), RULE) == ()


@pytest.mark.parametrize("inner", ["y_pred", "y_pred[:, 0]", "tf.cast(y_pred, tf.float32)"])
def test_predictions_of_which_it_is_taken_are_cosines(inner: str) -> None:
    margin = f"return tf.cos(tf.acos({inner}) + 0.5) * y_true"
    (finding,) = findings(loss(margin), RULE)
    assert "beyond by rounding" in finding.message
    assert "1.0 - 1e-7" in finding.reason


def test_an_arc_sine_of_a_distance_is_left_alone() -> None:
    assert findings(loss("return tf.asin(tf.abs(y_true - y_pred) / 2.0)"), RULE) == ()
