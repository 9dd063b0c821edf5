"""Divisions by what may be zero in a batch: what is guarded, and what is left alone."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

HEAD = "def some_loss(y_true, y_pred):\n"


def body(*statements: str) -> str:
    return HEAD + "".join(f"    {each}\n" for each in statements)


def mended(*statements: str) -> str:
    """The body of a loss after the rule, its lines joined by semicolons."""
    after = rewritten(body(*statements), "empty-denominator")
    return "; ".join(line.strip() for line in after.removeprefix(HEAD).splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.reduce_sum(m * tf.abs(y_true - y_pred)) / tf.reduce_sum(m)",
            "tf.math.divide_no_nan(tf.reduce_sum(m * tf.abs(y_true - y_pred)), tf.reduce_sum(m))",
        ),
        (
            "tf.divide(tf.reduce_sum(m * y_pred), tf.reduce_sum(1.0 - m))",
            "tf.math.divide_no_nan(tf.reduce_sum(m * y_pred), tf.reduce_sum(1.0 - m))",
        ),
        (
            "tf.reduce_sum(m * y_pred) / (2.0 * tf.reduce_sum(m) / 3.0)",
            "tf.math.divide_no_nan(tf.reduce_sum(m * y_pred), 2.0 * tf.reduce_sum(m) / 3.0)",
        ),
        (
            "tf.abs((y_true - y_pred) / tf.abs(y_true))",
            "tf.abs(tf.math.divide_no_nan(y_true - y_pred, tf.abs(y_true)))",
        ),
    ],
)
def test_a_division_by_what_may_be_zero_gives_zero(before: str, after: str) -> None:
    mask = "m = tf.cast(y_true > 0.0, tf.float32)"
    assert mended(mask, f"return {before}") == f"{mask}; return {after}"


@pytest.mark.parametrize(
    "lines",
    [
        ("m = tf.math.not_equal(y_true, 0)", "m = tf.cast(m, y_pred.dtype)"),
        ("m = y_true != 0.0", "other = 1.0", "m = tf.cast(m, tf.float32)"),
        ("m = tf.exp(-y_true) * tf.cast(y_true > 0.0, tf.float32)",),
        ("m = tf.where(y_true > 0.0, tf.square(y_pred), tf.zeros_like(y_pred))",),
        ("event = y_true[:, 1]", "m = tf.cast(event, tf.float32)"),
        (
            "order = tf.argsort(y_true[:, 0])",
            "m_mask = tf.gather(y_true[:, 1], order)",
            "m = m_mask",
        ),
    ],
)
def test_a_mask_is_one_under_whatever_names_it_is_given(lines: tuple[str, ...]) -> None:
    source = body(*lines, "return tf.reduce_sum(m * y_pred) / tf.reduce_sum(m)")
    (finding,) = findings(source, "empty-denominator")
    assert "nothing to select" in finding.message


@pytest.mark.parametrize(
    "value",
    [
        "tf.reduce_sum(m * y_pred) / (tf.reduce_sum(m) + 1e-7)",
        "tf.reduce_sum(m * y_pred) / tf.maximum(tf.reduce_sum(m), 1.0)",
        "tf.math.divide_no_nan(tf.reduce_sum(m * y_pred), tf.reduce_sum(m))",
        "tf.where(n > 0.0, tf.reduce_sum(m * y_pred) / n, 0.0)",
        "tf.cond(n > 0.0, lambda: tf.reduce_sum(m * y_pred) / n, lambda: 0.0)",
        "m / tf.reduce_sum(m)",
        "tf.reduce_sum(m * y_pred) / tf.reduce_sum(tf.where(y_true > 0.0, 2.0, 1.0))",
        "tf.reduce_sum(m * y_pred) / tf.reduce_sum(2.0 * m + 1.0)",
        "y_pred / 2.0",
        "(2.0 * tf.reduce_sum(y_true * y_pred) + 1.0) / (tf.reduce_sum(y_true + y_pred) + 1.0)",
        "y_pred / tf.reduce_sum(y_true, axis=-1)",
        "y_pred / (y_true + 1.0)",
        "y_true / y_pred",
        "tf.reduce_sum(y_pred) / tf.cast(tf.size(y_pred), tf.float32)",
        "tf.abs(y_true - y_pred) / tf.where(y_true == 0.0, tf.ones_like(y_true), y_true)",
        # A spread that is kept above zero, is of the predictions, or is of something else than one batch.
        "tf.abs(y_true - y_pred) / (tf.math.reduce_std(y_true) + 1e-6)",
        "tf.abs(y_true - y_pred) / tf.maximum(tf.math.reduce_variance(y_true), 1e-6)",
        "tf.abs(y_true - y_pred) / (tf.reduce_max(y_true) - tf.reduce_min(y_true) + 1e-6)",
        "tf.abs(y_true - y_pred) / (tf.reduce_max(y_true) - tf.reduce_min(y_pred))",
        "tf.abs(y_true - y_pred) / tf.reduce_max(y_true)",
        "tf.abs(y_true - y_pred) / tf.reduce_sum(tf.square(y_true))",
        "tf.abs(y_true - y_pred) / tf.exp(tf.math.reduce_std(y_true))",
        "y_true / tf.math.reduce_std(y_true) * y_pred",
        "tf.where(n > 0.0, y_pred / tf.math.reduce_std(y_true), 0.0)",
        # Sizes that do not vanish together.
        "tf.abs(y_true - y_pred) / (tf.abs(y_true) + tf.abs(y_pred) + 1e-6)",
        "tf.abs(y_true - y_pred) / (tf.abs(y_true) + tf.abs(y_pred + 1.0))",
        "tf.abs(y_true - y_pred) / (tf.abs(y_true) + tf.exp(y_pred))",
        "tf.abs(y_true - y_pred) / (y_true + y_pred)",
        "tf.abs(y_true - y_pred) / tf.reduce_sum(tf.abs(y_true) + tf.abs(y_pred))",
        "tf.abs(y_true - y_pred) / (tf.abs(y_true) * tf.abs(y_pred) + tf.abs(y_pred))",
    ],
)
def test_a_guarded_division_is_left_alone(value: str) -> None:
    source = body(
        "m = tf.cast(y_true > 0.0, tf.float32)", "n = tf.reduce_sum(m)", f"return {value}"
    )
    assert findings(source, "empty-denominator") == ()


@pytest.mark.parametrize(
    "below",
    [
        "tf.math.reduce_std(y_true)",
        "tf.math.reduce_variance(y_true, axis=0)",
        "tf.reduce_sum(tf.square(y_true - tf.reduce_mean(y_true)))",
        "tf.sqrt(tf.reduce_mean((y_true - tf.reduce_mean(y_true)) ** 2))",
        "tf.reduce_sum(tf.square(tf.subtract(y_true, tf.math.reduce_mean(y_true))))",
        "(tf.reduce_max(y_true) - tf.reduce_min(y_true))",
    ],
)
def test_the_spread_of_the_targets_may_be_zero(below: str) -> None:
    after = mended(f"return tf.reduce_mean(tf.square(y_true - y_pred)) / {below}")
    bare = below.strip("()") + ")" if below.startswith("(") else below
    divided = f"tf.math.divide_no_nan(tf.reduce_mean(tf.square(y_true - y_pred)), {bare})"
    assert after == f"return {divided}"


def test_the_spread_may_have_names() -> None:
    lines = (
        "centre = tf.reduce_mean(y_true)",
        "total = tf.reduce_sum((y_true - centre) ** 2)",
        "return tf.reduce_sum((y_true - y_pred) ** 2) / total",
    )
    (finding,) = findings(body(*lines), "empty-denominator")
    assert "where the targets are all equal" in finding.message


CENTRED = "a = y_true - tf.reduce_mean(y_true); b = y_pred - tf.reduce_mean(y_pred)".split("; ")


@pytest.mark.parametrize(
    ("below", "kept"),
    [
        (
            "tf.sqrt(tf.reduce_sum(tf.square(a)) * tf.reduce_sum(b**2))",
            "tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(a)) * tf.reduce_sum(b**2), 1e-20))",
        ),
        (
            "tf.sqrt(tf.multiply(tf.reduce_sum(a * a), tf.reduce_sum(tf.square(b))))",
            "tf.sqrt(tf.maximum(tf.multiply(tf.reduce_sum(a * a), tf.reduce_sum(tf.square(b))), 1e-20))",
        ),
    ],
)
def test_what_a_correlation_divides_by_is_kept_above_zero(below: str, kept: str) -> None:
    returned = "return 1.0 - tf.reduce_sum(a * b) / "
    assert mended(*CENTRED, returned + below) == "; ".join((*CENTRED, returned + kept))
    named = mended(*CENTRED, f"below = {below}", returned + "below")
    assert named == "; ".join((*CENTRED, f"below = {kept}", returned + "below"))


def test_a_root_of_the_targets_alone_is_a_guarded_division_beside_one_of_predictions() -> None:
    of_targets = "tf.sqrt(tf.reduce_sum(tf.square(a)))"
    returned = f"return tf.reduce_sum(a * b) / ({of_targets} * tf.sqrt(tf.reduce_sum(b**2)))"
    bounded = f"{of_targets} * tf.sqrt(tf.maximum(tf.reduce_sum(b**2), 1e-12))"
    divided = f"return tf.math.divide_no_nan(tf.reduce_sum(a * b), {bounded})"
    assert mended(*CENTRED, returned) == "; ".join((*CENTRED, divided))


@pytest.mark.parametrize(
    "below",
    [
        "tf.math.reduce_std(a) * tf.math.reduce_std(b)",
        "tf.math.reduce_std(a) * tf.sqrt(tf.maximum(tf.math.reduce_variance(b), 1e-12))",
        "tf.math.reduce_variance(y_true) * tf.math.reduce_variance(y_pred)",
    ],
)
def test_what_has_a_gradient_or_gets_one_by_itself_is_divided_by(below: str) -> None:
    (finding,) = findings(
        body(*CENTRED, f"return tf.reduce_mean(a * b) / ({below})"), "empty-denominator"
    )
    assert not finding.reason


@pytest.mark.parametrize(
    "value",
    [
        # As much as nothing would be divided by nearly nothing.
        "tf.reduce_sum(tf.abs(y_true - y_pred)) / tf.sqrt(tf.reduce_sum(a * a) * tf.reduce_sum(b * b))",
        # What keeps these from zero, or does not, is not known.
        "tf.reduce_sum(a * b) / (tf.math.reduce_std(y_true) * tf.norm(b))",
        "tf.reduce_sum(a * b) / (tf.math.reduce_std(y_true) * tf.reduce_sum(b * b) ** 0.5)",
        "tf.reduce_sum(a * b) / (tf.math.reduce_std(y_true) * spread_of(b))",
    ],
)
def test_beside_another_root_of_predictions_a_division_is_only_reported(value: str) -> None:
    (finding,) = findings(body(*CENTRED, f"return {value}"), "empty-denominator")
    assert "no gradient at zero" in finding.reason


@pytest.mark.parametrize(
    "below",
    [
        "tf.abs(y_true) + tf.abs(y_pred)",
        "(abs(y_pred) + abs(y_true)) / 2.0",
        "0.5 * (tf.abs(y_true) + tf.abs(y_pred))",
    ],
)
def test_target_and_prediction_may_both_be_zero(below: str) -> None:
    after = mended(f"return tf.reduce_mean(tf.abs(y_true - y_pred) / ({below}), axis=-1)")
    divided = f"tf.math.divide_no_nan(tf.abs(y_true - y_pred), {below})"
    assert after == f"return tf.reduce_mean({divided}, axis=-1)"
