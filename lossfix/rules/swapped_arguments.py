"""A compiled loss takes the predictions before the targets

## What it does

Reports losses that are compiled, or that subclass `keras.losses.Loss`, and whose first parameter is named
after the predictions and whose second one after the targets.

## Why is this bad

Keras passes the targets first, whatever the parameters are called. A symmetric loss does not care. An
asymmetric one (a quantile, a cross-entropy, a penalty on one side) trains, on the wrong objective and with
its gradient (measured: of a quantile, the opposite one is learned).

## Example

```python
import tensorflow as tf


class PinballLoss(tf.keras.losses.Loss):
    def call(self, y_pred, y_true):
        error = y_true - y_pred
        return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)
```

## Use instead

```python
import tensorflow as tf


class PinballLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)
```

## Fix safety

There is no rewrite: to swap the parameters changes the values, and the body may have been written, or its
constants been tuned, with the order as it is.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite


def match(loss: Loss) -> Iterator[Match]:
    candidate = loss.candidate
    if not candidate.swapped or candidate.metric:
        return
    if loss.form in (Form.METHOD, Form.NESTED) and Evidence.REACHED in candidate.evidence:
        return
    if Evidence.COMPILED in candidate.evidence or loss.form is Form.SUBCLASS:
        # In a method of Keras' class their places decide which is which, and not their names.
        pair = (loss.y_true, loss.y_pred)
        first, second = (each for each in parameter_names(loss.function) if each in pair)
        yield Match(
            loss.function.name,
            f"`{loss.name}` takes `{first}` before `{second}`, and Keras passes the targets first",
            "to swap them changes the values",
        )


RULE = Rule("LF310", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
