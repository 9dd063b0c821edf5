"""A repair around the code of a loss that no inputs run is held to that code, and to what is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.probe.likeness import built_alike

GONE = """
import tensorflow as tf

SHIFT = 0.25


def weighed(values, weight):
    return weight * values


class LadderLoss(tf.keras.losses.Loss):
    def __init__(
        self,
        rungs,
        weight=2.0,
        reduction=tf.keras.losses.Reduction.AUTO,
        name=None,
    ):
        super().__init__(reduction, name)
        self.rungs = rungs
        self.weight = weight
        self.table = tf.constant([1.0, 3.0])

    def call(self, y_true, y_pred):
        climbed = self.rungs.climb(y_true - y_pred)
        return weighed(climbed + SHIFT, self.weight)

    def get_config(self):
        return {**super().get_config(), "rungs": self.rungs, "weight": self.weight}
"""
MENDED = GONE.replace("tf.keras.losses.Reduction.AUTO", '"sum_over_batch_size"').replace(
    "super().__init__(reduction, name)", "super().__init__(reduction=reduction, name=name)"
)
BARE = """
import keras


class StairLoss(keras.losses.Loss):
    def __init__(self, rungs, weight=2.0):
        super().__init__()
        self.rungs = rungs
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * self.rungs.climb(y_true - y_pred)
"""
SAVED = (
    BARE.replace("weight=2.0", "weight=2.0, **kwargs").replace("__init__()", "__init__(**kwargs)")
    + """
    def get_config(self):
        return {**super().get_config(), "rungs": self.rungs, "weight": self.weight}
"""
)
ABSTRACT = (
    GONE.replace("import tensorflow", "import abc\nimport tensorflow")
    .replace("(tf.keras.losses.Loss):", "(tf.keras.losses.Loss, abc.ABC):")
    .replace("    def call", "    @abc.abstractmethod\n    def call")
)

NAMED = GONE.replace(
    "class LadderLoss",
    "class Step:\n    def __init__(self, name):\n        self.name = name\n\n\nclass LadderLoss",
).replace("self.rungs = rungs", 'self.rungs = rungs\n        self.step = Step(f"{self.name}_step")')
UNLOADED = GONE.replace('"rungs": self.rungs', '"rungs": self.rungs, "steps": 3')


def mended(text: str) -> str:
    """The same with the names of today."""
    text = text.replace("tf.keras.losses.Reduction.AUTO", '"sum_over_batch_size"')
    return text.replace("(reduction, name)", "(reduction=reduction, name=name)")


def alike(before: str, after: str, at: Path) -> str | None:
    name = "StairLoss" if "Stair" in before else "LadderLoss"
    subjects = [SubjectSource(each, f"{name}(0.5)") for each in (before, after)]
    return built_alike(Job("a loss", *subjects, leaves_gradient=True), str(at))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GONE, MENDED),
        (NAMED, mended(NAMED)),
        (UNLOADED, mended(UNLOADED)),
        (BARE, SAVED),
        (
            BARE,
            BARE.replace("keras.losses", "losses").replace(
                "import keras", "from keras import losses"
            ),
        ),
        (
            ABSTRACT,
            ABSTRACT.replace("tf.keras.losses.Reduction.AUTO", '"sum_over_batch_size"').replace(
                "(reduction, name)", "(reduction=reduction, name=name)"
            ),
        ),
        (
            GONE,
            MENDED.replace(
                "class Ladder", '@tf.keras.utils.register_keras_serializable("a")\nclass Ladder'
            ),
        ),
    ],
)
def test_what_builds_and_saves_may_change(before: str, after: str, tmp_path: Path) -> None:
    assert alike(before, after, tmp_path) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GONE, MENDED.replace("climbed + SHIFT", "climbed - SHIFT")),
        (NAMED, mended(NAMED).replace("_step", "_rung")),
        (GONE, mended(UNLOADED)),
        (GONE, MENDED.replace("SHIFT = 0.25", "SHIFT = 0.5")),
        (GONE, MENDED.replace("SHIFT = 0.25", "SHIFT = 0")),
        (GONE, MENDED.replace("weight * values", "values")),
        (GONE, MENDED.replace("weight * values", "weight * 1.0 * values")),
        (GONE, MENDED.replace("[1.0, 3.0]", "[1.0, 3.5]")),
        (GONE, MENDED.replace("weight=2.0", "weight=1.0")),
        (GONE, MENDED.replace("self.weight = weight", "self.weight = 2.0")),
        (GONE, MENDED.replace("self.rungs = rungs", "self.rungs = 0.5")),
        (GONE, MENDED.replace("        self.table = tf.constant([1.0, 3.0])\n", "")),
        (GONE, MENDED.replace("reduction=reduction, ", "")),
        (GONE, MENDED.replace("reduction=reduction", 'reduction="sum"')),
        (GONE, MENDED.replace(", name=name", "")),
        (GONE, MENDED.replace('"weight": self.weight', '"weight": 2.0')),
        (GONE, MENDED.replace('"weight": self.weight', '"weight": 2.0 * self.weight')),
        (GONE, MENDED.replace(', "rungs": self.rungs', "")),
        (GONE, MENDED.replace("tf.keras.losses.Loss", "tf.keras.losses.MeanSquaredError")),
        (
            GONE,
            MENDED.replace(
                "self.weight = weight", "self.weight = weight\n        self.call = weighed"
            ),
        ),
        (GONE, MENDED.replace("    def call", "    def __call__")),
        (
            GONE,
            MENDED.replace(
                "    def get_config",
                "    def compute_dtype(self):\n        return 1\n\n    def get_config",
            ),
        ),
        (GONE, MENDED.replace("def weighed(values, weight)", "def weighed(values, weight=1.0)")),
        (BARE, SAVED.replace("super().__init__(**kwargs)", "super().__init__()")),
        (BARE, SAVED.replace('"weight": self.weight', '"weight": 2.0')),
        (BARE, SAVED.replace("(y_true - y_pred)", "(y_pred - y_true)")),
    ],
)
def test_what_computes_and_what_it_computes_with_may_not(
    before: str, after: str, tmp_path: Path
) -> None:
    assert after not in (MENDED, SAVED)
    assert alike(before, after, tmp_path)


def test_of_what_cannot_be_built_nothing_is_said(tmp_path: Path) -> None:
    missing = "import a_module_that_nobody_has\n"
    assert alike(missing + GONE, MENDED, tmp_path) is None
    assert alike(GONE, missing + MENDED, tmp_path) is None


def test_a_function_is_no_class(tmp_path: Path) -> None:
    text = "def LadderLoss(rungs):\n    return lambda y_true, y_pred: y_true - y_pred\n"
    assert alike(text, text, tmp_path) is None
