"""A sigmoid is so steep that it has no slope left

## What it does

Reports `sigmoid` and `tanh` of the predictions times a constant of a thousand or more.

## Why is this bad

In single precision the gradient of a sigmoid is exactly zero from 17 upwards (measured): times 10,000 that
is 0.0017 away from its middle. There is no error; the weights never move.

## Example

```python
import tensorflow as tf


def alarm_loss(y_true, y_pred):
    alarm = tf.sigmoid(10000.0 * (y_pred - 0.9))
    return tf.reduce_mean(tf.abs(y_true - alarm), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def alarm_loss(y_true, y_pred):
    alarm = tf.sigmoid(20.0 * (y_pred - 0.9))
    return tf.reduce_mean(tf.abs(y_true - alarm), axis=-1)
```

## Fix safety

Manual: another steepness gives other values. It is in units of what is compared: of probabilities 10 to 25
are steep, of prices in thousands 0.01 may be.

## References

- https://www.tensorflow.org/api_docs/python/tf/sigmoid
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import number
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_SQUASHES = frozenset({"tf.sigmoid", "tf.tanh", "keras.activations.sigmoid"})
_HUGE = 1000.0


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function, cst.Call, cst.BinaryOperation):
        argument = _squashed(loss, node)
        if argument is None or not is_live(loss, argument):
            continue
        factor = _factor(argument)
        if factor >= _HUGE:
            yield Match(
                node,
                f"times {number(factor)}, this is a step: its slope is zero almost everywhere",
                "another steepness gives other values; on probabilities 10 to 25 is steep",
            )


def _squashed(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a sigmoid or the like is taken of, also of one that is written out: ``1 / (1 + exp(-x))``."""
    match node:
        case cst.Call(args=[cst.Arg(value=argument), *_]):
            return argument if loss.operation(node) in _SQUASHES else None
        case cst.BinaryOperation(
            left=one,
            operator=cst.Divide(),
            right=cst.BinaryOperation(left=left, operator=cst.Add(), right=right),
        ) if (
            _factor(one) == 1.0
        ):
            for whole, power in ((left, right), (right, left)):
                if isinstance(power, cst.Call) and len(power.args) == 1 and _factor(whole) == 1.0:
                    return power.args[0].value if loss.operation(power) == "tf.exp" else None
    return None


def _factor(node: cst.BaseExpression) -> float:
    match node:
        case cst.Integer() | cst.Float():
            return abs(float(node.evaluated_value))
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _factor(inner)
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return max(_factor(left), _factor(right))
    return 0.0


RULE = Rule("LF213", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
