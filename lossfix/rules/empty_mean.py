"""A mean over selected samples, of which there may be none

## What it does

Finds `tf.reduce_mean` of what `tf.boolean_mask`, or `tf.gather` at the places of a `tf.where`, selects by the
targets, and divides the sum by the number of selected samples with `tf.math.divide_no_nan`. Losses of Keras
that take that mean themselves are reported.

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
from lossfix.losses.code.conditions import current_value, named_value
from lossfix.losses.code.divisions import is_chosen, is_sheltered
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import named
from lossfix.losses.code.recorded import is_only_recorded
from lossfix.losses.code.surroundings import value_around
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.operations.gradients import COMPARISONS, ELEMENTWISE, LOGICAL, REDUCTIONS
from lossfix.losses.operations.words import words
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

_FOR_EACH = frozenset(
    f"{module}.{kind}_crossentropy"
    for module in ("keras.backend", "keras.ops", "keras.losses")
    for kind in ("binary", "categorical", "sparse_categorical")
) - {"keras.losses.binary_crossentropy"} | {
    "tf.nn.softmax_cross_entropy_with_logits",
    "tf.nn.sparse_softmax_cross_entropy_with_logits",
}
"""Cross-entropies of each of the samples that they are given."""

_MEANS = frozenset("keras.losses." + name for name in words("""
    binary_crossentropy binary_focal_crossentropy hinge huber log_cosh mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson squared_hinge
    BinaryCrossentropy BinaryFocalCrossentropy Hinge Huber LogCosh MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson SquaredHinge
    """))
"""Losses of Keras that take the mean over the last axis, which of selected elements is the only one."""

_KEEPS_PLACES = words("tf.reshape tf.squeeze tf.cast keras.backend.flatten")

_BY_HAND = "a loss of Keras takes the mean: divide the sum of the errors with `tf.math.divide_no_nan` instead"


def match(loss: Loss) -> Iterator[Match]:
    told = set[cst.CSTNode]()
    for node in walk(loss.function.body, cst.Call):
        if node in told or not loss.predicts(node):
            continue
        if is_sheltered(loss, node) or is_chosen(loss, node):
            continue
        by_keras = _is_mean_of_keras(loss, node) and _are_elements(loss, node)
        selected = by_keras or _is_mean_of_selected(loss, node)
        if selected and not is_only_recorded(loss, node):
            told |= set(walk(node))
            yield Match(
                node,
                f"`{loss.tree.line(node)}` is nan where a batch has nothing to select",
                _BY_HAND if by_keras or _holds_mean_of_keras(loss, node) else "",
            )


def _is_mean_of_selected(loss: Loss, node: cst.Call) -> bool:
    match node.args:
        case [cst.Arg(value=value, keyword=None, star=""), *axis]:
            return (
                loss.operation(node) == "tf.reduce_mean"
                and loss.predicts(value)
                and _is_of_selected_samples(loss, value)
                and (not axis or (_is_an_end(axis) and _is_of_elements(loss, value)))
            )
    return False


def _is_mean_of_keras(loss: Loss, node: cst.Call) -> bool:
    """Whether a loss of Keras, or an instance of one that is made here or above, takes a mean of its own."""
    if loss.operation(node) in _MEANS:
        return len(node.args) > 1
    made = node.func
    if not isinstance(made, cst.Call):
        made = named_value(loss, made) or value_around(loss, made) or made
    return isinstance(made, cst.Call) and loss.operation(made) in _MEANS


def _holds_mean_of_keras(loss: Loss, node: cst.Call) -> bool:
    """Whether such a mean is taken within another, of what is not certainly a row for each sample."""
    value = node.args[0].value
    return any(
        isinstance(each, cst.Call) and _is_mean_of_keras(loss, each) and not _are_rows(loss, each)
        for each in walk(named_value(loss, value) or value)
    )


def _are_elements(loss: Loss, node: cst.Call) -> bool:
    """Whether a function is handed elements that are selected one by one, of targets and predictions."""
    given = [each.value for each in node.args[:2]]
    return len(given) == 2 and all(
        _masks(loss, each) and all(_keeps_the_axes(loss, mask) for mask in _masks(loss, each))
        for each in given
    )


def _are_rows(loss: Loss, node: cst.Call) -> bool:
    """Whether a function is handed whole rows: one column of the targets, ``y_true[:, 0]``, selects them."""
    return all(
        _reads_a_column(loss, mask) for each in node.args[:2] for mask in _masks(loss, each.value)
    )


@asked_once(unsure=())
def _masks(loss: Loss, node: cst.CSTNode) -> tuple[cst.BaseExpression, ...]:
    """The conditions on the targets that select of what a value is computed of, element by element."""
    # Each once: of values that are added up with themselves, line by line, there are too many to list.
    return tuple(dict.fromkeys(_masks_in(loss, node)))


def _masks_in(loss: Loss, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    match node:
        case cst.Name() if (value := current_value(loss, node)) is not None:
            yield from _masks(loss, value)
        case cst.BinaryOperation(left=left, right=right):
            yield from _masks(loss, left)
            yield from _masks(loss, right)
        case cst.UnaryOperation(expression=inner):
            yield from _masks(loss, inner)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=mask))]):
            if is_boolean(loss, mask) and _of_targets(loss, mask):
                yield mask
        case cst.Subscript(
            value=inner, slice=[cst.SubscriptElement(slice=cst.Slice() as rows), *_]
        ):
            # Columns of the rows that are selected, or an axis more.
            if rows.lower is None and rows.upper is None:
                yield from _masks(loss, inner)
        case cst.Call(args=[cst.Arg(value=inner), *rest]) if _is_of_each_row(loss, node):
            # A row for each that is selected, where those are rows.
            of_rows = _masks(loss, inner)
            if all(_reads_a_column(loss, each) for each in of_rows):
                yield from of_rows
        case cst.Call(args=[cst.Arg(), *rest]):
            operation = loss.operation(node)
            if operation == "tf.boolean_mask":
                masks = [
                    each.value
                    for each in rest
                    if each.keyword is None or each.keyword.value == "mask"
                ]
                yield from (each for each in masks[:1] if _of_targets(loss, each))
            elif operation in ("tf.gather", "tf.gather_nd") and len(rest) == 1:
                found = _condition_of(loss, rest[0].value)
                if found is not None and _of_targets(loss, found):
                    yield found
            elif (
                operation in ELEMENTWISE
                or operation in _FOR_EACH
                or operation == "tf.expand_dims"
                or _is_mean_of_keras(loss, node)
            ):
                for each in node.args:
                    yield from _masks(loss, each.value)


def _is_of_each_row(loss: Loss, node: cst.Call) -> bool:
    """Whether the last axis is reduced, and it alone."""
    match node.args:
        case [_, cst.Arg(value=number, keyword=None | cst.Name(value="axis"), star="")]:
            return loss.operation(node) in REDUCTIONS and loss.tree.code(number) == "-1"
    return False


def _is_of_selected_samples(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` has one value for each sample that the targets select."""
    return bool(_masks(loss, node))


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
            case cst.Call() if loss.operation(each) == "tf.expand_dims":
                return False
            case cst.Subscript(slice=[_, _, *_]):
                return False
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
        case cst.Name(value=name) if name == loss.y_true and _is_as_given(loss, mask):
            return True
        case cst.Name():
            value = current_value(loss, mask)
            return value is not None and _keeps_the_axes(loss, value)
        case cst.BaseNumber():
            return True
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(comparator=right)]):
            return _keeps_the_axes(loss, left) and _keeps_the_axes(loss, right)
        case cst.UnaryOperation(expression=inner):
            return _keeps_the_axes(loss, inner)
        case cst.Call(args=args):
            operation = loss.operation(mask) or ""
            if operation == "tf.cast":
                return _keeps_the_axes(loss, args[0].value)
            known = operation.startswith("tf.math.is_") or any(
                operation in each for each in (ELEMENTWISE, COMPARISONS, LOGICAL)
            )
            return known and all(_keeps_the_axes(loss, each.value) for each in args)
    return False


