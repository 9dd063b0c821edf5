"""Targets and predictions of different rank are broadcast against each other

## What it does

Finds subclasses of `keras.losses.Loss` that combine targets and predictions element by element without a
look at their ranks, and are compiled beside a layer that gives one column, `Dense(1)`; and aligns the
ranks as Keras does for a plain function.

## Why is this bad

Targets of shape `(batch,)` and predictions of shape `(batch, 1)` broadcast to `(batch, batch)`: every
prediction is compared with every target, and the model learns their mean. Keras aligns the ranks for
functions and not for subclasses (measured: a function trains from 7.19 to 0.17, the same body in a
subclass from 6.30 to 5.95).

## Example

```python
import keras
import tensorflow as tf


class StraightLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(loss=StraightLoss())
    return model
```

## Use instead

```python
import keras
import tensorflow as tf


def same_rank(y_true, y_pred):
    \"\"\"Targets and predictions of the same rank, as Keras aligns them for a plain function.\"\"\"
    true_rank = tf.TensorShape(y_true.shape).rank
    pred_rank = tf.TensorShape(y_pred.shape).rank
    if true_rank is None or pred_rank is None:
        return y_true, y_pred
    if true_rank == pred_rank + 1 and y_true.shape[-1] == 1:
        if pred_rank == 1:
            return y_true, tf.expand_dims(y_pred, -1)
        return tf.squeeze(y_true, -1), y_pred
    if pred_rank == true_rank + 1 and y_pred.shape[-1] == 1:
        if true_rank == 1:
            return tf.expand_dims(y_true, -1), y_pred
        return y_true, tf.squeeze(y_pred, -1)
    return y_true, y_pred


class StraightLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        y_true, y_pred = same_rank(y_true, y_pred)
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(loss=StraightLoss())
    return model
```

## Fix safety

Exact where the ranks agree. Where they do not the values change, to what was meant.

## References

- https://github.com/keras-team/keras/issues/19601
- https://numpy.org/doc/stable/user/basics.broadcasting.html
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.subclass import method, with_first_statement
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS, SHAPE_QUERIES
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.losses.subclassing.same_rank import aligning_statement, rank_function_definition
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_COLUMN_LAYERS = ("keras.layers.Dense",)


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.SUBCLASS or Evidence.COMPILED not in loss.candidate.evidence:
        return
    if method(loss, "call") is None or not isinstance(loss.function.body, cst.IndentedBlock):
        return
    meeting = _meeting(loss)
    if meeting is not None and _gives_one_column(loss) and _is_elementwise(loss):
        yield Match(
            meeting,
            f"`{' '.join(loss.tree.code(meeting).split())}` is (batch, batch) where the targets are "
            "(batch,) and the predictions (batch, 1)",
        )


def _meeting(loss: Loss) -> cst.BaseExpression | None:
    """Where targets and predictions first meet in an operation on elements."""
    for node in walk(loss.function.body, cst.BinaryOperation, cst.Call):
        match node:
            case cst.BinaryOperation(left=left, right=right):
                sides = left, right
            case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right), *_]) if (
                loss.operation(node) in ELEMENTWISE
            ):
                sides = left, right
            case _:
                continue
        if (
            sorted(len(loss.flow.depends(each)) for each in sides) == [1, 1]
            and len(loss.flow.depends(node)) == 2
        ):
            return node
    return None


def _gives_one_column(loss: Loss) -> bool:
    for node in walk(loss.tree.module, cst.Call):
        match node:
            case cst.Call(args=[cst.Arg(value=cst.Integer(value="1"), keyword=keyword), *_]) if (
                keyword is None or keyword.value == "units"
            ):
                if loss.operation(node) in _COLUMN_LAYERS:
                    return True
    return False


def _is_elementwise(loss: Loss) -> bool:
    """Whether the body is arithmetic and reductions alone: nothing that could align ranks or slice."""
    known = ELEMENTWISE | set(REDUCTIONS) | LOSS_FUNCTIONS
    for node in walk(loss.function.body):
        if not isinstance(node, cst.BaseExpression) or not loss.is_tensor(node):
            if isinstance(node, cst.Attribute) and node.attr.value in ("shape", "ndim"):
                return False
            if isinstance(node, cst.Call) and loss.operation(node) in SHAPE_QUERIES:
                return False
            continue
        match node:
            case cst.Subscript():
                return False
            case cst.Call() if loss.operation(node) not in known and not _is_abs(node):
                return False
    return True


def _is_abs(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Name) and node.func.value == "abs"


def rewrite(loss: Loss, match: Match) -> Edit | None:
    statement = aligning_statement(loss)
    if statement is None:
        return None
    return Edit(
        {loss.function: with_first_statement(statement)}, before=rank_function_definition(loss)
    )


RULE = Rule("LF309", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
