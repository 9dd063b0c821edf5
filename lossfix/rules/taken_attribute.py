"""A loss sets an attribute that is a property of Keras' losses

## What it does

Reports `self.dtype = ...` in subclasses of `keras.losses.Loss`.

## Why is this bad

Keras 3 keeps a policy of types for each loss, and `dtype` reads it: to set it raises `AttributeError`, since
it has no setter (measured on Keras 3.15), so no such loss can be made. Keras 2 had no such property.

## Example

```python
import keras
import tensorflow as tf


class CastLoss(keras.losses.Loss):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dtype = tf.float32

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(tf.cast(y_true, self.dtype) - y_pred), axis=-1)
```

## Use instead

```python
import keras
import tensorflow as tf


class CastLoss(keras.losses.Loss):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.cast_to = tf.float32

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(tf.cast(y_true, self.cast_to) - y_pred), axis=-1)
```

## Fix safety

There is no rewrite: other code may read the attribute of the loss by its name. A class that has a `dtype` of
its own is left alone, and so is one of `tf_keras`, which is Keras 2.

## References

- https://keras.io/api/losses/#base-loss-api
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.inherited import parents
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import dotted, methods_of, walk

_TAKEN = "dtype"


def match(loss: Loss) -> Iterator[Match]:
    above = parents(loss)
    if above is None or not isinstance(loss.definition, cst.ClassDef):
        return
    classes = (loss.definition, *above)
    base = loss.qualified(classes[-1].bases[0].value) or ""
    if base.startswith("tf_keras.") or any(_has_its_own(each) for each in classes):
        return
    for method in methods_of(loss.definition).values():
        for node in walk(method.body, cst.AssignTarget, cst.AnnAssign):
            assert isinstance(node, cst.AssignTarget | cst.AnnAssign)
            if dotted(node.target) == f"self.{_TAKEN}":
                yield Match(
                    node.target,
                    f"`self.{_TAKEN}` is a property of Keras' losses: to set it raises AttributeError",
                    f"keep it under another name, or give it to `super().__init__({_TAKEN}=...)`",
                )
                return


def _has_its_own(definition: cst.ClassDef) -> bool:
    """Whether a class defines the attribute itself, as a property of its own or as a value."""
    if _TAKEN in methods_of(definition):
        return True
    lines = (each for each in definition.body.body if isinstance(each, cst.SimpleStatementLine))
    return any(
        isinstance(part, cst.Assign) and any(dotted(each.target) == _TAKEN for each in part.targets)
        for line in lines
        for part in line.body
    )


RULE = Rule("LF327", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
