"""Python's ``if``, ``and``, ``or`` and ``not`` on tensors."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "python-branch"


def loss(body: str) -> str:
    shown = "".join(f"    {line}\n" if line else "\n" for line in lines(body).splitlines())
    return f"def some_loss(y_true, y_pred, alpha=2.0, k=3, mode=None):\n{shown}"


ERROR = "e = tf.reduce_mean(tf.abs(y_true - y_pred))\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ERROR + "if e > 1:\n    return 2 * e\nreturn e",
            ERROR + "return tf.where(e > 1, 2 * e, e)",
        ),
        (
            "if k > 3:\n    print(k)\nelif y_pred[0, 0] > 1:\n    y_true = 2 * y_true\nreturn y_true",
            "if k > 3:\n    print(k)\nelse:\n"
            "    y_true = tf.where(y_pred[0, 0] > 1, 2 * y_true, y_true)\nreturn y_true",
        ),
        (
            "if k > 3:\n    print(k)\n# large\nelif y_pred[0, 0] > 1:\n    # double\n"
            "    y_true = 2 * y_true\nelse:\n    y_true = 3 * y_true\nreturn y_true",
            "if k > 3:\n    print(k)\nelse:\n    # large\n    # double\n"
            "    y_true = tf.where(y_pred[0, 0] > 1, 2 * y_true, 3 * y_true)\nreturn y_true",
        ),
        (
            "if k > 3:\n    return y_true\nelif y_pred[0, 0] > 1:\n    return 2 * y_true\nreturn y_pred",
            "if k > 3:\n    return y_true\nelif y_pred[0, 0] > 1:\n    return 2 * y_true\nreturn y_pred",
        ),
        (
            "if k > 3:\n    return y_true\nelif y_pred[0, 0] > 1:\n    return 2 * y_true\n"
            "else:\n    return y_pred",
            "if k > 3:\n    return y_true\nelse:\n"
            "    return tf.where(y_pred[0, 0] > 1, 2 * y_true, y_pred)",
        ),
        (
            ERROR + "if e > 1:\n    return 2 * e\nelse:\n    return e",
            ERROR + "return tf.where(e > 1, 2 * e, e)",
        ),
        (
            ERROR + "if e > 1:\n    # far\n    e *= 2\nelif e > 0.5:\n    e *= 1.5\nreturn e",
            ERROR + "# far\ne *= tf.where(e > 1, 2.0, tf.where(e > 0.5, 1.5, 1.0))\nreturn e",
        ),
        (
            ERROR + "w = 1.0\nif e > 1:\n    w = 2\nreturn w * e",
            ERROR + "w = 1.0\nw = tf.where(e > 1, 2.0, w)\nreturn w * e",
        ),
        (
            ERROR + "if e > 1:\n    far = e - 1\n    e = 2 * far\nreturn e",
            ERROR + "far = e - 1\ne = tf.where(e > 1, 2 * far, e)\nreturn e",
        ),
        (
            ERROR + "if e > 1:\n    return tf.sqrt(e)\nreturn e",
            ERROR + "return tf.cond(e > 1, lambda: tf.sqrt(e), lambda: e)",
        ),
        (
            "n = tf.reduce_sum(y_true) - tf.cast(tf.shape(y_true)[0], tf.float32)\n"
            "if n == 0:\n    return 0\nreturn tf.reduce_sum(y_pred) / (n + 1e-7)",
            "n = tf.reduce_sum(y_true) - tf.cast(tf.shape(y_true)[0], tf.float32)\n"
            "return tf.cond(n == 0, lambda: 0.0, lambda: (tf.reduce_sum(y_pred) / (n + 1e-7)))",
        ),
        (
            ERROR + "return e * (alpha if e > 1 else 1)",
            ERROR + "return e * tf.where(e > 1, alpha, 1.0)",
        ),
        (
            ERROR + "return (k if e > 1 else 1) * e",
            ERROR + "return tf.where(e > 1, tf.cast(k, y_pred.dtype), 1.0) * e",
        ),
        (
            "return tf.where(y_true > 0 and y_pred > 0, y_pred, y_true)",
            "return tf.where((y_true > 0) & (y_pred > 0), y_pred, y_true)",
        ),
        (
            "return tf.where(not y_pred > 0, y_pred, y_true)",
            "return tf.where(~(y_pred > 0), y_pred, y_true)",
        ),
        (
            "return tf.where(0 < y_pred < 1, y_pred, y_true)",
            "return tf.where((0 < y_pred) & (y_pred < 1), y_pred, y_true)",
        ),
        (
            "if y_pred > y_true:\n    e = y_pred - y_true\nelse:\n    e = 2 * y_true\nreturn e",
            "e = tf.where(y_pred > y_true, y_pred - y_true, 2 * y_true)\nreturn e",
        ),
    ],
)
def test_a_branch_becomes_a_choice(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "body",
    [
        "if alpha > 1:\n    return y_pred\nreturn y_true - y_pred",
        "if mode is None:\n    return y_pred\nreturn y_true - y_pred",
        "if y_pred is None:\n    return y_true\nreturn y_true - y_pred",
        "if y_pred.shape[-1] == 1:\n    y_pred = tf.squeeze(y_pred, -1)\nreturn y_true - y_pred",
        "if y_pred.shape.rank == 4:\n    y_pred = y_pred * 2\nreturn y_true - y_pred",
        "if len(y_pred.shape) == 4:\n    y_pred = y_pred * 2\nreturn y_true - y_pred",
        "if isinstance(y_pred, tf.RaggedTensor):\n    y_pred = y_pred.to_tensor()\nreturn y_pred",
        "if y_pred.dtype == tf.float16:\n    y_pred = tf.cast(y_pred, tf.float32)\nreturn y_pred",
        "parts = []\nparts.append(y_pred)\nif parts:\n    return tf.add_n(parts)\nreturn y_true",
        "parts = {'p': y_pred}\nif 'p' in parts:\n    return y_pred\nreturn y_true",
        "w = alpha if mode else 1.0\nreturn w * y_pred",
        "w = alpha or 1.0\nreturn w * y_pred",
        "return y_pred * (1.0 if not mode else alpha)",
        "if not tf.debugging.is_numeric_tensor(y_pred):\n    return y_true\nreturn y_pred",
        "flag = mode == 'a' and alpha > 1\nreturn y_pred * 2 if flag else y_pred",
        "return tf.where(0 < y_pred, y_pred, y_true)",
        "for c in range(3):\n    if c == 1:\n        y_pred = y_pred * 2\nreturn y_pred",
        "if tf.keras.ops.shape(y_pred)[-1] == 1:\n    y_pred = y_pred * 2\nreturn y_pred",
        "n = tf.get_static_value(tf.size(y_pred))\nreturn y_pred if n else y_true",
        "n = tf.shape(y_pred)[0]\nreturn y_true if n is None else y_pred",
        "return tf.cond(tf.size(y_pred) > 0, lambda: y_pred, lambda: y_true)",
    ],
)
def test_what_is_known_when_the_graph_is_built_is_left_alone(body: str) -> None:
    assert findings(loss(body), RULE) == ()


@pytest.mark.parametrize(
    "body",
    [
        ERROR + "if e > 1:\n    print(e)\n    e = 2 * e\nreturn e",
        ERROR + "if e > 1:\n    state.seen = e\nreturn e",
        ERROR + "if e > 1:\n    raise ValueError('far')\nreturn e",
        ERROR + "while e > 1:\n    e = e / 2\nreturn e",
        ERROR + "assert e > 1\nreturn e",
        ERROR + "if e > 1:\n    for c in range(3):\n        e = e + c\nreturn e",
        ERROR + "if e > 1:\n    name = 'far'\nelse:\n    name = 'near'\nreturn e * WEIGHTS[name]",
        ERROR + "act = tf.abs if e > 1 else tf.square\nreturn act(y_pred)",
        ERROR + "if e > 1:\n    late = 2 * e\nreturn late",
        ERROR + "if e > 1:\n    return e\ne = e * 2\nreturn e",
        ERROR + "if e > 1:\n    a = e\n    b = a * 2\nelse:\n    a, b = 1.0, e\nreturn a * b",
        "if y_pred > y_true:\n    return tf.reduce_mean(y_pred)\nreturn tf.reduce_mean(y_true)",
        "if y_pred > 0:\n    e = tf.sqrt(y_pred)\nelse:\n    e = y_true\nreturn e",
        "return y_pred and y_true",
        "if tf.shape(y_pred)[0] > 1:\n    return y_pred * 2\nreturn y_pred",
        "far = y_pred[y_pred > 1]\nreturn tf.reduce_mean(far) if tf.size(far) else y_pred",
        "n = tf.keras.ops.size(y_pred)\nreturn y_pred if not n else y_pred / 2",
        "assert tf.rank(y_pred) - 1 == 2\nreturn y_pred",
        "count = 2 * tf.keras.backend.shape(y_true)[-1]\nreturn y_pred if 6 < count else y_true",
    ],
)
def test_a_branch_that_does_more_than_compute_is_reported(body: str) -> None:
    found = findings(loss(body), RULE)
    assert found
    assert all(finding.reason for finding in found)
    assert rewritten(loss(body), RULE) == loss(body)


@pytest.mark.parametrize("default", ["()", "{}", "[1.0]", "dict()"])
def test_a_container_in_place_of_nothing_is_left_alone(default: str) -> None:
    source = f"""
        def f_loss(y_true, y_pred):
            return scaled(y_true - y_pred, y_pred)


        def scaled(error, more=None):
            more = more or {default}
            return tf.reduce_sum([error, *more])
    """
    assert findings(source, RULE) == ()
    assert findings(source.replace(default, "error"), RULE)


def test_what_tf_function_converts_of_a_loss_is_left_alone() -> None:
    inner = "{}def part(e):\n    if tf.shape(e)[0] > 1:\n        return 2 * e\n    return e\n"
    lines = inner + "return tf.map_fn(part, y_true - y_pred)"
    assert len(findings(loss(lines.format("")), "python-branch")) == 1
    for decorator in ("@tf.function\n", "@tf.function(reduce_retracing=True)\n"):
        assert findings(loss(lines.format(decorator)), "python-branch") == ()


def test_what_tf_function_converts_by_itself_is_left_alone() -> None:
    source = "@tf.function\n" + loss(ERROR + "if e > 1:\n    return 2 * e\nreturn e")
    assert findings(source, RULE) == ()


STEP = """


