"""Gates whose branches both carry gradient."""

from __future__ import annotations

from lossfix.model import Gate
from pairs.pair import (
    APPROXIMATED,
    BROKEN,
    CHANGED,
    EXACT,
    PRESERVED,
    REGRESSED,
    WORSE,
    Pair,
    cases,
    function,
    rewritten,
)

_DOLLARS = """
    e = tf.abs(y_true - y_pred)
    s = tf.sigmoid({k} * (y_pred - 5000.0))
    return tf.reduce_mean(e * (1.2 * s + (1.0 - s)), axis=-1)
"""

_PER_SAMPLE = """

class Original(keras.losses.Loss):
    def call(self, y_true, y_pred):
        e = tf.square(y_true - y_pred)
        return tf.reduce_mean(tf.where(y_pred > 0.0, 1.3 * e, e), axis=-1)


loss = Original()
"""

PAIRS: tuple[Pair, ...] = (
    *cases(
        "threshold",
        function("e = tf.abs(y_true - y_pred)\nreturn tf.where(y_pred > 0.5, 2.0 * e, 0.5 * e)"),
        (
            "sigmoid",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            APPROXIMATED,
        ),
        (
            "sigmoid at ten",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                10.0,
            ),
            WORSE,
            {"steepness": 10.0},
        ),
        (
            "the article's upper weight",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(e * (1.5 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "branches swapped",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(e * (0.5 * s + 2.0 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "sign flipped",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(-self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "gate on the target",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_true - 0.5))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "steepness ignored",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(3.0 * (y_pred - 0.5))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "wrong threshold",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred - 0.45))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                3.0,
            ),
            CHANGED,
        ),
        (
            "hard, claimed smooth",
            rewritten("""
            e = tf.abs(y_true - y_pred)
            return tf.reduce_mean(tf.where(y_pred > 0.5, 2.0 * e, 0.5 * e), axis=-1)
            """),
            BROKEN,
        ),
        (
            "hard, claimed exact",
            rewritten("""
            e = tf.abs(y_true - y_pred)
            return tf.where(y_pred > 0.5, 2.0 * e, 0.5 * e)
            """),
            PRESERVED,
            {"promise": EXACT},
        ),
        (
            "detached gate, undeclared",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.stop_gradient(tf.sigmoid(self.steepness * (y_pred - 0.5)))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                10.0,
            ),
            BROKEN,
        ),
        (
            "detached gate, declared",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.stop_gradient(tf.sigmoid(self.steepness * (y_pred - 0.5)))
            return tf.reduce_mean(e * (2.0 * s + 0.5 * (1.0 - s)), axis=-1)
            """,
                10.0,
            ),
            APPROXIMATED,
            {"gate": Gate.DETACHED},
        ),
        thresholds=(0.5,),
    ),
    *cases(
        "chained",
        function("""
        e = tf.abs(y_true - y_pred)
        return tf.where(y_pred > 1.0, 2.0 * e, tf.where(y_pred > 0.0, 1.5 * e, e))
        """),
        (
            "nested",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            a = tf.sigmoid(self.steepness * (y_pred - 1.0))
            b = tf.sigmoid(self.steepness * (y_pred - 0.0))
            w = 2.0 * a + (1.0 - a) * (1.5 * b + (1.0 - b))
            return tf.reduce_mean(e * w, axis=-1)
            """,
                2.0,
            ),
            APPROXIMATED,
        ),
        (
            "additive",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            a = tf.sigmoid(self.steepness * (y_pred - 1.0))
            b = tf.sigmoid(self.steepness * (y_pred - 0.0))
            return tf.reduce_mean(e * (2.0 * a + 1.5 * b + (1.0 - b)), axis=-1)
            """,
                2.0,
            ),
            CHANGED,
        ),
        thresholds=(1.0, 0.0),
    ),
    *cases(
        "band",
        function("""
        e = tf.square(y_true - y_pred)
        inside = tf.logical_and(y_pred > -0.5, y_pred < 0.5)
        return tf.where(inside, 1.3 * e, e)
        """),
        (
            "margin",
            rewritten(
                """
            e = tf.square(y_true - y_pred)
            s = tf.sigmoid(self.steepness * tf.minimum(y_pred + 0.5, 0.5 - y_pred))
            return tf.reduce_mean(e * (1.3 * s + (1.0 - s)), axis=-1)
            """,
                4.0,
            ),
            APPROXIMATED,
        ),
        (
            "product",
            rewritten(
                """
            e = tf.square(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (y_pred + 0.5))
            s = s * tf.sigmoid(self.steepness * (0.5 - y_pred))
            return tf.reduce_mean(e * (1.3 * s + (1.0 - s)), axis=-1)
            """,
                4.0,
            ),
            APPROXIMATED,
        ),
        (
            "or for and",
            rewritten(
                """
            e = tf.square(y_true - y_pred)
            s = tf.sigmoid(self.steepness * tf.maximum(y_pred + 0.5, 0.5 - y_pred))
            return tf.reduce_mean(e * (1.3 * s + (1.0 - s)), axis=-1)
            """,
                4.0,
            ),
            CHANGED,
        ),
        thresholds=(-0.5, 0.5),
    ),
    *cases(
        "dollars",
        function("e = tf.abs(y_true - y_pred)\nreturn tf.where(y_pred > 5000.0, 1.2 * e, e)"),
        (
            "in units of the gate",
            rewritten(_DOLLARS.format(k="self.steepness"), 4e-4),
            APPROXIMATED,
        ),
        (
            "ten per dollar",
            rewritten(_DOLLARS.format(k="self.steepness"), 10.0),
            (*WORSE, *BROKEN),
            {"steepness": 10.0},
        ),
        (
            "another unit",
            rewritten(_DOLLARS.format(k="self.steepness").replace("5000.0", "5.0"), 4e-4),
            CHANGED,
        ),
        thresholds=(5000.0,),
    ),
    *cases(
        "per-sample Loss",
        _PER_SAMPLE,
        (
            "per sample",
            rewritten(
                """
            e = tf.square(y_true - y_pred)
            s = tf.sigmoid(self.steepness * y_pred)
            return tf.reduce_mean(e * (1.3 * s + (1.0 - s)), axis=-1)
            """,
                3.0,
                align=False,
                name="original",
            ),
            APPROXIMATED,
        ),
        (
            "one scalar",
            rewritten(
                """
            e = tf.square(y_true - y_pred)
            s = tf.sigmoid(self.steepness * y_pred)
            return tf.reduce_mean(e * (1.3 * s + (1.0 - s)))
            """,
                3.0,
                align=False,
                name="original",
            ),
            REGRESSED,
        ),
        thresholds=(0.0,),
    ),
    *cases(
        "two terms",
        function("""
        return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.5 * tf.reduce_mean(
            tf.cast(y_pred > 0.5, tf.float32))
        """),
        (
            "both kept",
            rewritten(
                """
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(tf.square(y_true - y_pred) + 0.5 * s, axis=-1)
            """,
                5.0,
            ),
            APPROXIMATED,
        ),
        (
            "one dropped",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
            CHANGED,
        ),
        (
            "one doubled",
            rewritten(
                """
            s = tf.sigmoid(self.steepness * (y_pred - 0.5))
            return tf.reduce_mean(tf.square(y_true - y_pred) + s, axis=-1)
            """,
                5.0,
            ),
            CHANGED,
        ),
        (
            "left dead",
            rewritten("""
            s = tf.cast(y_pred > 0.5, tf.float32)
            return tf.reduce_mean(tf.square(y_true - y_pred) + 0.5 * s, axis=-1)
            """),
            BROKEN,
        ),
        thresholds=(0.5,),
    ),
)
