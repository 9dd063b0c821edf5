"""The constants of a loss that only calls a function, as parameters: ``focal(t, p, 2.0)`` with ``gamma=2.0``.

They are called what the function calls them, as a person who gave the loss a name would do it.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import RESERVED, parameter_names, with_parameter
from lossfix.losses.discovery.constants import PURE_ROOTS
from lossfix.syntax.tree import dotted, names_below


def with_parameters(loss: Loss) -> cst.FunctionDef:
    """The function that a loss is, with what it hands a function of the project as its own parameters.

    Unchanged where it does anything but call one, where it has such parameters already, or where a name
    is not known or means something.
    """
    function = loss.function
    match function.body.body:
        case [
            cst.SimpleStatementLine(body=[cst.Return(value=cst.Call() as call) as result]) as line
        ]:
            pass
        case _:
            return function
    taken = parameter_names(function)
    if len(taken) != 2 or not _is_of_the_project(loss, call):
        return function
    given = list(_constants(loss, call))
    names = [name for name, _ in given]
    constants = {id(argument): name for name, argument in given}
    read = (call.func, *(each.value for each in call.args if id(each) not in constants))
    used = RESERVED.union(taken, *map(names_below, read))
    if not given or len(set(names)) < len(names) or not used.isdisjoint(names):
        return function
    params = function.params
    for name, argument in given:
        params = with_parameter(params, name, loss.tree.code(argument.value))
    args = [
        each.with_changes(value=cst.Name(constants[id(each)])) if id(each) in constants else each
        for each in call.args
    ]
    returned = result.with_changes(value=call.with_changes(args=args))
    body = cst.IndentedBlock([line.with_changes(body=[returned])])
    return function.with_changes(params=params, body=body)


def _is_of_the_project(loss: Loss, call: cst.Call) -> bool:
    if (name := dotted(call.func)) is None or name.startswith("self."):
        return False
    origin = loss.tree.module_scope.resolve(name)
    if origin is not None:
        return origin.split(".")[0] not in PURE_ROOTS
    return _defined(loss, name) is not None


def _defined(loss: Loss, name: str) -> cst.FunctionDef | None:
    """The one function of the module that a name means."""
    found = [node for path, node in loss.tree.definitions if path == (name,)]
    return found[0] if len(found) == 1 and isinstance(found[0], cst.FunctionDef) else None


def _constants(loss: Loss, call: cst.Call) -> Iterator[tuple[str, cst.Arg]]:
    """The arguments of a call that are constants and have a name."""
    definition = _defined(loss, dotted(call.func) or "")
    names = () if definition is None else parameter_names(definition)
    if any(each.star for each in call.args):
        return
    for position, each in enumerate(call.args):
        if not _is_constant(each.value):
            continue
        if each.keyword is not None:
            yield each.keyword.value, each
        elif position < len(names):
            yield names[position], each


def _is_constant(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return isinstance(inner, cst.Integer | cst.Float)
        case cst.Name(value="True" | "False"):
            return True
    return isinstance(node, cst.Integer | cst.Float | cst.SimpleString)
