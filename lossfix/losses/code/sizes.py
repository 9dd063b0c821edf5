"""Sizes and shapes that are tensors, and no numbers that are known while the graph is built."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss

_SIZES = frozenset(
    {
        *(f"tensorflow.{each}" for each in ("shape", "size", "rank")),
        *(f"tensorflow.keras.backend.{each}" for each in ("shape", "size")),
        *(
            "keras.backend.shape",
            "keras.backend.size",
            "keras.ops.size",
            "tensorflow.keras.ops.size",
        ),
    }
)
"""``keras.ops.shape`` is not among them: it gives numbers, but for what is not known beforehand."""


def is_told_by_a_size(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a value is computed of nothing but such sizes and numbers: ``tf.size(x) > 0``."""
    match node:
        case cst.Call(func=func):
            return loss.qualified(func) in _SIZES
        case cst.Name():
            value = named_value(loss, node)
            return value is not None and is_told_by_a_size(loss, value)
        case cst.Subscript(value=inner) | cst.UnaryOperation(expression=inner):
            return is_told_by_a_size(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return is_told_by_a_size(loss, left) or is_told_by_a_size(loss, right)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as other]):
            if isinstance(other.operator, cst.Is | cst.IsNot | cst.In | cst.NotIn):
                return False
            return is_told_by_a_size(loss, left) or is_told_by_a_size(loss, other.comparator)
    return False
