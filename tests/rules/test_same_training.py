"""A loss that became a class trains as the function did: measured with Keras, not read off the code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rewriting import lines, rewritten

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

FUNCTION = """
    def cubic(y_true, y_pred, power=3.0, *, weights=(1.0, 0.5)):
        '''A power of the error.'''
        power = tf.cast(power, y_pred.dtype)  # rebound
        share = lambda x, weights=weights: x * weights[0]
        error = tf.abs(y_true - y_pred) ** power
        return tf.reduce_mean(share(error) + weights[1] * error, axis=-1)


    def build(model):
        model.compile(loss=cubic)
"""
CLOSURE = """
    def scaled(alpha, power=2.0):
        # twice
        double = alpha * power

        def loss(y_true, y_pred):
            return tf.reduce_mean(double * tf.abs(y_true - y_pred) ** power, axis=-1)

        return loss


    def build(model):
        model.compile(loss=scaled(0.7))
"""
PARTIAL = """
    import functools


    def quantile(y_true, y_pred, q=0.5):
        error = y_true - y_pred
        return tf.reduce_mean(tf.maximum(q * error, (q - 1.0) * error), axis=-1)


    def build(model):
        model.compile(loss=functools.partial(quantile, q=0.9))
"""
DECORATED = """
    @tf.function
    def smooth(y_true, y_pred, delta: float = 0.5):
        error = y_true - y_pred
        far = delta * (tf.abs(error) - 0.5 * delta)
        return tf.reduce_mean(tf.where(tf.abs(error) < delta, 0.5 * error**2, far), axis=-1)


    def build(model):
        model.compile(loss=smooth)
"""
CASES = {
    "function": (FUNCTION, "bare-function", "cubic"),
    "closure": (CLOSURE, "closure", "scaled(0.7)"),
    "partial": (PARTIAL, "bare-function", "functools.partial(quantile, q=0.9)"),
    "decorated": (DECORATED, "bare-function", "smooth"),
}
INSTANCES = {"partial": "QuantileLoss(q=0.9)"}

Loss = Callable[..., Any]


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"tf": tf, "np": np, "__name__": "losses"}
    exec(compile(source, "losses.py", "exec"), names)
    return names


@pytest.fixture(params=CASES)
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Loss, Loss]]:
    """The loss as it was and as it has become."""
    source, rule, expression = CASES[request.param]
    changed = rewritten(source, rule)
    assert changed != lines(source)
    with keras.saving.custom_object_scope({}):
        before = eval(expression, run(lines(source)))
        after = eval(INSTANCES.get(request.param, expression), run(changed))
        assert isinstance(after, keras.losses.Loss)
        yield before, after


def data(shape: tuple[int, ...]) -> tuple[Any, Any]:
    draws = np.random.default_rng(0)
    return draws.normal(size=(13, 2)).astype("float32"), draws.normal(size=shape).astype("float32")


def history(loss: Loss, shape: tuple[int, ...], policy: str = "float32", **fit: Any) -> list[float]:
    x, y = data(shape)
    outputs = shape[1] if len(shape) > 1 else 1
    dense = keras.layers.Dense(outputs, kernel_initializer="ones", dtype=policy)
    model = keras.Sequential([keras.Input((2,)), dense])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=loss)
    values = model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, **fit).history[
        "loss"
    ]
    return [*values, model.evaluate(x, y, batch_size=4, verbose=0)]


@pytest.mark.parametrize("shape", [(13,), (13, 1), (13, 3)])
def test_fit_and_evaluate_give_the_same_losses(
    both: tuple[Loss, Loss], shape: tuple[int, ...]
) -> None:
    before, after = (history(each, shape) for each in both)
    assert after == pytest.approx(before, rel=1e-6)
    assert before[0] != before[1]


def test_sample_weights_weigh_the_same_samples(both: tuple[Loss, Loss]) -> None:
    weights = np.linspace(0.0, 2.0, 13).astype("float32")
    before, after = (history(each, (13, 2), sample_weight=weights) for each in both)
    assert after == pytest.approx(before, rel=1e-6)


def test_mixed_precision_gives_the_same_losses(both: tuple[Loss, Loss]) -> None:
    before, after = (history(each, (13, 1), "mixed_float16") for each in both)
    assert after == pytest.approx(before, rel=1e-5)


def test_a_model_with_the_class_is_loaded_without_custom_objects(
    both: tuple[Loss, Loss], tmp_path: Path
) -> None:
    _, after = both
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss=after)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x, y = data((13, 1))
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))
    # A tuple is a list in JSON.
    assert json.dumps(loaded.loss.get_config()) == json.dumps(after.get_config())


def test_a_file_that_was_saved_with_the_function_loads_with_its_old_name(tmp_path: Path) -> None:
    before, after = run(lines(FUNCTION)), run(rewritten(FUNCTION, "bare-function"))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss=before["cubic"])
    model.save(tmp_path / "model.keras")
    objects = {"cubic": after["cubic"]}
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects=objects)
    x, y = data((13, 1))
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))


def test_the_name_of_the_loss_is_the_name_of_the_function(both: tuple[Loss, Loss]) -> None:
    before, after = both
    assert after.name == getattr(before, "__name__", getattr(before, "name", "quantile"))


BATCH_SCALAR = """
    class GapLoss(tf.keras.losses.Loss):
        def call(self, y_true, y_pred):
            gap = tf.abs(y_true - y_pred)
            return tf.reduce_mean(gap)


    model = tf.keras.Sequential([tf.keras.layers.Dense(3)])
