"""A part that a metric shares is copied for the loss; one that only the loss uses is smoothed in place."""

from __future__ import annotations

from textwrap import dedent

from lossfix.checking import Options
from lossfix.engine import repair, repairable
from lossfix.losses.code.loss import Relaxation
from lossfix.model import Gate, Safety
from lossfix.rules import RULES

SMOOTHING = tuple(rule for rule in RULES if rule.code.startswith("LF2"))
HEAD = """
import tensorflow as tf


def hits(y_true, y_pred):
    return tf.reduce_sum(y_true * tf.round(tf.clip_by_value(y_pred, 0, 1)))


def recall(y_true, y_pred):
    return hits(y_true, y_pred) / (tf.reduce_sum(y_true) + 1e-7)


def recall_loss(y_true, y_pred):
    return 1.0 - recall(y_true, y_pred)

"""
SHARED = HEAD + """
model.compile(loss=recall_loss, metrics=[recall])
"""
ALONE = HEAD + """
model.compile(loss=recall_loss)
"""
TWO_LOSSES = HEAD + """
def other_loss(y_true, y_pred):
    return 2.0 - recall(y_true, y_pred) + tf.reduce_mean(tf.square(y_true - y_pred))


model.compile(loss=[recall_loss, other_loss])
"""


def mended(source: str, *names: str, gate: Gate = Gate.SIGMOID) -> str:
    text = dedent(source).lstrip("\n")
    options = Options(SMOOTHING, Relaxation(gate))
    for name in names or [loss.name for loss in repairable(text, options)]:
        text = repair("losses.py", text, name, options).after
    return text


TWO_AND_A_METRIC = TWO_LOSSES.replace("other_loss])", "other_loss], metrics=[recall])")


def test_the_second_loss_takes_the_copies_of_the_first() -> None:
    options = Options(SMOOTHING, Relaxation(Gate.SIGMOID))
    text = repair("a.py", dedent(TWO_AND_A_METRIC), "recall_loss", options).after
    second = repair("a.py", text, "other_loss", options)
    assert "return 2.0 - _soft_recall(y_true, y_pred, steepness)" in second.after
    assert second.after.count("def ") == text.count("def ")
    assert second.steps[-1].after == second.after


def test_losses_of_different_steepness_hand_theirs_to_one_copy() -> None:
    one, two = (Options(SMOOTHING, Relaxation(Gate.SIGMOID, steepness)) for steepness in (5.0, 9.0))
    text = repair("a.py", dedent(TWO_AND_A_METRIC), "recall_loss", one).after
    text = repair("a.py", text, "other_loss", two).after
    assert "def _soft_recall(y_true, y_pred, steepness=5.0)" in text
    assert "def other_loss(y_true, y_pred, steepness=9.0)" in text
    assert "return 2.0 - _soft_recall(y_true, y_pred, steepness)" in text
    assert "_2(" not in text


def test_a_part_that_a_metric_shares_stays_as_it_is() -> None:
    old = SHARED[SHARED.index("def hits") : SHARED.index("def recall_loss")].strip()
    assert old in mended(SHARED)


def test_the_loss_calls_copies_and_hands_its_steepness_down_to_all_of_them() -> None:
    text = mended(SHARED)
    assert "return 1.0 - _soft_recall(y_true, y_pred, steepness)" in text
    assert "return _soft_hits(y_true, y_pred, steepness) / " in text
    assert "soft_round(tf.clip_by_value(y_pred, 0, 1), steepness)" in text
    assert "def recall_loss(y_true, y_pred, steepness=10.0):" in text


def test_a_part_of_one_loss_alone_is_smoothed_in_place() -> None:
    text = mended(ALONE)
    assert "_soft_" not in text
    assert "return 1.0 - recall(y_true, y_pred, steepness)" in text
    assert "return hits(y_true, y_pred, steepness) / " in text


def test_a_part_that_another_loss_shares_is_not_changed_under_it() -> None:
    text = mended(TWO_LOSSES, "recall_loss")
    assert "return 2.0 - recall(y_true, y_pred)" in text
    assert "return 1.0 - _soft_recall(y_true, y_pred, steepness)" in text


def test_a_part_that_is_kept_is_not_copied() -> None:
    assert mended(SHARED, gate=Gate.KEEP) == SHARED.lstrip("\n")


