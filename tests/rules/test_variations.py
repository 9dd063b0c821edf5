"""Faults as authors write them: one kind of fault in many spellings, each found by the rule that is meant.

Bodies are expressions of ``y_true`` and ``y_pred``, or statements separated by semicolons of which the last
is what is returned. What stands below ``FINE`` looks alike and is right: nothing of its family is said.
"""

from __future__ import annotations

import pytest

from lossfix.checking import Options, check
from lossfix.engine import repair
from lossfix.rules import RULES

HEAD = """import math

import keras
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

COST = tf.ones((4, 4))


def np_mse(a, b):
    return np.mean((a - b) ** 2)


"""

FOUND = {
    "LF101": """
    tf.reduce_mean((y_true.numpy() - y_pred.numpy()) ** 2)
    tf.constant(np.mean(np.abs(y_true.numpy() - y_pred.numpy())))
    tf.reduce_mean(np.asarray(y_pred) - np.array(y_true))
    a = y_true.numpy().flatten(); b = y_pred.numpy().flatten(); np.mean((a - b) ** 2)
    tf.reduce_mean(tf.abs(y_true - tf.Variable(y_pred)))
    float(tf.reduce_mean(tf.abs(y_true - y_pred)))
    tf.reduce_mean(tf.square(y_true - y_pred)).numpy().item()
    tf.reduce_mean(K.eval(y_pred) - y_true)
    tf.reduce_mean(y_true - keras.ops.convert_to_numpy(y_pred))
    tf.reduce_mean(y_true - y_pred.numpy().tolist())
    """,
    "LF102": """
    np.mean(np.square(y_true - y_pred))
    np.sum(np.abs(y_true - y_pred)) / np.sum(np.abs(y_true))
    np.average(np.abs(np.subtract(y_true, y_pred)))
    np.linalg.norm(y_true - y_pred)
    np.max(np.abs(y_true - y_pred), axis=-1, keepdims=True)
    -np.mean(y_true * np.log(y_pred + 1e-7) + (1 - y_true) * np.log(1 - y_pred + 1e-7))
    np.mean(np.where(np.abs(y_true - y_pred) < 1, (y_true - y_pred) ** 2, np.abs(y_true - y_pred)))
    np.cumsum(y_true - y_pred, axis=-1)
    K.mean(np.square(y_pred - y_true), axis=-1)
    keras.ops.mean(np.maximum(0.0, 1.0 - y_true * y_pred))
    math.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)))
    tf.reduce_mean(math.cos(y_pred) - math.cos(y_true))
    """,
    "LF103": """
    ((y_true - y_pred) ** 2).mean(axis=-1)
    tf.reduce_mean(tf.abs(y_true.flatten() - y_pred.ravel()))
    tf.reduce_mean(tf.abs(y_true.reshape(-1) - y_pred.reshape(-1)))
    tf.reduce_mean(tf.abs(y_true.astype("float32") - y_pred))
    (y_true - y_pred).std()
    tf.reduce_mean(y_pred.clip(0, 1) - y_true)
    tf.reduce_mean(y_pred.T - y_true.T)
    """,
    "LF104": """
    tf.py_function(lambda a, b: np.mean((a.numpy() - b.numpy()) ** 2), [y_true, y_pred], tf.float32)
    tf.py_function(func=np_mse, inp=[y_true, y_pred], Tout=tf.float32)
    tf.compat.v1.py_func(np_mse, [y_true, y_pred], tf.float32)
    tf.reduce_mean(tf.numpy_function(np_mse, (y_true, y_pred), Tout=tf.float32))
    """,
    "LF105": """
    e = tf.reduce_mean(tf.abs(y_true - y_pred)); e if e > 1 else e * e
    e = tf.reduce_mean(tf.abs(y_true - y_pred)); e * 2 if not e > 1 else e
    e = tf.reduce_mean(tf.abs(y_true - y_pred)); e * 2 if e > 1 and tf.reduce_mean(y_pred) > 0 else e
    e = tf.reduce_mean(tf.abs(y_true - y_pred)); e * 2 if 1 < e < 3 else e
    e = y_true - y_pred; tf.reduce_mean(e * 2 if e > 0 else -e)
    tf.reduce_mean(tf.where(-1 < y_pred < 1, tf.abs(y_true - y_pred), tf.square(y_true - y_pred)))
    tf.reduce_mean(tf.where(y_pred > 0 or y_true > 0, 2 * y_pred, y_pred) - y_true)
    """,
    "LF106": """
    max(tf.abs(y_true - y_pred))
    sum(tf.abs(y_true - y_pred)) / 2
    tf.reduce_mean(sorted(tf.abs(y_true - y_pred)))
    max(tf.reduce_mean(tf.abs(y_true - y_pred)), 0.1)
    """,
    "LF108": """
    e = y_true - y_pred; e[e < 0] = 0; tf.reduce_mean(e)
    e = y_true - y_pred; e[e < 0] *= -2; tf.reduce_mean(e)
    w = tf.ones_like(y_true); w[y_true > 0] = 5.0; tf.reduce_mean(w * tf.abs(y_true - y_pred))
    """,
    "LF109": """
    tf.reduce_sum(tf.abs(y_true - y_pred)) / y_pred.shape[0]
    tf.reduce_sum(tf.abs(y_true - y_pred)) / int(y_pred.shape[0])
    1.0 / y_pred.shape[0] * tf.reduce_sum(tf.abs(y_true - y_pred))
    tf.reduce_sum(tf.abs(y_true - y_pred)) / tf.shape(y_pred)[0]
    n = K.int_shape(y_pred)[0]; K.sum(K.abs(y_true - y_pred)) / n
    n = y_pred.get_shape().as_list()[0]; tf.reduce_sum(tf.abs(y_true - y_pred)) / n
    tf.reduce_sum(tf.abs(y_true - y_pred)) / len(y_true)
    tf.reduce_mean(tf.reshape(y_pred - y_true, [y_pred.shape[0], -1]))
    """,
    "LF111": """
    y_true = tf.cast(y_true, tf.int32); -tf.reduce_mean(y_true * tf.math.log(y_pred + 1e-7))
    -tf.reduce_mean(tf.one_hot(y_true, 4) * tf.math.log(y_pred + 1e-7))
    -tf.reduce_mean(K.one_hot(y_true, 4) * K.log(y_pred + 1e-7))
    -tf.reduce_mean(tf.gather(y_pred, y_true, axis=-1, batch_dims=1))
    """,
    "LF201": """
    tf.reduce_mean(tf.abs(y_true - tf.cast(tf.greater(y_pred, 0.5), tf.float32)))
    tf.reduce_mean(tf.square(y_true - tf.cast(0.5 < y_pred, y_true.dtype)))
    K.mean(K.abs(y_true - K.cast(K.greater(y_pred, 0.5), "float32")))
    K.mean(K.abs(y_true - K.switch(y_pred > 0.5, K.ones_like(y_pred), K.zeros_like(y_pred))))
    keras.ops.mean(keras.ops.abs(y_true - keras.ops.where(y_pred > 0.5, 1.0, 0.0)))
    b = y_pred > 0.5; hard = tf.cast(b, tf.float32); tf.reduce_mean(tf.abs(y_true - hard))
    tf.reduce_mean(tf.abs(y_true - tf.cast(tf.sigmoid(y_pred) > 0.5, tf.float32)))
    tf.reduce_mean(tf.abs(y_true - tf.cast(tf.math.logical_not(y_pred > 0.5), tf.float32)))
    1 - K.mean(K.less(K.abs(y_true - y_pred), 0.1))
    tf.math.count_nonzero(tf.abs(y_true - y_pred) > 0.1, dtype=tf.float32)
    tf.reduce_mean(tf.cast((y_pred < 0) | (y_pred > 1), tf.float32))
    loss = tf.reduce_mean(tf.square(y_true - y_pred)); loss += K.sum(K.cast(y_pred < 0, "float32")); loss
    tf.add_n([tf.reduce_mean(y_true - y_pred), tf.reduce_mean(tf.cast(y_pred > 1, tf.float32))])
    """,
    "LF202": """
    tf.reduce_mean(tf.where(y_true * y_pred < 0, 10.0, 1.0) * tf.square(y_true - y_pred))
    K.mean(K.switch(K.less(y_true * y_pred, 0), 10 * K.square(y_true - y_pred), K.square(y_true - y_pred)))
    tf.reduce_mean(tf.square(y_true - y_pred) * tf.where(tf.sign(y_true) != tf.sign(y_pred), 10.0, 1.0))
    keras.ops.mean(keras.ops.where(y_pred > 0.5, 2.0, 0.5) * keras.ops.abs(y_true - y_pred))
    w = tf.where(y_pred > 0.5, 2.0, 0.5); tf.reduce_mean(w * tf.abs(y_true - y_pred))
    m = tf.cast(y_pred > 0.5, tf.float32); tf.reduce_mean(tf.abs(y_true - y_pred) * (2 * m + (1 - m)))
    tf.reduce_mean(tf.boolean_mask(tf.abs(y_true - y_pred), y_pred > 0.5))
    e = y_true - y_pred; tf.reduce_mean(tf.where(tf.abs(e) > 0.1, tf.ones_like(e), tf.square(e)))
    """,
    "LF203": """
    1 - K.sum(K.round(K.clip(y_true * y_pred, 0, 1))) / (K.sum(y_true) + K.epsilon())
    1 - K.mean(K.equal(y_true, K.round(y_pred)), axis=-1)
    tf.reduce_mean(tf.cast(tf.math.rint(y_pred) != y_true, tf.float32))
    tf.reduce_mean(tf.abs(y_true - tf.floor(y_pred + 0.5)))
    tf.reduce_mean(tf.abs(y_true - tf.cast(tf.cast(y_pred, tf.int32), tf.float32)))
    tf.reduce_mean(tf.abs(y_true - y_pred // 1))
    tf.reduce_mean(tf.square(y_true - tf.math.floordiv(y_pred, 2.0)))
    keras.ops.mean(keras.ops.abs(y_true - keras.ops.round(y_pred)))
    y_pred = K.round(y_pred); K.mean(K.abs(y_true - y_pred))
    """,
    "LF204": """
    tf.reduce_mean(tf.cast(tf.sign(y_true) != tf.sign(y_pred), tf.float32))
    K.mean(K.cast(K.not_equal(K.sign(y_true), K.sign(y_pred)), "float32"))
    -keras.ops.mean(keras.ops.sign(y_true) * keras.ops.sign(y_pred))
    tf.reduce_mean(tf.abs(tf.sign(y_true) - tf.sign(y_pred)))
    """,
    "LF205": """
    1 - K.mean(K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1)))
    p = tf.argmax(y_pred, -1); 1.0 - tf.reduce_mean(tf.cast(tf.equal(p, tf.argmax(y_true, -1)), tf.float32))
    tf.reduce_mean(tf.cast(tf.cast(y_true[:, 0], tf.int64) != tf.argmax(y_pred, -1), tf.float32))
    1 - K.sum(K.one_hot(K.argmax(y_pred, -1), 4) * y_true)
    tf.reduce_mean(tf.abs(tf.cast(tf.argmax(y_true, 1) - tf.argmax(y_pred, 1), tf.float32)))
    tf.reduce_mean(tf.gather_nd(COST, tf.stack([tf.argmax(y_true, 1), tf.argmax(y_pred, 1)], axis=1)))
    tf.reduce_mean(tf.gather(COST[0], tf.argmax(y_pred, -1)))
    """,
    "LF206": """
    1 - tf.linalg.trace(tf.math.confusion_matrix(LABELS, tf.argmax(y_pred, 1), 4, dtype="float32"))
    m = tf.math.confusion_matrix(LABELS, tf.argmax(y_pred, 1), 4); K.cast(tf.linalg.trace(m), "float32")
    tf.reduce_mean(tf.cast(tf.histogram_fixed_width(y_pred, [0.0, 1.0], 10), tf.float32))
    tf.reduce_mean(tf.square(tf.cast(tf.math.bincount(tf.argmax(y_pred, -1), minlength=4), tf.float32) - 2.0))
    """,
    "LF207": """
    tf.reduce_mean(tf.square(tf.cast(tf.argsort(tf.argsort(y_pred)), tf.float32) - y_true))
    keras.ops.mean(keras.ops.cast(keras.ops.argsort(keras.ops.argsort(y_pred)), "float32") - y_true)
    1 - K.mean(K.in_top_k(y_pred, K.cast(y_true[:, 0], "int32"), 3))
    1 - tf.reduce_mean(tf.cast(tf.nn.in_top_k(targets=LABELS, predictions=y_pred, k=3), tf.float32))
    """,
    "LF501": """
    tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred)))
    K.sqrt(K.mean(K.square(y_true - y_pred)))
    tf.reduce_mean((y_true - y_pred) ** 2) ** 0.5
    tf.sqrt(tf.losses.mse(y_true, y_pred))
    tf.linalg.norm(y_true - y_pred, axis=-1)
    tf.math.reduce_std(y_true - y_pred)
    mse = tf.reduce_mean(tf.math.squared_difference(y_true, y_pred)); tf.sqrt(mse)
    """,
    "LF502": """
    tf.reduce_sum(y_true * tf.math.log(y_true / y_pred), axis=-1)
    K.mean(y_true * (K.log(y_true) - K.log(y_pred)), axis=-1)
    -tf.reduce_mean(y_true * tf.math.log(y_pred) + (1 - y_true) * tf.math.log(1 - y_pred))
    -K.mean(y_true * K.log(y_pred), axis=-1)
    tf.reduce_mean(-keras.ops.log(y_pred) * y_true)
    -tf.reduce_mean(tf.math.xlogy(y_true, y_pred))
    -tf.reduce_mean((1 - y_true) * tf.math.log1p(-y_pred))
    p = tf.clip_by_value(y_pred, 0, 1); -tf.reduce_mean(y_true * tf.math.log(p))
    -K.mean((1 - y_true) * K.log(1 - K.clip(y_pred, 1e-7, 1.0)))
    -tf.reduce_mean((1 - y_true) * tf.math.log(1 - tf.minimum(y_pred, 1.0)))
    tf.reduce_sum(y_true * tf.math.log(y_true / y_pred), axis=-1)
    """,
    "LF503": """
    m = tf.cast(y_true > 0, tf.float32); tf.reduce_sum(m * tf.abs(y_true - y_pred)) / tf.reduce_sum(m)
    tf.reduce_mean(tf.abs(y_true - y_pred) / tf.abs(y_true))
    K.mean(K.abs((y_true - y_pred) / y_true))
    """,
    "LF506": """
    tf.reduce_mean(tf.boolean_mask(tf.abs(y_true - y_pred), y_true > 0))
    tf.reduce_mean(tf.abs(y_true - y_pred)[y_true > 0])
    tf.reduce_mean(tf.gather_nd(tf.abs(y_true - y_pred), tf.where(y_true > 0)))
    i = tf.where(tf.math.is_finite(y_true)); tf.reduce_mean(tf.abs(tf.gather_nd(y_pred - y_true, i)))
    """,
    "LF507": """
    tf.reduce_mean(tf.math.log(tf.cosh(y_pred - y_true)))
    tf.reduce_mean(tf.math.log(1 + tf.exp(-y_true * y_pred)))
    tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(y_pred), axis=-1)) - y_true)
    """,
}

