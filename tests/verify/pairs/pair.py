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
