"""A compiled loss does not depend on the predictions

## What it does

Reports losses that are given to `compile` and return a constant, or something that is computed from the
targets alone.

## Why is this bad

Whatever the model predicts, the loss is the same: the gradient is `None` (measured, eagerly and in a graph),
and `fit` raises `No gradients provided for any variable`.

## Example

```python
import keras
import tensorflow as tf


def spread_loss(y_true, y_pred):
    centre = tf.reduce_mean(y_true)
    return tf.reduce_mean(tf.square(y_true - centre), axis=-1)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss=spread_loss)
```

## Use instead

```python
import keras
import tensorflow as tf


def spread_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss=spread_loss)
```

## Fix safety

Manual: what the loss was meant to compare is not in the code. Functions that are not compiled, that return
something stored elsewhere, or that use what they are closed over, are left alone.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.model import Evidence, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import children, walk


def match(loss: Loss) -> Iterator[Match]:
    if Evidence.COMPILED not in loss.candidate.evidence or loss.candidate.metric:
        return
    if loss.is_in_a_test:
        return
    returns = [*walk(loss.function, cst.Return)]
    values = [node.value for node in returns if node.value is not None]
    if not values or any(_reads_predictions(loss, value, frozenset()) for value in values):
        return
    if all(_is_known(loss, value, frozenset()) for value in values):
        yield Match(
            returns[-1],
            "what is returned does not depend on the predictions: there is nothing to train",
        )


def _reads_predictions(loss: Loss, node: cst.CSTNode, seen: frozenset[cst.CSTNode]) -> bool:
    """Whether a value depends on the predictions themselves, and not on what has their name by then."""
    for name in (each for each in walk(node, cst.Name) if loss.predicts(each)):
        current = loss.last_set(name)
        if current is None or current in seen:
            return True
        if _reads_predictions(loss, current, seen | {current}):
            return True
    return False


def _is_known(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    """Whether ``node`` is computed from the targets, numbers and known operations alone."""
    match node:
        case cst.Name(value=name) if name == loss.y_pred:
            # What is only shaped like the predictions may be filled with them.
            current = loss.last_set(node)
            return current is not None and _is_known(loss, current, seen)
        case cst.Name(value=name):
            if name in (loss.y_true, "True", "False", "None") or name in seen:
                return True
            values = loss.flow.values(name)
            return bool(values) and all(
                _is_known(loss, each.value, seen | {name}) for each in values
            )
        case cst.Attribute():
            return loss.is_tensor(node) or loss.operation(node) is not None
        case cst.Call(args=args):
            known = loss.operation(node) is not None
            return known and all(_is_known(loss, each.value, seen) for each in args)
        case cst.BaseNumber() | cst.BaseString():
            return True
        case cst.Lambda() | cst.BaseComp() | cst.Await():
            return False
    return all(_is_known(loss, child, seen) for child in children(node) if _counts(child))


def _counts(node: cst.CSTNode) -> bool:
    return not isinstance(node, cst.BaseParenthesizableWhitespace | cst.LeftParen | cst.RightParen)


RULE = Rule("LF112", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
