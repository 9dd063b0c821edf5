"""A mean over selected samples, of which there may be none

## What it does

Finds `tf.reduce_mean` of what `tf.boolean_mask` selects by the targets, and divides the sum by the number
of selected samples with `tf.math.divide_no_nan`.

## Why is this bad

The mean of nothing is `nan` (measured: the loss of a batch in which nothing is selected is `nan`, its
gradient is zero, and `nan` is also the average of the whole epoch, on which callbacks stop, save or lower the
learning rate).

## Example

```python
import tensorflow as tf


def labelled_loss(y_true, y_pred):
    error = tf.boolean_mask(tf.square(y_true - y_pred), tf.not_equal(y_true, -1.0))
    return tf.reduce_mean(error)
```

## Use instead

```python
import tensorflow as tf


def labelled_loss(y_true, y_pred):
    error = tf.boolean_mask(tf.square(y_true - y_pred), tf.not_equal(y_true, -1.0))
    return tf.math.divide_no_nan(
        tf.reduce_sum(error), tf.cast(tf.size(error), error.dtype)
    )
```

## Fix safety

Exact wherever the old value was finite; where nothing is selected the loss is 0 in place of `nan`.

## References

- https://www.tensorflow.org/api_docs/python/tf/boolean_mask
- https://www.tensorflow.org/api_docs/python/tf/math/divide_no_nan
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.divisions import is_sheltered
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import named
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.operations.gradients import COMPARISONS, ELEMENTWISE, LOGICAL
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

_FOR_EACH = frozenset(
    f"{module}.{kind}_crossentropy"
    for module in ("keras.backend", "keras.ops")
    for kind in ("binary", "categorical", "sparse_categorical")
) | {
    "tf.nn.softmax_cross_entropy_with_logits",
    "tf.nn.sparse_softmax_cross_entropy_with_logits",
}
"""Cross-entropies of each of the samples that they are given."""


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body):
        match node:
            case cst.Call(args=[cst.Arg(value=value, keyword=None, star=""), *axis]) if (
                loss.operation(node) == "tf.reduce_mean"
                and loss.predicts(value)
                and _is_selected(loss, value)
                and (not axis or (_is_an_end(axis) and _is_of_elements(loss, value)))
                and not is_sheltered(loss, node)
            ):
                yield Match(
                    node,
                    f"`{' '.join(loss.tree.code(node).split())}` is nan where a batch has nothing to select",
                )


@asked_once(unsure=False)
def _is_selected(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` has one value for each sample that the targets select."""
    match node:
        case cst.Name() if (value := named_value(loss, node)) is not None:
            return _is_selected(loss, value)
        case cst.BinaryOperation(left=left, right=right):
            return _is_selected(loss, left) or _is_selected(loss, right)
        case cst.UnaryOperation(expression=inner):
            return _is_selected(loss, inner)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=mask))]):
            return is_boolean(loss, mask) and _of_targets(loss, mask)
        case cst.Call(args=[cst.Arg(), *rest]):
            operation = loss.operation(node)
            if operation == "tf.boolean_mask":
                masks = [
                    each.value
                    for each in rest
                    if each.keyword is None or each.keyword.value == "mask"
                ]
                return bool(masks) and _of_targets(loss, masks[0])
            if operation == "tf.gather_nd" and len(rest) == 1:
                return _is_found(loss, rest[0].value)
            return (operation in ELEMENTWISE or operation in _FOR_EACH) and any(
                _is_selected(loss, each.value) for each in node.args
            )
    return False


def _is_an_end(axis: Sequence[cst.Arg]) -> bool:
    """Whether the first or the last axis is reduced, and nothing more is said."""
    match axis:
        case [cst.Arg(value=number, keyword=None | cst.Name(value="axis"), star="")]:
            return cst.Module([]).code_for_node(number) in ("0", "-1")
    return False


def _is_of_elements(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether elements of both sides are selected, by a mask of as many axes: what is left has one axis."""
    value = named_value(loss, node) or node
    selected = set[str]()
    for each in walk(value):
        match each:
            case cst.Call(args=[cst.Arg(value=whole), cst.Arg(value=mask)]) if (
                loss.operation(each) == "tf.boolean_mask"
            ):
                pass
            case cst.Subscript(
                value=whole, slice=[cst.SubscriptElement(slice=cst.Index(value=mask))]
            ) if is_boolean(loss, mask):
                pass
            case _:
                continue
        if not _keeps_the_axes(loss, mask):
            return False
        selected |= loss.flow.depends(whole)
    return selected >= {"y_true", "y_pred"}


def _keeps_the_axes(loss: Loss, mask: cst.BaseExpression) -> bool:
    """Whether a condition is one on each element of the targets as they come."""
    match mask:
        case cst.Name(value=name) if name == loss.y_true:
            return not loss.flow.values(name)
        case cst.Name():
            value = named_value(loss, mask)
            return value is not None and _keeps_the_axes(loss, value)
        case cst.BaseNumber():
            return True
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(comparator=right)]):
            return _keeps_the_axes(loss, left) and _keeps_the_axes(loss, right)
        case cst.UnaryOperation(expression=inner):
            return _keeps_the_axes(loss, inner)
        case cst.Call(args=args):
            operation = loss.operation(mask) or ""
            known = operation.startswith("tf.math.is_") or any(
                operation in each for each in (ELEMENTWISE, COMPARISONS, LOGICAL)
            )
            return known and all(_keeps_the_axes(loss, each.value) for each in args)
    return False


def _of_targets(loss: Loss, mask: cst.BaseExpression) -> bool:
    return loss.flow.depends(mask) == {"y_true"}


def _is_found(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` are the places at which a condition on the targets holds: ``tf.where(mask)``."""
    value = named_value(loss, node) or node
    match value:
        case cst.Call(args=[cst.Arg(value=mask)]):
            return loss.operation(value) == "tf.where" and _of_targets(loss, mask)
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    assert isinstance(match.node, cst.Call)
    value = match.node.args[0].value
    replace: dict[cst.CSTNode, Replacement] = {}
    if not isinstance(value, cst.Name):
        hoisted = named(loss, match.node, value, "kept", "selected")
        if hoisted is None:
            return None
        value, replace = hoisted
    total, cast_ = loss.spell("tf.reduce_sum"), loss.spell("tf.cast")
    count = f"{cast_}({loss.spell('tf.size')}({{x}}), {{x}}.dtype)"
    name = loss.spell("tf.math.divide_no_nan")
    replace[match.node] = expression(f"{name}({total}({{x}}), {count})", x=value)
    return Edit(replace)


RULE = Rule("LF506", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
