"""A loss asks `super()` for another class than its own

## What it does

Finds `super(Other, self)` in a subclass of `keras.losses.Loss`, where `Other` is a class of the file that the
loss does not derive from, and writes the loss's own.

## Why is this bad

Python raises `TypeError`: the loss is no instance of that class. In `__init__` nobody can make one, which is
noticed at once; in `get_config`, where a copied class mostly has it, only saving the model shows it, after
the training (measured on Keras 3.15).

## Example

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super(ScaledLoss, self).__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)

    def get_config(self):
        return {**super(ScaledLoss, self).get_config(), "scale": self.scale}


class RaisedLoss(keras.losses.Loss):
    def __init__(self, power=2.0, **kwargs):
        super(RaisedLoss, self).__init__(**kwargs)
        self.power = power

    def call(self, y_true, y_pred):
        return keras.losses.mean_absolute_error(y_true, y_pred) ** self.power

    def get_config(self):
        return {**super(ScaledLoss, self).get_config(), "power": self.power}
```

## Use instead

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super(ScaledLoss, self).__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)

    def get_config(self):
        return {**super(ScaledLoss, self).get_config(), "scale": self.scale}


class RaisedLoss(keras.losses.Loss):
    def __init__(self, power=2.0, **kwargs):
        super(RaisedLoss, self).__init__(**kwargs)
        self.power = power

    def call(self, y_true, y_pred):
        return keras.losses.mean_absolute_error(y_true, y_pred) ** self.power

    def get_config(self):
        return {**super(RaisedLoss, self).get_config(), "power": self.power}
```

## Fix safety

Exact: before, what it stands in raised.

## References

- https://docs.python.org/3/library/functions.html#super
- https://keras.io/guides/serialization_and_saving/#custom-objects
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.subclass import derives_directly
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    definition = loss.definition
    if not isinstance(definition, cst.ClassDef) or not derives_directly(loss):
        return
    others = {
        node.name.value
        for path, node in loss.tree.definitions
        if isinstance(node, cst.ClassDef) and len(path) == 1 and node is not definition
    }
    for node in walk(definition.body, cst.Call):
        match node:
            case cst.Call(
                func=cst.Name(value="super"),
                args=[
                    cst.Arg(value=cst.Name(value=name) as other),
                    cst.Arg(value=cst.Name("self")),
                ],
            ) if (
                name in others and name != definition.name.value
            ):
                yield Match(
                    other,
                    f"`{loss.tree.code(node)}` raises TypeError: `{loss.name}` is no `{name}`",
                )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    definition = loss.definition
    if not isinstance(definition, cst.ClassDef):
        return None
    return Edit({match.node: cst.Name(definition.name.value)})


RULE = Rule("LF326", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
