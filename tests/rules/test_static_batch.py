"""The batch size, read from the static shape or mixed with floats."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

RULE = "static-batch"
SIZE = "tf.cast(tf.shape(y_pred)[0], y_pred.dtype)"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred, k=3):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ["return tf.reduce_sum(y_pred) / y_pred.shape[0]"],
            [f"return tf.reduce_sum(y_pred) / {SIZE}"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / len(y_pred)"],
            [f"return tf.reduce_sum(y_pred) / {SIZE}"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / float(y_pred.shape[0])"],
            [f"return tf.reduce_sum(y_pred) / {SIZE}"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / y_pred.get_shape().as_list()[0]"],
            [f"return tf.reduce_sum(y_pred) / {SIZE}"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / (y_pred.shape[0] * 4)"],
            [f"return tf.reduce_sum(y_pred) / ({SIZE} * 4)"],
        ),
        (
            [
                "return tf.reduce_sum(y_pred) / (y_pred.shape[0] * y_pred.shape[1] * y_true.shape[2])"
            ],
            [f"return tf.reduce_sum(y_pred) / ({SIZE} * y_pred.shape[1] * y_true.shape[2])"],
        ),
        (
            ["return tf.reshape(y_pred, [y_pred.shape[0] * y_pred.shape[1], -1])"],
            ["return tf.reshape(y_pred, [tf.shape(y_pred)[0] * y_pred.shape[1], -1])"],
        ),
        (
            ["n = y_pred.shape[0]", "return tf.reduce_sum(y_pred) / n"],
            [f"n = {SIZE}", "return tf.reduce_sum(y_pred) / n"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / tf.cast(y_pred.shape[0], tf.float32)"],
            ["return tf.reduce_sum(y_pred) / tf.cast(tf.shape(y_pred)[0], tf.float32)"],
        ),
        (
            ["return tf.reshape(y_pred, [y_pred.shape[0], -1])"],
            ["return tf.reshape(y_pred, [tf.shape(y_pred)[0], -1])"],
        ),
        (
            ["return y_pred + tf.random.normal((y_pred.shape[0], 3))"],
            ["return y_pred + tf.random.normal((tf.shape(y_pred)[0], 3))"],
        ),
        (
            ["n = y_pred.shape[0]", "return tf.matmul(tf.eye(n), y_pred)"],
            ["n = tf.shape(y_pred)[0]", "return tf.matmul(tf.eye(n), y_pred)"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / tf.shape(y_pred)[0]"],
            [f"return tf.reduce_sum(y_pred) / {SIZE}"],
        ),
        (
            ["return tf.reduce_sum(y_pred) / tf.size(y_pred)"],
            ["return tf.reduce_sum(y_pred) / tf.cast(tf.size(y_pred), y_pred.dtype)"],
        ),
        (
            ["b, d = y_pred.shape", "return y_pred @ tf.transpose(y_pred) - tf.eye(b) / d"],
            [
                "b, d = y_pred.shape",
                "return y_pred @ tf.transpose(y_pred) - tf.eye(tf.shape(y_pred)[0]) / d",
            ],
        ),
        (
            ["b, h, w = y_pred.shape", "return tf.reshape(y_pred, (b, h * w))"],
            ["b, h, w = y_pred.shape", "return tf.reshape(y_pred, (tf.shape(y_pred)[0], h * w))"],
        ),
        (
            [
                "b, d = y_pred.shape  # as they come",
                "y_pred = tf.reshape(y_pred, [b, d, 1])",
                "return tf.zeros((b, d)) + y_pred[..., 0]",
            ],
            [
                "_, d = y_pred.shape  # as they come",
                "b = tf.shape(y_pred)[0]",
                "y_pred = tf.reshape(y_pred, [b, d, 1])",
                "return tf.zeros((b, d)) + y_pred[..., 0]",
            ],
        ),
        (
            ["n = tf.shape(y_pred)[0] * 2", "return tf.reduce_sum(y_pred) / n"],
            [
                "n = tf.shape(y_pred)[0] * 2",
                "return tf.reduce_sum(y_pred) / tf.cast(n, y_pred.dtype)",
            ],
        ),
    ],
)
def test_the_true_size_takes_its_place(before: list[str], after: list[str]) -> None:
    assert rewritten(loss(*before), RULE) == loss(*after)


@pytest.mark.parametrize(
    "lines",
    [
        ["return tf.reduce_sum(y_pred) / y_pred.shape[1]"],
        ["return tf.reduce_sum(y_pred) / y_pred.shape[-1]"],
        ["return tf.reduce_sum(y_pred) / k"],
        ["return tf.reduce_sum(y_pred) / len(WEIGHTS)"],
        ["return tf.reduce_sum(y_pred) / WEIGHTS.shape[0]"],
        ["return tf.reduce_sum(y_pred) / tf.cast(tf.shape(y_pred)[0], tf.float32)"],
        ["return tf.reduce_sum(y_pred) / tf.cast(tf.size(y_pred), y_pred.dtype)"],
        ["return tf.reshape(y_pred, [tf.shape(y_pred)[0], -1])"],
        ["n = tf.shape(y_pred)[0]", "return tf.reshape(y_pred, [n * n, -1])"],
        ["if y_pred.shape[0] is None:", "    return y_true", "return y_pred"],
        ["if len(y_pred.shape) == 2:", "    return y_true", "return y_pred"],
        ["n = y_pred.shape[0] or tf.shape(y_pred)[0]", "return tf.reshape(y_pred, [n, -1])"],
        ["b, d = y_pred.shape", "return y_pred @ tf.eye(d)"],
        ["_, d = y_pred.shape", "return tf.reduce_sum(y_pred) / d"],
        ["b, d = tf.unstack(tf.shape(y_pred))", "return tf.reshape(y_pred, (b, d))"],
        ["b, d = y_pred.shape", "if b is None:", "    b = 8", "return tf.eye(b) - y_pred"],
        ["first = y_pred[0]", "return tf.reduce_sum(first) / first.shape[0]"],
        ["print(y_pred.shape[0])", "return y_pred"],
        ["return y_pred @ tf.eye(y_pred.shape[-1])"],
        ["return y_pred + tf.random.normal((1, y_pred.shape[1]))"],
        ["return y_pred + RANDOM.normal((y_pred.shape[0], 3))"],
        ["channels = tf.transpose(y_pred)", "return tf.reduce_sum(channels) / channels.shape[0]"],
        ["return tf.reduce_sum([y_pred[:, i] for i in range(y_pred.shape[1])])"],
    ],
)
def test_other_sizes_and_plain_questions_are_left_alone(lines: list[str]) -> None:
    assert findings(loss(*lines), RULE) == ()


def test_a_size_that_may_be_known_is_a_warning() -> None:
    (finding,) = findings(loss("return tf.reduce_sum(y_pred) / y_pred.shape[0]"), RULE)
    assert finding.severity.value == "warning"


def test_a_size_that_cannot_be_asked_for_is_an_error() -> None:
    (finding,) = findings(loss("return tf.reduce_sum(y_pred) / len(y_pred)"), RULE)
    assert finding.severity.value == "error"


@pytest.mark.parametrize(
    ("kept", "divided"),
    [
        ("tf.boolean_mask(y_pred - y_true, y_true > 0)", "len(kept)"),
        ("(y_pred - y_true)[y_true > 0]", "len(kept)"),
        ("y_pred - y_true", "len(tf.where(kept > 0))"),
    ],
)
def test_the_length_of_any_tensor_raises_in_fit(kept: str, divided: str) -> None:
    size = divided.removeprefix("len(").removesuffix(")")
    before = loss(f"kept = {kept}", f"return tf.reduce_sum(kept) / {divided}")
    after = f"tf.cast(tf.shape({size})[0], y_pred.dtype)"
    assert f"tf.reduce_sum(kept) / {after}" in rewritten(before, RULE)


@pytest.mark.parametrize(
    "divided", ["len(k)", "len([y_true, y_pred])", "len(y_pred.shape)", "len(tf.split(y_pred, 2))"]
)
def test_the_length_of_what_is_no_tensor_is_left(divided: str) -> None:
    assert findings(loss(f"return tf.reduce_sum(y_pred) / {divided}"), RULE) == ()


def test_the_length_that_autograph_converts_is_left() -> None:
    source = loss("return tf.reduce_sum(y_pred) / len(y_pred[y_true > 0])")
    assert findings("@tf.function\n" + source, RULE) == ()
    assert len(findings(source, RULE)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.reshape(y_true, y_pred.shape) - y_pred",
            "tf.reshape(y_true, tf.shape(y_pred)) - y_pred",
        ),
        (
            "y_pred + tf.random.normal(shape=y_pred.shape)",
            "y_pred + tf.random.normal(shape=tf.shape(y_pred))",
        ),
        ("y_pred * tf.zeros(y_pred.get_shape())", "y_pred * tf.zeros(tf.shape(y_pred))"),
        ("tf.abs(y_pred) * np.ones(y_true.shape)", "tf.abs(y_pred) * tf.ones_like(y_true)"),
        ("tf.abs(y_pred) * np.full(y_pred.shape, 0.5)", None),
    ],
)
def test_what_is_made_of_the_whole_shape_takes_that_of_the_batch(
    before: str, after: str | None
) -> None:
    source = loss(f"return {before}")
    (finding,) = findings(source, RULE)
    assert bool(finding.reason) == (after is None)
    assert rewritten(source, RULE) == loss(f"return {after or before}")


@pytest.mark.parametrize(
    "line",
    [
        "return tf.abs(y_pred) * np.ones(y_pred.shape[1:])",
        "return tf.abs(y_pred[0]) * np.ones(y_pred[0].shape)",
        "return tf.reshape(y_pred, WEIGHTS.shape)",
        "return tf.ones(tf.shape(y_pred)) * y_pred",
        "print(y_pred.shape); return tf.abs(y_pred)",
    ],
)
def test_a_shape_that_is_known_is_left(line: str) -> None:
    assert findings(loss(line), RULE) == ()


def test_a_part_may_be_handed_one_sample_whose_shape_is_known() -> None:
    source = """
def costs(matrix):
    return tf.reduce_min(matrix) + tf.zeros(matrix.shape)

def matched_loss(y_true, y_pred):
    return tf.map_fn(costs, tf.abs(y_true - y_pred))
"""
    assert findings(source, RULE) == ()
