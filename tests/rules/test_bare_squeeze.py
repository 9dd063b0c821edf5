"""Predictions that lose all their axes of one."""

from __future__ import annotations

import pytest
from rewriting import findings

RULE = "bare-squeeze"
MATRIX, RANK = "(batch, batch)", "rank"


def loss(*lines: str, head: str = "def some_loss(y_true, y_pred):") -> str:
    return head + "\n" + "".join(f"    {line}\n" for line in lines)


def told(source: str) -> list[str]:
    return [each.message for each in findings(source, RULE)]


@pytest.mark.parametrize(
    "lines",
    [
        ["return tf.reduce_mean(tf.square(y_true - tf.squeeze(y_pred)))"],
        [
            "p = tf.squeeze(y_pred)",
            "return tf.reduce_mean(tf.abs(p - tf.cast(y_true, tf.float32)))",
        ],
        ["y_pred = tf.squeeze(y_pred)", "return tf.reduce_mean((y_true - y_pred) ** 2)"],
        ["p = tf.squeeze(y_pred)", "return tf.reduce_mean(tf.math.squared_difference(y_true, p))"],
    ],
)
def test_predictions_alone_that_are_squeezed_meet_all_targets(lines: list[str]) -> None:
    (message,) = told(loss(*lines))
    assert MATRIX in message


@pytest.mark.parametrize(
    "lines",
    [
        ["return tf.square(tf.squeeze(y_true) - tf.squeeze(y_pred))"],
        ["e = tf.squeeze(y_true) - tf.squeeze(y_pred)", "return tf.reduce_mean(e ** 2, axis=-1)"],
        ["p = tf.squeeze(y_pred)", "return tf.keras.losses.MSE(tf.squeeze(y_true), p)"],
    ],
)
def test_a_result_of_unknown_rank_is_reported(lines: list[str]) -> None:
    (message,) = told(loss(*lines))
    assert RANK in message


@pytest.mark.parametrize(
    "lines",
    [
        ["return tf.reduce_mean(tf.square(tf.squeeze(y_true) - tf.squeeze(y_pred)))"],
        ["return tf.square(y_true - tf.squeeze(y_pred, axis=-1))"],
        ["return tf.square(y_true - tf.squeeze(y_pred, -1))"],
        ["return tf.square(tf.squeeze(y_true) - y_pred)"],
        ["n = tf.size(tf.squeeze(y_pred))", "return tf.square(y_true - y_pred)"],
        ["p = tf.squeeze(y_pred)", "t = y_true[:, 0]", "return tf.reduce_mean(t * p)"],
        ["y_true = y_true[:, 0]", "return tf.reduce_mean(y_true * tf.squeeze(y_pred))"],
    ],
)
def test_a_named_axis_and_a_mean_over_all_are_left_alone(lines: list[str]) -> None:
    assert told(loss(*lines)) == []


def test_a_class_may_be_handed_targets_without_a_last_axis() -> None:
    source = loss(
        "    def call(self, y_true, y_pred):",
        "        return tf.reduce_mean(tf.square(y_true - tf.squeeze(y_pred)))",
        head="class SomeLoss(tf.keras.losses.Loss):",
    )
    assert told(source) == []


def test_a_training_loop_of_its_own_is_left_alone() -> None:
    source = loss("return tf.square(y_true - tf.squeeze(y_pred))") + loss(
        "with tf.GradientTape() as tape:",
        "    loss = tf.reduce_mean(some_loss(y, model(x)))",
        "return tape.gradient(loss, model.trainable_variables)",
        head="def step(model, x, y):",
    )
    assert told(source) == []
