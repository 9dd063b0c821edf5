"""A loss is reduced over the samples and not over the outputs

## What it does

Reports losses that return a reduction over axis 0, and hinges that are written with a reduction:
`tf.reduce_max(margin - y_pred, 0)` takes its 0 for an axis.

## Why is this bad

The result has one value per output and none per sample, so that there is nothing for sample or class
weights to weigh: given any, Keras raises that the dimensions must be equal (measured), unless there happen
to be as many outputs as samples. Of a hinge over axis 0 one sample of each batch is left, the largest, and
no other one has a gradient.

## Example

```python
import tensorflow as tf


def column_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=0)
```

## Use instead

```python
import tensorflow as tf


def column_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
```

## Fix safety

There is no rewrite: a mean over the last axis is the same without weights, a sum or a maximum is not. An
axis that is named (`axis=0`), and the best or worst of several hypotheses, are taken as meant.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.code.conditions import current_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_zero
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_HINGES = {"tf.reduce_max": "tf.maximum", "tf.reduce_min": "tf.minimum"}


def match(loss: Loss) -> Iterator[Match]:
    yield from _hinges(loss)
    if loss.only_reached:
        return
    for statement in loss.statements:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for part in statement.body:
            if not isinstance(part, cst.Return) or part.value is None:
                continue
            match current_value(loss, part.value) or part.value:
                case cst.Call(args=[cst.Arg(value=value), *rest]) as call if (
                    loss.operation(call) in REDUCTIONS and loss.predicts(value) and _is_first(rest)
                ):
                    if _is_a_row_of_tensors(loss, value) or _is_reduced(loss, value):
                        continue
                    yield Match(
                        call,
                        f"`{loss.name}` gives one value per output and none per sample: "
                        "weights have nothing to weigh",
                        "over another axis the values may change",
                    )


def _hinges(loss: Loss) -> Iterator[Match]:
    for call in walk(loss.function.body, cst.Call):
        operation = loss.operation(call) or ""
        match call.args:
            case [cst.Arg(value=value, keyword=None), cst.Arg(value=bound, keyword=None)] if (
                operation in _HINGES and is_zero(bound) and loss.predicts(value)
            ):
                if _has_a_margin(loss, value) or _is_of_a_cross_entropy(loss, call, value):
                    called = loss.tree.code(call.func)
                    yield Match(
                        call,
                        f"`{loss.tree.line(call)}` is one value for the whole batch: `{called}` takes its "
                        f"0 for an axis",
                        f"`{_HINGES[operation]}` compares each sample with 0, and gives other values",
                    )


def _has_a_margin(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a number stands in a sum or a difference: ``margin - y_pred``, ``near - far + 0.2``."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
            sides = (left, right)
            return any(not loss.is_tensor(each) or _has_a_margin(loss, each) for each in sides)
    return False


def _is_of_a_cross_entropy(loss: Loss, call: cst.Call, value: cst.BaseExpression) -> bool:
    """Whether the logits are subtracted from it under the targets: ``max(x, 0) - x * y``."""
    match loss.tree.parents.get(call):
        case cst.BinaryOperation(
            left=left,
            operator=cst.Subtract(),
            right=cst.BinaryOperation(left=one, operator=cst.Multiply(), right=other),
        ) if (
            left is call
        ):
            return value.deep_equals(one) or value.deep_equals(other)
    return False


def _is_reduced(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether it comes of what is reduced already: to one number, which has no first axis, or over other
    axes, which may leave one value per sample."""
    match current_value(loss, node) or node:
        case cst.UnaryOperation(expression=inner):
            return _is_reduced(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_reduced(loss, left) or _is_reduced(loss, right)
        case cst.Call(args=[_, *rest]) as call:
            if loss.operation(call) in REDUCTIONS:
                return not rest or not _keeps_axes(rest)
            return any(_is_reduced(loss, each.value) for each in call.args)
    return False


def _keeps_axes(arguments: Sequence[cst.Arg]) -> bool:
    """Whether the axes that are reduced stay, of one element."""
    return any(
        each.keyword is not None
        and each.keyword.value in ("keepdims", "keep_dims")
        and not (isinstance(each.value, cst.Name) and each.value.value == "False")
        for each in arguments
    )


def _is_a_row_of_tensors(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether the first axis counts tensors, such as terms of the loss, that were put side by side."""
    match current_value(loss, node) or node:
        case cst.List() | cst.Tuple() | cst.ListComp():
            return True
        case cst.Call(args=[_, *rest]) as call if loss.operation(call) == "tf.stack":
            return not rest or _is_first(rest)
    return False


def _is_first(arguments: Sequence[cst.Arg]) -> bool:
    """Whether the axis, the second argument of all reductions, is 0."""
    for number, each in enumerate(arguments):
        keyword = each.keyword.value if each.keyword is not None else None
        if (keyword == "axis" or (keyword is None and number == 0)) and isinstance(
            each.value, cst.Integer
        ):
            return bool(each.value.evaluated_value == 0)
    return False


RULE = Rule("LF314", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
