"""The rules on values and gradients that are not finite: what they mend, and what they leave alone."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

from lossfix.model import Severity

HEAD = "def some_loss(y_true, y_pred):\n"


def body(*statements: str) -> str:
    return HEAD + "".join(f"    {each}\n" for each in statements)


def mended(rule: str, *statements: str) -> str:
    """The body of a loss after a rule, its lines joined by semicolons."""
    after = rewritten(body(*statements), rule)
    assert after.startswith(HEAD)
    return "; ".join(line.strip() for line in after.removeprefix(HEAD).splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.sqrt(tf.reduce_mean((y_pred - y_true) ** 2, axis=-1))",
            "tf.sqrt(tf.maximum(tf.reduce_mean((y_pred - y_true) ** 2, axis=-1), 1e-12))",
        ),
        (
            "tf.sqrt(tf.keras.losses.mean_squared_error(y_true, y_pred))",
            "tf.sqrt(tf.maximum(tf.keras.losses.mean_squared_error(y_true, y_pred), 1e-12))",
        ),
        (
            "tf.reduce_sum((y_true - y_pred) * (y_true - y_pred), -1) ** 0.5",
            "tf.maximum(tf.reduce_sum((y_true - y_pred) * (y_true - y_pred), -1), 1e-12) ** 0.5",
        ),
        (
            "tf.pow(tf.math.squared_difference(y_true, y_pred), 1 / 2)",
            "tf.pow(tf.maximum(tf.math.squared_difference(y_true, y_pred), 1e-12), 1 / 2)",
        ),
        (
            "tf.linalg.norm(y_true - y_pred, axis=1, keepdims=True)",
            "tf.sqrt(tf.maximum("
            "tf.reduce_sum(tf.square(y_true - y_pred), axis=1, keepdims=True), 1e-12))",
        ),
        (
            "tf.norm(y_true[:, 1:] - y_pred[:, 1:], axis=-1, name='gap')",
            "tf.sqrt(tf.maximum("
            "tf.reduce_sum(tf.square(y_true[:, 1:] - y_pred[:, 1:]), axis=-1), 1e-12))",
        ),
        (
            "tf.sqrt(tf.maximum(tf.square(y_true - y_pred), 0.0))",
            "tf.sqrt(tf.maximum(tf.square(y_true - y_pred), 1e-12))",
        ),
        (
            "tf.sqrt(tf.nn.relu(tf.square(y_true - y_pred)))",
            "tf.sqrt(tf.maximum(tf.nn.relu(tf.square(y_true - y_pred)), 1e-12))",
        ),
        (
            "tf.sqrt(tf.where(y_true > 0, tf.square(y_true - y_pred), 0.0))",
            "tf.sqrt(tf.maximum(tf.where(y_true > 0, tf.square(y_true - y_pred), 0.0), 1e-12))",
        ),
        (
            "tf.sqrt(tf.divide(tf.reduce_sum(tf.square(y_true - y_pred)), tf.size(y_true)))",
            "tf.sqrt(tf.maximum("
            "tf.divide(tf.reduce_sum(tf.square(y_true - y_pred)), tf.size(y_true)), 1e-12))",
        ),
        (
            "tf.math.reduce_std(y_pred - y_true, axis=0)",
            "tf.sqrt(tf.maximum(tf.math.reduce_variance(y_pred - y_true, axis=0), 1e-12))",
        ),
        (
            "tf.sqrt(tf.sin(y_pred - y_true) ** 2 + "
            "tf.cos(y_true) * tf.cos(y_pred) * tf.abs(y_true - y_pred))",
            "tf.sqrt(tf.maximum(tf.sin(y_pred - y_true) ** 2 + "
            "tf.cos(y_true) * tf.cos(y_pred) * tf.abs(y_true - y_pred), 1e-12))",
        ),
    ],
)
def test_a_root_is_kept_above_zero(before: str, after: str) -> None:
    assert mended("root-at-zero", f"return {before}") == f"return {after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "(1 - tversky(y_true, y_pred)) ** 0.75",
            "tf.maximum(1 - tversky(y_true, y_pred), 1e-12) **",
        ),
        ("tf.pow(1.0 - tversky(y_true, y_pred), 3 / 4)", "tf.maximum(1.0 - tversky"),
        ("(1 - tversky(y_true, y_pred)) ** 0.5", "tf.maximum(1 - tversky(y_true, y_pred), 1e-20)"),
        # The root of 1e-12 is a millionth: more than what tells values apart.
        (
            "tf.pow(1 - tversky(y_true, y_pred), 1 / 2)",
            "tf.maximum(1 - tversky(y_true, y_pred), 1e-20)",
        ),
    ],
)
def test_a_root_of_what_a_score_lacks_is_kept_above_zero(before: str, after: str) -> None:
    assert after in mended("root-at-zero", f"return {before}")


@pytest.mark.parametrize(
    ("variance", "under"),
    [
        ("tf.reduce_mean((gain - mean) ** 2)", "tf.reduce_mean((gain - mean) ** 2)"),
        ("tf.reduce_sum(tf.square(gain - mean), -1)", "tf.reduce_sum(tf.square(gain - mean), -1)"),
        (
            "tf.reduce_mean(tf.square(gain)) - mean * mean",
            "tf.reduce_mean(tf.square(gain)) - mean * mean",
        ),
        (
            "tf.maximum(tf.reduce_mean(gain ** 2) - mean ** 2, 0.0)",
            "tf.reduce_mean(gain ** 2) - mean ** 2",
        ),
    ],
)
def test_the_root_of_a_variance_that_is_written_out_is_kept_above_zero(
    variance: str, under: str
) -> None:
    before = ("gain = y_true * y_pred", "mean = tf.reduce_mean(gain)")
    after = mended("root-at-zero", *before, f"return -mean / tf.sqrt({variance})")
    assert after.endswith(f"return -mean / tf.sqrt(tf.maximum({under}, 1e-12))")


def test_two_parameters_of_a_part_may_be_the_same_of_targets_and_predictions() -> None:
    part = (
        "def arc(lat1, lon1, lat2, lon2):\n"
        "    a = tf.sin(lat2 - lat1) ** 2 + tf.cos(lat1) * tf.cos(lat2) * tf.sin(lon2 - lon1) ** 2\n"
        "    return tf.asin(tf.sqrt(a))\n\n\n"
    )
    given = ("x, y = tf.unstack(y_true, axis=-1)", "u, v = tf.unstack(y_pred, axis=-1)")
    source = part + body(*given, "return arc(x, y, u, v)")
    (finding,) = findings(source, "root-at-zero")
    assert "tf.sqrt(a)" in finding.message
    # `lon1` and `lat2` are no two of one thing.
    assert findings(source.replace("lat2 - lat1", "lon2 - lat1"), "root-at-zero") == ()


CRITIC = """
class Critic:
    def loss(self, real, fake):
        return tf.norm({value}, axis=1)
