"""LF324: a class of losses that is called with what an instance takes."""

from __future__ import annotations

import pytest
from rewriting import findings

HEAD = "def my_loss(y_true, y_pred):\n    "


@pytest.mark.parametrize(
    "body",
    [
        "return tf.keras.losses.BinaryCrossentropy(y_true, y_pred)",
        "return 0.5 * tf.keras.losses.Huber(y_true, y_pred)",
        "bce = tf.keras.losses.BinaryCrossentropy\n    return bce(y_true, y_pred) + 1.0",
        "y = tf.cast(y_true, tf.float32)\n    return tf.keras.losses.MeanSquaredError(y, y_pred[:, 0])",
    ],
)
def test_a_class_that_is_called_as_an_instance_is_seen(body: str) -> None:
    (finding,) = findings(HEAD + body, "class-for-instance")
    assert "is a class" in finding.message
    assert finding.reason


@pytest.mark.parametrize(
    "body",
    [
        "return tf.keras.losses.BinaryCrossentropy()(y_true, y_pred)",
        "return tf.keras.losses.Huber(0.5, name='h')(y_true, y_pred)",
        "return tf.keras.losses.binary_crossentropy(y_true, y_pred)",
        "return tf.keras.losses.Huber(tf.math.reduce_std(y_true), name='h')(y_true, y_pred)",
        "return Huber(y_true, y_pred)",
    ],
)
def test_what_makes_an_instance_or_calls_a_function_is_left(body: str) -> None:
    assert findings(HEAD + body, "class-for-instance") == ()
