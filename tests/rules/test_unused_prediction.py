"""Compiled losses that do not depend on the predictions."""

from __future__ import annotations

import pytest
from rewriting import findings

RULE = "unused-prediction"
COMPILED = "\n\nmodel.compile('adam', loss=some_loss)\n"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["return tf.reduce_mean(tf.square(y_true))"],
        ["return 0.5"],
        ["y_pred = 2.0 * y_true", "return tf.square(y_true - y_pred)"],
        ["y_pred = tf.cast(y_true, tf.float32)", "return tf.reduce_mean(y_true - y_pred)"],
        ["mean = tf.reduce_mean(y_true, keepdims=True)", "return tf.abs(y_true - mean)"],
        ["spread = y_true - tf.reduce_mean(y_true)", "return tf.abs(spread)"],
    ],
)
def test_a_constant_is_reported(lines: list[str]) -> None:
    (finding,) = findings(loss(*lines) + COMPILED, RULE)
    assert finding.reason


@pytest.mark.parametrize(
    "lines",
    [
        ["return y_pred"],
        ["return tf.reduce_mean(y_true - y_pred)"],
        ["return stored"],
        ["return tracker.part"],
        ["return tf.reduce_mean(y_true) * latent"],
        ["return divergence()"],
        ["y_pred = tf.sigmoid(y_pred)", "return tf.reduce_mean(y_pred)"],
        ["if FLAG:", "    y_pred = 2.0 * y_true", "return tf.square(y_true - y_pred)"],
        [
            "out = np.zeros_like(y_pred)",
            "np.subtract(y_true, y_pred, out=out)",
            "return np.mean(out)",
        ],
        ["kept = y_pred", "y_pred = 2.0 * y_true", "return tf.square(kept - y_pred)"],
        ["y_pred = tf.where(y_true > 0.0, y_pred, y_true)", "return tf.square(y_true - y_pred)"],
        ["p = tf.sigmoid(y_pred)", "return tf.reduce_mean(p)"],
        ["raise NotImplementedError"],
    ],
)
def test_what_may_depend_on_something_else_is_left_alone(lines: list[str]) -> None:
    assert findings(loss(*lines) + COMPILED, RULE) == ()


def test_what_nobody_compiles_may_be_a_report_for_the_log() -> None:
    assert findings(loss("return 0.5"), RULE) == ()


def test_a_metric_may_say_anything() -> None:
    compiled = "\n\nmodel.compile('adam', loss=some_loss, metrics=[some_loss])\n"
    assert findings(loss("return 0.5") + compiled, RULE) == ()


def test_a_test_may_compile_what_it_only_evaluates() -> None:
    source = """
        class MaskTest(TestCase):
            def {}(self):
                def sum_loss(y_true, _):
                    return tf.reduce_sum(y_true, axis=-1)
                model.compile('adam', loss=sum_loss)
    """
    assert len(findings(source.format("train"), RULE)) == 1
    assert findings(source.format("test_mask"), RULE) == ()
    assert findings(source.format("testMask"), RULE) == ()
