"""Where a comparison of the predictions picks a value, and what else is alive there."""

from __future__ import annotations

import libcst as cst
import pytest

from lossfix.checking import Options, losses_in
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.gates import gates
from lossfix.losses.smoothing.paths import Path, path_of
from lossfix.rules import RULES
from lossfix.syntax.tree import walk


def loss_of(body: str, imports: str = "import tensorflow as tf") -> Loss:
    lines = "\n    ".join(body.splitlines())
    text = f"{imports}\n\n\ndef a_loss(y_true, y_pred):\n    {lines}\n"
    (loss,) = losses_in(text, Options(RULES))
    return loss


def conditions(body: str, imports: str = "import tensorflow as tf") -> list[str]:
    loss = loss_of(body, imports)
    return [loss.tree.code(gate.condition) for gate in gates(loss)]


@pytest.mark.parametrize(
    ("imports", "gate"),
    [
        ("import tensorflow as tf", "tf.where(y_pred > 0.5, 1.0, 0.0)"),
        ("import tensorflow as tf", "tf.cast(y_pred > 0.5, tf.float32)"),
        ("import tensorflow as tf", "tf.cast(tf.greater(y_pred, 0.5), 'float32')"),
        ("from tensorflow import where", "where(y_pred > 0.5, 1.0, 0.0)"),
        ("from tensorflow.keras import backend as K", "K.switch(y_pred > 0.5, 1.0, 0.0)"),
        ("import keras", "keras.ops.where(y_pred > 0.5, 1.0, 0.0)"),
        ("from keras import ops", "ops.cast(ops.greater(y_pred, 0.5), 'float32')"),
        ("import keras.backend as K", "K.cast(K.greater(y_pred, 0.5), 'float32')"),
    ],
)
def test_a_gate_is_known_however_it_is_spelled(imports: str, gate: str) -> None:
    assert len(conditions(f"return {gate} + 0.0 * y_true", imports)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "return tf.where(y_true > 0.5, y_pred, 0.0)",
        "return tf.cast(y_true > 0.5, tf.float32) * y_pred",
        "return tf.cast(y_pred, tf.float32)",
        "mask = tf.not_equal(y_true, -1.0)\nreturn tf.where(mask, y_pred, 0.0)",
        "return tf.where(y_pred > 0.5)",
        "return tf.boolean_mask(y_pred, y_true > 0.5)",
    ],
)
def test_what_the_targets_decide_is_no_gate(body: str) -> None:
    assert conditions(body) == []


def test_a_condition_is_followed_through_its_name() -> None:
    body = "high = y_pred > 0.5\nreturn tf.where(high, 2.0, 1.0) * y_pred"
    assert conditions(body) == ["y_pred > 0.5"]


def test_conditions_that_are_joined_are_one_gate() -> None:
    body = "return tf.where((y_pred > 0.5) & (y_true < 0.2), 2.0, 1.0) * y_pred"
    assert conditions(body) == ["(y_pred > 0.5) & (y_true < 0.2)"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("return tf.where(y_pred > 0.5, 1.0, 0.0)", Path.DEAD),
        ("return tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, tf.float32)))", Path.DEAD),
        ("g = tf.cast(y_pred > 0.5, tf.float32)\nreturn tf.square(y_true - g)", Path.DEAD),
        (
            "v = tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, tf.float32)))\n"
            "instead = tf.reduce_mean(tf.square(y_true - y_pred))\n"
            "broken = tf.math.is_nan(v)\n"
            "return tf.where(broken, instead, v)",
            Path.DEAD,
        ),
        ("return tf.where(y_pred > 0.5, y_pred, 0.0)", Path.LIVE),
        ("return tf.where(y_pred > 0.5, 2.0, 1.0) * tf.abs(y_true - y_pred)", Path.LIVE),
        ("w = tf.where(y_pred > 0.5, 2.0, 1.0)\nreturn w * tf.square(y_true - y_pred)", Path.LIVE),
    ],
)
def test_a_gate_is_dead_where_nothing_else_carries_its_term(body: str, path: Path) -> None:
    loss = loss_of(body)
    (gate,) = gates(loss)
    assert path_of(loss, gate) is path


