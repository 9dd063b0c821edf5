"""Integers that meet the predictions, and targets that are positions."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

from lossfix.checking import Options, check
from lossfix.losses.discovery.candidate import Called, Parts, Project, Used
from lossfix.rules import integer_targets

RULE = "integer-targets"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ["y_true = tf.cast(y_true, tf.int32)", "return y_true * tf.math.log(y_pred)"],
            [
                "y_true = tf.cast(y_true, tf.int32)",
                "return tf.cast(y_true, y_pred.dtype) * tf.math.log(y_pred)",
            ],
        ),
        (
            ["return tf.constant([[1, -3], [10, 0]]) * y_pred"],
            ["return tf.constant([[1, -3], [10, 0]], dtype=y_pred.dtype) * y_pred"],
        ),
        (
            [
                "costs = tf.constant((0, 1, 4))",
                "row = tf.gather(costs, tf.argmax(y_true, -1))",
                "return row * y_pred",
            ],
            [
                "costs = tf.constant((0, 1, 4))",
                "row = tf.gather(costs, tf.argmax(y_true, -1))",
                "return tf.cast(row, y_pred.dtype) * y_pred",
            ],
        ),
        (
            ["return tf.abs(tf.argmax(y_true, axis=-1) - y_pred)"],
            ["return tf.abs(tf.cast(tf.argmax(y_true, axis=-1), y_pred.dtype) - y_pred)"],
        ),
        (
            ["return tf.where(tf.cast(y_true > 0.0, tf.float32), y_pred, -y_pred)"],
            ["return tf.where(y_true > 0.0, y_pred, -y_pred)"],
        ),
        (
            ["m = tf.cast(tf.less(y_true, y_pred), tf.int32)", "return tf.where(m, y_pred, 0.0)"],
            ["m = tf.less(y_true, y_pred)", "return tf.where(m, y_pred, 0.0)"],
        ),
        (
            [
                "m = tf.cast(tf.less(y_true, y_pred), tf.float32)",
                "return tf.where(m, y_pred, 0.0) + m",
            ],
            [
                "m = tf.cast(tf.less(y_true, y_pred), tf.float32)",
                "return tf.where(tf.cast(m, tf.bool), y_pred, 0.0) + m",
            ],
        ),
        (
            ["return tf.where(y_true, tf.math.log(y_pred), tf.math.log(1.0 - y_pred))"],
            [
                "return tf.where(tf.cast(y_true, tf.bool), "
                "tf.math.log(y_pred), tf.math.log(1.0 - y_pred))"
            ],
        ),
        (
            ["return tf.one_hot(y_true, 3) * y_pred"],
            ["return tf.one_hot(tf.cast(y_true, tf.int32), 3) * y_pred"],
        ),
        (
            ["labels = tf.squeeze(y_true, -1)", "return tf.gather(y_pred, labels, batch_dims=1)"],
            [
                "labels = tf.squeeze(y_true, -1)",
                "return tf.gather(y_pred, tf.cast(labels, tf.int32), batch_dims=1)",
            ],
        ),
        (
            [
                'labels = tf.convert_to_tensor(y_true, dtype="int64")',
                "return tf.gather(y_pred, labels)",
            ],
            ['labels = tf.cast(y_true, "int64")', "return tf.gather(y_pred, labels)"],
        ),
        (
            ["return tf.one_hot(tf.convert_to_tensor(y_true[..., 0], tf.int32), 3) * y_pred"],
            ["return tf.one_hot(tf.cast(y_true[..., 0], tf.int32), 3) * y_pred"],
        ),
        (
            ["return tf.math.segment_mean(y_pred, y_true[:, 0])"],
            ["return tf.math.segment_mean(y_pred, tf.cast(y_true[:, 0], tf.int32))"],
        ),
        (
            [
                "rows = tf.range(tf.shape(y_pred)[0])",
                "places = tf.stack([rows, y_true[:, 0]], axis=1)",
                "return tf.gather_nd(y_pred, places)",
            ],
            [
                "rows = tf.range(tf.shape(y_pred)[0])",
                "places = tf.stack([rows, tf.cast(y_true[:, 0], tf.int32)], axis=1)",
                "return tf.gather_nd(y_pred, places)",
            ],
        ),
        (
            ["return tf.square(y_true - y_pred) * (y_true > 0)"],
            ["return tf.square(y_true - y_pred) * tf.cast(y_true > 0, y_pred.dtype)"],
        ),
        (
            [
                "seen = tf.logical_not(tf.math.is_nan(y_true))",
                "return y_pred / tf.reduce_sum(seen)",
            ],
            [
                "seen = tf.logical_not(tf.math.is_nan(y_true))",
                "return y_pred / tf.reduce_sum(tf.cast(seen, y_pred.dtype))",
            ],
        ),
        (
            ["return tf.multiply(1.0 - tf.math.is_nan(y_true), y_pred)"],
            ["return tf.multiply(1.0 - tf.cast(tf.math.is_nan(y_true), y_pred.dtype), y_pred)"],
        ),
        (
            ["cost = tf.abs(y_pred)", "cost *= tf.equal(y_true, 1.0)", "return cost"],
            [
                "cost = tf.abs(y_pred)",
                "cost *= tf.cast(tf.equal(y_true, 1.0), y_pred.dtype)",
                "return cost",
            ],
        ),
    ],
)
def test_integers_are_cast_where_they_meet(before: list[str], after: list[str]) -> None:
    assert rewritten(loss(*before), RULE) == loss(*after)


@pytest.mark.parametrize(
    "lines",
    [
        ["return y_true * y_pred"],
        ["return tf.cast(y_true, tf.float32) * y_pred"],
        ["return tf.cast(y_true, y_pred.dtype) * y_pred"],
        ["return tf.one_hot(tf.cast(y_true, tf.int32), 3) * y_pred"],
        ["y_true = tf.cast(y_true, 'int32')", "return tf.one_hot(y_true, 3) * y_pred"],
        ["labels = tf.argmax(y_true, -1)", "return tf.gather(y_pred, labels, batch_dims=1)"],
        ["return tf.keras.ops.one_hot(y_true, 3) * y_pred"],
        ["return tf.math.unsorted_segment_sum(y_pred, tf.cast(y_true, tf.int32), 3)"],
        ["return tf.stack([tf.range(3.0), y_true], axis=1) * y_pred"],
        ["return tf.stack([tf.range(0.0, 3.0, 1.0), y_true], axis=1) * y_pred"],
        ["return tf.stack([tf.range(3), tf.cast(y_true, tf.int32)]) - tf.cast(y_pred, tf.int32)"],
        ["return tf.keras.ops.stack([tf.range(3), y_true]) * y_pred"],
        ["return tf.stack([tf.range(tf.cast(n, tf.int64)), y_true]) * y_pred"],
        ["return tf.stack([y_true, y_pred])"],
        ["return tf.keras.losses.sparse_categorical_crossentropy(y_true, y_pred)"],
        ["return tf.boolean_mask(y_pred, tf.cast(y_true, tf.int32) > 0)"],
        ["return tf.where(tf.cast(y_true, tf.int32) == 1, y_pred, 1 - y_pred)"],
        ["n = tf.cast(y_true, tf.int32) * 2", "return tf.gather(y_pred, n)"],
        ["return tf.gather(y_pred, INDICES, axis=-1) * y_true"],
        ["return tf.where((y_true > 0) & (y_true < 9), y_pred, 0.0)"],
        ["return tf.where(tf.cast(y_true, tf.bool), y_pred, 0.0)"],
        ["m = tf.cast(y_true > 0.0, tf.bool)", "return tf.where(m, y_pred, 0.0)"],
        ["y_true = tf.cast(y_true, tf.bool)", "return tf.where(y_true, y_pred, 0.0)"],
        ["return tf.keras.ops.where(y_true, y_pred, 0.0)"],
        ["return tf.keras.backend.switch(y_true, y_pred, 0.0 * y_pred)"],
        ["return tf.gather_nd(y_pred, tf.where(y_true > 0.0))"],
        ["return tf.where(MASK, y_pred, y_true)"],
        ["return tf.cast(y_true > 0, tf.float32) * y_pred"],
        ["return (y_true.shape[-1] > 1) * y_pred"],
        ["return tf.keras.ops.multiply(y_true > 0, y_pred)"],
        ["return tf.keras.backend.mean(y_true > 0) * y_pred"],
        ["return tf.reduce_any(y_true > 0) & FLAG"],
        ["return tf.keras.backend.constant([1, 3, 10]) * y_pred"],
        ["return tf.constant([1, 3.0, 10]) * y_pred"],
        ["return tf.constant([1, 3, 10], dtype=tf.float32) * y_pred"],
        ["return tf.constant([1, 3, 10], y_pred.dtype) * y_pred"],
        ["return tf.constant([1, 3, FACTOR]) * y_pred"],
        ["return tf.keras.ops.multiply(tf.constant([1, 3, 10]), y_pred)"],
        ["return tf.tile(y_pred, tf.constant([1, 3]) * tf.constant([2, 2]))"],
        ["return tf.constant([1, 3, 10]) * tf.cast(y_pred, tf.int32)"],
    ],
)
def test_what_fits_together_is_left_alone(lines: list[str]) -> None:
    assert findings(loss(*lines), RULE) == ()


def test_positions_are_certain_to_fail_only_in_fit() -> None:
    source = loss("return tf.one_hot(y_true, 3) * y_pred")
    (finding,) = findings(source, RULE)
    assert finding.severity.value == "warning"
    (finding,) = findings(source + "\n\nmodel.compile('adam', loss=some_loss)\n", RULE)
    assert finding.severity.value == "error"


def test_under_a_tape_of_ones_own_targets_are_what_the_data_gives() -> None:
    loop = """

