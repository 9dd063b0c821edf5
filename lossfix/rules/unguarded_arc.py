"""The arc cosine of what is one at perfect predictions

## What it does

Reports the arc cosine of something that depends on targets and predictions and is not kept away from -1 and
1, and that of the predictions as they come, which are cosines then. A bound of `1 - 1e-8` is none: in
`float32` it is 1.

## Why is this bad

The slope of the arc cosine at 1 is infinite, and beyond it there is no value. Two unit vectors that point the
same way have a product of 1, or of a little more by rounding: of 2,000 perfect predictions of three numbers
42 in a hundred had a gradient of `nan`, clipped to -1 and 1 or to within 1e-8 of them, and none where they
were clipped to within 1e-7 (measured, TensorFlow 2.21). One such sample turns all weights into `nan`.

## Example

```python
import tensorflow as tf


def angle_loss(y_true, y_pred):
    wanted = tf.math.l2_normalize(y_true, axis=-1)
    given = tf.math.l2_normalize(y_pred, axis=-1)
    return tf.acos(tf.reduce_sum(wanted * given, axis=-1))
```

## Use instead

```python
import tensorflow as tf


def angle_loss(y_true, y_pred):
    wanted = tf.math.l2_normalize(y_true, axis=-1)
    given = tf.math.l2_normalize(y_pred, axis=-1)
    return tf.acos(
        tf.clip_by_value(
            tf.reduce_sum(wanted * given, axis=-1), -1.0 + 1e-7, 1.0 - 1e-7
        )
    )
```

## Fix safety

There is no rewrite: within 1e-7 of 1 the clip gives 0.0005 in place of a smaller angle, which is more than
what tells values apart. What is scaled down before, as where a margin is added to an angle, is left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/acos
- https://github.com/tensorflow/tensorflow/issues/8357
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.bare import is_bare
from lossfix.losses.code.conditions import current_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.words import words
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.literals import sum_of
from lossfix.syntax.tree import walk

_SINGLE = 2.0**-24
"""Half the distance from 1 to the next smaller ``float32``: what is nearer to 1 is rounded to it."""
_LOWEST, _HIGHEST = "-1.0 + 1e-7", "1.0 - 1e-7"
_BOUNDED = words("tf.clip_by_value tf.minimum tf.maximum tf.tanh tf.where tf.sigmoid tf.cos")
_SHOWN = 60
"""Characters of the code that a message quotes."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        where = _where(loss, node)
        if where:
            yield Match(
                node,
                f"`{loss.tree.line(node, _SHOWN)}` has no gradient {where}: it is nan there, and spreads to "
                "all weights",
                f"clip its argument to between {_LOWEST} and {_HIGHEST}: nothing nearer is told from "
                "1 in float32, and the angles below 0.0005 become that",
            )


def _where(loss: Loss, node: cst.Call) -> str:
    """Where an arc cosine has no gradient; empty where it is kept away from that, or is never there."""
    match node.args:
        case [cst.Arg(value=inner, keyword=None, star="")] if loss.operation(node) == "tf.acos":
            if is_bare(loss, inner, loss.y_pred):
                return "where a prediction is 1 or -1, or beyond by rounding"
            meets = loss.flow.depends(inner) >= {"y_true", "y_pred"} and _reaches_one(loss, inner)
            return "where its argument is 1, as at perfect predictions" if meets else ""
    return ""


def _reaches_one(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a product of vectors, or the cosine that a trace or a square of one gives."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            # `(trace - 1) / 2` of a rotation, and a product that is divided by the lengths.
            return loss.is_tensor(right) or (sum_of(right) == 2 and _lacks_one(left))
        case cst.BinaryOperation():
            # `2 * product ** 2 - 1`, the cosine of twice the angle.
            return _lacks_one(node)
        case cst.Call():
            bounds = _bounds(loss, node)
            if bounds is not None:
                return any(abs(1.0 - abs(each)) <= _SINGLE for each in bounds)
            return loss.operation(node) not in _BOUNDED
    value = current_value(loss, node)
    return value is not None and _reaches_one(loss, value)


def _lacks_one(node: cst.BaseExpression) -> bool:
    match node:
        case cst.BinaryOperation(operator=cst.Subtract(), right=right):
            return sum_of(right) == 1
    return False


def _bounds(loss: Loss, node: cst.Call) -> tuple[float, float] | None:
    """Between which numbers a clip keeps its argument."""
    match node.args:
        case [cst.Arg(keyword=None), cst.Arg(value=low), cst.Arg(value=high)] if (
            loss.operation(node) == "tf.clip_by_value"
        ):
            lowest, highest = sum_of(low), sum_of(high)
            return None if lowest is None or highest is None else (lowest, highest)
    return None


RULE = Rule("LF508", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
