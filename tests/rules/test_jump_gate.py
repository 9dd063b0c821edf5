"""LF202: gates that weigh something live, and selections by the predictions."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "jump-gate"


def loss(body: str) -> str:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    return f"""
    def gap_loss(y_true, y_pred):
        e = tf.abs(y_true - y_pred)
        {inner}
    """


def test_the_message_says_where_the_loss_jumps_and_by_how_much() -> None:
    (finding,) = findings(loss("return tf.where(y_pred > 0.5, 2.0 * e, 0.5 * e)"), RULE)
    assert "where y_pred is 0.5" in finding.message
    assert "by " in finding.message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("d = y_pred - y_true; return tf.reduce_sum(e[d < 0]) / tf.reduce_sum(y_true[d < 0])", 1),
        ("d = y_pred - y_true; return tf.reduce_sum(e[d < 0]) + tf.reduce_sum(e[d > 1])", 2),
        ("far = y_pred > 0.5; return tf.where(far, 2.0 * e, e) + tf.where(far, 3.0 * e, e)", 1),
        ("d = e; a = e[d < 1]; d = y_pred; return tf.reduce_sum(a) + tf.reduce_sum(e[d < 1])", 2),
    ],
)
def test_a_gate_is_told_once_for_all_that_it_gates(body: str, told: int) -> None:
    body = body.replace("; ", "\n")
    found = findings(loss(body), RULE)
    assert len({(each.span, each.message) for each in found}) == told


def test_nested_tiers_are_smoothed_one_within_the_other() -> None:
    text = rewritten(
        loss("return tf.where(y_pred > 0.8, 3.0 * e, tf.where(y_pred > 0.5, 2.0 * e, e))"), RULE
    )
    assert "tf.where" not in text
    assert text.count("tf.sigmoid") == 2


def test_a_weight_by_the_wrong_sign_is_smoothed_on_the_wrong_side() -> None:
    source = "return tf.where(tf.sign(y_true) != tf.sign(y_pred), 10.0, 1.0) * e"
    assert "tf.sigmoid(-steepness * tf.sign(y_true) * y_pred)" in rewritten(loss(source), RULE)


@pytest.mark.parametrize(
    ("picked", "after"),
    [
        ("2.0 * e, 0.0", "gate * (2.0 * e)"),
        ("0, 2.0 * e", "(1.0 - gate) * (2.0 * e)"),
        ("tf.zeros_like(e), e", "(1.0 - gate) * e"),
    ],
)
def test_a_branch_of_zero_leaves_one_term(picked: str, after: str) -> None:
    text = rewritten(loss(f"return e + tf.where(y_pred > 0.5, {picked})"), RULE)
    assert after in text.replace("above", "gate")
    assert "* 0" not in text


@pytest.mark.parametrize(
    ("picked", "after"),
    [
        ("10.0, 1.0", "10.0 * gate + (1.0 - gate)"),
        ("1.0, 10.0", "gate + 10.0 * (1.0 - gate)"),
        ("e, 2.0", "gate * e + 2.0 * (1.0 - gate)"),
        ("2 * e, e", "e * (2.0 * gate + (1.0 - gate))"),
        ("e, 0.5 * e", "e * (gate + 0.5 * (1.0 - gate))"),
        ("e * y_true, e", "e * (y_true * gate + (1.0 - gate))"),
        ("e, -y_true", "gate * e - (1.0 - gate) * y_true"),
        ("-y_true, e", "(1.0 - gate) * e - gate * y_true"),
        ("-y_true, -2", "-(gate * y_true + 2.0 * (1.0 - gate))"),
        ("tf.ones_like(e), e ** 2", "gate + (1.0 - gate) * e ** 2"),
        ("tf.ones_like(y_true), e", "gate * tf.ones_like(y_true) + (1.0 - gate) * e"),
    ],
)
def test_branches_are_weighed_as_one_would_write_it(picked: str, after: str) -> None:
    text = rewritten(loss(f"return e * tf.where(y_pred > 0.5, {picked})"), RULE)
    assert after in text.replace("above", "gate")


MEAN = """
    def gap_loss(y_true, y_pred, steepness=10.0):
        e = tf.abs(y_true - y_pred)
        above = tf.sigmoid(steepness * (y_pred - 0.5))
        return tf.reduce_sum(above * e) / (tf.reduce_sum(above) + 1e-7)
"""


@pytest.mark.parametrize(
    "body",
    [
        "return tf.reduce_mean(tf.boolean_mask(e, y_pred > 0.5))",
        "return tf.reduce_mean(e[y_pred > 0.5])",
        """
        high = e[y_pred > 0.5]
        return tf.reduce_mean(high)
        """,
        """
        high = tf.boolean_mask(e, y_pred > 0.5)
        return tf.reduce_mean(high)
        """,
    ],
)
def test_the_mean_of_a_selection_becomes_a_weighted_mean(body: str) -> None:
    assert rewritten(loss(body), RULE) == lines(MEAN)


def test_the_sum_of_a_selection_becomes_a_weighted_sum() -> None:
    text = rewritten(loss("return tf.reduce_sum(tf.boolean_mask(e, y_pred > 0.5))"), RULE)
    assert "return tf.reduce_sum(above * e)" in text


def test_a_selection_whose_length_matters_is_reported() -> None:
    source = """
    a = tf.boolean_mask(y_true, y_pred > 0.5)
    b = tf.boolean_mask(y_pred, y_pred > 0.5)
    return tf.reduce_mean(tf.square(a - b))
    """
    found = findings(loss(source), RULE)
    assert found
    assert all(each.reason for each in found)
    assert rewritten(loss(source), RULE) == lines(loss(source))


def test_a_selection_by_a_mode_is_reported() -> None:
    source = """
    if MODE == "high":
        e = tf.boolean_mask(e, y_pred > 0.5)
    return tf.reduce_mean(e)
    """
    assert findings(loss(source), RULE)


def test_mining_by_the_loss_of_a_sample_is_on_purpose() -> None:
    source = "return tf.where(tf.square(e) > 0.5, tf.square(e), 0.0)"
    assert findings(loss(source), RULE) == ()
    assert rewritten(loss(source), RULE) == lines(loss(source))


FINE = {
    "where both branches meet": "return tf.where(e < 1.0, 0.5 * e * e, e - 0.5)",
    "an asymmetric loss": "return tf.where(y_pred > y_true, 3.0 * e, e)",
    "a weight that is continuous": "return tf.where(y_pred < y_true, 2.0, 1.0) * tf.square(e)",
    "a gate on the labels": "return tf.where(y_true > 0.5, 2.0 * e, e)",
    "a selection by the labels": "return tf.reduce_mean(tf.boolean_mask(e, y_true > 0.5))",
    "a selection that is an option": """
        if LIMIT is not None:
            e = tf.boolean_mask(e, y_pred <= LIMIT)
        return tf.reduce_mean(e)
        """,
    "an index that is no condition": "return e[:, 0] + e[..., 1]",
    "a maximum": "return tf.maximum(e, 0.5)",
    "a rectifier": "return tf.where(y_pred > 1.0, y_pred - 1.0, 0.0) + e",
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_what_does_not_jump_is_not_mentioned(body: str) -> None:
    assert findings(loss(body), RULE) == ()
