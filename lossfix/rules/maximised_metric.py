"""A score that should grow is returned as the loss

## What it does

Reports compiled losses that are named after a score (F1, Dice, IoU, precision, recall, accuracy) and return
the overlap of targets and predictions divided by their sizes, as it is, and those that return one minus an
error (R², the efficiency of Nash and Sutcliffe), whatever they are called. Losses that return the likeness of
images as it is (`tf.image.ssim`, `tf.image.ssim_multiscale`, `tf.image.psnr`) are reported, too.

## Why is this bad

Training makes a loss smaller: it trains, with a gradient that leads away from what is wanted (measured: the
score falls), and the better the score, the worse the loss says it is.

## Example

```python
import keras
import tensorflow as tf


def soft_dice(y_true, y_pred):
    overlap = tf.reduce_sum(y_true * y_pred)
    return 2.0 * overlap / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1e-6)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss=soft_dice)
```

## Use instead

```python
import keras
import tensorflow as tf


def soft_dice_loss(y_true, y_pred):
    overlap = tf.reduce_sum(y_true * y_pred)
    return 1.0 - 2.0 * overlap / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + 1e-6)


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss=soft_dice_loss)
```

## Fix safety

Manual: the direction of a loss is the author's. Unbounded losses that are negative on purpose (critics,
Sharpe ratios) are no scores and are left alone.

## References

- https://www.tensorflow.org/api_docs/python/tf/keras/losses/Dice
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.perfect import is_nonnegative, vanishes
from lossfix.losses.discovery.wording import words
from lossfix.model import Evidence, Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.tree import walk

_SCORES = frozenset(
    "f f1 f2 fbeta dice iou jaccard accuracy acc precision recall tversky score coef coefficient".split()
)
_LOSSES = frozenset("loss losses error distance neg negative minus inverse cost objective".split())
_LIKENESSES = frozenset({"tf.image.ssim", "tf.image.ssim_multiscale", "tf.image.psnr"})
_SURE = {Evidence.COMPILED, Evidence.SUBCLASS}
"""Of anything else the caller may well take the negative."""
_MEANS = frozenset({"tf.reduce_mean", "tf.reduce_sum", "tf.cast", "tf.squeeze"})


def match(loss: Loss) -> Iterator[Match]:
    if not _SURE & set(loss.candidate.evidence):
        return
    named = words((loss.factory or loss.definition).name.value)
    compiled = Evidence.COMPILED in loss.candidate.evidence
    of_a_score = compiled and bool(named & _SCORES) and not named & _LOSSES
    returns = [each for each in walk(loss.function, cst.Return) if each.value]
    value = returns[0].value if len(returns) == 1 else None
    if value is None:
        return
    how = ""
    if _is_likeness(loss, value) or (of_a_score and _is_score(loss, value)):
        how = "return 1 minus the score"
    elif compiled and _lacks_an_error(loss, value):
        how = "return the error that is subtracted"
    if how:
        yield Match(
            returns[0],
            f"`{loss.name}` grows as the predictions get better: training makes them worse",
            f"if it is meant to be minimised, {how}",
        )


def _lacks_an_error(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a number minus an error: largest where the predictions equal the targets."""
    match node:
        case cst.BinaryOperation(
            left=cst.Integer() | cst.Float(), operator=cst.Subtract(), right=error
        ):
            return _is_error(loss, error)
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            return loss.operation(node) in _MEANS and _lacks_an_error(loss, inner)
    value = named_value(loss, node)
    return value is not None and _lacks_an_error(loss, value)


def _is_error(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is zero where predictions equal targets and nowhere below, relative to the
    targets' own size or not."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
            return not loss.predicts(right) and _is_error(loss, left)
        case cst.Call(args=[cst.Arg(value=left), cst.Arg(value=right), *_]) if (
            loss.operation(node) == "tf.math.divide_no_nan"
        ):
            return not loss.predicts(right) and _is_error(loss, left)
    value = named_value(loss, node)
    if value is not None:
        return _is_error(loss, value)
    return vanishes(loss, node) and is_nonnegative(loss, node)


def _is_likeness(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is how much two images are alike, or a mean of that."""
    match node:
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            if loss.operation(node) in _LIKENESSES:
                return loss.predicts(node)
            return loss.operation(node) in _MEANS and _is_likeness(loss, inner)
    value = named_value(loss, node)
    return value is not None and _is_likeness(loss, value)


def _is_score(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Divide()):
            return _is_overlap(loss, left)
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            if loss.operation(node) == "tf.math.divide_no_nan":
                return _is_overlap(loss, inner)
            return loss.operation(node) in _MEANS and _is_score(loss, inner)
    value = named_value(loss, node)
    return value is not None and _is_score(loss, value)


def _is_overlap(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` is a sum of products of targets and predictions, times and plus positive numbers."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            sides = [(left, right), (right, left)]
            if any(_is(loss, a, loss.y_true) and _is(loss, b, loss.y_pred) for a, b in sides):
                return True
            return any(isinstance(a, cst.BaseNumber) and _is_overlap(loss, b) for a, b in sides)
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return any(
                _is_overlap(loss, a) and not loss.is_tensor(b)
                for a, b in ((left, right), (right, left))
            )
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            return loss.operation(node) in _MEANS and _is_overlap(loss, inner)
    value = named_value(loss, node)
    return value is not None and _is_overlap(loss, value)


def _is(loss: Loss, node: cst.BaseExpression, name: str) -> bool:
    return isinstance(node, cst.Name) and (
        node.value == name or loss.flow.depends(node) == loss.flow.of_name(name)
    )


RULE = Rule("LF215", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