"""


def test_a_mean_per_sample_changes_nothing_without_weights() -> None:
    before = run(lines(BATCH_SCALAR))["GapLoss"]
    after = run(rewritten(BATCH_SCALAR, "batch-scalar"))["GapLoss"]
    for shape in ((13, 1), (13, 3)):
        assert history(after(), shape) == pytest.approx(history(before(), shape), rel=1e-6)


def test_a_mean_per_sample_lets_weights_weigh() -> None:
    after = run(rewritten(BATCH_SCALAR, "batch-scalar"))["GapLoss"]()
    y_true, y_pred = np.array([[1.0], [2.0], [3.0]]), np.zeros((3, 1))
    weighed = after(y_true, y_pred, sample_weight=np.array([1.0, 0.0, 0.0]))
    assert float(weighed) == pytest.approx(1.0 / 3.0)


SAVED = """
    @tf.keras.utils.register_keras_serializable(package="tests")
    class PowerLoss(tf.keras.losses.Loss):
        def __init__(self, exponent):
            self.exponent = exponent

        def call(self, y_true, y_pred):
            return tf.reduce_mean(tf.abs(y_true - y_pred) ** self.exponent, axis=-1)
"""


def test_a_class_that_could_not_be_built_is_built_saved_and_loaded(tmp_path: Path) -> None:
    rules = ("missing-super-init", "closed-constructor", "unsaved-parameters")
    loss = run(rewritten(SAVED, *rules))["PowerLoss"](exponent=1.5)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss=loss)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.exponent == 1.5
    x, y = data((13, 1))
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))


FINITE = {
    "root-at-zero": ("tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1))", 0.0, 0.0),
    "unguarded-log": (
        "-y_true * tf.math.log(y_pred) - (1.0 - y_true) * tf.math.log(1.0 - y_pred)",
        1.0,
        1.0,
    ),
    "empty-denominator": (
        "tf.reduce_sum(y_pred * tf.cast(y_true > 0.0, tf.float32))"
        " / tf.reduce_sum(tf.cast(y_true > 0.0, tf.float32))",
        0.0,
        0.5,
    ),
    "patched-nan": (
        "tf.where(tf.math.is_nan(tf.reduce_sum(y_pred * y_true) / tf.reduce_sum(y_true)), 0.0,"
        " tf.reduce_sum(y_pred * y_true) / tf.reduce_sum(y_true))",
        0.0,
        0.5,
    ),
    "unsafe-branch": ("tf.where(y_pred > 0.0, tf.math.log(y_pred), y_pred) + y_true", 0.0, 0.0),
    "log-of-exp": ("tf.math.log(1.0 + tf.exp(y_pred)) - y_true", 1.0, 200.0),
}


@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("rule", FINITE)
def test_a_mended_loss_equals_the_old_one_and_has_a_gradient_where_that_had_none(
    rule: str, compiled: bool
) -> None:
    value, target, prediction = FINITE[rule]
    source = f"def some_loss(y_true, y_pred):\n    return {value}\n"
    before = run(source)["some_loss"]
    after = run(rewritten(source, rule))["some_loss"]

    def gradient(loss: Loss, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        @tf.function(jit_compile=compiled)
        def step(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(y_pred)
                result = loss(y_true, y_pred)
            return result, tape.gradient(result, y_pred)

        result, slope = step(tf.constant(y_true), tf.constant(y_pred))
        return result.numpy(), slope.numpy()

    draws = np.random.default_rng(1)
    y_true = draws.integers(0, 2, size=(6, 3)).astype("float32")
    y_pred = draws.uniform(0.05, 0.95, size=(6, 3)).astype("float32")
    for old, new in zip(
        gradient(before, y_true, y_pred), gradient(after, y_true, y_pred), strict=True
    ):
        np.testing.assert_allclose(new, old, rtol=2e-6, atol=2e-6)
    there = np.full((6, 3), target, "float32"), np.full((6, 3), prediction, "float32")
    if not compiled:  # XLA may cancel a fraction before it is 0 / 0
        assert not np.isfinite(gradient(before, *there)[1]).all()
    assert all(np.isfinite(each).all() for each in gradient(after, *there))
