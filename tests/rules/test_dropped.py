"""Arguments that a constructor takes and drops, and results that are computed and dropped."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

GAP = """
    class GapLoss(tf.keras.losses.Loss):
        def __init__(self, {parameters}):
            {body}

        def call(self, y_true, y_pred):
            return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""


def gap(parameters: str, body: str) -> str:
    return lines(GAP.replace("{parameters}", parameters).replace("{body}", body))


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ('reduction="sum", name="gap"', "super().__init__(reduction=reduction, name=name)"),
        ('reduction="sum", name="gap"', "super().__init__(name, reduction)"),
        ("weight=1.0, **kwargs", "super().__init__(**kwargs)"),
        (
            "reduction, name=None, **kwargs",
            "super().__init__(reduction=reduction, name=name)",
        ),
        ("weight=1.0", "super().__init__()"),
        ('name="gap", **kwargs', 'super().__init__(**{"name": name, **kwargs})'),
        ('name="gap"', 'super().__init__(name=f"{name}_loss")'),
        (
            'reduction="none"',
            'super().__init__()\n            self.per_sample = reduction == "none"',
        ),
        ('name="gap"', "self.title = name"),
        ("**kwargs", 'super().__init__(name=kwargs.get("name", "gap"))'),
        (
            "name=None",
            "if name:\n                super().__init__(name=name)\n"
            "            else:\n                super().__init__()",
        ),
    ],
)
def test_what_is_passed_on_or_read_is_not_dropped(parameters: str, body: str) -> None:
    assert findings(gap(parameters, body), "swallowed-argument") == ()


@pytest.mark.parametrize(
    ("parameters", "call", "after"),
    [
        ('name="gap_loss"', "super().__init__()", "super().__init__(name=name)"),
        (
            'reduction="auto", name="gap"',
            "super().__init__()",
            "super().__init__(reduction=reduction)",
        ),
        ("name=None", "super().__init__()", "super().__init__(name=name)"),
        (
            'reduction="auto", name="gap"',
            "super().__init__(name=name)",
            "super().__init__(name=name, reduction=reduction)",
        ),
        (
            "reduction=tf.keras.losses.Reduction.AUTO",
            "super(GapLoss, self).__init__()",
            "super(GapLoss, self).__init__(reduction=reduction)",
        ),
        (
            "dtype=None",
            "tf.keras.losses.Loss.__init__(self)",
            "tf.keras.losses.Loss.__init__(self, dtype=dtype)",
        ),
        ("weight, reduction", "super().__init__()", "super().__init__(reduction=reduction)"),
    ],
)
def test_what_is_dropped_is_passed_on(parameters: str, call: str, after: str) -> None:
    assert rewritten(gap(parameters, call), "swallowed-argument") == gap(parameters, after)


@pytest.mark.parametrize(
    ("parameters", "call", "reason"),
    [
        ('reduction="none"', "super().__init__()", "would change what the loss gives"),
        ('name="gap"', "super().__init__()", "would change what Keras calls the loss"),
        ("name=TITLE", "super().__init__()", "would change what Keras calls the loss"),
        ("reduction=None", "super().__init__()", "would change what the loss gives"),
        ("reduction=SUM", "super().__init__()", "would change what the loss gives"),
        ('name="gap_loss", reduction="auto"', "super().__init__(name)", "positional"),
        ("weight=1.0, **kwargs", "super().__init__()", "more than its parent takes"),
    ],
)
def test_what_would_change_the_loss_is_reported(parameters: str, call: str, reason: str) -> None:
    (finding,) = findings(gap(parameters, call), "swallowed-argument")
    assert reason in finding.reason


def test_what_has_a_parameter_of_its_own_is_not_said_to_be_dropped() -> None:
    (finding,) = findings(
        gap("reduction, **kwargs", "super().__init__(reduction=reduction)"), "swallowed-argument"
    )
    assert finding.message.endswith("drops them, `name` among them")


@pytest.mark.parametrize(
    "line",
    [
        "tf.print(tf.reduce_mean(y_pred))",
        "tf.debugging.assert_near(y_true, y_pred)",
        "tf.debugging.check_numerics(y_pred, 'predictions')",
        "tf.ensure_shape(y_pred, [None, 1])",
        "tf.summary.scalar('mean', tf.reduce_mean(y_pred))",
        "seen.assign(tf.reduce_mean(y_pred))",
        "y_pred.set_shape([None, 1])",
        "y_pred.shape.assert_has_rank(2)",
        "tf.cast(3, tf.float32)",
        "y_pred = tf.clip_by_value(y_pred, 0.0, 1.0)",
        "terms.append(tf.abs(y_pred))",
        "print(tf.abs(y_pred))",
        "[tf.print(each) for each in (y_true, y_pred)]",
        "_ = tf.abs(y_pred)",
    ],
)
def test_what_shows_checks_or_keeps_is_no_dropped_result(line: str) -> None:
    code = f"""
        def some_loss(y_true, y_pred):
            terms = []
            {line}
            return tf.abs(y_true - y_pred)
    """
    assert findings(code, "dropped-result") == ()


@pytest.mark.parametrize(
    "line",
    [
        "tf.clip_by_value(y_pred, 0.0, 1.0)",
        "tf.cast(y_true, tf.float32)",
        "tf.reshape(y_true, [-1])",
        "tf.keras.backend.clip(y_pred, 0.0, 1.0)",
        "tf.math.l2_normalize(tf.abs(y_pred), axis=-1)",
    ],
)
def test_an_operation_on_a_line_of_its_own_has_no_effect(line: str) -> None:
    code = f"""
        def some_loss(y_true, y_pred):
            {line}
            return tf.abs(y_true - y_pred)
    """
    (finding,) = findings(code, "dropped-result")
    assert "has no effect" in finding.message


def test_what_a_function_was_to_return_is_told_as_that() -> None:
    code = """
        def some_loss(y_true, y_pred):
            tf.abs(y_true - y_pred)
    """
    assert findings(code, "dropped-result") == ()
    assert len(findings(code, "missing-return")) == 1
