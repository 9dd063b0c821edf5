"""Whether the value of a loss depends on how the ranks of targets and predictions are aligned.

Keras drops or adds a trailing axis of one before it calls a plain function. The order of the elements stays,
so what is flattened first, in the loss or in the helpers of its file, is the same before and after.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.subclassing.last_axis import (
    SAME_SHAPE,
    assigned,
    has_several,
    is_cast_of,
    is_read,
)
from lossfix.syntax.literals import whole_number_of
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
_OVER_THE_LAST = frozenset(
    {"tf.nn.softmax", "tf.nn.log_softmax", "keras.ops.softmax", "keras.ops.log_softmax"}
)
"""Along the last axis where no other is named; of one class there is nothing to learn."""
_RESHAPING = frozenset({"tf.reshape", "keras.backend.reshape", "keras.ops.reshape"})


def needs_alignment(loss: Loss) -> bool:
    """Whether the body combines targets and predictions itself, in the shapes that they come in.

    Some of Keras' own losses align what they are given: a body that only calls those needs nothing. Neither
    does one that finds several elements along the last axis, since only an axis of one is dropped.
    """
    if has_several(loss):
        return False
    of_true, of_pred = (_reads(loss, loss.function, each) for each in (loss.y_true, loss.y_pred))
    if not of_true or not of_pred:
        return False
    if not all(_is_flattened(loss, read, frozenset()) for read in of_true):
        return True
    return not all(
        _is_flattened(loss, read, frozenset()) or _is_over_classes(loss, read) for read in of_pred
    )


def _is_over_classes(loss: Loss, read: cst.Name) -> bool:
    """Whether predictions are turned into probabilities of classes where they are read."""
    call = loss.tree.parents[loss.tree.parents[read]]
    match call:
        case cst.Call(args=[cst.Arg(value=value, keyword=None), *rest]) if value is read:
            axis = rest[0].value if rest else None
            last = axis is None or (len(rest) == 1 and whole_number_of(axis) == -1)
            return last and loss.operation(call) in _OVER_THE_LAST
    return False


def _reads(loss: Loss, function: cst.FunctionDef, name: str) -> list[cst.Name]:
    """Where a parameter is read, but for losses that align it, up to where its name is flattened."""
    found: list[cst.Name] = []
    inside: set[int] = set()
    for statement in function.body.body:
        for node in walk(statement):
            if isinstance(node, cst.Call) and loss.operation(node) in ALIGNING:
                inside.update(id(each) for each in walk(node))
            elif is_read(node, loss, name) and id(node) not in inside:
                found.append(node)
        if any(bound == name and _is_flat(loss, value) for bound, value in assigned(statement)):
            break
    return found


def _is_flat(loss: Loss, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(args=[cst.Arg(keyword=None), *rest]):
            operation = loss.operation(node)
            if operation in _FLATTENING:
                return not rest
            if operation in _RESHAPING and len(rest) == 1:
                return loss.tree.code(rest[0].value).replace(" ", "") in ("[-1]", "(-1,)", "-1")
            return operation in SAME_SHAPE and _is_flat(loss, node.args[0].value)
    return False


def _is_flattened(loss: Loss, node: cst.BaseExpression, seen: frozenset[str]) -> bool:
    """Whether a read of a parameter ends in a flat list of its elements, or asks for its type."""
    argument = loss.tree.parents[node]
    match argument:
        case cst.Attribute(attr=cst.Name(value="dtype")):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            # `y_true = cast(y_true, ...)`: of the same shape, and judged where it is read next.
            return is_cast_of(loss, argument.value, name)
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
            return loss.operation(call) in SAME_SHAPE and _is_flattened(loss, call, seen)
    return False


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
