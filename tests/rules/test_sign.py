"""LF204: signs of the predictions that are the only path of their term."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "sign"


def loss(expression: str) -> str:
    return f"""
    def side_loss(y_true, y_pred):
        return tf.reduce_mean({expression})
    """


PAIRS = {
    "tf.sign(y_true) * tf.sign(y_pred)": "tf.tanh(0.5 * steepness * y_pred)",
    "tf.abs(tf.sign(y_true) - tf.sign(y_pred))": "tf.tanh(0.5 * steepness * y_pred)",
    "tf.square(y_true - y_pred) + tf.sign(y_pred - y_true)": (
        "tf.tanh(0.5 * steepness * (y_pred - y_true))"
    ),
    "tf.cast(tf.sign(y_true) != tf.sign(y_pred), tf.float32)": (
        "tf.sigmoid(-steepness * tf.sign(y_true) * y_pred)"
    ),
    "tf.cast(tf.equal(tf.sign(y_pred), tf.sign(y_true)), tf.float32)": (
        "tf.sigmoid(steepness * tf.sign(y_true) * y_pred)"
    ),
    "tf.cast(tf.equal(tf.sign(y_pred), 1.0), tf.float32)": "tf.sigmoid(steepness * y_pred)",
    "tf.cast(tf.sign(y_pred) == -1, tf.float32)": "tf.sigmoid(-steepness * y_pred)",
}


@pytest.mark.parametrize(("before", "after"), PAIRS.items(), ids=PAIRS.keys())
def test_a_sign_becomes_a_slope(before: str, after: str) -> None:
    text = rewritten(loss(before), RULE)
    assert after in text
    assert "tf.sign(y_pred" not in text


FINE = [
    "tf.sign(y_true) * y_pred",
    "tf.sign(y_pred) * tf.square(y_pred)",
    "tf.sign(y_pred) * tf.square(tf.minimum(y_pred, 0.0)) + tf.abs(y_true - y_pred)",
    "tf.sign(y_pred - y_true) * (y_pred - y_true) + 0.1 * tf.square(y_pred)",
    "(2.0 + tf.sign(y_pred - y_true)) * tf.square(y_pred - y_true)",
    "tf.sign(tf.norm(y_pred - y_true, axis=-1) - 1.0) * tf.reduce_sum(y_pred, axis=-1)",
    "tf.sign(y_pred) * tf.sort(y_pred) + y_true",
    "tf.stop_gradient(1.0 - tf.sign(y_pred)) * tf.square(y_pred - y_true)",
    "tf.abs(tf.sign(y_true)) * tf.square(y_pred)",
    "tf.square(y_pred - tf.sign(y_true))",
    "tf.square(y_pred - 0.1 * tf.sign(y_pred))",
    "tf.nn.softplus(-tf.sign(y_true) * y_pred)",
    "tf.tanh(5.0 * y_pred) * tf.sign(y_true)",
    "tf.maximum(0.0, 1.0 - tf.sign(y_true) * y_pred)",
]


@pytest.mark.parametrize("expression", FINE)
def test_signs_of_targets_and_of_what_is_weighed_are_left(expression: str) -> None:
    assert findings(loss(expression), RULE) == ()
    assert rewritten(loss(expression), RULE) == lines(loss(expression))


JUMPING = {
    "(2.0 - tf.sign(y_true) * tf.sign(y_pred)) * tf.square(y_true - y_pred)": "y_pred",
    "tf.sign(y_pred) * tf.square(y_pred - y_true)": "y_pred",
    "tf.square(y_true + tf.sign(y_pred - y_true) * y_pred)": "(y_pred - y_true)",
}


@pytest.mark.parametrize(("expression", "margin"), JUMPING.items())
def test_a_sign_by_which_a_loss_jumps_becomes_a_slope(expression: str, margin: str) -> None:
    (finding,) = findings(loss(expression), RULE)
    assert "the loss jumps where" in finding.message
    assert f"tf.tanh(0.5 * steepness * {margin})" in rewritten(loss(expression), RULE)


def test_a_sign_in_a_function_with_its_own_gradient_is_left() -> None:
    source = """
    @tf.custom_gradient
    def side_loss(y_true, y_pred):
        def gradient(upstream):
            return None, upstream * y_true
        return tf.reduce_mean(y_true * tf.sign(y_pred)), gradient
    """
    assert rewritten(source, RULE) == lines(source)
