"""A table of counts is the only path from the predictions to the loss

## What it does

Finds confusion matrices, histograms, bin counts and `tf.unique` of the predictions where nothing else in
their term carries a gradient. A confusion matrix of the largest predictions becomes the expected one; the
others are reported.

## Why is this bad

A count has no gradient (measured: `None`): `fit` raises `No gradients provided for any variable`, or, beside
another term, silently ignores this one.

## Example

```python
import tensorflow as tf


def agreement_loss(y_true, y_pred):
    truth = tf.argmax(y_true, axis=-1)
    table = tf.math.confusion_matrix(truth, tf.argmax(y_pred, axis=-1), 4, dtype=tf.float32)
    return 1.0 - tf.linalg.trace(table) / tf.reduce_sum(table)
```

## Use instead

```python
import tensorflow as tf


def agreement_loss(y_true, y_pred, steepness=10.0):
    truth = tf.argmax(y_true, axis=-1)
    table = tf.matmul(
        tf.one_hot(truth, 4, dtype=y_pred.dtype),
        tf.nn.softmax(steepness * y_pred),
        transpose_a=True,
    )
    return 1.0 - tf.linalg.trace(table) / tf.reduce_sum(table)
```

## Fix safety

Relaxed: every sample is shared among the classes by a softmax, which approaches the largest one as
`steepness` grows. Histograms would need a width of their bins in the units of the predictions, and are left
to the author. To keep the old behaviour, keep the table in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/confusion_matrix
- https://www.tensorflow.org/api_docs/python/tf/histogram_fixed_width
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.conditions import step
from lossfix.losses.gates import Path, path_at
from lossfix.losses.loss import Loss, casts_to_discrete
from lossfix.losses.margins import axis_of, softmax
from lossfix.losses.parameters import add, number
from lossfix.losses.recorded import is_only_recorded
from lossfix.losses.smooth import orphaned
from lossfix.losses.steps import above_casts
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import dead
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk

_REASONS = {
    "tf.math.confusion_matrix": "the classes are no argmax over the last axis, or the table stays integer",
    "tf.math.bincount": "how often a class is expected is the sum of its probabilities over the batch",
    "tf.histogram_fixed_width": "a bin holds the differences of sigmoids of the distances to its edges",
    "keras.ops.histogram": "a bin holds the differences of sigmoids of the distances to its edges",
    "tf.unique": "what is counted has no gradient",
}


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function):
        if not isinstance(node, cst.Call) or loss.operation(node) not in _REASONS:
            continue
        if is_only_recorded(loss, node):
            continue
        if loss.predicts(node) and path_at(loss, node) is Path.DEAD:
            operation = loss.operation(node) or ""
            known = _expected_table(loss, node, cst.Name("steepness"))
            yield dead(
                loss,
                node,
                f"`{operation}` counts: no gradient passes",
                "" if known is not None else _REASONS[operation],
            )


def rewrite(loss: Loss, match: Match) -> Edit | None:
    added = add(loss, "steepness", number(loss.relaxation.steepness))
    if added is None or not isinstance(match.node, cst.Call):
        return None
    found = _expected_table(loss, match.node, added.reference)
    if found is None:
        return None
    node, new = found
    return Edit({**added.replace, node: new, **orphaned(loss, (node,), new)})


def _expected_table(
    loss: Loss, node: cst.Call, steepness: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    given: dict[str, cst.BaseExpression] = {}
    for each, name in zip(node.args, ("labels", "predictions", "num_classes"), strict=False):
        given[each.keyword.value if each.keyword else name] = each.value
    given.update({each.keyword.value: each.value for each in node.args[3:] if each.keyword})
    if loss.operation(node) != "tf.math.confusion_matrix" or "weights" in given:
        return None
    labels, classes = given.get("labels"), given.get("predictions")
    known = None if classes is None else step(loss, classes)
    if labels is None or known is None or known.kind != "argmax" or loss.predicts(labels):
        return None
    # The classes have one axis, so that the predictions have two.
    if axis_of(loss, known) not in (-1, 1) or not loss.live(known.value):
        return None
    outer = node if "dtype" in given else above_casts(loss, node)
    floats = isinstance(outer, cst.Call) and not casts_to_discrete(loss, outer)
    if (outer is node and "dtype" not in given) or not floats or _is_whole(given.get("dtype")):
        return None
    tf = {name: loss.spell(f"tf.{name}") for name in ("matmul", "one_hot", "shape")}
    many = given.get("num_classes") or expression(f"{tf['shape']}({{x}})[-1]", x=known.value)
    return outer, expression(
        f"{tf['matmul']}({tf['one_hot']}({{l}}, {{n}}, dtype={{p}}.dtype), {{s}}, transpose_a=True)",
        l=labels,
        n=many,
        p=cst.Name(loss.y_pred),
        s=softmax(loss, known.value, -1, steepness),
    )


def _is_whole(dtype: cst.BaseExpression | None) -> bool:
    return dtype is not None and "int" in cst.Module([]).code_for_node(dtype)


RULE = Rule("LF206", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
