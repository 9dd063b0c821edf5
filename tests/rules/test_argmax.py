"""LF205: the index of the largest prediction as the only path of a term."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "argmax"


def loss(body: str) -> str:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    return f"""
    def class_loss(y_true, y_pred):
        {inner}
    """


PAIRS = {
    "one-hot": (
        "return tf.reduce_mean(y_true * tf.one_hot(tf.argmax(y_pred, axis=-1), 4))",
        "y_true * tf.nn.softmax(steepness * y_pred)",
    ),
    "one-hot by name": (
        """
        label = tf.argmax(y_pred, axis=-1)
        return tf.reduce_mean(y_true * tf.one_hot(label, 4))
        """,
        "y_true * tf.nn.softmax(steepness * y_pred)",
    ),
    "the true class": (
        """
        same = tf.equal(tf.argmax(y_true, -1), tf.argmax(y_pred, -1))
        return 1.0 - tf.reduce_mean(tf.cast(same, tf.float32))
        """,
        "same = tf.reduce_sum(tf.one_hot(tf.argmax(y_true, -1), tf.shape(y_pred)[-1], "
        "dtype=y_pred.dtype) * tf.nn.softmax(steepness * y_pred), axis=-1)",
    ),
    "a wrong class": (
        """
        wrong = tf.not_equal(tf.cast(y_true, tf.int64), tf.argmax(y_pred, axis=-1))
        return tf.reduce_mean(tf.cast(wrong, tf.float32))
        """,
        "wrong = 1.0 - tf.reduce_sum(",
    ),
    "a number that is computed with": (
        """
        guess = tf.cast(tf.argmax(y_pred, axis=1), tf.float32)
        return tf.reduce_mean(tf.square(y_true - guess))
        """,
        "guess = tf.reduce_sum(tf.nn.softmax(steepness * y_pred, axis=1) * "
        "tf.cumsum(tf.ones_like(y_pred), axis=1, exclusive=True), axis=1)",
    ),
    "the cost of a class": (
        """
        row = tf.argmax(y_true, axis=-1)
        column = tf.argmax(y_pred, axis=-1)
        return tf.reduce_mean(tf.gather_nd(COST, tf.stack([row, column], axis=-1)))
        """,
        "tf.reduce_sum(tf.gather(COST, row) * tf.nn.softmax(steepness * y_pred), axis=-1)",
    ),
}


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS.keys())
def test_an_index_becomes_what_is_expected_of_it(before: str, after: str) -> None:
    text = rewritten(loss(before), RULE)
    assert after in text
    assert "tf.argmax(y_pred" not in text


REPORTED = {
    "no axis is given": "return tf.reduce_mean(y_true - tf.cast(tf.argmax(y_pred), tf.float32))",
    "the index itself is returned": "return tf.argmax(y_pred, axis=-1)",
    "one-hot with other values": (
        "return tf.reduce_mean(y_true * tf.one_hot(tf.argmax(y_pred, axis=-1), 4, on_value=2.0))"
    ),
}


@pytest.mark.parametrize("body", REPORTED.values(), ids=REPORTED.keys())
def test_an_index_of_unclear_meaning_is_reported(body: str) -> None:
    (finding,) = findings(loss(body), RULE)
    assert finding.reason
    assert rewritten(loss(body), RULE) == lines(loss(body))


FINE = {
    "weights of the true class": (
        "return tf.reduce_mean(tf.gather(WEIGHTS, tf.argmax(y_true, axis=-1)) * y_pred[:, 0])"
    ),
    "the probability of the largest": (
        "return tf.reduce_mean(tf.gather(y_pred, tf.argmax(y_pred, axis=-1), batch_dims=1))"
    ),
    "hard bootstrapping": """
    label = tf.one_hot(tf.argmax(y_pred, axis=-1), 4)
    return -tf.reduce_mean((0.8 * y_true + 0.2 * label) * tf.math.log(y_pred))
    """,
    "a mask of mistakes on a live loss": """
    wrong = tf.cast(tf.argmax(y_true, -1) != tf.argmax(y_pred, -1), tf.float32)
    return tf.reduce_mean(wrong * tf.keras.losses.categorical_crossentropy(y_true, y_pred))
    """,
    "the largest value": "return tf.reduce_mean(y_true - tf.reduce_max(y_pred, axis=-1))",
    "a softmax": "return tf.reduce_mean(y_true * tf.nn.softmax(10.0 * y_pred))",
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_an_index_with_a_live_path_beside_it_is_left(body: str) -> None:
    assert findings(loss(body), RULE) == ()
    assert rewritten(loss(body), RULE) == lines(loss(body))


def test_an_index_that_stays_an_integer_says_so() -> None:
    source = loss("""
        gap = tf.abs(tf.argmax(y_true, axis=1) - tf.argmax(y_pred, axis=1))
        return tf.reduce_mean(gap)
        """)
    (finding,) = findings(source, RULE)
    assert "as an integer" in finding.reason
