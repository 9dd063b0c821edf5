"""LF203: roundings that are the only path of their term."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.model import Severity

RULE = "rounding"


def loss(expression: str, parameters: str = "y_true, y_pred") -> str:
    return f"""
    def step_loss({parameters}):
        return tf.reduce_mean(tf.abs(y_true - {expression}), axis=-1)
    """


PAIRS = {
    "tf.round(y_pred)": "soft_round(y_pred, steepness)",
    "tf.math.rint(y_pred)": "soft_round(y_pred, steepness)",
    "tf.floor(y_pred + 0.5)": "soft_round(y_pred, steepness)",
    "tf.math.ceil(y_pred - 0.5)": "soft_round(y_pred, steepness)",
    "tf.floor(y_pred)": "soft_round(y_pred - 0.5, steepness)",
    "tf.math.ceil(y_pred)": "soft_round(y_pred + 0.5, steepness)",
    "(y_pred // 1)": "soft_round(y_pred - 0.5, steepness)",
    "(y_pred // 2.0)": "soft_round(y_pred / 2.0 - 0.5, steepness)",
    "tf.cast(tf.cast(y_pred, tf.int32), tf.float32)": (
        "soft_round(y_pred - 0.5 * tf.tanh(steepness * y_pred), steepness)"
    ),
    "tf.cast(tf.cast(tf.round(y_pred), tf.int32), tf.float32)": "soft_round(y_pred, steepness)",
    "tf.round(tf.clip_by_value(y_pred, 0, 1))": "soft_round(tf.clip_by_value(y_pred, 0, 1), steepness)",
    "tf.round(tf.clip_by_value(y_true * y_pred, 0.0, 1.0))": (
        "soft_round(tf.clip_by_value(y_true * y_pred, 0.0, 1.0), steepness)"
    ),
    "tf.round(tf.sigmoid(y_pred))": "soft_round(tf.sigmoid(y_pred), steepness)",
}


@pytest.mark.parametrize(("before", "after"), PAIRS.items(), ids=PAIRS.keys())
def test_a_rounding_becomes_soft(before: str, after: str) -> None:
    text = rewritten(loss(before), RULE)
    expected = lines(loss(after, "y_true, y_pred, steepness=10.0"))
    assert text[text.index("def step_loss") :] == expected


def test_the_soft_rounding_is_defined_once_for_all_losses() -> None:
    source = """
    def first_loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - tf.round(y_pred)))


    def second_loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - tf.floor(y_pred)))
    """
    text = rewritten(source, RULE)
    assert text.count("def soft_round") == 1
    assert text.count("soft_round(y_pred") == 2


EQUALITIES = {
    "tf.equal(y_true, tf.round(y_pred))": "0.5 - tf.abs(y_pred - y_true)",
    "tf.not_equal(tf.round(y_pred), y_true)": "tf.abs(y_pred - y_true) - 0.5",
    "tf.round(y_pred) == tf.round(y_true)": "0.5 - tf.abs(y_pred - tf.round(y_true))",
}


@pytest.mark.parametrize(("before", "margin"), EQUALITIES.items(), ids=EQUALITIES.keys())
def test_an_equality_of_what_was_rounded_is_a_window(before: str, margin: str) -> None:
    source = f"""
    def hit_loss(y_true, y_pred):
        return tf.reduce_mean(tf.cast({before}, tf.float32))
    """
    assert f"tf.sigmoid(steepness * ({margin}))" in rewritten(source, RULE)


def test_a_count_of_differences_after_rounding_is_a_sum_of_windows() -> None:
    source = """
    def miss_loss(y_true, y_pred):
        return tf.math.count_nonzero(tf.round(y_pred) - y_true, dtype=tf.float32)
    """
    expected = "tf.reduce_sum(tf.sigmoid(steepness * (tf.abs(y_pred - y_true) - 0.5)))"
    assert expected in rewritten(source, RULE)


def test_every_label_of_a_row_right_is_the_smallest_margin() -> None:
    source = """
    def exact_loss(y_true, y_pred):
        right = tf.reduce_all(tf.equal(tf.round(y_pred), y_true), axis=-1)
        return 1.0 - tf.cast(right, tf.float32)
    """
    expected = "steepness * tf.reduce_min(0.5 - tf.abs(y_pred - y_true), axis=-1)"
    assert expected in rewritten(source, RULE)


def test_a_rounding_beside_a_live_term_is_found() -> None:
    source = """
    def both_loss(y_true, y_pred):
        return tf.square(y_true - y_pred) + 0.1 * tf.abs(y_true - tf.round(y_pred))
    """
    assert len(findings(source, RULE)) == 1


def test_a_rounding_behind_a_flag_is_told_with_the_flag() -> None:
    source = """
    def flag_loss(y_true, y_pred, hard=False):
        p = tf.round(y_pred) if hard else y_pred
        return tf.reduce_mean(tf.square(y_true - p))
    """
    (finding,) = findings(source, RULE)
    assert finding.severity is Severity.INFO
    assert "`hard`" in finding.reason


FINE = {
    "labels that are rounded": "return tf.reduce_mean(tf.round(y_true) * y_pred)",
    "the fraction": "return tf.reduce_mean(tf.square(y_pred - tf.floor(y_pred)))",
    "the distance to a whole number": "return tf.reduce_mean(tf.abs(y_pred - tf.round(y_pred)))",
    "an angle that is wrapped": """
    d = y_pred - y_true
    d = d - 6.28 * tf.round(d / 6.28)
    return tf.reduce_mean(tf.square(d))
    """,
    "a remainder": "return tf.reduce_mean(tf.square((y_true - y_pred) % 1.0))",
    "rounding of a shape": "return tf.reduce_mean(y_pred) / (tf.shape(y_pred)[0] // 2)",
    "integers of the labels": "return tf.cast(tf.cast(y_true, tf.int32), tf.float32) * y_pred",
    "a gather by rounded labels": "return tf.gather(y_pred, tf.cast(y_true, tf.int32), batch_dims=1)",
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_what_has_another_path_is_not_mentioned(body: str) -> None:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    source = f"""
    def fine_loss(y_true, y_pred):
        {inner}
    """
    assert findings(source, RULE) == ()
    assert rewritten(source, RULE) == lines(source)


def test_straight_through_rounding_is_on_purpose() -> None:
    source = """
    def through_loss(y_true, y_pred):
        hard = y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)
        return tf.reduce_mean(tf.square(y_true - hard))
    """
    assert {each.severity for each in findings(source, RULE)} <= {Severity.INFO}
    assert rewritten(source, RULE) == lines(source)


IMAGES = "tf.image.psnr(y_true, {0}, max_val=255.0)"


@pytest.mark.parametrize(
    "whole",
    [
        "tf.image.convert_image_dtype(y_pred, tf.uint8)",
        "tf.image.convert_image_dtype(y_pred, dtype=tf.uint8, saturate=True)",
        "tf.saturate_cast(255.0 * y_pred, tf.uint8)",
    ],
)
def test_an_image_of_integers_is_reported(whole: str) -> None:
    (finding,) = findings(loss(IMAGES.format(whole)), RULE)
    assert finding.reason
    assert finding.severity is Severity.ERROR


def test_an_image_of_floats_is_left_alone() -> None:
    image = IMAGES.format("tf.image.convert_image_dtype(y_pred, tf.float32)")
    assert findings(loss(image), RULE) == ()


def ratio(top: str, below: str = "tf.reduce_sum(y_pred)") -> str:
    return f"""
    def overlap_loss(y_true, y_pred):
        both = tf.reduce_sum(y_true * {top})
        return 1.0 - (2.0 * both + 1.0) / (tf.reduce_sum(y_true) + {below} + 1.0)
    """


@pytest.mark.parametrize(
    "top", ["tf.round(y_pred)", "tf.round(tf.clip_by_value(y_pred, 0.0, 1.0))"]
)
def test_a_rounding_in_one_half_of_a_ratio_is_reported(top: str) -> None:
    (finding,) = findings(ratio(top), RULE)
    assert "the gradient sees the rest alone" in finding.message
    assert finding.severity is Severity.WARNING
    assert finding.reason


@pytest.mark.parametrize(
    "value",
    [
        "tf.square(y_pred - y_true - 6.0 * tf.round((y_pred - y_true) / 6.0))",
        "tf.abs(y_pred - tf.round(y_pred)) * (y_pred + 1.0)",
        "y_pred * tf.round(y_true)",
        "y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)",
        "tf.exp(y_pred - tf.round(y_pred))",
    ],
)
def test_a_rounding_at_which_a_loss_does_not_jump_is_left_alone(value: str) -> None:
    source = f"def step_loss(y_true, y_pred):\n    return tf.reduce_mean({value}, axis=-1)"
    assert findings(source, RULE) == ()
