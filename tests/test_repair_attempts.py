"""What is tried on a loss comes in order, from the most that could be done to removed names alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from lossfix import engine, source
from lossfix.checking import Options
from lossfix.model import Probe, Ruling, State, Status, Verdict
from lossfix.progress import Progress
from lossfix.repairs.attempts import advance, cases_of, probe_of, take_in
from lossfix.repairs.plan import Plan
from lossfix.repairs.search import Done, carry_out
from lossfix.rules import RULES
from lossfix.verify.client import Verifier

FAULTS = """import numpy as np
import tensorflow as tf
from keras import backend as K


def gap_loss(y_true, y_pred):
    gap = np.abs(y_true - y_pred)
    far = K.cast(y_pred > 0.5, "float32")
    return K.mean(gap * (1.0 + far))


model = keras.Sequential([keras.layers.Dense(3)])
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


class Judge:
    """Lets pass whatever has no ``refused`` in it, and keeps the names of what it was asked."""

    def __init__(self, refused: str) -> None:
        self.asked: list[str] = []
        self._refused = refused

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def measure(self, probes: Iterable[Probe]) -> Iterator[tuple[Probe, Verdict]]:
        for probe in probes:
            self.asked.append(probe.name.rpartition("::")[2])
            dead = self._refused in probe.after.source
            ruling = Ruling.STILL_BROKEN if dead else Ruling.FIXED
            reason = f"`{self._refused}` is in it"
            yield probe, Verdict(ruling, reason, State.NONE if dead else State.LIVE)


def carried_out(text: str, refused: str = "np.") -> tuple[Done, list[str]]:
    document = source.decode("losses.py", text.encode())
    judge = Judge(refused)
    plan = Plan(document, Options(RULES, package="losses"))
    (done,) = carry_out([plan], None, None, lambda: cast("Verifier", judge))
    return done, judge.asked


CALLING = """import numpy as np
import tensorflow as tf


def mean_loss(y_true, y_pred):
    return 2.0 * gap_loss(y_true, y_pred)


def gap_loss(y_true, y_pred, power=1.0):
    return tf.reduce_mean(np.abs(y_true - y_pred) ** power, axis=-1)


model.compile(loss=mean_loss)
"""


def test_a_loss_that_calls_another_one_is_measured_with_that_mended() -> None:
    done, asked = carried_out(CALLING)
    assert [each.status for each in done.outcomes] == [Status.FIXED, Status.FIXED]
    assert "class MeanLoss" in done.text
    assert "np.abs" not in done.text
    assert asked[-1] == "mean_loss"


def test_what_a_refused_candidate_would_have_mended_is_left_with_the_reason() -> None:
    done, _ = carried_out(FAULTS, refused="class GapLoss")
    (outcome,) = done.outcomes
    assert outcome.status is Status.FIXED
    reasons = {each.code: each.reason for each in done.left}
    assert reasons["LF301"] == "measured, and refused: `class GapLoss` is in it"
    assert not reasons.keys() & set(outcome.codes)


ABOVE = """import keras
import tensorflow as tf


class Scaled(keras.losses.Loss):
    def __init__(self, reduction=tf.keras.losses.Reduction.AUTO, name=None):
        super().__init__(reduction, name)


class ScaledGap(Scaled):
    def __init__(self, reduction=tf.keras.losses.Reduction.AUTO, name="gap"):
        super().__init__(reduction, name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""


def test_a_subclass_of_what_was_mended_is_measured_with_that_mended() -> None:
    done, asked = carried_out(ABOVE, refused="super().__init__(reduction, name)\n\n\n")
    assert {each.status for each in done.outcomes} == {Status.FIXED}
    assert asked[-1] == "ScaledGap"
    assert "AUTO" not in done.text


UNRUN = """import keras
import numpy as np
import tensorflow as tf


class StairLoss(keras.losses.Loss):
    def __init__(self, weight=2.0, reduction=tf.keras.losses.Reduction.AUTO):
        super().__init__(reduction=reduction)
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * np.mean(y_true - y_pred)
"""


def test_of_a_class_that_cannot_be_measured_what_leaves_its_code_is_tried() -> None:
    document = source.decode("losses.py", UNRUN.encode())
    options = Options(RULES, package="losses")
    files = {"losses.py": engine.File("losses.py", document.source.text, options)}
    (case,) = cases_of(Plan(document, options), files, None, None)
    assert advance(case)
    assert not probe_of(case, None).leaves_gradient
    refused = Verdict(Ruling.UNVERIFIABLE, "no inputs", State.RAISES, reasons=("no inputs",))
    left = []
    while take_in(case, refused):
        assert probe_of(case, None).leaves_gradient
        assert case.trial is not None
        left.append(case.trial.repair.after)
    with_saving, names = left
    assert "def get_config" in with_saving
    assert names == UNRUN.replace("tf.keras.losses.Reduction.AUTO", '"sum_over_batch_size"')


def test_no_repair_is_made_twice(monkeypatch) -> None:
    made, repair = [], engine.repair

    def counted(path, text, name, options, others=engine.NOTHING):
        codes = tuple(rule.code for rule in options.rules)
        made.append((text, name, options.relaxation, codes))
        return repair(path, text, name, options, others)

    monkeypatch.setattr(engine, "repair", counted)
    done, _ = carried_out(FAULTS)
    assert [each.status for each in done.outcomes] == [Status.FIXED]
    assert len(made) == len(set(made))


def test_a_loss_is_rewritten_while_another_is_measured() -> None:
    document = source.decode("losses.py", CALLING.encode())
    told: list[str] = []
    carry_out(
        [Plan(document, Options(RULES, package="losses"))],
        None,
        None,
        lambda: cast("Verifier", Judge("np.")),
        Progress(tick=told.append),
    )
    assert told.index("Measuring: 0 of 2 losses done, starting TensorFlow") == 1
    assert told[0] == "Rewriting: loss 1 of 2"
    second = told.index("Rewriting: loss 2 of 2")
    assert any("done, last" in each for each in told[:second])
    assert told[-2].startswith("Measuring: 2 of 2 losses done, last losses.py: ")
    assert told[-1] == ""


SELECTING = """import keras
import tensorflow as tf


def far_loss(y_true, y_pred):
    far = tf.where(y_pred > 0.5, 2.0, 1.0)
    return tf.reduce_mean(far * tf.abs(y_true - y_pred), axis=-1)


model.compile(loss=far_loss)
"""


def test_what_no_smoothing_is_good_enough_for_becomes_a_class_all_the_same() -> None:
    done, _ = carried_out(SELECTING, refused="steepness")
    (outcome,) = done.outcomes
    assert outcome.status is Status.FIXED
    assert outcome.codes == ("LF301",)
    assert "class FarLoss" in done.text
    assert "tf.where" in done.text
    assert {each.code for each in done.left} >= {"LF202"}
