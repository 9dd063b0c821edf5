"""Gradients along paths: jumps, detached parts and kinks are told apart."""

import json

import numpy as np
import pytest

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.gradient import measure_gradient, quick_gradient, raised, segments
from lossfix.verify.probe.job import SubjectSource
from lossfix.verify.probe.numeric import lift, objective
from lossfix.verify.probe.paths import follow
from lossfix.verify.probe.records import from_json, to_json
from lossfix.verify.probe.subject import Failure, load

IMPORTS = "import numpy as np\nimport tensorflow as tf\nimport keras\nfrom keras import ops\n"


def measured(body, tmp_path, family="reg", seed=0):
    source = SubjectSource(f"{IMPORTS}def loss(y_true, y_pred):\n    return {body}\n", "loss")
    candidate = load(source, str(tmp_path), "loss.py")
    assert not isinstance(candidate, Failure), candidate
    plain, chosen = objective(candidate), BY_NAME[family]
    wide = lift(source, str(tmp_path), "wide.py", plain, chosen.batches(seed, 1)[0])
    quick = quick_gradient(plain, wide, chosen, seed)
    return measure_gradient(quick, plain, wide, chosen, seed, segments(chosen, seed))


def along(value, slope, budget=260):
    """``follow`` on a function of one number, from -1 to 1."""

    def both(y_true, y_pred):
        x = float(y_pred[0])
        return value(x), np.array([slope(x)])

    return follow(both, np.zeros(1), np.array([-1.0]), np.array([1.0]), budget)


def test_a_jump_is_found_where_it_is_and_as_large_as_it_is():
    path = along(lambda x: abs(x) + (0.25 if x > 0.3 else 0.0), np.sign)
    where, size = max(path.jumps, key=lambda jump: abs(jump[1]))
    assert path.jumped == pytest.approx(size, abs=1e-3)
    assert where == pytest.approx(0.65, abs=1e-3)
    assert size == pytest.approx(0.25, abs=1e-3)


def test_a_kink_leaves_nothing_behind():
    path = along(lambda x: abs(x - 0.123), lambda x: np.sign(x - 0.123))
    assert path.jumped < 1e-3 * path.variation
    assert path.detached < 1e-3 * path.variation


def test_a_missing_slope_is_detached_and_no_jump():
    path = along(lambda x: x**3 + x, lambda x: 3 * x**2)
    assert path.detached == pytest.approx(2.0, rel=1e-2)
    assert not path.jumps


def test_what_is_steep_is_reported_as_steep():
    gentle = along(np.tanh, lambda x: 1 - np.tanh(x) ** 2)
    steep = along(lambda x: np.tanh(300 * x), lambda x: 300 * (1 - np.tanh(300 * x) ** 2))
    assert gentle.steep < 0.02
    assert steep.steep > 0.5


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("tf.square(y_true - y_pred)", "alive"),
        (
            "tf.where(tf.abs(y_true - y_pred) < 1.0, tf.square(y_true - y_pred), "
            "2.0 * tf.abs(y_true - y_pred) - 1.0)",
            "alive",
        ),
        ("tf.math.top_k(tf.reshape(tf.square(y_true - y_pred), [-1]), 3)[0]", "alive"),
        ("tf.abs(y_true - y_pred) * tf.where(y_pred > 0.5, 2.0, 1.0)", "jumps"),
        ("tf.square(y_true - y_pred) + 0.3 * tf.cast(y_pred > 0.5, y_pred.dtype)", "jumps"),
        ("tf.square(y_true - y_pred) * tf.stop_gradient(y_pred)", "detached"),
        ("tf.square(y_true - tf.round(y_pred))", "none"),
        ("tf.sign(y_pred) * y_true", "zero"),
        ("0.0 * y_pred + tf.round(y_pred)", "zero"),
        ("ops.square(y_true - y_pred) + ops.where(y_pred > 0.0, 0.2, 0.0)", "jumps"),
    ],
)
def test_the_state_is_read_off(body, state, tmp_path):
    assert measured(body, tmp_path).state == state


def test_a_wrong_gradient_of_one_s_own_is_found(tmp_path):
    source = "tf.custom_gradient(lambda x: (tf.square(x), lambda g: g * 1.5 * x))(y_true - y_pred)"
    facts = measured(source, tmp_path)
    assert facts.state == "detached"
    assert facts.fd_error > 10.0


