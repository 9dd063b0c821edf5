"""Constants of another floating-point type than the predictions: what is cast, and what is left alone."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

DOUBLES = (
    "tf.constant(np.array([0.5, 2.0]))",
    "tf.convert_to_tensor(np.linspace(0.0, 1.0, 2))",
    "tf.constant(np.ones(2))",
    "tf.constant(RATES)",
)
OTHERS = (
    "np.array([0.5, 2.0])",
    "tf.constant([0.5, 2.0])",
    "tf.constant(np.array([0.5, 2.0]), dtype=tf.float32)",
    "tf.constant(np.array([0.5, 2.0]), tf.float32)",
    "tf.constant(np.array([0.5, 2.0], dtype='float32'))",
    "tf.constant(np.array([0.5, 2.0]).astype('float32'))",
    "tf.constant(np.ones(2, np.float32))",
    "tf.constant(load('rates.npy'))",
    "tf.keras.backend.constant(np.array([0.5, 2.0]))",
    "tf.cast(tf.constant(np.array([0.5, 2.0])), tf.float32)",
)


def loss(constant: str, value: str) -> str:
    return (
        f"RATES = np.array([0.5, 2.0])\nweights = {constant}\n\n\n"
        f"def rate_loss(y_true, y_pred):\n    return {value}\n"
    )


@pytest.mark.parametrize("constant", DOUBLES)
def test_a_tensor_of_a_numpy_array_is_cast(constant: str) -> None:
    source = loss(constant, "tf.reduce_mean(weights * tf.abs(y_true - y_pred))")
    after = rewritten(source, "mixed-floats")
    assert after == source.replace("weights * tf", "tf.cast(weights, y_pred.dtype) * tf")


@pytest.mark.parametrize("constant", OTHERS)
def test_other_constants_are_left_alone(constant: str) -> None:
    source = loss(constant, "tf.reduce_mean(weights * tf.abs(y_true - y_pred))")
    assert findings(source, "mixed-floats") == ()


@pytest.mark.parametrize(
    "value",
    [
        "tf.reduce_mean(tf.cast(weights, tf.float32) * tf.abs(y_true - y_pred))",
        "tf.reduce_mean(weights * tf.cast(y_true - y_pred, tf.float64))",
        "tf.reduce_mean(2.0 * weights) + len(y_pred.shape)",
        "tf.reduce_mean(tf.gather(weights, [0]))",
    ],
)
def test_what_does_not_meet_the_predictions_is_left_alone(value: str) -> None:
    assert findings(loss(DOUBLES[0], value), "mixed-floats") == ()


def test_where_keras_computes_in_double_precision_nothing_is_said() -> None:
    double = "tf.keras.backend.set_floatx('float64')\n"
    source = loss(DOUBLES[0], "tf.reduce_mean(weights * tf.abs(y_true - y_pred))")
    assert findings(source, "mixed-floats")
    assert findings(double + source, "mixed-floats") == ()


def test_targets_of_double_precision_meet_predictions_that_are_cast_to_single() -> None:
    source = (
        "def rate_loss(y_true, y_pred):\n"
        "    a = tf.cast(y_true, 'float64')\n"
        "    b = tf.cast(y_pred, 'float32')\n"
        "    return tf.reduce_mean(tf.abs(a - b))\n"
    )
    (finding,) = findings(source, "mixed-floats")
    assert "another dtype" in finding.message
