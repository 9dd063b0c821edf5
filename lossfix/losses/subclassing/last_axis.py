"""Whether more than one element lies along the last axis of targets and predictions, as a loss uses them.

Keras drops or adds a trailing axis of one, and no other. Where several elements are asked for along the
last axis of both, neither has one to be dropped. Where columns of a meaning of their own are taken out of
either (targets with a weight beside them, a mean and a variance), or the last axis holds classes, what it
is compared with has as many axes, or one fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeGuard

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.syntax.literals import whole_number_of
from lossfix.syntax.tree import takes_all, walk

_OVER_CLASSES = frozenset(
    {"tf.nn.softmax_cross_entropy_with_logits"}
    | {"keras.backend.categorical_crossentropy", "keras.ops.categorical_crossentropy"}
    | {"keras.losses.categorical_crossentropy", "keras.losses.categorical_focal_crossentropy"}
    | {"keras.losses.CategoricalCrossentropy", "keras.losses.CategoricalFocalCrossentropy"}
)
"""Of both that they are given, the last axis holds classes; of one class there is nothing to learn."""
_PARTING = {
    "tf.split": ("num_or_size_splits", "axis"),
    "tf.unstack": ("num", "axis"),
    "keras.ops.split": ("indices_or_sections", "axis"),
}
"""What gives several parts of its first argument, with the arguments behind that."""

SAME_SHAPE = frozenset(
    {"tf.cast", "tf.clip_by_value", "tf.convert_to_tensor", "tf.sigmoid", "tf.nn.sigmoid"}
    | {"keras.backend.cast", "keras.backend.clip", "keras.backend.sigmoid", "keras.ops.cast"}
    | {"keras.ops.clip", "keras.ops.sigmoid", "keras.ops.convert_to_tensor"}
)
"""Element by element of their first argument, the others being numbers or types."""
_GATHERING = frozenset({"tf.gather", "keras.ops.take", "keras.backend.gather"})
_SIZES = frozenset(
    {"tf.shape", "keras.ops.shape", "keras.backend.shape", "keras.backend.int_shape"}
)


def has_several(loss: Loss) -> bool:
    """Whether no axis of one can be dropped from the end of the targets or the predictions of a loss."""
    both = (loss.y_true, loss.y_pred)
    if all(_holds_several(loss, each) for each in both) or _counts_classes(loss):
        return True
    return any(len(_columns(loss, each)) > 1 for each in both)


def _holds_several(loss: Loss, name: str) -> bool:
    """Whether more than one element along the last axis of a parameter is asked for."""
    if loss.flow.values(name):
        return False
    return any(
        is_read(node, loss, name) and _is_one_of_several(loss, node)
        for node in walk(loss.function.body)
    )


def _is_one_of_several(loss: Loss, node: cst.Name) -> bool:
    above = loss.tree.parents[node]
    match above:
        case cst.Subscript(
            slice=[
                cst.SubscriptElement(slice=cst.Index(value=cst.Ellipsis())),
                cst.SubscriptElement(slice=last),
            ]
        ):
            return _needs_several(last)
        case cst.Subscript(
            slice=[cst.SubscriptElement(), *_, cst.SubscriptElement(slice=last)]
        ) if takes_all(last):
            # One sample's classes: `y_true[0, :, :]`.
            argument = loss.tree.parents[above]
            call = loss.tree.parents.get(argument)
            return isinstance(call, cst.Call) and _made_or_called(loss, call) in _OVER_CLASSES
        case cst.Arg():
            call = loss.tree.parents[above]
            return isinstance(call, cst.Call) and (
                _made_or_called(loss, call) in _OVER_CLASSES
                or (call.args[0] is above and _parts(loss, call) > 1)
            )
    return False


def _parted(loss: Loss, call: cst.Call) -> set[int]:
    """The columns that ``tf.unstack(y_true, 2, axis=-1)`` takes; none where it takes something else apart."""
    parts = _parts(loss, call)
    return set(range(parts)) if parts > 1 else set()


def _parts(loss: Loss, call: cst.Call) -> int:
    """How many parts of the last axis a call makes: two of ``tf.split(y_pred, (4, 3), axis=-1)``.

    0 where it makes none, or their number is not known.
    """
    names = _PARTING.get(loss.operation(call) or "")
    if names is None:
        return 0
    given = {
        name if each.keyword is None else each.keyword.value: each.value
        for name, each in zip_longest(names, call.args[1:])
        if each is not None and not each.star
    }
    if whole_number_of(given.get("axis")) != -1:
        return 0
    match given.get(names[0]):
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return len(elements)
        case number:
            return whole_number_of(number) or 0


def _made_or_called(loss: Loss, call: cst.Call) -> str | None:
    """What a call runs: ``f(...)``, or the object that was made just before, ``F()(...)``."""
    return loss.operation(call.func if isinstance(call.func, cst.Call) else call)


def _needs_several(index: cst.BaseSlice) -> bool:
    """Whether an index or a slice of an axis is there only where that has two elements or more."""
    match index:
        case cst.Index(value=value):
            return whole_number_of(value) not in (None, 0, -1)
        case cst.Slice(lower=lower, upper=upper, step=None):
            # `[1:]` of a single element is empty, and so of no use.
            return (whole_number_of(lower) or 0) > 0 or (whole_number_of(upper) or 0) > 1
    return False


def _columns(loss: Loss, name: str) -> frozenset[int]:
    """The columns of a parameter that are taken by number; none where it is read in another way, too."""
    found: set[int] = set()
    for read in _reads_as_given(loss, name):
        taken = _taken(loss, read)
        if taken is None:
            return frozenset()
        found |= taken
    return frozenset(found)


def _reads_as_given(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where a parameter is read before its name stands for something else than that in another type."""
    for statement in loss.function.body.body:
        if any(
            bound == name and is_cast_of(loss, value, name) for bound, value in assigned(statement)
        ):
            continue
        yield from (node for node in walk(statement, cst.Name) if is_read(node, loss, name))
        targets = (each.target for each in walk(statement, cst.AssignTarget))
        if any(isinstance(each, cst.Name) and each.value == name for each in targets):
            return


