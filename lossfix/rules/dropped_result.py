"""A tensor is computed, and nothing is done with it

## What it does

Reports statements of a loss that compute a tensor from the targets or the predictions and keep it nowhere:
`tf.clip_by_value(y_pred, 0.0, 1.0)` on a line of its own.

## Why is this bad

Operations return a new tensor and change none, so that what stands there has no effect: the clipping or the
normalisation that the loss was to train with is missing, with no error (measured: the loss and its gradient
are those without the line).

## Example

```python
import tensorflow as tf


def entropy_loss(y_true, y_pred):
    tf.clip_by_value(y_pred, 1e-7, 1.0)
    return -tf.reduce_mean(y_true * tf.math.log(y_pred + 1e-7), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def entropy_loss(y_true, y_pred):
    y_pred = tf.clip_by_value(y_pred, 1e-7, 1.0)
    return -tf.reduce_mean(y_true * tf.math.log(y_pred + 1e-7), axis=-1)
```

## Fix safety

There is no rewrite: assigning the result would change the loss, and removing the line would hide that
something is missing. What prints, checks, records or assigns (`tf.print`, `tf.debugging.assert_equal`,
`self.hits.assign`) is left alone.

## References

- https://www.tensorflow.org/guide/tensor
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import CASTS, KNOWN, LEAVES_GRAPH
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_COMPUTE = (KNOWN | CASTS) - LEAVES_GRAPH - {"tf.ensure_shape", "tf.debugging.check_numerics"}
"""Operations that do nothing but give a result."""


def match(loss: Loss) -> Iterator[Match]:
    last = _last(loss.function)
    for node in walk(loss.function.body, cst.Expr):
        match node:
            case cst.Expr(value=cst.Call() as call) if node is not last:
                operation = loss.operation(call) or ""
                if operation.startswith("tf.") and operation in _COMPUTE and loss.is_tensor(call):
                    yield Match(
                        call,
                        f"what `{loss.tree.line(call, 60)}` gives is not kept: the line has no effect",
                        "whether it was to be assigned, and to what, is not known",
                    )


def _last(function: cst.FunctionDef) -> cst.CSTNode | None:
    """The last statement of a function without a ``return``, which may be what it was to return."""
    if any(node.value is not None for node in walk(function.body, cst.Return)):
        return None
    line = function.body.body[-1] if function.body.body else None
    return line.body[-1] if isinstance(line, cst.SimpleStatementLine) and line.body else None


RULE = Rule("LF322", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
