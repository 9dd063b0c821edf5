"""A loss is a bare function

## What it does

Turns a function that is compiled as a loss into a subclass of `keras.losses.Loss` that is registered for
serialisation, takes the function's further parameters in its constructor, and gives its configuration.
The function's name stays bound, to an instance. A function that is registered already and has no further
parameters is left alone: Keras finds it again.

## Why is this bad

It trains (measured: nothing is wrong with its gradient). But a model that was saved with it cannot be
loaded without `custom_objects`, its parameters can only be changed in the code, and it takes no
`reduction` and no `name`.

## Example

```python
import keras
import tensorflow as tf


def cubic(y_true, y_pred, power=3.0):
    return tf.reduce_mean(tf.abs(y_true - y_pred) ** power, axis=-1)


def build(model):
    model.compile(loss=cubic)
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


@keras.saving.register_keras_serializable(package="custom")
class CubicLoss(keras.losses.Loss):
    def __init__(
        self, power=3.0, reduction="sum_over_batch_size", name="cubic", dtype=None
    ):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.power = power

    def call(self, y_true, y_pred):
        y_true, y_pred = same_rank(y_true, y_pred)
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** self.power, axis=-1)

    def get_config(self):
        return {**super().get_config(), "power": self.power}


cubic = CubicLoss()


def build(model):
    model.compile(loss=cubic)
```

## Fix safety

Exact: `compile`, `fit` and `evaluate` give the same values. Keras aligns the ranks of targets and
predictions for a function and not for a subclass (keras#19601), so the class does that itself. Calling
the instance gives the reduced value where the function gave one per sample: direct calls, in this file and
in the other files of the run, are changed to `.call`. Where the function is used as more than a loss, in any
of them, it stays a function.

## References

- https://keras.io/api/losses/#creating-custom-losses
- https://keras.io/guides/serialization_and_saving/#custom-objects
- https://github.com/keras-team/keras/issues/19601
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.outline import expressions_of
from lossfix.losses.subclassing.classes import (
    Parts,
    build_class,
    class_name,
    docstring_line,
)
from lossfix.losses.subclassing.obstacles import (
    NOT_CALLABLE,
    constructor_parameters,
    is_registration,
    obstacle,
)
from lossfix.losses.subclassing.reads import reads
from lossfix.losses.subclassing.same_rank import rank_function_definition
from lossfix.losses.subclassing.sites import call_sites, is_applied
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement
from lossfix.syntax.scope import dotted

_UNKNOWN = "a saved model cannot load it, and "


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.FUNCTION or loss.candidate.metric or not is_wanted(loss):
        return
    registered = any(is_registration(loss, each) for each in loss.function.decorators)
    if registered and not constructor_parameters(loss):
        return
    reason = obstacle(loss) or other_files(loss) or call_sites(loss).reason
    callable_ = not reason.endswith(NOT_CALLABLE)
    if not callable_ and other_files(loss):
        reason, callable_ = other_files(loss), True
    elif not callable_ and is_applied(loss):
        if _is_made_a_function(loss):
            return
        reason, callable_ = "it is applied partially, to more than keywords", True
    yield Match(
        loss.function.name,
        f"`{loss.name}` is a bare function: {'' if registered else _UNKNOWN}its parameters are fixed",
        reason,
        None if callable_ else Severity.ERROR,
    )


def _is_made_a_function(loss: Loss) -> bool:
    """Whether a partial application of the function is a loss of its own, of which LF318 tells."""
    name = loss.function.name.value
    return any(
        isinstance(each.node, ast.Call) and dotted(each.node.args[0]) == name
        for each in expressions_of(loss.tree.outline, loss.project)
    )


def is_wanted(loss: Loss) -> bool:
    """Whether the loss is compiled, or stands alone in a module that is no part of a package."""
    evidence = loss.candidate.evidence
    if loss.is_of_deepxde:
        return False
    if Evidence.COMPILED in evidence:
        return True
    if Evidence.NAMED not in evidence or Evidence.REACHED in evidence or loss.project.exported:
        return False
    name = (loss.factory or loss.function).name.value
    return name not in loss.project.called.plainly and not any(reads(loss, name))


def other_files(loss: Loss) -> str:
    """Why other files keep the function from becoming an instance; empty where they do not."""
    name = (loss.factory or loss.function).name.value
    said = loss.project.called.functions if loss.factory is None else loss.project.called.results
    return dict(said).get(name, "")


def rewrite(loss: Loss, match: Match) -> Edit | None:
    sites = call_sites(loss)
    if sites.reason:
        return None
    name = loss.function.name.value
    parts = Parts(
        name=class_name(loss),
        docstring=docstring_line(loss.function),
        parameters=constructor_parameters(loss),
        registered_name=name,
        head=(),
        leading_lines=loss.function.leading_lines,
    )
    instance = cst.SimpleStatementLine(
        [
            cst.Assign(
                [cst.AssignTarget(cst.Name(name))],
                cst.Call(cst.Name(parts.name)),
            )
        ],
        leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)],
    )
    replace: dict[cst.CSTNode, Replacement] = dict(sites.replace)
    replace[loss.function] = [build_class(loss, parts), instance]
    return Edit(
        replace,
        becomes=parts.name,
        call_sites=tuple(sites.replace),
        before=rank_function_definition(loss),
    )


RULE = Rule("LF301", Safety.EXACT, Severity.INFO, match, rewrite, __doc__, __name__)
