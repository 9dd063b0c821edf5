"""Names that nothing binds: which a loss reads, and which it has from somewhere unseen."""

from __future__ import annotations

import pytest
from rewriting import findings

RULE = "unknown-name"
LOSS = """
def gap_loss(y_true, y_pred):
    return K.mean(K.abs(y_true - y_pred), axis=-1)
"""


def told(source: str) -> list[str]:
    return [each.message for each in findings(source, RULE)]


@pytest.mark.parametrize(
    "module", ["keras.losses", "keras.layers", "tensorflow.keras.models", "keras.optimizers"]
)
def test_a_backend_that_no_module_of_keras_brings_is_reported(module: str) -> None:
    (message,) = told(f"from {module} import *\n{LOSS}")
    assert "`K`" in message
    assert module in message


def test_functions_that_the_backend_lost_come_from_no_import_of_all() -> None:
    source = "from keras.backend import *\ndef gap_loss(y_true, y_pred):\n    return {}"
    assert len(told(source.format("mean(abs(y_true - y_pred))"))) == 1
    assert told(source.format("epsilon() * (y_true - y_pred)")) == []


@pytest.mark.parametrize(
    "source",
    [
        "def gap_loss(y_true, y_pred):\n    return tf.reduce_mean(weight * (y_true - y_pred))",
        "class GapLoss(tf.keras.losses.Loss):\n    def call(self, y_true, y_pred):\n"
        "        return weight * (y_true - y_pred)",
        "def make():\n    weight = 2.0\n    return weight\n"
        "def gap_loss(y_true, y_pred):\n    return weight * (y_true - y_pred)",
        "def part(x):\n    return weight * x\n"
        "def gap_loss(y_true, y_pred):\n    return part(y_true - y_pred)",
    ],
)
def test_a_name_that_is_nowhere_or_of_another_function_is_reported(source: str) -> None:
    (message,) = told(source)
    assert "`weight`" in message


@pytest.mark.parametrize(
    "before",
    [
        "from tensorflow.keras import backend as K",
        "K = tf.keras.backend",
        "from project.losses import *",
        "from .losses import *",
        "from keras.losses import *\nfrom helpers import *",
        "from keras.layers import *\nimport keras.backend as K",
        "exec('from tensorflow.keras import backend as K')",
        "globals()['K'] = tf.keras.backend",
        "pass",
        "def load():\n    global K\n    K = tf.keras.backend",
        "try:\n    from keras import backend as K\nexcept ImportError:\n    K = None",
        "for K in (tf.keras.backend,):\n    break",
        "if tf.__version__ > '2':\n    K = tf.keras.backend",
    ],
)
def test_what_is_bound_or_taken_in_unseen_is_left_alone(before: str) -> None:
    assert told(f"{before}\n{LOSS}") == []


@pytest.mark.parametrize(
    "line",
    [
        "scale: Scale = 2.0",
        "scale = __version__",
        "scale = (lambda each: each)(2.0)",
        "scale = max(each for each in (1.0, 2.0))",
        "from math import pi as scale",
        "try:\n        scale = weight\n    except NameError:\n        scale = 2.0",
    ],
)
def test_names_of_python_and_of_inner_places_are_left_alone(line: str) -> None:
    assert told(f"def gap_loss(y_true, y_pred):\n    {line}\n    return scale * y_pred") == []


def test_a_file_without_a_loss_is_left_alone() -> None:
    assert told("def report():\n    return weight") == []


IN_A_PART = """
import tensorflow as tf


def gap(y_true, y_pred):
    return {}


def gap_loss(y_true, y_pred):
    return tf.reduce_mean(gap(y_true, y_pred))


model.compile(loss=gap_loss)
"""


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("K.abs(y_true - y_pred)", "it raises NameError: nothing in this file binds `K`"),
        ("(lambda K: K.mean())(y_true - y_pred)", ""),
        ("tf.abs(y_true - y_pred)", ""),
    ],
)
def test_a_function_whose_part_reads_such_a_name_becomes_no_class(part: str, reason: str) -> None:
    (finding,) = findings(IN_A_PART.format(part), "bare-function")
    assert finding.reason == reason
