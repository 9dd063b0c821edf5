"""A Python loop runs over the samples of a batch

## What it does

Finds `for a, b in zip(y_true, y_pred)`, `for i in range(y_pred.shape[0])`, `range(len(y_pred))` and
`tf.range(...)` over the samples, and writes a body that adds up or collects values for the whole batch at
once; where its axes would not line up, with `tf.map_fn`. A `while i < len(y_pred)` is reported.

## Why is this bad

The size of the batch is not known when the graph is built: `fit` raises `OperatorNotAllowedInGraphError` or
`TypeError` (measured on Keras 3.15), while an eager tape has the right gradient. Where it happens to be
known, the loop is unrolled into thousands of operations, and fails on a last batch of another size.

## Example

```python
import tensorflow as tf


def summed_loss(y_true, y_pred):
    total = 0.0
    for t, p in zip(y_true, y_pred):
        total += tf.reduce_sum(tf.abs(t - p))
    return total
```

## Use instead

```python
import tensorflow as tf


def summed_loss(y_true, y_pred):
    total = tf.reduce_sum(tf.abs(y_true - y_pred))
    return total
```

## Fix safety

Exact, to the order in which numbers are added up. Loops over classes, anchors or outputs, whose number is
known, are never touched. A body that carries a value from one sample to the next, or does more than add up
or collect, is reported.

## References

- https://www.tensorflow.org/guide/function#loops
- https://www.tensorflow.org/api_docs/python/tf/map_fn
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.batches.loops import vectorised, vectorised_comprehension
from lossfix.losses.batches.rows import Rows, Unvectorisable, reads_rows, rows_of, sample_of
from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import (
    batch_of,
    converted_by_autograph,
    stands_in_a_graph_function,
)
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement
from lossfix.syntax.tree import walk

_PARTS = frozenset({"preds", "predictions", "outputs", "targets", "labels", "logits", "tensors"})
"""Names that a list of several outputs may have, where nothing says that it is one tensor."""


def match(loss: Loss) -> Iterator[Match]:
    if converted_by_autograph(loss):
        return
    for loop in walk(loss.function.body, cst.While):
        if any(batch_of(loss, each) is not None for each in walk(loop.test)):
            yield Match(
                loop,
                f"`while {loss.tree.line(loop.test)}` runs over the samples of a batch,"
                " whose number is not known beforehand",
                "it is not clear how its body reads for all samples at once",
            )
    for node in walk(loss.function.body, cst.For, cst.CompFor):
        rows = _rows(loss, node)
        if rows is None or stands_in_a_graph_function(loss, node):
            continue
        assert isinstance(node, cst.For | cst.CompFor)
        reason = ""
        try:
            _replaced(loss, node, rows)
        except Unvectorisable as error:
            reason = str(error)
        yield Match(
            node,
            f"`{' '.join(loss.tree.code(node.iter).split())}` runs over the samples of a batch,"
            " whose number is not known beforehand",
            reason,
            Severity.WARNING if rows.fixed else None,
        )


def _rows(loss: Loss, node: cst.CSTNode) -> Rows | None:
    body: cst.CSTNode
    match node:
        case cst.For(target=target, iter=over, body=body):
            rows = rows_of(loss, target, over)
        case cst.CompFor(target=target, iter=over):
            rows = rows_of(loss, target, over)
            body = loss.tree.parents[node]
        case _:
            return None
    if rows is None or not reads_rows(loss, rows, body) or _may_be_outputs(loss):
        return None
    if any(_looks_up(rows, each) for each in walk(body)) or _meets_all_targets(loss, rows, body):
        return None
    return rows


def _meets_all_targets(loss: Loss, rows: Rows, body: cst.CSTNode) -> bool:
    """Whether what the predictions hold meets all targets one by one: several outputs, and no samples."""
    over = [loss.tree.code(each) for each in rows.tensors.values()]
    if over != [loss.y_pred]:
        return False
    # `y_true[i]` of `for i, p in enumerate(y_pred)` is the target of the same sample.
    own = {
        below
        for each in walk(body)
        if rows.index and (of := sample_of(loss, rows, each)) and loss.tree.code(of) == loss.y_true
        for below in walk(each)
    }
    return any(each.value == loss.y_true and each not in own for each in walk(body, cst.Name))


def _looks_up(rows: Rows, node: cst.CSTNode) -> bool:
    """Whether ``node`` is ``outputs[key]`` in a loop ``for key in outputs``: a dictionary's."""
    match node:
        case cst.Subscript(
            value=holder,
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=key)))],
        ):
            return key in rows.tensors and rows.tensors[key].deep_equals(holder)
    return False


def _may_be_outputs(loss: Loss) -> bool:
    """Whether the loop may run over the outputs of a model, handed over as a list."""
    evidence = loss.candidate.evidence
    if Evidence.COMPILED in evidence or Evidence.SUBCLASS in evidence:
        return False
    if loss.roles_are_guessed:
        return True
    return loss.form is Form.METHOD or bool(_PARTS & {loss.y_true, loss.y_pred})


def _replaced(
    loss: Loss, node: cst.For | cst.CompFor, rows: Rows
) -> dict[cst.CSTNode, Replacement]:
    names = (named_value(loss, each) for each in walk(node.iter, cst.Name))
    if any(isinstance(each, cst.Call) and loss.operation(each) == "tf.unstack" for each in names):
        raise Unvectorisable("`tf.unstack` above it raises all the same: it has to go, too")
    if isinstance(node, cst.For):
        return vectorised(loss, node, rows)
    return vectorised_comprehension(loss, node, rows)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    rows = _rows(loss, match.node)
    if rows is None or not isinstance(match.node, cst.For | cst.CompFor):
        return None
    try:
        return Edit(_replaced(loss, match.node, rows))
    except Unvectorisable:
        return None


RULE = Rule("LF107", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
