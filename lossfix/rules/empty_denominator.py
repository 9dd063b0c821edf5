"""A division by the number of selected samples, which can be none

## What it does

Finds divisions by the sum of a mask of the targets, by the targets themselves, by their variance,
deviation or range, and by the magnitudes of a symmetric relative error, and writes them as
`tf.math.divide_no_nan`.

## Why is this bad

In a batch in which nothing is selected this is `0 / 0`: the loss is `nan`, the gradient is `nan`
(measured), and after the next step all weights are. A `tf.where` around the quotient patches the value
and not the gradient.

## Example

```python
import tensorflow as tf


def labelled_loss(y_true, y_pred):
    known = tf.cast(tf.not_equal(y_true, -1.0), y_pred.dtype)
    error = tf.square(y_true - y_pred) * known
    return tf.reduce_sum(error) / tf.reduce_sum(known)
```

## Use instead

```python
import tensorflow as tf


def labelled_loss(y_true, y_pred):
    known = tf.cast(tf.not_equal(y_true, -1.0), y_pred.dtype)
    error = tf.square(y_true - y_pred) * known
    return tf.math.divide_no_nan(tf.reduce_sum(error), tf.reduce_sum(known))
```

## Fix safety

Exact wherever the old value was finite; where nothing is selected the loss is 0 in place of `nan`. So it is
in a batch of equal targets, as is each batch of one, where the spread of the targets divides: the spread over
all data says more there. A correlation has such spreads under one root, whose gradient is infinite at
zero: what stands under it is kept above 1e-20, and the correlation is 0 there. For a
relative error this says that a target of zero costs nothing, where
`keras.losses.mean_absolute_percentage_error` divides by at least 1e-7 and lets it cost very much: choose
that where zeros must count. Where targets are never zero nothing changes.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/divide_no_nan
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import comparison, connective, current_value
from lossfix.losses.code.divisions import (
    Division,
    divisions,
    guarded,
    is_in_where,
    is_sheltered,
)
from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.code.roots import above_zero, least_of, open_roots
from lossfix.losses.code.variances import is_covariance, is_spread_of_targets
from lossfix.losses.discovery.wording import words as words_of
from lossfix.losses.operations.words import words
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax import build

_KEEPS_VALUES = words("""
    tf.cast tf.convert_to_tensor tf.identity tf.reshape tf.squeeze tf.expand_dims
    keras.backend.cast_to_floatx keras.backend.flatten
    """)

_BY_HAND = "the root below has no gradient at zero: add a small number to what it is taken of"

_SELECTING = frozenset("mask masks event events indicator indicators observed uncensored".split())
"""What a part of the targets is called that is 1 for what counts and 0 for what does not."""


def match(loss: Loss) -> Iterator[Match]:
    for division in divisions(loss):
        if not loss.predicts(division.numerator) or is_sheltered(loss, division.node):
            continue
        # What stands in a `tf.where` is guarded by that, well or badly: that is another matter.
        if is_in_where(loss, division.node):
            continue
        below = division.denominator
        when = _zero_where(loss, below)
        if when and not is_only_recorded(loss, division.node):
            by_hand = _roots(loss, division) is None
            yield Match(
                division.node, f"`{loss.tree.line(below)}` {when}", _BY_HAND if by_hand else ""
            )


def _roots(loss: Loss, division: Division) -> list[cst.Call] | None:
    """The roots below that need to be kept above zero; ``None`` where what to do is its author's to say.

    Through what no division passes a gradient to, one of zero times infinity may still come.
    """
    below = division.denominator
    if _is_of_both_sizes(loss, below):
        return []
    roots = open_roots(loss, below)
    # What is divided by such a root is not divided by zero any more: it has to be zero itself.
    if roots and not is_covariance(loss, division.numerator):
        return None
    return roots


def _zero_where(loss: Loss, below: cst.BaseExpression) -> str:
    """Where a denominator is zero, and what then happens; empty where it cannot be told."""
    if _counts_selected(loss, below):
        return "is zero where a batch has nothing to select: the loss and its gradient are nan"
    if not loss.roles_are_guessed and _is_as_it_comes(loss, below, loss.y_true, frozenset()):
        return "divides, and a target of zero makes the loss infinite or nan"
    if is_spread_of_targets(loss, below):
        return "is zero where the targets are all equal: the loss is infinite or nan"
    if _is_of_both_sizes(loss, below):
        return "is zero where a target and its prediction are both zero: the loss and its gradient are nan"
    return ""


def _is_of_both_sizes(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is ``abs(y_true) + abs(y_pred)``, or a part of it: of a relative error."""
    match _unscaled(loss, node):
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return any(
                _is_size(loss, one, loss.y_true) and _is_size(loss, other, loss.y_pred)
                for one, other in ((left, right), (right, left))
            )
    return False


