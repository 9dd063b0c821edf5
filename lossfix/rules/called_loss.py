"""A loss is called where it should be compiled

## What it does

Reports `compile(loss=my_loss(targets, outputs))` where `my_loss` computes a value and makes no loss.

## Why is this bad

`compile` wants something to call for every batch. What it gets is the result of one call on symbolic
tensors, and that call raises already: a Keras tensor cannot be passed to a TensorFlow function (measured
on Keras 3.15).

## Example

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model, targets):
    model.compile(loss=absolute_loss(targets, model.output))
```

## Use instead

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model, targets):
    model.compile(loss=absolute_loss)
```

## Fix safety

There is no rewrite: what is passed may be other tensors than the targets and the output of the model, and
the loss then belongs into a layer or a model's own `compute_loss`.

## References

- https://keras.io/api/losses/#usage-of-losses-with-compile--fit
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.subclassing.reads import is_compiled, reads
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.FUNCTION:
        return
    for read in reads(loss, loss.function.name.value):
        call = loss.tree.parents.get(read)
        if not isinstance(call, cst.Call) or call.func is not read or len(call.args) < 2:
            continue
        if is_compiled(loss, call):
            yield Match(
                call,
                f"`{' '.join(loss.tree.code(call).split())}` is a tensor, and `compile` wants "
                "something to call",
                "what it is called with may be more than targets and predictions",
            )


RULE = Rule("LF315", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
