"""A reduction over samples is told where it leaves a value per output, not where it leaves one number."""

from __future__ import annotations

import pytest

from lossfix.checking import Options, check
from lossfix.rules import batch_axis


def told(body: str) -> bool:
    lines = "\n    ".join(body.splitlines())
    text = f"import tensorflow as tf\n\n\ndef a_loss(y_true, y_pred):\n    {lines}\n"
    return bool(check("losses.py", text, Options((batch_axis.RULE,))))


@pytest.mark.parametrize(
    "body",
    [
        "return tf.reduce_mean(tf.square(y_true - y_pred), axis=0)",
        "e = tf.abs(y_true - y_pred)\nreturn tf.reduce_max(2.0 * e, 0)",
        "e = tf.square(y_true - y_pred)\n"
        "return tf.reduce_mean(e / tf.reduce_sum(e, axis=-1, keepdims=True), axis=0)",
    ],
)
def test_one_value_per_output(body: str) -> None:
    assert told(body)


@pytest.mark.parametrize(
    "body",
    [
        "return tf.reduce_mean(tf.reduce_sum(tf.abs(y_true - y_pred), axis=-1), axis=0)",
        "e = tf.abs(tf.reshape(y_true - y_pred, (-1, 17, 2)))\n"
        "return tf.reduce_mean(tf.reduce_sum(e, axis=[1, 2]), axis=0)",
        "each = tf.reduce_logsumexp(y_pred, axis=1)\nreturn tf.reduce_mean(-each, axis=0)",
        "e = tf.reduce_sum(tf.square(y_true - y_pred), -1)\n"
        "return tf.reduce_mean(tf.sqrt(e + 1e-6) * 0.5, axis=0)",
    ],
)
def test_one_number_for_the_batch(body: str) -> None:
    assert not told(body)
