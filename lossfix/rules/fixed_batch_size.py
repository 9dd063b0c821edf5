"""The batch size is written into a loss

## What it does

Reports losses that loop over a fixed number of samples, `for i in range(BATCH_SIZE)`, or build a shape
with a name for the batch size.

## Why is this bad

The last batch of an epoch, `evaluate` and `predict` on other data, and several GPUs all have other batch
sizes: the loss then raises, or leaves samples out and divides by the wrong number (measured: with batches of
the size that is written it trains).

## Example

```python
import tensorflow as tf

BATCH_SIZE = 16


def fixed_loss(y_true, y_pred):
    y_pred = tf.reshape(y_pred, (BATCH_SIZE, 10))
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def fixed_loss(y_true, y_pred):
    y_pred = tf.reshape(y_pred, (-1, 10))
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
```

## Fix safety

There is no rewrite: whether the name is the size of this batch, or a number to divide by that must not
change with it, only the author knows. The size of the batch at hand is `tf.shape(y_pred)[0]`.

## References

- https://www.tensorflow.org/api_docs/python/tf/shape
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.discovery.wording import words
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import dotted, walk

_SHAPED = frozenset(
    {
        "tf.reshape",
        "tf.zeros",
        "tf.ones",
        "tf.fill",
        "tf.eye",
        "tf.broadcast_to",
        "tf.range",
        "tf.ensure_shape",
    }
)


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.For, cst.Call):
        match node:
            case cst.For(iter=cst.Call(func=cst.Name(value="range"), args=args)) if _takes_samples(
                loss, node
            ):
                sizes = [each.value for each in args]
            case cst.Call(args=args) if loss.operation(node) in _SHAPED:
                sizes = [part for each in args for part in _parts(each.value)]
            case _:
                continue
        for size in sizes:
            if _is_batch_size(loss, size):
                name = loss.tree.line(size)
                yield Match(
                    size,
                    f"`{name}` is the size of some batches: the last one of an epoch may be smaller",
                    "its uses depend on one another; the size of the batch at hand is "
                    f"`{loss.spell('tf.shape')}({loss.y_pred})[0]`",
                )


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.Tuple | cst.List):
        for each in node.elements:
            yield each.value
    else:
        yield node


def _takes_samples(loss: Loss, loop: cst.For) -> bool:
    """Whether the loop's variable picks a sample: ``y_pred[i]`` or ``y_pred[i, :]``."""
    if not isinstance(loop.target, cst.Name):
        return False
    for node in walk(loop.body, cst.Subscript):
        match node:
            case cst.Subscript(
                value=value,
                slice=[
                    cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=name))),
                    *_,
                ],
            ) if name == loop.target.value and loss.is_tensor(value):
                return True
    return False


def _is_batch_size(loss: Loss, node: cst.BaseExpression) -> bool:
    name = dotted(node)
    if name is None or (name.split(".")[0] == "self" and name.count(".") != 1):
        return False
    last = name.rpartition(".")[2]
    if not ({"batch", "size"} <= words(last) or last.lower() in ("batchsize", "batch_sz")):
        return False
    # Bound in the loss itself it may come from the shape of a tensor; as a parameter it is a hint.
    return not loss.flow.values(name) and name not in parameter_names(loss.function)[:2]


RULE = Rule("LF312", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
