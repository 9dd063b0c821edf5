"""A loss returns one scalar for the whole batch

## What it does

Finds losses, beside the models that they are for, that return `tf.reduce_mean(x)`, or a sum of such means
with constant factors, where each `x` has one value per element of the targets and predictions, or one per
sample. The means are taken over the last axis only, or not at all, so that the loss gives one value per
sample.

## Why is this bad

Keras multiplies what a loss returns by the sample and class weights. A scalar is the mean of the whole
batch, so the weight of one sample scales the errors of all of them (measured on three errors 1, 2, 3 with
the weights 1, 0, 0: 1.556 in place of 0.333). Without weights the gradient is the same.

## Example

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred))


model = keras.Sequential([keras.layers.Dense(3)])
```

## Use instead

```python
import keras
import tensorflow as tf


class AbsoluteLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


model = keras.Sequential([keras.layers.Dense(3)])
```

## Fix safety

Exact where no weights are given: Keras takes the mean over the batch, and the mean of equally many means
is the mean. With sample or class weights the values change, to what the weights say. As with the losses of
Keras, weights of images have to be one for each pixel then; a scalar takes those of one for each image too.
So the loss is rewritten where all models of its file end with vectors, and reported where one ends with
images or sequences; where none is seen, nothing is said. A function that is called directly is left as it is.

## References

- https://keras.io/api/losses/#creating-custom-losses
- https://www.tensorflow.org/api_docs/python/tf/keras/Model#fit
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.batches.batch_means import batch_means
from lossfix.losses.code.loss import Loss
from lossfix.losses.probing.hints import gives_vectors
from lossfix.model import Evidence, Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import tight_equal, with_arguments
from lossfix.syntax.tree import walk

_MEAN_REDUCTIONS = ("sum_over_batch_size", "auto", "mean")
_MANY_AXES = (
    "a model of this file gives more than one vector per sample: reduce all axes but the first where "
    "weights are one per sample"
)


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.SUBCLASS or Evidence.REACHED in loss.candidate.evidence:
        return
    vectors = gives_vectors(loss.tree.outline)
    if vectors is None:
        # Of images, a mean over the last axis would take no weight for each of them.
        return
    means = batch_means(loss)
    if means and not _takes_some_rows(loss):
        yield Match(
            means[0].call,
            f"`{loss.name}` returns one scalar for the whole batch: sample weights weigh all samples alike",
            _another_reduction(loss) or ("" if vectors else _MANY_AXES),
        )


def _takes_some_rows(loss: Loss) -> bool:
    """Whether the loss takes a part of the batch: a series of it, `y_pred[1:]`, one output of several,
    `y_pred[0]`, or what a mask selects."""
    return any(_selects_rows(loss, node) for node in walk(loss.function))


def _selects_rows(loss: Loss, node: cst.CSTNode) -> bool:
    match node:
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=first), *_]):
            return loss.is_tensor(value) and not _is_everything(first)
        case cst.Call():
            return loss.operation(node) == "tf.boolean_mask" and loss.is_tensor(node)
    return False


def _is_everything(index: cst.BaseSlice) -> bool:
    match index:
        case cst.Slice(lower=None, upper=None) | cst.Index(value=cst.Ellipsis()):
            return True
    return False


def _another_reduction(loss: Loss) -> str:
    """Why the mean over the batch is not what Keras would make of the means; empty where it is."""
    for node in walk(loss.tree.module):
        match node:
            case cst.Call(func=cst.Name(value=name)) if name != loss.candidate.path[-1]:
                continue
            case cst.Call(args=args) if isinstance(node.func, cst.Name) or _is_inside(loss, node):
                given = [a.value for a in args if a.keyword and a.keyword.value == "reduction"]
            case cst.Param(name=cst.Name(value="reduction"), default=cst.BaseExpression() as value):
                given = [value] if _is_inside(loss, node) else []
            case _:
                continue
        for each in given:
            last = loss.tree.code(each).rpartition(".")[2].strip("'\"").lower()
            if last not in _MEAN_REDUCTIONS and last != "reduction":
                return f"its reduction is {loss.tree.code(each)}, which is not a mean"
    return ""


def _is_inside(loss: Loss, node: cst.CSTNode) -> bool:
    return any(above is loss.definition for above in loss.tree.ancestors(node))


def rewrite(loss: Loss, match: Match) -> Edit | None:
    axis = cst.Arg(
        cst.parse_expression("-1"),
        keyword=cst.Name("axis"),
        equal=tight_equal(),
    )
    return Edit(
        {
            mean.call: mean.value if mean.per_sample else lambda node: _with_argument(node, axis)
            for mean in batch_means(loss)
        }
    )


def _with_argument(node: cst.CSTNode, argument: cst.Arg) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    first, last = node.args[0], node.args[-1]
    alone = first.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return with_arguments(node.with_changes(args=[alone]), [argument])


RULE = Rule("LF303", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
