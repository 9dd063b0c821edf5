"""LF328: masks that are laid on what is one number for the whole batch."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "masked-scalar"
MASK = "mask = tf.cast(tf.not_equal(y_true, 0), tf.float32)"


def loss(*body: str, before: str = "") -> str:
    inner = "\n        ".join(body)
    return lines(f"""
    {before}

    def padded_loss(y_true, y_pred):
        {inner}
    """)


ENTROPY = "entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True{})"
FINE = {
    "each element": loss(MASK, "return tf.reduce_mean(tf.square(y_true - y_pred) * mask)"),
    "each row": loss(
        "mask = tf.cast(tf.reduce_any(y_true > 0, axis=-1), tf.float32)",
        "return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) * mask",
    ),
    "unreduced": loss(
        MASK,
        "return tf.reduce_mean(entropy(y_true, y_pred) * mask)",
        before=ENTROPY.format(', reduction="none"'),
    ),
    "unreduced by the enumeration": loss(
        MASK,
        "return tf.reduce_mean(entropy(y_true, y_pred) * mask)",
        before=ENTROPY.format(", reduction=tf.keras.losses.Reduction.NONE"),
    ),
    "a reduction that is handed on": loss(
        MASK,
        "return tf.reduce_mean(entropy(y_true, y_pred) * mask)",
        before=ENTROPY.format(", reduction=how"),
    ),
    "by position": loss(
        MASK, 'return tf.keras.losses.MeanSquaredError("none")(y_true, y_pred) * mask'
    ),
    "a share of the batch": loss(
        "share = tf.reduce_mean(tf.cast(y_true > 0, tf.float32))",
        "return share * tf.reduce_mean(tf.square(y_true - y_pred))",
    ),
    "whether any is there": loss(
        "some = tf.cast(tf.reduce_any(y_true > 0), tf.float32)",
        "return some * tf.reduce_mean(tf.square(y_true - y_pred))",
    ),
    "targets that are no mask": loss("return tf.reduce_mean(y_pred) * y_true"),
    "a function of Keras": loss(
        MASK, "return tf.keras.losses.mean_squared_error(y_true, y_pred) * mask"
    ),
    "a scale of the targets": loss(
        MASK, "scale = tf.reduce_mean(y_true)", "return scale * mask * tf.abs(y_true - y_pred)"
    ),
    "set again": loss(
        MASK,
        "error = tf.reduce_mean(tf.square(y_true - y_pred))",
        "error = tf.square(y_true - y_pred)",
        "error *= mask",
        "return tf.reduce_mean(error)",
    ),
    "aligned": loss(
        "y_true, y_pred = same_rank(y_true, y_pred)",
        "return tf.reduce_mean(y_true * tf.reduce_mean(y_pred))",
    ),
    "in a branch": loss(
        MASK,
        "error = tf.reduce_mean(tf.square(y_true - y_pred))",
        "if y_pred.shape.rank == 2:",
        "    error *= mask",
        "return tf.reduce_mean(error)",
    ),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_masks_of_more_than_one_number_are_left(source: str) -> None:
    assert findings(source, RULE) == ()


TOLD = {
    "a mean": loss(
        MASK,
        "error = tf.reduce_mean(tf.square(y_true - y_pred))",
        "return tf.reduce_sum(error * mask) / tf.reduce_sum(mask)",
    ),
    "multiplied in place": loss(
        "mask = tf.math.logical_not(tf.math.equal(y_true, 0))",
        "error = entropy(y_true, y_pred)",
        "mask = tf.cast(mask, dtype=error.dtype)",
        "error *= mask",
        "return tf.reduce_mean(error)",
        before=ENTROPY.format(""),
    ),
    "by a function": loss(
        MASK, "return tf.multiply(1.0 - mask, tf.reduce_sum(tf.abs(y_true - y_pred)))"
    ),
    "made on the spot": loss(
        MASK, "return mask * tf.keras.losses.MeanAbsoluteError()(y_true, y_pred)"
    ),
    "summed by Keras": loss(
        MASK,
        "return mask * entropy(y_true, y_pred)",
        before=ENTROPY.format(', reduction="sum"'),
    ),
    "unnamed": loss(
        "return tf.reduce_mean(tf.abs(y_true - y_pred)) * tf.cast(y_true > -1.0, tf.float32)"
    ),
}


@pytest.mark.parametrize("source", TOLD.values(), ids=TOLD.keys())
def test_a_mask_that_selects_nothing_is_told(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert "is one number for the whole batch" in finding.message
    assert ('reduction="none"' in finding.reason) == ("tf.keras.losses" in source)
    assert rewritten(source, RULE) == source


def test_an_attribute_that_holds_a_loss_of_keras_is_known() -> None:
    source = lines("""
    class PaddedLoss(tf.keras.losses.Loss):
        def __init__(self, name="padded"):
            super().__init__(name=name)
            self.error = tf.keras.losses.MeanSquaredError()

        def call(self, y_true, y_pred):
            mask = tf.cast(y_true != 0, y_pred.dtype)
            return self.error(y_true, y_pred) * mask
    """)
    assert len(findings(source, RULE)) == 1
    unreduced = source.replace("SquaredError()", 'SquaredError(reduction="none")')
    assert findings(unreduced, RULE) == ()
