"""Conversions of tensors to arrays and numbers."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

from lossfix.model import Severity

RULE = "numpy-round-trip"


def loss(*lines: str) -> str:
    return "def some_loss(y_true, y_pred):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["return tf.abs(y_pred.numpy())"], ["return tf.abs(y_pred)"]),
        (["return tf.abs(y_pred.eval(session=SESSION))"], ["return tf.abs(y_pred)"]),
        (["return tf.abs(y_pred.eval(SESSION))"], ["return tf.abs(y_pred)"]),
        (["return tf.abs(tf.keras.backend.eval(y_pred))"], ["return tf.abs(y_pred)"]),
        (["return float(tf.reduce_mean(y_pred))"], ["return tf.reduce_mean(y_pred)"]),
        (["return tf.abs(np.array(y_pred))"], ["return tf.abs(y_pred)"]),
        (["y_pred = np.asarray(y_pred)", "return tf.abs(y_pred)"], ["return tf.abs(y_pred)"]),
        (["p = tf.Variable(y_pred)", "return tf.abs(p)"], ["p = y_pred", "return tf.abs(p)"]),
        (
            ["return tf.constant(tf.abs(y_pred), dtype=tf.float32)"],
            ["return tf.cast(tf.abs(y_pred), tf.float32)"],
        ),
    ],
)
def test_the_conversion_goes(before: list[str], after: list[str]) -> None:
    assert rewritten(loss(*before), RULE) == loss(*after)


@pytest.mark.parametrize("made", ["tf.constant", "np.array", "tf.Variable"])
def test_a_question_that_holds_for_no_tensor_of_a_batch_becomes_one_that_does(made: str) -> None:
    lines = [f"    y_pred = {made}(y_pred)", "return tf.abs(y_pred)"]
    before = loss("if not K.is_keras_tensor(y_pred):  # for arrays", *lines)
    assert rewritten(before, RULE) == loss("if not tf.is_tensor(y_pred):  # for arrays", *lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["return y_pred * tf.constant([1.0, 2.0])"],
        ["return y_pred * np.array([1.0, 2.0])"],
        ["return y_pred * float(WEIGHT)"],
        ["return y_pred * WEIGHTS.numpy()"],
        ["return y_pred * np.float32(0.5)"],
        ["if not tf.is_tensor(y_pred):", "    y_pred = tf.constant(y_pred)", "return y_pred"],
        ["if not tf.is_tensor(y_pred):", "    y_pred = np.array(y_pred)", "return y_pred"],
        ["return y_pred * tf.constant(y_pred.shape[-1], tf.float32)"],
        ["return y_pred * float(y_pred.shape[-1])"],
        ["return tf.convert_to_tensor([y_pred, y_true])"],
        ["return tf.constant(0.5) * y_pred"],
        ["return tf.cast(y_pred, tf.float32)"],
        ["step = tf.Variable(0.0)", "return y_pred * step"],
        ["return y_pred * STATE.item()"],
        [
            "share = np.array(COUNTS) / 7",
            "share = share / np.asarray(share).sum()",
            "share = tf.reduce_sum(y_true * share, axis=-1)",
            "return share * tf.abs(y_pred)",
        ],
        ["y_true = SCALE", "y_true = np.sqrt(y_true) * tf.abs(y_pred)", "return y_true"],
    ],
)
def test_constants_may_be_arrays_and_numbers(lines: list[str]) -> None:
    assert findings(loss(*lines), RULE, "numpy-call") == ()


@pytest.mark.parametrize(
    "lines",
    [
        [
            "if not isinstance(y_pred, (tf.Tensor, tf.Variable)):",
            "    y_pred = tf.constant(y_pred)",
        ],
        ["if not (tf.is_tensor(y_true) and tf.is_tensor(y_pred)):", "    return np.mean(y_pred)"],
        ["if isinstance(y_pred, np.ndarray):", "    return y_pred.mean()"],
        ["if isinstance(y_pred, (list, float)) and LISTS:", "    y_pred = np.array(y_pred)"],
        ["if tf.is_tensor(y_pred):", "    y_pred = y_pred", "else:", "    y_pred = np.abs(y_pred)"],
        ["if isinstance(y_pred, tf.Tensor):", "    return y_pred", "y_pred = tf.constant(y_pred)"],
        ["y_pred = y_pred if tf.is_tensor(y_pred) else tf.constant(y_pred)"],
    ],
)
def test_what_is_done_to_arrays_alone_is_left(lines: list[str]) -> None:
    source = loss(*lines, "return tf.abs(y_pred)")
    assert findings(source, RULE, "numpy-call", "array-method") == ()


@pytest.mark.parametrize(
    "lines",
    [
        ["if isinstance(y_pred, tf.Tensor):", "    y_pred = tf.constant(y_pred)"],
        ["if isinstance(y_pred, (np.ndarray, tf.Tensor)):", "    y_pred = np.array(y_pred)"],
        ["if not isinstance(y_pred, np.ndarray):", "    y_pred = y_pred.numpy()"],
        ["if not isinstance(y_pred, tf.Variable):", "    y_pred = y_pred.numpy()"],
        [
            "if tf.is_tensor(y_pred) and EAGERLY:",
            "    pass",
            "else:",
            "    y_pred = y_pred.numpy()",
        ],
        ["if tf.is_tensor(y_pred):", "    y_true = y_true", "y_pred = y_pred.numpy()"],
    ],
)
def test_what_is_done_to_tensors_too_is_told(lines: list[str]) -> None:
    assert len(findings(loss(*lines, "return tf.abs(y_pred)"), RULE)) == 1


def test_a_name_that_may_be_a_tensor_is_one() -> None:
    around = loss(
        "share = SHARE", "if TRAINED:", "    share = y_pred", "return tf.abs(np.sum(share))"
    )
    below = loss("share = y_pred", "n = np.sum(share)", "share = SHARE", "return tf.abs(n * share)")
    itself = loss("for _ in range(3):", "    y_pred = np.sqrt(y_pred)", "return tf.abs(y_pred)")
    for source in (around, below, itself):
        assert len(findings(source, "numpy-call")) == 1


def test_python_does_not_look_into_a_tensor() -> None:
    source = loss("if True in (y_pred > 1.0).numpy():", "    raise ValueError", "return y_pred")
    (finding,) = findings(source, RULE)
    assert "tf.reduce_any" in finding.reason


def test_a_line_that_says_why_stays() -> None:
    source = loss("y_pred = np.asarray(y_pred)  # from the data frame", "return tf.abs(y_pred)")
    assert "    y_pred = y_pred  # from the data frame\n" in rewritten(source, RULE)


def test_an_if_that_only_converts_goes_with_what_it_converts() -> None:
    source = loss(
        "if tf.executing_eagerly():", "    y_pred = y_pred.numpy()", "return tf.abs(y_pred)"
    )
    assert rewritten(source, RULE) == loss("return tf.abs(y_pred)")


@pytest.mark.parametrize(
    "lines",
    [
        ["if LOG:", "    # as it was", "    y_pred = tf.constant(y_pred)", "return y_pred"],
        ["if LOG:", "    y_pred = tf.constant(y_pred)", "else:", "    pass", "return y_pred"],
        ["if LOG:", "    p = 1", "elif FEW:", "    y_pred = tf.constant(y_pred)", "return y_pred"],
    ],
)
def test_an_if_that_does_more_stays(lines: list[str]) -> None:
    text = rewritten(loss(*lines), RULE)
    assert "if " in text
    assert "y_pred = y_pred" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tf.convert_to_tensor(np.mean(y_pred))", "tf.reduce_mean(y_pred)"),
        (
            "tf.convert_to_tensor(2.0 * np.mean(y_pred))",
            "tf.convert_to_tensor(2.0 * tf.reduce_mean(y_pred))",
        ),
        (
            "tf.convert_to_tensor(np.mean(y_pred), tf.float32)",
            "tf.convert_to_tensor(tf.reduce_mean(y_pred), tf.float32)",
        ),
    ],
)
def test_what_brings_an_array_back_goes_with_it(before: str, after: str) -> None:
    assert rewritten(loss(f"return {before}"), "numpy-call") == loss(f"return {after}")


@pytest.mark.parametrize(
    "lines",
    [
        ["print(np.shape(y_pred), np.shape(y_true))", "return tf.abs(y_true - y_pred)"],
        ["print(f'targets {np.shape(y_true)}')", "return tf.abs(y_true - y_pred)"],
        ["if np.ndim(y_pred) > 2:", "    y_pred = y_pred[..., 0]", "return y_true - y_pred"],
        ["return tf.reduce_sum(y_pred - y_true, -1) / np.shape(y_pred)[1]"],
        ["return tf.reduce_sum(y_pred - y_true, -1) / np.shape(y_pred)[-1]"],
        ["axes = list(range(1, len(np.shape(y_pred))))", "return tf.reduce_sum(y_pred, axes)"],
    ],
)
def test_what_numpy_reads_off_a_tensor_is_left(lines: list[str]) -> None:
    assert findings(loss(*lines), "numpy-call") == ()


def test_a_size_that_may_be_missing_is_asked_of_the_graph() -> None:
    source = loss("n = np.shape(y_pred)[0]", "return tf.reshape(y_pred, [n, -1]) - y_true")
    (finding,) = findings(source, "numpy-call")
    assert finding.severity is Severity.WARNING
    assert "None" in finding.message
    assert "n = tf.shape(y_pred)[0]" in rewritten(source, "numpy-call")
