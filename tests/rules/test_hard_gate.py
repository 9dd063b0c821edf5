"""LF201: conditions of the predictions that are used as numbers, in the spellings that losses use."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.checking import Options
from lossfix.engine import repair
from lossfix.losses.code.loss import Relaxation
from lossfix.model import Gate, Severity
from lossfix.rules import hard_gate

RULE = "hard-gate"

PAIRS = {
    "tiers of constants are smoothed tier by tier": (
        "fine = tf.where(y_pred > 0.8, 3.0, tf.where(y_pred > 0.5, 1.0, 0.0))",
        """
        above = tf.sigmoid(steepness * (y_pred - 0.8))
        fine = 3.0 * above + (1.0 - above) * tf.sigmoid(steepness * (y_pred - 0.5))
        """,
    ),
    "a band is the smaller of two margins": (
        "fine = tf.cast((y_pred > 0.2) & (y_pred < 0.8), tf.float32)",
        "fine = tf.sigmoid(steepness * tf.minimum(y_pred - 0.2, 0.8 - y_pred))",
    ),
    "a product of casts is a product of sigmoids": (
        "fine = 1.0 * tf.cast(y_pred > 0.2, tf.float32) * tf.cast(y_true > 0.8, tf.float32)",
        "fine = 1.0 * tf.sigmoid(steepness * (y_pred - 0.2)) * tf.cast(y_true > 0.8, tf.float32)",
    ),
    "a count is a sum of sigmoids": (
        "fine = tf.math.count_nonzero(y_pred > y_true, axis=-1, dtype=tf.float32)",
        "fine = tf.reduce_sum(tf.sigmoid(steepness * (y_pred - y_true)), axis=-1)",
    ),
    "integers that are summed and cast to floats are summed as floats": (
        "fine = tf.cast(tf.reduce_sum(tf.cast(y_pred > 0.5, tf.int32)), tf.float32)",
        "fine = tf.cast(tf.reduce_sum(tf.sigmoid(steepness * (y_pred - 0.5))), tf.float32)",
    ),
    "any of a row is the largest of its margins": (
        "fine = tf.cast(tf.reduce_any(y_pred > 0.9, axis=-1), tf.float32)",
        "fine = tf.sigmoid(steepness * tf.reduce_max(y_pred - 0.9, axis=-1))",
    ),
    "all of a row is the smallest of its margins": (
        "fine = tf.cast(tf.reduce_all(y_pred < y_true, axis=-1), tf.float32)",
        "fine = tf.sigmoid(steepness * tf.reduce_min(y_true - y_pred, axis=-1))",
    ),
    "agreement with a label of 0 or 1 lies on the side of the label": (
        "fine = tf.cast(tf.equal(tf.cast(y_pred > 0.5, tf.float32), y_true), tf.float32)",
        "fine = tf.sigmoid(steepness * (2.0 * y_true - 1.0) * (y_pred - 0.5))",
    ),
    "disagreement of two conditions lies on the other side": (
        "fine = tf.cast(tf.math.logical_xor(y_true > 0.5, y_pred > 0.5), tf.float32)",
        """
        fine = tf.sigmoid(
            -steepness * (2.0 * tf.cast(y_true > 0.5, y_pred.dtype) - 1.0) * (y_pred - 0.5)
        )
        """,
    ),
    "branches of tf.cond that are constants are a gate": (
        "fine = tf.cond(tf.reduce_mean(y_pred) > 0.0, lambda: 1.0, lambda: 0.0)",
        "fine = tf.sigmoid(steepness * tf.reduce_mean(y_pred))",
    ),
    "a negative side is written with its sign in front": (
        "fine = tf.cast(y_true * y_pred < 0, tf.float32)",
        "fine = tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(-steepness * y_true * y_pred))",
    ),
}


def loss(body: str, parameters: str = "y_true, y_pred") -> str:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    return f"""
    def fine_loss({parameters}):
        {inner}
        return tf.reduce_mean(fine)
    """


def laid_out(text: str) -> str:
    import black

    return black.format_str(text, mode=black.Mode(line_length=200))


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS.keys())
def test_a_dead_gate_becomes_a_sigmoid_of_its_margin(before: str, after: str) -> None:
    expected = lines(loss(after, "y_true, y_pred, steepness=10.0"))
    assert laid_out(rewritten(loss(before), RULE)) == laid_out(expected)


def test_the_gates_of_one_loss_share_one_steepness() -> None:
    source = """
    fine = tf.where(y_pred > 0.7, 1.0, 0.0) + tf.where(y_pred < 0.2, 1.0, 0.0)
    """
    text = rewritten(loss(source), RULE)
    assert text.count("steepness=10.0") == 1
    assert text.count("tf.sigmoid(steepness * ") == 2


def test_a_gate_beside_one_that_was_smoothed_is_as_dead_as_before() -> None:
    source = """
    def f1_loss(y_true, y_pred):
        hits = tf.reduce_sum(y_true * tf.cast(y_pred > 0.5, tf.float32))
        guesses = tf.reduce_sum(tf.cast(y_pred > 0.5, tf.float32))
        return 1.0 - 2.0 * hits / (guesses + tf.reduce_sum(y_true) + 1e-7)
    """
    text = rewritten(source, RULE, "jump-gate")
    assert text.count("soft_step(y_pred, 0.5, steepness)") == 2


def test_a_dead_term_is_found_beside_a_live_one() -> None:
    source = """
    fine = tf.square(y_true - y_pred) + 0.1 * tf.cast(y_pred > y_true, tf.float32)
    """
    assert "tf.sigmoid(steepness * (y_pred - y_true))" in rewritten(loss(source), RULE)


def test_the_condition_that_only_the_gate_had_named_goes_with_it() -> None:
    source = """
    def label_loss(y_true, y_pred):
        label = tf.cast(y_pred > 0.5, tf.int32)
        hit = tf.equal(label, tf.cast(y_true, tf.int32))
        return 1.0 - tf.reduce_mean(tf.cast(hit, tf.float32))
    """
    assert "label =" not in rewritten(source, RULE)


REPORTED = {
    "an equality of numbers has no margin": "fine = tf.cast(tf.equal(y_true, y_pred), tf.float32)",
    "computed with as an integer": "fine = tf.cast(y_pred > 0.5, tf.int32) * tf.cast(y_true, tf.int32)",
}


@pytest.mark.parametrize(("why", "body"), REPORTED.items(), ids=REPORTED.keys())
def test_what_cannot_be_smoothed_is_reported_with_a_reason(why: str, body: str) -> None:
    (finding,) = findings(loss(body), RULE)
    assert why.split()[-1] in finding.reason
    assert rewritten(loss(body), RULE) == lines(loss(body))


def test_a_gate_behind_a_flag_is_told_with_the_flag_and_left() -> None:
    source = """
    def flag_loss(y_true, y_pred, hard=False):
        if hard:
            y_pred = tf.cast(y_pred > 0.5, tf.float32)
        return tf.reduce_mean(tf.square(y_true - y_pred))
    """
    (finding,) = findings(source, RULE)
    assert finding.severity is Severity.INFO
    assert "`hard`" in finding.reason
    assert rewritten(source, RULE) == lines(source)


FINE = {
    "a mask of the labels": "fine = tf.cast(y_true > 0.0, tf.float32) * tf.square(y_true - y_pred)",
    "a sentinel": "fine = tf.where(tf.equal(y_true, -1.0), 0.0, tf.square(y_true - y_pred))",
    "a Huber loss": """
    e = tf.abs(y_true - y_pred)
    fine = tf.where(e < 1.0, 0.5 * e * e, e - 0.5)
    """,
    "a pinball loss": """
    e = y_true - y_pred
    fine = tf.where(e >= 0.0, 0.9 * e, -0.1 * e)
    """,
    "a rectifier": "fine = tf.where(y_pred > 1.0, y_pred - 1.0, 0.0)",
    "a cast of floats": "fine = tf.cast(y_pred, tf.float32) - tf.cast(y_true, tf.float32)",
    "what is smooth already": "fine = y_true * tf.sigmoid(20.0 * (y_pred - 0.5))",
    "a count of the labels": """
    n = tf.math.count_nonzero(y_true > 0.5, dtype=tf.float32)
    fine = tf.square(y_true - y_pred) / (n + 1.0)
    """,
    "any of the labels": """
    some = tf.cast(tf.reduce_any(y_true > 0.5, axis=-1), tf.float32)
    fine = some * tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
    """,
    "a selection by the labels": "fine = tf.boolean_mask(tf.square(y_true - y_pred), y_true > 0.0)",
    "a warm-up that a variable decides": """
    fine = tf.cond(STEP < 100, lambda: 0.0 * y_pred, lambda: tf.square(y_true - y_pred))
    """,
    "an item that is assigned": """
    e = tf.square(y_true - y_pred)
    fine = tf.where(y_true > 0.5, e, 2.0 * e)
    """,
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_what_is_no_gate_of_the_predictions_is_not_mentioned(body: str) -> None:
    assert findings(loss(body), RULE) == ()
    assert rewritten(loss(body), RULE) == lines(loss(body))


SET_ANEW = """
    def overlap_loss(y_true, y_pred):
        {before}y_pred = tf.cast(y_pred > 0.5, tf.float32)
        {after}both = tf.reduce_sum(y_true * y_pred)
        return 1.0 - 2.0 * both / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1e-7)
