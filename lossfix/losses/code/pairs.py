"""Distances between predictions: between all pairs of the same samples, zero on the diagonal, where each one
meets itself, and between two parts of one, as the embeddings of a triplet."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.bare import is_bare
from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_zero
from lossfix.losses.code.variances import squared_in
from lossfix.syntax.tree import takes_all

_OF_LAST_AXIS = frozenset({"-1", "2"})
_DIFFERENCES = ("tf.subtract", "tf.math.squared_difference")
_TOTALS = ("tf.reduce_sum", "tf.reduce_mean")


def is_zero_on_the_diagonal(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a difference ``x[:, None] - x[None, :]`` of the predictions, its square summed up
    over the last axis, or the same by a product with itself: exactly zero on the diagonal."""
    if not loss.predicts(node):
        return False
    meant = _meant(loss, node)
    inner = _vanishing_with(loss, meant)
    if inner is not None:
        return is_zero_on_the_diagonal(loss, inner)
    match meant:
        case cst.BinaryOperation():
            return _is_difference(loss, meant) or _is_expanded(loss, meant)
        case cst.Call(args=[cst.Arg(value=first), *rest]):
            summed = loss.operation(meant) == "tf.reduce_sum" and _is_last(loss, rest)
            return summed and is_zero_on_the_diagonal(loss, first)
    return False


def is_between_parts(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a difference of two parts of the predictions, as they are, or its square, summed up
    or not: exactly zero for a sample for which the model gives the same twice."""
    meant = _meant(loss, node)
    inner = _vanishing_with(loss, meant)
    if inner is not None:
        return is_between_parts(loss, inner)
    match meant:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return _are_parts(loss, left, right)
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) if (
            loss.operation(meant) in _DIFFERENCES
        ):
            return _are_parts(loss, left, right)
        case cst.Call(args=[cst.Arg(value=first), *_]):
            return loss.operation(meant) in _TOTALS and is_between_parts(loss, first)
    return False


def _are_parts(loss: Loss, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """Whether both are parts of the predictions, not the same, and not spread to meet all others."""
    return not _meant(loss, one).deep_equals(_meant(loss, other)) and all(
        isinstance(part := _meant(loss, each), cst.Subscript)
        and not any(_is_new_axis(loss, element) for element in part.slice)
        and is_bare(loss, each, loss.y_pred)
        for each in (one, other)
    )


def _vanishing_with(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What is squared or made absolute in ``node``, or bounded by zero: ``node`` is zero where that is."""
    inner = squared_in(loss, node)
    if inner is not None:
        return inner
    match node:
        case cst.Call(args=[cst.Arg(value=first), *rest]):
            operation = loss.operation(node)
            bounded = operation == "tf.maximum" and len(rest) == 1 and is_zero(rest[0].value)
            return first if bounded or operation == "tf.abs" else None
    return None


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
