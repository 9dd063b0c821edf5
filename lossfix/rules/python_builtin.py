"""A builtin function of Python goes through a tensor

## What it does

Finds `max`, `min`, `sum`, `sorted` and `round` of tensors, and writes the function of TensorFlow that gives
the same value. `int`, `bool`, `any` and `all` of tensors are reported.

## Why is this bad

These functions compare or iterate: in `fit`, where tensors are symbolic, that raises
`OperatorNotAllowedInGraphError` (measured on Keras 3.15). Eagerly they work, element by element, and have a
gradient. (`abs` and `pow` are fine: they
are operators.)

## Example

```python
import tensorflow as tf


def worst_loss(y_true, y_pred):
    error = tf.reshape(tf.abs(y_true - y_pred), [-1])
    return max(error) + sum(error)
```

## Use instead

```python
import tensorflow as tf


def worst_loss(y_true, y_pred):
    error = tf.reshape(tf.abs(y_true - y_pred), [-1])
    return tf.reduce_max(error) + tf.reduce_sum(error, axis=0)
```

## Fix safety

Exact wherever the builtin works at all, but for `nan`: of `max(0, nan)` Python keeps the 0, and TensorFlow
gives `nan`. A `max` of several numbers and a list of tensors are left alone:
only what is certainly a tensor is touched.

## References

- https://www.tensorflow.org/guide/function#python_side_effects
- https://docs.python.org/3/library/functions.html
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.calls.rewrite_call import translated_function
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import called_builtin, is_array
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_FUNCTIONS = frozenset({"max", "min", "sum", "sorted", "round", "int", "bool", "any", "all"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        name = called_builtin(loss, node)
        if name in _FUNCTIONS and any(is_array(loss, each.value) for each in node.args):
            new = translated_function(loss, node, name)
            yield Match(
                node,
                f"Python's `{name}` needs the values of a tensor before there are any: fit raises",
                new if isinstance(new, str) else "",
            )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    name = called_builtin(loss, match.node)
    new = translated_function(loss, match.node, name or "")
    return None if isinstance(new, str) else Edit({**new.naming, match.node: new.node})


RULE = Rule("LF106", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
