"""Names: one spelling per operation, and what each operation does to a gradient."""

from __future__ import annotations

import ast
import functools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
import tensorflow as tf

from lossfix.losses.operations import gradients, keras_names, names_table
from lossfix.losses.operations.gradients import Gradient, gradient_of
from lossfix.losses.operations.names import canonical, keyword
from lossfix.losses.operations.spelling import spelled
from lossfix.rules.metric_as_loss import METRIC_STRINGS
from lossfix.syntax.scope import scope_of_module


def resolve(name: str) -> object:
    """What a canonical name of tf, np or Keras stands for; raises AttributeError."""
    for prefix, module in (
        ("tf.", tf),
        ("np.", np),
        ("keras.backend.", tf.keras.backend),
        ("keras.", keras),
    ):
        if name.startswith(prefix):
            return functools.reduce(getattr, name.removeprefix(prefix).split("."), module)
    raise AttributeError(name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("tensorflow.reduce_mean", "tf.reduce_mean"),
        ("tensorflow.math.reduce_mean", "tf.reduce_mean"),
        ("tensorflow.compat.v1.reduce_mean", "tf.reduce_mean"),
        ("tensorflow.compat.v2.math.reduce_mean", "tf.reduce_mean"),
        ("tensorflow.keras.backend.mean", "tf.reduce_mean"),
        ("tensorflow.python.keras.backend.mean", "tf.reduce_mean"),
        ("tensorflow.python.ops.math_ops.reduce_mean", "tf.reduce_mean"),
        ("keras.backend.mean", "tf.reduce_mean"),
        ("keras.src.backend.mean", "tf.reduce_mean"),
        ("keras.ops.mean", "tf.reduce_mean"),
        ("tensorflow.keras.ops.mean", "tf.reduce_mean"),
        ("tf_keras.backend.mean", "tf.reduce_mean"),
        ("tensorflow.experimental.numpy.mean", "tf.reduce_mean"),
        ("tf.math.reduce_mean", "tf.reduce_mean"),
        ("keras.backend.switch", "tf.where"),
        ("keras.ops.where", "tf.where"),
        ("tensorflow.compat.v1.where", "tf.where"),
        ("tensorflow.log", "tf.math.log"),
        ("tensorflow.nn.sigmoid", "tf.sigmoid"),
        ("keras.ops.clip", "tf.clip_by_value"),
        ("keras.backend.int_shape", "keras.backend.int_shape"),
        ("tensorflow.keras.backend.epsilon", "keras.backend.epsilon"),
        ("keras.config.epsilon", "keras.backend.epsilon"),
        ("numpy.absolute", "np.abs"),
        ("numpy.linalg.norm", "np.linalg.norm"),
        ("np.mean", "np.mean"),
        ("math.sqrt", "math.sqrt"),
        ("tensorflow.float32", "tf.float32"),
        ("tensorflow.dtypes.float32", "tf.float32"),
        ("keras.losses.Loss", "keras.losses.Loss"),
        ("keras.Loss", "keras.losses.Loss"),
        ("tensorflow.losses.Loss", "keras.losses.Loss"),
        ("tensorflow.keras.losses.Loss", "keras.losses.Loss"),
        ("tensorflow.python.keras.losses.Loss", "keras.losses.Loss"),
        ("keras.src.losses.loss.Loss", "keras.losses.Loss"),
        ("tf_keras.losses.Loss", "keras.losses.Loss"),
        ("tensorflow.keras.losses.MSE", "keras.losses.mean_squared_error"),
        ("keras.objectives.mse", "keras.losses.mean_squared_error"),
        ("keras.metrics.binary_crossentropy", "keras.losses.binary_crossentropy"),
        ("tensorflow.keras.metrics.binary_accuracy", "keras.metrics.binary_accuracy"),
        ("tensorflow.keras.Model", "keras.Model"),
        ("tensorflow.keras.models.Model", "keras.Model"),
        ("tensorflow.compat.v1.losses.log_loss", "tf.compat.v1.losses.log_loss"),
        ("tensorflow.no_such_thing", "tf.no_such_thing"),
        ("my_module.tensorflow.abs", "my_module.tensorflow.abs"),
        ("numpy_ml.losses.mse", "numpy_ml.losses.mse"),
        ("y_pred", "y_pred"),
    ],
)
def test_every_spelling_has_one_canonical_name(written: str, expected: str) -> None:
    assert canonical(written) == expected


