"""A class of which only the saving is mended may stay without a gradient, and the verdict says so."""

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


def test_a_class_without_a_gradient_is_saved_with_its_parameters(tmp_path: Path) -> None:
    path = tmp_path / "losses.py"
    path.write_text(FAR.lstrip())
    ended = lossfix("fix", "losses.py", at=tmp_path)
    assert '"margin": self.margin' in path.read_text()
    (line,) = [each for each in (ended.text + ended.err).splitlines() if each.startswith("Fixed")]
    assert "gradient zero → zero" in line
    assert "values equal (exactly)" in line
    assert "still does not train" in line
