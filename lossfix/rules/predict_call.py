"""`predict` is called inside of a loss or a training step

## What it does

Finds `model.predict(...)` and `predict_on_batch` inside of a loss, and reports them inside of `train_step`
and under a gradient tape. In a loss, a model of the same file is called in their place.

## Why is this bad

`predict` runs a loop of its own over batches and gives back NumPy arrays. Within `fit` it raises (measured:
`TypeError` where the size of the batch is not known, else `RuntimeError: Method requires being in
cross-replica context`), and in a training loop of one's own no gradient passes through it.

## Example

```python
import tensorflow as tf

teacher = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])


def teacher_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - teacher.predict(y_pred, verbose=0)), axis=-1)
```

## Use instead

```python
import tensorflow as tf

teacher = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])


def teacher_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - teacher(y_pred, training=False)), axis=-1)
```

## Fix safety

Exact: `predict` computes the same values, in inference mode. Where it cannot be told that what predicts is a
Keras model, and in a `train_step`, where `training=True` may be what is meant, it is reported. To keep the
values out of the gradient, put them under `tf.stop_gradient`.

## References

- https://keras.io/api/models/model_training_apis/#predict-method
- https://keras.io/getting_started/faq/#whats-the-difference-between-model-methods-predict-and-call
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.wiring import Misuse, Wiring, wiring_of
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import dotted
from lossfix.syntax.tree import walk

_CALLS = frozenset({"predict", "predict_on_batch"})
_SETTINGS = frozenset({"verbose", "batch_size", "steps"})
"""What only the loop of ``predict`` is told."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function, cst.Call):
        match node:
            case cst.Call(
                func=cst.Attribute(value=receiver, attr=cst.Name(value=name))
            ) if name in _CALLS and any(loss.is_tensor(each.value) for each in node.args):
                code = f"{loss.tree.code(receiver)}.{name}"
                message = f"`{code}` cannot run inside of fit, and no gradient passes through it"
                yield Match(node, message, _obstacle(loss, node, receiver))


def _obstacle(loss: Loss, node: cst.Call, receiver: cst.BaseExpression) -> str:
    code = loss.tree.code(receiver)
    unknown = not isinstance(receiver, cst.Name) or code in loss.scope.everything()
    if unknown or not wiring_of(loss.tree.outline).is_model(ast.Name(code, ast.Load())):
        return f"call `{code}` itself, if it is a Keras model: that cannot be told here"
    first, *rest = node.args
    settings = all(each.keyword is not None and each.keyword.value in _SETTINGS for each in rest)
    if first.keyword is not None or first.star or not settings:
        return "it is given more than one batch and how to go through it"
    return ""


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    called = expression("{model}({x}, training=False)", model=node.func.value, x=node.args[0].value)
    return Edit({node: called})


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    told: set[ast.AST] = set()
    for step in wiring.steps():
        for node in below(step):
            if isinstance(node, ast.Call) and _predicts(wiring, node, own=True):
                told.add(node)
                yield _misuse(node, f"inside of `{step.name}` it raises")
    for block in every(wiring.module, ast.With):
        made = [item.context_expr for item in block.items]
        if not any(
            isinstance(m, ast.Call) and wiring.operation(m) == "tf.GradientTape" for m in made
        ):
            continue
        for node in below(block):
            if (
                node not in told
                and isinstance(node, ast.Call)
                and _predicts(wiring, node, own=False)
            ):
                told.add(node)
                yield _misuse(node, "no gradient passes through it")


def _predicts(wiring: Wiring, node: ast.Call, own: bool) -> bool:
    match node.func:
        case ast.Attribute(value=receiver, attr=name) if name in _CALLS:
            trained = dotted(receiver) == "self" or wiring.has_weights(receiver)
            return (own and trained) or wiring.is_model(receiver)
    return False


def _misuse(node: ast.Call, consequence: str) -> Misuse:
    code = ast.unparse(node.func)
    return Misuse(
        node,
        f"`{code}` leaves the graph: {consequence}",
        f"call the model itself: `{code.rpartition('.')[0]}(x, training=True)`",
    )


RULE = Rule("LF113", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__, wiring)
