"""Predictions are squeezed without saying along which axis

## What it does

Reports `tf.squeeze(y_pred)` without an axis in a loss that Keras calls, where the predictions then meet
targets that were not squeezed, or where what is returned has as many axes as the squeezed predictions.

## Why is this bad

A plain function is handed targets of the same rank as the predictions, `(batch, 1)`. Predictions that are
squeezed to `(batch,)` are then broadcast against all targets, to `(batch, batch)`: the loss trains towards
the mean of the targets, without a word. And where the batch size is not fixed, nobody knows while the graph
is traced whether the first axis is squeezed as well: a result of unknown rank raises `ValueError` in `fit`
as soon as the last batch is smaller (both measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def column_loss(y_true, y_pred):
    return tf.square(y_true - tf.squeeze(y_pred))
```

## Use instead

```python
import tensorflow as tf


def column_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
```

## Fix safety

There is no rewrite: which axis was meant the loss does not say. `tf.squeeze(y_pred, axis=-1)` has a rank
that is known; of a loss that is called by a training loop of one's own nothing is said.

## References

- https://www.tensorflow.org/api_docs/python/tf/squeeze
- https://github.com/keras-team/keras/issues/19601
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.conditions import current_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.reached import loops
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.losses.operations.words import words
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_SAME = words("tf.cast tf.identity tf.convert_to_tensor keras.backend.cast_to_floatx")
_CURE = "name the axis, `axis=-1`, for targets and predictions alike"


def match(loss: Loss) -> Iterator[Match]:
    # A loop of one's own knows what shapes it has, and only Keras reads the rank of what is returned.
    if loss.only_reached or loops(loss.candidate.evidence):
        return
    squeezed = [each for each in walk(loss.function.body, cst.Call) if _is_bare_squeeze(loss, each)]
    for node in squeezed:
        if loss.form is not Form.SUBCLASS and _meets_targets(loss, node):
            yield Match(
                node,
                f"`{loss.tree.line(node)}` is (batch,), and with targets of (batch, 1) the result is "
                "(batch, batch)",
                _CURE,
            )
            return
    if squeezed and any(_has_their_rank(loss, each) for each in loss.returned):
        yield Match(
            squeezed[0],
            f"the rank of `{loss.tree.line(squeezed[0])}` is not known where the batch size is not: fit "
            "raises once the last batch is smaller",
            _CURE,
        )


def _is_bare_squeeze(loss: Loss, node: cst.Call) -> bool:
    """Whether all axes of one are taken from the predictions as they are."""
    match node.args:
        case [cst.Arg(value=value, keyword=None, star="")]:
            bare = isinstance(value, cst.Name) and loss.flow.depends(value) == {"y_pred"}
            return bare and loss.operation(node) == "tf.squeeze"
    return False


def _meets_targets(loss: Loss, squeezed: cst.Call) -> bool:
    """Whether an operation on elements joins what was squeezed with the targets as they come."""
    for node in walk(loss.function.body, cst.BinaryOperation, cst.Call):
        match node:
            case cst.BinaryOperation(left=left, right=right):
                sides = left, right
            case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right)]) if (
                loss.operation(node) in ELEMENTWISE
            ):
                sides = left, right
            case _:
                continue
        for one, other in (sides, sides[::-1]):
            if _is(loss, one, squeezed) and _are_the_targets(loss, other):
                return True
    return False


def _is(loss: Loss, node: cst.BaseExpression, squeezed: cst.Call) -> bool:
    return node is squeezed or current_value(loss, node) is squeezed


def _are_the_targets(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(value=name) if name == loss.y_true and not loss.flow.values(name):
            return True
        case cst.Call(args=[cst.Arg(value=first, keyword=None), *_]):
            return loss.operation(node) in _SAME and _are_the_targets(loss, first)
    value = current_value(loss, node)
    return value is not None and _are_the_targets(loss, value)


@asked_once(unsure=False)
def _has_their_rank(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is computed of squeezed predictions in a way that leaves its rank unknown."""
    match node:
        case cst.BinaryOperation(left=left, right=right):
            return _has_their_rank(loss, left) or _has_their_rank(loss, right)
        case cst.UnaryOperation(expression=inner):
            return _has_their_rank(loss, inner)
        case cst.Call(args=args):
            if _is_bare_squeeze(loss, node):
                return True
            operation = loss.operation(node)
            axes = REDUCTIONS if len(args) > 1 else ()
            known = any(operation in each for each in (ELEMENTWISE, LOSS_FUNCTIONS, _SAME, axes))
            return known and any(_has_their_rank(loss, each.value) for each in args)
        case cst.Name():
            value = current_value(loss, node)
            return value is not None and _has_their_rank(loss, value)
    return False


RULE = Rule("LF325", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
