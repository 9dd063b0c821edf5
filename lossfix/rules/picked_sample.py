"""Single samples of a batch are taken for the outputs of a model

## What it does

Reports compiled losses that read their predictions by `y_pred[0]`, `y_pred[1]` and the like alone, or take
them apart, `centre, width = y_pred`.

## Why is this bad

The first axis of the predictions is that of the samples: `y_pred[1]` is the second sample, and not the second
output or column. All further samples of a batch have a gradient of exactly zero (measured on Keras 3.15), and
`fit` goes on without a word; of a batch that is taken apart it raises `OperatorNotAllowedInGraphError`. Keras
calls a loss once for each output of a model, with one tensor.

## Example

```python
import tensorflow as tf


def spread_loss(y_true, y_pred):
    centre, log_width = y_pred[0], y_pred[1]
    return tf.reduce_mean(log_width + tf.square(y_true - centre) * tf.exp(-log_width))


def build(model):
    model.compile(loss=spread_loss)
```

## Use instead

```python
import tensorflow as tf


def spread_loss(y_true, y_pred):
    centre, log_width = y_pred[:, 0:1], y_pred[:, 1:2]
    return tf.reduce_mean(log_width + tf.square(y_true - centre) * tf.exp(-log_width))


def build(model):
    model.compile(loss=spread_loss)
```

## Fix safety

There is no rewrite: whether columns are meant, or the outputs of a model, the code does not say. A loss that
reads `y_pred[0]` alone may be for batches of one sample, and a file that stacks tensors along their first
axis may have such outputs: both are left alone, and so are files in which a model of their own has a
`train_step` or a `compile`.

## References

- https://keras.io/guides/training_with_built_in_methods/#passing-data-to-multiinput-multioutput-models
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.in_fit import may_be_in_fit
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.static import is_static
from lossfix.losses.code.tensors import called_builtin
from lossfix.losses.discovery.outline import methods_of
from lossfix.model import Evidence, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted
from lossfix.syntax.tree import dotted as concrete_dotted
from lossfix.syntax.tree import walk

_STEPS = frozenset({"compile", "compute_loss", "test_step", "train_step"})
_MOST = 3
"""Samples that a message names."""
_JOINS_BY_ITSELF = frozenset({"stack", "vstack", "merge"})
_JOINS = _JOINS_BY_ITSELF | {"concat", "concatenate", "Concatenate"}


def match(loss: Loss) -> Iterator[Match]:
    compiled = Evidence.COMPILED in loss.candidate.evidence and may_be_in_fit(loss)
    if not compiled or loss.flow.values(loss.y_pred) or _may_be_several(loss):
        return
    cure = f"columns are `{loss.y_pred}[:, 0]`, and each output of a model has a loss of its own"
    apart = _taken_apart(loss)
    if apart is not None:
        message = f"`{loss.tree.line(apart)}` takes the batch apart, sample by sample: fit raises"
        yield Match(apart, message, cure, Severity.ERROR)
        return
    picked: dict[int, cst.CSTNode] = {}
    for use in uses(loss, loss.y_pred):
        number = _number(loss, use)
        if number is not None:
            picked.setdefault(number, loss.tree.parents[use])
        elif not _only_asks_for_its_kind(loss, use):
            return
    if not picked or max(picked) == 0 or _joins_along_the_first_axis(loss.tree.outline):
        return
    told = ", ".join(f"`{loss.y_pred}[{number}]`" for number in sorted(picked)[:_MOST])
    yield Match(
        picked[min(picked)],
        f"{told} {'are samples' if len(picked) > 1 else 'is a sample'} of the batch: "
        "all others have no gradient",
        cure,
    )


def _may_be_several(loss: Loss) -> bool:
    """Whether a loss asks if it is handed a list, is handed targets by names, which only a training loop
    of its own does, or a class of the file hands its losses what it likes."""
    asked = any(
        called_builtin(loss, call) == "isinstance"
        and concrete_dotted(call.args[0].value) == loss.y_pred
        for call in walk(loss.function, cst.Call)
        if call.args
    )
    named = any(isinstance(_key(loss, use), cst.SimpleString) for use in uses(loss, loss.y_true))
    return (
        asked
        or named
        or any(_STEPS & methods_of(node).keys() for node in every(loss.tree.outline, ast.ClassDef))
    )


def _taken_apart(loss: Loss) -> cst.Assign | None:
    """The line that gives the parts of the predictions names: ``centre, width = y_pred``."""
    for use in uses(loss, loss.y_pred):
        above = loss.tree.parents.get(use)
        match above:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=[_, _, *_]))]):
                return above
    return None


def _number(loss: Loss, use: cst.Name) -> int | None:
    """The sample that is taken where the predictions are read."""
    key = _key(loss, use)
    return int(key.value, 0) if isinstance(key, cst.Integer) else None


def _key(loss: Loss, use: cst.Name) -> cst.BaseExpression | None:
    """What is taken first of what stands under a name: ``0`` of ``y_pred[0, 1:]``."""
    match loss.tree.parents.get(use):
        case cst.Subscript(
            value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=key)), *_]
        ) if (value is use):
            return key
    return None


def _only_asks_for_its_kind(loss: Loss, use: cst.Name) -> bool:
    """Whether predictions are read for their shape or their type alone."""
    above = loss.tree.parents.get(use)
    asking = loss.tree.parents.get(above) if isinstance(above, cst.Arg) else above
    return asking is not None and is_static(asking, loss.scope, loss.operation)


def _joins_along_the_first_axis(module: ast.Module) -> bool:
    """Whether a file makes tensors whose first axis may not be that of the samples."""
    return any(_may_join_along_the_first(call) for call in every(module, ast.Call))


def _may_join_along_the_first(call: ast.Call) -> bool:
    last = (dotted(call.func) or "").rpartition(".")[2]
    if last not in _JOINS:
        return False
    given = [each.value for each in call.keywords if each.arg in ("axis", "concat_axis")]
    match [*given, *call.args[1:2]]:
        case []:
            return last in _JOINS_BY_ITSELF
        case [ast.Constant(value=int(axis)), *_]:
            return axis == 0
        case [ast.UnaryOp(op=ast.USub()), *_]:
            return False
    return True


RULE = Rule("LF216", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
