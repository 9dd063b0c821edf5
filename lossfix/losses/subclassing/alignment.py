"""Whether the value of a loss depends on how the ranks of targets and predictions are aligned.

Keras drops or adds a trailing axis of one before it calls a plain function. The order of the elements stays,
so what is flattened first, in the loss or in the helpers of its file, is the same before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeGuard

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.syntax.tree import walk

ALIGNING = frozenset(
    f"keras.losses.{name}"
    for name in (
        "cosine_similarity",
        "huber",
        "log_cosh",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_error",
        "mean_squared_logarithmic_error",
    )
)
"""Keras' losses that align the ranks of what they are given. A cross-entropy raises, others broadcast."""

_FLATTENING = frozenset({"keras.backend.flatten", "keras.ops.ravel"})
_RESHAPING = frozenset({"tf.reshape", "keras.backend.reshape", "keras.ops.reshape"})
_SAME_SHAPE = frozenset(
    {"tf.cast", "tf.clip_by_value", "tf.convert_to_tensor", "tf.sigmoid", "tf.nn.sigmoid"}
    | {"keras.backend.cast", "keras.backend.clip", "keras.backend.sigmoid", "keras.ops.cast"}
    | {"keras.ops.clip", "keras.ops.sigmoid", "keras.ops.convert_to_tensor"}
)
"""Element by element of their first argument, the others being numbers or types."""

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


def needs_alignment(loss: Loss) -> bool:
    """Whether the body combines targets and predictions itself, in the shapes that they come in.

    Some of Keras' own losses align what they are given: a body that only calls those needs nothing. Neither
    does one that finds several elements along the last axis of both, since only an axis of one is dropped.
    """
    if all(_holds_several(loss, each) for each in (loss.y_true, loss.y_pred)):
        return False
    names = [_reads(loss, loss.function, each) for each in (loss.y_true, loss.y_pred)]
    return all(names) and any(
        not _is_flattened(loss, read, frozenset()) for reads in names for read in reads
    )


def _holds_several(loss: Loss, name: str) -> bool:
    """Whether more than one element along the last axis of a parameter is asked for."""
    if loss.flow.values(name):
        return False
    return any(
        _is_read(node, loss, name) and _is_one_of_several(loss, node)
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
        case cst.Arg():
            call = loss.tree.parents[above]
            return isinstance(call, cst.Call) and (
                _made_or_called(loss, call) in _OVER_CLASSES or _takes_apart(loss, call, above)
            )
    return False


def _takes_apart(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    """Whether a call parts what it is given along the last axis: ``tf.split(y_pred, (4, 3), axis=-1)``."""
    names = _PARTING.get(loss.operation(call) or "")
    if names is None or call.args[0] is not argument:
        return False
    given = {
        name if each.keyword is None else each.keyword.value: each.value
        for name, each in zip_longest(names, call.args[1:])
        if each is not None and not each.star
    }
    match given.get(names[0]):
        case cst.Tuple(elements=[_, _, *_]) | cst.List(elements=[_, _, *_]):
            several = True
        case number:
            several = (_number(number) or 0) > 1
    return several and _number(given.get("axis")) == -1


def _made_or_called(loss: Loss, call: cst.Call) -> str | None:
    """What a call runs: ``f(...)``, or the object that was made just before, ``F()(...)``."""
    return loss.operation(call.func if isinstance(call.func, cst.Call) else call)


def _needs_several(index: cst.BaseSlice) -> bool:
    """Whether an index or a slice of an axis is there only where that has two elements or more."""
    match index:
        case cst.Index(value=value):
            return _number(value) not in (None, 0, -1)
        case cst.Slice(lower=lower, upper=upper, step=None):
            # `[1:]` of a single element is empty, and so of no use.
            return (_number(lower) or 0) > 0 or (_number(upper) or 0) > 1
    return False


def _number(node: cst.BaseExpression | None) -> int | None:
    match node:
        case cst.Integer():
            return int(node.evaluated_value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer(value=value)):
            return -int(value)
    return None


def _reads(loss: Loss, function: cst.FunctionDef, name: str) -> list[cst.Name]:
    """Where a parameter is read, but for losses that align it, up to where its name is flattened."""
    found: list[cst.Name] = []
    inside: set[int] = set()
    for statement in function.body.body:
        for node in walk(statement):
            if isinstance(node, cst.Call) and loss.operation(node) in ALIGNING:
                inside.update(id(each) for each in walk(node))
            elif _is_read(node, loss, name) and id(node) not in inside:
                found.append(node)
        if any(bound == name and _is_flat(loss, value) for bound, value in _assigned(statement)):
            break
    return found


def _is_read(node: cst.CSTNode, loss: Loss, name: str) -> TypeGuard[cst.Name]:
    if not isinstance(node, cst.Name) or node.value != name:
        return False
    match loss.tree.parents[node]:
        case cst.Attribute(attr=label) | cst.Arg(keyword=label):
            return label is not node
        case cst.AssignTarget():
            return False
    return True


def _assigned(statement: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
        ):
            yield name, value


def _is_flat(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(args=[cst.Arg(keyword=None), *rest]):
            operation = loss.operation(node)
            if operation in _FLATTENING:
                return not rest
            if operation in _RESHAPING and len(rest) == 1:
                return loss.tree.code(rest[0].value).replace(" ", "") in ("[-1]", "(-1,)", "-1")
            return operation in _SAME_SHAPE and _is_flat(loss, node.args[0].value)
    return False


def _is_flattened(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    """Whether a read of a parameter ends in a flat list of its elements, or asks for its type."""
    argument = loss.tree.parents[node]
    match argument:
        case cst.Attribute(attr=cst.Name(value="dtype")):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            # `y_true = cast(y_true, ...)`: of the same shape, and judged where it is read next.
            return _is_cast_of(loss, argument.value, name)
        case cst.Arg(keyword=None, star=""):
            call = loss.tree.parents[argument]
            if not isinstance(call, cst.Call):
                return False
            if isinstance(call.func, cst.Name):
                return _is_flattened_by(loss, call, argument, seen)
            if call.args[0] is not argument:
                return False
            if _is_flat(loss, call):
                return True
            return loss.operation(call) in _SAME_SHAPE and _is_flattened(loss, call, seen)
    return False


def _is_cast_of(loss: Loss, value: cst.BaseExpression, name: str) -> bool:
    while isinstance(value, cst.Call) and value.args and loss.operation(value) in _SAME_SHAPE:
        value = value.args[0].value
    return isinstance(value, cst.Name) and value.value == name


def _is_flattened_by(loss: Loss, call: cst.Call, argument: cst.Arg, seen: frozenset[str]) -> bool:
    """Whether a function of this file flattens what it gets at the place of ``argument``."""
    name = loss.tree.code(call.func)
    found = [each for path, each in loss.tree.definitions if path == (name,)]
    match found:
        case [cst.FunctionDef(body=cst.IndentedBlock()) as function] if name not in seen:
            names = parameter_names(function)
            position = call.args.index(argument)
            if position >= len(names) or any(each.keyword for each in call.args[:position]):
                return False
            return all(
                _is_flattened(loss, read, seen | {name})
                for read in _reads(loss, function, names[position])
            )
    return False
