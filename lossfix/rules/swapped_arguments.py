"""A compiled loss takes the predictions before the targets

## What it does

Reports losses that are compiled, or that subclass `keras.losses.Loss`, and whose first parameter is named
after the predictions and whose second one after the targets; and cross-entropies of Keras that are handed the
predictions before the targets, as Keras 1 took them.

## Why is this bad

Keras passes the targets first, whatever the parameters are called. A loss does not care that only takes
their product, or the size of their difference, and is left alone. Another one (a quantile, a cross-entropy,
a penalty on one side) trains, on the wrong objective and with its gradient (measured: of a quantile, the
opposite one is learned). A cross-entropy then takes the logarithm of the targets, clipped at 1e-7: a line,
whose slope is the same wherever the predictions are.

## Example

```python
import tensorflow as tf


class PinballLoss(tf.keras.losses.Loss):
    def call(self, y_pred, y_true):
        error = y_true - y_pred
        return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)
```

## Use instead

```python
import tensorflow as tf


class PinballLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return tf.reduce_mean(tf.maximum(0.9 * error, -0.1 * error), axis=-1)
```

## Fix safety

There is no rewrite: to swap the parameters changes the values, and the body may have been written, or its
constants been tuned, with the order as it is.

## References

- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_CROSS_ENTROPIES = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
)
_OF_EQUALS = ("tf.add", "tf.multiply", "tf.math.squared_difference")
"""What gives the same of its first two arguments the other way round."""
_SWAPPED = ["y_pred"], ["y_true"]
_STRAIGHT = ["y_true"], ["y_pred"]


def match(loss: Loss) -> Iterator[Match]:
    candidate = loss.candidate
    if not candidate.swapped and not loss.only_reached:
        yield from _calls(loss)
    if not candidate.swapped or candidate.metric:
        return
    if loss.form in (Form.METHOD, Form.NESTED) and Evidence.REACHED in candidate.evidence:
        return
    if _is_symmetric(loss):
        return
    if Evidence.COMPILED in candidate.evidence or loss.form is Form.SUBCLASS:
        # In a method of Keras' class their places decide which is which, and not their names.
        pair = (loss.y_true, loss.y_pred)
        first, second = (each for each in parameter_names(loss.function) if each in pair)
        yield Match(
            loss.function.name,
            f"`{loss.name}` takes `{first}` before `{second}`, and Keras passes the targets first",
            "to swap them changes the values",
        )


def _is_symmetric(loss: Loss) -> bool:
    """Whether targets and predictions only ever meet where it does not matter which of them is which."""
    both = {loss.y_true, loss.y_pred}
    return all(
        _meets_its_equal(loss, node, both)
        for node in walk(loss.function.body, cst.Name)
        if node.value in both
    )


def _meets_its_equal(loss: Loss, node: cst.Name, both: set[str]) -> bool:
    """``y_pred * y_true``, ``abs(y_pred - y_true)``, ``(y_pred - y_true) ** 2``."""
    match loss.tree.parents[node]:
        case cst.BinaryOperation(
            left=cst.Name(value=one), operator=operator, right=cst.Name(value=other)
        ) as pair if {one, other} == both:
            if not isinstance(operator, cst.Subtract):
                return isinstance(operator, cst.Add | cst.Multiply)
            return _loses_its_sign(loss, pair)
        case cst.Arg() as argument:
            call = loss.tree.parents[argument]
            if isinstance(call, cst.Call) and loss.operation(call) in _OF_EQUALS:
                return {loss.tree.code(each.value) for each in call.args[:2]} == both
    return False


def _loses_its_sign(loss: Loss, difference: cst.BinaryOperation) -> bool:
    match loss.tree.parents[difference]:
        case cst.BinaryOperation(left=left, operator=cst.Power(), right=cst.Integer(value="2")):
            return left is difference
        case cst.Arg() as argument:
            call = loss.tree.parents[argument]
            return isinstance(call, cst.Call) and loss.operation(call) in ("tf.abs", "tf.square")
    return False


def _calls(loss: Loss) -> Iterator[Match]:
    """The cross-entropies that are swapped, in a loss that has none the right way round: the one of the
    targets under the predictions is a term of a symmetric cross-entropy."""
    calls = [*walk(loss.function.body, cst.Call)]
    handed = {node: _handed(loss, node) for node in calls if _is_cross_entropy(loss, node)}
    if _STRAIGHT in handed.values():
        return
    for node, given in handed.items():
        if given == _SWAPPED:
            yield Match(
                node,
                f"`{loss.tree.line(node, 60)}` is handed the predictions before the targets",
                "to swap them changes the values",
            )


def _is_cross_entropy(loss: Loss, node: cst.Call) -> bool:
    module, _, name = (loss.operation(node) or "").rpartition(".")
    return module.startswith("keras.") and name in _CROSS_ENTROPIES


def _handed(loss: Loss, node: cst.Call) -> tuple[list[str], ...]:
    first = [each.value for each in node.args[:2] if each.keyword is None and not each.star]
    return tuple(sorted(loss.flow.depends(each)) for each in first)


RULE = Rule("LF310", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
