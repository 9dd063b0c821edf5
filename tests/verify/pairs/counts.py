"""Counts, ranks and overlaps that no gradient passes."""

from __future__ import annotations

from pairs.pair import APPROXIMATED, CHANGED, Pair, cases, function, rewritten

PAIRS: tuple[Pair, ...] = (
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
)
