"""What a configuration says about a loss reaches its measurement."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix

ODD = """\
import tensorflow as tf


def odd_loss(y_true, y_pred):
    if y_true.shape[-1] * y_pred.shape[-1] != 6 * 17:
        raise ValueError("six quantities of seventeen sensors")
    return tf.reduce_mean(y_true, axis=-1) * tf.reduce_mean(tf.square(y_pred), axis=-1)


def build(model):
    model.compile(loss=odd_loss)
"""


def test_a_loss_that_takes_unusual_shapes_is_measured_once_they_are_named(tmp_path: Path):
    (tmp_path / "losses.py").write_text(ODD)
    before = lossfix("verify", "-v", "losses.py", at=tmp_path)
    assert before.code == 1
    table = '    [tool.lossfix.verify.loss."losses.odd_loss"]\n'
    assert table in before.err
    snippet = before.err[before.err.index(table) :].split("\n")[:2]
    settings = tmp_path / "pyproject.toml"
    settings.write_text("\n".join(["[tool.lossfix]", *snippet, ""]))
    pasted = lossfix("verify", "losses.py", at=tmp_path)
    assert "does not accept the inputs that the configuration describes" in pasted.err
    right = settings.read_text().replace("y_true = [1]", "y_true = [6]")
    settings.write_text(right.replace("y_pred = [1]", "y_pred = [17]"))
    after = lossfix("verify", "losses.py", at=tmp_path)
    assert (after.code, "gradient alive" in after.err) == (0, True)


@pytest.mark.parametrize("key", ["exact-tolerance", "relaxed-tolerance"])
def test_tolerances_reach_the_verdict(tmp_path: Path, key: str):
    # Off by two parts in a thousand; and a gate that no steepness brings nearer than half a percent.
    exact = "tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)"
    steps = "0.1 * tf.cast(y_pred > 0.5, tf.float32)"
    smooth = "0.1005 * tf.sigmoid(self.steepness * (y_pred - 0.5))"
    head = "import tensorflow as tf\n\n\n"
    if key == "exact-tolerance":
        old = f"{head}def my_loss(y_true, y_pred):\n    return {exact}\n"
        new = old.replace("return ", "return 1.002 * ")
        flags, allowed = [], "0.01"
    else:
        old = (
            f"{head}def my_loss(y_true, y_pred):\n"
            f"    return tf.reduce_mean(tf.square(y_pred - y_true) + {steps}, axis=-1)\n"
        )
        new = (
            f"{head}class MyLoss(tf.keras.losses.Loss):\n"
            '    def __init__(self, steepness=20.0, reduction="sum_over_batch_size", '
            'name="my_loss"):\n'
            "        super().__init__(reduction=reduction, name=name)\n"
            "        self.steepness = steepness\n\n"
            "    def call(self, y_true, y_pred):\n"
            f"        return tf.reduce_mean(tf.square(y_pred - y_true) + {smooth}, axis=-1)\n\n"
            "    def get_config(self):\n"
            '        return {**super().get_config(), "steepness": self.steepness}\n'
        )
        flags, allowed = ["--relaxed"], "0.5"
    (tmp_path / "old.py").write_text(old)
    (tmp_path / "new.py").write_text(new)
    command = ("verify", "new.py", "--against", "old.py", *flags)
    strict = lossfix(*command, at=tmp_path)
    assert strict.code == 1
    assert "differ" in strict.err
    (tmp_path / "lossfix.toml").write_text(f"[verify]\n{key} = {allowed}\n")
    assert "differ" not in lossfix(*command, at=tmp_path).err
