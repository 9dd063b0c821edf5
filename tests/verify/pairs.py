"""Losses before and after, right rewrites and wrong ones, and the ruling that each deserves."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lossfix.model import Gate, Probe, Ruling, Safety, Subject

ALIGN = """
def same_rank(y_true, y_pred):
    t, p = y_true.shape.rank, y_pred.shape.rank
    if t is not None and p is not None:
        if t == p + 1 and y_true.shape[-1] == 1:
            if p == 1:
                y_pred = tf.expand_dims(y_pred, -1)
            else:
                y_true = tf.squeeze(y_true, -1)
        elif p == t + 1 and y_pred.shape[-1] == 1:
            if t == 1:
                y_true = tf.expand_dims(y_true, -1)
            else:
                y_pred = tf.squeeze(y_pred, -1)
    return y_true, y_pred
"""

IMPORTS = """
import numpy as np
import tensorflow as tf
import keras
"""


@dataclass(frozen=True)
class Pair:
    """One original, one rewrite of it and the rulings that are right."""

    name: str
    before: str
    after: str
    rulings: tuple[Ruling, ...]
    promise: Safety = Safety.RELAXED
    gate: Gate = Gate.SIGMOID
    steepness: float | None = None
    thresholds: tuple[float, ...] = ()
    families: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the rewrite may be written."""
        return any(r in (Ruling.PRESERVED, Ruling.FIXED, Ruling.APPROXIMATED) for r in self.rulings)

    @property
    def probe(self) -> Probe:
        """What is asked of the verifier."""
        steepened = "Rewritten(steepness={steepness})" if "steepness" in self.after else ""
        return Probe(
            name=self.name,
            before=Subject(IMPORTS + self.before, "loss"),
            after=Subject(IMPORTS + ALIGN + self.after, "Rewritten()", steepened),
            promise=self.promise,
            gate=self.gate,
            steepness=self.steepness,
            thresholds=self.thresholds,
            families=self.families,
        )


def function(body: str) -> str:
    """A loss function with this body."""
    return "\n\ndef loss(y_true, y_pred):\n" + textwrap.indent(
        textwrap.dedent(body).strip(), "    "
    )


def rewritten(
    body: str, steepness: float | None = None, align: bool = True, name: str = "loss"
) -> str:
    """A ``Loss`` subclass whose ``call`` has this body; with a steepness where one is given."""
    parameter = "" if steepness is None else f"steepness={steepness}, "
    store = "" if steepness is None else "        self.steepness = steepness\n"
    config = "" if steepness is None else '"steepness": self.steepness'
    first = "        y_true, y_pred = same_rank(y_true, y_pred)\n" if align else ""
    return (
        '\n\n@keras.saving.register_keras_serializable(package="pairs")\n'
        "class Rewritten(keras.losses.Loss):\n"
        f"    def __init__(self, {parameter}reduction='sum_over_batch_size', "
        f"name='{name}', "
        "dtype=None):\n"
        "        super().__init__(reduction=reduction, name=name, dtype=dtype)\n"
        f"{store}\n"
        "    def call(self, y_true, y_pred):\n"
        f"{first}{textwrap.indent(textwrap.dedent(body).strip(), '        ')}\n\n"
        "    def get_config(self):\n"
        f"        return {{**super().get_config(), {config}}}\n"
    )


FIXED = (Ruling.FIXED,)
PRESERVED = (Ruling.PRESERVED,)
APPROXIMATED = (Ruling.APPROXIMATED,)
CHANGED = (Ruling.CHANGED_MEANING,)
BROKEN = (Ruling.STILL_BROKEN,)
REGRESSED = (Ruling.REGRESSED,)
WORSE = (Ruling.TRAINS_WORSE,)
REFUSED = (
    Ruling.CHANGED_MEANING,
    Ruling.STILL_BROKEN,
    Ruling.REGRESSED,
    Ruling.TRAINS_WORSE,
    Ruling.OVERREACH,
)

EXACT = Safety.EXACT


