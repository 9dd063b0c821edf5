"""A loss calculates with a parameter that is `None` unless it is given

## What it does

Reports compiled losses that have a parameter with the default `None`, such as `sample_weight=None`, and add,
multiply or divide by it without asking whether it was given.

## Why is this bad

Keras calls a loss with targets and predictions alone, and weighs what it gives by the weights of `fit`
itself: the parameter is `None`, with `sample_weight` in `fit` or without, and the first batch raises
`ValueError: None values not supported` (measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def weighed_loss(y_true, y_pred, sample_weight=None):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1) * sample_weight


def build(model):
    model.compile(loss=weighed_loss)
```

## Use instead

```python
import tensorflow as tf


def weighed_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=weighed_loss)
```

## Fix safety

There is no rewrite: code of one's own may call the loss with weights. A parameter that is asked about
anywhere in the loss, given by its name, or set to something else, is left alone.

## References

- https://keras.io/api/losses/#creating-custom-losses
- https://keras.io/guides/training_with_built_in_methods/#sample-weights
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.in_fit import may_be_in_fit
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import default_of, parameter_names
from lossfix.losses.operations.gradients import ELEMENTWISE
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.nodes import every

_FORMS = (Form.FUNCTION, Form.CLOSURE, Form.SUBCLASS)
_ASKS = (cst.If, cst.IfExp, cst.Assert, cst.Comparison, cst.BooleanOperation, cst.Try)


def match(loss: Loss) -> Iterator[Match]:
    is_keras_s = Evidence.COMPILED in loss.candidate.evidence and may_be_in_fit(loss)
    if not is_keras_s or loss.form not in _FORMS:
        return
    for name in parameter_names(loss.function):
        default = default_of(loss.function, name)
        if not isinstance(default, cst.Name) or default.value != "None":
            continue
        if name in (loss.y_true, loss.y_pred) or loss.flow.values(name):
            continue
        if _is_asked_about(loss, name) or _is_given(loss, name):
            continue
        for use in uses(loss, name):
            around = _calculation(loss, use)
            if around is not None:
                yield Match(
                    around,
                    f"`{name}` is None in `{loss.tree.line(around)}`: Keras gives the loss targets and "
                    "predictions alone, and the first batch raises",
                    "Keras weighs by `sample_weight` itself; all else is for a factory or a class",
                )
                break


def _is_given(loss: Loss, name: str) -> bool:
    """Whether a call of the file gives it by its name, as a partial application does."""
    return any(
        each.arg in (name, None)
        for call in every(loss.tree.outline, ast.Call)
        if any(isinstance(given, ast.Name) and given.id == loss.name for given in call.args)
        for each in call.keywords
    )


def _is_asked_about(loss: Loss, name: str) -> bool:
    return any(
        isinstance(above, _ASKS)
        for use in uses(loss, name)
        for above in loss.tree.ancestors(use)
        if above is not loss.function
    )


def _calculation(loss: Loss, use: cst.Name) -> cst.BaseExpression | None:
    """The arithmetic that is done with what is read."""
    above = loss.tree.parents.get(use)
    match above:
        case cst.BinaryOperation():
            return above
        case cst.Arg(keyword=None):
            call = loss.tree.parents.get(above)
            known = isinstance(call, cst.Call) and loss.operation(call) in ELEMENTWISE
            return call if known and isinstance(call, cst.Call) else None
    return None


RULE = Rule("LF331", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
