"""Builtin functions of Python that are given tensors."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "python-builtin"


def loss(value: str) -> str:
    return f"def some_loss(y_true, y_pred):\n    return {value}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("max(y_pred)", "tf.reduce_max(y_pred)"),
        ("sum(y_true - y_pred)", "tf.reduce_sum(y_true - y_pred, axis=0)"),
        ("max(0, 1 - y_true * y_pred)", "tf.maximum(0.0, 1 - y_true * y_pred)"),
        ("sorted(y_pred)", "tf.sort(y_pred)"),
        ("round(tf.reduce_sum(y_pred))", "tf.round(tf.reduce_sum(y_pred))"),
    ],
)
def test_a_builtin_becomes_an_operation(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "value",
    [
        "abs(y_pred - y_true)",
        "pow(y_pred, 2)",
        "max(1, y_pred.shape[-1]) * y_pred",
        "max(alpha, beta) * y_pred",
        "sum([y_true, y_pred])",
        "sum(weights) * y_pred",
        "sum(part(y_pred) for part in parts)",
        "max(parts, key=len)(y_true, y_pred)",
        "y_pred * len(weights)",
        "my.max(y_pred)",
    ],
)
def test_numbers_lists_and_operators_are_left_alone(value: str) -> None:
    assert findings(loss(value), RULE) == ()


def test_a_function_of_the_same_name_is_left_alone() -> None:
    source = "from helpers import max\n\n\n" + loss("max(y_pred)")
    assert findings(source, RULE) == ()


@pytest.mark.parametrize("value", ["int(tf.reduce_sum(y_pred))", "max(y_pred, key=abs)"])
def test_what_has_no_counterpart_is_reported(value: str) -> None:
    (finding,) = findings(loss(value), RULE)
    assert finding.reason
    assert rewritten(loss(value), RULE) == loss(value)


@pytest.mark.parametrize("value", ["max(0.0, y_pred)", "max(y_pred, 0.0)"])
def test_what_is_not_a_number_is_shown_in_either_order(value: str) -> None:
    tf = pytest.importorskip("tensorflow")
    names = {"tf": tf}
    exec(rewritten(loss(value), RULE), names)
    given = tf.constant([float("nan"), -1.0, 2.0])
    assert [str(float(each)) for each in names["some_loss"](given, given)] == ["nan", "0.0", "2.0"]


def looped(count: str, before: str = "", head: str = "") -> str:
    return (
        f"import tensorflow as tf\n{head}\n\ndef some_loss(y_true, y_pred):\n{before}"
        f"    return sum(tf.reduce_sum(y_pred[..., i]) for i in range({count}))\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tf.shape(y_pred)[-1]", "y_pred.shape[-1]"),
        ("1, tf.shape(y_pred)[3] - 1", "1, y_pred.shape[3] - 1"),
        ("1, tf.rank(y_pred)", "1, len(y_pred.shape)"),
        ("0, tf.shape(y_true - y_pred)[1], 2", "0, (y_true - y_pred).shape[1], 2"),
    ],
)
def test_a_range_of_sizes_reads_them_off_the_static_shape(before: str, after: str) -> None:
    assert rewritten(looped(before), RULE) == looped(after)


@pytest.mark.parametrize(
    ("count", "before"),
    [
        ("tf.shape(y_pred)[0] - 1", ""),
        ("n", "    n = tf.shape(y_pred)[-1]\n"),
        ("tf.size(y_pred)", ""),
        ("tf.shape(y_pred)[axis]", "    axis = 1\n"),
    ],
)
def test_a_range_whose_size_is_not_written_or_not_known_is_reported(
    count: str, before: str
) -> None:
    (finding,) = findings(looped(count, before), RULE)
    assert "not known" in finding.reason


@pytest.mark.parametrize(
    "count",
    [
        "tf.shape(y_pred)[0]",
        "y_pred.shape[-1]",
        "len(y_pred.shape)",
        "keras.ops.shape(y_pred)[-1]",
        "K.ndim(y_pred)",
        "K.int_shape(y_pred)[-1]",
        "num_classes",
    ],
)
def test_a_range_of_numbers_or_over_samples_is_left_alone(count: str) -> None:
    head = "import keras\nfrom tensorflow.keras import backend as K\n"
    assert findings(looped(count, head=head), RULE) == ()


@pytest.mark.parametrize("decorator", ["@tf.function", "@tf.function(jit_compile=True)"])
def test_a_range_that_autograph_converts_is_left_alone(decorator: str) -> None:
    source = looped("tf.shape(y_pred)[-1]").replace("def some", f"{decorator}\ndef some")
    assert findings(source, RULE) == ()


def test_predictions_under_their_own_name_are_still_tensors_where_they_are_asked() -> None:
    source = "def some_loss(y_true, y_pred):\n    y_pred = int(y_pred)\n    return tf.abs(y_true - y_pred)\n"
    (finding,) = findings(source, RULE)
    assert "Python's `int`" in finding.message
    assert findings(source.replace("int(y_pred)", "int(y_pred.shape[-1])"), RULE) == ()
