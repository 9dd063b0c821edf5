"""Of the inputs that a loss does not accept, the ones that came furthest through its code."""

from __future__ import annotations

import dataclasses
from functools import partial

import pytest

pytest.importorskip("tensorflow")

from lossfix.model import Probe, Safety, Subject
from lossfix.verify.probe.facts import Facts, RefusalFacts
from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.inputs import Choice, Refused, choose
from lossfix.verify.probe.job import SubjectSource
from lossfix.verify.probe.numeric import objective
from lossfix.verify.probe.refusals import Refusal, furthest
from lossfix.verify.probe.subject import Candidate, load
from lossfix.verify.unmeasured import to_paste, unverifiable

FAMILIES = ("reg", "reg_vec3", "seq", "seg_bin", "seg_multi")


def best(code: str, directory) -> Refusal:
    """The refusal that is told of a loss called ``loss``."""
    source = f"import tensorflow as tf\n\n{code}"
    built = load(SubjectSource(source, "loss"), str(directory), "before.py")
    assert isinstance(built, Candidate), built
    found = choose(partial(objective, built), [(BY_NAME[name], 1.0) for name in FAMILIES], 0)
    assert isinstance(found, Refused)
    assert len(found.tried) == len(FAMILIES)
    return furthest(found.tried)


def test_positive_numbers_may_have_to_be_above_one(tmp_path) -> None:
    code = "def loss(y_true, y_pred):\n    return y_true * tf.math.log(y_pred - 1.0) - y_pred\n"
    built = load(
        SubjectSource(f"import tensorflow as tf\n\n{code}", "loss"), str(tmp_path), "before.py"
    )
    assert isinstance(built, Candidate), built
    found = choose(partial(objective, built), [(BY_NAME["reg"], 2.0), (BY_NAME["pos"], 1.0)], 0)
    assert isinstance(found, Choice)
    assert found.family.domain == "positive"
    assert found.family.batches(0, 1)[0].y_pred.min() > 1.0


CASES = {
    "the last line that any of them came to": (
        "def loss(y_true, y_pred):\n"
        "    rows = tf.reduce_sum(y_pred, axis=2)\n"
        "    tf.debugging.assert_equal(tf.shape(y_pred)[3], 9)\n"
        "    return rows\n",
        "tf.debugging.assert_equal(tf.shape(y_pred)[3], 9)",
        "seg_bin",
    ),
    "of one line, the last call": (
        "def loss(y_true, y_pred):\n"
        "    return first(y_pred) + second(y_pred)\n\n"
        "def second(y):\n"
        "    return tf.reshape(y, [-1, 11, 11])\n\n"
        "def first(y):\n"
        "    return tf.reduce_sum(y, axis=3)\n",
        "return tf.reshape(y, [-1, 11, 11])",
        "seg_bin",
    ),
    "what AutoGraph converted": (
        "@tf.function\n"
        "def loss(y_true, y_pred):\n"
        "    height = tf.reduce_sum(y_pred, axis=2)\n"
        "    return tf.reshape(height, [-1, 11, 11])\n",
        "return tf.reshape(height, [-1, 11, 11])",
        "seq",
    ),
    "the call of an instance": (
        "class Own(tf.keras.losses.Loss):\n"
        "    def __call__(self, y_true, y_pred, sample_weight=None):\n"
        "        total = tf.reduce_sum(y_true * y_pred, axis=[1, 2, 3])\n"
        "        return scale * total\n\n"
        "loss = Own()\n",
        "return scale * total",
        "seg_bin",
    ),
    "a value that is none": (
        "def loss(y_true, y_pred):\n" "    return tf.reduce_sum(y_pred, axis=1) / tf.zeros([1])\n",
        "",
        "reg",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_furthest_refusal_is_told(name, tmp_path):
    code, line, family = CASES[name]
    told = best(code, tmp_path)
    assert (told.line, told.family.name) == (line, family)


PROBE = Probe("loss", Subject("", "loss"), Subject("", "after"), Safety.EXACT)
REFUSED = RefusalFacts(
    tried=14,
    line="return tf.reshape(y, [-1, 11])",
    true_shape=(4,),
    pred_shape=(4, 3),
    true_values="class numbers",
    pred_values="logits of classes",
)
FACTS = Facts("loss", stage="family", error="ValueError: no", refused=REFUSED)


def test_the_reason_names_the_line_the_inputs_and_what_to_do():
    reason = unverifiable(PROBE, FACTS)
    assert "none of 14 kinds of inputs" in reason
    assert "`return tf.reshape(y, [-1, 11])`, which raised ValueError: no" in reason
    assert "targets (batch, 4) of class numbers" in reason
    assert "predictions (batch, 4, 3) of logits of classes" in reason
    assert "shapes = { y_true = [4], y_pred = [4, 3] }" in reason
    assert to_paste(PROBE, FACTS)[1] == "shapes = { y_true = [4], y_pred = [4, 3] }"


def test_a_value_that_is_none_is_told_of_the_end():
    refused = dataclasses.replace(REFUSED, line="")
    facts = dataclasses.replace(FACTS, error="the value is not finite", refused=refused)
    reason = unverifiable(PROBE, facts)
    assert "the furthest that any came is its end (the value is not finite) for targets" in reason


def test_the_configuration_is_not_named_where_it_cannot_describe_the_inputs():
    refused = dataclasses.replace(REFUSED, parts="anchor (3,), positive (3,)")
    facts = dataclasses.replace(FACTS, refused=refused)
    assert "anchor (3,), positive (3,) of logits of classes" in unverifiable(PROBE, facts)
    assert "pyproject.toml" not in unverifiable(PROBE, facts)
    assert to_paste(PROBE, facts) == ()


def test_other_inputs_are_not_asked_for_where_the_code_is_at_fault():
    facts = dataclasses.replace(FACTS, error="NameError: name 'K' is not defined")
    reason = unverifiable(PROBE, facts)
    assert "whatever it is given at `return tf.reshape(y, [-1, 11])`: NameError" in reason
    assert "pyproject.toml" not in reason
