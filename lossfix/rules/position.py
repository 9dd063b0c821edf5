"""Positions and ranks of the predictions are the only path to the loss

## What it does

Reports `argsort`, `in_top_k`, `searchsorted` and the positions that `tf.where(y_pred > t)` gives, where
nothing else in their term carries a gradient, and positions at which predictions are overwritten.

## Why is this bad

A position is an integer and has no gradient (measured: `None`): `fit` raises `No gradients provided for any
variable`, or, beside another term, silently ignores this one.

## Example

```python
import tensorflow as tf


def order_loss(y_true, y_pred):
    ranks = tf.cast(tf.argsort(tf.argsort(y_pred, axis=-1), axis=-1), y_pred.dtype)
    return tf.reduce_mean(tf.square(y_true - ranks), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def order_loss(y_true, y_pred, steepness=10.0):
    pairs = y_pred[..., :, None] - y_pred[..., None, :]
    ranks = tf.reduce_sum(tf.sigmoid(steepness * pairs), axis=-1) - 0.5
    return tf.reduce_mean(tf.square(y_true - ranks), axis=-1)
```

## Fix safety

Manual: a soft rank costs the square of the number of elements, and which axis is ranked is rarely clear from
the loss alone. Positions that only pick live values, as in `tf.gather(y_pred, tf.argsort(y_pred))`, are left
alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/argsort
- Blondel et al., Fast Differentiable Sorting and Ranking, 2020 (https://arxiv.org/abs/2002.08871)
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.conditions import is_condition
from lossfix.losses.gates import Path, consumers, path_at
from lossfix.losses.loss import Loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_RANK = "a rank is a sum of sigmoids of differences: tf.sigmoid(steepness * (x_i - x_j)) over all j"
_REASONS = {
    "tf.argsort": _RANK,
    "tf.math.in_top_k": "cross-entropy pulls in the same direction",
    "keras.backend.in_top_k": "cross-entropy pulls in the same direction",
    "tf.searchsorted": "a bin is a sum of sigmoids of the distances to its edges",
    "keras.ops.searchsorted": "a bin is a sum of sigmoids of the distances to its edges",
    "keras.ops.digitize": "a bin is a sum of sigmoids of the distances to its edges",
    "tf.where": "weigh all elements with a sigmoid of the margin instead of picking some",
}


_RANKS = frozenset({"tf.argsort", "tf.searchsorted"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function):
        if not isinstance(node, cst.Call):
            continue
        operation = loss.operation(node) or _returned_by(loss, node)
        if operation not in _REASONS or not _of_predictions(loss, node, operation):
            continue
        if path_at(loss, node) is Path.DEAD or _overwrites(loss, node):
            code = " ".join(loss.tree.code(node).split())
            yield Match(node, f"`{code}` gives positions: no gradient passes", _REASONS[operation])


def _returned_by(loss: Loss, node: cst.Call) -> str:
    """``tf.argsort`` for a call of ``def rank(x): return tf.argsort(tf.argsort(x))``."""
    for each in loss.tree.module.body:
        match each, node.func:
            case cst.FunctionDef(name=cst.Name(value=name)), cst.Name(value=called) if (
                name == called and len(each.params.params) == 1
            ):
                returned = [part for part in walk(each) if isinstance(part, cst.Return)]
                inside = [part for one in returned for part in walk(one)]
                names = {loss.operation(part) for part in inside if isinstance(part, cst.Call)}
                return next((name for name in sorted(_RANKS) if name in names), "")
    return ""


def _of_predictions(loss: Loss, node: cst.Call, operation: str) -> bool:
    if operation == "tf.where":
        return len(node.args) == 1 and is_condition(loss, node.args[0].value)
    return any(loss.live(each.value, relaxed=False) for each in node.args)


def _overwrites(loss: Loss, node: cst.Call) -> bool:
    """Whether constants are written at these positions, over predictions that had a gradient."""
    for above in consumers(loss, node):
        if isinstance(above, cst.Call) and loss.operation(above) == "tf.tensor_scatter_nd_update":
            return not any(loss.live(each.value) for each in above.args[2:3])
    return False


RULE = Rule("LF207", Safety.MANUAL, Severity.ERROR, match, no_rewrite, __doc__, __name__)