def test_a_right_gradient_agrees_with_finite_differences_in_double_precision(tmp_path):
    facts = measured("tf.exp(-tf.abs(y_true - y_pred)) * tf.cast(y_pred, 'float32')", tmp_path)
    assert facts.precision == "float64"
    assert 0.0 < facts.fd_error < 1.0


@pytest.mark.parametrize(
    "body",
    [
        "tf.cast(tf.constant(0.1), tf.float32) * tf.square(y_true - y_pred)",
        "tf.ones_like(y_pred, dtype='float32') * tf.square(y_true - y_pred)",
        "tf.where(y_pred > 0.0, 1.0, 2.0) * tf.square(y_true - y_pred)",
        "tf.zeros((1,), tf.float32) + tf.linspace(0.0, 1.0, 3)[1] * tf.square(y_true - y_pred)",
        "tf.tanh(0.75) * tf.square(y_true - y_pred)",
        "ops.cast(y_pred > 0.0, 'float32') * ops.square(y_true - y_pred)",
        "np.float32(0.3) * tf.square(y_true - y_pred)",
        "keras.losses.mean_absolute_error(y_true, y_pred)",
        "keras.losses.Huber()(y_true, y_pred)",
    ],
)
def test_a_loss_that_says_float32_is_measured_in_float64(body, tmp_path):
    assert measured(body, tmp_path).precision == "float64"


def test_where_double_precision_does_not_agree_single_is_used(tmp_path):
    body = "tf.bitcast(tf.bitcast(tf.cast(y_pred, 'bfloat16'), tf.bfloat16), tf.bfloat16)"
    facts = measured(f"tf.cast({body}, tf.float32) + y_pred", tmp_path)
    assert facts.precision == "float32"


def test_a_dead_channel_is_named(tmp_path):
    body = "tf.square(y_true[:, 0] - y_pred[:, 0]) + tf.square(tf.round(y_pred[:, 1]))"
    facts = measured(body, tmp_path, family="two")
    seen = {channel.index: channel.seen for channel in facts.channels}
    assert seen[0] > 0.99
    assert seen[1] < 0.01


def test_edges_at_which_the_gradient_is_not_finite_are_named(tmp_path):
    facts = measured("tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1))", tmp_path)
    assert facts.state == "alive"
    assert "y_pred = y_true" in facts.not_finite


def test_a_python_if_on_a_tensor_raises_where_fit_would(tmp_path):
    body = "y_pred if tf.reduce_mean(y_pred) > 0 else -y_pred"
    facts = measured(body, tmp_path)
    assert facts.eager.ok
    assert not facts.graph.ok
    assert facts.state == "raises"


def test_a_dead_additive_term_is_found_beside_a_live_one(tmp_path):
    body = "tf.reduce_mean(tf.square(y_true - y_pred)) + 0.3 * tf.reduce_mean({})"
    for dead in ("tf.cast(y_pred > 0.5, tf.float32)", "tf.round(y_pred)", "tf.sign(y_pred)"):
        facts = measured(body.format(dead), tmp_path)
        live, term = facts.terms
        assert (live.state, live.line) == ("alive", 6)
        assert term.state in ("none", "zero")
        assert 0.0 < term.share < 0.5
    assert [term.state for term in measured(body.format("tf.abs(y_pred)"), tmp_path).terms] == [
        "alive",
        "alive",
    ]


def test_a_loss_of_one_term_has_no_terms_to_tell_of(tmp_path):
    assert measured("2.0 * tf.reduce_mean(tf.square(y_true - y_pred))", tmp_path).terms == ()


def test_terms_are_told_apart_on_either_way_into_tensorflow(tmp_path):
    # A list of axes keeps the mean off TensorFlow's quick path.
    body = "tf.reduce_mean(tf.square(y_true - y_pred), [0, 1]) + tf.reduce_mean(tf.abs(y_pred), [0, 1])"
    facts = measured(body, tmp_path)
    assert len(facts.terms) == 2
    assert from_json(type(facts), json.loads(json.dumps(to_json(facts)))) == facts


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no\nmore", "ValueError: no"),
        ("", "ValueError"),
        (
            'in user code:\n\n    File "a.py", line 3, in loss\n        x\n\n    ValueError: too deep\n',
            "ValueError: too deep",
        ),
        ("{{function_node __wrapped__Sum_device_/job:a/CPU:0}} too deep", "ValueError: too deep"),
    ],
)
def test_of_an_error_the_line_is_told_that_says_what_is_wrong(message, told):
    assert raised(ValueError(message)) == told
