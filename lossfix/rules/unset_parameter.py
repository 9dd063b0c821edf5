"""A loss reads a parameter that its constructor does not keep

## What it does

Reports subclasses of `keras.losses.Loss` that read `self.weight` where their constructor takes `weight` and
nothing in the class sets that attribute.

## Why is this bad

The first batch raises `AttributeError: 'WeightedLoss' object has no attribute 'weight'` (measured on Keras
3.15): what is given to the constructor is lost there.

## Example

```python
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="losses")
class WeightedLoss(keras.losses.Loss):
    def __init__(self, weight=2.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(self.weight * tf.square(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
```

## Use instead

```python
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="losses")
class WeightedLoss(keras.losses.Loss):
    def __init__(self, weight=2.0, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, y_true, y_pred):
        return tf.reduce_mean(self.weight * tf.square(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
```

## Fix safety

There is no rewrite: a loss that never ran has no values against which one could be measured. Left alone is
a class with a parent of its own, which may keep the parameter, one that sets attributes by their names
(`setattr`, `vars(self)`), and one whose attribute is set from outside in its file (`loss.weight = 2.0`).

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import own_parameters
from lossfix.losses.code.subclass import derives_directly, method
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_BY_NAME = frozenset({"setattr", "vars", "locals", "__dict__", "__getattr__", "__slots__"})
"""What sets attributes unseen, or answers for those that were not."""
_OF_EVERY_LOSS = frozenset({"name", "reduction", "dtype"})
"""Attributes that ``keras.losses.Loss`` sets itself."""


def match(loss: Loss) -> Iterator[Match]:
    for name, read in _unset(loss):
        yield Match(
            read,
            f"`{loss.name}` never sets `self.{name}`: it raises at the first batch",
            f"keep it in the constructor: `self.{name} = {name}`",
        )


def _unset(loss: Loss) -> Iterator[tuple[str, cst.Attribute]]:
    """The parameters that are read of the instance and kept nowhere, each with where it is read first."""
    init = method(loss, "__init__") if derives_directly(loss) else None
    if init is None or not isinstance(init.body, cst.IndentedBlock):
        return
    if any(each.value in _BY_NAME for each in walk(loss.definition, cst.Name)):
        return
    known = _set_in(loss) | _OF_EVERY_LOSS
    reads: dict[str, cst.Attribute] = {}
    for node in walk(loss.definition, cst.Attribute):
        if isinstance(node.value, cst.Name) and node.value.value == "self":
            reads.setdefault(node.attr.value, node)
    for name in own_parameters(init):
        if name in reads and name not in known:
            yield name, reads[name]


def _set_in(loss: Loss) -> frozenset[str]:
    """What the class defines, and all attributes that its file sets, of whatever object."""
    names = set[str]()
    for node in walk(loss.definition):
        match node:
            case cst.FunctionDef(name=cst.Name(value=name)):
                names.add(name)
            case cst.AssignTarget(target=cst.Name(value=name)):
                names.add(name)
            case cst.AnnAssign(target=cst.Name(value=name)):
                names.add(name)
    for node in walk(loss.tree.module):
        match node:
            case (
                cst.AssignTarget(target=target)
                | cst.AugAssign(target=target)
                | cst.AnnAssign(target=target)
            ):
                names.update(each.attr.value for each in walk(target, cst.Attribute))
    return frozenset(names)


RULE = Rule("LF329", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
