"""The loss itself is clipped

## What it does

Reports losses that return `clip_by_value(..., low, high)` of what they have computed, or `minimum` of their
mean and a `high`, with a `high` that a loss can reach.

## Why is this bad

Above `high` the gradient is exactly zero (measured), and a sample with a large error teaches nothing. At the
start of training that may be all of them: no error, and frozen weights.

## Example

```python
import tensorflow as tf


def bounded_loss(y_true, y_pred):
    return tf.clip_by_value(tf.square(y_true - y_pred), 0.0, 1.0)
```

## Use instead

```python
import tensorflow as tf


def bounded_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
```

## Fix safety

Manual: whether outliers were meant to be ignored is not in the code. If they were, a Huber loss bounds
their gradient and keeps its direction. Clips of the predictions, guards of logarithms, and caps above 1,000
are left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/clip_by_value
- https://keras.io/api/losses/regression_losses/#huber-class
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_REACHABLE = 1000.0
_MEANS = frozenset({"tf.reduce_mean", "tf.reduce_sum"})


def match(loss: Loss) -> Iterator[Match]:
    if loss.only_reached:
        return
    for node in walk(loss.function, cst.Return):
        if node.value is not None:
            clip = _clip(loss, node.value)
            if clip is not None:
                yield Match(
                    clip,
                    "above the upper bound of this clip the gradient is zero",
                    "it is not clear whether large errors were meant to be ignored",
                )


def _clip(loss: Loss, node: cst.BaseExpression) -> cst.Call | None:
    match node:
        case cst.Call(args=[cst.Arg(value=inner), *rest]):
            operation = loss.operation(node)
            if operation in _MEANS:
                return _clip(loss, inner)
            if operation == "tf.minimum" and len(rest) == 1:
                inner, high = _bounded(inner, rest[0].value)
                # The least of each error and a bound is a robust loss, as it was meant to be.
                if not _is_reduced(loss, inner):
                    return None
            elif operation == "tf.clip_by_value" and len(rest) == 2:
                high = rest[1].value
            else:
                return None
            computed = named_value(loss, inner) or inner
            if not isinstance(high, cst.Integer | cst.Float) or high.evaluated_value >= _REACHABLE:
                return None
            return node if is_live(loss, computed) and not _is_given(loss, computed) else None
    value = named_value(loss, node)
    return None if value is None else _clip(loss, value)


def _bounded(
    one: cst.BaseExpression, other: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """What is bounded, and its bound."""
    return (other, one) if isinstance(one, cst.Integer | cst.Float) else (one, other)


def _is_reduced(loss: Loss, node: cst.BaseExpression) -> bool:
    computed = named_value(loss, node) or node
    plain = isinstance(computed, cst.Call) and len(computed.args) == 1
    return plain and loss.operation(computed) in _MEANS


def _is_given(loss: Loss, node: cst.BaseExpression) -> bool:
    # A function of the targets and the predictions is a loss; one of the predictions alone may not be.
    return loss.flow.depends(node) != {"y_true", "y_pred"}


RULE = Rule("LF212", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
