"""The sign of the predictions is the only path to the loss

## What it does

Finds `tf.sign` of the predictions where nothing else in its term carries a gradient, or by which the loss
jumps where something does, and comparisons of such a sign with another one. A sign becomes a `tanh`, and
`sign(y_true) != sign(y_pred)` the sigmoid of how far the prediction lies on the wrong side.

## Why is this bad

The gradient of a sign is not missing but zero (measured): there is no error, and the weights never move.
A comparison of signs has no gradient at all. This is how most losses that reward the right direction are
written; beside a squared error the whole penalty is then ignored.

## Example

```python
import tensorflow as tf


def direction_loss(y_true, y_pred):
    return -tf.reduce_mean(tf.sign(y_true) * tf.sign(y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def direction_loss(y_true, y_pred, steepness=10.0):
    return -tf.reduce_mean(tf.sign(y_true) * tf.tanh(0.5 * steepness * y_pred), axis=-1)
```

## Fix safety

Relaxed: the value approaches the old one as `steepness` grows, except for predictions of zero; for targets
of zero it is the old one. The sign of the targets is never touched, nor one that weighs what is zero where
it turns, as in `tf.sign(y_pred) * tf.square(y_pred)`. To keep the old behaviour, keep the sign in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/sign
- https://www.tensorflow.org/api_docs/python/tf/tanh
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import Step
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.gates import deliberate, flag_of, is_plain
from lossfix.losses.smoothing.margins import scaled
from lossfix.losses.smoothing.scalar import jump_at
from lossfix.losses.smoothing.steps import above_casts, dead_equalities, dead_steps, live_steps
from lossfix.model import Gate, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import Soft, compared, dead, revived, softened
from lossfix.syntax.build import expression

_KINDS = frozenset({"sign"})


def match(loss: Loss) -> Iterator[Match]:
    yield from compared(loss, _KINDS, "signs")
    for each in dead_steps(loss, _KINDS):
        code = loss.tree.line(each.call)
        message = (
            f"the gradient of `{code}` is zero, and its term has no other path to the predictions"
        )
        yield dead(loss, each.call, message)
    for each in _jumping(loss):
        keep = "--gate keep" if loss.relaxation.gate is Gate.KEEP else ""
        message = f"the loss jumps where `{loss.tree.line(each.call)}` does: the gradient sees the rest alone"
        yield Match(each.call, message, keep, Severity.WARNING)


def _jumping(loss: Loss) -> Iterator[Step]:
    """Signs by which a loss jumps, and whose term has a gradient that cannot see them."""
    if deliberate(loss):
        return
    for each in live_steps(loss, _KINDS):
        if flag_of(loss, each.call) is None and is_plain(loss, each.value):
            jump = jump_at(loss, each.call)
            if jump is not None and not jump.continuous:
                yield each


def rewrite(loss: Loss, match: Match) -> Edit | None:
    gate = revived(loss, dead_equalities(loss, _KINDS), match)
    return gate or softened(loss, match, (*dead_steps(loss, _KINDS), *_jumping(loss)), _soft)


def _soft(loss: Loss, each: Step, steepness: cst.BaseExpression) -> Soft:
    """A sigmoid of this steepness, from -1 to 1."""
    argument = scaled(steepness, each.value, "0.5")
    value = expression(f"{loss.spell('tf.tanh')}({{z}})", z=argument)
    return Soft(above_casts(loss, each.call), value)


RULE = Rule("LF204", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
