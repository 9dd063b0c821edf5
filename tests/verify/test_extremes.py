"""Batches of one kind of sample alone, and what lies far out: what happens there is seen and said."""

import numpy as np
import pytest
from test_measure import single, verdict_of

from lossfix.model import Probe, Ruling, Safety, Subject
from lossfix.verify.probe.families import BY_NAME, edges

IMPORTS = "import tensorflow as tf\nimport keras\n"
DICE = """
def loss(y_true, y_pred):
    both = tf.reduce_sum(y_true * y_pred)
    return 1.0 - (2.0 * both + {0}) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + {1})
"""
MASKED = """
def loss(y_true, y_pred):
    known = tf.cast(tf.not_equal(y_true, -1.0), tf.float32)
    total = tf.reduce_sum(known * tf.square(y_true - y_pred)) + 1e-12
    return total / (tf.reduce_sum(known) {0} 1e-12)
"""
OF_HITS = """
def loss(y_true, y_pred):
    hit = tf.where(tf.equal(y_true, 0.0), tf.zeros_like(y_pred), y_pred)
    off = tf.reduce_sum(tf.square(y_true - hit))
    return 0.2 * tf.reduce_mean(tf.square(y_true - y_pred)) + 2.0 * tf.sqrt({0})
"""
MEAN = "tf.reduce_mean(tf.square(y_pred - y_true), axis=-1)"
ROOT = f"def loss(y_true, y_pred):\n    return tf.sqrt({MEAN})\n"
HINGE = (
    "def loss(y_true, y_pred):\n    return tf.reduce_mean(tf.maximum(0.0, 1.0 - y_true * y_pred))\n"
)
CLIPPED = """
def loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.clip_by_value(y_pred, 0.0, 1.0) - y_true))
"""
KNOWN = """
def loss(y_true, y_pred):
    known = tf.not_equal(y_true, -1.0)
    return tf.reduce_mean(tf.boolean_mask(tf.square(y_true - y_pred), known))
"""


def pair(before: str, after: str) -> Probe:
    subjects = (Subject(IMPORTS + source, "loss") for source in (before, after))
    return Probe("loss", *subjects, Safety.EXACT)


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (DICE.format("1e-12", "1e-12"), DICE.format("1e-12", "-1e-12"), "y_true = y_pred = 0"),
        (DICE.format("1e-12", "1e-12"), DICE.format("1e-12", "1e-12"), ""),
        (MASKED.format("+"), MASKED.format("-"), "y_true all -1"),
        (ROOT, ROOT.replace(MEAN, f"tf.maximum({MEAN}, 1e-12)"), ""),
        (OF_HITS.format("off"), OF_HITS.format("tf.maximum(off, 1e-12)"), ""),
        (OF_HITS.format("off"), OF_HITS.format("tf.maximum(off, 1e-8)"), "in a batch of 1"),
        (ROOT, ROOT.replace(MEAN, f"tf.maximum({MEAN}, 1e-4)"), "reg"),
    ],
)
def test_an_epsilon_that_matters_in_one_batch_alone_is_seen(before, after, where, tmp_path):
    verdict = verdict_of(pair(before, after), tmp_path)
    assert verdict.writable == (where == ""), verdict
    if where:
        assert verdict.ruling is Ruling.CHANGED_MEANING
        assert any(where in reason for reason in verdict.reasons)


DIVERGENCE = """
def loss(y_true, y_pred):
    return tf.reduce_sum(y_true * (tf.math.log({0}) - tf.math.log({1})), axis=-1)
"""


def test_of_a_value_that_is_no_number_no_gradient_is_kept(tmp_path):
    # For predictions below zero the logarithm has a finite gradient and no value.
    above = ("tf.maximum(y_true, 1e-12)", "tf.maximum(y_pred, 1e-12)")
    before, after = DIVERGENCE.format("y_true", "y_pred"), DIVERGENCE.format(*above)
    assert verdict_of(pair(before, after), tmp_path).writable
    other = DIVERGENCE.format(above[0], "tf.maximum(tf.stop_gradient(y_pred), 1e-12)")
    assert not verdict_of(pair(before, other), tmp_path).writable


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        (KNOWN, {}, "the value is not finite at y_true all -1"),
        (HINGE, {}, "some samples have no gradient any more at y_pred ="),
        (
            CLIPPED,
            {"head": "linear"},
            "the gradient is exactly zero, and the loss is not, at y_pred",
        ),
        (
            "def loss(y_true, y_pred):\n    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=0)\n",
            {"families": ("reg_vec3",)},
            "the value has the shape (3,)",
        ),
        (
            "def loss(y_true, y_pred, alpha):\n"
            "    return tf.reduce_mean(alpha * tf.square(y_true - y_pred))\n",
            {},
            "Keras cannot call it: it takes y_true, y_pred, alpha",
        ),
    ],
)
def test_what_is_measured_of_a_loss_as_it_is_names_its_fault(source, options, said, tmp_path):
    verdict = verdict_of(single(source, **options), tmp_path)
    assert said in verdict.summary


def test_a_class_that_does_not_align_ranks_is_told_of(tmp_path):
    source = (
        "class Own(keras.losses.Loss):\n"
        "    def call(self, y_true, y_pred):\n"
        "        return tf.square(y_true - y_pred) ** 1.5\n"
    )
    assert "rank: y_true" in verdict_of(single(source, "Own()"), tmp_path).summary


def test_a_loss_without_a_fault_is_told_of_in_two_words(tmp_path):
    source = (
        "def loss(y_true, y_pred):\n    return tf.reduce_mean(tf.square(y_true - y_pred), -1)\n"
    )
    assert verdict_of(single(source), tmp_path).summary == "gradient alive"


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("onehot_prob", {"y_true all of one class"}),
        ("sparse", {"y_true all of one class"}),
        ("gaps", {"y_true all NaN"}),
        (
            "bin_prob",
            {"y_true all 0", "y_true all 1", "y_true = y_pred = 0", "y_true = y_pred = 1"},
        ),
        ("reg", {"y_true = 0", "y_true = y_pred = 0"}),
    ],
)
def test_every_family_has_its_degenerate_batches(family, names):
    batch = BY_NAME[family].batches(0, 1)[0]
    found = dict(edges(BY_NAME[family], batch))
    assert names <= set(found)
    for name in names:
        assert found[name].y_true.dtype == batch.y_true.dtype
        assert found[name].y_true.shape == batch.y_true.shape
        assert len(np.unique(found[name].y_true)) == (2 if family == "onehot_prob" else 1)