"""


def test_a_gate_that_takes_the_name_of_the_predictions_is_not_compared_by_its_own_condition() -> (
    None
):
    (finding,) = findings(SET_ANEW.format(before="", after=""), "hard-gate")
    assert "y_pred > 0.5" in finding.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "y_pred = tf.where(y_pred > 0.7, y_true, y_true)\n        "),
        ("for _ in range(2):\n            ", ""),
    ],
)
def test_a_gate_whose_result_is_compared_again_is_found_there(before: str, after: str) -> None:
    for finding in findings(SET_ANEW.format(before=before, after=after), "hard-gate"):
        assert "y_pred > 0.5" not in finding.message


def test_a_condition_that_takes_the_name_of_the_predictions_is_a_gate() -> None:
    source = """
    def my_loss(y_true, y_pred):
        y_pred = y_pred > 0.5
        y_pred = tf.cast(y_pred, tf.float32)
        return 1.0 - tf.reduce_sum(y_true * y_pred) / tf.reduce_sum(y_true + y_pred)
    """
    (finding,) = findings(source, "hard-gate")
    assert finding.span.line == 9
    assert "a name of its own" in finding.reason


def test_a_name_that_held_a_condition_and_no_longer_does_is_none() -> None:
    source = """
    def my_loss(y_true, y_pred):
        far = y_pred > 2.0
        far = tf.nn.relu(y_pred - 2.0)
        return tf.square(y_true - y_pred) + 0.1 * tf.cast(far, tf.float32)
    """
    assert findings(source, "hard-gate") == ()


def test_a_gate_that_carries_its_term_alone_is_never_detached() -> None:
    source = (
        "import tensorflow as tf\n\n\ndef loss(y_true, y_pred):\n"
        "    below = tf.reduce_mean(tf.cast(y_pred < 0.0, tf.float32))\n"
        "    return tf.reduce_mean(tf.abs(y_true - y_pred)) + below\n"
    )
    for gate in (Gate.SIGMOID, Gate.DETACHED):
        options = Options((hard_gate.RULE,), Relaxation(gate, 10.0))
        assert "reduce_mean(tf.sigmoid(" in repair("losses.py", source, "loss", options).after


SOFT_STEP = """
def soft_step(x, threshold, steepness):
    \"\"\"Whether `x` is above `threshold`, both within 0 and 1: a smooth step, 0 at 0 and 1 at 1.\"\"\"

    def sigmoid(at):
        return tf.sigmoid(tf.cast(steepness, x.dtype) * (at - threshold))

    return (sigmoid(x) - sigmoid(0.0)) / (sigmoid(1.0) - sigmoid(0.0))