def known() -> list[str]:
    """Every canonical name that a table holds."""
    return sorted(
        {
            *gradients._BY_NAME,
            *gradients.ELEMENTWISE,
            *gradients.CASTS,
            *gradients.REDUCTIONS,
            *keras_names.LOSS_CLASSES,
            *keras_names.METRIC_CLASSES,
            *names_table.TF_ALIASES.values(),
            *(target for table in names_table.MODULES.values() for target in table.values()),
        }
    )


def test_a_canonical_name_is_its_own_canonical_name() -> None:
    assert [name for name in known() if canonical(name) != name] == []


def test_every_canonical_name_exists_in_the_installed_packages() -> None:
    missing = []
    for name in known():
        if name.startswith(("builtins.", "math.")):
            continue
        try:
            resolve(name)
        except AttributeError:
            missing.append(name)
    assert missing == []


def test_every_alias_within_tensorflow_is_known() -> None:
    spellings: dict[int, list[str]] = {}
    for prefix in ("", "math.", "linalg.", "nn.", "dtypes."):
        module = resolve("tf." + prefix.rstrip(".")) if prefix else tf
        for attribute in dir(module):
            value = getattr(module, attribute)
            if not attribute.startswith("_") and callable(value):
                spellings.setdefault(id(value), []).append(f"tensorflow.{prefix}{attribute}")
    split = [group for group in spellings.values() if len({canonical(name) for name in group}) > 1]
    assert split == []


def test_no_string_that_names_a_metric_is_a_loss_to_keras() -> None:
    assert {"accuracy", "acc", "auc", "AUC", "f1_score", "binary_accuracy"} <= METRIC_STRINGS
    known = set()
    for name in METRIC_STRINGS:
        try:
            keras.losses.get(name)
        except ValueError:
            continue
        known.add(name)
    assert known == set()


def test_all_losses_and_metrics_of_keras_are_known() -> None:
    for module, classes, functions, parent in (
        (keras.losses, keras_names.LOSS_CLASSES, keras_names.LOSS_FUNCTIONS, keras.losses.Loss),
        (
            keras.metrics,
            keras_names.METRIC_CLASSES,
            keras_names.METRIC_FUNCTIONS,
            keras.metrics.Metric,
        ),
    ):
        for attribute in dir(module):
            value = getattr(module, attribute)
            name = canonical(f"{module.__name__.replace('.api', '')}.{attribute}")
            if isinstance(value, type) and issubclass(value, parent):
                assert name in classes
            elif callable(value) and attribute not in ("get", "serialize", "deserialize"):
                if name in (
                    "keras.metrics.concordance_correlation",
                    "keras.metrics.pearson_correlation",
                ):
                    continue
                assert name in functions | keras_names.LOSS_FUNCTIONS


X = np.array([[0.3, 0.7, 0.2], [0.6, 0.4, 0.9], [0.15, 0.25, 0.35]], np.float32)
Y = np.array([[0.2, 0.5, 0.9], [0.1, 0.8, 0.3], [0.5, 0.6, 0.7]], np.float32)