def test_a_part_with_a_decorator_is_neither_copied_nor_changed() -> None:
    source = SHARED.replace("def hits", "@tf.function\ndef hits")
    text = mended(source)
    assert "@tf.function\ndef hits(y_true, y_pred):" in text
    assert "_soft_hits" not in text


def test_the_copies_are_part_of_the_promise() -> None:
    text = SHARED.lstrip("\n")
    done = repair("losses.py", text, "recall_loss", Options(SMOOTHING))
    assert done.promise is Safety.RELAXED
    assert done.left == ()


def test_a_loss_that_is_a_metric_as_well_is_left_with_the_reason() -> None:
    source = ALONE.replace("compile(loss=recall_loss)", "compile(loss=hits, metrics=[hits])")
    text = source.lstrip("\n")
    done = repair("losses.py", text, "hits", Options(SMOOTHING))
    assert done.after == text
    assert ["metric" in each.reason for each in done.left] == [True]


CLASS = """
import tensorflow as tf


class MissLoss(tf.keras.losses.Loss):
    def __init__(self, weight=2.0, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}

    def call(self, y_true, y_pred):
        return self.weight * (1.0 - self._met(y_true, y_pred))

    def _met(self, y_true, y_pred):
        hard = tf.cast(y_pred > 0.5, tf.float32)
        return tf.reduce_mean(y_true * hard, axis=-1)
"""


def test_a_method_of_a_loss_takes_its_steepness_from_the_instance() -> None:
    text = mended(CLASS)
    assert "def __init__(self, weight=2.0, steepness=10.0, **kwargs):" in text
    assert "hard = tf.sigmoid(self.steepness * (y_pred - 0.5))" in text
    assert "self.weight * (1.0 - self._met(y_true, y_pred))" in text
    assert '"steepness": self.steepness}' in text


def test_a_method_that_something_else_calls_too_is_copied_within_its_class() -> None:
    report = "\n    def report(self, batch):\n        return 100.0 * self._met(*batch)\n"
    text = mended(CLASS + report)
    assert "        hard = tf.cast(y_pred > 0.5, tf.float32)\n" in text
    assert "    def _soft_met(self, y_true, y_pred):\n        hard = tf.sigmoid(self." in text
    assert "self.weight * (1.0 - self._soft_met(y_true, y_pred))" in text
    assert "return 100.0 * self._met(*batch)" in text


def test_functions_that_a_method_calls_are_handed_the_steepness_of_the_instance() -> None:
    source = CLASS.replace(
        "hard = tf.cast(y_pred > 0.5, tf.float32)", "hard = above(y_true, y_pred)"
    )
    above = (
        "def above(y_true, y_pred):\n"
        "    return tf.cast(y_pred > 0.5, tf.float32) + 0.0 * y_true\n\n\nclass MissLoss"
    )
    text = mended(source.replace("class MissLoss", above))
    assert "def above(y_true, y_pred, steepness=10.0):" in text
    assert "hard = above(y_true, y_pred, self.steepness)" in text


TRAINER = """
import tensorflow as tf


class Trainer:
    def miss_loss(self, y_true, y_pred):
        return 1.0 - self._met(y_true, y_pred)

    def _met(self, y_true, y_pred):
        return tf.reduce_mean(y_true * tf.cast(y_pred > 0.5, tf.float32), axis=-1)

    def run(self, model):
        model.compile(loss=self.miss_loss)
"""


def test_a_method_of_another_class_is_handed_its_steepness() -> None:
    text = mended(TRAINER)
    assert "def miss_loss(self, y_true, y_pred, steepness=10.0):" in text
    assert "return 1.0 - self._met(y_true, y_pred, steepness)" in text
    assert "def _met(self, y_true, y_pred, steepness=10.0):" in text


def test_a_method_of_a_base_that_other_losses_share_stays_as_it_is() -> None:
    base = CLASS.replace("class MissLoss(tf.keras.losses.Loss)", "class Base(tf.keras.losses.Loss)")
    both = base.replace("def call", "def value")
    for name in ("One", "Two"):
        both += f"\n\nclass {name}Loss(Base):\n    def call(self, y_true, y_pred):\n"
        both += "        return 1.0 - self._met(y_true, y_pred)\n"
    assert "hard = tf.cast(y_pred > 0.5, tf.float32)" in mended(both)
