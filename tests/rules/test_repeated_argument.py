"""What TensorFlow has to read several times where NumPy was given it once."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.model import Safety

RULE = "numpy-call"
SUM = "tf.reduce_sum(tf.where(tf.math.is_nan({0}), tf.zeros_like({0}), {0}))"
MEAN = SUM + " / tf.reduce_sum(tf.cast(~tf.math.is_nan({0}), {0}.dtype))"


USE = "\n\nmodel.compile(loss=some_loss)\n"


def loss(*statements: str) -> str:
    body = "".join(f"    {each}\n" for each in statements)
    return f"def some_loss(y_true, y_pred):\n{body}{USE}"


def squeezed(text: str) -> str:
    """A text without its line breaks and commas that a layout puts in."""
    return "".join(text.split()).replace(",)", ")")


def assert_rewritten(before: str, after: str, *rules: str) -> None:
    assert squeezed(rewritten(before, *(rules or (RULE,)))) == squeezed(after)


@pytest.mark.parametrize(
    ("call", "name", "value", "after"),
    [
        ("np.nansum(np.square(y_true - y_pred))", "error", "tf.square(y_true - y_pred)", SUM),
        ("np.nanmean(np.abs(y_true - y_pred))", "error", "tf.abs(y_true - y_pred)", MEAN),
        ("np.nansum(y_pred * 2)", "values", "y_pred * 2", SUM),
        ("2 * np.nansum(tf.exp(y_pred)) + 1", "values", "tf.exp(y_pred)", f"2 * {SUM} + 1"),
        ("np.trunc(y_pred + 1)", "values", "y_pred + 1", "tf.sign({0}) * tf.floor(tf.abs({0}))"),
    ],
)
def test_an_expression_gets_a_name(call: str, name: str, value: str, after: str) -> None:
    assert_rewritten(
        loss(f"return {call}"), loss(f"{name} = {value}", f"return {after.format(name)}")
    )


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    before = ("error = y_true - y_pred", "return np.nansum(np.abs(y_true - y_pred)) + error")
    name, value = "difference", "tf.abs(y_true - y_pred)"
    assert_rewritten(
        loss(*before), loss(before[0], f"{name} = {value}", f"return {SUM.format(name)} + error")
    )


def test_each_of_several_gets_a_name() -> None:
    call = "np.nansum(np.nansum(y_true - y_pred, axis=1) * 2)"
    after = rewritten(loss(f"return {call}"), RULE)
    assert "np." not in after
    assert after.count("y_true - y_pred") == 1
    assert after.count("* 2") == 1


def test_within_a_block_the_name_stands_in_the_block() -> None:
    before = """
        def some_loss(y_true, y_pred):
            if y_pred.shape[-1] == 1:
                # Gaps count for nothing.
                total = np.nansum(y_true - y_pred)  # of all
                return total
            return y_pred

        model.compile(loss=some_loss)
        """
    after = rewritten(before, RULE)
    expected = lines(before).replace("y_true - y_pred", "error")
    expected = expected.replace("np.nansum(error)", SUM.format("error"))
    expected = expected.replace("        total", "        error = y_true - y_pred\n        total")
    assert squeezed(after) == squeezed(expected)


def test_a_comment_in_the_argument_is_kept_once() -> None:
    before = lines("""
        def some_loss(y_true, y_pred):
            return np.nansum(
                (
                    y_true  # observed
                    - y_pred
                )
            )

        model.compile(loss=some_loss)
        """)
    after = rewritten(before, RULE)
    assert after.count("# observed") == 1
    assert after.count("- y_pred") == 1


@pytest.mark.parametrize("value", ["y_pred", "y_pred[..., 0]", "y_pred[:, 1:]"])
def test_what_is_short_needs_no_name(value: str) -> None:
    assert_rewritten(loss(f"return np.nansum({value})"), loss(f"return {SUM.format(value)}"))


def test_short_arguments_that_are_repeated_get_no_name() -> None:
    after = rewritten(loss("return np.nanmean(y_pred, axis=(-2, -1), keepdims=True)"), RULE)
    assert after.count("axis=(-2, -1)") == 2
    assert "=y_pred" not in squeezed(after)


def test_what_is_written_once_gets_no_name() -> None:
    assert_rewritten(
        loss("return np.mean(np.abs(y_true - y_pred))"),
        loss("return tf.reduce_mean(tf.abs(y_true - y_pred))"),
    )


@pytest.mark.parametrize(
    "statement",
    [
        "return sum([{}, y_pred])",
        "return y_pred if y_pred.shape[-1] == 2 else {}",
        "return sum([{} for row in (1, 2)])",
        "return (lambda: {})()",
        "return WEIGHTED and {}",
        "twice = 2 * y_pred; return {} + twice",
        "return tf.abs(gap := y_true - y_pred) + {}",
    ],
)
def test_where_no_statement_can_stand_before_it_there_is_none(statement: str) -> None:
    before = loss(statement.format("np.nansum(np.square(y_true - y_pred))"))
    assert [each.reason for each in findings(before, RULE)] == ["", ""]
    value = "tf.square(y_true - y_pred)"
    if statement.startswith("return sum([{},"):
        expected = loss(f"error = {value}", statement.format(SUM.format("error")))
    else:
        expected = loss(statement.format(SUM.format(value)))
    assert_rewritten(before, expected)


def test_what_cannot_be_rewritten_is_not_written_several_times() -> None:
    gap = "np.nansum(np.sinc(y_true - y_pred))"
    outer, inner = findings(loss(f"return (lambda: {gap})()"), RULE)
    assert outer.safety is inner.safety is Safety.MANUAL
    assert "`np.sinc` in its argument" in outer.reason
    assert "3 times" in outer.reason
    # On a line of its own it stands once.
    after = rewritten(loss(f"return {gap}"), RULE)
    assert after.count("np.sinc") == 1
    assert "np.nansum" not in after


@pytest.mark.parametrize("value", ["np.square(y_true - y_pred)", "np.abs(y_true - y_pred)"])
def test_a_named_error_keeps_its_gradient_where_a_target_is_missing(value: str) -> None:
    after = rewritten(loss(f"return np.nansum({value})"), RULE, "patched-nan")
    filled = "tf.where(tf.math.is_nan(y_true), y_pred, y_true) - y_pred"
    assert squeezed(f"({filled})") in squeezed(after)
    assert findings(after, RULE, "patched-nan") == ()


@pytest.mark.parametrize("form", ["return {}", "return (lambda: {})()"])
def test_a_mean_counts_the_targets_that_are_missing_as_before(form: str) -> None:
    after = rewritten(loss(form.format("np.nanmean(np.abs(y_true - y_pred))")), RULE, "patched-nan")
    assert "tf.math.is_nan(y_true)" not in after
    (finding,) = findings(after, "patched-nan")
    assert "take that from `tf.math.is_nan(y_true)`" in finding.reason


def test_within_a_class_too() -> None:
    source = """
        class GapLoss(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                return np.nansum(np.square(y_true - y_pred))
        """
    after = rewritten(source, RULE, "patched-nan")
    assert findings(after, RULE, "patched-nan") == ()


def test_where_the_error_has_no_name_the_reason_says_what_to_do() -> None:
    source = loss("return (lambda: np.nansum(np.square(y_true - y_pred)))()")
    (finding,) = findings(rewritten(source, RULE), "patched-nan")
    assert "tf.where(tf.math.is_nan(y_true), y_pred, y_true)" in finding.reason
