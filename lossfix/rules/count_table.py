"""A table of counts is the only path from the predictions to the loss

## What it does

Finds confusion matrices, histograms, bin counts and `tf.unique` of the predictions where nothing else in
their term carries a gradient. A confusion matrix or bin count of the largest predictions becomes the expected
one, and a histogram of a fixed range one with soft edges; the others are reported.

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

Relaxed: every sample is shared among the classes by a softmax, or among the bins by sigmoids at their edges,
which approaches the largest one, or the bin it lies in, as `steepness` grows. Integers that the table is
computed with are cast to the type of the predictions. Where the number of classes is not given, a bin count
may have another length than there are classes, and is left alone. To keep the old behaviour, keep the table
in a metric.

## References

- https://www.tensorflow.org/api_docs/python/tf/math/confusion_matrix
- https://www.tensorflow.org/api_docs/python/tf/histogram_fixed_width
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import step
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import orphaned
from lossfix.losses.code.parameters import add, number
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.smoothing.counts import as_float
from lossfix.losses.smoothing.margins import axis_of, softmax
from lossfix.losses.smoothing.paths import Path, path_at
from lossfix.losses.smoothing.steps import above_casts
from lossfix.losses.subclassing.definitions import defined
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.rules.smoothing import dead
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

SOFT_HISTOGRAM = '''def {name}(values, value_range, nbins, steepness):
    """How many values lie in each bin, by sigmoids of their distances to the inner edges."""
    edges = {tf}.linspace(value_range[0], value_range[1], nbins + 1)[1:-1]
    above = {tf}.sigmoid(steepness * ({tf}.reshape(values, [-1, 1]) - {tf}.cast(edges, values.dtype)))
    above = {tf}.pad({tf}.pad(above, [[0, 0], [1, 0]], constant_values=1.0), [[0, 0], [0, 1]])
    return {tf}.reduce_sum(above[:, :-1] - above[:, 1:], axis=0)
'''
"""Values beyond the range count for the outer bins, as in ``tf.histogram_fixed_width``."""

_REASONS = {
    "tf.math.confusion_matrix": "the classes are no argmax over the last axis, or the table stays integer",
    "tf.math.bincount": "it does not count the largest predictions of a known number of classes",
    "tf.histogram_fixed_width": "its counts are used as more than numbers to compute with",
    "keras.ops.histogram": "a bin holds the differences of sigmoids of the distances to its edges",
    "tf.unique": "what is counted has no gradient",
}


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function, cst.Call):
        if loss.operation(node) not in _REASONS:
            continue
        if is_only_recorded(loss, node):
            continue
        if loss.predicts(node) and path_at(loss, node) is Path.DEAD:
            operation = loss.operation(node) or ""
            known = _expected(loss, node, cst.Name("steepness"))
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
    found = _expected(loss, match.node, added.reference)
    if found is None:
        return None
    outer = above_casts(loss, match.node)
    replace: dict[cst.CSTNode, Replacement] = {**added.replace, **found.beside}
    replace[outer] = found.value
    return Edit({**replace, **orphaned(loss, (outer,), found.value)}, before=found.before)


@dataclass(frozen=True, eq=False)
class _Expected:
    """What a table of counts is expected to be, as floats."""

    value: cst.BaseExpression
    beside: Mapping[cst.CSTNode, Replacement]
    """What it is computed with, cast along with it."""
    before: tuple[cst.BaseStatement, ...] = ()


def _expected(loss: Loss, node: cst.Call, steepness: cst.BaseExpression) -> _Expected | None:
    operation = loss.operation(node)
    names = _PARAMETERS.get(operation or "")
    if names is None or any(each.star for each in node.args):
        return None
    given: dict[str, cst.BaseExpression] = {}
    for number_, each in enumerate(node.args):
        if each.keyword is None and number_ >= len(names):
            return None
        given[each.keyword.value if each.keyword else names[number_]] = each.value
    floats = "dtype" in given and not _is_whole(given["dtype"])
    beside: Mapping[cst.CSTNode, Replacement] | None = {}
    if not floats:
        beside = as_float(loss, node)
    if beside is None:
        return None
    if operation == "tf.histogram_fixed_width":
        return _histogram(loss, given, steepness, beside)
    if operation == "tf.math.bincount":
        value = _class_counts(loss, given, steepness)
    else:
        value = _expected_table(loss, given, steepness)
    return None if value is None else _Expected(value, beside)


_PARAMETERS = {
    "tf.math.confusion_matrix": ("labels", "predictions", "num_classes", "weights", "dtype"),
    "tf.math.bincount": ("arr", "weights", "minlength", "maxlength", "dtype"),
    "tf.histogram_fixed_width": ("values", "value_range", "nbins", "dtype"),
}


def _histogram(
    loss: Loss,
    given: Mapping[str, cst.BaseExpression],
    steepness: cst.BaseExpression,
    beside: Mapping[cst.CSTNode, Replacement],
) -> _Expected | None:
    values, value_range = given.get("values"), given.get("value_range")
    if values is None or value_range is None or not is_live(loss, values):
        return None
    name, before = defined(loss, "soft_histogram", SOFT_HISTOGRAM)
    value = expression(
        "{f}({x}, {r}, {n}, {k})",
        f=cst.Name(name),
        x=values,
        r=value_range,
        n=given.get("nbins", cst.Integer("100")),
        k=steepness,
    )
    return _Expected(value, beside, before)


def _class_counts(
    loss: Loss, given: Mapping[str, cst.BaseExpression], steepness: cst.BaseExpression
) -> cst.BaseExpression | None:
    """How often each class is expected to be the largest, over all samples."""
    known = None if "arr" not in given else step(loss, given["arr"])
    if given.keys() - {"arr", "minlength", "maxlength", "dtype"} or "minlength" not in given:
        return None
    if known is None or known.kind != "argmax" or axis_of(loss, known) not in (-1, 1):
        return None
    if not is_live(loss, known.value):
        return None
    return expression(
        f"{loss.spell('tf.reduce_sum')}({loss.spell('tf.reshape')}({{s}}, [-1, {{n}}]), axis=0)",
        s=softmax(loss, known.value, -1, steepness),
        n=given["minlength"],
    )


def _expected_table(
    loss: Loss, given: Mapping[str, cst.BaseExpression], steepness: cst.BaseExpression
) -> cst.BaseExpression | None:
    labels, classes = given.get("labels"), given.get("predictions")
    known = None if classes is None else step(loss, classes)
    if labels is None or "weights" in given or loss.predicts(labels):
        return None
    if known is None or known.kind != "argmax":
        return None
    # The classes have one axis, so that the predictions have two.
    if axis_of(loss, known) not in (-1, 1) or not is_live(loss, known.value):
        return None
    tf = {name: loss.spell(f"tf.{name}") for name in ("matmul", "one_hot", "shape")}
    many = given.get("num_classes") or expression(f"{tf['shape']}({{x}})[-1]", x=known.value)
    return expression(
        f"{tf['matmul']}({tf['one_hot']}({{l}}, {{n}}, dtype={{p}}.dtype), {{s}}, transpose_a=True)",
        l=labels,
        n=many,
        p=cst.Name(loss.y_pred),
        s=softmax(loss, known.value, -1, steepness),
    )


def _is_whole(dtype: cst.BaseExpression) -> bool:
    return "int" in cst.Module([]).code_for_node(dtype)


RULE = Rule("LF206", Safety.RELAXED, Severity.ERROR, match, rewrite, __doc__, __name__)