def step(x, y, model):
    with tf.GradientTape() as tape:
        value = some_loss(y, model(x))
    return tape.gradient(value, model.trainable_variables)
"""
    assert findings(loss("return tf.one_hot(y_true, 3) * y_pred") + loop, RULE) == ()


def test_what_a_part_is_handed_is_what_its_losses_are_handed() -> None:
    source = "def chosen(y_true, y_pred):\n    return tf.one_hot(y_true, 3) * y_pred\n\n\n"
    source += loss("return tf.reduce_sum(chosen(y_true, y_pred), axis=-1)")
    loop = """

def step(x, y, model):
    with tf.GradientTape() as tape:
        value = some_loss(y, model(x))
    return tape.gradient(value, model.trainable_variables)
"""
    assert len(findings(source, RULE)) == 1
    assert findings(source + loop, RULE) == ()
    assert len(findings(source + loop + "\n\nmodel.compile('adam', some_loss)\n", RULE)) == 1


def test_where_predictions_come_first_it_is_not_keras_that_calls() -> None:
    source = loss("return tf.one_hot(y_true, 3) * y_pred").replace(
        "y_true, y_pred", "y_pred, y_true"
    )
    assert findings(source, RULE) == ()
    assert len(findings(source + "\n\nmodel.compile('adam', loss=some_loss)\n", RULE)) == 1


def test_what_a_file_hands_to_a_function_of_its_own_is_called_by_that() -> None:
    source = loss("return tf.one_hot(y_true, 3) * y_pred")
    handed = "\n\ndef steps(x, y, model):\n    return slope_of(model, x, y, some_loss)\n"
    assert findings(source + handed, RULE) == ()
    assert findings(source + handed.replace("some_loss", "of=some_loss"), RULE) == ()
    assert len(findings(source + handed.replace("slope_of", "tf.keras.Model"), RULE)) == 1


def test_what_other_files_call_with_weights_is_called_by_them() -> None:
    source = "import tensorflow as tf\n\n\n" + loss("return tf.one_hot(y_true, 3) * y_pred")
    reason = "steps.py:4 calls it with more than targets and predictions"
    called = Project(called=Called(functions=(("some_loss", reason),)))
    compiled = Project(called=called.called, used=Used(compiled=frozenset({"some_loss"})))
    rules = (integer_targets.RULE,)
    assert check("losses.py", source, Options(rules, project=called)) == ()
    assert len(check("losses.py", source, Options(rules, project=compiled))) == 1


PARTED = """\
def chosen(y_true, y_pred):
    return tf.one_hot(y_true, 3) * y_pred


