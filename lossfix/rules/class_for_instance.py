"""A class of losses is called with targets and predictions

## What it does

Reports `keras.losses.BinaryCrossentropy(y_true, y_pred)` in a loss, the class in place of an instance.

## Why is this bad

The call makes an instance, whose options are the tensors: `from_logits=y_true`. It computes nothing, and what
comes back is no tensor, so that `fit` raises `TypeError` or `ValueError`, mostly about something else:
`unsupported operand type(s) for *: 'float' and 'BinaryCrossentropy'`, or the truth value of a tensor
(measured on Keras 3.15).

## Example

```python
import keras


def scaled_loss(y_true, y_pred):
    return 0.5 * keras.losses.BinaryCrossentropy(y_true, y_pred)
```

## Use instead

```python
import keras


def scaled_loss(y_true, y_pred):
    return 0.5 * keras.losses.binary_crossentropy(y_true, y_pred)
```

## Fix safety

There is no rewrite: the function gives each sample its value, an instance the mean of the batch, and nothing
tells which was meant.

## References

- https://keras.io/api/losses/#standalone-usage-of-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.keras_names import LOSS_CLASSES
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        match node:
            case cst.Call(args=[cst.Arg() as first, cst.Arg() as second, *_]) if loss.operation(
                node
            ) in LOSS_CLASSES and {"y_true", "y_pred"} <= _depends(loss, first) | _depends(
                loss, second
            ):
                called = loss.tree.code(node.func)
                yield Match(
                    node,
                    f"`{called}` is a class: called with targets and predictions it computes nothing, and "
                    "fit raises",
                    f"`{called}()({loss.tree.code(first.value)}, {loss.tree.code(second.value)})` gives "
                    "the mean of the batch, the function of the same name a value for each sample",
                )


def _depends(loss: Loss, argument: cst.Arg) -> frozenset[str]:
    return frozenset(loss.flow.depends(argument.value))


RULE = Rule("LF324", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
