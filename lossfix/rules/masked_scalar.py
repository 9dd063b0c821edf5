"""A mask is laid on a loss that is one number already

## What it does

Reports masks of the targets that are multiplied with one number for the whole batch: a mean or sum over all
elements, or what a loss of Keras gives that was made without `reduction="none"`.

## Why is this bad

The number is the mean of all elements by then, those that were to be left out among them: the mask selects
nothing. Divided by the sum of the mask, it is the mean without a mask, with the same gradient (measured: the
padding of a sequence, with errors of 3 and 2, has a gradient of 1.5 and -1 in place of 0).

## Example

```python
import tensorflow as tf


def padded_loss(y_true, y_pred):
    mask = tf.cast(tf.not_equal(y_true, 0.0), tf.float32)
    error = tf.reduce_mean(tf.abs(y_true - y_pred))
    return tf.reduce_sum(error * mask) / (tf.reduce_sum(mask) + 1e-7)
```

## Use instead

```python
import tensorflow as tf


def padded_loss(y_true, y_pred):
    mask = tf.cast(tf.not_equal(y_true, 0.0), tf.float32)
    error = tf.abs(y_true - y_pred)
    return tf.reduce_sum(error * mask) / (tf.reduce_sum(mask) + 1e-7)
```

## Fix safety

There is no rewrite: over which axes the mean was meant the code does not say, and every value changes. Of a
mask only is spoken where it is a condition on the targets, and where those are more than one number.

## References

- https://www.tensorflow.org/guide/keras/understanding_masking_and_padding
- https://keras.io/api/losses/#base-loss-api
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.conditions import CASTS, current_value, named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.surroundings import value_around
from lossfix.losses.code.tensors import is_boolean, is_single
from lossfix.losses.operations.keras_names import LOSS_CLASSES
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Match, Rule, no_rewrite
from lossfix.syntax.literals import number_of
from lossfix.syntax.tree import walk

_REDUCES = frozenset({"auto", "mean", "mean_with_sample_weight", "sum", "sum_over_batch_size"})
_BY_KERAS = 'a loss of Keras gives one value for each with `reduction="none"`'
_BY_HAND = "take the mean after the mask"


def match(loss: Loss) -> Iterator[Match]:
    if loss.roles_are_guessed:
        return
    for node in walk(loss.function.body, cst.BinaryOperation, cst.Call, cst.AugAssign):
        for one, other in _factors(loss, node):
            value = _value(loss, one)
            by_keras = isinstance(value, cst.Call) and _is_reduced_by_keras(loss, value)
            if _is_mask(loss, other) and (by_keras or _is_one_number(loss, value)):
                yield Match(
                    node,
                    f"`{loss.tree.line(one)}` is one number for the whole batch: the mask in "
                    f"`{loss.tree.line(node)}` selects nothing of it",
                    _BY_KERAS if by_keras else _BY_HAND,
                )


def _factors(
    loss: Loss, node: cst.CSTNode
) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right) | cst.AugAssign(
            target=left, operator=cst.MultiplyAssign(), value=right
        ):
            pass
        case cst.Call(args=[cst.Arg(value=left, star=""), cst.Arg(value=right, star="")]) if (
            loss.operation(node) == "tf.multiply"
        ):
            pass
        case _:
            return
    yield left, right
    if not isinstance(node, cst.AugAssign):
        yield right, left


def _value(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """What a factor is; of ``error *= mask`` what the name was set to above, in the same block."""
    match loss.tree.parents.get(node):
        case cst.AugAssign(target=cst.Name(value=name)) as again:
            bound = loss.flow.values(name)
            blocks = {_block(loss, each.node) for each in bound}
            first = [each for each in bound if each.node is not again]
            if len(first) == 1 and first[0].whole and len(blocks) == 1:
                return first[0].value
            return node
    return current_value(loss, node) or node


def _block(loss: Loss, statement: cst.CSTNode) -> cst.CSTNode | None:
    line = loss.tree.parents.get(statement)
    return None if line is None else loss.tree.parents.get(line)


def _is_one_number(loss: Loss, node: cst.BaseExpression) -> bool:
    return loss.predicts(node) and is_single(loss, node)


def _is_reduced_by_keras(loss: Loss, call: cst.Call) -> bool:
    """Whether an instance of one of Keras' losses, made here or above, is called, and reduces."""
    made = call.func
    if not isinstance(made, cst.Call):
        made = named_value(loss, made) or value_around(loss, made) or made
    if not isinstance(made, cst.Call) or loss.operation(made) not in LOSS_CLASSES:
        return False
    if not loss.predicts(call) or any(each.star for each in made.args):
        return False
    given = {each.keyword.value: each.value for each in made.args if each.keyword is not None}
    unnamed = [each.value for each in made.args if each.keyword is None]
    if not all(number_of(each) is not None or _is_a_flag(each) for each in unnamed):
        # It may be the reduction.
        return False
    if "reduction" not in given:
        return True
    written = loss.tree.code(given["reduction"]).strip("'\"").rpartition(".")[2].lower()
    return written in _REDUCES


def _is_a_flag(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")


@asked_once(unsure=False)
def _is_mask(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a condition on the targets was made a number of 0 or 1 for each of them."""
    if loss.flow.depends(node) != {"y_true"} or is_single(loss, node):
        return False
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right):
            return number_of(left) == 1.0 and _is_mask(loss, right)
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]) if loss.operation(node) in CASTS:
            return is_boolean(loss, inner) or _is_mask(loss, inner)
        case cst.Name(value=name):
            values = [each.value for each in loss.flow.values(name) if each.whole]
            made = [each for each in values if not is_boolean(loss, each)]
            return len(values) == len(loss.flow.values(name)) and (
                bool(made)
                and all(_is_cast_of(loss, each, name) or _is_mask(loss, each) for each in made)
            )
    return False


def _is_cast_of(loss: Loss, node: cst.BaseExpression, name: str) -> bool:
    """Whether a condition is made numbers under its own name: ``mask = tf.cast(mask, tf.float32)``."""
    match node:
        case cst.Call(args=[cst.Arg(value=cst.Name(value=inner), star=""), *_]):
            conditions = [each for each in loss.flow.values(name) if is_boolean(loss, each.value)]
            return loss.operation(node) in CASTS and inner == name and bool(conditions)
    return False


RULE = Rule("LF328", Safety.MANUAL, Severity.WARNING, match, no_rewrite, __doc__, __name__)
