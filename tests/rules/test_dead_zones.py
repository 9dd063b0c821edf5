"""LF206 to LF215: what counts, picks positions, saturates, is clipped, or only seems to have a gradient."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten


def loss(body: str, name: str = "zone_loss") -> str:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    above = "AREA = tf.keras.metrics.AUC()\n\n\n    " if "AREA" in body else ""
    return f"""
    {above}def {name}(y_true, y_pred):
        {inner}
    """


def compiled(body: str, name: str, head: str = "") -> str:
    return loss(body, name) + f"""

    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1{head})])
    model.compile(optimizer="adam", loss={name})
    """


TABLE = (
    "tf.math.confusion_matrix(tf.argmax(y_true, -1), tf.argmax(y_pred, -1), num_classes=4{more})"
)


def test_a_confusion_matrix_becomes_the_expected_one() -> None:
    body = f"return -tf.linalg.trace({TABLE.format(more=', dtype=tf.float32')})"
    text = rewritten(loss(body), "count-table")
    assert "tf.nn.softmax(steepness * y_pred), transpose_a=True)" in text


def test_the_cast_of_a_confusion_matrix_goes_with_it() -> None:
    body = f"return -tf.linalg.trace(tf.cast({TABLE.format(more='')}, tf.float32))"
    text = rewritten(loss(body), "count-table")
    assert "tf.cast(" not in text
    assert "tf.matmul(" in text


FOUND = {
    "count-table": [
        "return tf.reduce_mean(tf.histogram_fixed_width(y_pred, [0.0, 1.0]) // 2)",
        "return tf.reduce_mean(tf.math.bincount(tf.argmax(y_pred, -1), dtype=tf.float32))",
        "return -tf.linalg.trace(tf.math.confusion_matrix(tf.argmax(y_true, -1), tf.argmax(y_pred, -1)))",
    ],
    "position": [
        "return tf.reduce_mean(tf.cast(tf.argsort(y_pred), tf.float32) - y_true)",
        "return tf.reduce_mean(tf.cast(tf.argsort(tf.argsort(y_pred, axis=0), axis=0), tf.float32))",
        "return tf.reduce_mean(tf.cast(tf.argsort(tf.argsort(y_pred, stable=True)), tf.float32))",
        "return tf.reduce_mean(tf.where(tf.math.in_top_k(LABELS, y_pred, k=2), 1.0, 0.0))",
        "_, best = tf.math.top_k(y_pred, k=3)\nreturn -tf.reduce_mean(tf.gather(y_true, best, batch_dims=1))",
        "return -tf.reduce_mean(tf.gather(y_true, tf.nn.top_k(y_pred, 3).indices, batch_dims=1))",
        "best = tf.nn.top_k(y_pred, 3)[1]\nreturn -tf.reduce_sum(tf.gather(y_true, best, batch_dims=1))",
    ],
    "metric-as-loss": [
        "return 1.0 - tf.keras.metrics.binary_accuracy(y_true, y_pred)",
        "return 1.0 - tf.keras.metrics.AUC()(y_true, y_pred)",
        "AREA.update_state(y_true, y_pred)\nreturn 1.0 - AREA.result()",
    ],
    "clipped-loss": [
        "return tf.clip_by_value(tf.abs(y_true - y_pred), 0.0, 1.0)",
        "return tf.reduce_mean(tf.clip_by_value(tf.abs(y_true - y_pred), 0.0, 5.0))",
        "return tf.minimum(tf.reduce_mean(tf.abs(y_true - y_pred)), 1.0)",
        "error = tf.reduce_mean(tf.abs(y_true - y_pred))\nreturn tf.minimum(2.0, error)",
    ],
    "saturated-sigmoid": [
        "return tf.reduce_mean(tf.abs(y_true - tf.sigmoid(1e4 * (y_pred - 0.9))))",
        "return tf.reduce_mean(tf.abs(y_true - tf.tanh(-5000.0 * y_pred)))",
        "z = 1 / (1 + tf.exp(-1e4 * (y_pred - 0.5)))\nreturn tf.reduce_mean(tf.abs(y_true - z))",
    ],
    "fake-gradient": [
        "return tf.reduce_mean(y_true) + 0.0 * tf.reduce_sum(y_pred)",
        "return tf.reduce_mean(tf.cast(y_pred > 0.5, tf.float32)) + tf.reduce_sum(y_pred) * 0",
        "zero = 0.0 * y_pred\nreturn tf.reduce_mean(y_true) + zero * 0.0",
    ],
}


@pytest.mark.parametrize(
    ("rule", "body"), [(rule, body) for rule, bodies in FOUND.items() for body in bodies]
)
def test_it_is_reported_with_a_reason_and_left(rule: str, body: str) -> None:
    (finding,) = findings(loss(body), rule)
    assert finding.reason
    assert rewritten(loss(body), rule) == lines(loss(body))


FINE = {
    "count-table": [
        "return tf.reduce_mean(y_pred) * tf.cast(tf.math.bincount(LABELS)[0], tf.float32)",
        "return tf.reduce_mean(tf.square(y_true - y_pred))",
    ],
    "position": [
        "return tf.reduce_mean(tf.gather(y_pred, tf.argsort(y_pred), batch_dims=1))",
        "return tf.reduce_mean(tf.sort(y_pred))",
        "return tf.reduce_mean(tf.gather(y_pred, tf.where(y_true > 0.5)[:, 0]))",
        "return tf.reduce_mean(tf.math.top_k(y_pred, 3)[0])",
        "worst, _ = tf.math.top_k(tf.abs(y_true - y_pred), 3)\nreturn tf.reduce_mean(worst)",
        "e = tf.abs(y_true - y_pred)\n_, at = tf.math.top_k(e, 3)\nreturn tf.gather(e, at, batch_dims=1)",
        "e = tf.abs(y_true - y_pred)\nv, at = tf.nn.top_k(e, 3)\nreturn v * tf.gather(y_true, at, axis=-1)",
        "_, at = tf.math.top_k(y_true, 3)\nreturn -tf.reduce_mean(tf.gather(y_pred, at, batch_dims=1))",
        "_, at = tf.math.top_k(y_pred, 3)\ntf.print(at)\nreturn tf.reduce_mean(tf.abs(y_true - y_pred))",
    ],
    "metric-as-loss": [
        "return tf.keras.metrics.mean_squared_error(y_true, y_pred)",
        "return tf.keras.losses.binary_crossentropy(y_true, y_pred)",
        "return tf.reduce_mean(y_pred) * tf.keras.metrics.binary_accuracy(y_true, y_true)",
        "AREA.update_state(y_true, y_pred)\ntf.print(AREA.result())\nreturn tf.abs(y_true - y_pred)",
        "AREA.update_state(y_true, y_true)\nreturn AREA.result() * tf.abs(y_true - y_pred)",
    ],
    "clipped-loss": [
        "return tf.reduce_mean(tf.abs(y_true - tf.clip_by_value(y_pred, 0.0, 1.0)))",
        "return tf.clip_by_value(tf.abs(y_true - y_pred), 1e-7, 1e7)",
        "return -tf.reduce_mean(y_true * tf.math.log(tf.clip_by_value(y_pred, 1e-7, 1.0)))",
        "return tf.clip_by_value(y_pred, 0.0, 1.0)",
        "return tf.reduce_mean(tf.minimum(tf.abs(y_true - y_pred), 1.0))",
        "return tf.minimum(tf.reduce_mean(tf.abs(y_true - y_pred)), tf.reduce_mean(tf.abs(y_pred)))",
        "return tf.minimum(tf.reduce_mean(tf.abs(y_true - y_pred)), 1e6)",
    ],
    "saturated-sigmoid": [
        "return tf.reduce_mean(tf.abs(y_true - tf.sigmoid(20.0 * y_pred)))",
        "return tf.reduce_mean(tf.abs(y_true - 1 / (1 + tf.exp(-20.0 * y_pred))))",
        "return tf.reduce_mean(y_pred / (1 + tf.exp(-1e4 * y_true)))",
        "return tf.reduce_mean(1 / (2000.0 + tf.square(1e4 * y_pred)))",
        "return tf.reduce_mean(y_pred * tf.sigmoid(1e4 * y_true))",
        "return tf.reduce_mean(1e4 * tf.sigmoid(y_pred) - y_true)",
    ],
    "fake-gradient": [
        "return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.0 * tf.reduce_sum(y_pred)",
        "return 0.5 * tf.reduce_sum(y_pred)",
        "return tf.reduce_mean(y_true)",
        # Zero on purpose, for an output that is not to be learnt.
        "return tf.reduce_mean(0.0 * y_true + 0.0 * y_pred, axis=-1)",
        "zero = 0 * tf.square(y_true - y_pred)\nreturn tf.reduce_mean(zero)",
    ],
}


@pytest.mark.parametrize(
    ("rule", "body"), [(rule, body) for rule, bodies in FINE.items() for body in bodies]
)
def test_what_has_a_gradient_is_not_mentioned(rule: str, body: str) -> None:
    assert findings(loss(body), rule) == ()


def test_positions_at_which_predictions_are_overwritten_are_reported() -> None:
    body = """
    on = tf.where(y_pred >= 0.5)
    mask = tf.tensor_scatter_nd_update(y_pred, on, tf.ones(tf.shape(on)[0]))
    return tf.reduce_mean(tf.square(mask - y_true))
    """
    assert len(findings(loss(body), "position")) == 1


def test_a_rank_that_a_function_of_its_own_gives_is_reported() -> None:
    source = """
    def rank(x):
        return tf.cast(tf.argsort(tf.argsort(x, axis=-1), axis=-1), tf.float32)


    def rank_loss(y_true, y_pred):
        return tf.reduce_mean(tf.square(rank(y_true) - rank(y_pred)))
    """
    (finding,) = findings(source, "position")
    assert "`tf.argsort(tf.argsort(x, axis=-1), axis=-1)`" in finding.message


CLIPPED = "return tf.square(y_true - tf.clip_by_value(y_pred, 0.0, 1.0))"


def test_a_clip_of_a_linear_output_is_reported() -> None:
    assert len(findings(compiled(CLIPPED, "share_loss"), "clipped-prediction")) == 1


@pytest.mark.parametrize(
    "source",
    [
        compiled(CLIPPED, "share_loss", ', activation="sigmoid"'),
        loss(CLIPPED),
        compiled("return y_true - tf.clip_by_value(y_pred, 1e-7, 1 - 1e-7)", "share_loss"),
        compiled("return y_pred - tf.clip_by_value(y_true, 0.0, 1.0)", "share_loss"),
    ],
)
def test_a_clip_that_may_be_right_is_not_mentioned(source: str) -> None:
    assert findings(source, "clipped-prediction") == ()


DICE = """
overlap = tf.reduce_sum(y_true * y_pred)
return {sign}2.0 * overlap / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1e-6)
"""


def test_a_score_that_is_returned_as_it_is_is_reported() -> None:
    assert len(findings(compiled(DICE.format(sign=""), "dice_coef"), "maximised-metric")) == 1


@pytest.mark.parametrize(
    "source",
    [
        compiled(DICE.format(sign="1.0 - "), "dice_coef"),
        compiled(DICE.format(sign="-"), "dice_coef"),
        compiled(DICE.format(sign=""), "dice_loss"),
        loss(DICE.format(sign=""), "dice_coef"),
        compiled("return -tf.reduce_mean(y_true * y_pred)", "score"),
        compiled("return tf.reduce_mean(y_true * y_pred)", "wasserstein"),
        compiled("return tf.reduce_sum(tf.abs(y_true - y_pred)) / 4.0", "f1"),
    ],
)
def test_a_loss_that_falls_as_predictions_get_better_is_not_mentioned(source: str) -> None:
    assert findings(source, "maximised-metric") == ()


RENAMED = """
bins = tf.histogram_fixed_width(y_pred, [0.0, 1.0], nbins=8)
{between}
bins = tf.cast(bins, tf.float32) / 8.0
{after}
return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_max(tf.abs(bins - 1.0))
"""


@pytest.mark.parametrize("between", ["", "bins = bins + 1"])
def test_what_is_set_anew_from_itself_still_gets_into_the_loss(between: str) -> None:
    source = loss(RENAMED.format(between=between, after=""))
    assert [each.code for each in findings(source, "count-table")] == ["LF206"]


def test_what_is_set_anew_from_itself_and_then_dropped_does_not_get_into_the_loss() -> None:
    source = loss(RENAMED.format(between="", after="bins = tf.reduce_mean(y_true)"))
    assert findings(source, "count-table") == ()


def test_what_is_set_anew_from_itself_may_weigh_something_alive() -> None:
    source = loss(RENAMED.format(between="", after="bins = bins * tf.reduce_mean(y_pred)"))
    assert findings(source, "count-table") == ()


R2 = """
error = tf.reduce_sum(tf.square(y_true - y_pred))
spread = tf.reduce_sum(tf.square(y_true - tf.reduce_mean(y_true)))
return {value}
"""


@pytest.mark.parametrize(
    "value",
    [
        "1 - error / spread",
        "1.0 - error / (spread + 1e-7)",
        "(1 - tf.math.divide_no_nan(error, spread))",
    ],
)
@pytest.mark.parametrize("name", ["r2", "r2_loss"])
def test_one_minus_an_error_grows_with_the_predictions(name: str, value: str) -> None:
    (finding,) = findings(compiled(R2.format(value=value), name), "maximised-metric")
    assert "the error that is subtracted" in finding.reason


@pytest.mark.parametrize(
    "value",
    [
        "error / spread",
        "1 - (1 - error / spread)",
        "error - 1",
        "1 - tf.exp(-error)",
        "1 - spread / error",
        "1 - tf.reduce_sum(y_true * y_pred) / spread",
        "spread - y_pred * error",
    ],
)
def test_an_error_that_is_minimised_is_no_score(value: str) -> None:
    assert findings(compiled(R2.format(value=value), "r2"), "maximised-metric") == ()


def test_a_score_that_no_model_is_compiled_with_may_grow() -> None:
    assert (
        findings(loss(R2.format(value="1 - error / spread"), "r2_loss"), "maximised-metric") == ()
    )


IMAGES = "tf.image.{score}(y_true, y_pred, max_val=1.0)"


@pytest.mark.parametrize("score", ["ssim", "ssim_multiscale", "psnr"])
@pytest.mark.parametrize("name", ["likeness", "likeness_loss"])
def test_a_likeness_of_images_that_is_returned_as_it_is_is_reported(score: str, name: str) -> None:
    value = IMAGES.format(score=score)
    found = findings(compiled(f"return tf.reduce_mean({value})", name), "maximised-metric")
    assert len(found) == 1


def test_a_class_that_returns_a_likeness_of_images_as_it_is_is_reported() -> None:
    source = f"""
        class LikenessLoss(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                score = {IMAGES.format(score="ssim")}
                return score
    """
    assert len(findings(source, "maximised-metric")) == 1


@pytest.mark.parametrize(
    "source",
    [
        compiled(f"return 1.0 - tf.reduce_mean({IMAGES.format(score='ssim')})", "likeness_loss"),
        compiled(f"return -{IMAGES.format(score='psnr')}", "likeness_loss"),
        compiled("return tf.image.ssim(y_true, y_pred, 1.0) * tf.abs(y_pred)", "likeness_loss"),
        compiled("return tf.image.total_variation(y_pred)", "variation_loss"),
        loss(f"return tf.reduce_mean({IMAGES.format(score='ssim')})", "likeness_loss"),
    ],
)
def test_a_likeness_of_images_that_is_turned_round_is_not_mentioned(source: str) -> None:
    assert findings(source, "maximised-metric") == ()
