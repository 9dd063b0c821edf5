"""A lambda is compiled as a loss

## What it does

Reports lambdas that are compiled as a loss, by themselves or wrapped in `tf.function`.

## Why is this bad

It trains, and its gradient is that of any function. But a model that was compiled with it cannot be loaded:
Keras saves its bytes and refuses to read them (measured on Keras 3.15: `Requested the deserialization of a
Python lambda`). Wrapped in `tf.function` it does not even run: `fit` raises `ValueError: '<lambda>' is not a
valid scope name`.

## Example

```python
import tensorflow as tf


def build(model):
    model.compile(loss=lambda y_true, y_pred: tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1))
```

## Use instead

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=absolute_loss)
```

## Fix safety

There is no rewrite: a function needs a name, which then stands in saved models. As a function of its own it
is checked, mended and made a class like any other.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
- https://www.tensorflow.org/api_docs/python/tf/function
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.wiring import Misuse, Wiring
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite

_REASON = "write it as a function with a name, and compile that"


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    told: set[ast.expr] = set()
    for value in wiring.compiled():
        match value:
            case ast.Lambda() as node:
                message, severity = "a lambda: a saved model cannot load it", Severity.INFO
            case ast.Call(args=[ast.Lambda() as node, *_]) if (
                wiring.operation(value) == "tf.function"
            ):
                message, severity = "`tf.function` cannot trace a lambda in fit", Severity.ERROR
            case _:
                continue
        if node not in told:
            told.add(node)
            yield Misuse(node, message, _REASON, severity)


RULE = Rule("LF318", Safety.MANUAL, Severity.INFO, no_match, no_rewrite, __doc__, __name__, wiring)
