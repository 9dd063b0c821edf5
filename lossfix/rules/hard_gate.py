"""A hard gate is the only path from the predictions to the loss

## What it does

Finds comparisons of the predictions that are used as numbers, `tf.cast(y_pred > t, tf.float32)` or
`tf.where(y_pred > t, 1.0, 0.0)`, where nothing else in their term carries a gradient, and smooths them
with a sigmoid of their margin.

## Why is this bad

A comparison has no gradient (measured: `None`), so the term is a constant to the optimizer: `fit` raises
`No gradients provided for any variable`, or, beside another term, silently ignores this one.

## Example

```python
import tensorflow as tf


def miss_loss(y_true, y_pred, threshold=0.5):
    hit = tf.cast(y_pred > threshold, tf.float32)
    return tf.reduce_mean(tf.square(y_true - hit), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def miss_loss(y_true, y_pred, threshold=0.5, steepness=10.0):
    hit = tf.sigmoid(steepness * (y_pred - threshold))
    return tf.reduce_mean(tf.square(y_true - hit), axis=-1)
```

## Fix safety

Relaxed: the sigmoid approaches the gate as `steepness` grows, and differs from it near the threshold.
The steepness is calibrated to the scale of the predictions by measurement; too steep a sigmoid is as dead
as the gate. Shares that are counted over a threshold, as in a Dice or an F1 score, become a sigmoid that is
scaled to be 0 at 0 and 1 at 1 (`soft_step`): what any other leaves of a background adds up over an image.
Where the margin is zero whatever is predicted, as that of `y_true * y_pred < 0` is for a target of zero, the
gate keeps its hard value. To keep the old behaviour, keep the gate in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/sigmoid
- Petersen et al., Learning with Algorithmic Supervision via Continuous Relaxations, 2021
  (https://arxiv.org/abs/2110.05651)
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import steps_compared
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.gates import Gate, all_uses, flag_of, gates
from lossfix.losses.smoothing.paths import Path, path_of
from lossfix.losses.smoothing.smooth import obstacle
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import dead, revived


def match(loss: Loss) -> Iterator[Match]:
    for gate in gates(loss):
        if steps_compared(loss, gate.condition):
            continue
        if path_of(loss, gate) is Path.DEAD or _replaces(loss, gate):
            condition = loss.tree.line(gate.condition)
            yield dead(
                loss,
                gate.node,
                f"`{condition}` is used as a number: no gradient passes through this gate",
                obstacle(loss, gate),
                shows_at=all_uses(loss, gate),
            )


def _replaces(loss: Loss, gate: Gate) -> bool:
    """``if hard: y_pred = cast(y_pred > t)``: with the flag, nothing is left of the predictions."""
    above = loss.tree.parents.get(gate.node)
    match above:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name == loss.y_pred and flag_of(loss, gate.node) is not None
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    return revived(loss, gates(loss), match)


RULE = Rule("LF201", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
