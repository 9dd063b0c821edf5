"""Gates whose margin is zero for some targets, whatever is predicted: a sigmoid would be half open there."""

from __future__ import annotations

import numpy as np
import pytest
from rewriting import findings, rewritten

RULES = ("hard-gate", "sign", "rounding")


def loss(expression: str, before: str = "") -> str:
    return f"""
    def miss_loss(y_true, y_pred, weight=2.0):
        {before or "pass"}
        miss = {expression}
        return tf.reduce_mean(miss)
    """


SHUT = "tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(-steepness * y_true * y_pred))"
OPEN = "tf.where(tf.equal(y_true, 0), 1.0, tf.sigmoid(-steepness * y_true * y_pred))"
BY_SIGN = "tf.sigmoid(-steepness * tf.sign(y_true) * y_pred)"
SPELLINGS = {
    "tf.cast(y_true * y_pred < 0, tf.float32)": SHUT,
    "tf.where(0.0 > y_true * y_pred, 1.0, 0.0)": SHUT,
    "tf.cast(tf.sign(y_true * y_pred) < 0, tf.float32)": SHUT,
    "tf.cast(tf.equal(tf.sign(y_true * y_pred), -1), tf.float32)": SHUT,
    "tf.cast(y_true * y_pred <= 0, tf.float32)": OPEN,
    "tf.where(y_true * y_pred > 0, 0.0, 1.0)": OPEN,
    "tf.cast(tf.logical_not(y_true * y_pred > 0), tf.float32)": OPEN,
    "tf.cast(tf.less(tf.multiply(y_true, y_pred), 0), tf.float32)": (
        "tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(-steepness * tf.multiply(y_true, y_pred)))"
    ),
    "tf.cast(tf.sign(y_true) * tf.sign(y_pred) < 0, tf.float32)": (
        f"tf.where(tf.equal(y_true, 0), 0.0, {BY_SIGN})"
    ),
    "tf.cast(tf.sign(y_true) != tf.sign(y_pred), tf.float32)": (
        f"tf.where(tf.equal(y_true, 0), 1.0, {BY_SIGN})"
    ),
    "tf.cast(tf.equal(tf.sign(y_pred), tf.sign(y_true)), tf.float32)": (
        "tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(steepness * tf.sign(y_true) * y_pred))"
    ),
    "tf.cast(y_true * y_pred > 0.3 * y_true, tf.float32)": (
        "tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(steepness * (y_true * y_pred - 0.3 * y_true)))"
    ),
    "tf.cast((y_pred < 0.9) & (y_true * y_pred > 0), tf.float32)": (
        "tf.sigmoid(steepness * (0.9 - y_pred)) "
        "* tf.where(tf.equal(y_true, 0), 0.0, tf.sigmoid(steepness * y_true * y_pred))"
    ),
    "tf.cast(tf.where(y_true > 0, y_pred - y_true, 0.0) > 0, tf.float32)": (
        "tf.where(y_true > 0, "
        "tf.sigmoid(steepness * tf.where(y_true > 0, y_pred - y_true, 0.0)), 0.0)"
    ),
    "tf.cast(tf.where(y_true > 0, 0.0, y_pred - y_true) > 0, tf.float32)": (
        "tf.where(y_true > 0, 0.0, "
        "tf.sigmoid(steepness * tf.where(y_true > 0, 0.0, y_pred - y_true)))"
    ),
    "tf.floor(y_true * y_pred)": (
        "tf.where(tf.equal(y_true, 0), 0.0, soft_round(y_true * y_pred - 0.5, steepness))"
    ),
}


def without_layout(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("before", "after"), SPELLINGS.items(), ids=SPELLINGS.keys())
def test_a_gate_stays_as_hard_as_it_was_where_a_target_is_zero(before: str, after: str) -> None:
    assert f"miss={without_layout(after)}return" in without_layout(rewritten(loss(before), *RULES))