class Trainer{bases}:
    def train_step(self, data):
        with tf.GradientTape() as tape:
            value = some_loss(data[1], self(data[0]))
        return tape.gradient(value, self.trainable_variables)
"""


def test_in_a_step_that_keras_traces_it_is_a_warning() -> None:
    source = loss(ERROR + "if e > 1:\n    return 2 * e\nreturn e")
    (finding,) = findings(source + STEP.format(bases="(tf.keras.Model)"), RULE)
    assert finding.severity.value == "warning"


def test_in_a_training_loop_of_ones_own_python_decides_or_autograph() -> None:
    source = loss(ERROR + "if e > 1:\n    return 2 * e\nreturn e")
    assert findings(source + STEP.format(bases=""), RULE) == ()


@pytest.mark.parametrize(("keras", "count"), [("tf_keras", 0), ("keras", 1)])
def test_keras_2_converts_its_loss_classes(keras: str, count: int) -> None:
    source = f"""import tensorflow as tf
import {keras}


class SomeLoss({keras}.losses.Loss):
    def call(self, y_true, y_pred):
        e = tf.reduce_mean(tf.abs(y_true - y_pred))
        if e > 1:
            return 2 * e
        return e
"""
    assert len(findings(source, RULE)) == count


@pytest.mark.parametrize(
    "question",
    [
        "not tf.keras.backend.is_keras_tensor(y_pred) or tf.is_tensor(y_true)",
        "any_symbolic_tensors((y_true, y_pred))",
        "hasattr(y_pred, 'op') and y_pred.op.type == 'Softmax'",
    ],
)
def test_what_a_tensor_is_is_known_while_the_graph_is_built(question: str) -> None:
    source = f"""
        def f_loss(y_true, y_pred):
            if {question}:
                y_true = tf.cast(y_true, y_pred.dtype)
            return y_true - y_pred
    """
    assert findings(source, "python-branch") == ()


def test_a_branch_that_calls_the_loss_itself_is_only_reported() -> None:
    source = """
    def my_loss(y_true, y_pred):
        if tf.reduce_max(y_true) == 0.0:
            return my_loss(1.0 - y_true, 1.0 - y_pred)
        return tf.abs(y_true - y_pred)
    """
    (finding,) = findings(source, "python-branch")
    assert "itself" in finding.reason


FLAGGED = """
def with_batch(boxes):
    if len(boxes.shape) == 2:
        return tf.expand_dims(boxes, 0), True
    return boxes, False


