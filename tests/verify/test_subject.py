"""From the text of a loss to something that can be called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from lossfix.verify.probe.compat import removed_names  # noqa: E402
from lossfix.verify.probe.job import SubjectSource  # noqa: E402
from lossfix.verify.probe.subject import Candidate, Failure, load  # noqa: E402

Y_TRUE = np.array([0.0, 1.0, 1.0], "float32")
Y_PRED = np.array([[0.1], [0.4], [0.9]], "float32")

FUNCTION = """
import tensorflow as tf

def squared(y_true, y_pred):
    return tf.square(y_true - y_pred)
"""

GATED = """
import keras
import tensorflow as tf

class GatedLoss(keras.losses.Loss):
    def __init__(self, steepness=10.0, name="gated"):
        super().__init__(name=name)
        self.steepness = steepness

    def call(self, y_true, y_pred):
        return tf.sigmoid(self.steepness * (y_pred - 0.5))
"""


def built(source: str, expression: str, tmp_path: Path, **options: object) -> Candidate:
    subject = SubjectSource(source, expression, str(options.pop("steepened", "")))
    candidate = load(subject, str(tmp_path), "before.py", **options)  # type: ignore[arg-type]
    assert isinstance(candidate, Candidate), candidate
    return candidate


def refused(source: str, expression: str, tmp_path: Path, **options: bool) -> Failure:
    failure = load(SubjectSource(source, expression), str(tmp_path), "before.py", **options)
    assert isinstance(failure, Failure), failure
    return failure


def test_a_function_is_called_as_its_author_wrote_it(tmp_path: Path) -> None:
    candidate = built(FUNCTION, "squared", tmp_path)
    assert candidate.call(Y_TRUE, Y_PRED).shape == (3, 3)
    assert candidate.name == "squared"
    assert not candidate.is_loss


def test_wrapping_a_function_aligns_the_ranks_as_compile_does(tmp_path: Path) -> None:
    wrapped = built(FUNCTION, "squared", tmp_path).wrapped()
    expected = np.mean((Y_TRUE - Y_PRED[:, 0]) ** 2)
    assert isinstance(wrapped, keras.losses.Loss)
    assert wrapped.name == "squared"
    assert float(wrapped(Y_TRUE, Y_PRED)) == pytest.approx(float(expected))


def test_an_instance_and_its_class_are_the_same_loss(tmp_path: Path) -> None:
    instance = built(GATED, "GatedLoss()", tmp_path)
    from_class = built(GATED, "GatedLoss", tmp_path)
    assert instance.is_loss
    assert from_class.is_loss
    assert instance.wrapped() is instance.target
    assert np.allclose(instance.call(Y_TRUE, Y_PRED), from_class.call(Y_TRUE, Y_PRED))


def test_the_value_of_an_instance_is_not_reduced(tmp_path: Path) -> None:
    assert built(GATED, "GatedLoss()", tmp_path).call(Y_TRUE, Y_PRED).shape == (3, 1)


def test_a_loss_is_built_again_at_another_steepness(tmp_path: Path) -> None:
    candidate = built(
        GATED, "GatedLoss()", tmp_path, steepened="GatedLoss(**{'steepness': {steepness}})"
    )
    steep = candidate.at(80)
    assert isinstance(steep, Candidate)
    assert steep.target.steepness == 80.0
    assert steep.module is candidate.module
    assert candidate.target.steepness == 10.0


def test_a_loss_without_steepness_cannot_be_steepened(tmp_path: Path) -> None:
    failure = built(FUNCTION, "squared", tmp_path).at(3.0)
    assert isinstance(failure, Failure)
    assert failure.stage == "steepen"


def test_the_same_subject_can_be_loaded_twice(tmp_path: Path) -> None:
    first, second = (built(FUNCTION, "squared", tmp_path) for _ in range(2))
    assert first.module is not second.module
    assert first.path != second.path


def test_a_lambda_and_a_partial_are_losses_too(tmp_path: Path) -> None:
    source = FUNCTION + "import functools\nscaled = functools.partial(lambda t, p: t + p)\n"
    for expression in ("scaled", "lambda y_true, y_pred: y_pred - y_true"):
        wrapped = built(source, expression, tmp_path).wrapped()
        assert np.isfinite(float(wrapped(Y_TRUE, Y_PRED)))


def test_a_function_whose_name_begins_with_an_underscore_can_be_called_in_a_graph(
    tmp_path: Path,
) -> None:
    source = "def _gap(y_true, y_pred):\n    return (y_true - y_pred) ** 2\n"
    wrapped = built(source, "_gap", tmp_path).wrapped()
    assert np.isfinite(float(tf.function(wrapped)(Y_TRUE, Y_PRED)))


def test_a_function_that_is_given_a_readable_name_can_be_called_in_a_graph(tmp_path: Path) -> None:
    source = """
def make(gap):
    def loss(y_true, y_pred):
        return (y_true - y_pred - gap) ** 2
    loss.__name__ = f"Shifted squares (by {gap}%)"
    return loss
