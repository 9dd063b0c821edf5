"""A mean over the whole batch becomes one over the last axis, where nothing depends on its being a scalar."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

MODEL = "\n\nmodel = keras.Sequential([keras.layers.Dense(3)])\n"


def loss_class(value: str, init: str = "", name: str = "GapLoss") -> str:
    return (
        f"class {name}(tf.keras.losses.Loss):\n{init}"
        f"    def call(self, y_true, y_pred):\n        return {value}\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "tf.reduce_mean(tf.square(y_true - y_pred))",
            "tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)",
        ),
        (
            "tf.math.reduce_mean(tf.maximum(y_pred - y_true, 0.0))",
            "tf.math.reduce_mean(tf.maximum(y_pred - y_true, 0.0), axis=-1)",
        ),
        (
            "tf.reduce_mean(\n            tf.abs(\n                y_true - y_pred\n            )\n        )",
            "tf.reduce_mean(\n            tf.abs(\n                y_true - y_pred\n            ),\n"
            "            axis=-1\n        )",
        ),
        (
            "1.0 - tf.reduce_mean(tf.square(y_true - y_pred))",
            "1.0 - tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)",
        ),
        (
            "0.5 * tf.reduce_mean(y_true * y_pred) - tf.reduce_mean(tf.abs(y_pred)) / self.scale",
            "0.5 * tf.reduce_mean(y_true * y_pred, axis=-1) "
            "- tf.reduce_mean(tf.abs(y_pred), axis=-1) / self.scale",
        ),
        (
            "tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1)))",
            "tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred), axis=-1))",
        ),
        (
            "2.0 * tf.reduce_mean(1.0 - tf.reduce_sum(y_true * y_pred, -1))",
            "2.0 * (1.0 - tf.reduce_sum(y_true * y_pred, -1))",
        ),
        (
            "tf.reduce_mean(tf.keras.losses.mse(y_true, y_pred))",
            "tf.keras.losses.mse(y_true, y_pred)",
        ),
    ],
)
def test_the_mean_is_taken_per_sample(before: str, after: str) -> None:
    assert rewritten(loss_class(before) + MODEL, "batch-scalar") == loss_class(after) + MODEL


@pytest.mark.parametrize(
    "value",
    [
        "tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)",
        "tf.reduce_mean(tf.square(y_true - y_pred), 1)",
        "tf.reduce_sum(tf.square(y_true - y_pred))",
        "tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)))",
        "tf.reduce_mean(tf.square(y_true - y_pred)) ** 0.5",
        "tf.reduce_mean(y_true * y_pred) * tf.reduce_mean(tf.abs(y_pred))",
        "1.0 / tf.reduce_mean(tf.square(y_true - y_pred))",
        "tf.reduce_mean(y_true * y_pred) / tf.reduce_max(y_true)",
        "tf.reduce_mean(y_true * y_pred) + tf.reduce_max(tf.abs(y_pred))",
        "tf.reduce_mean(y_true) - tf.reduce_mean(y_true)",
        "tf.reduce_mean(tf.reduce_sum(y_true * y_pred, axis=-1, keepdims=True))",
        "tf.reduce_mean(y_true * tf.reduce_sum(y_true * y_pred, axis=-1))",
        "tf.reduce_mean(tf.keras.losses.mse(y_true, y_pred) * y_pred)",
        "tf.reduce_mean(tf.sort(y_true - y_pred))",
        "tf.reduce_mean(tf.boolean_mask(y_true - y_pred, y_true > 0.0))",
        "tf.reduce_mean(tf.reduce_sum(tf.square(y_true - y_pred), axis=[1, 2]))",
        "tf.reduce_mean(y_pred)",
        "tf.reduce_mean(tf.matmul(y_true, y_pred, transpose_b=True))",
        "tf.reduce_mean(tf.keras.losses.mse(y_true[kept], y_pred[kept]))",
        "tf.reduce_mean(tf.abs(y_pred[0] - y_pred[1]) * y_true)",
        "tf.reduce_mean(tf.keras.losses.mse(y_true, tf.reshape(y_pred, [-1, 4])))",
    ],
)
def test_other_values_are_left_alone(value: str) -> None:
    assert findings(loss_class(value) + MODEL, "batch-scalar") == ()


NAMED = """class GapLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        # how far
        far = tf.reduce_mean(tf.abs(y_true - y_pred))
        high = tf.reduce_mean(tf.maximum(y_pred - y_true, 0.0))  # how high
        {0}
