"""Losses of Keras 3 that compute with ``keras.ops`` are mended with ``keras.ops``."""

from __future__ import annotations

import pytest

from lossfix.checking import Options
from lossfix.engine import repair, repairable
from lossfix.rules import rule_called

HEAD = "import keras\nimport numpy as np\nfrom keras import ops\n"
LOSS = "\n\ndef my_loss(y_true, y_pred):\n    return {}\n\n\nmodel.compile(loss=my_loss)\n"


def rewritten(source: str, name: str) -> str:
    """The source, with nothing imported that it does not import, after one rule settled its losses."""
    rule = rule_called(name)
    assert rule is not None
    options = Options((rule,))
    for loss in repairable(source, options):
        source = repair("losses.py", source, loss.name, options).after
    return source


@pytest.mark.parametrize(
    ("body", "rule", "after"),
    [
        ("np.mean(np.abs(y_true - y_pred), axis=-1)", "LF102", "ops.mean(ops.abs("),
        ("np.log1p(ops.abs(y_true - y_pred))", "LF102", "ops.log1p(ops.abs("),
        ("(y_true - y_pred).astype('float32')", "LF103", "ops.cast("),
        ("ops.sqrt(ops.mean(ops.square(y_true - y_pred), axis=-1))", "LF501", "ops.maximum("),
        ("ops.mean(ops.cast(y_pred > 0.5, 'float32'))", "LF201", "ops.sigmoid("),
        ("ops.log(ops.cosh(y_true - y_pred))", "LF507", "ops.softplus("),
    ],
)
def test_what_is_added_is_of_keras(body: str, rule: str, after: str) -> None:
    code = rewritten(HEAD + LOSS.format(body), rule)
    assert after in code
    assert "tensorflow" not in code


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        HEAD + "import tensorflow as tf\n",
        "import keras\n",
        "import tensorflow as tf\nimport keras\n",
    ],
)
def test_ranks_are_aligned_as_keras_does_it(head: str) -> None:
    ops = "ops" if "import ops" in head else "keras.ops"
    code = rewritten(head + LOSS.format(f"{ops}.mean(y_true - y_pred, axis=-1)"), "LF301")
    assert "len(y_true.shape), len(y_pred.shape)" in code
    assert f"{ops}.squeeze(y_true, -1)" in code
    assert code.count("tensorflow") == head.count("tensorflow")


@pytest.mark.parametrize(
    "body",
    [
        "tf.reduce_mean(ops.abs(y_true - y_pred), axis=-1)",
        "tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)",
    ],
)
def test_what_is_written_with_tensorflow_stays_that(body: str) -> None:
    code = rewritten(HEAD + "import tensorflow as tf\n" + LOSS.format(body), "LF301")
    assert "tf.squeeze(y_true, -1)" in code


def test_what_keras_lacks_is_of_tensorflow() -> None:
    code = rewritten(HEAD + LOSS.format("np.cumsum(ops.abs(y_true - y_pred), axis=-1)"), "LF102")
    assert "import tensorflow as tf" in code
    assert "tf.cumsum(" in code


def test_a_second_loss_finds_the_function_of_the_first() -> None:
    other = LOSS.format("ops.mean(y_true - y_pred, axis=-1)").replace("my_loss", "other_loss")
    code = rewritten(HEAD + LOSS.format("ops.mean(y_true * y_pred, axis=-1)") + other, "LF301")
    assert code.count("def same_rank(") == 1