def test_predictions_that_were_set_anew_are_what_they_were_set_to() -> None:
    body = "y_pred = tf.round(y_pred)\nhits = y_true * y_pred\nreturn hits / (hits + 1.0)"
    loss = loss_of(body)
    returned = next(each for each in walk(loss.function) if isinstance(each, cst.Return))
    assert returned.value is not None
    assert not is_live(loss, returned.value)


@pytest.mark.parametrize(
    ("inner", "called", "path"),
    [
        ("def ratio(y_true, y_pred):\n    return y_true / y_pred", "y_true, y_pred", Path.DEAD),
        ("def ratio(a, b):\n    return a * b / b", "y_true, y_pred", Path.DEAD),
        ("ratio = lambda y_true, y_pred: y_true / y_pred", "y_true, y_pred", Path.DEAD),
        ("def ratio(y_true, y_pred):\n    return y_true / y_pred", "soft, y_pred", Path.LIVE),
    ],
)
def test_the_parameters_of_an_inner_function_are_its_own(
    inner: str, called: str, path: Path
) -> None:
    body = (
        f"{inner}\nsoft = y_pred\ny_pred = tf.where(y_pred > 0.3, 1.0, 0.0)\nreturn ratio({called})"
    )
    lines = "\n    ".join(body.splitlines())
    text = f"import tensorflow as tf\n\n\ndef a_loss(y_true, y_pred):\n    {lines}\n"
    loss = next(each for each in losses_in(text, Options(RULES)) if each.name == "a_loss")
    (gate,) = gates(loss)
    assert path_of(loss, gate) is path


@pytest.mark.parametrize(
    ("value", "live"),
    [
        ("1.0 * ratio", False),
        ("tf.map_fn(lambda y_pred: 2.0 * y_pred, soft)", True),
        ("tf.map_fn(lambda y_pred: 2.0 * y_pred, y_pred)", False),
        ("tf.map_fn(lambda each: each * soft, y_true)", True),
    ],
)
def test_a_name_that_an_inner_function_sets_for_itself_is_not_alive(value: str, live: bool) -> None:
    body = (
        "def ratio(y_true, y_pred):\n    ratio = y_true / y_pred\n    return ratio\n"
        "soft = y_pred\ny_pred = tf.where(y_pred > 0.3, 1.0, 0.0)\n"
        f"ratio = ratio(y_true, y_pred)\nreturn {value}"
    )
    lines = "\n    ".join(body.splitlines())
    text = f"import tensorflow as tf\n\n\ndef a_loss(y_true, y_pred):\n    {lines}\n"
    loss = next(each for each in losses_in(text, Options(RULES)) if each.name == "a_loss")
    assert is_live(loss, loss.returned[-1]) is live


def test_predictions_that_may_have_been_set_anew_are_alive() -> None:
    body = "if y_true.shape[0]:\n    y_pred = tf.round(y_pred)\nreturn y_true * y_pred"
    loss = loss_of(body)
    returned = next(each for each in walk(loss.function) if isinstance(each, cst.Return))
    assert returned.value is not None
    assert is_live(loss, returned.value)


@pytest.mark.parametrize(
    "body",
    [
        "return K.mean(K.equal(K.argmax(y_true), K.argmax(y_pred)))",
        "return K.sum(y_pred > 0.5) + y_true",
        "return y_true - (y_pred > 0.5)",
        "above = y_pred > 0.5\nreturn y_true * above",
    ],
)
def test_a_condition_that_is_computed_with_is_a_gate(body: str) -> None:
    assert len(conditions(body, "import tensorflow.keras.backend as K")) == 1


