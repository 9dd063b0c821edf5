"""The means over the whole batch of which a loss is made, and what each of them is for one sample.

The mean over a batch of what one sample gives is the mean of everything, so a sum of such means, each with
a constant factor, is the mean of a loss that gives one value per sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.losses.operations.words import words
from lossfix.losses.smoothing.gates import is_elementwise
from lossfix.syntax.tree import walk

_MEANS = frozenset({"tf.reduce_mean", "keras.backend.mean"})
_MOVES = words("""
    tf.reshape tf.transpose tf.boolean_mask tf.gather tf.gather_nd tf.concat tf.stack tf.tile tf.repeat
    keras.backend.flatten keras.ops.ravel
    """)


@dataclass(frozen=True, eq=False)
class BatchMean:
    """``mean(x)`` over all elements of a value of the targets and predictions."""

    call: cst.Call
    value: cst.BaseExpression
    per_sample: bool
    """Whether the value has one number per sample already, and not one per element."""


def batch_means(loss: Loss) -> tuple[BatchMean, ...]:
    """The means of which the loss is a sum with constant factors; empty where it is anything else."""
    returns = [node.value for node in walk(loss.function.body, cst.Return)]
    if len(returns) != 1 or returns[0] is None:
        return ()
    names: dict[str, int] = {}
    found = _terms(loss, returns[0], names)
    if not found or any(_reads(loss, name) != count for name, count in names.items()):
        return ()
    together = frozenset[str]().union(*(loss.flow.depends(each.value) for each in found))
    return tuple(found) if {"y_true", "y_pred"} <= together else ()


def _reads(loss: Loss, name: str) -> int:
    # The one assignment is no read.
    return sum(each.value == name for each in walk(loss.function.body, cst.Name)) - 1


def _terms(loss: Loss, node: cst.BaseExpression, names: dict[str, int]) -> list[BatchMean] | None:
    """The means in a sum; ``None`` where something in it is no mean and no constant."""
    if _is_constant(loss, node):
        return []
    match node:
        case cst.Name(value=name):
            value = named_value(loss, node)
            names[name] = names.get(name, 0) + 1
            # What stands for two terms would be changed twice.
            return None if value is None or names[name] > 1 else _terms(loss, value, names)
        case cst.UnaryOperation(operator=cst.Minus() | cst.Plus(), expression=inner):
            return _terms(loss, inner, names)
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
            return _both(_terms(loss, left, names), _terms(loss, right, names))
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            if _is_constant(loss, left):
                return _terms(loss, right, names)
            return _terms(loss, left, names) if _is_constant(loss, right) else None
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            return _terms(loss, left, names) if _is_constant(loss, right) else None
        case cst.Call():
            mean = _mean(loss, node)
            return None if mean is None else [mean]
    return None


def _both(left: list[BatchMean] | None, right: list[BatchMean] | None) -> list[BatchMean] | None:
    return None if left is None or right is None else [*left, *right]


def _is_constant(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a term or factor is a number, a parameter or made of such."""
    if loss.is_tensor(node):
        return False
    match node:
        case cst.Integer() | cst.Float() | cst.Name():
            return True
        case cst.Attribute(value=cst.Name(value="self")):
            return True
        case cst.UnaryOperation(expression=inner):
            return _is_constant(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_constant(loss, left) and _is_constant(loss, right)
    return False


def _mean(loss: Loss, node: cst.Call) -> BatchMean | None:
    match node.args:
        case [cst.Arg(value=value, keyword=None, star="")] if loss.operation(node) in _MEANS:
            if loss.is_tensor(value) and is_elementwise(loss, value):
                return BatchMean(node, value, per_sample=False)
            if _is_per_sample(loss, value):
                return BatchMean(node, value, per_sample=True)
    return None


def _is_per_sample(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a value is what Keras expects of a loss: reduced over the last axis, and over no other."""
    match node:
        case cst.Name():
            value = named_value(loss, node)
            return value is not None and _is_per_sample(loss, value)
        case cst.Call(args=[cst.Arg(value=value, keyword=None, star=""), *rest]):
            operation = loss.operation(node) or ""
            if operation in LOSS_FUNCTIONS:
                return all(_keeps_samples(loss, each, frozenset()) for each in node.args)
            if operation in REDUCTIONS:
                return is_elementwise(loss, value) and _over_the_last_axis(rest)
            return operation in ELEMENTWISE and _all_per_sample(
                loss, (each.value for each in node.args)
            )
        case cst.BinaryOperation(left=left, right=right):
            return _all_per_sample(loss, (left, right))
        case cst.UnaryOperation(expression=inner):
            return _is_per_sample(loss, inner)
    return False


def _keeps_samples(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    """Whether nothing in a value, followed through its names, puts the samples in another order or number."""
    for each in walk(node):
        match each:
            case cst.Call() if loss.operation(each) in _MOVES:
                return False
            case cst.Name(value=name) if name not in seen and loss.is_tensor(each):
                values = (binding.value for binding in loss.flow.values(name))
                if not all(_keeps_samples(loss, value, seen | {name}) for value in values):
                    return False
    return True


def _all_per_sample(loss: Loss, values: Iterable[cst.BaseExpression]) -> bool:
    tensors = [each for each in values if loss.is_tensor(each)]
    return bool(tensors) and all(_is_per_sample(loss, each) for each in tensors)


def _over_the_last_axis(arguments: Sequence[cst.Arg]) -> bool:
    match arguments:
        case [
            cst.Arg(
                value=cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer(value="1"))
            ) as axis
        ]:
            return axis.keyword is None or axis.keyword.value == "axis"
    return False
