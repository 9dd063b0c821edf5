"""More losses before and after: labels, masks, control flow, ranks and removed names."""

from __future__ import annotations

from lossfix.model import Safety
from pairs import (
    APPROXIMATED,
    BROKEN,
    CHANGED,
    FIXED,
    PRESERVED,
    REFUSED,
    REGRESSED,
    Pair,
    cases,
    function,
    rewritten,
)

EXACT = Safety.EXACT

_DIRECTION = """
    wrong = {gate}
    return tf.reduce_mean(tf.square(y_true - y_pred) + 2.0 * {weight})
"""

MORE: tuple[Pair, ...] = (
    *cases(
        "direction",
        function("""
            wrong = tf.cast(tf.sign(y_true) != tf.sign(y_pred), tf.float32)
            return tf.reduce_mean(tf.square(y_true - y_pred)) + 2.0 * tf.reduce_mean(wrong)
            """),
        (
            "sigmoid of the margin",
            rewritten(
                """
                wrong = tf.sigmoid(-self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(tf.square(y_true - y_pred) + 2.0 * wrong, axis=-1)
                """,
                5.0,
            ),
            APPROXIMATED,
        ),
        (
            "margin turned",
            rewritten(
                """
                wrong = tf.sigmoid(self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(tf.square(y_true - y_pred) + 2.0 * wrong, axis=-1)
                """,
                5.0,
            ),
            CHANGED,
        ),
        (
            "weight lost",
            rewritten(
                """
                wrong = tf.sigmoid(-self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(tf.square(y_true - y_pred) + wrong, axis=-1)
                """,
                5.0,
            ),
            CHANGED,
        ),
    ),
    *cases(
        "python if",
        function("""
            e = tf.reduce_mean(tf.square(y_true - y_pred))
            if e > 0.8:
                return 0.8 + 2.0 * (e - 0.8)
            return e
            """),
        (
            "where",
            rewritten("""
                e = tf.reduce_mean(tf.square(y_true - y_pred))
                return tf.where(e > 0.8, 0.8 + 2.0 * (e - 0.8), e)
                """),
            FIXED,
        ),
        (
            "branches swapped",
            rewritten("""
                e = tf.reduce_mean(tf.square(y_true - y_pred))
                return tf.where(e > 0.8, e, 0.8 + 2.0 * (e - 0.8))
                """),
            CHANGED,
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
        "IoU",
        function("""
            p = tf.cast(y_pred > 0.5, tf.float32)
            both = tf.reduce_sum(y_true * p)
            either = tf.reduce_sum(y_true) + tf.reduce_sum(p) - both
            return 1.0 - (both + 1.0) / (either + 1.0)
            """),
        (
            "soft",
            rewritten(
                """
                p = tf.sigmoid(self.steepness * (y_pred - 0.5))
                both = tf.reduce_sum(y_true * p)
                either = tf.reduce_sum(y_true) + tf.reduce_sum(p) - both
                return 1.0 - (both + 1.0) / (either + 1.0)
                """,
                16.0,
            ),
            APPROXIMATED,
        ),
        (
            "smoothing lost",
            rewritten(
                """
                p = tf.sigmoid(self.steepness * (y_pred - 0.5))
                both = tf.reduce_sum(y_true * p)
                either = tf.reduce_sum(y_true) + tf.reduce_sum(p) - both
                return 1.0 - both / (either + 1.0)
                """,
                16.0,
            ),
            CHANGED,
        ),
        thresholds=(0.5,),
    ),
    *cases(
        "python loop",
        function("""
            total = 0.0
            for i in range(y_pred.shape[0]):
                total += float(tf.reduce_mean(tf.square(y_true[i] - y_pred[i])))
            return tf.constant(total / y_pred.shape[0])
            """),
        (
            "vectorised",
            rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"),
            FIXED,
        ),
        (
            "sum",
            rewritten("return tf.reduce_sum(tf.square(y_true - y_pred)) + 0.0 * y_pred[..., 0]"),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "count",
        function("""
            wrong = tf.math.count_nonzero(tf.round(y_pred) - y_true)
            return tf.cast(wrong, tf.float32) / tf.cast(tf.size(y_true), tf.float32)
            """),
        (
            "soft",
            rewritten(
                """
                s = tf.sigmoid(self.steepness * (y_pred - 0.5))
                return tf.reduce_mean(y_true * (1.0 - s) + (1.0 - y_true) * s, axis=-1)
                """,
                16.0,
            ),
            APPROXIMATED,
        ),
        (
            "hits for misses",
            rewritten(
                """
                s = tf.sigmoid(self.steepness * (y_pred - 0.5))
                return tf.reduce_mean(y_true * s + (1.0 - y_true) * (1.0 - s), axis=-1)
                """,
                16.0,
            ),
            CHANGED,
        ),
        families=("bin_prob",),
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
        "top two",
        function("""
            hit = tf.math.in_top_k(tf.argmax(y_true, -1), y_pred, 2)
            return 1.0 - tf.reduce_mean(tf.cast(hit, tf.float32))
            """),
        (
            "margin to the second other",
            rewritten(
                """
                own = tf.reduce_sum(y_true * y_pred, axis=-1)
                others = y_pred - 1e30 * tf.cast(y_true, y_pred.dtype)
                second = tf.math.top_k(others, k=2)[0][..., -1]
                return 1.0 - tf.sigmoid(self.steepness * (own - second))
                """,
                10.0,
            ),
            APPROXIMATED,
        ),
        (
            "margin to the first other",
            rewritten(
                """
                own = tf.reduce_sum(y_true * y_pred, axis=-1)
                others = y_pred - 1e30 * tf.cast(y_true, y_pred.dtype)
                first = tf.reduce_max(others, axis=-1)
                return 1.0 - tf.sigmoid(self.steepness * (own - first))
                """,
                10.0,
            ),
            CHANGED,
        ),
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
        "numpy dice",
        function("""
            def dice(t, p):
                return np.float32(1.0 - (2.0 * np.sum(t * p) + 1.0) / (np.sum(t) + np.sum(p) + 1.0))

            return tf.numpy_function(dice, [y_true, y_pred], tf.float32)
            """),
        (
            "tensors",
            rewritten("""
                both = tf.reduce_sum(y_true * y_pred)
                return 1.0 - (2.0 * both + 1.0) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1.0)
                """),
            FIXED,
        ),
        (
            "one two lost",
            rewritten("""
                both = tf.reduce_sum(y_true * y_pred)
                return 1.0 - (both + 1.0) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1.0)
                """),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "keras.ops",
        function(
            "return keras.ops.mean(keras.ops.cast(keras.ops.abs(y_true - y_pred) > 0.3, 'float32'))"
        ),
        (
            "sigmoid",
            rewritten(
                "gap = keras.ops.abs(y_true - y_pred)\n"
                "return keras.ops.mean(keras.ops.sigmoid(self.steepness * (gap - 0.3)), axis=-1)",
                10.0,
            ),
            APPROXIMATED,
        ),
        (
            "gate turned",
            rewritten(
                "gap = keras.ops.abs(y_true - y_pred)\n"
                "return keras.ops.mean(keras.ops.sigmoid(self.steepness * (0.3 - gap)), axis=-1)",
                10.0,
            ),
            CHANGED,
        ),
        thresholds=(0.3,),
    ),
    *cases(
        "range penalty",
        function("""
            e = tf.reduce_mean(tf.abs(y_true - y_pred))
            out = tf.logical_or(y_pred < -1.0, y_pred > 1.0)
            return e + 0.7 * tf.reduce_mean(tf.where(out, 1.0, 0.0))
            """),
        (
            "margin",
            rewritten(
                """
                e = tf.abs(y_true - y_pred)
                out = tf.sigmoid(self.steepness * tf.maximum(-1.0 - y_pred, y_pred - 1.0))
                return tf.reduce_mean(e + 0.7 * out, axis=-1)
                """,
                4.0,
            ),
            APPROXIMATED,
        ),
        (
            "only above",
            rewritten(
                """
                e = tf.abs(y_true - y_pred)
                out = tf.sigmoid(self.steepness * (y_pred - 1.0))
                return tf.reduce_mean(e + 0.7 * out, axis=-1)
                """,
                4.0,
            ),
            CHANGED,
        ),
        thresholds=(-1.0, 1.0),
    ),
    *cases(
        "rank correlation",
        function("""
            t, p = tf.reshape(y_true, [-1]), tf.reshape(y_pred, [-1])
            rank = tf.cast(tf.argsort(tf.argsort(p)), tf.float32)
            want = tf.cast(tf.argsort(tf.argsort(t)), tf.float32)
            n = tf.cast(tf.size(p), tf.float32)
            return 6.0 * tf.reduce_sum(tf.square(rank - want)) / (n * (n * n - 1.0))
            """),
        (
            "pairwise",
            rewritten(
                """
                t, p = tf.reshape(y_true, [-1]), tf.reshape(y_pred, [-1])
                above = tf.sigmoid(self.steepness * (p[:, None] - p[None, :]))
                rank = tf.reduce_sum(above, axis=1) - 0.5
                want = tf.cast(tf.argsort(tf.argsort(t)), p.dtype)
                n = tf.cast(tf.size(p), p.dtype)
                return 6.0 * tf.reduce_sum(tf.square(rank - want)) / (n * (n * n - 1.0))
                """,
                10.0,
            ),
            APPROXIMATED,
        ),
        (
            "turned",
            rewritten(
                """
                t, p = tf.reshape(y_true, [-1]), tf.reshape(y_pred, [-1])
                above = tf.sigmoid(self.steepness * (p[None, :] - p[:, None]))
                rank = tf.reduce_sum(above, axis=1) - 0.5
                want = tf.cast(tf.argsort(tf.argsort(t)), p.dtype)
                n = tf.cast(tf.size(p), p.dtype)
                return 6.0 * tf.reduce_sum(tf.square(rank - want)) / (n * (n * n - 1.0))
                """,
                10.0,
            ),
            CHANGED,
        ),
    ),
    *cases(
        "removed backend",
        "from keras import backend as K\n"
        + function("return K.mean(K.square(y_pred - y_true), axis=-1)"),
        (
            "tensors",
            rewritten("return tf.reduce_mean(tf.square(y_pred - y_true), axis=-1)"),
            FIXED,
        ),
        (
            "absolute",
            rewritten("return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)"),
            CHANGED,
        ),
        (
            "kept",
            "from keras import backend as K\n"
            + rewritten("return K.mean(K.square(y_pred - y_true), axis=-1)"),
            BROKEN,
        ),
        promise=EXACT,
    ),
    *cases(
        "sparse labels",
        function("""
            y = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), 4)
            hit = tf.equal(tf.argmax(y, -1), tf.argmax(y_pred, -1))
            return 1.0 - tf.reduce_mean(tf.cast(hit, tf.float32))
            """),
        (
            "softmax",
            rewritten(
                """
                y = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), 4, dtype=y_pred.dtype)
                return 1.0 - tf.reduce_sum(y * tf.nn.softmax(self.steepness * y_pred), axis=-1)
                """,
                10.0,
            ),
            APPROXIMATED,
        ),
        (
            "negated",
            rewritten(
                """
                y = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), 4, dtype=y_pred.dtype)
                return tf.reduce_sum(y * tf.nn.softmax(self.steepness * y_pred), axis=-1)
                """,
                10.0,
            ),
            CHANGED,
        ),
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
        "gate on the mean",
        function("""
            e = tf.reduce_mean(tf.square(y_true - y_pred))
            return e + tf.where(tf.reduce_mean(y_pred) > 0.0, 1.0, 0.0)
            """),
        (
            "sigmoid",
            rewritten(
                """
                e = tf.reduce_mean(tf.square(y_true - y_pred))
                return e + tf.sigmoid(self.steepness * tf.reduce_mean(y_pred))
                """,
                4.0,
            ),
            APPROXIMATED,
        ),
        (
            "per element",
            rewritten(
                """
                e = tf.square(y_true - y_pred)
                return tf.reduce_mean(e + tf.sigmoid(self.steepness * y_pred), axis=-1)
                """,
                4.0,
            ),
            CHANGED,
        ),
        thresholds=(0.0,),
    ),
    *cases(
        "weight by miss",
        function("""
            e = tf.square(y_true - y_pred)
            return tf.reduce_mean(e * tf.where(tf.sign(y_true) != tf.sign(y_pred), 1.4, 1.0))
            """),
        (
            "sigmoid of the margin",
            rewritten(
                """
                e = tf.square(y_true - y_pred)
                miss = tf.sigmoid(-self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(e * (1.0 + 0.4 * miss), axis=-1)
                """,
                4.0,
            ),
            APPROXIMATED,
        ),
        (
            "weight squared",
            rewritten(
                """
                e = tf.square(y_true - y_pred)
                miss = tf.sigmoid(-self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(e * tf.square(1.0 + 0.4 * miss), axis=-1)
                """,
                4.0,
            ),
            CHANGED,
        ),
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
