"""A loss that returns nothing

## What it does

Reports losses that compute something and have no `return` for it, and parts of losses that do so and whose
value is used.

## Why is this bad

The value is thrown away and the function gives `None`: `fit` raises `ValueError` before the first batch, of
a value that cannot be converted to a tensor (measured on Keras 3.15). Keras 2 named neither the loss nor the
line.

## Example

```python
import tensorflow as tf


def gap_loss(y_true, y_pred):
    gap = tf.abs(y_true - y_pred)
    tf.reduce_mean(gap, axis=-1)
```

## Use instead

```python
import tensorflow as tf


def gap_loss(y_true, y_pred):
    gap = tf.abs(y_true - y_pred)
    return tf.reduce_mean(gap, axis=-1)
```

## Fix safety

There is no rewrite: what was to be returned is a guess that no measurement can confirm. Bodies that are
there to be overridden (`pass`, `...`, `raise NotImplementedError`) are left alone.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.liveness import part_called
from lossfix.losses.code.loss import Loss
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_USES = (cst.BinaryOperation, cst.UnaryOperation, cst.Return)
"""What raises of nothing, or hands it on as the loss."""


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is Form.WRAPPER or _leaves(loss.function):
        return
    if loss.only_reached and not _is_asked(loss):
        return
    last = _last(loss.function.body)
    match last:
        case cst.Expr(value=value) if loss.is_tensor(value):
            what = "before its last expression"
        case cst.Assign(
            value=value, targets=[cst.AssignTarget(target=cst.Name(value=name))]
        ) if loss.is_tensor(value):
            what = f"of `{name}`"
        case _:
            return
    yield Match(
        last,
        f"`{loss.name}` returns nothing, and {'what calls it' if loss.only_reached else 'fit'} raises",
        f"a `return` {what} may be what is missing",
    )


def _is_asked(part: Loss) -> bool:
    """Whether the value of a part is used where it is called: it is no procedure."""
    return any(
        part_called(each, call) is part and isinstance(each.tree.parents[call], _USES)
        for each in part.among
        for call in walk(each.function, cst.Call)
    )


def _leaves(function: cst.FunctionDef) -> bool:
    """Whether a value, or an error, leaves the function anywhere."""
    return any(
        not isinstance(node, cst.Return) or node.value
        for node in walk(function.body, cst.Raise, cst.Yield, cst.Return)
    )


def _last(body: cst.BaseSuite) -> cst.BaseSmallStatement | None:
    """The last statement of a body, where that is a plain one."""
    line = body.body[-1] if isinstance(body, cst.IndentedBlock) and body.body else body
    if isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite) and line.body:
        return line.body[-1]
    return None


RULE = Rule("LF320", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
