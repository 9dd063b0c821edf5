"""``verify --against``: repairs written by hand, whatever their form and their names."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from program import lossfix

OLD = """
import tensorflow as tf


def gated(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, tf.float32)))
"""

NEW = """
import tensorflow as tf
import keras


def soft(p, by):
    return tf.sigmoid(by * (p - 0.5))


def gated(y_true, y_pred, sharpness=12.0):
    return tf.reduce_mean(tf.abs(y_true - soft(y_pred, sharpness)))


def factory(temperature=0.08):
    def gated(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - soft(y_pred, 1.0 / temperature)))

    return gated


@keras.saving.register_keras_serializable()
class Gated(keras.losses.Loss):
    def __init__(self, k=12.0, name="gated", **options):
        super().__init__(name=name, **options)
        self.k = k

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return tf.reduce_mean(tf.abs(y_true - soft(y_pred, self.k)), axis=-1)

    def get_config(self):
        return {**super().get_config(), "k": self.k}


instance = Gated(8.0)


def fixed(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - soft(y_pred, 12.0)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "new.py").write_text(NEW)
    return tmp_path


@pytest.mark.parametrize("name", ["gated", "factory", "Gated", "instance"])
def test_a_smoothing_by_hand_is_held_to_its_promise_in_every_form(name: str, folder: Path) -> None:
    wish = ("verify", f"new.py::{name}", "--against", "old.py::gated", "--relaxed")
    result = lossfix(*wish, "--python", sys.executable, at=folder)
    assert result.code == 0, result.text + result.err
    assert "none → alive" in result.err


def test_a_smoothing_by_hand_is_judged_at_the_steepness_that_stands_in_it(folder: Path) -> None:
    (folder / "new.py").write_text(NEW.replace("Gated(8.0)", "Gated(4000.0)"))
    wish = ("verify", "new.py::instance", "--against", "old.py::gated", "--relaxed")
    result = lossfix(*wish, "--python", sys.executable, "--output-format", "json", at=folder)
    assert result.code == 1, result.text + result.err
    (outcome,) = json.loads(result.out)["outcomes"]
    assert outcome["verification"]["steepness"] == 4000.0


def test_a_smoothing_without_a_steepness_is_told_what_it_lacks(folder: Path) -> None:
    wish = ("verify", "new.py::fixed", "--against", "old.py::gated", "--relaxed")
    result = lossfix(*wish, "--python", sys.executable, at=folder)
    assert result.code == 1
    assert "no `steepness` by which it could approach" in result.err
