"""Rounding is the only path from the predictions to the loss

## What it does

Finds `round`, `floor`, `ceil`, `rint`, `//` and casts to integers of the predictions where nothing else in
their term carries a gradient, and equalities of what was rounded. Roundings become steps whose slopes are
never quite zero, and which are whole numbers where their argument is: what is 0 counts as 0. Where the rest
of their term carries one, as in a ratio whose numerator alone is rounded, a `round` at which the loss jumps
is reported.

## Why is this bad

A rounded value has no gradient (measured: `None`): `fit` raises `No gradients provided for any variable`,
or, beside another term, silently ignores this one. In a ratio the gradient is that of the half that is not
rounded: of a Dice loss with rounded hits, whatever is predicted becomes smaller (measured).

## Example

```python
import tensorflow as tf


def recall_loss(y_true, y_pred):
    hits = tf.reduce_sum(y_true * tf.round(tf.clip_by_value(y_pred, 0.0, 1.0)), axis=-1)
    return 1.0 - hits / (tf.reduce_sum(y_true, axis=-1) + 1e-7)
```

## Use instead

```python
import tensorflow as tf


def soft_round(x, steepness):
    \"\"\"Rounds `x` by steps that get steeper with `steepness`, and whose slope is never zero.\"\"\"
    floor = tf.floor(x)
    half = tf.cast(0.5 * steepness, x.dtype)
    return floor + 0.5 + 0.5 * tf.tanh(half * (x - floor - 0.5)) / tf.tanh(0.5 * half)


def recall_loss(y_true, y_pred, steepness=10.0):
    hits = tf.reduce_sum(
        y_true * soft_round(tf.clip_by_value(y_pred, 0.0, 1.0), steepness), axis=-1
    )
    return 1.0 - hits / (tf.reduce_sum(y_true, axis=-1) + 1e-7)
```

## Fix safety

Relaxed: the values approach the rounded ones as `steepness` grows, everywhere but half-way between two
whole numbers. A sigmoid around one half would do so too, but is 0.007 and not 0 where nothing is there
(with a steepness of 10), and a sum over the pixels of an image adds that up. Where no steepness keeps its
promise, or with `--gate detached`, the rounding goes straight through:
`x + tf.stop_gradient(tf.round(x) - x)` has the old values and the gradient of `x`, which is what
quantisation and ratings ask for. Leaving the rounding out altogether would be another loss, whose values
do not approach the old ones. `x - round(x)`, `x - floor(x)` and straight-through rounding have a gradient
and are left alone. To keep the old behaviour, keep the rounded value in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/round
- Petersen et al., Learning with Algorithmic Supervision via Continuous Relaxations, 2021
  (https://arxiv.org/abs/2110.05651)
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import Step
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.factors import factors, where_decided
from lossfix.losses.smoothing.gates import deliberate, flag_of, is_float_again
from lossfix.losses.smoothing.scalar import jump_at
from lossfix.losses.smoothing.steps import (
    ROUNDINGS,
    above_casts,
    dead_equalities,
    dead_steps,
    live_steps,
)
from lossfix.losses.subclassing.definitions import defined
from lossfix.model import Gate, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import Soft, compared, dead, revived, softened
from lossfix.syntax.build import Replacement, expression

SOFT_ROUND = '''def {name}(x, steepness):
    """Rounds `x` by steps that get steeper with `steepness`, and whose slope is never zero."""
    floor = {tf}.floor(x)
    half = {tf}.cast(0.5 * steepness, x.dtype)
    return floor + 0.5 + 0.5 * {tf}.tanh(half * (x - floor - 0.5)) / {tf}.tanh(0.5 * half)
'''
"""``tanh`` scaled so that it is a whole number at both ends of each step: smooth where steps meet."""

_CENTRED = {
    "round": "{f}({x}, {k})",
    "floor": "{f}({x} - 0.5, {k})",
    "ceil": "{f}({x} + 0.5, {k})",
    "trunc": "{f}({x} - 0.5 * TANH({k} * {x}), {k})",
}


def match(loss: Loss) -> Iterator[Match]:
    yield from compared(loss, ROUNDINGS, "what was rounded")
    for each in dead_steps(loss, ROUNDINGS):
        message = (
            f"no gradient passes through `{loss.tree.line(each.call)}`, and its term has no other path "
            "to the predictions"
        )
        yield dead(loss, each.call, message, _integer(loss, each))
    if not deliberate(loss):
        yield from _jumping(loss)


def _jumping(loss: Loss) -> Iterator[Match]:
    """Roundings at which the loss jumps, and whose term has a gradient that cannot see them."""
    for each in live_steps(loss, {"round"}):
        if _is_taken_from_itself(loss, each) or flag_of(loss, each.call) is not None:
            continue
        jump = jump_at(loss, each.call)
        if jump is not None and not jump.continuous:
            yield Match(
                each.call,
                f"the loss jumps where `{loss.tree.line(each.call)}` does: the gradient sees the rest alone",
                "without its steps, or with them in all of its term, it is another loss",
                Severity.WARNING,
            )


def _is_taken_from_itself(loss: Loss, each: Step) -> bool:
    """``x - round(x)``: how far off a whole number is."""
    match loss.tree.parents.get(each.call):
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return left.deep_equals(each.value) or right.deep_equals(each.value)
    return False


def _integer(loss: Loss, each: Step) -> str:
    if loss.operation(each.call) == "tf.image.convert_image_dtype":
        return "it makes an image of integers: compare the images as floats"
    outer = above_casts(loss, each.call)
    whole = isinstance(outer, cst.Call) and casts_to_discrete(outer)
    if whole and not is_float_again(loss, outer):
        return "it is computed with as an integer"
    return ""


def rewrite(loss: Loss, match: Match) -> Edit | None:
    gate = revived(loss, dead_equalities(loss, ROUNDINGS), match)
    if gate is None and loss.relaxation.gate is Gate.DETACHED:
        return _straight_through(loss)
    return gate or softened(loss, match, dead_steps(loss, ROUNDINGS), _soft)


def _straight_through(loss: Loss) -> Edit | None:
    """All roundings at once: the values stay as they are, the gradient is that of what is rounded.

    With one of them, the loss has an idiom beside which the others would be taken to be on purpose.
    """
    replace: dict[cst.CSTNode, Replacement] = {}
    for each in dead_steps(loss, ROUNDINGS):
        outer = above_casts(loss, each.call)
        if _integer(loss, each) or (isinstance(outer, cst.Call) and casts_to_discrete(outer)):
            return None
        replace[outer] = expression(
            f"{{x}} + {loss.spell('tf.stop_gradient')}({{hard}} - {{x}})", x=each.value, hard=outer
        )
    nested = any(above in replace for node in replace for above in loss.tree.ancestors(node))
    return None if nested else Edit(replace)


def _soft(loss: Loss, each: Step, steepness: cst.BaseExpression) -> Soft | None:
    name, before = defined(loss, "soft_round", SOFT_ROUND)
    template = _CENTRED[each.kind].replace("TANH", loss.spell("tf.tanh"))
    value = expression(template, f=cst.Name(name), x=each.value, k=steepness)
    if each.kind in ("floor", "ceil"):
        # Zero is where these two step, and half a step off where it is masked.
        found = factors(loss, each.value)
        if not found.certain:
            return None
        value = where_decided(loss, found, value, 0.0)
    return Soft(above_casts(loss, each.call), value, before=before)


RULE = Rule("LF203", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
