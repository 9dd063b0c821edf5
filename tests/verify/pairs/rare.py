"""Rewrites that are right on most inputs, for most calls, or at their defaults, and wrong elsewhere."""

from __future__ import annotations

from pairs.pair import (
    APPROXIMATED,
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

_ROBUST = function("""
    e = y_true - y_pred
    return tf.reduce_mean(tf.square(e) / (1.0 + tf.square(e)), axis=-1)
    """)


def _robust(first: str, last: str = "tf.square(e) / (1.0 + tf.square(e))") -> str:
    return rewritten(f"{first}\nreturn tf.reduce_mean({last}, axis=-1)")


def _scaled(config: str, given: str = "reduction=reduction", scale: str = "self.scale") -> str:
    """A class of its own parameter ``scale``, which saves ``config``."""
    return f"""

@keras.saving.register_keras_serializable(package="pairs")
class Rewritten(keras.losses.Loss):
    def __init__(self, scale=2.0, reduction="sum_over_batch_size", name="loss", dtype=None):
        super().__init__({given}, name=name, dtype=dtype)
        self.scale = scale

    def call(self, y_true, y_pred):
        y_true, y_pred = same_rank(y_true, y_pred)
        return {scale} * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

    def get_config(self):
        return {{**super().get_config(), {config}}}
"""


_TABLE = """
TABLE = np.array([0.1, 0.35, 0.55], "f4")

"""


def _weighed(*weights: float) -> str:
    return rewritten(f"""
        weights = tf.constant({list(weights)}, y_pred.dtype)
        return tf.reduce_sum(weights * tf.abs(y_true - y_pred), axis=-1)
        """)


def _overlap(value: str) -> str:
    return rewritten(f"""
        both = tf.reduce_sum(y_true + y_pred, axis=[1, 2, 3])
        overlap = (2.0 * tf.reduce_sum(y_true * y_pred, axis=[1, 2, 3]) + 1.0) / (both + 1.0)
        return {value}
        """)


def _opposite(weight: str, gate: str = "tf.where(tf.equal(y_true, 0), 0.0, {})") -> str:
    return rewritten(
        f"""
        opposite = {gate.format("tf.sigmoid(-self.steepness * y_true * y_pred)")}
        return tf.reduce_mean(({weight}) * tf.square(y_true - y_pred), axis=-1)
        """,
        2.0,
    )


def _late(gate: str) -> str:
    return rewritten(
        f"""
        e = y_true - y_pred
        late = {gate}
        return tf.reduce_mean(tf.abs(e) * (1.0 + 2.0 * late), axis=-1)
        """,
        3.0,
    )


_COUNTED = """
CALLS = {"made": 0}

""" + _robust(
    """
CALLS["made"] += 1
e = (y_true - y_pred) * (1.0 if CALLS["made"] < 100000 else 2.0)
"""
).lstrip("\n")

_CUSTOM = """
@tf.custom_gradient
def bounded(e):
    square = tf.square(e)
    return square / (1.0 + square), lambda up: up * SLOPE

""" + rewritten("return tf.reduce_mean(bounded(y_true - y_pred), axis=-1)").lstrip("\n")

PAIRS: tuple[Pair, ...] = (
    *cases(
        "robust",
        _ROBUST,
        (
            "one minus",
            _robust("e = tf.square(y_pred - y_true)", "1.0 - 1.0 / (1.0 + e)"),
            PRESERVED,
        ),
        (
            "a batch of one gives nothing",
            _robust("e = (y_true - y_pred) * tf.cast(tf.shape(y_pred)[0] > 1, y_pred.dtype)"),
            CHANGED,
        ),
        (
            "twice as much for even batches",
            _robust("e = (y_true - y_pred) * tf.cast(2 - tf.shape(y_pred)[0] % 2, y_pred.dtype)"),
            CHANGED,
        ),
        (
            "another one for large batches",
            _robust(
                "e = (y_true - y_pred) * tf.where(tf.shape(y_pred)[0] > 20, 2.0, 1.0)",
            ),
            CHANGED,
        ),
        (
            "a penalty far out",
            _robust(
                "e = y_true - y_pred",
                "tf.square(e) / (1.0 + tf.square(e)) + tf.nn.relu(-y_pred - 8.0)",
            ),
            CHANGED,
        ),
        (
            "no gradient far out",
            _robust(
                "e = y_true - tf.where(tf.abs(y_pred) > 8.0, tf.stop_gradient(y_pred), y_pred)"
            ),
            REGRESSED,
        ),
        (
            "its own gradient",
            _CUSTOM.replace("SLOPE", "2.0 * e / tf.square(1.0 + square)"),
            PRESERVED,
        ),
        (
            "its own gradient, a hundredth too large",
            _CUSTOM.replace("SLOPE", "2.02 * e / tf.square(1.0 + square)"),
            REGRESSED,
        ),
        ("calls are counted", _COUNTED, CHANGED),
        (
            "another one in a graph",
            _robust("e = (y_true - y_pred) * (1.0 if tf.executing_eagerly() else 1.1)"),
            REGRESSED,
        ),
        (
            "another gradient in a graph",
            _robust(
                "e = y_true - y_pred\n"
                "if not tf.executing_eagerly():\n"
                "    e = 0.5 * e + tf.stop_gradient(0.5 * e)"
            ),
            REFUSED,
        ),
        promise=EXACT,
    ),
    *cases(
        "scaled",
        function("return 2.0 * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)"),
        ("saved", _scaled("'scale': self.scale"), PRESERVED),
        ("not saved", _scaled(""), REGRESSED),
        ("saved as another", _scaled("'scale': 2.0 * self.scale"), REGRESSED),
        ("always the default", _scaled("'scale': 2.0"), REGRESSED),
        (
            "deaf to its reduction",
            _scaled("'scale': self.scale", "reduction='sum_over_batch_size'"),
            REGRESSED,
        ),
        promise=EXACT,
    ),
    *cases(
        "clipped logarithms",
        function("""
            a = tf.math.log1p(tf.maximum(y_pred, 0.0))
            b = tf.math.log1p(tf.maximum(y_true, 0.0))
            return tf.reduce_mean(tf.square(a - b), axis=-1)
            """),
        (
            "one logarithm",
            rewritten("""
                a = 1.0 + tf.nn.relu(y_pred)
                b = 1.0 + tf.nn.relu(y_true)
                return tf.reduce_mean(tf.square(tf.math.log(a / b)), axis=-1)
                """),
            PRESERVED,
        ),
        (
            "not clipped",
            rewritten("""
                a = tf.math.log1p(y_pred)
                b = tf.math.log1p(y_true)
                return tf.reduce_mean(tf.square(a - b), axis=-1)
                """),
            CHANGED,
        ),
        (
            "sizes",
            rewritten("""
                a = tf.math.log1p(tf.abs(y_pred))
                b = tf.math.log1p(tf.maximum(y_true, 0.0))
                return tf.reduce_mean(tf.square(a - b), axis=-1)
                """),
            CHANGED,
        ),
        promise=EXACT,
    ),
    *cases(
        "overlap of images",
        function("""
            inside = tf.reduce_sum(y_true * y_pred, axis=[1, 2, 3])
            both = tf.reduce_sum(y_true, axis=[1, 2, 3]) + tf.reduce_sum(y_pred, axis=[1, 2, 3])
            return 1.0 - (2.0 * inside + 1.0) / (both + 1.0)
            """),
        ("in one sum", _overlap("1.0 - overlap"), PRESERVED),
        (
            "without those that show nothing",
            _overlap("tf.where(tf.reduce_sum(y_true, axis=[1, 2, 3]) > 0.0, 1.0 - overlap, 0.0)"),
            CHANGED,
        ),
        promise=EXACT,
        families=("seg_bin",),
    ),
    *cases(
        "several axes",
        function("""
            square = tf.reduce_mean(tf.square(y_true - y_pred), axis=[1, 2, 3])
            rows = tf.reduce_mean(tf.abs(y_pred[:, 1:] - y_pred[:, :-1]), axis=[1, 2, 3])
            columns = tf.reduce_mean(tf.abs(y_pred[:, :, 1:] - y_pred[:, :, :-1]), axis=[1, 2, 3])
            return square + 0.1 * (rows + columns)
            """),
        (
            "total variation",
            rewritten("""
                square = tf.reduce_mean(tf.square(y_true - y_pred), axis=[1, 2, 3])
                differences = tf.cast(tf.size(y_pred[0, 1:]), y_pred.dtype)
                return square + 0.1 * tf.image.total_variation(y_pred) / differences
                """),
            PRESERVED,
        ),
        (
            "total variation of one channel",
            rewritten("""
                square = tf.reduce_mean(tf.square(y_true - y_pred), axis=[1, 2, 3])
                return square + 0.1 * tf.image.total_variation(y_pred) / 12.0
                """),
            CHANGED,
        ),
        (
            "rows twice",
            rewritten("""
                square = tf.reduce_mean(tf.square(y_true - y_pred), axis=[1, 2, 3])
                rows = tf.reduce_mean(tf.abs(y_pred[:, 1:] - y_pred[:, :-1]), axis=[1, 2, 3])
                return square + 0.2 * rows
                """),
            CHANGED,
        ),
        (
            "neighbours but one",
            rewritten("""
                square = tf.reduce_mean(tf.square(y_true - y_pred), axis=[1, 2, 3])
                rows = tf.reduce_mean(tf.abs(y_pred[:, 2:] - y_pred[:, :-2]), axis=[1, 2, 3])
                columns = y_pred[:, :, 1:] - y_pred[:, :, :-1]
                columns = tf.reduce_mean(tf.abs(columns), axis=[1, 2, 3])
                return square + 0.1 * (rows + columns)
                """),
            CHANGED,
        ),
        promise=EXACT,
        families=("seg_bin",),
    ),
    *cases(
        "a table of single precision",
        _TABLE
        + function("return tf.reduce_sum(tf.abs(y_true - y_pred) * TABLE, axis=-1)").lstrip("\n"),
        ("its decimals", _weighed(0.1, 0.35, 0.55), PRESERVED),
        ("a decimal by a hundred thousandth", _weighed(0.1, 0.35, 0.550006), CHANGED),
        promise=EXACT,
        families=("reg_vec3",),
    ),
    *cases(
        "a table of double precision",
        _TABLE.replace("f4", "f8")
        + function("return tf.reduce_sum(tf.abs(y_true - y_pred) * TABLE, axis=-1)").lstrip("\n"),
        ("its decimals", _weighed(0.1, 0.35, 0.55), PRESERVED),
        ("of single precision", _weighed(0.1, 0.35, 0.5500001), CHANGED),
        promise=EXACT,
        families=("reg_vec3",),
    ),
    *cases(
        "opposite signs, whose gate holds targets of zero",
        function("""
            weight = tf.where(y_true * y_pred < 0.0, 2.0, 1.0)
            return tf.reduce_mean(weight * tf.square(y_true - y_pred))
            """),
        ("sigmoid that is shut there", _opposite("1.0 + opposite"), APPROXIMATED),
        ("sigmoid that is half open there", _opposite("1.0 + opposite", "{}"), CHANGED),
        ("squared", _opposite("tf.square(1.0 + opposite)"), CHANGED),
        thresholds=(0.0,),
    ),
    *cases(
        "late",
        function("""
            e = y_true - y_pred
            return tf.reduce_mean(tf.where(e > 0.5, 3.0 * tf.abs(e), tf.abs(e)))
            """),
        (
            "hyperbolic tangent",
            _late("0.5 + 0.5 * tf.tanh(0.5 * self.steepness * (e - 0.5))"),
            APPROXIMATED,
        ),
        (
            "a gate that comes nearer",
            _late("tf.sigmoid(self.steepness * (e - 0.5) + 1.0)"),
            CHANGED,
        ),
        (
            "as hard as before",
            _late("tf.sigmoid(self.steepness * (e - 0.5))"),
            REFUSED,
            {"steepness": 3000.0},
        ),
        ("capped", _late("tf.sigmoid(min(self.steepness, 20.0) * (e - 0.5))"), CHANGED),
        ("the root", _late("tf.sigmoid(self.steepness ** 0.5 * (e - 0.5))"), CHANGED),
        thresholds=(0.5,),
    ),
)
