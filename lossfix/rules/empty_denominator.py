"""A division by the number of selected samples, which can be none

## What it does

Finds divisions by the sum of a mask of the targets, and by the targets themselves, and writes them as
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

Exact wherever the old value was finite; where nothing is selected the loss is 0 in place of `nan`. For a
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
from lossfix.losses.code.divisions import divisions, guarded, is_sheltered
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.wording import words as words_of
from lossfix.losses.operations.words import words
from lossfix.losses.smoothing.smooth import constant
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule

_KEEPS_VALUES = words("""
    tf.cast tf.convert_to_tensor tf.identity tf.reshape tf.squeeze tf.expand_dims
    keras.backend.cast_to_floatx keras.backend.flatten
    """)

_SELECTING = frozenset("mask masks event events indicator indicators observed uncensored".split())
"""What a part of the targets is called that is 1 for what counts and 0 for what does not."""


def match(loss: Loss) -> Iterator[Match]:
    for division in divisions(loss):
        if not loss.predicts(division.numerator) or is_sheltered(loss, division.node):
            continue
        if _is_in_where(loss, division.node):
            continue
        below = loss.tree.line(division.denominator)
        if _counts_selected(loss, division.denominator):
            yield Match(
                division.node,
                f"`{below}` is zero where a batch has nothing to select: the loss and its gradient are nan",
            )
        elif not loss.roles_are_guessed and _is_targets(loss, division.denominator, frozenset()):
            yield Match(
                division.node,
                f"`{below}` divides, and a target of zero makes the loss infinite or nan",
            )


def _is_in_where(loss: Loss, node: cst.CSTNode) -> bool:
    # A condition guards it, well or badly: that is another matter.
    return any(
        isinstance(above, cst.Call) and loss.operation(above) == "tf.where"
        for above in loss.tree.ancestors(node)
    )


def _counts_selected(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is the sum of a mask that the targets alone decide, or of what one selects."""
    match node:
        case cst.Name() if (value := current_value(loss, node)) is not None:
            return _counts_selected(loss, value)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            operation = loss.operation(node)
            if operation in _KEEPS_VALUES:
                return _counts_selected(loss, first)
            if operation == "tf.math.count_nonzero":
                return _is_mask(loss, first) or _is_targets(loss, first, frozenset())
            return operation == "tf.reduce_sum" and (
                _is_mask(loss, first) or _is_selected(loss, first)
            )
    return False


def _is_selected(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is zero wherever a mask is."""
    match node:
        case cst.Name() if (value := current_value(loss, node)) is not None:
            return _is_selected(loss, value)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return any(_is_mask(loss, each) or _is_selected(loss, each) for each in (left, right))
        case cst.Call(args=[cst.Arg(value=condition), cst.Arg(), cst.Arg(value=otherwise)]):
            return (
                loss.operation(node) == "tf.where"
                and _is_mask(loss, condition)
                and constant(loss, otherwise) == 0.0
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


def _is_targets(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    match node:
        case cst.Name(value=name):
            values = loss.flow.values(name)
            return (name == loss.y_true or bool(values)) and all(
                name in seen or (each.whole and _is_targets(loss, each.value, seen | {name}))
                for each in values
            )
        case cst.Call(func=cst.Name(value="abs"), args=[cst.Arg(value=first, star="")]):
            return _is_targets(loss, first, seen)
        case cst.Call(args=[cst.Arg(value=first, keyword=None, star=""), *_]):
            operation = loss.operation(node)
            return (operation in _KEEPS_VALUES or operation == "tf.abs") and _is_targets(
                loss, first, seen
            )
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    for division in divisions(loss):
        if division.node is match.node:
            return Edit({division.node: guarded(loss)})
    return None


RULE = Rule("LF503", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
