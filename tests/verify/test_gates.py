"""Gates are found in losses as they stand: this file is itself the source that is traced."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from lossfix.verify.probe import trace
from lossfix.verify.probe.gates import Gate, Segment, coverage, find_gates, segments


def article(t, p):
    return tf.reduce_mean(tf.where(p > 0.5, 2 * tf.abs(t - p), 0.5 * tf.abs(t - p)))


def keras_ops(t, p):
    return ops.mean(ops.where(p > 0.5, ops.abs(t - p) * 2, ops.abs(t - p)))


@tf.function
def compiled(t, p):
    return tf.reduce_mean(tf.where(p > 0.5, 2 * tf.abs(t - p), tf.abs(t - p)))


def band(t, p):
    return tf.reduce_mean(tf.where((p > 0.3) & (p < 0.7), 2 * tf.abs(t - p), tf.abs(t - p)))


def mask_index(t, p):
    return tf.reduce_sum(tf.abs(t - p)[p > 0.5])


def python_if(t, p):
    if tf.reduce_mean(p) > 0.5:
        return 2 * tf.reduce_mean(tf.square(t - p))
    return tf.reduce_mean(tf.square(t - p))


def hard_examples(t, p):
    per_sample = tf.reduce_mean(tf.square(t - p), axis=-1)
    return tf.reduce_mean(tf.where(per_sample > 0.1, per_sample, 0.0))


def cond(t, p):
    return tf.cond(
        tf.reduce_mean(p) > 0.5,
        lambda: 2 * tf.reduce_mean(tf.abs(t - p)),
        lambda: tf.reduce_mean(tf.abs(t - p)),
    )


def loop(t, p):
    total = 0.0
    for i in range(p.shape[0]):
        total += tf.reduce_sum(tf.where(p[i] > 0.5, 2 * tf.abs(t[i] - p[i]), tf.abs(t[i] - p[i])))
    return total


def ranks(t, p):
    return tf.reduce_mean(tf.square(t - tf.cast(tf.argsort(p, axis=0), tf.float32)))


def hardest(t, p):
    return tf.reduce_mean(tf.math.top_k(tf.reduce_mean(tf.abs(t - p), -1), 3)[0])


def cast_gate(t, p):
    return tf.reduce_mean(tf.square(t - tf.cast(p > 0.5, p.dtype)))


def additive_count(t, p):
    return tf.reduce_mean(tf.square(t - p)) + 3 * tf.reduce_mean(tf.cast(p > 0.7, p.dtype))


def scalar_penalty(t, p):
    return tf.where(tf.reduce_mean(p) > 0.5, 1.0, 0.0) + tf.reduce_mean(tf.square(t - p))


def huber(t, p):
    e = t - p
    return tf.where(tf.abs(e) < 0.3, 0.5 * e * e, 0.3 * tf.abs(e) - 0.045)


def smooth_l1_by_mask(t, p):
    e = tf.abs(t - p)
    near = tf.cast(e < 0.3, p.dtype)
    return tf.reduce_mean(near * 0.5 * e * e + (1 - near) * (0.3 * e - 0.045))


def pinball(t, p):
    e = t - p
    return tf.reduce_mean(tf.where(e >= 0, 0.9 * e, -0.1 * e))


def relu_like(t, p):
    return tf.reduce_mean(tf.where(p > 0.5, p - 0.5, 0.0))


def angle_wrap(t, p):
    d = (t - p) * 3
    d = d - tf.round(d)
    return tf.reduce_mean(d * d)


def label_mask(t, p):
    return tf.reduce_mean(tf.where(t > 0.5, 3 * tf.square(t - p), tf.square(t - p)))


def double_where(t, p):
    safe = tf.where(p > 0, p, 1.0)
    return -tf.reduce_mean(t * tf.where(p > 0, tf.math.log(safe), 0.0))


def safe_division(t, p):
    return tf.reduce_mean(tf.abs(t - p) / tf.where(p == 0, 1.0, p))


def nan_patch(t, p):
    x = tf.reduce_sum(t * p) / tf.reduce_sum(p)
    return tf.where(tf.math.is_nan(x), 0.0, 1 - x)


def f1(t, p):
    q = tf.round(tf.clip_by_value(p, 0, 1))
    return 1 - 2 * tf.reduce_sum(t * q) / (tf.reduce_sum(t) + tf.reduce_sum(q) + 1e-7)


def accuracy(t, p):
    same = tf.equal(tf.argmax(t, -1), tf.argmax(p, -1))
    return 1 - tf.reduce_mean(tf.cast(same, tf.float32))


def sign_product(t, p):
    return -tf.reduce_mean(tf.sign(t - 0.5) * tf.sign(p - 0.5))


def quantised(t, p):
    return tf.reduce_mean(tf.abs(t - tf.floor(p * 4) / 4))


def to_integer(t, p):
    return tf.reduce_mean(tf.abs(t - tf.cast(tf.cast(p * 4, tf.int32), tf.float32)))


def straight_through(t, p):
    return tf.reduce_mean(tf.square(t - (p + tf.stop_gradient(tf.round(p) - p))))


@tf.custom_gradient
def rounded(x):
    return tf.round(x), lambda upstream: upstream


def own_gradient(t, p):
    return tf.reduce_mean(tf.square(t - rounded(p)))


def out_of_reach(t, p):
    return tf.reduce_mean(tf.where(p > 5.0, 2 * tf.abs(t - p), tf.abs(t - p)))


def numpy_gate(t, p):
    return tf.reduce_mean(np.where(p.numpy() > 0.5, 1.0, 0.0))


def gates_of(loss, width=3) -> tuple[Gate, ...]:
    rng = np.random.default_rng(0)
    batches = [(rng.random((7, width)), rng.random((7, width))) for _ in range(3)]
    y_true, y_pred = batches[0]
    at_edges = [(y_true, np.zeros_like(y_pred)), (y_true, y_true)]
    return find_gates(loss, segments(batches), __file__, 1.0, at_edges)


CASES = [
    (article, [("jump", "p > 0.5")]),
    (keras_ops, [("jump", "p > 0.5")]),
    (compiled, [("jump", "p > 0.5")]),
    (band, [("jump", "p > 0.3"), ("jump", "p < 0.7")]),
    (mask_index, [("jump", "p > 0.5")]),
    (python_if, [("jump", "tf.reduce_mean(p) > 0.5")]),
    (hard_examples, [("jump", "per_sample > 0.1")]),
    (cond, [("jump", "tf.reduce_mean(p) > 0.5")]),
    (loop, [("jump", "p[i] > 0.5")]),
    (ranks, [("blocker", "tf.argsort(p, axis=0)")]),
    (hardest, []),
    (cast_gate, [("dead", "p > 0.5")]),
    (additive_count, [("dead", "p > 0.7")]),
    (scalar_penalty, [("dead", "tf.reduce_mean(p) > 0.5")]),
    (huber, [("continuous", "tf.abs(e) < 0.3")]),
    (smooth_l1_by_mask, [("continuous", "e < 0.3")]),
    (pinball, [("continuous", "e >= 0")]),
    (relu_like, [("continuous", "p > 0.5")]),
    (angle_wrap, [("continuous", "tf.round(d)")]),
    (label_mask, [("mask", "t > 0.5")]),
    (double_where, [("guard", "p > 0"), ("guard", "p > 0")]),
    (safe_division, [("guard", "p == 0")]),
    (nan_patch, [("guard", "tf.math.is_nan(x)")]),
    (f1, [("blocker", "tf.round(tf.clip_by_value(p, 0, 1))")]),
    (accuracy, [("blocker", "tf.argmax(p, -1)")]),
    (sign_product, [("blocker", "tf.sign(p - 0.5)")]),
    (quantised, [("blocker", "tf.floor(p * 4)")]),
    (to_integer, [("blocker", "tf.cast(p * 4, tf.int32)")]),
    (straight_through, [("blocker", "tf.round(p)")]),
    (own_gradient, [("blocker", "tf.round(x)")]),
    (out_of_reach, [("unexercised", "p > 5.0")]),
    (numpy_gate, [("blocker", "p.numpy()")]),
]


@pytest.mark.parametrize(("loss", "expected"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_every_gate_is_found_where_it_stands_and_named_for_what_it_is(loss, expected):
    with open(__file__, encoding="utf-8") as file:
        lines = file.read().splitlines()
    found = []
    for gate in gates_of(loss):
        facts = gate.facts
        # Before Python 3.11 only the line is known.
        text = lines[facts.line - 1][facts.column - 1 : facts.end_column - 1]
        found.append((facts.kind, text if facts.column else None))
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    assert all(
        text in (None, wanted) for (_, text), (_, wanted) in zip(found, expected, strict=True)
    )


def test_the_scale_is_the_median_distance_and_the_threshold_the_constant():
    rng = np.random.default_rng(0)
    tried = segments([(rng.random((7, 1)), rng.random((7, 1))) for _ in range(2)])
    many = (rng.random((400, 1)), rng.random((400, 1)))
    (gate,) = find_gates(article, tried, __file__, 1.0, wide=[many])
    assert gate.facts.threshold == 0.5
    assert gate.facts.scale == pytest.approx(0.25, abs=0.03)
    assert gate.margins.shape == (400,)
    assert gate.margins.max() <= 0.5


def test_the_jump_is_what_one_element_changes():
    y_true = np.full((1, 1), 0.9)
    crossing = Segment(y_true, np.zeros((1, 1)), np.ones((1, 1)))
    (gate,) = find_gates(article, [crossing], __file__, spread=0.1)
    # At 0.5 the weight goes from 0.5 to 2 on an error of 0.4: 0.6, in units of 0.1.
    assert gate.facts.jump == pytest.approx(6.0, rel=1e-4)
    assert gate.crossing is not None
    assert gate.crossing.share == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("loss", [hard_examples, python_if, straight_through, own_gradient])
def test_a_gate_on_a_computed_quantity_or_on_purpose_says_so(loss):
    (gate,) = gates_of(loss)
    assert gate.facts.computed


def test_an_elementwise_gate_is_not_computed():
    assert not any(gate.facts.computed for loss in (article, band) for gate in gates_of(loss))


def test_coverage_counts_only_gates_that_depend_on_predictions():
    rng = np.random.default_rng(0)
    tried = segments([(rng.random((7, 2)), rng.random((7, 2))) for _ in range(3)])
    assert coverage(band, tried, __file__) == (2, 2)
    assert coverage(out_of_reach, tried, __file__) == (0, 1)
    assert coverage(label_mask, tried, __file__) == (0, 0)


def test_without_the_hook_a_loss_has_a_value_and_no_gates(monkeypatch):
    monkeypatch.setattr(trace, "AVAILABLE", False)
    assert gates_of(article) == ()
    run = trace.watch(article, tf.ones((2, 1)), tf.zeros((2, 1)), __file__)
    assert run.value == pytest.approx(0.5)


def test_double_precision_brackets_more_closely():
    def tiny(t, p):
        return tf.reduce_mean(tf.where(p > 0.5, p + 1e-7, p))

    rng = np.random.default_rng(0)
    tried = segments([(rng.random((7, 1)), rng.random((7, 1))) for _ in range(3)])
    (single,) = find_gates(tiny, tried, __file__, 1.0)
    (double,) = find_gates(tiny, tried, __file__, 1.0, dtype="float64")
    assert (single.facts.kind, double.facts.kind) == ("continuous", "jump")


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_a_steep_slope_is_no_jump_whatever_the_unit(size):
    def wide_huber(t, p):
        e = t - p
        return tf.where(tf.abs(e) < size, 0.5 * e * e, size * tf.abs(e) - 0.5 * size * size)

    rng = np.random.default_rng(0)
    tried = [Segment(*(size * rng.uniform(-3, 3, (7, 3)) for _ in range(3))) for _ in range(20)]
    for segment in tried:
        (gate,) = find_gates(wide_huber, [segment], __file__, 1.0)
        assert gate.facts.kind == "continuous"


def test_nothing_is_left_behind_after_a_loss_that_raises():
    def raising(t, p):
        raise ValueError("on purpose")

    before = tf.constant(1.0).__class__.__mro__[1].numpy
    with pytest.raises(ValueError, match="on purpose"):
        gates_of(raising)
    assert tf.constant(1.0).__class__.__mro__[1].numpy is before
    assert not tf.config.functions_run_eagerly()
    assert float(tf.constant(2.0) + 1.0) == 3.0
