"""A hard gate makes the loss jump where the gradient cannot see it

## What it does

Finds comparisons of the predictions that choose between two live branches, or weigh a live term, so that
the value jumps at the threshold; and smooths them where that measurably trains no worse. Gates at which
both branches meet (Huber, pinball, hinge) are left alone, and so are gates that select by a computed
quantity (mining, ignore masks): they were put there on purpose, and only `--gate sigmoid` or `--gate
detached` takes them, too.

## Why is this bad

Such a loss trains, but its gradient ignores the jump (measured: the change of the loss along a line through
the gate is not what the gradient adds up to): nothing pulls a prediction across the threshold,
however much lower the loss is on the other side.

## Example

```python
import tensorflow as tf


def risk_loss(y_true, y_pred, threshold=0.5):
    error = tf.abs(y_true - y_pred)
    penalty = tf.where(y_pred > threshold, error * 2.0, error * 0.5)
    return tf.reduce_mean(penalty, axis=-1)
```

## Use instead

```python
import tensorflow as tf


def risk_loss(y_true, y_pred, threshold=0.5, steepness=10.0):
    error = tf.abs(y_true - y_pred)
    above = tf.sigmoid(steepness * (y_pred - threshold))
    penalty = error * (2.0 * above + 0.5 * (1.0 - above))
    return tf.reduce_mean(penalty, axis=-1)
```

## Fix safety

Relaxed: the value approaches the old one as `steepness` grows. A steep sigmoid builds a barrier below the
threshold that the predictions cannot cross, so the steepness is the largest at which plain descent on the
predictions ends no worse than before; where there is none, the weight of the gate is put under
`tf.stop_gradient`, and where that is no better either, the gate stays. `--gate keep` leaves all such
gates as they are.

## References

- https://www.tensorflow.org/api_docs/python/tf/where
- Petersen et al., Learning with Algorithmic Supervision via Continuous Relaxations, 2021
  (https://arxiv.org/abs/2110.05651)
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.liveness import parts_of
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import number
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.smoothing.gates import (
    Gate,
    Use,
    all_uses,
    deliberate,
    flag_of,
    gates,
    is_compared,
    is_guard,
    is_plain,
)
from lossfix.losses.smoothing.paths import Path, calls_to, path_of
from lossfix.losses.smoothing.scalar import Jump, jump_at
from lossfix.losses.smoothing.smooth import obstacle
from lossfix.model import Gate as Form
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import smoothed


def match(loss: Loss) -> Iterator[Match]:
    for gate in gates(loss):
        path = path_of(loss, gate)
        if path is Path.DEAD or is_guard(loss, gate):
            continue
        if not loss.relaxation.asked and is_on_purpose(loss, gate):
            continue
        if path is Path.ELSEWHERE:
            yield from _where_it_is_called(loss, gate)
            continue
        where = _where(loss, gate)
        if not where:
            continue
        flag = flag_of(loss, gate.node)
        if gate.use is Use.SELECT and _is_an_option(flag):
            # Who switches on that elements are skipped wants them skipped.
            continue
        yield Match(
            gate.node,
            _said("the loss", loss, gate, where),
            _reason(loss, gate),
            shows_at=all_uses(loss, gate),
        )


def _said(who: str, loss: Loss, gate: Gate, where: str) -> str:
    condition = loss.tree.line(gate.condition)
    return f"{who} jumps at `{condition}`, {where}: the gradient cannot see this gate"


def _reason(loss: Loss, gate: Gate) -> str:
    """Why a gate stays; empty where it is smoothed."""
    flag = flag_of(loss, gate.node)
    if flag is not None:
        return f"only where `{loss.tree.code(flag)}` says so"
    return "--gate keep" if loss.relaxation.gate is Form.KEEP else obstacle(loss, gate)


def _is_an_option(flag: cst.BaseExpression | None) -> bool:
    """Whether a condition asks if something was given: ``limit is not None``."""
    match flag:
        case cst.Comparison(
            comparisons=[
                cst.ComparisonTarget(operator=cst.IsNot(), comparator=cst.Name(value="None"))
            ]
        ):
            return True
    return False


def is_on_purpose(loss: Loss, gate: Gate) -> bool:
    """Whether a gate selects by a distance, a rank or the like, or stands beside ``stop_gradient``."""
    return deliberate(loss) or not is_plain(loss, gate.condition)


def _is_handed_what_is_on_purpose(part: Loss, seen: frozenset[str] = frozenset()) -> bool:
    """The same of what a part is handed: it may compare distances, and not know."""
    if not part.only_reached or part.name in seen:
        return False
    return any(
        deliberate(caller)
        or is_only_recorded(caller, call)
        or not all(is_plain(caller, each.value) for each in call.args)
        or _is_handed_what_is_on_purpose(caller, seen | {part.name})
        for caller, call in calls_to(part)
    )


def _where(loss: Loss, gate: Gate) -> str:
    """Where the loss jumps and by how much; empty where it does not, or not that we know."""
    if gate.use is Use.SELECT:
        # One element has no mean of those that are left out.
        return "where elements enter and leave"
    jump = jump_at(loss, gate.condition)
    return "" if jump is None or jump.continuous else _size(jump, loss.y_pred)


def _where_it_is_called(part: Loss, gate: Gate) -> Iterator[Match]:
    """The same of a gate that weighs or picks something where the part that it stands in is called."""
    if gate.use is Use.SELECT:
        return
    if not part.relaxation.asked and _is_handed_what_is_on_purpose(part):
        return
    wholes = [each for each in part.among if not each.only_reached and part in parts_of(each)]
    jumps = {each: jump_at(each, gate.condition) for each in wholes}
    found = {each: jump for each, jump in jumps.items() if jump and not jump.continuous}
    for whole, jump in list(found.items())[:1]:
        reason = _reason(part, gate) or _compared_by_callers(part)
        said = _said(f"`{whole.name}`", part, gate, _size(jump, whole.y_pred))
        yield Match(
            gate.node,
            said,
            reason,
            of=tuple(each.name for each in found),
            shows_at=all_uses(part, gate),
        )


def _compared_by_callers(part: Loss) -> str:
    # A sigmoid is above zero everywhere.
    for caller, call in calls_to(part):
        if is_compared(caller, call):
            return f"`{caller.name}` compares what `{part.name}` returns"
    return ""


def _size(jump: Jump, y_pred: str) -> str:
    size, at = number(round(jump.size, 2)), number(round(jump.at, 3))
    if jump.relative:
        return f"by up to {size} where a {jump.relative} of {y_pred} changes"
    return f"by {size} where {y_pred} is {at}"


def rewrite(loss: Loss, match: Match) -> Edit | None:
    return smoothed(loss, gates(loss), match)


RULE = Rule("LF202", Safety.RELAXED, Severity.WARNING, match, rewrite, __doc__, __name__)
