"""What only saves a loss, or gives it a name that is gone, may leave it as it is, and the verdict says so."""

from __future__ import annotations

from pathlib import Path

from program import lossfix

FAR = """
import keras
import tensorflow as tf


class FarLoss(keras.losses.Loss):
    def __init__(self, margin=1e9, **kwargs):
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, y_true, y_pred):
        far = tf.nn.relu(tf.abs(y_true - y_pred) - self.margin)
        return tf.reduce_mean(far, axis=-1)
"""


KEPT_FOR_METRICS = """
from keras import backend as K


def zero_loss(y_true, y_pred):
    return K.mean(0.0 * K.square(y_pred), axis=-1)


def compiled(model):
    model.compile(loss=zero_loss)
"""
UNCALLED = """
import tensorflow as tf


class LadderLoss(tf.keras.losses.Loss):
    def __init__(self, ladder, reduction=tf.keras.losses.Reduction.AUTO, name=None):
        super().__init__(reduction, name)
        self.ladder = ladder

    def call(self, y_true, y_pred):
        return self.ladder.climb(y_true - y_pred)
"""


def test_what_leaves_a_loss_alone_may_leave_it_as_it_is(tmp_path: Path) -> None:
    for name, text in (("far", FAR), ("zero", KEPT_FOR_METRICS), ("ladder", UNCALLED)):
        (tmp_path / f"{name}.py").write_text(text.lstrip())
    ended = lossfix("fix", ".", at=tmp_path)
    lines = (ended.text + ended.err).splitlines()
    far, zero, ladder = (
        next(line for line in lines if f"{name}.py  " in line and "ixed" in line)
        for name in ("far", "zero", "ladder")
    )
    assert '"margin": self.margin' in (tmp_path / "far.py").read_text()
    assert "gradient zero → zero" in far
    assert "values equal (exactly)" in far
    assert "still does not train" in far
    assert "tf.reduce_mean(0.0 * tf.square(y_pred), axis=-1)" in (tmp_path / "zero.py").read_text()
    assert "gradient raises → zero" in zero
    assert "still does not train" in zero
    assert 'reduction="sum_over_batch_size"' in (tmp_path / "ladder.py").read_text()
    assert "no inputs were found to call it with" in ladder