"""

COUNTED = {
    "thresholded pixels": (
        "tf.cast(y_pred > 0.5, tf.float32)",
        "soft_step(y_pred, 0.5, steepness)",
    ),
    "pixels below a threshold": (
        "tf.where(y_pred <= 0.5, 1.0, 0.0)",
        "1.0 - soft_step(y_pred, 0.5, steepness)",
    ),
    "a threshold that is a parameter": (
        "tf.cast(y_pred > threshold, tf.float32)",
        "soft_step(y_pred, threshold, steepness)",
    ),
    "what a sigmoid keeps between 0 and 1": (
        "tf.cast(0.3 < tf.sigmoid(y_pred), tf.float32)",
        "soft_step(tf.sigmoid(y_pred), 0.3, steepness)",
    ),
    "predicted and true at once": (
        "tf.cast(tf.logical_and(y_pred > 0.5, y_true > 0.5), tf.float32)",
        "soft_step(y_pred, 0.5, steepness) * tf.cast(y_true > 0.5, y_pred.dtype)",
    ),
    "a cast that is compared with 1": (
        "tf.cast(tf.equal(tf.cast(y_pred > 0.5, tf.int32), 1), tf.float32)",
        "soft_step(y_pred, 0.5, steepness)",
    ),
    "logits, whose background lies far out": (
        "tf.cast(y_pred > 0.0, tf.float32)",
        "tf.sigmoid(steepness * y_pred)",
    ),
    "errors, which are no shares": (
        "tf.cast(tf.abs(y_true - y_pred) < 0.5, tf.float32)",
        "tf.sigmoid(steepness * (0.5 - tf.abs(y_true - y_pred)))",
    ),
    "a band, which has two margins": (
        "tf.cast((y_pred > 0.2) & (y_pred < 0.8), tf.float32)",
        "tf.sigmoid(steepness * tf.minimum(y_pred - 0.2, 0.8 - y_pred))",
    ),
}


def counted(
    hit: str, value: str = "tf.reduce_sum(hit * y_true) / tf.reduce_sum(hit + y_true)"
) -> str:
    return f"""
    def count_loss(y_true, y_pred, threshold=0.5):
        hit = {hit}
        return 1.0 - {value}
    """


@pytest.mark.parametrize(("gate", "smoothed"), COUNTED.values(), ids=COUNTED.keys())
def test_what_is_counted_in_a_ratio_is_nothing_where_nothing_is(gate: str, smoothed: str) -> None:
    text = rewritten(counted(gate), RULE)
    assert f"    hit = {smoothed}\n" in text
    assert text.startswith(SOFT_STEP.lstrip()) == ("soft_step" in smoothed)


@pytest.mark.parametrize(
    "value",
    [
        "tf.reduce_mean(tf.abs(y_true - hit), axis=-1)",
        "tf.reduce_sum(tf.abs(y_true - hit), axis=-1)",
        "tf.reduce_sum(hit * y_true) / 100.0",
    ],
)
def test_what_each_element_adds_to_the_loss_is_a_sigmoid(value: str) -> None:
    text = rewritten(counted("tf.cast(y_pred > 0.5, tf.float32)", value), RULE)
    assert "    hit = tf.sigmoid(steepness * (y_pred - 0.5))\n" in text


@pytest.mark.parametrize(
    "value",
    [
        "tf.abs(tf.reduce_sum(hit) - tf.reduce_sum(y_true))",
        "tf.reduce_mean(hit * y_true) / tf.reduce_mean(hit)",
        "tf.math.divide_no_nan(tf.reduce_sum(hit * y_true), tf.reduce_sum(hit))",
    ],
)
def test_what_is_compared_as_a_count_is_counted(value: str) -> None:
    text = rewritten(counted("tf.cast(y_pred > 0.5, tf.float32)", value), RULE)
    assert "    hit = soft_step(y_pred, 0.5, steepness)\n" in text


def test_what_a_part_returns_is_counted_where_it_is_called() -> None:
    source = """
    def binary(values):
        return tf.cast(values > 0.5, tf.float32)


    def count_loss(y_true, y_pred):
        hit = binary(y_pred)
        return 1.0 - tf.reduce_sum(hit * y_true) / tf.reduce_sum(hit + y_true)
    """
    assert "    return soft_step(values, 0.5, steepness)\n" in rewritten(source, RULE)


def test_a_threshold_of_which_nothing_is_known_may_be_none_of_a_share() -> None:
    source = """
    def factory(at):
        def count_loss(y_true, y_pred):
            hit = tf.cast(y_pred > at, tf.float32)
            return 1.0 - tf.reduce_sum(hit * y_true) / tf.reduce_sum(hit + y_true)

        return count_loss
    """
    assert "tf.sigmoid(steepness * (y_pred - at))" in rewritten(source, RULE)


def test_the_steepness_of_a_typed_function_has_a_type() -> None:
    source = """
    def hit_loss(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(y_true - tf.cast(y_pred > 0.5, tf.float32))
    """
    head = (
        "def hit_loss(y_true: tf.Tensor, y_pred: tf.Tensor, steepness: float = 10.0) -> tf.Tensor:"
    )
    assert head in rewritten(source, RULE)


MEASURES = """\
class NAMED(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.cast(y_true * y_pred > 0.5, y_pred.dtype), axis=-1)


"""


@pytest.mark.parametrize(
    ("name", "used", "told"),
    [
        ("RobustLoss", "", 1),
        ("RobustAccuracy", "", 0),
        ("RobustLoss", "model.compile('adam', 'mse', metrics=[NAMED()])", 0),
        ("RobustAccuracy", "model.compile('adam', loss=NAMED())", 1),
        ("RobustAccuracy", "model.compile('adam', loss=NAMED(), metrics=[NAMED()])", 1),
    ],
)
def test_a_metric_that_extends_a_loss_needs_no_slope(name: str, used: str, told: int) -> None:
    assert len(findings(f"{MEASURES}{used}\n".replace("NAMED", name), RULE)) == told
