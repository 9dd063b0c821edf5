"""A compiled loss lives where a loaded model cannot find it

## What it does

Reports methods of other classes, and functions and classes inside of functions, that are compiled as a loss.
(What a factory at the top of a module returns is another matter: it becomes a class.)

## Why is this bad

It trains, and its gradient is that of any function. But Keras saves only its name, and a loaded model looks
that up among registered objects and `custom_objects`: a method needs an object of its class to be passed
there, and a nested function is gone when the function around it has returned. Compiled with such a loss, a
model can be loaded with `compile=False` only (measured on Keras 3.15).

## Example

```python
import tensorflow as tf


class Task:
    def __init__(self, weight):
        self.weight = weight

    def task_loss(self, y_true, y_pred):
        return self.weight * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

    def build(self, model):
        model.compile(loss=self.task_loss)
```

## Use instead

```python
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="custom")
class TaskLoss(keras.losses.Loss):
    def __init__(self, weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, y_true, y_pred):
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        return self.weight * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
```

## Fix safety

There is no rewrite: which of the attributes or captured names are parameters of the loss, and which may
change during training, only the author knows. What is wrong inside of a method is mended where it stands.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.outline import ITSELF
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    if Evidence.COMPILED not in loss.candidate.evidence or loss.candidate.metric:
        return
    if loss.is_in_a_test or loss.is_of_deepxde:
        return
    if loss.form is Form.METHOD:
        yield Match(
            loss.function.name,
            f"`{loss.name}` is a method: a saved model cannot load it",
            _used(loss),
        )
    elif _is_inside(loss):
        yield Match(
            loss.definition.name if loss.form is Form.SUBCLASS else loss.function.name,
            f"`{loss.name}` is defined inside a function: a saved model cannot load it",
            _captured(loss),
        )


def _is_inside(loss: Loss) -> bool:
    """Whether a loss, or the factory that returns it, is defined inside of a function or of a class."""
    match loss.form:
        case Form.NESTED:
            return not _is_wrapped(loss)
        case Form.CLOSURE:
            return len(loss.candidate.path) > 2
        case Form.SUBCLASS:
            above = loss.tree.ancestors(loss.definition)
            return any(isinstance(each, cst.FunctionDef) for each in above)
    return False


def _is_wrapped(loss: Loss) -> bool:
    """Whether what is compiled is made of the function under its name: ``gap = SomeLoss(gap)``."""
    around = (each for each in loss.tree.ancestors(loss.function))
    outer = next((each for each in around if isinstance(each, cst.FunctionDef)), None)
    return outer is not None and any(
        isinstance(node, cst.AssignTarget) and node.target.deep_equals(loss.function.name)
        for node in walk(outer.body)
    )


def _captured(loss: Loss) -> str:
    """Which name of the functions around it keeps a nested loss from moving out."""
    around = loss.scope.parent
    own, bound = loss.scope.everything(), set[str]()
    if loss.form is Form.CLOSURE and around is not None:
        # What the factory is given and sets goes with it.
        own, around = own | around.everything(), around.parent
    while around is not None and around.parent is not None:
        bound |= set() if around.is_class else around.everything()
        around = around.parent
    code: cst.CSTNode = loss.function.body
    if loss.form is Form.SUBCLASS:
        code = loss.definition
        own |= {loss.candidate.path[-1], *(each.name.value for each in walk(code, cst.Param))}
    used = [
        node.value for node in walk(code, cst.Name) if node.value in bound and node.value not in own
    ]
    if used:
        return f"it uses `{used[0]}` of the function around it"
    return "it uses nothing of the function around it: move it to the top of the module"


def _used(loss: Loss) -> str:
    """What keeps a method from moving out of its class."""
    used = sorted(
        f"{node.value.value}.{node.attr.value}"
        for node in walk(loss.function.body, cst.Attribute)
        if isinstance(node.value, cst.Name) and node.value.value in ITSELF
    )
    if used:
        return f"it uses `{used[0]}`"
    if loss.takes_instance:
        return "it may be overridden in a subclass"
    return "it uses nothing of an instance: move it to the top of the module"


RULE = Rule("LF304", Safety.MANUAL, Severity.INFO, match, no_rewrite, __doc__, __name__)
