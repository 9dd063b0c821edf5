"""A loss is compiled by a name in quotes that Keras does not know

## What it does

Reports `compile(loss="my_loss")` where `my_loss` is a function or class of the file, or what the file
registers under that name, and the names of Keras' own losses that were changed, such as `"logcosh"`.

## Why is this bad

Keras looks a string up among its own losses, and never in the file that calls it or among what was
registered: `fit` raises `ValueError: Could not interpret loss identifier` (measured on Keras 3.15). Until
Keras 3 it took what was in `get_custom_objects()`, too.

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

There is no rewrite: the function may not have been written to be called by Keras. A file that imports
`tf_keras`, which is Keras 2, is left alone.

## References

- https://keras.io/api/losses/#usage-of-losses-with-compile--fit
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Misuse, Wiring, is_built_in
from lossfix.losses.operations.keras_names import RENAMED_STRINGS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted

_OBJECTS = "get_custom_objects"
_SCOPES = frozenset({"custom_object_scope", "CustomObjectScope"})


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    if _is_of_keras_2(wiring.module):
        return
    own = {path[0] for path, _ in wiring.functions if len(path) == 1}
    registered = dict(_registered(wiring.module))
    told: set[ast.expr] = set()
    for value in wiring.compiled:
        match value:
            case ast.Constant(value=str(name)) if value not in told:
                told.add(value)
                if name in RENAMED_STRINGS:
                    today = f'`loss="{RENAMED_STRINGS[name]}"` is its name today'
                elif is_built_in(name) or not (name in own or name in registered):
                    continue
                else:
                    today = f"`loss={registered.get(name, name)}` compiles what this file defines"
                yield Misuse(
                    value,
                    f"`{name}` is compiled by its name in quotes: Keras knows no loss of that name, and "
                    "fit raises",
                    today,
                )


def _is_of_keras_2(module: ast.Module) -> bool:
    """Whether objects that a file registers are those of ``tf_keras``."""
    imported = {each.name for node in every(module, ast.Import) for each in node.names}
    imported |= {node.module or "" for node in every(module, ast.ImportFrom)}
    return any(each.partition(".")[0] == "tf_keras" for each in imported)


def _registered(module: ast.Module) -> Iterator[tuple[str, str]]:
    """The names under which a file registers objects by hand, and what it registers."""
    for node in every(module, ast.Call):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call() as objects, attr="update")) if (
                _last(objects) == _OBJECTS
            ):
                yield from _entries(node)
            case ast.Call() if _last(node) in _SCOPES:
                yield from _entries(node)
    for line in every(module, ast.Assign):
        match line.targets:
            case [ast.Subscript(value=ast.Call() as objects, slice=ast.Constant(value=str(name)))]:
                if _last(objects) == _OBJECTS:
                    yield name, ast.unparse(line.value)


def _last(call: ast.Call) -> str:
    return (dotted(call.func) or "").rpartition(".")[2]


def _entries(call: ast.Call) -> Iterator[tuple[str, str]]:
    for each in call.args:
        if isinstance(each, ast.Dict):
            for key, value in zip(each.keys, each.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, ast.unparse(value)


RULE = Rule("LF323", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
