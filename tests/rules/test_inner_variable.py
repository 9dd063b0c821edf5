"""Variables that are made inside of a loss."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "inner-variable"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("made", "tensor"),
    [
        ("tf.Variable(tf.ones_like(y_pred))", "tf.convert_to_tensor(tf.ones_like(y_pred))"),
        (
            "tf.Variable(COSTS, dtype=tf.float32, trainable=False)",
            "tf.convert_to_tensor(COSTS, dtype=tf.float32)",
        ),
        (
            "tf.keras.backend.variable(COSTS)",
            "tf.convert_to_tensor(COSTS, dtype=tf.keras.backend.floatx())",
        ),
    ],
)
def test_a_variable_that_is_only_computed_with_becomes_a_tensor(made: str, tensor: str) -> None:
    for line in ("return scale * tf.abs(y_pred)", "return tf.multiply(y_pred, scale) - 2.0"):
        assert rewritten(loss(f"scale = {made}", line), RULE) == loss(f"scale = {tensor}", line)
    assert rewritten(loss(f"return y_pred * {made}"), RULE) == loss(f"return y_pred * {tensor}")


@pytest.mark.parametrize(
    "lines",
    [
        ["scale = tf.Variable(COSTS)", "scale.assign(2.0 * COSTS)", "return scale * y_pred"],
        ["scale = tf.Variable(COSTS)", "keep(scale)", "return scale * y_pred"],
        ["scale = tf.Variable(COSTS)", "scale = scale * 2.0", "return scale * y_pred"],
        ["return y_pred * tf.Variable(initial_value=COSTS)"],
        ["return y_pred * tf.Variable(COSTS, shape=tf.TensorShape(None))"],
    ],
)
def test_any_other_one_is_only_reported(lines: list[str]) -> None:
    (finding,) = findings(loss(*lines), RULE)
    assert finding.reason


@pytest.mark.parametrize(
    "source",
    [
        "scale = tf.Variable(2.0)\n\n\n" + loss("return scale * tf.abs(y_true - y_pred)"),
        loss("return tf.constant(2.0) * y_pred"),
        "class SomeLoss(tf.keras.losses.Loss):\n"
        "    seen = None\n\n"
        "    def call(self, y_true, y_pred):\n"
        "        if self.seen is None:\n"
        "            self.seen = tf.Variable(tf.zeros([4]))\n"
        "        return self.seen * tf.abs(y_true - y_pred)\n",
        "def scaled(error):\n    return tf.Variable(2.0) * error\n\n\n"
        + loss("return scaled(tf.abs(y_true - y_pred))"),
        "class SomeLoss(tf.keras.losses.Loss):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.scale = tf.Variable(2.0)\n\n"
        "    def call(self, y_true, y_pred):\n"
        "        return self.scale * tf.abs(y_true - y_pred)\n",
        loss("return tf.Variable(2.0) * tf.abs(y_true - y_pred)") + "\n\ndef step(model, x, y):\n"
        "    with tf.GradientTape() as tape:\n"
        "        value = some_loss(y, model(x))\n"
        "    return tape.gradient(value, model.trainable_variables)\n",
    ],
)
def test_a_variable_that_is_made_once_or_eagerly_is_left_alone(source: str) -> None:
    assert findings(source, RULE) == ()


TRAINED = """
class DoubtLoss(tf.keras.losses.Loss):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.doubt = tf.Variable(0.0, trainable=True)

    def call(self, y_true, y_pred):
        error = tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
        return tf.exp(-self.doubt) * error + self.doubt
"""
NOT_SAID = {
    "not to be trained": TRAINED.replace("trainable=True", "trainable=False"),
    "it is not said whether it is": TRAINED.replace(", trainable=True", ""),
    "a parameter says whether it is": TRAINED.replace("trainable=True", "trainable=LEARN"),
    "a tape is there": TRAINED + "\n\nwith tf.GradientTape() as tape:\n    pass\n",
    "its variables are asked for": TRAINED + "\n\nweights += loss.trainable_variables\n",
    "it is read from outside": TRAINED + "\n\nweights.append(loss.doubt)\n",
    "it is set": TRAINED + "\n    def calm(self):\n        self.doubt.assign(0.0)\n",
    "a layer": TRAINED.replace("losses.Loss", "layers.Layer"),
    "a number": TRAINED.replace("tf.Variable(0.0, trainable=True)", "float(0.0)"),
    "it may be a number": TRAINED.replace(
        "\n\n    def call", "\n        self.doubt = 1.0\n\n    def call"
    ),
}


def test_a_variable_that_nothing_trains_is_reported_once() -> None:
    (finding,) = findings(TRAINED, RULE)
    assert "nothing trains `self.doubt`" in finding.message
    assert "layer of the model" in finding.reason


@pytest.mark.parametrize("source", NOT_SAID.values(), ids=NOT_SAID.keys())
def test_a_variable_that_something_may_train_or_set_is_left_alone(source: str) -> None:
    assert findings(source, RULE) == ()
