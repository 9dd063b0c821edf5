"""A part of the loss is computed by Python code that TensorFlow cannot look into

## What it does

Finds `tf.py_function` and `tf.numpy_function` of a lambda or of a function of the same file, and calls the
function itself.

## Why is this bad

`numpy_function` has no gradient (measured: `None`), and `py_function` loses the shape, so that `fit` raises,
cannot be saved and cannot be compiled by XLA.

## Example

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.py_function(lambda a, b: tf.abs(a - b), [y_true, y_pred], tf.float32)
```

## Use instead

```python
import tensorflow as tf


def distance_loss(y_true, y_pred):
    return tf.abs(y_true - y_pred)
```

## Fix safety

Exact: the same expressions on the same values. NumPy within the function is settled by the rules for NumPy.
A function that other code uses too, that has effects, or that has a gradient of its own
(`tf.custom_gradient`) is left as it is.

## References

- https://www.tensorflow.org/api_docs/python/tf/py_function
- https://www.tensorflow.org/api_docs/python/tf/numpy_function
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.calls.inlining import called_directly
from lossfix.losses.calls.wrapped import WRAPPERS
from lossfix.losses.code.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_OWN_GRADIENT = frozenset({"tf.custom_gradient", "tf.grad_pass_through"})


def match(loss: Loss) -> Iterator[Match]:
    if _has_own_gradient(loss):
        return
    for node in walk(loss.function.body, cst.Call):
        operation = loss.operation(node)
        if operation not in WRAPPERS or not loss.predicts(node):
            continue
        if isinstance(loss.tree.parents.get(node), cst.Expr):
            # What it prints or keeps is seen all the same; nothing of it gets into the loss.
            continue
        new = called_directly(loss, node)
        consequence = (
            "no gradient passes"
            if operation == "tf.numpy_function"
            else "fit raises without a shape"
        )
        yield Match(
            node,
            f"`{loss.tree.code(node.func)}` computes outside of the graph: {consequence}",
            new if isinstance(new, str) else "",
        )


def _has_own_gradient(loss: Loss) -> bool:
    decorators = (each.decorator for each in walk(loss.function, cst.Decorator))
    named = (*walk(loss.function, cst.Call), *decorators)
    return any(loss.operation(each) in _OWN_GRADIENT for each in named)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    new = called_directly(loss, match.node)
    return None if isinstance(new, str) else Edit({match.node: new})


RULE = Rule("LF104", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