"""
    wrapped = built(source, "make(0.5)", tmp_path).wrapped()
    assert np.isfinite(float(tf.function(wrapped)(Y_TRUE, Y_PRED)))


@pytest.mark.parametrize(
    ("source", "expression", "stage", "text", "line"),
    [
        ("import nothing_like_this", "f", "import", "ModuleNotFoundError", 1),
        ("\n1 / 0", "f", "import", "ZeroDivisionError: division by zero", 2),
        ("x = 1\ndef f(:\n", "f", "import", "SyntaxError", 2),
        ("import sys\nsys.exit('bye')", "f", "import", "SystemExit: bye", 2),
        ("def make(alpha): ...", "make()", "build", "TypeError: make() missing 1", 0),
        ("def make():\n    raise KeyError('a')", "make()", "build", "KeyError: 'a'", 2),
        ("f = 3", "f", "build", "TypeError: `f` is not callable, it gives int", 0),
        ("", "absent", "build", "NameError", 0),
    ],
)
def test_what_the_users_code_raises_is_a_fact(
    tmp_path: Path, source: str, expression: str, stage: str, text: str, line: int
) -> None:
    failure = refused(source, expression, tmp_path)
    assert failure.stage == stage
    assert str(failure).startswith(text)
    assert failure.line == line


def test_source_keeps_its_declared_encoding(tmp_path: Path) -> None:
    source = "# -*- coding: latin-1 -*-\nname = 'é'\ndef f(y_true, y_pred):\n    return name\n"
    assert built(source, "f", tmp_path).call(0, 0) == "é"


REMOVED = {
    "keras.backend.mean": """
from keras import backend as K
def loss(y_true, y_pred):
    return K.mean(K.square(y_pred - y_true), axis=-1)
""",
    "names imported from keras.backend": """
from keras.backend import mean, square
def loss(y_true, y_pred):
    return mean(square(y_pred - y_true), axis=-1)
""",
    "names that tf.math never had": """
import tensorflow as tf
def loss(y_true, y_pred):
    return tf.math.mean(tf.math.power(y_pred - y_true, 2.0), axis=-1)
""",
    "TensorFlow 1": """
import tensorflow as tf
def loss(y_true, y_pred):
    error = tf.squared_difference(tf.to_float(y_pred), tf.to_float(y_true))
    return tf.exp(tf.log(tf.reduce_mean(error, reduction_indices=[-1], keep_dims=True)))[..., 0]
""",
    "TensorFlow's private functions": """
from tensorflow.python.framework import ops
from tensorflow.python.ops import math_ops
def loss(y_true, y_pred):
    y_pred = ops.convert_to_tensor_v2(y_pred)
    y_true = ops.convert_to_tensor_v2_with_dispatch(y_true, dtype=y_pred.dtype)
    return math_ops.reduce_mean(math_ops.squared_difference(y_pred, y_true), axis=-1)
""",
    "Reduction.AUTO": """
import tensorflow as tf
class Squared(tf.keras.losses.Loss):
    def __init__(self, reduction=tf.keras.losses.Reduction.AUTO, name="squared"):
        super().__init__(reduction=reduction, name=name)
    def call(self, y_true, y_pred):
        return tf.keras.backend.mean(tf.square(y_pred - y_true), axis=-1)
loss = Squared()
""",
    "the old order of arguments": """
import keras
class Squared(keras.losses.Loss):
    def __init__(self):
        super().__init__("auto", "squared")
    def call(self, y_true, y_pred):
        return keras.backend.mean(keras.backend.square(y_pred - y_true), axis=-1)
loss = Squared()
""",
}


@pytest.mark.parametrize("source", REMOVED.values(), ids=REMOVED)
def test_removed_names_keep_their_meaning_under_stand_ins(tmp_path: Path, source: str) -> None:
    candidate = built(source, "loss", tmp_path, compat=True)
    target = Y_TRUE[:, None]
    expected = np.mean((Y_PRED - target) ** 2, axis=-1)
    assert candidate.shimmed
    assert np.allclose(candidate.call(target, Y_PRED), expected, atol=1e-6)
    assert float(candidate.wrapped()(target, Y_PRED)) == pytest.approx(expected.mean(), rel=1e-5)


def test_a_loss_of_tensorflow_1_takes_its_own_keywords_under_stand_ins(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
def loss(y_true, y_pred):
    return tf.losses.mean_squared_error(labels=y_true, predictions=y_pred)
def other(y_true, y_pred):
    return tf.losses.mean_squared_error(y_true, y_pred)
"""
    target = np.broadcast_to(Y_TRUE[:, None], Y_PRED.shape)
    expected = np.mean((Y_PRED - target) ** 2, axis=-1)
    first, keras_2 = (built(source, each, tmp_path, compat=True) for each in ("loss", "other"))
    assert np.allclose(first.call(target, Y_PRED), expected.mean(), atol=1e-6)
    assert np.allclose(keras_2.call(target, Y_PRED), expected, atol=1e-6)


