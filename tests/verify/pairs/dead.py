"""Gates that no gradient passes."""

from __future__ import annotations

from lossfix.model import Gate
from pairs.pair import (
    APPROXIMATED,
    BROKEN,
    CHANGED,
    REFUSED,
    WORSE,
    Pair,
    cases,
    function,
    rewritten,
)

_F1 = """
    p = {soft}
    tp = tf.reduce_sum(y_true * p)
    precision = tp / (tf.reduce_sum(p) + 1e-7)
    recall = tp / (tf.reduce_sum(y_true) + 1e-7)
    return 1.0 - 2.0 * precision * recall / (precision + recall + 1e-7)
"""

_ROUND = """
    f = tf.stop_gradient(tf.floor(y_pred))
    half = 0.5 * tf.tanh(0.5 * self.steepness * (y_pred - f - 0.5))
    r = f + 0.5 + half / tf.tanh(tf.cast(0.25 * self.steepness, y_pred.dtype))
    return tf.reduce_mean(tf.square(y_true - r), axis=-1)
"""

_STE = """
    r = y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)
    return tf.reduce_mean(tf.square(y_true - r), axis=-1)
"""

PAIRS: tuple[Pair, ...] = (
    *cases(
        "dollars, dead",
        function("return tf.reduce_mean(tf.cast(y_pred - y_true > 200.0, tf.float32))"),
        (
            "in units of the gate",
            rewritten(
                "return tf.reduce_mean(tf.sigmoid(self.steepness * (y_pred - y_true - 200.0)), axis=-1)",
                0.01,
            ),
            APPROXIMATED,
        ),
        (
            "ten per dollar",
            rewritten(
                "return tf.reduce_mean(tf.sigmoid(self.steepness * (y_pred - y_true - 200.0)), axis=-1)",
                10.0,
            ),
            REFUSED,
            {"steepness": 10.0},
        ),
        thresholds=(200.0,),
    ),
    *cases(
        "squared cast",
        function("return tf.reduce_mean(tf.square(y_true - tf.cast(y_pred > 0.5, tf.float32)))"),
        (
            "sigmoid",
            rewritten(
                "s = tf.sigmoid(self.steepness * (y_pred - 0.5))\n"
                "return tf.reduce_mean(tf.square(y_true - s), axis=-1)",
                16.0,
            ),
            APPROXIMATED,
        ),
        (
            "at another threshold",
            rewritten(
                "s = tf.sigmoid(self.steepness * (y_pred - 0.55))\n"
                "return tf.reduce_mean(tf.square(y_true - s), axis=-1)",
                16.0,
            ),
            CHANGED,
        ),
    ),
    *cases(
        "cast",
        function("return tf.reduce_mean(tf.abs(y_true - tf.cast(y_pred > 0.5, tf.float32)))"),
        (
            "sigmoid",
            rewritten(
                "s = tf.sigmoid(self.steepness * (y_pred - 0.5))\n"
                "return tf.reduce_mean(tf.abs(y_true - s), axis=-1)",
                16.0,
            ),
            APPROXIMATED,
        ),
        (
            "hard again",
            rewritten(
                "s = tf.cast(y_pred > 0.5, tf.float32)\nreturn tf.reduce_mean(tf.abs(y_true - s), axis=-1)"
            ),
            BROKEN,
        ),
        (
            "raw probability",
            rewritten("return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)"),
            CHANGED,
        ),
        (
            "round of the sigmoid",
            rewritten(
                "s = tf.round(tf.sigmoid(self.steepness * (y_pred - 0.5)))\n"
                "return tf.reduce_mean(tf.abs(y_true - s), axis=-1)",
                16.0,
            ),
            BROKEN,
        ),
        thresholds=(0.5,),
    ),
    *cases(
        "F1",
        function(_F1.format(soft="tf.round(tf.clip_by_value(y_pred, 0.0, 1.0))")),
        (
            "soft",
            rewritten(_F1.format(soft="tf.sigmoid(self.steepness * (y_pred - 0.5))"), 16.0),
            APPROXIMATED,
        ),
        (
            "one minus lost",
            rewritten(
                _F1.format(soft="tf.sigmoid(self.steepness * (y_pred - 0.5))").replace(
                    "1.0 - 2.0", "2.0"
                ),
                16.0,
            ),
            CHANGED,
        ),
        ("raw probability", rewritten(_F1.format(soft="y_pred")), CHANGED),
        (
            "round kept",
            rewritten(_F1.format(soft="tf.round(tf.clip_by_value(y_pred, 0.0, 1.0))")),
            BROKEN,
        ),
    ),
    *cases(
        "argmax",
        function("""
        hit = tf.equal(tf.argmax(y_true, axis=-1), tf.argmax(y_pred, axis=-1))
        return 1.0 - tf.reduce_mean(tf.cast(hit, tf.float32))
        """),
        (
            "softmax",
            rewritten(
                "return 1.0 - tf.reduce_sum(y_true * tf.nn.softmax(self.steepness * y_pred), axis=-1)",
                16.0,
            ),
            APPROXIMATED,
        ),
        (
            "index distance",
            rewritten(
                """
            i = tf.cast(tf.range(tf.shape(y_pred)[-1]), y_pred.dtype)
            t = tf.reduce_sum(i * y_true, axis=-1)
            return tf.abs(t - tf.reduce_sum(i * tf.nn.softmax(self.steepness * y_pred), axis=-1))
            """,
                16.0,
            ),
            CHANGED,
        ),
        (
            "argmax kept",
            rewritten("""
            hit = tf.equal(tf.argmax(y_true, axis=-1), tf.argmax(y_pred, axis=-1))
            return 1.0 - tf.cast(hit, tf.float32)
            """),
            BROKEN,
        ),
    ),
    *cases(
        "round",
        function("return tf.reduce_mean(tf.square(y_true - tf.round(y_pred)))"),
        ("normalised", rewritten(_ROUND, 8.0), APPROXIMATED),
        (
            "naive",
            rewritten(
                """
            f = tf.stop_gradient(tf.floor(y_pred))
            r = f + tf.sigmoid(self.steepness * (y_pred - f - 0.5))
            return tf.reduce_mean(tf.square(y_true - r), axis=-1)
            """,
                8.0,
            ),
            BROKEN,
            {"steepness": 8.0},
        ),
        (
            "identity",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
            CHANGED,
        ),
        (
            "straight through, reversed",
            rewritten(
                _STE.replace(
                    "y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)",
                    "tf.round(y_pred) + tf.stop_gradient(y_pred - tf.round(y_pred))",
                )
            ),
            (*CHANGED, *BROKEN),
        ),
        ("straight through, undeclared", rewritten(_STE), BROKEN),
        ("straight through, declared", rewritten(_STE), APPROXIMATED, {"gate": Gate.DETACHED}),
        (
            "straight through, flipped",
            rewritten(
                _STE.replace(
                    "y_pred + tf.stop_gradient(tf.round(y_pred) - y_pred)",
                    "-y_pred + tf.stop_gradient(tf.round(y_pred) + y_pred)",
                )
            ),
            (*BROKEN, *WORSE),
            {"gate": Gate.DETACHED},
        ),
    ),
)
