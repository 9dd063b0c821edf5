"""Gates beside a term that is alive."""

from __future__ import annotations

from pairs.pair import APPROXIMATED, CHANGED, Pair, cases, function, rewritten

PAIRS: tuple[Pair, ...] = (
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
                wrong = tf.where(tf.equal(y_true, 0), 1.0, wrong)
                return tf.reduce_mean(tf.square(y_true - y_pred) + 2.0 * wrong, axis=-1)
                """,
                5.0,
            ),
            APPROXIMATED,
        ),
        (
            "half open where nothing moved",
            rewritten(
                """
                wrong = tf.sigmoid(-self.steepness * tf.sign(y_true) * y_pred)
                return tf.reduce_mean(tf.square(y_true - y_pred) + 2.0 * wrong, axis=-1)
                """,
                5.0,
            ),
            CHANGED,
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
        "two gates of unlike sizes in a row",
        function("""
            order = tf.reduce_mean(tf.where(y_pred[:, 1] < y_pred[:, 0], 10.0, 0.0))
            below = tf.reduce_sum(tf.cast(y_pred < 0.0, tf.float32))
            return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.1 * below + order
            """),
        (
            "margins",
            rewritten(
                """
                order = 10.0 * tf.sigmoid(self.steepness * (y_pred[:, 0] - y_pred[:, 1]))
                below = tf.reduce_sum(tf.sigmoid(-self.steepness * y_pred))
                return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.1 * below + tf.reduce_mean(order)
                """,
                5.0,
                align=False,
            ),
            APPROXIMATED,
        ),
        (
            "the small one moved",
            rewritten(
                """
                order = 10.0 * tf.sigmoid(self.steepness * (y_pred[:, 0] - y_pred[:, 1]))
                below = tf.reduce_sum(tf.sigmoid(-self.steepness * (y_pred - 0.05)))
                return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.1 * below + tf.reduce_mean(order)
                """,
                5.0,
                align=False,
            ),
            CHANGED,
        ),
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
                miss = tf.where(tf.equal(y_true, 0), 1.0, miss)
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
)