def _is_as_given(loss: Loss, name: cst.Name) -> bool:
    """Whether a parameter is read where nothing has been set in its place: in ``idx = y_true > 0`` above
    ``y_true = tf.boolean_mask(y_true, idx)``."""
    lines = [loss.tree.parents.get(each.node) for each in loss.flow.values(name.value)]
    blocks = [None if line is None else loss.tree.parents.get(line) for line in lines]
    is_sure = all(each is loss.function.body for each in blocks)
    return is_sure and loss.last_set(name) is None


def _of_targets(loss: Loss, mask: cst.BaseExpression) -> bool:
    return loss.flow.depends(mask) == {"y_true"}


def _condition_of(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The condition whose places ``node`` are: of ``tf.where(mask)``, also as one column of it."""
    value = named_value(loss, node) or node
    match value:
        case cst.Subscript(
            value=inner, slice=[_, cst.SubscriptElement(slice=cst.Index(value=cst.Integer()))]
        ):
            return _condition_of(loss, inner)
        case cst.Call(args=[cst.Arg(value=mask)]) if loss.operation(value) == "tf.where":
            return mask
        case cst.Call(args=[cst.Arg(value=inner), *_]) if loss.operation(value) in _KEEPS_PLACES:
            return _condition_of(loss, inner)
    return None


def _reads_a_column(loss: Loss, mask: cst.BaseExpression) -> bool:
    """Whether a condition has one axis less than the targets, of which it reads one column."""
    value = named_value(loss, mask) or mask
    return any(
        isinstance(each, cst.Subscript)
        and loss.flow.depends(each) == {"y_true"}
        and isinstance(last := each.slice[-1].slice, cst.Index)
        and isinstance(last.value, cst.Integer | cst.UnaryOperation)
        for each in walk(value)
    )


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
