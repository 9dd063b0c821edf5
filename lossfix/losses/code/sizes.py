"""Sizes and shapes that are tensors, and no numbers that are known while the graph is built."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import expression

_SHAPES = frozenset({"tensorflow.shape", "tensorflow.keras.backend.shape", "keras.backend.shape"})
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


def known_beforehand(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The same number, read off static shapes: ``x.shape[-1]`` of ``tf.shape(x)[-1]``.

    ``None`` where it is that of the samples, or stands under a name.
    """
    match node:
        case cst.Integer():
            return node
        case cst.Subscript(
            value=cst.Call(func=func, args=[cst.Arg(value=of, star="")]),
            slice=[cst.SubscriptElement(slice=cst.Index(value=axis))],
        ) if loss.qualified(func) in _SHAPES and _is_no_axis_of_samples(axis):
            return node.with_changes(value=expression("{x}.shape", x=of))
        case cst.Call(func=func, args=[cst.Arg(value=of, star="")]) if (
            loss.qualified(func) == "tensorflow.rank"
        ):
            return expression("len({x}.shape)", x=of)
        case cst.BinaryOperation(left=left, right=right):
            first, second = known_beforehand(loss, left), known_beforehand(loss, right)
            if first is None or second is None:
                return None
            return node.with_changes(left=first, right=second)
    return None


def _is_no_axis_of_samples(axis: cst.BaseExpression) -> bool:
    match axis:
        case cst.Integer(value=value):
            return int(value, 0) != 0
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer()):
            return True
    return False
