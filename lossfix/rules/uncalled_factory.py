"""A factory is compiled in place of the loss that it makes

## What it does

Finds `compile(loss=make_loss)` where `make_loss` is a function that returns a loss, and calls it where it
can be called without arguments.

## Why is this bad

Keras calls the factory with targets and predictions. That raises `TypeError`, or, where the factory takes
two arguments, fails on the function that comes back (measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def make_loss(weight=2.0):
    def loss(y_true, y_pred):
        return weight * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

    return loss


def build(model):
    model.compile(loss=make_loss)
```

## Use instead

```python
import tensorflow as tf


def make_loss(weight=2.0):
    def loss(y_true, y_pred):
        return weight * tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

    return loss


def build(model):
    model.compile(loss=make_loss())
```

## Fix safety

Exact: before, the loss did not run. A factory with parameters that have no defaults is reported only. So
is a class that is compiled in place of an instance: Keras 3 makes an instance of it, older versions did
not.

## References

- https://keras.io/api/losses/#usage-of-losses-with-compile--fit
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.subclassing.reads import is_compiled, reads
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule


def match(loss: Loss) -> Iterator[Match]:
    if len(loss.candidate.path) > 2:
        return
    if loss.form is Form.CLOSURE and loss.factory is not None:
        missing = _required(loss.factory)
        for read in _compiled(loss, loss.factory.name.value):
            yield Match(
                read,
                f"`{read.value}` makes a loss, and is compiled in place of it",
                f"it needs `{missing[0]}`" if missing else "",
            )
    elif loss.form is Form.SUBCLASS and len(loss.candidate.path) == 1:
        for read in _compiled(loss, loss.candidate.path[-1]):
            yield Match(
                read,
                f"`{read.value}` is a class, and is compiled in place of an instance",
                "Keras 3 makes an instance of it",
                Severity.INFO,
            )


def _required(factory: cst.FunctionDef) -> list[str]:
    params = factory.params
    return [
        each.name.value
        for each in (*params.posonly_params, *params.params, *params.kwonly_params)
        if each.default is None
    ]


def _compiled(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where the bare name is the loss that is compiled."""
    return (read for read in reads(loss, name) if is_compiled(loss, read))


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.Name)
    return Edit({node: cst.Call(cst.Name(node.value))}, call_sites=(node,))


RULE = Rule("LF311", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