@pytest.mark.parametrize("backend", ["keras", "tensorflow.keras"])
def test_the_product_of_two_vectors_has_its_old_meaning_under_stand_ins(
    tmp_path: Path, backend: str
) -> None:
    source = f"""
from {backend} import backend as K
def loss(y_true, y_pred):
    return K.dot(K.flatten(y_true), K.flatten(y_pred)) + K.sum(K.dot(y_true, K.transpose(y_pred)))
"""
    candidate = built(source, "loss", tmp_path, compat=True)
    expected = np.sum(Y_PRED * Y_PRED) + np.sum(Y_PRED @ Y_PRED.T)
    given = tf.constant(Y_PRED)
    assert float(candidate.call(given, given)) == pytest.approx(expected, rel=1e-5)


def test_losses_that_were_renamed_are_known_by_their_old_names_under_stand_ins(
    tmp_path: Path,
) -> None:
    source = """
from keras.losses import kullback_leibler_divergence, logcosh
from tensorflow.contrib.keras import backend as K
def loss(y_true, y_pred):
    return kullback_leibler_divergence(y_true, y_pred) + logcosh(y_true, y_pred) + 0.0 * K.sum(y_pred)
"""
    shares = np.full((2, 4), 0.25)
    candidate = built(source, "loss", tmp_path, compat=True)
    assert np.allclose(candidate.call(shares, shares), 0.0, atol=1e-6)


def test_stand_ins_are_gone_once_the_loss_returned(tmp_path: Path) -> None:
    before = (tf.reduce_mean, keras.losses.Loss.__init__)
    candidate = built(REMOVED["TensorFlow 1"], "loss", tmp_path, compat=True)
    candidate.call(Y_TRUE[:, None], Y_PRED)
    assert not hasattr(tf, "to_float")
    assert not hasattr(keras.backend, "mean")
    assert (tf.reduce_mean, keras.losses.Loss.__init__) == before


def test_stand_ins_are_gone_though_code_took_some_away_itself() -> None:
    before = (tf.reduce_mean, keras.losses.Loss.__init__)
    with removed_names():
        # As a module does that is loaded lazily, and begins anew.
        del tf.to_float
    assert (tf.reduce_mean, keras.losses.Loss.__init__) == before


def test_without_stand_ins_a_removed_name_raises(tmp_path: Path) -> None:
    failure = refused(REMOVED["names imported from keras.backend"], "loss", tmp_path)
    assert failure.kind == "ImportError"


def test_a_module_is_adapted_before_the_loss_is_built(tmp_path: Path) -> None:
    subject = SubjectSource("scale = 2\ndef make():\n    return lambda t, p: scale\n", "make()")
    candidate = load(subject, str(tmp_path), "a.py", adapt=lambda m: setattr(m, "scale", 5))
    assert isinstance(candidate, Candidate)
    assert candidate.call(0, 0) == 5


WRAPPING = """
import tensorflow as tf
from tensorflow.python.keras.losses import LossFunctionWrapper

def squared(y_true, y_pred, scale=1.0):
    return scale * tf.square(y_true - y_pred)

class Squared(LossFunctionWrapper):
    def __init__(self, **given):
        super().__init__(squared, name="squared", **given)

class Own(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)

class Plain:
    def __call__(self, y_true, y_pred):
        return squared(y_true, y_pred)
"""


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("squared", "squared"),
        ("Squared()", "squared"),
        ("Squared(scale=2.0)", "squared"),
        ("Own()", "call"),
        ("tf.keras.losses.MeanSquaredError()", "mean_squared_error"),
        ("tf.function(squared)", "squared"),
    ],
)
def test_the_function_that_an_author_wrote_is_found(expression, name, compat, tmp_path) -> None:
    built = load(SubjectSource(WRAPPING, expression), str(tmp_path), "before.py", compat)
    assert isinstance(built, Candidate), built
    # With what a wrapper gives it, where it gives it anything.
    assert getattr(built.function, "func", built.function).__name__ == name


def test_an_object_without_such_a_function_is_what_is_called(tmp_path) -> None:
    built = load(SubjectSource(WRAPPING, "Plain()"), str(tmp_path), "before.py")
    assert isinstance(built, Candidate), built
    assert built.function is built.target


def test_the_function_of_a_loss_of_keras_has_the_arguments_that_it_was_given(
    tmp_path: Path,
) -> None:
    source = "import keras\n"
    given = built(source, "keras.losses.Huber(delta=2.0)", tmp_path).function
    assert given.keywords == {"delta": 2.0}
    plain = built(source, "keras.losses.Poisson()", tmp_path).function
    assert plain is keras.losses.poisson


def test_a_loss_that_ends_python_raises_as_any_other(tmp_path: Path) -> None:
    loss = built("def f(y_true, y_pred):\n    exit()\n", "f", tmp_path)
    with pytest.raises(RuntimeError, match="ends Python"):
        loss.call(1.0, 2.0)
