"""A loss class has no `call`

## What it does

Reports subclasses of `keras.losses.Loss` that are compiled and define no `call`, and says so where a method
of another name takes targets and predictions; and those whose `call` asks for more than these two.

## Why is this bad

`call` is what Keras asks for the values. The parent's raises `NotImplementedError`, with no message, at the
first batch of `fit` (measured on Keras 3.15), and `call` is handed targets and predictions alone: sample
weights, too, act on what it returns. `forward` is the name that PyTorch gives it.

## Example

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def forward(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=AbsoluteLoss())
```

## Use instead

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=AbsoluteLoss())
```

## Fix safety

There is no rewrite: other code may call the method by the name that it has. A class that nothing in its file
compiles may be the parent of others, and is left alone.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.outline import methods_of
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.discovery.wording import pair_of
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.scope import parameters

_BASE = "keras.losses.Loss"


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    told: set[str] = set()
    for value in wiring.compiled:
        called = value.func if isinstance(value, ast.Call) else value
        definition = wiring.class_called(called)
        if definition is None or not isinstance(called, ast.Name) or called.id in told:
            continue
        methods = methods_of(definition)
        direct = [wiring.operation(base) for base in definition.bases] == [_BASE]
        if direct and not {"call", "__call__"} & methods.keys() and not _assigned(definition):
            told.add(called.id)
            yield Misuse(
                definition,
                f"`{called.id}` has no `call`: fit raises NotImplementedError",
                _advice(methods),
                loss=called.id,
            )
        elif direct and (beyond := _beyond(methods)):
            told.add(called.id)
            yield Misuse(
                methods["call"],
                f"`{called.id}.call` takes `{beyond}`, which Keras does not hand over: fit raises TypeError",
                "keep it in the constructor; weights are applied to what `call` returns",
                loss=called.id,
            )


def _beyond(methods: dict[str, ast.FunctionDef]) -> str:
    """The first parameter of ``call`` without a default, beyond targets and predictions."""
    call = methods.get("call")
    if call is None or "__call__" in methods or call.decorator_list:
        return ""
    taken = call.args
    positional = [each.arg for each in (*taken.posonlyargs, *taken.args)]
    required = positional[: len(positional) - len(taken.defaults)]
    named = zip(taken.kwonlyargs, taken.kw_defaults, strict=True)
    asked = [*required[3:], *(each.arg for each, default in named if default is None)]
    return asked[0] if asked else ""


def _assigned(definition: ast.ClassDef) -> bool:
    """Whether a class is given anything by assignment or decoration, ``call`` perhaps among it."""
    assigned = any(isinstance(each, ast.Assign) for each in definition.body)
    return assigned or bool(definition.keywords)


def _advice(methods: dict[str, ast.FunctionDef]) -> str:
    for name, node in methods.items():
        if pair_of(parameters(node)[1:], Settings()) is not None:
            return f"`{name}` takes targets and predictions: Keras would call it `call`"
    return "define `call(self, y_true, y_pred)`, which gives one value per sample"


RULE = Rule("LF317", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
