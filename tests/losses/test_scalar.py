"""A Huber loss is no hard gate: where a loss jumps is worked out without running it."""

from __future__ import annotations

import pytest

from lossfix.checking import Options, losses_in
from lossfix.losses.smoothing.gates import gates
from lossfix.losses.smoothing.scalar import Jump, jump_at
from lossfix.rules import RULES


def jump(body: str, signature: str = "y_true, y_pred", before: str = "") -> Jump | None:
    """How a loss with this body behaves at its first gate."""
    lines = "\n    ".join(body.splitlines())
    text = f"import tensorflow as tf\n{before}\ndef a_loss({signature}):\n    {lines}\n"
    (loss,) = losses_in(text, Options(RULES))
    return jump_at(loss, gates(loss)[0].condition)


def method_jump(setting: str, body: str, before: str = "", parents: str = "") -> Jump | None:
    """The same for a method of a class that has ``setting`` in it."""
    text = (
        f"import tensorflow as tf\n{before}\nclass Trainer{parents}:\n    {setting}\n\n"
        f"    def a_loss(self, y_true, y_pred):\n        {body}\n"
    )
    (loss,) = losses_in(text, Options(RULES))
    return jump_at(loss, gates(loss)[0].condition)


CONTINUOUS = {
    "Huber": (
        "e = y_true - y_pred\n"
        "return tf.reduce_mean(tf.where(tf.abs(e) < 1.0, 0.5 * e ** 2, tf.abs(e) - 0.5))"
    ),
    "Huber with a parameter": (
        "e = tf.abs(y_true - y_pred)\n"
        "d = 0.7\n"
        "return tf.reduce_mean(tf.where(e <= d, 0.5 * tf.square(e), d * e - 0.5 * d * d))"
    ),
    "pinball": "e = y_true - y_pred\nreturn tf.reduce_mean(tf.where(e > 0, 0.9 * e, -0.1 * e))",
    "smooth L1 by a cast": (
        "d = tf.abs(y_true - y_pred)\n"
        "near = tf.cast(tf.less(d, 1.0), tf.float32)\n"
        "return tf.reduce_mean(near * 0.5 * d ** 2 + (1.0 - near) * (d - 0.5), axis=-1)"
    ),
    "hinge": "m = 1.0 - y_true * y_pred\nreturn tf.reduce_mean(tf.where(m > 0, m, 0.0))",
    "relu": "return tf.reduce_mean(tf.where(y_pred > 0, y_pred, tf.zeros_like(y_pred)))",
    "asymmetric square": (
        "e = y_pred - y_true\nreturn tf.reduce_mean(tf.where(e > 0, 3 * tf.square(e), tf.square(e)))"
    ),
    "a kink far from the origin": (
        "return tf.reduce_mean(tf.where(y_pred > 5000.0, y_pred - 5000.0, 0.0))"
    ),
}


ON_AN_INSTANCE = {
    "set by a constant": "def __init__(self):\n        self.t = 0.25",
    "given by default": "def __init__(self, t=0.25):\n        self.t = t",
    "computed": "def __init__(self, n=4):\n        half = 2.0\n        self.t = half / (2 * n)",
    "of the class": "t = 0.25",
}


@pytest.mark.parametrize("setting", ON_AN_INSTANCE.values(), ids=ON_AN_INSTANCE.keys())
def test_a_method_jumps_where_its_instance_says(setting: str) -> None:
    found = method_jump(setting, "return tf.where(y_pred > self.t, 3.0 * y_pred, y_pred)")
    assert found is not None
    assert found.at == pytest.approx(0.25)


def test_a_huber_loss_of_an_instance_is_continuous_whatever_it_is_given() -> None:
    body = "e = tf.abs(y_true - y_pred)\n        d = self.t\n        "
    body += "return tf.where(e <= d, 0.5 * e * e, d * e - 0.5 * d * d)"
    found = method_jump("def __init__(self, t):\n        self.t = t", body)
    assert found is not None
    assert found.continuous


@pytest.mark.parametrize("setting", ["pass", "def __init__(self):\n        self.t = find()"])
def test_what_an_instance_is_not_known_to_have_has_no_value(setting: str) -> None:
    body = "return tf.where(y_pred > self.t, 3.0 * y_pred, y_pred)"
    assert method_jump(setting, body) is None


def test_a_constructor_of_a_parent_counts() -> None:
    parent = "class Parent:\n    def __init__(self):\n        self.t = 0.25\n"
    body = "return tf.where(y_pred > self.t, 3.0 * y_pred, y_pred)"
    assert method_jump("pass", body, parent, "(Parent)") is not None


def test_a_parameter_hides_a_constant_of_its_name() -> None:
    found = jump("return tf.where(y_pred > t, 3.0, 0.0)", "y_true, y_pred, t=0.25", "t = 2.0")
    assert found is not None
    assert found.at == pytest.approx(0.25)


@pytest.mark.parametrize("body", CONTINUOUS.values(), ids=CONTINUOUS.keys())
def test_a_kink_is_no_jump(body: str) -> None:
    found = jump(body)
    assert found is not None
    assert found.continuous


