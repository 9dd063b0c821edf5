"""LF217: cross-entropies of logits that are given probabilities."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "squashed-logits"
SIGMOID = "tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits={})"
SOFTMAX = "tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits={})"


def loss(value: str, before: str = "pass", model: str = "") -> str:
    return lines(f"""
    import tensorflow as tf
    from tensorflow import keras
    from tensorflow.keras import layers

    def label_loss(y_true, y_pred):
        {before}
        return {value}

    def build(inputs, features):
        {model or "pass"}
    """)


def model(*body: str, compiled: str = "label_loss") -> str:
    return "\n        ".join([*body, f"net.compile('adam', loss={compiled})"])


def sequential(*layers: str) -> str:
    return model(
        f"net = keras.Sequential([layers.Dense(8, activation='relu'), {', '.join(layers)}])"
    )


FINE = {
    "logits": loss(SIGMOID.format("y_pred")),
    "logits of a model": loss(SIGMOID.format("y_pred"), model=sequential("layers.Dense(1)")),
    "another activation": loss(
        SIGMOID.format("y_pred"), model=sequential("layers.Dense(1, activation='tanh')")
    ),
    "the logarithm of probabilities": loss(SOFTMAX.format("tf.math.log(tf.nn.softmax(y_pred))")),
    "labels": loss(
        "tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(y_true), logits=y_pred)"
    ),
    "a product": loss(SIGMOID.format("4.0 * tf.sigmoid(y_pred) - 2.0")),
    "a softmax of shares of each label": loss(SOFTMAX.format("tf.sigmoid(y_pred)")),
    "set anew": loss(SIGMOID.format("p"), "p = tf.sigmoid(y_pred); p = tf.math.log(p / (1.0 - p))"),
    "Keras' own function, which finds the logits": loss(
        "keras.losses.binary_crossentropy(y_true, tf.sigmoid(y_pred), from_logits=True)"
    ),
    "a model that another loss is compiled with": loss(
        SIGMOID.format("y_pred"),
        model=model(
            "net = keras.Sequential([layers.Dense(1, activation='sigmoid')])", compiled="'mse'"
        ),
    ),
    "one of two models": loss(
        SIGMOID.format("y_pred"),
        model=model(
            "gate = keras.Sequential([layers.Dense(8, activation='sigmoid')])",
            "net = keras.Model(inputs, layers.Dense(1)(gate(features)))",
        ),
    ),
    "a layer below the last": loss(
        SIGMOID.format("y_pred"),
        model=model(
            "out = layers.Dense(8, activation='sigmoid')(features)",
            "out = layers.Dense(1)(out)",
            "net = keras.Model(inputs, out)",
        ),
    ),
    "an activation that is not written": loss(
        SIGMOID.format("y_pred"), model=sequential("layers.Dense(1, activation=chosen())")
    ),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_logits_and_what_may_be_some_are_left(source: str) -> None:
    assert findings(source, RULE) == ()


TOLD = {
    "in the call": loss(SIGMOID.format("tf.sigmoid(y_pred)")),
    "by a name": loss(SOFTMAX.format("p"), "p = tf.nn.softmax(y_pred, axis=-1)"),
    "under the same name": loss(SIGMOID.format("y_pred"), "y_pred = tf.nn.sigmoid(y_pred)"),
    "flattened": loss(SIGMOID.format("tf.reshape(tf.sigmoid(y_pred), [-1])")),
    "by position": loss("tf.nn.sigmoid_cross_entropy_with_logits(y_true, tf.sigmoid(y_pred))"),
    "labels that exclude one another": loss(SIGMOID.format("tf.nn.softmax(y_pred)")),
    "a list of layers": loss(
        SIGMOID.format("y_pred"), model=sequential("layers.Dense(1, activation='sigmoid')")
    ),
    "a layer of its own": loss(
        SOFTMAX.format("y_pred"), model=sequential("layers.Dense(3)", "layers.Softmax()")
    ),
    "layers that are added": loss(
        SOFTMAX.format("y_pred"),
        model=model(
            "net = keras.Sequential()",
            "net.add(layers.Dense(8))",
            "net.add(layers.Activation('softmax'))",
        ),
    ),
    "a functional model": loss(
        SIGMOID.format("y_pred[..., 0]"),
        model=model(
            "out = layers.Dense(8)(features)",
            "out = layers.Dense(2, activation='sigmoid')(out)",
            "net = keras.Model(inputs=inputs, outputs=out)",
        ),
    ),
}


@pytest.mark.parametrize("source", TOLD.values(), ids=TOLD.keys())
def test_probabilities_are_told(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert "went through a s" in finding.message
    assert rewritten(source, RULE) == source
