"""LF330: reductions that a loss of Keras takes for something else."""

from __future__ import annotations

import inspect

import pytest
from rewriting import findings, lines

from lossfix.losses.operations.keras_names import BEFORE_REDUCTION, LOSS_CLASSES

RULE = "misplaced-reduction"


def source(made: str) -> str:
    return lines(f"""
    from tensorflow.keras import losses
    from tensorflow.keras.losses import CategoricalCrossentropy, Reduction

    made = {made}

    def padded_loss(y_true, y_pred):
        return tf.reduce_mean(made(y_true, y_pred))
    """)


@pytest.mark.parametrize(
    "made",
    [
        'losses.BinaryCrossentropy(reduction="none")',
        "losses.BinaryCrossentropy(True, 0.1)",
        'losses.BinaryCrossentropy(False, 0.0, -1, "none")',
        'losses.MeanSquaredError("none")',
        "losses.MeanSquaredError(Reduction.SUM)",
        'losses.SparseCategoricalCrossentropy(False, None, "sum")',
        'losses.Huber(1.0, "none", "huber")',
        'ours.BinaryCrossentropy("none")',
        'losses.get("sum")',
    ],
)
def test_a_reduction_in_its_place_is_left(made: str) -> None:
    assert findings(source(made), RULE) == ()


@pytest.mark.parametrize(
    ("made", "taken"),
    [
        ('losses.BinaryCrossentropy("none")', "from_logits"),
        ("CategoricalCrossentropy(tf.keras.losses.Reduction.NONE)", "from_logits"),
        ("CategoricalCrossentropy(Reduction.SUM)", "from_logits"),
        ('losses.BinaryCrossentropy(True, "sum_over_batch_size")', "label_smoothing"),
        ('losses.SparseCategoricalCrossentropy(True, "none")', "ignore_class"),
        ('losses.Huber("none")', "delta"),
        ('losses.CosineSimilarity("auto")', "axis"),
    ],
)
def test_a_reduction_that_is_taken_for_something_else_is_told(made: str, taken: str) -> None:
    (finding,) = findings(source(made), RULE)
    assert f"is taken for `{taken}`" in finding.message
    assert "`reduction=" in finding.reason


def test_the_places_are_those_of_keras() -> None:
    keras = pytest.importorskip("keras")
    found = {}
    for name in LOSS_CLASSES - {"keras.losses.Loss"}:
        made = getattr(keras.losses, name.rpartition(".")[2])
        names = list(inspect.signature(made).parameters)
        found[name] = tuple(names[: names.index("reduction")])
    assert {name: before for name, before in found.items() if before} == BEFORE_REDUCTION
