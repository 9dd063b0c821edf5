"""A part that a metric shares is copied for the loss; one that only the loss uses is smoothed in place."""

from __future__ import annotations

from textwrap import dedent

from lossfix.engine import Options, repair, repairable
from lossfix.losses.loss import Relaxation
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


def test_a_part_that_a_metric_shares_stays_as_it_is() -> None:
    old = SHARED[SHARED.index("def hits") : SHARED.index("def recall_loss")].strip()
    assert old in mended(SHARED)


def test_the_loss_calls_copies_and_hands_its_steepness_down_to_all_of_them() -> None:
    text = mended(SHARED)
    assert "return 1.0 - _soft_recall(y_true, y_pred, steepness)" in text
    assert "return _soft_hits(y_true, y_pred, steepness) / " in text
    assert "tf.sigmoid(steepness * (y_pred - 0.5))" in text
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
