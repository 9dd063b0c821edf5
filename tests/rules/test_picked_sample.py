"""LF216: samples of a batch that are taken for the outputs of a model."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.model import Severity

RULE = "picked-sample"


def loss(*body: str, compiled: str = "margin_loss", before: str = "") -> str:
    inner = "\n        ".join(body)
    return lines(f"""
    import tensorflow as tf
    {before}

    def margin_loss(y_true, y_pred, margin=0.2):
        {inner}

    def build(model):
        model.compile(optimizer="adam", loss={compiled})
    """)


PICKS = (
    "near, far = y_pred[0], y_pred[1]",
    "return tf.maximum(0.0, margin + tf.reduce_sum(near - far))",
)
FINE = {
    "columns": loss("return tf.reduce_mean(tf.abs(y_true - y_pred[:, 0]) + y_pred[:, 1])"),
    "the last axis": loss("return tf.reduce_mean(tf.abs(y_true - y_pred[..., 0]))"),
    "a batch of one": loss("return tf.reduce_mean(tf.abs(y_true[0] - y_pred[0]))"),
    "all of them as well": loss(
        "return tf.reduce_mean(tf.abs(y_true - y_pred)) + tf.abs(y_pred[0] - y_pred[1])"
    ),
    "every second one": loss("return tf.reduce_mean(tf.abs(y_pred[0::2] - y_pred[1::2]))"),
    "parts of them": loss("y_pred = tf.unstack(y_pred, axis=-1)", *PICKS),
    "turned round": loss("y_pred = tf.transpose(y_pred)", *PICKS),
    "a list": loss("assert isinstance(y_pred, list)", *PICKS),
    "not compiled": loss(*PICKS, compiled='"mse"'),
    "stacked by the model": loss(*PICKS, before="pair = tf.stack([one, other])"),
    "joined by the model": loss(*PICKS, before="pair = tf.concat([one, other], 0)"),
    "joined by a layer": loss(
        *PICKS, before="pair = tf.keras.layers.Concatenate(axis=0)([one, other])"
    ),
    "a list that is taken apart": loss(
        "assert isinstance(y_pred, tuple)", "near, far = y_pred", "return tf.reduce_sum(near - far)"
    ),
    "a model that calls its losses itself": loss(
        *PICKS,
        before="""
    class Pairs(tf.keras.Model):
        def train_step(self, data):
            return {"loss": self.loss(data[1], self(data[0]))}
    """,
    ),
    "a list beside targets by names": loss(
        "near, far = y_pred", "return tf.reduce_sum(near - y_true['near'] + far - y_true['far'])"
    ),
    "other names": loss("y_pred, rest = tf.split(y_pred, 2, axis=-1)", *PICKS),
    "a training loop": lines("""
    import tensorflow as tf

    def margin_loss(y_true, y_pred):
        return tf.reduce_mean(y_pred[0] - y_pred[1])

    def step(model, x, y):
        with tf.GradientTape() as tape:
            value = margin_loss(y, model(x))
        return tape.gradient(value, model.trainable_variables)
    """),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_what_may_be_meant_is_left(source: str) -> None:
    assert findings(source, RULE) == ()


TOLD = {
    "two of them": (loss(*PICKS), "`y_pred[0]`, `y_pred[1]` are samples"),
    "the second alone": (loss("return tf.abs(y_true - y_pred[1])"), "`y_pred[1]` is a sample"),
    "one column of each": (loss("return y_pred[0, 2] - y_pred[1, 2]"), "are samples"),
    "beside their shape": (loss("n = tf.shape(y_pred)[0]", *PICKS), "are samples"),
    "joined along the last axis": (
        loss(*PICKS, before="pair = tf.concat([one, other], axis=-1)"),
        "are samples",
    ),
    "more than a message holds": (
        loss("return y_pred[3] + y_pred[0] - y_pred[2] * y_pred[1]"),
        "`y_pred[0]`, `y_pred[1]`, `y_pred[2]` are samples",
    ),
}


@pytest.mark.parametrize(("source", "message"), TOLD.values(), ids=TOLD.keys())
def test_samples_that_are_taken_for_outputs_are_told(source: str, message: str) -> None:
    (finding,) = findings(source, RULE)
    assert message in finding.message
    assert "`y_pred[:, 0]`" in finding.reason
    assert rewritten(source, RULE) == source


def test_a_batch_that_is_taken_apart_raises() -> None:
    source = loss("near, far = y_pred", "return tf.reduce_mean(near - far)")
    (finding,) = findings(source, RULE)
    assert "`near, far = y_pred` takes the batch apart" in finding.message
    assert finding.severity is Severity.ERROR
    assert findings(source.replace("= y_pred", "= tf.unstack(y_pred, axis=-1)"), RULE) == ()


def test_a_class_of_losses_is_told_as_well() -> None:
    source = lines("""
    import tensorflow as tf

    class WidthLoss(tf.keras.losses.Loss):
        def call(self, y_true, y_pred):
            centre, width = y_pred[0], y_pred[1]
            return tf.square((y_true - centre) / width) + tf.math.log(width)
    """)
    # Code of one's own may call it with a list.
    assert findings(source, RULE) == ()
    compiled = source + lines("""
    def build(model):
        model.compile(loss=WidthLoss())
    """)
    assert len(findings(compiled, RULE)) == 1