@pytest.mark.parametrize(
    "body",
    ["return K.any(y_pred > 0.5)", "return K.mean(y_true > 0.5) + y_pred", "return y_pred * 0.5"],
)
def test_what_is_no_number_or_not_of_the_predictions_is_no_gate(body: str) -> None:
    assert conditions(body, "import tensorflow.keras.backend as K") == []


HITS = "tf.reduce_mean(tf.cast(y_pred > 0.5, tf.float32))"


@pytest.mark.parametrize(
    "body",
    [
        f"gauge.assign({HITS})\nreturn y_true - y_pred",
        f"hits = {HITS}\ngauge.assign_add(hits)\ntf.print('hits', hits)\nreturn y_true - y_pred",
        f"share = {HITS}\nreturn y_true - y_pred",
        f"share = {HITS}\ntf.summary.scalar('share', 2.0 * share)\nreturn y_true - y_pred",
    ],
)
def test_what_is_only_kept_or_shown_is_no_gate(body: str) -> None:
    assert conditions(body) == []


@pytest.mark.parametrize(
    "body",
    [
        f"hits = {HITS}\ngauge.assign(hits)\nreturn y_true - y_pred + hits",
        f"parts = []\nparts.append({HITS})\nreturn tf.add_n(parts)",
        f"total = y_true - y_pred\ntotal += {HITS}\nreturn total",
        f"self.add_loss({HITS})\nreturn y_true - y_pred",
    ],
)
def test_what_gets_into_the_loss_as_well_is_one(body: str) -> None:
    assert len(conditions(body)) == 1


@pytest.mark.parametrize(
    ("returned", "count"),
    [
        (f"tf.abs(y_true - y_pred), {HITS}", 0),
        (f"tf.abs(y_true - y_pred), y_pred * {HITS}", 1),
        (f"y_true, {HITS}", 1),
        (f"y_true - y_pred + {HITS}", 1),
    ],
)
def test_of_the_values_of_a_part_the_one_without_a_gradient_is_for_the_record(
    returned: str, count: int
) -> None:
    text = (
        "import tensorflow as tf\n\n\ndef parts(y_true, y_pred):\n"
        f"    return {returned}\n\n\ndef a_loss(y_true, y_pred):\n    return parts(y_true, y_pred)[0]\n"
    )
    part = losses_in(text, Options(RULES))[0]
    assert part.only_reached
    assert len(list(gates(part))) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (
            "n = tf.reduce_sum(tf.cast(~tf.math.is_nan(y_pred), tf.float32))\n"
            "n = tf.where(tf.equal(n, 0.0), 1.0, n)\nreturn tf.reduce_sum(y_true) / n",
            0,
        ),
        ("n = tf.reduce_sum(y_pred)\nreturn tf.where(tf.equal(n, 0.0), 1.0, 0.0) * y_true", 1),
    ],
)
def test_how_many_are_numbers_is_no_gate(body: str, count: int) -> None:
    # Where nothing has a gradient, a gate on it is none that could be smoothed.
    assert len([each for each in conditions(body) if "equal" in each]) == count


MAPPED = """
def near(target):
    return tf.cast(tf.reduce_min(tf.abs(y_pred - target)) < 0.5, tf.float32)
ignored = tf.map_fn(near, y_true)
"""


@pytest.mark.parametrize(
    ("returned", "path"),
    [
        ("ignored * tf.square(y_pred - y_true)", Path.LIVE),
        ("tf.reduce_mean(ignored)", Path.DEAD),
        ("tf.reduce_mean(ignored) + tf.square(y_pred - y_true)", Path.DEAD),
    ],
)
def test_what_an_inner_function_returns_is_followed_to_where_it_is_used(
    returned: str, path: Path
) -> None:
    loss = loss_of(f"{MAPPED.strip()}\nreturn {returned}")
    (gate,) = gates(loss)
    assert path_of(loss, gate) is path
