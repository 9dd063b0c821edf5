"""LF117: loops of Python over tensors that a loss makes."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "tensor-loop"


def loss(over: str, before: str = "pass", head: str = "", use: str = "i") -> str:
    return lines(f"""
    import tensorflow as tf
    {head}

    def part_loss(y_true, y_pred, parts=3):
        {before}
        total = 0.0
        for i in {over}:
            total += tf.reduce_mean(tf.abs(y_true - y_pred) * tf.cast({use}, tf.float32))
        return total
    """)


FINE = {
    "numbers": loss("range(3)"),
    "a static size": loss("range(y_pred.shape[-1])"),
    "the samples": loss("tf.range(tf.shape(y_pred)[0])", use="y_pred[i]"),
    "a list of tensors": loss("[y_true, y_pred]"),
    "a tensor that is taken apart": loss("tf.unstack(tf.constant([1.0, 2.0]))"),
    "parts": loss("tf.split(y_pred, 2, axis=-1)"),
    "weights of the file": loss("WEIGHTS", head="WEIGHTS = [1.0, 2.0]"),
    "weights that are set twice": loss(
        "WEIGHTS", head="WEIGHTS = [1.0]\n    WEIGHTS = tf.constant([1.0, 2.0])"
    ),
    "a parameter": loss("parts"),
    "the counts of tf.unique": loss("tf.unique_with_counts(y_true)[2:]"),
    "under tf.function": loss("tf.range(3)").replace("def part", "@tf.function\ndef part"),
    "under a tape": loss("tf.range(3)") + lines("""
    def step(model, x, y):
        with tf.GradientTape() as tape:
            value = part_loss(y, model(x))
        return tape.gradient(value, model.trainable_variables)
    """),
    "a method of a task": lines("""
    import tensorflow as tf

    class Task:
        def box_loss(self, y_true, y_pred):
            total = 0.0
            for i in tf.range(3):
                total += tf.reduce_mean(tf.abs(y_true - y_pred)[..., i])
            return total
    """),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_what_python_can_run_over_is_left(source: str) -> None:
    assert findings(source, RULE) == ()


PAIRS = {
    "tf.range(3)": "range(3)",
    "tf.range(1, parts)": "range(1, parts)",
    "tf.range(0, parts + 1, 2)": "range(0, parts + 1, 2)",
    "tf.range(tf.shape(y_pred)[-1])": "range(y_pred.shape[-1])",
    "tf.constant([1.0, 0.5])": "tf.unstack(tf.constant([1.0, 0.5]))",
    "tf.linspace(0.0, 1.0, parts)": "tf.unstack(tf.linspace(0.0, 1.0, parts))",
}


@pytest.mark.parametrize(("before", "after"), PAIRS.items(), ids=PAIRS.keys())
def test_what_is_known_beforehand_becomes_a_range_or_a_list(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


def test_a_constant_by_a_name_is_taken_apart_where_it_is_run_over() -> None:
    head = "WEIGHTS = tf.constant([1.0, 0.5])"
    assert rewritten(loss("WEIGHTS", head=head), RULE) == loss("tf.unstack(WEIGHTS)", head=head)
    before = "w = tf.constant([1.0, 0.5])"
    assert rewritten(loss("w", before), RULE) == loss("tf.unstack(w)", before)


REPORTED = {
    "classes that are found": loss("tf.unique(y_true[:, 0])[0]"),
    "classes by their attribute": loss("tf.unique(y_true[:, 0]).y"),
    "classes by a name": loss("classes", "classes, _ = tf.unique(tf.reshape(y_true, [-1]))"),
    "numbers by a name": loss("numbers", "numbers = tf.range(3)"),
    "a size by a name": loss("tf.range(n)", "n = tf.shape(y_pred)[1]"),
    "numbers of another type": loss("tf.range(3, dtype=tf.int64)"),
    "floats": loss("tf.range(0.5)"),
    "a count that is read as a tensor": loss("tf.range(3)", use="i.numpy()"),
    "a range of the file's own": loss("tf.range(3)", head="from parts import range"),
}


@pytest.mark.parametrize("source", REPORTED.values(), ids=REPORTED.keys())
def test_what_is_not_known_beforehand_is_reported(source: str) -> None:
    (finding,) = findings(source, RULE)
    assert "not known beforehand" in finding.reason
    assert rewritten(source, RULE) == source


def test_a_comprehension_runs_over_a_tensor_too() -> None:
    source = lines("""
    import tensorflow as tf

    def part_loss(y_true, y_pred):
        return sum(tf.reduce_mean(tf.abs(y_true - y_pred)[:, i]) for i in tf.range(2))
    """)
    assert "for i in range(2))" in rewritten(source, RULE)