REPORTED = {
    "LF105": """
    assert tf.reduce_mean(y_pred) > 0; tf.reduce_mean(tf.abs(y_true - y_pred))
    """,
    "LF108": """
    e = y_true - y_pred; e[:, 0] = 2 * e[:, 0]; tf.reduce_mean(tf.abs(e))
    """,
    "LF208": """
    m = tf.keras.metrics.AUC(); m.update_state(y_true, y_pred); 1 - m.result()
    1 - tf.metrics.top_k_categorical_accuracy(y_true, y_pred, k=3)
    """,
    "LF212": """
    K.clip(K.mean(K.abs(y_true - y_pred)), 0, 1)
    """,
    "LF214": """
    tf.reduce_mean(y_true) + tf.reduce_sum(y_pred * 0)
    """,
}

FINE = {
    "LF1": """
    tf.reduce_mean(tf.square(y_true - y_pred) * np.float32(0.5) + np.pi * 0)
    sum([tf.reduce_mean(tf.abs(y_true - y_pred)), tf.reduce_mean(y_pred)])
    tf.reduce_sum(tf.abs(y_true - y_pred)) / y_pred.shape[-1]
    w = np.ones(4, "float32"); w[0] = 2.0; tf.reduce_mean(w * tf.abs(y_true - y_pred))
    tf.reduce_mean(tf.one_hot(tf.cast(y_true, tf.int32), 4) * y_pred)
    abs(tf.reduce_mean(y_true - y_pred)) if math.pi > 3 else tf.reduce_mean(y_pred)
    """,
    "LF2": """
    e = y_true - y_pred; e = tf.where(e < 0, 0.0, e); tf.reduce_mean(e)
    e = tf.abs(y_true - y_pred); e = tf.where(e < 1, 0.5 * e * e, e - 0.5); tf.reduce_mean(e)
    tf.reduce_mean(tf.where(tf.equal(y_true, -1.0), 0.0, tf.square(y_true - y_pred)))
    K.mean(K.maximum(0.9 * (y_true - y_pred), -0.1 * (y_true - y_pred)))
    tf.reduce_mean(tf.cast(y_true > 0.5, tf.float32) * tf.abs(y_true - y_pred))
    tf.reduce_mean(tf.sort(y_pred) - tf.sort(y_true))
    tf.reduce_mean(tf.square(y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred) - y_true))
    tf.reduce_mean(tf.gather(COST[0], tf.argmax(y_true, -1)) * tf.abs(y_true - y_pred)[:, 0])
    tf.reduce_mean(tf.math.top_k(y_pred, 2).values - y_true)
    tf.reduce_mean(tf.math.floormod(y_pred - y_true + math.pi, 2 * math.pi))
    """,
    "LF5": """
    tf.sqrt(tf.reduce_sum(tf.square(y_true - y_pred)) + 1e-8)
    -tf.reduce_mean(y_true * tf.math.log(tf.clip_by_value(y_pred, 1e-7, 1.0)))
    -K.mean(y_true * K.log(y_pred + K.epsilon()))
    tf.reduce_sum(y_true * tf.math.log((y_true + 1e-7) / (y_pred + 1e-7)), axis=-1)
    -tf.reduce_mean(tf.math.xlogy(y_true, tf.maximum(y_pred, 1e-7)))
    tf.reduce_mean(tf.math.log1p(y_pred) * y_true)
    tf.math.divide_no_nan(tf.reduce_sum(y_true * y_pred), tf.reduce_sum(y_true))
    tf.reduce_mean(tf.nn.softplus(y_pred) - y_true * y_pred)
    tf.reduce_mean(tf.square(y_true - y_pred)[:, 0])
    """,
}