NAMED = {
    "agree = y_true * y_pred": ("tf.cast(agree < 0, tf.float32)", "tf.equal(y_true, 0), 0.0, "),
    "mask = tf.cast(y_true > 0, tf.float32)": (
        "tf.cast(mask * y_pred > 0.0, tf.float32)",
        "mask * tf.sigmoid(steepness * mask * y_pred)",
    ),
    "mask = tf.cast(y_true > 0, y_pred.dtype)": (
        "tf.cast(mask * y_pred >= mask * y_true, tf.float32)",
        "tf.where(tf.equal(mask, 0), 1.0, ",
    ),
    "moved = (y_true[:, 1:] - y_true[:, :-1]) * (y_pred[:, 1:] - y_pred[:, :-1])": (
        "tf.cast(moved < 0, tf.float32)",
        "tf.equal(y_true[:, 1:] - y_true[:, :-1], 0), 0.0, ",
    ),
}


@pytest.mark.parametrize(("before", "pair"), NAMED.items(), ids=NAMED.keys())
def test_a_factor_is_found_through_a_name(before: str, pair: tuple[str, str]) -> None:
    expression, after = pair
    assert after in rewritten(loss(expression, before), *RULES)


def test_a_factor_that_is_set_again_in_between_is_not_read_anew() -> None:
    source = loss(
        "tf.cast(agree < 0, tf.float32)", "agree = y_true * y_pred; y_true = y_true + 1.0"
    )
    (finding,) = findings(source, "hard-gate")
    assert "set again before it is compared" in finding.reason


WITHOUT = [
    "tf.cast(weight * y_pred > 0, tf.float32)",
    "tf.cast(y_pred - y_true > 0, tf.float32)",
    "tf.cast(tf.exp(y_true) * y_pred > 0, tf.float32)",
    "tf.cast(y_true * y_pred > 0.5, tf.float32)",
    "tf.cast(tf.abs(y_pred - y_true) > 0.5 * tf.abs(y_true), tf.float32)",
    "tf.cast(y_true + y_true * y_pred > 0.1, tf.float32)",
]


@pytest.mark.parametrize("expression", WITHOUT)
def test_a_margin_that_only_predictions_bring_to_zero_has_a_sigmoid_alone(expression: str) -> None:
    text = rewritten(loss(expression), *RULES)
    assert "miss = tf.sigmoid(" in text
    assert "tf.where" not in text


BENT = {
    "tf.cast(tf.nn.relu(y_pred - y_true) > 0, tf.float32)": (
        "tf.sigmoid(steepness * (y_pred - y_true))"
    ),
    "tf.cast(tf.maximum(y_pred - y_true, 0.0) > 1e-16, tf.float32)": (
        "tf.sigmoid(steepness * (y_pred - y_true - 1e-16))"
    ),
    "tf.cast(tf.maximum(0.0, y_pred) <= 0.0, tf.float32)": "tf.sigmoid(-steepness * y_pred)",
}


@pytest.mark.parametrize(("before", "after"), BENT.items(), ids=BENT.keys())
def test_what_is_cut_off_at_zero_is_compared_as_it_was_before(before: str, after: str) -> None:
    assert f"miss = {after}" in rewritten(loss(before), *RULES)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0)))


FORMS = {
    "hard": (lambda t, p: t * p < 0, 0.045),
    "sigmoid": (lambda t, p: sigmoid(-5.0 * t * p), 0.148),
    "steep sigmoid": (lambda t, p: sigmoid(-1000.0 * t * p), 0.146),
    "shut at zero": (lambda t, p: np.where(t == 0, 0.0, sigmoid(-5.0 * t * p)), 0.047),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_penalty_is_as_the_documents_say_where_half_of_the_targets_are_zero(form: str) -> None:
    gate, expected = FORMS[form]
    draws = np.random.default_rng(0)
    targets = draws.normal(size=20_000) * (np.arange(20_000) % 2)
    predictions = targets + 0.5 * draws.normal(size=20_000)
    penalty = np.mean(np.abs(targets - predictions) * gate(targets, predictions))
    assert penalty == pytest.approx(expected, abs=5e-4)
