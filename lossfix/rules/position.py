"""Positions and ranks of the predictions are the only path to the loss

## What it does

Finds `argsort`, `in_top_k`, `searchsorted` and the positions that `tf.where(y_pred > t)` gives, where nothing
else in their term carries a gradient, and positions at which predictions are overwritten. A rank,
`argsort(argsort(x))` along the last axis, becomes a sum of sigmoids, and `in_top_k` a sigmoid of the distance
to the last that is in; the others are reported.

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


def soft_rank(x, steepness):
    \"\"\"Ranks along the last axis: how many elements are smaller, by a sigmoid of each difference.\"\"\"
    pairs = x[..., :, None] - x[..., None, :]
    return tf.reduce_sum(tf.sigmoid(steepness * pairs), axis=-1) - 0.5


def order_loss(y_true, y_pred, steepness=10.0):
    ranks = soft_rank(y_pred, steepness)
    return tf.reduce_mean(tf.square(y_true - ranks), axis=-1)
```

## Fix safety

Relaxed: the values approach the old ones as `steepness` grows, unless two elements are equal. A soft rank
costs the square of the number of elements in memory; for thousands of them, take one of the published fast
ranks. Positions that only pick live values, as in `tf.gather(y_pred, tf.argsort(y_pred))`, are left alone. To
keep the old behaviour, keep the position in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/argsort
- Blondel et al., Fast Differentiable Sorting and Ranking, 2020 (https://arxiv.org/abs/2002.08871)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import is_condition, uses
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import orphaned
from lossfix.losses.code.parameters import add, number
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.smoothing.counts import as_float
from lossfix.losses.smoothing.gates import consumers
from lossfix.losses.smoothing.paths import Path, path_at
from lossfix.losses.smoothing.steps import above_casts
from lossfix.losses.subclassing.definitions import defined
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import dead
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import dotted, walk

SOFT_RANK = '''def {name}(x, steepness):
    """Ranks along the last axis: how many elements are smaller, by a sigmoid of each difference."""
    pairs = x[..., :, None] - x[..., None, :]
    return {tf}.reduce_sum({tf}.sigmoid(steepness * pairs), axis=-1) - 0.5
'''

SOFT_IN_TOP_K = '''def {name}(targets, predictions, k, steepness):
    """Whether a target is among the `k` largest, by its distance to the last of the others."""
    classes = {tf}.shape(predictions)[-1]
    own = {tf}.one_hot({tf}.cast(targets, "int32"), classes, dtype=predictions.dtype)
    others = {tf}.where(own > 0.0, predictions.dtype.min, predictions)
    last = {tf}.math.top_k(others, k).values[..., -1]
    return {tf}.sigmoid(steepness * ({tf}.reduce_sum(own * predictions, axis=-1) - last))
'''

_RANK = "a rank is a sum of sigmoids of differences: tf.sigmoid(steepness * (x_i - x_j)) over all j"
_PICKED = "weigh all elements by a softmax of the predictions instead of picking the largest"
_REASONS = {
    "tf.argsort": _RANK,
    "tf.math.in_top_k": "cross-entropy pulls in the same direction",
    "keras.backend.in_top_k": "cross-entropy pulls in the same direction",
    "tf.searchsorted": "a bin is a sum of sigmoids of the distances to its edges",
    "keras.ops.searchsorted": "a bin is a sum of sigmoids of the distances to its edges",
    "keras.ops.digitize": "a bin is a sum of sigmoids of the distances to its edges",
    "tf.where": "weigh all elements with a sigmoid of the margin instead of picking some",
}
_ORDERS = {
    "tf.math.in_top_k": ("targets", "predictions", "k"),
    "keras.backend.in_top_k": ("predictions", "targets", "k"),
}


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function, cst.Call):
        operation = loss.operation(node)
        if operation not in _REASONS or not _of_predictions(loss, node, operation):
            continue
        if is_only_recorded(loss, node):
            continue
        if path_at(loss, node) is Path.DEAD or _overwrites(loss, node):
            code = loss.tree.line(node)
            known = _soft(loss, node, cst.Name("steepness"))
            reason = "" if known is not None else _REASONS[operation]
            yield dead(loss, node, f"`{code}` gives positions: no gradient passes", reason)
    for node, places in _largest(loss):
        taken = [each for each in places if not is_only_recorded(loss, each)]
        if taken and all(path_at(loss, each) is Path.DEAD for each in taken):
            message = f"`{loss.tree.line(node)}` gives positions: no gradient passes"
            yield dead(loss, node, message, _PICKED)


def _largest(loss: Loss) -> Iterator[tuple[cst.Call, list[cst.BaseExpression]]]:
    """The calls of ``top_k`` on the predictions, and where only the places are taken that it gives."""
    for node in walk(loss.function, cst.Call):
        if loss.operation(node) != "tf.math.top_k" or is_only_recorded(loss, node):
            continue
        if not node.args or not is_live(loss, node.args[0].value, relaxed=False):
            continue
        match loss.tree.parents.get(node):
            case cst.Attribute(attr=cst.Name(value="indices")) as taken:
                yield node, [taken]
            case cst.Subscript(
                slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="1")))]
            ) as taken:
                yield node, [taken]
            case cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Tuple(
                            elements=[
                                cst.Element(value=cst.Name(value=values)),
                                cst.Element(value=cst.Name(value=places)),
                            ]
                        )
                    )
                ]
            ) as assigned if not list(uses(loss, values, assigned)):
                yield node, [*uses(loss, places, assigned)]


def rewrite(loss: Loss, match: Match) -> Edit | None:
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    if added is None or not isinstance(match.node, cst.Call):
        return None
    found = _soft(loss, match.node, added.reference)
    if found is None:
        return None
    value, beside, before = found
    outer = above_casts(loss, match.node)
    replace = {**added.replace, **beside, outer: value}
    return Edit({**replace, **orphaned(loss, (outer,), value)}, before=before)


_Soft = tuple[cst.BaseExpression, Mapping[cst.CSTNode, Replacement], tuple[cst.BaseStatement, ...]]


def _soft(loss: Loss, node: cst.Call, steepness: cst.BaseExpression) -> _Soft | None:
    """A float that approaches a position, and what it is computed with, cast along with it."""
    operation = loss.operation(node)
    ranked = _ranked(loss, node)
    if ranked is not None:
        floats = operation is None
        beside = {} if floats else as_float(loss, node)
        name, before = defined(loss, "soft_rank", SOFT_RANK)
        value = expression("{f}({x}, {k})", f=cst.Name(name), x=ranked, k=steepness)
    elif operation in _ORDERS:
        given = dict(zip(_ORDERS[operation], (each.value for each in node.args), strict=False))
        given.update({each.keyword.value: each.value for each in node.args if each.keyword})
        if given.keys() != {"targets", "predictions", "k"} or loss.predicts(given["targets"]):
            return None
        beside = as_float(loss, node)
        name, before = defined(loss, "soft_in_top_k", SOFT_IN_TOP_K)
        value = expression(
            "{f}({t}, {p}, {n}, {k})",
            f=cst.Name(name),
            t=given["targets"],
            p=given["predictions"],
            n=given["k"],
            k=steepness,
        )
    else:
        return None
    return None if beside is None else (value, beside, before)


def _ranked(loss: Loss, node: cst.Call) -> cst.BaseExpression | None:
    """What is ranked by ``argsort(argsort(x))`` along its last axis, or by a function that returns that."""
    if loss.operation(node) is None:
        returned = _only_value(loss, node)
        if returned is None or len(node.args) != 1:
            return None
        function, value = returned
        cast = isinstance(value, cst.Call) and loss.operation(value) == "tf.cast"
        if not cast or not isinstance(value, cst.Call) or casts_to_discrete(value):
            return None
        inner = value.args[0].value
        ranked = _ranked(loss, inner) if isinstance(inner, cst.Call) else None
        own = function.params.params[0].name.value
        return node.args[0].value if dotted(ranked) == own else None
    match node.args:
        case [cst.Arg(value=cst.Call() as inner), *rest] if (
            loss.operation(node) == loss.operation(inner) == "tf.argsort"
        ):
            if all(_is_last(each) for each in (*rest, *inner.args[1:])):
                return inner.args[0].value
    return None


def _is_last(argument: cst.Arg) -> bool:
    """Whether an argument of ``argsort`` says no more than its default: the last axis."""
    named = argument.keyword is None or argument.keyword.value == "axis"
    return named and number_of(argument.value) == -1


def _only_value(loss: Loss, node: cst.Call) -> tuple[cst.FunctionDef, cst.BaseExpression] | None:
    """A function of this file with one parameter and nothing but a return, and what it returns."""
    for each in loss.tree.module.body:
        match each, node.func:
            case (
                cst.FunctionDef(
                    name=cst.Name(value=name),
                    params=cst.Parameters(params=[_]),
                    body=cst.IndentedBlock(
                        body=[cst.SimpleStatementLine(body=[cst.Return(value=value)])]
                    ),
                ),
                cst.Name(value=called),
            ) if (
                name == called and value is not None
            ):
                return each, value
    return None


def _of_predictions(loss: Loss, node: cst.Call, operation: str) -> bool:
    if operation == "tf.where":
        return len(node.args) == 1 and is_condition(loss, node.args[0].value)
    ranked = _ranked(loss, node)
    if ranked is not None:
        return is_live(loss, ranked, relaxed=False)
    # Of `argsort(argsort(x))` the outer one is the rank.
    argument = loss.tree.parents.get(node)
    outer = None if argument is None else loss.tree.parents.get(argument)
    if isinstance(outer, cst.Call) and _ranked(loss, outer) is not None:
        return False
    return any(is_live(loss, each.value, relaxed=False) for each in node.args)


def _overwrites(loss: Loss, node: cst.Call) -> bool:
    """Whether constants are written at these positions, over predictions that had a gradient."""
    for above in consumers(loss, node):
        if isinstance(above, cst.Call) and loss.operation(above) == "tf.tensor_scatter_nd_update":
            return not any(is_live(loss, each.value) for each in above.args[2:3])
    return False


RULE = Rule("LF207", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
