"""The loss of a training step is not what its history shows

## What it does

Reports `train_step` and `test_step` of a model that return `{"loss": loss}`, or the results of all metrics,
without any metric having been updated with the loss.

## Why is this bad

Where the names that a step returns are those of the model's metrics, `fit` shows the results of the metrics
in their place; `loss` is one of them, and nothing has updated it. The model trains, the gradient is alive,
and `history["loss"]` and `val_loss` are 0.0 (measured on Keras 3.15, also with `self.compute_loss`): early
stopping and checkpoints go by that number. Keras 2's `self.compiled_metrics.update_state(y, y_pred)` updates
`loss` along with the rest, and what is shown as the loss is then the mean of the predictions.

## Example

```python
import tensorflow as tf
from tensorflow import keras


class Trainer(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}
```

## Use instead

```python
import tensorflow as tf
from tensorflow import keras


class Trainer(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return {"loss": loss}
```

## Fix safety

There is no rewrite: which metrics the step is meant to update is not said in it. A step that returns another
name, or one more, is shown as it is, with the value of the last batch; that is left alone, and so is a class
with metrics of its own.

## References

- https://keras.io/guides/custom_train_step_in_tensorflow/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.keras_names import METRIC_CLASSES
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import dotted, statements

_ALL = "self.compiled_metrics"
"""Tells every metric of targets and predictions, the one called ``loss`` of the predictions."""


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for step in wiring.steps():
        around = wiring.owner(step)
        returned = [
            each
            for each in statements(step.body)
            if isinstance(each, ast.Return) and each.value is not None
        ]
        if not returned or _updates_a_metric(step) or _has_metrics(wiring, around):
            continue
        if all(_shows_the_metrics(each.value) for each in returned if each.value is not None):
            shown = "val_loss" if step.name == "test_step" else "loss"
            instead = "the mean of the predictions" if _updates_all_alike(step) else "0.0"
            yield Misuse(
                returned[-1],
                f"`{shown}` is shown as {instead}: no metric is updated with the loss of this "
                f"`{step.name}`",
                'update the metric called "loss", or return the loss by another name',
            )


def _shows_the_metrics(value: ast.expr) -> bool:
    """Whether a step returns the names of the metrics that every compiled model has."""
    match value:
        case ast.Dict(keys=[ast.Constant(value="loss")], values=[loss]):
            return not _is_result(loss)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=[ast.keyword("loss", loss)]):
            return not _is_result(loss)
        case ast.DictComp(generators=[ast.comprehension(iter=series)]):
            return dotted(series) == "self.metrics"
    return False


def _is_result(value: ast.expr) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == "result" for each in below(value))


def _updates_a_metric(step: ast.FunctionDef) -> bool:
    for node in below(step):
        match node:
            case ast.Attribute(value=metric, attr=("update_state" | "train_step" | "test_step")):
                if dotted(metric) != _ALL:
                    return True
            case ast.Attribute(attr=("assign" | "assign_add")):
                return True
    return False


def _updates_all_alike(step: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Attribute) and dotted(each) == _ALL for each in below(step))


def _has_metrics(wiring: Wiring, around: ast.AST) -> bool:
    """Whether a class makes metrics, or says itself which it has."""
    return any(
        (isinstance(node, ast.Call) and wiring.operation(node) in METRIC_CLASSES)
        or (isinstance(node, ast.FunctionDef) and node.name == "metrics")
        for node in below(around)
    )


RULE = Rule(
    "LF319", Safety.MANUAL, Severity.WARNING, no_match, no_rewrite, __doc__, __name__, wiring
)
