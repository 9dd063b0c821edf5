"""The `call` of a loss does not take `self`

## What it does

Finds methods `call(y_true, y_pred)` of subclasses of `keras.losses.Loss`, and adds `self` in front.

## Why is this bad

Python passes the object itself as the first argument, so that the method is called with three where it takes
two: `fit` raises `TypeError` at the first batch (measured on Keras 3.15), and nothing trains.

## Example

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def call(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
```

## Use instead

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
```

## Fix safety

Exact: before, the loss did not run. A `staticmethod` needs no `self` and is left alone. Where the class is
called as `AbsoluteLoss.call(y_true, y_pred)` in its own file, which worked, it is reported only; make it a
`staticmethod` to keep that.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.subclassing.reads import reads
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import comma


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.SUBCLASS or not _lacks_self(loss):
        return
    name = loss.candidate.path[-1]
    called = any(
        isinstance(loss.tree.parents.get(read), cst.Attribute) for read in reads(loss, name)
    )
    yield Match(
        loss.function.name,
        f"`{loss.name}.{loss.function.name.value}` does not take `self`: fit raises TypeError",
        f"`{name}` is called without an instance in this file" if called else "",
    )


def _lacks_self(loss: Loss) -> bool:
    """Whether targets and predictions are the first parameters of a method."""
    names = parameter_names(loss.function)
    return set(names[:2]) == {loss.y_true, loss.y_pred} and not loss.function.decorators


def rewrite(loss: Loss, match: Match) -> Edit | None:
    def with_self(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.FunctionDef)
        itself = cst.Param(cst.Name("self"), comma=comma())
        params = node.params
        if params.posonly_params:
            return node.with_changes(
                params=params.with_changes(posonly_params=[itself, *params.posonly_params])
            )
        return node.with_changes(params=params.with_changes(params=[itself, *params.params]))

    return Edit({loss.function: with_self})


RULE = Rule("LF316", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