def measured(operation: object) -> set[Gradient]:
    """What the tape returns for the calls with common arguments that the operation accepts."""
    y = tf.constant(Y)
    calls = (
        lambda x: operation(x),
        lambda x: operation(x, y),
        lambda x: operation(y > 0.4, x, y),
        lambda x: operation(x, 0.0, 1.0),
        lambda x: operation([x, y]),
        lambda x: operation([x, y], 0),
        lambda x: operation(x, [9]),
        lambda x: operation(x, 1),
        lambda x: operation(x, [0, 0, 1], 2),
        lambda x: operation(x, [[1, 1], [1, 1]]),
        lambda x: operation([0, 1, 0], x[:, 0]),
        lambda x: operation(x, [1, 1], [2, 2]),
        lambda x: operation([0, 1, 2], x, 1),
        lambda x: operation(x > 0.4, x > 0.5),
        lambda x: operation([0, 1, 2], x),
        lambda x: operation(x, [0.0, 1.0]),
        lambda x: operation(lambda row: row * 2.0, x),
        lambda x: operation(x, [3, 3]),
        lambda x: operation("ij,jk->ik", x, y),
        lambda x: operation(tf.reshape(x, (1, 3, 3, 1))),
        lambda x: operation(x, tf.int32),
    )
    found = set()
    for call in calls:
        x = tf.constant(X)
        try:
            with tf.GradientTape() as tape:
                tape.watch(x)
                result = call(x)
                result = result[0] if isinstance(result, tuple | list) else result
            if not tf.is_tensor(result):
                found.add(Gradient.NONE)
                continue
            slope = tape.gradient(result, x)
        except Exception:
            continue
        if slope is None:
            found.add(Gradient.NONE)
        else:
            found.add(Gradient.FLOWS if np.any(slope) else Gradient.ZERO)
    return found


def test_the_gradients_are_as_measured() -> None:
    wrong, unmeasured, measured_names = [], [], 0
    # These pass a tensor of the eager mode through, and are refused in a graph.
    eager_only = {"keras.backend.eval", "keras.backend.get_value", "tf.Variable"}
    for name, expected in sorted(gradients._BY_NAME.items()):
        if not name.startswith(("tf.", "keras.backend.", "keras.ops.")) or name in eager_only:
            continue
        found = measured(resolve(name))
        measured_names += bool(found)
        if not found:
            unmeasured.append(name)
        elif expected is not Gradient.FLOWS:
            wrong += [(name, found)] if Gradient.FLOWS in found else []
        elif Gradient.FLOWS not in found:
            wrong.append((name, found))
        if expected is Gradient.ZERO:
            assert Gradient.ZERO in found
    assert wrong == []
    assert len(unmeasured) < 0.2 * measured_names, unmeasured


def test_numpy_math_and_sklearn_have_no_gradient() -> None:
    assert gradient_of("np.mean") is Gradient.NONE
    assert gradient_of("math.sqrt") is Gradient.NONE
    assert gradient_of("sklearn.metrics.mean_squared_error") is Gradient.NONE


def test_an_unknown_operation_has_an_unknown_gradient() -> None:
    assert gradient_of("my_module.f") is Gradient.UNKNOWN
    assert gradient_of("tf.cast") is Gradient.UNKNOWN


def test_a_keyword_is_translated_to_that_of_tensorflow() -> None:
    assert keyword("tf.clip_by_value", "min_value") == "clip_value_min"
    assert keyword("tf.where", "else_expression") == "y"
    assert keyword("tf.reduce_mean", "reduction_indices") == "axis"
    assert keyword("tf.reduce_mean", "keepdims") == "keepdims"
    assert keyword("tf.greater", "x2") == "y"


def test_what_is_added_is_spelled_by_the_alias_that_a_file_made() -> None:
    module = ast.parse(
        "import tensorflow.keras.losses\nimport tensorflow as tf\nimport numpy as np"
    )
    scope = scope_of_module(module)
    assert spelled("tf.where", scope, ()) == "tf.where"
    alone = scope_of_module(ast.parse("import tensorflow.keras.losses"))
    assert spelled("tf.where", alone, ()) == "tensorflow.where"
