"""What smoothing promises, measured: the values approach the old ones, and the gradient is alive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rewriting import lines, rewritten

tf = pytest.importorskip("tensorflow")

RULES = ("hard-gate", "rounding", "sign", "argmax", "count-table", "position", "jump-gate")
SHARES = np.random.default_rng(1).uniform(0.02, 0.98, (6, 4)).astype("float32")
REALS = np.random.default_rng(2).normal(0.0, 2.0, (6, 4)).astype("float32")
BITS = (np.random.default_rng(3).uniform(size=(6, 4)) < 0.5).astype("float32")
ONE_HOT = np.eye(4, dtype="float32")[[0, 1, 2, 3, 1, 2]]
MOVES = np.random.default_rng(4).normal(0.0, 1.0, (6, 4)).astype("float32")
STILL = MOVES * (np.arange(24).reshape(6, 4) % 2).astype("float32")
COSTS = np.random.default_rng(5).uniform(0.0, 3.0, (4, 4)).astype("float32")

LOSSES = {
    "tiers": ("tf.where(p > 0.8, 3.0, tf.where(p > 0.5, 1.0, 0.0))", BITS, SHARES),
    "live tiers": ("tf.where(p > 0.8, 3.0 * p, tf.where(p > 0.5, 2.0 * p, p))", BITS, SHARES),
    "band": ("tf.cast((p > 0.2) & (p < 0.8), tf.float32)", BITS, SHARES),
    "count": ("tf.math.count_nonzero(p > t, axis=-1, dtype=tf.float32)", MOVES, REALS),
    "integers": ("tf.cast(tf.reduce_sum(tf.cast(p > t, tf.int32)), tf.float32)", MOVES, REALS),
    "any": ("tf.cast(tf.reduce_any(p > 1.0, axis=-1), tf.float32)", MOVES, REALS),
    "all": ("tf.cast(tf.reduce_all(p > -1.0, axis=-1), tf.float32)", MOVES, REALS),
    "agreement": ("tf.cast(tf.equal(tf.cast(p > 0.5, tf.float32), t), tf.float32)", BITS, SHARES),
    "xor": ("tf.cast(tf.math.logical_xor(t > 0.5, p > 0.5), tf.float32)", BITS, SHARES),
    "selection": ("tf.reduce_mean(tf.boolean_mask(tf.abs(t - p), p > 0.5))", BITS, SHARES),
    "selected sum": ("tf.reduce_sum(tf.abs(t - p)[p > 0.5])", BITS, SHARES),
    "scalar": ("tf.cond(tf.reduce_mean(p) > 0.0, lambda: 1.0, lambda: 0.0)", MOVES, REALS),
    "round": ("tf.square(t - tf.round(p))", BITS, REALS),
    "floor": ("tf.square(t - tf.floor(p))", BITS, REALS),
    "ceil": ("tf.square(t - tf.math.ceil(p))", BITS, REALS),
    "divided": ("tf.square(t - p // 2.0)", BITS, REALS),
    "integer": ("tf.square(t - tf.cast(tf.cast(p, tf.int32), tf.float32))", BITS, REALS),
    "rounded share": ("t * tf.round(tf.clip_by_value(p, 0, 1))", BITS, SHARES),
    "exact match": (
        "tf.cast(tf.reduce_all(tf.equal(tf.round(p), t), -1), tf.float32)",
        BITS,
        SHARES,
    ),
    "misses": ("tf.math.count_nonzero(tf.round(p) - t, dtype=tf.float32)", BITS, SHARES),
    "sign": ("tf.sign(t) * tf.sign(p)", MOVES, REALS),
    "direction": ("tf.cast(tf.sign(t) != tf.sign(p), tf.float32)", MOVES, REALS),
    "no hit where nothing moved": ("tf.cast(t * p > 0, tf.float32)", STILL, REALS),
    "no direction where nothing moved": (
        "tf.cast(tf.sign(t) != tf.sign(p), tf.float32)",
        STILL,
        REALS,
    ),
    "floor of what is masked": ("tf.square(1.0 + tf.floor(t * p))", STILL, REALS),
    "one-hot": ("t * tf.one_hot(tf.argmax(p, axis=-1), 4)", ONE_HOT, REALS),
    "accuracy": (
        "tf.cast(tf.equal(tf.argmax(t, -1), tf.argmax(p, -1)), tf.float32)",
        ONE_HOT,
        REALS,
    ),
    "index": ("tf.square(3.0 - tf.cast(tf.argmax(p, axis=1), tf.float32))", ONE_HOT, REALS),
    "distance of indices": (
        "tf.cast(tf.abs(tf.argmax(t, 1) - tf.argmax(p, 1)), tf.float32)",
        ONE_HOT,
        REALS,
    ),
    "cost of a class": ("tf.gather(COSTS[0], tf.argmax(p, axis=-1))", ONE_HOT, REALS),
    "costs of a class": ("tf.gather(COSTS, tf.argmax(p, axis=-1))", ONE_HOT, REALS),
    "cost of a mistake": (
        "tf.gather_nd(COSTS, tf.stack([tf.argmax(t, 1), tf.argmax(p, 1)], axis=1))",
        ONE_HOT,
        REALS,
    ),
    "cost of a mistake, transposed": (
        "tf.gather_nd(COSTS, tf.transpose(tf.stack((tf.argmax(t, 1), tf.argmax(p, 1)))))",
        ONE_HOT,
        REALS,
    ),
    "cost of a mistake, joined": (
        "tf.gather_nd(COSTS, tf.concat([tf.expand_dims(tf.argmax(t, 1), -1), "
        "tf.expand_dims(tf.argmax(p, 1), -1)], -1))",
        ONE_HOT,
        REALS,
    ),
    "cost of a mistake, row by row": (
        "tf.gather(tf.gather(COSTS, tf.argmax(t, 1)), tf.argmax(p, 1), batch_dims=1)",
        ONE_HOT,
        REALS,
    ),
    "counts of the classes": (
        "tf.cast(tf.math.bincount(tf.argmax(p, -1, output_type=tf.int32), minlength=4) * 2 - 1, "
        "tf.float32)",
        ONE_HOT,
        REALS,
    ),
    "histogram": (
        "tf.square(tf.cast(tf.histogram_fixed_width(p, [0.0, 1.0], 5) - 3, tf.float32))",
        BITS,
        SHARES,
    ),
    "histogram beyond its range": (
        "tf.square(tf.cast(tf.histogram_fixed_width(p, [-1.0, 1.0], nbins=4), tf.float32))",
        BITS,
        REALS,
    ),
    "rank": (
        "tf.square(t - tf.cast(tf.argsort(tf.argsort(p, axis=-1), axis=-1), tf.float32))",
        BITS,
        REALS,
    ),
    "among the largest": (
        "tf.cast(tf.math.in_top_k(tf.argmax(t, -1), p, 2), tf.float32)",
        ONE_HOT,
        REALS,
    ),
    "not among the largest": (
        "1.0 - tf.cast(tf.nn.in_top_k(predictions=p, targets=tf.argmax(t, -1), k=3), tf.float32)",
        ONE_HOT,
        REALS,
    ),
    "table": (
        "tf.cast(tf.math.confusion_matrix(tf.argmax(t, -1), tf.argmax(p, -1), 4), tf.float32)",
        ONE_HOT,
        REALS,
    ),
}


def built(expression: str, smoothed: bool) -> Any:
    source = lines(f"""
    def soft_loss(y_true, y_pred):
        t, p = y_true, y_pred
        return tf.reduce_mean({expression})
    """)
    text = rewritten(source, *RULES) if smoothed else source
    names: dict[str, Any] = {"tf": tf, "COSTS": tf.constant(COSTS)}
    exec(text, names)
    return names["soft_loss"]


each_loss = pytest.mark.parametrize(
    ("expression", "targets", "predictions"), LOSSES.values(), ids=LOSSES.keys()
)


@each_loss
def test_the_values_approach_the_old_ones(
    expression: str, targets: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]
) -> None:
    old, new = built(expression, smoothed=False), built(expression, smoothed=True)
    value = float(old(tf.constant(targets), tf.constant(predictions)))
    errors = [
        abs(float(new(tf.constant(targets), tf.constant(predictions), steepness=k)) - value)
        for k in (10.0, 100.0, 1e5)
    ]
    assert errors[-1] <= 1e-3 * max(1.0, abs(value))
    assert errors[-1] <= errors[0] + 1e-6


@each_loss
def test_the_gradient_is_alive_in_a_graph_and_compiled(
    expression: str, targets: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]
) -> None:
    new = built(expression, smoothed=True)

    def gradient(y_true: Any, y_pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = new(y_true, y_pred, steepness=3.0)
        return tape.gradient(value, y_pred)

    signature = [tf.TensorSpec((None, 4)), tf.TensorSpec((None, 4))]
    graph = tf.function(gradient, input_signature=signature)
    compiled = tf.function(gradient, jit_compile=True)
    inputs = tf.constant(targets), tf.constant(predictions)
    expected = graph(*inputs)
    assert np.count_nonzero(expected) >= np.size(expected) // 8
    assert np.all(np.isfinite(expected))
    np.testing.assert_allclose(compiled(*inputs), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "hits",
    [
        "tf.round(tf.clip_by_value(t * p, 0, 1))",
        "t * tf.round(tf.clip_by_value(p, 0, 1))",
        "tf.round(t * tf.sigmoid(20.0 * (p - 0.5)))",
    ],
)
def test_what_is_not_there_does_not_add_up_over_a_large_map(hits: str) -> None:
    new = built(hits, smoothed=True)
    targets = tf.constant(np.eye(1, 10_000, dtype="float32"))
    found = new(targets, 0.9 * targets, steepness=8.0)
    assert float(found) * 10_000 == pytest.approx(1.0, abs=0.05)


def test_gates_that_are_counted_do_not_add_up_over_a_large_map() -> None:
    new = built("tf.cast(p > 0.3, tf.float32)) / (tf.reduce_sum(t)", smoothed=True)
    targets = tf.constant(np.eye(1, 10_000, dtype="float32"))
    assert float(new(targets, targets)) * 10_000 == pytest.approx(1.0, abs=1e-3)


STEEPNESS = 8.0
IN_PLACE_OF_ROUND = {
    "hard": np.round,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-STEEPNESS * (x - 0.5))),
    "soft count": lambda x: x,
    "steps": lambda x: 0.5 + 0.5 * np.tanh(STEEPNESS / 2 * (x - 0.5)) / np.tanh(STEEPNESS / 4),
}


@pytest.mark.parametrize(
    ("form", "recall", "loss"),
    [
        ("hard", 1.0, 0.0),
        ("sigmoid", 181, -0.98),
        ("soft count", 0.90, 0.82),
        ("steps", 0.98, 0.38),
    ],
)
def test_counts_over_a_large_map_are_as_the_documents_say(
    form: str, recall: float, loss: float
) -> None:
    counted = IN_PLACE_OF_ROUND[form]
    targets = np.eye(1, 10_000)[0]
    background = np.abs(np.random.default_rng(0).normal(0.0, 0.001, targets.size))
    shares = np.where(targets > 0, 0.9, background)
    hits = counted(targets * shares).sum()
    assert hits == pytest.approx(recall, abs=0.005 * max(1.0, recall))
    assert 1.0 - 2.0 * hits / (1.0 + counted(shares).sum()) == pytest.approx(loss, abs=0.01)


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def share_above(x: Any, threshold: float, scaled: bool) -> Any:
    at = [sigmoid(10.0 * (end - threshold)) for end in (0.0, x, 1.0)]
    return (at[1] - at[0]) / (at[2] - at[0]) if scaled else at[1]


FORMS = {
    "soft count": lambda x, threshold: x,
    "sigmoid": lambda x, threshold: share_above(x, threshold, scaled=False),
    "scaled": lambda x, threshold: share_above(x, threshold, scaled=True),
}


@pytest.mark.parametrize(
    ("form", "threshold", "loss"),
    [
        ("soft count", 0.5, 0.05),
        ("sigmoid", 0.5, 0.957),
        ("scaled", 0.5, 0.006),
        ("sigmoid", 0.3, 0.994),
        ("scaled", 0.3, 0.001),
    ],
)
def test_ten_found_on_a_large_map_are_worth_what_the_documents_say(
    form: str, threshold: float, loss: float
) -> None:
    truth = np.arange(256 * 256) < 10
    counted = FORMS[form](np.where(truth, 0.9, 0.0), threshold)
    value = 1.0 - 2.0 * (truth * counted).sum() / (10.0 + counted.sum())
    assert value == pytest.approx(loss, abs=0.003)


@pytest.mark.parametrize(
    ("form", "missed"), [("soft count", 0.18), ("sigmoid", 0.64), ("scaled", 0.11)]
)
def test_a_model_learns_from_a_large_map_what_the_documents_say(form: str, missed: float) -> None:
    random = np.random.default_rng(1)
    truth = np.arange(128 * 128) < 10
    centre = random.normal(size=8)
    features = random.normal(size=(truth.size, 8))
    features[:10] += 4.5 * centre / np.linalg.norm(centre)
    features = np.concatenate([features, np.ones((truth.size, 1))], axis=1)
    weights, first, second = np.zeros(9), np.zeros(9), np.zeros(9)
    for step in range(1, 301):
        share = sigmoid(features @ weights)
        counted = FORMS[form](share, 0.3)
        slope = (FORMS[form](share + 1e-6, 0.3) - counted) / 1e-6 * share * (1.0 - share)
        total, hits = 10.0 + counted.sum(), (truth * counted).sum()
        gradient = features.T @ (2.0 * (hits / total - truth) / total * slope)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        moved = first / (1.0 - 0.9**step) / np.sqrt(second / (1.0 - 0.999**step))
        weights = weights - 0.05 * moved
    found = sigmoid(features @ weights) > 0.3
    value = 1.0 - 2.0 * (truth & found).sum() / (10.0 + found.sum())
    assert value == pytest.approx(missed, abs=0.02)
