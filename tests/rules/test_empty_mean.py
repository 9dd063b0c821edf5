"""Means over selected samples: what is divided where nothing may be selected, and what is left alone."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

HEAD = "def some_loss(y_true, y_pred):\n"


def body(*statements: str) -> str:
    return HEAD + "".join(f"    {each}\n" for each in statements)


def mended(*statements: str) -> str:
    """The body of a loss after the rule, its lines joined by semicolons."""
    after = rewritten(body(*statements), "empty-mean")
    return "; ".join(line.strip() for line in after.removeprefix(HEAD).splitlines())


def test_the_mean_of_a_selection_is_zero_where_nothing_is_selected() -> None:
    count = "tf.cast(tf.size(kept), kept.dtype)"
    for value in (
        "tf.boolean_mask(tf.abs(y_true - y_pred), y_true >= 0.0)",
        "tf.square(tf.boolean_mask(y_true, m) - tf.boolean_mask(y_pred, m))",
        "tf.keras.backend.binary_crossentropy(y_true[m], y_pred[m])",
        "tf.nn.softmax_cross_entropy_with_logits(labels=y_true[m], logits=y_pred[m])",
    ):
        mask = "m = tf.math.is_finite(y_true)"
        after = mended(mask, f"return 2.0 * tf.reduce_mean({value})")
        assert after == (
            f"{mask}; kept = {value}; "
            f"return 2.0 * tf.math.divide_no_nan(tf.reduce_sum(kept), {count})"
        )


ROWS = (
    "at = tf.where(y_true[:, -1] > 0.0)[:, 0]",
    "t = tf.gather(y_true, at)",
    "p = tf.gather(y_pred, at)",
)
PAIRS = ("p = tf.boolean_mask(y_pred, y_true > 0.0)", "n = tf.boolean_mask(y_pred, y_true <= 0.0)")


@pytest.mark.parametrize(
    ("above", "value"),
    [
        (ROWS, "tf.keras.backend.categorical_crossentropy(t[:, :6], p[:, :6])"),
        (ROWS, "tf.reduce_mean(tf.square(t[:, 6:8] - p[:, 6:8]), axis=-1)"),
        (ROWS, "tf.reduce_sum(tf.abs(t - p), -1)"),
        (PAIRS, "tf.maximum(0.0, 0.2 - (tf.expand_dims(p, 1) - tf.expand_dims(n, 0)))"),
        (PAIRS, "tf.nn.softplus(n[:, None] - p[None, :])"),
    ],
)
def test_columns_of_a_selection_and_pairs_of_two_are_selected_too(
    above: tuple[str, ...], value: str
) -> None:
    after = rewritten(body(*above, f"return tf.reduce_mean({value})"), "empty-mean")
    assert f"    kept = {value}\n    return tf.math.divide_no_nan(tf.reduce_sum(kept)," in after


@pytest.mark.parametrize(
    "value",
    [
        # Of one sum nothing is missing, and of pairs no axis is the only one.
        "tf.reduce_mean(tf.reduce_sum(tf.boolean_mask(y_pred, y_true > 0.0), axis=-1))",
        "tf.reduce_mean(tf.expand_dims(y_true[m], 1) - tf.expand_dims(y_pred[m], 0), axis=-1)",
        "tf.reduce_mean(y_true[m][:, None] - y_pred[m][:, None], axis=-1)",
        "tf.reduce_mean(p[1:, 0])",
        "tf.reduce_mean(p[0, :])",
    ],
)
def test_a_part_of_a_selection_that_may_be_something_else_is_left_alone(value: str) -> None:
    mask = "m = y_true > 0.0"
    assert findings(body(mask, *ROWS, f"return {value}"), "empty-mean") == ()


def test_the_mean_over_the_one_axis_of_selected_elements_is_one_over_all() -> None:
    value = "tf.abs(tf.boolean_mask(y_true, m) - tf.boolean_mask(y_pred, m))"
    mask = "m = tf.logical_not(tf.math.is_nan(y_true))"
    after = mended(mask, f"return tf.reduce_mean({value}, axis=-1)")
    count = "tf.cast(tf.size(kept), kept.dtype)"
    whole = f"tf.math.divide_no_nan(tf.reduce_sum(kept), {count})"
    assert after == f"{mask}; kept = {value}; return {whole}"


@pytest.mark.parametrize(
    "value",
    [
        # Of which axis the last one is cannot be told where the mask may be of fewer axes.
        "tf.reduce_mean(tf.abs(y_true[m] - y_pred[m]), axis=1)",
        "tf.reduce_mean(tf.square(tf.boolean_mask(y_pred, m)), axis=-1)",
        "tf.reduce_mean(tf.abs(y_true[y_true[..., 0] > 0] - y_pred[y_true[..., 0] > 0]), axis=-1)",
        "tf.reduce_mean(tf.abs(y_true - y_pred))",
        "tf.reduce_sum(tf.boolean_mask(tf.abs(y_true - y_pred), y_true >= 0.0))",
        "tf.reduce_mean(tf.boolean_mask(y_true, y_true > 0.0)) * y_pred",
        "tf.reduce_mean(tf.boolean_mask(y_pred, y_pred > 0.5))",
        # Of rows, and of all elements, Keras takes no mean over what was selected.
        "tf.keras.losses.mean_squared_error(y_true[y_true[:, 0] > 0], y_pred[y_true[:, 0] > 0])",
        "tf.keras.losses.mean_squared_error(y_true, y_pred)",
        "tf.keras.losses.cosine_similarity(y_true[m], y_pred[m])",
        "tf.keras.losses.CategoricalCrossentropy()(y_true[m], y_pred[m])",
        "tf.reduce_mean(tf.gather(y_pred, tf.where(y_pred > 0.5)[:, 0]))",
        "tf.reduce_mean(tf.gather(y_pred, tf.argsort(y_true, axis=0)))",
        # What to do where nothing is selected is said.
        "tf.where(tf.reduce_any(m), tf.reduce_mean(tf.boolean_mask(y_pred, m)), 0.0)",
        "tf.keras.losses.MSE(y_true[m], y_pred[m]) if len(y_true) else 0.0",
        "tf.reduce_mean(tf.sort(y_pred))",
        "tf.cond(tf.reduce_any(m), lambda: tf.reduce_mean(tf.boolean_mask(y_pred, m)), lambda: 0.0)",
    ],
)
def test_a_mean_over_everything_is_left_alone(value: str) -> None:
    assert findings(body("m = y_true > 0.0", f"return {value}"), "empty-mean") == ()


def test_a_mean_that_is_chosen_by_name_is_left_alone() -> None:
    mean = "mean = tf.reduce_mean(tf.abs(y_true - y_pred)[y_true > 0.0])"
    patched = "return tf.where(tf.math.is_nan(mean), 0.0, mean)"
    assert findings(body(mean, patched), "empty-mean") == ()
    assert findings(body(mean, "return tf.where(mean > 1.0, 1.0, mean) + mean"), "empty-mean")


@pytest.mark.parametrize(
    "places",
    [
        "tf.where(y_true[:, 0] > 0.0)[:, 0]",
        "tf.reshape(tf.where(y_true[:, 0] > 0.0), [-1])",
        "tf.squeeze(tf.where(tf.not_equal(y_true[:, 0], -1.0)), axis=-1)",
    ],
)
def test_samples_may_be_gathered_at_the_places_where_they_are_selected(places: str) -> None:
    error = "tf.abs(tf.gather(y_true, i) - tf.gather(y_pred, i))"
    after = mended(f"i = {places}", f"return tf.reduce_mean({error})")
    count = "tf.cast(tf.size(kept), kept.dtype)"
    divided = f"return tf.math.divide_no_nan(tf.reduce_sum(kept), {count})"
    assert after == f"i = {places}; kept = {error}; {divided}"


@pytest.mark.parametrize(
    "value",
    [
        "tf.keras.losses.MSE(y_true[m], y_pred[m])",
        "tf.keras.losses.Huber()(tf.boolean_mask(y_true, m), tf.boolean_mask(y_pred, m))",
        "tf.reduce_mean(tf.keras.losses.mean_squared_error(y_true[m], y_pred[m]))",
        "entropy(tf.boolean_mask(y_true, m), tf.boolean_mask(y_pred, m)) + tf.reduce_mean(y_pred)",
    ],
)
def test_a_mean_that_keras_takes_is_reported(value: str) -> None:
    source = "entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)\n\n\n"
    (finding,) = findings(source + body("m = y_true >= 0.0", f"return {value}"), "empty-mean")
    assert "a loss of Keras takes the mean" in finding.reason


def test_a_mean_over_whole_rows_is_mended_around_a_loss_of_keras() -> None:
    rows = "i = tf.where(tf.not_equal(y_true[:, 0], -1.0))"
    error = "tf.keras.losses.binary_crossentropy(tf.gather_nd(y_true, i), tf.gather_nd(y_pred, i))"
    assert f"kept = {error};" in mended(rows, f"return tf.reduce_mean({error})")


MASKED = ("y_true = tf.boolean_mask(y_true, m)", "y_pred = tf.boolean_mask(y_pred, m)")


def test_what_is_masked_may_keep_its_name() -> None:
    mask = "m = tf.not_equal(y_true, -1.0)"
    after = mended(mask, *MASKED, "return tf.reduce_mean(tf.abs(y_true - y_pred))")
    assert after.endswith(
        "; kept = tf.abs(y_true - y_pred); return "
        "tf.math.divide_no_nan(tf.reduce_sum(kept), tf.cast(tf.size(kept), kept.dtype))"
    )
    cast = "y_true = tf.cast(y_true, tf.float32)"
    called = "return tf.keras.losses.mean_absolute_error(y_true, y_pred)"
    (finding,) = findings(body(cast, mask, *MASKED, called), "empty-mean")
    assert "divide_no_nan" in finding.reason


@pytest.mark.parametrize(
    "statements",
    [
        # Above the selection, or below what takes the whole again, nothing is selected.
        (
            "e = tf.reduce_mean(tf.abs(y_true - y_pred))",
            *MASKED,
            "return e + tf.reduce_sum(y_pred)",
        ),
        (
            "whole = y_true",
            *MASKED,
            "y_true = whole",
            "return tf.reduce_mean(tf.abs(y_true - 1.0))",
        ),
        # Which of them is read is not known.
        (
            "if FLAG:",
            *(f"    {each}" for each in MASKED),
            "return tf.reduce_mean(tf.abs(y_true - y_pred))",
        ),
        # Rows, of which Keras gives one value each.
        (
            "m = y_true[:, 0] > 0.0",
            *MASKED,
            "return tf.keras.losses.mean_absolute_error(y_true, y_pred)",
        ),
        # Where nothing is left, something else is returned.
        (
            "m = y_true > 0.0",
            *MASKED,
            "return tf.cond(tf.size(y_pred) > 0, lambda: tf.reduce_mean(tf.abs(y_true - y_pred)), "
            "lambda: 0.0 * tf.reduce_sum(y_pred))",
        ),
    ],
)
def test_what_is_read_elsewhere_under_that_name_is_left_alone(statements: tuple[str, ...]) -> None:
    assert findings(body(*statements), "empty-mean") == ()