"""


def test_means_that_have_names_are_found_where_they_stand() -> None:
    before = NAMED.format("return far + 3 * high")
    after = before.replace("y_pred))\n", "y_pred), axis=-1)\n").replace("0.0))", "0.0), axis=-1)")
    assert rewritten(before + MODEL, "batch-scalar") == after + MODEL


@pytest.mark.parametrize(
    "last",
    [
        "return far + 3 * high / far",
        "return far + high + high",
        "tf.print(high)\n        return far + high",
        "high = high * far\n        return far + high",
        "if self.short:\n            return far\n        return far + high",
    ],
)
def test_a_name_that_is_read_more_than_once_is_left_alone(last: str) -> None:
    assert findings(NAMED.format(last) + MODEL, "batch-scalar") == ()


def test_a_function_is_left_alone() -> None:
    source = "def gap_loss(y_true, y_pred):\n    return tf.reduce_mean(tf.abs(y_true - y_pred))\n"
    source += MODEL
    assert findings(source, "batch-scalar") == ()


MEAN = "tf.reduce_mean(tf.abs(y_true - y_pred))"


@pytest.mark.parametrize(
    "init",
    [
        "    def __init__(self):\n        super().__init__(reduction='sum')\n\n",
        "    def __init__(self, reduction='none'):\n"
        "        super().__init__(reduction=reduction)\n\n",
        "    def __init__(self):\n"
        "        super().__init__(reduction=tf.keras.losses.Reduction.SUM)\n\n",
    ],
)
def test_another_reduction_is_only_reported(init: str) -> None:
    (finding,) = findings(loss_class(MEAN, init) + MODEL, "batch-scalar")
    assert "reduction" in finding.reason


def test_another_reduction_where_it_is_built_is_only_reported() -> None:
    (finding,) = findings(
        loss_class(MEAN) + "\n\nloss = GapLoss(reduction='sum')\n" + MODEL, "batch-scalar"
    )
    assert "reduction" in finding.reason


def test_the_reduction_of_another_class_does_not_matter() -> None:
    source = loss_class(MEAN) + "\n\nother = OtherLoss(reduction='sum')\n" + MODEL
    assert "axis=-1" in rewritten(source, "batch-scalar")


def test_the_usual_reduction_does_not_matter() -> None:
    init = (
        "    def __init__(self, reduction='sum_over_batch_size'):\n"
        "        super().__init__(reduction=reduction)\n\n"
    )
    assert "axis=-1" in rewritten(loss_class(MEAN, init) + MODEL, "batch-scalar")


def test_a_batch_that_is_read_as_a_series_has_no_value_per_sample() -> None:
    code = """
        class LagLoss(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true[1:] - y_pred[1:]))


        model = keras.Sequential([keras.layers.Dense(3)])
    """
    assert findings(code, "batch-scalar") == ()
    assert len(findings(code.replace("[1:]", "[:, 1:]"), "batch-scalar")) == 1


def test_what_a_mask_selects_has_another_number_of_samples() -> None:
    code = """
        class KnownLoss(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                known = y_true > -1.0
                labels = tf.boolean_mask(y_true, known)
                scores = tf.boolean_mask(y_pred, known)
                return tf.reduce_mean(tf.keras.losses.mse(labels, scores))


        model = keras.Sequential([keras.layers.Dense(3)])
    """
    assert findings(code, "batch-scalar") == ()


@pytest.mark.parametrize(
    ("layer", "reported"),
    [
        ("layers.Conv2D(1, 1, activation='sigmoid')", True),
        ("layers.Conv1DTranspose(3, 3)", True),
        ("layers.LSTM(8, return_sequences=True)", True),
        ("layers.TimeDistributed(layers.Dense(2))", True),
        ("layers.Reshape((28, 28))", True),
        ("layers.Reshape((28,))", False),
        ("layers.LSTM(8, return_sequences=False)", False),
        ("layers.Dense(2)", False),
    ],
)
def test_a_model_of_images_or_sequences_keeps_a_loss_that_takes_a_weight_per_sample(
    layer: str, reported: bool
) -> None:
    model = (
        f"\n\nmodel = keras.Sequential([layers.Dense(4), {layer}])\nmodel.compile(loss=GapLoss())\n"
    )
    (finding,) = findings(loss_class(MEAN) + model, "batch-scalar")
    assert ("weights are one per sample" in finding.reason) is reported


def test_where_no_model_is_seen_a_sample_may_be_an_image_with_one_weight() -> None:
    assert findings(loss_class(MEAN), "batch-scalar") == ()


def test_one_model_of_images_among_others_decides() -> None:
    source = loss_class(MEAN) + MODEL + MODEL.replace("Dense(3)", "Conv2D(3, 1)")
    (finding,) = findings(source, "batch-scalar")
    assert "a model of this file gives more than one vector per sample" in finding.reason
