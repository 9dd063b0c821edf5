"""A loss is reduced over the samples and not over the outputs

## What it does

Reports losses that return a reduction over axis 0.

## Why is this bad

The result has one value per output and none per sample, so that there is nothing for sample or class
weights to weigh: given any, Keras raises that the dimensions must be equal (measured), unless there happen
to be as many outputs as samples.

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

There is no rewrite: a mean over the last axis is the same without weights, a sum or a maximum is not.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite


def match(loss: Loss) -> Iterator[Match]:
    if loss.only_reached:
        return
    for statement in loss.statements:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for part in statement.body:
            match part:
                case cst.Return(value=cst.Call(args=[cst.Arg(value=value), *rest]) as call) if (
                    loss.operation(call) in REDUCTIONS and loss.predicts(value) and _is_first(rest)
                ):
                    yield Match(
                        call,
                        f"`{loss.name}` gives one value per output and none per sample: "
                        "weights have nothing to weigh",
                        "over another axis the values may change",
                    )


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
