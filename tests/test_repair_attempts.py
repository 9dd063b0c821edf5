"""What is tried on a loss comes in order, from the most that could be done to removed names alone."""

from __future__ import annotations

from lossfix import engine, source
from lossfix.checking import Options
from lossfix.repairs.attempts import advance, cases_of
from lossfix.repairs.plan import Plan
from lossfix.rules import RULES

FAULTS = """import numpy as np
import tensorflow as tf
from keras import backend as K


def gap_loss(y_true, y_pred):
    gap = np.abs(y_true - y_pred)
    far = K.cast(y_pred > 0.5, "float32")
    return K.mean(gap * (1.0 + far))


model.compile(loss=gap_loss)
"""


def tried(text: str) -> list[str]:
    document = source.decode("losses.py", text.encode())
    options = Options(RULES, package="losses")
    files = {"losses.py": engine.File("losses.py", document.source.text, options)}
    (case,) = cases_of(Plan(document, options), files, None, None)
    found = []
    while advance(case):
        assert case.trial is not None
        found.append(case.trial.repair.after)
    return found


def test_each_candidate_does_less_than_the_one_before() -> None:
    exact, sigmoid, detached, *others, names = tried(FAULTS)
    assert "class GapLoss" in exact
    assert "axis=-1" in exact
    per_batch = [each for each in others if "class GapLoss" in each]
    without_form = others[len(per_batch) :]
    assert per_batch
    assert not any("axis=-1" in each for each in per_batch)
    assert "tf.sigmoid" not in exact
    assert "tf.sigmoid" in sigmoid
    assert "tf.stop_gradient" in detached
    assert without_form
    assert all("class" not in each and "tf.abs" in each for each in without_form)
    assert names == FAULTS.replace("K.cast", "tf.cast").replace("K.mean", "tf.reduce_mean")


def test_a_gate_that_is_alone_in_its_term_is_not_detached() -> None:
    alone = FAULTS.replace("gap * (1.0 + far)", "gap + far")
    assert any("tf.sigmoid" in each for each in tried(alone))
    assert not any("tf.stop_gradient" in each for each in tried(alone))


def test_nothing_is_tried_twice() -> None:
    for text in (
        FAULTS,
        FAULTS.replace("np.abs", "tf.abs"),
        FAULTS.replace("K.", "tf.keras.backend."),
    ):
        candidates = tried(text)
        assert len(candidates) == len(set(candidates))
