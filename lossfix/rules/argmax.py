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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import Step, step
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import add, number
from lossfix.losses.smoothing.counts import as_float
from lossfix.losses.smoothing.gates import consumers
from lossfix.losses.smoothing.lookups import looked_up
from lossfix.losses.smoothing.margins import axis_of, softmax
from lossfix.losses.smoothing.smooth import orphaned
from lossfix.losses.smoothing.steps import above_casts, dead_equalities, dead_steps
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import compared, dead, revived
from lossfix.syntax.build import Replacement, expression

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
    if gate is not None:
        return gate
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    if added is None:
        return None
    for each in dead_steps(loss, _KINDS):
        if each.call is match.node:
            found = _expected(loss, each, added.reference)
            if found is None:
                return None
            replace = {**added.replace, **found.beside, found.node: found.value}
            return Edit({**replace, **orphaned(loss, (found.node,), found.value)})
    return None


@dataclass(frozen=True, eq=False)
class _Expected:
    """What an index is used for, what that is expected to be, and what is cast along with it."""

    node: cst.BaseExpression
    value: cst.BaseExpression
    beside: Mapping[cst.CSTNode, Replacement] = field(default_factory=dict)


def _expected(loss: Loss, each: Step, steepness: cst.BaseExpression) -> _Expected | None:
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
            return _Expected(above, share)
        if operation in ("tf.gather_nd", "tf.gather"):
            value = looked_up(loss, each, above, softmax(loss, each.value, -1, steepness))
            return None if value is None or axis not in (-1, 1) else _Expected(above, value)
    outer = above_casts(loss, each.call)
    index = _expected_index(loss, each, axis, steepness)
    if isinstance(outer, cst.Call) and outer is not each.call:
        return None if casts_to_discrete(outer) else _Expected(outer, index)
    beside = as_float(loss, each.call)
    return None if beside is None else _Expected(each.call, index, beside)


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
