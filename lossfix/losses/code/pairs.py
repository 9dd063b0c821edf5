"""Distances between all pairs of the same samples: zero on the diagonal, where each one meets itself."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_zero
from lossfix.syntax.tree import takes_all

_OF_LAST_AXIS = frozenset({"-1", "2"})
_ZERO_AT_ZERO = ("tf.square", "tf.abs")


def is_zero_on_the_diagonal(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a difference ``x[:, None] - x[None, :]`` of the predictions, its square summed up
    over the last axis, or the same by a product with itself: exactly zero on the diagonal."""
    if not loss.predicts(node):
        return False
    match _meant(loss, node):
        case cst.BinaryOperation(operator=cst.Power(), left=left, right=cst.Integer(value="2")):
            return is_zero_on_the_diagonal(loss, left)
        case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
            return left.deep_equals(right) and is_zero_on_the_diagonal(loss, left)
        case cst.BinaryOperation() as sum_:
            return _is_difference(loss, sum_) or _is_expanded(loss, sum_)
        case cst.Call(args=[cst.Arg(value=first), *rest]) as call:
            operation = loss.operation(call)
            if operation in _ZERO_AT_ZERO:
                return is_zero_on_the_diagonal(loss, first)
            if operation == "tf.reduce_sum":
                return _is_last(loss, rest) and is_zero_on_the_diagonal(loss, first)
            if operation == "tf.maximum" and len(rest) == 1:
                return is_zero(rest[0].value) and is_zero_on_the_diagonal(loss, first)
    return False


def _is_difference(loss: Loss, node: cst.BinaryOperation) -> bool:
    if not isinstance(node.operator, cst.Subtract):
        return False
    left, right = _spread(loss, node.left), _spread(loss, node.right)
    return (
        left is not None
        and right is not None
        and left[1] != right[1]
        and left[0].deep_equals(right[0])
    )


def _is_expanded(loss: Loss, node: cst.BinaryOperation) -> bool:
    """``s[:, None] - 2 * d + s[None, :]`` with ``s = diag_part(d)``."""
    match node:
        case cst.BinaryOperation(
            left=cst.BinaryOperation(left=one, operator=cst.Subtract(), right=twice),
            operator=cst.Add(),
            right=other,
        ):
            table, left, right = _halved(twice), _spread(loss, one), _spread(loss, other)
        case _:
            return False
    if table is None or left is None or right is None or left[1] == right[1]:
        return False
    return left[0].deep_equals(right[0]) and _is_diagonal_of(loss, left[0], table)


def _halved(node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float() as two, operator=cst.Multiply(), right=table
        ) if (float(two.evaluated_value) == 2.0):
            return table
    return None


def _is_diagonal_of(loss: Loss, node: cst.BaseExpression, table: cst.BaseExpression) -> bool:
    match _meant(loss, node):
        case cst.Call(args=[cst.Arg(value=of)]) as call:
            known = loss.operation(call) in ("tf.linalg.diag_part", "tf.linalg.tensor_diag_part")
            return known and of.deep_equals(table)
    return False


def _spread(loss: Loss, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int] | None:
    """``x`` and the axis that it got, of ``x[:, None]``, ``x[None]`` or ``expand_dims(x, 1)``."""
    match _meant(loss, node):
        case cst.Subscript(value=value, slice=elements):
            added = [number for number, each in enumerate(elements) if _is_new_axis(loss, each)]
            whole = all(_is_new_axis(loss, each) or takes_all(each.slice) for each in elements)
            return (value, added[0]) if whole and len(added) == 1 else None
        case cst.Call(args=[cst.Arg(value=value), cst.Arg(value=cst.Integer(value=axis))]) as call:
            if loss.operation(call) == "tf.expand_dims" and axis in ("0", "1"):
                return value, int(axis)
    return None


def _is_new_axis(loss: Loss, element: cst.SubscriptElement) -> bool:
    match element.slice:
        case cst.Index(value=value):
            none = isinstance(value, cst.Name) and value.value == "None"
            return none or (loss.qualified(value) or "").endswith(".newaxis")
    return False


def _is_last(loss: Loss, arguments: list[cst.Arg]) -> bool:
    axes = [each for each in arguments if each.keyword is None or each.keyword.value == "axis"]
    return len(axes) == 1 and loss.tree.code(axes[0].value) in _OF_LAST_AXIS


def _meant(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    return named_value(loss, node) or node
