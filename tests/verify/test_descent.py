"""Where a gradient leads is decided by the original loss, row by row."""

import numpy as np
import pytest
import tensorflow as tf

from lossfix.verify.probe.descent import ROWS, alignment, descent, project, yardstick
from lossfix.verify.probe.families import BY_NAME


def batch_of(family, seed=1):
    return BY_NAME[family].batch(np.random.default_rng(seed), ROWS)


def article(t, p):
    return tf.reduce_mean(tf.where(p > 0.5, 2 * tf.abs(t - p), 0.5 * tf.abs(t - p)), axis=-1)


def article_as_one_number(t, p):
    return tf.reduce_mean(article(t, p))


def smoothed(k, detached=False):
    def loss(t, p):
        s = tf.sigmoid(k * (p - 0.5))
        if detached:
            s = tf.stop_gradient(s)
        return tf.reduce_mean((2 * s + 0.5 * (1 - s)) * tf.abs(t - p), axis=-1)

    return loss


def dead(t, p):
    return tf.reduce_mean(tf.abs(t - tf.cast(p > 0.5, p.dtype)))


def soft(k):
    return lambda t, p: tf.reduce_mean(tf.abs(t - tf.sigmoid(k * (p - 0.5))))


def f1(gate):
    def loss(t, p):
        q = gate(p)
        return 1 - 2 * tf.reduce_sum(t * q) / (tf.reduce_sum(t) + tf.reduce_sum(q) + 1e-7)

    return loss


@pytest.fixture(scope="module")
def against_article():
    return yardstick(article, batch_of("unit"))


def test_a_gentle_sigmoid_gate_trains_no_worse(against_article):
    facts = descent(smoothed(3.0), 3.0, against_article)
    assert facts.passed
    assert facts.stuck <= 0.01
    assert facts.steepness == 3.0


def test_the_articles_steepness_leaves_rows_behind_the_barrier(against_article):
    facts = descent(smoothed(10.0), 10.0, against_article)
    assert not facts.passed
    assert facts.stuck > 0.05
    assert facts.original is not None
    assert facts.rewrite > 10 * facts.original


@pytest.mark.parametrize("k", [3.0, 10.0, 1000.0])
def test_a_detached_gate_trains_at_any_steepness(against_article, k):
    facts = descent(smoothed(k, detached=True), k, against_article)
    assert facts.passed
    assert facts.stuck == 0


def test_a_loss_that_returns_one_number_is_scored_row_by_row_too():
    against = yardstick(article_as_one_number, batch_of("unit"))
    assert against.start.shape == (ROWS,)
    assert descent(smoothed(3.0), 3.0, against).passed
    assert not descent(smoothed(10.0), 10.0, against).passed


def test_smoothing_a_dead_gate_lowers_the_original():
    against = yardstick(dead, batch_of("bin_prob"))
    assert against.gradient is None
    facts = descent(soft(16.0), 16.0, against)
    assert facts.passed
    assert facts.original is None
    assert facts.rewrite < 0.01 < facts.start


def test_too_steep_a_sigmoid_is_as_dead_as_the_gate():
    against = yardstick(dead, batch_of("bin_prob"))
    assert descent(soft(1000.0), 1000.0, against).dead > 0.3
    assert descent(soft(16.0), 16.0, against).dead == 0
    beyond = descent(soft(1e7), 1e7, against)
    assert not beyond.passed
    assert beyond.note == "no gradient"


def test_a_gradient_that_leads_uphill_fails():
    against = yardstick(dead, batch_of("bin_prob"))
    assert not descent(lambda t, p: -soft(16.0)(t, p), 16.0, against).passed


def test_a_loss_whose_rows_depend_on_one_another_is_scored_as_a_batch():
    against = yardstick(f1(tf.round), batch_of("bin_prob"))
    assert against.start.shape == (1,)
    facts = descent(f1(lambda p: tf.sigmoid(16 * (p - 0.5))), 16.0, against)
    assert facts.passed
    assert "batch" in facts.note


def test_an_original_in_numpy_can_still_score():
    def original(t, p):
        return np.mean(np.abs(t.numpy() - p.numpy()))

    against = yardstick(original, batch_of("reg"))
    assert descent(lambda t, p: tf.reduce_mean(tf.abs(t - p)), None, against).passed
    assert not descent(lambda t, p: tf.reduce_mean(tf.abs(t + p)), None, against).passed


def test_a_python_if_is_followed_where_only_autograph_can():
    def branching(t, p):
        if tf.reduce_mean(p) > 0.5:
            return 2 * tf.reduce_mean(tf.square(t - p))
        return tf.reduce_mean(tf.square(t - p))

    against = yardstick(branching, batch_of("unit"))
    assert np.mean(against.ends[0]) < 0.01 * np.mean(against.start)
    assert descent(branching, None, against).passed


def test_a_rewrite_that_raises_does_not_pass(against_article):
    def raising(t, p):
        raise ValueError("on purpose")

    assert not descent(raising, None, against_article).passed


@pytest.mark.parametrize("family", ["unit", "pos", "onehot_prob", "rating", "reg"])
def test_predictions_stay_in_their_domain(family):
    batch = batch_of(family)
    onto = project(batch)
    wild = tf.constant(np.random.default_rng(0).normal(0, 9, batch.y_pred.shape), tf.float32)
    inside = onto(wild).numpy()
    if family == "onehot_prob":
        assert np.allclose(inside.sum(-1), 1, atol=1e-5)
        assert inside.min() > 0
    elif family == "rating":
        assert inside.min() >= 0.5
        assert inside.max() <= 5.5
    elif family == "reg":
        assert np.array_equal(inside, wild.numpy())
    else:
        assert inside.min() > 0


def rounded(t, p):
    return tf.square(t - tf.round(p))


def straight_through(t, p):
    return tf.square(t - (p + tf.stop_gradient(tf.round(p) - p)))


def reversed_straight_through(t, p):
    return tf.square(t - (-p + tf.stop_gradient(tf.round(p) + p)))


def test_a_surrogate_is_aligned_with_the_original_or_against_it():
    batch = batch_of("reg")
    end = BY_NAME["reg"].sweep(np.random.default_rng(2), batch)[1]
    assert alignment(straight_through, rounded, batch, end) > 0.95
    assert alignment(reversed_straight_through, rounded, batch, end) < -0.95
    assert alignment(smoothed(10.0, detached=True), article, batch, end) > 0.6
    assert alignment(smoothed(3.0), article, batch, end) > 0.95
    assert alignment(rounded, rounded, batch, end) == 0
