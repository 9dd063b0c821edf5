"""The index of the largest prediction is the only path to the loss

## What it does

Finds `argmax` of the predictions where nothing else in its term carries a gradient: compared with the true
class, turned into one-hot, computed with as a number, or used to look up a cost with `tf.gather` or
`tf.gather_nd`. Each becomes what it is expected to be under a softmax of the predictions: for a matrix of
costs, the costs of the true class weighed with the probabilities.

## Why is this bad

An index has no gradient (measured: `None`): `fit` raises `No gradients provided for any variable`, or,
beside another term, silently ignores this one.

## Example

```python
import tensorflow as tf


def mask_loss(y_true, y_pred):
    mask = tf.one_hot(tf.argmax(y_pred, axis=-1), 4)
    return 1.0 - tf.reduce_mean(y_true * mask, axis=-1)
```

## Use instead

```python
import tensorflow as tf


def mask_loss(y_true, y_pred, steepness=10.0):
    mask = tf.nn.softmax(steepness * y_pred)
    return 1.0 - tf.reduce_mean(y_true * mask, axis=-1)
```

## Fix safety

Relaxed: the softmax approaches the one-hot of the largest as `steepness` grows, unless two are equal. An
expected index is a number between two classes, which has a meaning only where the classes are ordered; it is
used only where the code computes with the index as a number. Where the classes are to be told apart,
cross-entropy is the better loss. To keep the old behaviour, keep the `argmax` in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/argmax
- https://www.tensorflow.org/api_docs/python/tf/nn/softmax
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import Step, step
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.counts import as_float
from lossfix.losses.smoothing.gates import consumers
from lossfix.losses.smoothing.lookups import looked_up
from lossfix.losses.smoothing.margins import axis_of, softmax
from lossfix.losses.smoothing.steps import above_casts, dead_equalities, dead_steps
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import Soft, compared, dead, revived, softened
from lossfix.syntax.build import expression

_KINDS = frozenset({"argmax"})


def match(loss: Loss) -> Iterator[Match]:
    yield from compared(loss, _KINDS, "indices")
    for each in dead_steps(loss, _KINDS):
        code = loss.tree.line(each.call)
        message = f"`{code}` has no gradient, and is the only path of its term"
        known = _expected(loss, each, cst.Name("steepness"))
        yield dead(loss, each.call, message, "" if known is not None else _unclear(loss, each))


def _unclear(loss: Loss, each: Step) -> str:
    """Why it cannot be said what an index is expected to be."""
    if axis_of(loss, each) and as_float(loss, each.call) is None:
        return "it is computed with as an integer, whose mean is cut off: cast it to a float first"
    return "it is not clear what the index stands for"


def rewrite(loss: Loss, match: Match) -> Edit | None:
    gate = revived(loss, dead_equalities(loss, _KINDS), match)
    return gate or softened(loss, match, dead_steps(loss, _KINDS), _expected)


def _expected(loss: Loss, each: Step, steepness: cst.BaseExpression) -> Soft | None:
    """What an index is used for, and what that is expected to be."""
    axis = axis_of(loss, each)
    if axis is None or axis == 0:
        return None
    for above in consumers(loss, each.call):
        if not isinstance(above, cst.Call):
            continue
        operation = loss.operation(above)
        if operation == "tf.one_hot":
            if len(above.args) != 2 or step(loss, above.args[0].value) is None:
                return None
            # The classes are the last axis of a one-hot.
            share = softmax(loss, each.value, -1 if axis == 1 else axis, steepness)
            return Soft(above, share)
        if operation in ("tf.gather_nd", "tf.gather"):
            value = looked_up(loss, each, above, softmax(loss, each.value, -1, steepness))
            return None if value is None or axis not in (-1, 1) else Soft(above, value)
    outer = above_casts(loss, each.call)
    index = _expected_index(loss, each, axis, steepness)
    if isinstance(outer, cst.Call) and outer is not each.call:
        return None if casts_to_discrete(outer) else Soft(outer, index)
    beside = as_float(loss, each.call)
    return None if beside is None else Soft(each.call, index, beside)


def _expected_index(
    loss: Loss, each: Step, axis: int, steepness: cst.BaseExpression
) -> cst.BaseExpression:
    along = f"axis={axis}"
    total, count, ones = (
        loss.spell(f"tf.{name}") for name in ("reduce_sum", "cumsum", "ones_like")
    )
    # The running count of the classes has the shape of the predictions, whatever that is.
    return expression(
        f"{total}({{s}} * {count}({ones}({{x}}), {along}, exclusive=True), {along})",
        s=softmax(loss, each.value, axis, steepness),
        x=each.value,
    )


RULE = Rule("LF205", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
