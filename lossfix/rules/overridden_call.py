"""A loss overrides `__call__` in place of `call`

## What it does

Finds subclasses of `keras.losses.Loss`, or of one of Keras' own losses, that define `__call__` and not
`call`, and renames the method. One that calls the parent's method has that do the work, and is left alone.

## Why is this bad

`__call__` of the parent casts targets and predictions to one dtype, applies masks and sample weights, and
reduces to a scalar. A class that overrides it trains (measured on Keras 3.15), but has none of that: weights
given to `fit` are ignored without a word, and if the method takes no `sample_weight`, `fit` raises.

## Example

```python
import keras
import tensorflow as tf


class DirectLoss(keras.losses.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return tf.reduce_mean(tf.square(y_true - y_pred))
```

## Use instead

```python
import keras
import tensorflow as tf


class DirectLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred))
```

## Fix safety

Exact where no weights are given and the method returns a scalar; weights that `fit` was given all along act
from then on, and the report says so. One that returns more than a scalar, or
does something with the weights itself, is reported and left to the author.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.subclass import derives_directly, method, super_call
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.losses.operations.keras_names import LOSS_CLASSES
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk


def match(loss: Loss) -> Iterator[Match]:
    function = method(loss, "__call__") if derives_directly(loss, LOSS_CLASSES) else None
    if function is None or method(loss, "call") is not None or super_call(function) is not None:
        return
    weights = [*function.params.params][3:]
    yield Match(
        function.name,
        f"`{loss.name}` overrides `__call__` in place of `call`: no weights, no masks, no reduction",
        _obstacle(loss, function),
        Severity.WARNING if weights or function.params.star_kwarg else Severity.ERROR,
    )


def _obstacle(loss: Loss, function: cst.FunctionDef) -> str:
    extra = [each.name.value for each in (*function.params.params, *function.params.kwonly_params)]
    used = {each.value for each in walk(function.body, cst.Name)}
    params = function.params
    if len(extra) > 4 or isinstance(params.star_arg, cst.Param) or params.star_kwarg is not None:
        return "it takes more than targets, predictions and weights"
    if set(extra[3:]) & used:
        return "it uses the weights itself"
    if not all(_is_scalar(loss, each) for each in _returned(loss)):
        return "it may return more than one value, which the reduction of the parent would average"
    return ""


def _returned(loss: Loss) -> Iterator[cst.BaseExpression]:
    for statement in loss.statements:
        if isinstance(statement, cst.SimpleStatementLine):
            for part in statement.body:
                if isinstance(part, cst.Return) and part.value is not None:
                    yield part.value


def _is_scalar(loss: Loss, node: cst.BaseExpression) -> bool:
    if not loss.is_tensor(node):
        return isinstance(node, cst.BaseNumber | cst.Attribute | cst.Name)
    match node:
        case cst.Name() if (value := named_value(loss, node)) is not None:
            return _is_scalar(loss, value)
        case cst.UnaryOperation(expression=inner):
            return _is_scalar(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_scalar(loss, left) and _is_scalar(loss, right)
        case cst.Call(args=[cst.Arg(keyword=None, star="")]):
            return loss.operation(node) in REDUCTIONS
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    function = method(loss, "__call__")
    if function is None:
        return None

    def renamed(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.FunctionDef)
        *first, last = node.params.params[:3]
        last = last.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(
            name=cst.Name("call"), params=cst.Parameters(params=[*first, last])
        )

    return Edit({function: renamed})


RULE = Rule("LF305", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