JUMPS = {
    "the direction of a series, by a switch": (
        "true_move = y_true[1:] - y_true[:-1]\npred_move = y_pred[1:] - y_pred[:-1]\n"
        "wrong = tf.keras.backend.less(true_move * pred_move, 0)\n"
        "weight = tf.keras.backend.switch(wrong, 10.0, 1.0)\n"
        "return tf.keras.backend.mean(weight * tf.keras.backend.abs(y_true[1:] - y_pred[1:]))",
        None,
    ),
    "the direction of a series, by samples": (
        "true_move = y_true[:, 1:] - y_true[:, :-1]\npred_move = y_pred[..., 1:] - y_pred[..., :-1]\n"
        "weight = tf.where(true_move * pred_move < 0.0, 10.0, 1.0)\n"
        "return tf.reduce_mean(weight * tf.abs(y_true[:, 1:] - y_pred[:, 1:]), axis=-1)",
        None,
    ),
    "the article's gate": (
        "e = tf.abs(y_true - y_pred)\nreturn tf.reduce_mean(tf.where(y_pred > 0.5, e * 2, e * 0.5))",
        0.5,
    ),
    "a weight by a cast": (
        "w = 1.0 + tf.cast(y_pred >= 0.25, tf.float32)\n"
        "return tf.reduce_mean(w * tf.square(y_true - y_pred))",
        0.25,
    ),
    "a bonus": (
        "return tf.reduce_mean(tf.square(y_true - y_pred) + tf.where(y_pred < 0.75, 1.0, 0.0))",
        0.75,
    ),
    "a sign beside a loss of Keras": (
        "wrong = tf.where(tf.sign(y_true) != tf.sign(y_pred - 0.5), 2.0 * tf.abs(y_pred), 0.0)\n"
        "return tf.keras.losses.MSE(y_true, y_pred) + tf.reduce_mean(wrong)",
        0.5,
    ),
    "a weight of a loss object of Keras": (
        "mse = tf.keras.losses.MeanSquaredError(name='mse')\n"
        "w = 1.0 + tf.cast(y_pred > 0.25, tf.float32)\n"
        "return w * mse(y_true=y_true, y_pred=y_pred)",
        0.25,
    ),
    "a loss object of Keras that is given a default": (
        "huber = tf.keras.losses.Huber(delta=1.0, reduction='none')\n"
        "w = 1.0 + tf.cast(y_pred > 0.25, tf.float32)\n"
        "return w * huber(y_true, y_pred)",
        0.25,
    ),
    "before a guard against what is no number": (
        "value = tf.reduce_mean(tf.square(y_true - y_pred) * tf.where(y_pred > 0.5, 3.0, 1.0))\n"
        "broken = tf.logical_or(tf.math.is_nan(value), tf.math.is_inf(value))\n"
        "return tf.where(broken, 100.0, value)",
        0.5,
    ),
    "both conditions": (
        "w = tf.where(tf.logical_and(y_pred > 0.1, y_pred < 3.5), 2.0, 1.0)\n"
        "return tf.reduce_mean(w * tf.abs(y_true - y_pred + 9.0))",
        None,
    ),
}


@pytest.mark.parametrize(("body", "place"), JUMPS.values(), ids=JUMPS.keys())
def test_a_jump_is_found_with_its_place_and_its_size(body: str, place: float | None) -> None:
    found = jump(body)
    assert found is not None
    assert not found.continuous
    assert found.size > 0.1
    if place is not None:
        assert found.at == pytest.approx(place, abs=1e-6)


def test_the_size_of_a_jump_is_that_of_the_loss() -> None:
    found = jump("return tf.reduce_mean(tf.square(y_pred) + tf.where(y_pred > 2.0, 3.0, 0.0))")
    assert found is not None
    assert found.at == pytest.approx(2.0)
    assert found.size == pytest.approx(3.0)


def test_defaults_and_constants_of_the_file_are_known() -> None:
    body = "return tf.reduce_mean(tf.square(y_pred) + tf.where(y_pred > t, BONUS, 0.0))"
    found = jump(body, "y_true, y_pred, t=1.5", "BONUS = 4.0")
    assert found is not None
    assert (found.at, found.size) == (pytest.approx(1.5), pytest.approx(4.0))


@pytest.mark.parametrize(
    "body",
    [
        "w = unknown(y_pred)\nreturn tf.reduce_mean(tf.where(y_pred > 0.5, w, 0.0))",
        "for i in range(3):\n    pass\nreturn tf.reduce_mean(tf.where(y_pred > 0.5, y_pred, 0.0))",
        "h = tf.keras.losses.Huber(delta=2.0)\nreturn h(y_true, y_pred) * tf.where(y_pred > 0.5, 2.0, 1.0)",
        "a, b = tf.split(y_pred, 2)\nreturn tf.reduce_mean(tf.where(y_pred > 0.5, a, b))",
        "return tf.reduce_mean(tf.where(y_pred > 1e9, y_pred, 0.0))",
    ],
)
def test_what_cannot_be_worked_out_has_no_answer(body: str) -> None:
    assert jump(body) is None


