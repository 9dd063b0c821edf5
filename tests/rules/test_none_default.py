"""LF331: parameters of a compiled loss that are None, and calculated with."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "none-default"


def loss(*body: str, default: str = "None", compiled: str = "weighed_loss") -> str:
    inner = "\n        ".join(body)
    return lines(f"""
    import functools

    def weighed_loss(y_true, y_pred, weights={default}):
        {inner}

    def build(model, w):
        model.compile(optimizer="adam", loss={compiled})
    """)


PRODUCT = "return tf.reduce_mean(tf.square(y_true - y_pred) * weights)"
FINE = {
    "asked about": loss("if weights is None:", "    return tf.abs(y_true - y_pred)", PRODUCT),
    "asked whether it is true": loss(
        "return tf.abs(y_true - y_pred) * weights if weights else tf.abs(y_true - y_pred)"
    ),
    "another one instead": loss("weights = weights or 1.0", PRODUCT),
    "set again": loss("weights = tf.ones_like(y_true)", PRODUCT),
    "another default": loss(PRODUCT, default="2.0"),
    "handed on": loss("return helper(y_true, y_pred, sample_weight=weights)"),
    "not compiled": loss(PRODUCT, compiled='"mse"'),
    "given by a partial": loss(PRODUCT, compiled="functools.partial(weighed_loss, weights=w)"),
    "given by a lambda": loss(PRODUCT, compiled="lambda t, p: weighed_loss(t, p, w)"),
    "tried": loss(
        "try:", f"    {PRODUCT}", "except ValueError:", "    return tf.abs(y_true - y_pred)"
    ),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_what_is_provided_for_is_left(source: str) -> None:
    assert findings(source, RULE) == ()


TOLD = {
    "a product": loss(PRODUCT),
    "a quotient": loss("return tf.abs(y_true - y_pred) / weights"),
    "by a function": loss("return tf.multiply(tf.abs(y_true - y_pred), weights)"),
    "in a class": lines("""
    class WeighedLoss(tf.keras.losses.Loss):
        def call(self, y_true, y_pred, sample_weight=None):
            return tf.square(y_true - y_pred) * sample_weight

    def build(model):
        model.compile(loss=WeighedLoss())
    """),
    "in a closure": lines("""
    def weighed(power):
        def loss(y_true, y_pred, weights=None):
            return weights * tf.abs(y_true - y_pred) ** power

        return loss

    def build(model):
        model.compile(loss=weighed(2))
    """),
}


@pytest.mark.parametrize("source", TOLD.values(), ids=TOLD.keys())
def test_nothing_is_calculated_with(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert "the first batch raises" in finding.message
    assert rewritten(source, RULE) == source
