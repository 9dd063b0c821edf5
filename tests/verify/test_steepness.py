"""Steepnesses are in units of what is gated, alive in single precision, and gentle enough."""

import math

import numpy as np
import pytest
import tensorflow as tf

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.gates import Gate, find_gates, segments
from lossfix.verify.probe.steepness import (
    SATURATION,
    barrier,
    calibrated,
    deviation_bound,
    ladder,
    steepest_alive,
    steepest_unblocked,
)


def saturated(steepness, margins):
    """Share of samples at which a sigmoid of this steepness has no gradient in float32.

    Only the upper side rounds to exactly 1, so half of the samples beyond ``SATURATION`` count.
    """
    return 0.5 * float(np.mean(steepness * np.abs(np.asarray(margins)) >= SATURATION))


@pytest.mark.parametrize("unit", [1e-3, 1.0, 250.0, 1e6])
def test_a_calibrated_steepness_does_not_depend_on_the_unit(unit):
    assert calibrated(0.25 * unit) * unit == pytest.approx(16.0)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_is_no_scale_is_refused(scale):
    with pytest.raises(ValueError, match="positive"):
        calibrated(scale)


def test_the_calibrated_steepness_keeps_most_samples_alive_and_close():
    rng = np.random.default_rng(0)
    for margins in (
        rng.uniform(-0.5, 0.5, 4000),
        rng.normal(0, 1, 4000),
        rng.standard_t(3, 4000),
        200 * rng.lognormal(0, 0.5, 4000) - 200,
    ):
        k = calibrated(float(np.median(np.abs(margins))))
        error = np.mean(np.abs(1 / (1 + np.exp(-k * margins)) - (margins > 0)))
        assert error < 0.12
        assert saturated(k, margins) < 0.06


def test_a_float32_sigmoid_has_no_gradient_beyond_the_saturation():
    k = 10.0
    with tf.GradientTape() as tape:
        x = tf.constant([1.5, 1.8])
        tape.watch(x)
        y = tf.sigmoid(k * x)
    inside, beyond = tape.gradient(y, x).numpy()
    assert inside > 0
    assert beyond == 0
    assert saturated(k, [1.5]) == 0
    assert saturated(k, [1.8]) == 0.5


def test_the_steepest_living_steepness_leaves_one_sample_in_twenty_dead():
    margins = np.random.default_rng(0).uniform(0, 1000, 2000)
    k = steepest_alive(margins)
    assert saturated(k, margins) == pytest.approx(0.05, abs=0.002)
    assert steepest_alive([]) == math.inf


def test_the_ladder_goes_down_in_round_numbers_from_the_calibrated_one():
    assert ladder([0.25]) == (16.0, 10.0, 5.0, 3.0, 2.0, 1.0)
    assert ladder([250.0]) == (0.016, 0.01, 0.005, 0.003, 0.002, 0.001)


def test_gates_that_share_a_steepness_take_the_gentlest():
    assert ladder([0.01, 0.25]) == ladder([0.25])


def test_the_ladder_stays_below_a_limit_and_is_empty_without_a_scale():
    assert ladder([0.25], limit=7.0) == (5.0, 3.0, 2.0, 1.0, 0.5, 0.3)
    assert ladder([0.25], limit=10.0)[0] == 10.0
    assert ladder([]) == ladder([0.0, math.nan]) == ()


def test_above_the_barrier_the_gradient_points_away_from_the_target():
    lower, upper, target, threshold = 0.5, 2.0, 0.9, 0.5

    def slope(k):
        p = tf.constant(threshold)
        with tf.GradientTape() as tape:
            tape.watch(p)
            s = tf.sigmoid(k * (p - threshold))
            value = (upper * s + lower * (1 - s)) * tf.abs(target - p)
        return float(tape.gradient(value, p))

    limit = barrier(lower, upper, power=1.0, reach=target - threshold)
    assert slope(1.01 * limit) > 0 > slope(0.99 * limit)
    assert barrier(upper, lower, 1.0, 0.4) == math.inf


def weighted(t, p):
    return tf.reduce_mean(tf.where(p > 0.5, 2 * tf.abs(t - p), 0.5 * tf.abs(t - p)))


def counted(t, p):
    return tf.reduce_mean(tf.cast(p > 0.5, p.dtype))


def test_the_barrier_of_a_gate_is_read_off_the_loss_itself():
    batch = BY_NAME["unit"].batch(np.random.default_rng(0), 192)
    reach = 0.45
    assert steepest_unblocked(weighted, batch, 0.5) == pytest.approx(
        barrier(0.5, 2.0, 1.0, reach), rel=0.1
    )

    def squared(t, p):
        return tf.reduce_mean(tf.where(p > 0.5, 2.0, 0.5) * tf.square(t - p), axis=-1)

    def falling(t, p):
        return tf.reduce_mean(tf.where(p < 0.5, 2.0, 0.5) * tf.abs(t - p))

    assert steepest_unblocked(squared, batch, 0.5) == pytest.approx(
        barrier(0.5, 2.0, 2.0, reach), rel=0.1
    )
    assert steepest_unblocked(falling, batch, 0.5) == pytest.approx(
        barrier(0.5, 2.0, 1.0, reach), rel=0.1
    )


def test_where_the_loss_does_not_rise_at_the_threshold_there_is_no_barrier():
    batch = BY_NAME["unit"].batch(np.random.default_rng(0), 192)
    assert steepest_unblocked(weighted, batch, 0.3) == math.inf
    assert steepest_unblocked(lambda t, p: t.missing, batch, 0.5) == math.inf
    labels = BY_NAME["sparse"].batch(np.random.default_rng(0), 192)
    assert steepest_unblocked(weighted, labels, 0.5) == math.inf


@pytest.mark.parametrize("k", [3.0, 10.0, 50.0])
def test_the_deviation_stays_within_its_bound(k):
    rng = np.random.default_rng(0)
    batches = [(rng.random((7, 2)), rng.random((7, 2))) for _ in range(3)]
    many = [(rng.random((400, 2)), rng.random((400, 2)))]
    gates = find_gates(counted, segments(batches), __file__, 1.0, wide=many)
    p = rng.random((4000, 2))
    deviation = np.mean(np.abs(1 / (1 + np.exp(-k * (p - 0.5))) - (p > 0.5)))
    bound = deviation_bound(gates, k)
    assert bound is not None
    assert deviation <= bound <= 4 * deviation


def test_without_a_jump_there_is_nothing_to_bound():
    assert deviation_bound([], 10.0) is None
    rng = np.random.default_rng(0)
    tried = segments([(rng.random((7, 2)), rng.random((7, 2))) for _ in range(2)])
    gates: tuple[Gate, ...] = find_gates(weighted, tried, __file__, 1.0)
    gentle, steep = deviation_bound(gates, 3.0), deviation_bound(gates, 300.0)
    assert gentle is not None
    assert steep is not None
    assert steep < 0.1 * gentle