def _taken(loss: Loss, read: cst.Name) -> set[int] | None:
    """The columns that are taken where a parameter is read; ``None`` where more than that may be."""
    above = loss.tree.parents[read]
    match above:
        case cst.Attribute(attr=cst.Name(value="dtype")):
            return set()
        case cst.Subscript(
            slice=[cst.SubscriptElement(), *_, cst.SubscriptElement(slice=last)] as elements
        ) if all(takes_all(each.slice) for each in elements[:-1]):
            ellipsis = any(isinstance(each.slice, cst.Index) for each in elements[:-1])
            numbers = _numbers(last)
            # Along the second of two axes steps of a series may lie.
            return _ends(last) if numbers is None and (ellipsis or len(elements) > 2) else numbers
        case cst.Arg(keyword=None, star=""):
            call = loss.tree.parents[above]
            if isinstance(call, cst.Call) and call.args[0] is above:
                return _parted(loss, call) or _gathered(loss, call)
    return None


def _numbers(index: cst.BaseSlice) -> set[int] | None:
    match index:
        case cst.Index(value=value):
            at = whole_number_of(value)
            return None if at is None else {at}
        case cst.Slice(lower=lower, upper=upper, step=None):
            first, end = 0 if lower is None else whole_number_of(lower), whole_number_of(upper)
            if first is not None and end is not None and 0 <= first < end:
                return set(range(first, end))
    return None


def _ends(index: cst.BaseSlice) -> set[int] | None:
    """The columns that are known of ``[..., :-1]`` or ``[..., :n]``, the first, or of ``[..., -1:]`` or
    ``[..., n:]``, the last."""
    match index:
        case cst.Slice(lower=None, upper=cst.BaseExpression() as upper, step=None):
            return {0} if (whole_number_of(upper) or -1) < 0 else None
        case cst.Slice(lower=cst.BaseExpression() as lower, upper=None, step=None):
            return {-1} if (whole_number_of(lower) or -1) < 0 else None
    return None


def _gathered(loss: Loss, call: cst.Call) -> set[int] | None:
    """The columns that ``tf.gather(y_true, [0], axis=1)`` takes."""
    match call.args[1:]:
        case [
            cst.Arg(keyword=None | cst.Name(value="indices"), value=wanted),
            cst.Arg(keyword=cst.Name(value="axis"), value=axis),
        ] if loss.operation(call) in _GATHERING and whole_number_of(axis) in (1, -1):
            listed = [each.value for each in wanted.elements] if _is_listed(wanted) else [wanted]
            numbers = [whole_number_of(each) for each in listed]
            found = {each for each in numbers if each is not None}
            return None if None in numbers else found
    return None


def _is_listed(node: cst.BaseExpression) -> TypeGuard[cst.List | cst.Tuple]:
    return isinstance(node, cst.List | cst.Tuple)


def _counts_classes(loss: Loss) -> bool:
    """Whether the size of the last axis is asked for, and all axes in front of it are reduced."""
    asks = any(_is_last_size(loss, node) for node in walk(loss.function, cst.Subscript))
    return asks and any(_leaves_the_last(loss, node) for node in walk(loss.function, cst.Call))


def _is_last_size(loss: Loss, node: cst.Subscript) -> bool:
    """``tf.shape(y_true)[-1]``, ``y_pred.shape[-1]``."""
    match node:
        case cst.Subscript(
            value=shape, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]
        ) if (whole_number_of(index) == -1):
            match shape:
                case cst.Attribute(value=cst.Name(value=whose), attr=cst.Name(value="shape")):
                    return whose in (loss.y_true, loss.y_pred)
                case cst.Call(args=[cst.Arg(value=cst.Name(value=whose)), *_]):
                    return whose in (loss.y_true, loss.y_pred) and loss.operation(shape) in _SIZES
    return False


def _leaves_the_last(loss: Loss, call: cst.Call) -> bool:
    """``tf.reduce_sum(x, axis=(0, 1, 2))`` of what has predictions in it."""
    match call.args:
        case [
            cst.Arg(value=value),
            cst.Arg(keyword=None | cst.Name(value="axis"), value=axes),
        ] if (
            _is_listed(axes) and loss.operation(call) in REDUCTIONS and loss.predicts(value)
        ):
            listed = [whole_number_of(each.value) for each in axes.elements]
            return len(listed) > 1 and listed == list(range(len(listed)))
    return False


def assigned(statement: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The name that a statement gives a value, and that value."""
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
        ):
            yield name, value


def is_cast_of(loss: Loss, value: cst.BaseExpression, name: str) -> bool:
    """Whether ``value`` is what ``name`` stands for, in another type or within bounds."""
    while isinstance(value, cst.Call) and value.args and loss.operation(value) in SAME_SHAPE:
        value = value.args[0].value
    return isinstance(value, cst.Name) and value.value == name


def is_read(node: cst.CSTNode, loss: Loss, name: str) -> TypeGuard[cst.Name]:
    """Whether a node is a read of a name, and no label."""
    if not isinstance(node, cst.Name) or node.value != name:
        return False
    match loss.tree.parents[node]:
        case cst.Attribute(attr=label) | cst.Arg(keyword=label):
            return label is not node
        case cst.AssignTarget():
            return False
    return True
