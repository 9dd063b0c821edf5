"""Targets and predictions as they come: nothing was computed of them yet."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.words import words
from lossfix.syntax.literals import number_of

_KEEPS_VALUES = words("""
    tf.cast tf.convert_to_tensor tf.identity tf.reshape tf.squeeze tf.expand_dims tf.transpose
    keras.backend.cast_to_floatx keras.backend.flatten keras.backend.batch_flatten
    """)


def is_bare(
    loss: Loss,
    node: cst.BaseExpression,
    parameter: str,
    end: float | None = None,
    seen: frozenset[str] = frozenset(),
) -> bool:
    """Whether ``node`` is the targets, or the predictions, or a part of them, as they are.

    With an ``end`` of the probabilities, 0 or 1, clips that let them reach it change nothing.
    """
    match node:
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return (name == parameter or bool(values)) and all(
                name in seen
                or (each.whole and is_bare(loss, each.value, parameter, end, seen | {name}))
                for each in values
            )
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *rest]):
            operation = loss.operation(node)
            known = operation in _KEEPS_VALUES or _reaches(operation, rest, end)
            return known and is_bare(loss, first, parameter, end, seen)
        case cst.Subscript(value=value):
            return is_bare(loss, value, parameter, end, seen)
    return False


def _reaches(operation: str | None, rest: Sequence[cst.Arg], end: float | None) -> bool:
    """Whether a clip of probabilities, of which ``rest`` are the bounds, lets them be ``end``."""
    match operation, rest:
        case ("tf.nn.relu", []):
            return end is not None
        case ("tf.clip_by_value", [cst.Arg(value=low), cst.Arg(value=high)]):
            bound = low if end == 0.0 else high
        case ("tf.maximum" | "tf.minimum", [cst.Arg(value=bound)]):
            if (operation == "tf.maximum") != (end == 0.0):
                return end is not None
        case _:
            return False
    return end is not None and number_of(bound) == end
