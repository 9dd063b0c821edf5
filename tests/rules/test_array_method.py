"""Methods of arrays that are asked of tensors."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "array-method"


def loss(value: str) -> str:
    return f"def some_loss(y_true, y_pred):\n    return {value}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(y_true - y_pred).mean()", "tf.reduce_mean(y_true - y_pred)"),
        ("(y_pred**2).sum(axis=-1)", "tf.reduce_sum(y_pred**2, axis=-1)"),
        ("tf.abs(y_pred).max()", "tf.reduce_max(tf.abs(y_pred))"),
        ("tf.reduce_mean(y_pred.flatten())", "tf.reduce_mean(tf.reshape(y_pred, [-1]))"),
        ("y_pred.astype(tf.float32)", "tf.cast(y_pred, tf.float32)"),
        ("tf.matmul(y_true, y_pred.T)", "tf.matmul(y_true, tf.transpose(y_pred))"),
    ],
)
def test_a_method_becomes_a_function(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "value",
    [
        "tf.reduce_mean(y_true - y_pred)",
        "tf.reduce_mean(WEIGHTS.sum() * y_pred)",
        "tf.reduce_mean(y_pred) * np.arange(3).mean()",
        "distribution(y_pred).mean()",
        "Normal(y_pred, 1.0).mean()",
        "tracker.mean(y_pred)",
        "y_pred.shape.as_list()",
        "tf.reduce_mean(y_pred.get_shape()[0] * y_pred)",
        "tf.reduce_mean(frame.size * y_pred)",
        "tf.transpose(y_pred)",
    ],
)
def test_what_is_not_certainly_a_tensor_keeps_its_methods(value: str) -> None:
    assert findings(loss(value), RULE) == ()
    assert rewritten(loss(value), RULE) == loss(value)


@pytest.mark.parametrize("value", ["y_pred.view(-1)", "(y_true - y_pred).detach() * y_pred"])
def test_a_method_of_pytorch_is_reported(value: str) -> None:
    (finding,) = findings(loss(value), RULE)
    assert "PyTorch" in finding.reason
    assert rewritten(loss(value), RULE) == loss(value)


@pytest.mark.parametrize("value", ["PLOT.view(y_pred)", "settings.permute(3) * y_pred"])
def test_what_is_no_tensor_may_have_methods_of_that_name(value: str) -> None:
    assert findings(loss(value), RULE) == ()


def test_a_name_that_is_also_a_list_is_left_alone() -> None:
    source = lines("""
        def some_loss(y_true, y_pred):
            parts = []
            parts.append(y_pred)
            return tf.add_n(parts.copy())
    """)
    assert findings(source, RULE) == ()


@pytest.mark.parametrize("value", ["y_pred.flatten(order='F')", "y_pred.sum(out=y_true)"])
def test_an_argument_without_a_counterpart_is_reported(value: str) -> None:
    (finding,) = findings(loss(value), RULE)
    assert "has no counterpart" in finding.reason
    assert rewritten(loss(value), RULE) == loss(value)
