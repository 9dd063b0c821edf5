"""Variances that are written out: zero where all values are equal, and nowhere below."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.conditions import current_value, named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_zero

_SPREADS = ("tf.math.reduce_std", "tf.math.reduce_variance")
_EXTREMES = {"tf.reduce_max": "tf.reduce_min", "tf.reduce_min": "tf.reduce_max"}
_MEANS = ("tf.reduce_mean", "tf.reduce_sum")


def is_variance(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a mean or sum of ``(x - mean(x)) ** 2``, or ``mean(x ** 2) - mean(x) ** 2``,
    also above a bound of zero."""
    match _meant(loss, node):
        case cst.Call(args=[cst.Arg(value=first), *rest]) as call:
            operation = loss.operation(call)
            if operation == "tf.maximum" and len(rest) == 1:
                bounded = is_zero(rest[0].value)
                return bounded and is_variance(loss, first)
            squared = squared_in(loss, first) if operation in _MEANS else None
            return squared is not None and _is_deviation(loss, squared)
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            of_squares, mean = _averaged(loss, left), squared_in(loss, right)
            squared = None if of_squares is None else squared_in(loss, of_squares)
            return mean is not None and _are_equal(squared, _averaged(loss, mean))
    return False


def is_spread_of_targets(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is zero where all targets are equal: their variance, deviation or range, or a product
    with it."""
    meant = current_value(loss, node) or node
    match meant:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return any(is_spread_of_targets(loss, each) for each in (left, right))
        case cst.Call(args=[cst.Arg(value=first), *rest]) as call:
            operation = loss.operation(call)
            if operation == "tf.multiply" and len(rest) == 1:
                return any(is_spread_of_targets(loss, each.value) for each in call.args)
            if operation in ("tf.sqrt", "tf.abs"):
                return is_spread_of_targets(loss, first)
    if loss.flow.depends(meant) != {"y_true"}:
        return False
    match meant:
        case cst.Call() as call if loss.operation(call) in _SPREADS:
            return True
        case cst.BinaryOperation(
            left=cst.Call(args=[cst.Arg(value=most), *_]) as high,
            operator=cst.Subtract(),
            right=cst.Call(args=[cst.Arg(value=least), *_]) as low,
        ):
            opposite = _EXTREMES.get(loss.operation(high) or "") == loss.operation(low)
            return opposite and most.deep_equals(least)
    return is_variance(loss, meant)


def is_covariance(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a mean or sum of products with how far the targets are from their mean: zero
    where they are all equal."""
    match _meant(loss, node):
        case cst.Call(args=[cst.Arg(value=first), *_]) as call:
            factors = _factors(loss, first) if loss.operation(call) in _MEANS else ()
            return any(
                loss.flow.depends(each) == {"y_true"} and _is_deviation(loss, each)
                for each in factors
            )
    return False


def _factors(loss: Loss, node: cst.BaseExpression) -> tuple[cst.BaseExpression, ...]:
    match _meant(loss, node):
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return left, right
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) as call if (
            loss.operation(call) == "tf.multiply"
        ):
            return left, right
    return ()


def _is_deviation(loss: Loss, node: cst.BaseExpression) -> bool:
    match _meant(loss, node):
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return _are_equal(left, _averaged(loss, right))
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) as call if (
            loss.operation(call) == "tf.subtract"
        ):
            return _are_equal(left, _averaged(loss, right))
    return False


def squared_in(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What ``node`` is the square of, as it is written or by its name."""
    match _meant(loss, node):
        case cst.Call(args=[cst.Arg(value=inner)]) as call if loss.operation(call) == "tf.square":
            return inner
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=cst.Integer(value="2")):
            return left
        case cst.BinaryOperation(
            left=left, operator=cst.Multiply(), right=right
        ) if left.deep_equals(right):
            return left
    return None


def _averaged(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    match _meant(loss, node):
        case cst.Call(args=[cst.Arg(value=inner), *_]) as call if (
            loss.operation(call) == "tf.reduce_mean"
        ):
            return inner
    return None


def _are_equal(one: cst.BaseExpression | None, other: cst.BaseExpression | None) -> bool:
    return one is not None and other is not None and one.deep_equals(other)


def _meant(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """What a name was set to once, or the expression itself."""
    return named_value(loss, node) or node
