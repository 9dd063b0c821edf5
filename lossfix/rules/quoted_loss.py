"""A loss of the file is compiled by its name in quotes

## What it does

Reports `compile(loss="my_loss")` where `my_loss` is a function or class of the file and no loss of Keras.

## Why is this bad

Keras looks a string up among its own losses and what was registered, and never in the file that calls it:
`fit` raises `ValueError: Could not interpret loss identifier` (measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def tilted_loss(y_true, y_pred):
    error = y_true - y_pred
    return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)


def build(model):
    model.compile(optimizer="adam", loss="tilted_loss")
```

## Use instead

```python
import tensorflow as tf


def tilted_loss(y_true, y_pred):
    error = y_true - y_pred
    return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)


def build(model):
    model.compile(optimizer="adam", loss=tilted_loss)
```

## Fix safety

There is no rewrite: the function may not have been written to be called by Keras. A file that registers
objects under names (`get_custom_objects`, `custom_object_scope`, `register_keras_serializable`) is left
alone.

## References

- https://keras.io/api/losses/#usage-of-losses-with-compile--fit
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Misuse, Wiring, is_built_in
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import every

_REGISTERS = frozenset(
    {
        "get_custom_objects",
        "custom_object_scope",
        "CustomObjectScope",
        "register_keras_serializable",
    }
)


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    own = {path[0] for path, _ in wiring.functions if len(path) == 1}
    told: set[ast.expr] = set()
    for value in wiring.compiled:
        match value:
            case ast.Constant(value=str(name)) if name in own and value not in told:
                if is_built_in(name) or _registers(wiring.module):
                    continue
                told.add(value)
                yield Misuse(
                    value,
                    f"`{name}` is compiled by its name in quotes: Keras knows no loss of that name, and "
                    "fit raises",
                    f"`loss={name}` compiles what this file defines",
                )


def _registers(module: ast.Module) -> bool:
    return any(each.id in _REGISTERS for each in every(module, ast.Name)) or any(
        each.attr in _REGISTERS for each in every(module, ast.Attribute)
    )


RULE = Rule("LF323", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
