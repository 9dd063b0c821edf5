"""Losses that train as they are."""

from __future__ import annotations

from lossfix.model import Ruling
from pairs.pair import (
    CHANGED,
    EXACT,
    PRESERVED,
    REFUSED,
    REGRESSED,
    Pair,
    cases,
    function,
    rewritten,
)

_HUBER = "e = tf.abs(y_true - y_pred)\nreturn tf.where(e < 1.0, 0.5 * tf.square(e), e - 0.5)"

_FOCAL = """
    p = tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)
    pt = tf.where(tf.equal(y_true, 1.0), p, 1.0 - p)
    a = tf.where(tf.equal(y_true, 1.0), 0.25, 0.75)
    return -tf.reduce_mean(a * tf.pow(1.0 - pt, 2.0) * tf.math.log(pt))
"""

PAIRS: tuple[Pair, ...] = (
    *cases(
        "cubic",
        function("return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3)"),
        (
            "aligned",
            rewritten("return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3, axis=-1)"),
            PRESERVED,
        ),
        (
            "not aligned",
            rewritten("return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3, axis=-1)", align=False),
            REGRESSED,
        ),
        (
            "sum for mean",
            rewritten("return tf.reduce_sum(tf.abs(y_true - y_pred) ** 3, axis=-1)"),
            CHANGED,
        ),
        (
            "squared",
            rewritten("return tf.reduce_mean(tf.abs(y_true - y_pred) ** 2, axis=-1)"),
            CHANGED,
        ),
        (
            "detached",
            rewritten(
                "e = tf.abs(y_true - y_pred)\nreturn tf.reduce_mean(tf.stop_gradient(e ** 2) * e, axis=-1)"
            ),
            REGRESSED,
        ),
        promise=EXACT,
    ),
    *cases(
        "Huber",
        function(_HUBER),
        ("kept", rewritten(_HUBER), PRESERVED, {"promise": EXACT}),
        (
            "smoothed",
            rewritten(
                """
            e = tf.abs(y_true - y_pred)
            s = tf.sigmoid(self.steepness * (1.0 - e))
            return s * 0.5 * tf.square(e) + (1.0 - s) * (e - 0.5)
            """,
                8.0,
            ),
            (Ruling.OVERREACH,),
        ),
        ("half dropped", rewritten(_HUBER.replace("e - 0.5", "e")), CHANGED, {"promise": EXACT}),
        thresholds=(1.0,),
    ),
    *cases(
        "focal",
        function(_FOCAL),
        (
            "class",
            rewritten(_FOCAL.replace("tf.math.log(pt))", "tf.math.log(pt), axis=-1)")),
            PRESERVED,
        ),
        ("alpha lost", rewritten(_FOCAL.replace("0.75", "0.25")), CHANGED),
        (
            "clip lost",
            rewritten(_FOCAL.replace("tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)", "y_pred")),
            REFUSED,
        ),
        promise=EXACT,
    ),
    *cases(
        "label mask",
        function("""
            mask = tf.cast(tf.not_equal(y_true, -1.0), y_pred.dtype)
            e = tf.square(y_true - y_pred) * mask
            return tf.reduce_sum(e) / (tf.reduce_sum(mask) + 1e-7)
            """),
        (
            "kept",
            rewritten("""
                mask = tf.cast(tf.not_equal(y_true, -1.0), y_pred.dtype)
                e = tf.square(y_true - y_pred) * mask
                return tf.reduce_sum(e) / (tf.reduce_sum(mask) + 1e-7)
                """),
            PRESERVED,
        ),
        (
            "mask lost",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "asymmetric",
        function("""
            e = y_true - y_pred
            return tf.reduce_mean(tf.where(e > 0.0, 3.0 * tf.square(e), tf.square(e)))
            """),
        (
            "kept",
            rewritten("""
                e = y_true - y_pred
                return tf.reduce_mean(tf.where(e > 0.0, 3.0 * tf.square(e), tf.square(e)), axis=-1)
                """),
            PRESERVED,
        ),
        (
            "turned",
            rewritten("""
                e = y_pred - y_true
                return tf.reduce_mean(tf.where(e > 0.0, 3.0 * tf.square(e), tf.square(e)), axis=-1)
                """),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "hardest half",
        function("""
            e = tf.reshape(tf.square(y_true - y_pred), [-1])
            hard, _ = tf.math.top_k(e, k=3)
            return tf.reduce_mean(hard)
            """),
        (
            "kept",
            rewritten("""
                e = tf.reshape(tf.square(y_true - y_pred), [-1])
                hard, _ = tf.math.top_k(e, k=3)
                return tf.reduce_mean(hard)
                """),
            PRESERVED,
        ),
        (
            "mean of all",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "pinball",
        function(
            "e = y_true - y_pred\nreturn tf.reduce_mean(tf.maximum(0.9 * e, (0.9 - 1.0) * e))"
        ),
        (
            "kept",
            rewritten(
                "e = y_true - y_pred\n"
                "return tf.reduce_mean(tf.maximum(0.9 * e, (0.9 - 1.0) * e), axis=-1)"
            ),
            PRESERVED,
        ),
        (
            "another quantile",
            rewritten(
                "e = y_true - y_pred\n"
                "return tf.reduce_mean(tf.maximum(0.8 * e, (0.8 - 1.0) * e), axis=-1)"
            ),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "ignore easy",
        function("""
            p = tf.clip_by_value(y_pred, 1e-6, 1.0 - 1e-6)
            ce = -(y_true * tf.math.log(p) + (1.0 - y_true) * tf.math.log(1.0 - p))
            pt = y_true * p + (1.0 - y_true) * (1.0 - p)
            return tf.where(pt > 0.9, tf.zeros_like(ce), ce)
            """),
        (
            "kept",
            rewritten("""
                p = tf.clip_by_value(y_pred, 1e-6, 1.0 - 1e-6)
                ce = -(y_true * tf.math.log(p) + (1.0 - y_true) * tf.math.log(1.0 - p))
                pt = y_true * p + (1.0 - y_true) * (1.0 - p)
                return tf.where(pt > 0.9, tf.zeros_like(ce), ce)
                """),
            PRESERVED,
        ),
        (
            "another cut",
            rewritten("""
                p = tf.clip_by_value(y_pred, 1e-6, 1.0 - 1e-6)
                ce = -(y_true * tf.math.log(p) + (1.0 - y_true) * tf.math.log(1.0 - p))
                pt = y_true * p + (1.0 - y_true) * (1.0 - p)
                return tf.where(pt > 0.95, tf.zeros_like(ce), ce)
                """),
            CHANGED,
        ),
        promise=EXACT,
        thresholds=(0.9,),
    ),
    *cases(
        "mean over everything",
        function("return tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)) + 1e-7)"),
        (
            "kept",
            rewritten("return tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred)) + 1e-7)"),
            PRESERVED,
        ),
        (
            "per row",
            rewritten("return tf.sqrt(tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) + 1e-7)"),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "per-sample function",
        function("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
        (
            "one scalar",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred))"),
            REGRESSED,
        ),
        (
            "rows out of order",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)[::-1]"),
            REFUSED,
        ),
        promise=EXACT,
    ),
)