def cases(name: str, before: str, *afters: tuple[Any, ...], **options: Any) -> Iterator[Pair]:
    """One pair for each of ``afters``: (label, text, right rulings[, options of this one])."""
    for label, after, rulings, *rest in afters:
        extra = rest[0] if rest else {}
        yield Pair(f"{name}: {label}", before, after, rulings, **{**options, **extra})


_pairs: list[Pair] = []


def _case(name: str, before: str, *afters: tuple[Any, ...], **options: Any) -> None:
    _pairs.extend(cases(name, before, *afters, **options))


# Gates with live branches

_case(
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
)

_case(
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
)

_case(
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
)

_DOLLARS = """
    e = tf.abs(y_true - y_pred)
    s = tf.sigmoid({k} * (y_pred - 5000.0))
    return tf.reduce_mean(e * (1.2 * s + (1.0 - s)), axis=-1)
"""
_case(
    "dollars",
    function("e = tf.abs(y_true - y_pred)\nreturn tf.where(y_pred > 5000.0, 1.2 * e, e)"),
    ("in units of the gate", rewritten(_DOLLARS.format(k="self.steepness"), 4e-4), APPROXIMATED),
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
)

_case(
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
)

# Alive before

_case(
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
    ("squared", rewritten("return tf.reduce_mean(tf.abs(y_true - y_pred) ** 2, axis=-1)"), CHANGED),
    (
        "detached",
        rewritten(
            "e = tf.abs(y_true - y_pred)\nreturn tf.reduce_mean(tf.stop_gradient(e ** 2) * e, axis=-1)"
        ),
        REGRESSED,
    ),
    promise=EXACT,
)

_HUBER = "e = tf.abs(y_true - y_pred)\nreturn tf.where(e < 1.0, 0.5 * tf.square(e), e - 0.5)"
_case(
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
)

_FOCAL = """
    p = tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)
    pt = tf.where(tf.equal(y_true, 1.0), p, 1.0 - p)
    a = tf.where(tf.equal(y_true, 1.0), 0.25, 0.75)
    return -tf.reduce_mean(a * tf.pow(1.0 - pt, 2.0) * tf.math.log(pt))
"""
_case(
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
)

# Left the graph

_case(
    "numpy round trip",
    function("""
        error = y_pred.numpy() - y_true.numpy()
        return tf.reduce_mean(tf.constant(error ** 2))
        """),
    ("tensors", rewritten("return tf.reduce_mean((y_pred - y_true) ** 2, axis=-1)"), FIXED),
    ("sum", rewritten("return tf.reduce_sum((y_pred - y_true) ** 2, axis=-1)"), CHANGED),
    ("power lost", rewritten("return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)"), CHANGED),
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
)

_case(
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
)

_case(
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
)

# Dead gates

_case(
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
)

_F1 = """
    p = {soft}
    tp = tf.reduce_sum(y_true * p)
    precision = tp / (tf.reduce_sum(p) + 1e-7)
    recall = tp / (tf.reduce_sum(y_true) + 1e-7)
    return 1.0 - 2.0 * precision * recall / (precision + recall + 1e-7)
"""
_case(
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
)

_case(
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
)

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
_case(
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
    ("identity", rewritten("return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)"), CHANGED),
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
)

# Not finite

_NAN = "x = y_pred - y_true\nreturn tf.reduce_mean(tf.where(x > 0.0, x**1.5, tf.zeros_like(x)))"
_case(
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
    ("NaN left", rewritten(_NAN.replace("zeros_like(x)))", "zeros_like(x)), axis=-1)")), BROKEN),
    promise=EXACT,
)

# A Loss subclass

_PER_SAMPLE = """

class Original(keras.losses.Loss):
    def call(self, y_true, y_pred):
        e = tf.square(y_true - y_pred)
        return tf.reduce_mean(tf.where(y_pred > 0.0, 1.3 * e, e), axis=-1)


loss = Original()
"""
_case(
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
)

_case(
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
)

PAIRS = tuple(_pairs)
BY_NAME = {pair.name: pair for pair in PAIRS}
