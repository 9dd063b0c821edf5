"""A linear output is clipped inside of the loss

## What it does

Reports `clip_by_value(y_pred, low, high)` where nothing else carries a gradient, in a loss that is compiled
into a model whose last layer in this file has no activation, and where no activation that bounds an output is
named anywhere in the file.

## Why is this bad

Outside of the bounds the gradient is exactly zero (measured). A linear output starts anywhere; a sample that
lies outside never comes back, and if all do, the weights are frozen without any error.

## Example

```python
import keras
import tensorflow as tf


def share_loss(y_true, y_pred):
    share = tf.clip_by_value(y_pred, 0.0, 1.0)
    return tf.reduce_mean(tf.square(share - y_true), axis=-1)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss=share_loss)
```

## Use instead

```python
import keras
import tensorflow as tf


def share_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_pred - y_true), axis=-1)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss=share_loss)
```

## Fix safety

Manual: the activation belongs into the model. Clips that keep probabilities away from 0 and 1,
`clip_by_value(y_pred, 1e-7, 1 - 1e-7)`, guard a logarithm and are left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/clip_by_value
- https://keras.io/api/layers/activations/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.model import Evidence, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted
from lossfix.syntax.tree import walk

_BOUNDED = ("sigmoid", "softmax", "tanh", "softplus", "relu6", "Softmax", "clip")
_HEADS = ("Dense", "Conv1D", "Conv2D", "Conv3D", "TimeDistributed")


def match(loss: Loss) -> Iterator[Match]:
    if Evidence.COMPILED not in loss.candidate.evidence or not _has_linear_head(loss.tree.outline):
        return
    for node in walk(loss.function, cst.Call):
        match node:
            case cst.Call(
                args=[cst.Arg(value=cst.Name(value=name)), cst.Arg(value=low), cst.Arg(value=high)]
            ) if (name == loss.y_pred and loss.operation(node) == "tf.clip_by_value"):
                if _is_guard(low) or not isinstance(high, cst.Integer | cst.Float):
                    continue
                yield Match(
                    node,
                    f"outside of {loss.tree.code(low)} to {loss.tree.code(high)} the gradient is zero, "
                    "and the output is not bounded",
                    "bound the output by the activation of the last layer, or penalise what is outside",
                )


def _is_guard(low: cst.BaseExpression) -> bool:
    # A clip at a whole number bounds; one that is a little off keeps away from it.
    match low:
        case cst.UnaryOperation(expression=inner):
            return _is_guard(inner)
        case cst.Integer() | cst.Float():
            return not float(low.evaluated_value).is_integer()
    return True


@remembered(4)
def _has_linear_head(module: ast.Module) -> bool:
    if any(each.value in _BOUNDED for each in every(module, ast.Constant)):
        return False
    if any(each.attr in _BOUNDED for each in every(module, ast.Attribute)):
        return False
    return any(map(_is_linear_head, every(module, ast.Call)))


def _is_linear_head(call: ast.Call) -> bool:
    name = (dotted(call.func) or "").split(".")[-1]
    if name not in _HEADS or len(call.args) >= 2:
        return False
    return all(each.arg != "activation" for each in call.keywords)


RULE = Rule("LF211", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