def test_a_class_that_aligns_ranks_is_worked_out_like_its_function() -> None:
    from lossfix.engine import repair

    text = (
        "import tensorflow as tf\n\n\n"
        "def a_loss(y_true, y_pred):\n"
        "    e = tf.abs(y_true - y_pred)\n"
        "    return tf.reduce_mean(tf.where(y_pred > 0.5, e * 2, e * 0.5), axis=-1)\n\n\n"
        "model.compile(loss=a_loss)\n"
    )
    form = Options(tuple(rule for rule in RULES if rule.code == "LF301"))
    done = repair("x.py", text, "a_loss", form)
    assert "same_rank(y_true, y_pred)" in done.after
    loss = next(each for each in losses_in(done.after, form) if each.name == done.becomes)
    found = jump_at(loss, gates(loss)[0].condition)
    assert found is not None
    assert found.at == pytest.approx(0.5, abs=1e-6)


OF_CHANNELS = {
    "the greater of two": "a, b = y_pred[..., 0], y_pred[..., 1]\nreturn tf.where(a > b, a, b)",
    "how far they cross": (
        "low, high = y_pred[:, 0], y_pred[:, 1]\n"
        "return tf.square(y_true[:, 0] - low) + tf.where(low > high, low - high, 0.0)"
    ),
    "a Huber loss of one": (
        "e = tf.abs(y_true[..., 2] - y_pred[..., 2])\n"
        "near = tf.reduce_mean(tf.square(y_pred[..., :2] - y_true[..., :2]))\n"
        "return near + tf.where(e < 1.0, 0.5 * e * e, e - 0.5)"
    ),
    "an interval that is missed": (
        "t, low, high = y_true[:, 0], y_pred[:, 0], y_pred[:, -1]\n"
        "return high - low + tf.where(t < low, 20.0 * (low - t), 0.0)"
    ),
    "a weight that is nothing where it begins": (
        "s = tf.sigmoid(y_pred)\n"
        "over = tf.maximum(s[..., 0:1] - s[..., 1:], 0.0)\n"
        "return tf.where(s[..., 0:1] > s[..., 1:], 5.0, 1.0) * over"
    ),
}


@pytest.mark.parametrize("body", OF_CHANNELS.values(), ids=OF_CHANNELS.keys())
def test_a_kink_where_channels_meet_is_no_jump(body: str) -> None:
    found = jump(body)
    assert found is not None
    assert found.continuous


@pytest.mark.parametrize(
    "body",
    [
        "a, b = y_pred[..., 0], y_pred[..., 1]\nreturn tf.where(a > b, 1.0, 0.0) * tf.square(b)",
        "p = tf.nn.relu(y_pred)\nreturn tf.abs(y_true[:, 0] - p[:, 0]) * tf.where(p[:, 1] > 0.5, 2.0, 1.0)",
        "return tf.square(y_true - y_pred) + tf.cast(y_pred[..., -1] > 0.5, tf.float32)",
        "e = tf.square(y_true - y_pred)\nreturn tf.where(y_pred[..., 0] < y_pred[..., 1], e, 2.0 * e)",
    ],
)
def test_a_loss_may_jump_where_one_channel_moves(body: str) -> None:
    found = jump(body)
    assert found is not None
    assert found.size > 0.01
    assert found.relative == "channel"


@pytest.mark.parametrize(
    "body",
    [
        "return tf.where(y_pred[0] > y_pred[1], 2.0, 1.0) * tf.square(y_pred[0])",
        "return tf.where(y_pred[..., 0] > 0.5, 2.0, 1.0) * tf.reduce_sum(y_pred[..., :2])",
        "return tf.where(y_pred[:, 0, :] > 0.5, 2.0, 1.0) * tf.square(y_pred[..., 1])",
        "return tf.where(y_pred[..., 0] > 0.5, 2.0, 1.0) * sum([y_pred[..., k] for k in (1, 2)])",
        "c = [y_pred[..., 0], y_pred[..., 1], y_pred[..., 2], y_pred[..., 3], y_pred[..., 4]]\n"
        "return tf.where(y_pred[..., 0] > 0.5, 2.0, 1.0) * y_pred[..., 4]",
    ],
)
def test_channels_that_overlap_or_are_many_have_no_answer(body: str) -> None:
    assert jump(body) is None


HELD = (
    "def __init__(self, bound, weight):\n"
    "        self.bound = bound\n"
    "        self.weight = weight"
)


def test_a_bound_that_nobody_gives_may_be_one() -> None:
    smooth = "e = tf.abs(y_true - y_pred); return tf.where(e < {0}, 0.5 * e * e, e - 0.5)"
    found = method_jump(HELD, smooth.format("self.bound"))
    assert found is not None
    assert found.continuous
    found = method_jump(HELD, smooth.format("0.7"))
    assert found is not None
    assert not found.continuous


def test_a_weight_that_nobody_gives_is_none_that_changes_nothing() -> None:
    body = "e = tf.abs(y_true - y_pred); return tf.where(y_pred > self.bound, self.weight * e, e)"
    found = method_jump(HELD, body)
    assert found is not None
    assert not found.continuous
