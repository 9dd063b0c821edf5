"""A metric without a gradient is used as a loss

## What it does

Reports functions and objects of `keras.metrics` that count (accuracies, precision, recall, AUC, IoU) inside
of a loss, where nothing else carries a gradient, and those that a model is compiled with in place of a loss:
`compile(loss=keras.metrics.AUC())`, `loss="accuracy"`.

## Why is this bad

What they count was decided by a threshold or an `argmax`, which has no gradient: `fit` raises
`No gradients provided for any variable`, or, beside another term, silently ignores this one. The same comes
of every metric object, also of those that only average a loss (`keras.metrics.MeanSquaredError()`): what they
give back was summed up in variables. A metric's name as a string is unknown to Keras as a loss, and raises
`Could not interpret loss identifier` (all measured on Keras 3.15).

## Example

```python
import tensorflow as tf


def miss_loss(y_true, y_pred):
    return 1.0 - tf.keras.metrics.binary_accuracy(y_true, y_pred)
```

## Use instead

```python
import tensorflow as tf


def miss_loss(y_true, y_pred):
    return tf.keras.losses.binary_crossentropy(y_true, y_pred)
```

## Fix safety

Manual: there are several losses that pull in the same direction, and the choice is the author's. For an
accuracy that is cross-entropy, for an IoU a soft IoU of probabilities, for an AUC a sigmoid of the
differences between pairs of predictions. Keep the metric in `metrics=`.

## References

- https://keras.io/api/metrics/
- https://keras.io/api/losses/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.discovery.wiring import Misuse, Wiring, is_built_in
from lossfix.losses.operations.keras_names import LOSS_CLASSES, METRIC_CLASSES, METRIC_FUNCTIONS
from lossfix.losses.smoothing.paths import Path, path_at
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import dotted, walk

_INSTEAD = {
    "accuracy": "cross-entropy pulls in the same direction",
    "iou": "a soft IoU of the probabilities, keras.losses.Dice among them, has a gradient",
    "auc": "sigmoids of the differences between pairs of predictions have a gradient",
}
_OTHERWISE = "sums of probabilities instead of counts have a gradient"
_AVERAGES = frozenset({"keras.metrics.Mean", "keras.metrics.Sum", "keras.metrics.Metric"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function, cst.Call):
        metric = _asked(loss, node)
        if metric is not None and not is_only_recorded(loss, node):
            yield Match(node, f"`{metric}` counts, and a count has no gradient", _advice(metric))
        if metric is not None:
            continue
        # `tf.keras.metrics.AUC()(y_true, y_pred)`: the class is what is called first.
        called = node.func if isinstance(node.func, cst.Call) else node
        operation = loss.operation(called) or ""
        counts = operation in METRIC_FUNCTIONS or (
            called is not node and operation in METRIC_CLASSES - _AVERAGES
        )
        if not counts or not any(is_live(loss, each.value, relaxed=False) for each in node.args):
            continue
        if path_at(loss, node) is Path.DEAD:
            name = operation.rpartition(".")[2]
            yield Match(node, f"`{name}` counts, and a count has no gradient", _advice(name))


def _asked(loss: Loss, node: cst.Call) -> str | None:
    """The metric whose ``result()`` a loss computes with, after it was told of the predictions."""
    match node.func:
        case cst.Attribute(value=cst.Name() as holder, attr=cst.Name(value="result")):
            made = named_value(loss, holder) or _set_around(loss, holder)
        case cst.Attribute(
            value=cst.Attribute(value=cst.Name(value="self")) as holder,
            attr=cst.Name(value="result"),
        ):
            made = _set_around(loss, holder)
        case _:
            return None
    operation = loss.operation(made) if isinstance(made, cst.Call) else None
    if operation in METRIC_CLASSES and _is_told(loss, dotted(holder)):
        return (operation or "").rpartition(".")[2]
    return None


def _set_around(loss: Loss, holder: cst.Name | cst.Attribute) -> cst.BaseExpression | None:
    """What a name of the module, or an attribute of the instance, is set to, once in the whole file."""
    owner = loss.owner if isinstance(holder, cst.Attribute) else loss.tree.module
    if owner is None:
        return None
    values = [
        node.value
        for node in walk(owner, cst.Assign)
        for target in node.targets
        if target.target.deep_equals(holder)
    ]
    return values[0] if len(values) == 1 else None


def _is_told(loss: Loss, metric: str | None) -> bool:
    return any(
        isinstance(each, cst.Call)
        and dotted(each.func) == f"{metric}.update_state"
        and any(loss.predicts(given.value) for given in each.args)
        for each in walk(loss.function)
    )


def _advice(name: str) -> str:
    return next((r for word, r in _INSTEAD.items() if word in name.lower()), _OTHERWISE)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _strings() -> Iterator[str]:
    for name in (each.rpartition(".")[2] for each in METRIC_CLASSES | METRIC_FUNCTIONS):
        if f"keras.losses.{name}" not in LOSS_CLASSES:
            yield from (name, name.lower(), _snake_case(name))


METRIC_STRINGS = frozenset(
    name for name in (*_strings(), "acc", "f1", "f_score", "iou") if not is_built_in(name)
)
"""What authors call a metric in a string, as far as Keras knows no loss of that name."""


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    told: set[ast.expr] = set()
    for value in wiring.compiled:
        called = value.func if isinstance(value, ast.Call) else value
        name = (wiring.operation(called) or "").rpartition(".")[2]
        if isinstance(value, ast.Constant) and value.value in METRIC_STRINGS:
            name, message = (
                value.value,
                f"`{value.value}` is a metric: Keras knows no loss of that name",
            )
        elif wiring.operation(called) in METRIC_CLASSES:
            message = f"`{name}` is a metric: what it sums up in variables has no gradient"
        elif value is called and wiring.operation(called) in METRIC_FUNCTIONS:
            message = f"`{name}` counts, and a count has no gradient"
        else:
            continue
        if value not in told:
            told.add(value)
            yield Misuse(value, message, _advice(name))


RULE = Rule("LF208", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__, wiring)