def some_loss(y_true, y_pred):
    classes = y_true[..., 0]
    return tf.reduce_sum(chosen(classes, y_pred), axis=-1)
"""


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("", "", 1),
        ("y_true[..., 0]", "tf.cast(y_true[..., 0], tf.int32)", 0),
        (
            "some_loss(y_true, y_pred):",
            "some_loss(y_true, y_pred):\n    y_true = tf.cast(y_true, 'int32')",
            0,
        ),
        ("chosen(classes, y_pred)", "chosen(*given(classes, y_pred))", 1),
    ],
)
def test_a_part_gets_the_targets_as_its_loss_hands_them_over(
    written: str, instead: str, told: int
) -> None:
    source = PARTED.replace(written, instead, 1) if written else PARTED
    assert len(findings(source, RULE)) == told


def test_what_another_file_hands_the_predictions_first_is_not_called_by_keras() -> None:
    source = "import tensorflow as tf\n\n\n" + PARTED.split("\n\n\n")[0]
    rules = (integer_targets.RULE,)
    reached = Project(parts=Parts(reached=frozenset({"chosen"})))
    assert len(check("losses.py", source, Options(rules, project=reached))) == 1
    swapped = source.replace("chosen(y_true, y_pred)", "chosen(logits, labels)")
    swapped = swapped.replace("y_true", "labels").replace("y_pred", "logits")
    assert check("losses.py", swapped, Options(rules, project=reached)) == ()