def as_it_came(boxes, squeeze):
    if not squeeze:
        return boxes
    return tf.squeeze(boxes, axis=0)


def box_loss(y_true, y_pred):
    boxes, squeeze = with_batch(y_pred)
    return as_it_came(tf.abs(y_true - boxes), squeeze)
"""


def test_what_a_part_only_asks_whether_it_is_true_is_a_flag() -> None:
    assert findings(FLAGGED, RULE) == ()
    computed = FLAGGED.replace(
        "return boxes\n    return tf.squeeze", "boxes += squeeze\n    return tf.squeeze"
    )
    assert len(findings(computed, RULE)) == 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("known = squeeze\n    if squeeze and boxes.shape[0] == 1:\n        known = True", 0),
        (
            "known = squeeze\n    if squeeze and tf.reduce_any(boxes > 1.0):\n        known = True",
            1,
        ),
        ("known = squeeze * 2.0\n    if squeeze and boxes.shape[0] == 1:\n        known = True", 1),
    ],
)
def test_a_flag_may_be_handed_on_and_asked_beside_others(asked: str, told: int) -> None:
    source = f"""\
def as_it_came(boxes, squeeze):
    {asked}
    return tf.abs(boxes), known


def box_loss(y_true, y_pred):
    boxes, squeeze = with_batch(y_pred)
    boxes, squeeze = as_it_came(y_true - boxes, squeeze)
    return boxes
"""
    assert len(findings(source, RULE)) == told
