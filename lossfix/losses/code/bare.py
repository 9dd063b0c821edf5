"""Targets and predictions as they come: nothing was computed of them yet."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.words import words

_KEEPS_VALUES = words("""
    tf.cast tf.convert_to_tensor tf.identity tf.reshape tf.squeeze tf.expand_dims tf.transpose
    keras.backend.cast_to_floatx keras.backend.flatten keras.backend.batch_flatten
    """)


def is_bare(
    loss: Loss, node: cst.BaseExpression, parameter: str, seen: frozenset[str] = frozenset()
) -> bool:
    """Whether ``node`` is the targets, or the predictions, or a part of them, as they are."""
    match node:
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return (name == parameter or bool(values)) and all(
                name in seen or (each.whole and is_bare(loss, each.value, parameter, seen | {name}))
                for each in values
            )
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            known = loss.operation(node) in _KEEPS_VALUES
            return known and is_bare(loss, first, parameter, seen)
        case cst.Subscript(value=value):
            return is_bare(loss, value, parameter, seen)
    return False