"""


@pytest.mark.parametrize(
    ("value", "count"),
    [("real - fake", 1), ("self.critic(real) - self.critic(fake)", 0)],
)
def test_samples_that_were_made_are_not_judged_as_those_that_were_drawn(
    value: str, count: int
) -> None:
    assert len(findings(CRITIC.format(value=value), "root-at-zero")) == count


def test_the_power_may_have_a_name() -> None:
    body = ("overlap = dice(y_true, y_pred)", "power = 0.75", "return tf.pow(1 - overlap, power)")
    assert "tf.maximum(1 - overlap, 1e-12), power" in mended("root-at-zero", *body)


def test_a_root_of_a_distance_that_is_made_first_is_kept_above_zero() -> None:
    body = ("mse = tf.keras.losses.MeanSquaredError()", "return tf.sqrt(mse(y_true, y_pred))")
    assert "tf.sqrt(tf.maximum(mse(y_true, y_pred), 1e-12))" in mended("root-at-zero", *body)


def test_a_root_is_followed_through_names_and_casts() -> None:
    assert mended(
        "root-at-zero",
        "y_true = tf.cast(y_true, tf.float32)",
        "error = y_pred - y_true",
        "error = tf.square(error)",
        "mse = tf.reduce_mean(error)",
        "return tf.sqrt(mse)",
    ).endswith("return tf.sqrt(tf.maximum(mse, 1e-12))")


PAIRS = [
    ("d = y_pred[:, None] - y_pred[None]", "tf.norm(d, axis=-1)"),
    (
        "d = tf.expand_dims(y_pred, 1) - tf.expand_dims(y_pred, 0)",
        "tf.sqrt(tf.reduce_sum(d ** 2, -1))",
    ),
    (
        "t = tf.matmul(y_pred, y_pred, transpose_b=True)",
        "s = tf.linalg.diag_part(t)",
        "tf.sqrt(tf.maximum(s[None, :] - 2.0 * t + s[:, None], 0.0))",
    ),
]


@pytest.mark.parametrize("statements", PAIRS)
def test_a_distance_of_each_to_itself_is_kept_above_zero(statements: tuple[str, ...]) -> None:
    *above, root = statements
    (finding,) = findings(body(*above, f"return {root} * y_true"), "root-at-zero")
    assert "on its diagonal" in finding.message
    assert "1e-12" in mended("root-at-zero", *above, f"return {root} * y_true")


OTHER_PAIRS = [
    ("d = y_pred[:, None] - y_true[None]", "tf.norm(d, axis=-1)"),
    ("d = y_pred[:, None] - y_pred[None]", "tf.sqrt(tf.reduce_sum(d ** 2, -1) + 1e-9)"),
    ("d = y_pred[:, None] - y_pred[None] + 1.0", "tf.norm(d, axis=-1)"),
    ("d = y_pred[:, None] - y_pred[:, None]", "tf.norm(d, axis=-1)"),
    ("d = y_pred[:, None] - y_pred[None, 1:]", "tf.norm(d, axis=-1)"),
    ("d = y_pred[:, None] - y_pred[None]", "tf.sqrt(tf.reduce_sum(d ** 2))"),
    ("d = y_pred[:, None] - y_pred[None]", "tf.square(d)"),
    ("d = y_true[:, None] - y_true[None]", "tf.norm(d, axis=-1) * y_pred"),
]


@pytest.mark.parametrize("statements", OTHER_PAIRS)
def test_other_distances_have_no_diagonal_of_zeros(statements: tuple[str, ...]) -> None:
    *above, root = statements
    assert findings(body(*above, f"return {root}"), "root-at-zero") == ()


PARTS = [
    ("tf.norm(y_pred[:, :8] - y_pred[:, 8:], axis=1)",),
    ("a, b = y_pred[0], y_pred[1]", "tf.sqrt(tf.reduce_sum(tf.square(tf.subtract(a, b)), -1))"),
    ("a, b = y_pred[0], y_pred[1]", "tf.sqrt(tf.maximum(tf.reduce_sum((a - b) ** 2, -1), 0.0))"),
    ("a = y_pred[:, 0]", "b = y_pred[:, 1]", "d = a - b", "tf.sqrt(d * d)"),
]


@pytest.mark.parametrize("statements", PARTS)
def test_a_distance_between_parts_of_a_prediction_is_kept_above_zero(
    statements: tuple[str, ...],
) -> None:
    *above, root = statements
    (finding,) = findings(body(*above, f"return {root}"), "root-at-zero")
    assert "the same input twice" in finding.message
    assert finding.severity is Severity.WARNING
    assert "1e-12" in mended("root-at-zero", *above, f"return {root}")


OTHER_PARTS = [
    "tf.norm(y_pred[:, :8] - y_true[:, 8:] - 1.0, axis=1)",
    "tf.sqrt(tf.reduce_sum(tf.square(y_pred[:, :8] - y_pred[:, 8:]), -1) + 1e-6)",
    "tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(y_pred[:, 0] - y_pred[:, 1])), 1e-9))",
    "tf.sqrt(tf.square(y_pred[:, :8] - y_pred[:, 8:] + 1e-6))",
    "tf.reduce_sum(tf.square(y_pred[:, :8] - y_pred[:, 8:]), -1)",
    "tf.norm(y_pred[:, :8] + y_pred[:, 8:], axis=1)",
]


@pytest.mark.parametrize("value", OTHER_PARTS)
def test_other_distances_between_parts_are_left_alone(value: str) -> None:
    assert findings(body(f"return {value}"), "root-at-zero") == ()


@pytest.mark.parametrize(
    "value",
    [
        "tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)) + 1e-7)",
        "tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(y_true - y_pred), -1), 1e-9))",
        "tf.sqrt(tf.square(y_true - y_pred) + tf.keras.backend.epsilon())",
        "tf.sqrt(1.0 + tf.square(y_true - y_pred)) - 1.0",
        "tf.sqrt(tf.reduce_sum(tf.square(y_pred), axis=-1))",
        "tf.sqrt(tf.reduce_sum(tf.square(y_true), axis=-1)) * y_pred",
        "tf.sqrt(tf.abs(y_true - 2.0 * y_pred))",
        "tf.sqrt(tf.square(y_true - y_pred) / y_pred)",
        "tf.sqrt(tf.divide(tf.square(y_true), tf.size(y_pred)))",
        "tf.sqrt(y_pred)",
        "tf.reduce_sum(tf.square(y_true - y_pred), -1) ** 2",
        "tf.abs(y_true - y_pred) ** 1.5",
        "tf.pow(tf.abs(y_true - y_pred), power)",
        "(tf.square(y_true - y_pred) + 1e-6) ** 0.45",
        "tf.abs(y_true - 2.0 * y_pred) ** 0.7",
        "tf.abs(y_true) ** 0.7 * y_pred",
        "tf.math.reduce_std(y_true) * y_pred",
        "tf.norm(y_true, axis=-1) - y_pred",
        "tf.sqrt(tf.square(tf.clip_by_value(y_pred, 0.1, 0.9) - y_true) + 0.1)",
        "math.sqrt(2.0) * tf.abs(y_true - y_pred)",
        "(1 - tversky(y_true, y_pred)) ** 1.5",
        "(1 - tversky(y_true, y_pred)) ** 0.25",
        "tf.pow(1 - tversky(y_true, y_pred), gamma)",
        "(1 - dice_loss(y_true, y_pred)) ** 0.75",
        "tf.pow(1 - y_pred, 0.75) * y_true",
        "(1 - tversky(y_true, y_pred) + 1e-6) ** 0.75",
        "(2 - tversky(y_true, y_pred)) ** 0.75",
        "tf.norm(tf.stack([y_pred, tf.ones_like(y_pred)], -1), axis=-1)",
        "tf.sqrt(tf.cos(y_true) * tf.cos(2.0 * y_pred) * tf.square(y_true - y_pred))",
        "tf.sqrt(tf.reduce_mean((y_pred - tf.reduce_mean(y_true)) ** 2))",
        "tf.sqrt(tf.reduce_mean((y_true - tf.reduce_mean(y_true)) ** 2)) * y_pred",
        "tf.sqrt(tf.reduce_mean((y_pred - tf.reduce_mean(y_pred)) ** 2) + 1e-9)",
    ],
)
def test_a_root_that_stays_clear_of_zero_is_left_alone(value: str) -> None:
    assert findings(body(f"return {value}"), "root-at-zero") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.abs(y_true - y_pred) ** 0.7",
            "tf.maximum(tf.abs(y_true - y_pred), 1e-12) ** 0.7",
        ),
        (
            "tf.pow(tf.square(y_true - y_pred), 3 / 4)",
            "tf.pow(tf.maximum(tf.square(y_true - y_pred), 1e-12), 3 / 4)",
        ),
    ],
)
def test_a_power_below_one_is_a_root(before: str, after: str) -> None:
    assert mended("root-at-zero", f"return {before}") == f"return {after}"


def test_a_power_below_a_half_is_only_reported() -> None:
    (finding,) = findings(body("return tf.abs(y_true - y_pred) ** 0.3"), "root-at-zero")
    assert "next to zero" in finding.reason


MODEL = "model = tf.keras.Sequential([tf.keras.layers.Dense(2{})])\n\n\n"


@pytest.mark.parametrize("outputs", ["y_pred", "y_pred[..., 2:]", "tf.reshape(y_pred, [-1, 2])"])
def test_a_root_of_linear_outputs_is_kept_above_zero(outputs: str) -> None:
    source = MODEL.format("") + body(f"return tf.square(tf.sqrt({outputs}) - tf.sqrt(y_true))")
    assert f"tf.sqrt(tf.maximum({outputs}, 1e-12))" in rewritten(source, "root-at-zero")


@pytest.mark.parametrize(
    ("argument", "outputs"),
    [
        (", activation='softplus'", "y_pred"),
        ("", "tf.abs(y_pred)"),
        ("", "tf.square(y_pred)"),
        ("", "tf.exp(y_pred)"),
        ("", "tf.nn.relu(y_pred) + 1e-6"),
        ("", "y_pred + 1.0"),
    ],
)
def test_a_root_of_outputs_that_may_be_positive_is_left_alone(argument: str, outputs: str) -> None:
    source = MODEL.format(argument) + body(f"return tf.square(tf.sqrt({outputs}) - y_true)")
    assert findings(source, "root-at-zero") == ()


def test_a_norm_of_another_order_is_only_reported() -> None:
    (finding,) = findings(body("return tf.norm(y_true - y_pred, ord=1, axis=-1)"), "root-at-zero")
    assert finding.reason


@pytest.mark.parametrize(
    ("axis", "severity"), [(", axis=-1", Severity.ERROR), ("", Severity.WARNING)]
)
def test_a_perfect_sample_is_worse_than_a_perfect_batch(axis: str, severity: Severity) -> None:
    source = body(f"return tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred){axis}))")
    (finding,) = findings(source, "root-at-zero")
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "-tf.reduce_sum(y_true * tf.math.log(y_pred), axis=-1)",
            "-tf.reduce_sum(y_true * tf.math.log(tf.maximum(y_pred, 1e-12)), axis=-1)",
        ),
        (
            "-y_true * tf.math.log(tf.clip_by_value(y_pred, 0, 1))",
            "-y_true * tf.math.log(tf.maximum(tf.clip_by_value(y_pred, 0, 1), 1e-12))",
        ),
        (
            "-(1 - y_true) * tf.math.log(1 - tf.minimum(y_pred, 1.0))",
            "-(1 - y_true) * tf.math.log(tf.maximum(1 - tf.minimum(y_pred, 1.0), 1e-12))",
        ),
        (
            "-(1 - y_true) * tf.math.log(1 - y_pred)",
            "-(1 - y_true) * tf.math.log(tf.maximum(1 - y_pred, 1e-12))",
        ),
        (
            "-tf.multiply(y_true, tf.math.log(y_pred[..., 1]))",
            "-tf.multiply(y_true, tf.math.log(tf.maximum(y_pred[..., 1], 1e-12)))",
        ),
        (
            "-tf.math.log(tf.reduce_sum(y_true * y_pred, axis=-1))",
            "-tf.math.log(tf.maximum(tf.reduce_sum(y_true * y_pred, axis=-1), 1e-12))",
        ),
        (
            "-tf.math.log(tf.where(y_true > 0.5, y_pred, 1 - y_pred))",
            "-tf.math.log(tf.maximum(tf.where(y_true > 0.5, y_pred, 1 - y_pred), 1e-12))",
        ),
        (
            "-tf.math.log(1.0 - tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred)))",
            "-tf.math.log(tf.maximum("
            "1.0 - tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred)), 1e-12))",
        ),
    ],
)
def test_the_logarithm_of_a_cross_entropy_is_kept_above_zero(before: str, after: str) -> None:
    assert mended("unguarded-log", f"return {before}") == f"return {after}"


GUARDED_LOGS = {
    "log(y_true)": "tf.math.log(tf.maximum(y_true, 1e-12))",
    "log(y_pred)": "tf.math.log(tf.maximum(y_pred, 1e-12))",
    "log(y_true / y_pred)": "tf.math.log(tf.maximum(y_true, 1e-12) / tf.maximum(y_pred, 1e-12))",
}


@pytest.mark.parametrize(
    "divergence",
    [
        "y_true * log(y_true / y_pred)",
        "y_true * (log(y_true) - log(y_pred))",
        "y_true * log(y_true) - y_true * log(y_pred)",
        "y_true * log(y_true / y_pred) - y_true + y_pred",
    ],
)
def test_a_divergence_is_kept_above_zero_on_both_sides(divergence: str) -> None:
    before, after = divergence, divergence
    for short, guarded in GUARDED_LOGS.items():
        before = before.replace(short, f"tf.math.{short}")
        after = after.replace(short, guarded)
    assert mended("unguarded-log", f"return {before}") == f"return {after}"


@pytest.mark.parametrize(
    "value",
    [
        "y_pred * tf.math.log(y_pred / y_true)",
        "y_true * tf.math.log((y_true + 1e-7) / (y_pred + 1e-7))",
        "y_true * (tf.math.log(y_true + 1e-7) - tf.math.log(y_pred + 1e-7))",
        "tf.square(tf.math.log(y_true / y_pred))",
        "y_pred * (tf.math.log(y_true) - 1.0)",
        "-y_true * tf.math.log(y_pred + 1e-7)",
        "-y_true * tf.math.log(tf.clip_by_value(y_pred, 1e-7, 1.0))",
        "-y_true * tf.math.log(tf.maximum(y_pred, 1e-7))",
        "-y_true * tf.math.log(tf.clip_by_value(y_pred, 1e-7, 1))",
        "-(1 - y_true) * tf.math.log(1 - tf.clip_by_value(y_pred, 0, 0.999))",
        "-(1 - y_true) * tf.math.log(1 - tf.minimum(y_pred, 0.99))",
        "-y_true * tf.nn.log_softmax(y_pred)",
        "-y_true * tf.math.log(tf.nn.softmax(y_pred))",
        "-tf.math.log(y_pred)",
        "tf.math.log(y_pred / (2 - y_pred))",
        "tf.math.log(y_pred / (1 - y_true))",
        "tf.math.log((y_pred + 1e-7) / (1 - y_pred + 1e-7))",
        "tf.math.log(y_true / (1 - y_true)) * y_pred",
        "tf.square(y_pred) * tf.math.log(y_pred + 1e-7)",
        "tf.nn.relu(y_pred) * tf.math.log(1 + y_pred)",
        "tf.square(tf.math.log(y_pred) - tf.math.log(y_true))",
        "tf.abs(tf.math.log1p(y_pred) - tf.math.log1p(y_true))",
        "y_pred - y_true * tf.math.log(y_pred * y_pred + 1.0)",
        "y_pred * tf.math.log(y_true)",
        "-tf.math.log(tf.where(y_pred > 0.5, y_pred, 1 - y_pred))",
        "-tf.math.log(tf.where(y_true > 0.5, y_pred + 1e-7, 1 - y_pred + 1e-7))",
        "-tf.math.log(tf.where(y_true > 0.5, y_true, 1 - y_true))",
        "y_pred - tf.math.log(2.0 - tf.where(y_true > 0.5, y_pred, 1 - y_pred))",
    ],
)
def test_other_logarithms_are_left_alone(value: str) -> None:
    assert findings(body(f"return {value}"), "unguarded-log") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.math.log(y_pred / (1 - y_pred))",
            "tf.math.log(tf.maximum(y_pred, 1e-12) / tf.maximum(1 - y_pred, 1e-12))",
        ),
        (
            "-tf.math.log((1.0 - y_pred) / y_pred)",
            "-tf.math.log(tf.maximum(1.0 - y_pred, 1e-12) / tf.maximum(y_pred, 1e-12))",
        ),
        (
            "tf.reduce_sum(y_pred * tf.math.log(y_pred), axis=-1)",
            "tf.reduce_sum(y_pred * tf.math.log(tf.maximum(y_pred, 1e-12)), axis=-1)",
        ),
        (
            "tf.multiply(1 - y_pred, tf.math.log(1 - y_pred))",
            "tf.multiply(1 - y_pred, tf.math.log(tf.maximum(1 - y_pred, 1e-12)))",
        ),
    ],
)
def test_odds_and_entropies_are_kept_above_zero(before: str, after: str) -> None:
    assert mended("unguarded-log", f"return y_true + {before}") == f"return y_true + {after}"


@pytest.mark.parametrize("power", ["(y_true / y_pred[:, 0]) ** k", "tf.pow(y_true, 2.0 * k)"])
def test_what_a_power_is_taken_to_is_no_probability(power: str) -> None:
    lines = "k = y_pred[:, 1]", f"return {power} - y_true * tf.math.log(k)"
    assert findings(body(*lines), "unguarded-log") == ()


def test_a_power_of_a_probability_makes_none_of_it() -> None:
    lines = "p = y_pred", "return (1.0 - p) ** 2.0 - y_true * tf.math.log(p)"
    assert len(findings(body(*lines), "unguarded-log")) == 1


def test_a_clipped_prediction_is_left_alone() -> None:
    for clipped in ("y_pred", "p"):
        source = body(
            f"{clipped} = tf.clip_by_value(y_pred, 1e-7, 1 - 1e-7)",
            f"return -y_true * tf.math.log({clipped})",
        )
        assert findings(source, "unguarded-log") == ()


def test_beside_a_model_of_logits_the_logarithm_is_only_reported() -> None:
    source = body("return -y_true * tf.math.log(y_pred)") + (
        "\nmodel = tf.keras.Sequential([tf.keras.layers.Dense(1)])\nmodel.compile(loss=some_loss)\n"
    )
    (finding,) = findings(source, "unguarded-log")
    assert "from_logits" in finding.reason


F1 = (
    "tp = tf.reduce_sum(y_true * y_pred)",
    "p = tp / tf.reduce_sum(y_pred)",
    "r = tp / tf.reduce_sum(y_true)",
    "f1 = 2 * p * r / (p + r)",
)


def test_a_patched_nan_is_mended_at_its_sources() -> None:
    patch = "f1 = tf.where(tf.math.is_nan(f1), tf.zeros_like(f1), f1)"
    assert mended("patched-nan", *F1, patch, "return 1.0 - f1") == "; ".join(
        (
            F1[0],
            "p = tf.math.divide_no_nan(tp, tf.reduce_sum(y_pred))",
            "r = tf.math.divide_no_nan(tp, tf.reduce_sum(y_true))",
            "f1 = tf.math.divide_no_nan(2 * p * r, p + r)",
            patch,
            "return 1.0 - f1",
        )
    )


PATCH = "error = tf.where(tf.math.is_nan(error), tf.zeros_like(error), error)"


def test_a_prediction_takes_the_place_of_a_target_that_is_no_number() -> None:
    after = mended("patched-nan", "error = tf.square(y_true - y_pred)", PATCH, "return error")
    filled = "tf.where(tf.math.is_nan(y_true), y_pred, y_true)"
    assert after == f"error = tf.square({filled} - y_pred); {PATCH}; return error"


@pytest.mark.parametrize(
    "statements",
    [
        # What is counted is to stay what it was.
        (
            "error = tf.abs(y_true - y_pred)",
            "number = tf.reduce_sum(tf.cast(tf.math.is_nan(y_true), tf.float32))",
            PATCH,
            "return error * number",
        ),
        ("error = tf.exp(y_true - y_pred)", PATCH, "return error"),
        (
            "error = tf.square(y_true - y_pred)",
            "return tf.where(tf.math.is_nan(error), 9.0, error)",
        ),
    ],
)
def test_what_takes_the_place_of_such_a_target_may_be_for_the_author_to_say(
    statements: tuple[str, ...],
) -> None:
    (finding,) = findings(body(*statements), "patched-nan")
    assert "in place of the targets" in finding.reason


@pytest.mark.parametrize(
    "statements",
    [
        ("error = tf.abs(y_true - y_pred)", "known = ~tf.math.is_nan(error)"),
        ("error = tf.abs(y_true - y_pred)", "known = tf.math.is_finite(error)"),
        (
            "scaled = 2.0 * y_true",
            "known = ~tf.math.is_nan(scaled)",
            "error = (scaled - y_pred)**2",
        ),
        ("error = y_pred / tf.reduce_sum(y_true)", "known = ~tf.math.is_nan(error)"),
    ],
)
def test_what_else_reads_whether_it_is_a_number_stays_true(statements: tuple[str, ...]) -> None:
    count = "tf.reduce_sum(tf.cast(known, tf.float32))"
    before = *statements, PATCH, f"return tf.reduce_sum(error) / {count}"
    (finding,) = findings(body(*before), "patched-nan")
    assert "is read for something else, too" in finding.reason
    assert mended("patched-nan", *before) == "; ".join(before)


def test_what_is_patched_twice_is_read_for_nothing_else() -> None:
    again = PATCH.replace("error =", "other =")
    before = "error = tf.square(y_true - y_pred)", again, PATCH, "return error + other"
    filled = "tf.where(tf.math.is_nan(y_true), y_pred, y_true)"
    assert filled in mended("patched-nan", *before)


def test_a_division_within_a_division_is_mended_too() -> None:
    after = mended(
        "patched-nan",
        "x = (y_pred / tf.reduce_sum(y_pred)) / (y_true / tf.reduce_sum(y_true))",
        "return tf.where(tf.math.is_finite(x), x, 0.0)",
    )
    assert after.count("divide_no_nan") == 3


@pytest.mark.parametrize(
    "patch",
    [
        "tf.where(tf.math.is_nan(f1), 1.0, f1)",
        "tf.where(tf.math.is_nan(tf.sqrt(f1)), 0.0, tf.sqrt(f1))",
    ],
)
def test_other_patches_are_only_reported(patch: str) -> None:
    (finding,) = findings(body(*F1, f"return 1.0 - {patch}"), "patched-nan")
    assert finding.reason


@pytest.mark.parametrize(
    "statements",
    [
        ("y_true = tf.where(tf.math.is_nan(y_true), 0.0, y_true)", "return y_true - y_pred"),
        # The slope of a difference is the same wherever it is.
        ("x = y_true - y_pred", "return tf.where(tf.math.is_nan(x), 0.0, x) ** 2"),
        ("x = tf.square(y_pred)", "return tf.where(tf.math.is_nan(x), 0.0, x) - y_true"),
        (
            "x = y_pred / (tf.reduce_sum(y_pred) + 1e-7)",
            "return tf.where(tf.math.is_nan(x), 0.0, x)",
        ),
        ("x = y_pred / 3.0", "return tf.where(tf.math.is_nan(x), 0.0, x)"),
        ("x = tf.abs(y_pred)", "return tf.where(tf.math.is_nan(x), 0.0, x)"),
        (
            "x = tf.math.divide_no_nan(y_pred, tf.reduce_sum(y_true))",
            "return tf.where(tf.math.is_nan(x), 0.0, x)",
        ),
    ],
)
def test_a_patch_that_has_nothing_to_patch_is_left_alone(statements: tuple[str, ...]) -> None:
    assert findings(body(*statements), "patched-nan") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.where(y_pred > 0, tf.math.log(y_pred), 0.0)",
            "tf.where(y_pred > 0, "
            "tf.math.log(tf.where(y_pred > 0, y_pred, tf.ones_like(y_pred))), 0.0)",
        ),
        (
            "tf.where(y_true == 0.0, 0.0, (y_true - y_pred) / y_true)",
            "tf.where(y_true == 0.0, 0.0, "
            "(y_true - y_pred) / tf.where(y_true == 0.0, tf.ones_like(y_true), y_true))",
        ),
        (
            "tf.where(tf.math.is_nan(y_true), 0.0, tf.square(y_true - y_pred))",
            "tf.where(tf.math.is_nan(y_true), 0.0, tf.square("
            "tf.where(tf.math.is_nan(y_true), tf.zeros_like(y_true), y_true) - y_pred))",
        ),
        (
            "tf.where(tf.math.is_finite(y_true), y_true - y_pred, tf.zeros_like(y_pred))",
            "tf.where(tf.math.is_finite(y_true), "
            "tf.where(tf.math.is_finite(y_true), y_true, tf.zeros_like(y_true)) - y_pred, "
            "tf.zeros_like(y_pred))",
        ),
    ],
)
def test_a_branch_gets_harmless_values_where_it_is_not_taken(before: str, after: str) -> None:
    assert mended("unsafe-branch", f"return {before}") == f"return {after}"


@pytest.mark.parametrize(
    "statements",
    [
        (
            "safe = tf.where(y_pred > 0, y_pred, tf.ones_like(y_pred))",
            "return tf.where(y_pred > 0, tf.math.log(safe), 0.0)",
        ),
        ("return tf.where(y_pred > 0, y_pred, 0.0)",),
        ("return tf.where(y_true > 0, tf.abs(y_true - y_pred), 0.0)",),
        ("return tf.where(y_pred > 0, tf.math.log(y_pred + 1.0), 0.0)",),
        ("return tf.where(y_pred > 2.0, tf.sqrt(y_pred), 0.0)",),
        ("return y_pred * tf.where(y_true > 0, tf.math.log(y_true), 0.0)",),
        ("e = tf.abs(y_true - y_pred)", "return tf.where(e < 1.0, 0.5 * e * e, e - 0.5)"),
        ("return tf.where(y_pred < 0, tf.math.log(-y_pred), 0.0)",),
        ("return tf.where(y_true == -1.0, 0.0, tf.square(y_true - y_pred))",),
        ("y_true = tf.where(tf.math.is_nan(y_true), y_pred, y_true)", "return y_true - y_pred"),
    ],
)
def test_a_branch_that_is_finite_everywhere_is_left_alone(statements: tuple[str, ...]) -> None:
    assert findings(body(*statements), "unsafe-branch") == ()


def test_a_branch_that_has_uses_elsewhere_is_only_reported() -> None:
    source = body(
        "low = tf.math.log(y_pred)", "return tf.where(y_pred > 0, low, 0.0) + tf.reduce_sum(low)"
    )
    (finding,) = findings(source, "unsafe-branch")
    assert finding.reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tf.math.log(tf.exp(y_pred) + 1)", "tf.nn.softplus(y_pred)"),
        ("tf.math.log1p(tf.exp(-y_true * y_pred))", "tf.nn.softplus(-y_true * y_pred)"),
        ("tf.math.log1p(tf.exp(-1.0 * y_pred))", "tf.nn.softplus(-1.0 * y_pred)"),
        ("tf.math.log1p(tf.exp(2.0 * tf.abs(y_pred)))", "tf.nn.softplus(2.0 * tf.abs(y_pred))"),
        ("-tf.math.log(tf.sigmoid(y_pred - y_true))", "-tf.math.log_sigmoid(y_pred - y_true)"),
        ("tf.math.log(1.0 - tf.nn.sigmoid(y_pred))", "tf.math.log_sigmoid(-y_pred)"),
        (
            "y_true * tf.math.log(tf.nn.softmax(y_pred, axis=1))",
            "y_true * tf.nn.log_softmax(y_pred, axis=1)",
        ),
        (
            "tf.math.log(tf.reduce_sum(tf.exp(y_pred), axis=-1))",
            "tf.reduce_logsumexp(y_pred, axis=-1)",
        ),
        (
            "tf.math.log(tf.cumsum(tf.exp(y_pred[:, 0]), reverse=True)) - y_true",
            "tf.math.cumulative_logsumexp(y_pred[:, 0], reverse=True) - y_true",
        ),
    ],
)
def test_the_logarithm_of_an_exponential_is_written_without_the_detour(
    before: str, after: str
) -> None:
    assert mended("log-of-exp", f"return {before}") == f"return {after}"


@pytest.mark.parametrize(
    ("above", "below", "kept"),
    [
        ("rate = tf.exp(y_pred)", "tf.math.log(1.0 + rate) - y_true", ""),
        (
            "rate = tf.exp(y_pred)\ntotal = tf.reduce_sum(rate, axis=-1)",
            "tf.math.log(tf.reduce_sum(tf.exp(y_pred), axis=-1)) + total",
            "rate = tf.exp(y_pred)\ntotal = tf.reduce_sum(rate, axis=-1)\n",
        ),
        ("rate = tf.exp(y_pred)", "tf.math.log(1.0 + rate) - rate", "rate = tf.exp(y_pred)\n"),
        ("risk = tf.exp(y_pred)", "y_true * tf.math.log(tf.cumsum(risk))", ""),
        (
            "risk = tf.exp(y_pred)",
            "risk - tf.math.log(tf.cumsum(risk))",
            "risk = tf.exp(y_pred)\n",
        ),
        (
            "rate = tf.exp(y_pred)  # per hour",
            "tf.math.log(1.0 + rate) - y_true",
            "rate = tf.exp(y_pred)  # per hour\n",
        ),
    ],
)
def test_a_name_that_only_the_detour_used_goes(above: str, below: str, kept: str) -> None:
    after = rewritten(body(*above.split("\n"), f"return {below}"), "log-of-exp")
    above_return = body(*kept.splitlines(), "return").rpartition("return")[0]
    assert after.rpartition("return")[0] == above_return


def test_predictions_that_are_squashed_under_their_own_name_keep_one_as_they_come() -> None:
    source = body(
        "# probabilities",
        "y_pred = tf.sigmoid(y_pred)  # squash",
        "rest = (1.0 - y_true) * tf.math.log(1.0 - y_pred)",
        "return -(y_true * tf.math.log(y_pred) + rest) * y_pred",
    )
    assert rewritten(source, "log-of-exp") == body(
        "# probabilities",
        "logits = y_pred",
        "y_pred = tf.sigmoid(y_pred)  # squash",
        "rest = (1.0 - y_true) * tf.math.log_sigmoid(-logits)",
        "return -(y_true * tf.math.log_sigmoid(logits) + rest) * y_pred",
    )
    assert "* tf.nn.log_softmax(logits, axis=1)" in rewritten(
        body("y_pred = tf.nn.softmax(y_pred, axis=1)", "return -y_true * tf.math.log(y_pred)"),
        "log-of-exp",
    )


@pytest.mark.parametrize(
    "statements",
    [
        ("y_pred = tf.nn.softmax(y_pred)", "y_pred = tf.maximum(y_pred, 1e-7)"),
        ("if FLAG:", "    y_pred = tf.nn.softmax(y_pred)"),
        ("y_pred = tf.nn.softmax(y_true)",),
        ("def squash():", "    y_pred = tf.nn.softmax(y_true)"),
        ("y_pred = tf.nn.softmax(y_pred)", "y_pred /= 2.0"),
    ],
)
def test_predictions_that_are_not_squashed_alone_are_left(statements: tuple[str, ...]) -> None:
    source = body(*statements, "return -y_true * tf.math.log(y_pred)")
    assert findings(source, "log-of-exp") == ()


def test_predictions_that_are_cast_and_squashed_at_once_are_reported() -> None:
    source = body(
        "y_pred = tf.nn.softmax(tf.cast(y_pred, tf.float32))", "return -tf.math.log(y_pred)"
    )
    (finding,) = findings(source, "log-of-exp")
    assert "more than once" in finding.reason


@pytest.mark.parametrize(
    ("above", "before", "after"),
    [
        (
            "gain = 0.5 - tf.math.log(tf.exp(y_pred) + 1.0)",
            "gain = gain - tf.math.log(1.0 + tf.exp(gain))",
            "gain = gain - tf.nn.softplus(gain)",
        ),
        (
            "one, two = tf.split(y_pred, 2, axis=-1)",
            "gain = tf.math.log(tf.sigmoid(one - two))",
            "gain = tf.math.log_sigmoid(one - two)",
        ),
        (
            "y_pred = tf.cast(y_pred, tf.float32)",
            "gain = tf.math.log(tf.reduce_sum(tf.exp(y_pred), axis=-1))",
            "gain = tf.reduce_logsumexp(y_pred, axis=-1)",
        ),
    ],
)
def test_what_is_written_within_the_logarithm_may_be_set_as_often_as_it_is(
    above: str, before: str, after: str
) -> None:
    changed = rewritten(body(above, before, "return gain - y_true"), "log-of-exp")
    assert f"    {after}\n" in changed


def test_a_name_that_means_something_else_by_then_keeps_the_logarithm() -> None:
    source = body(
        "gain = 2.0 * y_pred", "rate = tf.exp(gain)", "gain = 0.0", "return tf.math.log1p(rate)"
    )
    (finding,) = findings(source, "log-of-exp")
    assert "more than once" in finding.reason


def test_the_logarithm_of_a_hyperbolic_cosine_names_what_it_uses_twice() -> None:
    assert mended("log-of-exp", "return tf.math.log(tf.cosh(y_pred - y_true))") == (
        "error = y_pred - y_true; return error + tf.nn.softplus(-2.0 * error) "
        "- tf.math.log(tf.cast(2.0, error.dtype))"
    )


@pytest.mark.parametrize(
    "value",
    [
        "tf.math.log(1.0 + tf.abs(y_pred - y_true))",
        "tf.math.log(2.0 + tf.exp(y_pred)) - y_true",
        "tf.math.log(tf.exp(y_pred) + tf.exp(-y_pred)) - y_true",
        "tf.exp(y_pred) - y_true * y_pred",
        "tf.math.log(tf.sigmoid(y_pred) + 1e-7) * y_true",
        "tf.math.log(1.0 - tf.sigmoid(y_true)) * y_pred",
        "tf.nn.softplus(y_pred) - y_true",
        "tf.cosh(y_pred - y_true)",
        "tf.math.log1p(y_pred) - y_true",
        "tf.math.log1p(tf.exp(-tf.math.log(y_pred / (1.0 - y_pred)))) * y_true",
        "tf.math.log(1.0 + tf.exp(y_true)) * y_pred",
        "tf.maximum(y_pred, 0.0) - y_true + tf.math.log1p(tf.exp(-tf.abs(y_pred)))",
        "tf.math.log(1.0 + tf.exp(-1 * tf.abs(y_pred))) - y_true",
        "tf.math.log(1.0 + tf.exp(tf.square(y_pred - y_true) * (-0.5))) * y_true",
        "tf.math.log(1.0 + tf.exp(-tf.abs(y_pred) / 3.0)) - y_true",
        "tf.math.log(1.0 + tf.exp(tf.multiply(-2.0, tf.abs(y_pred)))) - y_true",
        "tf.math.log(1.0 + tf.exp(-tf.abs(y_pred) - tf.square(y_pred))) - y_true",
        "tf.math.log(tf.reduce_sum(tf.exp(y_pred - tf.reduce_max(y_pred)), -1)) - y_true",
        "tf.math.log(tf.cumsum(tf.exp(y_pred - tf.reduce_max(y_pred)))) - y_true",
        "tf.math.log(tf.cumsum(tf.exp(y_pred)) + 1e-7) - y_true",
        "tf.math.log(tf.cumsum(tf.exp(y_pred) * y_true))",
        "tf.math.log(tf.cumsum(tf.exp(y_true))) * y_pred",
        "tf.cumsum(tf.exp(y_pred)) - y_true",
        "tf.math.cumulative_logsumexp(y_pred) - y_true",
    ],
)
def test_other_exponentials_are_left_alone(value: str) -> None:
    assert findings(body(f"return {value}"), "log-of-exp") == ()


@pytest.mark.parametrize("zero", ["0", "0.0", "tf.zeros_like(y_pred)"])
@pytest.mark.parametrize("compared", [">", ">="])
def test_the_opposite_of_a_magnitude_by_its_sign_does_not_overflow(
    zero: str, compared: str
) -> None:
    source = body(
        f"zeros = {zero}",
        f"positive = y_pred {compared} zeros",
        "below = tf.where(positive, -y_pred, y_pred)",
        "return tf.where(positive, y_pred, zeros) - y_pred * y_true + tf.math.log1p(tf.exp(below))",
    )
    assert findings(source, "log-of-exp") == ()
    assert len(findings(source.replace("-y_pred, y_pred", "y_pred, -y_pred"), "log-of-exp")) == 1


def test_a_sum_along_an_axis_by_position_is_only_reported() -> None:
    (finding,) = findings(
        body("return tf.math.log(tf.cumsum(tf.exp(y_pred), 1)) - y_true"), "log-of-exp"
    )
    assert finding.reason == "its arguments are not the usual ones"


def test_terms_of_a_name_that_changes_are_left_alone() -> None:
    source = body(
        "x = y_pred", "r = tf.exp(x)", "x = x - y_true", "return tf.math.log(tf.cumsum(r)) + x"
    )
    assert findings(source, "log-of-exp") == ()


BESIDE = {
    "root-at-zero": "tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)))",
    "unguarded-log": "-tf.reduce_mean(y_true * tf.math.log(y_pred), axis=-1)",
    "empty-denominator": (
        "tf.reduce_sum((y_true - y_pred) * tf.cast(y_true > 0, tf.float32))"
        " / tf.reduce_sum(tf.cast(y_true > 0, tf.float32))"
    ),
    "empty-mean": "tf.reduce_mean(tf.boolean_mask(y_true - y_pred, y_true > 0))",
    "log-of-exp": "tf.math.log(1.0 + tf.exp(y_pred))",
}


@pytest.mark.parametrize("rule", BESIDE)
@pytest.mark.parametrize(
    ("below", "is_told"),
    [
        ("return beside", True),
        ("total = beside + 1.0; return total", True),
        ("return tf.abs(y_true - y_pred)", False),
        ("tf.print(beside); return tf.abs(y_true - y_pred)", False),
        ("total = 2.0 * beside; return tf.abs(y_true - y_pred)", False),
    ],
)
def test_what_is_only_computed_beside_the_loss_is_left_alone(
    rule: str, below: str, is_told: bool
) -> None:
    source = body(f"beside = {BESIDE[rule]}", *below.split("; "))
    assert bool(findings(source, rule)) is is_told


def test_an_exponential_of_a_name_that_changes_is_only_reported() -> None:
    source = body(
        "x = y_pred", "r = tf.exp(x)", "x = x - y_true", "return tf.math.log(1.0 + r) + x"
    )
    (finding,) = findings(source, "log-of-exp")
    assert finding.reason


SOBEL = "edges = tf.image.sobel_edges(y_pred)"
SHIFTED = (
    "dy = y_pred[:, 1:, :-1] - y_pred[:, :-1, :-1]",
    "dx = y_pred[:, :-1, 1:] - y_pred[:, :-1, :-1]",
)
FILTERED = (
    "edge_x = tf.nn.conv2d(y_pred, SOBEL_X, strides=1, padding='SAME')",
    "edge_y = tf.nn.conv2d(y_pred, SOBEL_Y, strides=1, padding='SAME')",
)


@pytest.mark.parametrize(
    ("above", "under"),
    [
        ((SOBEL,), "tf.reduce_sum(tf.square(edges), axis=-1)"),
        ((SOBEL,), "edges[..., 0] ** 2 + edges[..., 1] ** 2"),
        (("dy, dx = tf.image.image_gradients(y_pred)",), "tf.square(dy) + dx * dx"),
        (SHIFTED, "dx ** 2 + dy ** 2"),
        (FILTERED, "tf.square(edge_x) + tf.square(edge_y)"),
    ],
)
def test_the_length_of_edges_is_kept_above_zero(above: tuple[str, ...], under: str) -> None:
    source = body(*above, f"return tf.reduce_mean(tf.sqrt({under}))")
    (finding,) = findings(source, "root-at-zero")
    assert "predictions are flat" in finding.message
    assert f"tf.sqrt(tf.maximum({under}, 1e-12))" in rewritten(source, "root-at-zero")


@pytest.mark.parametrize(
    ("above", "value"),
    [
        ((SOBEL,), "tf.sqrt(tf.reduce_sum(tf.square(edges), axis=-1) + 1e-6)"),
        ((SOBEL,), "tf.sqrt(edges[..., 0] ** 2 + edges[..., 1] ** 2 + 1e-6)"),
        ((SOBEL,), "tf.sqrt(tf.square(edges[..., 0]) + tf.square(y_pred) + 1.0)"),
        ((SOBEL,), "tf.sqrt(tf.reduce_sum(tf.square(edges)))"),
        ((SOBEL,), "tf.abs(edges)"),
        (
            (SOBEL.replace("y_pred", "y_true"),),
            "tf.sqrt(tf.reduce_sum(tf.square(edges), axis=-1)) * y_pred",
        ),
        (FILTERED, "tf.sqrt(tf.square(edge_x) + tf.square(y_pred))"),
        (
            ("blurred = tf.nn.conv2d(y_pred, GAUSSIAN, 1, 'SAME')",),
            "tf.sqrt(blurred ** 2 + blurred ** 2)",
        ),
        (("x, y = y_pred[:, 0], y_pred[:, 1]",), "tf.sqrt(x ** 2 + y ** 2)"),
    ],
)
def test_a_length_that_is_no_edge_or_is_guarded_is_left_alone(
    above: tuple[str, ...], value: str
) -> None:
    assert findings(body(*above, f"return tf.reduce_mean({value})"), "root-at-zero") == ()


@pytest.mark.parametrize(
    "cosine",
    [
        "(tf.exp(x) + tf.exp(-x)) / 2",
        "(tf.exp(-x) + tf.exp(x)) / 2.0",
        "0.5 * (tf.exp(x) + tf.exp(-x))",
    ],
)
def test_a_hyperbolic_cosine_that_is_written_out_is_one(cosine: str) -> None:
    written = mended("log-of-exp", "x = y_pred - y_true", f"return tf.math.log({cosine})")
    assert "x + tf.nn.softplus(-2.0 * x)" in written
    other = cosine.replace("tf.exp(x)", "tf.exp(2.0 * x)")
    kept = mended("log-of-exp", "x = y_pred - y_true", f"return tf.math.log({other})")
    assert "softplus" not in kept


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n    # the rest\n", ""])
def test_no_blank_line_stays_where_the_first_statement_goes(between: str) -> None:
    source = (
        f"{HEAD}    squashed = tf.sigmoid(y_pred)\n{between}    rest = 1.0 - y_true\n"
        "    return -tf.math.log(squashed) * rest\n"
    )
    after = rewritten(source, "log-of-exp")
    assert after.startswith(
        f"{HEAD}{between.strip(chr(10))}".rstrip() + "\n    rest = 1.0 - y_true\n"
    )
