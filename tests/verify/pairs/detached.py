"""Losses that leave the graph, raise or are not finite."""

from __future__ import annotations

from pairs.pair import BROKEN, CHANGED, EXACT, FIXED, Pair, cases, function, rewritten

_NAN = "x = y_pred - y_true\nreturn tf.reduce_mean(tf.where(x > 0.0, x**1.5, tf.zeros_like(x)))"

PAIRS: tuple[Pair, ...] = (
    *cases(
        "numpy round trip",
        function("""
        error = y_pred.numpy() - y_true.numpy()
        return tf.reduce_mean(tf.constant(error ** 2))
        """),
        ("tensors", rewritten("return tf.reduce_mean((y_pred - y_true) ** 2, axis=-1)"), FIXED),
        ("sum", rewritten("return tf.reduce_sum((y_pred - y_true) ** 2, axis=-1)"), CHANGED),
        (
            "power lost",
            rewritten("return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)"),
            CHANGED,
        ),
        (
            "numpy kept",
            rewritten(
                "e = y_pred.numpy() - y_true.numpy()\nreturn tf.reduce_mean(tf.constant(e ** 2), axis=-1)"
            ),
            BROKEN,
        ),
        (
            "stop_gradient",
            rewritten("return tf.reduce_mean(tf.stop_gradient(y_pred - y_true) ** 2, axis=-1)"),
            BROKEN,
        ),
        promise=EXACT,
    ),
    *cases(
        "msle in numpy",
        function("return np.mean(np.square(np.log1p(y_true) - np.log1p(y_pred)))"),
        (
            "tensors",
            rewritten(
                "return tf.reduce_mean(tf.square(tf.math.log1p(y_true) - tf.math.log1p(y_pred)), axis=-1)"
            ),
            FIXED,
        ),
        (
            "log for log1p",
            rewritten(
                "return tf.reduce_mean(tf.square(tf.math.log(y_true) - tf.math.log(y_pred)), axis=-1)"
            ),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "detached weights",
        function("""
        weight = tf.constant(np.exp(-np.abs(y_pred.numpy() - y_true.numpy())))
        return tf.reduce_mean(weight * tf.square(y_pred - y_true))
        """),
        (
            "tensors",
            rewritten(
                "w = tf.exp(-tf.abs(y_pred - y_true))\n"
                "return tf.reduce_mean(w * tf.square(y_pred - y_true), axis=-1)"
            ),
            FIXED,
        ),
        (
            "sign of the exponent",
            rewritten(
                "w = tf.exp(tf.abs(y_pred - y_true))\n"
                "return tf.reduce_mean(w * tf.square(y_pred - y_true), axis=-1)"
            ),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "NaN where",
        function(_NAN),
        (
            "double where",
            rewritten("""
            x = y_pred - y_true
            safe = tf.where(x > 0.0, x, tf.ones_like(x))
            return tf.reduce_mean(tf.where(x > 0.0, safe**1.5, tf.zeros_like(x)), axis=-1)
            """),
            FIXED,
        ),
        (
            "NaN left",
            rewritten(_NAN.replace("zeros_like(x)))", "zeros_like(x)), axis=-1)")),
            BROKEN,
        ),
        promise=EXACT,
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
)