def _unscaled(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """What a name stands for, without the numbers by which it is multiplied or divided."""
    match node:
        case cst.Name() if (value := current_value(loss, node)) is not None:
            return _unscaled(loss, value)
        case cst.BinaryOperation(
            left=inner,
            operator=cst.Divide() | cst.Multiply(),
            right=cst.Integer() | cst.Float(),
        ) | cst.BinaryOperation(
            left=cst.Integer() | cst.Float(), operator=cst.Multiply(), right=inner
        ):
            return _unscaled(loss, inner)
    return node


def _is_size(loss: Loss, node: cst.BaseExpression, parameter: str) -> bool:
    """Whether ``node`` is the magnitude of the targets, or of the predictions, as they come."""
    match current_value(loss, node) or node:
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star="")]) as call:
            of_python = isinstance(call.func, cst.Name) and call.func.value == "abs"
            known = of_python or loss.operation(call) == "tf.abs"
            return known and _is_as_it_comes(loss, first, parameter, frozenset())
    return False


def _counts_selected(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is the sum of a mask that the targets alone decide, or of what one selects."""
    match _unscaled(loss, node):
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]) as call:
            operation = loss.operation(call)
            if operation in _KEEPS_VALUES:
                return _counts_selected(loss, first)
            if operation == "tf.math.count_nonzero":
                return _is_mask(loss, first) or _is_as_it_comes(
                    loss, first, loss.y_true, frozenset()
                )
            return operation == "tf.reduce_sum" and (
                _is_mask(loss, first) or _is_masked(loss, first)
            )
    return False


def _is_masked(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is zero wherever a mask is."""
    match node:
        case cst.Name() if (value := current_value(loss, node)) is not None:
            return _is_masked(loss, value)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return any(_is_mask(loss, each) or _is_masked(loss, each) for each in (left, right))
        case cst.Call(args=[cst.Arg(value=condition), cst.Arg(), cst.Arg(value=otherwise)]):
            return (
                loss.operation(node) == "tf.where"
                and _is_mask(loss, condition)
                and number_everywhere(loss, otherwise) == 0.0
            )
    return False


def _is_mask(loss: Loss, node: cst.BaseExpression) -> bool:
    if loss.flow.depends(node) != {"y_true"}:
        return False
    if comparison(loss, node) is not None:
        return True
    joined = connective(loss, node)
    if joined is not None:
        return all(_is_mask(loss, each) for each in joined[1])
    match node:
        case cst.Name(value=name) if words_of(name) & _SELECTING:
            return True
        case cst.Name() if (value := current_value(loss, node)) is not None:
            return _is_mask(loss, value)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            return loss.operation(node) in _KEEPS_VALUES and _is_mask(loss, first)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return _is_mask(loss, left) and _is_mask(loss, right)
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float() as one, operator=cst.Subtract(), right=right
        ):
            return float(one.evaluated_value) == 1.0 and _is_mask(loss, right)
    return False


def _is_as_it_comes(
    loss: Loss, node: cst.BaseExpression, parameter: str, seen: frozenset[str]
) -> bool:
    """Whether ``node`` is the targets, or the predictions, or their magnitude."""
    match node:
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return (name == parameter or bool(values)) and all(
                name in seen
                or (each.whole and _is_as_it_comes(loss, each.value, parameter, seen | {name}))
                for each in values
            )
        case cst.Call(func=cst.Name(value="abs"), args=[cst.Arg(value=first, star="")]):
            return _is_as_it_comes(loss, first, parameter, seen)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            operation = loss.operation(node)
            known = operation in _KEEPS_VALUES or operation == "tf.abs"
            return known and _is_as_it_comes(loss, first, parameter, seen)
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    for division in divisions(loss):
        if division.node is match.node:
            below = division.denominator
            roots = _roots(loss, division) or []
            above: dict[cst.CSTNode, build.Replacement] = {
                each.args[0].value: above_zero(loss, each.args[0].value, least_of(loss, each))
                for each in roots
            }
            if (current_value(loss, below) or below) in roots:
                return Edit(above)
            return Edit({**above, division.node: guarded(loss)})
    return None


RULE = Rule("LF503", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
