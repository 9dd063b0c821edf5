"""LF509: softmaxes and sigmoids that are written by hand."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "handmade-softmax"


def loss(*body: str, before: str = "") -> str:
    inner = "\n        ".join(body)
    return lines(f"""
    {before}

    def list_loss(y_true, y_pred):
        {inner}
    """)


def of(value: str) -> str:
    return f"return tf.reduce_mean(tf.square(y_true - {value}))"


SHARE = of("odds / tf.reduce_sum(odds, axis=-1, keepdims=True)")
FINE = {
    "shifted": loss(
        "y_pred = y_pred - tf.reduce_max(y_pred, axis=-1, keepdims=True)",
        "odds = tf.exp(y_pred)",
        SHARE,
    ),
    "cosines": loss(
        "y_pred = tf.math.l2_normalize(y_pred, axis=-1)", "odds = tf.exp(y_pred / 0.1)", SHARE
    ),
    "squashed": loss("odds = tf.exp(tf.sigmoid(y_pred))", SHARE),
    "clipped": loss(of("1 / (1 + tf.exp(-tf.clip_by_value(y_pred, -30, 30)))")),
    "a soft threshold": loss(of("1 / (1 + tf.exp(-50.0 * (y_pred - 0.5)))")),
    "probabilities": loss(
        "odds = tf.exp(y_pred)",
        SHARE,
        before="head = tf.keras.layers.Dense(3, activation='softmax')",
    ),
    "of the targets": loss("odds = tf.exp(y_true)", of("odds / tf.reduce_sum(odds)")),
    "another sum": loss(of("tf.exp(y_pred) / tf.reduce_sum(tf.exp(2.0 * y_pred))")),
    "another number": loss(of("1.0 / (2.0 + tf.exp(-y_pred))")),
    "a function already": loss(of("tf.nn.softmax(y_pred)")),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_what_does_not_overflow_is_left(source: str) -> None:
    assert findings(source, RULE) == ()


WRITTEN = {
    "by a name": (
        loss("odds = tf.exp(y_pred)", SHARE),
        loss(of("tf.nn.softmax(y_pred, axis=-1)")),
    ),
    "twice": (
        loss(of("tf.exp(y_pred) / tf.reduce_sum(tf.exp(y_pred), 1, True)")),
        loss(of("tf.nn.softmax(y_pred, axis=1)")),
    ),
    "a sigmoid": (loss(of("1 / (1 + tf.exp(-y_pred))")), loss(of("tf.sigmoid(y_pred)"))),
    "a steep one": (
        loss(of("1.0 / (tf.exp(-3.0 * y_pred) + 1.0)")),
        loss(of("tf.sigmoid(3.0 * y_pred)")),
    ),
    "with a factor of its own": (
        loss(of("tf.divide(1.0, 1.0 + tf.exp(-1 * y_pred))")),
        loss(of("tf.sigmoid(y_pred)")),
    ),
    "falling": (loss(of("1 / (1 + tf.exp(y_pred))")), loss(of("tf.sigmoid(-y_pred)"))),
    "of the odds": (
        loss(of("tf.exp(y_pred) / (1.0 + tf.exp(y_pred))")),
        loss(of("tf.sigmoid(y_pred)")),
    ),
}


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN.keys())
def test_the_function_is_written(before: str, after: str) -> None:
    assert rewritten(before, RULE) == after
    assert findings(after, RULE) == ()


REFUSED = {
    "a sum with more": loss(
        of("tf.exp(y_pred) / (tf.reduce_sum(tf.exp(y_pred), axis=-1, keepdims=True) + 1e-7)")
    ),
    "all of a batch": loss(of("tf.exp(y_pred) / tf.reduce_sum(tf.exp(y_pred))")),
    "set again": loss(
        "odds = tf.exp(y_pred)",
        "y_pred = 2.0 * y_pred",
        of("odds / tf.reduce_sum(odds, axis=-1, keepdims=True) + y_pred"),
    ),
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_what_would_change_is_told_alone(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert finding.reason
    assert rewritten(source, RULE) == source


def test_it_is_read_in_other_spellings() -> None:
    source = lines("""
    from tensorflow.keras import backend as K

    class ShareLoss(tf.keras.losses.Loss):
        def call(self, y_true, y_pred):
            odds = K.exp(y_pred)
            return K.mean(y_true * odds / K.sum(odds, axis=1, keepdims=True), axis=-1)
    """)
    # `a * b / c` divides the product, which is no softmax.
    assert findings(source, RULE) == ()
    bracketed = source.replace(
        "odds / K.sum(odds, axis=1, keepdims=True)", "(odds / K.sum(odds, 1, True))"
    )
    assert "tf.nn.softmax(y_pred, axis=1)" in rewritten(bracketed, RULE)
