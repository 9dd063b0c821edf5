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


EARLY = """
def recall(y_true, y_pred):
    return tf.reduce_sum(y_true * y_pred) / tf.reduce_sum(y_true)


margin = 1.0
gap = 0.1


def gap_loss(y_true, y_pred{0}):
    {1}
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("margin = margin", "margin"),
        ("recall = recall(y_true, y_pred)", "recall"),
        ("total = 2.0 * margin; margin = 3.0", "margin"),
        ("margin += gap", "margin"),
        ("margin, gap = gap, 1.0", "gap"),
        ("margin: float = margin + 1.0", "margin"),
    ],
)
def test_a_variable_that_is_read_before_it_is_set_is_reported(line: str, name: str) -> None:
    (message,) = told(EARLY.format("", line))
    assert message.startswith(f"`{name}` is read before `gap_loss` sets it")


@pytest.mark.parametrize(
    "lines",
    [
        "total = margin",
        "margin = gap",
        "global margin; margin = margin + 1.0",
        "if gap > 0: margin = 2.0\n    total = margin",
        "for margin in (1.0, 2.0): pass\n    total = margin",
        "read = lambda: margin\n    margin = 2.0",
        "totals = [margin for margin in (1.0, 2.0)]\n    total = margin",
        "total = margin\n    totals = [margin for margin in (1.0, 2.0)]",
        "def recall(a, b): return a * b\n    recall = recall(y_true, y_pred)",
        "import math as margin\n    margin = margin.pi",
        "total = (margin := 2.0) + margin",
        "try: margin = 2.0\n    except ValueError: pass\n    margin = margin * 2.0",
        "with tf.name_scope('a') as margin: total = margin",
        "y_pred = tf.cast(y_pred, tf.float32)",
        "print(gap)\n    def inner(): return margin\n    margin = 2.0",
    ],
)
def test_a_variable_that_may_be_set_by_then_is_left_alone(lines: str) -> None:
    assert told(EARLY.format("", lines)) == []


def test_a_parameter_is_set_from_the_beginning() -> None:
    assert told(EARLY.format(", margin=1.0", "margin = margin * 2.0")) == []