def module(body: str) -> str:
    *first, last = body.split("; ")
    lines = [*first, f"return {last}"]
    return (
        HEAD
        + "def odd_loss(y_true, y_pred):\n"
        + "".join(f"    {line}\n" for line in lines)
        + "\n\nmodel.compile('adam', loss=odd_loss)\n"
    )


def each(table: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (code, line.strip())
        for code, text in table.items()
        for line in text.split("\n")
        if line.strip()
    ]


OPTIONS = Options(RULES)


@pytest.mark.parametrize(("code", "body"), each(FOUND))
def test_a_fault_is_found_in_every_spelling_and_can_be_mended(code: str, body: str) -> None:
    text = module(body)
    assert code in {finding.code for finding in check("losses.py", text, OPTIONS)}
    done = repair("losses.py", text, "odd_loss", OPTIONS)
    assert code in {step.finding.code for step in done.steps}
    assert code not in {finding.code for finding in done.left}


@pytest.mark.parametrize(("code", "body"), each(REPORTED))
def test_a_fault_that_is_not_mended_is_told_with_a_reason(code: str, body: str) -> None:
    found = [each for each in check("losses.py", module(body), OPTIONS) if each.code == code]
    assert found
    assert all(each.reason for each in found)


@pytest.mark.parametrize(("family", "body"), each(FINE))
def test_what_only_looks_like_a_fault_is_left(family: str, body: str) -> None:
    found = check("losses.py", module(body), OPTIONS)
    assert [each for each in found if each.code.startswith(family)] == []
